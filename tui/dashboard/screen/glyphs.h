/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of signs that the dashboard draws, for terminals with and without Unicode. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_GLYPHS_H
#define POLECAT_TUI_DASHBOARD_SCREEN_GLYPHS_H

#include <stdbool.h>

/* Bits for the sides through which border lines leave a cell. */
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
	const char *check;                     /* succeeded */
	const char *denied;                    /* a loaded policy would deny the connection */
	const char *egress;                    /* the subject opened the connection */
	const char *ingress;                   /* the subject accepted the connection */
	const char *full;                      /* a source that works */
	const char *hollow;                    /* a source that is absent or starting */
	const char *broken;                    /* a source that failed */
	const char *cursor;                    /* in front of the selected row */
	const char *folded;                    /* a row whose children are hidden */
	const char *unfolded;                  /* a row whose children are below it */
	const char *rising;                    /* sorted, the smallest first */
	const char *falling;                   /* sorted, the largest first */
	const char *times;                     /* before a number of alike connections */
	const char *dot;                       /* between two items of a line */
	const char *dash;                      /* between a pane's name and its subject */
	const char *spark[GLYPH_SPARK_LEVELS]; /* bars, from empty to full */
	const char *border[16];                /* indexed by bits of enum border_side */
	bool unicode;                          /* text beyond ASCII can be shown */
};

/* Returns the set for a locale's encoding (nl_langinfo(CODESET)) and a terminal type (TERM). Either
 * may be NULL. The set is static. */
const struct glyphs *glyphs_choose(const char *codeset, const char *term);

#endif
