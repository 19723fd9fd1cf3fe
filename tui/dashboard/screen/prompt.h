/* SPDX-License-Identifier: Apache-2.0 */
/* A question in the last line: a text to edit, or yes or no. It knows nothing of what the answer is
 * for. Main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_PROMPT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_PROMPT_H

#include <stdbool.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/input_line.h"

enum prompt_kind {
	PROMPT_NONE = 0,
	PROMPT_FILTER,
	PROMPT_COMMAND,
	PROMPT_EXPORT,
	PROMPT_REPLACE, /* may what is there be replaced? y or n */
};

enum prompt_result {
	PROMPT_UNCHANGED = 0, /* the cursor moved, or the key meant nothing */
	PROMPT_CHANGED,       /* the text did */
	PROMPT_ACCEPTED,
	PROMPT_CANCELLED,
};

struct prompt {
	enum prompt_kind kind;
	struct input_line line;
	char error[256];   /* what is wrong with the text; "": nothing */
	char question[64]; /* of PROMPT_REPLACE, behind the text: "exists: replace it?" */
	char hint[256];    /* shown in dim letters behind the text while there is no error */
};

/* Asks. text may be NULL. */
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text, const char *hint);
void prompt_close(struct prompt *prompt);

/* Turns to a question about the text, printf-like: y accepts, n and Esc cancel. */
void prompt_ask(struct prompt *prompt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A key: curses' code where is_code, else a character. */
enum prompt_result prompt_key(struct prompt *prompt, bool is_code, wchar_t key);

/* Draws into the first row of the canvas and leaves curses' cursor where the text is edited. */
void prompt_draw(const struct prompt *prompt, const struct canvas *canvas);

#endif
