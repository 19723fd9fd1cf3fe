/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the backends of a Service into items: packets go to them after kube-proxy, or the plugin in
 * its place, has rewritten the destination.
 *
 * The items select pods by the Service's selector, so that they cover all its pods and not only the
 * one that answered; without a selector, each endpoint is an item.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_TRANSLATE_H
#define POLECAT_CORE_POLICY_DRAFT_TRANSLATE_H

#include "core/policy/draft/peer_item.h"

/* Adds the items of the backends. The request's own port does not matter. 0 or -ENOMEM. */
int translate_service(const struct peer_request *request, const struct service_backends *backends);

#endif
