/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/evaluate/evaluate_index.h"
#include "core/policy/evaluate/evaluate_match.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"

int evaluator_new(const struct netpol_set *policies, const struct workloads *workloads,
		  struct evaluator **out)
{
	struct evaluator *evaluator = calloc(1, sizeof(*evaluator));

	if (!evaluator)
		return -ENOMEM;
	if (evaluate_index_init(&evaluator->index, policies, workloads)) {
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
	free(evaluator->scratch.candidates);
	free(evaluator);
}

/* --- one end --- */

/* The first rule that matches, in *result. 1, 0, or -ENOMEM. */
static int find_rule(const struct evaluate_end *end, struct evaluate_result *result)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol *policy = result->selecting[i];
		const struct netpol_rules *rules = evaluate_rules_of(policy, end->flow->direction);
		for (size_t j = 0; j < rules->count; j++) {
			const struct netpol_rule *rule = &rules->items[j];
			/* Ports first: they cost less. */
			int matches = evaluate_ports_match(end, rule)
					      ? evaluate_peers_match(end, policy, rule)
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

/* --- one end --- */

static bool has_address(const struct string_list *texts, uint8_t family,
			const struct flow_address *address)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct flow_address found;
		uint8_t found_family;
		if (address_parse(texts->items[i], &found_family, &found) == 0 &&
		    found_family == family && address_equal(&found, address))
			return true;
	}
	return false;
}

/* The node's addresses are its record's, and those of the pods in its network. */
static bool is_own_node(const struct evaluator *evaluator, const struct pod_record *subject,
			const struct evaluate_peer *peer)
{
	if (!subject->node)
		return false;
	for (size_t i = 0; i < peer->count; i++) {
		const struct pod_record *pod = peer->candidates[i].pod;
		if (pod && pod->host_network && pod->node && strcmp(pod->node, subject->node) == 0)
			return true;
	}
	const struct workloads *workloads = evaluator->index.workloads;
	/* Mostly it is no node's at all; several nodes may have the same bridge address. */
	if (!workloads_node_by_address(workloads, peer->family, peer->address))
		return false;
	const struct node_record *node = workloads_node(workloads, subject->node);
	return node && !node->deleted && has_address(&node->ips, peer->family, peer->address);
}

/* What holds whatever policies say; 0: nothing of the kind. */
static uint8_t always_allowed(const struct evaluator *evaluator, const struct evaluate_flow *flow,
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
	    is_own_node(evaluator, subject, peer))
		return EVALUATE_OWN_NODE;
	return 0;
}

static bool is_defined_protocol(uint8_t protocol)
{
	return protocol == FLOW_TCP || protocol == FLOW_UDP || protocol == FLOW_SCTP;
}

static void set(struct evaluate_result *result, enum evaluate_verdict verdict,
		enum evaluate_reason reason)
{
	result->verdict = (uint8_t)verdict;
	result->reason = (uint8_t)reason;
}

/* Holds the end against the rules of the policies that select it. */
static int judge_rules(struct evaluate_end *end, struct evaluate_result *result)
{
	end->strict = true;
	int matches = find_rule(end, result);
	if (matches > 0)
		set(result, EVALUATE_ALLOWED, EVALUATE_BY_RULE);
	if (matches)
		return matches < 0 ? matches : 0;
	if (!is_defined_protocol(end->flow->protocol)) {
		set(result, EVALUATE_DEPENDS, EVALUATE_PROTOCOL);
		return 0;
	}
	end->strict = false;
	matches = find_rule(end, result);
	if (matches < 0)
		return matches;
	if (matches > 0)
		set(result, EVALUATE_DEPENDS, EVALUATE_BY_RULE);
	else if (end->flow->family == 0 || end->port == 0)
		set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
	else
		set(result, EVALUATE_DENIED, EVALUATE_NO_RULE);
	return 0;
}

/* One end against its peer or one backend. The result has the policies that select the subject
 * already. */
static int judge_peer(struct evaluator *evaluator, const struct evaluate_flow *flow,
		      const struct evaluate_backend *backend, struct evaluate_result *result)
{
	struct evaluate_end end = {.index = &evaluator->index,
				   .flow = flow,
				   .port = backend ? backend->port : flow->port};

	result->backend = backend;
	int error = evaluate_find_peer(&evaluator->index, &evaluator->scratch, flow, backend,
				       &end.peer);
	if (error)
		return error;
	uint8_t always = always_allowed(evaluator, flow, &end.peer);
	if (always)
		set(result, EVALUATE_ALLOWED, always);
	else if (result->selecting_count == 0)
		set(result, EVALUATE_ALLOWED, EVALUATE_NOT_ISOLATED);
	else
		error = judge_rules(&end, result);
	if (!error && result->verdict == EVALUATE_DENIED && !backend && flow->peer_is_gone)
		set(result, EVALUATE_UNKNOWN, EVALUATE_NO_PEER);
	return error;
}

/* Puts the policies that select the subject into the result. True: whether they do is not known.
 * *error: 0 or -ENOMEM. */
static bool find_selecting(struct evaluator *evaluator, const struct evaluate_flow *flow,
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

/* Begins a result; *done: it is complete without a look at the peer's identity. */
static int start(struct evaluator *evaluator, const struct evaluate_flow *flow,
		 struct evaluate_result *result, bool *done)
{
	int error;

	*result = (struct evaluate_result){0};
	*done = flow->family != 0 && address_is_loopback(flow->family, &flow->peer);
	if (*done) {
		set(result, EVALUATE_ALLOWED, EVALUATE_LOOPBACK);
		return 0;
	}
	*done = find_selecting(evaluator, flow, result, &error);
	if (*done)
		set(result, EVALUATE_UNKNOWN, EVALUATE_NO_LABELS);
	return error;
}

int evaluator_judge_rewritten(struct evaluator *evaluator, const struct evaluate_flow *flow,
			      struct evaluate_result *result)
{
	bool done;

	evaluate_index_refresh(&evaluator->index);
	int error = start(evaluator, flow, result, &done);
	if (error || done)
		return error;
	return judge_peer(evaluator, flow, NULL, result);
}

/* NULL where the flow goes to no Service's port; *error: 0 or -ENOMEM. */
static const struct evaluate_service *find_service(struct evaluator *evaluator,
						   const struct evaluate_flow *flow, int *error)
{
	*error = 0;
	if (flow->direction != FLOW_EGRESS || flow->family == 0)
		return NULL;
	const struct service_record *record =
		workloads_service_by_address(evaluator->index.workloads, flow->family, &flow->peer);
	if (!record)
		return NULL;
	const struct evaluate_service *service = evaluate_index_service(
		&evaluator->index, record, flow->family, flow->protocol, flow->port);
	if (!service)
		*error = -ENOMEM;
	/* What the Service has no port for is not rewritten. */
	return service && service->has_port ? service : NULL;
}

/* The worst of all backends. */
static int judge_service(struct evaluator *evaluator, const struct evaluate_flow *flow,
			 const struct evaluate_service *service, struct evaluate_result *result)
{
	struct evaluate_result worst = *result;

	if (service->count == 0) {
		/* Not isolated, or in its node's network: that does not need a backend. */
		int error = judge_peer(evaluator, flow, NULL, result);
		if (!error && result->reason != EVALUATE_NOT_ISOLATED &&
		    result->reason != EVALUATE_HOST_NETWORK)
			set(result, EVALUATE_UNKNOWN, EVALUATE_NO_BACKEND);
		return error;
	}
	for (size_t i = 0; i < service->count; i++) {
		struct evaluate_result one = *result;
		int error = judge_peer(evaluator, flow, &service->backends[i], &one);
		if (error)
			return error;
		if (one.verdict > worst.verdict)
			worst = one;
	}
	*result = worst;
	return 0;
}

/* The Service that the own node answers for on this port; NULL: none. *error: 0 or -ENOMEM. */
static const struct evaluate_service *find_node_port(struct evaluator *evaluator,
						     const struct evaluate_flow *flow, int *error)
{
	struct evaluate_peer peer;

	*error = 0;
	if (flow->direction != FLOW_EGRESS || flow->family == 0 || !flow->subject ||
	    flow->port == 0 || !is_defined_protocol(flow->protocol))
		return NULL;
	const struct service_record *record = workloads_service_by_node_port(
		evaluator->index.workloads, flow_protocol_name((enum flow_protocol)flow->protocol),
		flow->port);
	if (!record)
		return NULL;
	*error = evaluate_find_peer(&evaluator->index, &evaluator->scratch, flow, NULL, &peer);
	if (*error || !is_own_node(evaluator, flow->subject, &peer))
		return NULL;
	const struct evaluate_service *service = evaluate_index_node_port(
		&evaluator->index, record, flow->family, flow->protocol, flow->port);
	if (!service)
		*error = -ENOMEM;
	return service && service->has_port ? service : NULL;
}

/*
 * kube-proxy rewrites what goes to a node port of its own node; a plugin of another make may not,
 * or judge before that.
 */
static int judge_node_port(struct evaluator *evaluator, const struct evaluate_flow *flow,
			   const struct evaluate_service *service, struct evaluate_result *result)
{
	struct evaluate_result as_it_is = *result;
	struct evaluate_result rewritten = *result;

	int error = judge_peer(evaluator, flow, NULL, &as_it_is);
	if (!error)
		error = judge_service(evaluator, flow, service, &rewritten);
	if (error)
		return error;
	*result = rewritten;
	if (as_it_is.verdict == rewritten.verdict || rewritten.verdict == EVALUATE_UNKNOWN)
		return 0;
	/* Allowed in one of the two ways: that one is told. */
	if (as_it_is.verdict < rewritten.verdict)
		*result = as_it_is;
	result->verdict = EVALUATE_DEPENDS;
	return 0;
}

int evaluator_judge(struct evaluator *evaluator, const struct evaluate_flow *flow,
		    struct evaluate_result *result)
{
	bool done;

	evaluate_index_refresh(&evaluator->index);
	int error = start(evaluator, flow, result, &done);
	if (error || done)
		return error;
	const struct evaluate_service *service = find_service(evaluator, flow, &error);
	if (error)
		return error;
	if (service)
		return judge_service(evaluator, flow, service, result);
	service = find_node_port(evaluator, flow, &error);
	if (error)
		return error;
	if (service)
		return judge_node_port(evaluator, flow, service, result);
	return judge_peer(evaluator, flow, NULL, result);
}

/* --- the far end --- */

int evaluator_backends(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_backend **backends, size_t *count)
{
	int error;

	evaluate_index_refresh(&evaluator->index);
	const struct evaluate_service *service = find_service(evaluator, flow, &error);
	if (error)
		return error;
	*backends = service ? service->backends : NULL;
	*count = service ? service->count : 0;
	return 0;
}

/* The pod's own address of a family. */
static bool address_of(const struct pod_record *pod, uint8_t family, struct flow_address *address)
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

bool evaluator_far_end(const struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct evaluate_backend *backend, struct evaluate_flow *far)
{
	uint8_t family = backend ? backend->family : flow->family;
	const struct pod_record *pod = backend ? backend->pod : flow->peer_pod;
	struct flow_address address;

	if (family == 0 || !flow->subject || !address_of(flow->subject, family, &address))
		return false;
	if (!pod && (backend || !flow->peer_is_gone))
		pod = workloads_pod_by_address(evaluator->index.workloads, family,
					       backend ? &backend->address : &flow->peer);
	if (!pod || pod->host_network || pod == flow->subject)
		return false;
	*far = (struct evaluate_flow){
		.subject = pod,
		.namespace_name = pod->namespace_name,
		.peer_pod = flow->subject->host_network ? NULL : flow->subject,
		.peer = address,
		.family = family,
		.port = backend ? backend->port : flow->port,
		.direction = flow->direction == FLOW_EGRESS ? FLOW_INGRESS : FLOW_EGRESS,
		.protocol = flow->protocol,
	};
	return true;
}

/* Who the other side of an edge was: as its flows said, or as the address tells of their time. */
static void find_edge_peer(const struct workloads *workloads, const struct edge *edge,
			   struct evaluate_flow *flow)
{
	const struct pod_record *pod = NULL;

	if (edge->peer_kind == FLOW_PEER_POD && edge->peer_namespace && edge->peer_name)
		pod = workloads_pod(workloads, edge->peer_namespace, edge->peer_name);
	if (!pod || pod->host_network)
		pod = workloads_pod_at_time(workloads, edge->family, &edge->peer, edge->last_ns);
	if (!pod) {
		const struct pod_record *later =
			workloads_pod_by_address(workloads, edge->family, &edge->peer);
		flow->peer_is_gone =
			later && !later->host_network && later->started_ns > edge->last_ns &&
			workloads_pods_at_address(workloads, edge->family, &edge->peer) == 1;
	}
	flow->peer_pod = pod;
}

bool evaluate_flow_of_edge(const struct workloads *workloads, const struct edge *edge,
			   struct evaluate_flow *flow)
{
	const struct subject *subject = edge->subject;

	if (subject->kind != SUBJECT_POD || !subject->pod || !subject->namespace_name)
		return false;
	*flow = (struct evaluate_flow){
		.subject = subject->pod_record ? subject->pod_record
					       : workloads_pod(workloads, subject->namespace_name,
							       subject->pod),
		.namespace_name = subject->namespace_name,
		.peer = edge->peer,
		.family = edge->family,
		.port = edge->port,
		.direction = edge->direction,
		.protocol = edge->protocol,
	};
	if ((edge->family != 4 && edge->family != 6) ||
	    address_is_unspecified(edge->family, &edge->peer))
		flow->family = 0;
	if (flow->family != 0)
		find_edge_peer(workloads, edge, flow);
	return true;
}
