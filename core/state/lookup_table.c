/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/lookup_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/record/address.h"
#include "core/record/record_names.h"

/* The longest name that is stored (RFC 1035). */
#define NAME_LENGTH_MAX 253

void lookup_table_clear(struct lookup_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->items[i].name);
	free(table->items);
	hash_index_clear(&table->index);
	*table = (struct lookup_table){0};
}

static uint64_t lookup_table_hash(const struct subject *subject, const char *name)
{
	return hash_string(hash_u64(subject->index ^ hash_seed()), name);
}

static uint32_t lookup_table_find(const struct lookup_table *table, const struct subject *subject,
				  const char *name)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&table->index, lookup_table_hash(subject, name), &cursor);

	while (at != HASH_INDEX_NONE &&
	       (table->items[at].subject != subject || strcmp(table->items[at].name, name) != 0))
		at = hash_index_next(&table->index, &cursor);
	return at;
}

/* Returns the row to remove before another row is added for the subject, or HASH_INDEX_NONE if
 * there is room. */
static uint32_t lookup_table_victim(const struct lookup_table *table, const struct subject *subject)
{
	uint32_t own = HASH_INDEX_NONE;
	size_t count = 0;

	for (uint32_t at = table->all.newest; table->count > 0 && at != HASH_INDEX_NONE;
	     at = table->items[at].link.older) {
		if (table->items[at].subject != subject)
			continue;
		own = at;
		count++;
	}
	if (count >= LOOKUP_SUBJECT_MAX)
		return own;
	return table->count == LOOKUP_TABLE_MAX ? table->all.oldest : HASH_INDEX_NONE;
}

/* Returns a position for another row of the subject, or HASH_INDEX_NONE if out of memory. Removes a
 * row if there is no room. */
static uint32_t lookup_table_place(struct lookup_table *table, const struct subject *subject)
{
	uint32_t at = lookup_table_victim(table, subject);

	if (at == HASH_INDEX_NONE) {
		if (ARRAY_RESERVE(table->items, table->capacity, table->count + 1))
			return HASH_INDEX_NONE;
		if (table->count == 0)
			table->all = INDEX_LIST_EMPTY;
		return (uint32_t)table->count;
	}
	struct lookup *lookup = &table->items[at];
	hash_index_remove(&table->index, lookup_table_hash(lookup->subject, lookup->name), at);
	index_list_remove(&table->all, INDEX_LINKS(table->items, link), at);
	free(lookup->name);
	/* The last row moves here, so that all positions are in use. */
	uint32_t last = (uint32_t)--table->count;
	table->totals.dropped++;
	if (at != last) {
		struct lookup moved = table->items[last];
		hash_index_move(&table->index, lookup_table_hash(moved.subject, moved.name), last,
				at);
		if (moved.link.older != HASH_INDEX_NONE)
			table->items[moved.link.older].link.newer = at;
		else
			table->all.oldest = at;
		if (moved.link.newer != HASH_INDEX_NONE)
			table->items[moved.link.newer].link.older = at;
		else
			table->all.newest = at;
		table->items[at] = moved;
	}
	return last;
}

static struct lookup *lookup_table_get(struct lookup_table *table, const struct subject *subject,
				       const char *name)
{
	uint32_t at = lookup_table_find(table, subject, name);

	if (at != HASH_INDEX_NONE) {
		index_list_remove(&table->all, INDEX_LINKS(table->items, link), at);
	} else {
		if (strlen(name) > NAME_LENGTH_MAX)
			return NULL;
		at = lookup_table_place(table, subject);
		char *copy = at == HASH_INDEX_NONE ? NULL : memory_checked(strdup(name));
		if (!copy ||
		    hash_index_insert(&table->index, lookup_table_hash(subject, name), at)) {
			free(copy);
			return NULL;
		}
		table->items[at] = (struct lookup){.subject = subject, .name = copy};
		table->count++;
	}
	index_list_append(&table->all, INDEX_LINKS(table->items, link), at);
	return &table->items[at];
}

void lookup_table_add_failure(struct lookup_table *table, const struct subject *subject,
			      const struct flow *flow)
{
	bool failed = flow->event == FLOW_LOOKUP_FAILED;
	const struct flow_names *names = flow->names;

	table->totals.failed += failed;
	table->totals.unanswered += !failed;
	struct lookup *lookup =
		names && names->dns ? lookup_table_get(table, subject, names->dns) : NULL;
	if (!lookup)
		return;
	lookup->failed++;
	lookup->last_ns = flow->ts_ns;
	lookup->pid = flow->has & FLOW_HAS_PID ? flow->pid : 0;
	memcpy(lookup->comm, flow->comm, sizeof(lookup->comm));
	lookup->family = flow->has & FLOW_HAS_DST ? flow->family : 0;
	lookup->server = flow->dst;
	snprintf(lookup->word, sizeof(lookup->word), "%s",
		 failed && names->error ? names->error
					: record_word(&flow_event_words, flow->event));
}

bool lookup_needs_row(const struct dns_record *dns)
{
	return dns->latency_us >= LOOKUP_SLOW_US || dns->strays > 0;
}

void lookup_table_add_answer(struct lookup_table *table, const struct subject *subject,
			     const struct dns_record *dns)
{
	table->totals.answers += !dns->unanswered && dns->strays == 0;
	table->totals.fallbacks += dns->fallback && !dns->unanswered;
	table->totals.strays += dns->strays;
	table->totals.truncated += dns->truncated;
	table->totals.malformed += dns->malformed;
	struct lookup *lookup = subject ? lookup_table_get(table, subject, dns->name) : NULL;
	if (!lookup)
		return;
	lookup->slow += dns->strays == 0;
	lookup->strays += dns->strays;
	lookup->last_ns = dns->ts_ns;
	if (dns->latency_us > lookup->slowest_us)
		lookup->slowest_us = dns->latency_us;
	lookup->pid = dns->pid;
	snprintf(lookup->comm, sizeof(lookup->comm), "%s", dns->comm ? dns->comm : "");
	if (!dns->server || address_parse(dns->server, &lookup->family, &lookup->server))
		lookup->family = 0;
}

const struct lookup *lookup_table_newest(const struct lookup_table *table)
{
	return table->count > 0 ? &table->items[table->all.newest] : NULL;
}

const struct lookup *lookup_table_older(const struct lookup_table *table,
					const struct lookup *lookup)
{
	return lookup->link.older == HASH_INDEX_NONE ? NULL : &table->items[lookup->link.older];
}
