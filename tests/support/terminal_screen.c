/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of the terminal: cells, rows, positions of texts. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/terminal.h"
#include "tests/support/terminal_private.h"

/* Appends one character as UTF-8 if it fits. Returns the new length. */
static size_t append_utf8(char *text, size_t length, size_t size, uint32_t character)
{
	char bytes[5] = {0};
	size_t count;

	if (character < 0x80) {
		bytes[0] = (char)character;
		count = 1;
	} else if (character < 0x800) {
		bytes[0] = (char)(0xc0 | (character >> 6));
		bytes[1] = (char)(0x80 | (character & 0x3f));
		count = 2;
	} else if (character < 0x10000) {
		bytes[0] = (char)(0xe0 | (character >> 12));
		bytes[1] = (char)(0x80 | ((character >> 6) & 0x3f));
		bytes[2] = (char)(0x80 | (character & 0x3f));
		count = 3;
	} else {
		bytes[0] = (char)(0xf0 | (character >> 18));
		bytes[1] = (char)(0x80 | ((character >> 12) & 0x3f));
		bytes[2] = (char)(0x80 | ((character >> 6) & 0x3f));
		bytes[3] = (char)(0x80 | (character & 0x3f));
		count = 4;
	}
	if (length + count >= size)
		return length;
	memcpy(text + length, bytes, count + 1);
	return length + count;
}

static struct terminal_color read_color(struct terminal *terminal, const VTermColor *color)
{
	struct terminal_color out = {.kind = TERMINAL_COLOR_DIRECT};
	VTermColor rgb = *color;

	if (VTERM_COLOR_IS_DEFAULT_FG(color) || VTERM_COLOR_IS_DEFAULT_BG(color)) {
		out.kind = TERMINAL_COLOR_DEFAULT;
		return out;
	}
	if (VTERM_COLOR_IS_INDEXED(color)) {
		out.kind = TERMINAL_COLOR_INDEXED;
		out.index = color->indexed.idx;
	}
	vterm_screen_convert_color_to_rgb(terminal->screen, &rgb);
	out.red = rgb.rgb.red;
	out.green = rgb.rgb.green;
	out.blue = rgb.rgb.blue;
	return out;
}

/* Writes the text of a cell to out and returns its length. libvterm marks the right half of a wide
 * character with -1. */
static size_t cell_text(const VTermScreenCell *cell, char *out, size_t size)
{
	size_t length = 0;

	out[0] = '\0';
	if (cell->chars[0] == (uint32_t)-1)
		return 0;
	if (cell->chars[0] == 0)
		return append_utf8(out, 0, size, ' ');
	for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		length = append_utf8(out, length, size, cell->chars[i]);
	return length;
}

int terminal_rows(const struct terminal *terminal)
{
	return terminal->rows;
}

int terminal_columns(const struct terminal *terminal)
{
	return terminal->columns;
}

bool terminal_cell(struct terminal *terminal, int row, int column, struct terminal_cell *out)
{
	VTermScreenCell cell;

	memset(out, 0, sizeof(*out));
	memcpy(out->text, " ", 2);
	out->width = 1;
	if (row < 0 || row >= terminal->rows || column < 0 || column >= terminal->columns ||
	    !vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column}, &cell))
		return false;
	cell_text(&cell, out->text, sizeof(out->text));
	out->width = out->text[0] ? cell.width : 0;
	out->bold = cell.attrs.bold;
	out->dim = cell.attrs.font == TERMINAL_STREAM_DIM_FONT;
	out->underline = cell.attrs.underline != 0;
	out->italic = cell.attrs.italic;
	out->blink = cell.attrs.blink;
	out->reverse = cell.attrs.reverse;
	out->foreground = read_color(terminal, &cell.fg);
	out->background = read_color(terminal, &cell.bg);
	return true;
}

const char *terminal_row(struct terminal *terminal, int row)
{
	size_t size = (size_t)terminal->columns * sizeof(((struct terminal_cell *)NULL)->text);
	char **text = &terminal->row_texts[terminal->next_row_text++ % TERMINAL_ROW_BUFFERS];
	size_t length = 0;

	if (!*text)
		*text = malloc(size + 1);
	if (!*text)
		abort();
	for (int column = 0; column < terminal->columns; column++) {
		VTermScreenCell cell;

		if (vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column},
					  &cell))
			length += cell_text(&cell, *text + length, size + 1 - length);
	}
	while (length && (*text)[length - 1] == ' ')
		length--;
	(*text)[length] = '\0';
	return *text;
}

/* Returns the column of the cell that contains byte `offset` of the row's text. */
static int column_of(struct terminal *terminal, int row, size_t offset)
{
	size_t length = 0;

	for (int column = 0; column < terminal->columns; column++) {
		struct terminal_cell cell;

		terminal_cell(terminal, row, column, &cell);
		length += strlen(cell.text);
		if (length > offset)
			return column;
	}
	return terminal->columns;
}

int terminal_find(struct terminal *terminal, const char *text, int first_row, int *column)
{
	for (int row = first_row < 0 ? 0 : first_row; row < terminal->rows; row++) {
		const char *line = terminal_row(terminal, row);
		const char *place = strstr(line, text);

		if (place) {
			if (column)
				*column = column_of(terminal, row, (size_t)(place - line));
			return row;
		}
	}
	return -1;
}

bool terminal_shows(struct terminal *terminal, const char *text)
{
	return terminal_find(terminal, text, 0, NULL) >= 0;
}

void terminal_cursor(struct terminal *terminal, int *row, int *column)
{
	VTermPos position;

	vterm_state_get_cursorpos(vterm_obtain_state(terminal->vterm), &position);
	if (row)
		*row = position.row;
	if (column)
		*column = position.col;
}

const struct terminal_modes *terminal_modes(const struct terminal *terminal)
{
	return &terminal->stream.modes;
}

unsigned int terminal_string_count(const struct terminal *terminal)
{
	return terminal->stream.title_count;
}

const char *terminal_output(const struct terminal *terminal, size_t *length)
{
	*length = terminal->output_length;
	return terminal->output ? terminal->output : "";
}

void terminal_dump(struct terminal *terminal, FILE *out)
{
	int row;
	int column;

	terminal_cursor(terminal, &row, &column);
	fprintf(out, "# the screen, %d columns by %d rows, TERM=%s, cursor at %d,%d%s%s:\n",
		terminal->columns, terminal->rows, terminal->term, row, column,
		terminal->stream.modes.alternate_screen ? ", alternate" : "",
		terminal->stopped ? ", stopped"
		: terminal->ended ? ", ended"
				  : "");
	for (row = 0; row < terminal->rows; row++)
		fprintf(out, "# %3d |%s\n", row, terminal_row(terminal, row));
	fflush(out);
}
