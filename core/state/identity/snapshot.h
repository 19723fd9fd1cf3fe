/* SPDX-License-Identifier: Apache-2.0 */
/* Describes the identities in force as records: a reader that begins with these records knows the
 * same pods, containers and Services as one that read all records before. Pure. */
#ifndef POLECAT_CORE_STATE_IDENTITY_SNAPSHOT_H
#define POLECAT_CORE_STATE_IDENTITY_SNAPSHOT_H

#include "core/state/identity/workloads.h"

/* Calls `emit` for a record of each namespace, node, Service range, owner, Service, pod and
 * container, except deleted ones and the containers of deleted pods. `emit` must not keep or change
 * the record. */
void snapshot_identities(const struct workloads *workloads,
			 void (*emit)(void *data, const struct record *record), void *data);

#endif
