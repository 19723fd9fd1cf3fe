/* SPDX-License-Identifier: Apache-2.0 */
/* Durations as people write them: 30s, 5m, 1h30m, 500ms, 1.5h; a bare number is seconds. Pure. */
#ifndef POLECAT_TUI_OPTIONS_DURATION_H
#define POLECAT_TUI_OPTIONS_DURATION_H

#include <stdint.h>

/*
 * Reads a duration into nanoseconds. Units: ms, s, m, h, d, each at most once and in falling order;
 * a number may have a fraction. 0; -EINVAL for anything else, for 0, and for more than a hundred
 * years, the output untouched.
 */
int duration_parse(const char *text, uint64_t *ns);

#endif
