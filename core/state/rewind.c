/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/rewind.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/state/conn_sums.h"
#include "core/state/conn_table.h"
#include "core/state/fold.h"
#include "core/state/placement.h"
#include "core/state/state_internal.h"

struct saved_conn {
	struct conn *conn;
	struct conn present;
};

/* The members of edges and subjects that are not sums over connections. */
struct saved_edge {
	struct edge *edge;
	uint64_t last_ns;
	uint64_t error_ns;
	int16_t last_error;
};

struct saved_subject {
	struct subject *subject;
	uint64_t last_ns;
	uint64_t revision;
};

struct rewind {
	struct state *state;
	struct state_parts parts; /* the state's parts */
	uint64_t time_ns;
	struct state_counters counters; /* the state's counters at the present */
	struct saved_conn *conns;
	size_t conn_count;
	size_t conn_capacity;
	struct saved_edge *edges;
	size_t edge_count;
	size_t edge_capacity;
	struct saved_subject *subjects;
	size_t subject_count;
	size_t subject_capacity;
};

static const struct fold_share no_share;

/* --- one connection --- */

static bool rewind_was_established(const struct conn *conn, uint64_t time_ns)
{
	if (conn->established_ns)
		return conn->established_ns <= time_ns;
	return conn->seen & (FOLD_SEEN_ESTABLISHED | FOLD_SEEN_OPEN);
}

/* Removes the counters that may have been reported after time_ns. */
static void rewind_counters(struct conn *conn, uint64_t time_ns)
{
	struct flow *flow = &conn->flow;

	flow->has &= ~(uint32_t)(FLOW_HAS_RTT | FLOW_HAS_RETRANS | FLOW_HAS_DROPS |
				 FLOW_HAS_DROP_NETNS | FLOW_HAS_DROP_IFINDEX | FLOW_HAS_DURATION);
	flow->drops = 0;
	flow->subflows = 0;
	conn->drop = NULL;
	conn->drop_device = NULL;
	if (conn->counted_ns <= time_ns)
		return;
	flow->has &= ~(uint32_t)(FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT);
	flow->tx_bytes = 0;
	flow->rx_bytes = 0;
	/* In other flows, `count` is the id of the connection that a subflow joined. */
	if (!(flow->has & FLOW_HAS_SUBFLOW_OF))
		flow->count = 0;
	conn->rate = 0;
	conn->counted_ns = 0;
}

static void rewind_steps(struct conn *conn, uint64_t time_ns)
{
	const uint16_t success = FOLD_SEEN_ESTABLISHED | FOLD_SEEN_OPEN;
	bool established = rewind_was_established(conn, time_ns);
	uint16_t seen = conn->seen & (FOLD_SEEN_ATTEMPT | FOLD_SEEN_DATAGRAM);
	struct flow *flow = &conn->flow;

	if (established)
		seen |= conn->seen & success ? conn->seen & success : FOLD_SEEN_ESTABLISHED;
	conn->seen = seen ? seen : FOLD_SEEN_ATTEMPT;
	conn->phase = fold_phase(conn->seen);
	flow->error = 0;
	flow->end = 0;
	flow->fin_by = 0;
	if (established)
		flow->event = !(conn->seen & FOLD_SEEN_ESTABLISHED) ? FLOW_OPEN
			      : flow->direction == FLOW_INGRESS     ? FLOW_ACCEPTED
								    : FLOW_ESTABLISHED;
	else
		flow->event = conn->phase == CONN_DATAGRAM ? FLOW_DATAGRAM : FLOW_ATTEMPT;
	if (conn->state_ns > time_ns && flow->state != FLOW_STATE_UNKNOWN)
		flow->state = established ? FLOW_STATE_ESTABLISHED : FLOW_STATE_SYN_SENT;
	if (!established)
		flow->has &= ~(uint32_t)FLOW_HAS_LATENCY;
	conn->waited = conn->phase == CONN_ATTEMPT && time_ns - conn->first_ns >= CONN_ANSWER_NS;
	conn->last_ns = established && conn->established_ns > conn->first_ns ? conn->established_ns
									     : conn->first_ns;
	flow->ts_ns = conn->last_ns;
}

/* Returns whether a connection was different at an earlier time: it has had a flow since, or it has
 * begun to hang since. */
static bool rewind_changes(const struct conn *conn, uint64_t time_ns)
{
	if (conn->sums && conn->sums->superseded_ns > time_ns)
		return true;
	return conn->last_ns > time_ns || (conn->phase == CONN_ATTEMPT && conn->waited &&
					   time_ns - conn->first_ns < CONN_ANSWER_NS);
}

/* Restores the fields that a connection had at an earlier time. rewind_changes must return true for
 * that time. */
static void rewind_conn(struct conn *conn, uint64_t time_ns)
{
	/* The counts of a part of an interval are not known, so an interval counts from its end
	 * on. */
	if (conn->sums) {
		if (conn->last_ns > time_ns)
			conn->flow_count = 0;
		conn->is_current =
			conn->sums->superseded_ns == 0 || conn->sums->superseded_ns > time_ns;
		return;
	}
	if (conn->last_ns <= time_ns) {
		conn->waited = false;
		return;
	}
	if (conn->first_ns > time_ns) {
		conn->flow_count = 0;
		return;
	}
	/* Flows after the end do not change the connection. */
	if (fold_has_ended(conn) && conn->flow.ts_ns <= time_ns)
		return;
	rewind_counters(conn, time_ns);
	rewind_steps(conn, time_ns);
}

/* --- the state --- */

/* Saves an edge, and clears its last times, which rewind_renew_times sets. Does nothing if the edge
 * was saved before. Returns 0 or -ENOMEM. */
static int rewind_save_edge(struct rewind *rewind, struct edge *edge)
{
	if (edge->last_ns == 0)
		return 0;
	struct saved_edge *saved =
		ARRAY_ADD(rewind->edges, rewind->edge_count, rewind->edge_capacity);
	if (!saved)
		return -ENOMEM;
	*saved = (struct saved_edge){edge, edge->last_ns, edge->error_ns, edge->last_error};
	edge->last_ns = 0;
	edge->error_ns = 0;
	edge->last_error = 0;
	return 0;
}

static int rewind_save_subject(struct rewind *rewind, struct subject *subject)
{
	if (subject->last_ns == 0)
		return 0;
	struct saved_subject *saved =
		ARRAY_ADD(rewind->subjects, rewind->subject_count, rewind->subject_capacity);
	if (!saved)
		return -ENOMEM;
	*saved = (struct saved_subject){subject, subject->last_ns, subject->revision};
	subject->last_ns = 0;
	return 0;
}

static void rewind_share(const struct conn *conn, struct fold_share *share)
{
	*share = no_share;
	if (rewind_has_begun(conn))
		fold_share(conn, share);
}

static int rewind_save_conn(struct rewind *rewind, struct conn *conn, uint64_t time_ns)
{
	struct fold_share before;
	struct fold_share after;

	if (rewind_save_edge(rewind, conn->edge) || rewind_save_subject(rewind, conn->subject))
		return -ENOMEM;
	struct saved_conn *saved =
		ARRAY_ADD(rewind->conns, rewind->conn_count, rewind->conn_capacity);
	if (!saved)
		return -ENOMEM;
	*saved = (struct saved_conn){conn, *conn};
	rewind_share(conn, &before);
	rewind_conn(conn, time_ns);
	rewind_share(conn, &after);
	state_shift_counters(rewind->parts.counters, &after, &before);
	placement_reshare(rewind->parts.placement, conn, &before, &after);
	return 0;
}

/* Sets the last times of the edges and subjects that were saved. Those of all others are up to
 * date. */
static void rewind_renew_times(struct rewind *rewind)
{
	uint64_t evicted_ns = rewind->parts.counters->evicted_ns;

	for (const struct conn *conn = rewind->parts.conns->oldest; conn; conn = conn->newer) {
		struct edge *edge = conn->edge;
		if (!rewind_has_begun(conn))
			continue;
		if (conn->last_ns > edge->last_ns)
			edge->last_ns = conn->last_ns;
		if (conn->last_ns > conn->subject->last_ns)
			conn->subject->last_ns = conn->last_ns;
		if (conn->phase == CONN_FAILED && conn->flow.error &&
		    conn->flow.ts_ns > edge->error_ns) {
			edge->error_ns = conn->flow.ts_ns;
			edge->last_error = conn->flow.error;
		}
	}
	/* If none of an edge's or subject's connections was found above, all of them have been
	 * evicted. */
	for (size_t i = 0; i < rewind->edge_count; i++) {
		struct edge *edge = rewind->edges[i].edge;
		if (edge->last_ns == 0 && edge->conn_count > 0)
			edge->last_ns = evicted_ns;
	}
	for (size_t i = 0; i < rewind->subject_count; i++) {
		struct subject *subject = rewind->subjects[i].subject;
		if (subject->last_ns == 0 && subject->conn_count > 0)
			subject->last_ns = evicted_ns;
		/* The same time gives the same revision, so that views need not start again. */
		subject->revision = rewind->subjects[i].revision + hash_u64(rewind->time_ns);
	}
}

static void rewind_renew_counters(struct rewind *rewind)
{
	const struct clocks *clocks = state_clocks(rewind->state);
	struct state_counters *counters = rewind->parts.counters;
	uint32_t node = state_latest_node(rewind->state);
	uint64_t time_ns = clocks_now(clocks, node, rewind->time_ns);

	if (time_ns >= counters->last_ns)
		return;
	counters->last_ns = time_ns;
	counters->last_wall_ns = clocks_wall(clocks, node, time_ns);
}

int rewind_new(struct state *state, struct rewind **out)
{
	struct rewind *rewind = memory_checked(calloc(1, sizeof(*rewind)));

	if (!rewind)
		return -ENOMEM;
	rewind->state = state;
	state_lend(state, &rewind->parts);
	*out = rewind;
	return 0;
}

int rewind_begin(struct rewind *rewind, uint64_t time_ns)
{
	const struct clocks *clocks = state_clocks(rewind->state);
	int error = 0;

	rewind_end(rewind);
	state_set_rewound(rewind->state, true);
	rewind->parts.placement->bundles.rewound = true;
	rewind->time_ns = time_ns;
	rewind->counters = *rewind->parts.counters;
	for (struct conn *conn = rewind->parts.conns->oldest; conn && !error; conn = conn->newer) {
		uint64_t node_ns = clocks_now(clocks, conn->node, time_ns);
		if (rewind_changes(conn, node_ns))
			error = rewind_save_conn(rewind, conn, node_ns);
	}
	if (error) {
		rewind_end(rewind);
		return error;
	}
	rewind_renew_times(rewind);
	rewind_renew_counters(rewind);
	return 0;
}

/* Restores a connection, which stays in the bundle of the rewound state. */
static void rewind_restore_conn(struct conn *conn, const struct conn *present)
{
	const struct conn rewound = *conn;

	*conn = *present;
	conn->bundle = rewound.bundle;
	conn->bundle_newer = rewound.bundle_newer;
	conn->bundle_older = rewound.bundle_older;
}

void rewind_end(struct rewind *rewind)
{
	if (!state_is_rewound(rewind->state))
		return;
	for (size_t i = 0; i < rewind->conn_count; i++) {
		struct conn *conn = rewind->conns[i].conn;
		struct fold_share before;
		struct fold_share after;
		rewind_share(conn, &before);
		rewind_restore_conn(conn, &rewind->conns[i].present);
		rewind_share(conn, &after);
		placement_reshare(rewind->parts.placement, conn, &before, &after);
	}
	for (size_t i = 0; i < rewind->edge_count; i++) {
		struct edge *edge = rewind->edges[i].edge;
		edge->last_ns = rewind->edges[i].last_ns;
		edge->error_ns = rewind->edges[i].error_ns;
		edge->last_error = rewind->edges[i].last_error;
	}
	for (size_t i = 0; i < rewind->subject_count; i++) {
		rewind->subjects[i].subject->last_ns = rewind->subjects[i].last_ns;
		rewind->subjects[i].subject->revision = rewind->subjects[i].revision;
	}
	*rewind->parts.counters = rewind->counters;
	rewind->conn_count = 0;
	rewind->edge_count = 0;
	rewind->subject_count = 0;
	bundle_table_return(&rewind->parts.placement->bundles);
	state_set_rewound(rewind->state, false);
}

void rewind_free(struct rewind *rewind)
{
	if (!rewind)
		return;
	rewind_end(rewind);
	free(rewind->conns);
	free(rewind->edges);
	free(rewind->subjects);
	free(rewind);
}
