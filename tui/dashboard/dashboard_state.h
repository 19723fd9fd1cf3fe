/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the dashboard, for dashboard*.c alone. Main thread. */
#ifndef POLECAT_TUI_DASHBOARD_DASHBOARD_STATE_H
#define POLECAT_TUI_DASHBOARD_DASHBOARD_STATE_H

#include "tui/dashboard/export_all.h"
#include "tui/dashboard/pages/detail.h"
#include "tui/dashboard/pages/help.h"
#include "tui/dashboard/pages/subject_page.h"
#include "tui/dashboard/panes/destinations.h"
#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/panes/policy_pane.h"
#include "tui/dashboard/screen/layout.h"
#include "tui/dashboard/screen/prompt.h"
#include "tui/dashboard/table/connections.h"
#include "tui/dashboard/view/context.h"
#include "tui/dashboard/view/view.h"

/* The content between header and footer. */
enum dashboard_page {
	DASHBOARD_PANES = 0,
	DASHBOARD_DETAIL,
	DASHBOARD_SUBJECT,
	DASHBOARD_HELP,
};

struct dashboard {
	struct context context;
	struct exclusions exclusions;
	struct netpol_set policies; /* of --policy */
	struct graph graph;

	struct connections *connections;
	struct destinations *destinations;
	struct policy_pane *policy;
	struct detail *detail;
	struct subject_page *subject_page;
	struct help help;
	struct view panes[PANE_COUNT];

	enum dashboard_page page;
	enum dashboard_page page_before_help;
	enum dashboard_page page_before_subject;
	enum pane focus;
	enum pane focus_before_policy;
	bool zoomed;
	struct layout layout;

	struct filter *filter;               /* what was typed and is valid; NULL: none */
	char filter_text[INPUT_LINE_SIZE];   /* of filter */
	char filter_before[INPUT_LINE_SIZE]; /* when the prompt was opened: Esc brings it back */
	struct prompt prompt;
	char *export_text; /* while its file name is asked for */
	size_t export_length;
	struct export_summary export_summary; /* while it is asked whether files may be replaced */

	/* The last press of the mouse, to recognise a double click. */
	uint64_t click_ns;
	int click_row;
	int click_column;

	bool no_color;
	bool quitting;
	bool unjudged;          /* there are connections that the policies were not held against */
	bool waiting_to_draw;   /* a frame was asked for */
	bool subject_chosen;    /* the lower panes have theirs: it stays when rows move on */
	uint64_t paused_now_ns; /* what time stood still at */
};

#endif
