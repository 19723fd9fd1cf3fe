/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/connections.h"
#include "tui/dashboard/table/place.h"
#include "tui/dashboard/view/highlight.h"
#include "tui/dashboard/view/scope.h"

/* Blanks before the rows below an unfolded row. */
#define MEMBER_INDENT 2

static void connections_draw_title_count(const struct connections *table, struct canvas *line)
{
	enum role role = line->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	size_t rows = rows_count(&table->rows);
	size_t matched = rows_matched(&table->rows);
	size_t total = rows_total(&table->rows);
	char count[CELL_COUNT_SIZE];

	canvas_add(line, role, " Connections ");
	/* If no row stands for several connections, there are as many rows as connections. */
	if (rows != matched) {
		cell_count(rows, count);
		canvas_add(line, role, "%s row%s of ", count, rows == 1 ? "" : "s");
	}
	cell_count(matched, count);
	canvas_add(line, role, "%s ", count);
	/* A pause may keep fewer connections than there are, see ROW_SOURCE_FROZEN_MAX. */
	if (matched != total || (rows == matched && !row_query_is_plain(&table->query))) {
		cell_count(total, count);
		canvas_add(line, role, "of %s ", count);
	}
	if (rows_evicted(&table->rows)) {
		cell_count(rows_evicted(&table->rows), count);
		canvas_add(line, ROLE_HANGING, "+%s evicted ", count);
	}
}

static void connections_draw_title_query(const struct connections *table,
					 const struct context *context, struct canvas *line)
{
	const struct row_query *query = &table->query;
	bool pans = table->layout.more || table->pan > 0;
	char peer[CELL_SIZE];
	char count[CELL_COUNT_SIZE];

	/* The header shows the filter only if it has room for the whole filter. */
	if (*context->filter_text)
		canvas_add(line, ROLE_FILTER, "/%s ", context->filter_text);
	if (query->problems)
		canvas_add(line, ROLE_FILTER, "problems ");
	if (query->namespace_name) {
		canvas_add(line, ROLE_FILTER, "in %s ", query->namespace_name);
		cell_count(state_group_sums(context->state, SCOPE_HIDDEN_NAMESPACE)->connections,
			   count);
		canvas_add(line, ROLE_DIM, "(%s hidden) ", count);
	}
	if (query->subject)
		canvas_add(line, ROLE_FILTER, "only %s ", query->subject->display);
	if (query->edge) {
		cell_edge_peer(context->state, query->edge, peer);
		canvas_add(line, ROLE_FILTER, "%s %s port %u ",
			   cell_arrow(context->glyphs, query->edge->direction), peer,
			   query->edge->port);
	}
	if (query->hide_closed)
		canvas_add(line, ROLE_FILTER, "no closed ");
	if (table->wide)
		canvas_add(line, ROLE_DIM, "wide%s ", pans ? ": left and right for more" : "");
	else if (pans)
		canvas_add(line, ROLE_DIM, "left and right for more ");
	if (query->sort) {
		const char *heading = table_layout_heading(query->sort, &table->facts);

		canvas_add(line, ROLE_DIM, "by %s%s ", *heading ? heading : context->glyphs->egress,
			   query->inverted ? " inverted" : "");
	} else if (query->inverted) {
		canvas_add(line, ROLE_DIM, "oldest first ");
	}
}

/* Draws the number of connections so far that are out of scope, by reason. The number of those in
 * other namespaces is drawn after the name of the namespace. Hidden processes are mentioned even if
 * they have no connections, because later ones would be hidden. */
static void connections_draw_title_hidden(const struct context *context, struct canvas *line)
{
	uint64_t host = state_group_sums(context->state, SCOPE_HIDDEN_HOST)->connections;
	uint64_t options = state_group_sums(context->state, SCOPE_HIDDEN_OPTIONS)->connections;
	char count[CELL_COUNT_SIZE];

	if (session_hides_host(context->session)) {
		cell_count(host, count);
		canvas_add(line, ROLE_DIM, "%s hidden: host processes (H) ", count);
	}
	if (options > 0) {
		cell_count(options, count);
		canvas_add(line, ROLE_DIM, "%s hidden: options ", count);
	}
}

static void connections_draw_place(const struct connections *table, struct canvas *line)
{
	bool pinned = table->selected != CONNECTIONS_LISTED;

	/* A row that is only pinned is not counted. */
	place_draw(line, "", table->following ? 0 : rows_index(&table->rows, table->top),
		   table->visible_count - (pinned && table->visible_count > 0),
		   rows_count(&table->rows));
}

void connections_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct connections *table = view;
	uint64_t newer = rows_newer(&table->rows, table->seen);
	char count[CELL_COUNT_SIZE];

	connections_draw_title_count(table, line);
	connections_draw_title_query(table, context, line);
	cell_count(newer, count);
	if (table->marks.count > 0)
		canvas_add(line, ROLE_FILTER, "%zu marked ", table->marks.count);
	if (context->paused)
		canvas_add(line, ROLE_PAUSED, "paused +%s ", count);
	else if (newer && !table->following)
		canvas_add(line, ROLE_NEW, "+%s new ", count);
	if (table->selected == CONNECTIONS_EVICTED)
		canvas_add(line, ROLE_HANGING, "selected row: evicted ");
	else if (table->selected == CONNECTIONS_EMPTY)
		canvas_add(line, ROLE_DIM, "selected row: no connections left ");
	else if (table->selected == CONNECTIONS_UNMATCHED)
		canvas_add(line, ROLE_DIM, "selected row: no longer matches ");
	connections_draw_title_hidden(context, line);
	connections_draw_place(table, line);
}

/* Draws the arrow of the sorted column beside its heading, on the side that has room: the blank
 * between two columns is free in this row. */
static void connections_draw_arrow(const struct connections *table, const struct canvas *canvas,
				   const struct table_slot *slot, int columns)
{
	bool down = column_sorts_down(slot->column) != table->query.inverted;
	int column = slot->column->right ? slot->start + slot->width - columns - 1
					 : slot->start + columns;

	if (column > canvas->area.columns - 1)
		column = canvas->area.columns - 1;
	canvas_text(canvas, 0, column < 0 ? 0 : column, 1, ROLE_COLUMN_SORT,
		    down ? canvas->glyphs->falling : canvas->glyphs->rising);
}

static void connections_draw_headings(const struct connections *table, const struct canvas *canvas)
{
	for (size_t i = 0; i < table->layout.count; i++) {
		const struct table_slot *slot = &table->layout.slots[i];
		bool sorted = slot->column == table->query.sort;
		const char *heading = table_layout_heading(slot->column, &table->facts);
		int columns;

		heading = *heading ? heading : canvas->glyphs->egress;
		columns = (int)text_width(heading);
		canvas_text(canvas, 0, slot->start, slot->width,
			    (sorted ? ROLE_COLUMN_SORT : ROLE_COLUMN) |
				    (slot->column->right ? CANVAS_RIGHT : 0),
			    heading);
		if (sorted)
			connections_draw_arrow(table, canvas, slot,
					       columns < slot->width ? columns : slot->width);
	}
}

/* Marks what the filter matches in a cell. */
static void connections_mark(const struct context *context, const struct canvas *line,
			     const struct table_slot *slot, int width, unsigned int flags,
			     const char *text)
{
	const struct highlight_place place = {slot->start, width, flags};

	highlight_draw(line, &place, context->filter, highlight_fields(slot->column->field), text);
}

/* Draws the state, then the sign of a connection that a loaded policy would deny, and the mark of a
 * new destination. */
static void connections_draw_state(const struct context *context, const struct canvas *line,
				   const struct table_slot *slot, const struct conn *conn,
				   enum role role, const char *text)
{
	const char *mark = cell_new(context, conn->edge);
	bool denied = verdicts_judge(context->verdicts, conn->edge) == EVALUATE_DENIED;
	int room = (denied ? 2 : 0) + (*mark ? (int)strlen(mark) + 1 : 0);
	int at = slot->start;

	at += canvas_text(line, 0, at, slot->width - room,
			  room ? (unsigned int)role : role | CANVAS_MIDDLE, text);
	connections_mark(context, line, slot, slot->width - room, room ? 0 : CANVAS_MIDDLE, text);
	if (denied)
		at += 1 + canvas_text(line, 0, at + 1, 1, ROLE_DENIED, line->glyphs->denied);
	if (*mark)
		canvas_text(line, 0, at + 1, (int)strlen(mark), ROLE_NEW, mark);
}

static bool connections_show_count(const struct connections *table)
{
	for (size_t i = 0; i < table->layout.count; i++)
		if (table->layout.slots[i].column->table.needs & COLUMN_NEEDS_REPEATS)
			return true;
	return false;
}

/* Adds the number of connections to a state. Without it, a row would look like one connection if
 * the user has not chosen its column. */
static void connections_add_count(const struct context *context, const struct row *row,
				  char text[CELL_SIZE])
{
	size_t length = strlen(text);
	char number[TEXT_NUMBER_SIZE];

	uint64_t count = row->fold.rows > 1 ? row->fold.count : conn_connections(&row->conn);
	if (count < 2)
		return;
	text_short_number(count, number);
	snprintf(text + length, CELL_SIZE - length, " %s%s", context->glyphs->times, number);
}

static void connections_draw_row(const struct connections *table, const struct context *context,
				 const struct canvas *line, const struct row *row)
{
	bool gone = row->id == table->cursor && (table->selected == CONNECTIONS_EVICTED ||
						 table->selected == CONNECTIONS_EMPTY);
	char text[CELL_SIZE];
	const struct cell_context cells = {
		.state = context->state,
		.glyphs = context->glyphs,
		.fold = row->fold.rows > 1 ? &row->fold : NULL,
		.now_ns = context->now_ns,
	};

	for (size_t i = 0; i < table->layout.count; i++) {
		struct table_slot slot = table->layout.slots[i];
		unsigned int flags = slot.column->right ? CANVAS_RIGHT : CANVAS_MIDDLE;
		enum role role = cell_text(&cells, &row->conn, slot.column, text);

		if (gone)
			role = ROLE_DIM;
		if (row->is_member && i == 0 && slot.width > MEMBER_INDENT) {
			slot.start += MEMBER_INDENT;
			slot.width -= MEMBER_INDENT;
		}
		if (slot.column->table.has_sign) {
			if (!connections_show_count(table))
				connections_add_count(context, row, text);
			connections_draw_state(context, line, &slot, &row->conn, role, text);
			continue;
		}
		canvas_text(line, 0, slot.start, slot.width, role | flags, text);
		connections_mark(context, line, &slot, slot.width, flags, text);
	}
}

/* Returns the reason why the table has no rows. */
static const char *connections_empty_reason(const struct connections *table,
					    const struct context *context)
{
	const struct row_query *query = &table->query;

	if (rows_total(&table->rows) == 0)
		return context->ended ? "there are no connections in this recording: q to quit"
				      : "no connections yet: start something, it appears here at "
					"once";
	if (query->problems && context->verdicts)
		return "no problems: nothing failed, hangs or is denied; ! shows everything again";
	if (query->problems)
		return "no problems: nothing failed and nothing hangs; ! shows everything again";
	if (query->hide_closed)
		return "nothing is open: press c to show closed connections";
	if (query->namespace_name || query->subject || query->edge)
		return "nothing here: press Esc to show everything";
	return "nothing passes the filter of the command line yet";
}

static void connections_draw_empty(const struct connections *table, const struct context *context,
				   const struct canvas *canvas)
{
	if (session_hides_host(context->session))
		canvas_print(canvas, 2, 2, ROLE_DIM,
			     "the host's own processes are hidden beside containers: H shows them");
	if (rows_total(&table->rows) && *context->filter_text)
		canvas_print(
			canvas, 1, 2, ROLE_DIM,
			"nothing matches /%s: press Esc to clear the filter, or / to change it",
			context->filter_text);
	else
		canvas_print(canvas, 1, 2, ROLE_DIM, "%s",
			     connections_empty_reason(table, context));
}

void connections_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct connections *table = view;

	const struct table_choice choice = {&table->columns, table->wide, table->pan};

	table_layout_choose(&table->facts, &choice, canvas->area.columns, &table->layout);
	connections_draw_headings(table, canvas);
	if (table->visible_count == 0)
		connections_draw_empty(table, context, canvas);
	for (size_t i = 0; i < table->visible_count; i++) {
		const struct row *row = &table->visible[i];
		struct canvas line = canvas_row(canvas, (int)i + 1, row->id == table->cursor);

		connections_draw_row(table, context, &line, row);
		if (marks_have(&table->marks, row->id))
			canvas_text(&line, 0, 0, 1, ROLE_GOOD, line.glyphs->check);
	}
}
