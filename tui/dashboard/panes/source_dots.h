/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the sources that fit into the header. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H
#define POLECAT_TUI_DASHBOARD_PANES_SOURCE_DOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

/* The largest number of sources that the header names. The header counts the others, for example
 * the streams of a cluster with one stream per node. */
#define SOURCE_DOTS_SHOWN 6
#define SOURCE_DOTS_MAX   64

struct source_dot {
	const char *label;
	enum source_health_state state;
	bool shown;
};

/*
 * Sets `shown` for as many sources as fit into `width` columns, each with its sign and a blank.
 * Broken sources come first, then working sources, then absent sources. Returns the number of
 * broken and working sources that do not fit. If that number is not 0, the shown sources leave room
 * in `width` to print the number ("+12 ").
 */
size_t source_dots_choose(struct source_dot *dots, size_t count, int width);

#endif
