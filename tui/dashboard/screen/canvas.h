/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drawing text into a part of the screen. Everything that goes to the terminal goes through here:
 * control bytes are escaped, nothing leaves the area, nothing wraps. Main thread, between
 * screen_start and screen_stop.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_CANVAS_H
#define POLECAT_TUI_DASHBOARD_SCREEN_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/screen/layout.h"
#include "tui/dashboard/screen/theme.h"

/* Added to a role: `ROLE_TEXT | CANVAS_RIGHT`. Without a flag, text is at the left. */
enum canvas_flag {
	CANVAS_RIGHT = 0x100,  /* align to the right end of the width */
	CANVAS_MIDDLE = 0x200, /* shorten a long text in its middle, not at its end */
	CANVAS_PAD = 0x400,    /* fill the width with blanks */
	CANVAS_FLAGS = CANVAS_RIGHT | CANVAS_MIDDLE | CANVAS_PAD,
};

struct canvas {
	struct rect area; /* on the screen */
	const struct glyphs *glyphs;
	bool selected; /* draw on the selection's background */
};

/*
 * Writes at (row, column) of the area, at most `width` columns (cut to the area's right edge).
 * `style` is a role and canvas flags. Returns the columns used: those of the text, or all of
 * `width` with CANVAS_PAD or CANVAS_RIGHT.
 */
int canvas_text(const struct canvas *canvas, int row, int column, int width, unsigned int style,
		const char *text);

/* The same from column to the area's right edge, printf-like, and returns the column behind the
 * text. */
int canvas_print(const struct canvas *canvas, int row, int column, enum role role,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes text from (row, column) down, broken at blanks and newlines. Returns the row below it,
 * also where that is outside of the area. */
int canvas_wrap(const struct canvas *canvas, int row, int column, enum role role, const char *text);

/*
 * Says at the right end of a title's line which of `total` lines are shown, from `top` on, `shown`
 * of them; nothing where all are, or where the title, which ends before column `used`, leaves no
 * room.
 */
void canvas_place(const struct canvas *canvas, int used, size_t top, size_t shown, size_t total);

/* Fills a part of one row with blanks. */
void canvas_blank(const struct canvas *canvas, int row, int column, int width, enum role role);

/* The inner part of a canvas; cut to it. */
struct canvas canvas_part(const struct canvas *canvas, int row, int column, int rows, int columns);

#endif
