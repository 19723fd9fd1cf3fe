/* SPDX-License-Identifier: Apache-2.0 */
#include "core/aggregate/aggregate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aggregate/edge_group.h"
#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/memory.h"
#include "core/record/record_names.h"
#include "core/state/clocks.h"
#include "core/state/conn_table.h"
#include "core/state/fold.h"
#include "core/state/identity/node_names.h"

#define DEFAULT_EDGES       16384
#define DEFAULT_CONNECTIONS 32768
#define SKETCH_PARTS        65536

/* Connections that have ended stay for flows that come late or twice. This is the largest number of
 * them. */
#define ENDED_MAX 1024

/* If a flow is so much older than the latest one of its node, the node's clock was set back, or an
 * earlier time was wrong: intervals begin again at the flow. */
#define CLOCK_BACK_NS (60 * NS_PER_SECOND)

/* The most pods whose addresses are remembered. Further ones begin again. */
#define PODS_MAX 65536

struct aggregate_node {
	uint64_t end_ns;     /* of the present interval; 0: no flow yet */
	uint64_t written_ns; /* latest time in a record */
	uint64_t latest_ns;  /* latest time of a flow */
	uint64_t writes;     /* number of times that its groups were written */
	uint32_t touched;    /* its groups to write, linked by next_touched; 0: none */
	uint32_t last_touched;
};

/* The aggregator's part of a connection, by the connection's slot. */
struct aggregate_conn {
	struct edge_group *group;
	uint64_t writes; /* the node's number of writes when the names were found, plus 1 */
	/* Counted since that write. */
	uint64_t datagrams;
	uint64_t retrans;
	uint16_t fresh; /* steps (enum fold_seen) */
};

struct aggregate {
	uint64_t interval_ns;
	size_t max_edges;
	void (*emit)(void *data, const struct record *record);
	const struct flow *(*known)(void *data, const struct flow *flow);
	void *data;
	struct node_names names;
	struct clocks clocks;
	struct aggregate_node *nodes;
	size_t node_count;
	size_t node_capacity;
	struct conn_table conns;
	struct aggregate_conn *extras;
	size_t extra_count;
	size_t extra_capacity;
	size_t ended_count; /* connections in the list of ended ones */
	struct edge_groups groups;
	struct latency_pool latencies;
	struct hash_index pods; /* the addresses and labels of each pod, see aggregate_note_pod */
	uint64_t number;        /* flows so far */
	uint64_t lost;          /* not reported yet */
};

int aggregate_new(const struct aggregate_options *options, struct aggregate **out)
{
	struct aggregate *aggregate = memory_checked(calloc(1, sizeof(*aggregate)));
	size_t connections =
		options->max_connections ? options->max_connections : DEFAULT_CONNECTIONS;

	if (!aggregate)
		return -ENOMEM;
	aggregate->interval_ns = options->interval_ns ? options->interval_ns : 1;
	aggregate->max_edges = options->max_edges ? options->max_edges : DEFAULT_EDGES;
	aggregate->emit = options->emit;
	aggregate->known = options->known;
	aggregate->data = options->data;
	aggregate->latencies.max = SKETCH_PARTS;
	if (node_names_init(&aggregate->names, options->node) ||
	    conn_table_init(&aggregate->conns, connections + ENDED_MAX)) {
		aggregate_free(aggregate);
		return -ENOMEM;
	}
	*out = aggregate;
	return 0;
}

void aggregate_free(struct aggregate *aggregate)
{
	if (!aggregate)
		return;
	edge_groups_clear(&aggregate->groups);
	latency_pool_clear(&aggregate->latencies);
	hash_index_clear(&aggregate->pods);
	conn_table_clear(&aggregate->conns);
	node_names_clear(&aggregate->names);
	clocks_clear(&aggregate->clocks);
	free(aggregate->extras);
	free(aggregate->nodes);
	free(aggregate);
}

/* --- groups --- */

/* Puts a group into the list of its node's groups that have something to write. */
static void aggregate_touch(struct aggregate *aggregate, struct edge_group *group)
{
	struct aggregate_node *node = &aggregate->nodes[group->node];

	if (group->touched)
		return;
	group->touched = true;
	group->next_touched = 0;
	if (node->last_touched)
		aggregate->groups.items[node->last_touched - 1]->next_touched = group->number + 1;
	else
		node->touched = group->number + 1;
	node->last_touched = group->number + 1;
}

static void aggregate_release(struct aggregate *aggregate, struct edge_group *group)
{
	if (group->refs == 0 && !group->touched)
		edge_groups_remove(&aggregate->groups, group);
}

/* Extends the times of a group to a Unix time. */
static void aggregate_extend(struct edge_group *group, uint64_t unix_ns)
{
	if (group->from_ns == 0 || unix_ns < group->from_ns)
		group->from_ns = unix_ns;
	if (unix_ns > group->until_ns)
		group->until_ns = unix_ns;
}

/* Adds a change of a share to the sums of a group. */
static void aggregate_shift(struct edge_group *group, const struct fold_share *plus,
			    const struct fold_share *minus)
{
	struct fold_share *net = &group->net;

	net->tx_bytes += plus->tx_bytes - minus->tx_bytes;
	net->rx_bytes += plus->rx_bytes - minus->rx_bytes;
	net->latency_us += plus->latency_us - minus->latency_us;
	net->latency += plus->latency - minus->latency;
	net->flows += plus->flows - minus->flows;
	net->conn += plus->conn - minus->conn;
	net->ok += plus->ok - minus->ok;
	group->open += plus->open - minus->open;
	group->hanging += plus->hanging - minus->hanging;
}

/* Returns the text of a connection's error. */
static const char *aggregate_error(const struct conn *conn, const struct flow *flow, char room[16])
{
	const char *name = conn->flow.error ? flow_error_name(conn->flow.error) : NULL;

	if (name)
		return name;
	if (conn->flow.error) {
		snprintf(room, 16, "%d", conn->flow.error);
		return room;
	}
	return flow && flow->names && flow->names->error ? flow->names->error
							 : EDGE_FAILURE_UNKNOWN;
}

static void aggregate_add_failure(struct aggregate *aggregate, struct edge_group *group,
				  const struct conn *conn, const struct flow *flow,
				  uint64_t unix_ns)
{
	char room[16];

	if (failure_counts_add(&group->failures, aggregate_error(conn, flow, room), 1))
		aggregate->lost++;
	if (conn->flow.error == 0 || unix_ns < group->failed_ns)
		return;
	group->failed_ns = unix_ns;
	group->flow.error = conn->flow.error;
}

/* Takes the failure of a connection that leaves the group back. */
static void aggregate_withdraw_failure(struct edge_group *group, const struct conn *conn)
{
	char room[16];
	const char *error = aggregate_error(conn, NULL, room);

	if (failure_counts_take(&group->failures, error, 1) == 0)
		group->withdrawn_failures++;
}

static void aggregate_count_steps(struct edge_group *group, uint16_t steps)
{
	group->attempts += (steps & FOLD_SEEN_ATTEMPT) != 0;
	group->established += (steps & FOLD_SEEN_ESTABLISHED) != 0;
	group->closed += (steps & FOLD_SEEN_CLOSED) != 0;
}

/* Adds the latency of a connection to the sketch. The sum has it in any case. */
static void aggregate_add_latency(struct aggregate *aggregate, struct edge_group *group,
				  const struct fold_share *share)
{
	if (share->latency && latency_sketch_add(&aggregate->latencies, &group->latency,
						 share->latency_us) == -ENOMEM)
		aggregate->lost++;
}

/* Moves a connection, with its share, to another group. */
static void aggregate_move(struct aggregate *aggregate, const struct conn *conn,
			   struct edge_group *group, const struct fold_share *share)
{
	static const struct fold_share nothing;
	struct aggregate_conn *extra = &aggregate->extras[conn->slot];
	struct edge_group *old = extra->group;
	struct aggregate_node *node = &aggregate->nodes[group->node];

	group->refs++;
	extra->group = group;
	if (!old)
		return;
	aggregate_touch(aggregate, old);
	aggregate_shift(old, &nothing, share);
	aggregate_shift(group, share, &nothing);
	if (share->whole) {
		old->attempts -= (extra->fresh & FOLD_SEEN_ATTEMPT) != 0;
		old->established -= (extra->fresh & FOLD_SEEN_ESTABLISHED) != 0;
		old->closed -= (extra->fresh & FOLD_SEEN_CLOSED) != 0;
		aggregate_count_steps(group, extra->fresh);
	}
	if (share->failed) {
		aggregate_withdraw_failure(old, conn);
		aggregate_add_failure(
			aggregate, group, conn, NULL,
			clocks_wall_now(&aggregate->clocks, conn->node, conn->flow.ts_ns));
	}
	aggregate_add_latency(aggregate, group, share);
	old->datagrams -= extra->datagrams;
	group->datagrams += extra->datagrams;
	old->retrans -= extra->retrans;
	group->retrans += extra->retrans;
	aggregate_extend(group, clocks_wall_now(&aggregate->clocks, conn->node, conn->first_ns));
	aggregate_extend(group, clocks_wall_now(&aggregate->clocks, conn->node, conn->last_ns));
	/* A record needs a time, even if it only withdraws counts. */
	if (old->from_ns == 0)
		aggregate_extend(old, node->latest_ns);
	old->refs--;
}

/* --- connections --- */

static void aggregate_remove(struct aggregate *aggregate, struct conn *conn)
{
	struct edge_group *group = aggregate->extras[conn->slot].group;
	struct fold_share share;
	struct fold_share left;

	if (group) {
		fold_share(conn, &share);
		left = share;
		left.open = 0;
		left.hanging = 0;
		if (share.open || share.hanging) {
			aggregate_touch(aggregate, group);
			if (group->from_ns == 0)
				aggregate_extend(group, aggregate->nodes[group->node].latest_ns);
		}
		aggregate_shift(group, &left, &share);
		group->refs--;
		aggregate_release(aggregate, group);
	}
	aggregate->extras[conn->slot].group = NULL;
	aggregate->ended_count -= conn->list == CONN_LIST_ENDED;
	conn_table_remove(&aggregate->conns, conn);
}

static void aggregate_end(struct aggregate *aggregate, struct conn *conn)
{
	if (conn->list != CONN_LIST_ENDED)
		aggregate->ended_count++;
	conn_table_end(&aggregate->conns, conn);
	if (aggregate->ended_count > ENDED_MAX)
		aggregate_remove(aggregate, aggregate->conns.ended.oldest);
}

/* Removes connections that have ended, or else the oldest one, until the table has room. */
static void aggregate_make_room(struct aggregate *aggregate)
{
	while (conn_table_is_full(&aggregate->conns)) {
		struct conn *conn = conn_table_victim(&aggregate->conns);
		aggregate->lost += conn->list != CONN_LIST_ENDED;
		aggregate_remove(aggregate, conn);
	}
}

/* Puts a connection into the list of the table that its phase requires. */
static void aggregate_list(struct aggregate *aggregate, struct conn *conn)
{
	bool was_ended = conn->list == CONN_LIST_ENDED;

	/* The end of connectionless traffic is unknown, so it stays among the ended connections. */
	if (fold_has_ended(conn) || conn->phase == CONN_DATAGRAM) {
		aggregate_end(aggregate, conn);
		return;
	}
	if (conn->phase == CONN_ATTEMPT && !conn_hangs(conn))
		aggregate->lost += conn_table_wait(&aggregate->conns, conn) != 0;
	else
		conn_table_unlist(&aggregate->conns, conn);
	aggregate->ended_count -= was_ended;
}

static struct conn *aggregate_add_conn(struct aggregate *aggregate, const struct conn_key *key,
				       const struct flow *flow)
{
	aggregate_make_room(aggregate);
	struct conn *conn = conn_table_add(&aggregate->conns, key);
	if (!conn)
		return NULL;
	if (ARRAY_RESERVE(aggregate->extras, aggregate->extra_capacity, (size_t)conn->slot + 1)) {
		conn_table_remove(&aggregate->conns, conn);
		return NULL;
	}
	while (aggregate->extra_count <= conn->slot)
		aggregate->extras[aggregate->extra_count++] = (struct aggregate_conn){0};
	aggregate->extras[conn->slot] = (struct aggregate_conn){0};
	conn->is_parallel =
		fold_is_parallel(flow, conn_table_find_joined(&aggregate->conns, flow, key->node));
	return conn;
}

/* --- names --- */

static const char *aggregate_first(const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

static bool aggregate_names_peer(const struct flow *flow)
{
	return flow->peer_kind != FLOW_PEER_UNKNOWN ||
	       (flow->names && (flow->names->peer_name || flow->names->peer_namespace));
}

/* Collects the names of a connection: those of the flow, else those that are known, else those that
 * it had before. Also sets the kind of the peer in *merged. */
static void aggregate_merge_names(const struct aggregate *aggregate, const struct conn *conn,
				  const struct flow *flow, struct flow *merged,
				  struct flow_names *out)
{
	static const struct flow_names none;
	static const struct flow no_flow;
	const struct edge_group *group = aggregate->extras[conn->slot].group;
	const struct flow *known =
		aggregate->known ? aggregate->known(aggregate->data, flow) : NULL;
	const struct flow *before = group ? &group->flow : &no_flow;
	const struct flow_names *own = flow->names ? flow->names : &none;
	const struct flow_names *other = known && known->names ? known->names : &none;
	const struct flow_names *former = before->names ? before->names : &none;
	const struct flow_names *place = conn->owner_changed ? &none : former;
	bool asks = flow->event == FLOW_UNANSWERED || flow->event == FLOW_LOOKUP_FAILED;

	*out = (struct flow_names){
		.node = aggregate_first(own->node, other->node,
					node_names_text(&aggregate->names, conn->node)),
		.namespace_name = aggregate_first(own->namespace_name, other->namespace_name,
						  place->namespace_name),
		.pod = aggregate_first(own->pod, other->pod, place->pod),
		.container = aggregate_first(own->container, other->container, place->container),
		.container_id = aggregate_first(own->container_id, other->container_id,
						place->container_id),
		.dns = aggregate_first(former->dns, asks ? NULL : own->dns, other->dns),
		.backend_namespace =
			aggregate_first(own->backend_namespace, other->backend_namespace,
					former->backend_namespace),
		.backend_name = aggregate_first(own->backend_name, other->backend_name,
						former->backend_name),
		.protocol = aggregate_first(own->protocol, other->protocol, former->protocol),
	};
	const struct flow *peer = aggregate_names_peer(flow)             ? flow
				  : known && aggregate_names_peer(known) ? known
									 : before;
	const struct flow_names *peer_names = peer->names ? peer->names : &none;
	merged->peer_kind = peer->peer_kind;
	out->peer_namespace = peer_names->peer_namespace;
	out->peer_name = peer_names->peer_name;
}

static struct edge_group *aggregate_find_group(struct aggregate *aggregate, struct conn *conn,
					       const struct flow *flow)
{
	struct flow merged = conn->flow;
	struct flow_names names;

	aggregate_merge_names(aggregate, conn, flow, &merged, &names);
	return edge_groups_get(&aggregate->groups, conn->node, &merged, &names);
}

/* Returns whether the names and the key of a connection must be looked up. */
static bool aggregate_must_find(const struct aggregate *aggregate, const struct conn *conn,
				const struct flow *flow, bool changed)
{
	const struct aggregate_conn *extra = &aggregate->extras[conn->slot];

	return changed || !extra->group || flow->names ||
	       extra->writes != aggregate->nodes[conn->node].writes + 1 ||
	       (conn->flow.has ^ extra->group->flow.has) & EDGE_GROUP_KEY_BITS ||
	       conn->flow.unresolved != extra->group->flow.unresolved;
}

/* --- intervals --- */

static struct aggregate_node *aggregate_get_node(struct aggregate *aggregate, uint32_t number)
{
	if (ARRAY_RESERVE(aggregate->nodes, aggregate->node_capacity, (size_t)number + 1))
		return NULL;
	while (aggregate->node_count <= number)
		aggregate->nodes[aggregate->node_count++] = (struct aggregate_node){0};
	return &aggregate->nodes[number];
}

/* Lets the attempts of a node hang that had no answer for CONN_ANSWER_NS. */
static void aggregate_hang(struct aggregate *aggregate, uint32_t number, uint64_t unix_ns)
{
	uint64_t now_ns = clocks_steady(&aggregate->clocks, number, unix_ns);

	while (number < aggregate->conns.pending_count) {
		struct conn *conn = conn_table_pending(&aggregate->conns, number);
		struct fold_share before;
		struct fold_share after;
		if (!conn || now_ns < conn->first_ns || now_ns - conn->first_ns < CONN_ANSWER_NS)
			return;
		struct edge_group *group = aggregate->extras[conn->slot].group;
		fold_share(conn, &before);
		conn->waited = true;
		fold_share(conn, &after);
		conn_table_unlist(&aggregate->conns, conn);
		if (!group)
			continue;
		aggregate_shift(group, &after, &before);
		aggregate_touch(aggregate, group);
		if (group->from_ns == 0)
			aggregate_extend(group, aggregate->nodes[number].latest_ns);
	}
}

/* Emits the record of a group. The times at the ends of a node's records ascend from interval to
 * interval, so that each record is unique. */
static void aggregate_write_group(struct aggregate *aggregate, struct edge_group *group,
				  uint64_t written_ns)
{
	struct edge_record edge;
	struct record record = {.kind = RECORD_EDGE, .edge = &edge};
	struct aggregate_node *node = &aggregate->nodes[group->node];

	if (group->until_ns <= written_ns)
		group->until_ns = written_ns + 1;
	if (group->until_ns > node->written_ns)
		node->written_ns = group->until_ns;
	if (edge_group_report(group, &aggregate->latencies, &edge))
		aggregate->emit(aggregate->data, &record);
	latency_sketch_clear(&aggregate->latencies, &group->latency);
	edge_group_reset(group);
}

static void aggregate_report_losses(struct aggregate *aggregate)
{
	const struct record record = {
		.kind = RECORD_LOST,
		.lost = {.where = LOST_MEMORY, .count = aggregate->lost},
	};

	if (aggregate->lost == 0)
		return;
	aggregate->lost = 0;
	aggregate->emit(aggregate->data, &record);
}

/* Writes the counts of a node, at the end of its interval or before. */
static void aggregate_write(struct aggregate *aggregate, uint32_t number, uint64_t unix_ns)
{
	aggregate_hang(aggregate, number, unix_ns);

	uint64_t written_ns = aggregate->nodes[number].written_ns;
	uint32_t at = aggregate->nodes[number].touched;
	aggregate->nodes[number].touched = 0;
	aggregate->nodes[number].writes++;
	aggregate->nodes[number].last_touched = 0;
	while (at) {
		struct edge_group *group = aggregate->groups.items[at - 1];
		at = group->next_touched;
		group->touched = false;
		aggregate_write_group(aggregate, group, written_ns);
		aggregate_release(aggregate, group);
	}
	aggregate_report_losses(aggregate);
}

static void aggregate_write_all(struct aggregate *aggregate)
{
	for (size_t i = 0; i < aggregate->node_count; i++)
		aggregate_write(aggregate, (uint32_t)i, aggregate->nodes[i].latest_ns);
}

/* Begins the interval of a time. */
static void aggregate_begin(const struct aggregate *aggregate, struct aggregate_node *node,
			    uint64_t unix_ns)
{
	uint64_t number = unix_ns / aggregate->interval_ns + 1;

	if (__builtin_mul_overflow(number, aggregate->interval_ns, &node->end_ns))
		node->end_ns = UINT64_MAX;
}

/* Ends the interval of a node if the time is after it. */
static void aggregate_turn(struct aggregate *aggregate, uint32_t number, uint64_t unix_ns)
{
	struct aggregate_node *node = &aggregate->nodes[number];
	bool is_back = unix_ns < node->latest_ns && node->latest_ns - unix_ns > CLOCK_BACK_NS;

	if (unix_ns >= node->end_ns || is_back) {
		if (node->end_ns)
			aggregate_write(aggregate, number,
					is_back ? node->latest_ns : node->end_ns);
		aggregate_begin(aggregate, node, unix_ns);
	}
	if (is_back) {
		node->written_ns = unix_ns - 1;
		node->latest_ns = 0;
	}
	if (unix_ns > node->latest_ns)
		node->latest_ns = unix_ns;
}

/* --- flows --- */

static void aggregate_note_process(struct edge_group *group, const struct flow *flow)
{
	struct flow *known = &group->flow;

	group->several_pids |= flow->has & known->has & FLOW_HAS_PID && flow->pid != known->pid;
	group->several_uids |= flow->has & known->has & FLOW_HAS_UID && flow->uid != known->uid;
	known->pid = flow->pid;
	known->uid = flow->uid;
	known->owner = flow->owner;
	known->has |= flow->has & (FLOW_HAS_PID | FLOW_HAS_UID);
	if (flow->has & FLOW_HAS_RTT) {
		known->rtt_us = flow->rtt_us;
		known->has |= FLOW_HAS_RTT;
	}
}

/* A connection before a flow was folded into it. */
struct aggregate_before {
	struct fold_share share;
	uint64_t datagrams;
	uint32_t retrans;
	uint16_t seen;
};

static uint64_t aggregate_datagrams(const struct flow *flow)
{
	return flow->has & FLOW_HAS_COUNT ? flow->count : 0;
}

static uint64_t aggregate_growth(uint64_t after, uint64_t before)
{
	return after > before ? after - before : 0;
}

/* Adds to the connection's group the changes by a flow. `flow` has the time of the node's clock. */
static void aggregate_count(struct aggregate *aggregate, const struct conn *conn,
			    const struct flow *flow, const struct aggregate_before *before)
{
	struct aggregate_conn *extra = &aggregate->extras[conn->slot];
	struct edge_group *group = extra->group;
	uint16_t fresh = (uint16_t)(conn->seen & ~before->seen);
	struct fold_share after;

	fold_share(conn, &after);
	aggregate_touch(aggregate, group);
	aggregate_extend(group, flow->ts_ns);
	aggregate_shift(group, &after, &before->share);
	if (after.whole)
		aggregate_count_steps(group, fresh);
	extra->fresh |= fresh;
	if (after.failed > before->share.failed)
		aggregate_add_failure(aggregate, group, conn, flow, flow->ts_ns);
	if (after.latency > before->share.latency)
		aggregate_add_latency(aggregate, group, &after);
	uint64_t retrans = aggregate_growth(conn->flow.retrans, before->retrans);
	uint64_t datagrams = aggregate_growth(aggregate_datagrams(&conn->flow), before->datagrams);
	group->retrans += retrans;
	group->datagrams += datagrams;
	extra->retrans += retrans;
	extra->datagrams += datagrams;
	aggregate_note_process(group, &conn->flow);
}

/* Finds the group of a connection, and moves the connection there. Returns false if out of
 * memory. */
static bool aggregate_place(struct aggregate *aggregate, struct conn *conn, const struct flow *flow,
			    const struct fold_share *share)
{
	struct aggregate_conn *extra = &aggregate->extras[conn->slot];
	struct edge_group *group = aggregate_find_group(aggregate, conn, flow);

	if (!group)
		return false;
	extra->writes = aggregate->nodes[conn->node].writes + 1;
	if (group != extra->group)
		aggregate_move(aggregate, conn, group, share);
	return true;
}

/* Makes room for one more group. */
static void aggregate_make_group_room(struct aggregate *aggregate)
{
	if (aggregate->groups.used < aggregate->max_edges &&
	    aggregate->latencies.used + LATENCY_SKETCH_BUCKETS < aggregate->latencies.max)
		return;
	aggregate_write_all(aggregate);
	/* The remaining groups are those of connections. Forget a part of those that have ended, so
	 * that the room lasts for a while. */
	while (aggregate->groups.used >= aggregate->max_edges - aggregate->max_edges / 4 &&
	       aggregate->conns.ended.oldest)
		aggregate_remove(aggregate, aggregate->conns.ended.oldest);
	while (aggregate->groups.used >= aggregate->max_edges && aggregate->conns.count > 0) {
		aggregate->lost++;
		aggregate_remove(aggregate, aggregate->conns.oldest);
		aggregate_write_all(aggregate);
	}
}

/* Folds a flow with a steady time. `flow` has the time of the node's clock. */
static int aggregate_fold(struct aggregate *aggregate, const struct flow *steady,
			  const struct flow *flow, uint32_t node)
{
	const struct conn_key key = conn_key_of(steady, node, ++aggregate->number);
	struct aggregate_before before = {0};

	struct conn *conn = conn_table_find(&aggregate->conns, &key);
	if (conn && fold_begins_again(conn, steady) &&
	    conn_table_retire(&aggregate->conns, conn) == 0)
		conn = NULL;
	if (conn) {
		fold_share(conn, &before.share);
		before.seen = conn->seen;
		before.retrans = conn->flow.retrans;
		before.datagrams = aggregate_datagrams(&conn->flow);
	} else {
		conn = aggregate_add_conn(aggregate, &key, steady);
		if (!conn)
			return -ENOMEM;
	}
	struct aggregate_conn *extra = &aggregate->extras[conn->slot];
	if (extra->writes != aggregate->nodes[node].writes + 1)
		*extra = (struct aggregate_conn){.group = extra->group};
	bool changed = fold_flow(conn, steady);
	if (aggregate_must_find(aggregate, conn, flow, changed) &&
	    !aggregate_place(aggregate, conn, flow, &before.share) && !extra->group) {
		conn_table_remove(&aggregate->conns, conn);
		return -ENOMEM;
	}
	aggregate_count(aggregate, conn, flow, &before);
	aggregate_list(aggregate, conn);
	return 0;
}

static int aggregate_add_flow(struct aggregate *aggregate, const struct flow *flow)
{
	uint32_t node = node_names_get(&aggregate->names, flow->names ? flow->names->node : NULL);
	struct flow steady;

	if (!aggregate_get_node(aggregate, node))
		return -ENOMEM;
	aggregate_turn(aggregate, node, flow->ts_ns);
	aggregate_make_group_room(aggregate);
	uint64_t steady_ns = clocks_steady(&aggregate->clocks, node, flow->ts_ns);
	if (steady_ns == flow->ts_ns)
		return aggregate_fold(aggregate, flow, flow, node);
	steady = *flow;
	steady.ts_ns = steady_ns;
	return aggregate_fold(aggregate, &steady, flow, node);
}

/* Earlier times are by the old clock of the node, so write its counts before. */
static void aggregate_set_clock(struct aggregate *aggregate, const struct clock_record *step)
{
	uint32_t number = node_names_get(&aggregate->names, step->node);
	struct aggregate_node *node = aggregate_get_node(aggregate, number);

	if (node) {
		aggregate_write(aggregate, number, node->latest_ns);
		*node = (struct aggregate_node){.writes = node->writes};
	}
	if (!node || clocks_add(&aggregate->clocks, number, step))
		aggregate->lost++;
}

/* Returns whether a pod has other addresses or labels than before, or is another pod of the same
 * name. Remembers hashes. */
static bool aggregate_note_pod(struct aggregate *aggregate, const struct pod_record *pod)
{
	uint64_t key = hash_string(hash_string(hash_seed(), pod->namespace_name), pod->name);
	uint64_t hash = hash_add(pod->started_ns, (uint64_t)pod->deleted << 1 | pod->host_network);
	struct hash_cursor cursor;

	hash = hash_string(hash_string(hash, pod->uid), pod->node);
	for (size_t i = 0; i < pod->ips.count; i++)
		hash = hash_string(hash, pod->ips.items[i]);
	for (size_t i = 0; i < pod->labels.count; i++)
		hash = hash_string(hash_string(hash, pod->labels.items[i].key),
				   pod->labels.items[i].value);
	/* HASH_INDEX_NONE is no value. */
	uint32_t value = (uint32_t)hash & 0x7fffffff;
	uint32_t known = hash_index_first(&aggregate->pods, key, &cursor);
	if (known == value)
		return false;
	if (known != HASH_INDEX_NONE)
		hash_index_remove(&aggregate->pods, key, known);
	if (aggregate->pods.count >= PODS_MAX)
		hash_index_clear(&aggregate->pods);
	/* Without memory, the pod counts as changed the next time, too. */
	(void)hash_index_insert(&aggregate->pods, key, value);
	return true;
}

void aggregate_add(struct aggregate *aggregate, const struct record *record)
{
	if (record->kind == RECORD_FLOW) {
		aggregate->lost += aggregate_add_flow(aggregate, &record->flow) != 0;
		return;
	}
	if (record->kind == RECORD_CLOCK)
		aggregate_set_clock(aggregate, record->clock);
	/* A flow concerns the pod that held the address then, and the labels that it had. So edges
	 * come before a change of the pod if their flows did. */
	if (record->kind == RECORD_POD && aggregate_note_pod(aggregate, record->pod))
		aggregate_finish(aggregate);
	aggregate->emit(aggregate->data, record);
}

void aggregate_advance(struct aggregate *aggregate, uint64_t unix_ns)
{
	for (size_t i = 0; i < aggregate->node_count; i++) {
		struct aggregate_node *node = &aggregate->nodes[i];
		if (node->end_ns == 0 || node->end_ns > unix_ns)
			continue;
		aggregate_write(aggregate, (uint32_t)i, unix_ns);
		aggregate_begin(aggregate, node, unix_ns);
	}
}

uint64_t aggregate_next_end(const struct aggregate *aggregate)
{
	uint64_t next_ns = 0;

	for (size_t i = 0; i < aggregate->node_count; i++) {
		const struct aggregate_node *node = &aggregate->nodes[i];
		bool waits = i < aggregate->conns.pending_count &&
			     conn_table_pending(&aggregate->conns, i);
		if ((node->touched || waits) && (next_ns == 0 || node->end_ns < next_ns))
			next_ns = node->end_ns;
	}
	return next_ns;
}

void aggregate_finish(struct aggregate *aggregate)
{
	aggregate_write_all(aggregate);
	aggregate_report_losses(aggregate);
}
