/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal's screen as a picture. Letters stay text, stretched to their cells so that any
 * monospace font of the viewer's fits; lines, blocks and the few signs that fonts often lack are
 * drawn.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_SVG_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_SVG_H

#include <stdio.h>

#include "tests/support/terminal.h"

/* title NULL: no title bar. The same screen always gives the same bytes. */
void terminal_write_svg(struct terminal *terminal, const char *title, FILE *out);

#endif
