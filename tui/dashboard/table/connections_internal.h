/* SPDX-License-Identifier: Apache-2.0 */
/* The insides of the table of connections, shared by connections*.c and by nothing else. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_INTERNAL_H
#define POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/table/connections.h"
#include "tui/dashboard/table/rows.h"
#include "tui/dashboard/table/table_columns.h"

/*
 * `following`: the first row is the newest, and rows move; there is no cursor. Otherwise `cursor`
 * and `top` name rows by sequence, so that they keep their places whatever comes in above. visible
 * is copied anew for each frame.
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
	struct table_columns columns;
	struct table_facts facts;
	const char *first_node; /* to tell whether there is another */
	bool wide;
	int pan;
};

/* connections_draw.c: for struct view_operations. */
int connections_title(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused);
void connections_draw(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused);

#endif
