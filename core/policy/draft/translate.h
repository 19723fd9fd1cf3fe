/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a Service's address and port to the pods behind it and the port that they listen on: what a
 * packet looks like after kube-proxy, or whatever stands in for it, has rewritten its destination.
 *
 * By the Service's selector, so that all its pods are meant and not the one that answered; where it
 * has none, by each of its endpoints.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_TRANSLATE_H
#define POLECAT_CORE_POLICY_DRAFT_TRANSLATE_H

#include "core/policy/draft/peer.h"
#include "core/record/record.h"

/* The port of the Service with this number and protocol; NULL: it has none. */
const struct service_port *translate_find_port(const struct service_record *service,
					       uint8_t protocol, uint16_t port);

/* The port of the Service that this node port leads to; NULL: none. */
const struct service_port *translate_find_node_port(const struct service_record *service,
						    uint8_t protocol, uint16_t node_port);

/* Appends what has to be allowed. question->port is the target_port's Service port. 0 or -ENOMEM.
 */
int translate_service(struct peer_context *context, const struct peer_question *question,
		      const struct service_record *service, const struct service_port *port,
		      struct peer_items *items, struct peer_answer *answer);

#endif
