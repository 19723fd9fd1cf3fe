/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the place in a list at the right end of its title. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_PLACE_H
#define POLECAT_TUI_DASHBOARD_TABLE_PLACE_H

#include <stddef.h>

#include "tui/dashboard/screen/canvas.h"

/*
 * Draws "8-14 of 118" if the list is longer than the screen and the title leaves room. `unit` is a
 * word with a blank after it that precedes the numbers, or "". `first` is the index of the first
 * visible entry; SIZE_MAX: unknown. `shown` is the number of visible entries.
 */
void place_draw(struct canvas *title, const char *unit, size_t first, size_t shown, size_t count);

#endif
