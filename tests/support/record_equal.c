/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/support/random_record.h"

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool strings_equal(const struct string_list *a, const struct string_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!text_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

static bool labels_equal(const struct labels *a, const struct labels *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!text_equal(a->items[i].key, b->items[i].key) ||
		    !text_equal(a->items[i].value, b->items[i].value))
			return false;
	}
	return true;
}

static bool names_equal(const struct flow_names *a, const struct flow_names *b)
{
	if (!a || !b)
		return a == b;
	return text_equal(a->node, b->node) && text_equal(a->namespace_name, b->namespace_name) &&
	       text_equal(a->pod, b->pod) && text_equal(a->container, b->container) &&
	       text_equal(a->container_id, b->container_id) && text_equal(a->dns, b->dns) &&
	       text_equal(a->peer_namespace, b->peer_namespace) &&
	       text_equal(a->peer_name, b->peer_name) && text_equal(a->protocol, b->protocol) &&
	       text_equal(a->id, b->id) && text_equal(a->error, b->error);
}

static bool flow_equal(const struct flow *a, const struct flow *b)
{
	return a->ts_ns == b->ts_ns && a->id == b->id && a->cgroup_id == b->cgroup_id &&
	       a->latency_us == b->latency_us && a->tx_bytes == b->tx_bytes &&
	       a->rx_bytes == b->rx_bytes && a->duration_ms == b->duration_ms &&
	       a->count == b->count && a->has == b->has && a->pid == b->pid && a->uid == b->uid &&
	       a->netns == b->netns && a->rtt_us == b->rtt_us && a->retrans == b->retrans &&
	       a->sport == b->sport && a->dport == b->dport && a->error == b->error &&
	       a->event == b->event && a->direction == b->direction && a->protocol == b->protocol &&
	       a->family == b->family && a->state == b->state && a->peer_kind == b->peer_kind &&
	       memcmp(&a->src, &b->src, sizeof(a->src)) == 0 &&
	       memcmp(&a->dst, &b->dst, sizeof(a->dst)) == 0 && text_equal(a->comm, b->comm) &&
	       names_equal(a->names, b->names);
}

static bool hello_equal(const struct hello_record *a, const struct hello_record *b)
{
	return text_equal(a->node, b->node) && text_equal(a->kernel, b->kernel) &&
	       text_equal(a->polecat, b->polecat) && a->started_ns == b->started_ns &&
	       strings_equal(&a->hooks, &b->hooks);
}

static bool container_equal(const struct container_record *a, const struct container_record *b)
{
	return text_equal(a->id, b->id) && text_equal(a->name, b->name) &&
	       text_equal(a->runtime, b->runtime) &&
	       text_equal(a->namespace_name, b->namespace_name) && text_equal(a->pod, b->pod) &&
	       text_equal(a->pod_uid, b->pod_uid) && a->cgroup_id == b->cgroup_id &&
	       a->netns == b->netns && a->pid == b->pid && labels_equal(&a->labels, &b->labels);
}

static bool pod_equal(const struct pod_record *a, const struct pod_record *b)
{
	if (a->port_count != b->port_count)
		return false;
	for (size_t i = 0; i < a->port_count; i++) {
		if (!text_equal(a->ports[i].name, b->ports[i].name) ||
		    !text_equal(a->ports[i].protocol, b->ports[i].protocol) ||
		    a->ports[i].port != b->ports[i].port)
			return false;
	}
	return text_equal(a->namespace_name, b->namespace_name) && text_equal(a->name, b->name) &&
	       text_equal(a->uid, b->uid) && text_equal(a->node, b->node) &&
	       strings_equal(&a->ips, &b->ips) && labels_equal(&a->labels, &b->labels) &&
	       text_equal(a->owner_kind, b->owner_kind) &&
	       text_equal(a->owner_name, b->owner_name) && text_equal(a->phase, b->phase) &&
	       a->started_ns == b->started_ns && a->host_network == b->host_network &&
	       a->deleted == b->deleted;
}

static bool service_ports_equal(const struct service_record *a, const struct service_record *b)
{
	if (a->port_count != b->port_count || a->endpoint_count != b->endpoint_count)
		return false;
	for (size_t i = 0; i < a->port_count; i++) {
		const struct service_port *x = &a->ports[i];
		const struct service_port *y = &b->ports[i];
		if (!text_equal(x->name, y->name) || !text_equal(x->protocol, y->protocol) ||
		    !text_equal(x->target_port, y->target_port) || x->port != y->port ||
		    x->node_port != y->node_port)
			return false;
	}
	for (size_t i = 0; i < a->endpoint_count; i++) {
		const struct service_endpoint *x = &a->endpoints[i];
		const struct service_endpoint *y = &b->endpoints[i];
		if (!text_equal(x->ip, y->ip) || !text_equal(x->protocol, y->protocol) ||
		    !text_equal(x->name, y->name) || x->port != y->port)
			return false;
	}
	return true;
}

static bool service_equal(const struct service_record *a, const struct service_record *b)
{
	return text_equal(a->namespace_name, b->namespace_name) && text_equal(a->name, b->name) &&
	       text_equal(a->type, b->type) && strings_equal(&a->cluster_ips, &b->cluster_ips) &&
	       strings_equal(&a->lb_ips, &b->lb_ips) && labels_equal(&a->selector, &b->selector) &&
	       labels_equal(&a->labels, &b->labels) && service_ports_equal(a, b) &&
	       a->deleted == b->deleted;
}

static bool dns_equal(const struct dns_record *a, const struct dns_record *b)
{
	return text_equal(a->node, b->node) && text_equal(a->namespace_name, b->namespace_name) &&
	       text_equal(a->pod, b->pod) && text_equal(a->container_id, b->container_id) &&
	       text_equal(a->name, b->name) && text_equal(a->rcode, b->rcode) &&
	       strings_equal(&a->addresses, &b->addresses) && a->netns == b->netns &&
	       a->ttl_s == b->ttl_s;
}

bool record_equal(const struct record *a, const struct record *b)
{
	if (a->kind != b->kind)
		return false;
	switch ((enum record_kind)a->kind) {
	case RECORD_NONE:
		break;
	case RECORD_HELLO:
		return hello_equal(a->hello, b->hello);
	case RECORD_FLOW:
		return flow_equal(&a->flow, &b->flow);
	case RECORD_CONTAINER:
		return container_equal(a->container, b->container);
	case RECORD_POD:
		return pod_equal(a->pod, b->pod);
	case RECORD_SERVICE:
		return service_equal(a->service, b->service);
	case RECORD_NAMESPACE:
		return text_equal(a->namespace_record->name, b->namespace_record->name) &&
		       labels_equal(&a->namespace_record->labels, &b->namespace_record->labels) &&
		       a->namespace_record->deleted == b->namespace_record->deleted;
	case RECORD_NODE:
		return text_equal(a->node->name, b->node->name) &&
		       strings_equal(&a->node->ips, &b->node->ips) &&
		       strings_equal(&a->node->pod_cidrs, &b->node->pod_cidrs) &&
		       a->node->deleted == b->node->deleted;
	case RECORD_DNS:
		return dns_equal(a->dns, b->dns);
	case RECORD_LOST:
		return a->lost.where == b->lost.where && a->lost.count == b->lost.count;
	}
	return true;
}
