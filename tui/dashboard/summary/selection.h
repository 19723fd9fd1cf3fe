/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the connections that pass the filters: those of the command line, and the one that
 * the user typed. For each destination and each subject in scope (scope.h), and in sum.
 *
 * If a filter decides about a destination as a whole (filter_match_all), its numbers are those of
 * the destination. Else they are the sum over its connections that pass. Connections that left the
 * state cannot be tested then: `untested` counts them.
 *
 * selection_update reads all destinations in scope and, if some need it, all connections. So it
 * pauses between two updates, as the table does (rows.h). All numbers are of the same time. Draws
 * nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_SELECTION_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/filter/filter.h"
#include "core/policy/baseline/novelty.h"
#include "core/state/state.h"
#include "tui/dashboard/summary/traffic.h"
#include "tui/dashboard/view/verdicts.h"

struct selection_figures {
	uint64_t connections; /* all so far */
	uint64_t ok;
	uint64_t open;
	uint64_t hanging;
	uint64_t failed; /* all so far */
	uint64_t denied; /* of `connections` */
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint64_t fresh; /* bytes in the latest complete window (traffic.h) */
	uint64_t latency_sum_us;
	uint64_t latency_count;
	uint64_t last_ns; /* of the latest flow; scale of the subject's node */
	uint64_t error_ns;
	int16_t last_error;
};

/* The filters that the connections of a destination are tested by, one by one. */
enum selection_test {
	SELECTION_WHOLE = 0, /* none: the destination passes as a whole */
	SELECTION_TYPED,     /* all pass the options */
	SELECTION_BOTH,
};

struct selection_edge {
	const struct edge *edge;
	struct selection_figures figures; /* without connections: none passes */
	uint64_t held;                    /* connections that were tested */
	uint64_t options;                 /* connections that pass the options */
	uint8_t test;                     /* enum selection_test */
};

struct selection_subject {
	struct selection_figures figures;
	size_t edges;  /* destinations with connections that pass */
	size_t wholes; /* those of which all connections pass */
};

/* The inputs of an update. */
struct selection_source {
	const struct state *state;
	const struct filter *options; /* of the command line; NULL: it separates no connections */
	const struct filter *typed;   /* NULL: none */
	struct verdicts *verdicts;    /* NULL: none */
	struct novelty *novelty;      /* NULL: no baseline */
	const struct traffic *traffic;
	uint64_t now_ns; /* see session_now */
};

/* Zero-initialise; free with selection_clear. */
struct selection {
	bool active; /* a filter separates connections of a subject in scope */
	bool stale;  /* a filter or the scope changed: update at once */
	uint64_t next_update_ns;

	struct selection_edge *edges; /* those with connections that may pass */
	size_t edge_count;
	size_t edge_capacity;
	struct hash_index index;            /* of `edges` */
	struct selection_subject *subjects; /* by the index of the subject */
	size_t subject_count;
	size_t subject_capacity;
	/* Sums over the subjects in scope of the connections that pass the options, whatever the
	 * user typed. */
	struct selection_figures options;
	uint64_t options_new; /* destinations that are not in the baseline */
	uint64_t untested;    /* connections */
};

void selection_clear(struct selection *selection);

/* Counts if it is time to. Returns true if it did. Sets `active`: without filters there is nothing
 * to count. */
bool selection_update(struct selection *selection, const struct selection_source *source,
		      uint64_t monotonic_ns);

/* Returns the numbers of a destination with all its connections. */
struct selection_figures selection_of_all(const struct edge *edge, struct verdicts *verdicts,
					  const struct traffic *traffic, uint64_t now_ns);

/* Returns the numbers of a destination; NULL: none of its connections pass. */
const struct selection_figures *selection_of_edge(const struct selection *selection,
						  const struct edge *edge);

/* Returns whether all connections of a subject pass. */
bool selection_has_whole(const struct selection *selection, const struct subject *subject);

/* Returns the numbers of a subject; NULL: none of its connections pass. An additional subflow of a
 * Multipath TCP connection counts in them, too. */
const struct selection_subject *selection_of_subject(const struct selection *selection,
						     const struct subject *subject);

#endif
