/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/evaluate/evaluate_index.h"
#include "core/policy/evaluate/evaluate_match.h"
#include "core/record/address.h"

int evaluator_new(const struct netpol_set *policies, struct resolver *resolver,
		  struct evaluator **out)
{
	struct evaluator *evaluator = calloc(1, sizeof(*evaluator));

	if (!evaluator)
		return -ENOMEM;
	evaluator->resolver = resolver;
	if (evaluate_index_init(&evaluator->index, policies, resolver_workloads(resolver))) {
		evaluator_free(evaluator);
		return -ENOMEM;
	}
	*out = evaluator;
	return 0;
}

void evaluator_free(struct evaluator *evaluator)
{
	if (!evaluator)
		return;
	evaluate_index_clear(&evaluator->index);
	free(evaluator->candidates);
	free(evaluator->far_ends);
	free(evaluator);
}

/* --- one end --- */

/* Stores the first rule that matches in *result. Returns false if none does. */
static bool evaluate_find_rule(const struct evaluate_end *end, struct evaluate_result *result)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol *policy = result->selecting[i];
		const struct netpol_rules *rules = evaluate_rules_of(policy, end->flow->direction);
		for (size_t j = 0; j < rules->count; j++) {
			/* Compare ports first: comparing peers is slower. */
			if (!evaluate_ports_match(end, &rules->items[j]) ||
			    !evaluate_peers_match(end, &rules->items[j]))
				continue;
			result->policy = policy;
			result->rule = &rules->items[j];
			return true;
		}
	}
	return false;
}

/* Returns whether the peer is the subject's own node. A node has the addresses in its record, its
 * gateways, and the addresses of pods in its network. */
static bool evaluate_is_own_node(const struct evaluator *evaluator,
				 const struct evaluate_flow *flow, const struct evaluate_peer *peer)
{
	const char *node = evaluate_flow_node(flow);

	if (!node)
		return false;
	for (size_t i = 0; i < peer->count; i++) {
		const struct pod_record *pod = peer->candidates[i].pod;
		/* A pod may have an address that usually is its node's gateway. Then the peer is
		 * the pod, not the node. */
		if (pod && !pod->host_network)
			return false;
		if (pod && pod->node && strcmp(pod->node, node) == 0)
			return true;
	}
	return holder_is_node(evaluator->index.workloads, node, peer->family, peer->address);
}

/* Returns the reason why a flow is allowed regardless of the policies, or 0. */
static uint8_t evaluate_always_allowed(const struct evaluator *evaluator,
				       const struct evaluate_flow *flow,
				       const struct evaluate_peer *peer)
{
	const struct pod_record *subject = flow->subject;

	if (peer->address && address_is_loopback(peer->family, peer->address))
		return EVALUATE_LOOPBACK;
	if (!subject)
		return 0;
	if (subject->host_network)
		return EVALUATE_HOST_NETWORK;
	for (size_t i = 0; i < peer->count; i++) {
		if (peer->candidates[i].pod == subject)
			return EVALUATE_SELF;
	}
	/* Candidates come from a look-up by address, which does not find a deleted pod. So also
	 * compare the subject's own addresses. */
	if (peer->address && holder_pod_has(subject, peer->family, peer->address))
		return EVALUATE_SELF;
	if (flow->direction == FLOW_INGRESS && peer->address &&
	    evaluate_is_own_node(evaluator, flow, peer))
		return EVALUATE_OWN_NODE;
	return 0;
}

static bool evaluate_is_defined_protocol(uint8_t protocol)
{
	return protocol == FLOW_TCP || protocol == FLOW_UDP || protocol == FLOW_SCTP;
}

static void evaluate_set(struct evaluate_result *result, enum evaluate_verdict verdict,
			 enum evaluate_reason reason)
{
	result->verdict = (uint8_t)verdict;
	result->reason = (uint8_t)reason;
}

/* Judges the end by the rules of the policies that select it. */
static void evaluate_rules(struct evaluate_end *end, struct evaluate_result *result)
{
	end->strict = true;
	if (evaluate_find_rule(end, result)) {
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_BY_RULE);
		return;
	}
	end->strict = false;
	if (!evaluate_is_defined_protocol(end->flow->protocol)) {
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_PROTOCOL);
		return;
	}
	if (evaluate_find_rule(end, result)) {
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_BY_RULE);
		return;
	}
	end->may = true;
	if (evaluate_find_rule(end, result))
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_PEER_LABELS);
	else if (end->peer.address && !address_is_judged(end->peer.family, end->peer.address))
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_NOT_UNICAST);
	else if (end->flow->family == 0 || end->port == 0)
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
	else
		evaluate_set(result, EVALUATE_DENIED, EVALUATE_NO_RULE);
}

/* Judges one end against one backend, or against the flow's peer (backend NULL). The result must
 * already have the policies that select the subject. */
static void evaluate_one(struct evaluator *evaluator, const struct evaluate_flow *flow,
			 const struct backend *backend, struct evaluate_result *result)
{
	struct evaluate_end end;

	result->backend = backend;
	evaluate_end_init(evaluator, flow, backend, &end);
	uint8_t always = evaluate_always_allowed(evaluator, flow, &end.peer);
	if (always == EVALUATE_SELF && backend && result->selecting_count > 0) {
		evaluate_rules(&end, result);
		if (result->verdict > EVALUATE_DEPENDS)
			evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_SELF_SERVICE);
	} else if (always) {
		evaluate_set(result, EVALUATE_ALLOWED, always);
	} else if (result->selecting_count == 0) {
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_NOT_ISOLATED);
	} else {
		evaluate_rules(&end, result);
	}
	if (result->verdict == EVALUATE_DENIED && !backend && flow->peer_is_gone)
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
}

/*
 * Finds the policies that select the subject, and stores them in *result. Returns false if the
 * subject's labels are unknown and a policy of its namespace may select it.
 */
static bool evaluate_find_selecting(struct evaluator *evaluator, const struct evaluate_flow *flow,
				    struct evaluate_result *result)
{
	size_t count;

	if (flow->subject) {
		const struct evaluate_selection *selection = evaluate_index_selection(
			&evaluator->index, flow->subject,
			evaluate_labels_of(evaluator, flow, flow->subject));
		const struct evaluate_policies *policies =
			selection ? &selection->policies[netpol_direction_of(flow->direction)]
				  : NULL;
		if (!policies) {
			evaluator->error = -ENOMEM;
			return true;
		}
		result->selecting = policies->items;
		result->selecting_count = policies->count;
		return true;
	}
	const struct netpol *const *policies =
		evaluate_index_policies(&evaluator->index, flow->namespace_name, &count);
	for (size_t i = 0; i < count; i++) {
		if (evaluate_rules_of(policies[i], flow->direction)->isolates)
			return false;
	}
	return true;
}

/* Begins a judgement. Returns false if the result is complete and does not depend on the peer. */
static bool evaluate_start(struct evaluator *evaluator, const struct evaluate_flow *flow,
			   struct evaluate_result *result)
{
	*result = (struct evaluate_result){0};
	evaluator->error = 0;
	evaluate_index_refresh(&evaluator->index);
	if (flow->family != 0 && address_is_loopback(flow->family, &flow->peer)) {
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_LOOPBACK);
		return false;
	}
	if (!evaluate_find_selecting(evaluator, flow, result)) {
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_LABELS);
		return false;
	}
	return true;
}

int evaluator_judge_rewritten(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      struct evaluate_result *result)
{
	if (evaluate_start(evaluator, flow, result))
		evaluate_one(evaluator, flow, NULL, result);
	return evaluator->error;
}

/* Returns whether `result` replaces *worst. If both have the same verdict, the reason that comes
 * first in enum evaluate_reason counts, so the result does not depend on the order of backends.
 * EVALUATE_SELF_SERVICE comes late, because a pod surely reaches itself through a Service only if
 * it is the only backend. */
static bool evaluate_is_worse(const struct evaluate_result *result,
			      const struct evaluate_result *worst)
{
	if (result->verdict != worst->verdict)
		return result->verdict > worst->verdict;
	return result->reason < worst->reason;
}

/* Judges the flow for one backend, and stores the result in *worst if it is worse. backend NULL: no
 * backend is known, so the verdict is EVALUATE_UNKNOWN, unless the verdict is the same for every
 * backend. */
static void evaluate_backend(struct evaluator *evaluator, const struct evaluate_flow *flow,
			     const struct backend *backend, struct evaluate_result *worst)
{
	struct evaluate_result result = {.selecting = worst->selecting,
					 .selecting_count = worst->selecting_count};

	evaluate_one(evaluator, flow, backend, &result);
	if (!backend && result.reason != EVALUATE_NOT_ISOLATED &&
	    result.reason != EVALUATE_HOST_NETWORK)
		evaluate_set(&result, EVALUATE_UNKNOWN, EVALUATE_NO_BACKEND);
	if (evaluate_is_worse(&result, worst))
		*worst = result;
}

/* Stores the worst result for all backends of all Services in *worst. */
static void evaluate_services(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      const struct service_backends *const *services, size_t count,
			      struct evaluate_result *worst)
{
	for (size_t i = 0; i < count; i++) {
		if (services[i]->count == 0)
			evaluate_backend(evaluator, flow, NULL, worst);
		for (size_t j = 0; j < services[i]->count; j++)
			evaluate_backend(evaluator, flow, &services[i]->items[j], worst);
	}
}

/* Some plugins judge egress to a Service before its address is rewritten. On these plugins, an
 * address block that contains the Service's address may allow the flow. Kubernetes does not define
 * whether plugins judge before or after rewriting (kubernetes.io, concepts, "Network Policies"). */
static void evaluate_service_block(struct evaluator *evaluator, const struct evaluate_flow *flow,
				   struct evaluate_result *result)
{
	struct evaluate_result before = *result;
	struct evaluate_end end;

	if (result->verdict <= EVALUATE_DEPENDS)
		return;
	evaluate_end_init_service(evaluator, flow, &end);
	if (!evaluate_find_rule(&end, &before))
		return;
	*result = before;
	evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_SERVICE_BLOCK);
}

/* Combines the result before rewriting with *result, the one after it. */
static void evaluate_combine(const struct evaluate_result *as_it_is, struct evaluate_result *result)
{
	if (as_it_is->verdict == result->verdict || result->verdict == EVALUATE_UNKNOWN)
		return;
	/* Report the result with the better verdict, because it names the rule that may allow the
	 * flow. */
	if (as_it_is->verdict < result->verdict)
		*result = *as_it_is;
	result->verdict = EVALUATE_DEPENDS;
}

/* kube-proxy rewrites flows to a node port of the node on which it runs, before policies see them.
 * Network plugins that replace kube-proxy may leave such a flow as it is, or apply policies before
 * they rewrite it. So judge the flow both before and after rewriting. */
static void evaluate_node_ports(struct evaluator *evaluator, const struct evaluate_flow *flow,
				const struct service_backends *const *services, size_t count,
				struct evaluate_result *result)
{
	struct evaluate_result as_it_is = *result;

	evaluate_one(evaluator, flow, NULL, &as_it_is);
	evaluate_services(evaluator, flow, services, count, result);
	evaluate_combine(&as_it_is, result);
}

/* Returns whether the flow's peer is a pod that is known, or one that is gone. Nothing rewrites the
 * address of a pod. */
static bool evaluate_names_peer(const struct evaluate_flow *flow)
{
	return flow->peer_pod || flow->peer_is_gone;
}

/* Judges a flow to a node's address on a pod's hostPort. The client's own node rewrites the address
 * before policies see it. Another node rewrites it when the flow arrives there, unless a network
 * plugin does so at the client. So judge a flow to another node both before and after rewriting.
 * Returns false if no pod has the port. */
static bool evaluate_host_port(struct evaluator *evaluator, const struct evaluate_flow *flow,
			       const struct holder_query *query, struct evaluate_result *result)
{
	struct evaluate_flow rewritten = *flow;

	if (evaluate_names_peer(flow))
		return false;
	rewritten.peer_pod =
		holder_find_host_port(evaluator->index.workloads, query, &rewritten.port);
	if (!rewritten.peer_pod)
		return false;
	(void)address_find(&rewritten.peer_pod->ips, flow->family, &rewritten.peer);
	struct evaluate_result as_it_is = *result;
	evaluate_one(evaluator, &rewritten, NULL, result);
	if (holder_is_own_node(evaluator->index.workloads, query))
		return true;
	evaluate_one(evaluator, flow, NULL, &as_it_is);
	evaluate_combine(&as_it_is, result);
	return true;
}

/* Judges a flow to an address for which connection tracking showed backends: once for each backend.
 * Keeps the worst result. Returns false if no backend was seen. */
static bool evaluate_translated(struct evaluator *evaluator, const struct evaluate_flow *flow,
				const struct holder_query *query, struct evaluate_result *worst)
{
	const struct workloads *workloads = evaluator->index.workloads;
	const struct evaluate_result start = *worst;
	struct holder_backends backends;
	struct holder_query backend;
	struct holder holder;
	bool found = false;

	if (evaluate_names_peer(flow))
		return false;
	holder_find_backends(workloads, query, false, &backends);
	while (holder_next_backend(workloads, &backends, &backend, &holder)) {
		struct evaluate_flow rewritten = *flow;
		struct evaluate_result result = start;
		rewritten.peer = backend.address;
		rewritten.port = backend.port;
		evaluate_one(evaluator, &rewritten, NULL, &result);
		if (evaluate_is_worse(&result, worst))
			*worst = result;
		found = true;
	}
	return found;
}

/* Returns whether a policy allows any peer and any port. Stores the policy and the rule. */
static bool evaluate_allows_all(const struct evaluate_flow *flow, struct evaluate_result *result)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol_rules *rules =
			evaluate_rules_of(result->selecting[i], flow->direction);
		for (size_t j = 0; j < rules->count; j++) {
			if (rules->items[j].peer_count > 0 || rules->items[j].port_count > 0)
				continue;
			result->policy = result->selecting[i];
			result->rule = &rules->items[j];
			return true;
		}
	}
	return false;
}

/* Judges a flow to an address in the range of Service addresses if no known Service has the
 * address. Policies see a pod behind the Service. Returns false for any other address. */
static bool evaluate_unknown_service(struct evaluator *evaluator, const struct evaluate_flow *flow,
				     const struct holder_query *query,
				     struct evaluate_result *result)
{
	const struct workloads *workloads = evaluator->index.workloads;
	struct holder holder;
	const char *cidr;

	if (query->direction != FLOW_EGRESS || evaluate_names_peer(flow) ||
	    !workloads_service_range(workloads, query->family, &query->address, &cidr))
		return false;
	holder_find(workloads, query, &holder);
	if (holder.kind != HOLDER_SERVICE_RANGE)
		return false;
	if (flow->subject && flow->subject->host_network)
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_HOST_NETWORK);
	else if (result->selecting_count == 0)
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_NOT_ISOLATED);
	else if (evaluate_allows_all(flow, result))
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_BY_RULE);
	else
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_NO_SERVICE);
	return true;
}

/* Judges a flow to an address that may belong to a Service or a node. */
static void evaluate_address(struct evaluator *evaluator, const struct evaluate_flow *flow,
			     struct evaluate_result *result)
{
	struct resolver *resolver = evaluator->resolver;
	const struct service_backends *const *services;
	struct holder_query query;
	struct evaluate_end end;
	size_t count;

	evaluate_flow_query(flow, &query);
	evaluator->error = resolver_find_services(resolver, &query, &services, &count);
	if (evaluator->error == 0 && count > 0) {
		evaluate_services(evaluator, flow, services, count, result);
		evaluate_service_block(evaluator, flow, result);
		return;
	}
	if (evaluator->error != 0 || evaluate_host_port(evaluator, flow, &query, result) ||
	    evaluate_translated(evaluator, flow, &query, result) ||
	    evaluate_unknown_service(evaluator, flow, &query, result))
		return;
	if (flow->subject)
		evaluator->error = resolver_find_node_ports(resolver, &query, &services, &count);
	if (evaluator->error != 0)
		return;
	if (count > 0)
		evaluate_end_init(evaluator, flow, NULL, &end);
	if (count > 0 && evaluate_is_own_node(evaluator, flow, &end.peer))
		evaluate_node_ports(evaluator, flow, services, count, result);
	else
		evaluate_one(evaluator, flow, NULL, result);
}

/* Judges a flow by the labels that pods had at its time. */
static int evaluate_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
			  struct evaluate_result *result)
{
	if (!evaluate_start(evaluator, flow, result) || evaluator->error != 0)
		return evaluator->error;
	if (flow->family == 0)
		evaluate_one(evaluator, flow, NULL, result);
	else
		evaluate_address(evaluator, flow, result);
	return evaluator->error;
}

int evaluator_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
		    struct evaluate_result *result)
{
	struct evaluate_flow now = *flow;
	struct evaluate_result today;

	evaluator->used_former = false;
	int error = evaluate_judge(evaluator, flow, result);
	if (error || !evaluator->used_former)
		return error;
	now.time_ns = 0;
	error = evaluate_judge(evaluator, &now, &today);
	if (error || today.verdict == result->verdict)
		return error;
	if (today.verdict < result->verdict)
		*result = today;
	evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_OLD_LABELS);
	return 0;
}

/* --- the far end --- */

/* Finds the subject's address as the far end sees it: the flow's local address if the subject is a
 * host-network pod and the address is known; otherwise the address of this family in the pod's
 * record. */
static bool evaluate_find_address(const struct evaluate_flow *flow, uint8_t family,
				  struct flow_address *address)
{
	const struct pod_record *pod = flow->subject;

	/* A node has several addresses. The route determines which of them a flow uses. */
	if (pod->host_network && flow->local && family == flow->family) {
		*address = *flow->local;
		return true;
	}
	return address_find(&pod->ips, family, address);
}

/* Adds the far end at `pod`. Adds nothing if `pod` is NULL, if no policy applies to it, or if the
 * subject's address is unknown. */
static void evaluate_add_far_end(struct evaluator *evaluator, const struct evaluate_flow *flow,
				 const struct pod_record *pod, uint8_t family, uint16_t port)
{
	struct flow_address address;

	if (!pod || pod->host_network || pod == flow->subject ||
	    !evaluate_find_address(flow, family, &address))
		return;
	struct evaluate_flow *end = ARRAY_ADD(evaluator->far_ends, evaluator->far_end_count,
					      evaluator->far_end_capacity);
	if (!end) {
		evaluator->error = -ENOMEM;
		return;
	}
	*end = (struct evaluate_flow){
		.subject = pod,
		.namespace_name = pod->namespace_name,
		.peer_pod = flow->subject->host_network ? NULL : flow->subject,
		.peer = address,
		.time_ns = flow->time_ns,
		.family = family,
		.port = port,
		.direction = flow->direction == FLOW_EGRESS ? FLOW_INGRESS : FLOW_EGRESS,
		.protocol = flow->protocol,
	};
}

int evaluator_far_ends(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_flow **ends, size_t *count)
{
	const struct service_backends *const *services;
	struct holder_query query;
	struct holder holder;
	size_t service_count;

	*count = 0;
	evaluator->far_end_count = 0;
	if (flow->family == 0 || !flow->subject)
		return 0;
	evaluate_flow_query(flow, &query);
	evaluator->error =
		resolver_find_services(evaluator->resolver, &query, &services, &service_count);
	if (evaluator->error != 0)
		return evaluator->error;
	for (size_t i = 0; i < service_count; i++) {
		for (size_t j = 0; j < services[i]->count; j++) {
			const struct backend *backend = &services[i]->items[j];
			/* Packets to a Service's address go only to backends of the same address
			 * family. */
			if (backend->family != flow->family)
				continue;
			evaluate_add_far_end(evaluator, flow, backend->pod, backend->family,
					     backend->port);
		}
	}
	uint16_t port = flow->port;
	const struct pod_record *pod =
		service_count == 0 && !evaluate_names_peer(flow)
			? holder_find_host_port(evaluator->index.workloads, &query, &port)
			: NULL;
	evaluate_add_far_end(evaluator, flow, pod, flow->family, port);
	if (service_count == 0 && !pod && !evaluate_names_peer(flow)) {
		struct holder_backends backends;
		struct holder_query backend;
		holder_find_backends(evaluator->index.workloads, &query, false, &backends);
		while (holder_next_backend(evaluator->index.workloads, &backends, &backend,
					   &holder))
			evaluate_add_far_end(evaluator, flow,
					     holder.kind == HOLDER_POD ? holder.pod : NULL,
					     backend.family, backend.port);
	}
	if (service_count == 0 && !pod && !flow->peer_is_gone) {
		holder_find_pod(evaluator->index.workloads, &query, &holder);
		evaluate_add_far_end(evaluator, flow, flow->peer_pod ? flow->peer_pod : holder.pod,
				     flow->family, flow->port);
	}
	*ends = evaluator->far_ends;
	*count = evaluator->error ? 0 : evaluator->far_end_count;
	return evaluator->error;
}
