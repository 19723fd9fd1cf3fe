/* SPDX-License-Identifier: Apache-2.0 */
/* Parses durations: 30s, 5m, 1h30m, 500ms, 1.5h; a number alone means seconds. Pure. */
#ifndef POLECAT_TUI_OPTIONS_DURATION_H
#define POLECAT_TUI_OPTIONS_DURATION_H

#include <stdint.h>

/*
 * Parses a duration into nanoseconds. Units: d, h, m, s, ms, each at most once and in this order; a
 * number may have a fraction. Returns 0; -EINVAL for anything else, for 0 and for more than a
 * hundred years, with *ns unchanged.
 */
int duration_parse(const char *text, uint64_t *ns);

#endif
