/* SPDX-License-Identifier: Apache-2.0 */
/* Volatile labels have different values for each pod, run, revision, role, location or version of a
 * workload, so no policy may select pods by them. All other labels are stable. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_LABELS_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

#define GROUP_STATEFULSET_POD "statefulset.kubernetes.io/pod-name"
#define GROUP_TEMPLATE_HASH   "pod-template-hash"
#define GROUP_ROLLOUT_HASH    "rollouts-pod-template-hash"
#define GROUP_REVISION_HASH   "controller-revision-hash"
#define GROUP_KNATIVE_UID     "serving.knative.dev/revisionUID"
#define GROUP_VERSION         "version"

/* Returns whether label `index` is stable. Some labels are volatile only if the pod also has a
 * certain other label. */
bool group_labels_is_stable(const struct labels *labels, size_t index);

/* Returns whether a label keeps its value in a rollout. Controllers add the other ones to the
 * selectors of Services, too (Argo Rollouts), and change them with each rollout. */
bool group_labels_outlives_rollout(const char *key);

/* Returns the index of the first stable label at or after `from`, or labels->count. */
size_t group_labels_next_stable(const struct labels *labels, size_t from);

/* Returns the label that names a Job, or NULL. */
const struct label *group_labels_find_job(const struct labels *labels);

#endif
