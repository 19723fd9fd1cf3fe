/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/service.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/address.h"

int service_compare(const struct service_record *a, const struct service_record *b)
{
	int order = strcmp(a->namespace_name, b->namespace_name);

	return order != 0 ? order : strcmp(a->name, b->name);
}

bool service_selects(const struct service_record *service, const struct pod_record *pod)
{
	return strcmp(pod->namespace_name, service->namespace_name) == 0 &&
	       labels_have(&pod->labels, &service->selector);
}

uint8_t service_protocol(const char *name)
{
	if (!name || strcmp(name, "TCP") == 0)
		return FLOW_TCP;
	if (strcmp(name, "UDP") == 0)
		return FLOW_UDP;
	return strcmp(name, "SCTP") == 0 ? FLOW_SCTP : FLOW_PROTOCOL_OTHER;
}

bool service_rewrites(const struct service_record *service, uint8_t family,
		      const struct flow_address *address)
{
	return !address_list_has(&service->proxy_ips, family, address);
}

const struct service_port *service_find_port(const struct service_record *service, uint8_t protocol,
					     uint16_t number)
{
	for (size_t i = 0; i < service->port_count; i++) {
		if (service->ports[i].port == number &&
		    service_protocol(service->ports[i].protocol) == protocol)
			return &service->ports[i];
	}
	return NULL;
}

const struct service_port *service_find_node_port(const struct service_record *service,
						  uint8_t protocol, uint16_t node_port)
{
	for (size_t i = 0; node_port != 0 && i < service->port_count; i++) {
		if (service->ports[i].node_port == node_port &&
		    service_protocol(service->ports[i].protocol) == protocol)
			return &service->ports[i];
	}
	return NULL;
}

uint16_t service_target_port(const struct service_port *port)
{
	const char *text = port->target_port ? port->target_port : "";

	if (text[strspn(text, "0123456789")] != '\0')
		return 0;
	unsigned long number = strtoul(text, NULL, 10);
	if (number == 0)
		return port->port;
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

uint16_t service_pod_port(const struct pod_record *pod, const char *name, uint8_t protocol)
{
	for (size_t i = 0; name && i < pod->port_count; i++) {
		const struct pod_port *port = &pod->ports[i];
		if (port->name && strcmp(port->name, name) == 0 &&
		    service_protocol(port->protocol) == protocol)
			return port->port;
	}
	return 0;
}

uint16_t service_port_of_pod(const struct pod_record *pod, const struct service_port *port)
{
	uint16_t number = service_target_port(port);

	return number ? number
		      : service_pod_port(pod, port->target_port, service_protocol(port->protocol));
}

/*
 * If the endpoint and the port have names, the names decide (core/v1 EndpointPort). Recordings may
 * lack names. Then the first rule that applies decides whether the endpoint serves the port:
 * - The Service has no other port of the protocol: yes.
 * - The endpoint has the number of the target port: yes.
 * - The target port is a name whose number is known: no.
 * - The target port is a number, and the Service has a selector: no.
 * - Otherwise yes, unless the endpoint's number is the target of another port.
 *
 * The last rule is for endpoints that users write, which may have any number, and for names whose
 * number is unknown.
 */
bool service_has_endpoint(const struct service_record *service, const struct service_port *port,
			  const struct service_endpoint *endpoint, uint16_t number_of_name)
{
	uint8_t protocol = service_protocol(port->protocol);
	uint16_t number = service_target_port(port);
	bool alone = true;
	bool is_of_other = false;

	if (endpoint->protocol && service_protocol(endpoint->protocol) != protocol)
		return false;
	if (endpoint->name && port->name)
		return strcmp(endpoint->name, port->name) == 0;
	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *other = &service->ports[i];
		if (other == port || service_protocol(other->protocol) != protocol)
			continue;
		alone = false;
		is_of_other |= service_target_port(other) == endpoint->port;
	}
	if (alone || (number != 0 && number == endpoint->port))
		return true;
	if (number == 0 && number_of_name != 0)
		return number_of_name == endpoint->port;
	if (number != 0 && service->selector.count > 0)
		return false;
	return !is_of_other;
}
