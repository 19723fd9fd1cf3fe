/* SPDX-License-Identifier: Apache-2.0 */
/* Services, their ports and endpoints, as the API defines them (core/v1 of Kubernetes). Does no
 * I/O. */
#ifndef POLECAT_CORE_STATE_IDENTITY_SERVICE_H
#define POLECAT_CORE_STATE_IDENTITY_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

/* Orders Services by namespace and name, like strcmp. */
int service_compare(const struct service_record *a, const struct service_record *b);

/* Returns whether the Service's selector, which is not empty, selects the pod. */
bool service_selects(const struct service_record *service, const struct pod_record *pod);

/* service_find_port returns the Service's port with this number, and service_find_node_port the
 * port with this node port. Both return NULL if no port matches. protocol is an enum
 * flow_protocol. */
const struct service_port *service_find_port(const struct service_record *service, uint8_t protocol,
					     uint16_t number);
const struct service_port *service_find_node_port(const struct service_record *service,
						  uint8_t protocol, uint16_t node_port);

/* Returns whether nodes rewrite the address, which must be one of the Service's, to that of a pod.
 * They do not rewrite the address of a load balancer with ipMode Proxy. */
bool service_rewrites(const struct service_record *service, uint8_t family,
		      const struct flow_address *address);

/* Returns the enum flow_protocol of a name from a record. NULL is TCP, the default of the API. */
uint8_t service_protocol(const char *name);

/*
 * Returns the number of the pods' port, or 0 if target_port is a name or too large for a port. An
 * absent target_port means the Service's port. "0" and "" mean the same, because API objects
 * contain these values in place of an absent target_port.
 */
uint16_t service_target_port(const struct service_port *port);

/* Returns the number of a pod's port with this name and protocol, or 0. */
uint16_t service_pod_port(const struct pod_record *pod, const char *name, uint8_t protocol);

/* Returns the number of the pod's port to which a port of a Service leads; 0: unknown. */
uint16_t service_port_of_pod(const struct pod_record *pod, const struct service_port *port);

/* Returns whether an endpoint serves this port of its Service. If port->target_port is a name,
 * number_of_name is the number of that name in the endpoint's pod, or 0 if it is unknown. */
bool service_has_endpoint(const struct service_record *service, const struct service_port *port,
			  const struct service_endpoint *endpoint, uint16_t number_of_name);

#endif
