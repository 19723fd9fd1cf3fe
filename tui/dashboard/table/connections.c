/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/columns/conn_view.h"
#include "tui/dashboard/table/connections_draw.h"
#include "tui/dashboard/table/connections_state.h"
#include "tui/dashboard/view/list_cursor.h"

int connections_new(const struct state *state, struct connections **out)
{
	struct connections *connections = calloc(1, sizeof(*connections));
	int err;

	if (!connections)
		return -ENOMEM;
	err = rows_new(state, &connections->rows);
	if (err) {
		free(connections);
		return err;
	}
	connections->following = true;
	*out = connections;
	return 0;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	rows_free(connections->rows);
	free(connections->visible);
	free(connections);
}

static void connections_follow(struct connections *connections)
{
	connections->following = true;
	connections->cursor = 0;
	connections->cursor_line = 0;
}

/* Applies a changed query. The selected row stays selected if it still matches. */
static void connections_apply_query(struct connections *connections)
{
	rows_query(connections->rows, &connections->query);
}

void connections_set_filter(struct connections *connections, const struct filter *filter)
{
	connections->query.filter = filter;
	connections_apply_query(connections);
	connections_follow(connections);
}

void connections_set_shows(struct connections *connections,
			   bool (*shows)(const void *data, const struct conn *conn),
			   const void *data)
{
	if (connections->query.shows == shows)
		return;
	connections->query.shows = shows;
	connections->query.shows_data = data;
	connections_apply_query(connections);
}

void connections_set_verdicts(struct connections *connections, const struct verdicts *verdicts)
{
	connections->query.verdicts = verdicts;
	connections_apply_query(connections);
}

void connections_set_namespace(struct connections *connections, const char *namespace_name)
{
	connections->query.namespace_name = namespace_name;
	connections_apply_query(connections);
	connections_follow(connections);
}

void connections_set_subject(struct connections *connections, const struct subject *subject)
{
	connections->query.subject = subject;
	connections_apply_query(connections);
}

void connections_set_edge(struct connections *connections, const struct edge *edge)
{
	connections->query.edge = edge;
	connections_apply_query(connections);
	connections_follow(connections);
}

const char *connections_namespace(const struct connections *connections)
{
	return connections->query.namespace_name;
}

bool connections_show_all(struct connections *connections)
{
	struct row_query *query = &connections->query;

	if (!query->problems && !query->namespace_name && !query->subject && !query->edge)
		return false;
	query->problems = false;
	query->namespace_name = NULL;
	query->subject = NULL;
	query->edge = NULL;
	connections_apply_query(connections);
	return true;
}

int connections_pause(struct connections *connections, bool paused)
{
	if (paused)
		return rows_freeze(connections->rows,
				   connections->following ? 0 : connections->top);
	rows_thaw(connections->rows);
	return 0;
}

bool connections_has_cursor(const struct connections *connections)
{
	return connections->cursor != 0;
}

static const struct conn *connections_find_visible(const struct connections *connections,
						   uint64_t sequence)
{
	for (size_t i = 0; i < connections->visible_count; i++) {
		if (connections->visible[i].sequence == sequence)
			return &connections->visible[i];
	}
	return NULL;
}

const struct conn *connections_selected(const struct connections *connections)
{
	const struct conn *conn = connections_find_visible(connections, connections->cursor);

	if (conn)
		return conn;
	return connections->visible_count ? &connections->visible[0] : NULL;
}

bool connections_tick(const struct connections *connections)
{
	for (size_t i = 0; i < connections->visible_count; i++) {
		if (connections->visible[i].phase == CONN_ATTEMPT)
			return true;
	}
	return false;
}

/* Keeps room for one row at least: the cursor moves even where nothing is drawn. */
static void connections_resize(struct connections *connections, int rows)
{
	size_t height = rows > 2 ? (size_t)rows - 1 : 1;
	struct conn *grown;

	if (height == connections->height)
		return;
	grown = reallocarray(connections->visible, height, sizeof(*grown));
	if (!grown)
		return;
	connections->visible = grown;
	connections->height = height;
	if (connections->visible_count > height)
		connections->visible_count = height;
}

static bool connections_peer_has_name(const struct context *context, const struct conn *conn)
{
	struct flow_names names;

	conn_view_names(context->state, conn, &names);
	return names.peer_name || names.dns;
}

/* Facts stay once they are true: columns that come and go with the visible rows would move the
 * table. */
static void connections_update_facts(struct connections *connections, const struct context *context)
{
	connections->facts.policies = context->verdicts != NULL;
	connections->facts.pods |= workloads_count(state_workloads(context->state), RECORD_POD) > 0;
	for (size_t i = 0; i < connections->visible_count; i++) {
		const struct subject *subject = connections->visible[i].subject;
		const char *node = state_node(context->state, subject);

		if (!connections->facts.names)
			connections->facts.names =
				connections_peer_has_name(context, &connections->visible[i]);

		connections->facts.pods |= subject->kind == SUBJECT_POD;
		connections->facts.containers |=
			subject->kind == SUBJECT_CONTAINER || subject->container;
		if (!connections->first_node)
			connections->first_node = node;
		connections->facts.nodes |= node && connections->first_node &&
					    strcmp(node, connections->first_node) != 0;
	}
}

static void connections_copy_visible(struct connections *connections)
{
	connections->visible_count = rows_copy(connections->rows, connections->top,
					       connections->visible, connections->height);
}

/*
 * Follows the cursor. If its row left the table, the row at the same place on the screen gets it.
 */
static void connections_restore_cursor(struct connections *connections)
{
	const struct conn *conn;

	if (connections->cursor == 0 || connections->visible_count == 0)
		return;
	conn = connections_find_visible(connections, connections->cursor);
	if (conn) {
		connections->cursor_line = (size_t)(conn - connections->visible);
		return;
	}
	if (connections->cursor_line >= connections->visible_count)
		connections->cursor_line = connections->visible_count - 1;
	connections->cursor = connections->visible[connections->cursor_line].sequence;
}

static void connections_update(void *view, struct context *context, int rows)
{
	struct connections *connections = view;

	connections_resize(connections, rows);
	rows_update(connections->rows, context->monotonic_ns, connections->following);
	/* After the end, no newer row comes: select the newest one. */
	if (connections->following && context->ended && rows_count(connections->rows) > 0) {
		connections->following = false;
		connections->cursor = rows_first(connections->rows);
		connections->top = connections->cursor;
		connections->seen = rows_newest(connections->rows);
	}
	if (connections->following) {
		connections->top = rows_first(connections->rows);
		connections->seen = rows_newest(connections->rows);
	} else {
		connections->top = rows_nearest(connections->rows, connections->top);
		if (connections->top > connections->seen)
			connections->seen = connections->top;
	}
	connections_copy_visible(connections);
	if (connections->visible_count < connections->height && !connections->following) {
		connections->top =
			rows_step(connections->rows, connections->top,
				  -(long)(connections->height - connections->visible_count));
		connections_copy_visible(connections);
	}
	connections_restore_cursor(connections);
	connections_update_facts(connections, context);
}

static void connections_put_cursor(struct connections *connections, uint64_t sequence,
				   bool downwards)
{
	connections->cursor = sequence;
	if (connections_find_visible(connections, sequence))
		return;
	connections->top = sequence;
	if (downwards && connections->height > 1)
		connections->top =
			rows_step(connections->rows, sequence, -(long)(connections->height - 1));
}

static void connections_move_cursor(struct connections *connections, long delta)
{
	if (connections->following) {
		/* The first press selects the first row, which would be another one by now. */
		connections->following = false;
		connections->cursor = connections->top;
		if (delta <= 1)
			return;
		delta--;
	}
	connections_put_cursor(connections,
			       rows_step(connections->rows, connections->cursor, delta), delta > 0);
}

static void connections_move_to_end(struct connections *connections, bool last)
{
	connections->following = false;
	if (!last && (connections->query.sort || connections->query.inverted))
		connections_apply_query(connections);
	rows_settle(connections->rows);
	connections_put_cursor(connections,
			       last ? rows_last(connections->rows) : rows_first(connections->rows),
			       last);
}

static void connections_sort_by_next(struct connections *connections, int direction)
{
	connections->query.sort =
		table_layout_neighbour(connections->query.sort, direction, &connections->facts);
	connections_apply_query(connections);
	connections_follow(connections);
}

static void connections_toggle_only(struct connections *connections, const struct context *context)
{
	connections_set_subject(connections, connections->query.subject ? NULL : context->subject);
}

static bool connections_act_move(struct connections *connections, enum action action)
{
	const struct list_cursor list = {.height = connections->height};
	long delta;

	switch (action) {
	case ACTION_FIRST:
	case ACTION_LAST:
		connections_move_to_end(connections, action == ACTION_LAST);
		return true;
	case ACTION_LEFT:
		connections->pan -= connections->pan > 0;
		return true;
	case ACTION_RIGHT:
		connections->pan += connections->wide && connections->layout.more;
		return true;
	default:
		if (!list_cursor_delta(&list, action, &delta))
			return false;
		connections_move_cursor(connections, delta);
		return true;
	}
}

static bool connections_act(void *view, struct context *context, enum action action)
{
	struct connections *connections = view;

	switch (action) {
	case ACTION_FOLLOW:
		connections_follow(connections);
		return true;
	case ACTION_PROBLEMS:
		connections->query.problems = !connections->query.problems;
		break;
	case ACTION_HOST:
		session_show_host(context->session, session_hides_host(context->session));
		break;
	case ACTION_CLOSED:
		connections->query.hide_closed = !connections->query.hide_closed;
		break;
	case ACTION_INVERT:
		connections->query.inverted = !connections->query.inverted;
		break;
	case ACTION_SORT_NEXT:
		connections_sort_by_next(connections, 1);
		return true;
	case ACTION_SORT_PREVIOUS:
		connections_sort_by_next(connections, -1);
		return true;
	case ACTION_ONLY:
		connections_toggle_only(connections, context);
		return true;
	case ACTION_WIDE:
		connections->wide = !connections->wide;
		connections->pan = 0;
		return true;
	default:
		return connections_act_move(connections, action);
	}
	connections_apply_query(connections);
	return true;
}

static void connections_click(void *view, struct context *context, int row, int column)
{
	struct connections *connections = view;

	(void)context;
	if (row == 0) {
		for (size_t i = 0; i < connections->layout.count; i++) {
			const struct table_slot *slot = &connections->layout.slots[i];

			if (column < slot->start || column > slot->start + slot->width)
				continue;
			if (connections->query.sort == slot->column)
				connections->query.inverted = !connections->query.inverted;
			connections->query.sort = slot->column;
			connections_apply_query(connections);
			return;
		}
		return;
	}
	if ((size_t)row - 1 < connections->visible_count) {
		connections->following = false;
		connections->cursor = connections->visible[row - 1].sequence;
	}
}

const struct view_operations connections_operations = {
	.name = "Connections",
	.short_name = "Conn",
	.update = connections_update,
	.title = connections_title,
	.draw = connections_draw,
	.act = connections_act,
	.click = connections_click,
};
