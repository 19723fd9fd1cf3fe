/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_merge.h"

#include <errno.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"

/* The mapping that replaces a mapping with merge keys. */
struct yaml_merging {
	const struct yaml_node **items;
	bool *merged; /* for each pair: the value comes from a merge key */
	size_t count; /* pairs */
	struct hash_index by_key;
};

static bool yaml_merge_is_key(const struct yaml_node *key)
{
	return key->plain && yaml_is(key, "<<");
}

/* Returns the mappings that a merge key names: its value, or the items of its value. NULL: a value
 * or item is not a mapping. */
static const struct yaml_node *const *yaml_merge_sources(const struct yaml_node *const *value,
							 size_t *count)
{
	bool list = (*value)->kind == YAML_LIST;
	const struct yaml_node *const *sources = list ? (*value)->items : value;

	*count = list ? (*value)->count : 1;
	for (size_t i = 0; i < *count; i++) {
		if (sources[i]->kind != YAML_MAPPING)
			return NULL;
	}
	return sources;
}

static size_t yaml_merge_find(const struct yaml_merging *merging, const struct yaml_node *key)
{
	struct hash_cursor cursor;

	if (key->kind != YAML_SCALAR)
		return SIZE_MAX;
	for (uint32_t at = hash_index_first(&merging->by_key, hash_bytes(0, key->text, key->count),
					    &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&merging->by_key, &cursor)) {
		const struct yaml_node *known = merging->items[2 * at];
		if (known->count == key->count && memcmp(known->text, key->text, key->count) == 0)
			return at;
	}
	return SIZE_MAX;
}

/* Adds a pair, or replaces the value of a pair with the same key. A key that the mapping itself
 * writes twice gets two pairs, so that yaml_decode_mapping refuses it. */
static int yaml_merge_set(struct yaml_merging *merging, const struct yaml_node *const pair[2],
			  bool merged)
{
	size_t at = yaml_merge_find(merging, pair[0]);

	if (at != SIZE_MAX && (merged || merging->merged[at])) {
		merging->items[2 * at + 1] = pair[1];
		merging->merged[at] = merged;
		return 0;
	}
	at = merging->count++;
	merging->items[2 * at] = pair[0];
	merging->items[2 * at + 1] = pair[1];
	merging->merged[at] = merged;
	if (pair[0]->kind != YAML_SCALAR)
		return 0;
	return hash_index_insert(&merging->by_key, hash_bytes(0, pair[0]->text, pair[0]->count),
				 (uint32_t)at);
}

static int yaml_merge_pair(struct yaml_merging *merging, const struct yaml_node *const pair[2])
{
	size_t count;
	int result = 0;

	if (!yaml_merge_is_key(pair[0]))
		return yaml_merge_set(merging, pair, false);
	const struct yaml_node *const *sources = yaml_merge_sources(&pair[1], &count);
	/* The first mapping of a list has precedence, so set its pairs last. */
	for (size_t i = count; i > 0 && !result; i--) {
		const struct yaml_node *source = sources[i - 1];
		for (size_t j = 0; j < source->count && !result; j++)
			result = yaml_merge_set(merging, &source->items[2 * j], true);
	}
	return result;
}

/* Counts the pairs that merge keys add, and subtracts them from the budget. */
static int yaml_merge_count(const struct yaml_node *const *items, size_t count, size_t *budget,
			    struct yaml_error *error, size_t *found)
{
	*found = 0;
	for (size_t i = 0; i < count; i++) {
		size_t source_count;
		if (!yaml_merge_is_key(items[2 * i]))
			continue;
		const struct yaml_node *const *sources =
			yaml_merge_sources(&items[2 * i + 1], &source_count);
		if (!sources)
			return yaml_refuse(error, items[2 * i],
					   "<<: a mapping or a list of mappings was expected");
		for (size_t j = 0; j < source_count; j++) {
			if (sources[j]->count >= *budget)
				return yaml_refuse(error, items[2 * i],
						   "the document is too large with its aliases "
						   "expanded");
			/* Subtract one more for each mapping, to bound the number of empty ones. */
			*budget -= sources[j]->count + 1;
			*found += sources[j]->count;
		}
	}
	return 0;
}

int yaml_merge(struct arena *arena, const struct yaml_node *const **items, size_t *count,
	       size_t *budget, struct yaml_error *error)
{
	struct yaml_merging merging = {0};
	size_t merged = 0;
	bool has_key = false;

	for (size_t i = 0; i < *count && !has_key; i++)
		has_key = yaml_merge_is_key((*items)[2 * i]);
	if (!has_key)
		return 0;
	int result = yaml_merge_count(*items, *count, budget, error, &merged);
	if (result)
		return result;
	merging.items = arena_array(arena, 2 * (*count + merged), sizeof(*merging.items));
	merging.merged = arena_array(arena, *count + merged, sizeof(*merging.merged));
	if (!merging.items || !merging.merged)
		return -ENOMEM;
	for (size_t i = 0; i < *count && !result; i++)
		result = yaml_merge_pair(&merging, &(*items)[2 * i]);
	hash_index_clear(&merging.by_key);
	*items = merging.items;
	*count = merging.count;
	return result;
}
