/* SPDX-License-Identifier: Apache-2.0 */
/* Where the subject's connections go and come from, one row per peer, port and protocol: a view
 * (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_DESTINATIONS_H
#define POLECAT_TUI_DASHBOARD_PANES_DESTINATIONS_H

#include "tui/dashboard/view/view.h"

struct destinations;

extern const struct view_operations destinations_operations;

/* 0 or -ENOMEM. */
int destinations_new(struct destinations **out);
void destinations_free(struct destinations *destinations);

/* Returns the edge under the cursor, else the first one; NULL: no rows. */
const struct edge *destinations_selected(const struct destinations *destinations);

#endif
