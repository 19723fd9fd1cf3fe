/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: the subjects that share one policy.
 *
 * Pods are one workload if they have the same namespace and the same top owner: a Deployment or a
 * Rollout rather than its ReplicaSets, a CronJob rather than its Jobs. Pods without an owner, or
 * with an owner that is made anew for each run (a Job without a CronJob), are one workload if they
 * have the same namespace and the same stable labels. Outside of pods, the name of the container or
 * the program is the workload.
 *
 * Pure, without allocation. A group points into the records that it was made from.
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
	/* The kind of the pods' owner. For a workload that is not in pods: "container", "program"
	 * or "cgroups". NULL: the pods have no owner, so their labels identify them. */
	const char *kind;
	struct group_text name;       /* of the owner, container or program; unused without kind */
	const struct pod_record *pod; /* one pod of the workload; NULL: not in pods */
	/* True if the owner's pods share no stable label. Then pods of the owner with equal stable
	 * labels are one workload. */
	bool by_labels;
};

/* Finds the workload of a subject or of a pod. `workloads` has the records of owners. If it is
 * NULL, derives the owner from names and labels. Returns false if the pod of the subject is
 * unknown. */
bool group_find(const struct workloads *workloads, const struct subject *subject,
		struct group *group);
void group_of_pod(const struct workloads *workloads, const struct pod_record *pod,
		  struct group *group);

/* Compares two groups in a total order. Groups of one owner must have the same by_labels. Returns 0
 * for the same workload. */
int group_compare(const struct group *a, const struct group *b);

/* Equal workloads have equal hashes, in every run and on every machine with the same byte order. */
uint64_t group_hash(const struct group *group);

/*
 * Finds the label that names a workload best: one that conventionally does, such as "app", or else
 * the first stable one. Returns NULL if the pod has no stable label. *conventional is true for a
 * conventional label, whose value is a good name without the key.
 */
const struct label *group_naming_label(const struct pod_record *pod, bool *conventional);

#endif
