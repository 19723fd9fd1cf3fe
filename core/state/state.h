/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state: records folded into connections, subjects, edges and identities. One thread, no locks,
 * no I/O, no clock: the time comes from the records and the caller (state_advance).
 *
 * A node and an id identify a connection. A flow without an id is identified by its addresses and
 * ports. Events may come twice, in another order, or without earlier ones: each counter counts a
 * connection once (core/state/fold.h). If the subject of a connection becomes known later, the
 * connection moves to it with its counts (core/state/placement.h).
 *
 * Everything that a workload can grow is bounded. If the connection table is full, the connection
 * that ended first is evicted. Connectionless traffic counts as ended after its last datagram. If
 * no connection has ended, the oldest one is evicted. The counts of an evicted connection stay,
 * except in the gauges of open and hanging connections. A connection that was evicted before its
 * end continues with its next event, if it is among the last few thousand such connections. Quotas
 * bound subjects and edges for each namespace, cgroup and subject (core/state/quota.h). Overflow
 * subjects and edges count the connections beyond the quotas. state_counters counts everything that
 * was dropped.
 *
 * All times in the state are steady times (core/state/clocks.h). Records have Unix times by the
 * clock of their node, which may be set.
 *
 * The cost, measured on a shared virtual machine with 100,000 connections in the table, is 110 to
 * 250 ns per flow and 471 bytes per connection.
 */
#ifndef POLECAT_CORE_STATE_STATE_H
#define POLECAT_CORE_STATE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/bundle_table.h"
#include "core/state/clocks.h"
#include "core/state/conn.h"
#include "core/state/edge_peers.h"
#include "core/state/identity/resolver.h"
#include "core/state/identity/workloads.h"
#include "core/state/lookup_table.h"
#include "core/state/state_counters.h"
#include "core/state/subject.h"

struct dns_answer;
struct state;

/* The window of time to which the caller limits the flows (--since, --until). The state keeps it
 * for views and drafts. */
struct state_window {
	uint64_t since_ns; /* Unix time of the first flows; 0: no limit */
	uint64_t until_ns; /* flows are before this Unix time, if has_until is set */
	bool has_until;
	/* For a limit that is an age before the latest flow: its steady time (clocks.h), with which
	 * flows are compared, because an age is a duration. since_ns and until_ns are then the
	 * times that the clock of the latest flow would show. 0: the limit is no age. */
	uint64_t since_steady_ns;
	uint64_t until_steady_ns;
};

struct state_options {
	size_t max_connections;   /* 0: 100,000 */
	size_t max_subjects;      /* maximum of pods; other kinds: see quotas_init; 0: 100,000 */
	size_t max_edges;         /* not counting QUOTA_OWN_EDGES of each subject; 0: 1,000,000 */
	size_t max_subject_edges; /* 0: 16,384 */
	const char *node;         /* the node of flows that name no node; copied; NULL: unknown */
	struct state_window window;
};

/* Makes an empty state. options may be NULL. Returns 0, or -ENOMEM with *out untouched. */
int state_new(const struct state_options *options, struct state **out);
void state_free(struct state *state);

/*
 * Folds one record into the state. If the state stores the record's body, the record becomes
 * RECORD_NONE. The caller still owns other records, such as flows. Returns the connection of a
 * flow, or the row of an edge record (conn_sums.h), valid until the next call. Returns NULL for
 * other records, for an edge record that came before, and if out of memory (counted as lost).
 */
const struct conn *state_apply(struct state *state, struct record *record);

/*
 * Lets the time pass: attempts that have had no answer for CONN_ANSWER_NS now hang. Call it before
 * reading the state, and after state_set_lead. now_ns is the present on the caller's steady scale
 * (clocks_now). In a replay, it is the time of the last flow. The work is proportional to the
 * number of attempts that begin to hang.
 */
void state_advance(struct state *state, uint64_t now_ns);

/* Stores the names in a DNS answer, as state_apply does, but does not count the look-up. */
void state_learn_names(struct state *state, const struct dns_record *dns);

/* Finds the last DNS answer before a connection began that gave the name of its peer, and whether a
 * later one does not. Returns false if no answer is known. */
bool state_dns_answer(const struct state *state, const struct conn *conn, struct dns_answer *out);

/* Returns the window of the options. */
const struct state_window *state_window(const struct state *state);

const struct state_counters *state_counters(const struct state *state);

/* Returns whether the sources report flows of a protocol (enum flow_protocol). If not, the absence
 * of such flows proves nothing. TCP: always true. UDP and SCTP: true after the first such flow, or
 * if at least one hello record came and all of them name the hook for the protocol. */
bool state_watched(const struct state *state, uint8_t protocol);

/* Returns the last hello record, or NULL before the first one. */
const struct hello_record *state_hello(const struct state *state);

/* Returns the name of a subject's node. If it is unknown, or subject is NULL, returns the name of
 * this machine, else the node of the last hello record, else NULL. */
const char *state_node(const struct state *state, const struct subject *subject);

/* Returns the identities: pods, services, namespaces, nodes, containers, and addresses. */
const struct workloads *state_workloads(const struct state *state);

/* Returns the resolver of Services. All views share it, because it caches its results. */
struct resolver *state_resolver(const struct state *state);

/* Returns the failed and slow DNS look-ups, valid until the state changes. */
const struct lookup_table *state_lookups(const struct state *state);

/* Return the newest or the oldest connection, or NULL. The members `older` and `newer` of a
 * connection link its neighbours. */
const struct conn *state_newest(const struct state *state);
const struct conn *state_oldest(const struct state *state);
size_t state_conn_count(const struct state *state);

/* Returns the clocks of the nodes, which convert the times of the state. The number of a node is
 * the member `node` of a connection, or node_index of a subject. */
const struct clocks *state_clocks(const struct state *state);

/* Sets the time by which the caller's clock is ahead of the caller's steady scale: the sum of
 * all steps of the caller's clock. */
void state_set_lead(struct state *state, int64_t lead_ns);

/* Stores by how much a node's steady scale is ahead of the caller's, as it was measured
 * (core/state/clock_lead.h). Counts a failed allocation as a loss. */
void state_set_ahead(struct state *state, uint32_t node, int64_t ahead_ns);

/* Returns the number of a node, and adds the name if it is new (node_names.h). */
uint32_t state_node_number(struct state *state, const char *name);
/* Returns the name of a number of a node; NULL: this machine's name is unknown. */
const char *state_node_name(const struct state *state, uint32_t number);

/* Return the sum of all steps of a clock (negative: back). state_own_lead is for the clock of
 * this machine, and state_latest_lead for the clock of the node that reported the latest flow. */
int64_t state_own_lead(const struct state *state);
int64_t state_latest_lead(const struct state *state);

/* Returns the name of the node that reported a connection; "": unknown. */
const char *state_conn_node(const struct state *state, const struct conn *conn);

/* Returns the first connection that this machine's kernel reported, that has not ended, and that
 * had no flow since the last LOST_LISTING_BEGIN. Searches in order of arrival, from the connection
 * after `after`, or from the oldest if `after` is NULL. Returns NULL if it finds no connection. */
const struct conn *state_next_unlisted(const struct state *state, const struct conn *after);

/*
 * polecat was started again on a node, and now lists the open connections under other ids
 * (resume.h). state_next_missed returns the first connection of the node, not of datagrams, that
 * was open at state_begin_resume, and that has had no flow since. It searches like
 * state_next_unlisted. state_begin_resume returns 0, or -ENOMEM (counted as lost): then the
 * connections count again.
 */
int state_begin_resume(struct state *state, const char *node);
const struct conn *state_next_missed(const struct state *state, const char *node,
				     const struct conn *after);
void state_end_resume(struct state *state, const char *node);

/* Ends the open and hanging connections of a node's edge records, because their ends are not
 * known. */
void state_end_edges(struct state *state, const char *node);

/* Returns the other end of a connection between pods, or of a copy of one; NULL: it is not known
 * (conn_pairs.h). */
const struct conn *state_other_end(const struct state *state, const struct conn *conn);

/* Returns the connection with a sequence number, or NULL. */
const struct conn *state_find(const struct state *state, uint64_t sequence);

/*
 * The bundles: connections with the same edge and outcome (bundle_table.h). The id of a bundle
 * consists of the number of the edge and the outcome, so it stays the same while the bundle has no
 * connections, and in a state that is rewound.
 */

/* Returns the id of the bundle of a connection, or of a copy of one. */
uint64_t conn_bundle_id(const struct conn *conn);

static inline uint64_t bundle_id(const struct bundle *bundle)
{
	return (uint64_t)bundle->edge->number << 8 | bundle->outcome;
}

/* Return the bundles that have connections, the one that rose last first. NULL: no more. */
const struct bundle *state_first_bundle(const struct state *state);
const struct bundle *state_next_bundle(const struct state *state, const struct bundle *bundle);
/* Returns the bundle with an id, or NULL if it has no connections. */
const struct bundle *state_find_bundle(const struct state *state, uint64_t id);
/* Returns the number of bundles that have connections. */
size_t state_bundle_count(const struct state *state);
/* Returns a number that is greater than the member `bundle` of each connection. */
size_t state_bundle_end(const struct state *state);

/* Return the connections of a bundle, the one that joined it last first. NULL: no more. */
const struct conn *state_bundle_newest(const struct state *state, const struct bundle *bundle);
const struct conn *state_bundle_older(const struct state *state, const struct conn *conn);

/* Returns the edges of all subjects that have a direction and a peer address (network byte order),
 * in order of first appearance. Valid until the next record. */
struct edge_list state_edges_with(const struct state *state, uint8_t direction, uint8_t family,
				  const struct flow_address *address);

/* Return the subjects in order of first appearance. */
size_t state_subject_count(const struct state *state);
const struct subject *state_subject(const struct state *state, size_t index);

/* Returns whether the state is that of an earlier time (rewind.h). A cache of answers about edges
 * must not change then. */
bool state_is_rewound(const struct state *state);

/* Moves a subject to a group (below SUBJECT_GROUPS), so that a view can count a part of the
 * subjects. New subjects are in group 0. */
void state_set_group(struct state *state, size_t index, uint8_t group);

/* Returns the sums of the subjects of a group. They change with each flow and with
 * state_set_group. */
const struct subject_sums *state_group_sums(const struct state *state, uint8_t group);

/* Returns the number of open connections that the sums of a group count twice, because both ends
 * are known and their subjects are in the group. Walks through all connections if there are several
 * groups, or if the state is rewound. */
uint64_t state_group_pairs_open(const struct state *state, uint8_t group);

#endif
