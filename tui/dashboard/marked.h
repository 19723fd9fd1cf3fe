/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on all connections that are marked and shown. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_MARKED_H
#define POLECAT_TUI_DASHBOARD_MARKED_H

#include "tui/dashboard/table/marked_rows.h"
#include "tui/dashboard/view/context.h"

/* Leaves the destinations of the marked connections out of the draft, or brings them back, and
 * shows a message. */
void marked_leave_out(struct context *context, const struct marked_rows *marked);
void marked_bring_back(struct context *context, const struct marked_rows *marked);

#endif
