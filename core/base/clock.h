/* SPDX-License-Identifier: Apache-2.0 */
/* Reads clocks, and computes timeouts from deadlines on the monotonic clock. Any thread. */
#ifndef POLECAT_CORE_BASE_CLOCK_H
#define POLECAT_CORE_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_SECOND      1000000000ull
#define NS_PER_MILLISECOND 1000000ull
#define NS_PER_MICROSECOND 1000ull

/* Returns CLOCK_MONOTONIC in nanoseconds, for intervals and deadlines. Suspend stops this clock. */
uint64_t clock_monotonic_ns(void);

/* Returns CLOCK_MONOTONIC in whole milliseconds. */
uint64_t clock_monotonic_ms(void);

/* Returns CLOCK_REALTIME in nanoseconds since the Unix epoch, for times that people read. This
 * clock may jump. */
uint64_t clock_real_ns(void);

/* Returns CLOCK_BOOTTIME in nanoseconds: the time since the boot, suspend included. The kernel
 * programs stamp their events with this clock. */
uint64_t clock_boot_ns(void);

/* Returns the time until `deadline_ns` (monotonic) in milliseconds, rounded up, as a timeout for
 * poll(2) or epoll_wait(2). Returns 0 after the deadline, and never more than `most_ms`. */
int clock_timeout_ms(uint64_t deadline_ns, int most_ms);

#endif
