/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard: `polecat top`. */
#ifndef POLECAT_TUI_DASHBOARD_DASHBOARD_H
#define POLECAT_TUI_DASHBOARD_DASHBOARD_H

struct options;

/*
 * Runs the dashboard until the person quits or a signal ends it. Returns the process's exit status;
 * whatever kept it from starting has been told to stderr, and the terminal is clean.
 */
int dashboard_main(const struct options *options);

#endif
