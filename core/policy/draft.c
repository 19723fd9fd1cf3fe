/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/evidence.h"
#include "core/policy/group.h"
#include "core/policy/model.h"
#include "core/policy/name.h"
#include "core/policy/rules.h"
#include "core/policy/translate.h"

#define WARNINGS_MAX 200
#define WORD_SIZE    96

struct drafting {
	const struct state *state;
	struct policy_set *set;
	struct evidence evidence;
	size_t warning_capacity;
};

/* A subject with the workload that it belongs to. */
struct member {
	struct group group;
	uint64_t hash;
	const struct subject *subject;
};

struct members {
	struct member *items;
	size_t count;
	size_t capacity;
};

/* --- warnings --- */

static int add_warning(struct drafting *drafting, const char *text)
{
	struct policy_set *set = drafting->set;

	if (!text)
		return -ENOMEM;
	if (set->warning_count == drafting->warning_capacity) {
		size_t capacity =
			drafting->warning_capacity > 0 ? drafting->warning_capacity * 2 : 16;
		const char **grown = arena_array(&set->arena, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (set->warning_count > 0)
			memcpy(grown, set->warnings, set->warning_count * sizeof(*grown));
		set->warnings = grown;
		drafting->warning_capacity = capacity;
	}
	set->warnings[set->warning_count++] = text;
	return 0;
}

static const char *status_text(enum group_status status)
{
	switch (status) {
	case GROUP_OK:
		break;
	case GROUP_POD_UNKNOWN:
		return "no policy: its labels are not known";
	case GROUP_HOST_NETWORK:
		return "no policy: policies do not apply to host-network pods";
	case GROUP_NO_LABELS:
		return "no policy: it has no labels to select it by; label it";
	case GROUP_VOLATILE_LABELS:
		return "no policy: all its labels change with each pod or rollout; label it";
	case GROUP_BAD_LABELS:
		return "no policy: its labels are not valid";
	case GROUP_BAD_NAMESPACE:
		return "no policy: its namespace's name is not valid";
	}
	return "";
}

/* Says why a subject that was seen gets no policy. */
static int warn_subject(struct drafting *drafting, const struct subject *subject,
			enum group_status status)
{
	struct arena *arena = &drafting->set->arena;

	if (!evidence_exists(&drafting->evidence, subject))
		return 0;
	const char *who =
		peer_describe(arena, "pod", subject->namespace_name ? subject->namespace_name : "?",
			      subject->pod ? subject->pod : "?");
	if (!who)
		return -ENOMEM;
	return add_warning(drafting, arena_printf(arena, "%s: %s", who, status_text(status)));
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once, bounded. */
static int finish_warnings(struct drafting *drafting)
{
	struct policy_set *set = drafting->set;
	size_t kept = 0;

	if (set->warning_count == 0)
		return 0;
	qsort(set->warnings, set->warning_count, sizeof(*set->warnings), compare_texts);
	for (size_t i = 0; i < set->warning_count; i++) {
		if (kept == 0 || strcmp(set->warnings[kept - 1], set->warnings[i]) != 0)
			set->warnings[kept++] = set->warnings[i];
	}
	if (kept > WARNINGS_MAX) {
		set->warnings[WARNINGS_MAX] = arena_printf(
			&set->arena, "... and %zu more like these", kept - WARNINGS_MAX);
		if (!set->warnings[WARNINGS_MAX])
			return -ENOMEM;
		kept = WARNINGS_MAX + 1;
	}
	set->warning_count = kept;
	return 0;
}

/* --- one workload --- */

/* The workload in words. Without an owner, by the pod whose name sorts first. */
static const char *describe_workload(struct arena *arena, const struct member *members,
				     size_t count)
{
	const struct group *group = &members[0].group;
	char kind[WORD_SIZE];
	char *name;

	if (!group->kind) {
		const char *first = group->pod->name;
		for (size_t i = 1; i < count; i++) {
			if (strcmp(members[i].group.pod->name, first) < 0)
				first = members[i].group.pod->name;
		}
		const char *pod = peer_describe(arena, "Pod", group->namespace_name, first);
		if (!pod || count == 1)
			return pod;
		return arena_printf(arena, "%s and %zu more with its labels", pod, count - 1);
	}
	name = arena_alloc(arena, group->name.length + 1);
	if (!name)
		return NULL;
	memcpy(name, group->name.text, group->name.length);
	text_escape_ascii(group->kind, kind, sizeof(kind));
	return peer_describe(arena, kind, group->pod ? group->namespace_name : NULL, name);
}

/* What is not in a pod has no labels: one that says what to replace it by. */
static int placeholder_selector(struct arena *arena, const struct group *group,
				const struct policy_selector **out)
{
	struct policy_selector *selector = arena_alloc(arena, sizeof(*selector));
	struct policy_label *label = arena_alloc(arena, sizeof(*label));
	char value[NAME_LABEL_SIZE];

	if (!selector || !label)
		return -ENOMEM;
	name_label_value(group->name, value);
	label->key = "app";
	label->value = arena_string(arena, value);
	if (!label->value)
		return -ENOMEM;
	*selector = (struct policy_selector){.items = label, .count = 1};
	*out = selector;
	return 0;
}

static const struct service_record *find_cluster_dns(const struct workloads *workloads)
{
	const struct service_record *found = NULL;

	for (size_t i = 0; i < workloads_service_count(workloads); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		const char *app = labels_get(&service->labels, "k8s-app");
		if (service->deleted || strcmp(service->namespace_name, "kube-system") != 0 ||
		    (strcmp(service->name, "kube-dns") != 0 &&
		     (!app || strcmp(app, "kube-dns") != 0)))
			continue;
		if (!found || strcmp(service->name, found->name) < 0)
			found = service;
	}
	return found;
}

/* --dns always: the cluster's DNS for a workload whose egress is restricted and that was not seen
 * to use any. */
static int add_cluster_dns(struct evidence *evidence, const char **line)
{
	static const uint8_t protocols[] = {FLOW_UDP, FLOW_TCP};
	struct peer_items *items = &evidence->items;
	struct peer_answer answer = {.reason = PEER_PLAIN};
	bool egress = false;
	size_t before = items->count;

	*line = NULL;
	for (size_t i = 0; i < items->count; i++) {
		const struct peer_item *item = &items->items[i];
		if (item->direction != POLICY_EGRESS)
			continue;
		egress = true;
		if (item->edge && item->edge->port == 53)
			return 0;
	}
	const struct service_record *service = find_cluster_dns(evidence->peers.workloads);
	if (!egress || !service)
		return 0;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		const struct service_port *port = translate_find_port(service, protocols[i], 53);
		const struct peer_question question = {
			.port = 53,
			.protocol = protocols[i],
			.direction = POLICY_EGRESS,
			.guessed = true,
		};
		int error = port ? translate_service(&evidence->peers, &question, service, port,
						     items, &answer)
				 : 0;
		if (error != 0)
			return error;
	}
	if (items->count > before)
		*line = "added by choice: the cluster's DNS, which was not seen to be asked";
	return 0;
}

static void count_evidence(const struct drafting *drafting, size_t subjects, struct policy *policy)
{
	const struct evidence *evidence = &drafting->evidence;
	const struct state_counters *counters = state_counters(drafting->state);

	policy->evidence = (struct policy_evidence){
		.first_ns = counters->first_ns,
		.last_ns = counters->last_ns,
		.flows = evidence->flows,
		.connections = evidence->connections,
		.subjects = subjects,
	};
	for (size_t i = 0; i < sizeof(counters->lost) / sizeof(counters->lost[0]); i++)
		policy->evidence.lost += counters->lost[i];
	policy->coverage = (struct policy_coverage){
		.connections = evidence->connections,
		.covered = evidence->covered,
		.left_out = evidence->left_out,
	};
	/* A direction without a rule is not restricted: what could not be written there passes all
	 * the same. */
	for (int d = 0; d < POLICY_DIRECTIONS; d++) {
		if (policy->rules[d].count == 0)
			policy->coverage.covered += evidence->refused[d];
	}
}

static int name_policy(struct arena *arena, const struct member *members, size_t count, bool shared,
		       struct policy *policy)
{
	const struct group *group = &members[0].group;
	char name[NAME_SIZE];
	int error;

	name_final(group, shared, name);
	policy->name = arena_string(arena, name);
	policy->namespace_name = arena_string(arena, group->namespace_name);
	policy->workload = describe_workload(arena, members, count);
	policy->placeholder = group->pod == NULL;
	if (!policy->name || !policy->namespace_name || !policy->workload)
		return -ENOMEM;
	if (policy->placeholder)
		error = placeholder_selector(arena, group, &policy->selector);
	else
		error = group_selector(arena, group->pod, &policy->selector);
	return error;
}

/* No document, so what its header would have said becomes warnings. */
static int warn_policy(struct drafting *drafting, const struct policy *policy)
{
	struct arena *arena = &drafting->set->arena;
	int error = 0;

	for (size_t i = 0; error == 0 && i < policy->note_count; i++)
		error = add_warning(drafting, arena_printf(arena, "%s: no policy: %s",
							   policy->workload, policy->notes[i]));
	return error;
}

/* Drafts the policy of one workload and appends it to the set, which has room for it; warnings
 * where there is none. */
static int draft_workload(struct drafting *drafting, const struct member *members, size_t count,
			  bool shared)
{
	struct policy_set *set = drafting->set;
	struct evidence *evidence = &drafting->evidence;
	struct policy policy = {.name = NULL};
	const char *dns_line = NULL;
	size_t subjects = 0;

	evidence_start(evidence);
	for (size_t i = 0; i < count; i++) {
		bool any;
		int error = evidence_add(evidence, members[i].subject, &any);
		if (error != 0)
			return error;
		subjects += any;
	}
	if (count == 0 || evidence->edge_count == 0)
		return 0;
	int error = evidence_judge(evidence);
	if (error == 0 && evidence->options->dns == DRAFT_DNS_ALWAYS)
		error = add_cluster_dns(evidence, &dns_line);
	if (error == 0)
		error = name_policy(&set->arena, members, count, shared, &policy);
	if (error == 0)
		error = rules_build(&set->arena, evidence->items.items, evidence->items.count,
				    policy.rules);
	if (error == 0)
		error = notes_format(&evidence->notes, &set->arena, &policy.notes,
				     &policy.note_count);
	if (error != 0)
		return error;
	if (dns_line)
		policy.notes[policy.note_count++] = dns_line;
	if (policy.rules[POLICY_EGRESS].count + policy.rules[POLICY_INGRESS].count == 0)
		return warn_policy(drafting, &policy);
	count_evidence(drafting, subjects, &policy);
	set->policies[set->count++] = policy;
	return 0;
}

/* --- the whole --- */

static int drafting_start(struct drafting *drafting, const struct state *state,
			  const struct draft_options *options)
{
	struct policy_set *set = calloc(1, sizeof(*set));

	*drafting = (struct drafting){.state = state, .set = set};
	if (!set)
		return -ENOMEM;
	drafting->evidence.state = state;
	drafting->evidence.options = options;
	drafting->evidence.peers.workloads = state_workloads(state);
	drafting->evidence.peers.arena = &set->arena;
	return 0;
}

/* Hands the set out, or frees it where there was an error. */
static int drafting_finish(struct drafting *drafting, int error, struct policy_set **out)
{
	if (error == 0)
		error = finish_warnings(drafting);
	evidence_free(&drafting->evidence);
	if (error != 0)
		policy_set_free(drafting->set);
	else
		*out = drafting->set;
	return error;
}

static int add_member(struct members *members, const struct group *group,
		      const struct subject *subject)
{
	if (members->count == members->capacity) {
		size_t capacity = members->capacity > 0 ? members->capacity * 2 : 16;
		struct member *grown = reallocarray(members->items, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		members->items = grown;
		members->capacity = capacity;
	}
	members->items[members->count++] = (struct member){.group = *group, .subject = subject};
	return 0;
}

static int collect_members(struct drafting *drafting, struct members *members)
{
	for (size_t i = 0; i < state_subject_count(drafting->state); i++) {
		const struct subject *subject = state_subject(drafting->state, i);
		struct group group;
		enum group_status status = group_identify(subject, &group);
		int error = status == GROUP_OK ? add_member(members, &group, subject)
					       : warn_subject(drafting, subject, status);
		if (error != 0)
			return error;
	}
	for (size_t i = 0; i < members->count; i++)
		members->items[i].hash = group_hash(&members->items[i].group);
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return group_compare(&x->group, &y->group);
}

/* One workload's members, and its name before it is known to be the only one of that name. */
struct run {
	const struct member *members;
	size_t count;
	const char *base;
};

static int compare_run_names(const void *a, const void *b)
{
	const struct run *x = a;
	const struct run *y = b;
	int order = strcmp(x->members[0].group.namespace_name, y->members[0].group.namespace_name);

	if (order == 0)
		order = strcmp(x->base, y->base);
	return order != 0 ? order : group_compare(&x->members[0].group, &y->members[0].group);
}

static bool same_name(const struct run *a, const struct run *b)
{
	return strcmp(a->base, b->base) == 0 &&
	       strcmp(a->members[0].group.namespace_name, b->members[0].group.namespace_name) == 0;
}

/* Cuts the sorted members into workloads. 0 or -ENOMEM. */
static int make_runs(struct arena *arena, const struct members *members, struct run *runs,
		     size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < members->count;) {
		struct run *run = &runs[(*count)++];
		char base[NAME_SIZE];
		*run = (struct run){.members = &members->items[i], .count = 1};
		while (i + run->count < members->count &&
		       compare_members(run->members, &members->items[i + run->count]) == 0)
			run->count++;
		name_base(&run->members[0].group, base);
		run->base = arena_string(arena, base);
		if (!run->base)
			return -ENOMEM;
		i += run->count;
	}
	qsort(runs, *count, sizeof(*runs), compare_run_names);
	return 0;
}

static int compare_policies(const void *a, const void *b)
{
	return policy_compare(a, b);
}

static int draft_all(struct drafting *drafting, struct members *members)
{
	struct policy_set *set = drafting->set;
	struct run *runs;
	size_t count;
	int error = collect_members(drafting, members);

	if (error != 0 || members->count == 0)
		return error;
	qsort(members->items, members->count, sizeof(*members->items), compare_members);
	runs = arena_array(&set->arena, members->count, sizeof(*runs));
	if (!runs)
		return -ENOMEM;
	error = make_runs(&set->arena, members, runs, &count);
	if (error != 0)
		return error;
	set->policies = arena_array(&set->arena, count, sizeof(*set->policies));
	if (!set->policies)
		return -ENOMEM;
	for (size_t i = 0; error == 0 && i < count; i++) {
		bool shared = (i > 0 && same_name(&runs[i - 1], &runs[i])) ||
			      (i + 1 < count && same_name(&runs[i], &runs[i + 1]));
		error = draft_workload(drafting, runs[i].members, runs[i].count, shared);
	}
	if (set->count > 0)
		qsort(set->policies, set->count, sizeof(*set->policies), compare_policies);
	return error;
}

int policy_draft(const struct state *state, const struct draft_options *options,
		 struct policy_set **out)
{
	static const struct draft_options defaults = {.dns = DRAFT_DNS_AUTO};
	struct drafting drafting;
	struct members members = {.items = NULL};
	int error = drafting_start(&drafting, state, options ? options : &defaults);

	if (error != 0)
		return error;
	error = draft_all(&drafting, &members);
	free(members.items);
	return drafting_finish(&drafting, error, out);
}

/* Whether the other workload, one that can have a policy, has the same base name. */
static bool shares_name(const struct group *other, const char *base, size_t length)
{
	char other_base[NAME_SIZE];

	if (!name_may_be(other, base, length))
		return false;
	name_base(other, other_base);
	return strcmp(base, other_base) == 0 && group_status(other) == GROUP_OK;
}

/*
 * Finds the workload's other subjects, and whether another workload has its name. Looks at every
 * subject: the cheapest questions come first.
 */
static int find_members(const struct state *state, const struct group *group,
			struct members *members, bool *shared)
{
	char base[NAME_SIZE];
	size_t length = name_base(group, base);

	*shared = false;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		struct group other;
		if (subject->pod_record &&
		    strcmp(subject->pod_record->namespace_name, group->namespace_name) != 0)
			continue;
		if (!group_find(subject, &other) ||
		    strcmp(other.namespace_name, group->namespace_name) != 0)
			continue;
		if (group_compare(group, &other) != 0)
			*shared = *shared || shares_name(&other, base, length);
		else if (group_status(&other) == GROUP_OK &&
			 add_member(members, &other, subject) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int draft_one(struct drafting *drafting, const struct subject *subject,
		     struct members *members)
{
	struct policy_set *set = drafting->set;
	struct group group;
	bool shared;
	enum group_status status = group_identify(subject, &group);

	if (status != GROUP_OK)
		return warn_subject(drafting, subject, status);
	set->policies = arena_array(&set->arena, 1, sizeof(*set->policies));
	if (!set->policies)
		return -ENOMEM;
	int error = find_members(drafting->state, &group, members, &shared);
	if (error != 0)
		return error;
	return draft_workload(drafting, members->items, members->count, shared);
}

int policy_draft_subject(const struct state *state, const struct subject *subject,
			 const struct draft_options *options, struct policy_set **out)
{
	static const struct draft_options defaults = {.dns = DRAFT_DNS_AUTO};
	struct drafting drafting;
	struct members members = {.items = NULL};
	int error = drafting_start(&drafting, state, options ? options : &defaults);

	if (error != 0)
		return error;
	error = draft_one(&drafting, subject, &members);
	free(members.items);
	return drafting_finish(&drafting, error, out);
}
