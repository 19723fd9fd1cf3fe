/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/default_deny.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/policy/draft/cluster_dns.h"
#include "core/policy/draft/name.h"

#define DENY_NAME "default-deny"

/* Chooses the name of the policy: DENY_NAME, or DENY_NAME with a hash if another policy of the
 * namespace has that name. An existing policy that also selects all pods does not count, because
 * the new policy may replace it. Returns NULL if out of memory. */
static const char *default_deny_name(const struct workload_drafter *drafter,
				     const struct netpol *policy)
{
	const struct netpol_set *drafted = &drafter->set->policies;
	bool is_taken = workload_drafter_name_is_taken(drafter, policy, DENY_NAME);

	for (size_t i = 0; i < drafted->count && !is_taken; i++)
		is_taken = strcmp(drafted->items[i].namespace_name, policy->namespace_name) == 0 &&
			   strcmp(drafted->items[i].name, DENY_NAME) == 0;
	return is_taken ? arena_printf(&drafter->set->policies.arena, DENY_NAME "-%08x",
				       (unsigned int)hash_string(0, policy->namespace_name))
			: DENY_NAME;
}

/* Fills in the rules, which allow only egress to the cluster's DNS. */
static int default_deny_make_rules(struct workload_drafter *drafter, struct draft *draft)
{
	struct lines *lines = &draft->lines[DRAFT_GUESSED];
	struct evidence *evidence = &drafter->evidence;
	int error = 0;

	evidence_start(evidence);
	if (evidence->options->dns != DRAFT_DNS_NEVER)
		error = cluster_dns_add_asked(evidence, lines);
	if (error == 0 && evidence->options->format == DRAFT_CILIUM)
		error = cilium_translate(evidence, lines);
	if (error == 0)
		error = rules_build(&drafter->rules, &evidence->items, evidence->options, draft);
	for (int d = 0; d < NETPOL_DIRECTIONS; d++)
		draft->policy->rules[d].isolates = true;
	return error;
}

/* Returns whether a workload's draft in the namespace selects the pod. */
static bool default_deny_has_draft(const struct draft_set *set, const struct pod_record *pod)
{
	for (size_t i = 0; i < set->policies.count; i++) {
		const struct netpol *policy = &set->policies.items[i];
		if (!set->items[i].denies_all &&
		    strcmp(policy->namespace_name, pod->namespace_name) == 0 &&
		    netpol_selector_matches(policy->pods, &pod->labels))
			return true;
	}
	return false;
}

int default_deny_report(struct workload_drafter *drafter, struct draft *draft, bool all_drafted)
{
	const char *namespace_name = draft->policy->namespace_name;
	struct resolver *resolver = drafter->evidence.peers.resolver;
	struct lines *lines = &draft->lines[DRAFT_GUESSED];
	const struct pod_record *first = NULL;
	const struct pod_record *pod;
	size_t count = 0;
	uint32_t at;

	if (resolver_first_in(resolver, namespace_name, false, &at) != 0)
		return -ENOMEM;
	while ((pod = resolver_next_in(resolver, &at))) {
		if (pod->host_network || default_deny_has_draft(drafter->set, pod))
			continue;
		if (!first || strcmp(pod->name, first->name) < 0)
			first = pod;
		count++;
	}
	if (count == 0)
		return 0;
	if (!all_drafted) {
		lines_printf(lines,
			     "also selected: %zu other pod%s: without a draft of %s own, %s "
			     "traffic is denied",
			     count, count == 1 ? "" : "s", count == 1 ? "its" : "their",
			     count == 1 ? "its" : "their");
		return lines->error;
	}
	const char *text = peer_describe(lines->arena, "pod", namespace_name, first->name);
	if (!text)
		return -ENOMEM;
	if (count == 1)
		lines_printf(lines, "also selected: %s, which has no draft: its traffic is denied",
			     text);
	else
		lines_printf(lines,
			     "also selected: %s and %zu more, which have no draft: their traffic "
			     "is denied",
			     text, count - 1);
	return lines->error;
}

int default_deny_add(struct workload_drafter *drafter, const char *namespace_name)
{
	static const struct netpol_selector all = {.requirement_count = 0};
	struct draft_set *set = drafter->set;
	struct arena *arena = &set->policies.arena;
	struct netpol policy = {
		.namespace_name = namespace_name,
		.file = "draft",
		.pods = &all,
	};
	struct draft draft = {
		.policy = &policy,
		.workload = arena_printf(arena, "all pods of namespace %s", namespace_name),
		.base = DENY_NAME,
		.kind = "namespace",
		.denies_all = true,
	};

	policy.name = draft.name = default_deny_name(drafter, &policy);
	if (dns_servers_find(&drafter->evidence.dns, drafter->state) != 0 || !policy.name ||
	    !draft.workload)
		return -ENOMEM;
	if (cluster_dns_is_in(&drafter->evidence, namespace_name)) {
		lines_printf(&set->warnings,
			     "namespace %s: no policy that denies all: the cluster's DNS is in it",
			     namespace_name);
		return 0;
	}
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++)
		draft.lines[kind].arena = arena;
	int error = default_deny_make_rules(drafter, &draft);
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS && error == 0; kind++)
		error = draft.lines[kind].error;
	return error != 0 ? error : workload_drafter_append(set, &draft);
}
