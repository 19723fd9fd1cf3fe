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

/* Moves a binding's connections to their subjects, without `except`, which is folded at present.
 * Returns whether a network namespace was learned. */
bool placement_move_bound(struct placement *placement, struct binding *binding,
			  const struct conn *except);

/*
 * Looks a binding up again and moves its connections to the subject, without `except`, which is
 * folded at present. Evicted connections stay where they were counted, so that the table of
 * connections bounds the work.
 */
void placement_renew_binding(struct placement *placement, struct binding *binding,
			     const struct conn *except);

/* Moves connections that may belong to another pod, after more became known. The network namespace
 * of a pod is learned only a few times, which bounds the rounds. */
void placement_renew_strangers(struct placement *placement, uint32_t node);

#endif
