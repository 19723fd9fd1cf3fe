/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the connection table: two of its view operations. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_DRAW_H
#define POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_DRAW_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

/* For struct view_operations; view is a struct connections. */
int connections_title(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused);
void connections_draw(void *view, const struct context *context, const struct canvas *canvas,
		      bool focused);

#endif
