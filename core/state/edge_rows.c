/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/state/clocks.h"
#include "core/state/conn_sums.h"
#include "core/state/conn_table.h"
#include "core/state/edge_identity.h"
#include "core/state/fold.h"
#include "core/state/placement.h"
#include "core/state/state_counters.h"
#include "core/state/state_internal.h"

/* A record withdraws counts from at most this number of earlier intervals. Withdrawals concern the
 * last one, unless a process hands an open socket to another pod. */
#define WITHDRAW_MAX 64

void edge_rows_clear(struct edge_rows *rows)
{
	hash_index_clear(&rows->latest);
}

/* --- identities --- */

static struct conn *edge_rows_latest(const struct edge_rows *rows, const struct conn_table *conns,
				     uint64_t identity)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&rows->latest, identity, &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&rows->latest, &cursor)) {
		struct conn *conn = conn_table_at(conns, at);
		if (conn->sums && conn->sums->identity == identity)
			return conn;
	}
	return NULL;
}

void edge_rows_leave(struct edge_rows *rows, const struct conn *conn)
{
	if (conn->sums && conn->is_current)
		hash_index_remove(&rows->latest, conn->sums->identity, conn->slot);
}

/* --- shares --- */

static void edge_rows_note_count(struct conn *conn)
{
	uint64_t count = conn->sums->share.conn;

	conn->interval_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static void edge_rows_reshare(const struct state_parts *parts, struct conn *conn,
			      const struct fold_share *before)
{
	struct fold_share after;

	fold_share(conn, &after);
	state_shift_counters(parts->counters, &after, before);
	placement_reshare(parts->placement, conn, before, &after);
}

/* Ends the gauges of a row, which a later interval has. */
static void edge_rows_supersede(const struct state_parts *parts, struct conn *conn,
				uint64_t time_ns)
{
	struct fold_share before;

	fold_share(conn, &before);
	conn->is_current = false;
	conn->sums->superseded_ns = time_ns;
	edge_rows_reshare(parts, conn, &before);
}

void edge_rows_end_node(const struct state_parts *parts, uint32_t node)
{
	for (struct conn *conn = parts->conns->oldest; conn; conn = conn->newer) {
		struct fold_share before;
		if (!conn->sums || conn->node != node || !conn->is_current)
			continue;
		fold_share(conn, &before);
		conn->sums->share.open = 0;
		conn->sums->share.hanging = 0;
		edge_rows_reshare(parts, conn, &before);
	}
}

/* --- withdrawals --- */

/* Moves as much as possible of *amount out of *from. */
static void edge_rows_subtract(uint64_t *from, uint64_t *amount)
{
	uint64_t part = *from < *amount ? *from : *amount;

	*from -= part;
	*amount -= part;
}

/* Takes failures out of the counts by error. The record does not name the errors. */
static void edge_rows_subtract_failures(struct failure_counts *failures, uint64_t amount)
{
	while (amount > 0 && failures->count > 0)
		amount -= failure_counts_take(failures, failures->items[0].error, amount);
}

/* Takes amounts that a record withdraws out of earlier rows of its edge, the latest first. A row
 * that has left the table keeps its counts. */
static void edge_rows_withdraw(const struct state_parts *parts, const struct edge_record *edge,
			       struct conn *latest)
{
	struct fold_share left = {
		.tx_bytes = edge->withdrawn_tx_bytes,
		.rx_bytes = edge->withdrawn_rx_bytes,
		.latency_us = edge->withdrawn_latency_sum_us,
		.flows = edge->withdrawn_flows,
		.conn = edge->withdrawn_connections,
		.ok = edge->withdrawn_succeeded,
		.failed = edge->withdrawn_failed,
		.latency = edge->withdrawn_latency_count,
	};
	struct conn *conn = latest;

	for (int i = 0; conn && conn->sums && i < WITHDRAW_MAX; i++) {
		struct fold_share *share = &conn->sums->share;
		struct fold_share before;
		fold_share(conn, &before);
		uint64_t failed = share->failed;
		uint64_t flows = share->flows;
		edge_rows_subtract(&share->tx_bytes, &left.tx_bytes);
		edge_rows_subtract(&share->rx_bytes, &left.rx_bytes);
		edge_rows_subtract(&share->latency_us, &left.latency_us);
		edge_rows_subtract(&share->flows, &left.flows);
		edge_rows_subtract(&share->conn, &left.conn);
		edge_rows_subtract(&share->ok, &left.ok);
		edge_rows_subtract(&share->failed, &left.failed);
		edge_rows_subtract(&share->latency, &left.latency);
		parts->counters->flows -= flows - share->flows;
		edge_rows_note_count(conn);
		edge_rows_subtract_failures(&conn->sums->failures, failed - share->failed);
		edge_rows_reshare(parts, conn, &before);
		conn = conn->sums->previous
			       ? conn_table_find_sequence(parts->conns, conn->sums->previous)
			       : NULL;
	}
}

/* --- rows --- */

/* Returns the phase that the counts of an interval show. */
static enum conn_phase edge_rows_phase(const struct edge_record *edge, uint64_t failed)
{
	if (edge->open > 0)
		return CONN_ESTABLISHED;
	if (edge->succeeded == 0 && failed > 0)
		return CONN_FAILED;
	if (edge->succeeded == 0 && edge->closed == 0 && edge->attempts + edge->hanging > 0)
		return CONN_ATTEMPT;
	return edge->flow.protocol == FLOW_UDP ? CONN_DATAGRAM : CONN_CLOSED;
}

static uint8_t edge_rows_event(enum conn_phase phase)
{
	switch (phase) {
	case CONN_ATTEMPT:
		return FLOW_ATTEMPT;
	case CONN_ESTABLISHED:
		return FLOW_OPEN;
	case CONN_FAILED:
		return FLOW_FAILED;
	case CONN_DATAGRAM:
		return FLOW_DATAGRAM;
	case CONN_CLOSED:
		break;
	}
	return FLOW_CLOSED;
}

static struct conn_sums *edge_rows_sums(const struct edge_record *edge, uint64_t identity)
{
	struct conn_sums *sums = memory_checked(calloc(1, sizeof(*sums)));

	if (!sums)
		return NULL;
	sums->share = (struct fold_share){
		.tx_bytes = edge->flow.has & FLOW_HAS_TX ? edge->flow.tx_bytes : 0,
		.rx_bytes = edge->flow.has & FLOW_HAS_RX ? edge->flow.rx_bytes : 0,
		.latency_us = edge->latency_sum_us,
		.flows = edge->flows,
		.conn = edge->connections,
		.ok = edge->succeeded,
		.failed = failure_counts_sum(&edge->failures),
		.open = edge->open,
		.hanging = edge->hanging,
		.latency = edge->latency_count,
		.whole = !edge->subflow,
	};
	sums->attempts = edge->attempts;
	sums->established = edge->established;
	sums->closed = edge->closed;
	sums->latency_p50_us = edge->latency_p50_us;
	sums->latency_p95_us = edge->latency_p95_us;
	sums->latency_max_us = edge->latency_max_us;
	sums->identity = identity;
	for (size_t i = 0; i < edge->failures.count; i++) {
		const struct failure_count *item = &edge->failures.items[i];
		if (failure_counts_add(&sums->failures, item->error, item->count)) {
			failure_counts_clear(&sums->failures);
			free(sums);
			return NULL;
		}
	}
	return sums;
}

/* Fills in a new row. `flow` has steady times. */
static void edge_rows_fill(struct conn *conn, const struct edge_record *edge,
			   const struct flow *flow, uint64_t from_ns)
{
	const struct fold_share *share = &conn->sums->share;
	uint64_t id = conn->flow.id;

	conn->flow = *flow;
	conn->flow.names = NULL;
	conn->flow.id = id;
	conn->flow.has &= ~(uint32_t)(FLOW_HAS_ID | FLOW_HAS_SPORT);
	edge_rows_note_count(conn);
	conn->phase = (uint8_t)edge_rows_phase(edge, share->failed);
	conn->flow.event = edge_rows_event((enum conn_phase)conn->phase);
	if (edge->latency_count > 0) {
		conn->flow.latency_us = edge->latency_p50_us;
		conn->flow.has |= FLOW_HAS_LATENCY;
	}
	conn->waited = edge->hanging > 0;
	conn->first_ns = from_ns;
	conn->last_ns = flow->ts_ns;
	conn->state_ns = flow->ts_ns;
	conn->counted_ns = flow->ts_ns;
	conn->fresh_bytes = share->tx_bytes + share->rx_bytes;
	conn->fresh_span_ns = flow->ts_ns - from_ns;
	if (conn->fresh_span_ns >= NS_PER_SECOND)
		conn->rate = (uint64_t)((double)conn->fresh_bytes * NS_PER_SECOND /
					(double)conn->fresh_span_ns);
	conn->flow_count = share->flows < UINT32_MAX ? (uint32_t)share->flows : UINT32_MAX;
	if (conn->flow_count == 0)
		conn->flow_count = 1;
}

static void edge_rows_count(struct state_counters *counters, const struct edge_record *edge)
{
	if (edge->subflow)
		return;
	counters->attempts += edge->attempts;
	counters->established += edge->established;
	counters->closed += edge->closed;
}

/* Makes a row the last interval of its edge, unless a later interval came before. */
static void edge_rows_link(const struct state_parts *parts, struct conn *conn, struct conn *latest)
{
	struct hash_index *index = &parts->edge_rows->latest;

	if (latest && latest->last_ns > conn->last_ns) {
		conn->sums->superseded_ns = latest->last_ns;
		return;
	}
	if (latest) {
		conn->sums->previous = latest->sequence;
		hash_index_remove(index, latest->sums->identity, latest->slot);
		edge_rows_supersede(parts, latest, conn->last_ns);
	}
	if (hash_index_insert(index, conn->sums->identity, conn->slot))
		parts->counters->lost[LOST_MEMORY]++;
	else
		conn->is_current = true;
}

const struct conn *edge_rows_apply(struct state *state, const struct edge_record *edge,
				   uint32_t node)
{
	static const struct fold_share nothing;
	struct state_parts parts;
	struct fold_share share;
	struct flow flow = edge->flow;

	state_lend(state, &parts);
	flow.ts_ns = clocks_steady(parts.clocks, node, flow.ts_ns);
	uint64_t from_ns = clocks_steady(parts.clocks, node, edge->from_ns);
	if (from_ns > flow.ts_ns)
		from_ns = flow.ts_ns;
	uint64_t identity = edge_identity(edge, node);
	const struct conn_key key = {
		.id = hash_add(hash_add(identity, from_ns), flow.ts_ns),
		.node = node,
		.id_is_made = true,
	};
	if (conn_table_find(parts.conns, &key))
		return NULL;
	struct conn_sums *sums = edge_rows_sums(edge, identity);
	struct conn *conn = sums ? state_add_conn(state, &key) : NULL;
	if (!conn) {
		if (sums)
			failure_counts_clear(&sums->failures);
		free(sums);
		return NULL;
	}
	conn->sums = sums;
	sums->failed_ns = clocks_steady(parts.clocks, node, edge->failed_ns);
	edge_rows_fill(conn, edge, &flow, from_ns);
	flow.event = conn->flow.event;
	struct conn *latest = edge_rows_latest(parts.edge_rows, parts.conns, identity);
	edge_rows_withdraw(&parts, edge, latest);
	edge_rows_link(&parts, conn, latest);
	edge_rows_count(parts.counters, edge);
	fold_share(conn, &share);
	state_shift_counters(parts.counters, &share, &nothing);
	conn_table_end(parts.conns, conn);
	placement_fold(parts.placement, conn, &flow, true, &nothing, &share);
	parts.counters->unkept += conn->edge->is_overflow;
	parts.counters->lost[LOST_MEMORY] += conn->bundle == 0;
	return conn;
}
