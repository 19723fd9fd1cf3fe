/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/policy/draft/group_labels.h"

#define PLACEHOLDER_NAMESPACE "default"
/* The length to which container runtimes' own tools shorten an id. */
#define CONTAINER_ID_SHORT 12

/* Labels that conventionally name a workload, the most specific first. */
static const char *const naming_labels[] = {
	"app.kubernetes.io/name", "app", "k8s-app", "run", "name", "app.kubernetes.io/instance",
};

static bool group_ends_with(struct group_text text, const char *suffix, size_t length)
{
	return text.length > length &&
	       memcmp(text.text + text.length - length, suffix, length) == 0;
}

/* Strips the hash of the pod template from a name: "web-6d4cf56db6" becomes "web". The hash of the
 * pod template is the value of label `key`. Returns length 0 if the name does not end with the
 * hash. */
static struct group_text group_strip_template_hash(struct group_text name,
						   const struct labels *labels, const char *key)
{
	const char *hash = labels_get(labels, key);
	size_t length = hash ? strlen(hash) : 0;

	if (length == 0 || !group_ends_with(name, hash, length) || name.length < length + 2 ||
	    name.text[name.length - length - 1] != '-')
		return (struct group_text){0};
	return (struct group_text){.text = name.text, .length = name.length - length - 1};
}

/*
 * Strips the scheduled time that a CronJob appends to the names of its Jobs. Kubernetes 1.21 and
 * later append minutes since 1970, and older versions append seconds. A date like 20260101 is
 * neither, since the minutes of the years 2017 to 2046 are 25 to 40 million. Returns length 0 if
 * the name does not end with a time.
 */
static struct group_text group_strip_schedule(struct group_text name)
{
	size_t digits = 0;
	unsigned long long value = 0;

	while (digits < name.length && digits < 11 && name.text[name.length - digits - 1] >= '0' &&
	       name.text[name.length - digits - 1] <= '9')
		digits++;
	for (size_t i = name.length - digits; i < name.length; i++)
		value = value * 10 + (unsigned long long)(name.text[i] - '0');
	bool minutes = digits == 8 && value >= 25000000 && value < 40000000;
	bool seconds = digits == 10 && value >= 1400000000 && value < 2400000000;
	if ((!minutes && !seconds) || name.length < digits + 2 ||
	    name.text[name.length - digits - 1] != '-')
		return (struct group_text){0};
	return (struct group_text){.text = name.text, .length = name.length - digits - 1};
}

static struct group_text group_get_text(const char *text)
{
	return (struct group_text){.text = text, .length = strlen(text)};
}

/* Sets the owner unless the name is empty. Returns whether the owner was set. */
static bool group_set_owner(struct group *group, const char *kind, struct group_text name)
{
	if (name.length == 0)
		return false;
	group->kind = kind;
	group->name = name;
	return true;
}

/* Sets the owner to the Rollout or Deployment of a ReplicaSet. Derives it from the ReplicaSet's
 * name and the labels of its pods. Returns whether the owner was set. */
static bool group_set_template_owner(struct group *group, struct group_text name,
				     const struct labels *labels)
{
	return group_set_owner(group, "Rollout",
			       group_strip_template_hash(name, labels, GROUP_ROLLOUT_HASH)) ||
	       group_set_owner(group, "Deployment",
			       group_strip_template_hash(name, labels, GROUP_TEMPLATE_HASH));
}

/* Guesses the owner from the pod's name and labels. Leaves `kind` NULL if they do not show an
 * owner. */
static void group_guess_owner(const struct pod_record *pod, struct group *group)
{
	const char *dash = strrchr(pod->name, '-');
	const char *stateful_name = labels_get(&pod->labels, GROUP_STATEFULSET_POD);

	if (!dash || dash == pod->name)
		return;
	struct group_text stem = {.text = pod->name, .length = (size_t)(dash - pod->name)};
	if (!group_set_template_owner(group, stem, &pod->labels) && stateful_name &&
	    strcmp(stateful_name, pod->name) == 0)
		group_set_owner(group, "StatefulSet", stem);
}

/* Returns whether an owner of this kind is made anew each time that a workload runs, like a Job.
 * Then the labels of its pods identify the workload. An owner of kind "Pod" is a Spark driver,
 * which owns its executors. */
static bool group_is_run(const char *kind)
{
	static const char *const kinds[] = {"Pod", "PipelineRun", "TaskRun", "Workflow"};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* Returns the record of a pod's ReplicaSet or Job, or NULL if the pod has another owner or no
 * record is known. */
static const struct workload_record *group_find_controller(const struct workloads *workloads,
							   const struct pod_record *pod,
							   const char *kind, const char *name)
{
	const struct owners *owners = workloads ? workloads_owners(workloads) : NULL;

	if (!owners || owners->count == 0 ||
	    (strcmp(kind, "ReplicaSet") != 0 && strcmp(kind, "Job") != 0))
		return NULL;
	return owners_find(owners,
			   &(struct owner_name){pod->namespace_name, kind, name, strlen(name)});
}

/* Sets kind and name to those of the top owner. kind is NULL if no owner is known. */
static void group_resolve_owner(const struct workloads *workloads, const struct pod_record *pod,
				struct group *group)
{
	const char *kind = pod->owner_kind;
	const char *name = pod->owner_name;

	if (kind && group_is_run(kind))
		return;
	/* The API has a mirror pod for each static pod. The mirror's owner is a node, which is not
	 * a workload. */
	if (!kind || !name || strcmp(kind, "Node") == 0) {
		const struct label *job = group_labels_find_job(&pod->labels);
		if (!job || job->value[0] == '\0') {
			group_guess_owner(pod, group);
			return;
		}
		kind = "Job";
		name = job->value;
	}
	const struct workload_record *controller =
		group_find_controller(workloads, pod, kind, name);
	if (controller && controller->owner_kind && controller->owner_name) {
		if (group_is_run(controller->owner_kind))
			return;
		kind = controller->owner_kind;
		name = controller->owner_name;
	}
	group->kind = kind;
	group->name = group_get_text(name);
	/* Without a record of the owner, derive the top owner from the owner's name and the pod's
	 * labels. */
	if (controller)
		return;
	if (strcmp(kind, "ReplicaSet") == 0)
		group_set_template_owner(group, group->name, &pod->labels);
	else if (strcmp(kind, "ReplicationController") == 0 &&
		 labels_get(&pod->labels, "deploymentconfig"))
		group_set_owner(group, "DeploymentConfig",
				group_get_text(labels_get(&pod->labels, "deploymentconfig")));
	else if (strcmp(kind, "Job") == 0)
		group_set_owner(group, "CronJob", group_strip_schedule(group->name));
}

static void group_identify_outside(const struct subject *subject, struct group *group)
{
	bool container = subject->kind == SUBJECT_CONTAINER;
	const char *name = container ? subject->container : subject->comm;

	*group = (struct group){
		.namespace_name = PLACEHOLDER_NAMESPACE,
		.kind = container ? "container" : "program",
	};
	if (name && name[0] != '\0') {
		group->name = group_get_text(name);
		return;
	}
	if (subject->kind == SUBJECT_UNRESOLVED)
		group->kind = "cgroups";
	group->name = group_get_text(container                             ? subject->container_id
				     : subject->kind == SUBJECT_UNRESOLVED ? "unresolved"
									   : "unknown");
	if (container && group->name.length > CONTAINER_ID_SHORT)
		group->name.length = CONTAINER_ID_SHORT;
}

void group_of_pod(const struct workloads *workloads, const struct pod_record *pod,
		  struct group *group)
{
	*group = (struct group){.namespace_name = pod->namespace_name, .pod = pod};
	group_resolve_owner(workloads, pod, group);
}

bool group_find(const struct workloads *workloads, const struct subject *subject,
		struct group *group)
{
	const struct pod_record *pod = subject->pod_record;

	if (subject->kind != SUBJECT_POD) {
		group_identify_outside(subject, group);
		return true;
	}
	if (!pod)
		return false;
	group_of_pod(workloads, pod, group);
	return true;
}

static int group_compare_texts(struct group_text a, struct group_text b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter > 0 ? memcmp(a.text, b.text, shorter) : 0;

	return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int group_compare_stable_labels(const struct labels *a, const struct labels *b)
{
	size_t i = group_labels_next_stable(a, 0);
	size_t j = group_labels_next_stable(b, 0);

	while (i < a->count && j < b->count) {
		int order = strcmp(a->items[i].key, b->items[j].key);
		if (order == 0)
			order = strcmp(a->items[i].value, b->items[j].value);
		if (order != 0)
			return order;
		i = group_labels_next_stable(a, i + 1);
		j = group_labels_next_stable(b, j + 1);
	}
	return (i < a->count) - (j < b->count);
}

int group_compare(const struct group *a, const struct group *b)
{
	int order = strcmp(a->namespace_name, b->namespace_name);

	if (order != 0)
		return order;
	if (!a->kind != !b->kind)
		return a->kind ? 1 : -1;
	if (a->kind) {
		order = strcmp(a->kind, b->kind);
		if (order == 0)
			order = group_compare_texts(a->name, b->name);
		if (order != 0)
			return order;
	}
	/* All pods of an owner are one workload, even if their labels differ: a selector with the
	 * differing labels could miss pods that the owner makes later. Only if the pods share no
	 * stable label (by_labels), compare their labels. */
	if (!a->pod || !b->pod || (a->kind && !a->by_labels && !b->by_labels))
		return (a->pod != NULL) - (b->pod != NULL);
	return a->pod == b->pod ? 0 : group_compare_stable_labels(&a->pod->labels, &b->pod->labels);
}

uint64_t group_hash(const struct group *group)
{
	uint64_t hash = hash_string(0, group->namespace_name);

	hash = hash_string(hash, group->kind);
	if (group->kind)
		hash = hash_bytes(hash, group->name.text, group->name.length);
	if (!group->pod || (group->kind && !group->by_labels))
		return hash;
	const struct labels *labels = &group->pod->labels;
	for (size_t i = group_labels_next_stable(labels, 0); i < labels->count;
	     i = group_labels_next_stable(labels, i + 1)) {
		hash = hash_string(hash, labels->items[i].key);
		hash = hash_string(hash, labels->items[i].value);
	}
	return hash;
}

const struct label *group_naming_label(const struct pod_record *pod, bool *conventional)
{
	const struct labels *labels = &pod->labels;

	*conventional = true;
	for (size_t i = 0; i < ARRAY_LENGTH(naming_labels); i++) {
		for (size_t k = 0; k < labels->count; k++) {
			if (labels->items[k].value[0] != '\0' &&
			    strcmp(labels->items[k].key, naming_labels[i]) == 0)
				return &labels->items[k];
		}
	}
	*conventional = false;
	size_t first = group_labels_next_stable(labels, 0);
	return first < labels->count ? &labels->items[first] : NULL;
}
