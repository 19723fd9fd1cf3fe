/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/canvas.h"

#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

static int canvas_clip_width(const struct canvas *canvas, int row, int column, int width)
{
	if (row < 0 || row >= canvas->area.rows || column < 0 || column >= canvas->area.columns)
		return 0;
	if (width > canvas->area.columns - column)
		width = canvas->area.columns - column;
	return width;
}

static int canvas_spaces(int count)
{
	for (int i = 0; i < count; i++)
		addch(' ');
	return count > 0 ? count : 0;
}

/* Cuts escaped text at its end to `columns` columns. A text that was cut ends with an ellipsis.
 * Returns the columns used. */
static size_t canvas_shorten_end(char *text, size_t size, int columns, const char *ellipsis)
{
	size_t used = text_width(text);
	size_t length = strlen(text);
	size_t room = (size_t)columns;

	if (used <= room)
		return used;
	while (length > 0 && used + 1 > room) {
		do {
			length--;
		} while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80);
		text[length] = '\0';
		used = text_width(text);
	}
	snprintf(text + length, size - length, "%s", ellipsis);
	return used + 1;
}

/* Escapes a text as it is drawn. Leaves room for an ellipsis. */
static void canvas_escape(const struct glyphs *glyphs, const char *text, char out[CANVAS_TEXT_SIZE])
{
	if (glyphs->unicode)
		text_escape(text, out, CANVAS_TEXT_SIZE - 8);
	else
		text_escape_ascii(text, out, CANVAS_TEXT_SIZE - 8);
}

int canvas_fit(const struct glyphs *glyphs, int width, unsigned int style, const char *text,
	       char out[CANVAS_TEXT_SIZE])
{
	char escaped[CANVAS_TEXT_SIZE];

	canvas_escape(glyphs, text, escaped);
	if (style & CANVAS_MIDDLE)
		return (int)text_shorten_middle(escaped, (size_t)width, glyphs->ellipsis, out,
						CANVAS_TEXT_SIZE);
	memcpy(out, escaped, strlen(escaped) + 1);
	return (int)canvas_shorten_end(out, CANVAS_TEXT_SIZE, width, glyphs->ellipsis);
}

int canvas_text(const struct canvas *canvas, int row, int column, int width, unsigned int style,
		const char *text)
{
	char shown[CANVAS_TEXT_SIZE];
	int used;
	int filled = 0;

	width = canvas_clip_width(canvas, row, column, width);
	if (width <= 0)
		return 0;
	used = canvas_fit(canvas->glyphs, width, style, text, shown);
	attrset((int)(theme_attributes(style & ~(unsigned int)CANVAS_FLAGS, canvas->selected) |
		      (style & CANVAS_LINK ? A_UNDERLINE : 0)));
	move(canvas->area.row + row, canvas->area.column + column);
	if (style & CANVAS_RIGHT)
		filled += canvas_spaces(width - used);
	addstr(shown);
	filled += used;
	if (style & CANVAS_PAD)
		filled += canvas_spaces(width - filled);
	standend();
	return filled;
}

void canvas_print(const struct canvas *canvas, int row, int column, enum role role,
		  const char *format, ...)
{
	char text[CANVAS_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	canvas_text(canvas, row, column, canvas->area.columns, role, text);
}

void canvas_add(struct canvas *line, enum role role, const char *format, ...)
{
	char text[CANVAS_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	line->column += canvas_text(line, 0, line->column, line->area.columns, role, text);
}

int canvas_text_width(const struct glyphs *glyphs, const char *text, size_t length)
{
	char part[CANVAS_TEXT_SIZE];
	char escaped[CANVAS_TEXT_SIZE];

	snprintf(part, sizeof(part), "%.*s", (int)length, text);
	canvas_escape(glyphs, part, escaped);
	return (int)text_width(escaped);
}

/* Returns the bytes of the first character. A byte of invalid UTF-8 is a character. */
static size_t canvas_character_length(const char *text)
{
	uint32_t code;
	size_t length = text_decode(text, &code);

	return length > 0 ? length : 1;
}

size_t canvas_line_length(const struct glyphs *glyphs, const char *text, int width)
{
	size_t best = 0;
	size_t at = 0;

	while (text[at]) {
		size_t next = at + canvas_character_length(text + at);

		if (canvas_text_width(glyphs, text, next) > width)
			break;
		at = next;
		if (text[at] == ' ' || text[at] == '\0')
			best = at;
	}
	if (best > 0)
		return best;
	return at > 0 ? at : canvas_character_length(text);
}

int canvas_wrap(const struct canvas *canvas, int row, int column, enum role role, const char *text)
{
	int width = canvas->area.columns > column ? canvas->area.columns - column : 1;

	while (*text) {
		size_t length = canvas_line_length(canvas->glyphs, text, width);

		canvas_print(canvas, row++, column, role, "%.*s", (int)length, text);
		text += length;
		text += *text == ' ';
	}
	return row;
}

void canvas_blank(const struct canvas *canvas, int row, int column, int width, enum role role)
{
	canvas_text(canvas, row, column, width, role | CANVAS_PAD, "");
}

struct canvas canvas_part(const struct canvas *canvas, int row, int column, int rows, int columns)
{
	struct canvas part = *canvas;

	if (rows > canvas->area.rows - row)
		rows = canvas->area.rows - row;
	if (columns > canvas->area.columns - column)
		columns = canvas->area.columns - column;
	part.area.row += row;
	part.area.column += column;
	part.area.rows = rows > 0 ? rows : 0;
	part.area.columns = columns > 0 ? columns : 0;
	part.column = 0;
	return part;
}

struct canvas canvas_row(const struct canvas *canvas, int row, bool selected)
{
	struct canvas line = canvas_part(canvas, row, 0, 1, canvas->area.columns);

	line.selected = selected;
	if (selected) {
		canvas_blank(&line, 0, 0, line.area.columns, ROLE_TEXT);
		canvas_text(&line, 0, 0, 1, ROLE_TITLE_FOCUS, line.glyphs->cursor);
	}
	return line;
}
