/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the sources' dots the header has room for. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H
#define POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

/* More are counted instead of named: a cluster has a stream per node. */
#define SOURCE_DOTS_SHOWN 6
#define SOURCE_DOTS_MAX   64

struct source_dot {
	const char *label;
	enum source_health_state state;
	bool shown;
};

/*
 * Sets `shown` for as many as fit into `width` columns, each with its sign and a blank: what is
 * broken first, then what is there, then what is not; in the order of the list within each.
 * Returns how many that are there, or should be, are not shown; a count of them fits in too.
 */
size_t source_dots_choose(struct source_dot *dots, size_t count, int width);

#endif
