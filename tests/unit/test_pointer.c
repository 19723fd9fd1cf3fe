/* SPDX-License-Identifier: Apache-2.0 */
/* The place of a mistake in a text. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "tui/options/pointer.h"

static void print(const char *text, size_t offset, char out[512])
{
	char *printed = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&printed, &length);

	assert_non_null(file);
	pointer_print(file, text, offset);
	fclose(file);
	snprintf(out, 512, "%s", printed);
	free(printed);
}

static void the_place_is_below_its_character(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		size_t column;
		const char *printed;
	} cases[] = {
		{"port:x", 5, 6, "    port:x\n         ^\n"},
		{"ns:", 3, 4, "    ns:\n       ^\n"},
		{"", 0, 1, "    \n    ^\n"},
		/* é takes two bytes, 日 takes two columns. */
		{"\u00e9 x", 3, 3, "    \u00e9 x\n      ^\n"},
		{"\u65e5 x", 4, 4, "    \u65e5 x\n       ^\n"},
		/* Escaped text is wider. */
		{"a\033 x", 3, 7, "    a\\x1b x\n          ^\n"},
		{"0123456789012345678901234567890123456789 port:x", 46, 47,
		 "    ...012345678901234567890123456789 port:x\n"
		 "                                           ^\n"},
		{"port:x 0123456789012345678901234567890123456789", 5, 6,
		 "    port:x 0123456789012345678901234567890123...\n         ^\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char printed[512];

		print(cases[i].text, cases[i].offset, printed);
		assert_int_equal(pointer_column(cases[i].text, cases[i].offset), cases[i].column);
		assert_string_equal(printed, cases[i].printed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_is_below_its_character),
	};

	setlocale(LC_ALL, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
