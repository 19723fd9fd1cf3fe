/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter/filter_node.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"

void filter_node_clear(struct filter_node *node)
{
	while (node->count > 0)
		filter_node_clear(&node->children[--node->count]);
	free(node->children);
	filter_term_clear(&node->term);
	*node = (struct filter_node){0};
}

int filter_node_add(struct filter_node *node, struct filter_node *child)
{
	struct filter_node *added = ARRAY_EXTEND(node->children, node->count);

	if (!added) {
		filter_node_clear(child);
		return -ENOMEM;
	}
	if (child->kind == FILTER_NODE_TERM)
		child->cost = filter_term_cost(&child->term);
	node->cost += child->cost;
	for (; added > node->children && added[-1].cost > child->cost; added--)
		*added = added[-1];
	*added = *child;
	*child = (struct filter_node){0};
	return 0;
}

void filter_node_unwrap(struct filter_node *node)
{
	struct filter_node child;

	if (node->kind == FILTER_NODE_TERM || node->count != 1)
		return;
	child = node->children[0];
	child.negated ^= node->negated;
	free(node->children);
	*node = child;
}

bool filter_node_match(const struct filter_node *node, const struct filter_input *input)
{
	if (node->kind == FILTER_NODE_TERM)
		return filter_term_match(&node->term, input) != node->negated;
	bool decides = node->kind == FILTER_NODE_ANY;
	for (size_t i = 0; i < node->count; i++) {
		if (filter_node_match(&node->children[i], input) == decides)
			return decides != node->negated;
	}
	return decides == node->negated;
}

bool filter_node_has(const struct filter_node *node, enum filter_trait trait)
{
	if (node->kind == FILTER_NODE_TERM)
		return filter_term_has(&node->term, trait);
	for (size_t i = 0; i < node->count; i++) {
		if (filter_node_has(&node->children[i], trait))
			return true;
	}
	return false;
}
