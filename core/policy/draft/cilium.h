/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translates the peers of a draft (struct peer_item) to peers that Cilium supports. Cilium knows
 * nodes and the API server as entities, which no address block matches. It can allow the addresses
 * of a DNS name. It identifies pods by only some of their labels.
 *
 * Sources: docs.cilium.io, "Layer 3 Policies" (entities; CIDR rules do not match pods and nodes;
 * toFQDNs need a rule that passes DNS through the proxy), "Limiting Identity-Relevant Labels" (the
 * labels that Cilium knows), and the CRD ciliumnetworkpolicies.cilium.io, version v2.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CILIUM_H
#define POLECAT_CORE_POLICY_DRAFT_CILIUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/evidence.h"
#include "core/policy/draft/lines.h"

/* Rewrites the evidence's items. Adds a line for each fact that the user should know. Returns 0 or
 * -ENOMEM. */
int cilium_translate(struct evidence *evidence, struct lines *lines);

/* Returns true if Cilium, in its default configuration, identifies pods by this label. */
bool cilium_knows_label(const char *key);

/*
 * Reduces a selector to the labels that Cilium knows. *out is the selector itself if Cilium knows
 * all labels, and NULL if it knows none. Returns 0 or -ENOMEM.
 */
int cilium_selector(struct arena *arena, const struct netpol_selector *selector,
		    const struct netpol_selector **out);

/* Converts a DNS name to the form of toFQDNs: lower case, without a dot at its end. Returns false
 * if the text is not a DNS name. */
#define CILIUM_NAME_SIZE 256
bool cilium_dns_name(const char *text, char name[CILIUM_NAME_SIZE]);

#endif
