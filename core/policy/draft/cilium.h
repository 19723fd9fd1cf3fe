/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From things to allow as Kubernetes means them to those that Cilium means: it knows nodes and the
 * API server as entities, which no address block matches; it can allow what a DNS name stands for;
 * and it knows pods by some of their labels only.
 *
 * Sources: docs.cilium.io, "Layer 3 Policies" (entities; CIDR rules do not match pods and nodes;
 * toFQDNs need a rule that passes DNS through the proxy), "Limiting Identity-Relevant Labels"
 * (which labels are known), and the CRD ciliumnetworkpolicies.cilium.io, version v2.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CILIUM_H
#define POLECAT_CORE_POLICY_DRAFT_CILIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/evidence.h"
#include "core/policy/draft/lines.h"

/* Where the API server listens. Zero-initialise; filled in once per draft. */
#define CILIUM_API_SERVERS_MAX 16
struct cilium_api_server {
	struct peer_address address;
	uint16_t port;
};

struct cilium {
	struct cilium_api_server api_servers[CILIUM_API_SERVERS_MAX];
	size_t api_server_count;
	bool ready;
};

/* Rewrites the evidence's items, and says what deserves a word. 0 or -ENOMEM. */
int cilium_translate(struct cilium *cilium, struct evidence *evidence, struct lines *lines);

/* Whether Cilium knows pods by this label, as it is configured by default. */
bool cilium_knows_label(const char *key);

/*
 * The selector as far as Cilium knows its labels, itself where it knows all; NULL in *out where it
 * knows none. 0 or -ENOMEM.
 */
int cilium_selector(struct arena *arena, const struct netpol_selector *selector,
		    const struct netpol_selector **out);

/* Makes a DNS name what toFQDNs takes: lower case, without the dot at its end. False: it is none.
 */
#define CILIUM_NAME_SIZE 256
bool cilium_dns_name(const char *text, char name[CILIUM_NAME_SIZE]);

#endif
