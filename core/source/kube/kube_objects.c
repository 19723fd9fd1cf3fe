/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_objects.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"

/* The API server refuses names beyond 253 bytes (RFC 1123). */
#define KUBE_NAME_MAX 253

const struct kube_resource kube_resources[KUBE_KINDS] = {
	[KUBE_NAMESPACES] = {"namespaces", "/api/v1/namespaces", "namespaces have no labels",
			     RECORD_NAMESPACE, .metadata_only = true},
	[KUBE_NODES] = {"nodes", "/api/v1/nodes", "nodes have no addresses", .record = RECORD_NODE},
	[KUBE_REPLICASETS] = {"replicasets", "/apis/apps/v1/replicasets",
			      "owners of Deployments are guessed from names", RECORD_WORKLOAD,
			      "ReplicaSet", .namespaced = true},
	[KUBE_JOBS] = {"jobs", "/apis/batch/v1/jobs", "owners of CronJobs are guessed from names",
		       RECORD_WORKLOAD, "Job", .namespaced = true},
	[KUBE_PODS] = {"pods", "/api/v1/pods", "pods have no names from the cluster", RECORD_POD,
		       .namespaced = true},
	[KUBE_SLICES] = {"endpointslices", "/apis/discovery.k8s.io/v1/endpointslices",
			 "endpoints of services are taken from their selectors", RECORD_SERVICE,
			 .namespaced = true},
	[KUBE_SERVICES] = {"services", "/api/v1/services", "services have no names", RECORD_SERVICE,
			   .namespaced = true},
	[KUBE_DEPLOYMENTS] = {"deployments", "/apis/apps/v1/deployments",
			      "their selectors are guessed from ReplicaSets and labels",
			      RECORD_WORKLOAD, "Deployment", .namespaced = true,
			      .is_optional = true},
	[KUBE_STATEFULSETS] = {"statefulsets", "/apis/apps/v1/statefulsets",
			       "their selectors are guessed from labels", RECORD_WORKLOAD,
			       "StatefulSet", .namespaced = true, .is_optional = true},
	[KUBE_DAEMONSETS] = {"daemonsets", "/apis/apps/v1/daemonsets",
			     "their selectors are guessed from labels", RECORD_WORKLOAD,
			     "DaemonSet", .namespaced = true, .is_optional = true},
	[KUBE_SERVICECIDRS] = {"servicecidrs", "/apis/networking.k8s.io/v1/servicecidrs",
			       "addresses of unknown services are not recognised",
			       RECORD_SERVICE_RANGE, .is_optional = true, .is_recent = true},
};

/* --- names --- */

/* Returns a text that can be a name, or NULL. */
static const char *kube_name(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && text[0] != '\0' && strlen(text) <= KUBE_NAME_MAX ? text : NULL;
}

static const char *kube_name_of(const json_t *object, const char *key)
{
	return kube_name(json_object_get(object, key));
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

/* --- members --- */

/* Reads a value into a member of a record. Ignores NULL, and values that the member cannot have.
 * Returns 0 or -ENOMEM. */
typedef int kube_read(const json_t *value, void *member);

static int kube_read_name(const json_t *value, void *member)
{
	return text_copy(kube_name(value), member);
}

static int kube_read_bool(const json_t *value, void *member)
{
	*(bool *)member = json_is_true(value);
	return 0;
}

/* Reads a time, which the API cuts to whole seconds. */
static int kube_read_time(const json_t *value, void *member)
{
	timestamp_parse(json_string_value(value), json_string_length(value), member);
	return 0;
}

/* Reads labels or a selector. */
static int kube_read_labels(const json_t *value, void *member)
{
	struct labels *labels = member;
	json_t *label;
	const char *key;
	size_t capacity = 0;
	int error = 0;

	json_object_foreach((json_t *)(uintptr_t)value, key, label)
	{
		if (!error && json_is_string(label))
			error = labels_add(labels, &capacity, key, json_string_value(label));
	}
	labels_sort(labels);
	return error;
}

static int kube_add_once(struct string_list *list, const char *text)
{
	return string_list_has(list, text) ? 0 : string_list_add(list, text);
}

static int kube_add_address(const json_t *value, void *list)
{
	const char *text = json_string_value(value);

	return text ? address_list_add(list, text) : 0;
}

/* Adds a cluster IP. A headless service has "None", as in the API. */
static int kube_add_cluster_ip(const json_t *value, void *list)
{
	if (text_compare(json_string_value(value), "None") != 0)
		return kube_add_address(value, list);
	return ((struct string_list *)list)->count > 0 ? 0 : string_list_add(list, "None");
}

/* Returns whether packets to the ingress's address go to the load balancer itself (ipMode "Proxy").
 * Otherwise the node sends them to a backend (k8s.io/api/core/v1 LoadBalancerIngress). */
static bool kube_is_proxy(const json_t *ingress)
{
	return text_compare(kube_name_of(ingress, "ipMode"), "Proxy") == 0;
}

static int kube_add_balancer(const json_t *ingress, void *list)
{
	return kube_is_proxy(ingress) ? 0 : kube_add_address(json_object_get(ingress, "ip"), list);
}

static int kube_add_proxy(const json_t *ingress, void *list)
{
	return kube_is_proxy(ingress) ? kube_add_address(json_object_get(ingress, "ip"), list) : 0;
}

/* Adds a network ("192.0.2.0/24") as it is written. */
static int kube_add_cidr(const json_t *value, void *list)
{
	const char *text = json_string_value(value);
	struct flow_address address;
	unsigned int prefix;
	uint8_t family;

	if (!text || address_parse_block(text, &family, &address, &prefix))
		return 0;
	return kube_add_once(list, text);
}

/*
 * Reads the value under `key` from each object in an array. If key is "", reads each item itself.
 */
static int kube_read_each(kube_read *read, const json_t *array, const char *key, void *member)
{
	const json_t *item;
	size_t i;
	int error = 0;

	json_array_foreach(array, i, item)
	{
		error = read(key[0] ? json_object_get(item, key) : item, member);
		if (error)
			break;
	}
	return error;
}

#define POD(member)     KUBE_PODS, offsetof(struct pod_record, member)
#define SERVICE(member) KUBE_SERVICES, offsetof(struct service_record, member)
#define NODE(member)    KUBE_NODES, offsetof(struct node_record, member)
#define RANGE(member)   KUBE_SERVICECIDRS, offsetof(struct service_range_record, member)
/* An annotation in which a network plugin stores an address of the node's tunnel or bridge. */
#define TUNNEL(key)                                                                 \
	{                                                                           \
		NODE(ips), kube_add_address, {"metadata", "annotations", key}, NULL \
	}

/* The members of the records, and the paths of their values in an API object. The rows are read in
 * order. If several rows have the same member, a later value replaces an earlier one, or is added
 * to the list. */
static const struct kube_member {
	enum kube_kind kind;
	size_t offset;
	kube_read *read;
	const char *path[3]; /* keys */
	const char *each;    /* not NULL: the value is an array, see kube_read_each */
} kube_members[] = {
	{KUBE_NAMESPACES,
	 offsetof(struct namespace_record, labels),
	 kube_read_labels,
	 {"metadata", "labels"},
	 NULL},
	/*
	 * The UID must be the one in the paths of cgroups. The API shows a static pod as a mirror
	 * pod with another UID. An annotation of the mirror pod contains the UID of the static pod
	 * (kubernetes.io, "Well-Known Labels, Annotations and Taints").
	 */
	{POD(uid), kube_read_name, {"metadata", "uid"}, NULL},
	{POD(uid),
	 kube_read_name,
	 {"metadata", "annotations", "kubernetes.io/config.mirror"},
	 NULL},
	{POD(node), kube_read_name, {"spec", "nodeName"}, NULL},
	{POD(labels), kube_read_labels, {"metadata", "labels"}, NULL},
	{POD(ips), kube_add_address, {"status", "podIPs"}, "ip"},
	{POD(ips), kube_add_address, {"status", "podIP"}, NULL},
	{POD(phase), kube_read_name, {"status", "phase"}, NULL},
	{POD(host_network), kube_read_bool, {"spec", "hostNetwork"}, NULL},
	/*
	 * A pod has no address before the kubelet accepts the pod and sets startTime. Until then,
	 * use the time of its creation.
	 */
	{POD(started_ns), kube_read_time, {"metadata", "creationTimestamp"}, NULL},
	{POD(started_ns), kube_read_time, {"status", "startTime"}, NULL},

	{RANGE(cidrs), kube_add_cidr, {"spec", "cidrs"}, ""},

	{SERVICE(type), kube_read_name, {"spec", "type"}, NULL},
	{SERVICE(labels), kube_read_labels, {"metadata", "labels"}, NULL},
	{SERVICE(selector), kube_read_labels, {"spec", "selector"}, NULL},
	{SERVICE(cluster_ips), kube_add_cluster_ip, {"spec", "clusterIPs"}, ""},
	{SERVICE(cluster_ips), kube_add_cluster_ip, {"spec", "clusterIP"}, NULL},
	{SERVICE(lb_ips), kube_add_balancer, {"status", "loadBalancer", "ingress"}, ""},
	{SERVICE(proxy_ips), kube_add_proxy, {"status", "loadBalancer", "ingress"}, ""},
	{SERVICE(lb_ips), kube_add_address, {"spec", "externalIPs"}, ""},

	/* kube_add_address skips the host names among the addresses. */
	{NODE(ips), kube_add_address, {"status", "addresses"}, "address"},
	/* Tunnels of Calico: IP-in-IP, VXLAN, WireGuard. */
	TUNNEL("projectcalico.org/IPv4IPIPTunnelAddr"),
	TUNNEL("projectcalico.org/IPv4VXLANTunnelAddr"),
	TUNNEL("projectcalico.org/IPv6VXLANTunnelAddr"),
	TUNNEL("projectcalico.org/IPv4WireguardInterfaceAddr"),
	TUNNEL("projectcalico.org/IPv6WireguardInterfaceAddr"),
	/* Addresses of Cilium's interface cilium_host, under the newer and the older key. */
	TUNNEL("network.cilium.io/ipv4-cilium-host"),
	TUNNEL("network.cilium.io/ipv6-cilium-host"),
	TUNNEL("io.cilium.network.ipv4-cilium-host"),
	TUNNEL("io.cilium.network.ipv6-cilium-host"),
	TUNNEL("flannel.alpha.coreos.com/public-ip"),
	TUNNEL("flannel.alpha.coreos.com/public-ipv6"),
	{NODE(pod_cidrs), kube_add_cidr, {"spec", "podCIDRs"}, ""},
	{NODE(pod_cidrs), kube_add_cidr, {"spec", "podCIDR"}, NULL},
};

static int kube_read_members(enum kube_kind kind, const json_t *object, void *body)
{
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_LENGTH(kube_members); i++) {
		const struct kube_member *row = &kube_members[i];
		void *member = (char *)body + row->offset;
		const json_t *value = object;
		if (row->kind != kind)
			continue;
		for (size_t j = 0; j < ARRAY_LENGTH(row->path) && row->path[j]; j++)
			value = json_object_get(value, row->path[j]);
		error = row->each ? kube_read_each(row->read, value, row->each, member)
				  : row->read(value, member);
	}
	return error;
}

/* --- ports and endpoints --- */

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
		port->host_port = kube_port_of(item, "hostPort");
		const char *host_ip = port->host_port != 0 ? kube_name_of(item, "hostIP") : NULL;
		if (text_copy(kube_name_of(item, "name"), &port->name) ||
		    text_copy(host_ip, &port->host_ip) || kube_copy_protocol(item, &port->protocol))
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
		const char *policy = kube_name_of(container, "restartPolicy");
		if (!error && text_compare(policy, "Always") == 0)
			error = kube_add_pod_ports(pod, container);
	}
	return error;
}

/* Adds a container that has an ID in a status, such as "containerd://0123…". A container without an
 * ID has not started. */
static int kube_add_container(struct pod_record *pod, const char *name, const json_t *state)
{
	const char *text = kube_name_of(state, "containerID");
	const char *id = text ? strstr(text, "://") : NULL;

	if (!name || !id || id[3] == '\0')
		return 0;
	struct pod_container *container = ARRAY_EXTEND(pod->containers, pod->container_count);
	if (!container)
		return -ENOMEM;
	return text_copy(name, &container->name) || text_copy(id + 3, &container->id) ? -ENOMEM : 0;
}

/* Reads the containers of a pod's status. If a container was restarted, adds the ended container
 * before the one that replaced it. */
static int kube_read_containers(struct pod_record *pod, const json_t *status)
{
	static const char *const keys[] = {"initContainerStatuses", "containerStatuses",
					   "ephemeralContainerStatuses"};
	const json_t *item;
	size_t at;
	int error = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		json_array_foreach(json_object_get(status, keys[i]), at, item)
		{
			const char *name = kube_name_of(item, "name");
			const json_t *last = json_object_get(item, "lastState");
			if (!error)
				error = kube_add_container(pod, name,
							   json_object_get(last, "terminated"));
			if (!error)
				error = kube_add_container(pod, name, item);
		}
	}
	return error;
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

	/* A slice without a port means every port, so there is no number to record. */
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
		int error = kube_read_each(kube_add_address, json_object_get(endpoint, "addresses"),
					   "", &ips);
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

/* --- workloads --- */

/* Appends a requirement of a selector as `kubectl -l` writes it: "tier in (a,b)", "!canary".
 * Ignores an incomplete requirement, which no API server stores. */
static int kube_add_expression(const json_t *requirement, void *list)
{
	static const struct {
		const char *operator_name;
		const char *before; /* text before the key */
		const char *after;  /* text between the key and the values; NULL: no values */
	} forms[] = {
		{"In", "", " in ("},
		{"NotIn", "", " notin ("},
		{"Exists", "", NULL},
		{"DoesNotExist", "!", NULL},
	};
	const char *key = kube_name_of(requirement, "key");
	const char *operator_name = kube_name_of(requirement, "operator");
	CLEANUP_BUFFER struct buffer text = {0};
	const json_t *value;
	size_t i = 0;
	size_t at;

	while (i < ARRAY_LENGTH(forms) && text_compare(operator_name, forms[i].operator_name) != 0)
		i++;
	if (!key || i == ARRAY_LENGTH(forms))
		return 0;
	buffer_printf(&text, "%s%s%s", forms[i].before, key, forms[i].after ? forms[i].after : "");
	json_array_foreach(json_object_get(requirement, "values"), at, value)
	{
		const char *word = json_string_value(value);
		if (forms[i].after && word)
			buffer_printf(&text, "%s%s", at > 0 ? "," : "", word);
	}
	if (forms[i].after)
		buffer_append_char(&text, ')');
	return text.error ? text.error : string_list_add(list, text.data);
}

/* Reads the controller and the selector of a workload. */
static int kube_read_workload(const json_t *object, struct workload_record *workload)
{
	const json_t *selector = json_object_get(json_object_get(object, "spec"), "selector");
	struct kube_owner owner;

	kube_owner_read(object, &owner);
	if (text_copy(owner.kind, &workload->owner_kind) ||
	    text_copy(owner.name, &workload->owner_name) ||
	    kube_read_labels(json_object_get(selector, "matchLabels"), &workload->selector))
		return -ENOMEM;
	return kube_read_each(kube_add_expression, json_object_get(selector, "matchExpressions"),
			      "", &workload->expressions);
}

bool kube_replicaset_has_pods(const json_t *object)
{
	const json_t *wanted = json_object_get(json_object_get(object, "spec"), "replicas");
	const json_t *present = json_object_get(json_object_get(object, "status"), "replicas");

	/* spec.replicas is 1 by default. The API omits status.replicas if it is 0. */
	return !json_is_integer(wanted) || json_integer_value(wanted) > 0 ||
	       json_integer_value(present) > 0;
}

/* --- records --- */

int kube_record_new(enum kube_kind kind, const struct kube_identity *identity, struct record *out)
{
	struct record record;

	if (record_new_body(kube_resources[kind].record, &record))
		return -ENOMEM;
	char **namespace_name = record_member(&record, "namespace");
	if ((namespace_name && text_copy(identity->namespace_name, namespace_name)) ||
	    (record.kind == RECORD_WORKLOAD &&
	     text_copy(kube_resources[kind].type, &record.workload->type)) ||
	    text_copy(identity->name, record_member(&record, "name"))) {
		record_free(&record);
		return -ENOMEM;
	}
	*out = record;
	return 0;
}

static int kube_describe_range(struct service_range_record *range)
{
	CLEANUP_BUFFER struct buffer text = {0};

	buffer_printf(&text, "ServiceCIDR %s", range->name);
	return text.error ? text.error : text_copy(text.data, &range->source);
}

/* Reads the parts of an object that are not in kube_members. */
static int kube_read_rest(enum kube_kind kind, const json_t *object, const struct record *record)
{
	const json_t *spec = json_object_get(object, "spec");
	struct kube_owner owner;

	switch (kind) {
	case KUBE_PODS:
		kube_owner_read(object, &owner);
		if (text_copy(owner.kind, &record->pod->owner_kind) ||
		    text_copy(owner.name, &record->pod->owner_name))
			return -ENOMEM;
		if (kube_read_containers(record->pod, json_object_get(object, "status")))
			return -ENOMEM;
		return kube_read_pod_ports(record->pod, spec);
	case KUBE_SLICES:
		return kube_read_endpoints(record->service, object);
	case KUBE_SERVICECIDRS:
		return kube_describe_range(record->service_range);
	case KUBE_SERVICES:
		/* The addresses of an ExternalName service belong to another host. */
		if (text_compare(record->service->type, "ExternalName") == 0) {
			string_list_clear(&record->service->cluster_ips);
			string_list_clear(&record->service->lb_ips);
			string_list_clear(&record->service->proxy_ips);
		}
		return kube_read_service_ports(record->service, json_object_get(spec, "ports"));
	default:
		return record->kind == RECORD_WORKLOAD
			       ? kube_read_workload(object, record->workload)
			       : 0;
	}
}

int kube_record_read(enum kube_kind kind, const json_t *object, struct record *out)
{
	struct kube_identity identity;
	struct record record;

	if (kube_identity_read(object, &identity) ||
	    (kube_resources[kind].namespaced && !identity.namespace_name))
		return -EBADMSG;
	if (kind == KUBE_SLICES)
		identity.name = kube_name_of(kube_metadata_of(object, "labels"),
					     "kubernetes.io/service-name");
	int error = kube_record_new(kind, &identity, &record);
	if (error)
		return error;
	error = kube_read_members(kind, object, record.body);
	if (!error)
		error = kube_read_rest(kind, object, &record);
	if (error) {
		record_free(&record);
		return error;
	}
	*out = record;
	return 0;
}
