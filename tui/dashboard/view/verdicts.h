/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdicts of the loaded NetworkPolicies on observed edges. Each edge has one verdict. The flow
 * is judged at the observed end and, unless that end denies it, also at the other end if that is a
 * pod. The worse result is the verdict; an unknown result at the other end does not count.
 *
 * Verdicts are cached. After identities have changed, edges are judged again: visible edges at
 * once, all others by verdicts_sweep, a limited number per frame. Draws nothing. Only for the main
 * thread.
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

/* Returns the cached verdict without judging the edge. Returns 0 if the edge was not judged yet, or
 * if verdicts_judge returned 0. */
uint8_t verdicts_known(const struct verdicts *verdicts, const struct edge *edge);

/* Judges the next edges, for a few milliseconds at most. Returns false once every edge has been
 * judged since the latest change of identities. */
bool verdicts_sweep(struct verdicts *verdicts);

/* Returns the number of denied connections of the edges that were judged so far, and whose subjects
 * are in group 0 (state_set_group): those in scope. */
uint64_t verdicts_denied(const struct verdicts *verdicts);

/* Returns the number of denied connections of the edges of a subject that were judged so far. NULL
 * is allowed for `verdicts`. */
uint64_t verdicts_denied_of(const struct verdicts *verdicts, const struct subject *subject);

/* Returns the edge's part of the number that verdicts_denied_of returns for its subject. New
 * connections of the edge count once the edge is judged or swept again. NULL is allowed for
 * `verdicts`. */
uint64_t verdicts_denied_on(const struct verdicts *verdicts, const struct edge *edge);

/* Counts the denied connections again after subjects changed their groups. NULL is allowed. */
void verdicts_regroup(struct verdicts *verdicts);

/* A verdict and its reason. */
struct verdict {
	struct evaluate_flow flow;     /* as seen from the end that gave the verdict */
	struct evaluate_result result; /* valid until identities change */
	bool far;                      /* the other end gave the verdict, not the observed end */
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
