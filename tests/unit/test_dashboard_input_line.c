/* SPDX-License-Identifier: Apache-2.0 */
/* The line editor of the dashboard: the effect of each key on text and cursor, and the visible part
 * of a long line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <locale.h>
#include <string.h>

#include <cmocka.h>

#include "tui/dashboard/screen/input_line.h"

/* Sets a line in which `|` stands for the cursor. */
static void set_marked(struct input_line *line, const char *marked)
{
	const char *bar = strchr(marked, '|');
	char text[INPUT_LINE_SIZE];

	assert_non_null(bar);
	memcpy(text, marked, (size_t)(bar - marked));
	strcpy(text + (bar - marked), bar + 1);
	input_line_set(line, text);
	line->cursor = (size_t)(bar - marked);
}

static void expect_marked(const struct input_line *line, const char *marked)
{
	char shown[INPUT_LINE_SIZE + 1];

	memcpy(shown, line->text, line->cursor);
	shown[line->cursor] = '|';
	strcpy(shown + line->cursor + 1, line->text + line->cursor);
	assert_string_equal(shown, marked);
	assert_int_equal(line->length, strlen(line->text));
}

static void edits_change_text_and_cursor(void **state)
{
	static const struct {
		enum input_edit edit;
		const char *before;
		const char *after;
		bool changed;
	} cases[] = {
		{INPUT_LEFT, "ab|c", "a|bc", false},
		{INPUT_LEFT, "|abc", "|abc", false},
		{INPUT_LEFT, "aé|c", "a|éc", false},
		{INPUT_LEFT, "日本|", "日|本", false},
		{INPUT_RIGHT, "ab|c", "abc|", false},
		{INPUT_RIGHT, "abc|", "abc|", false},
		{INPUT_RIGHT, "a|éc", "aé|c", false},
		{INPUT_HOME, "ab|c", "|abc", false},
		{INPUT_END, "|日本", "日本|", false},
		{INPUT_BACKSPACE, "ab|c", "a|c", true},
		{INPUT_BACKSPACE, "|abc", "|abc", false},
		{INPUT_BACKSPACE, "aé|c", "a|c", true},
		{INPUT_DELETE, "a|bc", "a|c", true},
		{INPUT_DELETE, "abc|", "abc|", false},
		{INPUT_DELETE, "a|日c", "a|c", true},
		{INPUT_KILL_BEFORE, "ab|c", "|c", true},
		{INPUT_KILL_BEFORE, "|abc", "|abc", false},
		{INPUT_KILL_AFTER, "a|bc", "a|", true},
		{INPUT_KILL_AFTER, "abc|", "abc|", false},
		{INPUT_KILL_WORD, "one two|", "one |", true},
		{INPUT_KILL_WORD, "one two  |", "one |", true},
		{INPUT_KILL_WORD, "one tw|o", "one |o", true},
		{INPUT_KILL_WORD, "one|", "|", true},
		{INPUT_KILL_WORD, "|one", "|one", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct input_line line;

		set_marked(&line, cases[i].before);
		assert_int_equal(input_line_edit(&line, cases[i].edit), cases[i].changed);
		expect_marked(&line, cases[i].after);
	}
}

static void characters_come_in_at_the_cursor(void **state)
{
	struct input_line line;

	(void)state;
	set_marked(&line, "a|c");
	assert_true(input_line_insert(&line, L'b'));
	expect_marked(&line, "ab|c");
	assert_true(input_line_insert(&line, 0xe9));
	expect_marked(&line, "abé|c");
	assert_true(input_line_insert(&line, 0x65e5));
	assert_true(input_line_insert(&line, 0x1f600));
	expect_marked(&line, "abé日😀|c");
}

static void control_characters_stay_out(void **state)
{
	static const wchar_t refused[] = {0, 1, 0x1b, 0x1f, 0x7f, 0x9b, 0xd800, 0x110000};
	struct input_line line;

	(void)state;
	set_marked(&line, "a|c");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_false(input_line_insert(&line, refused[i]));
	expect_marked(&line, "a|c");
}

static void a_full_line_takes_no_more(void **state)
{
	struct input_line line;

	(void)state;
	input_line_set(&line, "");
	while (input_line_insert(&line, L'x'))
		;
	assert_int_equal(line.length, INPUT_LINE_SIZE - 1);
	assert_int_equal(strlen(line.text), INPUT_LINE_SIZE - 1);
	input_line_edit(&line, INPUT_BACKSPACE);
	assert_false(input_line_insert(&line, 0xe9)); /* two bytes, and there is room for one */
	assert_true(input_line_insert(&line, L'y'));
}

static void long_texts_are_cut_at_a_character(void **state)
{
	char text[INPUT_LINE_SIZE + 8];
	struct input_line line;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + INPUT_LINE_SIZE - 2, "日", 4);
	input_line_set(&line, text);
	assert_int_equal(line.length, INPUT_LINE_SIZE - 2);
	assert_int_equal(line.cursor, line.length);
	input_line_set(&line, NULL);
	assert_string_equal(line.text, "");
}

static void the_window_holds_the_cursor(void **state)
{
	static const struct {
		const char *marked;
		size_t columns;
		size_t start;
		size_t cursor;
	} cases[] = {
		{"abc|", 10, 0, 3},   {"|abc", 10, 0, 0},   {"abcdef|", 4, 3, 3},
		{"abcdef|", 7, 0, 6}, {"abc|def", 4, 0, 3}, {"abcd|ef", 4, 1, 3},
		{"日本語|", 5, 3, 4}, {"日本語|", 1, 9, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct input_line line;
		size_t cursor = 99;

		set_marked(&line, cases[i].marked);
		assert_int_equal(input_line_window(&line, cases[i].columns, &cursor),
				 cases[i].start);
		assert_int_equal(cursor, cases[i].cursor);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_change_text_and_cursor),
		cmocka_unit_test(characters_come_in_at_the_cursor),
		cmocka_unit_test(control_characters_stay_out),
		cmocka_unit_test(a_full_line_takes_no_more),
		cmocka_unit_test(long_texts_are_cut_at_a_character),
		cmocka_unit_test(the_window_holds_the_cursor),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	/* The locale defines the widths of characters. */
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
