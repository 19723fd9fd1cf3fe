/* SPDX-License-Identifier: Apache-2.0 */
/* Converts times between RFC 3339 text and nanoseconds since the Unix epoch. Pure. */
#ifndef POLECAT_CORE_BASE_TIMESTAMP_H
#define POLECAT_CORE_BASE_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"

#define TIMESTAMP_TEXT_SIZE 32

/* Formats a time as "2026-01-02T03:04:05.000000006Z" with a NUL. Returns the length, which is
 * always 30, because every 64-bit time is before the year 2555. */
size_t timestamp_format(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE]);

/*
 * Parses `length` bytes of RFC 3339 (no NUL needed): `T`, `t` or a space between date and time, any
 * number of fraction digits (only the first nine count), then `Z`, `z` or an offset.
 * Returns 0, -EINVAL, or -ERANGE for a time before 1970 or after 2554, with *unix_ns untouched.
 */
int timestamp_parse(const char *text, size_t length, uint64_t *unix_ns);

#endif
