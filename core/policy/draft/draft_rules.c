/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "core/policy/draft/left_out.h"
#include "core/state/subject.h"

static uint64_t draft_rules_count_connections(const struct draft_edges *edges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < edges->count; i++)
		count += edges->items[i]->ok_count;
	return count;
}

static void draft_rules_add(struct draft_rules *out, struct draft_rule rule)
{
	rule.connections = draft_rules_count_connections(&rule.edges);
	out->items[out->count++] = rule;
}

static void draft_rules_add_direction(const struct draft *draft, uint8_t direction,
				      struct draft_rules *out)
{
	const struct netpol_rules *rules = &draft->policy->rules[direction];

	for (size_t i = 0; i < rules->count; i++) {
		const struct draft_edges *edges = draft->edges[direction];

		draft_rules_add(out, (struct draft_rule){
					     .kind = DRAFT_RULE_ALLOWED,
					     .direction = direction,
					     .restricted = true,
					     .index = (uint32_t)i,
					     .rule = &rules->items[i],
					     .edges = edges ? edges[i] : (struct draft_edges){0},
				     });
	}
	if (!rules->isolates)
		draft_rules_add(out, (struct draft_rule){.kind = DRAFT_RULE_UNRESTRICTED,
							 .direction = direction});
}

/* Adds one entry for each reason and direction. Neighbouring items with the same reason have
 * neighbouring edges, which become the edges of the entry. */
static void draft_rules_add_left_out(const struct draft *draft,
				     const struct draft_left_outs *left_out, uint8_t direction,
				     struct draft_rules *out)
{
	bool restricted = draft && draft->policy->rules[direction].isolates;

	for (size_t i = 0; i < left_out->count;) {
		const struct draft_left_out *first = &left_out->items[i];
		struct draft_rule group = {
			.kind = DRAFT_RULE_LEFT_OUT,
			.direction = direction,
			.restricted = restricted,
			.edges = {.items = first->edges.items},
			.left_out = {.items = first},
		};

		while (i < left_out->count &&
		       left_out_compare_reasons(first, &left_out->items[i]) == 0) {
			group.edges.count += left_out->items[i++].edges.count;
			group.left_out.count++;
		}
		if (first->direction == direction)
			draft_rules_add(out, group);
	}
}

int draft_rules_list(const struct draft_set *set, size_t index, struct draft_rules *out)
{
	const struct draft *draft = set->policies.count > 0 ? &set->items[index] : NULL;
	const struct draft_left_outs *left_out = draft ? &draft->left_out : &set->left_out;
	size_t most = left_out->count;

	draft_rules_clear(out);
	for (size_t i = 0; draft && i < NETPOL_DIRECTIONS; i++)
		most += draft->policy->rules[i].count + 1;
	out->items = calloc(most + 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	if (draft) {
		draft_rules_add_direction(draft, NETPOL_INGRESS, out);
		draft_rules_add_direction(draft, NETPOL_EGRESS, out);
	}
	draft_rules_add_left_out(draft, left_out, NETPOL_INGRESS, out);
	draft_rules_add_left_out(draft, left_out, NETPOL_EGRESS, out);
	return 0;
}

void draft_rules_clear(struct draft_rules *rules)
{
	free(rules->items);
	*rules = (struct draft_rules){.items = NULL};
}
