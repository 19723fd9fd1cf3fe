/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels that select the pods of a workload.
 *
 * A draft uses the owner's selector if it is known, because that selector cannot change and also
 * selects the pods of the next rollout. Otherwise a draft uses the stable labels (group_labels.h)
 * that all pods of the owner share.
 *
 * Pure. Only group_split and group_selector allocate memory.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_SELECTOR_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_SELECTOR_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/hash_cache.h"
#include "core/policy/draft/group.h"
#include "core/policy/netpol/netpol.h"

enum group_status {
	GROUP_OK = 0,
	GROUP_POD_UNKNOWN,  /* the pod has no record */
	GROUP_HOST_NETWORK, /* policies do not apply to pods in the node's network namespace */
	GROUP_NO_LABELS,
	GROUP_VOLATILE_LABELS, /* all labels are volatile (group_labels.h) */
	GROUP_BAD_LABELS,      /* the API would refuse these labels */
	GROUP_BAD_NAMESPACE,
};

/* Finds the workload of a subject and checks whether it can have a policy. Sets *group unless it
 * returns GROUP_POD_UNKNOWN. */
enum group_status group_identify(const struct workloads *workloads, const struct subject *subject,
				 struct group *group);

/* Checks whether a workload can have a policy. */
enum group_status group_status(const struct workloads *workloads, const struct group *group);

/* Checks whether labels can select a pod. Returns GROUP_OK, GROUP_NO_LABELS, GROUP_VOLATILE_LABELS
 * or GROUP_BAD_LABELS. workloads is as in group_find. */
enum group_status group_pod_labels(const struct workloads *workloads, const struct pod_record *pod);

/* The rules for the labels of selectors. `shared` is a cache: zero-initialise it. Call
 * group_rules_clear whenever the records in `workloads` change, and to free the cache. */
struct group_rules {
	const struct workloads *workloads; /* the records of owners and pods; NULL: unknown */
	const char *ignored;               /* draft_options.ignored_labels; NULL: none */
	struct hash_cache shared;          /* the labels that the pods of each owner share */
};

void group_rules_clear(struct group_rules *rules);

/* Sets group->by_labels. The first call for an owner looks at all pods of the owner. Returns 0 or
 * -ENOMEM. */
int group_split(struct group *group, struct group_rules *rules);

/*
 * Makes the selector of a pod with status GROUP_OK, in the arena. It is the first of these that
 * exists: the owner's selector; the stable labels that all pods of the owner share; all stable
 * labels of the pod; the label with the Job's name. It has no labels if all are ignored. rules may
 * be NULL. Returns NULL if out of memory.
 */
const struct netpol_selector *group_selector(struct arena *arena, struct group_rules *rules,
					     const struct pod_record *pod);

/* Returns whether the selector omits the label "version", which many clusters change with each
 * release. */
bool group_drops_version(const struct workloads *workloads, const struct pod_record *pod);

#endif
