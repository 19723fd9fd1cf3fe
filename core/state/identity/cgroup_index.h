/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps cgroups to containers. A container has several cgroups if a process inside makes
 * its own (systemd, a nested runtime's init.scope); a cgroup belongs to the container that named it
 * last.
 *
 * No record reports that a cgroup is gone, and processes in a container may make and remove them
 * without end: beyond CGROUP_INDEX_PER_CONTAINER the oldest is removed, but never the first, which
 * is the container's own.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_CGROUP_INDEX_H
#define POLECAT_CORE_STATE_IDENTITY_CGROUP_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* More than any container's own systemd has of units at a time. */
#define CGROUP_INDEX_PER_CONTAINER 1024

struct cgroup_entry {
	uint64_t cgroup_id;
	uint32_t container; /* the caller's number of it */
	uint32_t next;      /* of the same container; HASH_INDEX_NONE: no more */
};

/* A container's entries, the newest first. */
struct cgroup_list {
	uint32_t first; /* HASH_INDEX_NONE: none */
	uint32_t count;
};

/* Zero-initialise; cgroup_index_clear in the end. Entries that were freed are used again. */
struct cgroup_index {
	struct cgroup_entry *entries;
	size_t count;
	size_t capacity;
	struct cgroup_list *containers; /* by the caller's number */
	size_t container_count;
	size_t container_capacity;
	uint32_t free_list;
	struct hash_index index;
};

void cgroup_index_clear(struct cgroup_index *cgroups);

/* Assigns a cgroup to a container, and to no other. 0 or -ENOMEM, unchanged then. */
int cgroup_index_set(struct cgroup_index *cgroups, uint64_t cgroup_id, uint32_t container);

/* Forgets all cgroups of a container. */
void cgroup_index_forget(struct cgroup_index *cgroups, uint32_t container);

/* The container, or HASH_INDEX_NONE. */
uint32_t cgroup_index_find(const struct cgroup_index *cgroups, uint64_t cgroup_id);

#endif
