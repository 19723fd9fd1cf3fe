/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"

void string_list_clear(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}

int string_list_add(struct string_list *list, const char *text)
{
	return string_list_add_bytes(list, text, strlen(text));
}

int string_list_add_bytes(struct string_list *list, const char *text, size_t length)
{
	char *copy = memory_checked(strndup(text, length));
	char **added = copy ? ARRAY_EXTEND(list->items, list->count) : NULL;

	if (!added) {
		free(copy);
		return -ENOMEM;
	}
	*added = copy;
	return 0;
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

void labels_clear(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->items[i].key);
		free(labels->items[i].value);
	}
	free(labels->items);
	*labels = (struct labels){0};
}

int failure_counts_add(struct failure_counts *counts, const char *error, uint64_t count)
{
	if (strlen(error) > FAILURE_ERROR_MAX)
		error = EDGE_FAILURE_UNKNOWN;
	size_t at = array_lower_bound(counts->items, counts->count, sizeof(*counts->items), error);
	bool is_known = at < counts->count && strcmp(counts->items[at].error, error) == 0;

	if (!is_known && counts->count >= FAILURE_COUNTS_MAX) {
		error = EDGE_FAILURE_UNKNOWN;
		at = array_lower_bound(counts->items, counts->count, sizeof(*counts->items), error);
	}
	if (at < counts->count && strcmp(counts->items[at].error, error) == 0) {
		counts->items[at].count += count;
		return 0;
	}
	char *copy = memory_checked(strdup(error));
	if (!copy || !ARRAY_EXTEND(counts->items, counts->count)) {
		free(copy);
		return -ENOMEM;
	}
	memmove(&counts->items[at + 1], &counts->items[at],
		(counts->count - 1 - at) * sizeof(*counts->items));
	counts->items[at] = (struct failure_count){.error = copy, .count = count};
	return 0;
}

uint64_t failure_counts_take(struct failure_counts *counts, const char *error, uint64_t count)
{
	size_t at = array_lower_bound(counts->items, counts->count, sizeof(*counts->items), error);
	if (at == counts->count || strcmp(counts->items[at].error, error) != 0)
		return 0;
	struct failure_count *item = &counts->items[at];
	uint64_t taken = item->count < count ? item->count : count;
	item->count -= taken;
	if (item->count > 0)
		return taken;
	free(item->error);
	counts->count--;
	memmove(item, item + 1, (counts->count - at) * sizeof(*item));
	return taken;
}

uint64_t failure_counts_sum(const struct failure_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < counts->count; i++)
		sum += counts->items[i].count;
	return sum;
}

void failure_counts_clear(struct failure_counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		free(counts->items[i].error);
	free(counts->items);
	*counts = (struct failure_counts){0};
}

uint64_t label_hash(uint64_t of_namespace, const struct label *label)
{
	return hash_string(hash_string(of_namespace, label->key), label->value);
}

uint64_t label_hash_namespace(const char *namespace_name)
{
	return hash_string(hash_seed(), namespace_name);
}

static size_t labels_lower_bound(const struct labels *labels, const char *key)
{
	return array_lower_bound(labels->items, labels->count, sizeof(*labels->items), key);
}

const char *labels_get(const struct labels *labels, const char *key)
{
	if (!labels)
		return NULL;
	size_t at = labels_lower_bound(labels, key);
	if (at == labels->count || strcmp(labels->items[at].key, key) != 0)
		return NULL;
	return labels->items[at].value;
}

bool labels_have(const struct labels *labels, const struct labels *wanted)
{
	size_t count = labels ? labels->count : 0;

	/* Both lists are sorted by key. */
	for (size_t i = 0, at = 0; i < wanted->count; i++) {
		const struct label *label = &wanted->items[i];
		int order = -1;
		while (at < count && (order = strcmp(labels->items[at].key, label->key)) < 0)
			at++;
		if (order != 0 || strcmp(labels->items[at].value, label->value) != 0)
			return false;
	}
	return true;
}

int labels_set(struct labels *labels, const char *key, const char *value)
{
	size_t at = labels_lower_bound(labels, key);
	struct label copy = {.value = memory_checked(strdup(value))};

	if (!copy.value)
		return -ENOMEM;
	if (at < labels->count && strcmp(labels->items[at].key, key) == 0) {
		free(labels->items[at].value);
		labels->items[at].value = copy.value;
		return 0;
	}
	copy.key = memory_checked(strdup(key));
	if (!copy.key || !ARRAY_EXTEND(labels->items, labels->count)) {
		free(copy.key);
		free(copy.value);
		return -ENOMEM;
	}
	memmove(&labels->items[at + 1], &labels->items[at],
		(labels->count - 1 - at) * sizeof(*labels->items));
	labels->items[at] = copy;
	return 0;
}

int labels_add(struct labels *labels, size_t *capacity, const char *key, const char *value)
{
	struct label copy = {.key = memory_checked(strdup(key)),
			     .value = memory_checked(strdup(value))};

	if (!copy.key || !copy.value ||
	    ARRAY_RESERVE(labels->items, *capacity, labels->count + 1)) {
		free(copy.key);
		free(copy.value);
		return -ENOMEM;
	}
	labels->items[labels->count++] = copy;
	return 0;
}

static int label_compare(const void *a, const void *b)
{
	const struct label *first = a;
	const struct label *second = b;
	int order = strcmp(first->key, second->key);

	return order ? order : text_compare(first->value, second->value);
}

void labels_sort(struct labels *labels)
{
	size_t kept = 0;

	if (labels->count < 2)
		return;
	qsort(labels->items, labels->count, sizeof(*labels->items), label_compare);
	for (size_t i = 1; i < labels->count; i++) {
		if (strcmp(labels->items[kept].key, labels->items[i].key) == 0) {
			free(labels->items[kept].key);
			free(labels->items[kept].value);
		} else {
			kept++;
		}
		labels->items[kept] = labels->items[i];
	}
	labels->count = kept + 1;
}
