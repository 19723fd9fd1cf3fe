/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/wait_limit.h"

#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"

#define LIMIT_MS   60000
#define FACTOR_MAX 100
#define PAUSE_NS   2000000

int wait_limit_ms(void)
{
	const char *text = getenv("POLECAT_WAIT_MS");
	int limit_ms = text ? atoi(text) : LIMIT_MS;

	text = getenv("POLECAT_WAIT_FACTOR");
	long factor = text ? strtol(text, NULL, 10) : 1;

	if (factor < 1)
		factor = 1;
	return limit_ms * (factor < FACTOR_MAX ? (int)factor : FACTOR_MAX);
}

uint64_t wait_deadline_ms(void)
{
	return clock_monotonic_ms() + (uint64_t)wait_limit_ms();
}

bool wait_until(bool (*condition)(void *data), void *data)
{
	uint64_t deadline = wait_deadline_ms();

	for (;;) {
		/* Read the clock first, so that the last call is after the deadline. */
		bool is_late = clock_monotonic_ms() >= deadline;
		if (condition(data))
			return true;
		if (is_late)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
}
