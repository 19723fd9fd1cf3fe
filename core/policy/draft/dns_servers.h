/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the cluster's DNS: its Services, the ports of the pods behind them, and the addresses of
 * caches on the nodes. Only reads the state. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DNS_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_DNS_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/peer_item.h"
#include "core/state/identity/resolver.h"
#include "core/state/state.h"

#define DNS_PORT 53

/* The maximum number of known ports of DNS servers other than 53. */
#define DNS_PORTS_MAX 16
/* The maximum number of known addresses of caches on the nodes. */
#define DNS_CACHES_MAX 2

/* Start with all zero. dns_servers_find fills it in, and dns_servers_free frees it. */
struct dns_servers {
	bool ready;
	/* Services with port 53 over UDP. The first own_count of them are the cluster's DNS. */
	const struct service_record **services;
	size_t count;
	size_t own_count;
	/* The ports of pods to which the Services forward their port 53, if other than 53. */
	uint16_t ports[DNS_PORTS_MAX];
	size_t port_count;
	/* The addresses of NodeLocal DNSCache that the cluster is known to use. */
	struct peer_address caches[DNS_CACHES_MAX];
	size_t cache_count;
	bool openshift_ready; /* dns_servers_find_openshift has set `openshift` */
	bool openshift;
};

/* Fills in *servers. Does nothing after the first success. Returns 0 or -ENOMEM. */
int dns_servers_find(struct dns_servers *servers, const struct state *state);
void dns_servers_free(struct dns_servers *servers);

/* Sets `openshift` to whether the cluster is OpenShift, in which each node runs pods in namespaces
 * whose names begin with "openshift-". Does nothing after the first success. Returns 0 or
 * -ENOMEM. */
int dns_servers_find_openshift(struct dns_servers *servers, struct resolver *resolver);

/* Returns the usual address of NodeLocal DNSCache, 169.254.20.10. */
struct peer_address dns_servers_usual_cache(void);

/* A DNS server's port for the other transport. */
struct dns_transport {
	uint8_t protocol; /* TCP for UDP, UDP for TCP; 0: the port is not a DNS server's */
	uint16_t port;
};

/* Returns the other transport of a DNS server, and the server's port for it. `pod` is the pod with
 * the given port, or NULL if it is unknown. Returns protocol 0 if the port is not a DNS server's:
 * it is neither 53 nor a port to which a Service forwards its port 53. */
struct dns_transport dns_servers_other_transport(const struct dns_servers *servers,
						 const struct pod_record *pod, uint8_t protocol,
						 uint16_t port);

/* Returns whether any pod is known to serve DNS on this port, which must not be 53. Quick. */
bool dns_servers_may_use(const struct dns_servers *servers, uint16_t port);

/* Returns the next Service that selects the pod, from *index on, and moves *index past it. Returns
 * NULL at the end. */
const struct service_record *dns_servers_next(const struct dns_servers *servers,
					      const struct pod_record *pod, size_t *index);

#endif
