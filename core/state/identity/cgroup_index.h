/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps cgroups to containers. A container has several cgroups if a process inside makes further
 * ones (systemd, a nested runtime's init.scope). If several records name one cgroup, the cgroup
 * belongs to the container that the last record names.
 *
 * No record reports the removal of a cgroup. So a container has at most CGROUP_INDEX_PER_CONTAINER
 * cgroups. Beyond that, the second oldest one is removed. The oldest one stays, because it is the
 * cgroup of the container itself.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_CGROUP_INDEX_H
#define POLECAT_CORE_STATE_IDENTITY_CGROUP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"

/* The limit of cgroups per container. A systemd in a container has fewer units. */
#define CGROUP_INDEX_PER_CONTAINER 1024

/* The part of an entry that is read for each flow. It is small, so that more of them fit into the
 * processor's cache. */
struct cgroup_entry {
	uint64_t key;       /* made of the node and the cgroup's id */
	uint32_t container; /* the caller's number of the container */
	bool contradicted;  /* the cgroup's path names another pod than the container's record */
};

/* The part of an entry that is not read for each flow. */
struct cgroup_link {
	uint64_t cgroup_id;
	uint32_t next;  /* the container's next entry; HASH_INDEX_NONE: no more */
	uint32_t claim; /* hash of the pod UID in the cgroup's path; 0: none or unknown */
};

/* A cgroup to assign to a container. The members are those of the entry and its link. */
struct cgroup_claim {
	uint64_t key;
	uint64_t cgroup_id;
	uint32_t container;
	uint32_t claim;
};

/* A container's entries, the newest first. */
struct cgroup_list {
	uint32_t first; /* HASH_INDEX_NONE: none */
	uint32_t count;
};

/* Zero-initialise. Free with cgroup_index_clear. */
struct cgroup_index {
	struct cgroup_entry *entries;
	struct cgroup_link *links; /* as many as entries, with the same numbers */
	size_t count;
	size_t capacity;
	size_t link_capacity;
	struct cgroup_list *containers; /* by the caller's number */
	size_t container_count;
	size_t container_capacity;
	uint32_t free_list; /* index of the first unused entry plus 1, linked by next; 0: none */
	struct hash_index index;
};

void cgroup_index_clear(struct cgroup_index *cgroups);

/* Assigns a cgroup to a container, and removes it from any other. Returns 0, or -ENOMEM without a
 * change. */
int cgroup_index_set(struct cgroup_index *cgroups, const struct cgroup_claim *wanted);

/* Marks those cgroups of a container as contradicted that have a claim other than `known`. 0: the
 * pod of the container is not known well enough, so none is marked. Call it after each change of
 * the container and of its cgroups. */
void cgroup_index_compare(struct cgroup_index *cgroups, uint32_t container, uint32_t known);

/* Returns the id of an entry's cgroup. */
static inline uint64_t cgroup_index_id(const struct cgroup_index *cgroups,
				       const struct cgroup_entry *entry)
{
	return cgroups->links[entry - cgroups->entries].cgroup_id;
}

/* Forgets all cgroups of a container. */
void cgroup_index_forget(struct cgroup_index *cgroups, uint32_t container);

/* Returns the cgroup's entry, valid until the next change, or NULL if it is unknown. Inline,
 * because it is called for each flow. */
static inline const struct cgroup_entry *cgroup_index_find(const struct cgroup_index *cgroups,
							   uint64_t key)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&cgroups->index, hash_u64(key), &cursor);

	while (at != HASH_INDEX_NONE && cgroups->entries[at].key != key)
		at = hash_index_next(&cgroups->index, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &cgroups->entries[at];
}

/* Return the entries of a container, the newest first. NULL: no more. */
const struct cgroup_entry *cgroup_index_first(const struct cgroup_index *cgroups,
					      uint32_t container);
const struct cgroup_entry *cgroup_index_next(const struct cgroup_index *cgroups,
					     const struct cgroup_entry *entry);

#endif
