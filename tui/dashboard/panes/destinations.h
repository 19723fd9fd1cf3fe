/* SPDX-License-Identifier: Apache-2.0 */
/* The peers of a subject, one row per peer, port and protocol. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_DESTINATIONS_H
#define POLECAT_TUI_DASHBOARD_PANES_DESTINATIONS_H

#include "tui/dashboard/panes/edge_row.h"
#include "tui/dashboard/view/view.h"

enum destinations_order {
	DESTINATIONS_BY_CONNECTIONS = 0,
	DESTINATIONS_BY_FAILURES,
	DESTINATIONS_BY_BYTES,
	DESTINATIONS_BY_LAST,
	DESTINATIONS_BY_PORT,
	DESTINATIONS_ORDERS,
};

/*
 * Zero-initialise; free with destinations_clear. Rows keep their places while a cursor is set.
 * Without a cursor, they are sorted every two seconds and when the subject changes.
 */
struct destinations {
	const struct subject *subject;
	struct edge_row *rows;
	size_t count;
	size_t capacity;
	size_t taken; /* edges of the subject that were ever added to `rows` */
	struct list_cursor list;
	bool inverted;
	enum destinations_order order;
	uint64_t next_sort_ns;
	uint64_t sampled_ns;
	bool heading;
	bool counted_late; /* the subject was chosen during a pause: its counts are of that time */
};

extern const struct view_operations destinations_operations;

void destinations_clear(struct destinations *pane);

/* Returns the edge under the cursor, else the first edge; NULL: no rows. */
const struct edge *destinations_selected(const struct destinations *pane);

/* Leave an edge out of the draft, or bring it back, and show a message. */
void destinations_leave_out(struct context *context, const struct edge *edge);
void destinations_bring_back(struct context *context, const struct edge *edge);

#endif
