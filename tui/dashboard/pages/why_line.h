/* SPDX-License-Identifier: Apache-2.0 */
/* Draws one fact of the section "Why?", with a sign for its outcome. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_WHY_LINE_H
#define POLECAT_TUI_DASHBOARD_PAGES_WHY_LINE_H

#include "tui/dashboard/pages/page.h"

/* The outcome of a fact: the peer was reached, it was not, both, or a policy denies it. */
enum why_mark {
	WHY_GOOD = 0,
	WHY_BAD,
	WHY_MIXED,
	WHY_DENIED,
};

void why_line(struct page *page, const char *label, enum why_mark mark, const char *text);

#endif
