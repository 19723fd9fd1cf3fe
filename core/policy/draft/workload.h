/* SPDX-License-Identifier: Apache-2.0 */
/* A workload in one run of the drafter: the subjects that share one policy. */
#ifndef POLECAT_CORE_POLICY_DRAFT_WORKLOAD_H
#define POLECAT_CORE_POLICY_DRAFT_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/group.h"
#include "core/state/subject.h"

/* A subject and its workload. */
struct member {
	struct group group;
	uint64_t hash; /* group_hash */
	const struct subject *subject;
};

struct workload {
	const struct member *members;
	size_t count;     /* at least one */
	const char *base; /* the workload's plain name (NAME_PLAIN) */
	/* shared: another workload of the namespace has the same plain name. kind_shared: another
	 * workload may get the name that NAME_WITH_KIND gives to this one. */
	bool shared;
	bool kind_shared;
};

#endif
