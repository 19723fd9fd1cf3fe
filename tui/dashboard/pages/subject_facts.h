/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about one subject beyond its own counters: its processes, its destinations and its last
 * minute. One walk over the state collects them. Draws nothing. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_FACTS_H
#define POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/state/state.h"
#include "tui/dashboard/panes/edge_row.h"
#include "tui/dashboard/panes/graph.h"

#define SUBJECT_PROCESSES_MAX 32
/* The largest number of destinations to show. Further destinations are only counted. */
#define SUBJECT_EDGES_MAX 200
#define SUBJECT_NAME_SIZE 64

struct subject_process {
	char comm[FLOW_COMM_SIZE];
	char container[SUBJECT_NAME_SIZE]; /* "": unknown */
	uint32_t pid;                      /* 0: unknown */
	uint64_t conn_count;               /* its connections that the state still has */
	uint64_t last_ns;
};

/* Zero-initialise; nothing to free. */
struct subject_facts {
	struct graph graph; /* new connections that the state still has */
	struct subject_process processes[SUBJECT_PROCESSES_MAX]; /* the latest first */
	size_t process_count;
	bool more_processes;                      /* some processes do not fit into `processes` */
	struct edge_row edges[SUBJECT_EDGES_MAX]; /* the busiest first */
	size_t edge_count;
	size_t edge_total;
	struct subject subject; /* a copy, for its counters */
};

/* Collects the facts again. `now_ns` is the steady time of the subject's node at which the
 * last minute ends. */
void subject_facts_collect(struct subject_facts *facts, const struct state *state,
			   const struct subject *subject, uint64_t now_ns);

#endif
