/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owners of pods, with the selectors that they find their pods by: Deployments, ReplicaSets,
 * StatefulSets, DaemonSets, Jobs.
 *
 * One record for each namespace, type and name; the latest one counts. Deleted ones stay, since
 * pods of a recording keep their owner, until there are OWNERS_MAX: then a deleted one, or else the
 * oldest one, makes room. Look-ups do not depend on the order in which records came. Pure; one
 * thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_OWNERS_H
#define POLECAT_CORE_STATE_IDENTITY_OWNERS_H

#include <stddef.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

/* About 40 MB. A Deployment has a record for itself and for each ReplicaSet that has pods. */
#define OWNERS_MAX 65536

/* Zero-initialise; owners_clear at the end. */
struct owners {
	struct workload_record **items;
	size_t count;
	size_t capacity;
	size_t deleted; /* of them */
	size_t next;    /* where the search for the next one to replace begins */
	struct hash_index by_name;
	struct hash_index by_owner; /* those that have an owner themselves, by that */
};

/* The name of an owner. Only `name` need not end with a NUL. */
struct owner_name {
	const char *namespace_name;
	const char *type;
	const char *name;
	size_t length; /* of `name` */
};

void owners_clear(struct owners *owners);

/* Takes over a record. 0, or -ENOMEM: the record stays the caller's. */
int owners_apply(struct owners *owners, struct workload_record *workload);

/* Returns the record of a name; NULL: unknown. */
const struct workload_record *owners_find(const struct owners *owners,
					  const struct owner_name *name);

/* Returns a record with a selector that has this owner: a live one before a deleted one, else the
 * first by type and name. NULL: unknown. */
const struct workload_record *owners_find_owned(const struct owners *owners,
						const struct owner_name *name);

#endif
