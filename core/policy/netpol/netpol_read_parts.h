/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of a policy's parts: selectors, peers, ports. For netpol_read.c alone. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H

#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol/netpol.h"
#include "core/policy/netpol/yaml_tree.h"

/* Grows an array by one zeroed item and evaluates to it; NULL without memory. */
#define NETPOL_APPEND(array, count)                                                           \
	__extension__({                                                                       \
		__typeof__(array) append_grown =                                              \
			reallocarray((array), (count) + 1, sizeof(*(array)));                 \
		if (append_grown) {                                                           \
			(array) = append_grown;                                               \
			append_grown = memset(&append_grown[(count)++], 0, sizeof(*(array))); \
		}                                                                             \
		append_grown;                                                                 \
	})

/* Replaces *out by a copy of the text. 0 or -ENOMEM. */
int netpol_keep_text(const char *text, char **out);

/* Reads a LabelSelector; null is none. what: the field's name, for messages. */
int netpol_read_selector(struct yaml_tree *tree, yaml_node_t *node, const char *what,
			 struct netpol_selector *selector);

/* Decoders (yaml_tree.h) of the lists `from` or `to`, and `ports`; the object is a struct
 * netpol_rule. */
int netpol_read_peers(struct yaml_tree *tree, yaml_node_t *node, void *object);
int netpol_read_ports(struct yaml_tree *tree, yaml_node_t *node, void *object);

#endif
