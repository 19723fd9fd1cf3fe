/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Caches look-ups of the evaluator: the policies of a namespace, the policies that select a pod,
 * and the labels of a namespace. Only evaluate*.c use it.
 *
 * All results except the policies of a namespace depend on identities. evaluate_index_refresh drops
 * them when identities change.
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_INDEX_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_INDEX_H

#include "core/base/hash_cache.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/workloads.h"

struct evaluate_policies {
	const struct netpol **items;
	size_t count;
};

/* The policies that select `pod` if it has `labels`, for each direction. `labels` are the pod's
 * present or former labels. */
struct evaluate_selection {
	const struct pod_record *pod;
	const struct labels *labels;
	struct evaluate_policies policies[NETPOL_DIRECTIONS];
};

/* The labels of a namespace, including NETPOL_NAMESPACE_LABEL: its present ones, or those that it
 * had before (workloads_former_namespace_labels). */
struct evaluate_namespace {
	const char *name;
	const struct labels *former; /* NULL: the present ones */
	struct labels labels;
	bool is_known; /* false: there may be other labels */
};

struct evaluate_index {
	const struct workloads *workloads;
	const struct netpol **policies; /* sorted by namespace, name, and position in the set */
	size_t policy_count;
	uint64_t revision;            /* the workloads' revision when the caches were filled */
	struct hash_cache selections; /* struct evaluate_selection */
	struct hash_cache namespaces; /* struct evaluate_namespace */
};

/* Initialises the index. Returns 0 or -ENOMEM. Call evaluate_index_clear in both cases. */
int evaluate_index_init(struct evaluate_index *index, const struct netpol_set *policies,
			const struct workloads *workloads);
void evaluate_index_clear(struct evaluate_index *index);

/* Drops all results that depend on identities, if these have changed. */
void evaluate_index_refresh(struct evaluate_index *index);

/* Returns the policies of a namespace. *count is their number. */
const struct netpol *const *evaluate_index_policies(const struct evaluate_index *index,
						    const char *namespace_name, size_t *count);

/* evaluate_index_selection returns the policies that select the pod if it has these labels.
 * evaluate_index_namespace returns the labels of a namespace: the former ones, or the present ones
 * if `former` is NULL. Both return NULL if out of memory. */
const struct evaluate_selection *evaluate_index_selection(struct evaluate_index *index,
							  const struct pod_record *pod,
							  const struct labels *labels);
const struct evaluate_namespace *evaluate_index_namespace(struct evaluate_index *index,
							  const char *name,
							  const struct labels *former);

#endif
