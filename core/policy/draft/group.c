/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/policy/netpol/syntax.h"

#define STATEFULSET_POD_LABEL "statefulset.kubernetes.io/pod-name"
#define POD_TEMPLATE_HASH     "pod-template-hash"
#define PLACEHOLDER_NAMESPACE "default"
/* The length to which the tools of container runtimes shorten an id. */
#define CONTAINER_ID_SHORT 12

/*
 * apps/v1, batch/v1 and core/v1 types.go and well_known_labels.go name those that controllers set
 * for each pod, revision or node; the last three follow Kubernetes' recommended labels and Helm's,
 * and change with each release of a chart.
 */
static const char *const volatile_labels[] = {
	POD_TEMPLATE_HASH,
	"controller-revision-hash",
	"pod-template-generation",
	STATEFULSET_POD_LABEL,
	"apps.kubernetes.io/pod-index",
	"controller-uid",
	"batch.kubernetes.io/controller-uid",
	"job-name",
	"batch.kubernetes.io/job-name",
	"batch.kubernetes.io/job-completion-index",
	"topology.kubernetes.io/zone",
	"topology.kubernetes.io/region",
	"failure-domain.beta.kubernetes.io/zone",
	"failure-domain.beta.kubernetes.io/region",
	"app.kubernetes.io/version",
	"app.kubernetes.io/managed-by",
	"helm.sh/chart",
};

/* Labels that conventionally name a workload, the most specific first. */
static const char *const naming_labels[] = {
	"app.kubernetes.io/name", "app", "k8s-app", "run", "name", "app.kubernetes.io/instance",
};

/* Returns false for a label that no selector may use: it names a pod, a revision, a place or a
 * version. */
static bool group_label_is_stable(const char *key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(volatile_labels); i++) {
		if (key[0] == volatile_labels[i][0] && strcmp(key, volatile_labels[i]) == 0)
			return false;
	}
	return true;
}

/* Returns the index of the first stable label at or after `from`; labels->count: none. */
static size_t group_next_stable(const struct labels *labels, size_t from)
{
	while (from < labels->count && !group_label_is_stable(labels->items[from].key))
		from++;
	return from;
}

static bool group_ends_with(struct group_text text, const char *suffix, size_t length)
{
	return text.length > length &&
	       memcmp(text.text + text.length - length, suffix, length) == 0;
}

/* Strips the hash of the pod template from a name: "web-6d4cf56db6" becomes "web". Returns length 0
 * if the name does not end with it. */
static struct group_text group_strip_template_hash(struct group_text name,
						   const struct labels *labels)
{
	const char *hash = labels_get(labels, POD_TEMPLATE_HASH);
	size_t length = hash ? strlen(hash) : 0;

	if (length == 0 || !group_ends_with(name, hash, length) || name.length < length + 2 ||
	    name.text[name.length - length - 1] != '-')
		return (struct group_text){0};
	return (struct group_text){.text = name.text, .length = name.length - length - 1};
}

/*
 * Strips the scheduled time that a CronJob appends to the names of its Jobs: minutes since 1970,
 * seconds before Kubernetes 1.21. A date like 20260101 is neither: the minutes of the years 2017 to
 * 2046 are 25 to 40 million. Returns length 0 if the name does not end with a time.
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

/* Sets the owner unless the name is empty. Returns whether it did. */
static bool group_set_owner(struct group *group, const char *kind, struct group_text name)
{
	if (name.length == 0)
		return false;
	group->kind = kind;
	group->name = name;
	return true;
}

/* Guesses the owner from the pod's name and labels. Leaves `kind` NULL if they do not show it. */
static void group_guess_owner(const struct pod_record *pod, struct group *group)
{
	const char *dash = strrchr(pod->name, '-');
	const char *stateful_name = labels_get(&pod->labels, STATEFULSET_POD_LABEL);

	if (!dash || dash == pod->name)
		return;
	struct group_text stem = {.text = pod->name, .length = (size_t)(dash - pod->name)};
	if (!group_set_owner(group, "Deployment", group_strip_template_hash(stem, &pod->labels)) &&
	    stateful_name && strcmp(stateful_name, pod->name) == 0)
		group_set_owner(group, "StatefulSet", stem);
}

/* Returns the label that names a Job; NULL if no label does. */
static const struct label *group_find_job_label(const struct labels *labels)
{
	static const char *const keys[] = {"batch.kubernetes.io/job-name", "job-name"};

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		for (size_t k = 0; k < labels->count; k++) {
			if (strcmp(labels->items[k].key, keys[i]) == 0)
				return &labels->items[k];
		}
	}
	return NULL;
}

/* Sets kind and name to the top owner's. kind is NULL if no owner is known. */
static void group_resolve_owner(const struct pod_record *pod, struct group *group)
{
	const char *kind = pod->owner_kind;
	const char *name = pod->owner_name;

	/* The mirror of a static pod belongs to a node: a place, not a workload. */
	if (!kind || !name || strcmp(kind, "Node") == 0) {
		const struct label *job = group_find_job_label(&pod->labels);
		if (!job || job->value[0] == '\0') {
			group_guess_owner(pod, group);
			return;
		}
		kind = "Job";
		name = job->value;
	}
	group->kind = kind;
	group->name = group_get_text(name);
	if (strcmp(kind, "ReplicaSet") == 0)
		group_set_owner(group, "Deployment",
				group_strip_template_hash(group->name, &pod->labels));
	else if (strcmp(kind, "Job") == 0)
		group_set_owner(group, "CronJob", group_strip_schedule(group->name));
}

/* Returns the label that names the Job of a pod whose Job has no CronJob; NULL for other pods. */
static const struct label *group_get_job_label(const struct pod_record *pod)
{
	struct group group = {0};

	group_resolve_owner(pod, &group);
	return group.kind && strcmp(group.kind, "Job") == 0 ? group_find_job_label(&pod->labels)
							    : NULL;
}

static bool group_label_is_valid(const struct label *label)
{
	return syntax_is_label_key(label->key) && syntax_is_label_value(label->value);
}

enum group_status group_pod_labels(const struct pod_record *pod)
{
	const struct labels *labels = &pod->labels;
	size_t first = group_next_stable(labels, 0);

	if (labels->count == 0)
		return GROUP_NO_LABELS;
	if (first == labels->count) {
		const struct label *job = group_get_job_label(pod);
		if (!job || job->value[0] == '\0')
			return GROUP_VOLATILE_LABELS;
		return group_label_is_valid(job) ? GROUP_OK : GROUP_BAD_LABELS;
	}
	for (size_t i = first; i < labels->count; i = group_next_stable(labels, i + 1)) {
		if (!group_label_is_valid(&labels->items[i]))
			return GROUP_BAD_LABELS;
	}
	return GROUP_OK;
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

void group_of_pod(const struct pod_record *pod, struct group *group)
{
	*group = (struct group){.namespace_name = pod->namespace_name, .pod = pod};
	group_resolve_owner(pod, group);
}

bool group_find(const struct subject *subject, struct group *group)
{
	const struct pod_record *pod = subject->pod_record;

	if (subject->kind != SUBJECT_POD) {
		group_identify_outside(subject, group);
		return true;
	}
	if (!pod)
		return false;
	group_of_pod(pod, group);
	return true;
}

enum group_status group_status(const struct group *group)
{
	if (!group->pod)
		return GROUP_OK;
	if (!syntax_is_dns_label(group->namespace_name))
		return GROUP_BAD_NAMESPACE;
	return group->pod->host_network ? GROUP_HOST_NETWORK : group_pod_labels(group->pod);
}

enum group_status group_identify(const struct subject *subject, struct group *group)
{
	return group_find(subject, group) ? group_status(group) : GROUP_POD_UNKNOWN;
}

static int group_compare_texts(struct group_text a, struct group_text b)
{
	size_t shorter = a.length < b.length ? a.length : b.length;
	int order = shorter > 0 ? memcmp(a.text, b.text, shorter) : 0;

	return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int group_compare_stable_labels(const struct labels *a, const struct labels *b)
{
	size_t i = group_next_stable(a, 0);
	size_t j = group_next_stable(b, 0);

	while (i < a->count && j < b->count) {
		int order = strcmp(a->items[i].key, b->items[j].key);
		if (order == 0)
			order = strcmp(a->items[i].value, b->items[j].value);
		if (order != 0)
			return order;
		i = group_next_stable(a, i + 1);
		j = group_next_stable(b, j + 1);
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
	if (!a->pod || !b->pod)
		return (a->pod != NULL) - (b->pod != NULL);
	return a->pod == b->pod ? 0 : group_compare_stable_labels(&a->pod->labels, &b->pod->labels);
}

uint64_t group_hash(const struct group *group)
{
	uint64_t hash = hash_string(0, group->namespace_name);

	hash = hash_string(hash, group->kind);
	if (group->kind)
		hash = hash_bytes(hash, group->name.text, group->name.length);
	if (!group->pod)
		return hash;
	const struct labels *labels = &group->pod->labels;
	for (size_t i = group_next_stable(labels, 0); i < labels->count;
	     i = group_next_stable(labels, i + 1)) {
		hash = hash_string(hash, labels->items[i].key);
		hash = hash_string(hash, labels->items[i].value);
	}
	return hash;
}

const struct netpol_selector *group_selector(struct arena *arena, const struct pod_record *pod)
{
	const struct netpol_selector *selector =
		netpol_selector_copy(arena, &pod->labels, group_label_is_stable);
	const struct label *found =
		selector && selector->labels.count == 0 ? group_get_job_label(pod) : NULL;

	if (!found)
		return selector;
	struct label job = *found;
	return netpol_selector_copy(arena, &(struct labels){.items = &job, .count = 1}, NULL);
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
	size_t first = group_next_stable(labels, 0);
	return first < labels->count ? &labels->items[first] : NULL;
}
