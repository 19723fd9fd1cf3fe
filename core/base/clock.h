/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, and deadlines on the monotonic one. Any thread. */
#ifndef POLECAT_CORE_BASE_CLOCK_H
#define POLECAT_CORE_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_SECOND      1000000000ull
#define NS_PER_MILLISECOND 1000000ull

/* CLOCK_MONOTONIC in nanoseconds: for intervals and deadlines. Stands still during suspend. */
uint64_t clock_monotonic_ns(void);

/* CLOCK_MONOTONIC in whole milliseconds. */
uint64_t clock_monotonic_ms(void);

/* CLOCK_REALTIME in nanoseconds since the Unix epoch: for times that people read. May jump. */
uint64_t clock_real_ns(void);

/* Returns the time left until `deadline_ns` (monotonic) as a timeout for poll(2) or epoll_wait(2):
 * in milliseconds, rounded up, 0 once the deadline has passed, at most `most_ms`. */
int clock_timeout_ms(uint64_t deadline_ns, int most_ms);

#endif
