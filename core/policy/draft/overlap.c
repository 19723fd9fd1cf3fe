/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/overlap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/draft/peer_item.h"

/* One label of one pod. */
struct overlap_entry {
	uint64_t hash; /* label_hash */
	const struct pod_record *pod;
};

static int overlap_compare_entries(const void *a, const void *b)
{
	const struct overlap_entry *x = a;
	const struct overlap_entry *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

int overlap_index(struct overlap *overlap, const struct workloads *workloads)
{
	size_t pods = workloads_count(workloads, RECORD_POD);
	size_t labels = 0;

	for (size_t i = 0; i < pods; i++)
		labels += workloads_pod_at(workloads, i)->labels.count;
	overlap->entries = reallocarray(NULL, labels + 1, sizeof(*overlap->entries));
	if (!overlap->entries)
		return -ENOMEM;
	for (size_t i = 0; i < pods; i++) {
		const struct pod_record *pod = workloads_pod_at(workloads, i);
		uint64_t of_namespace = label_hash_namespace(pod->namespace_name);
		for (size_t k = 0; !pod->host_network && k < pod->labels.count; k++)
			overlap->entries[overlap->count++] = (struct overlap_entry){
				.hash = label_hash(of_namespace, &pod->labels.items[k]),
				.pod = pod,
			};
	}
	return array_sort_by_number(overlap->entries, overlap->count, sizeof(*overlap->entries),
				    offsetof(struct overlap_entry, hash), NULL);
}

void overlap_free(struct overlap *overlap)
{
	free(overlap->entries);
	*overlap = (struct overlap){.entries = NULL};
}

/* A search for the pods that a workload's selector selects. */
struct overlap_query {
	struct evidence *evidence;
	const struct group *group;
	const struct netpol_selector *selector;
	bool add_unseen; /* overlap_add_unseen; otherwise overlap_report */
	int error;
	/* The pods of other workloads: their number, and the first one by name. */
	const struct pod_record *first;
	size_t count;
};

/* Returns whether connections of the pod were seen. */
static bool overlap_was_seen(const struct state *state, const struct pod_record *pod)
{
	for (size_t i = 0; i < state_subject_count(state); i++) {
		if (state_subject(state, i)->pod_record == pod)
			return true;
	}
	return false;
}

/* Counts a pod of another workload. A pod that has ended counts only if its connections were seen,
 * because the policy would refuse such connections to the next pod of the ended pod's workload. */
static void overlap_count_pod(struct overlap_query *query, const struct pod_record *pod)
{
	const struct state *state = query->evidence->state;

	if (!workloads_holds_addresses(pod) && !overlap_was_seen(state, pod))
		return;
	if (!query->first || strcmp(pod->name, query->first->name) < 0)
		query->first = pod;
	query->count++;
}

static void overlap_check_pod(struct overlap_query *query, const struct pod_record *pod)
{
	struct group group;

	if (pod->host_network || !netpol_selector_matches(query->selector, &pod->labels))
		return;
	group_of_pod(state_workloads(query->evidence->state), pod, &group);
	bool same = group_compare(query->group, &group) == 0;
	if (!same && !query->add_unseen)
		overlap_count_pod(query, pod);
	if (same && query->add_unseen && query->error == 0 && workloads_holds_addresses(pod))
		query->error = evidence_add_unseen(query->evidence, pod);
}

/* Checks the pods that have the rarest label of the selector. */
static void overlap_search(const struct overlap *overlap, struct overlap_query *query)
{
	const char *namespace_name = query->group->namespace_name;
	uint64_t of_namespace = label_hash_namespace(namespace_name);
	size_t best = 0;
	size_t best_count = SIZE_MAX;

	/* Usually, one label occurs on a single pod or on the workload's pods only, so stop
	 * early. */
	for (size_t i = 0; i < query->selector->labels.count && best_count > 1; i++) {
		const struct label *label = &query->selector->labels.items[i];
		const struct overlap_entry key = {.hash = label_hash(of_namespace, label)};
		size_t first = array_search(&key, overlap->entries, overlap->count, sizeof(key),
					    overlap_compare_entries);
		size_t count = 0;
		while (first + count < overlap->count && count < best_count &&
		       overlap->entries[first + count].hash == key.hash)
			count++;
		if (count < best_count) {
			best = first;
			best_count = count;
		}
	}
	for (size_t i = 0; i < best_count; i++) {
		const struct pod_record *pod = overlap->entries[best + i].pod;
		if (strcmp(pod->namespace_name, namespace_name) == 0)
			overlap_check_pod(query, pod);
	}
}

/* Checks the live or the ended pods of the namespace. Returns 0 or -ENOMEM. */
static int overlap_scan(struct resolver *resolver, bool ended, struct overlap_query *query)
{
	const struct pod_record *pod;
	uint32_t at;

	if (resolver_first_in(resolver, query->group->namespace_name, ended, &at) != 0)
		return -ENOMEM;
	while ((pod = resolver_next_in(resolver, &at)))
		overlap_check_pod(query, pod);
	return 0;
}

/* Checks all pods of the namespace that the selector may select. Returns 0 or -ENOMEM. */
static int overlap_run(const struct overlap *overlap, struct overlap_query *query)
{
	struct resolver *resolver = query->evidence->peers.resolver;

	if (overlap->entries)
		overlap_search(overlap, query);
	else if (overlap_scan(resolver, false, query) != 0 ||
		 overlap_scan(resolver, true, query) != 0)
		return -ENOMEM;
	return query->error;
}

int overlap_add_unseen(const struct overlap *overlap, struct evidence *evidence,
		       const struct group *group)
{
	struct overlap_query query = {
		.evidence = evidence,
		.group = group,
		.selector = peer_selector(&evidence->peers, group->pod),
		.add_unseen = true,
	};

	if (!query.selector)
		return -ENOMEM;
	/* Without labels, the workload gets no policy. */
	return query.selector->labels.count > 0 ? overlap_run(overlap, &query) : 0;
}

void overlap_report(const struct overlap *overlap, struct evidence *evidence,
		    const struct group *group, const struct netpol_selector *selector,
		    struct lines *lines)
{
	struct overlap_query query = {.evidence = evidence, .group = group, .selector = selector};

	if (overlap_run(overlap, &query) != 0)
		lines_add(lines, NULL);
	if (query.count == 0)
		return;
	const char *pod =
		peer_describe(lines->arena, "pod", query.first->namespace_name, query.first->name);
	if (!pod)
		lines_add(lines, NULL);
	else if (query.count == 1)
		lines_printf(lines,
			     "also selected: %s, of another workload: it has these labels too",
			     pod);
	else
		lines_printf(lines,
			     "also selected: %s and %zu more of other workloads: they have these "
			     "labels too",
			     pod, query.count - 1);
}
