/* SPDX-License-Identifier: Apache-2.0 */
/* The list over the panes: keys, the mouse, and the text to find. Nothing is drawn here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <curses.h>

#include "tui/dashboard/menus/popup.h"

#define NONE SIZE_MAX

/* The object of a list: it records the calls. */
struct fruits {
	size_t count;
	size_t moved;
	size_t chosen;
	bool refuses;
	bool cancelled;
	enum action acted;
};

static const char *const names[] = {"apple", "banana",    "cherry", "date", "elder", "fig",
				    "grape", "pineapple", "quince", "pear", "plum",  "Apricot"};

/* The choice in force, on which a list opens. */
#define PRESENT 2

static size_t fruits_count(const void *data)
{
	return ((const struct fruits *)data)->count;
}

static void fruits_item(const void *data, size_t index, struct popup_item *item)
{
	(void)data;
	snprintf(item->text, sizeof(item->text), "%s", names[index]);
	item->present = index == PRESENT;
}

static void fruits_moved(void *data, struct context *context, size_t index)
{
	(void)context;
	((struct fruits *)data)->moved = index;
}

static bool fruits_choose(void *data, struct context *context, size_t index)
{
	struct fruits *fruits = data;

	(void)context;
	fruits->chosen = index;
	return !fruits->refuses;
}

static void fruits_cancel(void *data, struct context *context)
{
	(void)context;
	((struct fruits *)data)->cancelled = true;
}

static bool fruits_act(void *data, struct context *context, enum action action, size_t *index)
{
	(void)context;
	((struct fruits *)data)->acted = action;
	if (action == ACTION_LAST_VIEW)
		*index -= 1;
	return action == ACTION_LAST_VIEW;
}

static const struct popup_operations plain = {
	.title = "Fruits",
	.again = ACTION_SORT,
	.count = fruits_count,
	.item = fruits_item,
	.moved = fruits_moved,
	.choose = fruits_choose,
	.cancel = fruits_cancel,
	.act = fruits_act,
};

static const struct popup_operations finding = {
	.title = "Fruits",
	.finds = true,
	.count = fruits_count,
	.item = fruits_item,
	.choose = fruits_choose,
};

static const size_t all = sizeof(names) / sizeof(*names);

struct fixture {
	struct context context;
	struct fruits fruits;
	struct popup popup;
};

static void open_list(struct fixture *fixture, const struct popup_operations *operations)
{
	fixture->fruits = (struct fruits){.count = all, .moved = NONE, .chosen = NONE};
	popup_open(&fixture->popup, operations, &fixture->fruits, &fixture->context);
	fixture->popup.area = (struct rect){5, 10, 4, 20};
	list_cursor_fit(&fixture->popup.list, fixture->popup.match_count, 4);
}

static void type(struct fixture *fixture, const char *text)
{
	for (; *text; text++)
		popup_key(&fixture->popup, &fixture->context, false, (wchar_t)*text,
			  keymap_action(*text));
}

static void keys_move_choose_and_close(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &plain);
	assert_int_equal(f.popup.list.cursor, 2);
	popup_act(&f.popup, &f.context, ACTION_DOWN);
	assert_int_equal(f.fruits.moved, 3);
	popup_act(&f.popup, &f.context, ACTION_LAST);
	assert_int_equal(f.fruits.moved, all - 1);
	/* The key that opened the list goes round. */
	popup_act(&f.popup, &f.context, ACTION_SORT);
	assert_int_equal(f.fruits.moved, 0);
	f.fruits.refuses = true;
	popup_act(&f.popup, &f.context, ACTION_OPEN);
	assert_int_equal(f.fruits.chosen, 0);
	assert_true(popup_is_open(&f.popup));
	f.fruits.refuses = false;
	popup_act(&f.popup, &f.context, ACTION_OPEN);
	assert_false(popup_is_open(&f.popup));
	assert_false(f.fruits.cancelled);
	open_list(&f, &plain);
	popup_act(&f.popup, &f.context, ACTION_BACK);
	assert_false(popup_is_open(&f.popup));
	assert_true(f.fruits.cancelled);
	popup_clear(&f.popup);
}

static void other_actions_go_to_the_object(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &plain);
	popup_act(&f.popup, &f.context, ACTION_INVERT);
	assert_int_equal(f.fruits.acted, ACTION_INVERT);
	assert_int_equal(f.popup.list.cursor, 2);
	/* The object may move the item; the cursor goes with it. */
	popup_act(&f.popup, &f.context, ACTION_LAST_VIEW);
	assert_int_equal(f.popup.list.cursor, 1);
	popup_act(&f.popup, &f.context, ACTION_NONE);
	assert_true(popup_is_open(&f.popup));
	popup_clear(&f.popup);
}

static void text_finds_items(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &finding);
	type(&f, "AP");
	assert_int_equal(f.popup.match_count, 4);
	type(&f, "p");
	assert_int_equal(f.popup.match_count, 2);
	type(&f, "q");
	assert_true(popup_is_open(&f.popup));
	assert_int_equal(f.popup.match_count, 0);
	popup_act(&f.popup, &f.context, ACTION_OPEN);
	assert_int_equal(f.fruits.chosen, NONE);
	popup_key(&f.popup, &f.context, true, KEY_BACKSPACE, ACTION_BACK);
	assert_int_equal(f.popup.match_count, 2);
	popup_act(&f.popup, &f.context, ACTION_DOWN);
	popup_act(&f.popup, &f.context, ACTION_OPEN);
	assert_string_equal(names[f.fruits.chosen], "pineapple");
	/* Backspace without a text closes, as Esc does. */
	open_list(&f, &finding);
	popup_key(&f.popup, &f.context, true, KEY_BACKSPACE, ACTION_BACK);
	assert_false(popup_is_open(&f.popup));
	popup_clear(&f.popup);
}

static void the_cursor_stays_on_its_item_while_it_matches(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &finding);
	popup_act(&f.popup, &f.context, ACTION_LAST);
	popup_act(&f.popup, &f.context, ACTION_UP);
	type(&f, "pl");
	assert_int_equal(f.popup.matches[f.popup.list.cursor], 10);
	popup_key(&f.popup, &f.context, false, KEY_DELETE, ACTION_BACK);
	popup_key(&f.popup, &f.context, false, KEY_DELETE, ACTION_BACK);
	assert_int_equal(f.popup.match_count, all);
	assert_int_equal(f.popup.matches[f.popup.list.cursor], 10);
	popup_clear(&f.popup);
}

static void digits_choose(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &finding);
	type(&f, "3");
	assert_int_equal(f.fruits.chosen, 3);
	assert_false(popup_is_open(&f.popup));
	/* After another character, a digit is text. */
	open_list(&f, &finding);
	type(&f, "a3");
	assert_int_equal(f.fruits.chosen, NONE);
	assert_int_equal(f.popup.match_count, 0);
	/* A digit without an item does nothing. */
	open_list(&f, &finding);
	f.popup.count = 3;
	type(&f, "7");
	assert_int_equal(f.fruits.chosen, NONE);
	assert_true(popup_is_open(&f.popup));
	popup_clear(&f.popup);
}

static void clicks_select_choose_and_close(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &plain);
	popup_click(&f.popup, &f.context, 5, 12);
	assert_int_equal(f.fruits.moved, f.popup.list.top);
	assert_int_equal(f.fruits.chosen, NONE);
	popup_click(&f.popup, &f.context, 5, 12);
	assert_int_equal(f.fruits.chosen, 0);
	assert_false(popup_is_open(&f.popup));
	/* The frame belongs to the list. */
	open_list(&f, &plain);
	popup_click(&f.popup, &f.context, 4, 9);
	assert_true(popup_is_open(&f.popup));
	popup_click(&f.popup, &f.context, 3, 12);
	assert_false(popup_is_open(&f.popup));
	assert_true(f.fruits.cancelled);
	popup_clear(&f.popup);
}

static void an_empty_list_only_closes(void **state)
{
	struct fixture f = {0};

	(void)state;
	open_list(&f, &plain);
	f.fruits.count = 0;
	popup_open(&f.popup, &plain, &f.fruits, &f.context);
	popup_act(&f.popup, &f.context, ACTION_DOWN);
	popup_act(&f.popup, &f.context, ACTION_SORT);
	popup_act(&f.popup, &f.context, ACTION_OPEN);
	assert_int_equal(f.fruits.moved, NONE);
	assert_int_equal(f.fruits.chosen, NONE);
	popup_act(&f.popup, &f.context, ACTION_QUIT);
	assert_false(popup_is_open(&f.popup));
	popup_clear(&f.popup);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_move_choose_and_close),
		cmocka_unit_test(other_actions_go_to_the_object),
		cmocka_unit_test(text_finds_items),
		cmocka_unit_test(the_cursor_stays_on_its_item_while_it_matches),
		cmocka_unit_test(digits_choose),
		cmocka_unit_test(clicks_select_choose_and_close),
		cmocka_unit_test(an_empty_list_only_closes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
