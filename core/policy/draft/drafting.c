/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/drafting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/draft/cluster_dns.h"
#include "core/policy/draft/name.h"
#include "core/policy/draft/rules.h"

#define WARNINGS_MAX 200
#define WORD_SIZE    96

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

int drafting_warn_subject(struct drafting *drafting, const struct subject *subject,
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

int drafting_finish_warnings(struct drafting *drafting)
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

/* --dns always: the cluster's DNS for a workload whose egress is restricted and that was not seen
 * to use any. */
static int add_cluster_dns(struct evidence *evidence, struct lines *lines)
{
	const struct peer_items *items = &evidence->items;
	bool egress = false;
	size_t before = items->count;

	for (size_t i = 0; i < items->count; i++) {
		if (items->items[i].direction != POLICY_EGRESS)
			continue;
		egress = true;
		if (items->items[i].edge && items->items[i].edge->port == 53)
			return 0;
	}
	int error = egress ? cluster_dns_add(evidence) : 0;
	if (error != 0 || items->count == before)
		return error;
	return lines_add(lines,
			 "added by choice: the cluster's DNS, which was not seen to be asked");
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

/* The selector as Cilium knows it: NULL where it knows none of its labels. */
static int limit_selector(struct policy *policy, struct lines *lines)
{
	const struct policy_selector *selector = policy->selector;
	int error = cilium_selector(lines->arena, selector, &policy->selector);

	if (error != 0 || policy->selector == selector)
		return error;
	if (!policy->selector)
		return lines_add(lines, "Cilium knows none of its labels: label it");
	for (size_t i = 0; error == 0 && i < selector->count; i++) {
		if (!cilium_knows_label(selector->items[i].key))
			error = lines_add(lines,
					  arena_printf(lines->arena,
						       "not in the selector: the label %s: Cilium "
						       "does not know pods by it",
						       selector->items[i].key));
	}
	return error;
}

static int name_policy(struct drafting *drafting, const struct member *members, size_t count,
		       bool shared, struct policy *policy, struct lines *lines)
{
	struct arena *arena = &drafting->set->arena;
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
	if (error == 0 && drafting->set->format == DRAFT_CILIUM)
		error = limit_selector(policy, lines);
	return error;
}

static const char services_unknown[] =
	"guessed: no Services are known here; an inner network's address below may be a Service's, "
	"which most network plugins do not match as a block";

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

/* The rules, and what has to be said of them. */
static int make_rules(struct drafting *drafting, const struct member *members,
		      struct policy *policy, struct lines *lines)
{
	struct evidence *evidence = &drafting->evidence;
	const struct draft_options *options = evidence->options;
	const struct workloads *workloads = evidence->peers.workloads;
	const char *overlap = NULL;
	int error = 0;

	if (options->dns == DRAFT_DNS_ALWAYS)
		error = add_cluster_dns(evidence, lines);
	if (error == 0 && options->format == DRAFT_CILIUM)
		error = cilium_translate(&drafting->cilium, evidence, lines);
	if (error == 0)
		error = widen_items(&drafting->widen, workloads, options, &evidence->items, lines);
	if (error == 0)
		error = rules_build(lines, evidence->items.items, evidence->items.count,
				    options->max_ports, policy->rules);
	if (error == 0)
		error = widen_tell(policy->rules, lines);
	if (error == 0 && !policy->placeholder && policy->selector)
		error = overlap_describe(&drafting->overlap, workloads, lines->arena,
					 &members[0].group, policy->selector, &overlap);
	return error == 0 && overlap ? lines_add(lines, overlap) : error;
}

/* The policy from evidence that is judged. 0 or -ENOMEM. */
static int make_policy(struct drafting *drafting, const struct member *members, size_t count,
		       size_t subjects, bool shared)
{
	struct policy_set *set = drafting->set;
	struct evidence *evidence = &drafting->evidence;
	struct policy policy = {.name = NULL};
	struct lines notes = {.arena = &set->arena};
	struct lines lines = {.arena = &set->arena};

	int error = name_policy(drafting, members, count, shared, &policy, &lines);
	if (error == 0)
		error = make_rules(drafting, members, &policy, &lines);
	if (error == 0)
		error = notes_format(&evidence->notes, &notes);
	for (size_t i = 0; error == 0 && i < lines.count; i++)
		error = lines_add(&notes, lines.items[i]);
	if (error == 0 && evidence->peers.private_block && !policy.placeholder)
		error = lines_add(&notes, services_unknown);
	if (error != 0)
		return error;
	policy.notes = notes.items;
	policy.note_count = notes.count;
	if (!policy.selector ||
	    policy.rules[POLICY_EGRESS].count + policy.rules[POLICY_INGRESS].count == 0)
		return warn_policy(drafting, &policy);
	count_evidence(drafting, subjects, &policy);
	set->policies[set->count++] = policy;
	return 0;
}

int drafting_add_workload(struct drafting *drafting, const struct member *members, size_t count,
			  bool shared)
{
	struct evidence *evidence = &drafting->evidence;
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
	return error != 0 ? error : make_policy(drafting, members, count, subjects, shared);
}
