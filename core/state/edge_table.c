/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/state/edge_names.h"

/* Lets each edge start at a cache line, see arena.h. */
_Static_assert(ARENA_ROUND(sizeof(struct edge)) % LARGE_MEMORY_LINE == 0, "edges fill cache lines");

/* The numbers of edges are their places in `items`. Overflow edges have numbers from here on. */
#define FIRST_OVERFLOW 0x80000000u
#define UNKEPT_NUMBER  UINT32_MAX

static uint64_t edge_hash(const struct subject *subject, const struct flow *flow,
			  const char *protocol_name)
{
	uint64_t hash = address_hash(hash_u64(subject->index ^ hash_seed()), flow_peer(flow));

	hash = hash_add(hash, (uint64_t)flow_wire_port(flow) << 24 |
				      (uint64_t)flow->direction << 16 |
				      (uint64_t)flow->protocol << 8 | flow->family);
	return protocol_name ? hash_string(hash, protocol_name) : hash;
}

static bool edge_fits(const struct edge *edge, const struct subject *subject,
		      const struct flow *flow, const char *protocol_name)
{
	return edge->subject == subject && edge->port == flow_wire_port(flow) &&
	       edge->direction == flow->direction && edge->protocol == flow->protocol &&
	       edge->family == flow->family &&
	       memcmp(&edge->peer, flow_peer(flow), sizeof(edge->peer)) == 0 &&
	       text_compare(edge->protocol_name, protocol_name) == 0;
}

/* Frees the texts of an edge, except for its peer's name, which the pool owns. The arena owns the
 * edge itself. */
static void edge_free_texts(struct edge *edge)
{
	free(edge->protocol_name);
	edge_names_clear(edge);
	free(edge->container);
}

static struct edge *edge_new(struct arena *arena, struct subject *subject, const struct flow *flow,
			     const char *protocol_name)
{
	struct edge *edge = arena_alloc(arena, sizeof(*edge));

	if (!edge)
		return NULL;
	edge->subject = subject;
	edge->peer = *flow_peer(flow);
	edge->family = flow->family;
	edge->direction = flow->direction;
	edge->protocol = flow->protocol;
	edge->port = flow_wire_port(flow);
	if (protocol_name) {
		edge->protocol_name = memory_checked(strdup(protocol_name));
		if (!edge->protocol_name)
			return NULL;
	}
	return edge;
}

int edge_table_init(struct edge_table *table, struct quotas *quotas, struct subject *unkept_subject)
{
	*table = (struct edge_table){.arena.huge_pages = true, .quotas = quotas};
	table->unkept = arena_alloc(&table->arena, sizeof(*table->unkept));
	if (!table->unkept)
		return -ENOMEM;
	table->unkept->subject = unkept_subject;
	table->unkept->is_overflow = true;
	table->unkept->number = UNKEPT_NUMBER;
	return 0;
}

void edge_table_clear(struct edge_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		edge_free_texts(table->items[i]);
	for (size_t i = 0; i < table->overflow_count; i++)
		edge_free_texts(table->overflows[i]);
	if (table->unkept)
		edge_free_texts(table->unkept);
	arena_free(&table->arena);
	text_pool_clear(&table->names);
	free(table->items);
	free(table->overflows);
	hash_index_clear(&table->index);
	edge_peers_clear(&table->by_peer);
	*table = (struct edge_table){0};
}

struct edge *edge_table_at(const struct edge_table *table, uint32_t number)
{
	if (number < table->count)
		return table->items[number];
	if (number == UNKEPT_NUMBER)
		return table->unkept;
	if (number >= FIRST_OVERFLOW && number - FIRST_OVERFLOW < table->overflow_count)
		return table->overflows[number - FIRST_OVERFLOW];
	return NULL;
}

/* Returns the edge for the subject's connections beyond the quota. */
static struct edge *edge_table_get_overflow(struct edge_table *table, struct subject *subject)
{
	if (subject->overflow)
		return subject->overflow;
	if (ARRAY_RESERVE(table->overflows, table->overflow_capacity, table->overflow_count + 1))
		return table->unkept;
	struct edge *edge = arena_alloc(&table->arena, sizeof(*edge));
	if (!edge)
		return table->unkept;
	edge->subject = subject;
	edge->is_overflow = true;
	edge->number = FIRST_OVERFLOW + (uint32_t)table->overflow_count;
	table->overflows[table->overflow_count++] = edge;
	subject->overflow = edge;
	return edge;
}

void edge_table_set_name(struct edge_table *table, struct edge *edge, const struct edge_peer *peer)
{
	edge->peer_kind = peer->kind;
	text_pool_set(&table->names, &edge->peer_namespace, peer->namespace_name);
	text_pool_set(&table->names, &edge->peer_name, peer->name);
}

void edge_table_forget_name(struct edge_table *table, struct edge *edge)
{
	text_pool_release(&table->names, edge->peer_namespace);
	text_pool_release(&table->names, edge->peer_name);
	edge->peer_namespace = NULL;
	edge->peer_name = NULL;
}

/* Sets the peer's name, unless the edge names a pod. */
static void edge_name(struct edge_table *table, struct edge *edge, const struct edge_peer *peer)
{
	if (peer->name && !edge_names_pod(edge))
		edge_table_set_name(table, edge, peer);
}

/* Among the edges with the flow's key, finds the one that names the peer, else one that names no
 * pod. If the peer's name is unknown, finds the most recently used one. Returns NULL if no edge
 * matches. */
static struct edge *edge_find(const struct edge_table *table, uint64_t hash,
			      const struct subject *subject, const struct flow *flow,
			      const char *protocol_name, const struct edge_peer *peer)
{
	struct edge *nameless = NULL;
	struct edge *latest = NULL;
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&table->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&table->index, &cursor)) {
		struct edge *edge = table->items[at];
		if (!edge_fits(edge, subject, flow, protocol_name))
			continue;
		bool named = edge_names_pod(edge);
		if (peer->name && named && strcmp(edge->peer_name, peer->name) == 0 &&
		    text_compare(edge->peer_namespace, peer->namespace_name) == 0)
			return edge;
		if (!named)
			nameless = edge;
		if (!latest || edge->last_ns >= latest->last_ns)
			latest = edge;
	}
	return peer->name ? nameless : latest;
}

/* Returns the subject's address. */
static const struct flow_address *edge_local(const struct flow *flow)
{
	return flow->direction == FLOW_INGRESS ? &flow->dst : &flow->src;
}

/* Updates origin_known, origin_unknown, several_locals and is_redirected, which depend on addresses
 * and ports that are not in the edge's key. */
static void edge_note_addresses(struct edge *edge, const struct flow *flow)
{
	edge->is_redirected |= flow_wire_port(flow) != flow->dport;
	edge->several_locals |= memcmp(&edge->local, edge_local(flow), sizeof(edge->local)) != 0;
	if (edge->direction == FLOW_INGRESS) {
		edge->origin_known |= (flow->has & FLOW_HAS_ORIGIN) != 0;
		edge->origin_unknown |= (flow->has & FLOW_HAS_ORIGIN) == 0;
	}
}

struct edge *edge_table_get(struct edge_table *table, struct subject *subject,
			    const struct flow *flow, const char *protocol_name,
			    const struct edge_peer *peer)
{
	if (subject->is_overflow)
		return edge_table_get_overflow(table, subject);
	if (flow->protocol != FLOW_PROTOCOL_OTHER)
		protocol_name = NULL;
	uint64_t hash = edge_hash(subject, flow, protocol_name);
	struct edge *edge = edge_find(table, hash, subject, flow, protocol_name, peer);
	if (edge) {
		edge_name(table, edge, peer);
		edge_note_addresses(edge, flow);
		return edge;
	}
	if (!quotas_admit_edge(table->quotas, subject) ||
	    ARRAY_RESERVE(table->items, table->capacity, table->count + 1) ||
	    ARRAY_RESERVE(subject->edges, subject->edge_capacity, subject->edge_count + 1))
		return edge_table_get_overflow(table, subject);
	edge = edge_new(&table->arena, subject, flow, protocol_name);
	if (!edge)
		return edge_table_get_overflow(table, subject);
	if (hash_index_insert(&table->index, hash, (uint32_t)table->count)) {
		edge_free_texts(edge);
		return edge_table_get_overflow(table, subject);
	}
	edge_name(table, edge, peer);
	edge->local = *edge_local(flow);
	edge_note_addresses(edge, flow);
	edge->number = (uint32_t)table->count;
	table->items[table->count] = edge;
	/* A failure only hides the edge from state_edges_with. */
	(void)edge_peers_add(&table->by_peer, edge);
	table->count++;
	subject->edges[subject->edge_count++] = edge;
	quotas_count_edge(table->quotas, subject);
	return edge;
}

void edge_table_name_peers(struct edge_table *table, uint8_t family,
			   const struct flow_address *address, uint64_t since_ns,
			   const struct edge_peer *peer)
{
	for (size_t i = 0; i < table->count; i++) {
		struct edge *edge = table->items[i];
		if (!edge_names_pod(edge) && edge->family == family && edge->last_ns >= since_ns &&
		    memcmp(&edge->peer, address, sizeof(*address)) == 0)
			edge_name(table, edge, peer);
	}
}

void edge_set_text(char **text, const char *value)
{
	if (value && text_compare(*text, value) != 0)
		(void)text_copy(value, text);
}
