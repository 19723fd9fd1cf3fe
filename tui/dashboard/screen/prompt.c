/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/prompt.h"

#include <curses.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "tui/dashboard/screen/keymap.h"

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text, const char *hint)
{
	prompt->kind = kind;
	input_line_set(&prompt->line, text);
	prompt->error[0] = '\0';
	prompt->choices[0] = '\0';
	prompt->error_at = PROMPT_NO_PLACE;
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
	{false, KEY_DELETE, INPUT_BACKSPACE},
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
	if (!is_code && (key == 'n' || key == 'N' || key == KEY_ESCAPE || key == 'q'))
		return PROMPT_CANCELLED;
	return PROMPT_UNCHANGED;
}

enum prompt_result prompt_key(struct prompt *prompt, bool is_code, wchar_t key)
{
	if (prompt->kind == PROMPT_REPLACE)
		return prompt_answer_key(is_code, key);
	if (!is_code && key == KEY_ESCAPE)
		return PROMPT_CANCELLED;
	if ((!is_code && (key == '\n' || key == '\r')) || (is_code && key == KEY_ENTER))
		return PROMPT_ACCEPTED;
	for (size_t i = 0; i < ARRAY_LENGTH(edits); i++) {
		if (edits[i].is_code != is_code || (wchar_t)edits[i].key != key)
			continue;
		/* Backspace in an empty line closes the prompt, as in vi and less. The prompt for a
		 * file name stays, because a user who empties a name is about to type another. */
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

/* The width of the answers, " y yes  n no", with some blanks. */
#define ANSWER_COLUMNS 16

/* Draws the name, the question and the answers. Shortens the name so that all three fit. */
static void prompt_draw_question(const struct prompt *prompt, struct canvas *line)
{
	int room = line->area.columns - (int)text_width(prompt->question) - ANSWER_COLUMNS;

	line->column = 1 + canvas_text(line, 0, 1, room > 8 ? room : 8, ROLE_ERROR | CANVAS_MIDDLE,
				       prompt->line.text);
	canvas_add(line, ROLE_TEXT, " %s ", prompt->question);
	canvas_add(line, ROLE_KEY, "y");
	canvas_add(line, ROLE_DIM, " yes  ");
	canvas_add(line, ROLE_KEY, "n");
	canvas_add(line, ROLE_DIM, " no");
}

/* The least width in which a reason is readable. */
#define REASON_COLUMNS 22

/* Draws the error on a line above the text. If the text is a file name, the line begins with the
 * file name. */
static void prompt_draw_error_above(const struct prompt *prompt, struct canvas line)
{
	if (line.area.row == 0)
		return;
	line.area.row--;
	line.column = 1;
	canvas_blank(&line, 0, 0, line.area.columns, ROLE_ERROR);
	if (prompt->kind == PROMPT_EXPORT) {
		line.column += canvas_text(&line, 0, 1, line.area.columns - 1 - REASON_COLUMNS,
					   ROLE_ERROR | CANVAS_MIDDLE, prompt->line.text);
		canvas_add(&line, ROLE_ERROR, ": ");
	}
	canvas_add(&line, ROLE_ERROR, "%s", prompt->error);
}

/* Draws the error. Without an error, draws the choices of Tab after the text. Without choices,
 * draws the hint: always if the prompt asks for a file name, else only while the text is empty. */
static void prompt_draw_note(const struct prompt *prompt, struct canvas *line)
{
	bool is_export = prompt->kind == PROMPT_EXPORT;
	int room = line->area.columns - line->column;

	if (prompt->error[0] && (is_export || (int)text_width(prompt->error) > room))
		prompt_draw_error_above(prompt, *line);
	else if (prompt->error[0])
		canvas_add(line, ROLE_ERROR, "%s", prompt->error);
	else if (prompt->choices[0])
		canvas_text(line, 0, line->column, room, ROLE_DIM, prompt->choices);
	else if (is_export || prompt->line.length == 0)
		canvas_add(line, ROLE_DIM, "%s", prompt->hint);
}

/* Marks the character with the error. `from` is the offset of the first character that is drawn, in
 * the column `start`. */
static void prompt_draw_place(const struct prompt *prompt, const struct canvas *line, int start,
			      size_t from)
{
	const char *text = prompt->line.text;
	size_t at = prompt->error_at;
	char part[INPUT_LINE_SIZE];
	uint32_t code;

	if (!prompt->error[0] || at > prompt->line.length || at < from)
		return;
	while (at > from && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	snprintf(part, sizeof(part), "%.*s", (int)(at - from), text + from);
	start += (int)text_width(part);
	snprintf(part, sizeof(part), "%.*s", (int)text_decode(text + at, &code), text + at);
	canvas_text(line, 0, start, line->area.columns - start, ROLE_MISTAKE,
		    at < prompt->line.length ? part : " ");
}

void prompt_draw(const struct prompt *prompt, struct canvas *line)
{
	static const char *const labels[] = {[PROMPT_FILTER] = "/",
					     [PROMPT_SEARCH] = "find: ",
					     [PROMPT_COMMAND] = ":",
					     [PROMPT_EXPORT] = "save to: "};
	size_t cursor = 0;
	size_t from;
	int start;
	int room;

	if (prompt->kind == PROMPT_REPLACE) {
		prompt_draw_question(prompt, line);
		return;
	}
	line->column = 1;
	canvas_add(line, ROLE_FILTER, "%s", labels[prompt->kind]);
	start = line->column;
	room = line->area.columns - start;
	if (room < 1)
		return;
	from = input_line_window(&prompt->line, (size_t)room, &cursor);
	canvas_add(line, ROLE_STRONG, "%s", prompt->line.text + from);
	prompt_draw_place(prompt, line, start, from);
	line->column += 3;
	prompt_draw_note(prompt, line);
	move(line->area.row, line->area.column + start + (int)cursor);
}
