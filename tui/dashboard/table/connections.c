/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/connections.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/table/fold_setting.h"
#include "tui/dashboard/table/marked_rows.h"

void connections_clear(struct connections *table)
{
	rows_clear(&table->rows);
	free(STEAL(table->visible));
}

static void connections_follow(struct connections *table)
{
	table->following = true;
	table->cursor = 0;
	table->cursor_line = 0;
}

void connections_apply_query(struct connections *table)
{
	/* The user chose other rows, so do not keep a selected row that does not match. */
	table->pinned.id = 0;
	rows_query(&table->rows, &table->query);
}

void connections_restart(struct connections *table)
{
	connections_apply_query(table);
	connections_follow(table);
}

void connections_show(struct connections *table, uint64_t sequence)
{
	table->following = false;
	table->cursor = rows_id_of(&table->rows, sequence);
	table->top = table->cursor;
}

bool connections_show_all(struct connections *table)
{
	struct row_query *query = &table->query;

	if (!query->problems && !query->namespace_name && !query->subject && !query->edge)
		return false;
	query->problems = false;
	query->namespace_name = NULL;
	query->subject = NULL;
	query->edge = NULL;
	connections_apply_query(table);
	return true;
}

int connections_pause(struct connections *table, bool paused)
{
	if (paused)
		return rows_freeze(&table->rows, table->following ? 0 : table->top);
	rows_thaw(&table->rows);
	return 0;
}

static const struct row *connections_find_visible(const struct connections *table, uint64_t id)
{
	for (size_t i = 0; i < table->visible_count; i++) {
		if (table->visible[i].id == id)
			return &table->visible[i];
	}
	return NULL;
}

const struct row *connections_selected_row(const struct connections *table)
{
	const struct row *row = connections_find_visible(table, table->cursor);

	if (row)
		return row;
	return table->visible_count ? &table->visible[0] : NULL;
}

const struct conn *connections_selected(const struct connections *table)
{
	const struct row *row = connections_selected_row(table);

	return row ? &row->conn : NULL;
}

bool connections_tick(const struct connections *table)
{
	for (size_t i = 0; i < table->visible_count; i++) {
		if (table->visible[i].conn.phase == CONN_ATTEMPT)
			return true;
	}
	return false;
}

/* Sets the number of visible rows. The minimum is one, so that the cursor can move even if no row
 * is drawn. A hidden table has no rows on the screen, and keeps its height until it is shown. */
static void connections_resize(struct connections *table, int rows)
{
	size_t height = rows > 2 ? (size_t)rows - 1 : 1;
	struct row *grown;

	if (height == table->height || (rows <= 0 && table->height > 0))
		return;
	grown = reallocarray(table->visible, height, sizeof(*grown));
	if (!grown)
		return;
	table->visible = grown;
	table->height = height;
	if (table->visible_count > height)
		table->visible_count = height;
}

static bool connections_peer_has_name(const struct context *context, const struct conn *conn)
{
	struct flow_names names;

	conn_view_names(context->state, conn, &names);
	return names.peer_name || names.dns;
}

/* Sets the facts that are true of a visible row. A fact stays set afterwards, because its columns
 * would otherwise appear and disappear as rows change. */
static void connections_update_facts(struct connections *table, const struct context *context)
{
	table->facts.policies = context->verdicts != NULL;
	table->facts.baseline = novelty_baseline(session_novelty(context->session)) != NULL;
	table->facts.pods |= workloads_count(state_workloads(context->state), RECORD_POD) > 0;
	for (size_t i = 0; i < table->visible_count; i++) {
		const struct conn *conn = &table->visible[i].conn;
		const struct subject *subject = conn->subject;
		const char *node = state_node(context->state, subject);

		if (!table->facts.names)
			table->facts.names = connections_peer_has_name(context, conn);
		table->facts.drops |= (conn->flow.has & FLOW_HAS_DROPS) != 0;
		table->facts.pods |= subject->kind == SUBJECT_POD;
		table->facts.containers |= subject->kind == SUBJECT_CONTAINER || subject->container;
		if (!table->first_node)
			table->first_node = node;
		table->facts.nodes |=
			node && table->first_node && strcmp(node, table->first_node) != 0;
	}
	table->repeats |= rows_count(&table->rows) < rows_matched(&table->rows);
	table->facts.repeats = table->query.folded && table->repeats;
}

static void connections_copy_visible(struct connections *table)
{
	table->visible_count = rows_copy(&table->rows, table->top, table->visible, table->height);
}

/* Moves the last row down to the last line, unless there are fewer rows than lines. */
static void connections_fill(struct connections *table)
{
	if (table->visible_count >= table->height)
		return;
	table->top =
		rows_step(&table->rows, table->top, -(long)(table->height - table->visible_count));
	connections_copy_visible(table);
}

/* Returns the screen line on which to keep the selected row after table->rows has dropped it. */
static size_t connections_pinned_line(const struct connections *table)
{
	const struct row_query *query = &table->query;
	size_t line = 0;

	if (query->sort || query->folded) {
		line = table->cursor_line;
	} else {
		while (line < table->visible_count &&
		       (table->visible[line].id > table->cursor) != query->inverted)
			line++;
	}
	if (line > table->visible_count)
		line = table->visible_count;
	return line < table->height ? line : table->height - 1;
}

/* Returns why table->rows has dropped the selected row. Copies its connection if the state has
 * it. */
static enum connections_selection connections_dropped(struct connections *table)
{
	const struct state *state = table->rows.source.state;
	const struct conn *conn;

	if (row_is_bundle(table->cursor))
		return state_find_bundle(state, table->cursor & ~ROW_BUNDLE) ? CONNECTIONS_UNMATCHED
									     : CONNECTIONS_EMPTY;
	conn = state_find(state, table->cursor);
	if (conn && !table->rows.source.frozen)
		table->pinned.conn = *conn;
	return conn ? CONNECTIONS_UNMATCHED : CONNECTIONS_EVICTED;
}

/* Inserts the selected row, which table->rows has dropped, among the visible rows. */
static void connections_insert_pinned(struct connections *table)
{
	size_t line = connections_pinned_line(table);

	table->selected = connections_dropped(table);
	table->cursor_line = line;
	if (table->visible_count < table->height)
		table->visible_count++;
	memmove(&table->visible[line + 1], &table->visible[line],
		(table->visible_count - line - 1) * sizeof(*table->visible));
	table->visible[line] = table->pinned;
}

/* Makes the row of the cursor visible, as near to its former line of the screen as it fits. */
static void connections_scroll_to_cursor(struct connections *table)
{
	if (table->cursor_line >= table->height)
		table->cursor_line = table->height - 1;
	table->top = rows_step(&table->rows, table->cursor, -(long)table->cursor_line);
	connections_copy_visible(table);
	connections_fill(table);
}

/*
 * Finds the row of the cursor. If the row is listed but not visible, for example because the table
 * became lower, scrolls to it. If table->rows has dropped that row because its connection was
 * evicted or does not match any more, keeps the row in its place until the cursor moves. Otherwise
 * a key would act on another connection. If the row was dropped because the query changed, moves
 * the cursor to the row that is now on the same line of the screen.
 */
static void connections_restore_cursor(struct connections *table)
{
	const struct row *row = connections_find_visible(table, table->cursor);

	table->selected = CONNECTIONS_LISTED;
	if (table->cursor == 0 || table->height == 0)
		return;
	if (!row && rows_have(&table->rows, table->cursor)) {
		connections_scroll_to_cursor(table);
		row = connections_find_visible(table, table->cursor);
	}
	if (row) {
		table->cursor_line = (size_t)(row - table->visible);
		table->pinned = *row;
		return;
	}
	if (table->pinned.id == table->cursor) {
		connections_insert_pinned(table);
		return;
	}
	if (table->visible_count == 0)
		return;
	if (table->cursor_line >= table->visible_count)
		table->cursor_line = table->visible_count - 1;
	table->cursor = table->visible[table->cursor_line].id;
	table->pinned = table->visible[table->cursor_line];
}

/* Selects the newest row after the sources have ended, because no newer row can come. */
static void connections_end_following(struct connections *table)
{
	/* A scan gives the same order in each replay, whatever frames came before. */
	connections_apply_query(table);
	rows_settle(&table->rows);
	table->following = false;
	table->chosen = false;
	table->cursor = rows_first(&table->rows);
	table->top = table->cursor;
	table->seen = rows_newest(&table->rows);
}

/* Keeps the visible rows of a folded table where they are, although rows above them or between them
 * come and go. If the cursor is visible, its row stays on its line. */
static void connections_hold_rows(struct connections *table)
{
	const struct row *row = connections_find_visible(table, table->cursor);

	if (row && rows_have(&table->rows, row->id)) {
		table->top = rows_step(&table->rows, row->id, -(long)(row - table->visible));
		return;
	}
	for (size_t i = 0; i < table->visible_count; i++) {
		if (!rows_have(&table->rows, table->visible[i].id))
			continue;
		table->top = table->visible[i].id;
		return;
	}
}

/* Finds the first visible row, and notes that rows above it are not seen. */
static void connections_update_top(struct connections *table)
{
	if (table->following) {
		table->top = rows_first(&table->rows);
		table->seen = rows_newest(&table->rows);
	} else {
		/* Otherwise, a key has just changed `top`. */
		if (table->query.folded && table->top == table->drawn_top)
			connections_hold_rows(table);
		table->top = rows_nearest(&table->rows, table->top);
		if (!table->query.folded && table->top > table->seen)
			table->seen = table->top;
	}
	if (table->top == rows_first(&table->rows))
		rows_see(&table->rows);
}

static void connections_update(void *view, struct context *context, int rows)
{
	struct connections *table = view;

	connections_resize(table, rows);
	rows_update(&table->rows,
		    &(struct rows_time){.monotonic_ns = context->monotonic_ns,
					.now_ns = context->now_ns},
		    table->following);
	if (table->following && context->ended && rows_count(&table->rows) > 0)
		connections_end_following(table);
	connections_update_top(table);
	connections_copy_visible(table);
	if (!table->following)
		connections_fill(table);
	connections_restore_cursor(table);
	table->drawn_top = table->top;
	connections_update_facts(table, context);
}

static void connections_put_cursor(struct connections *table, uint64_t id, bool downwards)
{
	table->cursor = id;
	table->chosen = true;
	if (connections_find_visible(table, id))
		return;
	table->top = id;
	if (downwards && table->height > 1)
		table->top = rows_step(&table->rows, id, -(long)(table->height - 1));
}

/* Steps from the selected row. If the row is only pinned, steps from a neighbour. */
static uint64_t connections_step(const struct connections *table, long delta)
{
	size_t line = table->cursor_line;
	long direction = delta < 0 ? -1 : 1;
	bool above = line > 0;
	bool below = line + 1 < table->visible_count;

	if (table->selected == CONNECTIONS_LISTED || delta == 0 || (!above && !below))
		return rows_step(&table->rows, table->cursor, delta);
	/* Prefer the neighbour on the side away from the target. rows_step does not count the
	 * pinned row, so this neighbour is as far from the target as the pinned row. The
	 * neighbour on the other side is already the first step. */
	if (delta > 0 ? above : below)
		return rows_step(&table->rows, table->visible[line - (size_t)direction].id, delta);
	return rows_step(&table->rows, table->visible[line + (size_t)direction].id,
			 delta - direction);
}

static void connections_move_cursor(struct connections *table, long delta)
{
	if (table->following) {
		/* There was no cursor. Selecting the first visible row counts as the first step. */
		table->following = false;
		table->cursor = table->top;
		table->chosen = true;
		if (delta <= 1)
			return;
		delta--;
	}
	connections_put_cursor(table, connections_step(table, delta), delta > 0);
}

static void connections_move_to_end(struct connections *table, bool last)
{
	table->following = false;
	if (!last && (table->query.sort || table->query.inverted || table->query.folded))
		connections_apply_query(table);
	rows_settle(&table->rows);
	connections_put_cursor(table, last ? rows_last(&table->rows) : rows_first(&table->rows),
			       last);
}

void connections_sort(struct connections *table, const struct column *column)
{
	table->query.sort = column;
	connections_restart(table);
}

void connections_choose_columns(struct connections *table, const struct column_list *list)
{
	table->columns = *list;
	table->wide = false;
	table->pan = 0;
}

/* Shows the next columns to one side. Says so if none is hidden there. */
static void connections_pan(struct connections *table, struct context *context, bool right)
{
	bool pans = right ? table->layout.more : table->pan > 0;

	if (!pans)
		context_note(context, right ? "no column is hidden to the right"
					    : "no column is hidden to the left");
	else
		table->pan += right ? 1 : -1;
}

/* Shows or hides the host's own processes. Says so if that is not possible. */
static void connections_switch_host(struct context *context)
{
	bool hidden = session_hides_host(context->session);

	session_show_host(context->session, hidden);
	if (session_hides_host(context->session) == hidden)
		context_note(context,
			     context->options->host
				     ? "processes outside containers stay: --host was given"
				     : "processes outside containers stay: no container "
				       "ran at the start");
}

static bool connections_act_move(struct connections *table, struct context *context,
				 enum action action)
{
	const struct list_cursor list = {.height = table->height};
	long delta;

	switch (action) {
	case ACTION_FIRST:
	case ACTION_LAST:
		connections_move_to_end(table, action == ACTION_LAST);
		return true;
	case ACTION_LEFT:
	case ACTION_RIGHT:
		connections_pan(table, context, action == ACTION_RIGHT);
		return true;
	default:
		if (!list_cursor_delta(&list, action, &delta))
			return false;
		connections_move_cursor(table, delta);
		return true;
	}
}

/* Marks the selected row, or removes its mark, and goes to the next row. */
static void connections_mark(struct connections *table, struct context *context)
{
	const struct row *row = connections_selected_row(table);

	if (!row)
		return;
	if (!marks_toggle(&table->marks, row->id)) {
		context_note(context, "%d rows are marked already: no more fit", MARKS_MAX);
		return;
	}
	/* The first row counts as selected while no row has the cursor. */
	if (table->following)
		connections_move_cursor(table, 1);
	connections_move_cursor(table, 1);
}

/* Removes all marks, also those of rows that a filter hides. */
static void connections_unmark(struct connections *table, struct context *context)
{
	struct marked_rows marked;

	marked_rows_find(&table->rows, &table->marks, &marked);
	if (marked.hidden)
		context_note(context, "the marks are removed, also of %zu row%s not shown",
			     marked.hidden, marked.hidden == 1 ? " that is" : "s that are");
	else if (table->marks.count)
		context_note(context, "the marks are removed");
	else
		context_note(context, "no row was marked: %s marks one",
			     keymap_binding(ACTION_MARK)->name);
	table->marks.count = 0;
}

void connections_set_folded(struct connections *table, bool folded)
{
	const struct row *row = table->following ? NULL : connections_selected_row(table);

	/* The selected row becomes that of its connection, or of the connection's bundle. */
	table->query.folded = folded;
	connections_apply_query(table);
	rows_settle(&table->rows);
	if (row)
		connections_show(table, row->conn.sequence);
}

/* Unfolds the selected row or folds it. On a connection of an unfolded row, folds that row and
 * selects it. Returns false if the table is not folded. */
static bool connections_fold(struct connections *table, struct context *context)
{
	const struct row *row = connections_selected_row(table);
	struct row_folds *folds = &table->rows.folds;
	uint64_t id;

	if (!table->query.folded)
		return false;
	if (!row)
		return true;
	id = row->is_member ? rows_id_of(&table->rows, row->conn.sequence) : row->id;
	if (row->fold.rows < 2 && !row_folds_is_unfolded(folds, id)) {
		context_note(context, "one connection: there is nothing to unfold");
		return true;
	}
	table->following = false;
	table->chosen = true;
	table->cursor = id;
	row_folds_toggle(folds, id);
	rows_scan_soon(&table->rows);
	return true;
}

/* Folds the rows that are unfolded. If all rows are folded, unfolds all, and the other way round.
 */
static void connections_fold_all(struct connections *table, struct context *context)
{
	if (table->query.folded && row_folds_fold_all(&table->rows.folds)) {
		const struct row *row = connections_selected_row(table);
		if (row && row->is_member)
			table->cursor = rows_id_of(&table->rows, row->conn.sequence);
		rows_scan_soon(&table->rows);
		return;
	}
	connections_set_folded(table, !table->query.folded);
	fold_setting_save(context, table->query.folded);
}

static bool connections_act(void *view, struct context *context, enum action action)
{
	struct connections *table = view;

	switch (action) {
	case ACTION_MARK:
		connections_mark(table, context);
		return true;
	case ACTION_UNMARK:
		connections_unmark(table, context);
		return true;
	case ACTION_FOLD:
		return connections_fold(table, context);
	case ACTION_FOLD_ALL:
		connections_fold_all(table, context);
		return true;
	case ACTION_FOLLOW:
		if (table->following)
			context_note(context, "the table follows the newest connection already");
		connections_follow(table);
		return true;
	case ACTION_PROBLEMS:
		table->query.problems = !table->query.problems;
		break;
	case ACTION_HOST:
		connections_switch_host(context);
		break;
	case ACTION_CLOSED:
		table->query.hide_closed = !table->query.hide_closed;
		break;
	case ACTION_INVERT:
		table->query.inverted = !table->query.inverted;
		break;
	case ACTION_SORT_NEXT:
		connections_sort(table,
				 table_layout_neighbour(table->query.sort, 1, &table->facts));
		return true;
	case ACTION_SORT_PREVIOUS:
		connections_sort(table,
				 table_layout_neighbour(table->query.sort, -1, &table->facts));
		return true;
	case ACTION_ONLY:
		table->query.subject = table->query.subject ? NULL : context->subject;
		break;
	case ACTION_WIDE:
		table->wide = !table->wide;
		table->pan = 0;
		return true;
	default:
		return connections_act_move(table, context, action);
	}
	connections_restart(table);
	return true;
}

/* Sorts by the column of the heading. If the table is sorted by it already, inverts the order. */
static void connections_click_heading(struct connections *table, int column)
{
	for (size_t i = 0; i < table->layout.count; i++) {
		const struct table_slot *slot = &table->layout.slots[i];

		if (column < slot->start || column > slot->start + slot->width)
			continue;
		table->query.inverted ^= table->query.sort == slot->column;
		connections_sort(table, slot->column);
		return;
	}
}

static bool connections_click(void *view, struct context *context, int row, int column)
{
	struct connections *table = view;

	(void)context;
	if (row == 0)
		connections_click_heading(table, column);
	if (row == 0 || (size_t)row - 1 >= table->visible_count)
		return false;
	table->following = false;
	table->cursor = table->visible[row - 1].id;
	table->chosen = true;
	return true;
}

const struct view_operations connections_operations = {
	.name = "Connections",
	.short_name = "Conn",
	.hints = KEY_PLACE_CONNECTIONS,
	.update = connections_update,
	.title = connections_title,
	.draw = connections_draw,
	.act = connections_act,
	.click = connections_click,
};
