/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a short JSON text cannot take much memory. tests/system/failed_allocations tests the
 * shortage of memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buffer.h"
#include "core/base/json_document.h"

static json_t *parse(const char *text, size_t length, int expected, json_error_t *error)
{
	json_t *value = NULL;

	assert_int_equal(json_document_parse(text, length, 0, &value, error), expected);
	assert_int_equal(value == NULL, expected != 0);
	return value;
}

static void test_texts(void **state)
{
	json_error_t error;

	(void)state;
	const char *text = "{\"a\":[1,2.5,true,null,\"\\u00e9],[\"]}";
	json_t *value = parse(text, strlen(text), 0, &error);
	assert_string_equal(json_string_value(json_array_get(json_object_get(value, "a"), 4)),
			    "\xc3\xa9],[");
	json_decref(value);
	parse("[", 1, -EBADMSG, &error);
	assert_int_equal(error.position, 1);
	parse("", 0, -EBADMSG, NULL);
	assert_int_equal(
		json_document_parse("{\"a\":1,\"a\":2}", 13, JSON_REJECT_DUPLICATES, &value, NULL),
		-EBADMSG);
}

/* A string that is longer than many pieces of the text. */
static void test_long_string(void **state)
{
	struct buffer text = {0};
	json_t *value;

	(void)state;
	assert_int_equal(buffer_append_text(&text, "[\""), 0);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buffer_append_text(&text, "\xe2\x82\xac"), 0);
	assert_int_equal(buffer_append_text(&text, "\"]"), 0);
	value = parse(text.data, text.length, 0, NULL);
	assert_int_equal(json_string_length(json_array_get(value, 0)), 300000);
	json_decref(value);
	buffer_free(&text);
}

/* Each value costs three bytes of text. Those inside a string cost nothing else. */
static void test_values(void **state)
{
	struct buffer text = {0};
	json_error_t error;

	(void)state;
	assert_int_equal(buffer_append_text(&text, "[\""), 0);
	for (size_t i = 0; i < 2 * JSON_DOCUMENT_VALUES; i++)
		assert_int_equal(buffer_append_text(&text, "[],"), 0);
	assert_int_equal(buffer_append_text(&text, "\"]"), 0);
	json_decref(parse(text.data, text.length, 0, &error));
	text.data[1] = ' ';
	memcpy(text.data + text.length - 3, "  ]", 3);
	parse(text.data, text.length, -EBADMSG, &error);
	assert_non_null(strstr(error.text, "values"));
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_long_string),
		cmocka_unit_test(test_values),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
