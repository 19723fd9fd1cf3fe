/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches one end of a flow against one rule: the candidates for its peer, the rule's peers, the
 * rule's ports. For evaluate*.c alone.
 */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H

#include "core/policy/evaluate/evaluate_flow.h"
#include "core/policy/evaluate/evaluate_index.h"
#include "core/state/identity/resolver.h"

/* A candidate for the other end: a pod, or pods that a Service selects and no record describes. */
struct evaluate_candidate {
	const struct pod_record *pod; /* NULL: no record describes it */
	const struct labels *labels;  /* NULL: unknown */
	const char *namespace_name;   /* NULL: unknown */
	const char *port_name;        /* of the latter, if only the name is known */
	bool host_network;
};

/* The evaluator and its memory, which each judgement uses again. */
struct evaluator {
	struct evaluate_index index;
	struct resolver *resolver;
	struct evaluate_candidate *candidates;
	size_t candidate_capacity;
	struct evaluate_flow *far_ends;
	size_t far_end_count;
	size_t far_end_capacity;
	bool used_former; /* this judgement depended on labels that a pod has no longer */
	int error;        /* of this judgement: 0, or the first -errno (the result is invalid) */
};

/* The peer as policies see it. */
struct evaluate_peer {
	const struct flow_address *address; /* NULL: unknown */
	uint8_t family;
	const struct evaluate_candidate *candidates; /* the evaluator's */
	size_t count;
	bool internal; /* the address is a pod's own, or a Service's */
};

/* One end, ready to be matched against rules. */
struct evaluate_end {
	struct evaluator *evaluator;
	const struct evaluate_flow *flow;
	struct evaluate_peer peer;
	uint16_t port;
	bool strict;         /* which reading of the API: see evaluate.h */
	bool may;            /* labels that are not known match */
	bool before_rewrite; /* address blocks alone count */
};

/*
 * Prepares an end for the flow's peer, or for the backend (NULL: none) that its address stands for.
 * The candidates are the pod that is known to have been the peer, else all pods that hold the
 * address; for a backend without an address, its pod or the pods that its Service selects.
 */
void evaluate_end_init(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct backend *backend, struct evaluate_end *end);

/* Prepares an end for a Service's address as it is before it is rewritten, of which only address blocks
 * speak. */
void evaluate_end_init_service(struct evaluator *evaluator, const struct evaluate_flow *flow,
			       struct evaluate_end *end);

/* Returns the labels that a pod had at the time of the flow. */
const struct labels *evaluate_labels_of(struct evaluator *evaluator,
					const struct evaluate_flow *flow,
					const struct pod_record *pod);

bool evaluate_ports_match(const struct evaluate_end *end, const struct netpol_rule *rule);
bool evaluate_peers_match(const struct evaluate_end *end, const struct netpol_rule *rule);

static inline const struct netpol_rules *evaluate_rules_of(const struct netpol *policy,
							   uint8_t direction)
{
	return &policy->rules[netpol_direction_of(direction)];
}

#endif
