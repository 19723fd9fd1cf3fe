/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/cells.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/record/address.h"
#include "core/record/record_names.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"

void cell_edge_peer(const struct state *state, const struct edge *edge, char text[CELL_SIZE])
{
	/* The names of a peer depend only on the edge, so the other members of the connection may
	 * stay 0. */
	struct conn conn = {.subject = edge->subject, .dns = edge->dns};
	struct flow_names names;

	memcpy(&conn.edge, &edge, sizeof(conn.edge));
	conn_view_names(state, &conn, &names);
	conn_view_short_peer(&names, edge->family, &edge->peer, text);
}

void cell_endpoint(uint8_t family, const struct flow_address *address, uint16_t port, char *text,
		   size_t size)
{
	char numbers[ADDRESS_TEXT_SIZE];

	address_format(family, address, numbers);
	snprintf(text, size, family == 6 ? "[%s]:%u" : "%s:%u", numbers, port);
}

const char *cell_arrow(const struct glyphs *glyphs, uint8_t direction)
{
	return direction == FLOW_INGRESS ? glyphs->ingress : glyphs->egress;
}

enum role cell_arrow_role(uint8_t direction)
{
	return direction == FLOW_INGRESS ? ROLE_INGRESS : ROLE_EGRESS;
}

void cell_port(const struct edge *edge, char text[CELL_SIZE])
{
	const char *name = flow_protocol_name((enum flow_protocol)edge->protocol);
	const char *other = edge->protocol_name ? edge->protocol_name : "?";

	snprintf(text, CELL_SIZE, "%u/%s", edge->port, name ? name : other);
	for (char *at = text; name && *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

void cell_count(uint64_t count, char text[CELL_COUNT_SIZE])
{
	char digits[CELL_COUNT_SIZE];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
}

static enum role cell_role(const struct conn *conn, enum column_role role)
{
	if (conn->phase == CONN_CLOSED)
		return ROLE_DIM;
	switch (role) {
	case COLUMN_ROLE_STATE:
		return conn->phase == CONN_FAILED                    ? ROLE_FAILED
		       : conn_hangs(conn) || conn_is_half_open(conn) ? ROLE_HANGING
								     : ROLE_TEXT;
	case COLUMN_ROLE_DIRECTION:
		return cell_arrow_role(conn->flow.direction);
	case COLUMN_ROLE_PEER:
		return ROLE_PEER;
	case COLUMN_ROLE_PLAIN:
		break;
	}
	return ROLE_TEXT;
}

enum role cell_text(const struct cell_context *context, const struct conn *conn,
		    const struct column *column, char text[CELL_SIZE])
{
	const struct column_signs signs = {
		.egress = context->glyphs->egress,
		.ingress = context->glyphs->ingress,
		.cross = context->glyphs->cross,
		.ellipsis = context->glyphs->ellipsis,
		.times = context->glyphs->times,
	};
	struct column_row row;

	column_row_open(&row, context->state, conn);
	row.signs = &signs;
	row.fold = context->fold;
	row.now_ns = clocks_now(state_clocks(context->state), conn->node, context->now_ns);
	column_table_text(column, &row, text);
	return cell_role(conn, column->table.role);
}

const char *cell_new(const struct context *context, const struct edge *edge)
{
	struct novelty *novelty = session_novelty(context->session);

	return novelty_judge(novelty, edge) == BASELINE_LACKS ? CELL_NEW : "";
}
