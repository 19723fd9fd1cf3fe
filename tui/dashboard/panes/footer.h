/* SPDX-License-Identifier: Apache-2.0 */
/* The last line: a message, or the keys that matter here. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_FOOTER_H
#define POLECAT_TUI_DASHBOARD_PANES_FOOTER_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

/* hints: actions, the most useful first, ended by ACTION_NONE; as many as fit are shown, the last
 * two always. */
void footer_draw(const struct context *context, const enum action *hints,
		 const struct canvas *canvas);

#endif
