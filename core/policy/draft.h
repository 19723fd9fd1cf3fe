/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafting: the state's edges and identities → one NetworkPolicy per workload that allows exactly
 * what succeeded.
 *
 * Pure: reads the state, writes nothing but its result; no I/O, no clock, no threads. The result
 * depends only on what the state holds, never on the order in which it came.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_H
#define POLECAT_CORE_POLICY_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/filter/filter.h"
#include "core/state/state.h"

struct policy_set; /* the drafted policies; opaque here, see model.h */

enum draft_dns {
	DRAFT_DNS_AUTO =
		0, /* TCP 53 beside an observed UDP 53, and the other way, for the same resolver */
	DRAFT_DNS_ALWAYS,
	DRAFT_DNS_NEVER,
};

struct draft_options {
	const struct filter *filter; /* which subjects' flows count; NULL: all */
	/* True leaves the edge out of the draft (the dashboard's `x`); NULL: none is left out. */
	bool (*exclude)(const struct edge *edge, void *data);
	void *exclude_data;
	bool include_failed; /* also allow what only ever failed */
	enum draft_dns dns;
};

/* 0 or -ENOMEM. Free with policy_set_free. */
int policy_draft(const struct state *state, const struct draft_options *options,
		 struct policy_set **out);

/*
 * The draft of the one workload that `subject` belongs to (its replicas included): what the preview
 * pane shows. An empty set where nothing can be drafted. 0 or -ENOMEM.
 */
int policy_draft_subject(const struct state *state, const struct subject *subject,
			 const struct draft_options *options, struct policy_set **out);

void policy_set_free(struct policy_set *set);

/* How many policies are in the set. */
size_t policy_set_count(const struct policy_set *set);

/* Of policy `index`: its metadata.name, its namespace, and the workload in words. Owned by the set.
 */
const char *policy_set_name(const struct policy_set *set, size_t index);
const char *policy_set_namespace(const struct policy_set *set, size_t index);
const char *policy_set_workload(const struct policy_set *set, size_t index);

/* Connections that succeeded and stand behind the policy, how many of them it allows, and how many
 * edges were left out. */
struct policy_coverage {
	size_t connections;
	size_t covered;
	size_t left_out;
};
void policy_set_coverage(const struct policy_set *set, size_t index, struct policy_coverage *out);

/* Things that were left out or guessed and belong to no document ("pod shop/x has no labels …"). */
size_t policy_set_warning_count(const struct policy_set *set);
const char *policy_set_warning(const struct policy_set *set, size_t index);

/*
 * The policies as YAML (networking.k8s.io/v1), each document with its header comment, in a string
 * to free. index: one policy, or POLICY_ALL for the whole set, documents separated by `---`. 0 or
 * -ENOMEM.
 */
#define POLICY_ALL ((size_t)-1)
int policy_print_yaml(const struct policy_set *set, size_t index, char **text, size_t *length);

#endif
