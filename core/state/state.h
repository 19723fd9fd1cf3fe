/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state: records folded into connections, subjects, edges and identities. One thread, no locks,
 * no I/O, no clock: time comes from the records and the caller.
 *
 * A connection is one (node, id); a flow without an id is identified by its addresses and ports.
 * Events may come twice, in another order, or without earlier ones: each counter counts a connection
 * once (core/state/fold.h). If its subject becomes known later, the connection moves with its counts
 * (core/state/placement.h).
 *
 * Everything that a workload can grow is bounded. The connection that ended first is evicted first
 * (datagrams end when they were last seen), then the oldest. Its counts stay, except in the gauges
 * of open and hanging connections; one that was evicted while open and has another event continues
 * from there, if it is among the last thousands. Subjects and edges are bounded by quotas for each
 * namespace, cgroup and subject (core/state/quota.h); overflow subjects and edges count the
 * connections beyond them. state_counters counts everything that is not kept.
 *
 * Cost, measured on a shared virtual machine with 100,000 connections in the table: 150 to 250 ns a
 * flow, and 350 bytes a connection.
 */
#ifndef POLECAT_CORE_STATE_STATE_H
#define POLECAT_CORE_STATE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/conn.h"
#include "core/state/identity/resolver.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

struct state;

struct state_options {
	size_t max_connections;   /* 0: 100,000 */
	size_t max_subjects;      /* 0: 100,000 pods; half as many containers, an eighth programs */
	size_t max_edges;         /* beyond QUOTA_OWN_EDGES of each subject; 0: 1,000,000 */
	size_t max_subject_edges; /* 0: 16,384 */
	const char *node;         /* for flows that name none; copied; NULL: unknown */
};

/* Totals since the start. */
struct state_counters {
	uint64_t flows;       /* flow records folded */
	uint64_t connections; /* ever seen */
	uint64_t attempts;
	uint64_t established; /* established and accepted */
	uint64_t failed;
	uint64_t closed;
	uint64_t open_now;
	uint64_t hanging_now;
	uint64_t evicted;       /* connections that left the table to make room */
	uint64_t evicted_early; /* of them open, or of a pod that was not known yet */
	uint64_t unkept;        /* flows that only an overflow edge could take */
	/* Connections whose process may be in a container or not, since its cgroup is not known.
	 * Becomes smaller when such a cgroup is found. */
	uint64_t unresolved;
	uint64_t lost[LOST_STREAM + 1]; /* by enum lost_where */
	uint64_t first_ns;              /* of the earliest flow, Unix time; 0: none yet */
	uint64_t last_ns;               /* of the latest flow */
	bool udp_seen;                  /* a flow of the protocol came */
	bool sctp_seen;
};

/* Makes an empty state. options may be NULL. Returns 0, or -ENOMEM with *out untouched. */
int state_new(const struct state_options *options, struct state **out);
void state_free(struct state *state);

/*
 * Folds one record in. Takes over a body that it keeps (the record becomes RECORD_NONE); other
 * records, flows too, stay the caller's. Returns the connection of a flow, valid until the next
 * call; NULL for other records, and if memory is short (counted as lost).
 */
const struct conn *state_apply(struct state *state, struct record *record);

const struct state_counters *state_counters(const struct state *state);

/* Returns whether flows of a protocol (enum flow_protocol) are collected: TCP always, others if one
 * came. Without, their absence says nothing. */
bool state_watched(const struct state *state, uint8_t protocol);

/* The last hello's node and kernel; NULL before one came. */
const struct hello_record *state_hello(const struct state *state);

/* Returns the node of a subject, else this machine's; NULL: unknown. */
const char *state_node(const struct state *state, const struct subject *subject);

/* Identities: pods, services, namespaces, nodes, containers, and addresses. */
const struct workloads *state_workloads(const struct state *state);

/* The resolver of Services. All views share it, because it caches its results. */
struct resolver *state_resolver(const struct state *state);

/* Connections from the newest to the oldest by ->older, or the other way by ->newer. NULL: none. */
const struct conn *state_newest(const struct state *state);
const struct conn *state_oldest(const struct state *state);
size_t state_conn_count(const struct state *state);
const struct conn *state_find(const struct state *state, uint64_t sequence);

/* Returns the first edge of any subject that has a direction and an address, in network byte order, as
 * its peer; the others follow by next_with_peer, in no order. NULL: none. */
const struct edge *state_first_edge_with(const struct state *state, uint8_t direction,
					 uint8_t family, const struct flow_address *address);

/* Subjects in order of first appearance. */
size_t state_subject_count(const struct state *state);
const struct subject *state_subject(const struct state *state, size_t index);

#endif
