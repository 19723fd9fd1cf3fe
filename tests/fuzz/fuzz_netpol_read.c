/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: netpol_read reads any text, or refuses it and reports the line of the error. A refused
 * text adds no policy. Policies that were read have the invariants of netpol.h and can be
 * evaluated. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_explain.h"
#include "core/policy/netpol/netpol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void look_at_selector(const struct netpol_selector *selector)
{
	for (size_t i = 0; i < selector->requirement_count; i++) {
		const struct netpol_requirement *requirement = &selector->requirements[i];
		bool wants_values = requirement->operator_kind == NETPOL_IN ||
				    requirement->operator_kind == NETPOL_NOT_IN;
		must(requirement->key && requirement->operator_kind >= NETPOL_IN &&
		     requirement->operator_kind <= NETPOL_DOES_NOT_EXIST);
		must(wants_values == (requirement->values.count > 0));
	}
}

static void look_at_peer(const struct netpol_peer *peer)
{
	must(peer->kind == NETPOL_PEER_PODS || peer->kind == NETPOL_PEER_BLOCK);
	if (peer->kind == NETPOL_PEER_PODS) {
		must((peer->namespace_name != NULL) != (peer->namespaces != NULL));
		look_at_selector(peer->pods);
		if (peer->namespaces)
			look_at_selector(peer->namespaces);
	}
	if (peer->kind != NETPOL_PEER_BLOCK)
		return;
	for (size_t i = 0; i < peer->except_count; i++)
		must(peer->excepts[i].prefix > peer->block.prefix &&
		     netpol_block_contains(&peer->block, peer->excepts[i].family,
					   &peer->excepts[i].address));
	must(netpol_block_contains(&peer->block, peer->block.family, &peer->block.address));
}

static void look_at_rules(const struct netpol_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct netpol_rule *rule = &rules->items[i];
		must(rule->line > 0);
		for (size_t j = 0; j < rule->peer_count; j++)
			look_at_peer(&rule->peers[j]);
		for (size_t j = 0; j < rule->port_count; j++) {
			const struct netpol_port *port = &rule->ports[j];
			must(port->protocol == FLOW_TCP || port->protocol == FLOW_UDP ||
			     port->protocol == FLOW_SCTP);
			must(port->last >= port->first);
			must(!port->name || (port->first == 0 && port->name[0] != '\0'));
		}
	}
}

static void judge_direction(struct evaluator *evaluator, const struct pod_record *pod,
			    enum flow_direction direction)
{
	const struct evaluate_flow flow = {.subject = pod,
					   .namespace_name = pod->namespace_name,
					   .peer.bytes = {198, 51, 100, 1},
					   .family = 4,
					   .port = 80,
					   .direction = (uint8_t)direction,
					   .protocol = FLOW_TCP};
	struct evaluate_result result;
	char why[EVALUATE_WHY_SIZE];

	must(evaluator_judge_rewritten(evaluator, &flow, &result) == 0);
	must((result.rule != NULL) == (result.reason == EVALUATE_BY_RULE));
	must(evaluator_explain(evaluator, &flow, &result, why) == 0);
}

static void judge(const struct netpol_set *set)
{
	struct workloads *workloads = NULL;
	struct resolver *resolver = NULL;
	struct evaluator *evaluator = NULL;
	struct pod_record pod = {0};
	char name[] = "p";
	char *namespace_name = set->count > 0 ? strdup(set->items[0].namespace_name) : NULL;

	if (workloads_new(&workloads) || resolver_new(workloads, &resolver) ||
	    evaluator_new(set, resolver, &evaluator))
		goto done;
	if (namespace_name) {
		pod.namespace_name = namespace_name;
		pod.name = name;
		judge_direction(evaluator, &pod, FLOW_EGRESS);
		judge_direction(evaluator, &pod, FLOW_INGRESS);
	}
done:
	free(namespace_name);
	evaluator_free(evaluator);
	resolver_free(resolver);
	workloads_free(workloads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netpol_set set = {0};
	struct yaml_error error = {0};
	size_t lines = 2;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80;
	int result = netpol_read(&set, "fuzz", (const char *)data, size, "default", &error);
	must(result == 0 || result == -EBADMSG || result == -ENOMEM);
	if (result == -EBADMSG)
		must(error.line <= lines && error.message[0] != '\0' && set.count == 0);
	for (size_t i = 0; i < set.count; i++) {
		must(set.items[i].name && set.items[i].namespace_name && set.items[i].file);
		look_at_selector(set.items[i].pods);
		look_at_rules(&set.items[i].rules[NETPOL_INGRESS]);
		look_at_rules(&set.items[i].rules[NETPOL_EGRESS]);
	}
	judge(&set);
	netpol_set_clear(&set);
	return 0;
}
