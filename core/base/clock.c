/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/clock.h"

#include <time.h>

static uint64_t clock_read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / NS_PER_MILLISECOND;
}

uint64_t clock_real_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

uint64_t clock_boot_ns(void)
{
	return clock_read_ns(CLOCK_BOOTTIME);
}

int clock_timeout_ms(uint64_t deadline_ns, int most_ms)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns >= deadline_ns)
		return 0;
	uint64_t left_ms = (deadline_ns - now_ns + NS_PER_MILLISECOND - 1) / NS_PER_MILLISECOND;
	return left_ms < (uint64_t)most_ms ? (int)left_ms : most_ms;
}
