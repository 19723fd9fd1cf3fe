/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence for one workload: the edges of all its subjects, judged tuple by tuple. A tuple is
 * the edges of all replicas with the same direction, protocol, peer and port (note_compare_tuples).
 * If a connection of the tuple succeeded, the tuple becomes items to allow. Any other tuple becomes
 * a note or a count. */
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

/* An edge that passed draft_options.filter. */
struct evidence_edge {
	const struct edge *edge;
	size_t subject; /* index in evidence.subjects */
	uint64_t key;   /* note_tuple_key */
};

struct evidence_counts {
	/* Successful connections, without left_out_connections and unkept. Each of them is either
	 * covered or refused. */
	uint64_t connections;
	uint64_t covered;                    /* a rule allows them, or they need no rule */
	uint64_t refused[NETPOL_DIRECTIONS]; /* no rule can allow them */
	uint64_t unknown_services;           /* connections in `refused` to unknown Services */
	uint64_t left_out;                   /* destinations that the user left out */
	uint64_t left_out_connections;       /* successful connections to left-out destinations */
	/* Failed and unanswered attempts on destinations without a successful connection. */
	uint64_t failed;
	uint64_t unanswered;
	uint64_t unkept; /* successful connections to destinations beyond the quota (unkept.h) */
	uint64_t flows;  /* flow records behind the rules */
};

/* Reused from workload to workload: evidence_start empties it and keeps the memory. */
struct evidence {
	const struct state *state;
	const struct draft_options *options;
	struct peer_context peers;
	struct dns_servers dns; /* filled in by the first evidence_judge */
	struct evidence_edge *edges;
	size_t edge_count;
	size_t edge_capacity;
	struct peer_subject *subjects;
	size_t subject_count;
	size_t subject_capacity;
	struct peer_items items;
	struct notes notes;
	struct evidence_counts counts;
	bool dns_excluded;  /* the user left out a DNS server */
	bool others_denied; /* a further policy denies flows without a rule (default_deny.h) */
};

void evidence_start(struct evidence *evidence);

/* Adds the subject's edges that pass draft_options.filter. *any is true if at least one does.
 * Returns 0 or -ENOMEM. */
int evidence_add(struct evidence *evidence, const struct subject *subject, bool *any);

/* Returns whether the pod was added. */
bool evidence_has_pod(const struct evidence *evidence, const struct pod_record *pod);

/* Adds a pod of the workload that has no edges. Clients or servers may have edges to it. Does
 * nothing if the pod was added before. Returns 0 or -ENOMEM. */
int evidence_add_unseen(struct evidence *evidence, const struct pod_record *pod);

/* Judges all edges, and fills in items, notes and counts. Returns 0 or -ENOMEM. */
int evidence_judge(struct evidence *evidence);

/* Returns the number of successful connections of all edges with the same direction, protocol, peer
 * and port as `tuple`. An edge that names its peer as a pod counts only if that pod is `pod`. Valid
 * after evidence_judge. */
uint64_t evidence_count_with(const struct evidence *evidence, const struct edge *tuple,
			     const struct pod_record *pod);

/* Finds the edges with the same direction, protocol, peer and port as `tuple`. *count may be 0.
 * Valid after evidence_judge. */
const struct evidence_edge *evidence_find_tuple(const struct evidence *evidence,
						const struct edge *tuple, size_t *count);

/* Adds a note about an edge. Returns 0 or -ENOMEM. */
int evidence_note(struct evidence *evidence, const struct edge *edge, enum note_kind kind,
		  uint64_t count);

/* Returns whether an edge or a mirrored edge (far_end.h) leads to a DNS server. Valid once
 * evidence_judge has found the servers. */
bool evidence_is_dns(const struct evidence *evidence, const struct edge *edge);

/* Returns whether one of draft_options.exclude_filters matches the edge. */
bool evidence_is_filtered(const struct evidence *evidence, const struct edge *edge);

/* Returns whether one of the subject's edges passes draft_options.filter. */
bool evidence_exists(const struct evidence *evidence, const struct subject *subject);

/* Returns whether an ingress edge has the port of a service mesh's proxy, to which the pod
 * redirects connections. Only the client's egress edge then has the port that network plugins see.
 * Returns false if the connections come from the pod itself: the pod also redirects its own
 * outgoing connections to the proxy. */
bool evidence_redirected(const struct evidence *evidence, const struct evidence_edge *at);

void evidence_free(struct evidence *evidence);

#endif
