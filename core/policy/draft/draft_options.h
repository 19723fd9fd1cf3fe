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
	/* If the workload sent or received DNS queries over UDP or TCP, allows both UDP and TCP for
	 * them. If the policy restricts egress, also allows the cluster's DNS, unless the user
	 * excluded it. */
	DRAFT_DNS_AUTO = 0,
	DRAFT_DNS_ALWAYS, /* allows the cluster's DNS even if the user excluded it */
	DRAFT_DNS_NEVER,
};

enum draft_format {
	DRAFT_KUBERNETES = 0, /* networking.k8s.io/v1 NetworkPolicy */
	DRAFT_CILIUM,         /* cilium.io/v2 CiliumNetworkPolicy */
};

/* The default of draft_options.max_peers in the user interface. */
#define DRAFT_MAX_PEERS 50

/* All zero is the default. */
struct draft_options {
	const struct filter *filter; /* a draft uses only edges that pass it; NULL: all */
	/* Returns true if the user excluded the edge with `x` in the dashboard. The edges of the
	 * other replicas to the same destination are then left out, too. NULL: no edge is
	 * excluded. */
	bool (*exclude)(const struct edge *edge, void *data);
	void *exclude_data;
	/* The draft leaves out edges that one of these filters matches. */
	const struct filter *const *exclude_filters;
	size_t exclude_filter_count;
	bool include_failed; /* also allow destinations without a successful attempt */
	bool keep_edges;     /* fill in draft.edges and draft.left_out */
	/* Also allow the ports of Services. A network plugin sees these ports if it judges packets
	 * before their destination is rewritten to a pod. */
	bool service_ports;
	/*
	 * For each namespace, add a policy for all its pods that allows DNS queries and denies
	 * everything else.
	 */
	bool default_deny;
	bool explain; /* print every fact about the draft in its header comment */
	enum draft_dns dns;
	enum draft_format format;
	/* The draft leaves out destinations with fewer successful connections than this. With
	 * include_failed, failed attempts count as well. 0 and 1: no limit. */
	uint64_t min_connections;
	/* The prefix length in bits to which single addresses outside the cluster are widened. An
	 * address stays single if the block would contain an address of the cluster. 0: no
	 * widening. */
	uint8_t widen_ipv4;
	uint8_t widen_ipv6;
	/*
	 * If at least this many public addresses have the same port, group_public replaces them
	 * with all public addresses. Without group_public, a line of the draft suggests setting it.
	 * 0: no limit.
	 */
	uint32_t max_peers;
	bool group_public;
	/*
	 * The maximum number of distinct ports of a peer for one protocol. If there are more, one
	 * range from the lowest to the highest of these ports replaces them. If that range has half
	 * of all port numbers or more, the rule allows all ports of the protocol instead. 0: no
	 * limit.
	 */
	uint32_t max_ports;
	/* Patterns separated by commas. Selectors omit labels whose keys match one: a pattern is a
	 * key, or a prefix of keys followed by '*'. */
	const char *ignored_labels;
	/* Lines of printable ASCII about sources with incomplete data. Every draft has these
	 * lines. */
	const struct string_list *gaps; /* NULL: none */
	/* The template of policy names. name_template_is_valid must return true for it. NULL:
	 * policies have their default names (name.h). */
	const char *name_template;
	/* The existing policies. A draft must not have the name of an existing policy that selects
	 * other pods, because it would replace that policy. NULL: unknown. */
	const struct netpol_set *existing;
};

#endif
