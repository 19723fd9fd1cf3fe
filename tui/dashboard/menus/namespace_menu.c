/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/menus/namespace_menu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/scope.h"

void namespace_menu_clear(struct namespace_menu *menu)
{
	free(menu->items);
	*menu = (struct namespace_menu){0};
}

/* Shows one namespace; NULL: all. The name must live as long as the state. */
static void namespace_menu_set(struct context *context, struct connections *table, const char *name)
{
	table->query.namespace_name = name;
	connections_restart(table);
	if (name)
		context_note(context, "namespace %s", name);
	else
		context_note(context, "all namespaces");
}

bool namespace_menu_show(struct context *context, struct connections *table, const char *name)
{
	for (size_t i = 0; i < state_subject_count(context->state); i++) {
		const char *seen = state_subject(context->state, i)->namespace_name;

		if (!seen || strcmp(seen, name) != 0)
			continue;
		namespace_menu_set(context, table, seen);
		return true;
	}
	return false;
}

static size_t namespace_menu_count(const void *data)
{
	return ((const struct namespace_menu *)data)->count;
}

static void namespace_menu_item(const void *data, size_t index, struct popup_item *item)
{
	const struct namespace_menu *menu = data;
	const struct namespace_counts *counts = &menu->items[index];
	const char *present = menu->table->query.namespace_name;
	char connections[CELL_COUNT_SIZE];
	char open[CELL_COUNT_SIZE];

	cell_count(counts->connections, connections);
	cell_count(counts->open, open);
	snprintf(item->text, sizeof(item->text), "%s", counts->name ? counts->name : "all");
	snprintf(item->note, sizeof(item->note), "%s conn %s %s open", connections,
		 menu->glyphs->dot, open);
	item->present = present && counts->name ? strcmp(present, counts->name) == 0
						: present == counts->name;
}

static bool namespace_menu_choose(void *data, struct context *context, size_t index)
{
	const struct namespace_menu *menu = data;

	namespace_menu_set(context, menu->table, menu->items[index].name);
	return true;
}

static const struct popup_operations namespace_menu_operations = {
	.title = "Namespace",
	.hints = {{ACTION_OPEN, "show"}, {ACTION_BACK, "back"}},
	.finds = true,
	.count = namespace_menu_count,
	.item = namespace_menu_item,
	.choose = namespace_menu_choose,
};

static int namespace_menu_compare(const void *a, const void *b)
{
	const struct namespace_counts *left = a;
	const struct namespace_counts *right = b;

	return strcmp(left->name, right->name);
}

static void namespace_menu_add(struct namespace_counts *counts, const struct subject *subject)
{
	counts->connections += subject->conn_count;
	counts->open += subject->open_count;
}

/* Adds up the subjects of each namespace. Subjects that the options reject, or H hides, do not
 * count, because they are not shown in any namespace. Returns 0 or -ENOMEM. */
static int namespace_menu_list(struct namespace_menu *menu, const struct state *state)
{
	struct namespace_counts all = {.name = NULL};
	size_t count = state_subject_count(state);
	size_t kept = 1;
	int err = ARRAY_RESERVE(menu->items, menu->capacity, count + 1);

	menu->count = 1;
	for (size_t i = 0; i < count && !err; i++) {
		const struct subject *subject = state_subject(state, i);
		struct namespace_counts *item = &menu->items[menu->count];

		if (subject->group != SCOPE_SHOWN && subject->group != SCOPE_HIDDEN_NAMESPACE)
			continue;
		namespace_menu_add(&all, subject);
		if (!subject->namespace_name)
			continue;
		*item = (struct namespace_counts){.name = subject->namespace_name};
		namespace_menu_add(item, subject);
		menu->count++;
	}
	if (err)
		return err;
	menu->items[0] = all;
	qsort(menu->items + 1, menu->count - 1, sizeof(*menu->items), namespace_menu_compare);
	for (size_t i = 1; i < menu->count; i++) {
		struct namespace_counts *last = &menu->items[kept - 1];

		if (kept > 1 && strcmp(last->name, menu->items[i].name) == 0) {
			last->connections += menu->items[i].connections;
			last->open += menu->items[i].open;
		} else {
			menu->items[kept++] = menu->items[i];
		}
	}
	menu->count = kept;
	return 0;
}

void namespace_menu_open(struct popup *popup, struct context *context, struct namespace_menu *menu,
			 struct connections *table)
{
	menu->table = table;
	menu->glyphs = context->glyphs;
	if (namespace_menu_list(menu, context->state)) {
		context_error(context, "no memory for the list");
		return;
	}
	if (menu->count == 1) {
		context_note(context, "no connection so far is in a namespace");
		return;
	}
	popup_open(popup, &namespace_menu_operations, menu, context);
}
