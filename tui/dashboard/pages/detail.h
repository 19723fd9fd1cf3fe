/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one connection: both ends, the process, times and counters. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H
#define POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H

#include "core/state/diagnosis.h"
#include "tui/dashboard/pages/detail_interval.h"
#include "tui/dashboard/view/view.h"
#include "tui/session/present_facts.h"

/* Zero-initialise; nothing to free. The page has a copy of the connection, and stays open when the
 * connection leaves the table. */
struct detail {
	struct conn conn;
	struct edge edge;                /* a copy, for its counts */
	struct detail_interval interval; /* of conn.sums, if that is not NULL */
	struct diagnosis facts;
	struct present_facts present;
	struct present_place peer_place;
	uint64_t present_next_ns; /* monotonic: the next time to collect `present` */
	uint64_t place_next_ns;   /* monotonic: the next time to look for `peer_place` */
	bool gone;                /* the connection has left the table */
	char command_line[1024];
	struct list_cursor scroll;
};

extern const struct view_operations detail_operations;

/* Shows a connection from now on. Copies it, and follows it while the state has it. */
void detail_open(struct detail *detail, const struct context *context, const struct conn *conn);

#endif
