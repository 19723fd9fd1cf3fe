/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/cgroup_index.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"

void cgroup_index_clear(struct cgroup_index *cgroups)
{
	free(cgroups->entries);
	free(cgroups->links);
	free(cgroups->containers);
	hash_index_clear(&cgroups->index);
	*cgroups = (struct cgroup_index){0};
}

static uint32_t cgroup_index_find_entry(const struct cgroup_index *cgroups, uint64_t key)
{
	const struct cgroup_entry *entry = cgroup_index_find(cgroups, key);

	return entry ? (uint32_t)(entry - cgroups->entries) : HASH_INDEX_NONE;
}

/* Removes an entry from the list of its container. */
static void cgroup_index_unlink_entry(struct cgroup_index *cgroups, uint32_t entry)
{
	struct cgroup_list *list = &cgroups->containers[cgroups->entries[entry].container];
	uint32_t *link = &list->first;

	while (*link != entry)
		link = &cgroups->links[*link].next;
	*link = cgroups->links[entry].next;
	list->count--;
}

static void cgroup_index_link_entry(struct cgroup_index *cgroups, uint32_t entry,
				    uint32_t container)
{
	struct cgroup_list *list = &cgroups->containers[container];

	cgroups->entries[entry].container = container;
	cgroups->links[entry].next = list->first;
	list->first = entry;
	list->count++;
}

static int cgroup_index_reserve_container(struct cgroup_index *cgroups, uint32_t container)
{
	if (container < cgroups->container_count)
		return 0;
	if (ARRAY_RESERVE(cgroups->containers, cgroups->container_capacity, container + 1u))
		return -ENOMEM;
	while (cgroups->container_count <= container)
		cgroups->containers[cgroups->container_count++] =
			(struct cgroup_list){.first = HASH_INDEX_NONE};
	return 0;
}

/* Returns an unused entry, or HASH_INDEX_NONE if out of memory. */
static uint32_t cgroup_index_new_entry(struct cgroup_index *cgroups)
{
	if (cgroups->free_list > 0) {
		uint32_t entry = cgroups->free_list - 1;
		cgroups->free_list = cgroups->links[entry].next;
		return entry;
	}
	if (ARRAY_RESERVE(cgroups->entries, cgroups->capacity, cgroups->count + 1) ||
	    ARRAY_RESERVE(cgroups->links, cgroups->link_capacity, cgroups->count + 1))
		return HASH_INDEX_NONE;
	return (uint32_t)cgroups->count++;
}

static void cgroup_index_release_entry(struct cgroup_index *cgroups, uint32_t entry)
{
	cgroups->links[entry].next = cgroups->free_list;
	cgroups->free_list = entry + 1;
}

/* Removes a linked entry from its list and the index. */
static void cgroup_index_forget_entry(struct cgroup_index *cgroups, uint32_t entry)
{
	cgroup_index_unlink_entry(cgroups, entry);
	hash_index_remove(&cgroups->index, hash_u64(cgroups->entries[entry].key), entry);
	cgroup_index_release_entry(cgroups, entry);
}

/* Removes the second oldest entry of a container's list if the list is full. The oldest entry is
 * the cgroup of the container itself. */
static void cgroup_index_limit_container(struct cgroup_index *cgroups, uint32_t container)
{
	const struct cgroup_list *list = &cgroups->containers[container];

	if (list->count < CGROUP_INDEX_PER_CONTAINER)
		return;
	uint32_t oldest = list->first;
	uint32_t own = cgroups->links[oldest].next;
	while (cgroups->links[own].next != HASH_INDEX_NONE) {
		oldest = own;
		own = cgroups->links[own].next;
	}
	cgroup_index_forget_entry(cgroups, oldest);
}

int cgroup_index_set(struct cgroup_index *cgroups, const struct cgroup_claim *wanted)
{
	uint32_t container = wanted->container;

	if (cgroup_index_reserve_container(cgroups, container))
		return -ENOMEM;
	uint32_t entry = cgroup_index_find_entry(cgroups, wanted->key);
	if (entry != HASH_INDEX_NONE)
		cgroups->links[entry].claim = wanted->claim;
	if (entry != HASH_INDEX_NONE && cgroups->entries[entry].container == container)
		return 0;
	cgroup_index_limit_container(cgroups, container);
	if (entry != HASH_INDEX_NONE) {
		cgroup_index_unlink_entry(cgroups, entry);
		cgroup_index_link_entry(cgroups, entry, container);
		return 0;
	}
	entry = cgroup_index_new_entry(cgroups);
	if (entry == HASH_INDEX_NONE)
		return -ENOMEM;
	if (hash_index_insert(&cgroups->index, hash_u64(wanted->key), entry)) {
		cgroup_index_release_entry(cgroups, entry);
		return -ENOMEM;
	}
	cgroups->entries[entry] = (struct cgroup_entry){.key = wanted->key};
	cgroups->links[entry] =
		(struct cgroup_link){.cgroup_id = wanted->cgroup_id, .claim = wanted->claim};
	cgroup_index_link_entry(cgroups, entry, container);
	return 0;
}

void cgroup_index_compare(struct cgroup_index *cgroups, uint32_t container, uint32_t known)
{
	if (container >= cgroups->container_count)
		return;
	for (uint32_t at = cgroups->containers[container].first; at != HASH_INDEX_NONE;
	     at = cgroups->links[at].next) {
		uint32_t claim = cgroups->links[at].claim;
		cgroups->entries[at].contradicted = known != 0 && claim != 0 && claim != known;
	}
}

void cgroup_index_forget(struct cgroup_index *cgroups, uint32_t container)
{
	if (container >= cgroups->container_count)
		return;
	while (cgroups->containers[container].first != HASH_INDEX_NONE)
		cgroup_index_forget_entry(cgroups, cgroups->containers[container].first);
}

static const struct cgroup_entry *cgroup_index_at(const struct cgroup_index *cgroups,
						  uint32_t entry)
{
	return entry == HASH_INDEX_NONE ? NULL : &cgroups->entries[entry];
}

const struct cgroup_entry *cgroup_index_first(const struct cgroup_index *cgroups,
					      uint32_t container)
{
	return container < cgroups->container_count
		       ? cgroup_index_at(cgroups, cgroups->containers[container].first)
		       : NULL;
}

const struct cgroup_entry *cgroup_index_next(const struct cgroup_index *cgroups,
					     const struct cgroup_entry *entry)
{
	return cgroup_index_at(cgroups, cgroups->links[entry - cgroups->entries].next);
}
