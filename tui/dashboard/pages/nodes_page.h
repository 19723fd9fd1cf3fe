/* SPDX-License-Identifier: Apache-2.0 */
/* The page of the nodes whose records arrive: one line each, those with problems first. A view (see
 * view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_NODES_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_NODES_PAGE_H

#include "tui/dashboard/view/view.h"

/* A node as the page shows it. */
struct nodes_row {
	char *name; /* NULL: not known yet */
	char *message;
	const char *state;
	unsigned char rank; /* smaller: a worse problem */
	enum role role;     /* of the state */
	bool stream;        /* it has a stream of its own */
	bool heard;
	bool measured;
	uint64_t flows;
	uint64_t lost;
	uint64_t rate;
	uint64_t idle_ns;
	int64_t ahead_ns;
};

/* Zero-initialise. Free with nodes_page_clear. */
struct nodes_page {
	struct nodes_row *rows;
	size_t count;
	size_t capacity;
	struct list_cursor scroll;
	uint64_t next_ns; /* the next time to collect; CLOCK_MONOTONIC */
};

/* Collects the nodes at the next update, even if the screen is paused. */
void nodes_page_open(struct nodes_page *page);
void nodes_page_clear(struct nodes_page *page);

extern const struct view_operations nodes_page_operations;

#endif
