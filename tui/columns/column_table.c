/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/column_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/state/conn_words.h"

static size_t put_text(const char *text, char *cell)
{
	return text ? text_escape(text, cell, COLUMN_CELL_SIZE) : 0;
}

static size_t put_number(uint64_t number, char *cell)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	size_t length = sizeof(digits) - at;
	memcpy(cell, digits + at, length);
	cell[length] = '\0';
	return length;
}

static size_t put_known_number(const struct flow *flow, enum flow_field field, uint64_t number,
			       char *cell)
{
	return flow->has & field ? put_number(number, cell) : 0;
}

static size_t put_duration(const struct flow *flow, enum flow_field field, uint64_t ns, char *cell)
{
	if (!(flow->has & field))
		return 0;
	text_short_duration(ns, cell);
	return strlen(cell);
}

static size_t put_bytes(const struct flow *flow, enum flow_field field, uint64_t bytes, char *cell)
{
	if (!(flow->has & field))
		return 0;
	text_short_number(bytes, cell);
	return strlen(cell);
}

static size_t put_address(const struct flow *flow, enum flow_field field,
			  const struct flow_address *address, char *cell)
{
	return flow->has & field ? address_format(flow->family, address, cell) : 0;
}

static size_t get_node(const struct column_row *row, char *cell)
{
	return put_text(row->names.node, cell);
}

static size_t get_namespace(const struct column_row *row, char *cell)
{
	return put_text(row->names.namespace_name, cell);
}

static size_t get_pod(const struct column_row *row, char *cell)
{
	return put_text(row->names.pod, cell);
}

/* Of a container without a name, as many digits of its id as `docker ps` shows. */
static size_t get_container(const struct column_row *row, char *cell)
{
	if (row->names.container)
		return put_text(row->names.container, cell);
	if (!row->names.container_id)
		return 0;
	char id[13];
	snprintf(id, sizeof(id), "%s", row->names.container_id);
	return put_text(id, cell);
}

static size_t get_pid(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_PID, row->conn->flow.pid, cell);
}

static size_t get_comm(const struct column_row *row, char *cell)
{
	return put_text(row->conn->flow.comm, cell);
}

static size_t get_ip(const struct column_row *row, char *cell)
{
	return put_number(row->conn->flow.family, cell);
}

static size_t get_saddr(const struct column_row *row, char *cell)
{
	return put_address(&row->conn->flow, FLOW_HAS_SRC, &row->conn->flow.src, cell);
}

static size_t get_daddr(const struct column_row *row, char *cell)
{
	return put_address(&row->conn->flow, FLOW_HAS_DST, &row->conn->flow.dst, cell);
}

static size_t get_dport(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_DPORT, row->conn->flow.dport, cell);
}

static size_t get_direction(const struct column_row *row, char *cell)
{
	return put_text(flow_direction_name(row->conn->flow.direction), cell);
}

static size_t get_protocol(const struct column_row *row, char *cell)
{
	const char *name = flow_protocol_name(row->conn->flow.protocol);
	return put_text(name ? name : row->conn->edge->protocol_name, cell);
}

static size_t get_state(const struct column_row *row, char *cell)
{
	return put_text(conn_event_word(row->conn), cell);
}

static size_t get_latency(const struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;
	return put_duration(flow, FLOW_HAS_LATENCY, flow->latency_us * 1000, cell);
}

static size_t get_tx(const struct column_row *row, char *cell)
{
	return put_bytes(&row->conn->flow, FLOW_HAS_TX, row->conn->flow.tx_bytes, cell);
}

static size_t get_rx(const struct column_row *row, char *cell)
{
	return put_bytes(&row->conn->flow, FLOW_HAS_RX, row->conn->flow.rx_bytes, cell);
}

static size_t get_sport(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_SPORT, row->conn->flow.sport, cell);
}

static size_t get_uid(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_UID, row->conn->flow.uid, cell);
}

static size_t get_error(const struct column_row *row, char *cell)
{
	const struct flow *flow = row->flow;

	if (flow->names && flow->names->error)
		return put_text(flow->names->error, cell);
	if (flow->error == 0)
		return 0;
	const char *name = flow_error_name(flow->error);
	return name ? put_text(name, cell) : put_number((uint64_t)flow->error, cell);
}

static size_t get_dns(const struct column_row *row, char *cell)
{
	return put_text(row->names.dns, cell);
}

static size_t get_peer(const struct column_row *row, char *cell)
{
	char peer[CONN_VIEW_PEER_SIZE];
	conn_view_peer(&row->names, peer);
	return put_text(peer, cell);
}

static size_t get_duration(const struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;

	if (!(flow->has & FLOW_HAS_DURATION))
		return 0;
	text_short_milliseconds(flow->duration_ms, cell);
	return strlen(cell);
}

static size_t get_rtt(const struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;
	return put_duration(flow, FLOW_HAS_RTT, flow->rtt_us * 1000ull, cell);
}

static size_t get_retrans(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_RETRANS, row->conn->flow.retrans, cell);
}

/* To the millisecond: what a person can compare with a log. */
static size_t get_time(const struct column_row *row, char *cell)
{
	char text[TIMESTAMP_TEXT_SIZE];

	if (row->flow->ts_ns == 0)
		return 0;
	timestamp_format(row->flow->ts_ns, text);
	memcpy(cell, text, 23);
	memcpy(cell + 23, "Z", 2);
	return 24;
}

static size_t get_event(const struct column_row *row, char *cell)
{
	return put_text(flow_event_name(row->flow->event), cell);
}

static size_t get_id(const struct column_row *row, char *cell)
{
	if (row->flow->names && row->flow->names->id)
		return put_text(row->flow->names->id, cell);
	if (!(row->flow->has & FLOW_HAS_ID))
		return 0;
	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%016" PRIx64, row->flow->id);
}

static size_t get_container_id(const struct column_row *row, char *cell)
{
	return put_text(row->names.container_id, cell);
}

static size_t get_cgroup(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_CGROUP, row->conn->flow.cgroup_id, cell);
}

static size_t get_netns(const struct column_row *row, char *cell)
{
	return put_known_number(&row->conn->flow, FLOW_HAS_NETNS, row->conn->flow.netns, cell);
}

static const struct column table[] = {
	{"NODE", NULL, COLUMN_USUAL, 12, 6, 30, false, true, get_node, "where it was seen"},
	{"NAMESPACE", "NS", COLUMN_USUAL, 12, 9, 30, false, true, get_namespace, "of the pod"},
	{"POD", "PODNAME", COLUMN_USUAL, 20, 12, 60, false, true, get_pod,
	 "the pod that opened or accepted it"},
	{"CONTAINER", "CONTAINERNAME", COLUMN_USUAL, 12, 9, 40, false, false, get_container,
	 "its name, or the beginning of its id"},
	{"PID", NULL, COLUMN_USUAL, 7, 0, 0, true, false, get_pid, "the process"},
	{"COMM", NULL, COLUMN_USUAL, 15, 8, 16, false, false, get_comm, "its name"},
	{"IP", "FAMILY", COLUMN_USUAL, 2, 0, 0, true, false, get_ip, "4 or 6"},
	{"SADDR", "SRC", COLUMN_USUAL, 15, 0, 0, false, false, get_saddr,
	 "the address that opened the connection"},
	{"DADDR", "DST", COLUMN_USUAL, 15, 0, 0, false, false, get_daddr,
	 "the address that accepts it"},
	{"DPORT", "PORT", COLUMN_USUAL, 5, 0, 0, true, false, get_dport, "the server's port"},
	{"DIR", "DIRECTION", COLUMN_USUAL, 7, 0, 0, false, false, get_direction,
	 "egress (opened here) or ingress (accepted here)"},
	{"PROTO", "PROTOCOL", COLUMN_USUAL, 5, 0, 0, false, false, get_protocol, "TCP, UDP, SCTP"},
	{"STATE", NULL, COLUMN_USUAL, 11, 0, 0, false, false, get_state,
	 "attempt, established, accepted, closed, open; or why it failed: refused,\n"
	 "               timed out, no route, unreachable, reset, denied, aborted, failed"},
	{"LAT", "LATENCY", COLUMN_USUAL, 6, 0, 0, true, false, get_latency,
	 "from connect() to the answer"},
	{"TX", NULL, COLUMN_USUAL, 4, 0, 0, true, false, get_tx, "bytes sent, powers of 1000"},
	{"RX", NULL, COLUMN_USUAL, 4, 0, 0, true, false, get_rx, "bytes received"},
	{"SPORT", NULL, COLUMN_WIDE, 5, 0, 0, true, false, get_sport,
	 "the port of the side that opened it"},
	{"UID", NULL, COLUMN_WIDE, 5, 0, 0, true, false, get_uid, "the process's user"},
	{"ERR", "ERROR", COLUMN_WIDE, 12, 0, 0, false, false, get_error,
	 "the error as the kernel names it"},
	{"DNS", NULL, COLUMN_WIDE, 16, 8, 60, false, false, get_dns,
	 "the name that the peer's address was looked up by"},
	{"PEER", NULL, COLUMN_WIDE, 20, 10, 60, false, false, get_peer,
	 "the pod, service or node on the other side"},
	{"DURATION", NULL, COLUMN_WIDE, 8, 0, 0, true, false, get_duration,
	 "from established to closed"},
	{"RTT", NULL, COLUMN_WIDE, 6, 0, 0, true, false, get_rtt, "round trip time, smoothed"},
	{"RETRANS", NULL, COLUMN_WIDE, 7, 0, 0, true, false, get_retrans, "segments sent again"},
	{"TIME", "TS", COLUMN_EXTRA, 24, 0, 0, false, false, get_time, "when it happened, UTC"},
	{"EVENT", NULL, COLUMN_EXTRA, 11, 0, 0, false, false, get_event,
	 "the event as JSON names it"},
	{"ID", NULL, COLUMN_EXTRA, 16, 0, 0, false, false, get_id,
	 "the same for all events of one connection"},
	{"CONTAINERID", "CONTAINER_ID", COLUMN_EXTRA, 64, 0, 0, false, false, get_container_id,
	 "in full"},
	{"CGROUP", "CGROUP_ID", COLUMN_EXTRA, 8, 0, 0, true, false, get_cgroup, "cgroup v2 id"},
	{"NETNS", NULL, COLUMN_EXTRA, 10, 0, 0, true, false, get_netns,
	 "inode of the network namespace"},
};

const struct column *column_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct column *column_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcasecmp(table[i].name, name) == 0 ||
		    (table[i].alias && strcasecmp(table[i].alias, name) == 0))
			return &table[i];
	return NULL;
}
