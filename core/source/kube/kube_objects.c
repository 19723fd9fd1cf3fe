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
#define NAME_MAX_LENGTH 253

/* Returns a text that is not empty, or NULL. */
static const char *kube_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text[0] != '\0' ? text : NULL;
}

static const char *kube_name_of(const json_t *object, const char *key)
{
	const char *text = kube_text_of(object, key);

	return text && strlen(text) <= NAME_MAX_LENGTH ? text : NULL;
}

int kube_identity_read(const json_t *object, struct kube_identity *out)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *name = kube_name_of(metadata, "name");

	if (!name)
		return -EBADMSG;
	*out = (struct kube_identity){
		.namespace_name = kube_name_of(metadata, "namespace"),
		.name = name,
		.uid = kube_name_of(metadata, "uid"),
		.resource_version = kube_text_of(metadata, "resourceVersion"),
	};
	return 0;
}

void kube_owner_read(const json_t *object, struct kube_owner *out)
{
	const json_t *owners =
		json_object_get(json_object_get(object, "metadata"), "ownerReferences");
	const json_t *owner;
	size_t i;

	*out = (struct kube_owner){0};
	json_array_foreach(owners, i, owner)
	{
		if (!json_is_true(json_object_get(owner, "controller")))
			continue;
		const char *kind = kube_name_of(owner, "kind");
		const char *name = kube_name_of(owner, "name");
		if (!kind || !name)
			continue;
		*out = (struct kube_owner){
			.kind = kind, .name = name, .uid = kube_name_of(owner, "uid")};
		return;
	}
}

/* Reads labels or a selector. */
static int kube_read_labels(const json_t *object, struct labels *labels)
{
	const json_t *value;
	const char *key;
	void *at;

	for (at = json_object_iter((json_t *)(uintptr_t)object); at;
	     at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
		key = json_object_iter_key(at);
		value = json_object_iter_value(at);
		if (!json_is_string(value))
			continue;
		int error = labels_set(labels, key, json_string_value(value));
		if (error)
			return error;
	}
	return 0;
}

/* Adds an address in canonical form. Skips other texts and duplicates. */
static int kube_add_address(struct string_list *list, const char *text)
{
	struct flow_address address;
	char canonical[ADDRESS_TEXT_SIZE];
	uint8_t family;

	if (!text || address_parse(text, &family, &address))
		return 0;
	address_format(family, &address, canonical);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], canonical) == 0)
			return 0;
	}
	return string_list_add(list, canonical);
}

/* Adds the address under `key` of each object in an array; NULL: each text in the array. */
static int kube_add_addresses(struct string_list *list, const json_t *array, const char *key)
{
	const json_t *item;
	size_t i;
	int error = 0;

	json_array_foreach(array, i, item)
	{
		error = kube_add_address(list,
					 key ? kube_text_of(item, key) : json_string_value(item));
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
		error = kube_add_pod_ports(pod, container);
		if (error)
			return error;
	}
	/* An init container that is always restarted is a sidecar, which may listen. */
	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
	{
		const char *policy = kube_text_of(container, "restartPolicy");
		if (policy && strcmp(policy, "Always") == 0)
			error = kube_add_pod_ports(pod, container);
		if (error)
			return error;
	}
	return 0;
}

/* Returns the time from which the pod can have an address: when the kubelet accepted it, else when
 * it was created, which is earlier. The API cuts to whole seconds. 0: unknown. */
static uint64_t kube_pod_start(const json_t *object)
{
	const char *started = kube_text_of(json_object_get(object, "status"), "startTime");
	uint64_t time_ns = 0;

	if (!started)
		started = kube_text_of(json_object_get(object, "metadata"), "creationTimestamp");
	if (!started || timestamp_parse(started, strlen(started), &time_ns))
		return 0;
	return time_ns;
}

static int kube_read_pod_status(struct pod_record *pod, const json_t *status)
{
	int error = kube_add_addresses(&pod->ips, json_object_get(status, "podIPs"), "ip");

	if (!error)
		error = kube_add_address(&pod->ips, kube_text_of(status, "podIP"));
	if (!error)
		error = text_copy(kube_name_of(status, "phase"), &pod->phase);
	return error;
}

/*
 * Returns the UID that the node uses, as in the paths of cgroups. For a static pod the API has a
 * mirror pod with a UID of its own; an annotation contains the UID of the static pod (kubernetes.io,
 * "Well-Known Labels, Annotations and Taints").
 */
static const char *kube_pod_uid(const json_t *object, const struct kube_identity *identity)
{
	const json_t *annotations =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	const char *mirrored = kube_name_of(annotations, "kubernetes.io/config.mirror");

	return mirrored ? mirrored : identity->uid;
}

int kube_pod_read(const json_t *object, struct pod_record **out)
{
	const json_t *spec = json_object_get(object, "spec");
	struct kube_identity identity;
	struct kube_owner owner;

	if (kube_identity_read(object, &identity) || !identity.namespace_name)
		return -EBADMSG;
	struct pod_record *pod = calloc(1, sizeof(*pod));
	if (!pod)
		return -ENOMEM;
	kube_owner_read(object, &owner);
	pod->started_ns = kube_pod_start(object);
	pod->host_network = json_is_true(json_object_get(spec, "hostNetwork"));
	if (text_copy(identity.namespace_name, &pod->namespace_name) ||
	    text_copy(identity.name, &pod->name) ||
	    text_copy(kube_pod_uid(object, &identity), &pod->uid) ||
	    text_copy(kube_name_of(spec, "nodeName"), &pod->node) ||
	    text_copy(owner.kind, &pod->owner_kind) || text_copy(owner.name, &pod->owner_name) ||
	    kube_read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			     &pod->labels) ||
	    kube_read_pod_status(pod, json_object_get(object, "status")) ||
	    kube_read_pod_ports(pod, spec)) {
		pod_record_free(pod);
		return -ENOMEM;
	}
	*out = pod;
	return 0;
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

	if (json_array_size(ports) == 0)
		return 0;
	service->ports = calloc(json_array_size(ports), sizeof(*service->ports));
	if (!service->ports)
		return -ENOMEM;
	json_array_foreach(ports, i, item)
	{
		struct service_port *port = &service->ports[service->port_count];
		port->port = kube_port_of(item, "port");
		if (port->port == 0)
			continue;
		port->node_port = kube_port_of(item, "nodePort");
		service->port_count++;
		if (text_copy(kube_name_of(item, "name"), &port->name) ||
		    kube_copy_protocol(item, &port->protocol) ||
		    kube_copy_target_port(item, &port->target_port))
			return -ENOMEM;
	}
	return 0;
}

/* Adds a cluster IP. A headless service has "None", as in the API. */
static int kube_add_cluster_ip(struct service_record *service, const char *text)
{
	if (!text || strcmp(text, "None") != 0)
		return kube_add_address(&service->cluster_ips, text);
	return service->cluster_ips.count > 0 ? 0 : string_list_add(&service->cluster_ips, text);
}

static int kube_read_service_addresses(struct service_record *service, const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *status = json_object_get(object, "status");
	const json_t *item;
	size_t i;
	int error = 0;

	/* The addresses of an ExternalName service belong to another host. */
	if (service->type && strcmp(service->type, "ExternalName") == 0)
		return 0;
	json_array_foreach(json_object_get(spec, "clusterIPs"), i, item)
	{
		error = kube_add_cluster_ip(service, json_string_value(item));
		if (error)
			return error;
	}
	error = kube_add_cluster_ip(service, kube_text_of(spec, "clusterIP"));
	if (!error)
		error = kube_add_addresses(
			&service->lb_ips,
			json_object_get(json_object_get(status, "loadBalancer"), "ingress"), "ip");
	if (!error)
		error = kube_add_addresses(&service->lb_ips, json_object_get(spec, "externalIPs"),
					   NULL);
	return error;
}

int kube_service_read(const json_t *object, struct service_record **out)
{
	const json_t *spec = json_object_get(object, "spec");
	struct kube_identity identity;

	if (kube_identity_read(object, &identity) || !identity.namespace_name)
		return -EBADMSG;
	struct service_record *service = calloc(1, sizeof(*service));
	if (!service)
		return -ENOMEM;
	if (text_copy(identity.namespace_name, &service->namespace_name) ||
	    text_copy(identity.name, &service->name) ||
	    text_copy(kube_name_of(spec, "type"), &service->type) ||
	    kube_read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			     &service->labels) ||
	    kube_read_labels(json_object_get(spec, "selector"), &service->selector) ||
	    kube_read_service_addresses(service, object) ||
	    kube_read_service_ports(service, json_object_get(spec, "ports"))) {
		service_record_free(service);
		return -ENOMEM;
	}
	*out = service;
	return 0;
}

int kube_namespace_read(const json_t *object, struct namespace_record **out)
{
	struct kube_identity identity;

	if (kube_identity_read(object, &identity))
		return -EBADMSG;
	struct namespace_record *body = calloc(1, sizeof(*body));
	if (!body)
		return -ENOMEM;
	if (text_copy(identity.name, &body->name) ||
	    kube_read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			     &body->labels)) {
		namespace_record_free(body);
		return -ENOMEM;
	}
	*out = body;
	return 0;
}

/* Annotations of network plugins with the addresses of a node's own tunnels and bridges: Calico
 * (IP-in-IP, VXLAN, WireGuard), Cilium (cilium_host, older and newer key), Flannel. */
static const char *const tunnel_annotations[] = {
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

static int kube_read_node_addresses(struct node_record *node, const json_t *object)
{
	const json_t *annotations =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	/* This skips the host names among the addresses. */
	int error = kube_add_addresses(
		&node->ips, json_object_get(json_object_get(object, "status"), "addresses"),
		"address");

	for (size_t i = 0; !error && i < sizeof(tunnel_annotations) / sizeof(tunnel_annotations[0]);
	     i++)
		error = kube_add_address(&node->ips,
					 kube_text_of(annotations, tunnel_annotations[i]));
	return error;
}

/* "192.0.2.0/24" is kept as it is; what does not begin with an address is not. */
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
	if (address_parse(network, &family, &address))
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return 0;
	}
	return string_list_add(list, text);
}

static int kube_read_pod_cidrs(struct node_record *node, const json_t *spec)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(spec, "podCIDRs"), i, item)
	{
		int error = kube_add_cidr(&node->pod_cidrs, json_string_value(item));
		if (error)
			return error;
	}
	return kube_add_cidr(&node->pod_cidrs, kube_text_of(spec, "podCIDR"));
}

int kube_node_read(const json_t *object, struct node_record **out)
{
	struct kube_identity identity;

	if (kube_identity_read(object, &identity))
		return -EBADMSG;
	struct node_record *node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	if (text_copy(identity.name, &node->name) || kube_read_node_addresses(node, object) ||
	    kube_read_pod_cidrs(node, json_object_get(object, "spec"))) {
		node_record_free(node);
		return -ENOMEM;
	}
	*out = node;
	return 0;
}

static bool kube_is_serving(const json_t *endpoint)
{
	const json_t *conditions = json_object_get(endpoint, "conditions");

	/* An unknown condition counts as ready (discovery.k8s.io/v1, EndpointConditions). */
	return !json_is_false(json_object_get(conditions, "ready")) ||
	       json_is_true(json_object_get(conditions, "serving"));
}

static int kube_add_endpoint(struct kube_slice *slice, const char *ip, const json_t *port)
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

static int kube_add_endpoint_addresses(struct kube_slice *slice, const struct string_list *ips,
				       const json_t *ports)
{
	const json_t *port;
	size_t i;

	for (size_t at = 0; at < ips->count; at++) {
		json_array_foreach(ports, i, port)
		{
			int error = kube_add_endpoint(slice, ips->items[at], port);
			if (error)
				return error;
		}
	}
	return 0;
}

static int kube_read_endpoints(struct kube_slice *slice, const json_t *object)
{
	const json_t *ports = json_object_get(object, "ports");
	const json_t *endpoint;
	size_t i;

	json_array_foreach(json_object_get(object, "endpoints"), i, endpoint)
	{
		struct string_list ips = {0};
		if (!kube_is_serving(endpoint))
			continue;
		int error = kube_add_addresses(&ips, json_object_get(endpoint, "addresses"), NULL);
		if (!error)
			error = kube_add_endpoint_addresses(slice, &ips, ports);
		string_list_clear(&ips);
		if (error)
			return error;
	}
	return 0;
}

int kube_slice_read(const json_t *object, struct kube_slice **out)
{
	const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
	struct kube_identity identity;

	if (kube_identity_read(object, &identity) || !identity.namespace_name)
		return -EBADMSG;
	struct kube_slice *slice = calloc(1, sizeof(*slice));
	if (!slice)
		return -ENOMEM;
	if (text_copy(identity.namespace_name, &slice->namespace_name) ||
	    text_copy(kube_name_of(labels, "kubernetes.io/service-name"), &slice->service) ||
	    kube_read_endpoints(slice, object)) {
		kube_slice_free(slice);
		return -ENOMEM;
	}
	*out = slice;
	return 0;
}

static void kube_free_endpoint(struct service_endpoint *endpoint)
{
	free(endpoint->ip);
	free(endpoint->protocol);
	free(endpoint->name);
}

void kube_slice_free(struct kube_slice *slice)
{
	if (!slice)
		return;
	for (size_t i = 0; i < slice->endpoint_count; i++)
		kube_free_endpoint(&slice->endpoints[i]);
	free(slice->endpoints);
	free(slice->namespace_name);
	free(slice->service);
	free(slice);
}

int kube_service_add_endpoints(struct service_record *service, const struct kube_slice *slice)
{
	if (slice->endpoint_count == 0)
		return 0;
	struct service_endpoint *grown =
		reallocarray(service->endpoints, service->endpoint_count + slice->endpoint_count,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	service->endpoints = grown;
	for (size_t i = 0; i < slice->endpoint_count; i++) {
		const struct service_endpoint *endpoint = &slice->endpoints[i];
		struct service_endpoint *copy = &service->endpoints[service->endpoint_count];
		*copy = (struct service_endpoint){.port = endpoint->port};
		service->endpoint_count++;
		if (text_copy(endpoint->ip, &copy->ip) || text_copy(endpoint->name, &copy->name) ||
		    text_copy(endpoint->protocol, &copy->protocol))
			return -ENOMEM;
	}
	return 0;
}
