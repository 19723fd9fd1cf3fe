/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens pages, and returns to those behind them. The pages behind the present one are a stack
 * (dashboard->behind), so that a page can lead to another one of the same kind. On the panes, the
 * stack is empty. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_VISITS_H
#define POLECAT_TUI_DASHBOARD_VISITS_H

#include "tui/dashboard/dashboard_state.h"

/* Returns the present page, with the place in it. */
struct visit dashboard_present_visit(struct dashboard *dashboard);

/* Returns whether two visits show the same page of the same object. */
bool visit_is_same(const struct visit *a, const struct visit *b);

/* Opens a page over the present one. If the page is open behind the present one, returns to it, so
 * that Esc does not lead round in a circle. */
void dashboard_visit(struct dashboard *dashboard, const struct visit *visit);

/* Opens a page that has no object. */
void dashboard_open_page(struct dashboard *dashboard, enum dashboard_page page);

/* Shows a page in place of the present one, and leaves the stack alone. Returns false, and does
 * nothing, if its connection has left the table. */
bool dashboard_show_visit(struct dashboard *dashboard, const struct visit *visit);

/* Returns to the page behind the present one, or to the panes. */
void dashboard_close_page(struct dashboard *dashboard);

/* Returns to the panes. */
void dashboard_close_pages(struct dashboard *dashboard);

#endif
