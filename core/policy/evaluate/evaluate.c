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

/* Puts the first rule that matches into *result. Returns 1 (found), 0 or -ENOMEM. */
static int evaluate_find_rule(const struct evaluate_end *end, struct evaluate_result *result)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol *policy = result->selecting[i];
		const struct netpol_rules *rules = evaluate_rules_of(policy, end->flow->direction);
		for (size_t j = 0; j < rules->count; j++) {
			const struct netpol_rule *rule = &rules->items[j];
			/* Ports first: they cost less. */
			int matches = evaluate_ports_match(end, rule)
					      ? evaluate_peers_match(end, rule)
					      : 0;
			if (matches > 0) {
				result->policy = policy;
				result->rule = rule;
			}
			if (matches)
				return matches;
		}
	}
	return 0;
}

/* Returns whether the peer is the subject's own node. Its addresses are those of its record, and of
 * the pods in its network. */
static bool evaluate_is_own_node(const struct evaluator *evaluator,
				 const struct pod_record *subject, const struct evaluate_peer *peer)
{
	if (!subject->node)
		return false;
	for (size_t i = 0; i < peer->count; i++) {
		const struct pod_record *pod = peer->candidates[i].pod;
		/* A gateway's address that a pod holds is the pod's. */
		if (pod && !pod->host_network)
			return false;
		if (pod && pod->node && strcmp(pod->node, subject->node) == 0)
			return true;
	}
	return holder_is_node(evaluator->index.workloads, subject->node, peer->family,
			      peer->address);
}

/* Returns the reason why a flow is allowed under any policies; 0: there is no such reason. */
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
	if (flow->direction == FLOW_INGRESS && peer->address &&
	    evaluate_is_own_node(evaluator, subject, peer))
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
static int evaluate_rules(struct evaluate_end *end, struct evaluate_result *result)
{
	end->strict = true;
	int matches = evaluate_find_rule(end, result);
	if (matches > 0)
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_BY_RULE);
	if (matches)
		return matches < 0 ? matches : 0;
	if (!evaluate_is_defined_protocol(end->flow->protocol)) {
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_PROTOCOL);
		return 0;
	}
	end->strict = false;
	matches = evaluate_find_rule(end, result);
	if (matches < 0)
		return matches;
	if (matches > 0)
		evaluate_set(result, EVALUATE_DEPENDS, EVALUATE_BY_RULE);
	else if (end->flow->family == 0 || end->port == 0)
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
	else
		evaluate_set(result, EVALUATE_DENIED, EVALUATE_NO_RULE);
	return 0;
}

/* One end against its peer or one backend. The result has the policies that select the subject
 * already. */
static int evaluate_one(struct evaluator *evaluator, const struct evaluate_flow *flow,
			const struct backend *backend, struct evaluate_result *result)
{
	struct evaluate_end end = {.index = &evaluator->index,
				   .flow = flow,
				   .port = backend ? backend->port : flow->port};

	result->backend = backend;
	int error = evaluate_find_peer(evaluator, flow, backend, &end.peer);
	if (error)
		return error;
	uint8_t always = evaluate_always_allowed(evaluator, flow, &end.peer);
	if (always)
		evaluate_set(result, EVALUATE_ALLOWED, always);
	else if (result->selecting_count == 0)
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_NOT_ISOLATED);
	else
		error = evaluate_rules(&end, result);
	if (!error && result->verdict == EVALUATE_DENIED && !backend && flow->peer_is_gone)
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
	return error;
}

/* Puts the policies that select the subject into the result. True: whether they do is not known.
 * *error: 0 or -ENOMEM. */
static bool evaluate_find_selecting(struct evaluator *evaluator, const struct evaluate_flow *flow,
				    struct evaluate_result *result, int *error)
{
	bool ingress = flow->direction == FLOW_INGRESS;

	*error = 0;
	if (flow->subject) {
		const struct evaluate_selection *selection =
			evaluate_index_selection(&evaluator->index, flow->subject);
		if (!selection) {
			*error = -ENOMEM;
			return false;
		}
		result->selecting = ingress ? selection->ingress : selection->egress;
		result->selecting_count =
			ingress ? selection->ingress_count : selection->egress_count;
		return false;
	}
	size_t count;
	const struct netpol *const *policies =
		evaluate_index_policies(&evaluator->index, flow->namespace_name, &count);
	for (size_t i = 0; i < count; i++) {
		if (evaluate_rules_of(policies[i], flow->direction)->isolates)
			return true;
	}
	return false;
}

/* Begins a result. *done: it is complete, whatever the peer is. */
static int evaluate_start(struct evaluator *evaluator, const struct evaluate_flow *flow,
			  struct evaluate_result *result, bool *done)
{
	int error;

	*result = (struct evaluate_result){0};
	*done = flow->family != 0 && address_is_loopback(flow->family, &flow->peer);
	if (*done) {
		evaluate_set(result, EVALUATE_ALLOWED, EVALUATE_LOOPBACK);
		return 0;
	}
	*done = evaluate_find_selecting(evaluator, flow, result, &error);
	if (*done)
		evaluate_set(result, EVALUATE_UNKNOWN, EVALUATE_NO_LABELS);
	return error;
}

int evaluator_judge_rewritten(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      struct evaluate_result *result)
{
	bool done;

	evaluate_index_refresh(&evaluator->index);
	int error = evaluate_start(evaluator, flow, result, &done);
	if (error || done)
		return error;
	return evaluate_one(evaluator, flow, NULL, result);
}

/* Judges the flow for one backend, and keeps the result if it is worse. Without a known backend the
 * verdict is unknown, unless it needs none. */
static int evaluate_backend(struct evaluator *evaluator, const struct evaluate_flow *flow,
			    const struct backend *backend, struct evaluate_result *worst)
{
	struct evaluate_result result = {.selecting = worst->selecting,
					 .selecting_count = worst->selecting_count};
	int error = evaluate_one(evaluator, flow, backend, &result);

	if (!error && !backend && result.reason != EVALUATE_NOT_ISOLATED &&
	    result.reason != EVALUATE_HOST_NETWORK)
		evaluate_set(&result, EVALUATE_UNKNOWN, EVALUATE_NO_BACKEND);
	if (!error && result.verdict > worst->verdict)
		*worst = result;
	return error;
}

/* Keeps the worst result of all backends of all Services. */
static int evaluate_services(struct evaluator *evaluator, const struct evaluate_flow *flow,
			     const struct service_backends *const *services, size_t count,
			     struct evaluate_result *worst)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		if (services[i]->count == 0)
			error = evaluate_backend(evaluator, flow, NULL, worst);
		for (size_t j = 0; j < services[i]->count && !error; j++)
			error = evaluate_backend(evaluator, flow, &services[i]->items[j], worst);
	}
	return error;
}

/*
 * kube-proxy rewrites flows to a node port of its own node; other plugins may not, or judge before
 * that.
 */
static int evaluate_node_ports(struct evaluator *evaluator, const struct evaluate_flow *flow,
			       const struct service_backends *const *services, size_t count,
			       struct evaluate_result *result)
{
	struct evaluate_result as_it_is = *result;

	int error = evaluate_one(evaluator, flow, NULL, &as_it_is);
	if (!error)
		error = evaluate_services(evaluator, flow, services, count, result);
	if (error || as_it_is.verdict == result->verdict || result->verdict == EVALUATE_UNKNOWN)
		return error;
	/* One reading allows the flow; report that one. */
	if (as_it_is.verdict < result->verdict)
		*result = as_it_is;
	result->verdict = EVALUATE_DEPENDS;
	return 0;
}

int evaluator_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
		    struct evaluate_result *result)
{
	const struct service_backends *const *services;
	struct holder_query query;
	struct evaluate_peer peer;
	size_t count;
	bool done;

	evaluate_index_refresh(&evaluator->index);
	int error = evaluate_start(evaluator, flow, result, &done);
	if (error || done)
		return error;
	if (flow->family == 0)
		return evaluate_one(evaluator, flow, NULL, result);
	evaluate_flow_query(flow, &query);
	error = resolver_find_services(evaluator->resolver, &query, &services, &count);
	if (error || count > 0)
		return error ? error : evaluate_services(evaluator, flow, services, count, result);
	if (flow->subject)
		error = resolver_find_node_ports(evaluator->resolver, &query, &services, &count);
	if (!error && count > 0)
		error = evaluate_find_peer(evaluator, flow, NULL, &peer);
	if (error)
		return error;
	if (count > 0 && evaluate_is_own_node(evaluator, flow->subject, &peer))
		return evaluate_node_ports(evaluator, flow, services, count, result);
	return evaluate_one(evaluator, flow, NULL, result);
}

/* --- the far end --- */

/* Finds the pod's own address of a family. */
static bool evaluate_find_address(const struct pod_record *pod, uint8_t family,
				  struct flow_address *address)
{
	for (size_t i = 0; i < pod->ips.count; i++) {
		struct flow_address found;
		uint8_t found_family;
		if (address_parse(pod->ips.items[i], &found_family, &found) == 0 &&
		    found_family == family) {
			*address = found;
			return true;
		}
	}
	return false;
}

/* Adds the far end at a pod, unless policies do not apply to it. address: the subject's. */
static int evaluate_add_far_end(struct evaluator *evaluator, const struct evaluate_flow *flow,
				const struct pod_record *pod, uint8_t family, uint16_t port)
{
	struct flow_address address;

	if (!pod || pod->host_network || pod == flow->subject ||
	    !evaluate_find_address(flow->subject, family, &address))
		return 0;
	struct evaluate_flow *end = ARRAY_ADD(evaluator->far_ends, evaluator->far_end_count,
					      evaluator->far_end_capacity);
	if (!end)
		return -ENOMEM;
	*end = (struct evaluate_flow){
		.subject = pod,
		.namespace_name = pod->namespace_name,
		.peer_pod = flow->subject->host_network ? NULL : flow->subject,
		.peer = address,
		.family = family,
		.port = port,
		.direction = flow->direction == FLOW_EGRESS ? FLOW_INGRESS : FLOW_EGRESS,
		.protocol = flow->protocol,
	};
	return 0;
}

int evaluator_far_ends(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_flow **ends, size_t *count)
{
	const struct service_backends *const *services;
	struct holder_query query;
	struct holder holder;
	size_t service_count;
	int error = 0;

	*count = 0;
	evaluator->far_end_count = 0;
	if (flow->family == 0 || !flow->subject)
		return 0;
	evaluate_flow_query(flow, &query);
	error = resolver_find_services(evaluator->resolver, &query, &services, &service_count);
	for (size_t i = 0; i < service_count && !error; i++) {
		for (size_t j = 0; j < services[i]->count && !error; j++) {
			const struct backend *backend = &services[i]->items[j];
			error = evaluate_add_far_end(evaluator, flow, backend->pod, backend->family,
						     backend->port);
		}
	}
	if (service_count == 0 && !error) {
		holder_find_pod(evaluator->index.workloads, &query, &holder);
		if (flow->peer_pod)
			holder.pod = flow->peer_pod;
		if (!flow->peer_is_gone)
			error = evaluate_add_far_end(evaluator, flow, holder.pod, flow->family,
						     flow->port);
	}
	*ends = evaluator->far_ends;
	*count = error ? 0 : evaluator->far_end_count;
	return error;
}
