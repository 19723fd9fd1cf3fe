/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of the cluster's API servers. */
#ifndef POLECAT_CORE_POLICY_DRAFT_API_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_API_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/state/identity/workloads.h"

#define API_SERVERS_MAX 16

struct api_server {
	struct flow_address address;
	uint8_t family;
	uint16_t port; /* the port on which it listens */
};

/* Start with all zero. api_servers_find fills it in. */
struct api_servers {
	struct api_server items[API_SERVERS_MAX];
	size_t count;
	bool ready;
};

/* Collects the endpoints of the Service default/kubernetes, which API servers maintain. Does
 * nothing after the first call. */
void api_servers_find(struct api_servers *servers, const struct workloads *workloads);

/* Returns whether an API server has this address and listens on this port (0: any port). */
bool api_servers_have(const struct api_servers *servers, uint8_t family,
		      const struct flow_address *address, uint16_t port);

#endif
