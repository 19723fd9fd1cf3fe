/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds that are no flows: who is who, and what was lost. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/json/record_json_read.h"

static bool read_hello(struct json_line *line, const json_t *object, struct hello_record *hello)
{
	return json_copy_text(line, object, "node", &hello->node) &&
	       json_copy_text(line, object, "kernel", &hello->kernel) &&
	       json_copy_text(line, object, "polecat", &hello->polecat) &&
	       json_get_time(line, object, "started", &hello->started_ns, NULL) &&
	       json_get_strings(line, object, "hooks", &hello->hooks);
}

static bool read_container(struct json_line *line, const json_t *object,
			   struct container_record *container)
{
	return json_need_copy(line, object, "id", &container->id) &&
	       json_copy_text(line, object, "name", &container->name) &&
	       json_copy_text(line, object, "runtime", &container->runtime) &&
	       json_get_number(line, object, "cgroup_id", INT64_MAX, &container->cgroup_id, NULL) &&
	       json_get_u32(line, object, "netns", &container->netns) &&
	       json_get_u32(line, object, "pid", &container->pid) &&
	       json_copy_text(line, object, "namespace", &container->namespace_name) &&
	       json_copy_text(line, object, "pod", &container->pod) &&
	       json_copy_text(line, object, "pod_uid", &container->pod_uid) &&
	       json_get_labels(line, object, "labels", &container->labels);
}

/*
 * Begins a list of objects: *list is it, and *items is room for one item each (NULL where there are
 * none). The loops below name the list and the index in the line, for the messages.
 */
static bool begin_objects(struct json_line *line, const json_t *object, const char *key,
			  size_t item_size, json_t **list, void *items)
{
	if (!json_get_list(line, object, key, list))
		return false;
	for (size_t i = 0; i < json_array_size(*list); i++) {
		if (!json_is_object(json_array_get(*list, i)))
			return json_fail(line, key, "a list of objects was expected");
	}
	if (json_array_size(*list) == 0)
		return true;
	void *room = calloc(json_array_size(*list), item_size);
	if (!room)
		return json_fail_memory(line);
	memcpy(items, &room, sizeof(room));
	line->list = key;
	return true;
}

/* A number that is no port (above 65535) leaves the port 0, unknown. */
static bool read_port_number(struct json_line *line, const json_t *object, const char *key,
			     uint16_t *port)
{
	bool known = false;

	return json_get_port(line, object, key, port, &known);
}

static bool read_pod_ports(struct json_line *line, const json_t *object, struct pod_record *pod)
{
	json_t *list;

	if (!begin_objects(line, object, "ports", sizeof(*pod->ports), &list, &pod->ports))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct pod_port *port = &pod->ports[pod->port_count++];
		line->index = i;
		if (!json_copy_text(line, item, "name", &port->name) ||
		    !read_port_number(line, item, "port", &port->port) ||
		    !json_copy_text(line, item, "protocol", &port->protocol))
			return false;
	}
	line->list = NULL;
	return true;
}

static bool read_owner(struct json_line *line, const json_t *object, struct pod_record *pod)
{
	json_t *owner;

	if (!json_get_object(line, object, "owner", &owner))
		return false;
	return !owner || (json_copy_text(line, owner, "kind", &pod->owner_kind) &&
			  json_copy_text(line, owner, "name", &pod->owner_name));
}

static bool read_pod(struct json_line *line, const json_t *object, struct pod_record *pod)
{
	return json_need_copy(line, object, "namespace", &pod->namespace_name) &&
	       json_need_copy(line, object, "name", &pod->name) &&
	       json_copy_text(line, object, "uid", &pod->uid) &&
	       json_copy_text(line, object, "node", &pod->node) &&
	       json_get_addresses(line, object, "ips", &pod->ips) &&
	       json_get_labels(line, object, "labels", &pod->labels) &&
	       json_get_bool(line, object, "host_network", &pod->host_network) &&
	       read_pod_ports(line, object, pod) && read_owner(line, object, pod) &&
	       json_copy_text(line, object, "phase", &pod->phase) &&
	       json_get_time(line, object, "started", &pod->started_ns, NULL) &&
	       json_get_bool(line, object, "deleted", &pod->deleted);
}

static bool read_target_port(struct json_line *line, const json_t *object, char **out)
{
	const json_t *value = json_object_get(object, "target_port");
	char number[24];

	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value))
		return json_copy_text(line, object, "target_port", out);
	if (!json_is_integer(value))
		return json_fail(line, "target_port", "a port's number or name was expected");
	snprintf(number, sizeof(number), "%jd", (intmax_t)json_integer_value(value));
	*out = strdup(number);
	return *out ? true : json_fail_memory(line);
}

static bool read_service_ports(struct json_line *line, const json_t *object,
			       struct service_record *service)
{
	json_t *list;

	if (!begin_objects(line, object, "ports", sizeof(*service->ports), &list, &service->ports))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct service_port *port = &service->ports[service->port_count++];
		line->index = i;
		if (!json_copy_text(line, item, "name", &port->name) ||
		    !json_copy_text(line, item, "protocol", &port->protocol) ||
		    !read_port_number(line, item, "port", &port->port) ||
		    !read_target_port(line, item, &port->target_port) ||
		    !read_port_number(line, item, "node_port", &port->node_port))
			return false;
	}
	line->list = NULL;
	return true;
}

static bool read_endpoints(struct json_line *line, const json_t *object,
			   struct service_record *service)
{
	json_t *list;

	if (!begin_objects(line, object, "endpoints", sizeof(*service->endpoints), &list,
			   &service->endpoints))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct service_endpoint *endpoint = &service->endpoints[service->endpoint_count++];
		line->index = i;
		if (!json_copy_address(line, item, "ip", &endpoint->ip) ||
		    !read_port_number(line, item, "port", &endpoint->port) ||
		    !json_copy_text(line, item, "protocol", &endpoint->protocol) ||
		    !json_copy_text(line, item, "name", &endpoint->name))
			return false;
	}
	line->list = NULL;
	return true;
}

static bool read_service(struct json_line *line, const json_t *object,
			 struct service_record *service)
{
	return json_need_copy(line, object, "namespace", &service->namespace_name) &&
	       json_need_copy(line, object, "name", &service->name) &&
	       json_copy_text(line, object, "type", &service->type) &&
	       json_get_addresses(line, object, "cluster_ips", &service->cluster_ips) &&
	       json_get_addresses(line, object, "lb_ips", &service->lb_ips) &&
	       json_get_labels(line, object, "selector", &service->selector) &&
	       json_get_labels(line, object, "labels", &service->labels) &&
	       read_service_ports(line, object, service) && read_endpoints(line, object, service) &&
	       json_get_bool(line, object, "deleted", &service->deleted);
}

static bool read_namespace(struct json_line *line, const json_t *object,
			   struct namespace_record *namespace_record)
{
	return json_need_copy(line, object, "name", &namespace_record->name) &&
	       json_get_labels(line, object, "labels", &namespace_record->labels) &&
	       json_get_bool(line, object, "deleted", &namespace_record->deleted);
}

static bool read_node(struct json_line *line, const json_t *object, struct node_record *node)
{
	return json_need_copy(line, object, "name", &node->name) &&
	       json_get_addresses(line, object, "ips", &node->ips) &&
	       json_get_strings(line, object, "pod_cidrs", &node->pod_cidrs) &&
	       json_get_bool(line, object, "deleted", &node->deleted);
}

static bool read_dns(struct json_line *line, const json_t *object, struct dns_record *dns)
{
	return json_copy_text(line, object, "node", &dns->node) &&
	       json_copy_text(line, object, "namespace", &dns->namespace_name) &&
	       json_copy_text(line, object, "pod", &dns->pod) &&
	       json_copy_text(line, object, "container_id", &dns->container_id) &&
	       json_get_u32(line, object, "netns", &dns->netns) &&
	       json_need_copy(line, object, "name", &dns->name) &&
	       json_get_addresses(line, object, "addresses", &dns->addresses) &&
	       json_get_u32(line, object, "ttl_s", &dns->ttl_s) &&
	       json_copy_text(line, object, "rcode", &dns->rcode);
}

static bool read_lost(struct json_line *line, const json_t *object, struct lost_record *lost)
{
	const char *text = NULL;
	bool known = false;

	if (!json_need_text(line, object, "where", &text) ||
	    !json_get_number(line, object, "count", INT64_MAX, &lost->count, &known))
		return false;
	if (!known)
		return json_fail(line, "count", "missing");
	for (int where = LOST_KERNEL; where <= LOST_STREAM; where++) {
		if (strcmp(text, lost_where_name((enum lost_where)where)) == 0)
			lost->where = (uint8_t)where;
	}
	if (lost->where == 0)
		return json_fail(line, "where",
				 "kernel, queue, memory or stream was expected, not '%.60s'", text);
	return true;
}

/* Gives the record an empty body of its kind's size. */
static bool make_body(struct json_line *line, size_t size, void *body)
{
	void *room = calloc(1, size);

	memcpy(body, &room, sizeof(room));
	return room ? true : json_fail_memory(line);
}

bool record_json_read_identity(struct json_line *line, const json_t *object, struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_HELLO:
		return make_body(line, sizeof(*record->hello), &record->hello) &&
		       read_hello(line, object, record->hello);
	case RECORD_CONTAINER:
		return make_body(line, sizeof(*record->container), &record->container) &&
		       read_container(line, object, record->container);
	case RECORD_POD:
		return make_body(line, sizeof(*record->pod), &record->pod) &&
		       read_pod(line, object, record->pod);
	case RECORD_SERVICE:
		return make_body(line, sizeof(*record->service), &record->service) &&
		       read_service(line, object, record->service);
	case RECORD_NAMESPACE:
		return make_body(line, sizeof(*record->namespace_record),
				 &record->namespace_record) &&
		       read_namespace(line, object, record->namespace_record);
	case RECORD_NODE:
		return make_body(line, sizeof(*record->node), &record->node) &&
		       read_node(line, object, record->node);
	case RECORD_DNS:
		return make_body(line, sizeof(*record->dns), &record->dns) &&
		       read_dns(line, object, record->dns);
	case RECORD_LOST:
		return read_lost(line, object, &record->lost);
	case RECORD_NONE:
	case RECORD_FLOW:
		break;
	}
	return json_fail(line, "kind", "not an identity");
}
