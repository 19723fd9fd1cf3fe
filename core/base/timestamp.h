/* SPDX-License-Identifier: Apache-2.0 */
/* Time as RFC 3339 text in UTC with nanoseconds, and as nanoseconds since the Unix epoch. Pure. */
#ifndef POLECAT_CORE_BASE_TIMESTAMP_H
#define POLECAT_CORE_BASE_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/clock.h"

#define TIMESTAMP_TEXT_SIZE 32

/* "2026-01-02T03:04:05.000000006Z" and a NUL; returns the length, 30. Years beyond 9999 are cut to
 * 9999's end. */
size_t timestamp_format(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE]);

/*
 * Reads RFC 3339: `T`, `t` or a space between, any number of fraction digits (beyond nine are
 * dropped), `Z`, `z` or an offset. length bytes, no NUL needed. 0, or -EINVAL with the output
 * untouched; times before 1970 are -EINVAL too.
 */
int timestamp_parse(const char *text, size_t length, uint64_t *unix_ns);

#endif
