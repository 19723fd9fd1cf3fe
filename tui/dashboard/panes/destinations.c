/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* qsort_r */
#include "tui/dashboard/panes/destinations.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "tui/dashboard/panes/destination_row.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/list_cursor.h"

/* The heading needs a pane of at least this many rows. */
#define HEADING_ROWS   6
#define SORT_PAUSE_NS  (2 * NS_PER_SECOND)
#define RATE_PERIOD_NS NS_PER_SECOND

enum order {
	ORDER_CONNECTIONS = 0,
	ORDER_FAILED,
	ORDER_BYTES,
	ORDER_LAST,
	ORDER_PORT,
	ORDER_COUNT,
};

static const char *const order_names[ORDER_COUNT] = {"connections", "failures", "bytes",
						     "last seen", "port"};

/* Rows keep their places while a cursor is set. Without a cursor they are sorted from time to
 * time, and when the subject changes. */
struct destinations {
	const struct subject *subject;
	struct destination *rows;
	size_t count;
	size_t capacity;
	size_t taken; /* edges of the subject that were looked at; some of them are no rows any more
		       */
	struct list_cursor list;
	bool inverted;
	enum order order;
	uint64_t next_sort_ns;
	uint64_t sampled_ns;
	bool heading;
};

int destinations_new(struct destinations **out)
{
	struct destinations *destinations = calloc(1, sizeof(*destinations));

	if (!destinations)
		return -ENOMEM;
	*out = destinations;
	return 0;
}

void destinations_free(struct destinations *destinations)
{
	if (!destinations)
		return;
	free(destinations->rows);
	free(destinations);
}

const struct edge *destinations_selected(const struct destinations *destinations)
{
	if (destinations->count == 0)
		return NULL;
	return destinations->rows[destinations->list.moved ? destinations->list.cursor : 0].edge;
}

static uint64_t destinations_order_value(const struct edge *edge, enum order order)
{
	switch (order) {
	case ORDER_CONNECTIONS:
		return edge->conn_count;
	case ORDER_FAILED:
		return edge->failed_count + edge->hanging_count;
	case ORDER_BYTES:
		return edge->tx_bytes + edge->rx_bytes;
	case ORDER_LAST:
		return edge->last_ns;
	case ORDER_PORT:
		return UINT16_MAX - edge->port;
	case ORDER_COUNT:
		break;
	}
	return 0;
}

static int destinations_compare(const void *a, const void *b, void *data)
{
	const struct destinations *destinations = data;
	const struct edge *left = ((const struct destination *)a)->edge;
	const struct edge *right = ((const struct destination *)b)->edge;
	uint64_t left_value = destinations_order_value(left, destinations->order);
	uint64_t right_value = destinations_order_value(right, destinations->order);
	int result = 0;

	if (left_value != right_value)
		result = left_value > right_value ? -1 : 1;
	else if (left->first_ns != right->first_ns)
		result = left->first_ns < right->first_ns ? -1 : 1;
	return destinations->inverted ? -result : result;
}

static void destinations_sort(struct destinations *destinations, uint64_t monotonic_ns)
{
	if (destinations->count)
		qsort_r(destinations->rows, destinations->count, sizeof(*destinations->rows),
			destinations_compare, destinations);
	destinations->next_sort_ns = monotonic_ns + SORT_PAUSE_NS;
}

static void destinations_add_new_edges(struct destinations *destinations,
				       const struct subject *subject)
{
	if (ARRAY_RESERVE(destinations->rows, destinations->capacity, subject->edge_count))
		return;
	while (destinations->taken < subject->edge_count) {
		const struct edge *edge = subject->edges[destinations->taken++];

		destinations->rows[destinations->count++] = (struct destination){
			.edge = edge,
			.shown = *edge,
			.sampled_bytes = edge->tx_bytes + edge->rx_bytes,
		};
	}
}

/* Connections that turned out to be another subject's leave empty edges behind. */
static void destinations_drop_empty(struct destinations *destinations)
{
	size_t kept = 0;

	for (size_t i = 0; i < destinations->count; i++) {
		if (destinations->rows[i].edge->conn_count == 0)
			continue;
		if (kept != i)
			destinations->rows[kept] = destinations->rows[i];
		kept++;
	}
	destinations->count = kept;
}

static void destinations_sample_rates(struct destinations *destinations, uint64_t monotonic_ns)
{
	uint64_t passed_ns = monotonic_ns - destinations->sampled_ns;

	if (passed_ns < RATE_PERIOD_NS)
		return;
	for (size_t i = 0; i < destinations->count; i++) {
		struct destination *row = &destinations->rows[i];
		uint64_t bytes = row->edge->tx_bytes + row->edge->rx_bytes;
		uint64_t more = bytes > row->sampled_bytes ? bytes - row->sampled_bytes : 0;

		row->rate = more * NS_PER_SECOND / passed_ns;
		row->sampled_bytes = bytes;
	}
	destinations->sampled_ns = monotonic_ns;
}

static void destinations_change_subject(struct destinations *destinations,
					const struct context *context)
{
	destinations->subject = context->subject;
	destinations->count = 0;
	destinations->taken = 0;
	destinations->list = (struct list_cursor){.selects = true};
	destinations->sampled_ns = context->monotonic_ns;
	if (context->subject)
		destinations_add_new_edges(destinations, context->subject);
	destinations_drop_empty(destinations);
	destinations_sort(destinations, context->monotonic_ns);
}

static void destinations_update(void *view, struct context *context, int rows)
{
	struct destinations *destinations = view;

	destinations->heading = rows >= HEADING_ROWS;
	if (destinations->subject != context->subject) {
		destinations_change_subject(destinations, context);
	} else if (!context->paused && context->subject) {
		destinations_add_new_edges(destinations, context->subject);
		destinations_drop_empty(destinations);
		destinations_sample_rates(destinations, context->monotonic_ns);
		if (!destinations->list.moved &&
		    context->monotonic_ns >= destinations->next_sort_ns)
			destinations_sort(destinations, context->monotonic_ns);
	}
	list_cursor_fit(&destinations->list, destinations->count, rows - destinations->heading);
	for (size_t i = destinations->list.top;
	     !context->paused && i < destinations->count &&
	     i < destinations->list.top + destinations->list.height;
	     i++)
		destinations->rows[i].shown = *destinations->rows[i].edge;
}

static int destinations_title(void *view, const struct context *context,
			      const struct canvas *canvas, bool focused)
{
	const struct destinations *destinations = view;
	enum role role = focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	char count[32];
	int column = canvas_print(canvas, 0, 0, role, " Destinations ");

	if (!destinations->subject)
		return column;
	column = canvas_print(canvas, 0, column, role, "%s ", destinations->subject->display);
	cell_count(destinations->count, count, sizeof(count));
	column = canvas_print(canvas, 0, column, ROLE_DIM, "%s ", context->glyphs->dash);
	if (destinations->count > destinations->list.height)
		column = canvas_print(canvas, 0, column, ROLE_TITLE, "%zu of %s ",
				      destinations->list.height, count);
	else
		column = canvas_print(canvas, 0, column, ROLE_TITLE, "%s ", count);
	if (destinations->order != ORDER_CONNECTIONS || destinations->inverted)
		column = canvas_print(canvas, 0, column, ROLE_DIM, "by %s%s ",
				      order_names[destinations->order],
				      destinations->inverted ? " inverted" : "");
	return column;
}

static void destinations_draw(void *view, const struct context *context,
			      const struct canvas *canvas, bool focused)
{
	const struct destinations *destinations = view;
	struct destination_places places = {0};
	int row = destinations->heading;

	if (destinations->count == 0) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "the peers of the selected connection's pod, container or program");
		return;
	}
	destination_places_find(canvas->area.columns, &places);
	if (destinations->heading)
		destination_draw_heading(canvas, &places);
	for (size_t i = destinations->list.top; i < destinations->count && row < canvas->area.rows;
	     i++) {
		struct canvas line = canvas_part(canvas, row++, 0, 1, canvas->area.columns);

		line.selected =
			focused && destinations->list.moved && i == destinations->list.cursor;
		destination_draw_row(&places, context, &line, &destinations->rows[i]);
	}
}

static void destinations_exclude(struct destinations *destinations, struct context *context)
{
	const struct edge *edge = destinations_selected(destinations);
	char peer[CELL_SIZE];

	if (!edge)
		return;
	destinations->list.moved = true;
	cell_edge_peer(context->state, edge, peer);
	if (exclusions_add(context->exclusions, edge))
		context_error(context, "no memory to leave %s out", peer);
	else
		context_note(context, "%s port %u is left out of the draft: X brings it back", peer,
			     edge->port);
}

static void destinations_include(struct destinations *destinations, struct context *context)
{
	const struct edge *edge = destinations_selected(destinations);
	char peer[CELL_SIZE];

	if (!edge || !exclusions_contain(context->exclusions, edge))
		edge = exclusions_last(context->exclusions, destinations->subject);
	if (!edge) {
		context_note(context, "nothing is left out of this draft");
		return;
	}
	exclusions_remove(context->exclusions, edge);
	cell_edge_peer(context->state, edge, peer);
	context_note(context, "%s port %u is in the draft again", peer, edge->port);
}

/* The first press down selects the first visible row: the rows may be sorted anew until then. */
static bool destinations_move(struct destinations *destinations, enum action action)
{
	long delta;

	if (!list_cursor_delta(&destinations->list, action, &delta))
		return false;
	if (destinations->count == 0 ||
	    (list_cursor_grab(&destinations->list) && action == ACTION_DOWN))
		return true;
	return list_cursor_act(&destinations->list, action);
}

static bool destinations_act(void *view, struct context *context, enum action action)
{
	struct destinations *destinations = view;

	if (destinations_move(destinations, action))
		return true;
	switch (action) {
	case ACTION_FOLLOW:
		destinations->list.moved = false;
		return true;
	case ACTION_SORT_NEXT:
		destinations->order = (destinations->order + 1) % ORDER_COUNT;
		break;
	case ACTION_SORT_PREVIOUS:
		destinations->order = (destinations->order + ORDER_COUNT - 1) % ORDER_COUNT;
		break;
	case ACTION_INVERT:
		destinations->inverted = !destinations->inverted;
		break;
	case ACTION_LEAVE_OUT:
		destinations_exclude(destinations, context);
		return true;
	case ACTION_BRING_BACK:
		destinations_include(destinations, context);
		return true;
	default:
		return false;
	}
	destinations_sort(destinations, context->monotonic_ns);
	return true;
}

static void destinations_click(void *view, struct context *context, int row, int column)
{
	struct destinations *destinations = view;
	size_t index = destinations->list.top + (size_t)row - destinations->heading;

	(void)context;
	(void)column;
	if (row < (int)destinations->heading || index >= destinations->count)
		return;
	list_cursor_select(&destinations->list, index);
}

const struct view_operations destinations_operations = {
	.name = "Destinations",
	.short_name = "Dest",
	.update = destinations_update,
	.title = destinations_title,
	.draw = destinations_draw,
	.act = destinations_act,
	.click = destinations_click,
};
