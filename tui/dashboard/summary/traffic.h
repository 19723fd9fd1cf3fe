/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of the last minute, for each subject and for each edge, in windows of two seconds. The
 * times are those of the flows, so a replayed recording shows the rates of its own time.
 *
 * A flow reports the bytes since the report before it. They are spread evenly over that time, and
 * the same shares are added to the edge and to its subject. So the sum over the edges of a subject
 * equals the bytes of the subject, in every window. The bytes stay with both if the connection
 * moves to another subject. So for a few seconds, a subject may have more than its other edges.
 *
 * A source reports an open connection once a second. So the current rate is that of the latest
 * window that ended at least a second ago: all its bytes have been reported.
 *
 * Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_TRAFFIC_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/base/timestamp.h"
#include "core/state/clocks.h"
#include "core/state/conn.h"
#include "core/state/subject.h"

#define TRAFFIC_WINDOW_NS (2 * NS_PER_SECOND)
/* The windows of the last minute. */
#define TRAFFIC_MINUTE 30
/* More than TRAFFIC_MINUTE, because the latest windows are not complete. */
#define TRAFFIC_SLOTS 32
/* The windows that are kept of edges: up to the latest complete one. */
#define TRAFFIC_EDGE_SLOTS 4

/* The bytes of a subject. Slot w % TRAFFIC_SLOTS has those of window w, for the TRAFFIC_SLOTS
 * windows that end with `latest`. */
struct traffic_history {
	uint64_t latest;
	uint64_t bytes[TRAFFIC_SLOTS];
};

struct traffic_edge {
	const struct edge *edge;
	uint64_t bytes;
};

/* The edges with bytes in one window. */
struct traffic_window {
	uint64_t number;
	struct traffic_edge *edges;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of `edges`, by the edge's address */
};

/* Zero-initialise. Free with traffic_clear. */
struct traffic {
	struct traffic_history **subjects; /* by subject->index; NULL: no bytes yet */
	size_t subject_capacity;
	struct traffic_window windows[TRAFFIC_EDGE_SLOTS]; /* window w is at index w %
	                                                    * TRAFFIC_EDGE_SLOTS */
};

void traffic_clear(struct traffic *traffic);

/* Adds the bytes of the latest flow of a connection (conn->fresh_bytes). Call it once for each
 * flow. Without memory, the bytes are left out. */
void traffic_add(struct traffic *traffic, const struct clocks *clocks, const struct conn *conn);

/* Return the bytes in the latest complete window. now_ns: see session_now. */
uint64_t traffic_of_edge(const struct traffic *traffic, const struct edge *edge, uint64_t now_ns);
uint64_t traffic_of_subject(const struct traffic *traffic, const struct subject *subject,
			    uint64_t now_ns);

/* Adds the bytes of a subject to the windows of the last minute: sums[TRAFFIC_MINUTE - 1] is the
 * latest complete window. */
void traffic_add_minute(const struct traffic *traffic, const struct subject *subject,
			uint64_t now_ns, uint64_t sums[TRAFFIC_MINUTE]);

/* Returns the bytes per second of a window with `bytes`. */
static inline uint64_t traffic_rate(uint64_t bytes)
{
	return bytes / (TRAFFIC_WINDOW_NS / NS_PER_SECOND);
}

#endif
