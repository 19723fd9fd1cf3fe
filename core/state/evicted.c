/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/evicted.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/base/hash.h"

/* A power of two. About 2.4 MB once it is needed. */
#define SLOTS 8192

static struct conn *evicted_slot_of(const struct evicted *evicted, const struct conn *conn)
{
	return &evicted->slots[hash_add(conn->node, conn->flow.id) & (SLOTS - 1)];
}

void evicted_clear(struct evicted *evicted)
{
	free(evicted->slots);
	evicted->slots = NULL;
}

void evicted_keep(struct evicted *evicted, const struct conn *conn)
{
	if (!evicted->slots)
		evicted->slots = calloc(SLOTS, sizeof(*evicted->slots));
	if (evicted->slots)
		*evicted_slot_of(evicted, conn) = *conn;
}

bool evicted_restore(struct evicted *evicted, struct conn *conn)
{
	if (!evicted->slots)
		return false;
	struct conn *slot = evicted_slot_of(evicted, conn);
	if (slot->flow_count == 0 || slot->flow.id != conn->flow.id || slot->node != conn->node ||
	    (slot->flow.has ^ conn->flow.has) & FLOW_HAS_ID)
		return false;
	conn->flow = slot->flow;
	conn->first_ns = slot->first_ns;
	conn->last_ns = slot->last_ns;
	conn->established_ns = slot->established_ns;
	conn->subject = slot->subject;
	conn->edge = slot->edge;
	conn->phase = slot->phase;
	conn->seen = slot->seen;
	conn->flow_count = slot->flow_count;
	slot->flow_count = 0;
	return true;
}
