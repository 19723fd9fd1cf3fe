/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a flow, see record_fields.h. They are in a header so that the compiler sees
 * constants in the JSON writer and unrolls its loop, which makes the writing of a flow a third
 * faster. All other code calls record_fields().
 */
#ifndef POLECAT_CORE_RECORD_FLOW_FIELDS_H
#define POLECAT_CORE_RECORD_FLOW_FIELDS_H

#include "core/record/flow.h"
#include "core/record/record_field.h"

/* FLOW_FIELD makes the row of a member of struct flow that has a presence bit. FLOW_NAME makes the
 * row of a text, which is a member of struct flow_names. */
#define FLOW_FIELD(type, key, member, bit, ...) \
	RECORD_FIELD(flow, type, key, member, .has = FLOW_HAS_##bit, __VA_ARGS__)
#define FLOW_NAME(key, member) RECORD_FIELD(flow_names, NAME, key, member)
/* Names the member of struct flow_names that stores a text if the field's own member of struct flow
 * cannot store it. An example is the name of an unknown protocol. */
#define TEXT_IN_NAMES(member) .other_offset = offsetof(struct flow_names, member)

static const struct record_field flow_peer_name_rows[] = {
	RECORD_FIELD(flow, ENUM, "kind", peer_kind, .words = &flow_peer_kind_words),
	FLOW_NAME("namespace", peer_namespace),
	FLOW_NAME("name", peer_name),
};
static const struct record_fields flow_peer_names = RECORD_FIELDS(flow, flow_peer_name_rows);

static const struct record_field flow_origin_rows[] = {
	FLOW_FIELD(IP, "ip", nat_address, ORIGIN),
	FLOW_FIELD(PORT, "port", nat_port, ORIGIN_PORT),
};
static const struct record_fields flow_origin = RECORD_FIELDS(flow, flow_origin_rows);

static const struct record_field flow_backend_rows[] = {
	FLOW_FIELD(IP, "ip", nat_address, BACKEND),
	FLOW_FIELD(PORT, "port", nat_port, BACKEND_PORT),
	FLOW_NAME("namespace", backend_namespace),
	FLOW_NAME("name", backend_name),
};
static const struct record_fields flow_backend = RECORD_FIELDS(flow, flow_backend_rows);

static const struct record_field flow_rows[] = {
	RECORD_FIELD(flow, ENUM, "event", event, .words = &flow_event_words, .required = true),
	RECORD_FIELD(flow, TIME, "ts", ts_ns, .required = true),
	FLOW_FIELD(ID, "id", id, ID, TEXT_IN_NAMES(id)),
	FLOW_FIELD(ID, "subflow_of", count, SUBFLOW_OF, TEXT_IN_NAMES(count)),
	RECORD_FIELD(flow, NUMBER, "subflows", subflows),
	FLOW_NAME("node", node),
	RECORD_FIELD(flow, ENUM, "direction", direction, .words = &flow_direction_words,
		     .required = true),
	RECORD_FIELD(flow, PROTOCOL, "protocol", protocol, .words = &flow_protocol_words,
		     TEXT_IN_NAMES(protocol)),
	RECORD_FIELD(flow, FAMILY, "family", family),
	FLOW_FIELD(IP, "src", src, SRC),
	FLOW_FIELD(PORT, "sport", sport, SPORT),
	FLOW_FIELD(IP, "dst", dst, DST),
	FLOW_FIELD(PORT, "dport", dport, DPORT),
	FLOW_FIELD(PORT, "wire_dport", wire_dport, WIRE_DPORT),
	RECORD_FIELD(flow, ENUM, "state", state, .words = &flow_tcp_state_words),
	RECORD_FIELD(flow, ERROR, "error", error, TEXT_IN_NAMES(error)),
	RECORD_FIELD(flow, ENUM, "end", end, .words = &flow_end_words),
	RECORD_FIELD(flow, ENUM, "fin_by", fin_by, .words = &flow_fin_by_words),
	FLOW_NAME("drop", drop),
	FLOW_FIELD(NUMBER, "drops", drops, DROPS),
	RECORD_FIELD(flow, ENUM, "drop_place", drop_place, .words = &flow_drop_place_words),
	FLOW_FIELD(NUMBER, "drop_netns", drop_netns, DROP_NETNS),
	FLOW_FIELD(NUMBER, "drop_ifindex", drop_ifindex, DROP_IFINDEX),
	FLOW_NAME("drop_device", drop_device),
	FLOW_FIELD(NUMBER, "latency_us", latency_us, LATENCY),
	FLOW_FIELD(NUMBER, "tx_bytes", tx_bytes, TX),
	FLOW_FIELD(NUMBER, "rx_bytes", rx_bytes, RX),
	FLOW_FIELD(NUMBER, "duration_ms", duration_ms, DURATION),
	FLOW_FIELD(NUMBER, "interval_ms", interval_ms, INTERVAL),
	FLOW_FIELD(NUMBER, "rtt_us", rtt_us, RTT),
	FLOW_FIELD(NUMBER, "retrans", retrans, RETRANS),
	FLOW_FIELD(NUMBER, "count", count, COUNT),
	FLOW_FIELD(NUMBER, "pid", pid, PID),
	FLOW_FIELD(NUMBER, "uid", uid, UID),
	RECORD_FIELD(flow, COMM, "comm", comm),
	RECORD_FIELD(flow, ENUM, "owner", owner, .words = &flow_owner_words),
	FLOW_NAME("exe", exe),
	FLOW_NAME("cmdline", cmdline),
	FLOW_FIELD(NUMBER, "cgroup_id", cgroup_id, CGROUP),
	RECORD_FIELD(flow, BOOL, "unresolved", unresolved),
	RECORD_FIELD(flow, BOOL, "unaccounted", unaccounted),
	FLOW_FIELD(NUMBER, "netns", netns, NETNS),
	FLOW_NAME("container_id", container_id),
	FLOW_NAME("namespace", namespace_name),
	FLOW_NAME("pod", pod),
	FLOW_NAME("container", container),
	RECORD_OBJECT("origin", flow_origin),
	RECORD_OBJECT("backend", flow_backend),
	RECORD_OBJECT("peer", flow_peer_names),
	FLOW_NAME("dns", dns),
};

#endif
