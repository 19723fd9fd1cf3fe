/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/wall_clock.h"

#define DAY_NS (86400 * (int64_t)NS_PER_SECOND)

/* Two clocks that move only between readings. */
struct fake {
	uint64_t real_ns;
	uint64_t boot_ns;
	uint64_t pass_ns; /* time that a reading takes */
};

static uint64_t fake_real(void *data)
{
	return ((struct fake *)data)->real_ns;
}

static uint64_t fake_boot(void *data)
{
	struct fake *fake = data;
	uint64_t now_ns = fake->boot_ns;

	fake->boot_ns += fake->pass_ns;
	fake->real_ns += fake->pass_ns;
	return now_ns;
}

static void sleep_for(struct fake *fake, uint64_t ns)
{
	fake->boot_ns += ns;
	fake->real_ns += ns;
}

static void test_steps(void **state)
{
	static const int64_t steps[] = {DAY_NS,         -DAY_NS,
					20000 * DAY_NS, -20000 * DAY_NS,
					NS_PER_SECOND,  -2 * (int64_t)NS_PER_MILLISECOND};
	struct fake fake = {.real_ns = 1767323045 * NS_PER_SECOND, .boot_ns = NS_PER_SECOND};
	const struct wall_clock_source source = {fake_real, fake_boot, &fake};
	struct wall_clock clock;

	(void)state;
	wall_clock_open(&clock, &source);
	assert_int_equal(wall_clock_step(&clock), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t event_ns = fake.boot_ns;
		uint64_t event_unix_ns = fake.real_ns;
		sleep_for(&fake, 5 * NS_PER_SECOND);
		fake.real_ns += (uint64_t)steps[i];
		assert_int_equal(wall_clock_step(&clock), steps[i]);
		/* Until the step is accepted, times stay those of the old clock. */
		assert_int_equal(wall_clock_convert(clock.boot_to_unix_ns, event_ns),
				 event_unix_ns);
		assert_int_equal(wall_clock_step(&clock), steps[i]);
		wall_clock_accept(&clock, steps[i]);
		assert_int_equal(wall_clock_step(&clock), 0);
		assert_int_equal(wall_clock_convert(clock.boot_to_unix_ns, fake.boot_ns),
				 fake.real_ns);
	}
}

/* Small differences are no steps, but they add up. A slow reading shows no step. */
static void test_small_steps(void **state)
{
	struct fake fake = {.real_ns = 1767323045 * NS_PER_SECOND, .boot_ns = NS_PER_SECOND};
	const struct wall_clock_source source = {fake_real, fake_boot, &fake};
	struct wall_clock clock;

	(void)state;
	wall_clock_open(&clock, &source);
	fake.real_ns += NS_PER_MILLISECOND * 6 / 10;
	assert_int_equal(wall_clock_step(&clock), 0);
	fake.real_ns += NS_PER_MILLISECOND * 6 / 10;
	assert_int_equal(wall_clock_step(&clock), NS_PER_MILLISECOND * 12 / 10);
	wall_clock_accept(&clock, wall_clock_step(&clock));

	fake.pass_ns = 300 * NS_PER_MILLISECOND;
	fake.real_ns += (uint64_t)DAY_NS;
	assert_int_equal(wall_clock_step(&clock), 0);
	fake.pass_ns = 0;
	assert_int_equal(wall_clock_step(&clock), DAY_NS);
}

/* If the clock began at 1970 after the boot, events before that moment get the time 1 ns after
 * 1970, not a time before 1970. */
static void test_before_1970(void **state)
{
	struct fake fake = {.real_ns = 3 * NS_PER_SECOND, .boot_ns = 100 * NS_PER_SECOND};
	const struct wall_clock_source source = {fake_real, fake_boot, &fake};
	struct wall_clock clock;

	(void)state;
	wall_clock_open(&clock, &source);
	assert_int_equal(wall_clock_convert(clock.boot_to_unix_ns, 50 * NS_PER_SECOND), 1);
	assert_int_equal(wall_clock_convert(clock.boot_to_unix_ns, 97 * NS_PER_SECOND), 1);
	assert_int_equal(wall_clock_convert(clock.boot_to_unix_ns, 99 * NS_PER_SECOND),
			 2 * NS_PER_SECOND);
}

static void test_system_clock(void **state)
{
	struct wall_clock clock;

	(void)state;
	wall_clock_open(&clock, NULL);
	uint64_t before_ns = clock_real_ns();
	uint64_t unix_ns = wall_clock_convert(clock.boot_to_unix_ns, wall_clock_boot_ns(&clock));
	assert_in_range(unix_ns, before_ns - NS_PER_MILLISECOND,
			clock_real_ns() + NS_PER_MILLISECOND);
	assert_int_equal(wall_clock_step(&clock), 0);

	int fd = wall_clock_watch();
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	assert_true(fd >= 0);
	wall_clock_clear(fd);
	assert_int_equal(poll(&wait, 1, 0), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_small_steps),
		cmocka_unit_test(test_before_1970),
		cmocka_unit_test(test_system_clock),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
