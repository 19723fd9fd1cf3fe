/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/policy/netpol/netpol_cover.h"
#include "core/policy/netpol/netpol_words.h"

#define LINE_SIZE 4096

/* Policies that select the same pods. These pods get the union of the rules. */
struct netpol_union {
	const struct netpol **items;
	size_t count;
};

/* One drafted policy and the policies that it is compared with. */
struct netpol_comparison {
	struct netpol_diff *diff;
	const struct netpol_diff_names *names; /* NULL: none */
	const struct netpol *policy;           /* the drafted policy */
	struct netpol_union drafted; /* all drafted policies that select the pods of `policy` */
	struct netpol_union existing;
	enum netpol_direction direction;
	bool named; /* the line that names the drafted policy has been added */
};

void netpol_diff_clear(struct netpol_diff *diff)
{
	string_list_clear(&diff->lines);
	*diff = (struct netpol_diff){0};
}

/* --- cover --- */

/* One peer and one port of a rule. NULL stands for any peer, or any port. */
struct netpol_allowance {
	const struct netpol_peer *peer;
	const struct netpol_port *port;
};

static bool netpol_diff_rule_covers(const struct netpol_rule *rule,
				    const struct netpol_allowance *allowance)
{
	bool peer = rule->peer_count == 0;
	bool port = rule->port_count == 0;

	for (size_t i = 0; i < rule->peer_count && !peer; i++)
		peer = netpol_peer_covers(&rule->peers[i], allowance->peer);
	for (size_t i = 0; i < rule->port_count && peer && !port; i++)
		port = netpol_port_covers(&rule->ports[i], allowance->port);
	return peer && port;
}

static bool netpol_diff_covers(const struct netpol_union *policies, enum netpol_direction direction,
			       const struct netpol_allowance *allowance)
{
	for (size_t i = 0; i < policies->count; i++) {
		const struct netpol_rules *rules = &policies->items[i]->rules[direction];
		for (size_t j = 0; rules->isolates && j < rules->count; j++) {
			if (netpol_diff_rule_covers(&rules->items[j], allowance))
				return true;
		}
	}
	return false;
}

/* --- lines --- */

/* Adds a line that begins with "+" or "-". Before the first such line, adds the line that names the
 * drafted policy and the policies that it is compared with. */
static int netpol_diff_add(struct netpol_comparison *comparison, const char *line)
{
	struct string_list *lines = &comparison->diff->lines;
	char name[LINE_SIZE];
	struct netpol_words words = netpol_words_start(name, sizeof(name));
	const struct netpol *drafted = comparison->policy;
	int error = 0;

	netpol_words_add(&words, "NetworkPolicy %s/%s (pods ", drafted->namespace_name,
			 drafted->name);
	netpol_words_selector(&words, drafted->pods);
	netpol_words_add(&words, ") against ");
	if (comparison->existing.count == 0)
		netpol_words_add(&words, "none that exists");
	for (size_t i = 0; i < comparison->existing.count; i++) {
		const struct netpol *existing = comparison->existing.items[i];
		netpol_words_add(&words, "%s%s (", i > 0 ? ", " : "", existing->name);
		netpol_words_place(&words, existing, existing->line);
		netpol_words_add(&words, ")");
	}
	if (!comparison->named)
		error = string_list_add(lines, name);
	comparison->named = true;
	if (line[0] == '+')
		comparison->diff->added++;
	else
		comparison->diff->removed++;
	return error ? error : string_list_add(lines, line);
}

/* Adds a port of a rule of `policy` for `peer`, with its name in the pods that accept the
 * connections. */
static void netpol_diff_add_port(struct netpol_words *words,
				 const struct netpol_comparison *comparison,
				 const struct netpol *policy,
				 const struct netpol_allowance *allowance)
{
	const struct netpol_diff_names *names = comparison->names;
	const struct netpol_port *port = allowance->port;
	const struct netpol_peer *peer = allowance->peer;
	bool ingress = comparison->direction == NETPOL_INGRESS;
	const char *namespace_name = policy->namespace_name;
	const char *name = NULL;

	if (!ingress)
		namespace_name =
			peer && peer->kind == NETPOL_PEER_PODS ? peer->namespace_name : NULL;
	if (names && namespace_name && port && !port->name && port->first > 0 &&
	    port->first == port->last)
		name = names->find(names->data, namespace_name, ingress ? policy->pods : peer->pods,
				   port);
	netpol_words_port(words, port, name);
}

/*
 * Compares a rule of one side with all policies of the other side. If `policy` is NULL, the rule is
 * from a draft, and the existing policies are the other side. Otherwise the rule is from the
 * existing policy `policy`, and the drafts are the other side. If the other side does not allow all
 * ports of the rule for the peer (NULL: any peer), adds a line with the peer and the missing ports.
 */
static int netpol_diff_peer(struct netpol_comparison *comparison, const struct netpol *policy,
			    const struct netpol_rule *rule, const struct netpol_peer *peer)
{
	const struct netpol_union *other = policy ? &comparison->drafted : &comparison->existing;
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));
	size_t missing = 0;

	netpol_words_add(&words, "%s %s ", policy ? "-" : "+",
			 comparison->direction == NETPOL_INGRESS ? "from" : "to");
	netpol_words_peer(&words, peer);
	netpol_words_add(&words, ": ");
	for (size_t i = 0; i < rule->port_count || (i == 0 && rule->port_count == 0); i++) {
		const struct netpol_allowance allowance = {
			.peer = peer,
			.port = rule->port_count ? &rule->ports[i] : NULL,
		};
		if (netpol_diff_covers(other, comparison->direction, &allowance))
			continue;
		if (missing++ > 0)
			netpol_words_add(&words, ", ");
		netpol_diff_add_port(&words, comparison, policy ? policy : comparison->policy,
				     &allowance);
	}
	if (missing == 0)
		return 0;
	if (policy) {
		netpol_words_add(&words, "   (%s, ", policy->name);
		netpol_words_place(&words, policy, rule->line);
		netpol_words_add(&words, ")");
	}
	return netpol_diff_add(comparison, line);
}

static int netpol_diff_rules(struct netpol_comparison *comparison, const struct netpol *policy,
			     const struct netpol_rules *rules)
{
	int error = 0;

	for (size_t i = 0; rules->isolates && i < rules->count && !error; i++) {
		const struct netpol_rule *rule = &rules->items[i];
		if (rule->peer_count == 0)
			error = netpol_diff_peer(comparison, policy, rule, NULL);
		for (size_t j = 0; j < rule->peer_count && !error; j++)
			error = netpol_diff_peer(comparison, policy, rule, &rule->peers[j]);
	}
	return error;
}

static bool netpol_diff_isolates(const struct netpol_union *policies,
				 enum netpol_direction direction)
{
	for (size_t i = 0; i < policies->count; i++) {
		if (policies->items[i]->rules[direction].isolates)
			return true;
	}
	return false;
}

static int netpol_diff_direction(struct netpol_comparison *comparison,
				 enum netpol_direction direction)
{
	const struct netpol_union *existing = &comparison->existing;
	const char *word = direction == NETPOL_INGRESS ? "ingress" : "egress";
	const bool isolated = netpol_diff_isolates(existing, direction);
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));
	int error = 0;

	comparison->direction = direction;
	if (!netpol_diff_isolates(&comparison->drafted, direction)) {
		netpol_words_add(&words, "- %s is restricted; the draft leaves it open", word);
		return isolated ? netpol_diff_add(comparison, line) : 0;
	}
	if (!isolated) {
		netpol_words_add(&words, "+ %s is restricted; no existing policy does that", word);
		error = netpol_diff_add(comparison, line);
	}
	if (!error)
		error = netpol_diff_rules(comparison, NULL, &comparison->policy->rules[direction]);
	for (size_t i = 0; i < existing->count && !error; i++)
		error = netpol_diff_rules(comparison, existing->items[i],
					  &existing->items[i]->rules[direction]);
	return error;
}

/* --- the policies that are compared --- */

/* Returns true if the policy selects every pod that the drafted policy selects. */
static bool netpol_diff_applies(const struct netpol *policy, const struct netpol *drafted)
{
	return strcmp(policy->namespace_name, drafted->namespace_name) == 0 &&
	       netpol_selector_covers(policy->pods, drafted->pods);
}

static void netpol_diff_collect(const struct netpol_set *set, const struct netpol *drafted,
				struct netpol_union *policies)
{
	policies->count = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (netpol_diff_applies(&set->items[i], drafted))
			policies->items[policies->count++] = &set->items[i];
	}
}

/* Adds a line for an existing policy if no drafted policy was compared with it. */
static int netpol_diff_add_unseen(struct netpol_diff *diff, const struct netpol_set *drafted,
				  const struct netpol *policy)
{
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));

	for (size_t i = 0; i < drafted->count; i++) {
		if (netpol_diff_applies(policy, &drafted->items[i]))
			return 0;
	}
	netpol_words_add(&words, "- NetworkPolicy %s/%s (", policy->namespace_name, policy->name);
	netpol_words_place(&words, policy, policy->line);
	netpol_words_add(&words, "): nothing was drafted for what it selects");
	diff->removed++;
	return string_list_add(&diff->lines, line);
}

int netpol_diff(const struct netpol_set *drafted, const struct netpol_set *existing, bool unseen,
		const struct netpol_diff_names *names, struct netpol_diff *diff)
{
	CLEANUP_FREE const struct netpol **of_drafted =
		reallocarray(NULL, drafted->count + 1, sizeof(*of_drafted));
	CLEANUP_FREE const struct netpol **of_existing =
		reallocarray(NULL, existing->count + 1, sizeof(*of_existing));
	int error = of_drafted && of_existing ? 0 : -ENOMEM;

	for (size_t i = 0; i < drafted->count && !error; i++) {
		struct netpol_comparison comparison = {
			.diff = diff,
			.names = names,
			.policy = &drafted->items[i],
			.drafted.items = of_drafted,
			.existing.items = of_existing,
		};
		netpol_diff_collect(drafted, comparison.policy, &comparison.drafted);
		netpol_diff_collect(existing, comparison.policy, &comparison.existing);
		error = netpol_diff_direction(&comparison, NETPOL_INGRESS);
		if (!error)
			error = netpol_diff_direction(&comparison, NETPOL_EGRESS);
	}
	for (size_t i = 0; i < existing->count && unseen && !error; i++)
		error = netpol_diff_add_unseen(diff, drafted, &existing->items[i]);
	if (error)
		netpol_diff_clear(diff);
	return error;
}
