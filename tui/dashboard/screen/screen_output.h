/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from curses to the terminal. curses writes with write(2), which waits while nobody reads
 * the terminal (Ctrl-S, a stopped ssh client). So this module lets curses write to a file in
 * memory, from which screen_output_send writes to the terminal without waiting. No byte is dropped,
 * so curses always knows what the terminal shows. While bytes are left, the dashboard draws no
 * frames. A process has only one terminal. Main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_OUTPUT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Returns the stream for curses, which writes to the terminal of standard output until
 * screen_output_hold; NULL: errno has the reason. */
FILE *screen_output_open(void);
void screen_output_close(void);

/* Makes the stream write to memory from now on. On failure, it still writes to the terminal. */
void screen_output_hold(void);

/* Sends the bytes that are left and makes the stream write to the terminal again, for functions of
 * curses that change the modes of the terminal through the stream's descriptor. */
void screen_output_pass(void);

/* Writes as many bytes as the terminal takes now. Returns true if nothing is left. */
bool screen_output_send(void);

/* Calls screen_output_send until nothing is left, or the terminal takes nothing for a quarter of a
 * second. Returns true if nothing is left. */
bool screen_output_drain(void);

/* Returns the descriptor for a signal handler that writes to the terminal. Writing to it does not
 * wait, if the terminal could be opened a second time. */
int screen_output_fd(void);

#endif
