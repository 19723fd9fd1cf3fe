/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of waiting in tests. A test waits for a condition, not for a time. It reaches a limit
 * only if it fails, so limits are long: a minute, for busy machines. The environment variable
 * POLECAT_WAIT_FACTOR (1 to 100) multiplies all limits. tests/kernels/run sets it for machines in
 * QEMU. POLECAT_WAIT_MS replaces the minute. tests/mutate/run sets it, because many mutants let a
 * test wait until the limit.
 */
#ifndef POLECAT_TESTS_SUPPORT_WAIT_LIMIT_H
#define POLECAT_TESTS_SUPPORT_WAIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the longest time to wait for one condition, in milliseconds. */
int wait_limit_ms(void);

/* Returns the monotonic time, in milliseconds, at which a wait that begins now must end. */
uint64_t wait_deadline_ms(void);

/* Calls condition(data) every few milliseconds, until it returns true or the limit has passed.
 * Returns its last result. */
bool wait_until(bool (*condition)(void *data), void *data);

#endif
