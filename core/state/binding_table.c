/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/binding_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

/*
 * The hash does not depend on the node, so that a container record finds its bindings on all nodes.
 */
static uint64_t binding_hash(const char *container_id, uint64_t cgroup_id)
{
	return container_id ? hash_string(1, container_id) : hash_u64(cgroup_id);
}

static bool binding_fits(const struct binding *binding, const char *container_id,
			 uint64_t cgroup_id)
{
	if (container_id)
		return binding->container_id && strcmp(binding->container_id, container_id) == 0;
	return !binding->container_id && binding->cgroup_id == cgroup_id;
}

static void binding_free(struct binding *binding)
{
	if (!binding)
		return;
	free(binding->container_id);
	free(binding->container);
	free(binding);
}

void binding_table_clear(struct binding_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		binding_free(table->items[i]);
	free(table->items);
	free(table->free_slots);
	hash_index_clear(&table->index);
	*table = (struct binding_table){0};
}

static struct binding *binding_new(struct binding_table *table, uint32_t node,
				   const char *container_id, uint64_t cgroup_id)
{
	struct binding *binding = memory_checked(calloc(1, sizeof(*binding)));

	/* Reserve an entry of free_slots for each binding, so that binding_release cannot fail. */
	if (!binding || ARRAY_RESERVE(table->items, table->capacity, table->count + 1) ||
	    ARRAY_RESERVE(table->free_slots, table->free_capacity, table->count + 1))
		goto fail;
	binding->node = node;
	binding->cgroup_id = container_id ? 0 : cgroup_id;
	if (container_id) {
		binding->container_id = memory_checked(strdup(container_id));
		if (!binding->container_id)
			goto fail;
	}
	uint32_t slot = table->free_count > 0 ? table->free_slots[table->free_count - 1]
					      : (uint32_t)table->count;
	if (hash_index_insert(&table->index, binding_hash(container_id, cgroup_id), slot))
		goto fail;
	if (table->free_count > 0)
		table->free_count--;
	else
		table->count++;
	binding->slot = slot;
	table->items[slot] = binding;
	return binding;
fail:
	binding_free(binding);
	return NULL;
}

static struct binding *binding_at(const struct binding_table *table, uint32_t at,
				  const char *container_id, uint64_t cgroup_id,
				  struct hash_cursor *cursor)
{
	for (; at != HASH_INDEX_NONE; at = hash_index_next(&table->index, cursor)) {
		if (binding_fits(table->items[at], container_id, cgroup_id))
			return table->items[at];
	}
	return NULL;
}

struct binding *binding_table_first(const struct binding_table *table, const char *container_id,
				    uint64_t cgroup_id, struct hash_cursor *cursor)
{
	uint64_t hash = binding_hash(container_id, cgroup_id);

	return binding_at(table, hash_index_first(&table->index, hash, cursor), container_id,
			  cgroup_id, cursor);
}

struct binding *binding_table_next(const struct binding_table *table, const struct binding *binding,
				   struct hash_cursor *cursor)
{
	return binding_at(table, hash_index_next(&table->index, cursor), binding->container_id,
			  binding->cgroup_id, cursor);
}

struct binding *binding_table_get(struct binding_table *table, uint32_t node,
				  const char *container_id, uint64_t cgroup_id, bool *is_new)
{
	struct binding *binding = table->last;
	struct hash_cursor cursor;

	*is_new = false;
	if (binding && binding->node == node && binding_fits(binding, container_id, cgroup_id))
		return binding;
	binding = binding_table_first(table, container_id, cgroup_id, &cursor);
	while (binding && binding->node != node)
		binding = binding_table_next(table, binding, &cursor);
	if (!binding) {
		binding = binding_new(table, node, container_id, cgroup_id);
		*is_new = binding != NULL;
	}
	table->last = binding;
	return binding;
}

void binding_set_waiting(struct binding_table *table, struct binding *binding, bool waits)
{
	if (binding->waits == waits)
		return;
	binding->waits = waits;
	if (waits) {
		binding->waiting_previous = NULL;
		binding->waiting_next = table->waiting;
		if (table->waiting)
			table->waiting->waiting_previous = binding;
		table->waiting = binding;
		return;
	}
	*(binding->waiting_previous ? &binding->waiting_previous->waiting_next : &table->waiting) =
		binding->waiting_next;
	if (binding->waiting_next)
		binding->waiting_next->waiting_previous = binding->waiting_previous;
}

static void binding_release(struct binding_table *table, struct binding *binding)
{
	binding_set_waiting(table, binding, false);
	hash_index_remove(&table->index, binding_hash(binding->container_id, binding->cgroup_id),
			  binding->slot);
	table->items[binding->slot] = NULL;
	table->free_slots[table->free_count++] = binding->slot;
	if (table->last == binding)
		table->last = NULL;
	binding_free(binding);
}

void binding_release_unused(struct binding_table *table, struct binding *binding)
{
	if (!binding->conns && binding->lost == 0)
		binding_release(table, binding);
}

void binding_detach(struct binding_table *table, struct conn *conn)
{
	struct binding *binding = conn->binding;

	if (!binding)
		return;
	*(conn->binding_previous ? &conn->binding_previous->binding_next : &binding->conns) =
		conn->binding_next;
	if (conn->binding_next)
		conn->binding_next->binding_previous = conn->binding_previous;
	conn->binding = NULL;
	conn->binding_next = NULL;
	conn->binding_previous = NULL;
	binding_release_unused(table, binding);
}

void binding_attach(struct binding_table *table, struct binding *binding, struct conn *conn)
{
	if (conn->binding == binding)
		return;
	binding_detach(table, conn);
	conn->binding = binding;
	conn->binding_next = binding->conns;
	if (binding->conns)
		binding->conns->binding_previous = conn;
	binding->conns = conn;
}
