/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges the records that several sources have of one pod, node or container. The kernel knows the
 * cgroup of a container. The runtime knows the container's name and its pod's labels. The
 * Kubernetes API knows everything about a pod except its cgroups. Pure.
 *
 * A pod record with a phase comes from the API, since runtimes know no phase. A runtime's record
 * only fills in members that the API's record lacks, because the runtime's labels date from the
 * creation of the pod.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_MERGE_H
#define POLECAT_CORE_STATE_IDENTITY_MERGE_H

#include "core/record/record.h"

/*
 * Complete `fresh`, which replaces `old` under the same name or id, with the fields that only `old`
 * has. The fields move out of `old`, which the caller frees. Does nothing if two pods have
 * different UIDs: the new pod shares only the name of the old one.
 */
void merge_pod(struct pod_record *fresh, struct pod_record *old);
void merge_container(struct container_record *fresh, struct container_record *old);

/* Adds the addresses and blocks of `old` to `fresh`, unless either record is a deletion. The
 * polecat on a node reports the node's bridges, and the API reports the node's blocks for pods. */
void merge_node(struct node_record *fresh, const struct node_record *old);

#endif
