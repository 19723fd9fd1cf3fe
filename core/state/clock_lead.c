/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/clock_lead.h"

/* Returns a minus b, limited to a quarter of the range, so that sums do not overflow. */
static int64_t clock_lead_difference(uint64_t a, uint64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference) || difference > INT64_MAX / 4 ||
	    difference < INT64_MIN / 4)
		return a > b ? INT64_MAX / 4 : INT64_MIN / 4;
	return difference;
}

bool clock_lead_add(struct clock_lead *lead, uint64_t node_ns, uint64_t arrived_ns)
{
	int64_t bound_ns = clock_lead_difference(node_ns, arrived_ns);
	int64_t passed_ns = clock_lead_difference(arrived_ns, lead->at_ns);
	bool first = !lead->known;

	if (!first && passed_ns > 0 && bound_ns < lead->bound_ns - passed_ns / CLOCK_LEAD_DECAY)
		return false;
	if (!first && passed_ns <= 0 && bound_ns <= lead->bound_ns)
		return false;
	lead->known = true;
	lead->bound_ns = bound_ns;
	lead->at_ns = arrived_ns;
	int64_t change_ns = bound_ns - lead->reported_ns;
	if (!first && change_ns < CLOCK_LEAD_STEP_NS && change_ns > -CLOCK_LEAD_STEP_NS)
		return false;
	lead->reported_ns = bound_ns;
	return true;
}
