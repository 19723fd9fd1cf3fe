/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/json_syntax.h"

#define FINE SIZE_MAX

/* The copy ends with the text, so that ASan sees reads past the end. */
static size_t check(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	size_t at = json_syntax_check(copy, length);
	free(copy);
	return at;
}

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		size_t fault;
	} cases[] = {
		{"", FINE},
		{" \t\r\n", FINE},
		{"{}", FINE},
		{"[]", FINE},
		{" { } ", FINE},
		{"{\"a\":1}", FINE},
		{"{\"a\":[1,2,{\"b\":null}],\"c\":true,\"d\":false}", FINE},
		{"[0,-1,1.5,2e3,2E+3,-0.1e-7,10]", FINE},
		{"[\"\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\",\"\xc3\xa9\"]", FINE},
		{"{} {}\n[] 7 \"x\"", FINE},
		/* Commas. */
		{"{\"a\":1,}", 7},
		{"[1,]", 3},
		{"[,1]", 1},
		{"[1,,2]", 3},
		{"{,}", 1},
		{"[1 2]", 3},
		{"{\"a\":1 \"b\":2}", 7},
		/* YAML that is not JSON. */
		{"{a: 1}", 1},
		{"{'a': 1}", 1},
		{"{\"a\"}", 4},
		{"{\"a\": }", 6},
		{"[yes]", 1},
		{"[nul]", 4},
		{"[# comment\n1]", 1},
		{"{1: 2}", 1},
		/* Brackets. */
		{"[}", 1},
		{"{]", 1},
		{"]", 0},
		{"{}}", 2},
		/* Numbers. */
		{"[01]", 2},
		{"[+1]", 1},
		{"[.5]", 1},
		{"[1.]", 3},
		{"[1e]", 3},
		{"[-]", 2},
		/* Strings. */
		{"[\"a\nb\"]", 3},
		{"[\"\\x\"]", 3},
		{"[\"\\u12g4\"]", 6},
		/* Texts that end too early. */
		{"{", FINE},
		{"[1", FINE},
		{"[\"a", FINE},
		{"{\"a\":", FINE},
		{"[tr", FINE},
		{"[1.", FINE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		size_t length = strlen(cases[i].text);
		size_t wanted = cases[i].fault == FINE ? length : cases[i].fault;
		size_t at = check(cases[i].text, length);
		if (at != wanted)
			fail_msg("%s: %zu instead of %zu", cases[i].text, at, wanted);
	}
	assert_int_equal(check("[\0]", 3), 1);
}

/* Deeper values are left to the reader, which refuses them. */
static void test_depth(void **state)
{
	static char text[4 * JSON_SYNTAX_DEPTH_MAX];

	(void)state;
	memset(text, '[', sizeof(text));
	assert_int_equal(check(text, sizeof(text)), sizeof(text));
	memset(text + JSON_SYNTAX_DEPTH_MAX, ']', JSON_SYNTAX_DEPTH_MAX);
	assert_int_equal(check(text, (size_t)2 * JSON_SYNTAX_DEPTH_MAX), 2 * JSON_SYNTAX_DEPTH_MAX);
	text[JSON_SYNTAX_DEPTH_MAX] = ',';
	assert_int_equal(check(text, (size_t)2 * JSON_SYNTAX_DEPTH_MAX), JSON_SYNTAX_DEPTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_depth),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("JSON syntax", tests, NULL, NULL);
}
