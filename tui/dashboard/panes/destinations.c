/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* qsort_r */
#include "tui/dashboard/panes/destinations.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/place.h"

/* The heading needs a pane of at least this many rows. */
#define HEADING_ROWS   6
#define SORT_PAUSE_NS  (2 * NS_PER_SECOND)
#define RATE_PERIOD_NS NS_PER_SECOND

static const char *const order_names[DESTINATIONS_ORDERS] = {"connections", "failures", "bytes",
							     "last seen", "port"};

void destinations_clear(struct destinations *pane)
{
	free(pane->rows);
	*pane = (struct destinations){0};
}

const struct edge *destinations_selected(const struct destinations *pane)
{
	if (pane->count == 0)
		return NULL;
	return pane->rows[pane->list.moved ? pane->list.cursor : 0].edge;
}

static uint64_t destinations_order_value(const struct edge *edge, enum destinations_order order)
{
	switch (order) {
	case DESTINATIONS_BY_CONNECTIONS:
		return edge->conn_count;
	case DESTINATIONS_BY_FAILURES:
		return edge->failed_count + edge->hanging_count;
	case DESTINATIONS_BY_BYTES:
		return edge->tx_bytes + edge->rx_bytes;
	case DESTINATIONS_BY_LAST:
		return edge->last_ns;
	case DESTINATIONS_BY_PORT:
		return UINT16_MAX - edge->port;
	case DESTINATIONS_ORDERS:
		break;
	}
	return 0;
}

static int destinations_compare(const void *a, const void *b, void *data)
{
	const struct destinations *pane = data;
	const struct edge *left = ((const struct edge_row *)a)->edge;
	const struct edge *right = ((const struct edge_row *)b)->edge;
	uint64_t left_value = destinations_order_value(left, pane->order);
	uint64_t right_value = destinations_order_value(right, pane->order);
	int result = 0;

	if (left_value != right_value)
		result = left_value > right_value ? -1 : 1;
	else if (left->first_ns != right->first_ns)
		result = left->first_ns < right->first_ns ? -1 : 1;
	return pane->inverted ? -result : result;
}

static void destinations_sort(struct destinations *pane, uint64_t monotonic_ns)
{
	if (pane->count)
		qsort_r(pane->rows, pane->count, sizeof(*pane->rows), destinations_compare, pane);
	pane->next_sort_ns = monotonic_ns + SORT_PAUSE_NS;
}

static void destinations_add_new_edges(struct destinations *pane, const struct subject *subject)
{
	if (ARRAY_RESERVE(pane->rows, pane->capacity, subject->edge_count))
		return;
	while (pane->taken < subject->edge_count) {
		const struct edge *edge = subject->edges[pane->taken++];

		pane->rows[pane->count++] = (struct edge_row){
			.edge = edge,
			.shown = *edge,
			.sampled_bytes = edge->tx_bytes + edge->rx_bytes,
		};
	}
}

/* Removes edges without connections. An edge is empty after its connections have moved to another
 * subject. */
static void destinations_drop_empty(struct destinations *pane)
{
	size_t kept = 0;

	for (size_t i = 0; i < pane->count; i++) {
		if (pane->rows[i].edge->conn_count == 0)
			continue;
		if (kept != i)
			pane->rows[kept] = pane->rows[i];
		kept++;
	}
	pane->count = kept;
}

static void destinations_sample_rates(struct destinations *pane, uint64_t monotonic_ns)
{
	uint64_t passed_ns = monotonic_ns - pane->sampled_ns;

	if (passed_ns < RATE_PERIOD_NS)
		return;
	for (size_t i = 0; i < pane->count; i++) {
		struct edge_row *row = &pane->rows[i];
		uint64_t bytes = row->edge->tx_bytes + row->edge->rx_bytes;
		uint64_t more = bytes > row->sampled_bytes ? bytes - row->sampled_bytes : 0;

		row->rate = more * NS_PER_SECOND / passed_ns;
		row->sampled_bytes = bytes;
	}
	pane->sampled_ns = monotonic_ns;
}

static void destinations_change_subject(struct destinations *pane, const struct context *context)
{
	pane->subject = context->subject;
	pane->counted_late = context->paused;
	pane->count = 0;
	pane->taken = 0;
	pane->list = (struct list_cursor){.selects = true};
	pane->sampled_ns = context->monotonic_ns;
	if (context->subject)
		destinations_add_new_edges(pane, context->subject);
	destinations_drop_empty(pane);
	destinations_sort(pane, context->monotonic_ns);
}

static void destinations_update(void *view, struct context *context, int rows)
{
	struct destinations *pane = view;

	pane->heading = rows >= HEADING_ROWS;
	if (pane->subject != context->subject) {
		destinations_change_subject(pane, context);
	} else if (!context->paused && context->subject) {
		destinations_add_new_edges(pane, context->subject);
		destinations_drop_empty(pane);
		destinations_sample_rates(pane, context->monotonic_ns);
		if (!pane->list.moved && context->monotonic_ns >= pane->next_sort_ns)
			destinations_sort(pane, context->monotonic_ns);
	}
	pane->counted_late &= context->paused;
	list_cursor_fit(&pane->list, pane->count, rows - pane->heading);
	for (size_t i = pane->list.top;
	     !context->paused && i < pane->count && i < pane->list.top + pane->list.height; i++)
		pane->rows[i].shown = *pane->rows[i].edge;
}

static void destinations_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct destinations *pane = view;
	enum role role = line->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	char count[CELL_COUNT_SIZE];

	canvas_add(line, role, " Destinations ");
	if (!pane->subject)
		return;
	canvas_add(line, role, "%s ", pane->subject->display);
	canvas_add(line, ROLE_DIM, "%s ", context->glyphs->dash);
	cell_count(pane->count, count);
	canvas_add(line, ROLE_TITLE, "%s ", count);
	if (pane->counted_late)
		canvas_add(line, ROLE_PAUSED, "counted while paused ");
	if (pane->order != DESTINATIONS_BY_CONNECTIONS || pane->inverted)
		canvas_add(line, ROLE_DIM, "by %s%s ", order_names[pane->order],
			   pane->inverted ? " inverted" : "");
	place_draw(line, "", pane->list.top, pane->list.height, pane->count);
}

static void destinations_draw(void *view, const struct context *context,
			      const struct canvas *canvas)
{
	const struct destinations *pane = view;
	struct edge_layout layout = edge_layout_fit(canvas->area.columns);
	int row = pane->heading;

	if (pane->count == 0) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "the peers of the selected connection's pod, container or program");
		return;
	}
	if (pane->heading) {
		edge_layout_add_heading(&layout);
		canvas_text(canvas, 0, 1, 1, ROLE_COLUMN, canvas->glyphs->egress);
		edge_row_draw_heading(canvas, &layout);
	}
	for (size_t i = pane->list.top; i < pane->count && row < canvas->area.rows; i++) {
		struct canvas line =
			canvas_row(canvas, row++,
				   canvas->focused && pane->list.moved && i == pane->list.cursor);

		edge_row_draw(&line, &layout, context, &pane->rows[i]);
	}
}

void destinations_leave_out(struct context *context, const struct edge *edge)
{
	char peer[CELL_SIZE];

	cell_edge_peer(context->state, edge, peer);
	if (exclusions_add(context->exclusions, edge))
		context_error(context, "no memory to leave %s out", peer);
	else
		context_note(context, "%s port %u is left out of the draft: X brings it back", peer,
			     edge->port);
}

void destinations_bring_back(struct context *context, const struct edge *edge)
{
	bool was_out = exclusions_remove(context->exclusions, edge);
	char peer[CELL_SIZE];

	cell_edge_peer(context->state, edge, peer);
	context_note(context, "%s port %u %s", peer, edge->port,
		     was_out ? "is in the draft again" : "was not left out");
}

static void destinations_bring_back_selected(struct destinations *pane, struct context *context)
{
	const struct edge *edge = destinations_selected(pane);

	if (!edge || !exclusions_contain(context->exclusions, edge))
		edge = exclusions_last(context->exclusions, pane->subject);
	if (edge)
		destinations_bring_back(context, edge);
	else
		context_note(context, "nothing is left out of this draft");
}

/* Moves the cursor. If there is no cursor yet, first puts it on the first visible row. Down then
 * leaves it there, so that the first press of Down selects this row. */
static bool destinations_move(struct destinations *pane, enum action action)
{
	long delta;

	if (!list_cursor_delta(&pane->list, action, &delta))
		return false;
	if (pane->count == 0 || (list_cursor_grab(&pane->list) && action == ACTION_DOWN))
		return true;
	return list_cursor_act(&pane->list, action);
}

static bool destinations_act(void *view, struct context *context, enum action action)
{
	struct destinations *pane = view;
	const struct edge *edge = destinations_selected(pane);

	if (destinations_move(pane, action))
		return true;
	switch (action) {
	case ACTION_FOLLOW:
		pane->list.moved = false;
		return true;
	case ACTION_SORT_NEXT:
		pane->order = (pane->order + 1) % DESTINATIONS_ORDERS;
		break;
	case ACTION_SORT_PREVIOUS:
		pane->order = (pane->order + DESTINATIONS_ORDERS - 1) % DESTINATIONS_ORDERS;
		break;
	case ACTION_INVERT:
		pane->inverted = !pane->inverted;
		break;
	case ACTION_LEAVE_OUT:
		pane->list.moved |= edge != NULL;
		if (edge)
			destinations_leave_out(context, edge);
		return true;
	case ACTION_BRING_BACK:
		destinations_bring_back_selected(pane, context);
		return true;
	default:
		return false;
	}
	destinations_sort(pane, context->monotonic_ns);
	return true;
}

static bool destinations_click(void *view, struct context *context, int row, int column)
{
	struct destinations *pane = view;
	size_t index = pane->list.top + (size_t)row - pane->heading;

	(void)context;
	(void)column;
	if (row < (int)pane->heading || index >= pane->count)
		return false;
	list_cursor_select(&pane->list, index);
	return true;
}

const struct view_operations destinations_operations = {
	.name = "Destinations",
	.short_name = "Dest",
	.hints = KEY_PLACE_DESTINATIONS,
	.update = destinations_update,
	.title = destinations_title,
	.draw = destinations_draw,
	.act = destinations_act,
	.click = destinations_click,
};
