/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/rate_limit.h"

/* Takes tokens at the time `now_ns` until none is left. Returns their number. */
static unsigned int count_tokens(struct rate_limit *limit, uint64_t now_ns)
{
	unsigned int count = 0;

	while (count < 1000 && rate_limit_take(limit, 10, 4, now_ns))
		count++;
	return count;
}

static void test_tokens(void **state)
{
	const uint64_t start_ns = 5 * NS_PER_SECOND;
	struct rate_limit limit = {.tokens = 6, .filled_ns = start_ns};

	(void)state;
	assert_int_equal(count_tokens(&limit, start_ns), 6);
	assert_int_equal(count_tokens(&limit, start_ns + NS_PER_SECOND / 11), 0);
	assert_int_equal(count_tokens(&limit, start_ns + NS_PER_SECOND / 10), 1);
	assert_int_equal(count_tokens(&limit, start_ns + 3 * NS_PER_SECOND / 10), 2);
	assert_int_equal(count_tokens(&limit, start_ns + 60 * NS_PER_SECOND), 4);
	/* A year of silence. */
	assert_int_equal(count_tokens(&limit, start_ns + 31536000 * NS_PER_SECOND), 4);
	assert_int_equal(count_tokens(&limit, start_ns + 31536000 * NS_PER_SECOND), 0);
}

/* Tokens above the limit must be used up before new tokens are added. */
static void test_large_start(void **state)
{
	struct rate_limit limit = {.tokens = 9};

	(void)state;
	assert_true(rate_limit_take(&limit, 10, 4, NS_PER_SECOND));
	assert_int_equal(limit.tokens, 8);
	assert_int_equal(count_tokens(&limit, NS_PER_SECOND), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_large_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
