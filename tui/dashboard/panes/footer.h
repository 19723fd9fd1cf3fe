/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the last line of the screen: a message, or hints about useful keys. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_FOOTER_H
#define POLECAT_TUI_DASHBOARD_PANES_FOOTER_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

/* Returns the action whose hint covers a column of the line, or ACTION_NONE, also while the line
 * shows a message. */
enum action footer_action_at(const struct context *context, enum key_place place,
			     const struct canvas *line, int column);

/* Returns whether a message covers the hints. */
bool footer_shows_message(const struct context *context);

/* Draws the current message. Without a message, draws as many hints of `place` as fit, in the order
 * of their ranks, and always the hints for help and quit. */
void footer_draw(const struct context *context, enum key_place place, struct canvas *line);

#endif
