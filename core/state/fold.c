/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/fold.h"

#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/state/conn_sums.h"

/* If a flow has no interval_ms, fold_rate computes a rate only if less than this time has passed
 * since the previous report of the connection. */
#define LONGEST_INTERVAL_NS (NS_PER_SECOND * 3 / 2)

#define SEEN_SUCCESS \
	(FOLD_SEEN_ESTABLISHED | FOLD_SEEN_OPEN | FOLD_SEEN_CLOSED | FOLD_SEEN_DATAGRAM)

/* Returns the step that a DNS query proves. */
static uint16_t fold_queried(const struct flow *flow)
{
	return flow->protocol == FLOW_TCP ? FOLD_SEEN_OPEN : FOLD_SEEN_DATAGRAM;
}

/*
 * Returns the step that an event proves, given the known steps. Failure and success exclude each
 * other: the one that is known first stays. So a failure after a success is the end of the
 * connection. A success after a failure is ignored: the source is broken, or uses an id twice.
 */
static uint16_t fold_step(const struct conn *conn, const struct flow *flow)
{
	bool failed = (conn->seen & FOLD_SEEN_FAILED) != 0;

	switch ((enum flow_event_type)flow->event) {
	case FLOW_ATTEMPT:
		return FOLD_SEEN_ATTEMPT;
	case FLOW_ESTABLISHED:
	case FLOW_ACCEPTED:
		return failed ? 0 : FOLD_SEEN_ESTABLISHED;
	case FLOW_OPEN:
	case FLOW_DROPPED:
		if (failed)
			return 0;
		/* A socket found at the start may still wait for the answer to its SYN. */
		return flow->state == FLOW_STATE_SYN_SENT ? FOLD_SEEN_ATTEMPT : FOLD_SEEN_OPEN;
	case FLOW_FAILED:
		return conn->seen & SEEN_SUCCESS ? FOLD_SEEN_CLOSED : FOLD_SEEN_FAILED;
	case FLOW_CLOSED:
		if (failed)
			return 0;
		if (flow->end == FLOW_END_UNSEEN)
			return FOLD_SEEN_UNSEEN;
		/* A close with an error is a failed attempt if nothing proves a connection: no
		 * earlier success, no bytes and no duration. */
		if (flow->error && !(conn->seen & SEEN_SUCCESS) && flow->tx_bytes == 0 &&
		    flow->rx_bytes == 0 && !(flow->has & FLOW_HAS_DURATION))
			return FOLD_SEEN_FAILED;
		return FOLD_SEEN_CLOSED;
	case FLOW_DATAGRAM:
		return FOLD_SEEN_DATAGRAM;
	case FLOW_UNANSWERED:
		return fold_queried(flow) | FOLD_SEEN_UNANSWERED;
	case FLOW_LOOKUP_FAILED:
		return fold_queried(flow) | FOLD_SEEN_LOOKUP_FAILED;
	}
	return 0;
}

uint8_t fold_phase(uint16_t seen)
{
	if (seen & FOLD_SEEN_FAILED)
		return CONN_FAILED;
	if (seen & (FOLD_SEEN_CLOSED | FOLD_SEEN_UNSEEN))
		return CONN_CLOSED;
	if (seen & (FOLD_SEEN_ESTABLISHED | FOLD_SEEN_OPEN))
		return CONN_ESTABLISHED;
	if (seen & FOLD_SEEN_DATAGRAM)
		return CONN_DATAGRAM;
	return CONN_ATTEMPT;
}

/* Returns the rank of an event in the life of a connection. */
static int fold_rank(uint8_t event)
{
	static const uint8_t ranks[] = {
		[FLOW_ATTEMPT] = 1,       [FLOW_ESTABLISHED] = 2, [FLOW_ACCEPTED] = 2,
		[FLOW_OPEN] = 3,          [FLOW_DATAGRAM] = 3,    [FLOW_FAILED] = 4,
		[FLOW_CLOSED] = 4,        [FLOW_DROPPED] = 1,     [FLOW_UNANSWERED] = 3,
		[FLOW_LOOKUP_FAILED] = 3,
	};

	return event < ARRAY_LENGTH(ranks) ? ranks[event] : 0;
}

bool fold_begins_again(const struct conn *conn, const struct flow *flow)
{
	return !(conn->flow.has & FLOW_HAS_ID) && fold_has_ended(conn) &&
	       flow->ts_ns > conn->last_ns &&
	       (flow->event == FLOW_ATTEMPT || flow->event == FLOW_ACCEPTED ||
		flow->event == FLOW_DATAGRAM);
}

bool fold_is_parallel(const struct flow *flow, const struct conn *joined)
{
	return joined && flow->direction == joined->flow.direction &&
	       flow->family == joined->flow.family &&
	       flow_wire_port(flow) == flow_wire_port(&joined->flow) &&
	       memcmp(flow_peer(flow), flow_peer(&joined->flow), sizeof(struct flow_address)) == 0;
}

static void fold_share_sums(const struct conn *conn, struct fold_share *share)
{
	*share = conn->sums->share;
	if (conn->is_current)
		return;
	share->open = 0;
	share->hanging = 0;
}

void fold_share(const struct conn *conn, struct fold_share *share)
{
	if (__builtin_expect(conn->sums != NULL, 0)) {
		fold_share_sums(conn, share);
		return;
	}
	const struct flow *flow = &conn->flow;
	/* DNS servers answer each query, so a connection with an unanswered query and without
	 * received bytes has not succeeded. Other protocols may send in one direction only. */
	bool silent = conn->seen & FOLD_SEEN_UNANSWERED && flow->rx_bytes == 0;
	bool counts = !conn->is_parallel;
	bool ok = conn->seen & SEEN_SUCCESS && !silent && counts;

	share->tx_bytes = flow->tx_bytes;
	share->rx_bytes = flow->rx_bytes;
	share->latency = ok && (flow->has & FLOW_HAS_LATENCY);
	share->latency_us = share->latency ? flow->latency_us : 0;
	share->flows = conn->flow_count;
	share->whole = !conn_is_subflow(conn);
	share->conn = counts;
	share->ok = ok;
	share->failed = counts && conn->phase == CONN_FAILED;
	share->open = counts && conn->phase == CONN_ESTABLISHED;
	share->hanging = counts && conn_hangs(conn);
}

/* The members that describe the process. */
#define FOLD_OWNER (FLOW_HAS_PID | FLOW_HAS_UID | FLOW_HAS_CGROUP)

/* How the process of a flow relates to the process that is known. */
enum fold_owner {
	FOLD_OWNER_SAME,   /* replaces the known process unless the flow is stale */
	FOLD_OWNER_WORSE,  /* never replaces it */
	FOLD_OWNER_BETTER, /* always replaces it */
};

/* As the owner of a connection, the process that uses its socket is better than the process that
 * listens. */
static enum fold_owner fold_owner(const struct conn *conn, const struct flow *flow)
{
	if (!(conn->flow.has & flow->has & FLOW_HAS_PID) || flow->owner == conn->flow.owner)
		return FOLD_OWNER_SAME;
	return flow->owner == FLOW_OWNER_LISTENER ? FOLD_OWNER_WORSE : FOLD_OWNER_BETTER;
}

/* Copies the flow's known fields. A stale flow (see fold_flow) only fills in fields that the
 * connection lacks. */
static void fold_fields(struct conn *conn, const struct flow *flow, bool stale)
{
	struct flow *known = &conn->flow;
	uint32_t take = stale ? flow->has & ~known->has : flow->has;
	enum fold_owner owner = fold_owner(conn, flow);
	bool stale_owner = owner == FOLD_OWNER_SAME ? stale : owner == FOLD_OWNER_WORSE;

	if (flow->event == FLOW_DATAGRAM && conn->seen & FOLD_SEEN_CLOSED) {
		/* The totals of the close, which arrived first, include the datagrams of this
		 * record. */
		take &= ~(uint32_t)(FLOW_HAS_COUNT | FLOW_HAS_TX | FLOW_HAS_RX);
	} else if (flow->event == FLOW_DATAGRAM) {
		known->count += flow->has & FLOW_HAS_COUNT ? flow->count : 1;
		known->tx_bytes += flow->has & FLOW_HAS_TX ? flow->tx_bytes : 0;
		known->rx_bytes += flow->has & FLOW_HAS_RX ? flow->rx_bytes : 0;
		known->has |= FLOW_HAS_COUNT;
		take &= ~(uint32_t)(FLOW_HAS_COUNT | FLOW_HAS_TX | FLOW_HAS_RX);
	}
	take &= ~(uint32_t)FLOW_HAS_ID;
	if (owner == FOLD_OWNER_WORSE)
		take &= ~(uint32_t)FOLD_OWNER;
	else if (owner == FOLD_OWNER_BETTER)
		take |= flow->has & FOLD_OWNER;
	if (flow->has & FLOW_HAS_PID && !stale_owner)
		known->owner = flow->owner;
#define FOLD_TAKE(name, type, member) \
	if (take & (FLOW_HAS_##name)) \
		known->member = flow->member;
	FLOW_OPTIONAL_MEMBERS(FOLD_TAKE)
#undef FOLD_TAKE
#define FOLD_TAKE(name, member)       \
	if (take & (FLOW_HAS_##name)) \
		known->member = flow->member;
	FLOW_SHARED_MEMBERS(FOLD_TAKE)
#undef FOLD_TAKE
	/* Keep the id: it is part of the connection's key. */
	known->has |= flow->has & ~(uint32_t)FLOW_HAS_ID;

	if (flow->comm[0] != '\0' && (!stale_owner || known->comm[0] == '\0'))
		memcpy(known->comm, flow->comm, sizeof(known->comm));
	if (flow->state != FLOW_STATE_UNKNOWN && (!stale || known->state == FLOW_STATE_UNKNOWN))
		known->state = flow->state;
	if (flow->end != 0 && (!stale || known->end == 0)) {
		known->end = flow->end;
		known->fin_by = flow->fin_by;
	}
	if (flow->subflows != 0 && (!stale || known->subflows == 0))
		known->subflows = flow->subflows;
	if (flow->error != 0 && (!stale || known->error == 0))
		known->error = flow->error;
	if (flow->peer_kind != FLOW_PEER_UNKNOWN &&
	    (!stale || known->peer_kind == FLOW_PEER_UNKNOWN))
		known->peer_kind = flow->peer_kind;
}

/* Clears the assumed end of a connection (FLOW_END_UNSEEN) if a flow shows that the connection is
 * still open, or how it ended. Returns whether it did so. */
static bool fold_revive(struct conn *conn, const struct flow *flow)
{
	if (!(conn->seen & FOLD_SEEN_UNSEEN) || flow->end == FLOW_END_UNSEEN)
		return false;
	conn->seen &= (uint16_t)~FOLD_SEEN_UNSEEN;
	conn->flow.end = 0;
	return true;
}

/* Copies the facts of a drop, unless a later one is known. */
static void fold_drop(struct flow *known, const struct flow *flow)
{
	if (known->has & FLOW_HAS_DROPS && known->drops > flow->drops)
		return;
	known->drops = flow->drops;
	known->drop_netns = flow->drop_netns;
	known->drop_ifindex = flow->drop_ifindex;
	known->drop_place = flow->drop_place;
	known->has &= ~(uint32_t)(FLOW_HAS_DROPS | FLOW_HAS_DROP_NETNS | FLOW_HAS_DROP_IFINDEX);
	known->has |= flow->has & (FLOW_HAS_DROPS | FLOW_HAS_DROP_NETNS | FLOW_HAS_DROP_IFINDEX);
}

static void fold_times(struct conn *conn, const struct flow *flow)
{
	if (conn->flow_count == 0 || flow->ts_ns < conn->first_ns)
		conn->first_ns = flow->ts_ns;
	if (flow->ts_ns > conn->last_ns)
		conn->last_ns = flow->ts_ns;
	if (flow->event == FLOW_ESTABLISHED || flow->event == FLOW_ACCEPTED)
		conn->established_ns = flow->ts_ns;
	else if (conn->established_ns == 0 && (flow->has & FLOW_HAS_DURATION) &&
		 flow->duration_ms < flow->ts_ns / NS_PER_MILLISECOND)
		conn->established_ns = flow->ts_ns - flow->duration_ms * NS_PER_MILLISECOND;
}

/* Returns the time over which the new bytes of a flow came; 0: unknown. */
static uint64_t fold_fresh_span(const struct conn *conn, const struct flow *flow)
{
	if (flow->has & FLOW_HAS_INTERVAL && flow->interval_ms > 0)
		return flow->interval_ms * NS_PER_MILLISECOND;
	if (conn->counted_ns == 0)
		return flow->has & FLOW_HAS_DURATION ? flow->duration_ms * NS_PER_MILLISECOND : 0;
	return flow->ts_ns > conn->counted_ns ? flow->ts_ns - conn->counted_ns : 0;
}

/*
 * Updates the rate and the fresh bytes. `before` is the bytes of both directions before the flow
 * was folded.
 *
 * A source with an interval reads the counters of all connections once per interval, and reports
 * only connections whose counters changed. So all new bytes are from the last interval, even if the
 * previous report is older. Without an interval, the new bytes may be as old as the previous
 * report, and give no rate if it is LONGEST_INTERVAL_NS old or older. The first report gives no
 * rate, because the connection may have existed before the start.
 */
static void fold_rate(struct conn *conn, const struct flow *flow, uint64_t before)
{
	uint64_t bytes = conn->flow.tx_bytes + conn->flow.rx_bytes;
	uint64_t passed = flow->ts_ns - conn->counted_ns;
	bool has_interval = flow->has & FLOW_HAS_INTERVAL && flow->interval_ms > 0;
	uint64_t interval = has_interval ? flow->interval_ms * NS_PER_MILLISECOND : passed;
	bool is_first = conn->counted_ns == 0;

	if (bytes > before && !(is_first && conn->found)) {
		conn->fresh_bytes = bytes - before;
		conn->fresh_span_ns = fold_fresh_span(conn, flow);
	}
	if (flow->ts_ns <= conn->counted_ns)
		return;
	conn->counted_ns = flow->ts_ns;
	conn->rate = 0;
	if (bytes > before && !is_first && (has_interval || passed < LONGEST_INTERVAL_NS))
		conn->rate =
			(uint64_t)((double)(bytes - before) * NS_PER_SECOND / (double)interval);
}

/* Returns the event to show. The connection's phase decides between failed and closed: a failure
 * after a success is a close (fold_step). */
static uint8_t fold_event(const struct conn *conn, const struct flow *flow)
{
	if (flow->event == FLOW_FAILED || flow->event == FLOW_CLOSED)
		return conn->phase == CONN_FAILED ? FLOW_FAILED : FLOW_CLOSED;
	if (flow->event == FLOW_DROPPED)
		return conn->phase == CONN_ATTEMPT ? FLOW_ATTEMPT : FLOW_OPEN;
	return flow->event;
}

bool fold_flow(struct conn *conn, const struct flow *flow)
{
	struct flow *known = &conn->flow;
	struct flow look_up;
	bool first = conn->flow_count == 0;
	int rank = fold_rank(flow->event);
	int known_rank = fold_rank(known->event);
	bool revived = fold_revive(conn, flow);
	conn->owner_changed = !first && fold_owner(conn, flow) == FOLD_OWNER_BETTER;
	bool stale = !first && !revived &&
		     (rank < known_rank || (rank == known_rank && flow->ts_ns < known->ts_ns));
	bool unnamed = known->comm[0] == '\0';
	uint64_t cgroup_id = known->cgroup_id;
	uint16_t port = flow_wire_port(known);
	struct flow_address peer = *flow_peer(known);

	if (flow->event == FLOW_LOOKUP_FAILED) {
		/* The count and the latency are those of the look-up, not of the flow that it is a
		 * part of. */
		look_up = *flow;
		look_up.has &= ~(uint32_t)(FLOW_HAS_COUNT | FLOW_HAS_LATENCY);
		flow = &look_up;
	}

	if (first) {
		known->direction = flow->direction;
		known->protocol = flow->protocol;
		known->family = flow->family;
		conn->found = flow->event == FLOW_OPEN || flow->event == FLOW_DROPPED;
	} else if (flow->event == FLOW_ATTEMPT || flow->event == FLOW_ACCEPTED) {
		conn->found = false; /* began after the start; its events came out of order */
	}
	conn->seen = (uint16_t)(conn->seen | fold_step(conn, flow));
	conn->phase = fold_phase(conn->seen);
	if (flow->event == FLOW_DROPPED)
		fold_drop(known, flow);
	uint8_t tcp_state = known->state;
	uint64_t bytes = known->tx_bytes + known->rx_bytes;
	/* A drop or a failed look-up only fills in unknown fields of its connection. The other
	 * fields that a drop changes were copied by fold_drop. */
	stale |= (flow->event == FLOW_DROPPED || flow->event == FLOW_LOOKUP_FAILED) && !first;
	fold_fields(conn, flow, stale);
	fold_times(conn, flow);
	conn->fresh_bytes = 0;
	conn->waited |=
		conn->phase == CONN_ATTEMPT && conn->last_ns - conn->first_ns >= CONN_ANSWER_NS;
	if (flow->event != FLOW_DROPPED)
		fold_rate(conn, flow, bytes);
	if (known->state != tcp_state || first)
		conn->state_ns = flow->ts_ns;
	if (!stale) {
		known->event = fold_event(conn, flow);
		known->ts_ns = flow->ts_ns;
	}
	conn->flow_count++;

	return first || known->cgroup_id != cgroup_id || flow_wire_port(known) != port ||
	       (unnamed && known->comm[0] != '\0') || conn->owner_changed ||
	       memcmp(&peer, flow_peer(known), sizeof(peer)) != 0;
}
