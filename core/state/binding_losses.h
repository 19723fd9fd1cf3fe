/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts lost events for the subjects whose cgroups caused them.
 *
 * The binding of a cgroup (binding_table.h) has the count, so it moves to another subject when the
 * cgroup's container or pod becomes known. The events of a cgroup without a container are those of
 * its programs, so the count belongs to the tenant that they share (quota.h).
 */
#ifndef POLECAT_CORE_STATE_BINDING_LOSSES_H
#define POLECAT_CORE_STATE_BINDING_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/binding_table.h"
#include "core/state/quota.h"

/* The most cgroups with counts of their own. The losses of further ones may be those of any
 * subject. */
#define BINDING_LOSSES_MAX 4096

/* Zero-initialise. */
struct binding_losses {
	uint64_t by_subjects; /* lost events of pods and containers */
	uint64_t by_programs; /* those of programs outside containers */
	size_t bindings;      /* the number of bindings with losses */
};

/* Returns whether losses of a binding may be counted by themselves. */
bool binding_losses_admit(const struct binding_losses *losses, const struct binding *binding);

/* Adds `count` lost events to a binding, which then stays without connections. Call
 * binding_losses_settle next. */
void binding_losses_add(struct binding_losses *losses, struct binding *binding, uint64_t count);

/* Moves the losses of a binding to its subject, which may have changed. */
void binding_losses_settle(struct binding_losses *losses, struct quotas *quotas,
			   struct binding *binding);

#endif
