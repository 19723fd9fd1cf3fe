/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of subjects: one per pod (node, namespace, name), per container (node, id), per program
 * (node, comm), and per node for unknown cgroups.
 *
 * Quotas bound the table. If a tenant's quota does not admit a new subject, the tenant's overflow
 * subject stands for it. Subjects are never removed, because views have pointers to them.
 */
#ifndef POLECAT_CORE_STATE_SUBJECT_TABLE_H
#define POLECAT_CORE_STATE_SUBJECT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/quota.h"
#include "core/state/subject.h"

struct subject_table {
	struct subject **items; /* in order of creation */
	size_t count;
	size_t capacity;
	struct quotas *quotas;
	struct subject *unkept; /* stands for all subjects for which there was no memory */
	struct tenant unkept_tenant;
	struct hash_index index;
};

/* Identifies a subject. Texts that its kind does not need are NULL. Of node and node_name, only
 * node is compared; node_name is the text for a new subject. */
struct subject_key {
	uint32_t node;
	uint8_t kind; /* enum subject_kind */
	const char *node_name;
	const char *namespace_name;
	const char *pod;
	const char *container_id;
	const char *comm;
	uint64_t cgroup_id; /* identifies the tenant of a program; not compared */
};

/* Returns 0 or -ENOMEM. The quotas must outlive the table. */
int subject_table_init(struct subject_table *table, struct quotas *quotas);
void subject_table_clear(struct subject_table *table);

/* Returns the subject of a key, and adds it if it is new. Never returns NULL: returns an overflow
 * subject if the quota is used up or if out of memory. */
struct subject *subject_table_get(struct subject_table *table, const struct subject_key *key);

/* Return the subjects with a pod's name, on any node, one after the other. NULL: no more. */
struct subject *subject_table_first_pod(const struct subject_table *table,
					const char *namespace_name, const char *pod,
					struct hash_cursor *cursor);
struct subject *subject_table_next_pod(const struct subject_table *table,
				       const struct subject *subject, struct hash_cursor *cursor);

/* Sets the name of the last container seen. If the subject is a container, also updates its display
 * text. If out of memory, the old text stays. */
void subject_set_container(struct subject *subject, const char *name);

#endif
