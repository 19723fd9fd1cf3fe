/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers the names of nodes, so that keys compare in one step. Number 0 stands for this machine,
 * and for the node of flows that name no node. Names are never removed. */
#ifndef POLECAT_CORE_STATE_IDENTITY_NODE_NAMES_H
#define POLECAT_CORE_STATE_IDENTITY_NODE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* Over twice the 5,000 nodes that Kubernetes supports (kubernetes.io, "Considerations for large
 * clusters"). */
#define NODE_NAMES_MAX 16384

struct node_names {
	char **items; /* items[0] is this machine's name; NULL: unknown */
	size_t count;
	size_t capacity;
	uint32_t last; /* the number that was found last */
	struct hash_index index;
};

/* Initialises the names. own is this machine's name, which is copied, or NULL if it is unknown.
 * Returns 0 or -ENOMEM. */
int node_names_init(struct node_names *names, const char *own);
void node_names_clear(struct node_names *names);

/* Returns the number of a name, and adds the name if it is new. Returns 0 for NULL, beyond
 * NODE_NAMES_MAX, and if out of memory. */
uint32_t node_names_get(struct node_names *names, const char *name);

/* Returns the number of a name, or NODE_NAMES_MAX if it is not known. */
uint32_t node_names_find(const struct node_names *names, const char *name);

/* Returns the name of a number; NULL: this machine's name is unknown. */
const char *node_names_text(const struct node_names *names, uint32_t node);

#endif
