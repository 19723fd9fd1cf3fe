/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/suggest.h"
#include "core/base/text.h"
#include "tui/columns/column_table.h"

/* More than there are columns: the same one may be asked for twice. */
#define COLUMNS_MAX 48
/* A cell beyond this does not widen its column for all lines to come. */
#define GROW_MAX 64

struct shown_column {
	const struct column *column;
	size_t width;
};

struct columns {
	struct shown_column chosen[COLUMNS_MAX];
	size_t count;
	bool by_name; /* the list was given: what is in it is shown */
	bool pods;
	bool terminal;
	size_t terminal_width;
	const char *ellipsis;
};

static bool is_shown(const struct columns *columns, const struct shown_column *shown)
{
	return columns->by_name || columns->pods || !shown->column->pod_only;
}

static void set_widths(struct columns *columns)
{
	size_t total = 0;

	for (size_t i = 0; i < columns->count; i++) {
		struct shown_column *shown = &columns->chosen[i];
		shown->width = shown->column->width;
		if (is_shown(columns, shown))
			total += shown->width + 1;
	}
	if (!columns->terminal)
		return;
	/* One column's width of one name after the other, until the line fits or nothing gives. */
	bool changed = true;
	while (changed && total != columns->terminal_width) {
		changed = false;
		for (size_t i = 0; i < columns->count && total != columns->terminal_width; i++) {
			struct shown_column *shown = &columns->chosen[i];
			if (!is_shown(columns, shown))
				continue;
			if (total > columns->terminal_width && shown->column->min_width &&
			    shown->width > shown->column->min_width) {
				shown->width--;
				total--;
				changed = true;
			} else if (total < columns->terminal_width &&
				   shown->width < shown->column->max_width) {
				shown->width++;
				total++;
				changed = true;
			}
		}
	}
}

static void choose_usual(struct columns *columns, bool wide)
{
	size_t count;
	const struct column *table = column_table(&count);

	for (size_t i = 0; i < count; i++)
		if (table[i].set == COLUMN_USUAL || (wide && table[i].set == COLUMN_WIDE))
			columns->chosen[columns->count++].column = &table[i];
}

static const char *column_name_at(size_t index, const void *context)
{
	size_t count;

	(void)context;
	return column_table(&count)[index].name;
}

static int refuse_name(const char *name, char *error)
{
	char escaped[64];
	char upper[33];
	size_t count;
	size_t i = 0;

	column_table(&count);
	for (; i < sizeof(upper) - 1 && name[i]; i++)
		upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
	upper[i] = '\0';
	text_escape(name, escaped, sizeof(escaped));
	const char *near = suggest(upper, count, column_name_at, NULL);
	if (!name[0])
		snprintf(error, COLUMNS_ERROR_SIZE, "a column's name is missing in the list");
	else if (near)
		snprintf(error, COLUMNS_ERROR_SIZE, "no column '%s'; did you mean '%s'?", escaped,
			 near);
	else
		snprintf(error, COLUMNS_ERROR_SIZE, "no column '%s'", escaped);
	return -EINVAL;
}

static int choose_by_name(struct columns *columns, const char *list, char *error)
{
	columns->by_name = true;
	for (;;) {
		char name[64];
		size_t length = strcspn(list, ",");
		size_t kept = length < sizeof(name) - 1 ? length : sizeof(name) - 1;

		memcpy(name, list, kept);
		name[kept] = '\0';
		const struct column *column = column_by_name(name);
		if (!column)
			return refuse_name(name, error);
		if (columns->count == COLUMNS_MAX) {
			snprintf(error, COLUMNS_ERROR_SIZE, "more than %d columns", COLUMNS_MAX);
			return -EINVAL;
		}
		columns->chosen[columns->count++].column = column;
		if (!list[length])
			return 0;
		list += length + 1;
	}
}

int columns_new(const char *format, struct columns **out, char error[COLUMNS_ERROR_SIZE])
{
	char unheard[COLUMNS_ERROR_SIZE];
	struct columns *columns = calloc(1, sizeof(*columns));
	int result = 0;

	if (!columns)
		return -ENOMEM;
	if (!error)
		error = unheard;
	columns->ellipsis = "~";
	if (!format || strcmp(format, "columns") == 0)
		choose_usual(columns, false);
	else if (strcmp(format, "wide") == 0)
		choose_usual(columns, true);
	else if (strncmp(format, "columns=", 8) == 0)
		result = choose_by_name(columns, format + 8, error);
	else
		result = -EINVAL;
	if (result == -EINVAL && strncmp(format, "columns=", 8) != 0)
		snprintf(error, COLUMNS_ERROR_SIZE,
			 "expected columns, wide, json or columns=NAME,NAME…");
	if (result || !out) {
		columns_free(columns);
		return result;
	}
	set_widths(columns);
	*out = columns;
	return 0;
}

void columns_free(struct columns *columns)
{
	free(columns);
}

void columns_fit_terminal(struct columns *columns, size_t width, const char *ellipsis)
{
	columns->terminal = true;
	/* No space stands behind the last column, but a line that fills the screen exactly wraps on
	 * some. */
	columns->terminal_width = width;
	columns->ellipsis = ellipsis;
	set_widths(columns);
}

bool columns_show_pods(struct columns *columns, bool show)
{
	if (columns->by_name || columns->pods == show)
		return false;
	columns->pods = show;
	set_widths(columns);
	return true;
}

static int reserve(struct record_json_buffer *buffer, size_t more)
{
	size_t needed = buffer->length + more + 1;
	if (needed <= buffer->capacity)
		return 0;
	size_t capacity = buffer->capacity ? buffer->capacity : 4096;
	while (capacity < needed)
		capacity *= 2;
	char *grown = realloc(buffer->data, capacity);
	if (!grown)
		return -ENOMEM;
	buffer->data = grown;
	buffer->capacity = capacity;
	return 0;
}

static size_t width_of(const char *text)
{
	size_t length = 0;
	for (; text[length]; length++)
		if ((unsigned char)text[length] >= 0x80)
			return text_width(text);
	return length;
}

/* Appends one cell, padded; the last of a line is not. */
static int append_cell(const struct columns *columns, struct shown_column *shown, const char *text,
		       bool last, struct record_json_buffer *buffer)
{
	char shortened[COLUMN_CELL_SIZE];
	size_t width = width_of(text);

	if (width > shown->width) {
		if (columns->terminal && shown->column->max_width) {
			width = text_shorten_middle(text, shown->width, columns->ellipsis,
						    shortened, sizeof(shortened));
			text = shortened;
		} else {
			shown->width = width < GROW_MAX ? width : GROW_MAX;
		}
	}
	size_t length = strlen(text);
	size_t padding = width < shown->width ? shown->width - width : 0;
	if (reserve(buffer, length + padding + 1))
		return -ENOMEM;

	char *end = buffer->data + buffer->length;
	if (shown->column->right) {
		memset(end, ' ', padding);
		end += padding;
	}
	memcpy(end, text, length);
	end += length;
	if (!shown->column->right && !last) {
		memset(end, ' ', padding);
		end += padding;
	}
	*end++ = last ? '\n' : ' ';
	*end = '\0';
	buffer->length = (size_t)(end - buffer->data);
	return 0;
}

static size_t last_shown(const struct columns *columns)
{
	size_t last = columns->count;
	while (last > 0 && !is_shown(columns, &columns->chosen[last - 1]))
		last--;
	return last - 1;
}

int columns_header(struct columns *columns, struct record_json_buffer *buffer)
{
	size_t before = buffer->length;
	size_t last = last_shown(columns);

	for (size_t i = 0; i < columns->count; i++) {
		struct shown_column *shown = &columns->chosen[i];
		if (is_shown(columns, shown) &&
		    append_cell(columns, shown, shown->column->name, i == last, buffer)) {
			buffer->length = before;
			return -ENOMEM;
		}
	}
	return 0;
}

/* A pod has several containers, and an address several DNS names: what came with the event is about
 * this one. */
static void prefer_own_names(const struct flow *flow, struct conn_names *names)
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

int columns_row(struct columns *columns, const struct state *state, const struct flow *flow,
		const struct conn *conn, struct record_json_buffer *buffer)
{
	size_t before = buffer->length;
	size_t last = last_shown(columns);
	struct column_row row = {.flow = flow, .conn = conn};

	conn_view_names(state, conn, &row.names);
	prefer_own_names(flow, &row.names);
	for (size_t i = 0; i < columns->count; i++) {
		struct shown_column *shown = &columns->chosen[i];
		char cell[COLUMN_CELL_SIZE];
		if (!is_shown(columns, shown))
			continue;
		if (shown->column->get(&row, cell) == 0)
			memcpy(cell, "-", 2);
		if (append_cell(columns, shown, cell, i == last, buffer)) {
			buffer->length = before;
			return -ENOMEM;
		}
	}
	return 0;
}

void columns_print_help(FILE *file)
{
	static const char *const titles[] = {
		[COLUMN_USUAL] = "Columns",
		[COLUMN_WIDE] = "More columns of -o wide",
		[COLUMN_EXTRA] = "Columns that can be chosen besides",
	};
	size_t count;
	const struct column *table = column_table(&count);

	for (size_t set = 0; set < sizeof(titles) / sizeof(titles[0]); set++) {
		fprintf(file, "\n%s:\n", titles[set]);
		for (size_t i = 0; i < count; i++)
			if (table[i].set == set)
				fprintf(file, "  %-12s %s\n", table[i].name, table[i].help);
	}
}
