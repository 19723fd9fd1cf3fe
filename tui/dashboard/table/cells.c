/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"

#define NS_PER_US 1000ull

void cell_state(const struct glyphs *glyphs, const struct conn *conn, char *text, size_t size)
{
	bool failed = conn->phase == CONN_FAILED;

	snprintf(text, size, "%s%s%s%s", failed ? glyphs->cross : "", failed ? " " : "",
		 conn_state_word(conn), conn->phase == CONN_ATTEMPT ? glyphs->ellipsis : "");
}

static void peer_or_address(const struct conn_names *names, uint8_t family,
			    const struct flow_address *address, char *text, size_t size)
{
	char peer[CONN_VIEW_PEER_SIZE];
	char numbers[ADDRESS_TEXT_SIZE];

	conn_view_peer(names, peer);
	if (peer[0]) {
		snprintf(text, size, "%s", peer);
	} else if (names->dns && names->dns[0]) {
		snprintf(text, size, "%s", names->dns);
	} else {
		address_format(family, address, numbers);
		snprintf(text, size, "%s", numbers);
	}
}

void cell_peer(const struct state *state, const struct conn *conn, char *text, size_t size)
{
	struct conn_names names;

	conn_view_names(state, conn, &names);
	peer_or_address(&names, conn->edge->family, &conn->edge->peer, text, size);
}

void cell_edge_peer(const struct state *state, const struct edge *edge, char *text, size_t size)
{
	/* Names of a peer hang on the edge and on its address, so any connection of the edge will
	 * do. */
	struct conn conn = {.subject = edge->subject};
	struct conn_names names;

	memcpy(&conn.edge, &edge, sizeof(conn.edge));
	conn_view_names(state, &conn, &names);
	peer_or_address(&names, edge->family, &edge->peer, text, size);
}

void cell_endpoint(uint8_t family, const struct flow_address *address, uint16_t port, char *text,
		   size_t size)
{
	char numbers[ADDRESS_TEXT_SIZE];

	address_format(family, address, numbers);
	snprintf(text, size, family == 6 ? "[%s]:%u" : "%s:%u", numbers, port);
}

void cell_ago(uint64_t now_ns, uint64_t then_ns, char *text, size_t size)
{
	char number[TEXT_NUMBER_SIZE];

	if (then_ns + 2 * NS_PER_SECOND > now_ns) {
		snprintf(text, size, "now");
		return;
	}
	/* Tenths of a second would make the whole column flicker. */
	text_short_duration((now_ns - then_ns) / NS_PER_SECOND * NS_PER_SECOND, number);
	if (now_ns - then_ns < 60 * NS_PER_SECOND)
		snprintf(number, sizeof(number), "%us",
			 (unsigned int)((now_ns - then_ns) / NS_PER_SECOND));
	snprintf(text, size, "%s", number);
}

const char *cell_protocol(const struct edge *edge)
{
	switch (edge->protocol) {
	case FLOW_TCP:
		return "tcp";
	case FLOW_UDP:
		return "udp";
	case FLOW_SCTP:
		return "sctp";
	default:
		return edge->protocol_name ? edge->protocol_name : "?";
	}
}

void cell_count(uint64_t count, char *text, size_t size)
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t out = 0;

	for (size_t i = 0; i < length && out + 2 < size; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
}

static void copy(char text[CELL_SIZE], const char *source)
{
	snprintf(text, CELL_SIZE, "%s", source ? source : "");
}

static void duration_cell(uint64_t ns, char text[CELL_SIZE])
{
	char number[TEXT_NUMBER_SIZE];

	text_short_duration(ns, number);
	copy(text, number);
}

/* More than what is known: `>4s`. */
static void at_least(char text[CELL_SIZE])
{
	size_t length = strlen(text);

	if (length == 0 || length + 2 > CELL_SIZE)
		return;
	memmove(text + 1, text, length + 1);
	text[0] = '>';
}

static void latency_cell(const struct cell_context *context, const struct conn *conn,
			 char text[CELL_SIZE])
{
	if (conn->phase == CONN_ATTEMPT && context->now_ns > conn->first_ns) {
		duration_cell(context->now_ns - conn->first_ns, text);
		if (conn->found)
			at_least(text);
	} else if (conn->flow.has & FLOW_HAS_LATENCY)
		duration_cell(conn->flow.latency_us * NS_PER_US, text);
}

static void bytes_cell(const struct conn *conn, bool known, uint64_t bytes, char text[CELL_SIZE])
{
	char number[TEXT_NUMBER_SIZE];

	/* Where there was no connection, that nothing went through it is no news. */
	if (!known || conn->phase == CONN_ATTEMPT || conn->phase == CONN_FAILED)
		return;
	text_short_number(bytes, number);
	copy(text, number);
}

static const char *subject_text(const struct subject *subject)
{
	return subject->kind == SUBJECT_POD ? subject->pod : subject->display;
}

static void name_cell(const struct cell_context *context, const struct conn *conn,
		      enum table_column column, char text[CELL_SIZE])
{
	struct conn_names names;

	conn_view_names(context->state, conn, &names);
	if (column == COLUMN_NODE)
		copy(text, names.node);
	else if (column == COLUMN_NAMESPACE)
		copy(text, names.namespace_name);
	else
		copy(text, names.container ? names.container : names.container_id);
}

static void fill(const struct cell_context *context, const struct conn *conn,
		 enum table_column column, char text[CELL_SIZE])
{
	const struct flow *flow = &conn->flow;

	text[0] = '\0';
	switch (column) {
	case COLUMN_NODE:
	case COLUMN_NAMESPACE:
	case COLUMN_CONTAINER:
		name_cell(context, conn, column, text);
		break;
	case COLUMN_SUBJECT:
		copy(text, subject_text(conn->subject));
		break;
	case COLUMN_PID:
		if (flow->has & FLOW_HAS_PID)
			snprintf(text, CELL_SIZE, "%" PRIu32, flow->pid);
		break;
	case COLUMN_COMM:
		copy(text, flow->comm);
		break;
	case COLUMN_DIRECTION:
		copy(text, flow->direction == FLOW_INGRESS ? context->glyphs->ingress
							   : context->glyphs->egress);
		break;
	case COLUMN_PEER:
		cell_peer(context->state, conn, text, CELL_SIZE);
		break;
	case COLUMN_ADDRESS:
		address_format(conn->edge->family, &conn->edge->peer, text);
		break;
	case COLUMN_PORT:
		snprintf(text, CELL_SIZE, "%u", conn->edge->port);
		break;
	case COLUMN_STATE:
		cell_state(context->glyphs, conn, text, CELL_SIZE);
		break;
	case COLUMN_LATENCY:
		latency_cell(context, conn, text);
		break;
	case COLUMN_RTT:
		if (flow->has & FLOW_HAS_RTT)
			duration_cell(flow->rtt_us * NS_PER_US, text);
		break;
	case COLUMN_TX:
		bytes_cell(conn, flow->has & FLOW_HAS_TX, flow->tx_bytes, text);
		break;
	case COLUMN_RX:
		bytes_cell(conn, flow->has & FLOW_HAS_RX, flow->rx_bytes, text);
		break;
	case COLUMN_AGE:
		cell_ago(context->now_ns, conn->first_ns, text, CELL_SIZE);
		if (conn->found && strcmp(text, "now") != 0)
			at_least(text);
		break;
	case COLUMN_COUNT:
		break;
	}
}

static enum role role_of(const struct conn *conn, enum table_column column)
{
	bool tells_state = column == COLUMN_STATE || column == COLUMN_LATENCY;

	if (conn->phase == CONN_CLOSED)
		return ROLE_DIM;
	if (conn->phase == CONN_FAILED && tells_state)
		return ROLE_FAILED;
	if (conn->phase == CONN_ATTEMPT && tells_state)
		return ROLE_HANGING;
	if (column == COLUMN_DIRECTION)
		return conn->flow.direction == FLOW_INGRESS ? ROLE_INGRESS : ROLE_EGRESS;
	if (column == COLUMN_PEER)
		return ROLE_PEER;
	return ROLE_TEXT;
}

enum role cell_text(const struct cell_context *context, const struct conn *conn,
		    enum table_column column, char text[CELL_SIZE])
{
	fill(context, conn, column, text);
	return role_of(conn, column);
}
