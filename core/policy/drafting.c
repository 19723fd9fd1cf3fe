/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/drafting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/name.h"
#include "core/policy/rules.h"
#include "core/policy/translate.h"

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

/* notes_format left room for this line and for the one about the cluster's DNS. */
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

int drafting_add_workload(struct drafting *drafting, const struct member *members, size_t count,
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
	if (evidence->peers.private_block && !policy.placeholder)
		policy.notes[policy.note_count++] = services_unknown;
	if (policy.rules[POLICY_EGRESS].count + policy.rules[POLICY_INGRESS].count == 0)
		return warn_policy(drafting, &policy);
	count_evidence(drafting, subjects, &policy);
	set->policies[set->count++] = policy;
	return 0;
}
