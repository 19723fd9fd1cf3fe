/* SPDX-License-Identifier: Apache-2.0 */
/* A connection: all flow events with one id, folded into one struct. Views read connections, and
 * only the state writes them. */
#ifndef POLECAT_CORE_STATE_CONN_H
#define POLECAT_CORE_STATE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

struct binding;
struct conn_sums;
struct edge;
struct subject;

/* Time after which a rate counts as 0. The dashboard's sources read their counters each second, and
 * report those that changed. The time allows for a report that is 1.5 s late. */
#define CONN_RATE_VALID_NS 2500000000u

/* Time after which an attempt without an answer counts as hanging: the kernel then sends the first
 * SYN again (RFC 6298, 2.1). */
#define CONN_ANSWER_NS 1000000000u

enum conn_phase {
	CONN_ATTEMPT = 1, /* no answer yet; see conn_hangs */
	CONN_ESTABLISHED,
	CONN_FAILED,
	CONN_CLOSED,
	CONN_DATAGRAM, /* connectionless traffic, whose end is unknown */
};

/* The list of the connection table that a connection is in, besides the list by arrival. */
enum conn_list {
	CONN_LIST_NONE = 0,
	CONN_LIST_ENDED,   /* in order of their end */
	CONN_LIST_PENDING, /* attempts that do not hang yet, in order of arrival */
};

/* Invariants: flow.names is NULL, since subject and edge have the names. subject and edge are never
 * NULL, and live as long as the state. */
struct conn {
	/* The latest value of each field. `event` is the latest step of the connection (attempt,
	 * established, closed), even if an earlier step was reported after it. */
	struct flow flow;
	uint64_t sequence; /* 1, 2, 3 … in order of arrival; never reused, so views store it */
	/* Steady times (clocks.h), as flow.ts_ns is. */
	uint64_t first_ns;       /* of the earliest flow */
	uint64_t last_ns;        /* of the latest flow */
	uint64_t established_ns; /* 0: unknown, or not established */
	uint64_t state_ns;       /* when the connection entered flow.state */
	uint64_t counted_ns;     /* of the byte counts in `flow` */
	uint64_t rate;           /* bytes a second, of both directions, just before counted_ns */
	/* The bytes in both directions that the latest flow added to the counts, and the time in
	 * which they were transferred, which ends at counted_ns. fresh_bytes is 0 if the bytes may
	 * be from before the start. */
	uint64_t fresh_bytes;
	uint64_t fresh_span_ns; /* 0: unknown */
	const char *drop;       /* reason for the last drop; lives as long as the state; or NULL */
	const char
		*drop_device; /* interface of the last drop; lives as long as the state; or NULL */
	/* The peer's DNS names that the process had looked up before the connection began, joined
	 * by ", ". Set once. Lives as long as the state; NULL: unknown. May contain hostile
	 * bytes. */
	const char *dns;
	/* Not NULL: the row stands for the connections of an interval (conn_sums.h). `flow` then
	 * has the fields that they have in common, and sums of their bytes. Owned. */
	struct conn_sums *sums;
	struct subject *subject;
	struct edge *edge;
	uint8_t phase; /* enum conn_phase */
	bool waited;   /* an attempt without an answer for CONN_ANSWER_NS; see conn_hangs */
	bool found;    /* existed before polecat started, so it began before first_ns */
	/* The flow is an additional subflow of a Multipath TCP connection (flow_joined_id), and
	 * has the same edge as the connection. */
	bool is_parallel;
	bool is_current;     /* with sums: the last interval of its edge, whose gauges count */
	uint32_t node;       /* number of the node that reported it; with flow.id, the key */
	uint32_t flow_count; /* number of flow records folded into it */
	/* Only the state uses the members below, except newer and older. */
	uint16_t seen;       /* enum fold_seen: the steps that are known, which decide the phase */
	bool owner_changed;  /* the latest flow replaced the process: find the subject again */
	uint8_t list;        /* enum conn_list */
	uint32_t slot;       /* its place in the table's slabs, from 1 on */
	uint32_t generation; /* the state's generation at the latest flow */
	uint32_t interval_count; /* with sums: the connections that the row stands for */
	/* Slots of other connections; 0: none. */
	uint32_t sequence_next;
	uint32_t list_newer; /* in `list` */
	uint32_t list_older;
	uint32_t bundle; /* its bundle in the state's table (bundle_table.h); 0: none */
	uint32_t bundle_newer;
	uint32_t bundle_older;
	uint32_t other_end;  /* the other end of a connection between pods (conn_pairs.h) */
	uint32_t tuple_hash; /* its key in conn_pairs.by_tuple; 0: it is not there */
	struct conn *newer;  /* in order of arrival */
	struct conn *older;
	struct binding *binding; /* its container or cgroup, which may get a name later; or NULL */
	struct conn *binding_next;
	struct conn *binding_previous;
};

/* Returns the bytes a second, of both directions, since the source last read its counters. 0: none,
 * or unknown (fold_rate). now_ns: steady time of the connection's node. */
uint64_t conn_rate(const struct conn *conn, uint64_t now_ns);

/* Returns whether the connection is an attempt that hangs: a packet of it was retransmitted or
 * dropped, or it had no answer for CONN_ANSWER_NS. A younger attempt is still connecting. */
static inline bool conn_hangs(const struct conn *conn)
{
	const struct flow *flow = &conn->flow;

	return conn->phase == CONN_ATTEMPT && (conn->waited || flow->has & FLOW_HAS_DROPS ||
					       (flow->has & FLOW_HAS_RETRANS && flow->retrans > 0));
}

/* Returns whether the flow is an additional subflow of a Multipath TCP connection. */
static inline bool conn_is_subflow(const struct conn *conn)
{
	return conn->flow.has & FLOW_HAS_SUBFLOW_OF;
}

/* Returns whether this is the server's end of a connection whose client's end is known, too. */
static inline bool conn_is_second_end(const struct conn *conn)
{
	return conn->other_end && conn->flow.direction == FLOW_INGRESS;
}

/* Returns the steady time at which the connection began. One that was open at the start of polecat
 * began before its first flow. */
static inline uint64_t conn_began_ns(const struct conn *conn)
{
	bool began_earlier = conn->established_ns > 0 && conn->established_ns < conn->first_ns;

	return began_earlier ? conn->established_ns : conn->first_ns;
}

/* Returns the number of connections that a row, or a copy of it, stands for. An interval in which
 * no connection began has 0. */
static inline uint64_t conn_connections(const struct conn *conn)
{
	return conn->sums ? conn->interval_count : 1;
}

/* Returns whether the latest flow is the first one of the connection. */
static inline bool conn_is_new(const struct conn *conn)
{
	return conn->flow_count == 1;
}

#endif
