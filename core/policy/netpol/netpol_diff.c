/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol/netpol_cover.h"
#include "core/policy/netpol/netpol_words.h"

#define LINE_SIZE 4096

/* One policy's rules of one direction. */
struct side {
	const struct netpol *policy;
	const struct netpol_rules *rules;
};

/* Policies that add up: they select the same pods. */
struct applying {
	const struct netpol **items;
	size_t count;
};

/* A drafted policy, and what it is held against. */
struct comparison {
	struct netpol_diff *diff;
	const struct netpol *policy; /* the drafted one */
	struct applying drafted;     /* all drafted ones that select its pods, itself too */
	struct applying existing;
	bool named; /* the drafted policy's own line stands already */
};

void netpol_diff_clear(struct netpol_diff *diff)
{
	string_list_clear(&diff->lines);
	*diff = (struct netpol_diff){0};
}

static const struct netpol_rules *rules_of(const struct netpol *policy, bool ingress)
{
	return ingress ? &policy->ingress : &policy->egress;
}

/* --- is it there already? --- */

/* One peer and one port of a rule; NULL: any. */
struct allowance {
	const struct netpol_peer *peer;
	const struct netpol_port *port;
	const char *namespace_name; /* the policy's */
};

static bool rule_covers(const struct side *side, const struct netpol_rule *rule,
			const struct allowance *allowance)
{
	bool peer = rule->peer_count == 0;
	bool port = rule->port_count == 0;

	for (size_t i = 0; i < rule->peer_count && !peer; i++)
		peer = netpol_peer_covers(&rule->peers[i], side->policy->namespace_name,
					  allowance->peer, allowance->namespace_name);
	for (size_t i = 0; i < rule->port_count && peer && !port; i++)
		port = netpol_port_covers(&rule->ports[i], allowance->port);
	return peer && port;
}

static bool side_covers(const struct side *side, const struct allowance *allowance)
{
	for (size_t i = 0; i < side->rules->count; i++) {
		if (rule_covers(side, &side->rules->items[i], allowance))
			return true;
	}
	return false;
}

static bool any_covers(const struct applying *applying, bool ingress,
		       const struct allowance *allowance)
{
	for (size_t i = 0; i < applying->count; i++) {
		const struct netpol *policy = applying->items[i];
		const struct side side = {policy, rules_of(policy, ingress)};
		if (side.rules->isolates && side_covers(&side, allowance))
			return true;
	}
	return false;
}

/* --- lines --- */

static int add_line(struct netpol_diff *diff, const char *line)
{
	return string_list_add(&diff->lines, line);
}

/* Before its first difference: which policy is drafted, and what it is held against. */
static int name_drafted(struct comparison *comparison)
{
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));
	const struct netpol *drafted = comparison->policy;

	if (comparison->named)
		return 0;
	comparison->named = true;
	netpol_words_say(&words, "NetworkPolicy %s/%s (pods ", drafted->namespace_name,
			 drafted->name);
	netpol_words_selector(&words, &drafted->pods);
	netpol_words_say(&words, ") against ");
	if (comparison->existing.count == 0)
		netpol_words_say(&words, "none that exists");
	for (size_t i = 0; i < comparison->existing.count; i++)
		netpol_words_say(&words, "%s%s (%s:%u)", i > 0 ? ", " : "",
				 comparison->existing.items[i]->name,
				 comparison->existing.items[i]->file,
				 comparison->existing.items[i]->line);
	return add_line(comparison->diff, line);
}

static int add_difference(struct comparison *comparison, bool added, const char *line)
{
	int error = name_drafted(comparison);

	if (!error)
		error = add_line(comparison->diff, line);
	if (added)
		comparison->diff->added++;
	else
		comparison->diff->removed++;
	return error;
}

/* One peer of a rule, and those of its ports that the other side lacks: a line, if there are any.
 */
static int compare_peer(struct comparison *comparison, const struct side *side, bool ingress,
			bool added, const struct netpol_rule *rule, const struct netpol_peer *peer)
{
	const struct applying *other = added ? &comparison->existing : &comparison->drafted;
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));
	size_t missing = 0;

	netpol_words_say(&words, "%s %s ", added ? "+" : "-", ingress ? "from" : "to");
	netpol_words_peer(&words, peer, side->policy->namespace_name);
	netpol_words_say(&words, ": ");
	for (size_t i = 0; i < rule->port_count || (i == 0 && rule->port_count == 0); i++) {
		const struct allowance allowance = {
			.peer = peer,
			.port = rule->port_count ? &rule->ports[i] : NULL,
			.namespace_name = side->policy->namespace_name,
		};
		if (any_covers(other, ingress, &allowance))
			continue;
		if (missing++ > 0)
			netpol_words_say(&words, ", ");
		netpol_words_port(&words, allowance.port);
	}
	if (missing == 0)
		return 0;
	if (!added)
		netpol_words_say(&words, "   (%s, %s:%u)", side->policy->name, side->policy->file,
				 rule->line);
	return add_difference(comparison, added, line);
}

static int compare_rules(struct comparison *comparison, const struct side *side, bool ingress,
			 bool added)
{
	int error = 0;

	for (size_t i = 0; i < side->rules->count && !error; i++) {
		const struct netpol_rule *rule = &side->rules->items[i];
		if (rule->peer_count == 0)
			error = compare_peer(comparison, side, ingress, added, rule, NULL);
		for (size_t j = 0; j < rule->peer_count && !error; j++)
			error = compare_peer(comparison, side, ingress, added, rule,
					     &rule->peers[j]);
	}
	return error;
}

static bool any_isolates(const struct applying *applying, bool ingress)
{
	for (size_t i = 0; i < applying->count; i++) {
		if (rules_of(applying->items[i], ingress)->isolates)
			return true;
	}
	return false;
}

static int compare_direction(struct comparison *comparison, bool ingress)
{
	const char *direction = ingress ? "ingress" : "egress";
	const struct side own = {comparison->policy, rules_of(comparison->policy, ingress)};
	const bool isolated = any_isolates(&comparison->existing, ingress);
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));
	int error = 0;

	if (!any_isolates(&comparison->drafted, ingress)) {
		netpol_words_say(&words, "- %s is restricted; the draft leaves it open", direction);
		return isolated ? add_difference(comparison, false, line) : 0;
	}
	if (!isolated) {
		netpol_words_say(&words, "+ %s is restricted; nothing that exists does that",
				 direction);
		error = add_difference(comparison, true, line);
	}
	if (!error && own.rules->isolates)
		error = compare_rules(comparison, &own, ingress, true);
	for (size_t i = 0; i < comparison->existing.count && !error; i++) {
		const struct netpol *policy = comparison->existing.items[i];
		const struct side side = {policy, rules_of(policy, ingress)};
		if (side.rules->isolates)
			error = compare_rules(comparison, &side, ingress, false);
	}
	return error;
}

/* --- which are held against which --- */

/* Those of a set that select all that the drafted policy does: its pods have at least the labels
 * that it asks for. */
static void find_applying(const struct netpol_set *set, const struct netpol *drafted,
			  struct applying *applying)
{
	applying->count = 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct netpol *policy = &set->items[i];
		if (strcmp(policy->namespace_name, drafted->namespace_name) == 0 &&
		    netpol_selector_covers(&policy->pods, &drafted->pods))
			applying->items[applying->count++] = policy;
	}
}

static int tell_unseen(struct netpol_diff *diff, const struct netpol *policy)
{
	char line[LINE_SIZE];
	struct netpol_words words = netpol_words_start(line, sizeof(line));

	netpol_words_say(&words,
			 "- NetworkPolicy %s/%s (%s:%u): nothing was drafted for what it selects",
			 policy->namespace_name, policy->name, policy->file, policy->line);
	diff->removed++;
	return add_line(diff, line);
}

/* Whether an existing policy was held against any drafted one. */
static bool was_compared(const struct netpol *existing, const struct netpol_set *drafted)
{
	for (size_t i = 0; i < drafted->count; i++) {
		if (strcmp(existing->namespace_name, drafted->items[i].namespace_name) == 0 &&
		    netpol_selector_covers(&existing->pods, &drafted->items[i].pods))
			return true;
	}
	return false;
}

int netpol_diff(const struct netpol_set *drafted, const struct netpol_set *existing, bool unseen,
		struct netpol_diff *diff)
{
	struct comparison comparison = {.diff = diff};
	int error = 0;

	comparison.drafted.items =
		reallocarray(NULL, drafted->count + 1, sizeof(*comparison.drafted.items));
	comparison.existing.items =
		reallocarray(NULL, existing->count + 1, sizeof(*comparison.existing.items));
	if (!comparison.drafted.items || !comparison.existing.items)
		error = -ENOMEM;
	for (size_t i = 0; i < drafted->count && !error; i++) {
		comparison.policy = &drafted->items[i];
		comparison.named = false;
		find_applying(drafted, comparison.policy, &comparison.drafted);
		find_applying(existing, comparison.policy, &comparison.existing);
		error = compare_direction(&comparison, true);
		if (!error)
			error = compare_direction(&comparison, false);
	}
	for (size_t i = 0; i < existing->count && unseen && !error; i++) {
		if (!was_compared(&existing->items[i], drafted))
			error = tell_unseen(diff, &existing->items[i]);
	}
	free(comparison.drafted.items);
	free(comparison.existing.items);
	if (error)
		netpol_diff_clear(diff);
	return error;
}
