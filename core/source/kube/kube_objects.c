/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_objects.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "core/record/address.h"

/* The API server refuses names beyond 253 bytes (RFC 1123); what is longer is none of its own. */
#define NAME_MAX_LENGTH 253

/* A text that is there and not empty, or NULL. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && text[0] != '\0' ? text : NULL;
}

static const char *name_of(const json_t *object, const char *key)
{
	const char *text = text_of(object, key);

	return text && strlen(text) <= NAME_MAX_LENGTH ? text : NULL;
}

int kube_identity_read(const json_t *object, struct kube_identity *out)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *name = name_of(metadata, "name");

	if (!name)
		return -EBADMSG;
	*out = (struct kube_identity){
		.namespace_name = name_of(metadata, "namespace"),
		.name = name,
		.uid = name_of(metadata, "uid"),
		.resource_version = text_of(metadata, "resourceVersion"),
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
		const char *kind = name_of(owner, "kind");
		const char *name = name_of(owner, "name");
		if (!kind || !name)
			continue;
		*out = (struct kube_owner){
			.kind = kind, .name = name, .uid = name_of(owner, "uid")};
		return;
	}
}

/* *out becomes a copy of text; NULL stays NULL. 0 or -ENOMEM. */
static int copy_text(const char *text, char **out)
{
	if (!text)
		return 0;
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

/* Labels, or a selector: strings under strings. */
static int read_labels(const json_t *object, struct labels *labels)
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

/* Adds an address in canonical text; what is none, or is there already, is left out. */
static int add_address(struct string_list *list, const char *text)
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

/* Adds `key` of each object of an array, or each text of it where key is NULL. */
static int add_addresses(struct string_list *list, const json_t *array, const char *key)
{
	const json_t *item;
	size_t i;
	int error = 0;

	json_array_foreach(array, i, item)
	{
		error = add_address(list, key ? text_of(item, key) : json_string_value(item));
		if (error)
			break;
	}
	return error;
}

/* A port number, or 0 for what is none. */
static uint16_t port_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > UINT16_MAX)
		return 0;
	return (uint16_t)json_integer_value(value);
}

/* The protocol is TCP where the object does not say: the API's default. */
static int copy_protocol(const json_t *port, char **out)
{
	const char *protocol = name_of(port, "protocol");

	return copy_text(protocol ? protocol : "TCP", out);
}

static int add_pod_ports(struct pod_record *pod, const json_t *container)
{
	const json_t *ports = json_object_get(container, "ports");
	const json_t *item;
	size_t i;

	if (json_array_size(ports) == 0)
		return 0;
	struct pod_port *grown =
		reallocarray(pod->ports, pod->port_count + json_array_size(ports), sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	pod->ports = grown;
	json_array_foreach(ports, i, item)
	{
		struct pod_port *port = &pod->ports[pod->port_count];
		uint16_t number = port_of(item, "containerPort");
		if (number == 0)
			continue;
		*port = (struct pod_port){.port = number};
		pod->port_count++;
		if (copy_text(name_of(item, "name"), &port->name) ||
		    copy_protocol(item, &port->protocol))
			return -ENOMEM;
	}
	return 0;
}

static int read_pod_ports(struct pod_record *pod, const json_t *spec)
{
	const json_t *container;
	size_t i;
	int error = 0;

	json_array_foreach(json_object_get(spec, "containers"), i, container)
	{
		error = add_pod_ports(pod, container);
		if (error)
			return error;
	}
	/* An init container that is always restarted is a sidecar: it stays and listens. */
	json_array_foreach(json_object_get(spec, "initContainers"), i, container)
	{
		const char *policy = text_of(container, "restartPolicy");
		if (policy && strcmp(policy, "Always") == 0)
			error = add_pod_ports(pod, container);
		if (error)
			return error;
	}
	return 0;
}

/* When the kubelet took it, or else when it was made, which is before: it held no address until
 * then. Whole seconds, cut. 0: not said. */
static uint64_t pod_start(const json_t *object)
{
	const char *started = text_of(json_object_get(object, "status"), "startTime");
	uint64_t time_ns = 0;

	if (!started)
		started = text_of(json_object_get(object, "metadata"), "creationTimestamp");
	if (!started || timestamp_parse(started, strlen(started), &time_ns))
		return 0;
	return time_ns;
}

static int read_pod_status(struct pod_record *pod, const json_t *status)
{
	int error = add_addresses(&pod->ips, json_object_get(status, "podIPs"), "ip");

	if (!error)
		error = add_address(&pod->ips, text_of(status, "podIP"));
	if (!error)
		error = copy_text(name_of(status, "phase"), &pod->phase);
	return error;
}

/*
 * The UID by which the pod's node knows it, as in the paths of its cgroups. The API has only an
 * image of a static pod, with a UID of its own; the annotation says whose
 * (kubernetes.io, "Well-Known Labels, Annotations and Taints").
 */
static const char *pod_uid(const json_t *object, const struct kube_identity *identity)
{
	const json_t *annotations =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	const char *mirrored = name_of(annotations, "kubernetes.io/config.mirror");

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
	pod->started_ns = pod_start(object);
	pod->host_network = json_is_true(json_object_get(spec, "hostNetwork"));
	if (copy_text(identity.namespace_name, &pod->namespace_name) ||
	    copy_text(identity.name, &pod->name) ||
	    copy_text(pod_uid(object, &identity), &pod->uid) ||
	    copy_text(name_of(spec, "nodeName"), &pod->node) ||
	    copy_text(owner.kind, &pod->owner_kind) || copy_text(owner.name, &pod->owner_name) ||
	    read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			&pod->labels) ||
	    read_pod_status(pod, json_object_get(object, "status")) || read_pod_ports(pod, spec)) {
		pod_record_free(pod);
		return -ENOMEM;
	}
	*out = pod;
	return 0;
}

/* A target port is a number or a port's name. */
static int copy_target_port(const json_t *port, char **out)
{
	char digits[8];
	uint16_t number = port_of(port, "targetPort");

	if (number == 0)
		return copy_text(name_of(port, "targetPort"), out);
	snprintf(digits, sizeof(digits), "%u", (unsigned int)number);
	return copy_text(digits, out);
}

static int read_service_ports(struct service_record *service, const json_t *ports)
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
		port->port = port_of(item, "port");
		if (port->port == 0)
			continue;
		port->node_port = port_of(item, "nodePort");
		service->port_count++;
		if (copy_text(name_of(item, "name"), &port->name) ||
		    copy_protocol(item, &port->protocol) ||
		    copy_target_port(item, &port->target_port))
			return -ENOMEM;
	}
	return 0;
}

/* "None" for a headless service, as the API says it. */
static int add_cluster_ip(struct service_record *service, const char *text)
{
	if (!text || strcmp(text, "None") != 0)
		return add_address(&service->cluster_ips, text);
	return service->cluster_ips.count > 0 ? 0 : string_list_add(&service->cluster_ips, text);
}

static int read_service_addresses(struct service_record *service, const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec");
	const json_t *status = json_object_get(object, "status");
	const json_t *item;
	size_t i;
	int error = 0;

	/* An ExternalName is a name for something else's addresses. */
	if (service->type && strcmp(service->type, "ExternalName") == 0)
		return 0;
	json_array_foreach(json_object_get(spec, "clusterIPs"), i, item)
	{
		error = add_cluster_ip(service, json_string_value(item));
		if (error)
			return error;
	}
	error = add_cluster_ip(service, text_of(spec, "clusterIP"));
	if (!error)
		error = add_addresses(
			&service->lb_ips,
			json_object_get(json_object_get(status, "loadBalancer"), "ingress"), "ip");
	if (!error)
		error = add_addresses(&service->lb_ips, json_object_get(spec, "externalIPs"), NULL);
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
	if (copy_text(identity.namespace_name, &service->namespace_name) ||
	    copy_text(identity.name, &service->name) ||
	    copy_text(name_of(spec, "type"), &service->type) ||
	    read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			&service->labels) ||
	    read_labels(json_object_get(spec, "selector"), &service->selector) ||
	    read_service_addresses(service, object) ||
	    read_service_ports(service, json_object_get(spec, "ports"))) {
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
	if (copy_text(identity.name, &body->name) ||
	    read_labels(json_object_get(json_object_get(object, "metadata"), "labels"),
			&body->labels)) {
		namespace_record_free(body);
		return -ENOMEM;
	}
	*out = body;
	return 0;
}

/* Annotations under which network plugins note the addresses of a node's own ends of tunnels and
 * bridges: Calico (IP-in-IP, VXLAN, WireGuard), Cilium (cilium_host; older and newer), Flannel. */
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

static int read_node_addresses(struct node_record *node, const json_t *object)
{
	const json_t *annotations =
		json_object_get(json_object_get(object, "metadata"), "annotations");
	/* Host names among the addresses are no addresses, and left out so. */
	int error = add_addresses(&node->ips,
				  json_object_get(json_object_get(object, "status"), "addresses"),
				  "address");

	for (size_t i = 0; !error && i < sizeof(tunnel_annotations) / sizeof(tunnel_annotations[0]);
	     i++)
		error = add_address(&node->ips, text_of(annotations, tunnel_annotations[i]));
	return error;
}

/* "192.0.2.0/24" is kept as it is; what does not begin with an address is not. */
static int add_cidr(struct string_list *list, const char *text)
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

static int read_pod_cidrs(struct node_record *node, const json_t *spec)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(spec, "podCIDRs"), i, item)
	{
		int error = add_cidr(&node->pod_cidrs, json_string_value(item));
		if (error)
			return error;
	}
	return add_cidr(&node->pod_cidrs, text_of(spec, "podCIDR"));
}

int kube_node_read(const json_t *object, struct node_record **out)
{
	struct kube_identity identity;

	if (kube_identity_read(object, &identity))
		return -EBADMSG;
	struct node_record *node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	if (copy_text(identity.name, &node->name) || read_node_addresses(node, object) ||
	    read_pod_cidrs(node, json_object_get(object, "spec"))) {
		node_record_free(node);
		return -ENOMEM;
	}
	*out = node;
	return 0;
}

static bool is_serving(const json_t *endpoint)
{
	const json_t *conditions = json_object_get(endpoint, "conditions");

	/* Unknown counts as ready (discovery.k8s.io/v1, EndpointConditions). */
	return !json_is_false(json_object_get(conditions, "ready")) ||
	       json_is_true(json_object_get(conditions, "serving"));
}

static int add_endpoint(struct kube_slice *slice, const char *ip, const json_t *port)
{
	uint16_t number = port_of(port, "port");

	/* No port is every port of a selectorless service: there is none to name. */
	if (number == 0)
		return 0;
	struct service_endpoint *endpoint = &slice->endpoints[slice->endpoint_count];
	*endpoint = (struct service_endpoint){.port = number};
	slice->endpoint_count++;
	if (copy_text(ip, &endpoint->ip) || copy_text(name_of(port, "name"), &endpoint->name) ||
	    copy_protocol(port, &endpoint->protocol))
		return -ENOMEM;
	return 0;
}

static int add_endpoint_addresses(struct kube_slice *slice, const struct string_list *ips,
				  const json_t *ports)
{
	size_t added = ips->count * json_array_size(ports);
	const json_t *port;
	size_t i;

	if (added == 0)
		return 0;
	struct service_endpoint *grown =
		reallocarray(slice->endpoints, slice->endpoint_count + added, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	slice->endpoints = grown;
	for (size_t at = 0; at < ips->count; at++) {
		json_array_foreach(ports, i, port)
		{
			int error = add_endpoint(slice, ips->items[at], port);
			if (error)
				return error;
		}
	}
	return 0;
}

static int read_endpoints(struct kube_slice *slice, const json_t *object)
{
	const json_t *ports = json_object_get(object, "ports");
	const json_t *endpoint;
	size_t i;

	json_array_foreach(json_object_get(object, "endpoints"), i, endpoint)
	{
		struct string_list ips = {0};
		if (!is_serving(endpoint))
			continue;
		int error = add_addresses(&ips, json_object_get(endpoint, "addresses"), NULL);
		if (!error)
			error = add_endpoint_addresses(slice, &ips, ports);
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
	if (copy_text(identity.namespace_name, &slice->namespace_name) ||
	    copy_text(name_of(labels, "kubernetes.io/service-name"), &slice->service) ||
	    read_endpoints(slice, object)) {
		kube_slice_free(slice);
		return -ENOMEM;
	}
	*out = slice;
	return 0;
}

static void free_endpoint(struct service_endpoint *endpoint)
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
		free_endpoint(&slice->endpoints[i]);
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
		if (copy_text(endpoint->ip, &copy->ip) || copy_text(endpoint->name, &copy->name) ||
		    copy_text(endpoint->protocol, &copy->protocol))
			return -ENOMEM;
	}
	return 0;
}
