/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/menus/column_menu.h"

#include <stdio.h>
#include <string.h>

#include "tui/options/user_settings.h"

void column_menu_read(struct connections *table)
{
	char why[SETTINGS_WHY_SIZE];
	struct settings settings;

	if (user_settings_read(&settings, why))
		return;
	/* The settings have no other columns than those of the table. */
	(void)column_list_parse(settings.columns, &table->columns, why);
}

/* Saves the choice, and reports that or why not. */
static void column_menu_save(const struct connections *table, struct context *context)
{
	char path[PATH_MAX];
	char why[SETTINGS_WHY_SIZE];
	char text[COLUMN_LIST_TEXT_SIZE];

	column_list_format(&table->columns, text);
	if (settings_path("config.yaml", path))
		context_error(context, "the columns are not saved: HOME is not set");
	else if (settings_set(path, "columns", text, why))
		context_error(context, "the columns are not saved: %s", why);
	else
		context_note(context, "columns %s, saved", *text ? text : "as they fit");
}

static size_t column_menu_count(const void *data)
{
	const struct column_menu *menu = data;

	return menu->count + 1;
}

/* Writes the first sentence of a help text. */
static void column_menu_describe(const char *help, char text[POPUP_TEXT_SIZE])
{
	snprintf(text, POPUP_TEXT_SIZE, "%.*s", (int)strcspn(help, ";:\n"), help);
}

static void column_menu_item(const void *data, size_t index, struct popup_item *item)
{
	const struct column_menu *menu = data;
	const struct column_menu_row *listed;

	if (index == 0) {
		snprintf(item->text, sizeof(item->text), "automatic");
		snprintf(item->note, sizeof(item->note),
			 "the most important columns that have room");
		item->present = menu->table->columns.count == 0;
		return;
	}
	listed = &menu->items[index - 1];
	snprintf(item->text, sizeof(item->text), "%s", column_table_name(listed->column));
	column_menu_describe(listed->column->help, item->note);
	item->box = listed->on ? POPUP_BOX_ON : POPUP_BOX_OFF;
}

/* Returns the index of a column in `items`; menu->count: not listed. */
static size_t column_menu_find(const struct column_menu *menu, const struct column *column)
{
	size_t at = 0;

	while (at < menu->count && menu->items[at].column != column)
		at++;
	return at;
}

/* Lists the columns: those that are shown in their order, and each other one behind the column
 * that is to its left in the table of columns. */
static void column_menu_list(struct column_menu *menu, const struct column_list *shown)
{
	struct column_list all;

	all.count = column_list_table(all.items);
	menu->count = 0;
	for (size_t i = 0; i < shown->count; i++)
		menu->items[menu->count++] = (struct column_menu_row){shown->items[i], true};
	for (size_t i = 0; i < all.count; i++) {
		size_t at;

		if (column_menu_find(menu, all.items[i]) < menu->count)
			continue;
		/* The column to its left is listed by now. */
		at = i > 0 ? column_menu_find(menu, all.items[i - 1]) + 1 : 0;
		memmove(&menu->items[at + 1], &menu->items[at],
			(menu->count - at) * sizeof(menu->items[0]));
		menu->items[at] = (struct column_menu_row){all.items[i], false};
		menu->count++;
	}
}

/* Shows the columns that are switched on. */
static void column_menu_apply(const struct column_menu *menu)
{
	struct column_list list = {.count = 0};

	for (size_t i = 0; i < menu->count; i++)
		if (menu->items[i].on)
			list.items[list.count++] = menu->items[i].column;
	connections_choose_columns(menu->table, &list);
}

static void column_menu_toggle(struct column_menu *menu, struct context *context, size_t index)
{
	size_t shown = 0;

	for (size_t i = 0; i < menu->count; i++)
		shown += menu->items[i].on;
	if (menu->items[index].on && shown == 1) {
		context_note(context, "one column stays");
		return;
	}
	menu->items[index].on = !menu->items[index].on;
	column_menu_apply(menu);
}

/* Exchanges two neighbours. */
static void column_menu_exchange(struct column_menu *menu, size_t first)
{
	const struct column_menu_row moved = menu->items[first];

	menu->items[first] = menu->items[first + 1];
	menu->items[first + 1] = moved;
	column_menu_apply(menu);
}

static bool column_menu_act(void *data, struct context *context, enum action action, size_t *index)
{
	struct column_menu *menu = data;

	switch (action) {
	case ACTION_FOLD:
		if (*index == 0)
			connections_choose_columns(menu->table, &(struct column_list){.count = 0});
		else
			column_menu_toggle(menu, context, *index - 1);
		return true;
	case ACTION_MOVE_UP:
		if (*index > 1)
			column_menu_exchange(menu, --*index - 1);
		return true;
	case ACTION_MOVE_DOWN:
		if (*index > 0 && *index < menu->count)
			column_menu_exchange(menu, (*index)++ - 1);
		return true;
	default:
		return false;
	}
}

static bool column_menu_choose(void *data, struct context *context, size_t index)
{
	const struct column_menu *menu = data;

	(void)index;
	column_menu_save(menu->table, context);
	return true;
}

static void column_menu_cancel(void *data, struct context *context)
{
	struct column_menu *menu = data;

	(void)context;
	connections_choose_columns(menu->table, &menu->before);
}

static const struct popup_operations column_menu_operations = {
	.title = "Columns",
	.hints = {{ACTION_FOLD, "on, off"},
		  {ACTION_MOVE_UP, "up"},
		  {ACTION_MOVE_DOWN, "down"},
		  {ACTION_OPEN, "keep"},
		  {ACTION_BACK, "back"}},
	.again = ACTION_COLUMNS,
	.count = column_menu_count,
	.item = column_menu_item,
	.choose = column_menu_choose,
	.cancel = column_menu_cancel,
	.act = column_menu_act,
};

void column_menu_open(struct popup *popup, struct context *context, struct column_menu *menu,
		      struct connections *table)
{
	struct column_list shown = table->columns;

	menu->table = table;
	menu->before = table->columns;
	for (size_t i = 0; table->columns.count == 0 && i < table->layout.count; i++)
		shown.items[shown.count++] = table->layout.slots[i].column;
	column_menu_list(menu, &shown);
	popup_open(popup, &column_menu_operations, menu, context);
}
