/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/prompt.h"

#include <curses.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"
#include "tui/dashboard/screen/keymap.h"

#define ESCAPE_KEY 27
#define DELETE_KEY 127

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text, const char *hint)
{
	prompt->kind = kind;
	input_line_set(&prompt->line, text);
	prompt->error[0] = '\0';
	snprintf(prompt->hint, sizeof(prompt->hint), "%s", hint);
}

void prompt_close(struct prompt *prompt)
{
	prompt->kind = PROMPT_NONE;
}

void prompt_ask(struct prompt *prompt, const char *format, ...)
{
	va_list arguments;

	prompt->kind = PROMPT_REPLACE;
	va_start(arguments, format);
	vsnprintf(prompt->question, sizeof(prompt->question), format, arguments);
	va_end(arguments);
}

static const struct {
	bool is_code;
	int key;
	enum input_edit edit;
} edits[] = {
	{true, KEY_LEFT, INPUT_LEFT},
	{true, KEY_RIGHT, INPUT_RIGHT},
	{true, KEY_HOME, INPUT_HOME},
	{true, KEY_END, INPUT_END},
	{true, KEY_BACKSPACE, INPUT_BACKSPACE},
	{true, KEY_DC, INPUT_DELETE},
	{false, DELETE_KEY, INPUT_BACKSPACE},
	{false, CONTROL('H'), INPUT_BACKSPACE},
	{false, CONTROL('B'), INPUT_LEFT},
	{false, CONTROL('F'), INPUT_RIGHT},
	{false, CONTROL('A'), INPUT_HOME},
	{false, CONTROL('E'), INPUT_END},
	{false, CONTROL('D'), INPUT_DELETE},
	{false, CONTROL('U'), INPUT_KILL_BEFORE},
	{false, CONTROL('K'), INPUT_KILL_AFTER},
	{false, CONTROL('W'), INPUT_KILL_WORD},
};

static enum prompt_result prompt_answer_key(bool is_code, wchar_t key)
{
	if (!is_code && (key == 'y' || key == 'Y'))
		return PROMPT_ACCEPTED;
	if (!is_code && (key == 'n' || key == 'N' || key == ESCAPE_KEY || key == 'q'))
		return PROMPT_CANCELLED;
	return PROMPT_UNCHANGED;
}

enum prompt_result prompt_key(struct prompt *prompt, bool is_code, wchar_t key)
{
	if (prompt->kind == PROMPT_REPLACE)
		return prompt_answer_key(is_code, key);
	if (!is_code && key == ESCAPE_KEY)
		return PROMPT_CANCELLED;
	if ((!is_code && (key == '\n' || key == '\r')) || (is_code && key == KEY_ENTER))
		return PROMPT_ACCEPTED;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		if (edits[i].is_code != is_code || (wchar_t)edits[i].key != key)
			continue;
		/* Backspace in an empty line leaves it, as in vi and less; a file name is just not
		 * there yet. */
		if (edits[i].edit == INPUT_BACKSPACE && prompt->line.length == 0 &&
		    prompt->kind != PROMPT_EXPORT)
			return PROMPT_CANCELLED;
		return input_line_edit(&prompt->line, edits[i].edit) ? PROMPT_CHANGED
								     : PROMPT_UNCHANGED;
	}
	if (is_code)
		return PROMPT_UNCHANGED;
	return input_line_insert(&prompt->line, key) ? PROMPT_CHANGED : PROMPT_UNCHANGED;
}

static const char *prompt_label(enum prompt_kind kind)
{
	switch (kind) {
	case PROMPT_FILTER:
		return "/";
	case PROMPT_COMMAND:
		return ":";
	case PROMPT_EXPORT:
		return "save to: ";
	case PROMPT_REPLACE:
	case PROMPT_NONE:
		break;
	}
	return "";
}

/* However long the name, the question and its answers are seen: blanks, " y yes  n no". */
#define ANSWER_COLUMNS 16

static void prompt_draw_question(const struct prompt *prompt, const struct canvas *canvas)
{
	int room = canvas->area.columns - (int)text_width(prompt->question) - ANSWER_COLUMNS;
	int column = 1;

	column += canvas_text(canvas, 0, column, room > 8 ? room : 8, ROLE_ERROR | CANVAS_MIDDLE,
			      prompt->line.text);
	column = canvas_print(canvas, 0, column, ROLE_TEXT, " %s ", prompt->question);
	column = canvas_print(canvas, 0, column, ROLE_KEY, "y");
	column = canvas_print(canvas, 0, column, ROLE_DIM, " yes  ");
	column = canvas_print(canvas, 0, column, ROLE_KEY, "n");
	canvas_print(canvas, 0, column, ROLE_DIM, " no");
}

/* The least width in which a reason is readable. */
#define REASON_COLUMNS 22

/* Draws the error on a line above the text, with the name of the file if it concerns one. */
static void prompt_draw_error_above(const struct prompt *prompt, const struct canvas *canvas)
{
	struct canvas line = *canvas;
	int room = line.area.columns - 1 - REASON_COLUMNS;
	int column = 1;

	if (line.area.row == 0)
		return;
	line.area.row--;
	canvas_blank(&line, 0, 0, line.area.columns, ROLE_ERROR);
	if (prompt->kind == PROMPT_EXPORT) {
		column += canvas_text(&line, 0, column, room, ROLE_ERROR | CANVAS_MIDDLE,
				      prompt->line.text);
		column = canvas_print(&line, 0, column, ROLE_ERROR, ": ");
	}
	canvas_print(&line, 0, column, ROLE_ERROR, "%s", prompt->error);
}

/* Draws the text behind the input: the error, or a hint at valid input. */
static void prompt_draw_note(const struct prompt *prompt, const struct canvas *canvas, int column)
{
	/* Examples help whoever has not begun to type; what is wrong, who has. */
	bool hinted = prompt->line.length == 0 || prompt->kind == PROMPT_EXPORT;
	int room = canvas->area.columns - column;

	if (!prompt->error[0])
		canvas_print(canvas, 0, column, ROLE_DIM, "%s", hinted ? prompt->hint : "");
	else if ((int)text_width(prompt->error) <= room && prompt->kind != PROMPT_EXPORT)
		canvas_print(canvas, 0, column, ROLE_ERROR, "%s", prompt->error);
	else
		prompt_draw_error_above(prompt, canvas);
}

void prompt_draw(const struct prompt *prompt, const struct canvas *canvas)
{
	size_t cursor = 0;
	int column;
	int end;
	int room;
	size_t start;

	if (prompt->kind == PROMPT_REPLACE) {
		prompt_draw_question(prompt, canvas);
		return;
	}
	column = canvas_print(canvas, 0, 1, ROLE_FILTER, "%s", prompt_label(prompt->kind));
	room = canvas->area.columns - column;
	if (room < 1)
		return;
	start = input_line_window(&prompt->line, (size_t)room, &cursor);
	end = canvas_print(canvas, 0, column, ROLE_STRONG, "%s", prompt->line.text + start);
	prompt_draw_note(prompt, canvas, end + 3);
	move(canvas->area.row, canvas->area.column + column + (int)cursor);
}
