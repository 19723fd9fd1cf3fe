/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary: workloads, their pods and their destinations (tree.h), of everything in scope. A
 * view (see view.h).
 *
 * The rows are ordered anew every two seconds, and after half a second if a destination is new.
 * They keep their places while the pane has the focus and a cursor, and during a pause.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_H

#include "tui/dashboard/summary/traffic.h"
#include "tui/dashboard/summary/tree.h"
#include "tui/dashboard/view/view.h"

/* A row that another pane requests. */
struct summary_target {
	const struct subject *subject;
	const struct edge *edge; /* NULL: any of the subject's edges */
};

/* Zero-initialise; free with summary_clear. */
struct summary {
	struct tree tree;
	struct traffic traffic;
	struct list_cursor list;
	bool focused;      /* the pane has the focus; set by the dashboard */
	bool leads;        /* the user selected a row here, so the other panes follow */
	bool stale;        /* the scope or the order changed: arrange the rows at once */
	bool frozen;       /* the rows have the numbers of the start of the pause */
	bool grouping;     /* members of groups are missing; another frame is due */
	bool counted_late; /* some rows have numbers of a later time of the pause */
	uint64_t next_work_ns;
	uint64_t arranged_ns;

	struct summary_target shown; /* the last request of summary_show */
	bool wanted;                 /* its row is not unfolded yet */
	/* Rows that summary_show unfolded: the group of a subject or an edge, and a pod's row. The
	 * next request folds them again. NULL: none. */
	struct summary_target opened_group;
	const struct subject *opened_pod;
};

extern const struct view_operations summary_operations;

void summary_clear(struct summary *summary);

/* Divides the summary into groups of another kind, and shows a message. */
void summary_group_by(struct summary *summary, struct context *context, enum group_by by);

/* Orders the rows by something else. summary_order_name returns the words for an order. */
void summary_order_by(struct summary *summary, enum tree_order order);
const char *summary_order_name(enum tree_order order);

/* Unfolds the workload of a subject, and selects the row of the edge, if it is not NULL. Does
 * nothing if the last request was the same. */
void summary_show(struct summary *summary, const struct subject *subject, const struct edge *edge);

/* Returns the subject of the selected row (of a workload: one of its pods, preferably `preferred`).
 * NULL: no row is selected. */
const struct subject *summary_subject(const struct summary *summary,
				      const struct subject *preferred);

/* Returns the edge of the selected row; NULL: another row. */
const struct edge *summary_edge(const struct summary *summary);

#endif
