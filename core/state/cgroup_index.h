/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which container a cgroup belongs to. A container has several cgroups where something inside makes
 * its own (systemd, a nested runtime's init.scope); a cgroup belongs to the container that named it
 * last.
 */
#ifndef POLECAT_CORE_STATE_CGROUP_INDEX_H
#define POLECAT_CORE_STATE_CGROUP_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/hash_index.h"

struct cgroup_entry {
	uint64_t cgroup_id;
	uint32_t container; /* the caller's number of it */
	uint32_t next;      /* of the same container; HASH_INDEX_NONE: no more */
};

/* Zero-initialise; cgroup_index_clear in the end. Entries that were freed are used again. */
struct cgroup_index {
	struct cgroup_entry *entries;
	size_t count;
	size_t capacity;
	uint32_t *first; /* by container: its first entry */
	size_t container_count;
	uint32_t free_list;
	struct hash_index index;
};

void cgroup_index_clear(struct cgroup_index *cgroups);

/* Notes that the cgroup is the container's, and no longer another's. 0 or -ENOMEM, unchanged then.
 */
int cgroup_index_set(struct cgroup_index *cgroups, uint64_t cgroup_id, uint32_t container);

/* Forgets all cgroups of a container. */
void cgroup_index_forget(struct cgroup_index *cgroups, uint32_t container);

/* The container, or HASH_INDEX_NONE. */
uint32_t cgroup_index_find(const struct cgroup_index *cgroups, uint64_t cgroup_id);

#endif
