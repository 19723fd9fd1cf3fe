/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of time: it contains the flows from one Unix time (inclusive) to another (exclusive).
 * Flows outside of the window are left out. The window keeps the connections that began before it,
 * and returns those that were open at its start, as a collector finds the sockets that are open at
 * its own start.
 *
 * The times are those by the clocks of the nodes, except that ages count steady time. Flows may
 * come in any order. The window keeps at
 * most a given number of connections, and counts those that it dropped. Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_FLOW_WINDOW_H
#define POLECAT_CORE_STATE_FLOW_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/state.h"

struct flow_window;

enum flow_window_place {
	FLOW_WINDOW_BEFORE = 1,
	FLOW_WINDOW_INSIDE,
	FLOW_WINDOW_AFTER,
};

/* Makes a window that keeps at most max_connections from before it (0: 100,000). Returns 0 or
 * -ENOMEM. */
int flow_window_new(const struct state_window *limits, size_t max_connections,
		    struct flow_window **out);
/* NULL is allowed. */
void flow_window_free(struct flow_window *window);

/* Returns whether a time by a node's present clock is before the window, inside or after it. `node`
 * may be NULL. */
enum flow_window_place flow_window_place(struct flow_window *window, const char *node,
					 uint64_t unix_ns);

/* Returns the steady time of a time by a node's present clock. */
uint64_t flow_window_steady(struct flow_window *window, const char *node, uint64_t unix_ns);

/* Returns the start of the window by a node's present clock. */
uint64_t flow_window_start(struct flow_window *window, const char *node);

/*
 * Folds a flow from before the window into its connection. Returns true if flow_window_next_open
 * has already returned the connection, and the flow ends it: the caller then ends it at the start
 * of the window. Counts the flows that are lost for lack of memory.
 */
bool flow_window_add(struct flow_window *window, const struct flow *flow);

/* Applies a step of a node's clock, so that durations are right. */
void flow_window_set_clock(struct flow_window *window, const struct clock_record *step);

/* Forgets the open connections of a node, because the end of each of them is unknown. */
void flow_window_forget_node(struct flow_window *window, const char *node);

/*
 * Returns the next connection or attempt that was open at the start of the window. Returns it as a
 * FLOW_OPEN flow with that time and everything known about the connection. Its duration is the time
 * since it was established. Each connection is returned once, in order of arrival. The caller owns
 * *out. Returns false after the last one. Datagrams have no end, so their flows are not returned.
 */
bool flow_window_next_open(struct flow_window *window, struct record *out);

/* Returns the number of connections that were dropped since the last call, because the table was
 * full or memory was short. */
uint64_t flow_window_report_dropped(struct flow_window *window);

#define FLOW_WINDOW_TEXT_SIZE 96

/* Writes the limits of a window: "from 2026-01-02T03:04:05Z until 2026-01-02T04:00:00Z", or one of
 * the two parts; "" if it has no limits. */
void flow_window_format(const struct state_window *limits, char text[FLOW_WINDOW_TEXT_SIZE]);

#endif
