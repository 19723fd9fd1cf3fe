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

#include "core/base/hash_index.h"
#include "core/record/flow.h"
#include "core/state/quota.h"
#include "core/state/subject.h"

struct edge_table {
	struct edge **items;
	size_t count;
	size_t capacity;
	struct edge **overflows; /* of the subjects that have one */
	size_t overflow_count;
	size_t overflow_capacity;
	struct quotas *quotas;
	struct edge *unkept; /* the edge if there is no memory for another; made at the start */
	struct hash_index index;
	struct hash_index by_peer; /* the first edge of each direction and peer */
};

/* Initialises the table. unkept_subject gets the edge for flows for which there is no memory. The
 * quotas must outlive the table. Returns 0 or -ENOMEM. */
int edge_table_init(struct edge_table *table, struct quotas *quotas,
		    struct subject *unkept_subject);
void edge_table_clear(struct edge_table *table);

/* The pod that was the peer at the time of the flow. Names are NULL if unknown. */
struct edge_peer {
	uint8_t kind; /* enum flow_peer_kind */
	const char *namespace_name;
	const char *name;
};

/*
 * Returns the edge of a subject's flow, and adds it if it is new. The peer is flow_peer(), the port
 * flow_wire_port(). protocol_name counts only for FLOW_PROTOCOL_OTHER, and may be NULL.
 *
 * If another pod gets the peer's address, later flows have another edge. An edge without a peer's
 * name gets the name from the first flow with one. A flow without a peer's name belongs to the
 * latest edge with its key.
 *
 * Never returns NULL. Returns an overflow edge for an overflow subject, beyond the quota, and
 * without memory.
 */
struct edge *edge_table_get(struct edge_table *table, struct subject *subject,
			    const struct flow *flow, const char *protocol_name,
			    const struct edge_peer *peer);

/* Returns the first edge with a direction and a peer address, or NULL. next_with_peer links the
 * others. */
const struct edge *edge_table_first_with(const struct edge_table *table, uint8_t direction,
					 uint8_t family, const struct flow_address *address);

/* Sets the peer's name on the nameless edges to an address that were last used at `since_ns` or
 * later. Call it when the holder is about to lose the address. Looks at every edge. */
void edge_table_name_peers(struct edge_table *table, uint8_t family,
			   const struct flow_address *address, uint64_t since_ns,
			   const struct edge_peer *peer);

/* Replaces *text by a copy of value if they differ. Without memory, or if value is NULL or "",
 * changes nothing. */
void edge_set_text(char **text, const char *value);

#endif
