/* SPDX-License-Identifier: Apache-2.0 */
/* A page about one connection: both ends, the process, its life, its counters: a view (see view.h).
 */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H
#define POLECAT_TUI_DASHBOARD_PAGES_DETAIL_H

#include "tui/dashboard/view/view.h"

struct detail;

extern const struct view_operations detail_operations;

/* 0 or -ENOMEM. */
int detail_new(struct detail **out);
void detail_free(struct detail *detail);

/* The page is about this connection from now on; it is copied, and brought up to date while the
 * state has it. */
void detail_open(struct detail *detail, const struct context *context, const struct conn *conn);

/* What the page is about; valid until the next update. */
const struct conn *detail_connection(const struct detail *detail);

#endif
