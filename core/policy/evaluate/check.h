/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the observed flows that NetworkPolicies would deny.
 *
 * A flow is one (pod, direction, protocol, peer address, port). Edges of several nodes with the
 * same values are one flow. Each flow is judged at the end where it was observed. If the other end
 * is a pod at which the flow was not observed, that end is judged as well. A flow has at most one
 * finding: for the end with the worse verdict, or for the observed end if both verdicts are equal.
 *
 * Reads the state and writes only its result. No I/O, no clock. One thread.
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
	const struct filter *filter; /* only flows that match are checked; NULL: all */
	/* true: check only flows without a successful connection. false: only flows with one. */
	bool failed;
};

struct check_finding {
	struct evaluate_flow flow; /* the flow, as seen from the end that the verdict is for */
	/* The verdict is EVALUATE_DENIED or EVALUATE_DEPENDS. The pointers are valid until
	 * identities change. */
	struct evaluate_result result;
	const struct edge *edge; /* of the end where the flow was observed */
	uint64_t connections;    /* successful connections; with options.failed, attempts */
	bool far;                /* the verdict is for the end at which the flow was not observed */
};

/* Zero-initialise. Free with check_clear. */
struct check {
	struct check_finding *findings; /* sorted by pod, direction, peer, protocol and port */
	size_t finding_count;
	size_t checked; /* number of flows checked */
	size_t denied;
	size_t depends;
	size_t depends_labels;   /* of `depends`: flows that depend on unknown or former labels */
	size_t depends_services; /* of `depends`: flows to a Service whose pods are unknown */
	size_t unknown;          /* flows that could not be judged */
	size_t outside;          /* edges of subjects that are not pods, to which no policy
	                          * applies */
};

/* Fills in *check, which must be empty. Returns 0 or -ENOMEM. */
int check_run(struct check *check, const struct state *state, struct evaluator *evaluator,
	      const struct check_options *options);
void check_clear(struct check *check);

#endif
