/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a flow held against one rule: who its peer may be, whether the rule's peers and ports
 * match. For evaluate*.c alone.
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_index.h"

/* What may be the other end: a pod, or the pods that a Service selects and no record told of. */
struct evaluate_candidate {
	const struct pod_record *pod; /* NULL: the latter */
	const struct labels *labels;
	const char *namespace_name;
	const char *port_name; /* of the latter, where only the name is known */
};

/* Room for the candidates of one peer, used again for the next. Zero-initialise; free candidates.
 */
struct evaluate_scratch {
	struct evaluate_candidate *candidates;
	size_t capacity;
};

struct evaluator {
	struct evaluate_index index;
	struct evaluate_scratch scratch;
};

/* The peer as policies see it. */
struct evaluate_peer {
	const struct flow_address *address; /* NULL: unknown */
	uint8_t family;
	const struct evaluate_candidate *candidates; /* the scratch's */
	size_t count;
	bool internal; /* the address is a pod's own, or a Service's */
};

/* One end, ready to be held against rules. */
struct evaluate_end {
	struct evaluate_index *index;
	const struct evaluate_flow *flow;
	struct evaluate_peer peer;
	uint16_t port;
	bool strict; /* how to read what network plugins read differently: see evaluate.h */
};

/*
 * Who the flow's peer is, or the backend (NULL: none) that its address stands for: the pod that is
 * known to have been it, else all pods that hold the address; for a backend without one, the pod
 * itself or what its Service selects. 0 or -ENOMEM.
 */
int evaluate_find_peer(const struct evaluate_index *index, struct evaluate_scratch *scratch,
		       const struct evaluate_flow *flow, const struct evaluate_backend *backend,
		       struct evaluate_peer *peer);

bool evaluate_ports_match(const struct evaluate_end *end, const struct netpol_rule *rule);

/* 1, 0, or -ENOMEM. */
int evaluate_peers_match(const struct evaluate_end *end, const struct netpol *policy,
			 const struct netpol_rule *rule);

static inline const struct netpol_rules *evaluate_rules_of(const struct netpol *policy,
							   uint8_t direction)
{
	return direction == FLOW_INGRESS ? &policy->ingress : &policy->egress;
}

#endif
