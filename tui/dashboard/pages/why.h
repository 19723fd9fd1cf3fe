/* SPDX-License-Identifier: Apache-2.0 */
/* Draws why a connection or a destination fails or hangs: the facts that polecat holds, the
 * strongest first. Every fact has its count, and its age where it has one. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_WHY_H
#define POLECAT_TUI_DASHBOARD_PAGES_WHY_H

#include "core/state/conn.h"
#include "core/state/diagnosis.h"
#include "tui/dashboard/pages/page.h"
#include "tui/session/present_facts.h"

/* Draws the section about a connection. Draws nothing if all of these hold: the connection
 * succeeded, none of its packets was dropped or sent again, neither end alone has closed it, and
 * the loaded policies do not deny it. `facts` is about the connection's edge,
 * and `present` about the moment. */
void why_draw_connection(struct page *page, const struct conn *conn, const struct diagnosis *facts,
			 const struct present_facts *present);

/* Draws the section about an edge. `shown` is a copy of the edge, for its counts. Draws nothing if
 * no connection failed or hangs, and the loaded policies do not deny it. */
void why_draw_destination(struct page *page, const struct edge *edge, const struct edge *shown,
			  const struct diagnosis *facts);

#endif
