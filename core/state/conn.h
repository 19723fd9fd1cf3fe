/* SPDX-License-Identifier: Apache-2.0 */
/* A connection as the state knows it: all flow events with one id folded into one. Views read it,
 * only state writes it. */
#ifndef POLECAT_CORE_STATE_CONN_H
#define POLECAT_CORE_STATE_CONN_H

#include <stdint.h>

#include "core/record/flow.h"

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
	struct flow flow;  /* the latest known value of every field; event is that of the last flow
			      folded */
	uint64_t sequence; /* 1, 2, 3 … in order of first appearance */
	uint64_t first_ns; /* Unix time of the first flow seen */
	uint64_t last_ns;  /* of the last one */
	uint64_t established_ns; /* 0: was not seen to be established */
	struct subject *subject;
	struct edge *edge;
	uint8_t phase; /* enum conn_phase */
	/* Links of the table's own lists. */
	struct conn *hash_next;
	struct conn *newer;
	struct conn *older;
	struct conn *closed_newer;
	struct conn *closed_older;
};

#endif
