/* SPDX-License-Identifier: Apache-2.0 */
/* The user's choices for drafts. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_OPTIONS_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/subject.h"

enum draft_dns {
	/* Adds UDP to TCP and TCP to UDP for each resolver and for each client of one. If the
	 * policy restricts egress, also allows the cluster's DNS, unless the user excluded it. */
	DRAFT_DNS_AUTO = 0,
	DRAFT_DNS_ALWAYS, /* allows the cluster's DNS even if the user excluded it */
	DRAFT_DNS_NEVER,
};

enum draft_format {
	DRAFT_KUBERNETES = 0, /* networking.k8s.io/v1 NetworkPolicy */
	DRAFT_CILIUM,         /* cilium.io/v2 CiliumNetworkPolicy */
};

/* The limit for draft_options.max_peers unless the user sets one. */
#define DRAFT_MAX_PEERS 50

/* All zero is the default. */
struct draft_options {
	const struct filter *filter; /* edges that pass it count; NULL: all */
	/* Returns true for an edge whose destination stays out of the draft, for all replicas (the
	 * dashboard's `x`). NULL: no edge is excluded. */
	bool (*exclude)(const struct edge *edge, void *data);
	void *exclude_data;
	/* Edges that one of these filters matches stay out of the draft. */
	const struct filter *const *exclude_filters;
	size_t exclude_filter_count;
	bool include_failed; /* also allow destinations without a successful attempt */
	bool keep_edges;     /* fill in draft.edges */
	/* Also allow the ports of Services. Plugins that judge packets before rewriting see these
	 * ports. */
	bool service_ports;
	/*
	 * For each namespace, add a policy that allows DNS to all of its pods and denies the rest.
	 */
	bool default_deny;
	bool explain; /* print every fact about the draft in its header comment */
	enum draft_dns dns;
	enum draft_format format;
	/* Destinations with fewer successful connections than this stay out of the draft. With
	 * include_failed, the number of attempts counts. 0 and 1: no limit. */
	uint64_t min_connections;
	/* The prefix length in bits to which single addresses outside the cluster are widened. 0:
	 * no change. A block that would contain an address of the cluster is not widened. */
	uint8_t widen_ipv4;
	uint8_t widen_ipv6;
	/*
	 * If a port has this many public addresses or more: with group_public, all public addresses
	 * take their place; without it, a line suggests that. 0: no limit.
	 */
	uint32_t max_peers;
	bool group_public;
	/*
	 * If a peer has more distinct ports of one protocol than this, they become the range from
	 * the lowest to the highest port. A range of more than half of all ports becomes all ports.
	 * 0: no limit.
	 */
	uint32_t max_ports;
	/* Keys of labels that no selector uses, or prefixes of keys with a '*', separated by
	 * commas. */
	const char *ignored_labels;
	/* Gaps in the data of the sources, one line of printable ASCII each. Every draft reports
	 * them. */
	const struct string_list *gaps; /* NULL: none */
	/* A template that name_template_is_valid accepts; NULL: names of workloads. */
	const char *name_template;
	/* Existing policies. No draft takes the name of one that selects other pods. NULL: none are
	 * known. */
	const struct netpol_set *existing;
};

#endif
