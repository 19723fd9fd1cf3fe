/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/binding_losses.h"

#include "core/state/subject.h"

bool binding_losses_admit(const struct binding_losses *losses, const struct binding *binding)
{
	return binding->lost > 0 || losses->bindings < BINDING_LOSSES_MAX;
}

void binding_losses_add(struct binding_losses *losses, struct binding *binding, uint64_t count)
{
	losses->bindings += binding->lost == 0 && count > 0;
	binding->lost += count;
}

/* Returns the counter for a binding's losses: that of its subject, or of the tenant of its
 * programs. */
static uint64_t *binding_losses_counter(struct quotas *quotas, const struct binding *binding)
{
	const struct tenant_key key = {
		.kind = SUBJECT_PROCESS,
		.node = binding->node,
		.cgroup_id = binding->cgroup_id,
	};

	return binding->subject ? &binding->subject->own_lost : &quotas_tenant(quotas, &key)->lost;
}

/* Returns the total in which a binding's losses count. NULL: the losses may be those of any
 * subject. A process may open a socket in the network namespace of another pod. Then the events of
 * its cgroup may be those of that pod. */
static uint64_t *binding_losses_total(struct binding_losses *losses, const struct binding *binding)
{
	if (binding->has_strangers)
		return NULL;
	if (!binding->subject)
		return &losses->by_programs;
	return binding->subject->kind == SUBJECT_UNRESOLVED ? NULL : &losses->by_subjects;
}

void binding_losses_settle(struct binding_losses *losses, struct quotas *quotas,
			   struct binding *binding)
{
	if (binding->lost == 0)
		return;
	uint64_t *counter = binding_losses_counter(quotas, binding);
	uint64_t *total = binding_losses_total(losses, binding);

	if (binding->loss_counter)
		*binding->loss_counter -= binding->settled_lost;
	if (binding->loss_total)
		*binding->loss_total -= binding->settled_lost;
	*counter += binding->lost;
	if (total)
		*total += binding->lost;
	binding->loss_counter = counter;
	binding->loss_total = total;
	binding->settled_lost = binding->lost;
	if (binding->subject)
		binding->subject->revision++;
}
