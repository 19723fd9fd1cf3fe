/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/connections_draw.h"

#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/connections_state.h"

#define FILTER_COLUMNS 118

static int connections_draw_title_count(const struct connections *connections,
					const struct canvas *canvas, int column, enum role role)
{
	char matching[32];
	char total[32];
	size_t count = rows_count(connections->rows);

	cell_count(count, matching, sizeof(matching));
	cell_count(rows_total(connections->rows), total, sizeof(total));
	column = canvas_print(canvas, 0, column, role, " Connections");
	if (row_query_is_plain(&connections->query))
		return canvas_print(canvas, 0, column, role, " %s ", matching);
	return canvas_print(canvas, 0, column, role, " %s of %s ", matching, total);
}

static int connections_draw_title_query(const struct connections *connections,
					const struct context *context, const struct canvas *canvas,
					int column)
{
	const struct row_query *query = &connections->query;

	/* The header has little room for it on a narrow screen. */
	if (*context->filter_text && canvas->area.columns < FILTER_COLUMNS)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "/%s ", context->filter_text);
	if (query->problems)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "problems ");
	if (query->namespace_name)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "in %s ",
				      query->namespace_name);
	if (query->subject)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "only %s ",
				      query->subject->display);
	if (query->edge) {
		char peer[CELL_SIZE];

		cell_edge_peer(context->state, query->edge, peer);
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "%s %s port %u ",
				      query->edge->direction == FLOW_INGRESS
					      ? context->glyphs->ingress
					      : context->glyphs->egress,
				      peer, query->edge->port);
	}
	if (query->hide_closed)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "no closed ");
	if (connections->wide)
		column = canvas_print(canvas, 0, column, ROLE_DIM, "wide%s ",
				      connections->layout.more || connections->pan
					      ? ": left and right for more"
					      : "");
	if (query->sort) {
		const char *heading = table_layout_heading(query->sort, &connections->facts);

		column = canvas_print(canvas, 0, column, ROLE_DIM, "by %s%s ",
				      *heading ? heading : context->glyphs->egress,
				      query->inverted ? " inverted" : "");
	} else if (query->inverted) {
		column = canvas_print(canvas, 0, column, ROLE_DIM, "oldest first ");
	}
	return column;
}

int connections_title(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused)
{
	const struct connections *connections = view;
	uint64_t newer = rows_newer(connections->rows, connections->seen);
	char count[32];
	int column = connections_draw_title_count(connections, canvas, 0,
						  focused ? ROLE_TITLE_FOCUS : ROLE_TITLE);

	column = connections_draw_title_query(connections, context, canvas, column);
	if (session_hides_host(context->session))
		column = canvas_print(canvas, 0, column, ROLE_DIM, "host hidden (H) ");
	cell_count(newer, count, sizeof(count));
	if (context->paused)
		column = canvas_print(canvas, 0, column, ROLE_PAUSED, "paused +%s ", count);
	else if (newer && !connections->following)
		column = canvas_print(canvas, 0, column, ROLE_NEW, "+%s new ", count);
	return column;
}

static void connections_draw_headings(const struct connections *connections,
				      const struct canvas *canvas)
{
	for (size_t i = 0; i < connections->layout.count; i++) {
		const struct table_slot *slot = &connections->layout.slots[i];
		bool sorted = slot->column == connections->query.sort;
		const char *heading = table_layout_heading(slot->column, &connections->facts);

		canvas_text(canvas, 0, slot->start, slot->width,
			    (sorted ? ROLE_COLUMN_SORT : ROLE_COLUMN) |
				    (slot->column->right ? CANVAS_RIGHT : 0),
			    *heading ? heading : canvas->glyphs->egress);
	}
}

/* The state, and behind it the sign of what a loaded policy would deny. */
static void connections_draw_state(const struct context *context, const struct canvas *line,
				   const struct table_slot *slot, const struct conn *conn,
				   enum role role, const char *text)
{
	int width = slot->width;

	if (verdicts_judge(context->verdicts, conn->edge) == EVALUATE_DENIED) {
		width = canvas_text(line, 0, slot->start, width - 2, role, text) + 1;
		canvas_text(line, 0, slot->start + width, 1, ROLE_DENIED, line->glyphs->denied);
		return;
	}
	canvas_text(line, 0, slot->start, width, role | CANVAS_MIDDLE, text);
}

static void connections_draw_row(const struct connections *connections,
				 const struct context *context, const struct canvas *canvas,
				 int row, const struct conn *conn)
{
	char text[CELL_SIZE];
	struct cell_context cells = {
		.state = context->state, .glyphs = context->glyphs, .now_ns = context->now_ns};
	struct canvas line = canvas_part(canvas, row, 0, 1, canvas->area.columns);

	line.selected = conn->sequence == connections->cursor;
	if (line.selected) {
		canvas_blank(&line, 0, 0, line.area.columns, ROLE_TEXT);
		canvas_text(&line, 0, 0, 1, ROLE_TITLE_FOCUS, line.glyphs->cursor);
	}
	for (size_t i = 0; i < connections->layout.count; i++) {
		const struct table_slot *slot = &connections->layout.slots[i];
		unsigned int flags = slot->column->right ? CANVAS_RIGHT : CANVAS_MIDDLE;
		enum role role = cell_text(&cells, conn, slot->column, text);

		if (slot->column->table.has_sign)
			connections_draw_state(context, &line, slot, conn, role, text);
		else
			canvas_text(&line, 0, slot->start, slot->width, role | flags, text);
	}
}

static void connections_draw_empty(const struct connections *connections,
				   const struct context *context, const struct canvas *canvas)
{
	const struct row_query *query = &connections->query;
	int column = 2;

	if (session_hides_host(context->session))
		canvas_print(canvas, 2, column, ROLE_DIM,
			     "the host's own processes are hidden beside containers: H shows them");
	if (rows_total(connections->rows) == 0 && context->ended)
		canvas_print(canvas, 1, column, ROLE_DIM,
			     "there are no connections in this recording: q to quit");
	else if (rows_total(connections->rows) == 0)
		canvas_print(canvas, 1, column, ROLE_DIM,
			     "no connections yet: start something, it appears here at once");
	else if (*context->filter_text)
		canvas_print(
			canvas, 1, column, ROLE_DIM,
			"nothing matches /%s: press Esc to clear the filter, or / to change it",
			context->filter_text);
	else if (query->problems)
		canvas_print(canvas, 1, column, ROLE_DIM,
			     context->verdicts
				     ? "no problems: nothing failed, hangs or is denied; ! shows "
				       "everything again"
				     : "no problems: nothing failed and nothing hangs; ! shows "
				       "everything again");
	else if (query->hide_closed)
		canvas_print(canvas, 1, column, ROLE_DIM,
			     "nothing is open: press c to show closed connections");
	else if (query->namespace_name || query->subject || query->edge)
		canvas_print(canvas, 1, column, ROLE_DIM,
			     "nothing here: press Esc to show everything");
	else
		canvas_print(canvas, 1, column, ROLE_DIM,
			     "nothing passes the filter of the command line yet");
}

void connections_draw(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused)
{
	struct connections *connections = view;
	(void)focused;
	table_layout_choose(&connections->facts, canvas->area.columns, connections->wide,
			    connections->pan, &connections->layout);
	connections_draw_headings(connections, canvas);
	if (connections->visible_count == 0)
		connections_draw_empty(connections, context, canvas);
	for (size_t i = 0; i < connections->visible_count; i++)
		connections_draw_row(connections, context, canvas, (int)i + 1,
				     &connections->visible[i]);
}
