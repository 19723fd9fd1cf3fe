/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal for tests and pictures: a program runs on a pseudo-terminal whose other side is
 * libvterm. Tests can read each cell of the screen, and send keys and mouse events.
 *
 * The program is a job of its own small shell (a session leader with job control), so that Ctrl-Z
 * and fg work as at a prompt. Each function waits for output or for its deadline. Only <Esc> of
 * terminal_keys waits for a fixed time. Rows and columns count from 0. Only one thread may use a
 * terminal.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/support/terminal_stream.h"

struct terminal;

struct terminal_options {
	const char *const *argv; /* looked up in PATH; ends with NULL */
	int rows;                /* 0: 24 */
	int columns;             /* 0: 80 */
	const char *term;        /* TERM; NULL: xterm-256color */
	const char *language;    /* LANG; NULL: C.UTF-8. Other variables of the locale are unset. */
	/* "NAME=value" sets a variable, "NAME" unsets it; ends with NULL. NULL: no change. */
	const char *const *environment;
	const char *background; /* the answer to OSC 11: "rgb:ffff/ffff/ffff"; NULL: no answer */
	const char *directory;  /* where the program starts; NULL: here */
	int standard_input;     /* descriptor to use as standard input; 0: the terminal */
	int standard_error;     /* descriptor to use as standard error; 0: the terminal */
};

enum terminal_color_kind {
	TERMINAL_COLOR_DEFAULT = 0,
	TERMINAL_COLOR_INDEXED, /* index 0..255 of the palette */
	TERMINAL_COLOR_DIRECT,
};

struct terminal_color {
	enum terminal_color_kind kind;
	uint8_t index; /* of TERMINAL_COLOR_INDEXED */
	uint8_t red;   /* red, green and blue are 0 for TERMINAL_COLOR_DEFAULT */
	uint8_t green;
	uint8_t blue;
};

struct terminal_cell {
	char text[32]; /* UTF-8 with combining characters; " " for an empty cell, "" for the right
			  half of a wide one */
	int width;     /* 1 or 2; 0: right half of a wide character */
	bool bold;
	bool dim;
	bool underline;
	bool italic;
	bool blink;
	bool reverse;
	struct terminal_color foreground;
	struct terminal_color background;
};

/* Starts the program. Returns 0, or -errno with *out untouched. Free it with terminal_free. */
int terminal_start(const struct terminal_options *options, struct terminal **out);

/* Kills the program if it still runs, waits for it, and frees the terminal. NULL is fine. */
void terminal_free(struct terminal *terminal);

/* Returns the program's process id. */
pid_t terminal_pid(const struct terminal *terminal);

/* --- waiting --- */

/* Reads output of the program, waiting for at most `timeout_ms`. Returns true if it read output. */
bool terminal_pump(struct terminal *terminal, int timeout_ms);

typedef bool terminal_predicate(struct terminal *terminal, void *data);

/* Reads until the predicate is true. Returns false if it is not true within `timeout_ms`. */
bool terminal_wait(struct terminal *terminal, terminal_predicate *predicate, void *data,
		   int timeout_ms);

/* Reads until the screen shows the text in one row, or does not show it any more. */
bool terminal_wait_text(struct terminal *terminal, const char *text, int timeout_ms);
bool terminal_wait_no_text(struct terminal *terminal, const char *text, int timeout_ms);

/* Reads until the program writes nothing for `quiet_ms`. Returns false if there is no such pause
 * within `timeout_ms`. */
bool terminal_wait_quiet(struct terminal *terminal, int quiet_ms, int timeout_ms);

/* Returns the time of the last read of output (CLOCK_MONOTONIC, in nanoseconds). */
uint64_t terminal_last_read_ns(const struct terminal *terminal);

/* --- reading the screen --- */

int terminal_rows(const struct terminal *terminal);
int terminal_columns(const struct terminal *terminal);

/* Gets a cell. Outside the screen, returns false and sets *out to an empty cell. */
bool terminal_cell(struct terminal *terminal, int row, int column, struct terminal_cell *out);

/* Returns the text of one row without trailing spaces. The text stays valid during the next three
 * calls. Functions that search the screen call terminal_row for each row, so copy the text before
 * you call them. */
const char *terminal_row(struct terminal *terminal, int row);

/* Finds the first position of the text from `first_row` on. Returns the row, or -1. column may be
 * NULL. */
int terminal_find(struct terminal *terminal, const char *text, int first_row, int *column);
bool terminal_shows(struct terminal *terminal, const char *text);

void terminal_cursor(struct terminal *terminal, int *row, int *column);

/* Returns the modes that the program has switched on. */
const struct terminal_modes *terminal_modes(const struct terminal *terminal);

/* Returns the number of control strings that the program has sent: OSC (such as titles), DCS, APC,
 * PM and SOS. */
unsigned int terminal_string_count(const struct terminal *terminal);

/* Returns all bytes that the program has written, up to 64 MiB. Valid until the next read. */
const char *terminal_output(const struct terminal *terminal, size_t *length);

/* Writes the screen with line numbers, its size and TERM, for a failed test. */
void terminal_dump(struct terminal *terminal, FILE *out);

/* --- acting --- */

/* Sends bytes unchanged. */
void terminal_send(struct terminal *terminal, const char *bytes, size_t length);

/*
 * Presses keys. A character stands for itself. Names are in angle brackets: <Enter> <Esc> <Tab>
 * <S-Tab> <Backspace> <Delete> <Insert> <Up> <Down> <Left> <Right> <Home> <End> <PageUp> <PageDown>
 * <Space> <F1> … <F12> <C-x> (control and x), and <lt> for the bracket itself. After <Esc>, waits
 * as a person does, because Escape and another key at once are Alt with that key. Returns 0, or
 * -EINVAL at an unknown name, after sending the keys before it.
 */
int terminal_keys(struct terminal *terminal, const char *keys);

/* Presses and releases a mouse button: 1 left, 2 middle, 3 right, 4 wheel up, 5 wheel down. Uses
 * the protocol that the program has enabled. */
void terminal_mouse(struct terminal *terminal, int row, int column, int button);

/* Presses the first button on a cell, and releases it on another one. */
void terminal_drag(struct terminal *terminal, int row, int column, int to_row, int to_column);

/* Changes the size of the window, as dragging its corner does. */
int terminal_resize(struct terminal *terminal, int rows, int columns);

/* Sends a signal to the program only. */
int terminal_signal(struct terminal *terminal, int signal_number);

/* Makes the terminal take no output, as Ctrl-S does, and take output again. */
void terminal_stop_output(struct terminal *terminal);
void terminal_resume_output(struct terminal *terminal);

/* Closes the terminal's window. The program gets SIGHUP and cannot read or write any more. */
void terminal_hang_up(struct terminal *terminal);

/* Waits until job control reports that the program has stopped or ended. Returns false if that does
 * not happen within `timeout_ms`. */
bool terminal_wait_stop(struct terminal *terminal, int timeout_ms);
bool terminal_wait_exit(struct terminal *terminal, int timeout_ms);

/* Returns the wait status of the ended program, or -1 while it runs. */
int terminal_status(const struct terminal *terminal);

/* Acts as the shell's `fg`: gives the terminal back to the stopped program and continues it. */
void terminal_foreground(struct terminal *terminal);

/*
 * Returns whether the program has restored the terminal: screen, cursor, modes, attributes and line
 * settings. The cursor must be at the start of a line. If not, writes the difference to `why`. Call
 * it after the program has ended or stopped.
 */
bool terminal_is_clean(struct terminal *terminal, char *why, size_t size);

#endif
