/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/keys.h"

#include <curses.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/dashboard/copy.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/export_prompt.h"
#include "tui/dashboard/history.h"
#include "tui/dashboard/marked.h"
#include "tui/dashboard/menus/column_menu.h"
#include "tui/dashboard/menus/namespace_menu.h"
#include "tui/dashboard/menus/sort_menu.h"
#include "tui/dashboard/panes/leave_out.h"
#include "tui/dashboard/policies.h"
#include "tui/dashboard/policy_form.h"
#include "tui/dashboard/prompts.h"
#include "tui/dashboard/screen/screen.h"
#include "tui/dashboard/splits.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/things.h"
#include "tui/dashboard/travel.h"
#include "tui/dashboard/typed_filter.h"
#include "tui/dashboard/visits.h"

/* The type of the functions that KEYMAP_ROWS names. A missing function fails the build. */
typedef void keys_function(struct dashboard *dashboard);

#define KEYS_DECLARE(action, group, function, ...) static keys_function function;
KEYMAP_ROWS(KEYS_DECLARE)
#undef KEYS_DECLARE

#define KEYS_FUNCTION(action, group, function, ...) [ACTION_##action] = function,
static keys_function *const keys_functions[ACTION_COUNT] = {KEYMAP_ROWS(KEYS_FUNCTION)};
#undef KEYS_FUNCTION

/* Does nothing. Views carry out the action, see KEYMAP_ROWS. */
static void keys_in_view(struct dashboard *dashboard)
{
	(void)dashboard;
}

void dashboard_set_focus(struct dashboard *dashboard, int pane)
{
	dashboard->focus = (enum pane)((pane + PANE_COUNT) % PANE_COUNT);
}

/* Shows the draft as rules or as YAML, and saves the choice. */
static void keys_choose_form(struct dashboard *dashboard, enum policy_form form)
{
	policy_pane_choose(&dashboard->policy, form);
	policy_form_save(&dashboard->context, form);
}

/* Ends the zoom. If `y` made the policy large, the pane that had the focus before gets it back, and
 * the draft its form. */
static void keys_end_zoom(struct dashboard *dashboard)
{
	dashboard->zoomed = false;
	if (dashboard->focus != PANE_POLICY || !dashboard->policy_enlarged)
		return;
	dashboard->policy_enlarged = false;
	dashboard->focus = dashboard->focus_before_policy;
	if (dashboard->policy.form != dashboard->form_before_policy)
		keys_choose_form(dashboard, dashboard->form_before_policy);
}

static void keys_toggle_pause(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;

	if (travel_end(dashboard))
		return;
	if (connections_pause(&dashboard->connections, !context->paused)) {
		context_error(context, "no memory to freeze the screen");
		return;
	}
	context->paused = !context->paused;
	dashboard->paused_now_ns = session_now(context->session);
	/* The title of the table says that the screen is frozen, unless something hides it. */
	if (dashboard->page != DASHBOARD_PANES ||
	    dashboard_pane_rows(dashboard, PANE_CONNECTIONS) <= 0)
		context_note(context, context->paused ? "the screen is frozen: p continues"
						      : "the screen is no longer frozen");
}

/* Makes everything that the state holds the baseline. */
static void keys_set_baseline(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	char when[TRAVEL_WHEN_SIZE];
	char text[CELL_COUNT_SIZE];
	size_t count = 0;

	if (session_make_baseline(context->session, &count)) {
		context_error(context, "no memory for the baseline");
		return;
	}
	connections_apply_query(&dashboard->connections);
	cell_count(count, text);
	travel_write_when(dashboard, when);
	context_note(context,
		     "baseline: %s destination%s%s; others are marked NEW, and /new:yes "
		     "shows them",
		     text, count == 1 ? "" : "s", when);
}

static void keys_event_before(struct dashboard *dashboard)
{
	travel_step(dashboard, -1, TIMELINE_ALL);
}

static void keys_event_after(struct dashboard *dashboard)
{
	travel_step(dashboard, 1, TIMELINE_ALL);
}

static void keys_notable_before(struct dashboard *dashboard)
{
	travel_step(dashboard, -1, TIMELINE_NOTABLE);
}

static void keys_notable_after(struct dashboard *dashboard)
{
	travel_step(dashboard, 1, TIMELINE_NOTABLE);
}

static void keys_play(struct dashboard *dashboard)
{
	travel_play(dashboard);
}

static void keys_slower(struct dashboard *dashboard)
{
	travel_change_speed(dashboard, -1);
}

static void keys_faster(struct dashboard *dashboard)
{
	travel_change_speed(dashboard, 1);
}

static void keys_visit_edge(struct dashboard *dashboard, const struct edge *edge)
{
	dashboard_visit(dashboard, &(struct visit){.page = DASHBOARD_DESTINATION, .edge = edge});
}

static void keys_visit_subject(struct dashboard *dashboard, const struct subject *subject,
			       uint64_t sequence)
{
	dashboard_visit(dashboard, &(struct visit){.page = DASHBOARD_SUBJECT,
						   .subject = subject,
						   .sequence = sequence});
}

/* Opens the page of the selected row of the summary. */
static void keys_open_summary_row(struct dashboard *dashboard)
{
	const struct edge *edge = summary_edge(&dashboard->summary);
	const struct subject *subject =
		summary_subject(&dashboard->summary, dashboard->context.subject);

	if (edge)
		keys_visit_edge(dashboard, edge);
	else if (subject)
		keys_visit_subject(dashboard, subject, 0);
}

static void keys_zoom(struct dashboard *dashboard)
{
	if (dashboard->zoomed) {
		keys_end_zoom(dashboard);
		return;
	}
	dashboard->zoomed = true;
	dashboard->policy_enlarged = false;
}

/* Opens the destination at the cursor in the evidence, or moves the cursor there. Where the draft
 * has no cursor, zooms the pane in or out. */
static void keys_open_in_policy(struct dashboard *dashboard)
{
	const struct edge *edge = policy_pane_destination(&dashboard->policy);

	if (edge) {
		keys_visit_edge(dashboard, edge);
	} else if (!policy_pane_enter(&dashboard->policy)) {
		keys_zoom(dashboard);
	}
}

/* Acts on the focused pane: opens the page of the selected row. */
static void keys_open_selected(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(&dashboard->connections);

	if (dashboard->focus == PANE_POLICY) {
		keys_open_in_policy(dashboard);
	} else if (dashboard->focus == PANE_CONNECTIONS && conn) {
		/* The selected row may have left the table: the page gets its copy. */
		detail_open(&dashboard->detail, &dashboard->context, conn);
		dashboard_visit(dashboard, &(struct visit){.page = DASHBOARD_DETAIL,
							   .sequence = conn->sequence});
	} else if (dashboard->focus == PANE_SUMMARY) {
		keys_open_summary_row(dashboard);
	}
}

/* Leaves the page of a destination, and shows only its connections. */
static void keys_show_connections(struct dashboard *dashboard)
{
	dashboard->connections.query.edge = dashboard->destination_page.edge;
	connections_restart(&dashboard->connections);
	dashboard_close_pages(dashboard);
	dashboard->focus = PANE_CONNECTIONS;
	context_note(&dashboard->context,
		     "the connections of this destination alone: Esc shows all again");
}

/* Opens the page of a subject: on the page of a connection, the connection's subject; elsewhere,
 * the subject of the lower panes. */
static void keys_open_subject(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(&dashboard->connections);
	const struct subject *subject = dashboard->context.subject;

	if (dashboard->page == DASHBOARD_DETAIL) {
		conn = &dashboard->detail.conn;
		subject = conn->subject;
	} else if (dashboard->page == DASHBOARD_DESTINATION) {
		subject = dashboard->destination_page.edge->subject;
	} else if (dashboard->page != DASHBOARD_PANES) {
		context_note(&dashboard->context,
			     dashboard->page == DASHBOARD_SUBJECT
				     ? "this page is open already"
				     : "this page is not about a connection of a pod");
		return;
	}
	if (!subject)
		context_note(&dashboard->context, "no connection was seen yet");
	else
		keys_visit_subject(dashboard, subject,
				   conn && conn->subject == subject ? conn->sequence : 0);
}

/* Undoes one step, the first possible of these: leave the page, return to the present, clear the
 * filter, reset the other limits of the table of connections (connections_show_all), end the zoom.
 * In the policy, Esc first leaves the evidence and ends the search (policy_pane_act). */
static void keys_go_back(struct dashboard *dashboard)
{
	if (dashboard->page != DASHBOARD_PANES)
		dashboard_close_page(dashboard);
	else if (travel_end(dashboard))
		return;
	else if (*dashboard->filter_text)
		dashboard_clear_filter(dashboard);
	else if (connections_show_all(&dashboard->connections))
		dashboard->subject_chosen = false;
	else if (dashboard->zoomed)
		keys_end_zoom(dashboard);
	else
		context_note(&dashboard->context, "nothing to go back from: %s quits",
			     keymap_binding(ACTION_QUIT)->name);
}

static void keys_namespaces(struct dashboard *dashboard)
{
	namespace_menu_open(&dashboard->popup, &dashboard->context, &dashboard->namespace_menu,
			    &dashboard->connections);
}

/* Returns whether a key acts on the marked connections instead of the selected one. */
static bool keys_marks_act(const struct dashboard *dashboard)
{
	return dashboard->focus == PANE_CONNECTIONS && dashboard->connections.marks.count > 0;
}

/* Finds the marked connections that the table shows. If none is shown, shows a message and returns
 * false. */
static bool keys_find_marked(struct dashboard *dashboard, struct marked_rows *marked)
{
	marked_rows_find(&dashboard->connections.rows, &dashboard->connections.marks, marked);
	if (marked->count == 0)
		context_note(&dashboard->context,
			     marked->hidden ? "no marked row is shown: M removes all marks"
					    : "the marked connections have left the table");
	return marked->count > 0;
}

/* Leaves the destination of the selected connection out of the draft. The summary and the page of a
 * connection handle ACTION_LEAVE_OUT and ACTION_BRING_BACK themselves. */
static void keys_leave_out(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(&dashboard->connections);
	struct marked_rows marked;

	if (keys_marks_act(dashboard)) {
		if (keys_find_marked(dashboard, &marked))
			marked_leave_out(&dashboard->context, &marked);
	} else if (conn) {
		leave_out_edge(&dashboard->context, conn->edge);
	}
}

static void keys_bring_back(struct dashboard *dashboard)
{
	const struct conn *conn = connections_selected(&dashboard->connections);
	struct marked_rows marked;

	if (keys_marks_act(dashboard)) {
		if (keys_find_marked(dashboard, &marked))
			marked_bring_back(&dashboard->context, &marked);
	} else if (conn) {
		leave_out_end(&dashboard->context, conn->edge);
	}
}

/* Opens the page that was left last, or leaves the page that is open. */
static void keys_last_view(struct dashboard *dashboard)
{
	/* Closing the pages changes `left`. */
	const struct visit left = dashboard->left;

	if (dashboard->page != DASHBOARD_PANES)
		dashboard_close_pages(dashboard);
	else if (left.page != DASHBOARD_PANES)
		dashboard_visit(dashboard, &left);
	else
		context_note(&dashboard->context, "no page was open before");
}

static void keys_history_back(struct dashboard *dashboard)
{
	history_go(dashboard, -1);
}

static void keys_history_forward(struct dashboard *dashboard)
{
	history_go(dashboard, 1);
}

static void keys_first_pane(struct dashboard *dashboard)
{
	dashboard_set_focus(dashboard, PANE_CONNECTIONS);
}

static void keys_second_pane(struct dashboard *dashboard)
{
	dashboard_set_focus(dashboard, PANE_SUMMARY);
}

void dashboard_show_folded(struct dashboard *dashboard)
{
	dashboard->policy_kept = true;
	dashboard_set_focus(dashboard, PANE_POLICY);
}

static void keys_third_pane(struct dashboard *dashboard)
{
	dashboard_show_folded(dashboard);
}

/* Makes the next pane large; after the last one, none. */
static void keys_enlarge(struct dashboard *dashboard)
{
	static const char *const names[1 + PANE_COUNT] = {
		"all panes have their usual size",
		[1 + PANE_CONNECTIONS] = "the connections are large: v for the next pane",
		[1 + PANE_SUMMARY] = "the summary is large: v for the next pane",
		[1 + PANE_POLICY] = "the policy is large: v for the usual sizes",
	};

	if (dashboard->context.alone) {
		context_note(&dashboard->context, "one pane has the whole screen");
		return;
	}
	dashboard->large = (dashboard->large + 1) % (1 + PANE_COUNT);
	dashboard->policy_kept &= dashboard->large != 0;
	context_note(&dashboard->context, "%s", names[dashboard->large]);
}

/* Focuses the next pane in a direction, but not a folded one. */
static void keys_step_pane(struct dashboard *dashboard, int direction)
{
	dashboard_set_focus(dashboard, (int)dashboard->focus + direction);
	if (dashboard->focus == PANE_POLICY && dashboard->layout.folded.rows > 0)
		dashboard_set_focus(dashboard, (int)dashboard->focus + direction);
}

static void keys_grow(struct dashboard *dashboard)
{
	splits_grow(dashboard, 1);
}

static void keys_shrink(struct dashboard *dashboard)
{
	splits_grow(dashboard, -1);
}

static void keys_usual_sizes(struct dashboard *dashboard)
{
	splits_reset(dashboard);
}

static void keys_next_pane(struct dashboard *dashboard)
{
	keys_step_pane(dashboard, 1);
}

static void keys_previous_pane(struct dashboard *dashboard)
{
	keys_step_pane(dashboard, -1);
}

static void keys_quit(struct dashboard *dashboard)
{
	dashboard->quitting = true;
}

static void keys_help(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_HELP)
		keys_go_back(dashboard);
	else
		dashboard_open_page(dashboard, DASHBOARD_HELP);
}

static void keys_lookups(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_LOOKUPS) {
		keys_go_back(dashboard);
		return;
	}
	dashboard_open_page(dashboard, DASHBOARD_LOOKUPS);
}

static void keys_policies(struct dashboard *dashboard)
{
	if (dashboard->page == DASHBOARD_POLICIES)
		keys_go_back(dashboard);
	else
		dashboard_open_page(dashboard, DASHBOARD_POLICIES);
}

static bool keys_policy_has_focus(const struct dashboard *dashboard)
{
	return dashboard->page == DASHBOARD_PANES && dashboard->focus == PANE_POLICY;
}

/* In the policy, n and N act on the search, see policy_pane_act. */
static void keys_search(struct dashboard *dashboard)
{
	if (keys_policy_has_focus(dashboard))
		dashboard_ask_search(dashboard);
	else
		context_note(&dashboard->context, "%s searches in the policy: %s goes there",
			     keymap_binding(ACTION_SEARCH)->name,
			     keymap_binding(ACTION_THIRD_PANE)->name);
}

static void keys_copy(struct dashboard *dashboard)
{
	dashboard_copy(dashboard, "");
}

static void keys_filter(struct dashboard *dashboard)
{
	if (keys_policy_has_focus(dashboard)) {
		dashboard_ask_search(dashboard);
		return;
	}
	dashboard_close_pages(dashboard);
	dashboard_ask_filter(dashboard);
}

static void keys_command(struct dashboard *dashboard)
{
	dashboard_ask_command(dashboard);
}

static void keys_export(struct dashboard *dashboard)
{
	dashboard_export(dashboard, NULL);
}

static void keys_edit(struct dashboard *dashboard)
{
	dashboard_edit(dashboard);
}

static void keys_pick_theme(struct dashboard *dashboard)
{
	appearance_pick(&dashboard->appearance, &dashboard->context, &dashboard->popup);
}

static void keys_sort(struct dashboard *dashboard)
{
	if (dashboard->focus == PANE_SUMMARY)
		sort_menu_open_summary(&dashboard->popup, &dashboard->context, &dashboard->summary);
	else
		sort_menu_open(&dashboard->popup, &dashboard->context, &dashboard->sort_menu,
			       &dashboard->connections);
}

static void keys_columns(struct dashboard *dashboard)
{
	column_menu_open(&dashboard->popup, &dashboard->context, &dashboard->column_menu,
			 &dashboard->connections);
}

static void keys_redraw(struct dashboard *dashboard)
{
	(void)dashboard;
	clearok(stdscr, TRUE);
}

/*
 * Shows the draft in the other form. If the pane is hidden or has few rows, makes it large for the
 * YAML, and small again for the rules. A draft that a page or a pane hides is shown as YAML.
 */
static void keys_show_policy(struct dashboard *dashboard)
{
	int rows = dashboard_pane_rows(dashboard, PANE_POLICY);
	bool hidden = dashboard->page != DASHBOARD_PANES || rows <= 0;
	enum policy_form before = dashboard->policy.form;

	dashboard_close_pages(dashboard);
	if (!hidden && before == POLICY_FORM_YAML) {
		keys_choose_form(dashboard, POLICY_FORM_RULES);
		if (dashboard->policy_enlarged)
			keys_end_zoom(dashboard);
		return;
	}
	keys_choose_form(dashboard, POLICY_FORM_YAML);
	if (rows >= POLICY_YAML_ROWS)
		return;
	dashboard->form_before_policy = before;
	dashboard->focus_before_policy =
		dashboard->focus == PANE_POLICY ? PANE_CONNECTIONS : dashboard->focus;
	dashboard->focus = PANE_POLICY;
	dashboard->zoomed = true;
	dashboard->policy_enlarged = true;
}

static void keys_open(struct dashboard *dashboard)
{
	if (things_open_selected(dashboard))
		return;
	if (dashboard->page == DASHBOARD_DETAIL)
		keys_open_subject(dashboard);
	else if (dashboard->page == DASHBOARD_DESTINATION)
		keys_show_connections(dashboard);
	else if (dashboard->page == DASHBOARD_PANES)
		keys_open_selected(dashboard);
	else if (dashboard->links.count > 0)
		context_note(&dashboard->context,
			     "no name is selected: the arrows and Tab select one, Enter opens it");
	else
		context_note(&dashboard->context, "this page has no names to open");
}

bool dashboard_act_on_view(struct dashboard *dashboard, struct view view, enum action action)
{
	if (view.links && links_act(view.links, view.scroll, action))
		return true;
	if (view.scroll && list_cursor_act(view.scroll, action))
		return true;
	return view.operations->act && view.operations->act(view.data, &dashboard->context, action);
}

/* Scrolls a view that has no rows to fold. */
static void keys_fold(struct dashboard *dashboard)
{
	dashboard_act_on_view(dashboard, dashboard_focus(dashboard), ACTION_PAGE_DOWN);
}

bool dashboard_act(struct dashboard *dashboard, enum action action)
{
	const struct key_binding *binding = keymap_binding(action);
	bool panes = dashboard->page == DASHBOARD_PANES;

	/* Save the sizes once the user is done with them, not for each step. */
	if (action != ACTION_GROW && action != ACTION_SHRINK)
		splits_save(dashboard);
	if (popup_is_open(&dashboard->popup)) {
		popup_act(&dashboard->popup, &dashboard->context, action);
		return true;
	}
	if (!binding)
		return false;
	if (dashboard_act_on_view(dashboard, dashboard_focus(dashboard), action))
		return true;
	if (panes && binding->from_any_pane &&
	    dashboard_act_on_view(dashboard, dashboard_pane(dashboard, PANE_CONNECTIONS), action))
		return true;
	if ((!panes && !binding->on_pages) || keys_functions[action] == keys_in_view)
		return false;
	keys_functions[action](dashboard);
	return true;
}
