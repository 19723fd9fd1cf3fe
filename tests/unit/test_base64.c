/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/base64.h"

static void test_both_ways(void **state)
{
	/* The first seven cases are from RFC 4648, section 10. */
	static const struct {
		const char *plain;
		size_t length;
		const char *encoded;
	} cases[] = {
		{"", 0, ""},
		{"f", 1, "Zg=="},
		{"fo", 2, "Zm8="},
		{"foo", 3, "Zm9v"},
		{"foob", 4, "Zm9vYg=="},
		{"fooba", 5, "Zm9vYmE="},
		{"foobar", 6, "Zm9vYmFy"},
		{"\0\xff\xfe\0", 4, "AP/+AA=="},
		{"\xfb\xef\xbe", 3, "++++"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *decoded = NULL;
		size_t length = 99;
		size_t position = 0;
		char *encoded = base64_encode(cases[i].plain, cases[i].length);
		assert_string_equal(encoded, cases[i].encoded);
		assert_int_equal(base64_decode(encoded, &decoded, &length, &position), 0);
		assert_int_equal(length, cases[i].length);
		assert_memory_equal(decoded, cases[i].plain, length);
		assert_int_equal(decoded[length], 0);
		free(encoded);
		free(decoded);
	}
}

static void test_line_ends(void **state)
{
	char *decoded = NULL;
	size_t length;
	size_t position;

	(void)state;
	assert_int_equal(base64_decode("Zm9v\nYm\r\nE=\n", &decoded, &length, &position), 0);
	assert_string_equal(decoded, "fooba");
	free(decoded);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t position;
	} cases[] = {
		{"Zg=", 3},      {"Zg", 2},    {"Z", 1},    {"Z===", 1},     {"====", 0},
		{"Zg==Zg==", 4}, {"Zh==", 3},  {"Zm9=", 3}, {"Zm 9v", 2},    {"Zm9v_", 4},
		{"Zm9v-w==", 4}, {"Zm9v=", 4}, {"Zg=g", 3}, {"\xc3\xa4", 0}, {"Zm9vYg==x", 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *decoded = NULL;
		size_t length = 0;
		size_t position = 99;
		assert_int_equal(base64_decode(cases[i].text, &decoded, &length, &position),
				 -EINVAL);
		assert_int_equal(position, cases[i].position);
		assert_null(decoded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
