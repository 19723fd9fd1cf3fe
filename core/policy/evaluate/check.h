/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the observed flows that NetworkPolicies would deny.
 *
 * A flow is one (pod, direction, protocol, peer address, port): an edge, on any node. Each is
 * judged at the end where it was seen; where the other end is a pod that was not seen to have it,
 * that end is judged as well. A flow has one finding at most: the end where it was seen first.
 *
 * Reads the state, writes nothing but its result; no I/O, no clock. One thread.
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_CHECK_H
#define POLECAT_CORE_POLICY_EVALUATE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/policy/evaluate/evaluate.h"
#include "core/state/state.h"

struct check_options {
	const struct filter *filter; /* which flows count; NULL: all */
	/* Only flows that never succeeded count, instead of only those that did. */
	bool failed;
};

struct check_finding {
	struct evaluate_flow flow;     /* the end that is denied, or depends */
	struct evaluate_result result; /* valid as long as identities do not change */
	const struct edge *edge;       /* where it was seen */
	uint64_t connections;          /* that succeeded; with options.failed: attempts */
	bool far;                      /* it is not the end where it was seen */
};

/* Zero-initialise. Free with check_clear. */
struct check {
	struct check_finding *findings; /* sorted by pod, direction, peer, protocol and port */
	size_t finding_count;
	size_t checked; /* flows */
	size_t denied;
	size_t depends;
	size_t depends_labels; /* of them on labels, and not on the network plugin */
	size_t unknown;        /* could not be judged */
	size_t outside;        /* edges of subjects in no pod: policies do not apply to them */
};

/* Fills in *check, which must be empty. 0 or -ENOMEM. */
int check_run(struct check *check, const struct state *state, struct evaluator *evaluator,
	      const struct check_options *options);
void check_clear(struct check *check);

#endif
