/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/dns_servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"
#include "core/state/identity/service.h"

/* --- the Services --- */

/* The Services with the best rank are the cluster's DNS, unless the best rank is DNS_RANK_OTHER. */
enum dns_rank {
	DNS_RANK_USUAL = 0, /* has both a usual name or label and a usual namespace */
	DNS_RANK_LIKELY,    /* has only a usual name or label, or only a usual namespace */
	DNS_RANK_OTHER,     /* may belong to an application */
};

static bool dns_servers_is_word(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; text && i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* The names and labels are those of kubeadm, kops, k3s, RKE2, kubespray, the CoreDNS chart and
 * OpenShift. */
static enum dns_rank dns_servers_rank(const struct service_record *service)
{
	static const char *const names[] = {"kube-dns", "coredns", "core-dns", "dns-default",
					    "rke2-coredns-rke2-coredns"};
	static const char *const apps[] = {"kube-dns", "coredns", "CoreDNS", "KubeDNS"};
	static const char *const namespaces[] = {"kube-system", "openshift-dns"};
	static const char *const keys[] = {"k8s-app", "app.kubernetes.io/name",
					   "kubernetes.io/name"};
	bool system =
		dns_servers_is_word(service->namespace_name, namespaces, ARRAY_LENGTH(namespaces));
	bool usual = dns_servers_is_word(service->name, names, ARRAY_LENGTH(names));

	for (size_t i = 0; i < ARRAY_LENGTH(keys) && !usual; i++)
		usual = dns_servers_is_word(labels_get(&service->labels, keys[i]), apps,
					    ARRAY_LENGTH(apps));
	if (usual && system)
		return DNS_RANK_USUAL;
	return usual || system ? DNS_RANK_LIKELY : DNS_RANK_OTHER;
}

static int dns_servers_compare(const void *a, const void *b)
{
	const struct service_record *x = *(const struct service_record *const *)a;
	const struct service_record *y = *(const struct service_record *const *)b;
	int order = (int)dns_servers_rank(x) - (int)dns_servers_rank(y);

	return order != 0 ? order : service_compare(x, y);
}

static int dns_servers_find_services(struct dns_servers *servers, const struct workloads *workloads)
{
	size_t capacity = 0;

	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		if (service->deleted || !service_find_port(service, FLOW_UDP, DNS_PORT))
			continue;
		const struct service_record **added =
			ARRAY_ADD(servers->services, servers->count, capacity);
		if (!added)
			return -ENOMEM;
		*added = service;
	}
	if (servers->count == 0)
		return 0;
	qsort(servers->services, servers->count, sizeof(*servers->services), dns_servers_compare);
	enum dns_rank best = dns_servers_rank(servers->services[0]);
	while (best != DNS_RANK_OTHER && servers->own_count < servers->count &&
	       dns_servers_rank(servers->services[servers->own_count]) == best)
		servers->own_count++;
	return 0;
}

/* --- ports --- */

bool dns_servers_may_use(const struct dns_servers *servers, uint16_t port)
{
	for (size_t i = 0; i < servers->port_count; i++) {
		if (servers->ports[i] == port)
			return true;
	}
	return false;
}

static int dns_servers_find_ports(struct dns_servers *servers, struct resolver *resolver)
{
	static const uint8_t protocols[] = {FLOW_UDP, FLOW_TCP};

	for (size_t i = 0; i < servers->count * ARRAY_LENGTH(protocols); i++) {
		const struct service_record *service = servers->services[i / 2];
		const struct service_port *port =
			service_find_port(service, protocols[i % 2], DNS_PORT);
		if (!port)
			continue;
		const struct service_backends *backends =
			resolver_backends(resolver, service, port, 0);
		if (!backends)
			return -ENOMEM;
		for (size_t k = 0; k < backends->number_count; k++) {
			uint16_t number = backends->numbers[k];
			if (number != DNS_PORT && !dns_servers_may_use(servers, number) &&
			    servers->port_count < DNS_PORTS_MAX)
				servers->ports[servers->port_count++] = number;
		}
	}
	return 0;
}

const struct service_record *dns_servers_next(const struct dns_servers *servers,
					      const struct pod_record *pod, size_t *index)
{
	while (pod && *index < servers->count) {
		const struct service_record *service = servers->services[(*index)++];
		if (service->selector.count > 0 && service_selects(service, pod))
			return service;
	}
	return NULL;
}

struct dns_transport dns_servers_other_transport(const struct dns_servers *servers,
						 const struct pod_record *pod, uint8_t protocol,
						 uint16_t port)
{
	uint8_t other = protocol == FLOW_UDP ? FLOW_TCP : FLOW_UDP;
	const struct service_record *service;

	if ((protocol != FLOW_UDP && protocol != FLOW_TCP) ||
	    (port != DNS_PORT && !dns_servers_may_use(servers, port)))
		return (struct dns_transport){0};
	for (size_t i = 0; (service = dns_servers_next(servers, pod, &i));) {
		const struct service_port *own = service_find_port(service, protocol, DNS_PORT);
		const struct service_port *second = service_find_port(service, other, DNS_PORT);
		if (!own || service_port_of_pod(pod, own) != port)
			continue;
		uint16_t number = second ? service_port_of_pod(pod, second) : 0;
		return (struct dns_transport){other, number != 0 ? number : port};
	}
	/* A DNS server accepts both transports on its port, even if its Service lacks one. */
	for (size_t i = 0; port != DNS_PORT && (service = dns_servers_next(servers, pod, &i));) {
		const struct service_port *second = service_find_port(service, other, DNS_PORT);
		if (second && service_port_of_pod(pod, second) == port)
			return (struct dns_transport){other, port};
	}
	return port == DNS_PORT ? (struct dns_transport){other, port} : (struct dns_transport){0};
}

/* --- caches on the nodes --- */

/* The first address is that of Kubernetes' manifest (cluster/addons/dns/nodelocaldns), the second
 * that of kubespray. */
static const struct flow_address dns_cache_addresses[DNS_CACHES_MAX] = {
	{{169, 254, 20, 10}},
	{{169, 254, 25, 10}},
};

struct peer_address dns_servers_usual_cache(void)
{
	return (struct peer_address){.address = dns_cache_addresses[0], .family = 4};
}

/* Returns whether pods of the cache's DaemonSet or Services of the cache are known. */
static bool dns_servers_has_cache(const struct workloads *workloads)
{
	static const char *const names[] = {"node-local-dns", "nodelocaldns",
					    "nodelocaldns-second"};
	struct hash_cursor cursor;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		/* The casts are safe, because look-ups do not write to the pod. */
		const struct pod_record like = {
			.namespace_name = (char *)(uintptr_t) "kube-system",
			.name = (char *)(uintptr_t)names[i],
			.owner_kind = (char *)(uintptr_t) "DaemonSet",
			.owner_name = (char *)(uintptr_t)names[i],
		};
		const struct pod_record *pod = workloads_first_relative(workloads, &like, &cursor);
		for (; pod; pod = workloads_next_relative(workloads, &cursor)) {
			if (workloads_holds_addresses(pod) && pod->owner_name &&
			    strcmp(pod->owner_name, names[i]) == 0 &&
			    strcmp(pod->namespace_name, like.namespace_name) == 0)
				return true;
		}
	}
	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		if (!service->deleted && strcmp(service->namespace_name, "kube-system") == 0 &&
		    (strcmp(service->name, "kube-dns-upstream") == 0 ||
		     dns_servers_is_word(service->name, names, ARRAY_LENGTH(names))))
			return true;
	}
	return false;
}

/* Returns whether a query to the address was answered. */
static bool dns_servers_has_answered(const struct state *state, const struct flow_address *address)
{
	const struct edge_list queries = state_edges_with(state, FLOW_EGRESS, 4, address);

	for (size_t i = 0; i < queries.count; i++) {
		const struct edge *edge = edge_list_get(&queries, i);
		if (edge->port == DNS_PORT && edge->ok_count > 0)
			return true;
	}
	return false;
}

static void dns_servers_find_caches(struct dns_servers *servers, const struct state *state)
{
	bool answered[DNS_CACHES_MAX];
	bool any = false;

	for (size_t i = 0; i < DNS_CACHES_MAX; i++)
		any |= answered[i] = dns_servers_has_answered(state, &dns_cache_addresses[i]);
	/*
	 * Installers use different addresses. If no cache answered a query, but one is known to
	 * run, use all addresses.
	 */
	bool known = !any && dns_servers_has_cache(state_workloads(state));
	for (size_t i = 0; i < DNS_CACHES_MAX; i++) {
		if (answered[i] || known)
			servers->caches[servers->cache_count++] = (struct peer_address){
				.address = dns_cache_addresses[i], .family = 4};
	}
}

/* --- the distribution --- */

int dns_servers_find_openshift(struct dns_servers *servers, struct resolver *resolver)
{
	if (servers->openshift_ready)
		return 0;
	if (resolver_has_namespace(resolver, "openshift-", &servers->openshift) != 0)
		return -ENOMEM;
	servers->openshift_ready = true;
	return 0;
}

/* --- all --- */

int dns_servers_find(struct dns_servers *servers, const struct state *state)
{
	if (servers->ready)
		return 0;
	int error = dns_servers_find_services(servers, state_workloads(state));
	if (error == 0)
		error = dns_servers_find_ports(servers, state_resolver(state));
	if (error != 0)
		return error;
	dns_servers_find_caches(servers, state);
	servers->ready = true;
	return 0;
}

void dns_servers_free(struct dns_servers *servers)
{
	free(servers->services);
	*servers = (struct dns_servers){.services = NULL};
}
