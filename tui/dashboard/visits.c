/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/visits.h"

#include <string.h>

#include "tui/dashboard/focus.h"

/* Returns the place in the present page; NULL: no page is open. */
static struct list_cursor *visits_scroll(struct dashboard *dashboard)
{
	return dashboard->page == DASHBOARD_PANES ? NULL : dashboard_focus(dashboard).scroll;
}

struct visit dashboard_present_visit(struct dashboard *dashboard)
{
	const struct list_cursor *scroll = visits_scroll(dashboard);
	struct visit visit = {
		.page = dashboard->page,
		.top = scroll ? scroll->top : 0,
		.lines = scroll ? scroll->count : 0,
	};

	if (visit.page == DASHBOARD_DETAIL)
		visit.sequence = dashboard->detail.conn.sequence;
	if (visit.page == DASHBOARD_DESTINATION)
		visit.edge = dashboard->destination_page.edge;
	if (visit.page == DASHBOARD_SUBJECT) {
		visit.subject = dashboard->subject_page.subject;
		visit.sequence = dashboard->subject_page.sequence;
	}
	if (visit.page == DASHBOARD_THING)
		visit.thing = dashboard->thing_page.thing;
	if (visit.page != DASHBOARD_PANES)
		visit.mark = dashboard->links.mark;
	return visit;
}

bool visit_is_same(const struct visit *a, const struct visit *b)
{
	return a->page == b->page && a->edge == b->edge && a->subject == b->subject &&
	       thing_is_same(&a->thing, &b->thing) &&
	       (a->page != DASHBOARD_DETAIL || a->sequence == b->sequence);
}

/* Gives the page of a connection its connection. The page has a copy, which may outlive the
 * connection in the table. */
static bool visits_show_connection(struct dashboard *dashboard, uint64_t sequence)
{
	const struct conn *conn;

	if (dashboard->detail.conn.sequence == sequence)
		return true;
	conn = state_find(dashboard->context.state, sequence);
	if (conn)
		detail_open(&dashboard->detail, &dashboard->context, conn);
	return conn != NULL;
}

bool dashboard_show_visit(struct dashboard *dashboard, const struct visit *visit)
{
	struct list_cursor *scroll;

	if (visit->page == DASHBOARD_DETAIL && !visits_show_connection(dashboard, visit->sequence))
		return false;
	if (visit->page == DASHBOARD_DESTINATION)
		destination_page_open(&dashboard->destination_page, &dashboard->context,
				      visit->edge);
	if (visit->page == DASHBOARD_SUBJECT) {
		/* The page shows the draft of the policy pane, so give that pane the subject. */
		dashboard->context.subject = visit->subject;
		dashboard->subject_chosen = true;
		subject_page_open(&dashboard->subject_page, visit->subject, visit->sequence);
	}
	if (visit->page == DASHBOARD_THING)
		thing_page_open(&dashboard->thing_page, &visit->thing);
	if (visit->page == DASHBOARD_LOOKUPS && dashboard->page != DASHBOARD_LOOKUPS)
		lookups_page_open(&dashboard->lookups_page);
	if (visit->page == DASHBOARD_NODES && dashboard->page != DASHBOARD_NODES)
		nodes_page_open(&dashboard->nodes_page);
	dashboard->page = visit->page;
	scroll = visits_scroll(dashboard);
	links_show(&dashboard->links, &visit->mark);
	if (scroll) {
		scroll->top = visit->top;
		/* The page that is replaced may be of the same kind, and shorter. */
		if (visit->lines > 0)
			scroll->count = visit->lines;
	}
	return true;
}

void dashboard_visit(struct dashboard *dashboard, const struct visit *visit)
{
	const struct visit present = dashboard_present_visit(dashboard);
	size_t at = 0;

	if (visit_is_same(&present, visit))
		return;
	while (at < dashboard->depth && !visit_is_same(&dashboard->behind[at], visit))
		at++;
	if (!dashboard_show_visit(dashboard,
				  at < dashboard->depth ? &dashboard->behind[at] : visit))
		return;
	if (at < dashboard->depth) {
		dashboard->depth = at;
		return;
	}
	if (present.page == DASHBOARD_PANES)
		return;
	/* A full stack forgets its oldest page. */
	if (dashboard->depth == VISITS_MAX)
		memmove(dashboard->behind, dashboard->behind + 1,
			--dashboard->depth * sizeof(dashboard->behind[0]));
	dashboard->behind[dashboard->depth++] = present;
}

void dashboard_open_page(struct dashboard *dashboard, enum dashboard_page page)
{
	dashboard_visit(dashboard, &(struct visit){.page = page});
}

void dashboard_close_page(struct dashboard *dashboard)
{
	dashboard->left = dashboard_present_visit(dashboard);
	while (dashboard->depth > 0)
		if (dashboard_show_visit(dashboard, &dashboard->behind[--dashboard->depth]))
			return;
	dashboard->page = DASHBOARD_PANES;
}

void dashboard_close_pages(struct dashboard *dashboard)
{
	if (dashboard->page != DASHBOARD_PANES)
		dashboard->left = dashboard_present_visit(dashboard);
	dashboard->depth = 0;
	dashboard->page = DASHBOARD_PANES;
}
