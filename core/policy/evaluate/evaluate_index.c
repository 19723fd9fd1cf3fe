/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"

/* --- the policies of a namespace --- */

static int evaluate_index_compare(const void *a, const void *b)
{
	const struct netpol *x = *(const struct netpol *const *)a;
	const struct netpol *y = *(const struct netpol *const *)b;
	int order = strcmp(x->namespace_name, y->namespace_name);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order ? order : (x > y) - (x < y);
}

int evaluate_index_init(struct evaluate_index *index, const struct netpol_set *policies,
			const struct workloads *workloads)
{
	*index = (struct evaluate_index){.workloads = workloads,
					 .revision = workloads_revision(workloads)};
	if (policies->count == 0)
		return 0;
	index->policies = reallocarray(NULL, policies->count, sizeof(*index->policies));
	if (!index->policies)
		return -ENOMEM;
	for (size_t i = 0; i < policies->count; i++)
		index->policies[i] = &policies->items[i];
	index->policy_count = policies->count;
	qsort(index->policies, index->policy_count, sizeof(*index->policies),
	      evaluate_index_compare);
	return 0;
}

static int evaluate_index_compare_namespace(const void *key, const void *item)
{
	return strcmp(key, (*(const struct netpol *const *)item)->namespace_name);
}

const struct netpol *const *evaluate_index_policies(const struct evaluate_index *index,
						    const char *namespace_name, size_t *count)
{
	size_t at = array_search(namespace_name, index->policies, index->policy_count,
				 sizeof(struct netpol *), evaluate_index_compare_namespace);

	*count = 0;
	while (at + *count < index->policy_count &&
	       strcmp(index->policies[at + *count]->namespace_name, namespace_name) == 0)
		(*count)++;
	return index->policies ? &index->policies[at] : NULL;
}

/* --- everything that depends on identities --- */

static void evaluate_index_forget(struct evaluate_index *index)
{
	hash_cache_clear(&index->selections);
	hash_cache_clear(&index->namespaces);
}

void evaluate_index_clear(struct evaluate_index *index)
{
	evaluate_index_forget(index);
	free(index->policies);
	*index = (struct evaluate_index){0};
}

void evaluate_index_refresh(struct evaluate_index *index)
{
	uint64_t revision = workloads_revision(index->workloads);

	if (revision == index->revision)
		return;
	index->revision = revision;
	evaluate_index_forget(index);
}

static int evaluate_index_select(struct evaluate_index *index, struct evaluate_selection *selection)
{
	const struct pod_record *pod = selection->pod;
	struct arena *arena = &index->selections.arena;
	size_t count;
	const struct netpol *const *policies =
		evaluate_index_policies(index, pod->namespace_name, &count);

	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		selection->policies[d].items = arena_array(arena, count, sizeof(*policies));
		if (!selection->policies[d].items)
			return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		bool selects = netpol_selector_matches(policies[i]->pods, selection->labels);
		for (int d = 0; selects && d < NETPOL_DIRECTIONS; d++) {
			struct evaluate_policies *selecting = &selection->policies[d];
			if (policies[i]->rules[d].isolates)
				selecting->items[selecting->count++] = policies[i];
		}
	}
	return 0;
}

const struct evaluate_selection *evaluate_index_selection(struct evaluate_index *index,
							  const struct pod_record *pod,
							  const struct labels *labels)
{
	uint64_t hash = hash_pointer(pod);
	struct evaluate_selection made = {.pod = pod, .labels = labels};
	struct hash_cursor cursor;

	for (const struct evaluate_selection *known =
		     hash_cache_first(&index->selections, hash, &cursor);
	     known; known = hash_cache_next(&index->selections, &cursor)) {
		if (known->pod == pod && known->labels == labels)
			return known;
	}
	if (evaluate_index_select(index, &made))
		return NULL;
	struct evaluate_selection *selection =
		hash_cache_add(&index->selections, hash, sizeof(*selection));
	if (selection)
		*selection = made;
	return selection;
}

/* Copies the labels of a namespace. `labels` is NULL if they are unknown. Always adds the label
 * with the namespace's name, because the API server sets it on every namespace. */
static int evaluate_index_label(struct arena *arena, const struct labels *labels,
				struct evaluate_namespace *out)
{
	size_t count = labels ? labels->count : 0;
	struct label name = {arena_string(arena, NETPOL_NAMESPACE_LABEL),
			     arena_string(arena, out->name)};
	struct label *items = arena_array(arena, count + 1, sizeof(*items));
	size_t at = 0;

	if (!name.key || !name.value || !items)
		return -ENOMEM;
	/* Labels are sorted by key, so the name's label has its place among the others. */
	while (at < count && strcmp(labels->items[at].key, NETPOL_NAMESPACE_LABEL) < 0) {
		items[at] = labels->items[at];
		at++;
	}
	items[at] = name;
	out->labels = (struct labels){.items = items, .count = at + 1};
	for (; at < count; at++) {
		if (strcmp(labels->items[at].key, NETPOL_NAMESPACE_LABEL) != 0)
			items[out->labels.count++] = labels->items[at];
	}
	return 0;
}

const struct evaluate_namespace *evaluate_index_namespace(struct evaluate_index *index,
							  const char *name,
							  const struct labels *former)
{
	uint64_t hash = hash_string(0, name);
	struct hash_cursor cursor;

	for (const struct evaluate_namespace *known =
		     hash_cache_first(&index->namespaces, hash, &cursor);
	     known; known = hash_cache_next(&index->namespaces, &cursor)) {
		if (known->former == former && strcmp(known->name, name) == 0)
			return known;
	}
	const struct namespace_record *record = workloads_namespace(index->workloads, name);
	const struct labels *present = record ? &record->labels : NULL;
	struct evaluate_namespace made = {
		.name = record ? record->name : name, .former = former, .is_known = record != NULL};
	if (evaluate_index_label(&index->namespaces.arena, former ? former : present, &made))
		return NULL;
	struct evaluate_namespace *kept = hash_cache_add(&index->namespaces, hash, sizeof(*kept));
	if (!kept)
		return NULL;
	*kept = made;
	return kept;
}
