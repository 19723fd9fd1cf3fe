/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts the user in the last line of the screen for a text, or for yes or no. The caller acts on
 * the answer. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_PROMPT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_PROMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/input_line.h"

enum prompt_kind {
	PROMPT_NONE = 0,
	PROMPT_FILTER,
	PROMPT_SEARCH, /* for a text in the policy */
	PROMPT_COMMAND,
	PROMPT_EXPORT,
	PROMPT_REPLACE, /* whether to replace files: y or n */
};

enum prompt_result {
	PROMPT_UNCHANGED = 0, /* the cursor moved, or the key has no meaning */
	PROMPT_CHANGED,
	PROMPT_ACCEPTED,
	PROMPT_CANCELLED,
};

#define PROMPT_NO_PLACE SIZE_MAX

struct prompt {
	enum prompt_kind kind;
	struct input_line line;
	char error[512];   /* the reason why the text was refused; "": no error */
	size_t error_at;   /* with an error: its offset in the text, or PROMPT_NO_PLACE */
	char question[64]; /* of PROMPT_REPLACE, drawn after the text: "exists: replace it?" */
	char hint[256];    /* drawn after the text, see prompt_draw_note */
	char choices[256]; /* the texts that Tab puts there in turn; "": none or one */
};

/* Asks for a text. `text` is the initial text, or NULL. */
void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text, const char *hint);
void prompt_close(struct prompt *prompt);

/* Asks a question about the text: y accepts, n and Esc cancel. */
void prompt_ask(struct prompt *prompt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Handles a key. `key` is a key code of curses if `is_code` is set, else a character. */
enum prompt_result prompt_key(struct prompt *prompt, bool is_code, wchar_t key);

/* Draws into the first row of the canvas, and puts the cursor of curses into the text. */
void prompt_draw(const struct prompt *prompt, struct canvas *line);

#endif
