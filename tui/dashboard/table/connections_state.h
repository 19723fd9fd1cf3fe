/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the connection table, for connections.c and connections_draw.c alone. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_STATE_H
#define POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/table/rows.h"
#include "tui/dashboard/table/table_layout.h"

/*
 * While `following` is set, the first row is the newest, rows move, and there is no cursor. Else
 * `cursor` and `top` name rows by sequence number, so that they keep their places when rows come in
 * above. `visible` is copied anew for each frame.
 */
struct connections {
	struct rows *rows;
	struct row_query query;
	bool following;
	uint64_t top;
	uint64_t cursor; /* 0: none */
	uint64_t seen;   /* the newest sequence that a person could have seen */
	size_t cursor_line;
	struct conn *visible;
	size_t visible_count;
	size_t height; /* rows on the screen, and room in visible */
	struct table_layout layout;
	struct table_facts facts;
	const char *first_node; /* to tell whether there is another */
	bool wide;
	int pan;
};

#endif
