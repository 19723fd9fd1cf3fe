/* SPDX-License-Identifier: Apache-2.0 */
#include "core/aggregate/edge_group.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"

/* The names that are a part of the key: X(member of struct flow_names). */
#define EDGE_GROUP_NAMES(X)  \
	X(node)              \
	X(namespace_name)    \
	X(pod)               \
	X(container)         \
	X(container_id)      \
	X(dns)               \
	X(peer_namespace)    \
	X(peer_name)         \
	X(backend_namespace) \
	X(backend_name)      \
	X(protocol)

/* Copies the members that are a part of the key. The others are 0, so that keys compare as bytes
 * do. Names are not copied. */
static void edge_group_key(const struct flow *flow, struct flow *key)
{
	uint32_t has = flow->has & EDGE_GROUP_KEY_BITS;

	memset(key, 0, sizeof(*key));
	key->has = has;
	key->direction = flow->direction;
	key->protocol = flow->protocol;
	key->family = flow->family;
	key->peer_kind = flow->peer_kind;
	key->unresolved = flow->unresolved;
	key->unaccounted = flow->unaccounted;
	if (has & FLOW_HAS_SRC)
		key->src = flow->src;
	if (has & FLOW_HAS_DST)
		key->dst = flow->dst;
	if (has & FLOW_HAS_DPORT)
		key->dport = flow->dport;
	if (has & FLOW_HAS_WIRE_DPORT)
		key->wire_dport = flow->wire_dport;
	if (has & (FLOW_HAS_ORIGIN | FLOW_HAS_BACKEND))
		key->nat_address = flow->nat_address;
	if (has & FLOW_HAS_BACKEND_PORT)
		key->nat_port = flow->nat_port;
	if (has & FLOW_HAS_CGROUP)
		key->cgroup_id = flow->cgroup_id;
	if (has & FLOW_HAS_NETNS)
		key->netns = flow->netns;
	memcpy(key->comm, flow->comm, strnlen(flow->comm, sizeof(key->comm)));
}

static uint64_t edge_group_hash(uint32_t node, const struct flow *key,
				const struct flow_names *names)
{
	uint64_t halves[2];
	uint64_t hash = address_hash(hash_u64(node ^ hash_seed()), &key->src);

	hash = address_hash(hash, &key->dst);
	hash = hash_add(hash, (uint64_t)key->dport << 48 | (uint64_t)key->wire_dport << 32 |
				      (uint64_t)key->direction << 16 |
				      (uint64_t)key->protocol << 8 | key->family);
	hash = hash_add(hash, key->cgroup_id);
	memcpy(halves, key->comm, sizeof(halves));
	hash = hash_add(hash_add(hash, halves[0]), halves[1]);
	/* The names of one place seldom differ, so one of them is enough. */
	return names->pod ? hash_string(hash, names->pod) : hash;
}

static bool edge_group_fits(const struct edge_group *group, const struct flow *key,
			    const struct flow_names *names)
{
	static const struct flow_names none;
	const struct flow_names *own = group->flow.names ? group->flow.names : &none;
	struct flow own_key;

	edge_group_key(&group->flow, &own_key);
	if (memcmp(&own_key, key, sizeof(own_key)) != 0)
		return false;
#define EDGE_GROUP_COMPARE(name)                       \
	if (text_compare(own->name, names->name) != 0) \
		return false;
	EDGE_GROUP_NAMES(EDGE_GROUP_COMPARE)
#undef EDGE_GROUP_COMPARE
	return true;
}

static void edge_group_free(struct edge_group *group)
{
	free(group->flow.names);
	failure_counts_clear(&group->failures);
	free(group);
}

/* Returns the place of a new group in `items`, or SIZE_MAX if out of memory. */
static size_t edge_groups_place(struct edge_groups *groups)
{
	if (groups->unused_count > 0)
		return groups->unused[--groups->unused_count];
	if (ARRAY_RESERVE(groups->items, groups->capacity, groups->count + 1) ||
	    ARRAY_RESERVE(groups->unused, groups->unused_capacity, groups->count + 1))
		return SIZE_MAX;
	groups->items[groups->count] = NULL;
	return groups->count++;
}

static struct edge_group *edge_groups_add(struct edge_groups *groups, const struct flow *key,
					  const struct flow_names *names, uint64_t hash)
{
	const struct flow_names kept = {
#define EDGE_GROUP_COPY(name) .name = names->name,
		EDGE_GROUP_NAMES(EDGE_GROUP_COPY)
#undef EDGE_GROUP_COPY
	};
	struct edge_group *group = memory_checked(calloc(1, sizeof(*group)));
	size_t place = group ? edge_groups_place(groups) : SIZE_MAX;

	if (place == SIZE_MAX) {
		free(group);
		return NULL;
	}
	group->flow = *key;
	group->hash = hash;
	group->number = (uint32_t)place;
	group->subflow = (key->has & FLOW_HAS_SUBFLOW_OF) != 0;
	if (flow_names_copy(&kept, &group->flow.names) ||
	    hash_index_insert(&groups->index, hash, group->number)) {
		groups->unused[groups->unused_count++] = group->number;
		edge_group_free(group);
		return NULL;
	}
	groups->items[place] = group;
	groups->used++;
	return group;
}

struct edge_group *edge_groups_get(struct edge_groups *groups, uint32_t node,
				   const struct flow *flow, const struct flow_names *names)
{
	struct hash_cursor cursor;
	struct flow key;

	edge_group_key(flow, &key);
	uint64_t hash = edge_group_hash(node, &key, names);
	for (uint32_t at = hash_index_first(&groups->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&groups->index, &cursor)) {
		struct edge_group *group = groups->items[at];
		if (group->node == node && edge_group_fits(group, &key, names))
			return group;
	}
	struct edge_group *group = edge_groups_add(groups, &key, names, hash);
	if (group)
		group->node = node;
	return group;
}

void edge_groups_remove(struct edge_groups *groups, struct edge_group *group)
{
	hash_index_remove(&groups->index, group->hash, group->number);
	groups->items[group->number] = NULL;
	/* edge_groups_place has made the room. */
	groups->unused[groups->unused_count++] = group->number;
	groups->used--;
	edge_group_free(group);
}

void edge_groups_clear(struct edge_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (groups->items[i])
			edge_group_free(groups->items[i]);
	}
	free(groups->items);
	free(groups->unused);
	hash_index_clear(&groups->index);
	*groups = (struct edge_groups){0};
}

/* --- records --- */

/* Returns a sum if it is not negative, and the amount below 0 in *withdrawn otherwise. */
static uint64_t edge_group_split(uint64_t net, uint64_t *withdrawn)
{
	bool is_negative = net > INT64_MAX;

	*withdrawn = is_negative ? 0 - net : 0;
	return is_negative ? 0 : net;
}

static void edge_group_report_counts(const struct edge_group *group, struct edge_record *edge)
{
	const struct fold_share *net = &group->net;

	edge->connections = edge_group_split(net->conn, &edge->withdrawn_connections);
	edge->succeeded = edge_group_split(net->ok, &edge->withdrawn_succeeded);
	edge->latency_count = edge_group_split(net->latency, &edge->withdrawn_latency_count);
	edge->latency_sum_us = edge_group_split(net->latency_us, &edge->withdrawn_latency_sum_us);
	edge->flows = edge_group_split(net->flows, &edge->withdrawn_flows);
	edge->flow.tx_bytes = edge_group_split(net->tx_bytes, &edge->withdrawn_tx_bytes);
	edge->flow.rx_bytes = edge_group_split(net->rx_bytes, &edge->withdrawn_rx_bytes);
	edge->withdrawn_failed = group->withdrawn_failures;
	edge->attempts = group->attempts;
	edge->established = group->established;
	edge->closed = group->closed;
}

/* Sets a presence bit if the counter has a value. */
static void edge_group_mark(struct edge_record *edge, uint32_t bit, uint64_t value)
{
	if (value > 0)
		edge->flow.has |= bit;
	else
		edge->flow.has &= ~bit;
}

/* Returns whether there is something to report. A connection that came and one that moved away may
 * leave some sums as they were. */
static bool edge_group_has_changed(const struct edge_group *group)
{
	const struct fold_share *net = &group->net;

	return net->flows || net->conn || net->ok || net->latency || net->latency_us ||
	       net->tx_bytes || net->rx_bytes || group->attempts || group->established ||
	       group->closed || group->failures.count || group->withdrawn_failures ||
	       group->open != group->reported_open || group->hanging != group->reported_hanging;
}

bool edge_group_report(const struct edge_group *group, const struct latency_pool *latencies,
		       struct edge_record *edge)
{
	*edge = (struct edge_record){
		.flow = group->flow,
		.from_ns = group->from_ns,
		.failures = group->failures,
		.failed_ns = group->failed_ns,
		.open = group->open,
		.hanging = group->hanging,
		.subflow = group->subflow,
	};
	struct flow *flow = &edge->flow;

	edge_group_report_counts(group, edge);
	flow->ts_ns = group->until_ns;
	flow->retrans = group->retrans < UINT32_MAX ? (uint32_t)group->retrans : UINT32_MAX;
	flow->count = group->datagrams;
	flow->has &= ~(uint32_t)FLOW_HAS_SUBFLOW_OF;
	edge_group_mark(edge, FLOW_HAS_TX, flow->tx_bytes);
	edge_group_mark(edge, FLOW_HAS_RX, flow->rx_bytes);
	edge_group_mark(edge, FLOW_HAS_RETRANS, flow->retrans);
	edge_group_mark(edge, FLOW_HAS_COUNT, flow->count);
	if (group->several_pids)
		flow->has &= ~(uint32_t)FLOW_HAS_PID;
	if (group->several_uids)
		flow->has &= ~(uint32_t)FLOW_HAS_UID;
	if (group->failures.count == 0)
		flow->error = 0;
	if (edge->latency_count > 0) {
		edge->latency_p50_us = latency_sketch_percentile(latencies, &group->latency, 50);
		edge->latency_p95_us = latency_sketch_percentile(latencies, &group->latency, 95);
		edge->latency_max_us = group->latency.max;
	}
	return edge_group_has_changed(group);
}

void edge_group_reset(struct edge_group *group)
{
	failure_counts_clear(&group->failures);
	group->reported_open = group->open;
	group->reported_hanging = group->hanging;
	group->from_ns = 0;
	group->until_ns = 0;
	group->net = (struct fold_share){0};
	group->attempts = 0;
	group->established = 0;
	group->closed = 0;
	group->retrans = 0;
	group->datagrams = 0;
	group->withdrawn_failures = 0;
	group->failed_ns = 0;
	group->flow.error = 0;
	group->flow.has &= EDGE_GROUP_KEY_BITS;
	group->several_pids = false;
	group->several_uids = false;
}
