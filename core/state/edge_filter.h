/* SPDX-License-Identifier: Apache-2.0 */
/* Filters on edges: for drafts and checks, which stand on edges and not on connections. Pure. */
#ifndef POLECAT_CORE_STATE_EDGE_FILTER_H
#define POLECAT_CORE_STATE_EDGE_FILTER_H

#include <stdbool.h>

#include "core/filter/filter.h"
#include "core/state/state.h"

/*
 * Whether an edge, seen as the latest of its flows as far as it can tell, passes the filter (NULL
 * is empty). False for one that all its connections have left: they moved to another subject.
 */
bool edge_filter_match(const struct state *state, const struct filter *filter,
		       const struct edge *edge);

#endif
