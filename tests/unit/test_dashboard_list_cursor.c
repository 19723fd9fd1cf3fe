/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor of a list: selecting, scrolling, and lists that shrink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/dashboard/view/list_cursor.h"

static struct list_cursor list_of(size_t count, int rows, bool selects)
{
	struct list_cursor list = {.selects = selects};

	list_cursor_fit(&list, count, rows);
	return list;
}

static void a_selected_entry_stays_visible(void **state)
{
	static const struct {
		enum action action;
		size_t cursor;
		size_t top;
	} steps[] = {
		{ACTION_DOWN, 1, 0},      {ACTION_DOWN, 2, 0},    {ACTION_DOWN, 3, 0},
		{ACTION_DOWN, 4, 1},      {ACTION_UP, 3, 1},      {ACTION_PAGE_DOWN, 6, 3},
		{ACTION_PAGE_DOWN, 9, 6}, {ACTION_DOWN, 9, 6},    {ACTION_UP, 8, 6},
		{ACTION_UP, 7, 6},        {ACTION_UP, 6, 6},      {ACTION_UP, 5, 5},
		{ACTION_PAGE_UP, 2, 2},   {ACTION_PAGE_UP, 0, 0}, {ACTION_UP, 0, 0},
		{ACTION_LAST, 9, 6},      {ACTION_FIRST, 0, 0},   {ACTION_HALF_DOWN, 2, 0},
		{ACTION_HALF_DOWN, 4, 1}, {ACTION_HALF_UP, 2, 1},
	};
	struct list_cursor list = list_of(10, 4, true);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_true(list_cursor_act(&list, steps[i].action));
		assert_int_equal(list.cursor, steps[i].cursor);
		assert_int_equal(list.top, steps[i].top);
	}
	assert_false(list_cursor_act(&list, ACTION_LEFT));
	assert_false(list_cursor_act(&list, ACTION_NONE));
}

static void a_list_without_a_cursor_scrolls(void **state)
{
	struct list_cursor list = list_of(10, 4, false);

	(void)state;
	list_cursor_act(&list, ACTION_DOWN);
	assert_int_equal(list.top, 1);
	list_cursor_act(&list, ACTION_PAGE_DOWN);
	assert_int_equal(list.top, 4);
	list_cursor_act(&list, ACTION_LAST);
	assert_int_equal(list.top, 6);
	list_cursor_act(&list, ACTION_UP);
	assert_int_equal(list.top, 5);
	list_cursor_act(&list, ACTION_FIRST);
	assert_int_equal(list.top, 0);
	assert_int_equal(list.cursor, 0);
}

static void lists_shrink_and_grow(void **state)
{
	struct list_cursor list = list_of(10, 4, true);

	(void)state;
	list_cursor_act(&list, ACTION_LAST);
	list_cursor_fit(&list, 5, 4);
	assert_int_equal(list.cursor, 4);
	assert_int_equal(list.top, 1);
	list_cursor_fit(&list, 5, 2);
	assert_int_equal(list.top, 3);
	list_cursor_fit(&list, 0, 2);
	assert_int_equal(list.cursor, 0);
	assert_int_equal(list.top, 0);
	list_cursor_act(&list, ACTION_DOWN);
	list_cursor_act(&list, ACTION_PAGE_UP);
	assert_int_equal(list.cursor, 0);
	list_cursor_fit(&list, 3, -1);
	assert_int_equal(list.height, 1);
	list_cursor_act(&list, ACTION_PAGE_DOWN);
	assert_int_equal(list.cursor, 1);
	assert_int_equal(list.top, 1);
}

static void the_first_press_selects(void **state)
{
	struct list_cursor list = list_of(10, 4, true);

	(void)state;
	list.top = 3;
	list_cursor_fit(&list, 10, 4);
	assert_int_equal(list.top, 3);
	assert_true(list_cursor_grab(&list));
	assert_int_equal(list.cursor, 3);
	assert_false(list_cursor_grab(&list));
	list_cursor_select(&list, 9);
	assert_int_equal(list.cursor, 9);
	assert_int_equal(list.top, 6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selected_entry_stays_visible),
		cmocka_unit_test(a_list_without_a_cursor_scrolls),
		cmocka_unit_test(lists_shrink_and_grow),
		cmocka_unit_test(the_first_press_selects),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
