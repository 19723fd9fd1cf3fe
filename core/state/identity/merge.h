/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the records that several sources have of one pod, node or container: the kernel knows the
 * cgroup of a container, the runtime its name and its pod's labels, the Kubernetes API all of a pod
 * but not its cgroups. Pure.
 *
 * A pod record with a phase is the API's, since runtimes know no phase. A runtime's record only
 * fills in members that are unknown in the API's: its labels date from the creation of the pod.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_MERGE_H
#define POLECAT_CORE_STATE_IDENTITY_MERGE_H

#include "core/record/record.h"

/*
 * Complete `fresh`, which takes the place of `old` under the same name or id, by the fields that only
 * `old` has. They move out of `old`, which the caller frees. Two pods of one name but with other UIDs
 * have nothing in common.
 */
void merge_pod(struct pod_record *fresh, struct pod_record *old);
void merge_container(struct container_record *fresh, struct container_record *old);

/* Adds the addresses and blocks of `old`, unless the node is gone: a node's own polecat knows its
 * bridges, the API its blocks for pods. */
void merge_node(struct node_record *fresh, const struct node_record *old);

#endif
