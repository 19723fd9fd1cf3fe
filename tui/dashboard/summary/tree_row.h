/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the summary and their numbers.
 *
 * The numbers of a workload are the sums of its pods, and those of a pod are the sums of its
 * destinations, with one exception: an additional subflow of a Multipath TCP connection counts only
 * in its destination (core/state/fold.h), and under a filter
 * that passes only some connections of its pod. Draws nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_TREE_ROW_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_TREE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"
#include "tui/dashboard/summary/groups.h"
#include "tui/dashboard/summary/selection.h"
#include "tui/dashboard/summary/traffic.h"
#include "tui/dashboard/view/verdicts.h"

/* The signs of a row's graph of the last minute. */
#define TREE_SPARK 10

enum tree_order {
	TREE_BY_PROBLEMS = 0, /* hanging, then failed, then denied connections, then bytes */
	TREE_BY_CONNECTIONS,
	TREE_BY_BYTES,
	TREE_BY_LAST,
	TREE_BY_NAME,
	TREE_ORDERS,
};

enum tree_kind {
	TREE_GROUP = 0, /* a workload, or another group (groups.h) */
	TREE_SUBJECT,   /* a pod of a workload with several pods; or a container, or a program */
	TREE_EDGE,      /* a destination */
	TREE_MORE,      /* stands for the other destinations of the subject */
};

struct tree_figures {
	uint64_t connections; /* all so far */
	uint64_t open;
	uint64_t hanging;
	uint64_t failed;  /* all so far */
	uint64_t denied;  /* of `connections` */
	uint64_t bytes;   /* of both directions */
	uint64_t fresh;   /* bytes in the latest complete window (traffic.h) */
	uint64_t last_ns; /* of the latest flow; common scale (clocks_common) */
	/* Lost events of the subjects, in scope or not. Of programs, only those of the cgroup that
	 * lost most, because programs may share a cgroup. */
	uint64_t lost;
};

/* More numbers of a destination. */
struct tree_details {
	uint64_t ok;
	uint64_t latency_sum_us;
	uint64_t latency_count;
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	int16_t last_error;
};

struct tree_row {
	uint8_t kind;  /* enum tree_kind */
	uint8_t depth; /* 0 for a workload */
	bool open;     /* the rows below it are shown; not for destinations */
	uint32_t group;
	const struct subject *subject; /* TREE_GROUP: the only pod of a workload, or NULL */
	const struct edge *edge;       /* TREE_EDGE only */
	size_t children;               /* TREE_GROUP: members; TREE_MORE: rows that are missing */
	size_t listed;                 /* TREE_GROUP: members when the rows below it were listed */
	struct tree_figures shown;
	struct tree_details details;
	uint8_t spark[TREE_SPARK]; /* levels of struct glyphs; not for destinations */
};

/* Where the numbers come from. */
struct tree_source {
	const struct state *state;
	struct verdicts *verdicts; /* NULL: none */
	const struct traffic *traffic;
	const struct selection *selection; /* NULL: all connections in scope count */
	uint64_t now_ns;                   /* see session_now */
};

/* The sums of a group's members in scope. */
struct tree_sums {
	struct tree_figures figures;
	const struct subject *only; /* the subject of one member in scope; NULL: no member is in
	                             * scope */
	size_t members;
};

/* A member of a group. */
struct tree_member {
	const struct subject *subject;
	const struct edge *edge; /* NULL: the subject is the member */
};

/* Return whether a subject in scope, or an edge of it, has connections that count. */
bool tree_row_shows(const struct tree_source *source, const struct subject *subject);
bool tree_row_shows_edge(const struct tree_source *source, const struct edge *edge);

/* Returns the number of edges of a subject with connections that count. */
size_t tree_row_edge_count(const struct tree_source *source, const struct subject *subject);

/* Adds the numbers of a subject to sums. */
void tree_row_add_subject(const struct tree_source *source, const struct subject *subject,
			  struct tree_figures *sums);

/* Finds a member of a group. Returns false if it is not in scope or has no connections. */
bool tree_row_find_member(const struct tree_source *source, const struct groups *groups,
			  struct groups_member member, struct tree_member *out);

/* Sums up the members of a group that are in scope. */
void tree_row_sum_group(const struct tree_source *source, const struct groups *groups,
			uint32_t group, struct tree_sums *sums);

/* Sets the numbers of an edge. */
void tree_row_set_edge(const struct tree_source *source, const struct edge *edge,
		       struct tree_figures *figures);

/* Updates the numbers of a row. */
void tree_row_refresh(const struct tree_source *source, const struct groups *groups,
		      struct tree_row *row);

#endif
