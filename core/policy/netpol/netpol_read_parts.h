/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of a policy's parts: selectors, peers, ports. For netpol_read.c alone. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H

#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/yaml_tree.h"

/* Copies a text into the set's arena. 0 or -ENOMEM. */
int netpol_read_copy(struct yaml_tree *tree, const char *text, const char **out);

/* How to read a sequence into an array. */
struct netpol_list_type {
	const char *what; /* the field's name, for messages */
	size_t item_size;
	int (*decode)(struct yaml_tree *tree, yaml_node_t *node, void *item); /* item is zeroed */
};

/*
 * Reads a sequence into a new array of the set's arena; null is an empty one. *items and *count are
 * written on success only. 0, -EBADMSG or -ENOMEM.
 */
int netpol_read_list(struct yaml_tree *tree, yaml_node_t *node, const struct netpol_list_type *type,
		     void **items, size_t *count);

/*
 * Reads a LabelSelector into a new selector; null leaves *selector as it is. `what` is the field's
 * name, for messages. 0, -EBADMSG or -ENOMEM.
 */
int netpol_read_selector(struct yaml_tree *tree, yaml_node_t *node, const char *what,
			 const struct netpol_selector **selector);

/* Decoders (yaml_tree.h) of the lists `from` or `to`, and of `ports`. The object is a struct
 * netpol_rule. */
int netpol_read_peers(struct yaml_tree *tree, yaml_node_t *node, void *object);
int netpol_read_ports(struct yaml_tree *tree, yaml_node_t *node, void *object);

#endif
