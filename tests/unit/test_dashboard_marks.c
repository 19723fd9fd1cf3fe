/* SPDX-License-Identifier: Apache-2.0 */
/* The marks of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/dashboard/table/marks.h"

static void a_second_toggle_removes_a_mark(void **state)
{
	struct marks marks = {.count = 0};

	(void)state;
	assert_false(marks_have(&marks, 7));
	assert_true(marks_toggle(&marks, 7));
	assert_true(marks_toggle(&marks, 3));
	assert_true(marks_toggle(&marks, 9));
	assert_true(marks_have(&marks, 3));
	assert_true(marks_toggle(&marks, 3));
	assert_false(marks_have(&marks, 3));
	/* The others keep their order. */
	assert_int_equal(marks.count, 2);
	assert_int_equal(marks.ids[0], 7);
	assert_int_equal(marks.ids[1], 9);
}

static void a_full_list_takes_no_more(void **state)
{
	struct marks marks = {.count = 0};

	(void)state;
	for (uint64_t sequence = 1; sequence <= MARKS_MAX; sequence++)
		assert_true(marks_toggle(&marks, sequence));
	assert_false(marks_toggle(&marks, MARKS_MAX + 1));
	assert_false(marks_have(&marks, MARKS_MAX + 1));
	/* A mark can still be removed, and then another one fits. */
	assert_true(marks_toggle(&marks, MARKS_MAX));
	assert_true(marks_toggle(&marks, MARKS_MAX + 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_toggle_removes_a_mark),
		cmocka_unit_test(a_full_list_takes_no_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
