/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_explain.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/evaluate/evaluate_match.h"
#include "core/policy/netpol/netpol_words.h"
#include "core/record/address.h"
#include "core/record/record_names.h"

/* A text names at most this many policies, and at most this many ports of a rule. It gives only the
 * number of the others. */
#define POLICIES_NAMED 3
#define PORTS_NAMED    6

/* The name of each reason, and its explanation if that does not depend on the flow. */
static const struct {
	const char *name;
	const char *text;
} explain_reasons[] = {
	[EVALUATE_BY_RULE] = {"by-rule", NULL},
	[EVALUATE_NOT_ISOLATED] = {"not-isolated", NULL},
	[EVALUATE_LOOPBACK] = {"loopback", "loopback is always allowed"},
	[EVALUATE_SELF] = {"self", "a pod may always talk to itself"},
	[EVALUATE_OWN_NODE] = {"own-node", "a pod's own node may always reach it"},
	[EVALUATE_HOST_NETWORK] = {"host-network",
				   "NetworkPolicies do not apply to pods in their node's network"},
	[EVALUATE_PROTOCOL] = {"protocol",
			       "NetworkPolicies cover only TCP, UDP and SCTP; the network plugin "
			       "decides about other protocols"},
	[EVALUATE_NOT_UNICAST] = {"not-unicast",
				  "NetworkPolicies do not cover multicast, broadcast and IPv6 "
				  "link-local addresses; the network plugin decides about them"},
	[EVALUATE_SERVICE_BLOCK] = {"service-block", NULL},
	[EVALUATE_PEER_LABELS] = {"peer-labels", NULL},
	[EVALUATE_SELF_SERVICE] =
		{"self-service", "a pod reaches itself through its Service; network plugins differ "
				 "on whether policies apply to such a flow"},
	[EVALUATE_NO_SERVICE] =
		{"no-service", "the Service with this address is not known: policies see the pods "
			       "behind it, so the flow cannot be judged"},
	[EVALUATE_OLD_LABELS] = {"old-labels",
				 "labels of its pods or their namespaces have changed since the "
				 "flow: the verdict by the "
				 "former labels differs from the verdict by the present labels"},
	[EVALUATE_NO_RULE] = {"no-rule", NULL},
	[EVALUATE_NO_LABELS] = {"no-labels", "the pod's labels are not known"},
	[EVALUATE_NO_PEER] = {"no-peer", "the peer, its address or its port is not known"},
	[EVALUATE_NO_BACKEND] = {"no-backend", "no backend of the Service is known"},
	[EVALUATE_REPLY] = {"reply", "an answer to a request, which passes if the request does"},
};

const char *evaluate_verdict_name(enum evaluate_verdict verdict)
{
	static const char *const names[] = {
		[EVALUATE_ALLOWED] = "allowed",
		[EVALUATE_DEPENDS] = "depends",
		[EVALUATE_UNKNOWN] = "unknown",
		[EVALUATE_DENIED] = "denied",
	};

	return (size_t)verdict < ARRAY_LENGTH(names) && names[verdict] ? names[verdict] : "";
}

const char *evaluate_reason_name(enum evaluate_reason reason)
{
	if ((size_t)reason >= ARRAY_LENGTH(explain_reasons) || !explain_reasons[reason].name)
		return "";
	return explain_reasons[reason].name;
}

void evaluate_peer_name(const struct workloads *workloads, const struct evaluate_flow *flow,
			char peer[EVALUATE_PEER_SIZE])
{
	struct holder_query query;
	struct holder holder;

	peer[0] = '\0';
	if (flow->peer_pod) {
		snprintf(peer, EVALUATE_PEER_SIZE, "%s/%s", flow->peer_pod->namespace_name,
			 flow->peer_pod->name);
		return;
	}
	if (flow->family == 0 || flow->peer_is_gone)
		return;
	evaluate_flow_query(flow, &query);
	holder_find(workloads, &query, &holder);
	if (holder.kind == HOLDER_SERVICE || holder.kind == HOLDER_BALANCER)
		snprintf(peer, EVALUATE_PEER_SIZE, "%s/%s (Service)",
			 holder.service->namespace_name, holder.service->name);
	else if (holder.kind == HOLDER_NODE && holder.node_name)
		snprintf(peer, EVALUATE_PEER_SIZE, "%s (node)", holder.node_name);
	else if (holder.pod)
		snprintf(peer, EVALUATE_PEER_SIZE, "%s/%s%s", holder.pod->namespace_name,
			 holder.pod->name, holder.kind == HOLDER_NODE ? " (host network)" : "");
}

static const char *explain_direction(const struct evaluate_flow *flow)
{
	return flow->direction == FLOW_INGRESS ? "ingress" : "egress";
}

static const char *explain_towards(const struct evaluate_flow *flow)
{
	return flow->direction == FLOW_INGRESS ? "from" : "to";
}

/* Adds "shop/db" or an address. */
static void explain_peer(struct netpol_words *words, const struct workloads *workloads,
			 const struct evaluate_flow *flow)
{
	char peer[EVALUATE_PEER_SIZE];
	char address[ADDRESS_TEXT_SIZE];

	evaluate_peer_name(workloads, flow, peer);
	if (peer[0]) {
		netpol_words_add(words, "%s", peer);
	} else if (flow->family) {
		address_format(flow->family, &flow->peer, address);
		netpol_words_add(words, "%s", address);
	} else {
		netpol_words_add(words, "an unknown peer");
	}
}

/* Adds "TCP 8080 to shop/web-1 (behind the Service shop/web)". */
static void explain_flow(struct netpol_words *words, const struct workloads *workloads,
			 const struct evaluate_flow *flow, const struct backend *backend)
{
	const char *protocol = flow_protocol_name((enum flow_protocol)flow->protocol);

	netpol_words_add(words, "%s ", protocol ? protocol : "this protocol");
	if (!backend) {
		netpol_words_add(words, "%u %s ", flow->port, explain_towards(flow));
		explain_peer(words, workloads, flow);
		return;
	}
	struct evaluate_flow rewritten = *flow;
	rewritten.peer = backend->address;
	rewritten.peer_pod = NULL;
	rewritten.peer_is_gone = false;
	rewritten.family = backend->family;
	if (backend->port_name)
		netpol_words_add(words, "%s to ", backend->port_name);
	else
		netpol_words_add(words, "%u to ", backend->port);
	if (backend->pod && !backend->pod->host_network)
		netpol_words_add(words, "%s/%s", backend->pod->namespace_name, backend->pod->name);
	else if (backend->family)
		explain_peer(words, workloads, &rewritten);
	else
		netpol_words_add(words, "its pods");
	netpol_words_add(words, " (behind the Service %s/%s)", backend->service->namespace_name,
			 backend->service->name);
}

/* Adds "NetworkPolicy shop/db" or "NetworkPolicies shop/a, shop/b and 2 more". */
static void explain_policies(struct netpol_words *words, const struct evaluate_result *result)
{
	netpol_words_add(words, "NetworkPolic%s ", result->selecting_count == 1 ? "y" : "ies");
	for (size_t i = 0; i < result->selecting_count; i++) {
		if (i == POLICIES_NAMED && result->selecting_count > POLICIES_NAMED + 1) {
			netpol_words_add(words, " and %zu more", result->selecting_count - i);
			return;
		}
		netpol_words_add(words, "%s%s/%s", i > 0 ? ", " : "",
				 result->selecting[i]->namespace_name, result->selecting[i]->name);
	}
}

/* Adds "TCP 80, TCP 8000-8080, UDP (any port)". */
static void explain_ports(struct netpol_words *words, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		const struct netpol_port *port = &rule->ports[i];
		if (i == PORTS_NAMED && rule->port_count > PORTS_NAMED + 1) {
			netpol_words_add(words, " and %zu more", rule->port_count - i);
			return;
		}
		if (i > 0)
			netpol_words_add(words, ", ");
		netpol_words_port(words, port, NULL);
	}
}

/* The reasons why a rule does not allow a flow. The later the reason in this list, the closer the
 * rule is to allowing the flow. */
enum explain_miss {
	MISS_FAR = 0,
	MISS_PEER,            /* the rule allows the port with other peers */
	MISS_PORT,            /* the rule allows the peer with other ports */
	MISS_SERVICE_ADDRESS, /* the rule names the Service's address, which policies do not see */
	MISS_SERVICE_PORT,    /* the rule allows the Service's port instead of the pods' port */
};

struct explain_nearest {
	enum explain_miss miss;
	const struct netpol *policy;
	const struct netpol_rule *rule;
	size_t number; /* number of the rule in its list, from 1 */
};

static enum explain_miss explain_find_miss(const struct evaluate_end *end,
					   const struct netpol_rule *rule, bool is_service)
{
	struct evaluate_end other = *end;
	const bool ports = evaluate_ports_match(end, rule);
	const bool peers = evaluate_peers_match(end, rule);

	other.port = end->flow->port;
	if (is_service && peers && evaluate_ports_match(&other, rule))
		return MISS_SERVICE_PORT;
	other.peer =
		(struct evaluate_peer){.address = &end->flow->peer, .family = end->flow->family};
	if (is_service && !peers && (ports || evaluate_ports_match(&other, rule)) &&
	    evaluate_peers_match(&other, rule))
		return MISS_SERVICE_ADDRESS;
	if (peers)
		return MISS_PORT;
	return ports && rule->port_count > 0 ? MISS_PEER : MISS_FAR;
}

static void explain_find_nearest(const struct evaluate_end *end,
				 const struct evaluate_result *result,
				 struct explain_nearest *nearest)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		const struct netpol *policy = result->selecting[i];
		const struct netpol_rules *rules = evaluate_rules_of(policy, end->flow->direction);
		for (size_t j = 0; j < rules->count; j++) {
			const struct netpol_rule *rule = &rules->items[j];
			enum explain_miss miss =
				explain_find_miss(end, rule, result->backend != NULL);
			if (miss > nearest->miss)
				*nearest = (struct explain_nearest){miss, policy, rule, j + 1};
		}
	}
}

static bool explain_has_rules(const struct evaluate_result *result, uint8_t direction)
{
	for (size_t i = 0; i < result->selecting_count; i++) {
		if (evaluate_rules_of(result->selecting[i], direction)->count > 0)
			return true;
	}
	return false;
}

/* Adds "(FILE:LINE)" or "(cluster)". */
static void explain_place(struct netpol_words *words, const struct netpol *policy,
			  const struct netpol_rule *rule)
{
	netpol_words_add(words, "(");
	netpol_words_place(words, policy, rule->line);
	netpol_words_add(words, ")");
}

static void explain_add_nearest(struct netpol_words *words, const struct evaluate_flow *flow,
				const struct explain_nearest *nearest)
{
	if (nearest->miss == MISS_FAR)
		return;
	netpol_words_add(words, "; rule %zu ", nearest->number);
	explain_place(words, nearest->policy, nearest->rule);
	switch (nearest->miss) {
	case MISS_FAR:
		break;
	case MISS_PEER:
	case MISS_PORT:
		netpol_words_add(words, " allows ");
		explain_ports(words, nearest->rule);
		if (nearest->miss == MISS_PEER)
			netpol_words_add(words, " %s others", explain_towards(flow));
		else
			netpol_words_add(words, " only");
		break;
	case MISS_SERVICE_ADDRESS:
		netpol_words_add(words,
				 " names the Service's address: policies see the pods behind it");
		break;
	case MISS_SERVICE_PORT:
		netpol_words_add(
			words, " allows %u, the Service's port: policies see the port of the pods",
			flow->port);
		break;
	}
}

static void explain_denied(struct evaluator *evaluator, const struct evaluate_flow *flow,
			   const struct evaluate_result *result, struct netpol_words *words)
{
	struct evaluate_end end;
	struct explain_nearest nearest = {0};

	if (!explain_has_rules(result, flow->direction)) {
		explain_policies(words, result);
		netpol_words_add(words, " allow%s no %s at all",
				 result->selecting_count == 1 ? "s" : "", explain_direction(flow));
		return;
	}
	evaluate_end_init(evaluator, flow, result->backend, &end);
	explain_find_nearest(&end, result, &nearest);
	netpol_words_add(words, "no rule of ");
	explain_policies(words, result);
	netpol_words_add(words, " allows ");
	explain_flow(words, evaluator->index.workloads, flow, result->backend);
	explain_add_nearest(words, flow, &nearest);
}

static void explain_rule(const struct evaluate_flow *flow, const struct evaluate_result *result,
			 struct netpol_words *words)
{
	const struct netpol_rules *rules = evaluate_rules_of(result->policy, flow->direction);

	netpol_words_add(words, "allowed by NetworkPolicy %s/%s, rule %td ",
			 result->policy->namespace_name, result->policy->name,
			 result->rule - rules->items + 1);
	explain_place(words, result->policy, result->rule);
	if (result->reason == EVALUATE_SERVICE_BLOCK)
		netpol_words_add(words, " as a block with the Service's address; it depends on the "
					"network plugin: most judge the address of the pods");
	else if (result->reason == EVALUATE_PEER_LABELS)
		netpol_words_add(words, " if its selectors select the peer, whose labels are not "
					"all known");
	else if (result->verdict == EVALUATE_DEPENDS)
		netpol_words_add(words,
				 "; it depends on the network plugin: plugins differ on address "
				 "blocks with the cluster's own addresses, on selectors and "
				 "host-network pods, and on node ports");
}

int evaluator_explain(struct evaluator *evaluator, const struct evaluate_flow *flow,
		      const struct evaluate_result *result, char why[EVALUATE_WHY_SIZE])
{
	struct netpol_words words = netpol_words_start(why, EVALUATE_WHY_SIZE);

	evaluator->error = 0;
	if (result->reason == EVALUATE_NO_RULE)
		explain_denied(evaluator, flow, result, &words);
	else if (result->rule && result->reason != EVALUATE_OLD_LABELS)
		explain_rule(flow, result, &words);
	else if (result->reason == EVALUATE_NOT_ISOLATED)
		netpol_words_add(&words, "no NetworkPolicy selects it for %s",
				 explain_direction(flow));
	else if (result->reason < ARRAY_LENGTH(explain_reasons) &&
		 explain_reasons[result->reason].text)
		netpol_words_add(&words, "%s", explain_reasons[result->reason].text);
	return evaluator->error;
}
