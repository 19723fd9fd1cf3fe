/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/port_names.h"

#include <string.h>

#include "core/state/identity/service.h"
#include "core/state/identity/workloads.h"

/* Returns the name of a port in a pod, or NULL. */
static const char *port_names_of_pod(const struct pod_record *pod, const struct netpol_port *port)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *at = &pod->ports[i];
		if (at->name && at->port == port->first &&
		    service_protocol(at->protocol) == port->protocol)
			return at->name;
	}
	return NULL;
}

const char *port_names_find(const void *workloads, const char *namespace_name,
			    const struct netpol_selector *pods, const struct netpol_port *port)
{
	const struct pod_record *pod;
	const char *found = NULL;

	for (size_t i = 0; (pod = workloads_pod_at(workloads, i)); i++) {
		if (pod->deleted || strcmp(pod->namespace_name, namespace_name) != 0 ||
		    !netpol_selector_matches(pods, &pod->labels))
			continue;
		const char *name = port_names_of_pod(pod, port);
		if (name && found && strcmp(name, found) != 0)
			return NULL;
		found = name ? name : found;
	}
	return found;
}
