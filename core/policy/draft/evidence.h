/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence for one workload: the edges of all its subjects, judged tuple by tuple. A tuple is a
 * direction, protocol, peer and port, for all replicas (note_compare_tuples). If a connection of the
 * tuple succeeded, the tuple becomes items to allow. Any other tuple becomes a note or a count. */
#ifndef POLECAT_CORE_POLICY_DRAFT_EVIDENCE_H
#define POLECAT_CORE_POLICY_DRAFT_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/dns_servers.h"
#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/note.h"
#include "core/policy/draft/peer_item.h"
#include "core/state/state.h"

/* An edge of a subject that passed the filter. */
struct evidence_edge {
	const struct edge *edge;
	size_t subject; /* index in evidence.subjects */
};

struct evidence_counts {
	uint64_t connections;                /* successes that the user did not leave out */
	uint64_t covered;                    /* those of them that need no rule or have one */
	uint64_t refused[NETPOL_DIRECTIONS]; /* those of them without a possible rule */
	uint64_t unknown_services;           /* those of `refused` to unknown Services */
	uint64_t left_out;                   /* destinations that the user left out */
	uint64_t left_out_connections;       /* successful connections to these */
	uint64_t failed;                     /* attempts on destinations without any success */
	uint64_t unanswered;                 /* attempts without an answer on such destinations */
	uint64_t unkept;                     /* successful connections beyond the quota */
	uint64_t flows;                      /* flow records behind the rules */
};

/* Reused from workload to workload: evidence_start empties it and keeps the memory. */
struct evidence {
	const struct state *state;
	const struct draft_options *options;
	struct peer_context peers;
	struct dns_servers dns; /* filled in by evidence_judge once */
	struct evidence_edge *edges;
	size_t edge_count;
	size_t edge_capacity;
	struct peer_subject *subjects;
	size_t subject_count;
	size_t subject_capacity;
	struct peer_items items;
	struct notes notes;
	struct evidence_counts counts;
	bool dns_excluded; /* the user left out a DNS server */
};

void evidence_start(struct evidence *evidence);

/* Adds the subject's edges that pass the filter. *any is true if there is one. Returns 0 or
 * -ENOMEM. */
int evidence_add(struct evidence *evidence, const struct subject *subject, bool *any);

/* Returns whether the pod is one of the workload's. */
bool evidence_has_pod(const struct evidence *evidence, const struct pod_record *pod);

/* Adds a pod of the workload that has no edges: the other ends of its flows may have been seen. Does
 * nothing if the pod was added. Returns 0 or -ENOMEM. */
int evidence_add_unseen(struct evidence *evidence, const struct pod_record *pod);

/* Judges all edges, and fills in items, notes and counts. Returns 0 or -ENOMEM. */
int evidence_judge(struct evidence *evidence);

/* Returns the number of successful connections of a tuple, over all replicas. Edges that name a pod
 * other than `pod` (may be NULL) do not count. Valid after evidence_judge. */
uint64_t evidence_count_with(const struct evidence *evidence, const struct edge *tuple,
			     const struct pod_record *pod);

/* Adds a note about an edge. Returns 0 or -ENOMEM. */
int evidence_note(struct evidence *evidence, const struct edge *edge, enum note_kind kind,
		  uint64_t count);

/* Returns whether an edge, or the mirror of an edge, leads to a DNS server. Valid once
 * evidence_judge has found the servers. */
bool evidence_is_dns(const struct evidence *evidence, const struct edge *edge);

/* Returns whether a choice of the user leaves an edge out. */
bool evidence_is_filtered(const struct evidence *evidence, const struct edge *edge);

/* Returns whether one of the subject's edges passes the filter. */
bool evidence_exists(const struct evidence *evidence, const struct subject *subject);

/* Returns whether an edge was observed after a redirect in the pod. Then only the client's end has
 * the port on the wire. */
bool evidence_redirected(const struct edge *edge);

void evidence_free(struct evidence *evidence);

#endif
