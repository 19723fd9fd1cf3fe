/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/translate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"

static const char *protocol_text(uint8_t protocol)
{
	switch (protocol) {
	case FLOW_TCP:
		return "TCP";
	case FLOW_UDP:
		return "UDP";
	default:
		return "SCTP";
	}
}

/* core/v1 ServicePort: protocol is TCP where it is not given. */
static bool port_has_protocol(const struct service_port *port, uint8_t protocol)
{
	return strcmp(port->protocol ? port->protocol : "TCP", protocol_text(protocol)) == 0;
}

const struct service_port *translate_find_port(const struct service_record *service,
					       uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < service->port_count; i++) {
		if (service->ports[i].port == port &&
		    port_has_protocol(&service->ports[i], protocol))
			return &service->ports[i];
	}
	return NULL;
}

const struct service_port *translate_find_node_port(const struct service_record *service,
						    uint8_t protocol, uint16_t node_port)
{
	for (size_t i = 0; i < service->port_count; i++) {
		if (service->ports[i].node_port == node_port && node_port != 0 &&
		    port_has_protocol(&service->ports[i], protocol))
			return &service->ports[i];
	}
	return NULL;
}

/* The number of the pods' port; 0: it has a name. */
static uint16_t target_number(const struct service_port *port)
{
	unsigned long value = 0;

	if (!port->target_port || port->target_port[0] == '\0')
		return port->port;
	for (const char *c = port->target_port; *c; c++) {
		if (*c < '0' || *c > '9' || value > 65535)
			return 0;
		value = value * 10 + (unsigned long)(*c - '0');
	}
	if (value > 65535)
		return 0;
	/* Old API objects write an absent target port as 0. */
	return value == 0 ? port->port : (uint16_t)value;
}

/* The number that a pod gives to a port's name; 0: none. */
static uint16_t pod_port_number(const struct pod_record *pod, const char *name, uint8_t protocol)
{
	for (size_t i = 0; pod && i < pod->port_count; i++) {
		const struct pod_port *port = &pod->ports[i];
		if (port->name && strcmp(port->name, name) == 0 &&
		    strcmp(port->protocol ? port->protocol : "TCP", protocol_text(protocol)) == 0)
			return port->port;
	}
	return 0;
}

/* How many of the Service's ports have the protocol. */
static size_t ports_of_protocol(const struct service_record *service, uint8_t protocol)
{
	size_t count = 0;

	for (size_t i = 0; i < service->port_count; i++)
		count += port_has_protocol(&service->ports[i], protocol);
	return count;
}

/* Whether another port of the Service leads to this number, so that an unnamed endpoint rather
 * belongs to that one. */
static bool other_port_leads_to(const struct service_record *service,
				const struct service_port *port, uint8_t protocol, uint16_t number)
{
	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *other = &service->ports[i];
		if (other != port && port_has_protocol(other, protocol) &&
		    target_number(other) == number)
			return true;
	}
	return false;
}

/*
 * Whether an endpoint serves this port of the Service. The names of both say so (core/v1
 * EndpointPort); where a recording has no names, the numbers and the pod's named ports do.
 */
static bool endpoint_serves(const struct peer_context *context,
			    const struct service_record *service, const struct service_port *port,
			    uint8_t protocol, const struct service_endpoint *endpoint)
{
	struct flow_address address;
	uint8_t family;

	if (endpoint->protocol && strcmp(endpoint->protocol, protocol_text(protocol)) != 0)
		return false;
	if (endpoint->name && port->name)
		return strcmp(endpoint->name, port->name) == 0;
	if (ports_of_protocol(service, protocol) == 1)
		return true;
	uint16_t number = target_number(port);
	if (number != 0 && number == endpoint->port)
		return true;
	if (number == 0 && address_parse(endpoint->ip, &family, &address) == 0) {
		const struct pod_record *pod =
			workloads_pod_by_address(context->workloads, family, &address);
		uint16_t named = pod_port_number(pod, port->target_port, protocol);
		if (named != 0)
			return named == endpoint->port;
	}
	/* With a selector a number must be the target port; endpoints written by hand may have any.
	 */
	if (number != 0 && service->selector.count > 0)
		return false;
	return !other_port_leads_to(service, port, protocol, endpoint->port);
}

/* --- with a selector --- */

/* NULL in *out: no cluster would have these labels. 0 or -ENOMEM. */
static int copy_selector(struct arena *arena, const struct labels *labels,
			 const struct policy_selector **out)
{
	struct policy_selector *selector = arena_alloc(arena, sizeof(*selector));
	struct policy_label *items = arena_array(arena, labels->count, sizeof(*items));

	if (!selector || !items)
		return -ENOMEM;
	*out = NULL;
	for (size_t i = 0; i < labels->count; i++) {
		if (!syntax_is_label_key(labels->items[i].key) ||
		    !syntax_is_label_value(labels->items[i].value))
			return 0;
		items[i].key = arena_string(arena, labels->items[i].key);
		items[i].value = arena_string(arena, labels->items[i].value);
		if (!items[i].key || !items[i].value)
			return -ENOMEM;
	}
	*selector = (struct policy_selector){.items = items, .count = labels->count};
	*out = selector;
	return 0;
}

/*
 * The Service's slot, filled in; its selector is NULL where it has none that is valid. NULL when
 * memory is refused.
 */
static const struct peer_slot *service_slot(struct peer_context *context,
					    const struct service_record *service)
{
	struct peer_slot *slot = peer_slot_get(context, service);

	if (!slot || slot->namespace_name)
		return slot;
	slot->description =
		peer_describe(context->arena, "service", service->namespace_name, service->name);
	if (!slot->description)
		return NULL;
	if (service->selector.count > 0 && syntax_is_dns_label(service->namespace_name) &&
	    copy_selector(context->arena, &service->selector, &slot->selector) != 0)
		return NULL;
	slot->namespace_name = arena_string(context->arena, service->namespace_name);
	return slot->namespace_name ? slot : NULL;
}

/* Numbers of a named port, without repetition. A Service whose pods disagree on more than this is
 * left to the name. */
#define TARGET_NUMBERS_MAX 32
struct target_numbers {
	uint16_t numbers[TARGET_NUMBERS_MAX];
	size_t count;
};

static void numbers_add(struct target_numbers *numbers, uint16_t number)
{
	if (number == 0 || numbers->count == TARGET_NUMBERS_MAX)
		return;
	for (size_t i = 0; i < numbers->count; i++) {
		if (numbers->numbers[i] == number)
			return;
	}
	numbers->numbers[numbers->count++] = number;
}

/* A named port may have another number on each pod: those of the endpoints, else those of the
 * selected pods. */
static void named_target(const struct peer_context *context, const struct service_record *service,
			 const struct service_port *port, uint8_t protocol,
			 const struct policy_selector *selector, struct target_numbers *numbers)
{
	for (size_t i = 0; i < service->endpoint_count; i++) {
		if (endpoint_serves(context, service, port, protocol, &service->endpoints[i]))
			numbers_add(numbers, service->endpoints[i].port);
	}
	if (numbers->count > 0)
		return;
	for (size_t i = 0; i < workloads_pod_count(context->workloads); i++) {
		const struct pod_record *pod = workloads_pod_at(context->workloads, i);
		if (!pod->deleted && strcmp(pod->namespace_name, service->namespace_name) == 0 &&
		    policy_selector_matches(selector, &pod->labels))
			numbers_add(numbers, pod_port_number(pod, port->target_port, protocol));
	}
}

/* Endpoints that no selector reaches on most plugins, because they are in their node's network. */
static int add_host_endpoints(struct peer_context *context, const struct peer_question *question,
			      const struct service_record *service, const struct service_port *port,
			      const char *origin, struct peer_items *items,
			      struct peer_answer *answer)
{
	for (size_t i = 0; i < service->endpoint_count; i++) {
		const struct service_endpoint *endpoint = &service->endpoints[i];
		struct peer_question at = *question;
		struct flow_address address;
		uint8_t family;
		if (!endpoint->ip || endpoint->port == 0 ||
		    !endpoint_serves(context, service, port, question->protocol, endpoint) ||
		    address_parse(endpoint->ip, &family, &address) != 0 ||
		    address_is_loopback(family, &address))
			continue;
		const struct pod_record *pod =
			workloads_pod_by_address(context->workloads, family, &address);
		if (pod ? !pod->host_network
			: !workloads_node_by_address(context->workloads, family, &address))
			continue;
		at.port = endpoint->port;
		at.port_name = NULL;
		peer_answer_add(answer, PEER_HOST_NETWORK, origin);
		int error = peer_add_block(&at, family, &address, origin, items);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Live host-network pods: few, and looked for once per draft. 0 or -ENOMEM. */
static int find_host_pods(struct peer_context *context)
{
	size_t count = workloads_pod_count(context->workloads);

	if (context->host_pods)
		return 0;
	context->host_pods = arena_array(context->arena, count + 1, sizeof(*context->host_pods));
	if (!context->host_pods)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct pod_record *pod = workloads_pod_at(context->workloads, i);
		bool ended = pod->phase && (strcmp(pod->phase, "Succeeded") == 0 ||
					    strcmp(pod->phase, "Failed") == 0);
		if (pod->host_network && !pod->deleted && !ended)
			context->host_pods[context->host_pod_count++] = pod;
	}
	return 0;
}

/* The same where no endpoints are known: by the host-network pods that the Service selects. */
static int add_host_pods(struct peer_context *context, const struct peer_question *question,
			 const struct service_record *service, const struct service_port *port,
			 const struct peer_slot *slot, struct peer_items *items,
			 struct peer_answer *answer)
{
	if (find_host_pods(context) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < context->host_pod_count; i++) {
		const struct pod_record *pod = context->host_pods[i];
		struct peer_question at = *question;
		if (strcmp(pod->namespace_name, service->namespace_name) != 0 ||
		    !policy_selector_matches(slot->selector, &pod->labels))
			continue;
		at.port = target_number(port);
		if (at.port == 0)
			at.port = pod_port_number(pod, port->target_port, question->protocol);
		for (size_t k = 0; at.port != 0 && k < pod->ips.count; k++) {
			struct flow_address address;
			uint8_t family;
			if (address_parse(pod->ips.items[k], &family, &address) != 0)
				continue;
			peer_answer_add(answer, PEER_HOST_NETWORK, slot->description);
			int error = peer_add_block(&at, family, &address, slot->description, items);
			if (error != 0)
				return error;
		}
	}
	return 0;
}

/* The same, looked for once per draft: without endpoints, all pods have to be asked. NULL when
 * memory is refused. */
static const struct target_numbers *named_target_once(struct peer_context *context,
						      const struct service_record *service,
						      const struct service_port *port,
						      uint8_t protocol,
						      const struct policy_selector *selector)
{
	struct peer_slot *slot = peer_slot_get(context, port);

	if (!slot || slot->numbers)
		return slot ? slot->numbers : NULL;
	struct target_numbers *numbers = arena_alloc(context->arena, sizeof(*numbers));
	if (!numbers)
		return NULL;
	named_target(context, service, port, protocol, selector, numbers);
	slot->numbers = numbers;
	return numbers;
}

static int add_selected(struct peer_context *context, const struct peer_question *question,
			const struct service_record *service, const struct service_port *port,
			const struct peer_slot *slot, struct peer_items *items,
			struct peer_answer *answer)
{
	struct target_numbers numbers = {.count = 0};
	struct peer_question at = *question;

	if (!slot->selector) {
		peer_answer_add(answer, PEER_SERVICE_SELECTOR, slot->description);
		return 0;
	}
	numbers_add(&numbers, target_number(port));
	if (numbers.count == 0) {
		const struct target_numbers *named = named_target_once(
			context, service, port, question->protocol, slot->selector);
		if (!named)
			return -ENOMEM;
		numbers = *named;
	}
	for (size_t i = 0; i < numbers.count; i++) {
		at.port = numbers.numbers[i];
		int error = peer_add_pods(&at, slot->namespace_name, slot->selector, items);
		if (error != 0)
			return error;
	}
	if (numbers.count > 0)
		return 0;
	if (!syntax_is_port_name(port->target_port)) {
		peer_answer_add(answer, PEER_SERVICE_PORT, slot->description);
		return 0;
	}
	at.port_name = arena_string(context->arena, port->target_port);
	if (!at.port_name)
		return -ENOMEM;
	peer_answer_add(answer, PEER_NAMED_PORT, slot->description);
	return peer_add_pods(&at, slot->namespace_name, slot->selector, items);
}

/* --- without one --- */

static int add_endpoints(struct peer_context *context, const struct peer_question *question,
			 const struct service_record *service, const struct service_port *port,
			 const char *origin, struct peer_items *items, struct peer_answer *answer)
{
	bool found = false;

	for (size_t i = 0; i < service->endpoint_count; i++) {
		const struct service_endpoint *endpoint = &service->endpoints[i];
		struct peer_question at = *question;
		struct flow_address address;
		uint8_t family;
		if (!endpoint->ip || endpoint->port == 0 ||
		    !endpoint_serves(context, service, port, question->protocol, endpoint) ||
		    address_parse(endpoint->ip, &family, &address) != 0 ||
		    address_is_unspecified(family, &address) ||
		    address_is_loopback(family, &address))
			continue;
		found = true;
		at.port = endpoint->port;
		int error = peer_add_address(context, &at, family, &address, origin, items, answer);
		if (error != 0)
			return error;
	}
	if (!found)
		peer_answer_add(answer, PEER_SERVICE_ENDPOINTS, origin);
	return 0;
}

int translate_service(struct peer_context *context, const struct peer_question *question,
		      const struct service_record *service, const struct service_port *port,
		      struct peer_items *items, struct peer_answer *answer)
{
	const struct peer_slot *found = service_slot(context, service);

	if (!found)
		return -ENOMEM;
	/* A copy: the table's own moves when endpoints are looked up. */
	const struct peer_slot slot = *found;
	if (service->selector.count == 0)
		return add_endpoints(context, question, service, port, slot.description, items,
				     answer);
	int error = add_selected(context, question, service, port, &slot, items, answer);
	if (error != 0)
		return error;
	if (service->endpoint_count > 0 || !slot.selector)
		return add_host_endpoints(context, question, service, port, slot.description, items,
					  answer);
	return add_host_pods(context, question, service, port, &slot, items, answer);
}
