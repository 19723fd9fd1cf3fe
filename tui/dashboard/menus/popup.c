/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strcasestr */
#include "tui/dashboard/menus/popup.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "tui/dashboard/table/place.h"

/* The least width of a list, with its frame, and the columns of a row without its text: the frame,
 * the cursor, the mark and the blanks between. */
#define COLUMNS_LEAST 30
#define COLUMNS_FRAME 8
#define BOX_COLUMNS   4
/* The first items have a digit that chooses them. */
#define DIGITS 10
/* Above a list, the first rows of the screen stay visible, such as the headings that a list
 * changes, unless the screen is low. */
#define TOP_ROWS 3
#define LOW_ROWS 12
/* With fewer rows, a list has no frame. */
#define FRAMED_ROWS 3

static bool popup_matches(const struct popup *popup, size_t index)
{
	struct popup_item item = {0};

	if (!popup->find[0])
		return true;
	popup->operations->item(popup->data, index, &item);
	return strcasestr(item.text, popup->find) != NULL;
}

/* Lists the items that contain the text. Keeps the cursor on its item, if that is one of them. */
static void popup_list(struct popup *popup)
{
	size_t kept =
		popup->list.cursor < popup->match_count ? popup->matches[popup->list.cursor] : 0;
	size_t cursor = 0;

	popup->match_count = 0;
	for (size_t i = 0; i < popup->count; i++) {
		if (!popup_matches(popup, i))
			continue;
		if (i <= kept)
			cursor = popup->match_count;
		popup->matches[popup->match_count++] = i;
	}
	popup->list.count = popup->match_count;
	list_cursor_select(&popup->list, cursor);
}

/* Returns the index of the choice in force; 0: none is. */
static size_t popup_find_present(const struct popup *popup)
{
	for (size_t i = 0; i < popup->count; i++) {
		struct popup_item item = {0};

		popup->operations->item(popup->data, i, &item);
		if (item.present)
			return i;
	}
	return 0;
}

void popup_open(struct popup *popup, const struct popup_operations *operations, void *data,
		struct context *context)
{
	size_t count = operations->count(data);

	popup_clear(popup);
	popup->matches = calloc(count ? count : 1, sizeof(*popup->matches));
	if (!popup->matches) {
		context_error(context, "no memory for the list");
		return;
	}
	popup->operations = operations;
	popup->data = data;
	popup->count = count;
	/* The height before the first drawing: the list begins at its first item if it can. */
	popup->list = (struct list_cursor){.selects = true, .height = count ? count : 1};
	popup_list(popup);
	list_cursor_select(&popup->list, popup_find_present(popup));
}

void popup_clear(struct popup *popup)
{
	free(popup->matches);
	*popup = (struct popup){0};
}

/* Returns the index of the item at the cursor; SIZE_MAX: no item matches. */
static size_t popup_index(const struct popup *popup)
{
	return popup->list.cursor < popup->match_count ? popup->matches[popup->list.cursor]
						       : SIZE_MAX;
}

static void popup_moved(const struct popup *popup, struct context *context)
{
	size_t index = popup_index(popup);

	if (popup->operations->moved && index != SIZE_MAX)
		popup->operations->moved(popup->data, context, index);
}

static void popup_choose(struct popup *popup, struct context *context)
{
	size_t index = popup_index(popup);

	if (index != SIZE_MAX && popup->operations->choose(popup->data, context, index))
		popup_clear(popup);
}

static void popup_cancel(struct popup *popup, struct context *context)
{
	const struct popup_operations *operations = popup->operations;
	void *data = popup->data;

	popup_clear(popup);
	if (operations->cancel)
		operations->cancel(data, context);
}

/* Passes an action to the object of the list. */
static void popup_act_on_item(struct popup *popup, struct context *context, enum action action)
{
	size_t index = popup_index(popup);

	if (!popup->operations->act || index == SIZE_MAX)
		return;
	if (!popup->operations->act(popup->data, context, action, &index))
		return;
	for (size_t i = 0; i < popup->match_count; i++)
		if (popup->matches[i] == index)
			list_cursor_select(&popup->list, i);
}

void popup_act(struct popup *popup, struct context *context, enum action action)
{
	struct list_cursor *list = &popup->list;

	if (action == ACTION_NONE)
		return;
	if (action == popup->operations->again && list->count > 0) {
		list_cursor_select(list, (list->cursor + 1) % list->count);
		popup_moved(popup, context);
	} else if (list_cursor_act(list, action)) {
		popup_moved(popup, context);
	} else if (action == ACTION_OPEN) {
		popup_choose(popup, context);
	} else if (action == ACTION_BACK || action == ACTION_QUIT) {
		popup_cancel(popup, context);
	} else {
		popup_act_on_item(popup, context, action);
	}
}

/* Changes the text to find, or chooses by a digit. Returns false if the key is no text. */
static bool popup_type(struct popup *popup, struct context *context, bool is_code, wchar_t key)
{
	size_t length = strlen(popup->find);
	bool erases = is_code ? key == KEY_BACKSPACE : key == KEY_DELETE || key == CONTROL('H');

	if (erases && length > 0) {
		popup->find[length - 1] = '\0';
	} else if (!is_code && key > ' ' && key < KEY_DELETE) {
		if (length == 0 && key >= '0' && key <= '9') {
			size_t index = (size_t)(key - '0');

			if (index >= popup->count)
				return true;
			list_cursor_select(&popup->list, index);
			popup_choose(popup, context);
			return true;
		}
		if (length + 1 == sizeof(popup->find))
			return true;
		popup->find[length] = (char)key;
		popup->find[length + 1] = '\0';
	} else {
		return false;
	}
	popup_list(popup);
	popup_moved(popup, context);
	return true;
}

void popup_key(struct popup *popup, struct context *context, bool is_code, wchar_t key,
	       enum action action)
{
	if (!popup->operations->finds || !popup_type(popup, context, is_code, key))
		popup_act(popup, context, action);
}

void popup_click(struct popup *popup, struct context *context, int row, int column)
{
	struct list_cursor *list = &popup->list;
	const struct rect *area = &popup->area;
	size_t index = list->top + (size_t)(row - area->row);
	const struct rect frame = {area->row - 1, area->column - 1, area->rows + 2,
				   area->columns + 2};

	if (!rect_contains(&frame, row, column)) {
		popup_cancel(popup, context);
	} else if (rect_contains(area, row, column) && index < list->count) {
		if (index == list->cursor) {
			popup_choose(popup, context);
			return;
		}
		list_cursor_select(list, index);
		popup_moved(popup, context);
	}
}

/* --- drawing --- */

/* Draws one line of the frame: the left end, the middle repeated, the right end. */
static void popup_draw_border(const struct canvas *line, unsigned int vertical)
{
	const char *const *border = line->glyphs->border;
	int last = line->area.columns - 1;

	for (int column = 0; column <= last; column++)
		canvas_text(line, 0, column, 1, ROLE_BORDER_FOCUS,
			    border[(column > 0 ? BORDER_LEFT : vertical) |
				   (column < last ? BORDER_RIGHT : vertical)]);
}

static void popup_draw_item(const struct popup *popup, const struct canvas *inside, int row)
{
	static const char *const boxes[] = {
		[POPUP_BOX_NONE] = "", [POPUP_BOX_OFF] = "[ ]", [POPUP_BOX_ON] = "[x]"};
	size_t place = popup->list.top + (size_t)row;
	struct popup_item item = {0};
	struct canvas line = canvas_row(inside, row, place == popup->list.cursor);
	int width = inside->area.columns - 2;
	int start = 3;

	popup->operations->item(popup->data, popup->matches[place], &item);
	if (item.present)
		canvas_text(&line, 0, 1, 1, ROLE_GOOD, line.glyphs->full);
	if (popup->operations->finds && popup->matches[place] < DIGITS)
		canvas_print(&line, 0, start, ROLE_KEY, "%zu", popup->matches[place]);
	start += popup->operations->finds ? 2 : 0;
	if (item.box != POPUP_BOX_NONE)
		start += canvas_text(&line, 0, start, BOX_COLUMNS, ROLE_TEXT | CANVAS_PAD,
				     boxes[item.box]);
	start += canvas_text(&line, 0, start, width - start + 1, ROLE_TEXT, item.text) + 1;
	if (item.note[0] && start < width)
		canvas_text(&line, 0, start, width - start + 1, ROLE_DIM | CANVAS_RIGHT, item.note);
}

/* Returns the length of the first name of the action's key: "s" of "s F6". */
static int popup_key_length(enum action action)
{
	return (int)strcspn(keymap_binding(action)->name, " ");
}

/* Returns the width of a hint: "Enter sort". */
static int popup_hint_width(const struct popup_hint *hint)
{
	return popup_key_length(hint->action) + 1 + (int)strlen(hint->text);
}

void popup_draw_hints(const struct popup *popup, struct canvas *line)
{
	const struct popup_hint *hint = popup->operations->hints;

	line->column = 1;
	for (size_t i = 0; i < POPUP_HINTS && hint[i].action != ACTION_NONE; i++) {
		canvas_add(line, ROLE_KEY, "%.*s", popup_key_length(hint[i].action),
			   keymap_binding(hint[i].action)->name);
		canvas_add(line, ROLE_DIM, " %s  ", hint[i].text);
	}
}

enum action popup_hint_at(const struct popup *popup, int column)
{
	const struct popup_hint *hint = popup->operations->hints;
	int start = 1;

	for (size_t i = 0; i < POPUP_HINTS && hint[i].action != ACTION_NONE; i++) {
		int end = start + popup_hint_width(&hint[i]);

		if (column >= start && column < end)
			return hint[i].action;
		start = end + 2;
	}
	return ACTION_NONE;
}

/* Returns the columns that the widest item needs. */
static int popup_columns(const struct popup *popup)
{
	int most = COLUMNS_LEAST;

	for (size_t i = 0; i < popup->count; i++) {
		struct popup_item item = {0};
		int columns = COLUMNS_FRAME;

		popup->operations->item(popup->data, i, &item);
		columns += (int)text_width(item.text) + (item.box ? BOX_COLUMNS : 0) +
			   (popup->operations->finds ? 2 : 0);
		columns += item.note[0] ? (int)text_width(item.note) + 1 : 0;
		most = columns > most ? columns : most;
	}
	return most;
}

static void popup_draw_title(const struct popup *popup, struct canvas *line)
{
	const struct list_cursor *list = &popup->list;

	canvas_add(line, ROLE_TITLE_FOCUS, " %s ", popup->operations->title);
	if (popup->find[0])
		canvas_add(line, ROLE_FILTER, "%s ", popup->find);
	place_draw(line, "", list->top, list->height, list->count);
}

/* Draws the frame of a list, with its title. */
static void popup_draw_frame(const struct popup *popup, const struct canvas *box)
{
	int last = box->area.rows - 1;
	int columns = box->area.columns;
	struct canvas line = canvas_part(box, 0, 0, 1, columns);

	popup_draw_border(&line, BORDER_DOWN);
	line = canvas_part(box, last, 0, 1, columns);
	popup_draw_border(&line, BORDER_UP);
	for (int row = 1; row < last; row++) {
		const char *side = box->glyphs->border[BORDER_UP | BORDER_DOWN];

		canvas_text(box, row, 0, 1, ROLE_BORDER_FOCUS, side);
		canvas_text(box, row, columns - 1, 1, ROLE_BORDER_FOCUS, side);
	}
	line = canvas_part(box, 0, 1, 1, columns - 2);
	popup_draw_title(popup, &line);
}

/* Returns the part of the canvas for the items. Draws a frame around it if there is room. */
static struct canvas popup_place(const struct popup *popup, struct list_cursor *list,
				 const struct canvas *canvas)
{
	bool framed = canvas->area.rows >= FRAMED_ROWS;
	int frame = framed ? 2 : 0;
	int rows = canvas->area.rows - frame - (canvas->area.rows < LOW_ROWS ? 0 : TOP_ROWS);
	int columns = popup_columns(popup);
	struct canvas box;

	if (columns > canvas->area.columns)
		columns = canvas->area.columns;
	/* The height stays while fewer items match, so that the list does not jump. */
	if (rows > (int)popup->count)
		rows = popup->count ? (int)popup->count : 1;
	list_cursor_fit(list, popup->match_count, rows);
	box = canvas_part(canvas, canvas->area.rows - rows - frame, canvas->area.columns - columns,
			  rows + frame, columns);
	if (!framed)
		return box;
	popup_draw_frame(popup, &box);
	return canvas_part(&box, 1, 1, rows, columns - 2);
}

void popup_draw(struct popup *popup, const struct canvas *canvas)
{
	struct list_cursor *list = &popup->list;
	struct canvas inside = popup_place(popup, list, canvas);

	popup->area = inside.area;
	for (int row = 0; row < inside.area.rows; row++) {
		canvas_blank(&inside, row, 0, inside.area.columns, ROLE_TEXT);
		if (list->top + (size_t)row < popup->match_count)
			popup_draw_item(popup, &inside, row);
	}
	if (popup->match_count == 0)
		canvas_text(&inside, 0, 3, inside.area.columns - 3, ROLE_DIM, "nothing matches");
}
