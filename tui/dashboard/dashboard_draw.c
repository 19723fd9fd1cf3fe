/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/dashboard_draw.h"

#include <curses.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "tui/dashboard/panes/footer.h"
#include "tui/dashboard/panes/header.h"
#include "tui/options/options.h"

static struct canvas dashboard_draw_canvas_on(const struct dashboard *dashboard,
					      const struct rect *area)
{
	return (struct canvas){.area = *area, .glyphs = dashboard->context.glyphs};
}

static struct view dashboard_draw_page_view(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_HELP)
		return (struct view){&help_operations, &dashboard->help};
	if (dashboard->page == DASHBOARD_SUBJECT)
		return (struct view){&subject_page_operations, dashboard->subject_page};
	return (struct view){&detail_operations, dashboard->detail};
}

struct view dashboard_focus(struct dashboard *dashboard)
{
	if (dashboard->page != DASHBOARD_PANES)
		return dashboard_draw_page_view(dashboard);
	return dashboard->panes[dashboard->focus];
}

/*
 * Chooses the subject of the lower panes: that of the selected connection. Without a cursor, the
 * subject of the first row stays, because panes that change with every new connection cannot be
 * read.
 */
static void dashboard_draw_choose_subject(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(dashboard->connections);
	bool has_cursor = connections_has_cursor(dashboard->connections);

	/* A process turned out to be in a pod: its connections have moved to the subject of the
	 * pod. */
	if (dashboard->context.subject && dashboard->context.subject->conn_count == 0)
		dashboard->subject_chosen = false;
	if (!conn || (dashboard->subject_chosen && !has_cursor))
		return;
	dashboard->context.subject = conn->subject;
	dashboard->subject_chosen = true;
}

static bool dashboard_draw_shown_columns(const void *data, const struct conn *conn)
{
	return session_shows(data, conn);
}

/* The filter of the command line costs a look at every connection. Set it only where it hides
 * something. */
static void dashboard_draw_update_shows(struct dashboard *dashboard)
{
	const struct context *context = &dashboard->context;
	bool needed =
		!filter_is_empty(context->options->filter) || session_hides_host(context->session);

	connections_set_shows(dashboard->connections, needed ? dashboard_draw_shown_columns : NULL,
			      context->session);
}

void dashboard_update(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;
	struct context *context = &dashboard->context;

	layout_compute(LINES, COLS, dashboard->focus, dashboard->zoomed, &dashboard->layout);
	context->alone = layout->kind == LAYOUT_TABS || layout->kind == LAYOUT_ZOOMED;
	context->now_ns =
		context->paused ? dashboard->paused_now_ns : session_now(context->session);
	dashboard_draw_update_shows(dashboard);
	if (context->verdicts)
		dashboard->unjudged = verdicts_sweep(context->verdicts);
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct view *view = &dashboard->panes[pane];

		view->operations->update(view->data, context, layout->body[pane].rows);
		if (pane == PANE_CONNECTIONS)
			dashboard_draw_choose_subject(dashboard);
	}
	if (dashboard->page != DASHBOARD_PANES) {
		struct view page = dashboard_draw_page_view(dashboard);
		int border = layout->kind == LAYOUT_TABS ? 0 : 2;

		page.operations->update(page.data, context, layout->middle.rows - border);
	}
}

/* Draws a line of border from left to right, with the corners and crossings that the neighbours
 * need. */
static void dashboard_draw_border_line(const struct dashboard *dashboard, const struct rect *frame,
				       int row, enum role role)
{
	struct canvas canvas = dashboard_draw_canvas_on(dashboard, &(struct rect){row, 0, 1, COLS});

	for (int column = frame->column; column < frame->column + frame->columns; column++) {
		unsigned int sides = layout_border(&dashboard->layout, row, column);

		if (sides)
			canvas_text(&canvas, 0, column, 1, role, canvas.glyphs->border[sides]);
	}
}

static void dashboard_draw_frame(const struct dashboard *dashboard, const struct rect *frame,
				 enum role role)
{
	for (int row = frame->row; row < frame->row + frame->rows; row++) {
		const struct rect left = {row, frame->column, 1, 1};
		const struct rect right = {row, frame->column + frame->columns - 1, 1, 1};

		if (row == frame->row || row == frame->row + frame->rows - 1) {
			dashboard_draw_border_line(dashboard, frame, row, role);
		} else {
			dashboard_draw_border_line(dashboard, &left, row, role);
			dashboard_draw_border_line(dashboard, &right, row, role);
		}
	}
}

static void dashboard_draw_view(struct dashboard *dashboard, const struct view *view,
				const struct rect *frame, const struct rect *body, bool focused)
{
	const struct rect line = {frame->row, frame->column + 1, 1, frame->columns - 2};
	struct canvas title = dashboard_draw_canvas_on(dashboard, &line);
	struct canvas canvas = dashboard_draw_canvas_on(dashboard, body);

	/* Draw the body first: titles show facts of it. */
	view->operations->draw(view->data, &dashboard->context, &canvas, focused);
	if (frame->rows > 0)
		view->operations->title(view->data, &dashboard->context, &title, focused);
}

static void dashboard_draw_panes(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;

	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (layout->frame[pane].rows > 0)
			dashboard_draw_frame(dashboard, &layout->frame[pane], ROLE_BORDER);
	}
	/* Draw the focused frame last, so that the lines which it shares have its colour. */
	if (layout->frame[dashboard->focus].rows > 0)
		dashboard_draw_frame(dashboard, &layout->frame[dashboard->focus],
				     ROLE_BORDER_FOCUS);
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (layout->body[pane].rows > 0)
			dashboard_draw_view(dashboard, &dashboard->panes[pane],
					    &layout->frame[pane], &layout->body[pane],
					    pane == (int)dashboard->focus);
	}
}

static void dashboard_draw_page(struct dashboard *dashboard)
{
	struct view view = dashboard_draw_page_view(dashboard);
	struct layout *layout = &dashboard->layout;
	struct rect none = {0};
	bool bordered = layout->kind != LAYOUT_TABS;

	if (bordered) {
		/* The page replaces all panes, in one frame. */
		layout_compute(LINES, COLS, PANE_CONNECTIONS, true, layout);
		dashboard_draw_frame(dashboard, &layout->frame[PANE_CONNECTIONS],
				     ROLE_BORDER_FOCUS);
	}
	dashboard_draw_view(dashboard, &view, bordered ? &layout->frame[PANE_CONNECTIONS] : &none,
			    bordered ? &layout->body[PANE_CONNECTIONS] : &layout->middle, true);
}

/* Small screens use short names. */
static const char *dashboard_draw_tab_name(const struct view *view)
{
	return COLS < 50 ? view->operations->short_name : view->operations->name;
}

/* Returns the width of the tabs from `pane` on, with the lines between them. */
static int dashboard_draw_tabs_width(const struct dashboard *dashboard, int pane)
{
	int width = 0;

	for (; pane < PANE_COUNT; pane++)
		width += (int)strlen(dashboard_draw_tab_name(&dashboard->panes[pane])) + 3;
	return width;
}

/* Draws the second line of a small screen: the title of the shown pane and the names of the
 * others. */
static void dashboard_draw_tabs(struct dashboard *dashboard)
{
	struct canvas canvas = dashboard_draw_canvas_on(dashboard, &dashboard->layout.tabs);
	struct view focus = dashboard_focus(dashboard);
	int column = 0;

	if (dashboard->page != DASHBOARD_PANES) {
		focus.operations->title(focus.data, &dashboard->context, &canvas, true);
		return;
	}
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		const struct view *view = &dashboard->panes[pane];
		bool focused = pane == (int)dashboard->focus;
		int room = focused ? canvas.area.columns - column -
					     dashboard_draw_tabs_width(dashboard, pane + 1)
				   : canvas.area.columns;
		struct canvas rest = canvas_part(&canvas, 0, column, 1, room);

		if (focused)
			column += view->operations->title(view->data, &dashboard->context, &rest,
							  true);
		else
			column = canvas_print(&canvas, 0, column, ROLE_DIM, " %s ",
					      dashboard_draw_tab_name(view));
		if (pane + 1 < PANE_COUNT)
			column = canvas_print(&canvas, 0, column, ROLE_BORDER, "%s",
					      canvas.glyphs->border[BORDER_UP | BORDER_DOWN]);
	}
}

static void dashboard_draw_small(const struct dashboard *dashboard)
{
	struct canvas canvas =
		dashboard_draw_canvas_on(dashboard, &(struct rect){0, 0, LINES, COLS});

	canvas_print(&canvas, 0, 0, ROLE_TEXT, "needs 20x5 or more");
}

/* The place whose hints the footer shows. */
static enum key_place dashboard_draw_hint_place(const struct dashboard *dashboard)
{
	switch (dashboard->page) {
	case DASHBOARD_HELP:
		return KEY_PLACE_HELP;
	case DASHBOARD_SUBJECT:
		return KEY_PLACE_SUBJECT_PAGE;
	case DASHBOARD_DETAIL:
		return KEY_PLACE_CONNECTION_PAGE;
	case DASHBOARD_PANES:
		break;
	}
	/* The panes come first, in their order. */
	return (enum key_place)dashboard->focus;
}

static void dashboard_draw_lines(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;
	struct canvas header = dashboard_draw_canvas_on(dashboard, &layout->header);
	struct canvas footer = dashboard_draw_canvas_on(dashboard, &layout->footer);

	header_draw(&dashboard->context, &dashboard->graph, session_now(dashboard->context.session),
		    &header);
	if (layout->kind == LAYOUT_TABS)
		dashboard_draw_tabs(dashboard);
	if (dashboard->prompt.kind != PROMPT_NONE)
		prompt_draw(&dashboard->prompt, &footer);
	else
		footer_draw(&dashboard->context, dashboard_draw_hint_place(dashboard), &footer);
}

void dashboard_draw(struct dashboard *dashboard)
{
	bool typing =
		dashboard->prompt.kind != PROMPT_NONE && dashboard->prompt.kind != PROMPT_REPLACE;

	dashboard_update(dashboard);
	erase();
	if (dashboard->layout.kind == LAYOUT_TINY) {
		dashboard_draw_small(dashboard);
	} else {
		if (dashboard->page == DASHBOARD_PANES)
			dashboard_draw_panes(dashboard);
		else
			dashboard_draw_page(dashboard);
		dashboard_draw_lines(dashboard);
	}
	curs_set(typing && dashboard->layout.kind != LAYOUT_TINY);
	refresh();
}
