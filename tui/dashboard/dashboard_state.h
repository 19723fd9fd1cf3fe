/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the dashboard. Only for the files of this folder, and for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_DASHBOARD_STATE_H
#define POLECAT_TUI_DASHBOARD_DASHBOARD_STATE_H

#include "core/state/timeline.h"
#include "tui/dashboard/appearance.h"
#include "tui/dashboard/editor.h"
#include "tui/dashboard/export.h"
#include "tui/dashboard/menus/column_menu.h"
#include "tui/dashboard/menus/namespace_menu.h"
#include "tui/dashboard/menus/popup.h"
#include "tui/dashboard/menus/sort_menu.h"
#include "tui/dashboard/pages/destination_page.h"
#include "tui/dashboard/pages/detail.h"
#include "tui/dashboard/pages/help.h"
#include "tui/dashboard/pages/lookups_page.h"
#include "tui/dashboard/pages/nodes_page.h"
#include "tui/dashboard/pages/policies_page.h"
#include "tui/dashboard/pages/subject_page.h"
#include "tui/dashboard/pages/thing_page.h"
#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/panes/policy_pane.h"
#include "tui/dashboard/screen/completion.h"
#include "tui/dashboard/screen/input_history.h"
#include "tui/dashboard/screen/key_input.h"
#include "tui/dashboard/screen/layout.h"
#include "tui/dashboard/screen/prompt.h"
#include "tui/dashboard/summary/selection.h"
#include "tui/dashboard/summary/summary.h"
#include "tui/dashboard/table/connections.h"
#include "tui/dashboard/view/scope.h"
#include "tui/dashboard/view/view.h"

/* The content between header and footer. */
enum dashboard_page {
	DASHBOARD_PANES = 0,
	DASHBOARD_DETAIL,
	DASHBOARD_DESTINATION,
	DASHBOARD_SUBJECT,
	DASHBOARD_THING,
	DASHBOARD_LOOKUPS,
	DASHBOARD_NODES,
	DASHBOARD_POLICIES,
	DASHBOARD_HELP,
	DASHBOARD_PAGES,
};

/* A page and its object. */
struct visit {
	enum dashboard_page page;
	uint64_t sequence; /* of DASHBOARD_DETAIL; of DASHBOARD_SUBJECT, see subject_page_open */
	const struct edge *edge;       /* of DASHBOARD_DESTINATION */
	const struct subject *subject; /* of DASHBOARD_SUBJECT */
	struct thing thing;            /* of DASHBOARD_THING */
	size_t top;                    /* the first line shown */
	size_t lines;                  /* the length of the page when it was left; 0: unknown */
	struct links_mark mark;        /* the selected link */
};

#define VISITS_MAX 16

/* The user's limits of the table of connections. */
struct view_limits {
	const char *namespace_name;
	const struct subject *subject;
	const struct edge *edge;
	bool problems;
	char filter[INPUT_LINE_SIZE];
};

struct view_entry {
	struct visit visit;
	struct visit behind[VISITS_MAX];
	size_t depth;
	struct view_limits limits;
};

#define VIEW_HISTORY_MAX 32

/* The views that the user has seen, oldest first (history.h). */
struct view_history {
	struct view_entry entries[VIEW_HISTORY_MAX];
	size_t count;
	size_t at; /* the present one, if count > 0 */
};

/* The display of an earlier time (travel.h). */
struct travel {
	struct timeline timeline;
	struct graph graph; /* the header's graph, up to time_ns */
	uint64_t time_ns;   /* on the scale of session_now */
	/* The event that was chosen. Several events may have the same time. sequence 0: none. */
	struct timeline_event event;
	uint64_t played_ns; /* CLOCK_MONOTONIC: the last time when playing advanced time_ns */
	int speed;          /* while playing: a power of two */
	bool on;
	bool plays;
	bool unread; /* the scope changed after the events were read */
};

struct dashboard {
	struct context context;
	struct exclusions exclusions;
	struct loaded_policies loaded;
	struct graph graph;
	struct scope scope;
	struct travel travel;

	struct connections connections;
	struct summary summary;
	struct selection selection;
	struct policy_pane policy;
	struct detail detail;
	struct destination_page destination_page;
	struct subject_page subject_page;
	struct thing_page thing_page;
	struct lookups_page lookups_page;
	struct nodes_page nodes_page;
	struct policies_page policies_page;
	struct list_cursor help;

	enum dashboard_page page;
	struct links links; /* of the page */
	/* The pages behind the present one, to which Esc returns (visits.h). */
	struct visit behind[VISITS_MAX];
	size_t depth;
	struct visit left; /* the page that was left last, for `-` */
	struct view_history history;
	enum pane focus;
	bool zoomed;
	int large;                   /* see struct layout_choice */
	struct layout_shares shares; /* the sizes that the user chose (splits.h) */
	bool shares_changed;         /* they are not saved yet */
	enum layout_split dragged;   /* the border that the mouse holds, and where it was pressed */
	int drag_row;
	int drag_column;
	bool policy_kept; /* the user asked for the policy although nothing is in a container */
	/* `y` made the policy large. The next two members have the pane that had the focus before,
	 * and the form that was shown. */
	bool policy_enlarged;
	enum pane focus_before_policy;
	enum policy_form form_before_policy;
	struct layout layout;
	int time_row; /* of the histogram, while an earlier time is shown */
	/* For each pane, the first column of its tab and the column after it, as last drawn. */
	struct {
		int start;
		int end;
	} tabs[PANE_COUNT];
	struct key_input input;
	bool frame_dropped; /* the views are not up to date, because the last frame was not drawn */
	unsigned int keys_since_update; /* keys that were handled after the last dashboard_update */

	struct filter *filter;             /* the last valid filter that was typed; NULL: none */
	char filter_text[INPUT_LINE_SIZE]; /* the text of `filter` */
	struct prompt prompt;
	struct popup popup; /* the list that is open */
	struct sort_menu sort_menu;
	struct column_menu column_menu;
	struct namespace_menu namespace_menu;
	struct appearance appearance;
	struct input_history filter_history;
	struct completion completion; /* in the prompts for a filter and for a command */
	struct filter_names filters;  /* the named filters of the settings */
	char *export_text;            /* the draft to save, while the prompt asks for a file name */
	size_t export_length;
	struct editor editor;
	char edited_name[POLICY_FILE_NAME_SIZE]; /* the file name for the draft that is edited */
	bool export_is_edited; /* export_text is the text of editor.path, which is not saved yet */
	struct export_summary export_summary; /* set while the prompt asks to replace files */

	/* The last press of the mouse, to recognise a double click. */
	uint64_t click_ns;
	int click_row;
	int click_column;

	bool quitting;
	char policies_what[MESSAGE_SIZE / 2]; /* names the policies that are being judged */
	bool unjudged;                        /* verdicts_sweep has not judged all edges yet */
	bool unmarked;                        /* novelty_sweep has not judged all edges yet */
	bool waiting_to_draw;                 /* a frame was requested */
	uint64_t leading_cursor; /* the cursor of the connections when they last chose the
	                          * subject */
	bool subject_chosen;     /* the lower panes keep their subject while there is no cursor */
	uint64_t paused_now_ns;  /* session_now at the pause */
};

#endif
