/* SPDX-License-Identifier: Apache-2.0 */
/* Colours as 0xRRGGBB: their contrast, and the nearest of xterm's 256 colours. Pure; any thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_PALETTE_H
#define POLECAT_TUI_DASHBOARD_SCREEN_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

/* The least contrast of readable text (WCAG 2, success criterion 1.4.3). */
#define PALETTE_READABLE 4.5

/* Returns one of xterm's 256 colours. Returns 0 for any other number. */
uint32_t palette_rgb(int number);

/* Returns the contrast of two colours, from 1 to 21 (WCAG 2, "contrast ratio"). */
double palette_contrast(uint32_t a, uint32_t b);

/* Returns true if black is more readable on the colour than white. */
bool palette_is_light(uint32_t colour);

/*
 * Returns the number of the colour among xterm's colours 16 to 255 that is nearest to `colour`.
 * Colours 0 to 15 are not used, because terminals let the user choose them. Prefers colours whose
 * contrast to `background` is at least `contrast`; `contrast` 0 accepts all.
 */
int palette_nearest(uint32_t colour, uint32_t background, double contrast);

/* Returns the colour if it is readable on the background. If not, mixes in the least black or white
 * that makes it readable. */
uint32_t palette_readable(uint32_t colour, uint32_t background);

#endif
