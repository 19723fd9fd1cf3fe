/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the query for the holder of an edge's peer address (holder.h). Pure. */
#ifndef POLECAT_CORE_STATE_EDGE_QUERY_H
#define POLECAT_CORE_STATE_EDGE_QUERY_H

#include "core/state/identity/holder.h"
#include "core/state/subject.h"

/* Returns a query for the holder of the peer's address at the time of the edge's last flow. The
 * caller adds the node and the pod that records name. */
static inline struct holder_query edge_query(const struct edge *edge)
{
	return (struct holder_query){
		.address = edge->peer,
		.family = edge->family,
		.direction = edge->direction,
		.protocol = edge->protocol,
		.port = edge->port,
		.time_ns = edge->last_ns,
	};
}

#endif
