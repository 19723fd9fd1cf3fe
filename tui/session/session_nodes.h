/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes whose records the session reads: how much comes from each, what is missing, and how its
 * clock differs from this machine's. Main thread. */
#ifndef POLECAT_TUI_SESSION_SESSION_NODES_H
#define POLECAT_TUI_SESSION_SESSION_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/session/session.h"

struct session_node {
	const char *name;      /* NULL: a stream whose node is not known yet */
	struct source *source; /* the stream of the node alone; NULL: another source */
	uint64_t flows;
	uint64_t lost;
	double rate;      /* flows a second, over the latest seconds */
	bool heard;       /* a flow or another record of the node came */
	uint64_t idle_ns; /* the time since the last one; in a replay, until the last flow of all */
	bool measured;    /* the clock of the node was compared with this machine's */
	int64_t ahead_ns; /* by how much the node's clock is ahead (negative: behind) */
};

/* Writes the nodes, and the streams without a hello so far, to out[0 … max - 1]. Returns
 * their number, which may be larger than max. The names are valid until the next record. */
size_t session_list_nodes(const struct session *session, struct session_node *out, size_t max);

#endif
