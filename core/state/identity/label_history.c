/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/label_history.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"

struct label_version {
	const void *record; /* NULL: dropped */
	struct labels labels;
	uint64_t until_ns;
};

/* Empties a version, and removes it from the index. */
static void label_history_drop(struct label_history *history, size_t at)
{
	struct label_version *version = &history->items[at];

	if (version->record)
		hash_index_remove(&history->by_record, hash_pointer(version->record), (uint32_t)at);
	labels_clear(&version->labels);
	version->record = NULL;
}

/* Returns the index of an empty version. If LABEL_HISTORY_MAX versions are stored, empties the
 * oldest one. Returns SIZE_MAX if out of memory. */
static size_t label_history_place(struct label_history *history)
{
	size_t at = history->oldest;

	if (history->count < LABEL_HISTORY_MAX) {
		if (ARRAY_RESERVE(history->items, history->capacity, history->count + 1))
			return SIZE_MAX;
		at = history->count++;
		history->items[at] = (struct label_version){0};
		return at;
	}
	history->oldest = (at + 1) % LABEL_HISTORY_MAX;
	label_history_drop(history, at);
	return at;
}

void label_history_add(struct label_history *history, const void *record, struct labels *labels,
		       uint64_t until_ns)
{
	size_t at = label_history_place(history);

	if (at == SIZE_MAX ||
	    hash_index_insert(&history->by_record, hash_pointer(record), (uint32_t)at))
		return;
	history->items[at] =
		(struct label_version){.record = record, .labels = *labels, .until_ns = until_ns};
	*labels = (struct labels){0};
}

const struct labels *label_history_find(const struct label_history *history, const void *record,
					uint64_t time_ns)
{
	const struct label_version *found = NULL;
	struct hash_cursor cursor;

	if (history->count == 0)
		return NULL;
	for (uint32_t at = hash_index_first(&history->by_record, hash_pointer(record), &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&history->by_record, &cursor)) {
		const struct label_version *version = &history->items[at];
		if (version->record == record && version->until_ns >= time_ns &&
		    (!found || version->until_ns < found->until_ns))
			found = version;
	}
	return found ? &found->labels : NULL;
}

/* Returns the index of a version of the record, or HASH_INDEX_NONE. */
static uint32_t label_history_first(const struct label_history *history, const void *record)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&history->by_record, hash_pointer(record), &cursor);

	while (at != HASH_INDEX_NONE && history->items[at].record != record)
		at = hash_index_next(&history->by_record, &cursor);
	return at;
}

void label_history_forget(struct label_history *history, const void *record)
{
	uint32_t at;

	while ((at = label_history_first(history, record)) != HASH_INDEX_NONE)
		label_history_drop(history, at);
}

void label_history_clear(struct label_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		labels_clear(&history->items[i].labels);
	free(history->items);
	hash_index_clear(&history->by_record);
	*history = (struct label_history){0};
}
