/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/input_line.h"

#include <string.h>

#include "core/base/text.h"

/* Encodes a character as UTF-8 in any locale. Returns the number of bytes, or 0 for a control
 * character or an invalid code point. */
static size_t input_line_encode(wchar_t character, char out[4])
{
	uint32_t code = (uint32_t)character;

	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return 0;
	return text_encode(code, out);
}

static bool input_line_is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t input_line_previous(const struct input_line *line, size_t offset)
{
	do {
		offset -= offset > 0;
	} while (offset > 0 && input_line_is_continuation(line->text[offset]));
	return offset;
}

static size_t input_line_next(const struct input_line *line, size_t offset)
{
	do {
		offset++;
	} while (offset < line->length && input_line_is_continuation(line->text[offset]));
	return offset < line->length ? offset : line->length;
}

/* Removes the bytes from `from` up to, but not including, `to`. Puts the cursor at `from`. */
static bool input_line_cut(struct input_line *line, size_t from, size_t to)
{
	if (from >= to)
		return false;
	memmove(line->text + from, line->text + to, line->length - to + 1);
	line->length -= to - from;
	line->cursor = from;
	return true;
}

void input_line_set(struct input_line *line, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= sizeof(line->text)) {
		length = sizeof(line->text) - 1;
		while (length > 0 && input_line_is_continuation(text[length]))
			length--;
	}
	if (length)
		memcpy(line->text, text, length);
	line->text[length] = '\0';
	line->length = length;
	line->cursor = length;
}

bool input_line_insert(struct input_line *line, wchar_t character)
{
	char bytes[4];
	size_t count = input_line_encode(character, bytes);

	if (count == 0 || line->length + count >= sizeof(line->text))
		return false;
	memmove(line->text + line->cursor + count, line->text + line->cursor,
		line->length - line->cursor + 1);
	memcpy(line->text + line->cursor, bytes, count);
	line->length += count;
	line->cursor += count;
	return true;
}

static size_t input_line_word_start(const struct input_line *line)
{
	size_t offset = line->cursor;

	while (offset > 0 && line->text[offset - 1] == ' ')
		offset--;
	while (offset > 0 && line->text[offset - 1] != ' ')
		offset--;
	return offset;
}

bool input_line_edit(struct input_line *line, enum input_edit edit)
{
	size_t previous = input_line_previous(line, line->cursor);
	size_t next = input_line_next(line, line->cursor);

	switch (edit) {
	case INPUT_LEFT:
		line->cursor = previous;
		break;
	case INPUT_RIGHT:
		line->cursor = next;
		break;
	case INPUT_HOME:
		line->cursor = 0;
		break;
	case INPUT_END:
		line->cursor = line->length;
		break;
	case INPUT_BACKSPACE:
		return input_line_cut(line, previous, line->cursor);
	case INPUT_DELETE:
		return input_line_cut(line, line->cursor, next);
	case INPUT_KILL_BEFORE:
		return input_line_cut(line, 0, line->cursor);
	case INPUT_KILL_AFTER:
		return input_line_cut(line, line->cursor, line->length);
	case INPUT_KILL_WORD:
		return input_line_cut(line, input_line_word_start(line), line->cursor);
	}
	return false;
}

/* Returns the columns of the bytes from `from` up to, but not including, `to`. */
static size_t input_line_span_width(const struct input_line *line, size_t from, size_t to)
{
	char part[INPUT_LINE_SIZE];

	memcpy(part, line->text + from, to - from);
	part[to - from] = '\0';
	return text_width(part);
}

size_t input_line_window(const struct input_line *line, size_t columns, size_t *cursor_column)
{
	size_t start = 0;
	size_t width = input_line_span_width(line, 0, line->cursor);

	/* Behind the last character, the cursor needs a column of its own. */
	while (start < line->cursor && width + 1 > columns) {
		start = input_line_next(line, start);
		width = input_line_span_width(line, start, line->cursor);
	}
	*cursor_column = width;
	return start;
}
