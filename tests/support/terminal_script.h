/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line of the tools that draw or record a terminal: a command, its terminal, and steps of
 * a user. The tools are tests/tools/screenshot.c and tests/tools/asciicast.c.
 *
 *   --size COLUMNSxROWS   80x24
 *   --term TERM           xterm-256color
 *   --lang LANG           C.UTF-8
 *   --env NAME=VALUE      repeatable; NAME alone unsets
 *   --wait TEXT           waits until the text is on the screen
 *   --keys KEYS           presses keys, in the notation of terminal.h: 'jj<Enter>/cart'
 *   --pause MS            waits for MS milliseconds
 *   --title TEXT          a title for the result
 *   --text                a plain text is wanted
 *
 * --wait, --keys and --pause are steps: any number, done in their order.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_SCRIPT_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/terminal.h"

#define TERMINAL_SCRIPT_MAX 64

/* Written into the usage of a tool. */
#define TERMINAL_SCRIPT_USAGE                                                                 \
	"[--size COLUMNSxROWS] [--term TERM] [--lang LANG] [--env NAME=VALUE] [--wait TEXT] " \
	"[--keys KEYS] [--pause MS] [--title TEXT] [--text]"

enum terminal_step_kind {
	TERMINAL_STEP_WAIT = 1,
	TERMINAL_STEP_KEYS,
	TERMINAL_STEP_PAUSE,
};

struct terminal_step {
	enum terminal_step_kind kind;
	const char *text;
};

/* Zero-initialise. All texts belong to the command line. */
struct terminal_script {
	struct terminal_options terminal; /* its environment is set by terminal_script_start */
	const char *environment[TERMINAL_SCRIPT_MAX + 1];
	size_t environment_count;
	struct terminal_step steps[TERMINAL_SCRIPT_MAX];
	size_t step_count;
	const char *title; /* NULL: none */
	const char *output;
	bool plain_text;
};

/* Reads `[OPTION]… OUTPUT -- COMMAND [ARGUMENT]…`. Returns false for anything else. */
bool terminal_script_read(struct terminal_script *script, int argc, char **argv);

/* Starts the command. Returns 0 or -errno. */
int terminal_script_start(struct terminal_script *script, struct terminal **out);

/* Ends the command as SIGTERM does, so that it can restore the terminal. Frees the terminal. */
void terminal_script_stop(struct terminal *terminal);

#endif
