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

/*
 * The pods of other workloads that the selector selects: their number, and the first one by name.
 */
struct others {
	const struct state *state;
	const struct group *group;
	const struct netpol_selector *selector;
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

/* Counts the pod if the policy selects it. A pod that has ended counts only if its connections were
 * seen, because the policy would refuse such connections to the next pod of the ended pod's
 * workload. */
static void overlap_check_pod(struct others *others, const struct pod_record *pod)
{
	struct group group;

	if (pod->host_network || !netpol_selector_matches(others->selector, &pod->labels))
		return;
	group_of_pod(state_workloads(others->state), pod, &group);
	if (group_compare(others->group, &group) == 0)
		return;
	if (!workloads_holds_addresses(pod) && !overlap_was_seen(others->state, pod))
		return;
	if (!others->first || strcmp(pod->name, others->first->name) < 0)
		others->first = pod;
	others->count++;
}

/* Checks the pods that have the rarest label of the selector. */
static void overlap_search(const struct overlap *overlap, struct others *others)
{
	const char *namespace_name = others->group->namespace_name;
	uint64_t of_namespace = label_hash_namespace(namespace_name);
	size_t best = 0;
	size_t best_count = SIZE_MAX;

	/* Usually, one label occurs on a single pod or on the workload's pods only, so stop
	 * early. */
	for (size_t i = 0; i < others->selector->labels.count && best_count > 1; i++) {
		const struct label *label = &others->selector->labels.items[i];
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
			overlap_check_pod(others, pod);
	}
}

/* Checks the live or the ended pods of the namespace. Returns 0 or -ENOMEM. */
static int overlap_scan(struct resolver *resolver, bool ended, struct others *others)
{
	const struct pod_record *pod;
	uint32_t at;

	if (resolver_first_in(resolver, others->group->namespace_name, ended, &at) != 0)
		return -ENOMEM;
	while ((pod = resolver_next_in(resolver, &at)))
		overlap_check_pod(others, pod);
	return 0;
}

void overlap_report(const struct overlap *overlap, const struct evidence *evidence,
		    const struct group *group, const struct netpol_selector *selector,
		    struct lines *lines)
{
	struct others others = {.state = evidence->state, .group = group, .selector = selector};

	if (overlap->entries)
		overlap_search(overlap, &others);
	else if (overlap_scan(evidence->peers.resolver, false, &others) != 0 ||
		 overlap_scan(evidence->peers.resolver, true, &others) != 0)
		lines_add(lines, NULL);
	if (others.count == 0)
		return;
	const char *pod = peer_describe(lines->arena, "pod", others.first->namespace_name,
					others.first->name);
	if (!pod)
		lines_add(lines, NULL);
	else if (others.count == 1)
		lines_printf(lines,
			     "also selected: %s, of another workload: it has these labels too",
			     pod);
	else
		lines_printf(lines,
			     "also selected: %s and %zu more of other workloads: they have these "
			     "labels too",
			     pod, others.count - 1);
}
