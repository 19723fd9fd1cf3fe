/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of edges: one per (subject, direction, peer address, protocol, port).
 *
 * Quotas bound the table. Flows beyond a subject's quota go to the subject's overflow edge. That
 * edge is not in the subject's list, so that no view or draft shows it as a destination. Edges are
 * never removed, because connections and views have pointers to them.
 */
#ifndef POLECAT_CORE_STATE_EDGE_TABLE_H
#define POLECAT_CORE_STATE_EDGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash_index.h"
#include "core/base/text_pool.h"
#include "core/record/flow.h"
#include "core/state/edge_peers.h"
#include "core/state/quota.h"
#include "core/state/subject.h"

struct edge_table {
	struct arena arena; /* the memory of all edges, which drafts and checks read in any order */
	struct text_pool names; /* of the edges' peers, and of their namespaces */
	struct edge **items;
	size_t count;
	size_t capacity;
	struct edge **overflows; /* at most one for each subject */
	size_t overflow_count;
	size_t overflow_capacity;
	struct quotas *quotas;
	struct edge *unkept; /* the edge of flows for which there is no memory */
	struct hash_index index;
	struct edge_peers by_peer;
};

/* Initialises the table. `unkept` becomes an edge of unkept_subject. The quotas must outlive the
 * table. Returns 0 or -ENOMEM. */
int edge_table_init(struct edge_table *table, struct quotas *quotas,
		    struct subject *unkept_subject);
void edge_table_clear(struct edge_table *table);

/* Returns the edge with a number (edge->number), or NULL. */
struct edge *edge_table_at(const struct edge_table *table, uint32_t number);

/* The pod that was the peer at the time of the flow. Names are NULL if unknown. */
struct edge_peer {
	uint8_t kind; /* enum flow_peer_kind */
	const char *namespace_name;
	const char *name;
};

/*
 * Returns the edge of a subject's flow, and adds it if it is new. The edge's peer address is
 * flow_peer(flow), and its port is flow_wire_port(flow). protocol_name matters only for
 * FLOW_PROTOCOL_OTHER, and may be NULL.
 *
 * If another pod gets the peer's address, later flows have another edge. An edge without a peer's
 * name gets the name from the first flow with one. A flow without a peer's name belongs to the
 * latest edge with its key.
 *
 * Never returns NULL. Returns an overflow edge if the subject is an overflow subject, if its quota
 * is used up, or if out of memory.
 */
struct edge *edge_table_get(struct edge_table *table, struct subject *subject,
			    const struct flow *flow, const char *protocol_name,
			    const struct edge_peer *peer);

/* Sets the peer's name in each edge that has this peer address, names no pod, and was last used at
 * `since_ns` or later. Call it when the pod is about to lose the address. Looks at every edge. */
void edge_table_name_peers(struct edge_table *table, uint8_t family,
			   const struct flow_address *address, uint64_t since_ns,
			   const struct edge_peer *peer);

/* Sets the kind and the name of an edge's peer. Keeps a text for which the peer has NULL or "". */
void edge_table_set_name(struct edge_table *table, struct edge *edge, const struct edge_peer *peer);
/* Makes the name of an edge's peer unknown. */
void edge_table_forget_name(struct edge_table *table, struct edge *edge);

/* Replaces *text with a copy of value if they differ. Changes nothing if value is NULL or "", or if
 * out of memory. */
void edge_set_text(char **text, const char *value);

#endif
