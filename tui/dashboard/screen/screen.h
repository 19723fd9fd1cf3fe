/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal: taken over by curses, and given back clean however the program ends: by a return,
 * by a signal that the session turned into a return, by Ctrl-Z, or by a crash. There is one
 * terminal, so this module has no object.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_H
#define POLECAT_TUI_DASHBOARD_SCREEN_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#define SCREEN_MESSAGE_SIZE 256

/*
 * Says whether standard output is a terminal that can be drawn on, without touching it. 0, or
 * -ENOTTY, -ENOENT (TERM is unset or unknown) or -ENOTSUP (it cannot move the cursor), with the
 * reason and the remedy in message.
 */
int screen_check(char message[SCREEN_MESSAGE_SIZE]);

/* Takes the terminal over. 0 or -errno with the reason in message; the terminal is as before then.
 */
int screen_start(char message[SCREEN_MESSAGE_SIZE]);

/* Gives the terminal back. Does nothing when it is not taken. */
void screen_stop(void);

/* The descriptor that keys are read from. */
int screen_input(void);

/* Passes a possible change of the size of the terminal to curses. */
void screen_resize(void);

/*
 * Ctrl-Z: gives the terminal back, stops the process until it is continued in the foreground, and
 * takes the terminal again; or returns without it, when the process was told to end meanwhile.
 */
void screen_suspend(void);

/* False when the terminal was not taken again after a stop: nothing may be drawn, the session is
 * about to end. */
bool screen_is_ours(void);

#endif
