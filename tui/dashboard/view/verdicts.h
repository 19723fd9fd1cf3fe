/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts of loaded NetworkPolicies on observed edges: one per edge, judged at the observed end
 * and, if that end allows it, at the other end if that is a pod.
 *
 * Verdicts are cached, and judged again after identities have changed. Visible edges are judged
 * at once, all others by verdicts_sweep, a few per frame. Draws nothing. Main thread.
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

/* policies and state must outlive it. 0 or -ENOMEM. */
int verdicts_new(const struct netpol_set *policies, const struct state *state,
		 struct verdicts **out);
void verdicts_free(struct verdicts *verdicts);

/*
 * The verdict of an edge: enum evaluate_verdict; 0 where policies do not speak about it (it is in
 * no pod), where memory is refused, and where verdicts is NULL: no policies were loaded.
 */
uint8_t verdicts_judge(struct verdicts *verdicts, const struct edge *edge);

/* The verdict as it was judged last; 0 also where it was not judged yet. Costs one look-up. */
uint8_t verdicts_known(const struct verdicts *verdicts, const struct edge *edge);

/*
 * Goes on judging where it stopped the last time, for a few milliseconds at most. True: it has not
 * been all around yet since identities changed.
 */
bool verdicts_sweep(struct verdicts *verdicts);

/* How many connections are denied, of all that were ever seen, as far as the sweep has come. */
uint64_t verdicts_denied(const struct verdicts *verdicts);

/* A verdict, and what it stands on. */
struct verdict {
	struct evaluate_flow flow;     /* of the end that decides */
	struct evaluate_result result; /* valid as long as identities do not change */
	bool far;                      /* it is not the end where the edge was seen */
	char why[EVALUATE_WHY_SIZE];   /* raw: names of pods and files are in it */
};

/* Judges anew and says why. 0, -ENOENT (policies do not speak about it) or -ENOMEM. */
int verdicts_explain(struct verdicts *verdicts, const struct edge *edge, struct verdict *verdict);

/*
 * Which policies select a pod in one direction (enum flow_direction): result.selecting. 0, -ENOENT
 * (it is no pod, or its labels are not known) or -ENOMEM.
 */
int verdicts_selecting(struct verdicts *verdicts, const struct subject *subject, uint8_t direction,
		       struct evaluate_result *result);

#endif
