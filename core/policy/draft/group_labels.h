/* SPDX-License-Identifier: Apache-2.0 */
/* Volatile labels change with each pod, run, revision, role, place or version, so they select no
 * workload for long. All other labels are stable. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_LABELS_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

#define GROUP_STATEFULSET_POD "statefulset.kubernetes.io/pod-name"
#define GROUP_TEMPLATE_HASH   "pod-template-hash"
#define GROUP_ROLLOUT_HASH    "rollouts-pod-template-hash"
#define GROUP_VERSION         "version"

/* Returns false for a label that no selector may use, because it names a pod, a run, a revision, a
 * role, a place or a version. */
bool group_labels_is_stable(const struct labels *labels, size_t index);

/* Returns the index of the first stable label at or after `from`, or labels->count. */
size_t group_labels_next_stable(const struct labels *labels, size_t from);

/* Returns the label that names a Job, or NULL. */
const struct label *group_labels_find_job(const struct labels *labels);

#endif
