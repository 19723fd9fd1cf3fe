/* SPDX-License-Identifier: Apache-2.0 */
/* A one-line text editor: UTF-8 text and a cursor. Pure: it does not use curses, and gets keys as
 * editing operations or characters. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_INPUT_LINE_H
#define POLECAT_TUI_DASHBOARD_SCREEN_INPUT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define INPUT_LINE_SIZE 512

/*
 * Invariants: text is NUL-terminated, valid UTF-8 and without control characters; cursor is a byte
 * offset at the start of a character, or at the end.
 */
struct input_line {
	char text[INPUT_LINE_SIZE];
	size_t length;
	size_t cursor;
};

enum input_edit {
	INPUT_LEFT = 1,
	INPUT_RIGHT,
	INPUT_HOME,
	INPUT_END,
	INPUT_BACKSPACE,   /* the character before the cursor */
	INPUT_DELETE,      /* the character at the cursor */
	INPUT_KILL_BEFORE, /* the text before the cursor (Ctrl-U) */
	INPUT_KILL_AFTER,  /* the text from the cursor on (Ctrl-K) */
	INPUT_KILL_WORD,   /* the word before the cursor (Ctrl-W) */
};

/* Replaces the text and puts the cursor at its end. Cuts a text that is too long, at a whole
 * character. NULL is "". */
void input_line_set(struct input_line *line, const char *text);

/* Inserts a character at the cursor. Returns false if it is a control character or does not fit. */
bool input_line_insert(struct input_line *line, wchar_t character);

/* Edits the text or moves the cursor. Returns true if the text changed. */
bool input_line_edit(struct input_line *line, enum input_edit edit);

/*
 * Finds a part of the text that contains the cursor and fits into `columns` (at least 1). Returns
 * the offset of the part's first byte. *cursor_column is the cursor's column in the part.
 */
size_t input_line_window(const struct input_line *line, size_t columns, size_t *cursor_column);

#endif
