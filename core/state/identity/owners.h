/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owners of pods (Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs), with the selectors
 * that select their pods.
 *
 * There is one record for each namespace, type and name, and the latest one counts. Deleted records
 * stay, since pods of a recording keep their owner. Beyond OWNERS_MAX, a new record replaces a
 * deleted one, or the oldest one if none is deleted. Look-ups do not depend on the order in which
 * records arrive. Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_OWNERS_H
#define POLECAT_CORE_STATE_IDENTITY_OWNERS_H

#include <stddef.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

/* The records take about 40 MB. A Deployment has a record for itself and for each ReplicaSet that
 * has pods. */
#define OWNERS_MAX 65536

/* Zero-initialise. Free with owners_clear. */
struct owners {
	struct workload_record **items;
	size_t count;
	size_t capacity;
	size_t deleted; /* the number of deleted records */
	size_t next;    /* index where the search for a record to replace begins */
	struct hash_index by_name;
	struct hash_index by_owner; /* the records with an owner; keys: the owners' names */
};

/* The name of an owner. `name` may lack a NUL at its end. */
struct owner_name {
	const char *namespace_name;
	const char *type;
	const char *name;
	size_t length; /* of `name` */
};

void owners_clear(struct owners *owners);

/* Takes a record over. Returns 0, or -ENOMEM with the record still owned by the caller. */
int owners_apply(struct owners *owners, struct workload_record *workload);

/* Returns the record of a name, or NULL if it is unknown. */
const struct workload_record *owners_find(const struct owners *owners,
					  const struct owner_name *name);

/* Returns a record that has this owner and a selector. Prefers live records to deleted ones, and
 * then the first by type and name. Returns NULL if none is known. */
const struct workload_record *owners_find_owned(const struct owners *owners,
						const struct owner_name *name);

#endif
