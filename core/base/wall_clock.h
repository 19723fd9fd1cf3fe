/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts times since the boot to Unix time, and finds out that the system clock was set.
 *
 * The difference between CLOCK_REALTIME and CLOCK_BOOTTIME changes only when somebody sets the
 * clock. The kernel slews both clocks alike, and adds the time of a suspend to both. So the
 * difference of the first reading stays valid until a later reading disagrees. One thread.
 */
#ifndef POLECAT_CORE_BASE_WALL_CLOCK_H
#define POLECAT_CORE_BASE_WALL_CLOCK_H

#include <stdint.h>

/* The two clocks, in nanoseconds. Tests replace them. */
struct wall_clock_source {
	uint64_t (*real_ns)(void *data);
	uint64_t (*boot_ns)(void *data);
	void *data;
};

struct wall_clock {
	struct wall_clock_source source;
	uint64_t boot_to_unix_ns; /* Unix time at CLOCK_BOOTTIME 0; may wrap around */
};

/* Reads the clocks. `source` is copied; NULL: the clocks of this machine. */
void wall_clock_open(struct wall_clock *clock, const struct wall_clock_source *source);

/* Returns CLOCK_BOOTTIME. */
uint64_t wall_clock_boot_ns(const struct wall_clock *clock);

/* Reads the clocks again. Returns the time by which the clock was set since the last
 * wall_clock_accept (negative: back), or since wall_clock_open. Returns 0 for less than a
 * millisecond, and if the thread was interrupted at each reading: call it again later. */
int64_t wall_clock_step(const struct wall_clock *clock);

/* Adds a result of wall_clock_step to boot_to_unix_ns, so that conversions use the new time of the
 * clock. */
void wall_clock_accept(struct wall_clock *clock, int64_t step_ns);

/* Returns the Unix time of a time since the boot, from their difference (boot_to_unix_ns). A time
 * before 1970 becomes 1970 and 1 ns, because Unix times are unsigned and 0 means unknown. */
static inline uint64_t wall_clock_convert(uint64_t boot_to_unix_ns, uint64_t boot_ns)
{
	uint64_t unix_ns = boot_ns + boot_to_unix_ns;

	/* Unix times from 2262 on have the highest bit, too. No clock can be set to them. */
	return (int64_t)unix_ns > 0 ? unix_ns : 1;
}

/* Opens a descriptor that becomes readable when somebody sets the system clock. Returns -errno on
 * failure. wall_clock_clear makes it unreadable again. */
int wall_clock_watch(void);
void wall_clock_clear(int fd);

#endif
