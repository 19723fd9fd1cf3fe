/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buffer.h"

static void test_appends(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	(void)state;
	assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
	assert_string_equal(buffer.data, "");
	assert_int_equal(buffer_append_text(&buffer, "pod "), 0);
	assert_int_equal(buffer_append_char(&buffer, '"'), 0);
	assert_int_equal(buffer_append(&buffer, "a\0b", 3), 0);
	assert_int_equal(buffer_printf(&buffer, "\" %u%%", 53u), 0);
	assert_int_equal(buffer.length, 13);
	/* The compared bytes include the NUL at the end. */
	assert_memory_equal(buffer.data, "pod \"a\0b\" 53%", 14);
}

static void test_grows(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {0};
	char text[1001];

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(buffer_printf(&buffer, "%s", text), 0);
		assert_int_equal(buffer_append(&buffer, text, 1000), 0);
	}
	assert_int_equal(buffer.length, 200000);
	assert_int_equal(strspn(buffer.data, "x"), 200000);
}

static void test_reserve_and_write(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	(void)state;
	assert_int_equal(buffer_append_text(&buffer, "12"), 0);
	assert_int_equal(buffer_reserve(&buffer, 5000), 0);
	assert_true(buffer.capacity > 5002);
	assert_string_equal(buffer.data, "12");
	memset(buffer.data + buffer.length, '3', 5000);
	buffer.length += 5000;
	buffer.data[buffer.length] = '\0';
	assert_int_equal(strlen(buffer.data), 5002);
}

static void test_first_error_stays(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {.limit = 4};

	(void)state;
	assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
	assert_int_equal(buffer_append_text(&buffer, "de"), -EMSGSIZE);
	/* The byte would fit, but the text before it is incomplete. */
	assert_int_equal(buffer_append_char(&buffer, 'f'), -EMSGSIZE);
	assert_int_equal(buffer_printf(&buffer, "%d", 1), -EMSGSIZE);
	assert_int_equal(buffer_reserve(&buffer, 0), -EMSGSIZE);
	assert_int_equal(buffer.error, -EMSGSIZE);
	assert_string_equal(buffer.data, "abc");

	buffer_clear(&buffer);
	assert_int_equal(buffer_printf(&buffer, "%s", "wxyz"), 0);
	assert_string_equal(buffer.data, "wxyz");
	assert_int_equal(buffer_printf(&buffer, "%s", "!"), -EMSGSIZE);
	assert_string_equal(buffer.data, "wxyz");
}

static void test_sizes_that_overflow(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	(void)state;
	assert_int_equal(buffer_append_text(&buffer, "a"), 0);
	assert_int_equal(buffer_reserve(&buffer, SIZE_MAX - 1), -ENOMEM);
	assert_string_equal(buffer.data, "a");
}

static void test_consume(void **state)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	(void)state;
	buffer_consume(&buffer, 1);
	assert_int_equal(buffer_append_text(&buffer, "one\ntwo\n"), 0);
	buffer_consume(&buffer, 0);
	assert_string_equal(buffer.data, "one\ntwo\n");
	buffer_consume(&buffer, 4);
	assert_string_equal(buffer.data, "two\n");
	assert_int_equal(buffer.length, 4);
	buffer_consume(&buffer, 100);
	assert_string_equal(buffer.data, "");
	assert_int_equal(buffer.length, 0);
}

static void test_steal(void **state)
{
	struct buffer buffer = {.limit = 3};
	char *text = NULL;
	size_t length = 99;

	(void)state;
	assert_int_equal(buffer_steal(&buffer, &text, &length), 0);
	assert_string_equal(text, "");
	assert_int_equal(length, 0);
	free(text);

	assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
	assert_int_equal(buffer_steal(&buffer, &text, &length), 0);
	assert_string_equal(text, "abc");
	assert_int_equal(length, 3);
	free(text);
	assert_null(buffer.data);

	text = NULL;
	length = 99;
	assert_int_equal(buffer_append_text(&buffer, "abcd"), -EMSGSIZE);
	assert_int_equal(buffer_steal(&buffer, &text, &length), -EMSGSIZE);
	assert_null(text);
	assert_int_equal(length, 99);
	/* After buffer_clear the buffer is empty and has no error. */
	assert_int_equal(buffer_append_text(&buffer, "ab"), 0);
	assert_int_equal(buffer_steal(&buffer, &text, NULL), 0);
	assert_string_equal(text, "ab");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_reserve_and_write),
		cmocka_unit_test(test_first_error_stays),
		cmocka_unit_test(test_sizes_that_overflow),
		cmocka_unit_test(test_consume),
		cmocka_unit_test(test_steal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
