/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that the manual pages name everything that the program has, and that each character of a
 * text stands for itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/filter/filter_keys.h"
#include "core/record/record_fields.h"
#include "tui/columns/column.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/manual/manual.h"
#include "tui/manual/roff.h"
#include "tui/options/option_table.h"

/* Returns the text that `print` writes. Free it. */
static char *print_page(void (*print)(FILE *file))
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	print(file);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* Fails unless the page has an entry whose term begins with `term`, as roff_entry writes it. */
static void expect_entry(const char *page, const char *term)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	fputs(".TP\n\\fB", file);
	roff_words(file, term);
	assert_int_equal(fclose(file), 0);
	if (!strstr(page, text))
		fail_msg("no entry for %s", term);
	free(text);
}

static void test_program(void **state)
{
	char *page = print_page(manual_program);
	char term[64];

	(void)state;
	for (size_t i = 0; i < command_count; i++)
		expect_entry(page, command_table[i].name);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_definition *option = &option_table[i];
		if (option->letter)
			snprintf(term, sizeof(term), "-%c, --%s", option->letter, option->name);
		else
			snprintf(term, sizeof(term), "--%s", option->name);
		expect_entry(page, term);
	}
	for (size_t i = 0; i < column_count; i++)
		if (column_table[i].trace.set != COLUMN_SET_NONE)
			expect_entry(page, column_table[i].name);
	/* --include-failed is for drafts only, and --input for every command. */
	assert_non_null(strstr(page, "and never succeeded\n.br\nOnly for \\fBpolicy\\fR.\n"));
	assert_null(strstr(page, "recognised)\n.br\nOnly for"));
	free(page);
}

static void test_keys(void **state)
{
	char *page = print_page(manual_keys);

	(void)state;
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
		expect_entry(page, keymap_binding((enum action)action)->name);
	free(page);
}

/* The page shows the keys in force. */
static void test_chosen_keys(void **state)
{
	struct key_choices choices = {.set = {[ACTION_SORT] = true}};
	char *page;

	(void)state;
	choices.keys[ACTION_SORT][0] = 'O';
	keymap_use(&choices);
	page = print_page(manual_keys);
	keymap_use(&(struct key_choices){.set = {false}});
	expect_entry(page, "O");
	assert_null(strstr(page, "\\fBs F6"));
	free(page);
}

static void test_filters(void **state)
{
	char *page = print_page(manual_filters);
	char term[64];

	(void)state;
	for (size_t i = 0; i < filter_key_count; i++) {
		snprintf(term, sizeof(term), "%s:", filter_keys[i].name);
		if (filter_keys[i].value != FILTER_VALUE_NONE)
			expect_entry(page, term);
	}
	free(page);
}

static void test_records(void **state)
{
	char *page = print_page(manual_records);

	(void)state;
	for (int kind = RECORD_NONE + 1; (size_t)kind < record_kind_words.count; kind++) {
		const struct record_fields *fields = record_fields((enum record_kind)kind);
		for (size_t i = 0; fields && i < fields->count; i++)
			expect_entry(page, fields->rows[i].key);
	}
	expect_entry(page, "peer.kind");
	expect_entry(page, "ports[].host_port");
	free(page);
}

static void write_text(FILE *file)
{
	roff_text(file, "-x 'a\\b'\n.dot\n  literal\n.\n\nend");
}

static void test_characters(void **state)
{
	char *text = print_page(write_text);

	(void)state;
	assert_string_equal(text, "\\-x \\(aqa\\eb\\(aq\n"
				  "\\&.dot\n"
				  ".sp\n.nf\n  literal\n.fi\n.sp\n"
				  "\\&.\n"
				  ".sp\n"
				  "end\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),     cmocka_unit_test(test_keys),
		cmocka_unit_test(test_chosen_keys), cmocka_unit_test(test_filters),
		cmocka_unit_test(test_records),     cmocka_unit_test(test_characters),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
