/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster's DNS: its Services, the ports of the pods behind them, and the addresses of caches on
 * the nodes. Only reads identities.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DNS_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_DNS_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/peer_item.h"
#include "core/state/identity/resolver.h"
#include "core/state/state.h"

#define DNS_PORT 53

/* Ports of DNS servers other than 53 that are known at a time. */
#define DNS_PORTS_MAX 16
/* Addresses of caches on the nodes. */
#define DNS_CACHES_MAX 2

/* Zero-initialise; filled in by dns_servers_find; free with dns_servers_free. */
struct dns_servers {
	bool ready;
	/* Services with port 53 over UDP, sorted; the cluster's own ones are the first. */
	const struct service_record **services;
	size_t count;
	size_t own_count;
	/* The numbers behind port 53 that differ from it. */
	uint16_t ports[DNS_PORTS_MAX];
	size_t port_count;
	/* Addresses of NodeLocal DNSCache that the cluster is known to use. */
	struct peer_address caches[DNS_CACHES_MAX];
	size_t cache_count;
};

/* Fills in *servers once. 0 or -ENOMEM. */
int dns_servers_find(struct dns_servers *servers, const struct state *state);
void dns_servers_free(struct dns_servers *servers);

/* Returns the usual address of NodeLocal DNSCache, 169.254.20.10. */
struct peer_address dns_servers_usual_cache(void);

/* The other transport of a DNS server. */
struct dns_twin {
	uint8_t protocol; /* TCP for UDP, UDP for TCP; 0: the port is not a DNS server's */
	uint16_t port;
};

/* Finds the other transport of a port of a pod (NULL: unknown): port 53, or the port behind port 53
 * of a Service. */
struct dns_twin dns_servers_twin(const struct dns_servers *servers, const struct pod_record *pod,
				 uint8_t protocol, uint16_t port);

/* Returns whether a pod other than at port 53 may serve DNS on a port: quick. */
bool dns_servers_may_use(const struct dns_servers *servers, uint16_t port);

/* Returns the next Service that the pod is behind, from *index on, which it updates; NULL: no
 * more. */
const struct service_record *dns_servers_next(const struct dns_servers *servers,
					      const struct pod_record *pod, size_t *index);

#endif
