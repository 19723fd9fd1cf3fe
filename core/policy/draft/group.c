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
#define ROLLOUT_HASH          "rollouts-pod-template-hash"
#define KNATIVE_REVISION      "serving.knative.dev/revision"
#define VERSION_LABEL         "version"
/* Labels beyond this many are not compared with those of other pods. */
#define COMPARED_LABELS       64
#define PLACEHOLDER_NAMESPACE "default"
/* The length to which the tools of container runtimes shorten an id. */
#define CONTAINER_ID_SHORT 12

/*
 * Labels that controllers set for each pod, run, revision, role or node (apps/v1, batch/v1 and core/v1
 * types.go, well_known_labels.go, and the constants of the operators named), and those that change
 * with each release of a chart (Kubernetes' recommended labels, Helm's). Sorted.
 */
static const char *const volatile_labels[] = {
	"app.kubernetes.io/managed-by",
	"app.kubernetes.io/version",
	"apps.kubernetes.io/pod-index",
	"batch.kubernetes.io/controller-uid",
	"batch.kubernetes.io/job-completion-index",
	"batch.kubernetes.io/job-name",
	/* CloudNativePG; the role moves at a failover */
	"cnpg.io/instanceName",
	"cnpg.io/instanceRole",
	"controller-revision-hash",
	"controller-uid",
	"failure-domain.beta.kubernetes.io/region",
	"failure-domain.beta.kubernetes.io/zone",
	"helm.sh/chart",
	/* Istio */
	"istio.io/rev",
	"job-name",
	"operator.prometheus.io/shard",
	"pod-template-generation",
	POD_TEMPLATE_HASH,
	/* Argo Rollouts */
	ROLLOUT_HASH,
	/* Istio */
	"service.istio.io/canonical-revision",
	/* Knative */
	"serving.knative.dev/configurationGeneration",
	"serving.knative.dev/configurationUID",
	KNATIVE_REVISION,
	"serving.knative.dev/revisionUID",
	"serving.knative.dev/routingState",
	"serving.knative.dev/serviceUID",
	/* Spark */
	"spark-app-selector",
	"spark-exec-id",
	"spark-exec-resourceprofile-id",
	"sparkoperator.k8s.io/submission-id",
	/* Zalando's and Patroni's PostgreSQL; the role moves at a failover */
	"spilo-role",
	STATEFULSET_POD_LABEL,
	/* Strimzi */
	"strimzi.io/pod-name",
	/* Tekton */
	"tekton.dev/pipelineRun",
	"tekton.dev/pipelineRunUID",
	"tekton.dev/taskRun",
	"tekton.dev/taskRunUID",
	"topology.kubernetes.io/region",
	"topology.kubernetes.io/zone",
	"triggers.tekton.dev/triggers-eventid",
	VERSION_LABEL,
	/* Argo Workflows */
	"workflows.argoproj.io/completed",
	"workflows.argoproj.io/resubmitted-from-workflow",
	"workflows.argoproj.io/workflow",
};

/*
 * Labels of general names that are volatile only beside another label, which shows who set them; with
 * `same`, only if both have one value.
 */
static const struct {
	const char *key;
	const char *beside;
	bool same;
} volatile_beside[] = {
	{"app", KNATIVE_REVISION, true},           /* Knative */
	{"deployment", "deploymentconfig", false}, /* OpenShift: the revision */
	{"role", "cnpg.io/cluster", false},        /* CloudNativePG: primary or replica */
};

/* Labels that conventionally name a workload, the most specific first. */
static const char *const naming_labels[] = {
	"app.kubernetes.io/name", "app", "k8s-app", "run", "name", "app.kubernetes.io/instance",
};

static int group_compare_keys(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

/* Returns false for a label that no selector may use: it names a pod, a run, a revision, a role, a
 * place or a version. */
static bool group_label_is_stable(const struct labels *labels, size_t index)
{
	const struct label *label = &labels->items[index];

	if (bsearch(label->key, volatile_labels, ARRAY_LENGTH(volatile_labels),
		    sizeof(volatile_labels[0]), group_compare_keys))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(volatile_beside); i++) {
		if (strcmp(label->key, volatile_beside[i].key) != 0)
			continue;
		const char *beside = labels_get(labels, volatile_beside[i].beside);
		if (beside && (!volatile_beside[i].same || strcmp(beside, label->value) == 0))
			return false;
	}
	return true;
}

/* Returns the index of the first stable label at or after `from`; labels->count: none. */
static size_t group_next_stable(const struct labels *labels, size_t from)
{
	while (from < labels->count && !group_label_is_stable(labels, from))
		from++;
	return from;
}

static bool group_ends_with(struct group_text text, const char *suffix, size_t length)
{
	return text.length > length &&
	       memcmp(text.text + text.length - length, suffix, length) == 0;
}

/* Strips the hash of the pod template, which a label has, from a name: "web-6d4cf56db6" becomes
 * "web". Returns length 0 if the name does not end with it. */
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

/* Sets the owner of a ReplicaSet, by its name and the labels of its pods. Returns whether it did. */
static bool group_set_template_owner(struct group *group, struct group_text name,
				     const struct labels *labels)
{
	return group_set_owner(group, "Rollout",
			       group_strip_template_hash(name, labels, ROLLOUT_HASH)) ||
	       group_set_owner(group, "Deployment",
			       group_strip_template_hash(name, labels, POD_TEMPLATE_HASH));
}

/* Guesses the owner from the pod's name and labels. Leaves `kind` NULL if they do not show it. */
static void group_guess_owner(const struct pod_record *pod, struct group *group)
{
	const char *dash = strrchr(pod->name, '-');
	const char *stateful_name = labels_get(&pod->labels, STATEFULSET_POD_LABEL);

	if (!dash || dash == pod->name)
		return;
	struct group_text stem = {.text = pod->name, .length = (size_t)(dash - pod->name)};
	if (!group_set_template_owner(group, stem, &pod->labels) && stateful_name &&
	    strcmp(stateful_name, pod->name) == 0)
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

/*
 * Returns whether owners of a kind stand for one run of a workload, not for the workload: the labels
 * of its pods tell more. A Spark driver is a pod that owns its executors.
 */
static bool group_is_run(const char *kind)
{
	static const char *const kinds[] = {"Pod", "PipelineRun", "TaskRun", "Workflow"};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* Sets kind and name to the top owner's. kind is NULL if no owner is known. */
static void group_resolve_owner(const struct pod_record *pod, struct group *group)
{
	const char *kind = pod->owner_kind;
	const char *name = pod->owner_name;

	if (kind && group_is_run(kind))
		return;
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
		group_set_template_owner(group, group->name, &pod->labels);
	else if (strcmp(kind, "ReplicationController") == 0 &&
		 labels_get(&pod->labels, "deploymentconfig"))
		group_set_owner(group, "DeploymentConfig",
				group_get_text(labels_get(&pod->labels, "deploymentconfig")));
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
	/* One owner is one workload: labels that differ among its pods select none of them for long. */
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
	for (size_t i = group_next_stable(labels, 0); i < labels->count;
	     i = group_next_stable(labels, i + 1)) {
		hash = hash_string(hash, labels->items[i].key);
		hash = hash_string(hash, labels->items[i].value);
	}
	return hash;
}

/* Returns the bits of a pod's labels that another pod lacks or has with another value. */
static uint64_t group_differing_labels(const struct labels *labels, const struct labels *other)
{
	uint64_t differing = 0;

	for (size_t i = 0, k = 0; i < labels->count && i < COMPARED_LABELS; i++) {
		int order = -1;
		while (k < other->count &&
		       (order = strcmp(other->items[k].key, labels->items[i].key)) < 0)
			k++;
		if (k == other->count || order != 0 ||
		    strcmp(other->items[k].value, labels->items[i].value) != 0)
			differing |= UINT64_C(1) << i;
	}
	return differing;
}

/* Returns the bits of the labels that differ among the known pods of a pod's owner. */
static uint64_t group_unshared_labels(const struct workloads *workloads,
				      const struct pod_record *pod)
{
	struct group own;
	struct hash_cursor cursor;
	uint64_t differing = 0;

	group_of_pod(pod, &own);
	if (!workloads || !own.kind)
		return 0;
	for (const struct pod_record *other = workloads_first_relative(workloads, pod, &cursor);
	     other; other = workloads_next_relative(workloads, &cursor)) {
		struct group group;
		if (other == pod || other->labels.count == 0)
			continue;
		group_of_pod(other, &group);
		if (group_compare(&own, &group) == 0)
			differing |= group_differing_labels(&pod->labels, &other->labels);
	}
	return differing;
}

/* Returns the bits of a pod's stable labels. */
static uint64_t group_stable_labels(const struct labels *labels)
{
	uint64_t stable = 0;

	for (size_t i = group_next_stable(labels, 0); i < labels->count && i < COMPARED_LABELS;
	     i = group_next_stable(labels, i + 1))
		stable |= UINT64_C(1) << i;
	return stable;
}

void group_split(struct group *group, const struct workloads *workloads)
{
	if (!group->kind || !group->pod)
		return;
	uint64_t stable = group_stable_labels(&group->pod->labels);
	group->by_labels = stable && !(stable & ~group_unshared_labels(workloads, group->pod));
}

/* Returns whether one of the patterns, split by commas, is the key, or its start if it ends in '*'. */
static bool group_is_ignored(const char *patterns, const char *key)
{
	while (patterns && *patterns) {
		size_t length = strcspn(patterns, ",");
		bool prefix = length > 0 && patterns[length - 1] == '*';
		if (strncmp(patterns, key, length - prefix) == 0 && (prefix || key[length] == '\0'))
			return true;
		patterns += length + (patterns[length] == ',');
	}
	return false;
}

const struct netpol_selector *group_selector(struct arena *arena, const struct group_rules *rules,
					     const struct pod_record *pod)
{
	const struct labels *labels = &pod->labels;
	const struct label *job = NULL;
	struct labels kept = {.items = arena_array(arena, labels->count + 1, sizeof(struct label))};
	bool any = false;

	if (!kept.items)
		return NULL;
	uint64_t differing = rules ? group_unshared_labels(rules->workloads, pod) : 0;
	if (!(group_stable_labels(labels) & ~differing))
		differing = 0;
	for (size_t i = group_next_stable(labels, 0); i < labels->count;
	     i = group_next_stable(labels, i + 1)) {
		any = true;
		if ((i < COMPARED_LABELS && differing >> i & 1) ||
		    (rules && group_is_ignored(rules->ignored, labels->items[i].key)))
			continue;
		kept.items[kept.count++] = labels->items[i];
	}
	if (!any && (job = group_get_job_label(pod)))
		kept.items[kept.count++] = *job;
	return netpol_selector_copy(arena, &kept, NULL);
}

bool group_drops_version(const struct pod_record *pod)
{
	return labels_get(&pod->labels, VERSION_LABEL) != NULL;
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
