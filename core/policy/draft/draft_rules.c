/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "core/policy/draft/left_out.h"
#include "core/state/subject.h"

static void draft_rules_add(struct draft_rules *out, struct draft_rule rule)
{
	out->items[out->count++] = rule;
}

/* Copies the numbers of all edges at once, so that the sum of a rule agrees with the numbers of its
 * edges. Returns 0 or -ENOMEM. */
static int draft_rules_copy_numbers(struct draft_rules *out)
{
	struct draft_rule_edge *number;
	size_t total = 0;

	for (size_t i = 0; i < out->count; i++)
		total += out->items[i].edges.count;
	number = out->numbers = calloc(total + 1, sizeof(*out->numbers));
	if (!number)
		return -ENOMEM;
	for (size_t i = 0; i < out->count; i++) {
		struct draft_rule *rule = &out->items[i];

		rule->numbers = number;
		for (size_t j = 0; j < rule->edges.count; j++) {
			const struct edge *edge = rule->edges.items[j];

			*number++ = (struct draft_rule_edge){.edge = edge,
							     .ok_count = edge->ok_count,
							     .conn_count = edge->conn_count,
							     .failed_count = edge->failed_count,
							     .last_ns = edge->last_ns};
			rule->connections += edge->ok_count;
		}
	}
	return 0;
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
	if (draft_rules_copy_numbers(out)) {
		draft_rules_clear(out);
		return -ENOMEM;
	}
	return 0;
}

void draft_rules_clear(struct draft_rules *rules)
{
	free(rules->items);
	free(rules->numbers);
	*rules = (struct draft_rules){.items = NULL};
}
