/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one connection: both ends, the process, times and counters. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H
#define POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H

#include "tui/dashboard/view/view.h"

struct detail;

extern const struct view_operations detail_operations;

/* 0 or -ENOMEM. */
int detail_new(struct detail **out);
void detail_free(struct detail *detail);

/* Shows a connection from now on. Copies it, and follows it while the state has it. */
void detail_open(struct detail *detail, const struct context *context, const struct conn *conn);

/* Returns the connection of the page. Valid until the next update. */
const struct conn *detail_connection(const struct detail *detail);

#endif
