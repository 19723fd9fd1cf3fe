/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the terminal's screen as a picture. Letters stay text, stretched to their cells, so that
 * any monospace font of the viewer fits. Lines, blocks and the few characters that fonts often lack
 * are drawn as shapes.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_SVG_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_SVG_H

#include <stdio.h>

#include "tests/support/terminal.h"

/* Writes the picture, without a title bar if title is NULL. The same screen always gives the same
 * bytes. */
void terminal_write_svg(struct terminal *terminal, const char *title, FILE *out);

#endif
