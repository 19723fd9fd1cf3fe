/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/api_servers.h"

#include <string.h>

#include "core/record/address.h"

static void api_servers_add(struct api_servers *servers, const struct service_record *service)
{
	for (size_t i = 0; i < service->endpoint_count && servers->count < API_SERVERS_MAX; i++) {
		const struct service_endpoint *endpoint = &service->endpoints[i];
		struct api_server *server = &servers->items[servers->count];
		if (!endpoint->ip ||
		    address_parse(endpoint->ip, &server->family, &server->address) != 0)
			continue;
		server->port = endpoint->port;
		servers->count++;
	}
}

void api_servers_find(struct api_servers *servers, const struct workloads *workloads)
{
	if (servers->ready)
		return;
	servers->ready = true;
	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		if (!service->deleted && strcmp(service->namespace_name, "default") == 0 &&
		    strcmp(service->name, "kubernetes") == 0)
			api_servers_add(servers, service);
	}
}

bool api_servers_have(const struct api_servers *servers, uint8_t family,
		      const struct flow_address *address, uint16_t port)
{
	for (size_t i = 0; i < servers->count; i++) {
		const struct api_server *server = &servers->items[i];
		if ((port == 0 || server->port == port) && server->family == family &&
		    address_equal(&server->address, address))
			return true;
	}
	return false;
}
