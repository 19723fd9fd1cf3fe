/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: the subjects that share one policy.
 *
 * Pods are one workload if they have the same namespace and the same top owner: a Deployment or a
 * Rollout rather than its ReplicaSets, a CronJob rather than its Jobs. Pods without an owner, or
 * with an owner that stands for one run, are one workload if they have the same namespace and the
 * same stable labels. Outside of pods, the name of the container or the program is the workload.
 *
 * Pure, without allocation. Identities point into the records that they were made from.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_GROUP_H
#define POLECAT_CORE_POLICY_DRAFT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

/* A name inside another text. */
struct group_text {
	const char *text;
	size_t length;
};

struct group {
	const char *namespace_name;
	/* The owner's kind, "container" or "program". NULL: labels identify the pods. */
	const char *kind;
	struct group_text name;       /* the owner's; unused if kind is NULL */
	const struct pod_record *pod; /* one of its pods; NULL outside of pods */
	/* The owner's pods share no stable label. Pods with equal labels are then a workload. */
	bool by_labels;
};

/* Finds the workload of a subject or of a pod. workloads has the records of owners; if it is NULL,
 * names and labels show the owner. Returns false if the pod of the subject is unknown. */
bool group_find(const struct workloads *workloads, const struct subject *subject,
		struct group *group);
void group_of_pod(const struct workloads *workloads, const struct pod_record *pod,
		  struct group *group);

/* A total order of groups, if groups of one owner have the same by_labels. Returns 0 for the same
 * workload. */
int group_compare(const struct group *a, const struct group *b);

/* Equal workloads have equal hashes, in every run and on every machine with the same byte order. */
uint64_t group_hash(const struct group *group);

/*
 * Finds the label that names a workload best: a conventional one, or else the first stable one.
 * Returns NULL if the pod has no stable label. *conventional is true if the value alone is a name.
 */
const struct label *group_naming_label(const struct pod_record *pod, bool *conventional);

#endif
