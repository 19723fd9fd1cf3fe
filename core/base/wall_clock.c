/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/wall_clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/clock.h"

/* Two readings of CLOCK_BOOTTIME that are this close together show that the thread was not
 * interrupted between them. The clocks are read until then, but at most READINGS_MAX times. */
#define CLOSE_NS     (20 * NS_PER_MICROSECOND)
#define READINGS_MAX 8

/* A smaller difference does not count as a step, because it changes no age that polecat shows. */
#define STEP_LEAST_NS ((int64_t)NS_PER_MILLISECOND)

/* Unix time in the year 2242. */
#define NEVER_S (1ll << 33)

static uint64_t wall_clock_system_real_ns(void *data)
{
	(void)data;
	return clock_real_ns();
}

static uint64_t wall_clock_system_boot_ns(void *data)
{
	(void)data;
	return clock_boot_ns();
}

/* Returns the difference of the clocks. *error_ns is the largest error of the result. */
static uint64_t wall_clock_read(const struct wall_clock_source *source, uint64_t *error_ns)
{
	uint64_t best_ns = UINT64_MAX;
	uint64_t result = 0;

	for (int i = 0; i < READINGS_MAX && best_ns > CLOSE_NS; i++) {
		uint64_t before_ns = source->boot_ns(source->data);
		uint64_t real_ns = source->real_ns(source->data);
		uint64_t passed_ns = source->boot_ns(source->data) - before_ns;
		if (passed_ns >= best_ns)
			continue;
		best_ns = passed_ns;
		result = real_ns - before_ns - passed_ns / 2;
	}
	*error_ns = best_ns / 2;
	return result;
}

void wall_clock_open(struct wall_clock *clock, const struct wall_clock_source *source)
{
	static const struct wall_clock_source system = {
		.real_ns = wall_clock_system_real_ns,
		.boot_ns = wall_clock_system_boot_ns,
	};
	uint64_t error_ns;

	clock->source = source ? *source : system;
	clock->boot_to_unix_ns = wall_clock_read(&clock->source, &error_ns);
}

uint64_t wall_clock_boot_ns(const struct wall_clock *clock)
{
	return clock->source.boot_ns(clock->source.data);
}

int64_t wall_clock_step(const struct wall_clock *clock)
{
	uint64_t error_ns;
	int64_t step_ns =
		(int64_t)(wall_clock_read(&clock->source, &error_ns) - clock->boot_to_unix_ns);
	int64_t least_ns = STEP_LEAST_NS + (int64_t)error_ns;

	/* An inexact step would need a correction, which is a step of its own. */
	if (error_ns > STEP_LEAST_NS / 4)
		return 0;
	return step_ns >= least_ns || step_ns <= -least_ns ? step_ns : 0;
}

void wall_clock_accept(struct wall_clock *clock, int64_t step_ns)
{
	clock->boot_to_unix_ns += (uint64_t)step_ns;
}

int wall_clock_watch(void)
{
	/* The timer itself never ends. */
	const struct itimerspec never = {.it_value.tv_sec = NEVER_S};
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL)) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

void wall_clock_clear(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	/* After somebody has set the clock, read fails with ECANCELED. This is expected. */
	(void)got;
}
