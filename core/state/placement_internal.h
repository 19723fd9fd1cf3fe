/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of placement.c for placement_identify.c. */
#ifndef POLECAT_CORE_STATE_PLACEMENT_INTERNAL_H
#define POLECAT_CORE_STATE_PLACEMENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct binding;
struct conn;
struct container_record;
struct placement;

/* Returns the container of a binding, or NULL if it is unknown. */
const struct container_record *placement_container_of(const struct placement *placement,
						      const struct binding *binding);

/* Moves the connections of a binding to their subjects. Skips the connection `except`, because a
 * flow is being folded into it; NULL: skips none. Returns whether a pod's network namespace became
 * known. */
bool placement_move_bound(struct placement *placement, struct binding *binding,
			  const struct conn *except);

/*
 * Looks up the subject of a binding again, and moves its connections to that subject. Skips the
 * connection `except`, as in placement_move_bound. Evicted connections keep their subject, so the
 * size of the connection table bounds the work.
 */
void placement_renew_binding(struct placement *placement, struct binding *binding,
			     const struct conn *except);

/* Looks up the subjects of a node's connections again if the socket and the process may belong to
 * different pods (netns_owner.h). If this shows the network namespace of a pod, repeats all
 * look-ups, at most NETNS_CHANGES_MAX times per pod. */
void placement_renew_strangers(struct placement *placement, uint32_t node);

#endif
