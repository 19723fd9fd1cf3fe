/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises the open connections of a node after polecat was started again there. The new polecat
 * lists them with other ids, so they are found by their addresses and ports. Without this, each
 * connection that outlives the restart would count twice.
 *
 * Between resume_begin and resume_end, an index holds the connections that were open at the start.
 * Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_RESUME_H
#define POLECAT_CORE_STATE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/conn_table.h"

struct resume {
	uint32_t node;
	uint32_t generation; /* its connections have had no flow since the start: conn->generation
				is below this */
	struct hash_index by_tuple; /* slots; may have slots of connections that have left */
};

/* Zero-initialise. */
struct resumes {
	struct resume *items;
	size_t count;
	size_t capacity;
};

void resumes_clear(struct resumes *resumes);

/* Indexes the open connections of a node. `generation` is that of the next flow. Returns 0, or
 * -ENOMEM with no resume of the node. */
int resume_begin(struct resumes *resumes, const struct conn_table *conns, uint32_t node,
		 uint32_t generation);

/* Returns the resume of a node, or NULL. */
const struct resume *resume_of(const struct resumes *resumes, uint32_t node);

/* Returns the connection that a flow of a node continues under another id, or NULL. */
struct conn *resume_find(const struct resumes *resumes, const struct conn_table *conns,
			 uint32_t node, const struct flow *flow);

void resume_end(struct resumes *resumes, uint32_t node);

/* Returns whether a connection was open at the start and has had no flow since. */
static inline bool resume_misses(const struct resume *resume, const struct conn *conn)
{
	return conn->node == resume->node && conn->phase != CONN_CLOSED &&
	       conn->phase != CONN_FAILED && !conn->sums &&
	       (int32_t)(conn->generation - resume->generation) < 0;
}

#endif
