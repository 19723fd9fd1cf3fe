/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/mouse.h"

#include "core/base/clock.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/keys.h"
#include "tui/dashboard/panes/footer.h"
#include "tui/dashboard/splits.h"

#define DOUBLE_CLICK_NS (NS_PER_SECOND * 2 / 5)
/* Rows that one step of the mouse wheel scrolls. */
#define WHEEL_ROWS 3

/* Scrolls a view. On a page, the wheel selects no link. */
static void mouse_scroll(struct dashboard *dashboard, struct view view, bool down)
{
	enum action action = down ? ACTION_DOWN : ACTION_UP;

	for (int i = 0; i < WHEEL_ROWS; i++) {
		if (view.links)
			list_cursor_act(view.scroll, action);
		else
			dashboard_act_on_view(dashboard, view, action);
	}
}

static bool mouse_is_double_click(struct dashboard *dashboard, const struct mouse_event *event)
{
	uint64_t now_ns = dashboard->context.monotonic_ns;
	bool twice = event->row == dashboard->click_row &&
		     event->column == dashboard->click_column &&
		     now_ns - dashboard->click_ns < DOUBLE_CLICK_NS;

	dashboard->click_row = event->row;
	dashboard->click_column = event->column;
	/* A third press starts a new double click. */
	dashboard->click_ns = twice ? 0 : now_ns;
	return twice;
}

static int mouse_pane_at(const struct dashboard *dashboard, int row, int column)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (rect_contains(&dashboard->layout.body[pane], row, column))
			return pane;
	}
	return -1;
}

static void mouse_click_pane(struct dashboard *dashboard, int pane, const struct mouse_event *event)
{
	struct view view = dashboard_pane(dashboard, (enum pane)pane);
	const struct rect *body = &dashboard->layout.body[pane];
	bool twice = mouse_is_double_click(dashboard, event);

	dashboard_set_focus(dashboard, pane);
	if (view.operations->click &&
	    view.operations->click(view.data, &dashboard->context, event->row - body->row,
				   event->column - body->column) &&
	    twice)
		dashboard_act(dashboard, ACTION_OPEN);
}

/* Selects the link under the mouse. A double click opens it. */
static void mouse_click_page(struct dashboard *dashboard, const struct mouse_event *event)
{
	struct view page = dashboard_focus(dashboard);
	const struct rect *middle = &dashboard->layout.middle;
	int row = event->row - middle->row - (dashboard->layout.kind == LAYOUT_TABS ? 0 : 1);
	bool twice = mouse_is_double_click(dashboard, event);

	if (page.links && row >= 0 && row < (int)page.scroll->height &&
	    links_click(page.links, page.scroll->top + (size_t)row) && twice)
		dashboard_act(dashboard, ACTION_OPEN);
}

static void mouse_click_tab(struct dashboard *dashboard, int column)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (column >= dashboard->tabs[pane].start && column < dashboard->tabs[pane].end)
			dashboard_set_focus(dashboard, pane);
	}
}

/* Runs the action of the hint under the mouse. A message covers the hints, so a click on it only
 * removes the message. */
static void mouse_click_footer(struct dashboard *dashboard, int column)
{
	const struct canvas line = {.area = dashboard->layout.footer};
	enum key_place place = dashboard_focus(dashboard).operations->hints;
	enum action action =
		footer_action_at(&dashboard->context, place, &line, column - line.area.column);

	if (dashboard->prompt.kind != PROMPT_NONE)
		return;
	context_silence(&dashboard->context);
	dashboard_act(dashboard, action);
}

static void mouse_click(struct dashboard *dashboard, int pane, const struct mouse_event *event)
{
	bool page = dashboard->page != DASHBOARD_PANES;

	if (rect_contains(&dashboard->layout.footer, event->row, event->column))
		mouse_click_footer(dashboard, event->column);
	else if (pane >= 0)
		mouse_click_pane(dashboard, pane, event);
	else if (page)
		mouse_click_page(dashboard, event);
	else if (rect_contains(&dashboard->layout.folded, event->row, event->column))
		dashboard_show_folded(dashboard);
	else if (dashboard->layout.kind == LAYOUT_TABS && event->row == dashboard->layout.tabs.row)
		mouse_click_tab(dashboard, event->column);
}

static void mouse_on_popup(struct dashboard *dashboard, const struct mouse_event *event)
{
	const struct rect *footer = &dashboard->layout.footer;
	enum action action = ACTION_NONE;

	if (event->action == MOUSE_PRESS && rect_contains(footer, event->row, event->column) &&
	    !footer_shows_message(&dashboard->context))
		action = popup_hint_at(&dashboard->popup, event->column - footer->column);
	if (action != ACTION_NONE)
		popup_act(&dashboard->popup, &dashboard->context, action);
	else if (event->action == MOUSE_PRESS)
		popup_click(&dashboard->popup, &dashboard->context, event->row, event->column);
	else if (event->action != MOUSE_RELEASE)
		dashboard_act(dashboard,
			      event->action == MOUSE_WHEEL_DOWN ? ACTION_DOWN : ACTION_UP);
}

void dashboard_mouse(struct dashboard *dashboard, const struct mouse_event *event)
{
	bool page = dashboard->page != DASHBOARD_PANES;
	int pane;

	if (popup_is_open(&dashboard->popup)) {
		mouse_on_popup(dashboard, event);
		return;
	}
	pane = page ? -1 : mouse_pane_at(dashboard, event->row, event->column);
	switch (event->action) {
	case MOUSE_PRESS:
		if (!page && pane < 0)
			splits_press(dashboard, event->row, event->column);
		mouse_click(dashboard, pane, event);
		break;
	case MOUSE_RELEASE:
		splits_release(dashboard, event->row, event->column);
		break;
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN:
		if (page || pane >= 0)
			mouse_scroll(dashboard,
				     page ? dashboard_focus(dashboard)
					  : dashboard_pane(dashboard, (enum pane)pane),
				     event->action == MOUSE_WHEEL_DOWN);
		break;
	}
}
