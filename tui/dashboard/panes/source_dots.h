/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the sources that the header has room for. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H
#define POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

/* More sources are counted instead of named: a cluster has a stream per node. */
#define SOURCE_DOTS_SHOWN 6
#define SOURCE_DOTS_MAX   64

struct source_dot {
	const char *label;
	enum source_health_state state;
	bool shown;
};

/*
 * Sets `shown` for as many sources as fit into `width` columns, each with its sign and a blank: the
 * broken ones first, then those that work, then the absent ones. Returns the number of sources that
 * are not shown and not absent; the count of them fits in too.
 */
size_t source_dots_choose(struct source_dot *dots, size_t count, int width);

#endif
