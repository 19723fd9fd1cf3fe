/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what the state knows about a thing that has no counters of its own: a Service, a node, a
 * workload, a DNS name, an address, a policy, or a pod without connections. Draws nothing. Only for
 * the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_THING_FACTS_H
#define POLECAT_TUI_DASHBOARD_PAGES_THING_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"
#include "core/state/state.h"
#include "tui/dashboard/panes/edge_row.h"
#include "tui/dashboard/view/thing.h"
#include "tui/dashboard/view/verdicts.h"

#define THING_EDGES_MAX    200
#define THING_SUBJECTS_MAX 200

/* Zero-initialise; nothing to free. */
struct thing_facts {
	const struct pod_record *pod;         /* of POD */
	const struct service_record *service; /* of SERVICE */
	const struct node_record *node;       /* of NODE */
	/* The edges whose peer is the thing (DNS name: that were opened with the name), the busiest
	 * first, and their number. */
	struct edge_row edges[THING_EDGES_MAX];
	size_t edge_count;
	size_t edge_total;
	/* The subjects on the node, of the workload, or that the policy selects; in order of first
	 * appearance. */
	const struct subject *subjects[THING_SUBJECTS_MAX];
	size_t subject_count;
	size_t subject_total;
	bool partial; /* some edges or subjects were not examined, so the numbers may be too low */
};

/* Returns the policy that the thing is, or NULL. `policies` may be NULL. */
const struct netpol *thing_facts_policy(const struct netpol_set *policies,
					const struct thing *thing);

/* Collects the facts again. `policies` and `verdicts` may be NULL. */
void thing_facts_collect(struct thing_facts *facts, const struct state *state,
			 const struct netpol_set *policies, struct verdicts *verdicts,
			 const struct thing *thing);

#endif
