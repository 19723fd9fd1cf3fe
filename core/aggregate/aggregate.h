/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aggregates flows into edge records (--aggregate): one for each subject, direction, peer, port and
 * protocol in each interval.
 *
 * An interval is that of the records' clock: from one multiple of its length to the next. Each node
 * has intervals of its own, because the clocks of nodes differ. A record has the changes of the
 * counters in its interval, and of open connections the number at its end. Counters change as in
 * the state (core/state/fold.h), so the state has the same sums from the edge records as from the
 * flows. Of one node, the records of an interval end later than those of the intervals before.
 *
 * A flow that comes after its interval was written counts in the next one. If a later flow shows
 * that a connection belongs to another edge, its counts move there, and the former edge withdraws
 * what was already written.
 *
 * The memory is bounded: by default 16,384 edges (about 800 bytes each, with their names), 32,768
 * connections that have not ended (about 600 bytes each), and 65,536 parts of latency sketches (2.6
 * MB). If there are more edges in an interval, the records of all edges are written early. If more
 * connections are open, the oldest one is forgotten, which a lost record counts: it may be counted
 * again at its next event.
 *
 * Pure: no I/O, and no clock. One thread.
 */
#ifndef POLECAT_CORE_AGGREGATE_AGGREGATE_H
#define POLECAT_CORE_AGGREGATE_AGGREGATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

struct aggregate;

struct aggregate_options {
	uint64_t interval_ns;   /* at least 1 */
	size_t max_edges;       /* 0: the default */
	size_t max_connections; /* 0: the default */
	const char *node;       /* the node of flows that name no node; copied; NULL: unknown */
	/* Gets each record: edges, losses, and the records of aggregate_add that are not flows. The
	 * record is valid during the call, and the aggregator owns it. */
	void (*emit)(void *data, const struct record *record);
	/* Returns the names, the peer and the backend that the flow lacks, as record_json_write
	 * uses them. They are valid until the next call. Called for the first flow of a connection
	 * in each interval, and for those with names. NULL: flows have all names that are known. */
	const struct flow *(*known)(void *data, const struct flow *flow);
	void *data;
};

/* Returns 0, or -ENOMEM with *out untouched. */
int aggregate_new(const struct aggregate_options *options, struct aggregate **out);

/* Frees the aggregator. Call aggregate_finish first: counts that were not written are gone. NULL is
 * allowed. */
void aggregate_free(struct aggregate *aggregate);

/* Adds a flow, and emits the records of its node's last interval if the flow is after it. Emits all
 * other records as they are. Before a pod whose addresses or labels change, emits the edges so far.
 * The caller still owns the record. */
void aggregate_add(struct aggregate *aggregate, const struct record *record);

/* Emits the records of intervals that ended before a time (Unix time). Call it where no flow may
 * come for a while, about a second after the time, because flows may be late. A replay does not
 * need it. */
void aggregate_advance(struct aggregate *aggregate, uint64_t unix_ns);

/* Returns the earliest end of an interval that has something to write (Unix time); 0: none. */
uint64_t aggregate_next_end(const struct aggregate *aggregate);

/* Emits all that was not written, although the intervals have not ended. */
void aggregate_finish(struct aggregate *aggregate);

#endif
