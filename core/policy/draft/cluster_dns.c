/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/cluster_dns.h"

#include <errno.h>
#include <string.h>

#include "core/policy/draft/peer.h"
#include "core/state/identity/service.h"

#define DNS_PORT      53
#define DNS_NAMESPACE "kube-system"
#define DNS_LABEL     "k8s-app"
#define DNS_NAME      "kube-dns"

static const uint8_t protocols[] = {FLOW_UDP, FLOW_TCP};
#define PROTOCOL_COUNT (sizeof(protocols) / sizeof(protocols[0]))

bool cluster_dns_is_query(const struct peer_item *item)
{
	return item->direction == NETPOL_EGRESS && item->edge && item->edge->port == DNS_PORT &&
	       (item->protocol == FLOW_UDP || item->protocol == FLOW_TCP);
}

static const struct service_record *cluster_dns_find_service(const struct workloads *workloads)
{
	const struct service_record *found = NULL;

	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		const char *app = labels_get(&service->labels, DNS_LABEL);
		if (service->deleted || strcmp(service->namespace_name, DNS_NAMESPACE) != 0 ||
		    (strcmp(service->name, DNS_NAME) != 0 && (!app || strcmp(app, DNS_NAME) != 0)))
			continue;
		if (!found || strcmp(service->name, found->name) < 0)
			found = service;
	}
	return found;
}

/* Makes a request to allow DNS queries over one transport, without an edge. */
static struct peer_request cluster_dns_query(struct evidence *evidence, struct peer_answer *answer,
					     uint8_t protocol)
{
	return (struct peer_request){
		.context = &evidence->peers,
		.items = &evidence->items,
		.answer = answer,
		.port = DNS_PORT,
		.protocol = protocol,
		.direction = NETPOL_EGRESS,
		.guessed = true,
	};
}

int cluster_dns_add(struct evidence *evidence)
{
	const struct service_record *service = cluster_dns_find_service(evidence->peers.workloads);
	struct peer_answer answer = {.reason = PEER_PLAIN};

	for (size_t i = 0; service && i < PROTOCOL_COUNT; i++) {
		const struct service_port *port =
			service_find_port(service, protocols[i], DNS_PORT);
		const struct peer_request request =
			cluster_dns_query(evidence, &answer, protocols[i]);
		if (!port)
			continue;
		const struct service_backends *backends =
			resolver_backends(evidence->peers.resolver, service, port, 0);
		int error = backends ? peer_add_service(&request, backends) : -ENOMEM;
		if (error != 0)
			return error;
	}
	return 0;
}

int cluster_dns_add_usual(struct evidence *evidence)
{
	char key[] = DNS_LABEL;
	char value[] = DNS_NAME;
	struct label label = {key, value};
	const struct labels labels = {.items = &label, .count = 1};
	const struct netpol_selector *selector =
		netpol_selector_copy(evidence->peers.arena, &labels, NULL);
	struct peer_answer answer = {.reason = PEER_PLAIN};

	if (!selector)
		return -ENOMEM;
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		const struct peer_request request =
			cluster_dns_query(evidence, &answer, protocols[i]);
		int error = peer_add_pods(&request, DNS_NAMESPACE, selector);
		if (error != 0)
			return error;
	}
	return 0;
}
