/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/column_fold.h"

#include <string.h>

/* Returns the parts in which two connections differ. An unknown value differs from a known one. */
static unsigned int column_fold_compare(const struct flow *a, const struct flow *b)
{
	uint32_t unlike = a->has ^ b->has;
	unsigned int differs = 0;

	if (unlike & FLOW_HAS_PID || a->pid != b->pid)
		differs |= COLUMN_PART_PID;
	if (strncmp(a->comm, b->comm, sizeof(a->comm)) != 0)
		differs |= COLUMN_PART_COMM;
	if (unlike & FLOW_HAS_CGROUP || a->cgroup_id != b->cgroup_id)
		differs |= COLUMN_PART_CONTAINER;
	if (unlike & FLOW_HAS_SPORT || a->sport != b->sport)
		differs |= COLUMN_PART_SPORT;
	if (unlike & FLOW_HAS_DPORT || a->dport != b->dport)
		differs |= COLUMN_PART_DPORT;
	if (a->direction != b->direction || a->family != b->family ||
	    memcmp(flow_peer(a), flow_peer(b), sizeof(*flow_peer(a))) != 0)
		differs |= COLUMN_PART_PEER;
	return differs;
}

void column_fold_add(struct column_fold *fold, const struct conn *conn, uint64_t now_ns)
{
	const struct flow *flow = &conn->flow;

	if (fold->newest)
		fold->differs |= column_fold_compare(&fold->newest->flow, flow);
	if (!fold->newest || conn->first_ns < fold->first_ns)
		fold->first_ns = conn->first_ns;
	if (!fold->newest || conn->sequence > fold->newest->sequence)
		fold->newest = conn;
	fold->rows++;
	fold->count += conn_connections(conn);
	fold->has |= flow->has;
	fold->tx_bytes += flow->tx_bytes;
	fold->rx_bytes += flow->rx_bytes;
	fold->rate += conn_rate(conn, now_ns);
}
