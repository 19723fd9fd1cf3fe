/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node names as small numbers, so that keys compare in one step. Number 0 is this machine, and
 * flows that name no node. Names are never removed; there are as many as nodes whose records are
 * read, and at most NODE_NAMES_MAX.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_NODE_NAMES_H
#define POLECAT_CORE_STATE_IDENTITY_NODE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* Over twice the 5,000 nodes that Kubernetes supports (kubernetes.io, "Considerations for large
 * clusters"). */
#define NODE_NAMES_MAX 16384

struct node_names {
	char **items; /* items[0]: this machine's; NULL: unknown */
	size_t count;
	size_t capacity;
	uint32_t last;
	struct hash_index index;
};

/* own: this machine's name, copied; NULL: unknown. 0 or -ENOMEM. */
int node_names_init(struct node_names *names, const char *own);
void node_names_clear(struct node_names *names);

/* The number of a name; NULL is 0. New names get a new number; 0 where there is no room for it. */
uint32_t node_names_get(struct node_names *names, const char *name);

/* The name of a number; NULL for 0 where this machine's is unknown. */
const char *node_names_text(const struct node_names *names, uint32_t node);

#endif
