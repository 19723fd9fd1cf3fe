/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of roles. The dashboard draws by role, not by colour. To add a role, add a value here,
 * a row in role.c, and its name in themes/README.md. Pure; any thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_ROLE_H
#define POLECAT_TUI_DASHBOARD_SCREEN_ROLE_H

#include <curses.h>
#include <stdbool.h>

enum role {
	ROLE_TEXT = 0,
	ROLE_DIM,         /* less prominent: closed connections, hints, units */
	ROLE_STRONG,      /* more prominent */
	ROLE_HEADER,      /* the first line */
	ROLE_TITLE,       /* a pane's title */
	ROLE_TITLE_FOCUS, /* title of the focused pane */
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_COLUMN,      /* column headings */
	ROLE_COLUMN_SORT, /* the heading of the sorted column */
	ROLE_PEER,
	ROLE_HANGING,
	ROLE_FAILED,
	ROLE_DENIED, /* a loaded policy would deny the connection */
	ROLE_GOOD,   /* a healthy source, a success */
	ROLE_NEW,    /* new lines of the draft, the number of new rows */
	ROLE_EGRESS,
	ROLE_INGRESS,
	ROLE_GRAPH,
	ROLE_KEY, /* a key in a hint */
	ROLE_FILTER,
	ROLE_NOTE, /* a message that is not an error */
	ROLE_ERROR,
	ROLE_MISTAKE,    /* the place of an error in a text */
	ROLE_MATCH,      /* a part of a text that a filter or a search matches */
	ROLE_POLICY_KEY, /* a key in the YAML of a draft */
	ROLE_POLICY_COMMENT,
	ROLE_PAUSED,
	ROLE_LINK, /* a name on a page that Enter opens */
	ROLE_COUNT,
};

/* The colours of a scheme: base00 to base0F of base16, and base10 to base17 of base24. */
#define ROLE_SLOTS        24
#define ROLE_BASE16_SLOTS 16

/* How a role is drawn if a scheme does not set its colour. */
struct role_style {
	const char *name;         /* in the files of themes */
	unsigned int slot;        /* the colour in a scheme of base16 */
	unsigned int bright_slot; /* the colour in a scheme of base24; 0: `slot` */
	attr_t attributes;        /* in addition to the colour */
	attr_t mono;              /* instead of a colour, in themes without colours */
	/* One of the 16 colours of a terminal with fewer than 256, on a dark and on a light
	 * background; 8 to 15 are bright, -1 is the terminal's own. */
	short basic_on_dark;
	short basic_on_light;
};

/* Returns the style of a role. */
const struct role_style *role_style(enum role role);

/* Finds a role by its name. Returns false if no role has it. */
bool role_find(const char *name, enum role *role);

#endif
