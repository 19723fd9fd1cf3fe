/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/edge_row.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "tui/dashboard/table/cells.h"

#define PEER_COLUMN 3 /* after the cursor and the arrow */
/* The least and the largest width of a peer's name. Names that are cut to a smaller width look
 * alike. In a wider column, the figures would be too far away from the name. */
#define PEER_LEAST  14
#define PEER_WIDEST 48

static const struct {
	enum edge_figure figure;
	int width;
	const char *title;
} columns[] = {
	{EDGE_PORT, 10, "PORT"},
	{EDGE_CONNECTIONS, 9, "CONN"},
	{EDGE_CONNECTIONS_PLAIN, 6, "CONN"},
	{EDGE_FAILED, 5, "FAIL"},
	{EDGE_FAILED_PLAIN, 6, "FAIL"},
	{EDGE_HANGING, 5, "HANG"},
	{EDGE_TX, 5, "TX"},
	{EDGE_RX, 5, "RX"},
	{EDGE_RATE, 6, "B/S"},
	{EDGE_LATENCY, 6, "LAT"},
	{EDGE_AGO, 4, "LAST"},
	{EDGE_FIRST, 6, "FIRST"},
	{EDGE_LAST, 6, "LAST"},
};

/* Returns the width of figures with a blank in front of each. */
static int edge_row_width(unsigned int figures)
{
	int width = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++)
		width += figures & columns[i].figure ? columns[i].width + 1 : 0;
	return width;
}

struct edge_layout edge_layout_fit(int width)
{
	/* Figures in order of importance. Rate and latency are added only if at least
	 * 2 * PEER_LEAST columns remain for the peer. */
	static const struct {
		unsigned int figures;
		int peer_least;
	} order[] = {
		{EDGE_PORT, PEER_LEAST},         {EDGE_FAILED, PEER_LEAST},
		{EDGE_CONNECTIONS, PEER_LEAST},  {EDGE_AGO, PEER_LEAST},
		{EDGE_TX | EDGE_RX, PEER_LEAST}, {EDGE_HANGING, PEER_LEAST},
		{EDGE_RATE, 2 * PEER_LEAST},     {EDGE_LATENCY, 2 * PEER_LEAST},
	};
	struct edge_layout layout = {.peer_width = width - PEER_COLUMN};

	for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
		int rest = layout.peer_width - edge_row_width(order[i].figures);

		if (rest < order[i].peer_least)
			continue;
		layout.peer_width = rest;
		layout.figures |= order[i].figures;
	}
	if (layout.peer_width > PEER_WIDEST)
		layout.peer_width = PEER_WIDEST;
	return layout;
}

void edge_layout_add_heading(struct edge_layout *layout)
{
	if (!(layout->figures & EDGE_CONNECTIONS))
		return;
	layout->peer_width += edge_row_width(EDGE_CONNECTIONS);
	layout->figures ^= EDGE_CONNECTIONS | EDGE_CONNECTIONS_PLAIN;
	layout->peer_width -= edge_row_width(EDGE_CONNECTIONS_PLAIN);
	if (layout->peer_width > PEER_WIDEST)
		layout->peer_width = PEER_WIDEST;
}

void edge_row_draw_heading(const struct canvas *line, const struct edge_layout *layout)
{
	int column = PEER_COLUMN + layout->peer_width + 1;

	canvas_text(line, 0, PEER_COLUMN, layout->peer_width, ROLE_COLUMN, "PEER");
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		if (!(layout->figures & columns[i].figure))
			continue;
		canvas_text(line, 0, column, columns[i].width, ROLE_COLUMN | CANVAS_RIGHT,
			    columns[i].title);
		column += columns[i].width + 1;
	}
}

static void edge_row_write_number(uint64_t value, const char *unit, char text[CELL_SIZE])
{
	char number[TEXT_NUMBER_SIZE];

	text_short_number(value, number);
	snprintf(text, CELL_SIZE, "%s%s", number, unit);
}

/* Writes a figure and returns its role, which is `plain` unless the figure has its own role. */
static enum role edge_row_write_figure(enum edge_figure figure, const struct context *context,
				       const struct edge_row *row, enum role plain,
				       char text[CELL_SIZE])
{
	const struct glyphs *glyphs = context->glyphs;
	const struct edge *edge = &row->shown;

	text[0] = '\0';
	switch (figure) {
	case EDGE_PORT:
		cell_port(row->edge, text);
		break;
	case EDGE_CONNECTIONS:
	case EDGE_CONNECTIONS_PLAIN:
		edge_row_write_number(edge->conn_count,
				      figure == EDGE_CONNECTIONS_PLAIN ? "" : " conn", text);
		break;
	case EDGE_FAILED:
		if (edge->failed_count)
			edge_row_write_number(edge->failed_count, glyphs->cross, text);
		return ROLE_FAILED;
	case EDGE_FAILED_PLAIN:
		edge_row_write_number(edge->failed_count, "", text);
		return edge->failed_count ? ROLE_FAILED : ROLE_DIM;
	case EDGE_HANGING:
		if (edge->hanging_count)
			edge_row_write_number(edge->hanging_count, glyphs->ellipsis, text);
		return ROLE_HANGING;
	case EDGE_TX:
	case EDGE_RX:
		edge_row_write_number(figure == EDGE_TX ? edge->tx_bytes : edge->rx_bytes, "",
				      text);
		break;
	case EDGE_RATE:
		if (row->rate)
			edge_row_write_number(row->rate, "/s", text);
		break;
	case EDGE_LATENCY:
		if (edge->latency_count)
			text_short_duration(edge->latency_sum_us / edge->latency_count * 1000,
					    text);
		break;
	case EDGE_FIRST:
		text_short_age(context_now(context, edge->subject->node_index), edge->first_ns,
			       text);
		return ROLE_DIM;
	case EDGE_AGO:
	case EDGE_LAST:
		text_short_age(context_now(context, edge->subject->node_index), edge->last_ns,
			       text);
		return figure == EDGE_AGO ? ROLE_DIM : plain;
	}
	return plain;
}

void edge_row_draw(const struct canvas *line, const struct edge_layout *layout,
		   const struct context *context, const struct edge_row *row)
{
	const struct edge *edge = row->edge;
	bool left_out = exclusions_contain(context->exclusions, edge);
	bool denied = verdicts_judge(context->verdicts, edge) == EVALUATE_DENIED;
	const char *mark = cell_new(context, edge);
	int room = (denied ? 2 : 0) + (*mark ? (int)strlen(mark) + 1 : 0);
	int column = PEER_COLUMN + layout->peer_width + 1;
	char text[CELL_SIZE];
	int used;

	canvas_text(line, 0, 1, 1, cell_arrow_role(edge->direction),
		    left_out ? "-" : cell_arrow(line->glyphs, edge->direction));
	cell_edge_peer(context->state, edge, text);
	if (left_out)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (left out)");
	used = canvas_text(line, 0, PEER_COLUMN, layout->peer_width - room,
			   (left_out ? ROLE_DIM : ROLE_PEER) | CANVAS_MIDDLE, text);
	if (denied)
		used += 1 + canvas_text(line, 0, PEER_COLUMN + used + 1, 1, ROLE_DENIED,
					line->glyphs->denied);
	if (*mark)
		canvas_text(line, 0, PEER_COLUMN + used + 1, (int)strlen(mark), ROLE_NEW, mark);
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		enum role role;

		if (!(layout->figures & columns[i].figure))
			continue;
		role = edge_row_write_figure(columns[i].figure, context, row,
					     left_out ? ROLE_DIM : ROLE_TEXT, text);
		if (*text)
			canvas_text(line, 0, column, columns[i].width, role | CANVAS_RIGHT, text);
		column += columns[i].width + 1;
	}
}
