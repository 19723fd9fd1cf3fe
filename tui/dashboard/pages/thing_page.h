/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a Service, a node, a workload, a DNS name, an address, a loaded policy, or a pod
 * without connections: what is known about it, and its connections with others. A view (see
 * view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_THING_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_THING_PAGE_H

#include "tui/dashboard/pages/thing_facts.h"
#include "tui/dashboard/view/view.h"

/* Zero-initialise; nothing to free. */
struct thing_page {
	struct thing thing;
	struct thing_facts facts;
	uint64_t next_ns; /* monotonic time of the next thing_facts_collect */
	struct list_cursor scroll;
};

extern const struct view_operations thing_page_operations;

/* Shows a thing from now on: one of the kinds from THING_POD on. */
void thing_page_open(struct thing_page *page, const struct thing *thing);

#endif
