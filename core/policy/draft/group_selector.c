/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/group_selector.h"

#include <errno.h>
#include <string.h>

#include "core/policy/draft/group_labels.h"
#include "core/policy/netpol/syntax.h"

/* The maximum number of a pod's labels that are compared with those of other pods: one for each bit
 * of a uint64_t. */
#define COMPARED_LABELS 64

/*
 * Returns the label that names the pod's Job, if that Job has no CronJob. Otherwise returns NULL.
 */
static const struct label *group_selector_job(const struct workloads *workloads,
					      const struct pod_record *pod)
{
	struct group group;

	group_of_pod(workloads, pod, &group);
	return group.kind && strcmp(group.kind, "Job") == 0 ? group_labels_find_job(&pod->labels)
							    : NULL;
}

static bool group_label_is_valid(const struct label *label)
{
	return syntax_is_label_key(label->key) && syntax_is_label_value(label->value);
}

/* --- the owner's own selector --- */

/*
 * Returns whether a label of an owner's selector is the same for the next rollout or run. The
 * selector of a Deployment, a StatefulSet or a DaemonSet cannot change (apps/v1). The selector of a
 * ReplicaSet also contains a hash of the pod template, and the selector of a Job contains the UID
 * of the Job. Knative makes a Deployment for each revision, and selects its pods by the revision's
 * UID.
 */
static bool group_owner_label_stays(const struct workload_record *owner, size_t index)
{
	const char *key = owner->selector.items[index].key;

	if (strcmp(key, GROUP_KNATIVE_UID) == 0)
		return false;
	if (strcmp(owner->type, "ReplicaSet") == 0)
		return strcmp(key, GROUP_TEMPLATE_HASH) != 0 &&
		       strcmp(key, GROUP_ROLLOUT_HASH) != 0;
	return strcmp(owner->type, "Job") != 0 || group_labels_is_stable(&owner->selector, index);
}

/* Returns whether policies can select a pod by its owner's selector: group_owner_label_stays is
 * true for some labels of the selector, and the pod has all of these. */
static bool group_owner_selects(const struct workload_record *owner, const struct pod_record *pod)
{
	size_t kept = 0;

	/* Drafted selectors contain matchLabels, but no matchExpressions. */
	if (owner->expressions.count > 0)
		return false;
	for (size_t i = 0; i < owner->selector.count; i++) {
		const struct label *label = &owner->selector.items[i];
		if (!group_owner_label_stays(owner, i))
			continue;
		const char *value = labels_get(&pod->labels, label->key);
		if (!value || strcmp(value, label->value) != 0 || !group_label_is_valid(label))
			return false;
		kept++;
	}
	return kept > 0;
}

/* Finds the owner whose selector selects the pods of a workload: the top owner, or a ReplicaSet or
 * Job of it. Returns NULL if none is known. */
static const struct workload_record *group_find_selecting(const struct workloads *workloads,
							  const struct group *group)
{
	const struct owners *owners = workloads ? workloads_owners(workloads) : NULL;

	if (!owners || owners->count == 0 || !group->kind || !group->pod)
		return NULL;
	const struct owner_name name = {group->namespace_name, group->kind, group->name.text,
					group->name.length};
	const struct workload_record *owner = owners_find(owners, &name);
	if (!owner || owner->selector.count + owner->expressions.count == 0)
		owner = owners_find_owned(owners, &name);
	return owner && group_owner_selects(owner, group->pod) ? owner : NULL;
}

static const struct workload_record *group_find_selecting_pod(const struct workloads *workloads,
							      const struct pod_record *pod)
{
	struct group group;

	if (!workloads || workloads_owners(workloads)->count == 0)
		return NULL;
	group_of_pod(workloads, pod, &group);
	return group_find_selecting(workloads, &group);
}

/* --- whether pods can be selected --- */

/* Checks the stable labels of a pod. */
static enum group_status group_check_labels(const struct workloads *workloads,
					    const struct pod_record *pod)
{
	const struct labels *labels = &pod->labels;
	size_t first = group_labels_next_stable(labels, 0);

	if (labels->count == 0)
		return GROUP_NO_LABELS;
	if (first == labels->count) {
		const struct label *job = group_selector_job(workloads, pod);
		if (!job || job->value[0] == '\0')
			return GROUP_VOLATILE_LABELS;
		return group_label_is_valid(job) ? GROUP_OK : GROUP_BAD_LABELS;
	}
	for (size_t i = first; i < labels->count; i = group_labels_next_stable(labels, i + 1)) {
		if (!group_label_is_valid(&labels->items[i]))
			return GROUP_BAD_LABELS;
	}
	return GROUP_OK;
}

enum group_status group_pod_labels(const struct workloads *workloads, const struct pod_record *pod)
{
	enum group_status status = group_check_labels(workloads, pod);

	if (status == GROUP_OK || status == GROUP_NO_LABELS)
		return status;
	return group_find_selecting_pod(workloads, pod) ? GROUP_OK : status;
}

enum group_status group_status(const struct workloads *workloads, const struct group *group)
{
	if (!group->pod)
		return GROUP_OK;
	if (!syntax_is_dns_label(group->namespace_name))
		return GROUP_BAD_NAMESPACE;
	return group->pod->host_network ? GROUP_HOST_NETWORK
					: group_pod_labels(workloads, group->pod);
}

enum group_status group_identify(const struct workloads *workloads, const struct subject *subject,
				 struct group *group)
{
	return group_find(workloads, subject, group) ? group_status(workloads, group)
						     : GROUP_POD_UNKNOWN;
}

/* --- labels that the owner's pods share --- */

/* Returns a bit mask of the pod's labels that another pod lacks or has with another value. */
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

/* The labels that all known pods of an owner share. Pods without labels do not count. */
struct group_shared {
	struct group group;
	struct labels labels;
	bool known; /* the owner has at least one known pod with labels */
};

/* Removes the labels that a pod lacks or has with another value. Both lists are sorted by key. */
static void group_keep_shared(struct labels *shared, const struct labels *other)
{
	size_t kept = 0;

	for (size_t i = 0, k = 0; i < shared->count; i++) {
		int order = -1;
		while (k < other->count &&
		       (order = strcmp(other->items[k].key, shared->items[i].key)) < 0)
			k++;
		if (k < other->count && order == 0 &&
		    strcmp(other->items[k].value, shared->items[i].value) == 0)
			shared->items[kept++] = shared->items[i];
	}
	shared->count = kept;
}

static int group_compute_shared(struct group_rules *rules, struct group_shared *shared)
{
	struct hash_cursor cursor;

	for (const struct pod_record *pod =
		     workloads_first_relative(rules->workloads, shared->group.pod, &cursor);
	     pod; pod = workloads_next_relative(rules->workloads, &cursor)) {
		struct group group;
		if (pod->labels.count == 0)
			continue;
		group_of_pod(rules->workloads, pod, &group);
		if (group_compare(&shared->group, &group) != 0)
			continue;
		if (shared->known) {
			group_keep_shared(&shared->labels, &pod->labels);
			continue;
		}
		shared->labels.items = arena_array(&rules->shared.arena, pod->labels.count,
						   sizeof(*shared->labels.items));
		if (!shared->labels.items)
			return -ENOMEM;
		memcpy(shared->labels.items, pod->labels.items,
		       pod->labels.count * sizeof(*shared->labels.items));
		shared->labels.count = pod->labels.count;
		shared->known = true;
	}
	return 0;
}

/* Returns the labels that the pods of an owner share, from the cache of the rules. Returns NULL if
 * out of memory. */
static const struct group_shared *group_get_shared(struct group_rules *rules,
						   const struct group *group)
{
	uint64_t hash = group_hash(group);
	struct hash_cursor cursor;
	struct group_shared *shared = hash_cache_first(&rules->shared, hash, &cursor);

	while (shared && group_compare(&shared->group, group) != 0)
		shared = hash_cache_next(&rules->shared, &cursor);
	if (shared)
		return shared;
	shared = hash_cache_add(&rules->shared, hash, sizeof(*shared));
	if (!shared)
		return NULL;
	shared->group = *group;
	return group_compute_shared(rules, shared) == 0 ? shared : NULL;
}

/* Sets *unshared to a bit mask of the pod's labels that differ among the known pods of its owner.
 * Returns 0 or -ENOMEM. */
static int group_find_unshared(struct group_rules *rules, const struct pod_record *pod,
			       uint64_t *unshared)
{
	struct hash_cursor cursor;
	struct group group;

	*unshared = 0;
	if (!rules->workloads)
		return 0;
	/* Skip the comparisons if no other pod may have the owner, as for most StatefulSets. */
	if (workloads_first_relative(rules->workloads, pod, &cursor) == pod &&
	    !workloads_next_relative(rules->workloads, &cursor))
		return 0;
	group_of_pod(rules->workloads, pod, &group);
	if (!group.kind)
		return 0;
	const struct group_shared *shared = group_get_shared(rules, &group);
	if (!shared)
		return -ENOMEM;
	if (shared->known)
		*unshared = group_differing_labels(&pod->labels, &shared->labels);
	return 0;
}

void group_rules_clear(struct group_rules *rules)
{
	hash_cache_clear(&rules->shared);
}

/* Returns a bit mask of a pod's stable labels. */
static uint64_t group_stable_labels(const struct labels *labels)
{
	uint64_t stable = 0;

	for (size_t i = group_labels_next_stable(labels, 0);
	     i < labels->count && i < COMPARED_LABELS; i = group_labels_next_stable(labels, i + 1))
		stable |= UINT64_C(1) << i;
	return stable;
}

int group_split(struct group *group, struct group_rules *rules)
{
	uint64_t unshared;

	if (!group->kind || !group->pod || group_find_selecting(rules->workloads, group))
		return 0;
	if (group_find_unshared(rules, group->pod, &unshared) != 0)
		return -ENOMEM;
	uint64_t stable = group_stable_labels(&group->pod->labels);
	group->by_labels = stable && !(stable & ~unshared);
	return 0;
}

/* --- the selector --- */

/* Returns whether the key matches one of the patterns, which commas separate. A pattern is a key,
 * or a prefix of keys followed by '*'. */
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

/* Makes the selector from the stable labels of a pod. */
static const struct netpol_selector *
group_select_by_labels(struct arena *arena, struct group_rules *rules, const struct pod_record *pod)
{
	const struct labels *labels = &pod->labels;
	const struct label *job = NULL;
	struct labels kept = {.items = arena_array(arena, labels->count + 1, sizeof(struct label))};
	uint64_t differing;
	bool any = false;

	if (!kept.items || group_find_unshared(rules, pod, &differing) != 0)
		return NULL;
	if (differing != 0 && !(group_stable_labels(labels) & ~differing))
		differing = 0;
	for (size_t i = group_labels_next_stable(labels, 0); i < labels->count;
	     i = group_labels_next_stable(labels, i + 1)) {
		any = true;
		if ((i < COMPARED_LABELS && differing >> i & 1) ||
		    group_is_ignored(rules->ignored, labels->items[i].key))
			continue;
		kept.items[kept.count++] = labels->items[i];
	}
	if (!any && (job = group_selector_job(rules->workloads, pod)))
		kept.items[kept.count++] = *job;
	return netpol_selector_copy(arena, &kept, NULL);
}

/* Makes the selector from the owner's selector. */
static const struct netpol_selector *group_select_by_owner(struct arena *arena,
							   const struct group_rules *rules,
							   const struct workload_record *owner)
{
	const struct labels *labels = &owner->selector;
	struct labels kept = {.items = arena_array(arena, labels->count, sizeof(struct label))};

	if (!kept.items)
		return NULL;
	for (size_t i = 0; i < labels->count; i++) {
		if (group_owner_label_stays(owner, i) &&
		    !group_is_ignored(rules->ignored, labels->items[i].key))
			kept.items[kept.count++] = labels->items[i];
	}
	return netpol_selector_copy(arena, &kept, NULL);
}

const struct netpol_selector *group_selector(struct arena *arena, struct group_rules *rules,
					     const struct pod_record *pod)
{
	struct group_rules none = {0};
	struct group_rules *used = rules ? rules : &none;
	const struct workload_record *owner = group_find_selecting_pod(used->workloads, pod);

	return owner ? group_select_by_owner(arena, used, owner)
		     : group_select_by_labels(arena, used, pod);
}

bool group_drops_version(const struct workloads *workloads, const struct pod_record *pod)
{
	return labels_get(&pod->labels, GROUP_VERSION) && !group_find_selecting_pod(workloads, pod);
}
