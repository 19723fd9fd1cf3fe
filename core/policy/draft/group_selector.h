/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels that select the pods of a workload.
 *
 * Where the owner's own selector is known, it is the selector: it cannot change, and it selects the
 * pods of the next rollout as well. Elsewhere the labels of the pods are: the stable ones
 * (group_labels.h), less those that differ among the owner's pods.
 *
 * Pure and free of allocation, except for group_selector.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_SELECTOR_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_SELECTOR_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/policy/draft/group.h"
#include "core/policy/netpol/netpol.h"

enum group_status {
	GROUP_OK = 0,
	GROUP_POD_UNKNOWN,  /* no record of the pod came */
	GROUP_HOST_NETWORK, /* policies do not apply to pods in the node's network namespace */
	GROUP_NO_LABELS,
	GROUP_VOLATILE_LABELS, /* all labels change from pod to pod or from rollout to rollout */
	GROUP_BAD_LABELS,      /* the API would refuse these labels */
	GROUP_BAD_NAMESPACE,
};

/* Finds the workload of a subject and checks whether it can have a policy. *group is set for every
 * status but GROUP_POD_UNKNOWN. */
enum group_status group_identify(const struct workloads *workloads, const struct subject *subject,
				 struct group *group);

/* The second step of group_identify. */
enum group_status group_status(const struct workloads *workloads, const struct group *group);

/* Checks whether labels can select a pod: GROUP_OK, GROUP_NO_LABELS, GROUP_VOLATILE_LABELS or
 * GROUP_BAD_LABELS. workloads: see group_find. */
enum group_status group_pod_labels(const struct workloads *workloads, const struct pod_record *pod);

/* Sets by_labels. May look at all pods of the owner. */
void group_split(struct group *group, const struct workloads *workloads);

/* Labels that selectors leave out beside the volatile ones. */
struct group_rules {
	const struct workloads *workloads; /* owners, and their other pods; NULL: unknown */
	const char *ignored; /* keys, or prefixes with a '*', split by commas; or NULL */
};

/*
 * Makes the selector of a pod with status GROUP_OK, in the arena: the selector of its owner, else its
 * stable labels that all pods of its owner share, or all of them if none is shared, or the label with
 * the Job's name if it has none. It has no labels if all are ignored. rules may be NULL. Returns NULL
 * if memory is short.
 */
const struct netpol_selector *group_selector(struct arena *arena, const struct group_rules *rules,
					     const struct pod_record *pod);

/* Returns whether the label "version", which many clusters change with each release, is left out. */
bool group_drops_version(const struct workloads *workloads, const struct pod_record *pod);

#endif
