/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins the two ends of a connection between pods: the egress flow that the client's node reports,
 * and the ingress flow that the server's node reports.
 *
 * The ends have the same addresses and ports, after the translation of a Service and before a
 * REDIRECT in the server's pod. Both addresses must belong to known pods with their own networks,
 * so neither loopback nor the private networks of two machines are mistaken for each other. A
 * client whose address was translated on the way has no pair, since the server sees another
 * address.
 *
 * Ports are used again, and clocks may differ. So two ends are joined only if both are open or both
 * have ended, if they were established (and ended) at the same time within a tolerance, if the
 * bytes agree where both ends saw a FIN, and if there is only one candidate. A pair is checked
 * again when both ends have ended. Ends are never joined because they might belong together.
 *
 * Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_CONN_PAIRS_H
#define POLECAT_CORE_STATE_CONN_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/clocks.h"
#include "core/state/conn_table.h"
#include "core/state/identity/workloads.h"

/*
 * The most by which the times of two ends may differ, on one node and on two. TCP uses the
 * addresses and ports of a connection again after a second at the earliest (net.ipv4.tcp_tw_reuse),
 * so the tolerance must be smaller. clocks_set_ahead makes up for clocks that differ by more.
 * Without it, in a recording, ends on such nodes are not joined.
 */
#define CONN_PAIRS_NODE_NS  100000000
#define CONN_PAIRS_NODES_NS 500000000

/* Finds pairs among the connections of a table. The pointers must outlive it. */
struct conn_pairs {
	const struct conn_table *conns;
	const struct clocks *clocks;
	struct hash_index by_tuple; /* slots of connections between pods */
};

/* Zero-initialise by_tuple. */
void conn_pairs_clear(struct conn_pairs *pairs);

/* Returns the other end of a connection, or of a copy of one; NULL: none is known. */
struct conn *conn_pairs_other(const struct conn_table *conns, const struct conn *conn);

/* Looks for the other end of a connection after a flow of it, or checks the pair. Returns the
 * connection whose other end has changed (gained or lost): besides `conn`; NULL: nothing has
 * changed. */
struct conn *conn_pairs_update(struct conn_pairs *pairs, const struct workloads *workloads,
			       struct conn *conn);

/* Forgets a connection that leaves the table. Returns its other end, or NULL. */
struct conn *conn_pairs_leave(struct conn_pairs *pairs, struct conn *conn);

#endif
