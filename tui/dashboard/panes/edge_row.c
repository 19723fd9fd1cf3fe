/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/edge_row.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "tui/dashboard/table/cells.h"

#define PEER_COLUMN 3 /* after the cursor and the arrow */

static const struct {
	enum edge_figure figure;
	int width;
	const char *title;
} columns[] = {
	{EDGE_PORT, 10, "PORT"},  {EDGE_CONNECTIONS, 6, "CONN"}, {EDGE_FAILED, 6, "FAIL"},
	{EDGE_FIRST, 6, "FIRST"}, {EDGE_LAST, 6, "LAST"},
};

void edge_row_draw_heading(const struct canvas *line, const struct edge_layout *layout)
{
	int column = PEER_COLUMN + layout->peer_width + 1;

	canvas_text(line, 0, PEER_COLUMN, layout->peer_width, ROLE_COLUMN,
		    layout->by_subject ? "FROM OR TO" : "PEER");
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		if (!(layout->figures & columns[i].figure))
			continue;
		canvas_text(line, 0, column, columns[i].width, ROLE_COLUMN | CANVAS_RIGHT,
			    columns[i].title);
		column += columns[i].width + 1;
	}
}

/* Writes a figure. Returns the role of the figure, which is `plain` unless the figure has its
 * own. */
static enum role edge_row_write_figure(enum edge_figure figure, const struct context *context,
				       const struct edge_row *row, enum role plain,
				       char text[CELL_SIZE])
{
	const struct edge *edge = &row->shown;

	text[0] = '\0';
	switch (figure) {
	case EDGE_PORT:
		cell_port(row->edge, text);
		break;
	case EDGE_CONNECTIONS:
		text_short_number(edge->conn_count, text);
		break;
	case EDGE_FAILED:
		text_short_number(edge->failed_count, text);
		return edge->failed_count ? ROLE_FAILED : ROLE_DIM;
	case EDGE_FIRST:
		text_short_age(context_now(context, edge->subject->node_index), edge->first_ns,
			       text);
		return ROLE_DIM;
	case EDGE_LAST:
		text_short_age(context_now(context, edge->subject->node_index), edge->last_ns,
			       text);
		return plain;
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
	unsigned int role = left_out        ? ROLE_DIM
			    : layout->links ? ROLE_LINK | CANVAS_LINK
					    : ROLE_PEER;
	char text[CELL_SIZE];
	int used;

	canvas_text(line, 0, 1, 1, cell_arrow_role(edge->direction),
		    left_out ? "-" : cell_arrow(line->glyphs, edge->direction));
	if (layout->by_subject)
		snprintf(text, sizeof(text), "%s", edge->subject->display);
	else
		cell_edge_peer(context->state, edge, text);
	if (left_out)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (left out)");
	used = canvas_text(line, 0, PEER_COLUMN, layout->peer_width - room, role | CANVAS_MIDDLE,
			   text);
	if (denied)
		used += 1 + canvas_text(line, 0, PEER_COLUMN + used + 1, 1, ROLE_DENIED,
					line->glyphs->denied);
	if (*mark)
		canvas_text(line, 0, PEER_COLUMN + used + 1, (int)strlen(mark), ROLE_NEW, mark);
	for (size_t i = 0; i < ARRAY_LENGTH(columns); i++) {
		enum role figure_role;

		if (!(layout->figures & columns[i].figure))
			continue;
		figure_role = edge_row_write_figure(columns[i].figure, context, row,
						    left_out ? ROLE_DIM : ROLE_TEXT, text);
		if (*text)
			canvas_text(line, 0, column, columns[i].width, figure_role | CANVAS_RIGHT,
				    text);
		column += columns[i].width + 1;
	}
}
