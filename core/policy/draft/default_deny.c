/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/default_deny.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/policy/draft/cluster_dns.h"
#include "core/policy/draft/name.h"
#include "core/policy/draft/rules.h"

#define DENY_NAME "default-deny"

/* Returns whether another policy of the namespace has the name. An existing policy of all pods does
 * not count, because the new one replaces it. */
static bool default_deny_is_taken(const struct workload_drafter *drafter,
				  const char *namespace_name, const char *name)
{
	const struct netpol_set *existing = drafter->evidence.options->existing;
	const struct netpol_set *drafted = &drafter->set->policies;

	for (size_t i = 0; i < drafted->count; i++) {
		if (strcmp(drafted->items[i].namespace_name, namespace_name) == 0 &&
		    strcmp(drafted->items[i].name, name) == 0)
			return true;
	}
	for (size_t i = 0; existing && i < existing->count; i++) {
		const struct netpol *other = &existing->items[i];
		if (strcmp(other->namespace_name, namespace_name) == 0 &&
		    strcmp(other->name, name) == 0 &&
		    other->pods->labels.count + other->pods->requirement_count > 0)
			return true;
	}
	return false;
}

static const char *default_deny_name(const struct workload_drafter *drafter,
				     const char *namespace_name)
{
	struct arena *arena = &drafter->set->policies.arena;

	if (!default_deny_is_taken(drafter, namespace_name, DENY_NAME))
		return DENY_NAME;
	return arena_printf(arena, DENY_NAME "-%08x", (unsigned int)hash_string(0, namespace_name));
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
		error = rules_build(&evidence->items, evidence->options, draft);
	for (int d = 0; d < NETPOL_DIRECTIONS; d++)
		draft->policy->rules[d].isolates = true;
	return error;
}

int default_deny_add(struct workload_drafter *drafter, const char *namespace_name)
{
	static const struct netpol_selector all = {.requirement_count = 0};
	struct draft_set *set = drafter->set;
	struct arena *arena = &set->policies.arena;
	struct netpol policy = {
		.namespace_name = namespace_name,
		.name = default_deny_name(drafter, namespace_name),
		.file = "draft",
		.pods = &all,
	};
	struct draft draft = {
		.policy = &policy,
		.workload = arena_printf(arena, "all pods of namespace %s", namespace_name),
		.name = policy.name,
		.base = DENY_NAME,
		.kind = "namespace",
		.denies_all = true,
	};

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
	if (error != 0)
		return error;
	size_t index = set->policies.count;
	draft.policy = netpol_set_add(&set->policies);
	if (!draft.policy)
		return -ENOMEM;
	*draft.policy = policy;
	set->items[index] = draft;
	return 0;
}
