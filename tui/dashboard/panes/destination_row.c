/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/destination_row.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "tui/dashboard/table/cells.h"

/* Widths of the columns behind the peer, from the left. The peer takes the remaining width. */
enum {
	WIDTH_PORT = 10,
	WIDTH_CONNECTIONS = 9,
	WIDTH_FAILED = 5,
	WIDTH_HANGING = 5,
	WIDTH_BYTES = 5,
	WIDTH_RATE = 6,
	WIDTH_LATENCY = 6,
	WIDTH_AGO = 4,
	WIDTH_MARGIN = 3, /* cursor and arrow */
};

static bool destination_row_fits(int *left, int width)
{
	/* Shorter peers look alike. */
	if (*left - width - 1 < 14)
		return false;
	*left -= width + 1;
	return true;
}

void destination_places_find(int columns, struct destination_places *places)
{
	int left = columns - WIDTH_MARGIN;

	places->port = destination_row_fits(&left, WIDTH_PORT);
	places->failed = destination_row_fits(&left, WIDTH_FAILED);
	places->connections = destination_row_fits(&left, WIDTH_CONNECTIONS);
	places->ago = destination_row_fits(&left, WIDTH_AGO);
	places->bytes = destination_row_fits(&left, 2 * WIDTH_BYTES + 1);
	places->hanging = destination_row_fits(&left, WIDTH_HANGING);
	/* The peer gets more room before the other columns get theirs. */
	left -= 14;
	places->rate = destination_row_fits(&left, WIDTH_RATE);
	places->latency = destination_row_fits(&left, WIDTH_LATENCY);
	left += 14;
	/* A wider peer would move its figures too far away from it. */
	places->peer_width = left > 48 ? 48 : left;
}

static int destination_row_draw_text(const struct canvas *line, int column, int width,
				     enum role role, const char *text)
{
	canvas_text(line, 0, column, width, role | CANVAS_RIGHT, text);
	return column + width + 1;
}

void destination_draw_heading(const struct canvas *canvas, const struct destination_places *places)
{
	const struct {
		bool shown;
		int width;
		const char *title;
	} headings[] = {
		{places->port, WIDTH_PORT, "PORT"},
		{places->connections, WIDTH_CONNECTIONS, "CONN"},
		{places->failed, WIDTH_FAILED, "FAIL"},
		{places->hanging, WIDTH_HANGING, "HANG"},
		{places->bytes, WIDTH_BYTES, "TX"},
		{places->bytes, WIDTH_BYTES, "RX"},
		{places->rate, WIDTH_RATE, "B/S"},
		{places->latency, WIDTH_LATENCY, "LAT"},
		{places->ago, WIDTH_AGO, "LAST"},
	};
	struct canvas line = canvas_part(canvas, 0, 0, 1, canvas->area.columns);
	int column = WIDTH_MARGIN;

	canvas_text(&line, 0, 1, 1, ROLE_COLUMN, canvas->glyphs->egress);
	canvas_text(&line, 0, column, places->peer_width, ROLE_COLUMN, "PEER");
	column += places->peer_width + 1;
	for (size_t i = 0; i < ARRAY_LENGTH(headings); i++) {
		if (headings[i].shown)
			column = destination_row_draw_text(&line, column, headings[i].width,
							   ROLE_COLUMN, headings[i].title);
	}
}

static int destination_row_draw_number(const struct canvas *line, int column, int width,
				       enum role role, uint64_t value, const char *unit)
{
	char number[TEXT_NUMBER_SIZE];
	char text[TEXT_NUMBER_SIZE + 16];

	text_short_number(value, number);
	snprintf(text, sizeof(text), "%s%s", number, unit);
	return destination_row_draw_text(line, column, width, role, text);
}

static void destination_row_draw_figures(const struct canvas *line,
					 const struct destination_places *places, int column,
					 const struct destination *row,
					 const struct context *context, enum role plain)
{
	const struct edge *edge = &row->shown;
	char text[64];

	if (places->connections)
		column = destination_row_draw_number(line, column, WIDTH_CONNECTIONS, plain,
						     edge->conn_count, " conn");
	if (places->failed)
		column = destination_row_draw_number(line, column, WIDTH_FAILED,
						     edge->failed_count ? ROLE_FAILED : ROLE_DIM,
						     edge->failed_count, line->glyphs->cross);
	if (places->hanging) {
		if (edge->hanging_count)
			destination_row_draw_number(line, column, WIDTH_HANGING, ROLE_HANGING,
						    edge->hanging_count, line->glyphs->ellipsis);
		column += WIDTH_HANGING + 1;
	}
	if (places->bytes) {
		column = destination_row_draw_number(line, column, WIDTH_BYTES, plain,
						     edge->tx_bytes, "");
		column = destination_row_draw_number(line, column, WIDTH_BYTES, plain,
						     edge->rx_bytes, "");
	}
	if (places->rate) {
		if (row->rate)
			destination_row_draw_number(line, column, WIDTH_RATE, plain, row->rate,
						    "/s");
		column += WIDTH_RATE + 1;
	}
	if (places->latency) {
		if (edge->latency_count) {
			text_short_duration(edge->latency_sum_us / edge->latency_count * 1000,
					    text);
			destination_row_draw_text(line, column, WIDTH_LATENCY, plain, text);
		}
		column += WIDTH_LATENCY + 1;
	}
	if (places->ago) {
		text_short_age(context->now_ns, edge->last_ns, text);
		destination_row_draw_text(line, column, WIDTH_AGO, ROLE_DIM, text);
	}
}

static void destination_row_draw_peer(const struct canvas *line, int column, int width,
				      enum role role, const char *text, bool denied)
{
	int used = canvas_text(line, 0, column, denied ? width - 2 : width, role | CANVAS_MIDDLE,
			       text);

	if (denied)
		canvas_text(line, 0, column + used + 1, 1, ROLE_DENIED, line->glyphs->denied);
}

void destination_draw_row(const struct destination_places *places, const struct context *context,
			  const struct canvas *line, const struct destination *row)
{
	const struct edge *edge = &row->shown;
	bool left_out = exclusions_contain(context->exclusions, row->edge);
	bool ingress = edge->direction == FLOW_INGRESS;
	enum role plain = left_out ? ROLE_DIM : ROLE_TEXT;
	char text[CELL_SIZE];
	int column = WIDTH_MARGIN;

	if (line->selected) {
		canvas_blank(line, 0, 0, line->area.columns, ROLE_TEXT);
		canvas_text(line, 0, 0, 1, ROLE_TITLE_FOCUS, line->glyphs->cursor);
	}
	canvas_text(line, 0, 1, 1, ingress ? ROLE_INGRESS : ROLE_EGRESS,
		    left_out  ? "-"
		    : ingress ? line->glyphs->ingress
			      : line->glyphs->egress);
	cell_edge_peer(context->state, row->edge, text);
	if (left_out)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (left out)");
	destination_row_draw_peer(line, column, places->peer_width, left_out ? ROLE_DIM : ROLE_PEER,
				  text,
				  verdicts_judge(context->verdicts, row->edge) == EVALUATE_DENIED);
	column += places->peer_width + 1;
	if (places->port) {
		snprintf(text, sizeof(text), "%u/%s", edge->port, cell_protocol(edge));
		column = destination_row_draw_text(line, column, WIDTH_PORT, plain, text);
	}
	destination_row_draw_figures(line, places, column, row, context, plain);
}
