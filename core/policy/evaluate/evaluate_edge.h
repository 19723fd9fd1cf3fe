/* SPDX-License-Identifier: Apache-2.0 */
/* Judges an edge at both of its ends. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_EDGE_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_EDGE_H

#include <stdbool.h>

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_flow.h"

struct evaluate_edge_result {
	struct evaluate_flow flow;     /* as seen from the end that gave the verdict */
	struct evaluate_result result; /* valid until identities change */
	bool far;                      /* the other end gave the verdict, not the observed end */
};

/* Judges the flow at the observed end of an edge. Policies let an answer over UDP pass if they
 * allow its request, so the verdict of such an edge (edge_reply.h) is never EVALUATE_DENIED.
 * Returns 0 or -ENOMEM. */
int evaluate_edge_near(struct evaluator *evaluator, const struct state *state,
		       const struct edge *edge, const struct evaluate_flow *flow,
		       struct evaluate_result *result);

/* Returns whether the other end can be judged. A pod can be judged only if it has not ended, since
 * policies do not apply to ended pods, and if its record has the flow's peer address. If the record
 * lacks the address, the flow may name a wrong pod, or the pod had the address earlier. */
bool evaluate_edge_has_far_end(const struct evaluate_flow *flow);

/* Judges a far end (evaluator_far_ends), and stores the result in *worst if it is worse. Returns 0
 * or -ENOMEM. */
int evaluate_edge_far(struct evaluator *evaluator, const struct evaluate_flow *far,
		      struct evaluate_edge_result *worst);

/*
 * Judges the flow at the observed end of an edge and, unless that end denies it, also at the other
 * end if that is a pod. Stores the worse result. A far end that cannot be judged does not count.
 * Returns 0, -ENOENT (the subject is not a pod, so policies do not apply) or -ENOMEM; *worst is
 * then undefined.
 */
int evaluate_edge(struct evaluator *evaluator, const struct state *state, const struct edge *edge,
		  struct evaluate_edge_result *worst);

#endif
