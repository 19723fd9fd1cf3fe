/* SPDX-License-Identifier: Apache-2.0 */
/* A set of edges. Pointers identify the edges, because edges live as long as the state. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_EDGE_SET_H
#define POLECAT_TUI_DASHBOARD_VIEW_EDGE_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/hash_index.h"
#include "core/state/subject.h"

/* Zero-initialise; free with edge_set_clear. */
struct edge_set {
	const struct edge **edges;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of the places in `edges` */
};

/* Adds an edge, unless the set has it. Returns 0, or -ENOMEM with the set unchanged. */
int edge_set_add(struct edge_set *set, const struct edge *edge);
bool edge_set_has(const struct edge_set *set, const struct edge *edge);
void edge_set_clear(struct edge_set *set);

#endif
