/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: the subjects that share one policy.
 *
 * Pods are one workload when they have the same namespace and the same top owner: a Deployment or a
 * Rollout rather than its ReplicaSets, a CronJob rather than its Jobs. Pods without an owner, and
 * those of an owner that stands for one run, are one when namespace and stable labels are the same.
 * Outside of pods, the name of the container or the program is the workload.
 *
 * Pure and free of allocation. Identities point into the records they were made from.
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
	const char *kind; /* the owner's, or "container" or "program"; NULL: pods known by their
			     labels alone */
	struct group_text name;       /* the owner's; unused if kind is NULL */
	const struct pod_record *pod; /* of one of its pods; NULL outside of pods */
	/* The owner's pods share no stable label: those with equal labels are a workload. */
	bool by_labels;
};

/* Finds the workload of a subject or of a pod. workloads has the records of owners; NULL: names and
 * labels tell the owner. Returns false if the pod of the subject is unknown. */
bool group_find(const struct workloads *workloads, const struct subject *subject,
		struct group *group);
void group_of_pod(const struct workloads *workloads, const struct pod_record *pod,
		  struct group *group);

/* A total order, among groups of one owner that have the same by_labels. 0: the same workload. */
int group_compare(const struct group *a, const struct group *b);

/* Equal workloads have equal hashes, in every run and on every machine of one byte order. */
uint64_t group_hash(const struct group *group);

/*
 * Finds the label that names a workload best: a conventional one, else the first stable one. NULL:
 * the pod has no stable label. *conventional is true if the value alone is a name.
 */
const struct label *group_naming_label(const struct pod_record *pod, bool *conventional);

#endif
