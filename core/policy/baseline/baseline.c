/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/baseline/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/memory.h"
#include "core/policy/baseline/destination.h"

struct baseline {
	struct netpol_set policies;
	bool is_policies;
	struct arena arena; /* owns the texts */
	const char **texts; /* each text of each destination, once */
	size_t text_count;
	size_t text_capacity;
	struct hash_index index; /* finds a text in `texts` */
	size_t count;            /* destinations */
};

int baseline_new(struct baseline **out)
{
	struct baseline *baseline = memory_checked(calloc(1, sizeof(*baseline)));

	if (!baseline)
		return -ENOMEM;
	*out = baseline;
	return 0;
}

void baseline_free(struct baseline *baseline)
{
	if (!baseline)
		return;
	netpol_set_clear(&baseline->policies);
	arena_free(&baseline->arena);
	free(baseline->texts);
	hash_index_clear(&baseline->index);
	free(baseline);
}

static uint64_t baseline_hash(const char *text)
{
	return hash_bytes(0, text, strlen(text));
}

static bool baseline_has_text(const struct baseline *baseline, const char *text, uint64_t hash)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&baseline->index, hash, &cursor);

	while (at != HASH_INDEX_NONE && strcmp(baseline->texts[at], text) != 0)
		at = hash_index_next(&baseline->index, &cursor);
	return at != HASH_INDEX_NONE;
}

/* Adds a text. Returns 1 if it is new, 0 if it is known, or -ENOMEM. */
static int baseline_add_text(struct baseline *baseline, const char *text)
{
	uint64_t hash = baseline_hash(text);

	if (baseline_has_text(baseline, text, hash))
		return 0;
	if (ARRAY_RESERVE(baseline->texts, baseline->text_capacity, baseline->text_count + 1))
		return -ENOMEM;
	const char *copy = arena_string(&baseline->arena, text);
	if (!copy || hash_index_insert(&baseline->index, hash, (uint32_t)baseline->text_count))
		return -ENOMEM;
	baseline->texts[baseline->text_count++] = copy;
	return 1;
}

static int baseline_add_edge(struct baseline *baseline, const struct state *state,
			     const struct edge *edge)
{
	struct destination destination;
	bool is_new = true;

	if (!destination_find(state, edge, &destination))
		return 0;
	for (size_t i = 0; i < destination_count(&destination); i++) {
		char text[DESTINATION_TEXT_SIZE];
		destination_write(&destination, i, text);
		int added = baseline_add_text(baseline, text);
		if (added < 0)
			return added;
		is_new &= added == 1;
	}
	baseline->count += is_new;
	return 0;
}

int baseline_add_state(struct baseline *baseline, const struct state *state)
{
	int error = 0;

	for (size_t i = 0; i < state_subject_count(state) && !error; i++) {
		const struct subject *subject = state_subject(state, i);
		for (size_t k = 0; k < subject->edge_count && !error; k++)
			error = baseline_add_edge(baseline, state, subject->edges[k]);
	}
	return error;
}

void baseline_use_policies(struct baseline *baseline, struct netpol_set *set)
{
	netpol_set_clear(&baseline->policies);
	baseline->policies = *set;
	baseline->is_policies = true;
	*set = (struct netpol_set){0};
}

const struct netpol_set *baseline_policies(const struct baseline *baseline)
{
	return baseline->is_policies ? &baseline->policies : NULL;
}

size_t baseline_count(const struct baseline *baseline)
{
	return baseline->count;
}

enum baseline_answer baseline_find(const struct baseline *baseline, const struct state *state,
				   const struct edge *edge)
{
	struct destination destination;

	if (!destination_find(state, edge, &destination))
		return BASELINE_UNKNOWN;
	for (size_t i = 0; i < destination_count(&destination); i++) {
		char text[DESTINATION_TEXT_SIZE];
		destination_write(&destination, i, text);
		if (baseline_has_text(baseline, text, baseline_hash(text)))
			return BASELINE_HAS;
	}
	return BASELINE_LACKS;
}
