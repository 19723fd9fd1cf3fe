/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement: finds the subject and the edge of a connection, and updates their counters.
 *
 * The subject of a connection may become known in steps after its first flow: first the program,
 * then the container, then the pod. At each step, the connection's share of the counters (fold.h)
 * moves from the old edge and subject to the new ones. A subject or edge that loses all its
 * connections stays, with conn_count 0. The bundle of a connection (bundle_table.h) follows
 * its edge and its state.
 */
#ifndef POLECAT_CORE_STATE_PLACEMENT_H
#define POLECAT_CORE_STATE_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/binding_losses.h"
#include "core/state/binding_table.h"
#include "core/state/bundle_table.h"
#include "core/state/conn.h"
#include "core/state/edge_table.h"
#include "core/state/fold.h"
#include "core/state/identity/dns_names.h"
#include "core/state/identity/node_names.h"
#include "core/state/identity/workloads.h"
#include "core/state/quota.h"
#include "core/state/subject_table.h"

struct placement {
	struct quotas quotas;
	struct subject_table subjects;
	struct edge_table edges;
	struct binding_table bindings;
	struct bundle_table bundles;
	struct node_names nodes;
	struct dns_names dns_names;
	struct workloads *workloads;
	struct subject_sums groups[SUBJECT_GROUPS]; /* the sums of the subjects of each group */
	uint64_t unresolved; /* number of connections of SUBJECT_UNRESOLVED */
	struct binding_losses losses;
};

/*
 * Initialises everything but the quotas, which the caller must have initialised. The struct must
 * not move in memory afterwards. own_node is this machine's name, which is copied, or NULL if it is
 * unknown. `conns` has the connections, and must outlive the struct. Returns 0 or -ENOMEM. Call
 * placement_clear in both cases.
 */
int placement_init(struct placement *placement, const char *own_node,
		   const struct conn_table *conns);
void placement_clear(struct placement *placement);

/*
 * Updates the subject and the edge of a connection after a flow was folded into it. Changes the
 * connection's share of the counters from `before` to `after`. Looks up the connection's subject
 * and edge if `renew` is true (for example, for a new connection), or if the flow names the subject
 * more exactly than before.
 */
void placement_fold(struct placement *placement, struct conn *conn, const struct flow *flow,
		    bool renew, const struct fold_share *before, const struct fold_share *after);

/* Changes a connection's share of the counters of its edge and its subject, after the connection
 * has changed without a flow. */
void placement_reshare(struct placement *placement, struct conn *conn,
		       const struct fold_share *before, const struct fold_share *after);

/* Moves a subject, with its counters, to a group below SUBJECT_GROUPS. */
void placement_set_group(struct placement *placement, struct subject *subject, uint8_t group);

/* Moves a connection to the bundle of its present outcome. */
void placement_rebundle(struct placement *placement, struct conn *conn);

/* Handles a connection that leaves the connection table. Changes its share from `before` to
 * `after`. The counts then stay with this subject and edge. */
void placement_leave(struct placement *placement, struct conn *conn,
		     const struct fold_share *before, const struct fold_share *after);

/* Finds the last DNS answer before a connection began that gave the name of its peer, and whether a
 * later one does not. Returns false if no answer is known. */
bool placement_dns_answer(const struct placement *placement, const struct conn *conn,
			  struct dns_answer *out);

/* Returns the subject that asked: the pod, the container or the program. Never NULL. */
struct subject *placement_asker(struct placement *placement, const struct dns_record *dns);

/* Counts the lost events of a record that names a cgroup for the subject of that cgroup. If the
 * subject stays unknown, only the state's total of losses has them. */
void placement_lose(struct placement *placement, const struct lost_record *lost);

/*
 * Applies an identity record, and moves the connections whose subject it changes. Takes over the
 * record's body (the record becomes RECORD_NONE). After an error, the caller still owns the record.
 * The caller always keeps a DNS record, because only its names are copied. They name the peers of
 * later connections. Returns 0 or -ENOMEM.
 */
int placement_identify(struct placement *placement, struct record *record);

#endif
