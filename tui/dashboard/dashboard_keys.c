/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/dashboard_keys.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "tui/dashboard/dashboard_draw.h"
#include "tui/dashboard/dashboard_prompt.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/dashboard/table/cells.h"

#define DOUBLE_CLICK_NS (NS_PER_SECOND * 2 / 5)
/* Rows that the wheel scrolls per notch. */
#define WHEEL_ROWS 3

static void dashboard_keys_set_focus(struct dashboard *dashboard, int pane)
{
	dashboard->focus = (enum pane)((pane + PANE_COUNT) % PANE_COUNT);
}

static void dashboard_keys_toggle_policy(struct dashboard *dashboard)
{
	if (dashboard->zoomed && dashboard->focus == PANE_POLICY) {
		dashboard->zoomed = false;
		dashboard->focus = dashboard->focus_before_policy;
		return;
	}
	dashboard->focus_before_policy =
		dashboard->focus == PANE_POLICY ? PANE_CONNECTIONS : dashboard->focus;
	dashboard->focus = PANE_POLICY;
	dashboard->zoomed = true;
}

static void dashboard_keys_toggle_pause(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;

	if (connections_pause(dashboard->connections, !context->paused)) {
		context_error(context, "no memory to freeze the screen");
		return;
	}
	context->paused = !context->paused;
	dashboard->paused_now_ns = session_now(context->session);
}

/* Shows the connections of the selected destination. */
static void dashboard_keys_open_destination(struct dashboard *dashboard)
{
	const struct edge *edge = destinations_selected(dashboard->destinations);

	if (!edge)
		return;
	connections_set_edge(dashboard->connections, edge);
	dashboard->focus = PANE_CONNECTIONS;
	context_note(&dashboard->context,
		     "the connections of this destination alone: Esc shows all again");
}

static void dashboard_keys_open_selected(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(dashboard->connections);

	if (dashboard->focus == PANE_POLICY) {
		dashboard_keys_toggle_policy(dashboard);
		return;
	}
	if (dashboard->focus == PANE_DESTINATIONS) {
		dashboard_keys_open_destination(dashboard);
		return;
	}
	if (!conn)
		return;
	detail_open(dashboard->detail, &dashboard->context, conn);
	dashboard->page = DASHBOARD_DETAIL;
}

/* Opens the page of the subject: of the open connection, else of the lower panes. */
static void dashboard_keys_open_subject(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	const struct conn *conn = connections_selected(dashboard->connections);

	if (dashboard->page == DASHBOARD_SUBJECT || dashboard->page == DASHBOARD_HELP)
		return;
	if (dashboard->page == DASHBOARD_DETAIL) {
		conn = detail_connection(dashboard->detail);
		/* The page shows the draft of the lower panes, so they follow. */
		context->subject = conn->subject;
		dashboard->subject_chosen = true;
	}
	if (!context->subject)
		return;
	subject_page_open(dashboard->subject_page, context->subject,
			  conn && conn->subject == context->subject ? conn->sequence : 0);
	dashboard->page_before_subject = dashboard->page;
	dashboard->page = DASHBOARD_SUBJECT;
}

/* Undoes one step: the page, the filter, the other limits, the zoom. */
static void dashboard_keys_go_back(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_HELP)
		dashboard->page = dashboard->page_before_help;
	else if (dashboard->page == DASHBOARD_SUBJECT)
		dashboard->page = dashboard->page_before_subject;
	else if (dashboard->page == DASHBOARD_DETAIL)
		dashboard->page = DASHBOARD_PANES;
	else if (*dashboard->filter_text)
		dashboard_set_filter(dashboard, "", NULL);
	else if (connections_show_all(dashboard->connections))
		dashboard->subject_chosen = false;
	else
		dashboard->zoomed = false;
}

static int dashboard_keys_compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the first namespace after `current` in the alphabet; NULL: none is. */
static const char *dashboard_keys_namespace_after(const struct state *state, const char *current)
{
	const char *best = NULL;

	for (size_t i = 0; i < state_subject_count(state); i++) {
		const char *name = state_subject(state, i)->namespace_name;

		if (!name || (current && dashboard_keys_compare_names(&name, &current) <= 0))
			continue;
		if (!best || dashboard_keys_compare_names(&name, &best) < 0)
			best = name;
	}
	return best;
}

static void dashboard_keys_next_namespace(struct dashboard *dashboard)
{
	const char *current = connections_namespace(dashboard->connections);
	const char *next = dashboard_keys_namespace_after(dashboard->context.state, current);

	if (!current && !next) {
		context_note(&dashboard->context, "nothing that was seen is in a namespace");
		return;
	}
	connections_set_namespace(dashboard->connections, next);
	dashboard->subject_chosen = false;
	if (next)
		context_note(&dashboard->context, "namespace %s: n for the next one", next);
	else
		context_note(&dashboard->context, "all namespaces");
}

static void dashboard_keys_show_help(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_HELP) {
		dashboard->page = dashboard->page_before_help;
		return;
	}
	dashboard->page_before_help = dashboard->page;
	dashboard->page = DASHBOARD_HELP;
	dashboard->help.scroll.top = 0;
}

/* Leaves the destination of the selected connection out of the draft, or brings it back. The
 * destinations pane handles x and X itself. */
static void dashboard_keys_change_draft(struct dashboard *dashboard, enum action action)
{
	struct context *context = &dashboard->context;
	const struct conn *conn = connections_selected(dashboard->connections);
	char peer[CELL_SIZE];

	if (!conn)
		return;
	cell_edge_peer(context->state, conn->edge, peer);
	if (action == ACTION_LEAVE_OUT) {
		if (exclusions_add(context->exclusions, conn->edge))
			context_error(context, "no memory to leave %s out", peer);
		else
			context_note(context,
				     "%s port %u is left out of the draft: X brings it back", peer,
				     conn->edge->port);
	} else if (exclusions_remove(context->exclusions, conn->edge)) {
		context_note(context, "%s port %u is in the draft again", peer, conn->edge->port);
	} else {
		context_note(context, "%s port %u was not left out", peer, conn->edge->port);
	}
}

static bool dashboard_keys_act_globally(struct dashboard *dashboard, enum action action)
{
	switch (action) {
	case ACTION_QUIT:
		dashboard->quitting = true;
		break;
	case ACTION_HELP:
		dashboard_keys_show_help(dashboard);
		break;
	case ACTION_BACK:
		dashboard_keys_go_back(dashboard);
		break;
	case ACTION_PAUSE:
		dashboard_keys_toggle_pause(dashboard);
		break;
	case ACTION_FILTER:
		dashboard->page = DASHBOARD_PANES;
		dashboard_ask_filter(dashboard);
		break;
	case ACTION_COMMAND:
		dashboard_ask_command(dashboard);
		break;
	case ACTION_EXPORT:
		dashboard_export(dashboard, NULL);
		break;
	case ACTION_THEME:
		dashboard_set_theme(dashboard, theme_next());
		break;
	case ACTION_REDRAW:
		clearok(stdscr, TRUE);
		break;
	case ACTION_POLICY:
		dashboard->page = DASHBOARD_PANES;
		dashboard_keys_toggle_policy(dashboard);
		break;
	default:
		return false;
	}
	return true;
}

/* Carries out the actions of the panes. Keys of the connection table work from any pane whose
 * view does not handle them. */
static void dashboard_keys_act_on_panes(struct dashboard *dashboard, enum action action)
{
	struct view table = dashboard->panes[PANE_CONNECTIONS];

	switch (action) {
	case ACTION_NEXT_PANE:
		dashboard_keys_set_focus(dashboard, (int)dashboard->focus + 1);
		break;
	case ACTION_PREVIOUS_PANE:
		dashboard_keys_set_focus(dashboard, (int)dashboard->focus - 1);
		break;
	case ACTION_ZOOM:
		dashboard->zoomed = !dashboard->zoomed;
		break;
	case ACTION_OPEN:
		dashboard_keys_open_selected(dashboard);
		break;
	case ACTION_NAMESPACE:
		dashboard_keys_next_namespace(dashboard);
		break;
	case ACTION_LEAVE_OUT:
	case ACTION_BRING_BACK:
		dashboard_keys_change_draft(dashboard, action);
		break;
	case ACTION_PROBLEMS:
	case ACTION_HOST:
	case ACTION_CLOSED:
	case ACTION_ONLY:
	case ACTION_FOLLOW:
	case ACTION_WIDE:
		table.operations->act(table.data, &dashboard->context, action);
		break;
	case ACTION_NONE:
	case ACTION_COUNT:
	case ACTION_UP:
	case ACTION_DOWN:
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
	case ACTION_FIRST:
	case ACTION_LAST:
	case ACTION_LEFT:
	case ACTION_RIGHT:
	case ACTION_INVERT:
	case ACTION_SORT_NEXT:
	case ACTION_SORT_PREVIOUS:
		/* Only for the focused view, which has no use for it. */
		break;
	case ACTION_QUIT:
	case ACTION_HELP:
	case ACTION_BACK:
	case ACTION_PAUSE:
	case ACTION_FILTER:
	case ACTION_COMMAND:
	case ACTION_EXPORT:
	case ACTION_THEME:
	case ACTION_REDRAW:
	case ACTION_POLICY:
	case ACTION_SUBJECT:
		/* Handled before. The switch has no default, so that the compiler names a key whose
		 * action is handled nowhere. */
		break;
	}
}

static void dashboard_keys_act(struct dashboard *dashboard, enum action action)
{
	struct view focus = dashboard_focus(dashboard);

	if (action == ACTION_NONE || dashboard_keys_act_globally(dashboard, action))
		return;
	if (focus.operations->act(focus.data, &dashboard->context, action))
		return;
	if (action == ACTION_SUBJECT ||
	    (action == ACTION_OPEN && dashboard->page == DASHBOARD_DETAIL))
		dashboard_keys_open_subject(dashboard);
	else if (dashboard->page == DASHBOARD_PANES)
		dashboard_keys_act_on_panes(dashboard, action);
}

static void dashboard_keys_scroll_pane(struct dashboard *dashboard, struct view view, bool down)
{
	for (int i = 0; i < WHEEL_ROWS; i++)
		view.operations->act(view.data, &dashboard->context,
				     down ? ACTION_DOWN : ACTION_UP);
}

static bool dashboard_keys_is_double_click(struct dashboard *dashboard, const MEVENT *event)
{
	uint64_t now_ns = dashboard->context.monotonic_ns;
	bool twice = event->y == dashboard->click_row && event->x == dashboard->click_column &&
		     now_ns - dashboard->click_ns < DOUBLE_CLICK_NS;

	dashboard->click_row = event->y;
	dashboard->click_column = event->x;
	/* A third press starts a new double click. */
	dashboard->click_ns = twice ? 0 : now_ns;
	return twice;
}

static int dashboard_keys_pane_at(const struct dashboard *dashboard, int row, int column)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (rect_contains(&dashboard->layout.body[pane], row, column))
			return pane;
	}
	return -1;
}

static void dashboard_keys_click_pane(struct dashboard *dashboard, int pane, const MEVENT *event)
{
	struct view view = dashboard->panes[pane];
	const struct rect *body = &dashboard->layout.body[pane];
	bool twice = dashboard_keys_is_double_click(dashboard, event);

	dashboard_keys_set_focus(dashboard, pane);
	if (view.operations->click)
		view.operations->click(view.data, &dashboard->context, event->y - body->row,
				       event->x - body->column);
	if (twice)
		dashboard_keys_act(dashboard, ACTION_OPEN);
}

static void dashboard_keys_mouse(struct dashboard *dashboard)
{
	MEVENT event;
	int pane;

	if (getmouse(&event) != OK)
		return;
	if (dashboard->page != DASHBOARD_PANES) {
		if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED))
			dashboard_keys_scroll_pane(dashboard, dashboard_focus(dashboard),
						   (event.bstate & BUTTON5_PRESSED) != 0);
		return;
	}
	pane = dashboard_keys_pane_at(dashboard, event.y, event.x);
	if (pane < 0) {
		/* A click on the tabs focuses the next pane. */
		if (dashboard->layout.kind == LAYOUT_TABS &&
		    event.y == dashboard->layout.tabs.row &&
		    event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
			dashboard_keys_set_focus(dashboard, (int)dashboard->focus + 1);
		return;
	}
	if (event.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED))
		dashboard_keys_scroll_pane(dashboard, dashboard->panes[pane],
					   (event.bstate & BUTTON5_PRESSED) != 0);
	else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		dashboard_keys_click_pane(dashboard, pane, &event);
}

void dashboard_keys(struct dashboard *dashboard)
{
	bool acted = false;
	wint_t key;
	int result;

	while (!dashboard->quitting && (result = get_wch(&key)) != ERR) {
		bool is_code = result == KEY_CODE_YES;

		if (is_code && key == KEY_RESIZE)
			continue;
		if (is_code && key == KEY_MOUSE) {
			dashboard_keys_mouse(dashboard);
			continue;
		}
		context_silence(&dashboard->context);
		/* Update between keys that arrive together, so that each acts on current rows. */
		if (acted && dashboard->prompt.kind == PROMPT_NONE)
			dashboard_update(dashboard);
		acted = true;
		if (dashboard->prompt.kind != PROMPT_NONE)
			dashboard_prompt_key(dashboard, is_code, (wchar_t)key);
		/* Codes of characters beyond ASCII overlap with the key codes of curses. */
		else if (is_code || key < 0x80)
			dashboard_keys_act(dashboard, keymap_action((int)key));
	}
}
