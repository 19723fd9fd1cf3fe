/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves destinations out of the draft and brings them back, with a message. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_LEAVE_OUT_H
#define POLECAT_TUI_DASHBOARD_PANES_LEAVE_OUT_H

#include "core/state/subject.h"
#include "tui/dashboard/view/context.h"

void leave_out_edge(struct context *context, const struct edge *edge);
void leave_out_end(struct context *context, const struct edge *edge);

/* Brings back the destination of a subject that was left out last. */
void leave_out_end_last(struct context *context, const struct subject *subject);

#endif
