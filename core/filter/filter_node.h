/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a filter. Only the files of this folder use this header. */
#ifndef POLECAT_CORE_FILTER_FILTER_NODE_H
#define POLECAT_CORE_FILTER_FILTER_NODE_H

#include "core/filter/filter_term.h"

enum filter_node_kind {
	FILTER_NODE_TERM = 1,
	FILTER_NODE_ALL, /* passes if all children pass; also without children */
	FILTER_NODE_ANY, /* passes if a child passes */
};

/* Children are in the order of their cost, because a child may decide without the others. Free with
 * filter_node_clear. */
struct filter_node {
	enum filter_node_kind kind;
	bool negated;
	unsigned int cost;
	struct filter_term term;
	struct filter_node *children;
	size_t count;
};

void filter_node_clear(struct filter_node *node);

/* Adds a child, which moves into the node. Returns 0, or -ENOMEM with the child freed. */
int filter_node_add(struct filter_node *node, struct filter_node *child);

/* If a node has exactly one child, replaces the node with the child. The child then passes the same
 * inputs as the node did. */
void filter_node_unwrap(struct filter_node *node);

bool filter_node_match(const struct filter_node *node, const struct filter_input *input);
bool filter_node_has(const struct filter_node *node, enum filter_trait trait);

#endif
