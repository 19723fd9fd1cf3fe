/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_objects.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"

/* The API server refuses names beyond 253 bytes (RFC 1123). */
#define KUBE_NAME_MAX 253

/* Returns a text that is not empty, or NULL. */
static const char *kube_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text[0] != '\0' ? text : NULL;
}

static const char *kube_name_of(const json_t *object, const char *key)
{
	const char *text = kube_text_of(object, key);

	return text && strlen(text) <= KUBE_NAME_MAX ? text : NULL;
}

static const json_t *kube_metadata_of(const json_t *object, const char *key)
{
	return json_object_get(json_object_get(object, "metadata"), key);
}

int kube_identity_read(const json_t *object, struct kube_identity *out)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *name = kube_name_of(metadata, "name");

	if (!name)
		return -EBADMSG;
	*out = (struct kube_identity){kube_name_of(metadata, "namespace"), name};
	return 0;
}

void kube_owner_read(const json_t *object, struct kube_owner *out)
{
	const json_t *owner;
	size_t i;

	*out = (struct kube_owner){0};
	json_array_foreach(kube_metadata_of(object, "ownerReferences"), i, owner)
	{
		if (!json_is_true(json_object_get(owner, "controller")))
			continue;
		const char *kind = kube_name_of(owner, "kind");
		const char *name = kube_name_of(owner, "name");
		if (!kind || !name)
			continue;
		*out = (struct kube_owner){kind, name};
		return;
	}
}

/* Reads labels or a selector. */
static int kube_read_labels(const json_t *object, struct labels *labels)
{
	json_t *value;
	const char *key;
	int error = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (!error && json_is_string(value))
			error = labels_set(labels, key, json_string_value(value));
	}
	return error;
}

/* Adds a text to a list of addresses. Skips NULL, other texts and duplicates. 0 or -ENOMEM. */
typedef int kube_add(struct string_list *list, const char *text);

/* Adds an address in canonical form. */
static int kube_add_address(struct string_list *list, const char *text)
{
	struct flow_address address;
	char canonical[ADDRESS_TEXT_SIZE];
	uint8_t family;

	if (!text || address_parse(text, &family, &address))
		return 0;
	address_format(family, &address, canonical);
	return string_list_has(list, canonical) ? 0 : string_list_add(list, canonical);
}

/* Adds a cluster IP. A headless service has "None", as in the API. */
static int kube_add_cluster_ip(struct string_list *list, const char *text)
{
	if (!text || strcmp(text, "None") != 0)
		return kube_add_address(list, text);
	return list->count > 0 ? 0 : string_list_add(list, text);
}

/* Adds a network, as it is written: "192.0.2.0/24". */
static int kube_add_cidr(struct string_list *list, const char *text)
{
	struct flow_address address;
	char network[ADDRESS_TEXT_SIZE];
	uint8_t family;
	size_t length = text ? strcspn(text, "/") : 0;

	if (length == 0 || length >= sizeof(network) || strlen(text) > length + 4 ||
	    text[length] == '\0')
		return 0;
	memcpy(network, text, length);
	network[length] = '\0';
	if (address_parse(network, &family, &address) || string_list_has(list, text))
		return 0;
	return string_list_add(list, text);
}

/* Adds the text under `key` of each object in an array; NULL: each text in the array. */
static int kube_add_each(kube_add *add, struct string_list *list, const json_t *array,
			 const char *key)
{
	const json_t *item;
	size_t i;
	int error = 0;

	json_array_foreach(array, i, item)
	{
		error = add(list, key ? kube_text_of(item, key) : json_string_value(item));
		if (error)
			break;
	}
	return error;
}

/* Returns a port number, or 0 for another value. */
static uint16_t kube_port_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > UINT16_MAX)
		return 0;
	return (uint16_t)json_integer_value(value);
}

/* Copies the protocol of a port. The API's default is TCP. */
static int kube_copy_protocol(const json_t *port, char **out)
{
	const char *protocol = kube_name_of(port, "protocol");

	return text_copy(protocol ? protocol : "TCP", out);
}

static int kube_add_pod_ports(struct pod_record *pod, const json_t *container)
{
	const json_t *ports = json_object_get(container, "ports");
	const json_t *item;
	size_t i;

	json_array_foreach(ports, i, item)
	{
		uint16_t number = kube_port_of(item, "containerPort");
		if (number == 0)
			continue;
		struct pod_port *port = ARRAY_EXTEND(pod->ports, pod->port_count);
		if (!port)
			return -ENOMEM;
		port->port = number;
		if (text_copy(kube_name_of(item, "name"), &port->name) ||
		    kube_copy_protocol(item, &port->protocol))
			return -ENOMEM;
	}
	return 0;
}

static int kube_read_pod_ports(struct pod_record *pod, const json_t *spec)
{
	const json_t *container;
	size_t i;
	int error = 0;

	json_array_foreach(json_object_get(spec, "containers"), i, container)
	{
		if (!error)
			error = kube_add_pod_ports(pod, container);
	}
	/* An init container that is always restarted is a sidecar, which may listen. */
	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
	{
		const char *policy = kube_text_of(container, "restartPolicy");
		if (!error && policy && strcmp(policy, "Always") == 0)
			error = kube_add_pod_ports(pod, container);
	}
	return error;
}

/* Returns the time from which the pod can have an address: when the kubelet accepted it, else when
 * it was created, which is earlier. The API cuts to whole seconds. 0: unknown. */
static uint64_t kube_pod_start(const json_t *object)
{
	const char *started = kube_text_of(json_object_get(object, "status"), "startTime");
	uint64_t time_ns = 0;

	if (!started)
		started = json_string_value(kube_metadata_of(object, "creationTimestamp"));
	if (started)
		timestamp_parse(started, strlen(started), &time_ns);
	return time_ns;
}

/*
 * Returns the UID that the node uses, as in the paths of cgroups. For a static pod the API has a
 * mirror pod with a UID of its own; an annotation contains the UID of the static pod (kubernetes.io,
 * "Well-Known Labels, Annotations and Taints").
 */
static const char *kube_pod_uid(const json_t *object)
{
	const char *mirrored = kube_name_of(kube_metadata_of(object, "annotations"),
					    "kubernetes.io/config.mirror");

	return mirrored ? mirrored : kube_name_of(json_object_get(object, "metadata"), "uid");
}

static int kube_read_pod(const json_t *object, struct pod_record *pod)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *status = json_object_get(object, "status");
	struct kube_owner owner;

	kube_owner_read(object, &owner);
	pod->started_ns = kube_pod_start(object);
	pod->host_network = json_is_true(json_object_get(spec, "hostNetwork"));
	if (text_copy(kube_pod_uid(object), &pod->uid) ||
	    text_copy(kube_name_of(spec, "nodeName"), &pod->node) ||
	    text_copy(owner.kind, &pod->owner_kind) || text_copy(owner.name, &pod->owner_name) ||
	    kube_read_labels(kube_metadata_of(object, "labels"), &pod->labels) ||
	    kube_add_each(kube_add_address, &pod->ips, json_object_get(status, "podIPs"), "ip") ||
	    kube_add_address(&pod->ips, kube_text_of(status, "podIP")) ||
	    text_copy(kube_name_of(status, "phase"), &pod->phase))
		return -ENOMEM;
	return kube_read_pod_ports(pod, spec);
}

/* Copies a target port, which is a number or the name of a port. */
static int kube_copy_target_port(const json_t *port, char **out)
{
	char digits[8];
	uint16_t number = kube_port_of(port, "targetPort");

	if (number == 0)
		return text_copy(kube_name_of(port, "targetPort"), out);
	snprintf(digits, sizeof(digits), "%u", (unsigned int)number);
	return text_copy(digits, out);
}

static int kube_read_service_ports(struct service_record *service, const json_t *ports)
{
	const json_t *item;
	size_t i;

	json_array_foreach(ports, i, item)
	{
		uint16_t number = kube_port_of(item, "port");
		if (number == 0)
			continue;
		struct service_port *port = ARRAY_EXTEND(service->ports, service->port_count);
		if (!port)
			return -ENOMEM;
		port->port = number;
		port->node_port = kube_port_of(item, "nodePort");
		if (text_copy(kube_name_of(item, "name"), &port->name) ||
		    kube_copy_protocol(item, &port->protocol) ||
		    kube_copy_target_port(item, &port->target_port))
			return -ENOMEM;
	}
	return 0;
}

static int kube_read_service_addresses(struct service_record *service, const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *balancer = json_object_get(json_object_get(object, "status"), "loadBalancer");

	/* The addresses of an ExternalName service belong to another host. */
	if (service->type && strcmp(service->type, "ExternalName") == 0)
		return 0;
	if (kube_add_each(kube_add_cluster_ip, &service->cluster_ips,
			  json_object_get(spec, "clusterIPs"), NULL) ||
	    kube_add_cluster_ip(&service->cluster_ips, kube_text_of(spec, "clusterIP")) ||
	    kube_add_each(kube_add_address, &service->lb_ips, json_object_get(balancer, "ingress"),
			  "ip"))
		return -ENOMEM;
	return kube_add_each(kube_add_address, &service->lb_ips,
			     json_object_get(spec, "externalIPs"), NULL);
}

static int kube_read_service(const json_t *object, struct service_record *service)
{
	const json_t *spec = json_object_get(object, "spec");

	if (text_copy(kube_name_of(spec, "type"), &service->type) ||
	    kube_read_labels(kube_metadata_of(object, "labels"), &service->labels) ||
	    kube_read_labels(json_object_get(spec, "selector"), &service->selector) ||
	    kube_read_service_addresses(service, object))
		return -ENOMEM;
	return kube_read_service_ports(service, json_object_get(spec, "ports"));
}

/* Annotations of network plugins with the addresses of a node's own tunnels and bridges: Calico
 * (IP-in-IP, VXLAN, WireGuard), Cilium (cilium_host, older and newer key), Flannel. */
static const char *const kube_tunnel_annotations[] = {
	"projectcalico.org/IPv4IPIPTunnelAddr",
	"projectcalico.org/IPv4VXLANTunnelAddr",
	"projectcalico.org/IPv6VXLANTunnelAddr",
	"projectcalico.org/IPv4WireguardInterfaceAddr",
	"projectcalico.org/IPv6WireguardInterfaceAddr",
	"network.cilium.io/ipv4-cilium-host",
	"network.cilium.io/ipv6-cilium-host",
	"io.cilium.network.ipv4-cilium-host",
	"io.cilium.network.ipv6-cilium-host",
	"flannel.alpha.coreos.com/public-ip",
	"flannel.alpha.coreos.com/public-ipv6",
};

static int kube_read_node(const json_t *object, struct node_record *node)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *annotations = kube_metadata_of(object, "annotations");
	const json_t *addresses = json_object_get(json_object_get(object, "status"), "addresses");
	/* This skips the host names among the addresses. */
	int error = kube_add_each(kube_add_address, &node->ips, addresses, "address");

	for (size_t i = 0; !error && i < ARRAY_LENGTH(kube_tunnel_annotations); i++)
		error = kube_add_address(&node->ips,
					 kube_text_of(annotations, kube_tunnel_annotations[i]));
	if (!error)
		error = kube_add_each(kube_add_cidr, &node->pod_cidrs,
				      json_object_get(spec, "podCIDRs"), NULL);
	return error ? error : kube_add_cidr(&node->pod_cidrs, kube_text_of(spec, "podCIDR"));
}

static bool kube_is_serving(const json_t *endpoint)
{
	const json_t *conditions = json_object_get(endpoint, "conditions");

	/* An unknown condition counts as ready (discovery.k8s.io/v1, EndpointConditions). */
	return !json_is_false(json_object_get(conditions, "ready")) ||
	       json_is_true(json_object_get(conditions, "serving"));
}

static int kube_add_endpoint(struct service_record *slice, const char *ip, const json_t *port)
{
	uint16_t number = kube_port_of(port, "port");

	/* A slice without a port means every port: there is no number to record. */
	if (number == 0)
		return 0;
	struct service_endpoint *endpoint = ARRAY_EXTEND(slice->endpoints, slice->endpoint_count);
	if (!endpoint)
		return -ENOMEM;
	endpoint->port = number;
	if (text_copy(ip, &endpoint->ip) ||
	    text_copy(kube_name_of(port, "name"), &endpoint->name) ||
	    kube_copy_protocol(port, &endpoint->protocol))
		return -ENOMEM;
	return 0;
}

static int kube_read_endpoints(struct service_record *slice, const json_t *object)
{
	const json_t *ports = json_object_get(object, "ports");
	const json_t *endpoint;
	const json_t *port;
	size_t i;
	size_t j;

	json_array_foreach(json_object_get(object, "endpoints"), i, endpoint)
	{
		struct string_list ips = {0};
		if (!kube_is_serving(endpoint))
			continue;
		int error = kube_add_each(kube_add_address, &ips,
					  json_object_get(endpoint, "addresses"), NULL);
		for (size_t at = 0; !error && at < ips.count; at++) {
			json_array_foreach(ports, j, port)
			{
				if (!error)
					error = kube_add_endpoint(slice, ips.items[at], port);
			}
		}
		string_list_clear(&ips);
		if (error)
			return error;
	}
	return 0;
}

int kube_record_new(enum kube_kind kind, const struct kube_identity *identity, struct record *out)
{
	struct record record;

	if (record_new_body(kube_resource(kind)->record, &record))
		return -ENOMEM;
	char **namespace_name = record_member(&record, "namespace");
	if ((namespace_name && text_copy(identity->namespace_name, namespace_name)) ||
	    text_copy(identity->name, record_member(&record, "name"))) {
		record_free(&record);
		return -ENOMEM;
	}
	*out = record;
	return 0;
}

static int kube_read_body(enum kube_kind kind, const json_t *object, struct record *record)
{
	switch (kind) {
	case KUBE_NAMESPACES:
		return kube_read_labels(kube_metadata_of(object, "labels"),
					&record->namespace_record->labels);
	case KUBE_NODES:
		return kube_read_node(object, record->node);
	case KUBE_PODS:
		return kube_read_pod(object, record->pod);
	case KUBE_SLICES:
		return kube_read_endpoints(record->service, object);
	case KUBE_SERVICES:
		return kube_read_service(object, record->service);
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
	case KUBE_KINDS:
		break;
	}
	return -EINVAL;
}

int kube_record_read(enum kube_kind kind, const json_t *object, struct record *out)
{
	struct kube_identity identity;
	struct record record;

	if (kube_identity_read(object, &identity) ||
	    (kube_resource(kind)->namespaced && !identity.namespace_name))
		return -EBADMSG;
	if (kind == KUBE_SLICES)
		identity.name = kube_name_of(kube_metadata_of(object, "labels"),
					     "kubernetes.io/service-name");
	int error = kube_record_new(kind, &identity, &record);
	if (error)
		return error;
	error = kube_read_body(kind, object, &record);
	if (error) {
		record_free(&record);
		return error;
	}
	*out = record;
	return 0;
}
