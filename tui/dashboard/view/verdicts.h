/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdicts of the loaded NetworkPolicies on observed edges. Each edge has one verdict. It is
 * judged at the observed end. Unless that end denies the flow, it is also judged at the other end,
 * if the other end is a pod.
 *
 * Verdicts are cached, and judged again after identities have changed. Visible edges are judged at
 * once, all others by verdicts_sweep, a few per frame. Draws nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_VERDICTS_H
#define POLECAT_TUI_DASHBOARD_VIEW_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_explain.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/state.h"

struct verdicts;

/* Creates a cache of verdicts. `policies` and `state` must outlive it. Returns 0 or -ENOMEM. */
int verdicts_new(const struct netpol_set *policies, const struct state *state,
		 struct verdicts **out);
void verdicts_free(struct verdicts *verdicts);

/*
 * Returns the verdict of an edge, an enum evaluate_verdict. Returns 0 if policies do not apply (no
 * end is in a pod), if memory is short, and if `verdicts` is NULL (no policies were loaded).
 */
uint8_t verdicts_judge(struct verdicts *verdicts, const struct edge *edge);

/* Returns the cached verdict; 0: see verdicts_judge, or the edge was not judged yet. Costs one
 * look-up. */
uint8_t verdicts_known(const struct verdicts *verdicts, const struct edge *edge);

/* Continues to judge edges, for a few milliseconds at most. Returns true if edges are left that
 * were not judged since identities changed. */
bool verdicts_sweep(struct verdicts *verdicts);

/* Returns the number of denied connections, as far as edges were judged. */
uint64_t verdicts_denied(const struct verdicts *verdicts);

/* A verdict and its reason. */
struct verdict {
	struct evaluate_flow flow;     /* the flow at the end that decides */
	struct evaluate_result result; /* valid until identities change */
	bool far;                      /* the deciding end is not the observed end */
	char why[EVALUATE_WHY_SIZE];   /* not escaped; contains names of pods and files */
};

/* Judges the edge again and explains the verdict. Returns 0, -ENOENT (policies do not apply to the
 * edge) or -ENOMEM. */
int verdicts_explain(struct verdicts *verdicts, const struct edge *edge, struct verdict *verdict);

/* Finds the policies that select a pod in one direction (enum flow_direction), and stores them in
 * result->selecting. Returns 0, -ENOENT (the subject is not a pod, or its labels are unknown) or
 * -ENOMEM. */
int verdicts_selecting(struct verdicts *verdicts, const struct subject *subject, uint8_t direction,
		       struct evaluate_result *result);

#endif
