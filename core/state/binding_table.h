/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binding lists the connections of one container or cgroup whose pod or name may become known
 * later. When a record gives that name, all connections of the list move to the named subject. The
 * binding stores the subject, so that one look-up serves all its connections.
 *
 * A connection without the name of a pod is bound by the id of its container, or by its cgroup if
 * that id is unknown. A binding lives as long as it has connections, so the connection table bounds
 * the number of bindings. A binding with losses stays (binding_losses.h), and these are bounded,
 * too.
 */
#ifndef POLECAT_CORE_STATE_BINDING_TABLE_H
#define POLECAT_CORE_STATE_BINDING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/conn.h"

struct binding {
	char *container_id; /* NULL: bound by the cgroup */
	uint64_t cgroup_id; /* 0 if bound by the container's id */
	uint32_t node;
	uint32_t slot;           /* index in the table */
	char *container;         /* the container's name; NULL: unknown */
	struct subject *subject; /* NULL: unknown; each connection then belongs to its program */
	bool unresolved;         /* the value of flow.unresolved of the last flow */
	struct conn *conns;
	uint64_t lost;          /* lost events of the cgroup, see binding_losses.h */
	uint64_t settled_lost;  /* the part of them in the next two counters */
	uint64_t *loss_counter; /* of the subject or the tenant; NULL: none yet */
	uint64_t *loss_total;   /* NULL: none */
	bool has_strangers;     /* a connection may belong to another pod, see netns_owner.h */
	bool waits;             /* in the table's list `waiting` */
	struct binding *waiting_next;
	struct binding *waiting_previous;
};

struct binding_table {
	struct binding **items; /* by slot; NULL: free */
	uint32_t *free_slots;
	size_t free_count;
	size_t free_capacity;
	size_t count; /* number of slots, used and free */
	size_t capacity;
	struct hash_index index;
	struct binding *waiting; /* list of bindings, see binding_set_waiting */
	struct binding *last;    /* the binding found last; the next flow often has the same */
};

/* Zero-initialise. Free with binding_table_clear. */
void binding_table_clear(struct binding_table *table);

/* Returns the binding of a container's id or, if that is NULL, of a cgroup. Adds the binding if it
 * is missing. Sets *is_new to true if it was added, else to false. Returns NULL if out of
 * memory. */
struct binding *binding_table_get(struct binding_table *table, uint32_t node,
				  const char *container_id, uint64_t cgroup_id, bool *is_new);

/* Iterate over the bindings of a container's id or, if that is NULL, of a cgroup, on all nodes.
 * Return NULL at the end. */
struct binding *binding_table_first(const struct binding_table *table, const char *container_id,
				    uint64_t cgroup_id, struct hash_cursor *cursor);
struct binding *binding_table_next(const struct binding_table *table, const struct binding *binding,
				   struct hash_cursor *cursor);

/* Moves a connection to the binding's list. Frees the former binding if this was its last
 * connection. */
void binding_attach(struct binding_table *table, struct binding *binding, struct conn *conn);

/* Removes a connection from its binding, if it has one. */
void binding_detach(struct binding_table *table, struct conn *conn);

/* Frees the binding if it has no connections and no losses. */
void binding_release_unused(struct binding_table *table, struct binding *binding);

/* Sets whether the binding waits for the record of its pod, of which only the uid is known. */
void binding_set_waiting(struct binding_table *table, struct binding *binding, bool waits);

#endif
