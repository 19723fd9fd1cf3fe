/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/state/subject_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

#define OVERFLOW_WORDS     "(others: table full)"
#define UNRESOLVED_DISPLAY "(unresolved cgroups)"

static uint64_t subject_table_key_hash(const struct subject_key *key)
{
	uint64_t hash = hash_u64(key->kind ^ hash_seed());

	switch (key->kind) {
	case SUBJECT_POD: /* without a node, so that a pod record finds its subjects on all nodes */
		return hash_string(hash_string(hash, key->namespace_name), key->pod);
	case SUBJECT_CONTAINER:
		return hash_string(hash_add(hash, key->node), key->container_id);
	case SUBJECT_UNRESOLVED:
		return hash_add(hash, key->node);
	default:
		return hash_string(hash_add(hash, key->node), key->comm);
	}
}

static bool subject_table_key_fits(const struct subject_key *key, const struct subject *subject)
{
	if (subject->kind != key->kind || subject->node_index != key->node)
		return false;
	switch (key->kind) {
	case SUBJECT_POD:
		return strcmp(subject->pod, key->pod) == 0 &&
		       strcmp(subject->namespace_name, key->namespace_name) == 0;
	case SUBJECT_CONTAINER:
		return strcmp(subject->container_id, key->container_id) == 0;
	case SUBJECT_UNRESOLVED:
		return true;
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

/* Copies a text, which may be NULL. Sets *failed if out of memory. */
static char *subject_table_copy_text(const char *text, bool *failed)
{
	if (!text)
		return NULL;
	char *copy = memory_checked(strdup(text));
	if (!copy)
		*failed = true;
	return copy;
}

static char *subject_table_display_text(const struct subject *subject)
{
	char *text = NULL;
	int length;

	if (subject->is_overflow) {
		if (!subject->namespace_name)
			return memory_checked(strdup(OVERFLOW_WORDS));
		length = asprintf(&text, "%s/%s", subject->namespace_name, OVERFLOW_WORDS);
		return memory_checked(length < 0 ? NULL : text);
	}
	switch (subject->kind) {
	case SUBJECT_POD:
		length = asprintf(&text, "%s/%s", subject->namespace_name, subject->pod);
		break;
	case SUBJECT_CONTAINER:
		if (subject->container)
			length = asprintf(&text, "container %s", subject->container);
		else
			length = asprintf(&text, "container %.*s", SUBJECT_SHORT_ID,
					  subject->container_id);
		break;
	case SUBJECT_UNRESOLVED:
		return memory_checked(strdup(UNRESOLVED_DISPLAY));
	default:
		return memory_checked(strdup(subject->comm));
	}
	return memory_checked(length < 0 ? NULL : text);
}

static struct subject *subject_new(const struct subject_key *key, struct tenant *tenant,
				   bool is_overflow)
{
	struct subject *subject = memory_checked(calloc(1, sizeof(*subject)));
	bool failed = false;

	if (!subject)
		return NULL;
	subject->kind = key->kind;
	subject->is_overflow = is_overflow;
	subject->tenant = tenant;
	subject->node_index = key->node;
	subject->node = subject_table_copy_text(key->node_name, &failed);
	subject->namespace_name = subject_table_copy_text(key->namespace_name, &failed);
	subject->pod = subject_table_copy_text(key->pod, &failed);
	subject->container_id = subject_table_copy_text(key->container_id, &failed);
	subject->comm = subject_table_copy_text(key->comm, &failed);
	if (!failed)
		subject->display = subject_table_display_text(subject);
	if (!subject->display) {
		subject_free(subject);
		return NULL;
	}
	return subject;
}

/*
 * Reserves two entries of `items`: for the next subject, and for `unkept`.
 */
static int subject_table_reserve(struct subject_table *table)
{
	return ARRAY_RESERVE(table->items, table->capacity, table->count + 2);
}

static struct subject *subject_table_append(struct subject_table *table, struct subject *subject)
{
	subject->index = table->count;
	table->items[table->count++] = subject;
	return subject;
}

int subject_table_init(struct subject_table *table, struct quotas *quotas)
{
	const struct subject_key key = {.kind = SUBJECT_PROCESS, .comm = ""};

	*table = (struct subject_table){.quotas = quotas, .unkept_tenant.kind = SUBJECT_PROCESS};
	table->unkept = subject_new(&key, &table->unkept_tenant, true);
	if (!table->unkept || subject_table_reserve(table))
		return -ENOMEM;
	table->unkept->index = SIZE_MAX;
	return 0;
}

void subject_table_clear(struct subject_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->items[i] != table->unkept)
			subject_free(table->items[i]);
	}
	subject_free(table->unkept);
	free(table->items);
	hash_index_clear(&table->index);
	*table = (struct subject_table){0};
}

static struct subject *subject_table_get_unkept(struct subject_table *table)
{
	if (table->unkept->index == SIZE_MAX)
		subject_table_append(table, table->unkept);
	return table->unkept;
}

/* Returns the subject that stands for the tenant's subjects beyond the quota. */
static struct subject *subject_table_get_overflow(struct subject_table *table,
						  struct tenant *tenant,
						  const struct subject_key *key)
{
	struct subject_key others = {.kind = key->kind};

	if (tenant->overflow)
		return tenant->overflow;
	/* A namespace has pods on many nodes, so its overflow subject has no node. */
	if (key->kind == SUBJECT_POD) {
		others.namespace_name = tenant->namespace_name;
	} else {
		others.node = key->node;
		others.node_name = key->node_name;
	}
	if (key->kind == SUBJECT_PROCESS)
		others.comm = "";
	if (subject_table_reserve(table))
		return subject_table_get_unkept(table);
	tenant->overflow = subject_new(&others, tenant, true);
	return tenant->overflow ? subject_table_append(table, tenant->overflow)
				: subject_table_get_unkept(table);
}

struct subject *subject_table_get(struct subject_table *table, const struct subject_key *key)
{
	uint64_t hash = subject_table_key_hash(key);
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&table->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&table->index, &cursor)) {
		if (subject_table_key_fits(key, table->items[at]))
			return table->items[at];
	}

	const struct tenant_key tenant_key = {.kind = key->kind,
					      .node = key->node,
					      .cgroup_id = key->cgroup_id,
					      .namespace_name = key->namespace_name};
	struct tenant *tenant = quotas_tenant(table->quotas, &tenant_key);
	if (!quotas_admit_subject(table->quotas, tenant))
		return subject_table_get_overflow(table, tenant, key);
	if (subject_table_reserve(table))
		return subject_table_get_unkept(table);
	struct subject *subject = subject_new(key, tenant, false);
	if (!subject)
		return subject_table_get_unkept(table);
	if (hash_index_insert(&table->index, hash, (uint32_t)table->count)) {
		subject_free(subject);
		return subject_table_get_unkept(table);
	}
	quotas_count_subject(table->quotas, tenant);
	return subject_table_append(table, subject);
}

static struct subject *subject_table_pod_at(const struct subject_table *table, uint32_t at,
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

	return subject_table_pod_at(
		table, hash_index_first(&table->index, subject_table_key_hash(&key), cursor),
		namespace_name, pod, cursor);
}

struct subject *subject_table_next_pod(const struct subject_table *table,
				       const struct subject *subject, struct hash_cursor *cursor)
{
	return subject_table_pod_at(table, hash_index_next(&table->index, cursor),
				    subject->namespace_name, subject->pod, cursor);
}

void subject_set_container(struct subject *subject, const char *name)
{
	if (!name || subject->is_overflow ||
	    (subject->container && strcmp(subject->container, name) == 0))
		return;
	char *copy = memory_checked(strdup(name));
	if (!copy)
		return;
	free(subject->container);
	subject->container = copy;
	subject->revision++;
	if (subject->kind == SUBJECT_CONTAINER) {
		char *display = subject_table_display_text(subject);
		if (display) {
			free(subject->display);
			subject->display = display;
		}
	}
}
