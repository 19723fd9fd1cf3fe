/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/column.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/record/record_names.h"
#include "core/state/conn_words.h"

void column_row_open(struct column_row *row, const struct state *state, const struct conn *conn)
{
	*row = (struct column_row){.state = state, .conn = conn, .flow = &conn->flow};
}

struct flow_names *column_names(struct column_row *row)
{
	if (!row->has_names)
		conn_view_names(row->state, row->conn, &row->names);
	row->has_names = true;
	return &row->names;
}

/* --- texts --- */

static size_t column_put_text(const char *text, char *cell)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= COLUMN_CELL_SIZE)
		length = COLUMN_CELL_SIZE - 1;
	if (length)
		memcpy(cell, text, length);
	cell[length] = '\0';
	return length;
}

static size_t column_put_number(uint64_t number, char *cell)
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

static size_t column_put_unit(enum column_unit unit, uint64_t number, char *cell)
{
	switch (unit) {
	case COLUMN_UNIT_MICROSECONDS:
		text_short_duration(number * 1000, cell);
		break;
	case COLUMN_UNIT_MILLISECONDS:
		text_short_milliseconds(number, cell);
		break;
	case COLUMN_UNIT_BYTES:
		text_short_number(number, cell);
		break;
	case COLUMN_UNIT_NONE:
		return column_put_number(number, cell);
	}
	return strlen(cell);
}

static size_t column_put_address(const struct flow *flow, enum flow_field field,
				 const struct flow_address *address, char *cell)
{
	return flow->has & field ? address_format(flow->family, address, cell) : 0;
}

/* Writes a time as a lower bound, such as ">4s", for a connection that is older than this run. */
static size_t column_put_at_least(const char *time, char *cell)
{
	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, ">%s", time);
}

/* Writes a name of the connection's subject or peer. */
static size_t column_name(struct column_row *row, char *cell)
{
	const char *names = (const char *)column_names(row);

	return column_put_text(*(const char *const *)(names + row->column->name_member), cell);
}

/* Writes the name of the pod; outside pods, the name of the container or process. */
static size_t column_subject(struct column_row *row, char *cell)
{
	const struct subject *subject = row->conn->subject;

	return column_put_text(subject->pod ? subject->pod : subject->display, cell);
}

static size_t column_container(struct column_row *row, char *cell)
{
	const struct flow_names *names = column_names(row);

	if (names->container || !names->container_id)
		return column_put_text(names->container, cell);
	size_t length = column_put_text(names->container_id, cell);
	if (length > SUBJECT_SHORT_ID)
		length = SUBJECT_SHORT_ID;
	cell[length] = '\0';
	return length;
}

static size_t column_comm(struct column_row *row, char *cell)
{
	return column_put_text(row->conn->flow.comm, cell);
}

static size_t column_source(struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;

	return column_put_address(flow, FLOW_HAS_SRC, &flow->src, cell);
}

static size_t column_destination(struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;

	return column_put_address(flow, FLOW_HAS_DST, &flow->dst, cell);
}

static size_t column_peer_address(struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;

	return flow->family ? address_format(flow->family, flow_peer(flow), cell) : 0;
}

static size_t column_direction(struct column_row *row, char *cell)
{
	return column_put_text(flow_direction_name(row->conn->flow.direction), cell);
}

static size_t column_direction_sign(struct column_row *row, char *cell)
{
	return column_put_text(row->conn->flow.direction == FLOW_INGRESS ? row->signs->ingress
									 : row->signs->egress,
			       cell);
}

static size_t column_protocol(struct column_row *row, char *cell)
{
	const char *name = flow_protocol_name(row->conn->flow.protocol);

	return column_put_text(name ? name : row->conn->edge->protocol_name, cell);
}

static size_t column_event_word(struct column_row *row, char *cell)
{
	/* If the connection was closed before its query counted as unanswered, conn_event_word
	 * would return "closed". */
	const struct flow *flow = row->flow;
	const struct flow_names *names = flow->names;

	if (names && names->dns &&
	    (flow->event == FLOW_UNANSWERED || flow->event == FLOW_LOOKUP_FAILED))
		return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%s %.200s",
					flow->event == FLOW_LOOKUP_FAILED && names->error
						? names->error
						: record_word(&flow_event_words, flow->event),
					names->dns);
	if (flow->event == FLOW_DROPPED || flow->event == FLOW_UNANSWERED ||
	    flow->event == FLOW_LOOKUP_FAILED)
		return column_put_text(record_word(&flow_event_words, flow->event), cell);
	return column_put_text(conn_event_word(row->conn), cell);
}

/* Writes the state with its sign: "✕ refused", "hanging…", "connecting". */
static size_t column_state_word(struct column_row *row, char *cell)
{
	const struct conn *conn = row->conn;
	bool failed = conn->phase == CONN_FAILED;

	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%s%s%s%s", failed ? row->signs->cross : "",
				failed ? " " : "", conn_state_word(conn),
				conn_hangs(conn) ? row->signs->ellipsis : "");
}

/* Writes the reason and the number of dropped packets, and the place of the drop. */
static size_t column_drop(struct column_row *row, char *cell)
{
	conn_view_drop(row->conn, cell, COLUMN_CELL_SIZE);
	return strlen(cell);
}

static size_t column_end(struct column_row *row, char *cell)
{
	return column_put_text(record_word(&flow_end_words, row->flow->end), cell);
}

/* Writes the latency. For an attempt without an answer, writes the time since connect(), of several
 * ones the longest time. For a half-closed connection, writes the time since one end closed its
 * direction. */
static size_t column_latency_now(struct column_row *row, char *cell)
{
	const struct conn *conn = row->conn;
	const struct flow *flow = &conn->flow;
	uint64_t first_ns = row->fold ? row->fold->first_ns : conn->first_ns;
	char waiting[TEXT_NUMBER_SIZE];

	if (conn->phase == CONN_ATTEMPT && row->now_ns > first_ns) {
		text_short_duration(row->now_ns - first_ns, waiting);
		return conn->found ? column_put_at_least(waiting, cell)
				   : column_put_text(waiting, cell);
	}
	if (conn_is_half_open(conn)) {
		text_short_age(row->now_ns, conn->state_ns, waiting);
		return column_put_text(waiting, cell);
	}
	if (!(flow->has & FLOW_HAS_LATENCY))
		return 0;
	return column_put_unit(COLUMN_UNIT_MICROSECONDS, flow->latency_us, cell);
}

static size_t column_age(struct column_row *row, char *cell)
{
	char age[TEXT_NUMBER_SIZE];

	text_short_age(row->now_ns, row->conn->first_ns, age);
	if (row->conn->found && strcmp(age, "now") != 0)
		return column_put_at_least(age, cell);
	return column_put_text(age, cell);
}

/* Writes nothing for a connection without bytes since the counters were last read. */
static size_t column_rate(struct column_row *row, char *cell)
{
	uint64_t rate = conn_rate(row->conn, row->now_ns);
	char number[TEXT_NUMBER_SIZE];

	if (!rate)
		return 0;
	text_short_number(rate, number);
	return column_put_text(number, cell);
}

static uint64_t column_row_count(const struct column_row *row)
{
	return row->fold ? row->fold->count : conn_connections(row->conn);
}

/* Writes the number of connections of a row, if it stands for several: "×17". */
static size_t column_repeats(struct column_row *row, char *cell)
{
	char number[TEXT_NUMBER_SIZE];

	if (column_row_count(row) < 2)
		return 0;
	text_short_number(column_row_count(row), number);
	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%s%s", row->signs->times, number);
}

/* Gets the sum that a column shows of the connections of a row. Returns false if it is unknown, or
 * if the column has no sum or the row has one connection. */
static bool column_get_sum(const struct column *column, const struct column_row *row, uint64_t *sum)
{
	const struct column_fold *fold = row->fold;

	if (!fold)
		return false;
	switch (column->table.sum) {
	case COLUMN_SUM_TX:
		*sum = fold->tx_bytes;
		return fold->has & FLOW_HAS_TX;
	case COLUMN_SUM_RX:
		*sum = fold->rx_bytes;
		return fold->has & FLOW_HAS_RX;
	case COLUMN_SUM_RATE:
		*sum = fold->rate;
		return fold->rate > 0;
	case COLUMN_SUM_NONE:
		break;
	}
	return false;
}

static size_t column_error(struct column_row *row, char *cell)
{
	const struct flow *flow = row->flow;

	if (flow->names && flow->names->error)
		return column_put_text(flow->names->error, cell);
	if (flow->error == 0)
		return 0;
	const char *name = flow_error_name(flow->error);
	return name ? column_put_text(name, cell) : column_put_number((uint64_t)flow->error, cell);
}

static size_t column_peer_name(struct column_row *row, char *cell)
{
	conn_view_peer(column_names(row), cell);
	return strlen(cell);
}

static size_t column_peer(struct column_row *row, char *cell)
{
	const struct flow *flow = &row->conn->flow;

	conn_view_short_peer(column_names(row), flow->family, flow_peer(flow), cell);
	return strlen(cell);
}

/* Writes date and time down to milliseconds, for comparison with logs. */
static size_t column_time(struct column_row *row, char *cell)
{
	char text[TIMESTAMP_TEXT_SIZE];

	if (row->flow->ts_ns == 0)
		return 0;
	timestamp_format(row->flow->ts_ns, text);
	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%.23sZ", text);
}

static size_t column_event(struct column_row *row, char *cell)
{
	return column_put_text(record_word(&flow_event_words, row->flow->event), cell);
}

static size_t column_id(struct column_row *row, char *cell)
{
	if (row->flow->names && row->flow->names->id)
		return column_put_text(row->flow->names->id, cell);
	if (!(row->flow->has & FLOW_HAS_ID))
		return 0;
	return (size_t)snprintf(cell, COLUMN_CELL_SIZE, "%016" PRIx64, row->flow->id);
}

/* --- numbers --- */

/* Gets the member of a flow that a column shows as a number. Returns false if it is unknown. */
static bool column_get_number(const struct column *column, const struct flow *flow,
			      uint64_t *number)
{
	static const struct {
		size_t offset;
		size_t size;
	} members[] = {
#define COLUMN_MEMBER(name, type, member) {offsetof(struct flow, member), sizeof(type)},
		FLOW_OPTIONAL_MEMBERS(COLUMN_MEMBER)
#undef COLUMN_MEMBER
	};
	int index = __builtin_ctz(column->number);
	const void *member = (const char *)flow + members[index].offset;

	switch (members[index].size) {
	case sizeof(uint16_t):
		*number = *(const uint16_t *)member;
		break;
	case sizeof(uint32_t):
		*number = *(const uint32_t *)member;
		break;
	default:
		*number = *(const uint64_t *)member;
	}
	return flow->has & column->number;
}

/* Writes a number of the flow in the unit of the column. */
static size_t column_number(struct column_row *row, char *cell)
{
	uint64_t number;

	if (!column_get_number(row->column, &row->conn->flow, &number))
		return 0;
	return column_put_unit(row->column->unit, number, cell);
}

static size_t column_ip(struct column_row *row, char *cell)
{
	uint8_t family = row->conn->flow.family;

	return family ? column_put_number(family, cell) : 0;
}

/* --- keys to sort by --- */

static uint64_t column_read_big_endian(const unsigned char bytes[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* Sorts by 16 bytes as a big-endian number. */
static void column_sort_by_bytes(struct sort_key *key, const unsigned char bytes[16])
{
	key->high = column_read_big_endian(bytes);
	key->low = column_read_big_endian(bytes + 8);
}

/* Sorts by the first 16 bytes of a text. Texts that share these bytes are sorted by a hash of the
 * whole text, so that equal texts stay together. */
static void column_sort_by_text(struct sort_key *key, const char *text)
{
	unsigned char bytes[16] = {0};

	memcpy(bytes, text, strnlen(text, sizeof(bytes)));
	column_sort_by_bytes(key, bytes);
	key->tie = hash_string(1, text);
}

/* Sorts the largest number first and unknown numbers last. */
static void column_sort_by_number(struct sort_key *key, bool known, uint64_t number)
{
	key->high = known ? 0 : 1;
	key->low = ~number;
}

int column_compare_keys(const void *a, const void *b)
{
	const struct sort_key *left = a;
	const struct sort_key *right = b;

	if (left->high != right->high)
		return left->high < right->high ? -1 : 1;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	if (left->tie != right->tie)
		return left->tie < right->tie ? -1 : 1;
	if (left->sequence != right->sequence)
		return left->sequence > right->sequence ? -1 : 1;
	return 0;
}

/* --- sort keys other than the column's own text or number --- */

static void column_sort_subject(const struct column_row *row, struct sort_key *key)
{
	column_sort_by_text(key, row->conn->subject->display);
}

static void column_sort_direction(const struct column_row *row, struct sort_key *key)
{
	key->high = row->conn->flow.direction;
}

static void column_sort_address(const struct column_row *row, struct sort_key *key)
{
	column_sort_by_bytes(key, flow_peer(&row->conn->flow)->bytes);
}

static void column_sort_port(const struct column_row *row, struct sort_key *key)
{
	key->high = flow_wire_port(&row->conn->flow);
}

/* Sorts states that need attention first. An attempt that does not hang needs none. */
static void column_sort_state(const struct column_row *row, struct sort_key *key)
{
	static const uint8_t ranks[] = {
		[CONN_FAILED] = 1,   [CONN_ATTEMPT] = 2, [CONN_ESTABLISHED] = 3,
		[CONN_DATAGRAM] = 4, [CONN_CLOSED] = 5,
	};

	key->high = conn_hangs(row->conn) ? 0 : ranks[row->conn->phase];
	key->low = (uint64_t)row->conn->flow.error;
}

/* Sorts attempts without an answer first, beginning with the attempt that has waited longest. */
static void column_sort_latency(const struct column_row *row, struct sort_key *key)
{
	if (row->conn->phase == CONN_ATTEMPT) {
		key->low = row->fold ? row->fold->first_ns : row->conn->first_ns;
		return;
	}
	bool known = row->conn->flow.has & FLOW_HAS_LATENCY;
	column_sort_by_number(key, known, known ? row->conn->flow.latency_us : 0);
	key->high++;
}

static void column_sort_rate(const struct column_row *row, struct sort_key *key)
{
	uint64_t rate = row->fold ? row->fold->rate : conn_rate(row->conn, row->now_ns);

	column_sort_by_number(key, true, rate);
}

/* Sorts the row with the most connections first. */
static void column_sort_repeats(const struct column_row *row, struct sort_key *key)
{
	column_sort_by_number(key, true, column_row_count(row));
}

/* Sorts the oldest connection first. */
static void column_sort_age(const struct column_row *row, struct sort_key *key)
{
	key->high = row->conn->first_ns;
}

/*
 * --- computed columns ---
 *
 * The functions of a new column go here, in one block: the function that writes its text and, if
 * the dashboard must not sort the column by that text, the function that fills in the sort key.
 */

#define NAME(member)  .text = column_name, .name_member = offsetof(struct flow_names, member)
#define NUMBER(field) .text = column_number, .number = FLOW_HAS_##field, .right = true

/*
 * Rows are in the order in which trace shows the columns. The unnamed values in `.trace` initialise
 * the first members of struct column_in_trace, and those in `.table` the first members of struct
 * column_in_table.
 */
const struct column column_table[] = {
	{"NODE", NULL, "node where the connection was seen", NAME(node), .field = FILTER_FIELD_NODE,
	 .trace = {COLUMN_SET_USUAL, 12, 6, 30, true},
	 .table = {10, 15, 8, 10, 24, .needs = COLUMN_NEEDS_NODES}},
	{"NAMESPACE", "NS", "namespace of the pod", NAME(namespace_name),
	 .field = FILTER_FIELD_NAMESPACE, .trace = {COLUMN_SET_USUAL, 12, 9, 30, true},
	 .table = {20, 14, 9, 12, 24, .needs = COLUMN_NEEDS_POD}},
	{"POD", "PODNAME", "pod that opened or accepted the connection", NAME(pod),
	 .field = FILTER_FIELD_POD, .trace = {COLUMN_SET_USUAL, 20, 12, 60, true},
	 .table = {30, 8, 12, 22, 44, .needs = COLUMN_NEEDS_WORKLOAD, .without_pods = "CONTAINER",
		   .text = column_subject, .sort = column_sort_subject}},
	{"CONTAINER", "CONTAINERNAME", "name of the container, or the beginning of its ID",
	 .text = column_container, .field = FILTER_FIELD_CONTAINER,
	 .trace = {.set = COLUMN_SET_USUAL, 12, 9, 40},
	 .table = {40, 17, 9, 12, 24, .needs = COLUMN_NEEDS_POD | COLUMN_NEEDS_CONTAINER,
		   .shared = COLUMN_PART_CONTAINER}},
	{"PID", NULL, "process ID", NUMBER(PID), .field = FILTER_FIELD_PID,
	 .trace = {.set = COLUMN_SET_USUAL, 7},
	 .table = {.place = 50, 12, 7, 7, 7, .shared = COLUMN_PART_PID}},
	{"COMM", NULL, "process name", .text = column_comm, .field = FILTER_FIELD_COMM,
	 .trace = {.set = COLUMN_SET_USUAL, 15, 8, 16},
	 .table = {.place = 60, 4, 6, 13, 15, .shared = COLUMN_PART_COMM}},
	{"IP", "FAMILY", "IP version, 4 or 6", .text = column_ip, .right = true,
	 .trace = {.set = COLUMN_SET_USUAL, 2}},
	{"SADDR", "SRC", "address that opened the connection", .text = column_source,
	 .field = FILTER_FIELD_SOURCE, .trace = {.set = COLUMN_SET_USUAL, 15}},
	{"DADDR", "DST", "address that accepts the connection", .text = column_destination,
	 .field = FILTER_FIELD_DESTINATION, .trace = {.set = COLUMN_SET_USUAL, 15}},
	{"ADDRESS", NULL, "address of the peer", .text = column_peer_address,
	 .field = FILTER_FIELD_PEER,
	 .table = {90, 16, 15, 15, 39, .needs = COLUMN_NEEDS_NAME, .shared = COLUMN_PART_PEER,
		   .sort = column_sort_address}},
	{"DPORT", "PORT", "port of the server", NUMBER(DPORT), .field = FILTER_FIELD_DPORT,
	 .trace = {.set = COLUMN_SET_USUAL, 5},
	 .table = {100, 6, 5, 5, 5, .heading = "PORT", .shared = COLUMN_PART_DPORT,
		   .sort = column_sort_port}},
	{"DIR", "DIRECTION", "egress (opened here) or ingress (accepted here)",
	 .text = column_direction, .field = FILTER_FIELD_DIRECTION,
	 .trace = {.set = COLUMN_SET_USUAL, 7},
	 .table = {70, 1, 1, 1, 1, .role = COLUMN_ROLE_DIRECTION, .shared = COLUMN_PART_PEER,
		   .heading = "", .text = column_direction_sign, .sort = column_sort_direction}},
	{"PROTO", "PROTOCOL", "TCP, UDP or SCTP", .text = column_protocol,
	 .field = FILTER_FIELD_PROTOCOL, .trace = {.set = COLUMN_SET_USUAL, 5}},
	{"STATE", NULL,
	 "attempt, established, accepted, closed, open; or the reason for the\n"
	 "failure: refused, timed out, no route, unreachable, reset, denied,\n"
	 "no port, aborted, failed",
	 .text = column_event_word, .field = FILTER_FIELD_STATE,
	 .trace = {.set = COLUMN_SET_USUAL, 11},
	 .table = {110, 3, 11, 11, 14, .role = COLUMN_ROLE_STATE, .has_sign = true,
		   .text = column_state_word, .sort = column_sort_state}},
	{"COUNT", NULL, "number of connections that the row stands for", .text = column_repeats,
	 .right = true,
	 .table = {112, 7, 5, 5, 5, .needs = COLUMN_NEEDS_REPEATS, .sort = column_sort_repeats,
		   .sorts_down = true}},
	{"DROP", NULL,
	 "reason for which the kernel dropped packets, how many, and where: the\n"
	 "process's own network namespace, the node's, or another, and interface",
	 .text = column_drop, .field = FILTER_FIELD_DROP,
	 .trace = {.set = COLUMN_SET_EXTRA, 30, 14, 60},
	 .table = {115, 5, 30, 36, 60, .needs = COLUMN_NEEDS_DROP, .role = COLUMN_ROLE_STATE}},
	{"END", NULL, "how the connection ended: fin, reset, reset_by_peer, timeout, killed",
	 .text = column_end, .field = FILTER_FIELD_END, .trace = {.set = COLUMN_SET_EXTRA, 13}},
	{"LAT", "LATENCY",
	 "time from connect() to the answer; in the dashboard also the time\n"
	 "since connect() of an attempt, and that of a half-closed state",
	 NUMBER(LATENCY), .unit = COLUMN_UNIT_MICROSECONDS, .trace = {.set = COLUMN_SET_USUAL, 6},
	 .table = {120, 9, 6, 6, 6, .role = COLUMN_ROLE_STATE, .text = column_latency_now,
		   .sort = column_sort_latency, .sorts_down = true}},
	{"TX", NULL, "bytes sent, in powers of 1000", NUMBER(TX), .unit = COLUMN_UNIT_BYTES,
	 .trace = {.set = COLUMN_SET_USUAL, 4},
	 .table = {.place = 140, 10, 4, 4, 5, .sum = COLUMN_SUM_TX}},
	{"RX", NULL, "bytes received", NUMBER(RX), .unit = COLUMN_UNIT_BYTES,
	 .trace = {.set = COLUMN_SET_USUAL, 4},
	 .table = {.place = 150, 11, 4, 4, 5, .sum = COLUMN_SUM_RX}},
	{"RATE", NULL, "bytes a second of both directions, since the counters were last read",
	 .text = column_rate, .unit = COLUMN_UNIT_BYTES, .right = true,
	 .table = {155, 19, 4, 4, 5, .sum = COLUMN_SUM_RATE, .heading = "B/S",
		   .sort = column_sort_rate, .sorts_down = true}},
	{"SPORT", NULL, "port of the side that opened the connection", NUMBER(SPORT),
	 .field = FILTER_FIELD_SPORT, .trace = {.set = COLUMN_SET_WIDE, 5},
	 .table = {.place = 95, 20, 5, 5, 5, .shared = COLUMN_PART_SPORT}},
	{"UID", NULL, "user ID of the process", NUMBER(UID), .field = FILTER_FIELD_UID,
	 .trace = {.set = COLUMN_SET_WIDE, 5}},
	{"ERR", "ERROR", "error as the kernel names it", .text = column_error,
	 .field = FILTER_FIELD_ERROR, .trace = {.set = COLUMN_SET_WIDE, 12}},
	{"DNS", NULL, "DNS name that resolved to the address of the peer", NAME(dns),
	 .field = FILTER_FIELD_DNS, .trace = {.set = COLUMN_SET_WIDE, 16, 8, 60}},
	{"PEER", NULL, "pod, service or node on the other side", .text = column_peer_name,
	 .field = FILTER_FIELD_PEER, .trace = {.set = COLUMN_SET_WIDE, 20, 10, 60},
	 .table = {80, 2, 12, 26, 60, .role = COLUMN_ROLE_PEER, .shared = COLUMN_PART_PEER,
		   .text = column_peer}},
	{"DURATION", NULL, "time from established to closed", NUMBER(DURATION),
	 .unit = COLUMN_UNIT_MILLISECONDS, .trace = {.set = COLUMN_SET_WIDE, 8}},
	{"RTT", NULL, "smoothed round-trip time", NUMBER(RTT), .unit = COLUMN_UNIT_MICROSECONDS,
	 .trace = {.set = COLUMN_SET_WIDE, 6}, .table = {.place = 130, 18, 6, 6, 6}},
	{"RETRANS", NULL, "retransmitted segments", NUMBER(RETRANS),
	 .trace = {.set = COLUMN_SET_WIDE, 7}},
	{"TIME", "TS", "time of the event, UTC", .text = column_time,
	 .trace = {.set = COLUMN_SET_EXTRA, 24}},
	{"EVENT", NULL, "event as JSON names it", .text = column_event,
	 .trace = {.set = COLUMN_SET_EXTRA, 11}},
	{"ID", NULL, "identifier shared by all events of a connection", .text = column_id,
	 .trace = {.set = COLUMN_SET_EXTRA, 16}},
	{"CONTAINERID", "CONTAINER_ID", "full container ID", NAME(container_id),
	 .trace = {.set = COLUMN_SET_EXTRA, 64}},
	{"CGROUP", "CGROUP_ID", "cgroup v2 ID", NUMBER(CGROUP),
	 .trace = {.set = COLUMN_SET_EXTRA, 8}},
	{"NETNS", NULL, "inode number of the network namespace", NUMBER(NETNS),
	 .trace = {.set = COLUMN_SET_EXTRA, 10}},
	{"AGE", NULL, "time since the connection began", .text = column_age, .right = true,
	 .table = {160, 13, 5, 5, 6, .sort = column_sort_age, .sorts_down = true}},
};

const size_t column_count = ARRAY_LENGTH(column_table);
_Static_assert(ARRAY_LENGTH(column_table) <= COLUMN_MAX, "COLUMN_MAX");

size_t column_list_table(const struct column *list[COLUMN_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < column_count; i++) {
		size_t at = count;

		if (column_table[i].table.place == 0)
			continue;
		for (; at > 0 && list[at - 1]->table.place > column_table[i].table.place; at--)
			list[at] = list[at - 1];
		list[at] = &column_table[i];
		count++;
	}
	return count;
}

const char *column_table_name(const struct column *column)
{
	const char *heading = column->table.heading;

	return heading && *heading ? heading : column->name;
}

const struct column *column_find(const char *name)
{
	for (size_t i = 0; i < column_count; i++)
		if (strcasecmp(column_table[i].name, name) == 0 ||
		    (column_table[i].alias && strcasecmp(column_table[i].alias, name) == 0))
			return &column_table[i];
	return NULL;
}

size_t column_trace_text(const struct column *column, struct column_row *row,
			 char cell[COLUMN_CELL_SIZE])
{
	row->column = column;
	return column->text(row, cell);
}

size_t column_table_text(const struct column *column, struct column_row *row,
			 char cell[COLUMN_CELL_SIZE])
{
	bool connected = row->conn->phase != CONN_ATTEMPT && row->conn->phase != CONN_FAILED;
	uint64_t sum = 0;
	size_t length;

	/* Leave byte counts empty for attempts and failures, where they are always 0. */
	row->column = column;
	if (column->unit == COLUMN_UNIT_BYTES && !connected)
		length = 0;
	else if (row->fold && column->table.sum)
		length = column_get_sum(column, row, &sum)
				 ? column_put_unit(column->unit, sum, cell)
				 : 0;
	else if (row->fold && row->fold->differs & column->table.shared)
		length = column_put_text(row->signs->ellipsis, cell);
	else
		length = (column->table.text ? column->table.text : column->text)(row, cell);
	cell[length] = '\0';
	return length;
}

bool column_sorts_down(const struct column *column)
{
	return column->table.sort ? column->table.sorts_down : column->number != 0;
}

void column_sort_key(const struct column *column, struct column_row *row, struct sort_key *key)
{
	char cell[COLUMN_CELL_SIZE];
	uint64_t number = 0;

	*key = (struct sort_key){.sequence = row->conn->sequence};
	if (column->table.sort) {
		column->table.sort(row, key);
	} else if (column->table.sum && row->fold) {
		bool known = column_get_sum(column, row, &number);
		column_sort_by_number(key, known, number);
	} else if (column->number) {
		bool known = column_get_number(column, &row->conn->flow, &number);
		column_sort_by_number(key, known, number);
	} else {
		column_table_text(column, row, cell);
		column_sort_by_text(key, cell);
	}
}
