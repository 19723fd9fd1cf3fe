/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a connection's page about a row that stands for the connections of an interval
 * (core/state/conn_sums.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_DETAIL_INTERVAL_H
#define POLECAT_TUI_DASHBOARD_PAGES_DETAIL_INTERVAL_H

#include "core/state/conn_sums.h"
#include "tui/dashboard/pages/page.h"

/* A copy of the sums of a row. */
struct detail_interval {
	struct conn_sums sums; /* without the list of failures */
	char failures[256];    /* "ECONNREFUSED 12, ETIMEDOUT 3"; "": none */
};

void detail_interval_copy(struct detail_interval *interval, const struct conn_sums *sums);

/* Draws the counts of the row, and names the facts that are not known of its connections. */
void detail_interval_draw(struct page *page, const struct conn *conn,
			  const struct detail_interval *interval);

#endif
