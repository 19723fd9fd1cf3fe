/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives the terminal to curses, and restores it when the program exits, is stopped by Ctrl-Z or
 * crashes. The functions take no object, because a process has only one terminal.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_H
#define POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_H

#include <stdbool.h>

#include "tui/dashboard/screen/key_sequences.h"

#define SCREEN_MESSAGE_SIZE 256

/*
 * Checks, without output, whether standard output is a terminal that can be drawn on. Returns 0, or
 * -ENOTTY, -ENOENT (TERM is unset or unknown) or -ENOTSUP (the cursor cannot be moved), with the
 * reason and the remedy in `message`.
 */
int screen_check(char message[SCREEN_MESSAGE_SIZE]);

/* Gives the terminal to curses. Returns 0, or -errno with the reason in `message` and the terminal
 * unchanged. */
int screen_start(char message[SCREEN_MESSAGE_SIZE]);

/* Restores the terminal. Does nothing if curses does not have it. */
void screen_stop(void);

/* Returns the descriptor that keys are read from. */
int screen_input(void);

/* Reads one byte of the input. Returns false if none has arrived. Never waits. */
bool screen_read(char *byte);

/* Returns the bytes that this terminal sends for its keys. */
const struct key_sequences *screen_keys(void);

/*
 * Asks the terminal for its background (OSC 11). The answer arrives among the keys, as
 * KEY_EVENT_ANSWER. Returns false, and writes nothing, if the terminal might not know the question:
 * those that are not like xterm, and the Linux console, whose background is black.
 */
bool screen_ask_background(void);

/* Sends a text in base64 to the terminal's clipboard (OSC 52). Many terminals take it only if their
 * settings allow that, and none confirms it. Returns false, and writes nothing, if the terminal
 * might not know the sequence. */
bool screen_copy(const char *encoded);

/* Makes curses adopt the current size of the terminal. */
void screen_resize(void);

/* Lends the terminal to another program: restores it for that program, and gives it to curses again
 * after it. Between the two calls, the dashboard must not draw. */
void screen_release(void);
void screen_reclaim(void);

/*
 * Handles Ctrl-Z: restores the terminal, stops the process until it is continued in the foreground,
 * and gives the terminal to curses again. Leaves the terminal alone if a signal asked the process
 * to end.
 */
void screen_suspend(void);

/* Returns true if curses has the terminal. If not, the dashboard must not draw, and the session
 * ends. */
bool screen_is_ours(void);

#endif
