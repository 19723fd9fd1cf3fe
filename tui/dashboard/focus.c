/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/focus.h"

struct view dashboard_pane(struct dashboard *dashboard, enum pane pane)
{
	if (pane == PANE_CONNECTIONS)
		return (struct view){&connections_operations, &dashboard->connections, NULL, NULL};
	if (pane == PANE_SUMMARY)
		return (struct view){&summary_operations, &dashboard->summary, NULL, NULL};
	return (struct view){&policy_pane_operations, &dashboard->policy,
			     policy_pane_scroll(&dashboard->policy), NULL};
}

struct view dashboard_focus(struct dashboard *dashboard)
{
	switch (dashboard->page) {
	case DASHBOARD_DETAIL:
		return (struct view){&detail_operations, &dashboard->detail,
				     &dashboard->detail.scroll, &dashboard->links};
	case DASHBOARD_DESTINATION:
		return (struct view){&destination_page_operations, &dashboard->destination_page,
				     &dashboard->destination_page.scroll, &dashboard->links};
	case DASHBOARD_SUBJECT:
		return (struct view){&subject_page_operations, &dashboard->subject_page,
				     &dashboard->subject_page.scroll, &dashboard->links};
	case DASHBOARD_THING:
		return (struct view){&thing_page_operations, &dashboard->thing_page,
				     &dashboard->thing_page.scroll, &dashboard->links};
	case DASHBOARD_LOOKUPS:
		return (struct view){&lookups_page_operations, &dashboard->lookups_page,
				     &dashboard->lookups_page.scroll, &dashboard->links};
	case DASHBOARD_NODES:
		return (struct view){&nodes_page_operations, &dashboard->nodes_page,
				     &dashboard->nodes_page.scroll, &dashboard->links};
	case DASHBOARD_POLICIES:
		return (struct view){&policies_page_operations, &dashboard->policies_page,
				     &dashboard->policies_page.scroll, &dashboard->links};
	case DASHBOARD_HELP:
		return (struct view){&help_operations, &dashboard->help, &dashboard->help, NULL};
	case DASHBOARD_PANES:
	case DASHBOARD_PAGES:
		break;
	}
	return dashboard_pane(dashboard, dashboard->focus);
}
