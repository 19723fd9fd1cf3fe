/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/state/subject_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

#define OVERFLOW_DISPLAY "(others: table full)"

/* As many digits of a container's id as runtimes' own tools show. */
#define SHORT_ID_DIGITS 12

static uint64_t key_hash(const struct subject_key *key)
{
	uint64_t hash = hash_u64(key->kind ^ hash_seed());

	switch (key->kind) {
	case SUBJECT_POD: /* without the node: a pod record finds its subjects on all of them */
		return hash_string(hash_string(hash, key->namespace_name), key->pod);
	case SUBJECT_CONTAINER:
		return hash_string(hash_add(hash, key->node), key->container_id);
	default:
		return hash_string(hash_add(hash, key->node), key->comm);
	}
}

static bool key_fits(const struct subject_key *key, const struct subject *subject)
{
	if (subject->kind != key->kind || subject->node_index != key->node)
		return false;
	switch (key->kind) {
	case SUBJECT_POD:
		return strcmp(subject->pod, key->pod) == 0 &&
		       strcmp(subject->namespace_name, key->namespace_name) == 0;
	case SUBJECT_CONTAINER:
		return strcmp(subject->container_id, key->container_id) == 0;
	default:
		return strcmp(subject->comm, key->comm) == 0;
	}
}

static void subject_free(struct subject *subject)
{
	if (!subject)
		return;
	free(subject->node);
	free(subject->namespace_name);
	free(subject->pod);
	free(subject->container_id);
	free(subject->container);
	free(subject->comm);
	free(subject->display);
	free(subject->edges);
	free(subject);
}

/* A copy of what may be NULL; *failed becomes true where memory was refused. */
static char *copy_text(const char *text, bool *failed)
{
	if (!text)
		return NULL;
	char *copy = strdup(text);
	if (!copy)
		*failed = true;
	return copy;
}

static char *display_text(const struct subject *subject)
{
	char *text = NULL;
	int length;

	switch (subject->kind) {
	case SUBJECT_POD:
		length = asprintf(&text, "%s/%s", subject->namespace_name, subject->pod);
		break;
	case SUBJECT_CONTAINER:
		if (subject->container)
			length = asprintf(&text, "container %s", subject->container);
		else
			length = asprintf(&text, "container %.*s", SHORT_ID_DIGITS,
					  subject->container_id);
		break;
	default:
		return strdup(subject->comm);
	}
	return length < 0 ? NULL : text;
}

static struct subject *subject_new(const struct subject_key *key)
{
	struct subject *subject = calloc(1, sizeof(*subject));
	bool failed = false;

	if (!subject)
		return NULL;
	subject->kind = key->kind;
	subject->node_index = key->node;
	subject->node = copy_text(key->node_name, &failed);
	switch (key->kind) {
	case SUBJECT_POD:
		subject->namespace_name = copy_text(key->namespace_name, &failed);
		subject->pod = copy_text(key->pod, &failed);
		break;
	case SUBJECT_CONTAINER:
		subject->container_id = copy_text(key->container_id, &failed);
		break;
	default:
		subject->comm = copy_text(key->comm, &failed);
	}
	if (!failed)
		subject->display = display_text(subject);
	if (!subject->display) {
		subject_free(subject);
		return NULL;
	}
	return subject;
}

static int reserve(struct subject_table *table)
{
	/* One place is kept for the overflow subject. */
	if (table->count + 2 <= table->capacity)
		return 0;
	size_t capacity = table->capacity ? table->capacity * 2 : 64;
	struct subject **items = reallocarray(table->items, capacity, sizeof(struct subject *));
	if (!items)
		return -ENOMEM;
	table->items = items;
	table->capacity = capacity;
	return 0;
}

static struct subject *append(struct subject_table *table, struct subject *subject)
{
	subject->index = table->count;
	table->items[table->count++] = subject;
	return subject;
}

int subject_table_init(struct subject_table *table, size_t max)
{
	struct subject_key key = {.kind = SUBJECT_PROCESS, .comm = ""};
	struct subject *overflow = subject_new(&key);
	char *display = strdup(OVERFLOW_DISPLAY);

	*table = (struct subject_table){.max = max};
	if (!overflow || !display || reserve(table)) {
		subject_free(overflow);
		free(display);
		return -ENOMEM;
	}
	free(overflow->display);
	overflow->display = display;
	overflow->is_overflow = true;
	overflow->index = SIZE_MAX;
	table->overflow = overflow;
	return 0;
}

void subject_table_clear(struct subject_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->items[i] != table->overflow)
			subject_free(table->items[i]);
	}
	subject_free(table->overflow);
	free(table->items);
	hash_index_clear(&table->index);
	*table = (struct subject_table){0};
}

static struct subject *overflow_subject(struct subject_table *table)
{
	if (table->overflow->index == SIZE_MAX)
		append(table, table->overflow);
	return table->overflow;
}

struct subject *subject_table_get(struct subject_table *table, const struct subject_key *key)
{
	uint64_t hash = key_hash(key);
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&table->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&table->index, &cursor)) {
		if (key_fits(key, table->items[at]))
			return table->items[at];
	}

	if (table->index.count >= table->max || reserve(table))
		return overflow_subject(table);
	struct subject *subject = subject_new(key);
	if (!subject)
		return overflow_subject(table);
	if (hash_index_insert(&table->index, hash, (uint32_t)table->count)) {
		subject_free(subject);
		return overflow_subject(table);
	}
	return append(table, subject);
}

static struct subject *pod_at(const struct subject_table *table, uint32_t at,
			      const char *namespace_name, const char *pod,
			      struct hash_cursor *cursor)
{
	for (; at != HASH_INDEX_NONE; at = hash_index_next(&table->index, cursor)) {
		struct subject *subject = table->items[at];
		if (subject->kind == SUBJECT_POD && strcmp(subject->pod, pod) == 0 &&
		    strcmp(subject->namespace_name, namespace_name) == 0)
			return subject;
	}
	return NULL;
}

struct subject *subject_table_first_pod(const struct subject_table *table,
					const char *namespace_name, const char *pod,
					struct hash_cursor *cursor)
{
	struct subject_key key = {
		.kind = SUBJECT_POD, .namespace_name = namespace_name, .pod = pod};

	return pod_at(table, hash_index_first(&table->index, key_hash(&key), cursor),
		      namespace_name, pod, cursor);
}

struct subject *subject_table_next_pod(const struct subject_table *table,
				       const char *namespace_name, const char *pod,
				       struct hash_cursor *cursor)
{
	/* A table without slots has answered NULL to the first call already. */
	return pod_at(table, hash_index_next(&table->index, cursor), namespace_name, pod, cursor);
}

void subject_set_container(struct subject *subject, const char *name)
{
	if (!name || subject->is_overflow ||
	    (subject->container && strcmp(subject->container, name) == 0))
		return;
	char *copy = strdup(name);
	if (!copy)
		return;
	free(subject->container);
	subject->container = copy;
	subject->revision++;
	if (subject->kind == SUBJECT_CONTAINER) {
		char *display = display_text(subject);
		if (display) {
			free(subject->display);
			subject->display = display;
		}
	}
}
