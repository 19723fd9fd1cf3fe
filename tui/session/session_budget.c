/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/session_budget.h"

#include "core/record/record.h"
#include "core/state/identity/workloads.h"

/* Returns the memory that becomes free when the record is stored: that of the record with its name
 * or, for a new pod, that of the dead pod in whose place it is stored. */
static size_t session_budget_replaced(const struct workloads *workloads,
				      const struct record *record)
{
	struct record replaced;

	if (workloads_stored(workloads, record, &replaced))
		return record_footprint(&replaced);
	if (record->kind != RECORD_POD)
		return 0;
	const struct pod_record *dead =
		workloads_pod_to_leave(workloads, record->pod->namespace_name, record->pod->name);
	if (!dead)
		return 0;
	replaced = (struct record){.kind = RECORD_POD};
	/* The cast is safe: record_footprint does not change the record. */
	replaced.pod = (struct pod_record *)(uintptr_t)dead;
	return record_footprint(&replaced);
}

static bool session_budget_fits(struct session_budget *budget, size_t max,
				const struct workloads *workloads, const struct record *record)
{
	size_t size = record_footprint(record);
	size_t replaced = session_budget_replaced(workloads, record);

	if (size > replaced) {
		if (size - replaced > max || budget->used > max - (size - replaced))
			return false;
		budget->used += size - replaced;
	} else {
		/* The replaced record may be of another stream. */
		replaced -= size;
		budget->used -= replaced < budget->used ? replaced : budget->used;
	}
	return true;
}

bool session_budget_admit(struct session_budget *budget, size_t max,
			  const struct workloads *workloads, const struct record *record)
{
	bool fits = true;

	switch ((enum record_kind)record->kind) {
	case RECORD_CONTAINER:
	case RECORD_WORKLOAD:
		fits = record_footprint(record) <= SESSION_BUDGET_RECORD_MAX;
		break;
	case RECORD_POD:
	case RECORD_SERVICE:
	case RECORD_NAMESPACE:
	case RECORD_NODE:
	case RECORD_SERVICE_RANGE:
		fits = session_budget_fits(budget, max, workloads, record);
		break;
	default:
		break;
	}
	budget->refused += !fits;
	return fits;
}
