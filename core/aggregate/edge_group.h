/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of connections with the same subject, direction, peer, port and protocol, for which the
 * aggregator writes one edge record in each interval. A group stays while a connection refers to it
 * or while it has counts that were not written. Pure. One thread.
 */
#ifndef POLECAT_CORE_AGGREGATE_EDGE_GROUP_H
#define POLECAT_CORE_AGGREGATE_EDGE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/aggregate/latency_sketch.h"
#include "core/base/hash_index.h"
#include "core/record/record.h"
#include "core/state/fold.h"

struct edge_group {
	/* The members by which groups differ (edge_group_key), and the latest rtt_us, pid, uid and
	 * owner. names is owned. */
	struct flow flow;
	uint64_t hash;
	uint32_t number; /* its place in edge_groups.items */
	uint32_t node;
	uint32_t refs; /* connections */
	bool subflow;
	bool touched; /* has counts that were not written, so it is in the node's list */
	bool several_pids;
	bool several_uids;
	uint32_t next_touched; /* number plus 1; 0: none */

	/* The gauges at present, and in the last record. */
	uint64_t open;
	uint64_t hanging;
	uint64_t reported_open;
	uint64_t reported_hanging;

	/* Since the last record. */
	uint64_t from_ns; /* 0: no event */
	uint64_t until_ns;
	/* The sums of the changes of the shares. They wrap around below 0: an event took back more
	 * than the events since the last record had added. */
	struct fold_share net;
	uint64_t attempts;
	uint64_t established;
	uint64_t closed;
	uint64_t retrans;
	uint64_t datagrams;
	uint64_t withdrawn_failures;
	struct failure_counts failures;
	uint64_t failed_ns;
	struct latency_sketch latency;
};

/* Zero-initialise. Free with edge_groups_clear. */
struct edge_groups {
	struct edge_group **items; /* NULL: unused */
	size_t count;              /* of `items` */
	size_t capacity;
	size_t used;
	uint32_t *unused; /* the places of `items` that are NULL */
	size_t unused_count;
	size_t unused_capacity;
	struct hash_index index;
};

/* The bits of struct flow that are a part of the key. */
#define EDGE_GROUP_KEY_BITS                                                                     \
	(FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_DPORT | FLOW_HAS_WIRE_DPORT | FLOW_HAS_ORIGIN | \
	 FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT | FLOW_HAS_CGROUP | FLOW_HAS_NETNS |          \
	 FLOW_HAS_SUBFLOW_OF)

/* Returns the group of a connection with these names, and adds it if it is new. `flow` has the
 * folded fields of the connection. Returns NULL if out of memory. */
struct edge_group *edge_groups_get(struct edge_groups *groups, uint32_t node,
				   const struct flow *flow, const struct flow_names *names);

/* Removes a group, which must have no references. */
void edge_groups_remove(struct edge_groups *groups, struct edge_group *group);

/* Fills in the record of a group. Its texts and lists are those of the group. Returns false if
 * nothing has changed since the last record. */
bool edge_group_report(const struct edge_group *group, const struct latency_pool *latencies,
		       struct edge_record *edge);

/* Begins the next interval, after the group was reported. The caller has cleared the latencies. */
void edge_group_reset(struct edge_group *group);

void edge_groups_clear(struct edge_groups *groups);

#endif
