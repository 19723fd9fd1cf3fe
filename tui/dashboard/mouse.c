/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/mouse.h"

#include <curses.h>

#include "core/base/clock.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/keys.h"
#include "tui/dashboard/panes/footer.h"
#include "tui/dashboard/splits.h"

#define DOUBLE_CLICK_NS (NS_PER_SECOND * 2 / 5)
/* Rows that one step of the mouse wheel scrolls. */
#define WHEEL_ROWS 3
/* The largest number of events that curses keeps. */
#define EVENTS_MAX 8

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

static bool mouse_is_double_click(struct dashboard *dashboard, const MEVENT *event)
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

static int mouse_pane_at(const struct dashboard *dashboard, int row, int column)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (rect_contains(&dashboard->layout.body[pane], row, column))
			return pane;
	}
	return -1;
}

static void mouse_click_pane(struct dashboard *dashboard, int pane, const MEVENT *event)
{
	struct view view = dashboard_pane(dashboard, (enum pane)pane);
	const struct rect *body = &dashboard->layout.body[pane];
	bool twice = mouse_is_double_click(dashboard, event);

	dashboard_set_focus(dashboard, pane);
	if (view.operations->click &&
	    view.operations->click(view.data, &dashboard->context, event->y - body->row,
				   event->x - body->column) &&
	    twice)
		dashboard_act(dashboard, ACTION_OPEN);
}

/* Selects the link under the mouse. A double click opens it. */
static void mouse_click_page(struct dashboard *dashboard, const MEVENT *event)
{
	struct view page = dashboard_focus(dashboard);
	const struct rect *middle = &dashboard->layout.middle;
	int row = event->y - middle->row - (dashboard->layout.kind == LAYOUT_TABS ? 0 : 1);
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

static void mouse_click(struct dashboard *dashboard, int pane, const MEVENT *event)
{
	bool page = dashboard->page != DASHBOARD_PANES;

	if (rect_contains(&dashboard->layout.footer, event->y, event->x))
		mouse_click_footer(dashboard, event->x);
	else if (pane >= 0)
		mouse_click_pane(dashboard, pane, event);
	else if (page)
		mouse_click_page(dashboard, event);
	else if (!page && rect_contains(&dashboard->layout.folded, event->y, event->x))
		dashboard_show_folded(dashboard);
	else if (!page && dashboard->layout.kind == LAYOUT_TABS &&
		 event->y == dashboard->layout.tabs.row)
		mouse_click_tab(dashboard, event->x);
}

static void mouse_on_popup(struct dashboard *dashboard, const MEVENT *event)
{
	if (event->bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED))
		dashboard_act(dashboard, event->bstate & BUTTON5_PRESSED ? ACTION_DOWN : ACTION_UP);
	else if (event->bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		popup_click(&dashboard->popup, &dashboard->context, event->y, event->x);
}

static void mouse_handle(struct dashboard *dashboard, const MEVENT *event)
{
	bool page = dashboard->page != DASHBOARD_PANES;
	int pane;

	if (popup_is_open(&dashboard->popup)) {
		mouse_on_popup(dashboard, event);
		return;
	}
	pane = page ? -1 : mouse_pane_at(dashboard, event->y, event->x);
	if (event->bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		if (page || pane >= 0)
			mouse_scroll(dashboard,
				     page ? dashboard_focus(dashboard)
					  : dashboard_pane(dashboard, (enum pane)pane),
				     (event->bstate & BUTTON5_PRESSED) != 0);
	} else if (event->bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
		if (!page && pane < 0)
			splits_press(dashboard, event->y, event->x);
		mouse_click(dashboard, pane, event);
	} else if (event->bstate & BUTTON1_RELEASED) {
		splits_release(dashboard, event->y, event->x);
	}
}

void dashboard_mouse(struct dashboard *dashboard)
{
	MEVENT events[EVENTS_MAX];
	size_t count = 0;

	/* Events that arrive together come as one key. Curses returns the latest one first. */
	while (count < EVENTS_MAX && getmouse(&events[count]) == OK)
		count++;
	while (count > 0)
		mouse_handle(dashboard, &events[--count]);
}
