/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard: `polecat top`. */
#ifndef POLECAT_TUI_DASHBOARD_DASHBOARD_H
#define POLECAT_TUI_DASHBOARD_DASHBOARD_H

struct options;

/* Runs the dashboard until the user quits or a signal ends it. Returns the exit status of the
 * process. Reports startup errors on stderr, and leaves the terminal as it was. */
int dashboard_main(const struct options *options);

#endif
