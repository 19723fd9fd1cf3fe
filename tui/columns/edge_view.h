/* SPDX-License-Identifier: Apache-2.0 */
/* The values that all connections of an edge have in common, for filters. They are found as those
 * of a connection are (conn_view.h), so that both have the same names. */
#ifndef POLECAT_TUI_COLUMNS_EDGE_VIEW_H
#define POLECAT_TUI_COLUMNS_EDGE_VIEW_H

#include <stdint.h>

#include "tui/columns/conn_view.h"

struct edge_view {
	struct filter_input input; /* for filter_match_all; points into this struct */
	uint64_t varying;          /* the fields in which the connections may differ */
	struct conn stand_in;
	char peer[CONN_VIEW_PEER_SIZE];
};

/* Fills in the view of an edge, except input.is_new. Valid until the state changes. */
void edge_view_open(const struct state *state, const struct edge *edge, struct edge_view *view);

#endif
