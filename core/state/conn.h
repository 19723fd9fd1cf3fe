/* SPDX-License-Identifier: Apache-2.0 */
/* A connection as the state knows it: all flow events with one id folded into one. Views read it,
 * only state writes it. */
#ifndef POLECAT_CORE_STATE_CONN_H
#define POLECAT_CORE_STATE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

struct binding;
struct edge;
struct subject;

enum conn_phase {
	CONN_ATTEMPT = 1, /* no answer yet */
	CONN_ESTABLISHED,
	CONN_FAILED,
	CONN_CLOSED,
	CONN_DATAGRAM, /* connectionless traffic: no end is known */
};

/*
 * Coordinates: `sequence` counts connections in order of arrival and never repeats; views page by
 * it. Invariants: flow.names is NULL (names live in subject and edge); subject and edge are never
 * NULL, and live as long as the state.
 */
struct conn {
	struct flow flow;  /* the latest known value of every field; event is that of the furthest
			      step folded */
	uint64_t sequence; /* 1, 2, 3 … in order of first appearance */
	uint64_t first_ns; /* Unix time of the earliest flow */
	uint64_t last_ns;  /* of the latest one */
	uint64_t established_ns; /* 0: not known to have been established, or not when */
	struct subject *subject;
	struct edge *edge;
	uint8_t phase; /* enum conn_phase */
	bool found; /* was there before anybody watched: first_ns is when it was found, not when it
		       began */
	/* All below is the state's own. */
	uint8_t seen; /* enum fold_seen: which steps are known to have happened; phase follows from
			 it */
	bool ended_listed;   /* stands in the table's list of ended connections */
	uint32_t node;       /* which node it was seen on: with flow.id, the key */
	uint32_t flow_count; /* flow records folded */
	uint32_t slot;       /* place in the table's slabs */
	struct conn *sequence_next;
	struct conn *newer; /* in order of arrival; views may walk these two */
	struct conn *older;
	struct conn *ended_newer; /* in order of ending */
	struct conn *ended_older;
	struct binding *binding; /* the identity that may still be learned; NULL: none */
	struct conn *binding_next;
	struct conn *binding_previous;
};

#endif
