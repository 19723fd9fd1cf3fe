/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_rule_again.h"

#include <stdint.h>

#include "tui/dashboard/view/edge_set.h"

/* Returns how many edges of a rule are in a set. */
static size_t policy_rule_count_shared(const struct draft_rule *rule, const struct edge_set *edges)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->edges.count; i++)
		count += edge_set_has(edges, rule->edges.items[i]);
	return count;
}

/* Returns the number of the rule, in the order of the list, among those of its kind and direction
 * without edges. */
static size_t policy_rule_number_added(const struct draft_rules *rules, size_t index)
{
	const struct draft_rule *rule = &rules->items[index];
	size_t number = 0;

	for (size_t i = 0; i < index; i++)
		number += rules->items[i].kind == rule->kind &&
			  rules->items[i].direction == rule->direction &&
			  rules->items[i].edges.count == 0;
	return number;
}

/* Returns the index of the rule that has most of the edges; rules->count if no rule has any. */
static size_t policy_rule_find_by_edges(const struct draft_rules *rules,
					const struct draft_rule *former,
					const struct edge_set *edges)
{
	size_t found = rules->count;
	size_t most = 0;

	for (size_t i = 0; i < rules->count; i++) {
		size_t shared = policy_rule_count_shared(&rules->items[i], edges);

		/* A rule of the same kind precedes all rules of other kinds. */
		if (shared > 0 && rules->items[i].kind == former->kind)
			shared += SIZE_MAX / 2;
		if (shared <= most)
			continue;
		most = shared;
		found = i;
	}
	return found;
}

/* Returns the index of the rule without edges that has the same number; rules->count: none. */
static size_t policy_rule_find_added(const struct draft_rules *rules, const struct draft_rules *old,
				     size_t index)
{
	const struct draft_rule *former = &old->items[index];
	size_t number = policy_rule_number_added(old, index);

	for (size_t i = 0; i < rules->count; i++) {
		const struct draft_rule *rule = &rules->items[i];

		if (rule->kind != former->kind || rule->direction != former->direction ||
		    rule->edges.count > 0)
			continue;
		if (number-- == 0)
			return i;
	}
	return rules->count;
}

size_t policy_rule_find_again(const struct draft_rules *rules, const struct draft_rules *old,
			      size_t index)
{
	struct edge_set edges = {0};
	size_t found;

	if (index >= old->count)
		return rules->count;
	if (old->items[index].edges.count == 0)
		return policy_rule_find_added(rules, old, index);
	for (size_t i = 0; i < old->items[index].edges.count; i++) {
		/* If out of memory, do not count the other edges. */
		if (edge_set_add(&edges, old->items[index].numbers[i].edge))
			break;
	}
	found = policy_rule_find_by_edges(rules, &old->items[index], &edges);
	edge_set_clear(&edges);
	return found;
}
