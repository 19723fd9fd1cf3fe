/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several sources say of one pod or container, united: the kernel knows a container's cgroup,
 * the runtime its name and its pod's labels, the Kubernetes API all of a pod but not its cgroups.
 * Pure.
 *
 * Trust: a pod's record with a phase is the API's (no runtime knows one). While the API has spoken
 * of a pod's life, a runtime only fills in what is missing: its labels are those of the day when
 * the pod was made.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_MERGE_H
#define POLECAT_CORE_STATE_IDENTITY_MERGE_H

#include "core/record/record.h"

/*
 * Completes `fresh`, which takes the place of `old` under the same name or id, by what only `old`
 * knows. What moves is taken out of `old`, which the caller frees. Two lives of one name (other
 * UIDs) have nothing in common.
 */
void merge_pod(struct pod_record *fresh, struct pod_record *old);
/* A node's own polecat knows its bridges, the API its blocks for pods: addresses and blocks add up,
 * unless the node is gone. */
void merge_node(struct node_record *fresh, const struct node_record *old);
void merge_container(struct container_record *fresh, struct container_record *old);

#endif
