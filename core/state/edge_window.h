/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the edges from before a window of time that had open or hanging connections, and returns
 * them as edges at its start, like flow_window.h does with connections. Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_EDGE_WINDOW_H
#define POLECAT_CORE_STATE_EDGE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

/* The most edges that are kept. */
#define EDGE_WINDOW_MAX 100000

struct edge_window_item {
	struct record record; /* RECORD_NONE: no connection was open at until_ns */
	uint64_t identity;    /* edge_identity */
	uint64_t until_ns;    /* the end of the last interval */
};

/* Zero-initialise. Free with edge_window_clear. */
struct edge_window {
	struct edge_window_item *items;
	size_t count;
	size_t capacity;
	size_t next; /* the first item that was not returned */
	struct hash_index index;
	uint64_t dropped; /* connections, since edge_window_report_dropped */
};

void edge_window_clear(struct edge_window *window);

/* Keeps a copy of an edge from before the window if it has open or hanging connections. Of several
 * intervals of an edge, the last one counts. Counts the edges that find no room as lost. */
void edge_window_add(struct edge_window *window, const struct edge_record *edge);

/* Forgets the edges of a node, because the ends of their connections are unknown. */
void edge_window_forget_node(struct edge_window *window, const char *node);

/* Returns the next edge: its open and hanging connections are new in it. The caller sets its times,
 * and frees it. Returns false after the last one. */
bool edge_window_next(struct edge_window *window, struct record *out);

/* Returns the number of connections that were dropped since the last call. */
uint64_t edge_window_report_dropped(struct edge_window *window);

#endif
