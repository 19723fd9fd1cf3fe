/* SPDX-License-Identifier: Apache-2.0 */
/* The state that terminal.c (processes and waiting), terminal_screen.c (cells and rows) and
 * terminal_keys.c (keys and the mouse) share. */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_PRIVATE_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_PRIVATE_H

#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

#include "tests/support/terminal.h"
#include "tests/support/terminal_stream.h"

#define TERMINAL_ROW_BUFFERS 4

struct terminal {
	VTerm *vterm;
	VTermScreen *screen;
	char term[64]; /* TERM of the program */
	int rows;
	int columns;
	struct terminal_stream stream;
	char *output; /* all output of the program */
	size_t output_length;
	size_t output_capacity;
	char background[64]; /* the answer to OSC 11; "": no answer */
	size_t output_asked; /* questions before this position of the output are answered */
	uint64_t last_read_ns;
	int master; /* -1: hung up */
	int slave;
	int socket; /* to the shell; -1: closed */
	pid_t shell;
	pid_t program;
	bool stopped;
	bool ended;
	int status;              /* the wait status of the ended program */
	struct termios settings; /* the line settings before the start */
	char *row_texts[TERMINAL_ROW_BUFFERS];
	unsigned int next_row_text;
};

#endif
