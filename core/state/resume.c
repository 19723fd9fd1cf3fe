/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"

void resumes_clear(struct resumes *resumes)
{
	for (size_t i = 0; i < resumes->count; i++)
		hash_index_clear(&resumes->items[i].by_tuple);
	free(resumes->items);
	*resumes = (struct resumes){0};
}

static uint64_t resume_hash(const struct flow *flow)
{
	uint64_t hash = hash_bytes(0, &flow->src, sizeof(flow->src));

	hash = hash_bytes(hash, &flow->dst, sizeof(flow->dst));
	hash = hash_add(hash, (uint64_t)flow->sport << 16 | flow->dport);
	return hash_add(hash, (uint64_t)flow->protocol << 8 | flow->direction);
}

static bool resume_is_same(const struct flow *a, const struct flow *b)
{
	const uint32_t ports = FLOW_HAS_SPORT | FLOW_HAS_DPORT;

	if (a->has & b->has & FLOW_HAS_NETNS && a->netns != b->netns)
		return false;
	return a->protocol == b->protocol && a->direction == b->direction &&
	       a->family == b->family && a->sport == b->sport && a->dport == b->dport &&
	       ((a->has ^ b->has) & ports) == 0 && memcmp(&a->src, &b->src, sizeof(a->src)) == 0 &&
	       memcmp(&a->dst, &b->dst, sizeof(a->dst)) == 0;
}

/* Returns whether an event can be the first one of a connection that is older than polecat. */
static bool resume_may_continue(const struct flow *flow)
{
	switch ((enum flow_event_type)flow->event) {
	case FLOW_OPEN:
	case FLOW_CLOSED:
	case FLOW_DROPPED:
	case FLOW_DATAGRAM:
	case FLOW_UNANSWERED:
	case FLOW_LOOKUP_FAILED:
		return flow->has & FLOW_HAS_ID;
	case FLOW_ATTEMPT:
	case FLOW_ESTABLISHED:
	case FLOW_ACCEPTED:
	case FLOW_FAILED:
		return false;
	}
	return false;
}

void resume_end(struct resumes *resumes, uint32_t node)
{
	for (size_t i = 0; i < resumes->count; i++) {
		if (resumes->items[i].node != node)
			continue;
		hash_index_clear(&resumes->items[i].by_tuple);
		resumes->items[i] = resumes->items[--resumes->count];
		return;
	}
}

int resume_begin(struct resumes *resumes, const struct conn_table *conns, uint32_t node,
		 uint32_t generation)
{
	struct resume resume = {.node = node, .generation = generation};
	struct resume *added;
	int error = 0;

	resume_end(resumes, node);
	for (const struct conn *conn = conns->oldest; conn && !error; conn = conn->newer) {
		if (resume_misses(&resume, conn))
			error = hash_index_insert(&resume.by_tuple, resume_hash(&conn->flow),
						  conn->slot);
	}
	added = error ? NULL : ARRAY_ADD(resumes->items, resumes->count, resumes->capacity);
	if (!added) {
		hash_index_clear(&resume.by_tuple);
		return -ENOMEM;
	}
	*added = resume;
	return 0;
}

const struct resume *resume_of(const struct resumes *resumes, uint32_t node)
{
	for (size_t i = 0; i < resumes->count; i++)
		if (resumes->items[i].node == node)
			return &resumes->items[i];
	return NULL;
}

struct conn *resume_find(const struct resumes *resumes, const struct conn_table *conns,
			 uint32_t node, const struct flow *flow)
{
	const struct resume *resume = resume_of(resumes, node);
	struct hash_cursor cursor;

	if (!resume || !resume_may_continue(flow))
		return NULL;
	uint32_t slot = hash_index_first(&resume->by_tuple, resume_hash(flow), &cursor);
	for (; slot != HASH_INDEX_NONE; slot = hash_index_next(&resume->by_tuple, &cursor)) {
		/* The connection of a slot may have left, and another one may have the slot. */
		struct conn *conn = conn_table_at(conns, slot);
		if (resume_misses(resume, conn) && resume_is_same(&conn->flow, flow))
			return conn;
	}
	return NULL;
}
