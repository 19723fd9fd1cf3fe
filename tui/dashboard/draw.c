/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/draw.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "tui/dashboard/panes/footer.h"
#include "tui/dashboard/panes/header.h"
#include "tui/dashboard/table/place.h"
#include "tui/dashboard/travel.h"
#include "tui/options/options.h"

static struct canvas draw_canvas_on(const struct dashboard *dashboard, const struct rect *area)
{
	return (struct canvas){.area = *area, .glyphs = dashboard->context.glyphs};
}

/* Returns whether a subject has something to show in the lower panes. A subject is empty after its
 * connections have moved to another subject, for example from a process to its pod. */
static bool draw_can_show(const struct subject *subject)
{
	return subject && scope_has(subject) && subject->conn_count > 0;
}

/* If the user's latest selection was in the summary, not in the table of connections, lets the
 * summary choose the subject. Returns whether it did. */
static bool draw_follow_summary(struct dashboard *dashboard)
{
	struct summary *summary = &dashboard->summary;
	const struct subject *subject;

	/* After the sources have ended, the dashboard itself selects the newest connection. The
	 * lower panes do not follow such a selection. */
	if (dashboard->connections.chosen &&
	    dashboard->connections.cursor != dashboard->leading_cursor) {
		dashboard->leading_cursor = dashboard->connections.cursor;
		summary->leads = false;
	}
	if (!summary->leads)
		return false;
	subject = summary_subject(summary, dashboard->context.subject);
	summary->leads = draw_can_show(subject);
	if (!summary->leads)
		return false;
	dashboard->context.subject = subject;
	dashboard->subject_chosen = true;
	return true;
}

/*
 * Shows the subject of the selected connection in the lower panes. While the table of connections
 * has no cursor, its first row counts as selected, and every new connection becomes the first row.
 * Without a cursor, the lower panes therefore keep the subject that they showed first, so that they
 * stay readable.
 */
static void draw_choose_subject(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(&dashboard->connections);
	bool has_cursor = dashboard->connections.cursor != 0;

	if (draw_follow_summary(dashboard))
		return;
	if (dashboard->context.subject && dashboard->context.subject->conn_count == 0)
		dashboard->subject_chosen = false;
	if (dashboard->context.subject && !scope_has(dashboard->context.subject)) {
		dashboard->context.subject = NULL;
		dashboard->subject_chosen = false;
	}
	if (conn && (!dashboard->subject_chosen || has_cursor)) {
		dashboard->context.subject = conn->subject;
		dashboard->subject_chosen = true;
		summary_show(&dashboard->summary, conn->subject,
			     has_cursor && dashboard->connections.chosen ? conn->edge : NULL);
	}
}

static bool draw_session_shows(const void *session, const struct conn *conn)
{
	return session_shows(session, conn);
}

/* Adds the options' filter to the query. If the options hide no connections, leaves query->shows
 * NULL, which saves a check of every connection. */
static void draw_update_shows(struct dashboard *dashboard)
{
	const struct context *context = &dashboard->context;
	struct row_query *query = &dashboard->connections.query;
	bool filtered = !filter_is_empty(context->options->filter);
	bool needed = filtered || session_hides_host(context->session);

	if (needed == (query->shows != NULL))
		return;
	query->shows = needed ? draw_session_shows : NULL;
	/* Hidden host processes are whole subjects. */
	query->shows_subjects = !filtered;
	query->shows_data = context->session;
	connections_apply_query(&dashboard->connections);
}

static void draw_update_scope(struct dashboard *dashboard)
{
	const struct context *context = &dashboard->context;

	if (!scope_update(&dashboard->scope, context->session, context->options,
			  dashboard->connections.query.namespace_name))
		return;
	verdicts_regroup(context->verdicts);
	novelty_regroup(session_novelty(context->session));
	dashboard->summary.stale = true;
	dashboard->selection.stale = true;
	/* Read the events of the new scope. */
	timeline_clear(&dashboard->travel.timeline);
	dashboard->travel.unread = true;
}

static void draw_set_totals(struct context *context)
{
	const struct subject_sums *sums = state_group_sums(context->state, SCOPE_SHOWN);
	const struct selection *selection = context->selection;

	if (selection && scope_options_split_subjects(context->options))
		context->totals = (struct context_totals){
			.open = selection->options.open,
			.hanging = selection->options.hanging,
			.failed = selection->options.failed,
			.denied = selection->options.denied,
			.new_edges = selection->options_new,
		};
	else
		context->totals = (struct context_totals){
			.open = sums->open - state_group_pairs_open(context->state, SCOPE_SHOWN),
			.hanging = sums->hanging,
			.failed = sums->failed,
			.denied = verdicts_denied(context->verdicts),
			.new_edges = novelty_count(session_novelty(context->session)),
		};
}

static void draw_update_selection(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	bool splits = scope_options_split_subjects(context->options);
	const struct selection_source source = {
		.state = context->state,
		.options = splits ? context->options->filter : NULL,
		.typed = dashboard->filter,
		.verdicts = context->verdicts,
		.novelty = session_novelty(context->session),
		.traffic = &dashboard->summary.traffic,
		.now_ns = context->now_ns,
	};

	selection_update(&dashboard->selection, &source, context->monotonic_ns);
	context->selection = dashboard->selection.active ? &dashboard->selection : NULL;
	draw_set_totals(context);
}

/* While an earlier time is shown, the line above the footer has the histogram of the events. */
static void draw_compute_layout(struct dashboard *dashboard, const struct layout_choice *choice)
{
	struct layout *layout = &dashboard->layout;

	layout_compute(LINES - dashboard->travel.on, COLS, choice, layout);
	dashboard->time_row = layout->footer.row;
	if (layout->kind != LAYOUT_TINY)
		layout->footer.row = LINES - 1;
}

/* Returns whether something is, or may be, in a container. Until something is seen, this is not
 * known. */
static bool draw_has_containers(const struct dashboard *dashboard)
{
	const struct state *state = dashboard->context.state;
	const struct workloads *workloads = state_workloads(state);

	return dashboard->scope.contained || state_subject_count(state) == 0 ||
	       workloads_count(workloads, RECORD_POD) > 0 ||
	       workloads_count(workloads, RECORD_CONTAINER) > 0;
}

/* Returns whether the policy has no lines. Without containers there is nothing to draft. */
static bool draw_folds_policy(const struct dashboard *dashboard)
{
	return !dashboard->policy_kept && dashboard->focus != PANE_POLICY &&
	       dashboard->large != 1 + PANE_POLICY && !draw_has_containers(dashboard);
}

static struct layout_choice draw_choice(const struct dashboard *dashboard)
{
	return (struct layout_choice){
		.focus = dashboard->focus,
		.zoomed = dashboard->zoomed,
		.large = dashboard->large,
		.shares = dashboard->shares,
		.no_policy = draw_folds_policy(dashboard),
	};
}

static void draw_update_view(struct dashboard *dashboard, const struct view *view, int rows)
{
	if (view->operations->update)
		view->operations->update(view->data, &dashboard->context, rows);
}

int dashboard_pane_rows(const struct dashboard *dashboard, enum pane pane)
{
	const struct layout_choice choice = draw_choice(dashboard);
	struct layout layout;

	layout_compute(LINES - dashboard->travel.on, COLS, &choice, &layout);
	return layout.body[pane].rows;
}

/* Draws a page without rows, to count its lines and list its links, for keys that arrive before the
 * first frame. */
static void draw_measure(struct dashboard *dashboard, const struct view *page)
{
	struct rect area = dashboard->layout.middle;

	area.rows = 0;
	area.columns -= dashboard->layout.kind == LAYOUT_TABS ? 0 : 2;
	struct canvas canvas = draw_canvas_on(dashboard, &area);
	page->operations->draw(page->data, &dashboard->context, &canvas);
}

void dashboard_update(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;
	struct context *context = &dashboard->context;

	const struct layout_choice choice = draw_choice(dashboard);

	draw_compute_layout(dashboard, &choice);
	context->alone = layout->kind == LAYOUT_TABS || layout->kind == LAYOUT_ZOOMED;
	context->now_ns =
		context->paused ? dashboard->paused_now_ns : session_now(context->session);
	draw_update_scope(dashboard);
	draw_update_shows(dashboard);
	/* Judge first: the selection and the totals count verdicts. */
	dashboard->selection.stale |= dashboard->unjudged || dashboard->unmarked;
	if (context->verdicts)
		dashboard->unjudged = verdicts_sweep(context->verdicts);
	dashboard->unmarked = novelty_sweep(session_novelty(context->session));
	draw_update_selection(dashboard);
	dashboard->summary.focused =
		dashboard->focus == PANE_SUMMARY && dashboard->page == DASHBOARD_PANES;
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct view view = dashboard_pane(dashboard, (enum pane)pane);

		draw_update_view(dashboard, &view, layout->body[pane].rows);
		if (pane == PANE_CONNECTIONS)
			draw_choose_subject(dashboard);
	}
	if (dashboard->page != DASHBOARD_PANES) {
		struct view page = dashboard_focus(dashboard);
		int rows = layout->middle.rows - (layout->kind == LAYOUT_TABS ? 0 : 2);

		draw_update_view(dashboard, &page, rows);
		if (page.links && page.links->undrawn)
			draw_measure(dashboard, &page);
		/* Pages count their lines as they draw. */
		if (page.scroll)
			list_cursor_fit(page.scroll, page.scroll->count, rows);
	}
}

/* Draws the border of a frame, with the corners and crossings that neighbouring frames need. */
static void draw_frame(const struct dashboard *dashboard, const struct rect *frame, enum role role)
{
	struct canvas canvas = draw_canvas_on(dashboard, &(struct rect){0, 0, LINES, COLS});
	int bottom = frame->row + frame->rows - 1;

	for (int row = frame->row; row <= bottom; row++) {
		bool full = row == frame->row || row == bottom;

		for (int column = frame->column; column < frame->column + frame->columns;
		     column += full ? 1 : frame->columns - 1) {
			unsigned int sides = layout_border(&dashboard->layout, row, column);

			canvas_text(&canvas, row, column, 1, role, canvas.glyphs->border[sides]);
		}
	}
}

static void draw_title(struct dashboard *dashboard, const struct view *view, struct canvas *title)
{
	view->operations->title(view->data, &dashboard->context, title);
	if (view->scroll)
		place_draw(title, view->scroll->selects ? "" : "lines ", view->scroll->top,
			   view->scroll->height, view->scroll->count);
}

static void draw_view(struct dashboard *dashboard, const struct view *view,
		      const struct rect *frame, const struct rect *body, bool focused)
{
	const struct rect line = {frame->row, frame->column + 1, 1, frame->columns - 2};
	struct canvas title = draw_canvas_on(dashboard, &line);
	struct canvas canvas = draw_canvas_on(dashboard, body);

	title.focused = focused;
	canvas.focused = focused;
	/* Draw the body first, because titles show facts about it. */
	view->operations->draw(view->data, &dashboard->context, &canvas);
	if (frame->rows > 0)
		draw_title(dashboard, view, &title);
}

/* Draws why the policy is not shown, and the key that shows it, into the lowest border. */
static void draw_folded(struct dashboard *dashboard)
{
	struct canvas line = draw_canvas_on(dashboard, &dashboard->layout.folded);

	canvas_add(&line, ROLE_TITLE, " Policy ");
	canvas_add(&line, ROLE_DIM, "%s nothing is in a container: ", line.glyphs->dash);
	canvas_add(&line, ROLE_KEY, "%s", keymap_binding(ACTION_THIRD_PANE)->name);
	canvas_add(&line, ROLE_DIM, " shows it ");
}

static void draw_panes(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;

	for (int pane = 0; pane < PANE_COUNT; pane++)
		draw_frame(dashboard, &layout->frame[pane], ROLE_BORDER);
	/* Draw the focused frame last, so that its whole border has the colour of the focus. The
	 * frame shares lines with neighbouring frames. */
	draw_frame(dashboard, &layout->frame[dashboard->focus], ROLE_BORDER_FOCUS);
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct view view = dashboard_pane(dashboard, (enum pane)pane);

		if (layout->body[pane].rows > 0)
			draw_view(dashboard, &view, &layout->frame[pane], &layout->body[pane],
				  pane == (int)dashboard->focus);
	}
	if (layout->folded.rows > 0)
		draw_folded(dashboard);
}

/* Draws the page in one frame, in place of all panes. */
static void draw_page(struct dashboard *dashboard)
{
	struct view view = dashboard_focus(dashboard);
	struct layout *layout = &dashboard->layout;

	if (layout->kind == LAYOUT_TABS) {
		draw_view(dashboard, &view, &(struct rect){0}, &layout->middle, true);
		return;
	}
	draw_compute_layout(dashboard, &(struct layout_choice){.zoomed = true});
	draw_frame(dashboard, &layout->frame[PANE_CONNECTIONS], ROLE_BORDER_FOCUS);
	draw_view(dashboard, &view, &layout->frame[PANE_CONNECTIONS],
		  &layout->body[PANE_CONNECTIONS], true);
}

/* Returns the name of a pane's tab. Small screens use short names. */
static const char *draw_tab_name(struct dashboard *dashboard, int pane)
{
	struct view view = dashboard_pane(dashboard, (enum pane)pane);

	return COLS < 50 ? view.operations->short_name : view.operations->name;
}

/* Draws the second line of a small screen: the title of the shown pane and the names of the other
 * panes. */
static void draw_tabs(struct dashboard *dashboard)
{
	struct canvas canvas = draw_canvas_on(dashboard, &dashboard->layout.tabs);
	struct view focus = dashboard_focus(dashboard);

	canvas.focused = true;
	if (dashboard->page != DASHBOARD_PANES) {
		draw_title(dashboard, &focus, &canvas);
		return;
	}
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct canvas rest = canvas_part(&canvas, 0, canvas.column, 1, canvas.area.columns);

		dashboard->tabs[pane].start = canvas.column;
		if (pane == (int)dashboard->focus) {
			/* Leave room for the next tabs, with blanks and a separator each. */
			for (int next = pane + 1; next < PANE_COUNT; next++)
				rest.area.columns -=
					(int)strlen(draw_tab_name(dashboard, next)) + 3;
			draw_title(dashboard, &focus, &rest);
			canvas.column += rest.column;
		} else {
			canvas_add(&canvas, ROLE_DIM, " %s ", draw_tab_name(dashboard, pane));
		}
		dashboard->tabs[pane].end = canvas.column;
		if (pane + 1 < PANE_COUNT)
			canvas_add(&canvas, ROLE_BORDER, "%s",
				   canvas.glyphs->border[BORDER_UP | BORDER_DOWN]);
	}
}

static void draw_lines(struct dashboard *dashboard)
{
	const struct layout *layout = &dashboard->layout;
	struct canvas header = draw_canvas_on(dashboard, &layout->header);
	struct canvas footer = draw_canvas_on(dashboard, &layout->footer);

	header_draw(&dashboard->context,
		    dashboard->travel.on ? &dashboard->travel.graph : &dashboard->graph,
		    session_now(dashboard->context.session), &header);
	if (dashboard->travel.on) {
		struct canvas line =
			draw_canvas_on(dashboard, &(struct rect){dashboard->time_row, 0, 1, COLS});

		travel_draw(dashboard, &line);
	}
	if (layout->kind == LAYOUT_TABS)
		draw_tabs(dashboard);
	if (dashboard->prompt.kind != PROMPT_NONE)
		prompt_draw(&dashboard->prompt, &footer);
	else if (popup_is_open(&dashboard->popup) && !footer_shows_message(&dashboard->context))
		popup_draw_hints(&dashboard->popup, &footer);
	else
		footer_draw(&dashboard->context, dashboard_focus(dashboard).operations->hints,
			    &footer);
}

static void draw_popup(struct dashboard *dashboard)
{
	struct canvas middle = draw_canvas_on(dashboard, &dashboard->layout.middle);

	popup_draw(&dashboard->popup, &middle);
}

void dashboard_draw(struct dashboard *dashboard)
{
	bool typing =
		dashboard->prompt.kind != PROMPT_NONE && dashboard->prompt.kind != PROMPT_REPLACE;

	dashboard_update(dashboard);
	erase();
	if (dashboard->layout.kind == LAYOUT_TINY) {
		struct canvas all = draw_canvas_on(dashboard, &(struct rect){0, 0, LINES, COLS});

		canvas_add(&all, ROLE_TEXT, "needs 20x5 or more");
	} else {
		if (dashboard->page == DASHBOARD_PANES)
			draw_panes(dashboard);
		else
			draw_page(dashboard);
		if (popup_is_open(&dashboard->popup))
			draw_popup(dashboard);
		/* A long message covers the rows above the last one. */
		draw_lines(dashboard);
	}
	curs_set(typing && dashboard->layout.kind != LAYOUT_TINY);
	refresh();
}
