/* SPDX-License-Identifier: Apache-2.0 */
/* The links of a page: which one the keys select, and how the page scrolls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/dashboard/view/links.h"

/* A page of 40 lines on a screen of 10, with links to these addresses (0: no further link). */
#define PAGE_LINES  40
#define SCREEN_ROWS 10

static const struct {
	size_t line;
	uint8_t thing;
} page[] = {{1, 1}, {3, 2}, {5, 1}, {25, 3}, {38, 4}};

#define PAGE_LINKS (sizeof(page) / sizeof(page[0]))

static struct thing thing_of(uint8_t number)
{
	return (struct thing){.kind = THING_ADDRESS, .family = 4, .address = {{number}}};
}

/* Lists the links, each `shift` lines lower. Leaves out those to the address `missing`. */
static void draw(struct links *links, size_t shift, uint8_t missing)
{
	links_begin(links);
	for (size_t i = 0; i < PAGE_LINKS; i++) {
		struct thing thing = thing_of(page[i].thing);

		if (page[i].thing == missing)
			continue;
		links_add(links, &thing, page[i].line + shift);
		links_set_end(links, page[i].line + shift + 1);
	}
	links_end(links);
}

static struct list_cursor open_page(struct links *links)
{
	struct list_cursor scroll = {0};

	*links = (struct links){0};
	links_show(links, &(struct links_mark){0});
	draw(links, 0, 0);
	list_cursor_fit(&scroll, PAGE_LINES, SCREEN_ROWS);
	return scroll;
}

/* Returns the line of the selected link, or -1. */
static long selected(const struct links *links)
{
	return links_selected(links) && links->found ? (long)links->items[links->at].line : -1;
}

static void arrows_select_on_the_screen_and_scroll_beyond(void **state)
{
	static const struct {
		enum action action;
		long line;
		size_t top;
	} steps[] = {
		{ACTION_UP, -1, 0},         {ACTION_DOWN, 1, 0},       {ACTION_DOWN, 3, 0},
		{ACTION_DOWN, 5, 0},        {ACTION_DOWN, 5, 1},       {ACTION_UP, 3, 1},
		{ACTION_UP, 1, 1},          {ACTION_UP, 1, 0},         {ACTION_DOWN, 3, 0},
		{ACTION_DOWN, 5, 0},        {ACTION_PAGE_DOWN, -1, 9}, {ACTION_DOWN, -1, 10},
		{ACTION_HALF_DOWN, -1, 15}, {ACTION_DOWN, 25, 16},     {ACTION_DOWN, 25, 17},
		{ACTION_LAST, -1, 30},      {ACTION_DOWN, 38, 30},     {ACTION_DOWN, 38, 30},
		{ACTION_FIRST, -1, 0},
	};
	struct links links;
	struct list_cursor scroll = open_page(&links);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_true(links_act(&links, &scroll, steps[i].action));
		assert_int_equal(selected(&links), steps[i].line);
		assert_int_equal(scroll.top, steps[i].top);
	}
	assert_false(links_act(&links, &scroll, ACTION_OPEN));
	assert_false(links_act(&links, &scroll, ACTION_LEFT));
	links_clear(&links);
}

static void tab_goes_round_through_all_links(void **state)
{
	static const struct {
		enum action action;
		long line;
		size_t top;
	} steps[] = {
		{ACTION_NEXT_PANE, 1, 0},       {ACTION_NEXT_PANE, 3, 0},
		{ACTION_NEXT_PANE, 5, 0},       {ACTION_NEXT_PANE, 25, 16},
		{ACTION_NEXT_PANE, 38, 29},     {ACTION_NEXT_PANE, 1, 1},
		{ACTION_PREVIOUS_PANE, 38, 29}, {ACTION_PREVIOUS_PANE, 25, 25},
	};
	struct links links;
	struct list_cursor scroll = open_page(&links);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_true(links_act(&links, &scroll, steps[i].action));
		assert_int_equal(selected(&links), steps[i].line);
		assert_int_equal(scroll.top, steps[i].top);
	}
	links_begin(&links);
	links_end(&links);
	assert_false(links_act(&links, &scroll, ACTION_NEXT_PANE));
	links_clear(&links);
}

static void the_selection_follows_its_thing(void **state)
{
	struct links links;
	struct list_cursor scroll = open_page(&links);

	(void)state;
	for (int i = 0; i < 3; i++)
		links_act(&links, &scroll, ACTION_DOWN);
	/* The second link to the first address. */
	assert_int_equal(selected(&links), 5);
	draw(&links, 2, 0);
	assert_int_equal(selected(&links), 7);
	draw(&links, 0, 2);
	assert_int_equal(selected(&links), 5);
	assert_false(links.gone);
	/* The next thing must not take the place of the one that has gone. */
	draw(&links, 0, 1);
	assert_null(links_selected(&links));
	assert_true(links.gone);
	links_act(&links, &scroll, ACTION_OPEN);
	assert_true(links.gone);
	links_act(&links, &scroll, ACTION_DOWN);
	assert_false(links.gone);
	links_clear(&links);
}

static void a_mark_selects_again(void **state)
{
	struct links_mark mark;
	struct links links;
	struct list_cursor scroll = open_page(&links);

	(void)state;
	for (int i = 0; i < 3; i++)
		links_act(&links, &scroll, ACTION_DOWN);
	mark = links.mark;
	links_show(&links, &(struct links_mark){0});
	assert_int_equal(selected(&links), -1);
	assert_int_equal(links.count, 0);
	links_show(&links, &mark);
	draw(&links, 0, 0);
	assert_int_equal(selected(&links), 5);
	links_clear(&links);
}

static void a_click_selects_any_line_of_a_link(void **state)
{
	struct links links;
	const struct thing thing = thing_of(9);

	(void)state;
	open_page(&links);
	links_begin(&links);
	links_add(&links, &thing, 4);
	links_set_end(&links, 7);
	links_end(&links);
	assert_false(links_click(&links, 3));
	assert_false(links_click(&links, 7));
	assert_int_equal(selected(&links), -1);
	assert_true(links_click(&links, 6));
	assert_int_equal(selected(&links), 4);
	links_clear(&links);
}

static void a_text_has_one_copy(void **state)
{
	struct links links = {0};
	char text[] = "shop";

	(void)state;
	assert_null(links_text(&links, NULL));
	assert_null(links_text(&links, ""));
	assert_ptr_not_equal(links_text(&links, text), text);
	assert_ptr_equal(links_text(&links, text), links_text(&links, "shop"));
	assert_string_equal(links_text(&links, "db"), "db");
	links_clear(&links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrows_select_on_the_screen_and_scroll_beyond),
		cmocka_unit_test(tab_goes_round_through_all_links),
		cmocka_unit_test(the_selection_follows_its_thing),
		cmocka_unit_test(a_mark_selects_again),
		cmocka_unit_test(a_click_selects_any_line_of_a_link),
		cmocka_unit_test(a_text_has_one_copy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
