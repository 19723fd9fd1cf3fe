/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafting: the state's edges and identities → one NetworkPolicy per workload that allows exactly
 * what succeeded.
 *
 * Pure: reads the state, writes nothing but its result; no I/O, no clock, no threads. The result
 * depends only on what the state holds, never on the order in which it came.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/state/state.h"

struct policy_set; /* the drafted policies; opaque here, see model.h */

enum draft_dns {
	DRAFT_DNS_AUTO =
		0, /* TCP 53 beside an observed UDP 53, and the other way, for the same resolver */
	DRAFT_DNS_ALWAYS,
	DRAFT_DNS_NEVER,
};

enum draft_format {
	DRAFT_KUBERNETES = 0, /* networking.k8s.io/v1 NetworkPolicy */
	DRAFT_CILIUM,         /* cilium.io/v2 CiliumNetworkPolicy */
};

struct draft_options {
	const struct filter *filter; /* which subjects' flows count; NULL: all */
	/*
	 * True leaves the destination of the edge out of the draft, for all replicas (the
	 * dashboard's `x`); NULL: none is left out.
	 */
	bool (*exclude)(const struct edge *edge, void *data);
	void *exclude_data;
	/* Edges that one of these filters matches are left out. */
	const struct filter *const *exclude_filters;
	size_t exclude_filter_count;
	bool include_failed; /* also allow what only ever failed */
	enum draft_dns dns;
	enum draft_format format;
	/*
	 * Destinations with fewer connections that succeeded (or, with include_failed, were tried)
	 * are left out. 0, 1: none.
	 */
	uint64_t min_connections;
	/*
	 * Single addresses outside the cluster become blocks of this prefix, in bits; 0: they stay
	 * as they are. A block that would take in an address of the cluster is not widened.
	 */
	uint8_t widen_ipv4;
	uint8_t widen_ipv6;
	/*
	 * More distinct ports of one protocol than this to one peer become the range from the
	 * lowest to the highest; where that is more than half of all ports, all ports. 0: no limit.
	 */
	uint32_t max_ports;
	/* See draft_name_is_valid. NULL: the workload's. */
	const char *name_template;
};

/*
 * Whether names can be made by this template: {name} stands for the name that the policy has by
 * default, {namespace} for its namespace; the rest has to fit a DNS subdomain. Where several
 * policies of a namespace would get one name, each gets its default name behind it.
 */
bool draft_name_is_valid(const char *name_template);

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
 * edges were left out by choice (by exclude, a filter, or for too few connections). */
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
 * The policies as YAML of the format that they were drafted for, each document with its header
 * comment, in a string to free. index: one policy, or POLICY_ALL for the whole set, documents
 * separated by `---`. 0 or -ENOMEM.
 */
#define POLICY_ALL ((size_t)-1)
int policy_print_yaml(const struct policy_set *set, size_t index, char **text, size_t *length);

#endif
