/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/workload_drafter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/policy/draft/clients.h"
#include "core/policy/draft/cluster_dns.h"
#include "core/policy/draft/left_out.h"
#include "core/policy/draft/name.h"
#include "core/policy/draft/servers.h"
#include "core/policy/draft/tunnel.h"
#include "core/policy/draft/unkept.h"
#include "core/state/loss.h"

#define WORD_SIZE 96

/* --- warnings --- */

static const char *const status_texts[] = {
	[GROUP_OK] = "",
	[GROUP_POD_UNKNOWN] = "no policy: its labels are not known",
	[GROUP_HOST_NETWORK] = "no policy: policies do not apply to host-network pods",
	[GROUP_NO_LABELS] = "no policy: it has no labels to select it by; label it",
	[GROUP_VOLATILE_LABELS] =
		"no policy: all its labels change with each pod or rollout; label it",
	[GROUP_BAD_LABELS] = "no policy: its labels are not valid",
	[GROUP_BAD_NAMESPACE] = "no policy: its namespace's name is not valid",
};

void workload_drafter_warn(struct workload_drafter *drafter, const struct subject *subject,
			   enum group_status status)
{
	struct lines *warnings = &drafter->set->warnings;

	if (!evidence_exists(&drafter->evidence, subject))
		return;
	const char *pod = peer_describe(warnings->arena, "pod",
					subject->namespace_name ? subject->namespace_name : "?",
					subject->pod ? subject->pod : "?");
	if (pod)
		lines_printf(warnings, "%s: %s", pod, status_texts[status]);
	else
		lines_add(warnings, NULL);
}

/* --- one workload --- */

/* Describes the workload for users: its owner, or the first pod by name. */
static const char *workload_drafter_describe(struct arena *arena, const struct workload *workload)
{
	const struct member *members = workload->members;
	const struct group *group = &members[0].group;
	size_t count = workload->count;
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

/* Makes a selector for a workload outside of pods, which has no labels. The selector has the label
 * app=NAME, and the user has to replace it. */
static const struct netpol_selector *workload_drafter_make_placeholder(struct arena *arena,
								       const struct group *group)
{
	char key[] = "app";
	char value[NAME_LABEL_SIZE];
	struct label label = {key, value};

	name_label_value(group->name, value);
	return netpol_selector_copy(arena, &(struct labels){.items = &label, .count = 1}, NULL);
}

/* Returns the number of lost events that are known to be the workload's. Those of a program's
 * cgroup may be those of any program. */
static uint64_t workload_drafter_count_lost(const struct state_counters *counters,
					    const struct workload *workload)
{
	uint64_t lost = 0;

	if (workload->members[0].subject->kind == SUBJECT_PROCESS)
		return counters->lost_by_programs;
	for (size_t i = 0; i < workload->count; i++)
		lost += loss_of_subject(workload->members[i].subject);
	return lost;
}

static void workload_drafter_count_evidence(const struct workload_drafter *drafter,
					    const struct workload *workload, size_t subjects,
					    struct draft *draft)
{
	const struct evidence *evidence = &drafter->evidence;
	const struct state_counters *counters = state_counters(drafter->state);

	draft->others_denied = evidence->others_denied;
	draft->evidence = (struct draft_evidence){
		.first_ns = counters->first_wall_ns,
		.last_ns = counters->last_wall_ns,
		.watched_ns = counters->last_ns - counters->first_ns,
		.clock_steps = counters->clock_steps,
		.flows = evidence->counts.flows,
		.connections = evidence->counts.connections + evidence->counts.unkept +
			       evidence->counts.left_out_connections,
		.subjects = subjects,
		.lost = loss_of_unknown(counters),
		.own_lost = workload_drafter_count_lost(counters, workload),
		.watched = {state_watched(drafter->state, FLOW_TCP),
			    state_watched(drafter->state, FLOW_UDP),
			    state_watched(drafter->state, FLOW_SCTP)},
		.window = *state_window(drafter->state),
	};
	draft->coverage = (struct draft_coverage){
		.connections = draft->evidence.connections,
		.covered = evidence->counts.covered,
		.left_out = evidence->counts.left_out,
		.left_out_connections = evidence->counts.left_out_connections,
		.unknown_services = evidence->counts.unknown_services,
		.unkept = evidence->counts.unkept,
		.failed = evidence->counts.failed,
		.unanswered = evidence->counts.unanswered,
	};
	/* The policy does not restrict a direction without rules. So flows of that direction are
	 * allowed even if no rule could be made for them. */
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		if (draft->policy->rules[d].count == 0 && !draft->others_denied)
			draft->coverage.covered += evidence->counts.refused[d];
	}
	if (draft->policy->rules[NETPOL_EGRESS].count == 0 && !draft->others_denied)
		draft->coverage.unknown_services = 0;
}

/*
 * Reduces the selector to the labels that Cilium knows. policy->pods is NULL if Cilium knows none.
 */
static int workload_drafter_limit_selector(struct netpol *policy, struct lines *lines)
{
	const struct netpol_selector *selector = policy->pods;
	int error = cilium_selector(lines->arena, selector, &policy->pods);

	if (error != 0 || policy->pods == selector)
		return error;
	if (!policy->pods)
		lines_add(lines, "Cilium knows none of its labels: label it");
	for (size_t i = 0; policy->pods && i < selector->labels.count; i++) {
		const char *key = selector->labels.items[i].key;
		if (!cilium_knows_label(key))
			lines_printf(lines,
				     "not in the selector: the label %s: Cilium does not know pods "
				     "by it",
				     key);
	}
	return 0;
}

bool workload_drafter_name_is_taken(const struct workload_drafter *drafter,
				    const struct netpol *policy, const char *name)
{
	const struct netpol_set *existing = drafter->evidence.options->existing;

	if (!existing || !policy->pods || drafter->set->format != DRAFT_KUBERNETES)
		return false;
	for (size_t i = 0; i < existing->count; i++) {
		const struct netpol *other = &existing->items[i];
		if (strcmp(other->name, name) == 0 &&
		    strcmp(other->namespace_name, policy->namespace_name) == 0 &&
		    netpol_selector_compare(other->pods, policy->pods) != 0)
			return true;
	}
	return false;
}

/* Sets the shortest name that no other policy has or may get. The namespace and the selector must
 * be set. Returns 0 or -ENOMEM. */
static int workload_drafter_choose_name(const struct workload_drafter *drafter,
					const struct workload *workload, struct draft *draft)
{
	const struct group *group = &workload->members[0].group;
	struct arena *arena = draft->lines[0].arena;
	struct netpol *policy = draft->policy;
	enum name_level level = NAME_PLAIN;
	char name[NAME_SIZE];
	char kind[NAME_LABEL_SIZE];

	name_make(group, level, name);
	if (workload->shared || workload_drafter_name_is_taken(drafter, policy, name))
		name_make(group, level = NAME_WITH_KIND, name);
	if (level == NAME_WITH_KIND &&
	    (workload->kind_shared || workload_drafter_name_is_taken(drafter, policy, name)))
		name_make(group, NAME_WITH_HASH, name);
	name_kind(group, kind);
	policy->name = draft->name = arena_string(arena, name);
	draft->base = arena_string(arena, workload->base);
	draft->kind = arena_string(arena, kind);
	return policy->name && draft->base && draft->kind ? 0 : -ENOMEM;
}

/* Returns whether the selector omits the label "version" that any of the pods has. */
static bool workload_drafter_drops_version(const struct workload_drafter *drafter,
					   const struct workload *workload)
{
	const struct workloads *workloads = drafter->evidence.peers.workloads;
	bool drops = false;

	for (size_t i = 0; i < workload->count && !drops; i++)
		drops = group_drops_version(workloads, workload->members[i].group.pod);
	return drops;
}

/* Sets the names, the selector and the description of the workload. */
static int workload_drafter_name_policy(struct workload_drafter *drafter,
					const struct workload *workload, struct draft *draft)
{
	struct lines *lines = &draft->lines[DRAFT_MISSING];
	struct arena *arena = lines->arena;
	const struct group *group = &workload->members[0].group;
	struct netpol *policy = draft->policy;

	policy->namespace_name = arena_string(arena, group->namespace_name);
	policy->file = "draft";
	draft->workload = workload_drafter_describe(arena, workload);
	draft->placeholder = group->pod == NULL;
	policy->pods = draft->placeholder ? workload_drafter_make_placeholder(arena, group)
					  : peer_selector(&drafter->evidence.peers, group->pod);
	if (!policy->namespace_name || !draft->workload || !policy->pods ||
	    workload_drafter_choose_name(drafter, workload, draft) != 0)
		return -ENOMEM;
	if (policy->pods->labels.count == 0) {
		/* An empty selector would select all pods of the namespace. */
		policy->pods = NULL;
		lines_add(lines, "all labels to select its pods by are left out by choice");
		return 0;
	}
	if (!draft->placeholder && workload_drafter_drops_version(drafter, workload))
		lines_add(&draft->lines[DRAFT_GUESSED],
			  "guessed: the label version is not in the selector, since releases "
			  "change it; other versions are selected, too");
	return drafter->set->format == DRAFT_CILIUM ? workload_drafter_limit_selector(policy, lines)
						    : 0;
}

/* Makes the rules. Adds a line for each fact about them that the user should know. */
static int workload_drafter_make_rules(struct workload_drafter *drafter,
				       const struct workload *workload, struct draft *draft)
{
	struct lines *guessed = &draft->lines[DRAFT_GUESSED];
	struct evidence *evidence = &drafter->evidence;
	const struct draft_options *options = evidence->options;
	const struct workloads *workloads = evidence->peers.workloads;
	int error = cluster_dns_complete(evidence, draft->lines);

	if (error == 0 && options->format == DRAFT_CILIUM)
		error = cilium_translate(evidence, guessed);
	if (error == 0)
		error = public_items(&drafter->public_ranges, &drafter->widen, workloads, options,
				     &evidence->items, guessed);
	if (error == 0)
		error = widen_items(&drafter->widen, workloads, options, &evidence->items, guessed);
	if (error == 0)
		error = rules_build(&drafter->rules, &evidence->items, options, draft);
	if (error == 0 && !draft->placeholder && draft->policy->pods)
		overlap_report(&drafter->overlap, evidence, &workload->members[0].group,
			       draft->policy->pods, guessed);
	return error;
}

static const char services_unknown[] =
	"guessed: no Services are known here; an inner network's address below may be a Service's, "
	"which most network plugins do not match as a block";

/* Appends a line for each gap in the data that may affect any draft. Does not report lost records,
 * which the first lines of a draft count, or flows beyond a quota, which unkept_report counts. */
static void workload_drafter_report_losses(const struct workload_drafter *drafter,
					   struct lines *lines)
{
	static const enum loss_kind kinds[] = {LOSS_EVICTED, LOSS_UNRESOLVED};
	const struct draft_options *options = drafter->evidence.options;
	const struct state_counters *counters = state_counters(drafter->state);
	char text[LOSS_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		uint64_t count = loss_count(counters, kinds[i]);
		if (count == 0)
			continue;
		loss_format(kinds[i], count, text);
		lines_printf(lines, "incomplete: %s", text);
	}
	for (size_t i = 0; options->gaps && i < options->gaps->count; i++)
		lines_printf(lines, "incomplete: %s", options->gaps->items[i]);
}

static bool workload_drafter_has_policy(const struct netpol *policy)
{
	return policy->pods &&
	       policy->rules[NETPOL_EGRESS].count + policy->rules[NETPOL_INGRESS].count > 0;
}

/* Fills in the draft from judged evidence. Returns 0 or -ENOMEM. */
static int workload_drafter_make_draft(struct workload_drafter *drafter,
				       const struct workload *workload, struct draft *draft)
{
	struct evidence *evidence = &drafter->evidence;
	int error = workload_drafter_name_policy(drafter, workload, draft);

	if (error == 0)
		error = workload_drafter_make_rules(drafter, workload, draft);
	if (error != 0)
		return error;
	workload_drafter_report_losses(drafter, &draft->lines[DRAFT_MISSING]);
	evidence->counts.unkept = unkept_report(workload, &draft->lines[DRAFT_MISSING]);
	error = left_out_collect(evidence, draft);
	if (error != 0)
		return error;
	/* A draft without a policy has no header comment. Its notes would become warnings, which
	 * repeat draft->left_out. */
	if (evidence->options->keep_edges && !workload_drafter_has_policy(draft->policy))
		left_out_drop_notes(&evidence->notes);
	notes_format(&evidence->notes, draft->lines);
	tunnel_report(evidence, &draft->lines[DRAFT_GUESSED]);
	if (evidence->peers.service_port)
		lines_add(&draft->lines[DRAFT_GUESSED],
			  "added by choice: the ports of Services, beside those of their pods");
	if (evidence->peers.private_block && !draft->placeholder)
		lines_add(&draft->lines[DRAFT_GUESSED], services_unknown);
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS && error == 0; kind++)
		error = draft->lines[kind].error;
	return error;
}

/* Turns the lines of a draft without a policy into warnings, because there is no policy with a
 * header comment to print them in. */
static void workload_drafter_warn_of_draft(struct draft_set *set, const struct draft *draft)
{
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++) {
		const struct lines *lines = &draft->lines[kind];
		for (size_t i = 0; i < lines->count; i++)
			lines_printf(&set->warnings, "%s: no policy: %s", draft->workload,
				     lines->items[i]);
	}
}

/* Adds the workload's pods that have no edges, because the policy selects them, too. */
static int workload_drafter_add_unseen(struct workload_drafter *drafter,
				       const struct workload *workload)
{
	struct evidence *evidence = &drafter->evidence;
	const struct workloads *workloads = evidence->peers.workloads;
	const struct group *group = &workload->members[0].group;
	struct hash_cursor cursor;
	int error = 0;

	if (!group->pod)
		return 0;
	if (!group->kind)
		return overlap_add_unseen(&drafter->overlap, evidence, group);
	for (const struct pod_record *pod =
		     workloads_first_relative(workloads, group->pod, &cursor);
	     pod && error == 0; pod = workloads_next_relative(workloads, &cursor)) {
		struct group other;
		if (pod->host_network || !workloads_holds_addresses(pod))
			continue;
		group_of_pod(workloads, pod, &other);
		other.by_labels = group->by_labels;
		if (group_compare(group, &other) == 0)
			error = evidence_add_unseen(evidence, pod);
	}
	return error;
}

/* Returns whether default_deny.h adds a policy to the workload's namespace. */
static bool workload_drafter_denies_others(const struct evidence *evidence)
{
	const struct pod_record *pod = evidence->subjects[0].pod;

	return evidence->options->default_deny && pod &&
	       !cluster_dns_is_in(evidence, pod->namespace_name);
}

int workload_drafter_append(struct draft_set *set, const struct draft *draft)
{
	size_t index = set->policies.count;
	struct netpol *policy = netpol_set_add(&set->policies);

	if (!policy)
		return -ENOMEM;
	*policy = *draft->policy;
	set->items[index] = *draft;
	set->items[index].policy = policy;
	return 0;
}

int workload_drafter_add(struct workload_drafter *drafter, const struct workload *workload)
{
	struct evidence *evidence = &drafter->evidence;
	struct draft_set *set = drafter->set;
	struct netpol policy = {0};
	struct draft draft = {.policy = &policy};
	size_t subjects = 0;

	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++)
		draft.lines[kind].arena = &set->policies.arena;
	evidence_start(evidence);
	for (size_t i = 0; i < workload->count; i++) {
		bool any;
		int error = evidence_add(evidence, workload->members[i].subject, &any);
		if (error != 0)
			return error;
		subjects += any;
	}
	if (evidence->edge_count == 0)
		return 0;
	int error = evidence_judge(evidence);
	evidence->others_denied = workload_drafter_denies_others(evidence);
	if (error == 0)
		error = workload_drafter_add_unseen(drafter, workload);
	if (error == 0)
		error = clients_add(evidence);
	if (error == 0)
		error = servers_add(evidence);
	if (error == 0)
		error = workload_drafter_make_draft(drafter, workload, &draft);
	if (error != 0)
		return error;
	if (!workload_drafter_has_policy(&policy)) {
		workload_drafter_warn_of_draft(set, &draft);
		set->left_out = draft.left_out;
		return 0;
	}
	workload_drafter_count_evidence(drafter, workload, subjects, &draft);
	return workload_drafter_append(set, &draft);
}
