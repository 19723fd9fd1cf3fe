/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: the subjects that share one policy.
 *
 * Pods are one workload when they have the same namespace and the same top owner: a Deployment or a
 * Rollout rather than its ReplicaSets, a CronJob rather than its Jobs. Pods without an owner, and
 * those of an owner that stands for one run, are one when namespace and stable labels are the same.
 * Stable labels are those that do not change from pod to pod, from rollout to rollout or with a
 * version. Selectors use only them, less those that differ among the owner's pods. Outside of pods,
 * the name of the container or the program is the workload.
 *
 * Pure and free of allocation, except for group_selector. Identities point into the records they
 * were made from.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/policy/netpol/netpol.h"
#include "core/record/record.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

enum group_status {
	GROUP_OK = 0,
	GROUP_POD_UNKNOWN,  /* no record of the pod came */
	GROUP_HOST_NETWORK, /* policies do not apply to pods in the node's network namespace */
	GROUP_NO_LABELS,
	GROUP_VOLATILE_LABELS, /* all labels change from pod to pod or from rollout to rollout */
	GROUP_BAD_LABELS,      /* the API would refuse these labels */
	GROUP_BAD_NAMESPACE,
};

/* A name inside another text. */
struct group_text {
	const char *text;
	size_t length;
};

struct group {
	const char *namespace_name;
	const char *kind; /* the owner's, or "container" or "program"; NULL: pods known by their
			     labels alone */
	struct group_text name;       /* the owner's; unused if kind is NULL */
	const struct pod_record *pod; /* of one of its pods; NULL outside of pods */
	/* The owner's pods share no stable label: those with equal labels are a workload. */
	bool by_labels;
};

/* Identifies the workload of a subject. *group is set for every status but GROUP_POD_UNKNOWN. */
enum group_status group_identify(const struct subject *subject, struct group *group);

/* The two steps of group_identify: finds the workload (false: the pod is unknown), and checks
 * whether it can have a policy. */
bool group_find(const struct subject *subject, struct group *group);
void group_of_pod(const struct pod_record *pod, struct group *group);
enum group_status group_status(const struct group *group);

/* Checks whether labels can select a pod: GROUP_OK, GROUP_NO_LABELS, GROUP_VOLATILE_LABELS or
 * GROUP_BAD_LABELS. */
enum group_status group_pod_labels(const struct pod_record *pod);

/* Sets by_labels. Looks at all pods of the owner. */
void group_split(struct group *group, const struct workloads *workloads);

/* A total order, among groups of one owner that have the same by_labels. 0: the same workload. */
int group_compare(const struct group *a, const struct group *b);

/* Equal workloads have equal hashes, in every run and on every machine of one byte order. */
uint64_t group_hash(const struct group *group);

/* Labels that selectors leave out beside the volatile ones. */
struct group_rules {
	const struct workloads *workloads; /* the other pods of an owner; NULL: unknown */
	const char *ignored; /* keys, or prefixes with a '*', split by commas; or NULL */
};

/*
 * Makes the selector of a pod with status GROUP_OK, in the arena: its stable labels that all pods of
 * its owner share, or all of them if none is shared, or the label with the Job's name if it has
 * none. It has no labels if all are ignored. rules may be NULL. Returns NULL if memory is short.
 */
const struct netpol_selector *group_selector(struct arena *arena, const struct group_rules *rules,
					     const struct pod_record *pod);

/* Returns whether the label "version", which many clusters change with each release, is left out. */
bool group_drops_version(const struct pod_record *pod);

/*
 * Finds the label that names a workload best: a conventional one, else the first stable one. NULL:
 * the pod has no stable label. *conventional is true if the value alone is a name.
 */
const struct label *group_naming_label(const struct pod_record *pod, bool *conventional);

#endif
