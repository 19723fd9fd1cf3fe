/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/snapshot.h"

#include <string.h>

#include "core/base/array.h"

/* The kinds in the order of the snapshot: a container comes after its pod. */
static const enum record_kind snapshot_kinds[] = {
	RECORD_NAMESPACE, RECORD_NODE, RECORD_SERVICE_RANGE,
	RECORD_SERVICE,   RECORD_POD,  RECORD_CONTAINER,
};

/* Returns whether the pod of a container has been deleted. */
static bool snapshot_pod_is_gone(const struct workloads *workloads,
				 const struct container_record *container)
{
	const struct pod_record *pod = NULL;

	if (container->pod_uid)
		pod = workloads_pod_by_uid(workloads, container->pod_uid);
	else if (container->namespace_name && container->pod)
		pod = workloads_pod(workloads, container->namespace_name, container->pod);
	return pod && pod->deleted;
}

static bool snapshot_is_gone(const struct workloads *workloads, const struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_CONTAINER:
		return snapshot_pod_is_gone(workloads, record->container);
	case RECORD_POD:
		return record->pod->deleted;
	case RECORD_SERVICE:
		return record->service->deleted;
	case RECORD_NAMESPACE:
		return record->namespace_record->deleted;
	case RECORD_NODE:
		return record->node->deleted;
	case RECORD_SERVICE_RANGE:
		return record->service_range->deleted;
	case RECORD_WORKLOAD:
		return record->workload->deleted;
	default:
		return true;
	}
}

static void snapshot_owners(const struct workloads *workloads,
			    void (*emit)(void *data, const struct record *record), void *data)
{
	const struct owners *owners = workloads_owners(workloads);

	for (size_t i = 0; i < owners->count; i++) {
		const struct record record = {.kind = RECORD_WORKLOAD,
					      .workload = owners->items[i]};
		if (!snapshot_is_gone(workloads, &record))
			emit(data, &record);
	}
}

void snapshot_identities(const struct workloads *workloads,
			 void (*emit)(void *data, const struct record *record), void *data)
{
	snapshot_owners(workloads, emit, data);
	for (size_t k = 0; k < ARRAY_LENGTH(snapshot_kinds); k++) {
		enum record_kind kind = snapshot_kinds[k];
		for (size_t i = 0; i < workloads_count(workloads, kind); i++) {
			struct record record = {.kind = (uint8_t)kind};
			/* `emit` does not change the body. */
			record.body = (void *)(uintptr_t)workloads_at(workloads, kind, i);
			if (!snapshot_is_gone(workloads, &record))
				emit(data, &record);
		}
	}
}
