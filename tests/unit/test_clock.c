/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/clock.h"

static void test_clocks(void **state)
{
	struct timespec monotonic;
	struct timespec real;
	struct timespec boot;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	uint64_t monotonic_ns = clock_monotonic_ns();
	uint64_t monotonic_ms = clock_monotonic_ms();
	uint64_t real_ns = clock_real_ns();
	uint64_t boot_ns = clock_boot_ns();
	assert_in_range(monotonic_ns / NS_PER_SECOND, monotonic.tv_sec, monotonic.tv_sec + 60);
	assert_in_range(monotonic_ms / 1000, monotonic.tv_sec, monotonic.tv_sec + 60);
	assert_in_range(real_ns / NS_PER_SECOND, real.tv_sec, real.tv_sec + 60);
	assert_in_range(boot_ns / NS_PER_SECOND, boot.tv_sec, boot.tv_sec + 60);
	assert_true(clock_monotonic_ns() >= monotonic_ns);
}

static void test_timeout(void **state)
{
	uint64_t deadline_ns;
	int timeout_ms;

	(void)state;
	uint64_t now_ns = clock_monotonic_ns();
	assert_int_equal(clock_timeout_ms(0, 100), 0);
	assert_int_equal(clock_timeout_ms(now_ns, 100), 0);
	assert_int_equal(clock_timeout_ms(now_ns + 3600 * NS_PER_SECOND, 100), 100);
	assert_int_equal(clock_timeout_ms(UINT64_MAX, 100), 100);
	/* The timeout is at least an hour, even if the test takes up to a minute to get here. */
	assert_in_range(clock_timeout_ms(now_ns + 3660 * NS_PER_SECOND, 4000000), 3600000, 3660000);

	/* clock_timeout_ms rounds a part of a millisecond up, so that poll(2) does not spin. */
	do {
		deadline_ns = clock_monotonic_ns() + NS_PER_MILLISECOND - 1;
		timeout_ms = clock_timeout_ms(deadline_ns, 100);
	} while (clock_monotonic_ns() >= deadline_ns);
	assert_int_equal(timeout_ms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_timeout),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
