/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/menus/sort_menu.h"

#include <stdio.h>

/* --- the table of connections --- */

static size_t sort_menu_count(const void *data)
{
	const struct sort_menu *menu = data;

	return menu->count + 1;
}

static const struct column *sort_menu_column(const struct sort_menu *menu, size_t index)
{
	return index > 0 ? menu->columns[index - 1] : NULL;
}

static void sort_menu_item(const void *data, size_t index, struct popup_item *item)
{
	const struct sort_menu *menu = data;
	const struct row_query *query = &menu->table->query;
	const struct column *column = sort_menu_column(menu, index);
	const char *name = "arrival";

	if (column) {
		name = table_layout_heading(column, &menu->table->facts);
		name = *name ? name : column_table_name(column);
	}
	snprintf(item->text, sizeof(item->text), "%s", name);
	item->present = column == query->sort;
	if (!column)
		snprintf(item->note, sizeof(item->note), "%s",
			 item->present && query->inverted ? "oldest first" : "newest first");
	else if (item->present)
		snprintf(item->note, sizeof(item->note), "%s",
			 column_sorts_down(column) != query->inverted ? menu->glyphs->falling
								      : menu->glyphs->rising);
}

static bool sort_menu_choose(void *data, struct context *context, size_t index)
{
	const struct sort_menu *menu = data;

	(void)context;
	connections_sort(menu->table, sort_menu_column(menu, index));
	return true;
}

static bool sort_menu_act(void *data, struct context *context, enum action action, size_t *index)
{
	const struct sort_menu *menu = data;

	(void)index;
	if (action != ACTION_INVERT)
		return false;
	return connections_operations.act(menu->table, context, action);
}

static const struct popup_operations sort_menu_operations = {
	.title = "Sort by",
	.hints = {{ACTION_OPEN, "sort"}, {ACTION_INVERT, "invert"}, {ACTION_BACK, "back"}},
	.again = ACTION_SORT,
	.count = sort_menu_count,
	.item = sort_menu_item,
	.choose = sort_menu_choose,
	.act = sort_menu_act,
};

void sort_menu_open(struct popup *popup, struct context *context, struct sort_menu *menu,
		    struct connections *table)
{
	menu->table = table;
	menu->glyphs = context->glyphs;
	menu->count = table_layout_useful(&table->facts, menu->columns);
	popup_open(popup, &sort_menu_operations, menu, context);
}

/* --- the summary --- */

static size_t sort_menu_count_orders(const void *data)
{
	(void)data;
	return TREE_ORDERS;
}

static void sort_menu_order(const void *data, size_t index, struct popup_item *item)
{
	const struct summary *summary = data;

	snprintf(item->text, sizeof(item->text), "%s", summary_order_name((enum tree_order)index));
	item->present = summary->tree.order == (enum tree_order)index;
	if (item->present && summary->tree.inverted)
		snprintf(item->note, sizeof(item->note), "inverted");
}

static bool sort_menu_choose_order(void *data, struct context *context, size_t index)
{
	(void)context;
	summary_order_by(data, (enum tree_order)index);
	return true;
}

static bool sort_menu_act_on_summary(void *data, struct context *context, enum action action,
				     size_t *index)
{
	(void)index;
	if (action != ACTION_INVERT)
		return false;
	return summary_operations.act(data, context, action);
}

static const struct popup_operations sort_menu_summary_operations = {
	.title = "Order of the summary",
	.hints = {{ACTION_OPEN, "sort"}, {ACTION_INVERT, "invert"}, {ACTION_BACK, "back"}},
	.again = ACTION_SORT,
	.count = sort_menu_count_orders,
	.item = sort_menu_order,
	.choose = sort_menu_choose_order,
	.act = sort_menu_act_on_summary,
};

void sort_menu_open_summary(struct popup *popup, struct context *context, struct summary *summary)
{
	popup_open(popup, &sort_menu_summary_operations, summary, context);
}
