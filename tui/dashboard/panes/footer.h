/* SPDX-License-Identifier: Apache-2.0 */
/* The last line of the screen: a message, or hints at useful keys. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_FOOTER_H
#define POLECAT_TUI_DASHBOARD_PANES_FOOTER_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

/* Draws the current message, else the hints of `place` in the order of their ranks, as many as fit,
 * and always those of help and quit. */
void footer_draw(const struct context *context, enum key_place place, struct canvas *line);

#endif
