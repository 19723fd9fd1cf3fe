/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_pairs.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/record/address.h"
#include "core/state/fold.h"
#include "core/state/identity/holder.h"
#include "core/state/subject.h"

/* Byte counts may differ by one where a source counts the FIN. */
#define BYTES_TOLERANCE 1

/* The addresses and ports of a connection between two network namespaces. */
struct tuple {
	const struct flow_address *client;
	const struct flow_address *server;
	uint16_t client_port;
	uint16_t server_port;
};

static bool tuple_of(const struct conn *conn, struct tuple *tuple)
{
	const uint32_t needed = FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT;
	const uint32_t backend = FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
	const struct flow *flow = &conn->flow;

	if ((flow->has & needed) != needed || conn->sums || conn_is_subflow(conn) ||
	    (flow->protocol != FLOW_TCP && flow->protocol != FLOW_SCTP))
		return false;
	*tuple = (struct tuple){&flow->src, &flow->dst, flow->sport, flow_wire_port(flow)};
	if (flow->direction == FLOW_EGRESS && (flow->has & backend) == backend) {
		tuple->server = &flow->nat_address;
		tuple->server_port = flow->nat_port;
	} else if (flow->direction == FLOW_EGRESS) {
		tuple->server_port = flow->dport;
	}
	return true;
}

static bool tuple_is_same(const struct tuple *a, const struct tuple *b)
{
	return a->client_port == b->client_port && a->server_port == b->server_port &&
	       memcmp(a->client, b->client, sizeof(*a->client)) == 0 &&
	       memcmp(a->server, b->server, sizeof(*a->server)) == 0;
}

/* Returns the hash of a tuple, not 0. */
static uint32_t tuple_hash(const struct tuple *tuple)
{
	uint64_t hash = hash_bytes(0, tuple->client, sizeof(*tuple->client));

	hash = hash_bytes(hash, tuple->server, sizeof(*tuple->server));
	hash = hash_add(hash, (uint64_t)tuple->client_port << 16 | tuple->server_port);
	return (uint32_t)hash ? (uint32_t)hash : 1;
}

static bool pairs_is_pod(const struct workloads *workloads, const struct conn *conn,
			 const struct flow_address *address)
{
	return !address_is_loopback(conn->flow.family, address) &&
	       holder_pod_at_time(workloads, conn->flow.family, address, conn->first_ns);
}

/* Returns whether a connection is between two pods with networks of their own. */
static bool pairs_joins_pods(const struct workloads *workloads, const struct conn *conn,
			     const struct tuple *tuple)
{
	const struct pod_record *pod = conn->subject->pod_record;

	return pod && !pod->host_network && pairs_is_pod(workloads, conn, tuple->client) &&
	       pairs_is_pod(workloads, conn, tuple->server);
}

/* Takes a connection out of the index. */
static void pairs_unindex(struct conn_pairs *pairs, struct conn *conn)
{
	if (conn->tuple_hash)
		hash_index_remove(&pairs->by_tuple, conn->tuple_hash, conn->slot);
	conn->tuple_hash = 0;
}

/* Puts a connection into the index by its present tuple. Returns false if it has none. */
static bool pairs_index(struct conn_pairs *pairs, const struct workloads *workloads,
			struct conn *conn, struct tuple *tuple)
{
	/* Without a record of the pod, this is all that a connection costs. */
	if (!conn->subject->pod_record || !tuple_of(conn, tuple)) {
		pairs_unindex(pairs, conn);
		return false;
	}
	uint32_t hash = tuple_hash(tuple);
	if (conn->tuple_hash == hash)
		return true;
	pairs_unindex(pairs, conn);
	if (!pairs_joins_pods(workloads, conn, tuple) ||
	    hash_index_insert(&pairs->by_tuple, hash, conn->slot))
		return false;
	conn->tuple_hash = hash;
	return true;
}

/* Returns whether two times, each of a connection's node, are the same within the tolerance. */
static bool pairs_is_same_time(const struct conn_pairs *pairs, const struct conn *a, uint64_t a_ns,
			       const struct conn *b, uint64_t b_ns)
{
	uint64_t first_ns = clocks_common(pairs->clocks, a->node, a_ns);
	uint64_t second_ns = clocks_common(pairs->clocks, b->node, b_ns);
	uint64_t apart_ns = first_ns > second_ns ? first_ns - second_ns : second_ns - first_ns;

	return apart_ns <= (a->node == b->node ? CONN_PAIRS_NODE_NS : CONN_PAIRS_NODES_NS);
}

/* Returns whether the bytes that one end sent are those that the other end received. */
static bool pairs_bytes_agree(const struct conn *from, const struct conn *to)
{
	uint64_t sent = from->flow.tx_bytes;
	uint64_t received = to->flow.rx_bytes;

	if (!(from->flow.has & FLOW_HAS_TX) || !(to->flow.has & FLOW_HAS_RX))
		return true;
	return (sent > received ? sent - received : received - sent) <= BYTES_TOLERANCE;
}

/* Returns whether two ends with the same tuple are ends of one connection (see the top). */
static bool pairs_agree(const struct conn_pairs *pairs, const struct conn *a, const struct conn *b)
{
	bool ended = fold_has_ended(a);
	uint64_t a_ns = a->established_ns ? a->established_ns : a->first_ns;
	uint64_t b_ns = b->established_ns ? b->established_ns : b->first_ns;

	if (ended != fold_has_ended(b) || a->phase != b->phase || a->phase == CONN_ATTEMPT ||
	    a->phase == CONN_FAILED)
		return false;
	/* The start of an end that was found open may be unknown. */
	if (!a->found && !b->found && !pairs_is_same_time(pairs, a, a_ns, b, b_ns))
		return false;
	if (!ended)
		return true;
	if (!pairs_is_same_time(pairs, a, a->last_ns, b, b->last_ns))
		return false;
	return a->flow.end != FLOW_END_FIN || b->flow.end != FLOW_END_FIN ||
	       (pairs_bytes_agree(a, b) && pairs_bytes_agree(b, a));
}

/* Finds the only other end that agrees with a connection. Returns NULL if no end agrees, or
 * several do. */
static struct conn *pairs_find(const struct conn_pairs *pairs, const struct conn *conn,
			       const struct tuple *tuple)
{
	struct conn *found = NULL;
	struct hash_cursor cursor;
	uint32_t slot = hash_index_first(&pairs->by_tuple, conn->tuple_hash, &cursor);

	for (; slot != HASH_INDEX_NONE; slot = hash_index_next(&pairs->by_tuple, &cursor)) {
		struct conn *other = conn_table_at(pairs->conns, slot);
		struct tuple its;
		if (other->other_end || other->flow.direction == conn->flow.direction ||
		    other->flow.protocol != conn->flow.protocol ||
		    other->flow.family != conn->flow.family || !tuple_of(other, &its) ||
		    !tuple_is_same(tuple, &its) || !pairs_agree(pairs, conn, other))
			continue;
		if (found)
			return NULL;
		found = other;
	}
	return found;
}

void conn_pairs_clear(struct conn_pairs *pairs)
{
	hash_index_clear(&pairs->by_tuple);
}

struct conn *conn_pairs_other(const struct conn_table *conns, const struct conn *conn)
{
	struct conn *other = conn_table_get(conns, conn->other_end);

	return other && other->other_end == conn->slot ? other : NULL;
}

static void pairs_part(struct conn *conn, struct conn *other)
{
	conn->other_end = 0;
	other->other_end = 0;
}

struct conn *conn_pairs_update(struct conn_pairs *pairs, const struct workloads *workloads,
			       struct conn *conn)
{
	struct conn *other = conn_pairs_other(pairs->conns, conn);
	struct tuple tuple;

	if (!pairs_index(pairs, workloads, conn, &tuple)) {
		if (other)
			pairs_part(conn, other);
		return other;
	}
	if (other) {
		/* While one end has ended, the records of the other one are on their way. */
		if (!fold_has_ended(conn) || !fold_has_ended(other) ||
		    pairs_agree(pairs, conn, other))
			return NULL;
		pairs_part(conn, other);
		return other;
	}
	other = pairs_find(pairs, conn, &tuple);
	if (other) {
		conn->other_end = other->slot;
		other->other_end = conn->slot;
	}
	return other;
}

struct conn *conn_pairs_leave(struct conn_pairs *pairs, struct conn *conn)
{
	struct conn *other = conn_pairs_other(pairs->conns, conn);

	pairs_unindex(pairs, conn);
	if (other)
		pairs_part(conn, other);
	return other;
}
