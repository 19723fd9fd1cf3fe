/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draws text into a part of the screen. All text on the terminal passes through these functions.
 * They escape control bytes and never draw outside of the area. Only the main thread may call them,
 * between screen_start and screen_stop.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_CANVAS_H
#define POLECAT_TUI_DASHBOARD_SCREEN_CANVAS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/screen/layout.h"
#include "tui/dashboard/screen/theme.h"

/* Flags to combine with a role: `ROLE_TEXT | CANVAS_RIGHT`. Without CANVAS_RIGHT, text is at the
 * left. */
enum canvas_flag {
	CANVAS_RIGHT = 0x100,  /* align to the right end of the width */
	CANVAS_MIDDLE = 0x200, /* shorten a long text in its middle, not at its end */
	CANVAS_PAD = 0x400,    /* fill the width with blanks */
	CANVAS_LINK = 0x800,   /* underline: the text names a thing that has a page */
	CANVAS_FLAGS = CANVAS_RIGHT | CANVAS_MIDDLE | CANVAS_PAD | CANVAS_LINK,
};

struct canvas {
	struct rect area; /* on the screen */
	const struct glyphs *glyphs;
	bool selected; /* draw on the selection's background */
	bool focused;  /* the view on the canvas has the focus */
	int column;    /* where the next canvas_add writes */
};

/* The largest text that is drawn, in bytes. */
#define CANVAS_TEXT_SIZE 2048

/* Writes the text that canvas_text draws in `width` columns, without its blanks: escaped, and cut
 * at its end or in its middle. Returns its columns. */
int canvas_fit(const struct glyphs *glyphs, int width, unsigned int style, const char *text,
	       char out[CANVAS_TEXT_SIZE]);

/*
 * Writes a text at (row, column) of the area, in at most `width` columns and up to the right edge.
 * `style` is a role and canvas flags. Returns the columns used: those of the text, or all of
 * `width` with CANVAS_PAD or CANVAS_RIGHT.
 */
int canvas_text(const struct canvas *canvas, int row, int column, int width, unsigned int style,
		const char *text);

/* Writes formatted text at (row, column), cut to the area's right edge. */
void canvas_print(const struct canvas *canvas, int row, int column, enum role role,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes formatted text into the first row, after the text of the last call. */
void canvas_add(struct canvas *line, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes text into as many rows as it needs, from (row, column) on. Breaks lines at blanks. A
 * newline is escaped like other controls, because names of others may contain it. Returns the row
 * below the text, even if that row is outside of the area. */
int canvas_wrap(const struct canvas *canvas, int row, int column, enum role role, const char *text);

/* Returns the length in bytes of the first line of a text that canvas_wrap breaks at `width`
 * columns. A blank at the break is not part of the line, nor of the next one. */
size_t canvas_line_length(const struct glyphs *glyphs, const char *text, int width);

/* Returns the columns of the first `length` bytes of a text as they are drawn. */
int canvas_text_width(const struct glyphs *glyphs, const char *text, size_t length);

/* Fills a part of one row with blanks. */
void canvas_blank(const struct canvas *canvas, int row, int column, int width, enum role role);

/* Returns a part of a canvas. The part ends at the edge of the canvas if it would reach beyond. */
struct canvas canvas_part(const struct canvas *canvas, int row, int column, int rows, int columns);

/* Returns one row of a canvas. If `selected` is set, draws the selection's background and the
 * cursor. */
struct canvas canvas_row(const struct canvas *canvas, int row, bool selected);

#endif
