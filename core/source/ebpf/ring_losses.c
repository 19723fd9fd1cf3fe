/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ring_losses.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "core/base/array.h"

void ring_losses_clear(struct ring_losses *losses)
{
	free(losses->items);
	*losses = (struct ring_losses){0};
}

static int ring_entry_compare(const void *left, const void *right)
{
	const struct ring_entry *a = left;
	const struct ring_entry *b = right;

	if (a->cgroup_id != b->cgroup_id)
		return a->cgroup_id < b->cgroup_id ? -1 : 1;
	return 0;
}

static const struct ring_entry *ring_losses_find(const struct ring_losses *losses,
						 uint64_t cgroup_id)
{
	const struct ring_entry key = {.cgroup_id = cgroup_id};

	if (losses->count == 0)
		return NULL;
	return bsearch(&key, losses->items, losses->count, sizeof(key), ring_entry_compare);
}

/* Returns the events that a cgroup lost since the previous reading. */
static uint64_t ring_losses_new(const struct ring_losses *losses, const struct ring_entry *entry)
{
	const struct ring_entry *last = ring_losses_find(losses, entry->cgroup_id);

	return entry->share.lost - (last ? last->share.lost : 0);
}

uint64_t ring_losses_update(struct ring_losses *losses, uint64_t total, struct ring_entry *entries,
			    size_t count, ring_loss_callback *callback, void *data)
{
	if (count > 0)
		qsort(entries, count, sizeof(*entries), ring_entry_compare);
	for (size_t i = 0; i < count; i++) {
		bool twice = i > 0 && entries[i - 1].cgroup_id == entries[i].cgroup_id;
		uint64_t lost = twice || entries[i].cgroup_id == 0
					? 0
					: ring_losses_new(losses, &entries[i]);
		losses->known += lost;
		if (lost > 0)
			callback(data, entries[i].cgroup_id, lost);
	}
	free(losses->items);
	losses->items = entries;
	losses->count = count;

	/* The entries may have later losses than the total. Then the difference is too small, and
	 * the next reading corrects it. */
	uint64_t reported = losses->known + losses->unknown;
	uint64_t rest = total > reported ? total - reported : 0;
	losses->unknown += rest;
	return rest;
}

/* Reads the entries of the map. Returns 0, or -ENOMEM with nothing to free. */
static int ring_losses_read_map(int shares_fd, struct ring_entry **out, size_t *out_count)
{
	struct ring_entry *entries = NULL;
	size_t count = 0;
	size_t capacity = 0;
	uint64_t id = 0;

	/* The map has one entry unless the ring was half full, so this mostly costs three system
	 * calls. */
	for (size_t i = 0; i <= RING_SHARES_MAX; i++) {
		if (bpf_map_get_next_key(shares_fd, i > 0 ? &id : NULL, &id))
			break;
		struct ring_entry *entry = ARRAY_ADD(entries, count, capacity);
		if (!entry) {
			free(entries);
			return -ENOMEM;
		}
		entry->cgroup_id = id;
		if (bpf_map_lookup_elem(shares_fd, &id, &entry->share))
			count--;
	}
	*out = entries;
	*out_count = count;
	return 0;
}

uint64_t ring_losses_read(struct ring_losses *losses, int shares_fd, uint64_t total,
			  uint64_t read_to, ring_loss_callback *callback, void *data)
{
	struct ring_entry *entries = NULL;
	size_t count = 0;

	if (ring_losses_read_map(shares_fd, &entries, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct ring_entry *entry = &entries[i];
		const struct ring_entry *last = ring_losses_find(losses, entry->cgroup_id);
		if (entry->cgroup_id == 0 || entry->share.end > read_to || !last ||
		    memcmp(&last->share, &entry->share, sizeof(last->share)) != 0)
			continue;
		(void)bpf_map_delete_elem(shares_fd, &entry->cgroup_id);
		entries[i--] = entries[--count];
	}
	return ring_losses_update(losses, total, entries, count, callback, data);
}
