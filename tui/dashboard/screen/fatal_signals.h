/* SPDX-License-Identifier: Apache-2.0 */
/* Restores the terminal before a signal ends the process: a fault, an exceeded limit, Ctrl-\, or
 * any other signal whose default action is to end it. The session reads SIGINT, SIGTERM and SIGHUP
 * itself. Main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_FATAL_SIGNALS_H
#define POLECAT_TUI_DASHBOARD_SCREEN_FATAL_SIGNALS_H

/* Calls `restore` from a handler of each such signal, and then lets the signal act. Leaves signals
 * alone that are ignored. `restore` may call only functions that are safe in a handler. */
void fatal_signals_watch(void (*restore)(void));

/* Restores the former actions of the signals. */
void fatal_signals_ignore(void);

#endif
