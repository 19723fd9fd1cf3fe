/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the page of a thing that a line of a page names. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_THINGS_H
#define POLECAT_TUI_DASHBOARD_THINGS_H

#include "tui/dashboard/dashboard_state.h"

/* Opens the page of the selected link of the page. Returns false if no link is selected. */
bool things_open_selected(struct dashboard *dashboard);

/* Opens the page of a thing. A pod with connections has the page of its subject. The page of a peer
 * is that of the pod, the Service or the node that its connections name, else that of its
 * address. */
void things_open(struct dashboard *dashboard, const struct thing *thing);

#endif
