/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/column_printer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/memory.h"
#include "core/base/suggest.h"
#include "core/base/text.h"
#include "tui/columns/column.h"

/* More than COLUMN_CELL_SIZE, because text_escape turns one byte into up to four ("\x1b").
 * text_escape cuts a result that is even longer. */
#define ESCAPED_SIZE 1100
/* A long cell widens its column up to this width, which is more than that of the longest DNS name.
 * Longer cells are shortened. */
#define GROW_MAX 256
/* A column grows in steps of this width, so that a slightly longer name does not always cause a new
 * header. */
#define GROW_STEP 8

struct shown_column {
	const struct column *column;
	size_t width;
	size_t grown; /* the width that a long cell needed; 0: no long cell so far */
};

struct column_printer {
	struct shown_column chosen[COLUMN_MAX]; /* a column may be chosen twice */
	size_t count;
	bool by_name; /* the columns were chosen by name, so show all of them */
	bool pods;
	bool header_is_due;
	bool terminal;
	size_t terminal_width;
	const char *ellipsis;
};

static bool column_printer_shows(const struct column_printer *printer,
				 const struct shown_column *shown)
{
	return printer->by_name || printer->pods || !shown->column->trace.pod_only;
}

/* Makes one column after the other narrower or wider by one, until the line has the width of the
 * terminal. Stops earlier if all columns have reached their limits. */
static void column_printer_fit(struct column_printer *printer, size_t total)
{
	bool changed = true;

	while (changed && total != printer->terminal_width) {
		changed = false;
		for (size_t i = 0; i < printer->count && total != printer->terminal_width; i++) {
			struct shown_column *shown = &printer->chosen[i];
			const struct column_in_trace *limits = &shown->column->trace;
			if (!column_printer_shows(printer, shown))
				continue;
			if (total > printer->terminal_width && limits->min_width &&
			    shown->width > limits->min_width) {
				shown->width--;
				total--;
				changed = true;
			} else if (total < printer->terminal_width &&
				   shown->width < limits->max_width) {
				shown->width++;
				total++;
				changed = true;
			}
		}
	}
}

static void column_printer_set_widths(struct column_printer *printer)
{
	size_t total = 0;

	for (size_t i = 0; i < printer->count; i++) {
		struct shown_column *shown = &printer->chosen[i];

		shown->width = shown->column->trace.width;
		if (shown->grown > shown->width)
			shown->width = shown->grown;
		if (column_printer_shows(printer, shown))
			total += shown->width + 1;
	}
	if (printer->terminal)
		column_printer_fit(printer, total);
	printer->header_is_due = true;
}

static void column_printer_choose_sets(struct column_printer *printer, bool wide)
{
	for (size_t i = 0; i < column_count; i++)
		if (column_table[i].trace.set == COLUMN_SET_USUAL ||
		    (wide && column_table[i].trace.set == COLUMN_SET_WIDE))
			printer->chosen[printer->count++].column = &column_table[i];
}

static const char *column_printer_name_at(size_t index, const void *context)
{
	const struct column *column = &column_table[index];

	(void)context;
	return column->trace.set == COLUMN_SET_NONE ? NULL : column->name;
}

static int column_printer_refuse_name(const char *name, char *error)
{
	char escaped[64];
	char upper[33];
	size_t i = 0;

	for (; i < sizeof(upper) - 1 && name[i]; i++)
		upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
	upper[i] = '\0';
	text_escape(name, escaped, sizeof(escaped));
	const char *near = suggest(upper, column_count, column_printer_name_at, NULL);
	if (!name[0])
		snprintf(error, COLUMN_PRINTER_ERROR_SIZE,
			 "a column's name is missing in the list");
	else
		snprintf(error, COLUMN_PRINTER_ERROR_SIZE, "no column '%s'%s%s%s", escaped,
			 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -EINVAL;
}

static int column_printer_choose_by_name(struct column_printer *printer, const char *list,
					 char *error)
{
	printer->by_name = true;
	for (;;) {
		char name[64];
		size_t length = strcspn(list, ",");

		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		const struct column *column = column_find(name);
		if (!column || column->trace.set == COLUMN_SET_NONE)
			return column_printer_refuse_name(name, error);
		if (printer->count == COLUMN_MAX) {
			snprintf(error, COLUMN_PRINTER_ERROR_SIZE, "more than %d columns",
				 COLUMN_MAX);
			return -EINVAL;
		}
		printer->chosen[printer->count++].column = column;
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

int column_printer_new(const char *format, struct column_printer **out,
		       char error[COLUMN_PRINTER_ERROR_SIZE])
{
	static const char by_name[] = "columns=";
	char ignored[COLUMN_PRINTER_ERROR_SIZE];
	struct column_printer *printer = memory_checked(calloc(1, sizeof(*printer)));
	int result = 0;

	if (!printer)
		return -ENOMEM;
	if (!error)
		error = ignored;
	printer->ellipsis = "~";
	if (!format || strcmp(format, "columns") == 0) {
		column_printer_choose_sets(printer, false);
	} else if (strcmp(format, "wide") == 0) {
		column_printer_choose_sets(printer, true);
	} else if (strncmp(format, by_name, strlen(by_name)) == 0) {
		result = column_printer_choose_by_name(printer, format + strlen(by_name), error);
	} else {
		snprintf(error, COLUMN_PRINTER_ERROR_SIZE,
			 "expected columns, wide, json or columns=NAME,NAME…");
		result = -EINVAL;
	}
	if (result || !out) {
		column_printer_free(printer);
		return result;
	}
	column_printer_set_widths(printer);
	*out = printer;
	return 0;
}

void column_printer_free(struct column_printer *printer)
{
	free(printer);
}

void column_printer_fit_terminal(struct column_printer *printer, size_t width, const char *ellipsis)
{
	printer->terminal = true;
	/* A line that fills the screen exactly would wrap on some terminals. The width of a line
	 * therefore counts a space after every column, even after the last. */
	printer->terminal_width = width;
	printer->ellipsis = ellipsis;
	column_printer_set_widths(printer);
}

void column_printer_show_pods(struct column_printer *printer, bool show)
{
	if (printer->by_name || printer->pods == show)
		return;
	printer->pods = show;
	column_printer_set_widths(printer);
}

bool column_printer_header_is_due(const struct column_printer *printer)
{
	return printer->header_is_due;
}

/* Escapes a cell. Returns the text to print, and its width in *width. */
static const char *column_printer_escape(const char *cell, char escaped[ESCAPED_SIZE],
					 size_t *width)
{
	*width = 0;
	while (cell[*width] >= ' ' && cell[*width] <= '~')
		(*width)++;
	if (!cell[*width])
		return cell;
	text_escape(cell, escaped, ESCAPED_SIZE);
	*width = text_width(escaped);
	return escaped;
}

/* Makes room for a cell of `width` columns: widens the column, or shortens the text. Returns the
 * text to print, and its width in *width. If the column was widened, sets header_is_due. */
static const char *column_printer_make_room(struct column_printer *printer,
					    struct shown_column *shown, const char *text,
					    size_t *width, char shortened[ESCAPED_SIZE])
{
	bool may_grow = !printer->terminal || !shown->column->trace.max_width;
	size_t wanted = (*width + GROW_STEP - 1) / GROW_STEP * GROW_STEP;

	if (may_grow && shown->width < GROW_MAX) {
		shown->grown = wanted < GROW_MAX ? wanted : GROW_MAX;
		printer->header_is_due = true;
		return text;
	}
	*width =
		text_shorten_middle(text, shown->width, printer->ellipsis, shortened, ESCAPED_SIZE);
	return shortened;
}

/* Appends one cell and, unless it is the last of its line, the space after it. */
static int column_printer_append(struct column_printer *printer, struct shown_column *shown,
				 const char *cell, bool last, struct buffer *buffer)
{
	char escaped[ESCAPED_SIZE];
	char shortened[ESCAPED_SIZE];
	bool right = shown->column->right;
	size_t width;
	const char *text = column_printer_escape(cell, escaped, &width);

	if (width > shown->width)
		text = column_printer_make_room(printer, shown, text, &width, shortened);
	size_t length = strlen(text);
	size_t padding = width < shown->width ? shown->width - width : 0;
	if (buffer_reserve(buffer, length + padding + 1))
		return -ENOMEM;

	char *end = buffer->data + buffer->length;
	if (right) {
		memset(end, ' ', padding);
		end += padding;
	}
	memcpy(end, text, length);
	end += length;
	if (!right && !last) {
		memset(end, ' ', padding);
		end += padding;
	}
	*end++ = last ? '\n' : ' ';
	*end = '\0';
	buffer->length = (size_t)(end - buffer->data);
	return 0;
}

/* Appends a line with the cells of `row`, or with the names of the columns if `row` is NULL. */
static int column_printer_append_line(struct column_printer *printer, struct column_row *row,
				      struct buffer *buffer)
{
	size_t before = buffer->length;
	size_t end = printer->count;

	while (end > 0 && !column_printer_shows(printer, &printer->chosen[end - 1]))
		end--;
	for (size_t i = 0; i < end; i++) {
		struct shown_column *shown = &printer->chosen[i];
		char cell[COLUMN_CELL_SIZE];
		const char *text = shown->column->name;
		if (!column_printer_shows(printer, shown))
			continue;
		if (row)
			text = column_trace_text(shown->column, row, cell) ? cell : "-";
		if (column_printer_append(printer, shown, text, i + 1 == end, buffer)) {
			buffer->length = before;
			return -ENOMEM;
		}
	}
	return 0;
}

int column_printer_header(struct column_printer *printer, struct buffer *buffer)
{
	int error = column_printer_append_line(printer, NULL, buffer);

	if (!error)
		printer->header_is_due = false;
	return error;
}

/* Appends the line of `row`, and the header before it if the header is due. */
static int column_printer_append_row(struct column_printer *printer, struct column_row *row,
				     struct buffer *buffer)
{
	size_t before = buffer->length;
	bool was_due = printer->header_is_due;
	int error;

	printer->header_is_due = false;
	error = column_printer_append_line(printer, row, buffer);
	if (!error && !was_due && !printer->header_is_due)
		return 0;
	/* Write the line anew, after a header that has the widths of this line. */
	buffer->length = before;
	if (!error && printer->header_is_due)
		column_printer_set_widths(printer);
	if (!error)
		error = column_printer_header(printer, buffer);
	if (!error)
		error = column_printer_append_line(printer, row, buffer);
	if (error) {
		buffer->length = before;
		printer->header_is_due = true;
	}
	return error;
}

/* Prefers the names in the event to those that the state found, because they are more exact: a pod
 * may have several containers, and an address several DNS names. */
static void column_printer_prefer_own_names(const struct flow *flow, struct flow_names *names)
{
	const struct flow_names *own = flow->names;

	if (!own)
		return;
	if (own->container)
		names->container = own->container;
	if (own->container_id)
		names->container_id = own->container_id;
	if (own->dns)
		names->dns = own->dns;
}

int column_printer_row(struct column_printer *printer, const struct state *state,
		       const struct flow *flow, const struct conn *conn, struct buffer *buffer)
{
	struct column_row row;

	column_row_open(&row, state, conn);
	row.flow = flow;
	column_printer_prefer_own_names(flow, column_names(&row));
	return column_printer_append_row(printer, &row, buffer);
}

void column_printer_help(FILE *file)
{
	static const char *const titles[] = {
		[COLUMN_SET_USUAL] = "Columns",
		[COLUMN_SET_WIDE] = "More columns of -o wide",
		[COLUMN_SET_EXTRA] = "More columns for -o columns=",
	};
	for (size_t set = COLUMN_SET_USUAL; set < ARRAY_LENGTH(titles); set++) {
		fprintf(file, "\n%s:\n", titles[set]);
		for (size_t i = 0; i < column_count; i++) {
			if (column_table[i].trace.set != set)
				continue;
			fprintf(file, "  %-12s ", column_table[i].name);
			for (const char *text = column_table[i].help; *text; text++) {
				fputc(*text, file);
				if (*text == '\n')
					fprintf(file, "%15s", "");
			}
			fputc('\n', file);
		}
	}
}
