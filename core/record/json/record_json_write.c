/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/record_json_write.h"

#include <errno.h>

#include "core/record/json/record_json_text.h"

/*
 * A line in the making. The first error stays, and what comes after it writes nothing. A comma goes
 * before whatever does not open its object or list, which the last byte tells.
 */
struct line {
	struct record_json_buffer *buffer;
	int error;
};

static void append(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (!line->error)
		line->error = json_reserve(line->buffer, length);
	if (line->error)
		return;
	memcpy(line->buffer->data + line->buffer->length, text, length);
	line->buffer->length += length;
}

static void append_string(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (!line->error)
		line->error = length < SIZE_MAX / 8
				      ? json_reserve(line->buffer, JSON_STRING_ROOM(length))
				      : -ENOMEM;
	if (line->error)
		return;
	char *end = json_put_string(line->buffer->data + line->buffer->length, text, length);
	line->buffer->length = (size_t)(end - line->buffer->data);
}

static void append_u64(struct line *line, uint64_t value)
{
	if (!line->error)
		line->error = json_reserve(line->buffer, JSON_NUMBER_ROOM);
	if (line->error)
		return;
	char *end = json_put_u64(line->buffer->data + line->buffer->length, value);
	line->buffer->length = (size_t)(end - line->buffer->data);
}

static void next(struct line *line)
{
	char last = line->buffer->length > 0 ? line->buffer->data[line->buffer->length - 1] : '{';

	if (last != '{' && last != '[')
		append(line, ",");
}

/* Keys are literals that need no escape. */
static void append_key(struct line *line, const char *key)
{
	next(line);
	append(line, "\"");
	append(line, key);
	append(line, "\":");
}

static void append_text(struct line *line, const char *key, const char *value)
{
	if (!value || *value == '\0')
		return;
	append_key(line, key);
	append_string(line, value);
}

/* 0 is unknown. */
static void append_number(struct line *line, const char *key, uint64_t value)
{
	if (value == 0 || value > INT64_MAX)
		return;
	append_key(line, key);
	append_u64(line, value);
}

static void append_true(struct line *line, const char *key, bool value)
{
	if (!value)
		return;
	append_key(line, key);
	append(line, "true");
}

static void append_labels(struct line *line, const char *key, const struct labels *labels)
{
	if (labels->count == 0)
		return;
	append_key(line, key);
	append(line, "{");
	for (size_t i = 0; i < labels->count; i++) {
		next(line);
		append_string(line, labels->items[i].key);
		append(line, ":");
		append_string(line, labels->items[i].value);
	}
	append(line, "}");
}

static void append_strings(struct line *line, const char *key, const struct string_list *list)
{
	if (list->count == 0)
		return;
	append_key(line, key);
	append(line, "[");
	for (size_t i = 0; i < list->count; i++) {
		next(line);
		append_string(line, list->items[i]);
	}
	append(line, "]");
}

/* A time, where it is known. */
static void append_time(struct line *line, const char *key, uint64_t unix_ns)
{
	if (unix_ns == 0)
		return;
	append_key(line, key);
	if (!line->error)
		line->error = json_reserve(line->buffer, JSON_TIME_ROOM);
	if (!line->error) {
		char *at = line->buffer->data + line->buffer->length;
		at = json_put_time(line->buffer, at, unix_ns);
		line->buffer->length = (size_t)(at - line->buffer->data);
	}
}

static void append_hello(struct line *line, const struct hello_record *hello)
{
	append_text(line, "node", hello->node);
	append_text(line, "kernel", hello->kernel);
	append_text(line, "polecat", hello->polecat);
	append_time(line, "started", hello->started_ns);
	append_strings(line, "hooks", &hello->hooks);
}

static void append_container(struct line *line, const struct container_record *container)
{
	append_text(line, "id", container->id);
	append_text(line, "name", container->name);
	append_text(line, "runtime", container->runtime);
	append_number(line, "cgroup_id", container->cgroup_id);
	append_number(line, "netns", container->netns);
	append_number(line, "pid", container->pid);
	append_text(line, "namespace", container->namespace_name);
	append_text(line, "pod", container->pod);
	append_text(line, "pod_uid", container->pod_uid);
	append_labels(line, "labels", &container->labels);
}

static void append_pod(struct line *line, const struct pod_record *pod)
{
	append_text(line, "namespace", pod->namespace_name);
	append_text(line, "name", pod->name);
	append_text(line, "uid", pod->uid);
	append_text(line, "node", pod->node);
	append_strings(line, "ips", &pod->ips);
	append_labels(line, "labels", &pod->labels);
	append_true(line, "host_network", pod->host_network);
	if (pod->port_count > 0) {
		append_key(line, "ports");
		append(line, "[");
		for (size_t i = 0; i < pod->port_count; i++) {
			next(line);
			append(line, "{");
			append_text(line, "name", pod->ports[i].name);
			append_number(line, "port", pod->ports[i].port);
			append_text(line, "protocol", pod->ports[i].protocol);
			append(line, "}");
		}
		append(line, "]");
	}
	if (pod->owner_kind || pod->owner_name) {
		append_key(line, "owner");
		append(line, "{");
		append_text(line, "kind", pod->owner_kind);
		append_text(line, "name", pod->owner_name);
		append(line, "}");
	}
	append_text(line, "phase", pod->phase);
	append_time(line, "started", pod->started_ns);
	append_true(line, "deleted", pod->deleted);
}

/* The number of a port as JSON readers and Kubernetes write it: 1 to 65535, no leading zero. */
static bool is_port_number(const char *text)
{
	unsigned int value = 0;
	size_t length = strlen(text);

	if (length == 0 || length > 5 || *text == '0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned int)(*text - '0');
	}
	return value <= UINT16_MAX;
}

static void append_service_port(struct line *line, const struct service_port *port)
{
	append(line, "{");
	append_text(line, "name", port->name);
	append_text(line, "protocol", port->protocol);
	append_number(line, "port", port->port);
	if (port->target_port && is_port_number(port->target_port)) {
		append_key(line, "target_port");
		append(line, port->target_port);
	} else {
		append_text(line, "target_port", port->target_port);
	}
	append_number(line, "node_port", port->node_port);
	append(line, "}");
}

static void append_service(struct line *line, const struct service_record *service)
{
	append_text(line, "namespace", service->namespace_name);
	append_text(line, "name", service->name);
	append_text(line, "type", service->type);
	append_strings(line, "cluster_ips", &service->cluster_ips);
	append_strings(line, "lb_ips", &service->lb_ips);
	append_labels(line, "selector", &service->selector);
	append_labels(line, "labels", &service->labels);
	if (service->port_count > 0) {
		append_key(line, "ports");
		append(line, "[");
		for (size_t i = 0; i < service->port_count; i++) {
			next(line);
			append_service_port(line, &service->ports[i]);
		}
		append(line, "]");
	}
	if (service->endpoint_count > 0) {
		append_key(line, "endpoints");
		append(line, "[");
		for (size_t i = 0; i < service->endpoint_count; i++) {
			const struct service_endpoint *endpoint = &service->endpoints[i];
			next(line);
			append(line, "{");
			append_text(line, "ip", endpoint->ip);
			append_number(line, "port", endpoint->port);
			append_text(line, "protocol", endpoint->protocol);
			append_text(line, "name", endpoint->name);
			append(line, "}");
		}
		append(line, "]");
	}
	append_true(line, "deleted", service->deleted);
}

static void append_namespace(struct line *line, const struct namespace_record *namespace_record)
{
	append_text(line, "name", namespace_record->name);
	append_labels(line, "labels", &namespace_record->labels);
	append_true(line, "deleted", namespace_record->deleted);
}

static void append_node(struct line *line, const struct node_record *node)
{
	append_text(line, "name", node->name);
	append_strings(line, "ips", &node->ips);
	append_strings(line, "pod_cidrs", &node->pod_cidrs);
	append_true(line, "deleted", node->deleted);
}

static void append_dns(struct line *line, const struct dns_record *dns)
{
	append_text(line, "node", dns->node);
	append_text(line, "namespace", dns->namespace_name);
	append_text(line, "pod", dns->pod);
	append_text(line, "container_id", dns->container_id);
	append_number(line, "netns", dns->netns);
	append_text(line, "name", dns->name);
	append_strings(line, "addresses", &dns->addresses);
	append_number(line, "ttl_s", dns->ttl_s);
	append_text(line, "rcode", dns->rcode);
}

static void append_lost(struct line *line, const struct lost_record *lost)
{
	const char *where = lost_where_name(lost->where);

	if (!where) {
		line->error = -EINVAL;
		return;
	}
	append_text(line, "where", where);
	append_key(line, "count");
	append_u64(line, lost->count <= INT64_MAX ? lost->count : INT64_MAX);
}

static void append_body(struct line *line, const struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_HELLO:
		append_hello(line, record->hello);
		break;
	case RECORD_CONTAINER:
		append_container(line, record->container);
		break;
	case RECORD_POD:
		append_pod(line, record->pod);
		break;
	case RECORD_SERVICE:
		append_service(line, record->service);
		break;
	case RECORD_NAMESPACE:
		append_namespace(line, record->namespace_record);
		break;
	case RECORD_NODE:
		append_node(line, record->node);
		break;
	case RECORD_DNS:
		append_dns(line, record->dns);
		break;
	case RECORD_LOST:
		append_lost(line, &record->lost);
		break;
	case RECORD_NONE:
	case RECORD_FLOW:
		line->error = -EINVAL;
		break;
	}
}

int record_json_write(struct record_json_buffer *buffer, const struct record *record,
		      const struct record_json_names *names)
{
	const char *kind = record_kind_name(record->kind);
	struct line line = {.buffer = buffer};
	size_t length_before = buffer->length;

	if (!kind)
		return -EINVAL;
	if (record->kind == RECORD_FLOW)
		return record_json_write_flow(buffer, &record->flow, names);
	append(&line, "{\"v\":1,\"kind\":\"");
	append(&line, kind);
	append(&line, "\"");
	if (!line.error)
		append_body(&line, record);
	append(&line, "}\n");
	if (line.error)
		buffer->length = length_before;
	if (buffer->data)
		buffer->data[buffer->length] = '\0';
	return line.error;
}
