/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroups of this machine, by id: which container each belongs to, or that it belongs to none.
 *
 * A cgroup is known from the scan at the start and from the kernel's events. If neither told of it
 * (a lost event, a scan cut short), its path is asked from the kernel by its id when a flow names it;
 * where that is not permitted, by a new scan. Only a cgroup that is gone by then stays unresolved: it
 * may have been a container's or not.
 *
 * Bounded: removed cgroups are remembered for the flows that are still in the ring, the oldest is
 * forgotten first. A container's record is due once for each of its cgroups: at the first cgroup of
 * a new container at once, as long as new containers come slowly enough; at the others when a flow
 * names the cgroup. So cgroups that are made in a loop cost no records.
 *
 * One thread.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_TABLE_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_TABLE_H

#include <stdint.h>

#include "core/record/record.h"

struct cgroup_table;

enum cgroup_owner {
	CGROUP_OWNER_UNRESOLVED = 0,
	CGROUP_OWNER_HOST,
	CGROUP_OWNER_CONTAINER,
};

/* 0 or -ENOMEM. */
int cgroup_table_new(struct cgroup_table **out);
void cgroup_table_free(struct cgroup_table *table);

/* Adds a cgroup. path is relative to the hierarchy's root. 0 and the record to emit now, which is
 * the caller's, or NULL in *due; -ENOMEM. */
int cgroup_table_add(struct cgroup_table *table, uint64_t cgroup_id, const char *path,
		     struct container_record **due);

/* The directory was removed. */
void cgroup_table_remove(struct cgroup_table *table, uint64_t cgroup_id);

/*
 * Finds the owner of a flow's cgroup; asks the kernel if it is unknown. *due: the record to emit
 * before the flow, which is the caller's, or NULL.
 */
enum cgroup_owner cgroup_table_resolve(struct cgroup_table *table, uint64_t cgroup_id,
				       struct container_record **due);

#endif
