/* SPDX-License-Identifier: Apache-2.0 */
/* A workload of a run: the subjects that share one policy. */
#ifndef POLECAT_CORE_POLICY_DRAFT_WORKLOAD_H
#define POLECAT_CORE_POLICY_DRAFT_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/group.h"
#include "core/state/subject.h"

/* A subject with the workload that it belongs to. */
struct member {
	struct group group;
	uint64_t hash; /* group_hash */
	const struct subject *subject;
};

struct workload {
	const struct member *members;
	size_t count;     /* at least one */
	const char *base; /* its plain name (NAME_PLAIN) */
	/* Other workloads of the namespace: one has the same plain name; one has the name that this
	 * one has with its kind. */
	bool shared;
	bool kind_shared;
};

#endif
