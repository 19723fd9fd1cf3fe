/* SPDX-License-Identifier: Apache-2.0 */
/* The destinations that the user leaves out of the draft. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_EXCLUSIONS_H
#define POLECAT_TUI_DASHBOARD_VIEW_EXCLUSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/subject.h"

/* Zero-initialise; free with exclusions_clear. Pointers identify the edges, because edges live as
 * long as the state. */
struct exclusions {
	/* In the order in which they were left out. An edge that was included again leaves NULL.
	 * The index maps the other edges to their places. */
	const struct edge **edges;
	size_t edge_count; /* with the NULLs */
	size_t edge_capacity;
	struct hash_index index;
	size_t count;      /* edges that are left out */
	uint64_t revision; /* grows with every change */
};

/* Leaves an edge out. Returns 0, even if the edge is left out already, or -ENOMEM. */
int exclusions_add(struct exclusions *exclusions, const struct edge *edge);
/* Leaves several edges out. Returns 0, or -ENOMEM with no change. */
int exclusions_add_all(struct exclusions *exclusions, const struct edge *const *edges,
		       size_t count);
/* Includes an edge again. Returns true if it was left out. */
bool exclusions_remove(struct exclusions *exclusions, const struct edge *edge);
/* Returns the edge that was left out last among the edges of a subject; NULL: none. */
const struct edge *exclusions_last(const struct exclusions *exclusions,
				   const struct subject *subject);
bool exclusions_contain(const struct exclusions *exclusions, const struct edge *edge);
void exclusions_clear(struct exclusions *exclusions);

/* A callback for draft_options.exclude. `data` is the struct exclusions. */
bool exclusions_exclude(const struct edge *edge, void *data);

#endif
