/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroups of this machine by id, each with its container, if it has one.
 *
 * The scan at the start and the kernel's events report cgroups. A flow may name a cgroup that
 * neither has reported, because an event was lost or the scan was cut short. Then the table asks
 * the kernel for the path by id, or, if that is not permitted, scans again. If the cgroup was
 * removed before this, it stays unresolved: nothing shows whether it had a container.
 *
 * The table is bounded. It remembers removed cgroups for the flows that are still in the kernel's
 * ring, and forgets the oldest first.
 *
 * A container record joins one cgroup to its container, so a container has a record for each of its
 * cgroups. The record of the container's first cgroup is due (must be emitted) at once, within a
 * rate limit. The record of any other cgroup is due when a flow names the cgroup, so a loop that
 * makes cgroups causes no records. A scan skips the cgroups of one container beyond the first
 * thousand. The table asks the kernel for those by id.
 *
 * Only one thread may use a table.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_TABLE_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

struct cgroup_table;
struct helper;

enum cgroup_owner {
	CGROUP_OWNER_UNRESOLVED = 0,
	CGROUP_OWNER_HOST,
	CGROUP_OWNER_CONTAINER,
};

/* Called with a container's record that is due. The callback owns the record. */
typedef void cgroup_table_emit(struct container_record *due, void *data);

/* mountinfo and root are the arguments of cgroup_scan. Returns 0 or -ENOMEM. */
int cgroup_table_new(const char *mountinfo, const char *root, struct cgroup_table **out);

/* Makes the table ask `helper` for cgroups by id, instead of the kernel. The helper must outlive
 * the table. NULL: ask the kernel. */
void cgroup_table_set_helper(struct cgroup_table *table, struct helper *helper);

void cgroup_table_free(struct cgroup_table *table);

/*
 * Adds a cgroup. path is relative to the hierarchy's root. If it is "", asks the kernel for the
 * path. *due is a record to emit now, or NULL. The caller owns *due. Returns 0 or -ENOMEM. Returns
 * -EAGAIN if the path cannot be read. After -EAGAIN, call cgroup_table_scan. Without a scan, the
 * cgroup is added only when a flow names it.
 */
int cgroup_table_add(struct cgroup_table *table, uint64_t cgroup_id, const char *path,
		     struct container_record **due);

/*
 * Scans the cgroups and adds them. If the scan is complete, treats cgroups that it did not find as
 * removed. If emit is NULL, each record is emitted when a flow names its cgroup. Returns 0, -ENOENT
 * without cgroup v2, or -E2BIG, -ENOMEM, -EMFILE or -ENFILE if the scan was cut short, so that
 * cgroups may be missing.
 */
int cgroup_table_scan(struct cgroup_table *table, cgroup_table_emit *emit, void *data);

/*
 * Returns whether enough time has passed for another scan: pauses between scans take at least ten
 * times as long as the scans.
 */
bool cgroup_table_may_scan(const struct cgroup_table *table);

/* Call this when the cgroup's directory was removed. */
void cgroup_table_remove(struct cgroup_table *table, uint64_t cgroup_id);

/* Finds the owner of a flow's cgroup, if the table has the cgroup. *due is a record to emit before
 * the flow, or NULL. The caller owns *due. Returns false if the table does not have the cgroup;
 * then *owner is CGROUP_OWNER_UNRESOLVED. */
bool cgroup_table_find_owner(struct cgroup_table *table, uint64_t cgroup_id,
			     enum cgroup_owner *owner, struct container_record **due);

/* Does the same, but asks the kernel about an unknown cgroup. Returns the owner. */
enum cgroup_owner cgroup_table_resolve(struct cgroup_table *table, uint64_t cgroup_id,
				       struct container_record **due);

#endif
