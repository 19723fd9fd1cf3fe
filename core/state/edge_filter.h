/* SPDX-License-Identifier: Apache-2.0 */
/* Filters on edges, for drafts and checks. Pure. */
#ifndef POLECAT_CORE_STATE_EDGE_FILTER_H
#define POLECAT_CORE_STATE_EDGE_FILTER_H

#include <stdbool.h>

#include "core/filter/filter.h"
#include "core/state/state.h"

/* Returns whether a flow with the edge's latest values would pass the filter. Returns false for an
 * edge whose connections have all moved to another subject. */
bool edge_filter_match(const struct state *state, const struct filter *filter,
		       const struct edge *edge);

#endif
