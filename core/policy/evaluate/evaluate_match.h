/* SPDX-License-Identifier: Apache-2.0 */
/* Matches one end of a flow against one rule: the flow's peer against the rule's peers, and the
 * flow's port against the rule's ports. Only evaluate*.c use it. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_MATCH_H

#include "core/policy/evaluate/evaluate_flow.h"
#include "core/policy/evaluate/evaluate_index.h"
#include "core/state/identity/resolver.h"

/* A candidate for the other end: a pod with a record, a pod without a record, or all pods without
 * records that a Service selects. */
struct evaluate_candidate {
	const struct pod_record *pod; /* NULL: no pod record is known */
	const struct labels *labels;  /* NULL: unknown */
	const char *namespace_name;   /* NULL: unknown */
	const char *port_name; /* name of the Service's target port if its number is unknown */
	bool host_network;
};

/* The evaluator and the memory that its judgements reuse. */
struct evaluator {
	struct evaluate_index index;
	struct resolver *resolver;
	struct evaluate_candidate *candidates;
	size_t candidate_capacity;
	struct evaluate_flow *far_ends;
	size_t far_end_count;
	size_t far_end_capacity;
	bool used_former; /* the current judgement used labels that a pod no longer has */
	int error;        /* 0, or -errno of the current judgement, whose result is then invalid */
};

/* The peer as policies see it. */
struct evaluate_peer {
	const struct flow_address *address; /* NULL: unknown */
	uint8_t family;
	const struct evaluate_candidate *candidates; /* the evaluator owns them */
	size_t count;
	bool internal; /* the address is that of a pod with its own network, or of a Service */
};

/* One end, prepared for matching against rules. */
struct evaluate_end {
	struct evaluator *evaluator;
	const struct evaluate_flow *flow;
	struct evaluate_peer peer;
	uint16_t port;
	bool strict;         /* the reading (evaluate.h): true is strict, false is loose */
	bool may;            /* unknown labels match every selector */
	bool before_rewrite; /* only address blocks match */
};

/*
 * Prepares an end for the flow's peer address, or for the backend's address if `backend` is not
 * NULL. The candidates are the pod that is known to have been the peer, or else all pods that have
 * the address. If no pod has the backend's address, the only candidate is the backend's pod. If the
 * backend's pod is unknown, too, one candidate stands for all pods that the Service selects.
 */
void evaluate_end_init(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct backend *backend, struct evaluate_end *end);

/* Prepares an end for a Service's address that has not been rewritten yet. Only address blocks
 * match such an end. */
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
