/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record_fields.h"

#include "core/record/flow_fields.h"

static const struct record_field hello_rows[] = {
	RECORD_FIELD(hello_record, TEXT, "node", node),
	RECORD_FIELD(hello_record, TEXT, "kernel", kernel),
	RECORD_FIELD(hello_record, TEXT, "polecat", polecat),
	RECORD_FIELD(hello_record, TIME, "started", started_ns),
	RECORD_FIELD(hello_record, TEXTS, "hooks", hooks),
};

static const struct record_field container_rows[] = {
	RECORD_FIELD(container_record, TEXT, "id", id, .required = true),
	RECORD_FIELD(container_record, TEXT, "name", name),
	RECORD_FIELD(container_record, TEXT, "runtime", runtime),
	RECORD_FIELD(container_record, TEXT, "node", node),
	RECORD_FIELD(container_record, NUMBER, "cgroup_id", cgroup_id),
	RECORD_FIELD(container_record, NUMBER, "netns", netns),
	RECORD_FIELD(container_record, NUMBER, "pid", pid),
	RECORD_FIELD(container_record, TEXT, "namespace", namespace_name),
	RECORD_FIELD(container_record, TEXT, "pod", pod),
	RECORD_FIELD(container_record, TEXT, "pod_uid", pod_uid),
	RECORD_FIELD(container_record, TEXT, "outer_id", outer_id),
	RECORD_FIELD(container_record, LABELS, "labels", labels),
};

static const struct record_field pod_port_rows[] = {
	RECORD_FIELD(pod_port, TEXT, "name", name),
	RECORD_FIELD(pod_port, PORT, "port", port),
	RECORD_FIELD(pod_port, TEXT, "protocol", protocol),
	RECORD_FIELD(pod_port, PORT, "host_port", host_port),
	RECORD_FIELD(pod_port, TEXT, "host_ip", host_ip),
};
static const struct record_fields pod_port = RECORD_FIELDS(pod_port, pod_port_rows);

static const struct record_field pod_container_rows[] = {
	RECORD_FIELD(pod_container, TEXT, "name", name),
	RECORD_FIELD(pod_container, TEXT, "id", id),
};
static const struct record_fields pod_container = RECORD_FIELDS(pod_container, pod_container_rows);

static const struct record_field pod_owner_rows[] = {
	RECORD_FIELD(pod_record, TEXT, "kind", owner_kind),
	RECORD_FIELD(pod_record, TEXT, "name", owner_name),
};
static const struct record_fields pod_owner = RECORD_FIELDS(pod_record, pod_owner_rows);

static const struct record_field pod_rows[] = {
	RECORD_FIELD(pod_record, TEXT, "namespace", namespace_name, .required = true),
	RECORD_FIELD(pod_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(pod_record, TEXT, "uid", uid),
	RECORD_FIELD(pod_record, TEXT, "node", node),
	RECORD_FIELD(pod_record, ADDRESSES, "ips", ips),
	RECORD_FIELD(pod_record, LABELS, "labels", labels),
	RECORD_FIELD(pod_record, BOOL, "host_network", host_network),
	RECORD_FIELD(pod_record, LIST, "ports", ports, .fields = &pod_port,
		     .other_offset = offsetof(struct pod_record, port_count)),
	RECORD_FIELD(pod_record, LIST, "containers", containers, .fields = &pod_container,
		     .other_offset = offsetof(struct pod_record, container_count)),
	RECORD_OBJECT("owner", pod_owner),
	RECORD_FIELD(pod_record, TEXT, "phase", phase),
	RECORD_FIELD(pod_record, TIME, "started", started_ns),
	RECORD_FIELD(pod_record, BOOL, "deleted", deleted),
};

static const struct record_field service_port_rows[] = {
	RECORD_FIELD(service_port, TEXT, "name", name),
	RECORD_FIELD(service_port, TEXT, "protocol", protocol),
	RECORD_FIELD(service_port, PORT, "port", port),
	RECORD_FIELD(service_port, PORT_TEXT, "target_port", target_port),
	RECORD_FIELD(service_port, PORT, "node_port", node_port),
};
static const struct record_fields service_port = RECORD_FIELDS(service_port, service_port_rows);

static const struct record_field service_endpoint_rows[] = {
	RECORD_FIELD(service_endpoint, ADDRESS, "ip", ip),
	RECORD_FIELD(service_endpoint, PORT, "port", port),
	RECORD_FIELD(service_endpoint, TEXT, "protocol", protocol),
	RECORD_FIELD(service_endpoint, TEXT, "name", name),
};
static const struct record_fields service_endpoint =
	RECORD_FIELDS(service_endpoint, service_endpoint_rows);

static const struct record_field service_rows[] = {
	RECORD_FIELD(service_record, TEXT, "namespace", namespace_name, .required = true),
	RECORD_FIELD(service_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(service_record, TEXT, "type", type),
	RECORD_FIELD(service_record, ADDRESSES, "cluster_ips", cluster_ips),
	RECORD_FIELD(service_record, ADDRESSES, "lb_ips", lb_ips),
	RECORD_FIELD(service_record, ADDRESSES, "proxy_ips", proxy_ips),
	RECORD_FIELD(service_record, LABELS, "selector", selector),
	RECORD_FIELD(service_record, LABELS, "labels", labels),
	RECORD_FIELD(service_record, LIST, "ports", ports, .fields = &service_port,
		     .other_offset = offsetof(struct service_record, port_count)),
	RECORD_FIELD(service_record, LIST, "endpoints", endpoints, .fields = &service_endpoint,
		     .other_offset = offsetof(struct service_record, endpoint_count)),
	RECORD_FIELD(service_record, BOOL, "deleted", deleted),
};

static const struct record_field namespace_rows[] = {
	RECORD_FIELD(namespace_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(namespace_record, LABELS, "labels", labels),
	RECORD_FIELD(namespace_record, BOOL, "deleted", deleted),
};

static const struct record_field node_rows[] = {
	RECORD_FIELD(node_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(node_record, ADDRESSES, "ips", ips),
	RECORD_FIELD(node_record, TEXTS, "pod_cidrs", pod_cidrs),
	RECORD_FIELD(node_record, BOOL, "deleted", deleted),
};

static const struct record_field service_range_rows[] = {
	RECORD_FIELD(service_range_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(service_range_record, TEXT, "source", source),
	RECORD_FIELD(service_range_record, TEXTS, "cidrs", cidrs),
	RECORD_FIELD(service_range_record, BOOL, "deleted", deleted),
};

static const struct record_field workload_owner_rows[] = {
	RECORD_FIELD(workload_record, TEXT, "kind", owner_kind),
	RECORD_FIELD(workload_record, TEXT, "name", owner_name),
};
static const struct record_fields workload_owner =
	RECORD_FIELDS(workload_record, workload_owner_rows);

static const struct record_field workload_rows[] = {
	RECORD_FIELD(workload_record, TEXT, "namespace", namespace_name, .required = true),
	RECORD_FIELD(workload_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(workload_record, TEXT, "type", type, .required = true),
	RECORD_OBJECT("owner", workload_owner),
	RECORD_FIELD(workload_record, LABELS, "selector", selector),
	RECORD_FIELD(workload_record, TEXTS, "expressions", expressions),
	RECORD_FIELD(workload_record, BOOL, "deleted", deleted),
};

static const struct record_field dns_rows[] = {
	RECORD_FIELD(dns_record, TIME, "ts", ts_ns),
	RECORD_FIELD(dns_record, TEXT, "node", node),
	RECORD_FIELD(dns_record, TEXT, "namespace", namespace_name),
	RECORD_FIELD(dns_record, TEXT, "pod", pod),
	RECORD_FIELD(dns_record, TEXT, "container_id", container_id),
	RECORD_FIELD(dns_record, NUMBER, "cgroup_id", cgroup_id),
	RECORD_FIELD(dns_record, NUMBER, "netns", netns),
	RECORD_FIELD(dns_record, NUMBER, "pid", pid),
	RECORD_FIELD(dns_record, TEXT, "comm", comm),
	RECORD_FIELD(dns_record, ADDRESS, "server", server),
	RECORD_FIELD(dns_record, TEXT, "name", name, .required = true),
	RECORD_FIELD(dns_record, TEXT, "type", type),
	RECORD_FIELD(dns_record, TEXTS, "aliases", aliases),
	RECORD_FIELD(dns_record, ADDRESSES, "addresses", addresses),
	RECORD_FIELD(dns_record, NUMBER, "ttl_s", ttl_s),
	RECORD_FIELD(dns_record, TEXT, "rcode", rcode),
	RECORD_FIELD(dns_record, NUMBER, "latency_us", latency_us),
	RECORD_FIELD(dns_record, BOOL, "truncated", truncated),
	RECORD_FIELD(dns_record, BOOL, "incomplete", incomplete),
	RECORD_FIELD(dns_record, BOOL, "malformed", malformed),
	RECORD_FIELD(dns_record, BOOL, "unanswered", unanswered),
	RECORD_FIELD(dns_record, BOOL, "tcp", tcp),
	RECORD_FIELD(dns_record, BOOL, "fallback", fallback),
	RECORD_FIELD(dns_record, NUMBER, "strays", strays),
};

/* The rows of struct flow are also valid for an edge, which begins with one. */
_Static_assert(offsetof(struct edge_record, flow) == 0, "an edge begins with its flow");

/* Without the client's port, which differs from connection to connection. */
static const struct record_field edge_origin_rows[] = {
	FLOW_FIELD(IP, "ip", nat_address, ORIGIN),
};
static const struct record_fields edge_origin = RECORD_FIELDS(edge_record, edge_origin_rows);

static const struct record_field edge_latency_rows[] = {
	RECORD_FIELD(edge_record, NUMBER, "p50", latency_p50_us),
	RECORD_FIELD(edge_record, NUMBER, "p95", latency_p95_us),
	RECORD_FIELD(edge_record, NUMBER, "max", latency_max_us),
	RECORD_FIELD(edge_record, NUMBER, "sum", latency_sum_us),
	RECORD_FIELD(edge_record, NUMBER, "count", latency_count),
};
static const struct record_fields edge_latency = RECORD_FIELDS(edge_record, edge_latency_rows);

static const struct record_field edge_withdrawn_rows[] = {
	RECORD_FIELD(edge_record, NUMBER, "connections", withdrawn_connections),
	RECORD_FIELD(edge_record, NUMBER, "succeeded", withdrawn_succeeded),
	RECORD_FIELD(edge_record, NUMBER, "failed", withdrawn_failed),
	RECORD_FIELD(edge_record, NUMBER, "tx_bytes", withdrawn_tx_bytes),
	RECORD_FIELD(edge_record, NUMBER, "rx_bytes", withdrawn_rx_bytes),
	RECORD_FIELD(edge_record, NUMBER, "latency_sum", withdrawn_latency_sum_us),
	RECORD_FIELD(edge_record, NUMBER, "latency_count", withdrawn_latency_count),
	RECORD_FIELD(edge_record, NUMBER, "flows", withdrawn_flows),
};
static const struct record_fields edge_withdrawn = RECORD_FIELDS(edge_record, edge_withdrawn_rows);

static const struct record_field edge_rows[] = {
	RECORD_FIELD(edge_record, TIME, "from", from_ns, .required = true),
	RECORD_FIELD(flow, TIME, "until", ts_ns, .required = true),
	FLOW_NAME("node", node),
	RECORD_FIELD(flow, ENUM, "direction", direction, .words = &flow_direction_words,
		     .required = true),
	RECORD_FIELD(flow, PROTOCOL, "protocol", protocol, .words = &flow_protocol_words,
		     TEXT_IN_NAMES(protocol)),
	RECORD_FIELD(flow, FAMILY, "family", family),
	FLOW_FIELD(IP, "src", src, SRC),
	FLOW_FIELD(IP, "dst", dst, DST),
	FLOW_FIELD(PORT, "dport", dport, DPORT),
	FLOW_FIELD(PORT, "wire_dport", wire_dport, WIRE_DPORT),
	RECORD_FIELD(edge_record, BOOL, "subflow", subflow),
	RECORD_FIELD(edge_record, NUMBER, "connections", connections),
	RECORD_FIELD(edge_record, NUMBER, "attempts", attempts),
	RECORD_FIELD(edge_record, NUMBER, "established", established),
	RECORD_FIELD(edge_record, NUMBER, "succeeded", succeeded),
	RECORD_FIELD(edge_record, COUNTS, "failed", failures),
	RECORD_FIELD(flow, ERROR, "error", error, TEXT_IN_NAMES(error)),
	RECORD_FIELD(edge_record, TIME, "failed_at", failed_ns),
	RECORD_FIELD(edge_record, NUMBER, "closed", closed),
	RECORD_FIELD(edge_record, NUMBER, "open", open),
	RECORD_FIELD(edge_record, NUMBER, "hanging", hanging),
	FLOW_FIELD(NUMBER, "tx_bytes", tx_bytes, TX),
	FLOW_FIELD(NUMBER, "rx_bytes", rx_bytes, RX),
	FLOW_FIELD(NUMBER, "retrans", retrans, RETRANS),
	RECORD_OBJECT("latency_us", edge_latency),
	FLOW_FIELD(NUMBER, "rtt_us", rtt_us, RTT),
	FLOW_FIELD(NUMBER, "count", count, COUNT),
	RECORD_FIELD(edge_record, NUMBER, "flows", flows),
	RECORD_OBJECT("withdrawn", edge_withdrawn),
	FLOW_FIELD(NUMBER, "pid", pid, PID),
	FLOW_FIELD(NUMBER, "uid", uid, UID),
	RECORD_FIELD(flow, COMM, "comm", comm),
	RECORD_FIELD(flow, ENUM, "owner", owner, .words = &flow_owner_words),
	FLOW_FIELD(NUMBER, "cgroup_id", cgroup_id, CGROUP),
	RECORD_FIELD(flow, BOOL, "unresolved", unresolved),
	RECORD_FIELD(flow, BOOL, "unaccounted", unaccounted),
	FLOW_FIELD(NUMBER, "netns", netns, NETNS),
	FLOW_NAME("container_id", container_id),
	FLOW_NAME("namespace", namespace_name),
	FLOW_NAME("pod", pod),
	FLOW_NAME("container", container),
	RECORD_OBJECT("origin", edge_origin),
	RECORD_OBJECT("backend", flow_backend),
	RECORD_OBJECT("peer", flow_peer_names),
	FLOW_NAME("dns", dns),
};

static const struct record_field clock_rows[] = {
	RECORD_FIELD(clock_record, TIME, "ts", ts_ns, .required = true),
	RECORD_FIELD(clock_record, TEXT, "node", node),
	RECORD_FIELD(clock_record, ENUM, "set", set, .words = &clock_set_words, .required = true),
	RECORD_FIELD(clock_record, NUMBER, "step_ns", step_ns, .required = true),
};

static const struct record_field lost_rows[] = {
	RECORD_FIELD(lost_record, ENUM, "where", where, .words = &lost_where_words,
		     .required = true),
	RECORD_FIELD(lost_record, NUMBER, "count", count, .required = true),
	RECORD_FIELD(lost_record, TEXT, "node", node),
	RECORD_FIELD(lost_record, NUMBER, "cgroup_id", cgroup_id),
	RECORD_FIELD(lost_record, BOOL, "unresolved", unresolved),
	RECORD_FIELD(lost_record, TIME, "from", from_ns),
	RECORD_FIELD(lost_record, TIME, "until", until_ns),
};

const struct record_fields *record_fields(enum record_kind kind)
{
	static const struct record_fields tables[] = {
		[RECORD_HELLO] = RECORD_FIELDS(hello_record, hello_rows),
		[RECORD_FLOW] = RECORD_FIELDS(flow, flow_rows),
		[RECORD_CONTAINER] = RECORD_FIELDS(container_record, container_rows),
		[RECORD_POD] = RECORD_FIELDS(pod_record, pod_rows),
		[RECORD_SERVICE] = RECORD_FIELDS(service_record, service_rows),
		[RECORD_NAMESPACE] = RECORD_FIELDS(namespace_record, namespace_rows),
		[RECORD_NODE] = RECORD_FIELDS(node_record, node_rows),
		[RECORD_SERVICE_RANGE] = RECORD_FIELDS(service_range_record, service_range_rows),
		[RECORD_WORKLOAD] = RECORD_FIELDS(workload_record, workload_rows),
		[RECORD_DNS] = RECORD_FIELDS(dns_record, dns_rows),
		[RECORD_EDGE] = RECORD_FIELDS(edge_record, edge_rows),
		[RECORD_CLOCK] = RECORD_FIELDS(clock_record, clock_rows),
		[RECORD_LOST] = RECORD_FIELDS(lost_record, lost_rows),
	};

	if ((size_t)kind >= sizeof(tables) / sizeof(tables[0]) || !tables[kind].rows)
		return NULL;
	return &tables[kind];
}
