/* SPDX-License-Identifier: Apache-2.0 */
/* The signs of the dashboard that are not letters, for terminals with and without them. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_GLYPHS_H
#define POLECAT_TUI_DASHBOARD_SCREEN_GLYPHS_H

#include <stdbool.h>

/* The sides through which border lines leave a cell; any combination. */
enum border_side {
	BORDER_UP = 1,
	BORDER_DOWN = 2,
	BORDER_LEFT = 4,
	BORDER_RIGHT = 8,
};

#define GLYPH_SPARK_LEVELS 9

/* Every sign is one column wide. */
struct glyphs {
	const char *ellipsis;
	const char *cross;                     /* failed */
	const char *denied;                    /* a loaded policy would deny it */
	const char *egress;                    /* the subject opened the connection */
	const char *ingress;                   /* the subject accepted it */
	const char *full;                      /* a source that is well */
	const char *hollow;                    /* a source that is not there */
	const char *broken;                    /* a source that failed */
	const char *cursor;                    /* in front of the selected row */
	const char *dot;                       /* between two things of one line */
	const char *dash;                      /* between a pane's name and what it shows */
	const char *spark[GLYPH_SPARK_LEVELS]; /* from nothing to full */
	const char *border[16];                /* by enum border_side */
	bool unicode;                          /* text beyond ASCII can be shown */
};

/* Returns the set for a locale's encoding (nl_langinfo(CODESET)) and a terminal type (TERM). Either
 * may be NULL. Static storage. */
const struct glyphs *glyphs_choose(const char *codeset, const char *term);

#endif
