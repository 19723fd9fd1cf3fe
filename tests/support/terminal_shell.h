/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell of a terminal's program: a process that leads the session, owns the terminal, and does
 * job control for the program. Without it the program's process group would be orphaned, and the
 * kernel would not let Ctrl-Z stop it.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_SHELL_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_SHELL_H

#include <sys/types.h>

#include "tests/support/terminal.h"

enum terminal_shell_event_kind {
	TERMINAL_SHELL_STARTED = 1,
	TERMINAL_SHELL_STOPPED,
	TERMINAL_SHELL_CONTINUED,
	TERMINAL_SHELL_ENDED,
};

/* Events that the shell reports over its socket. */
struct terminal_shell_event {
	enum terminal_shell_event_kind kind;
	pid_t pid;
	int status; /* as from waitpid(2) */
};

/* The command that makes the shell bring the program to the foreground and continue it. Closing the
 * socket kills the program. */
#define TERMINAL_SHELL_FOREGROUND 'f'

/*
 * Starts the shell and the program on the slave side of a pseudo-terminal. *socket is
 * close-on-exec. The shell ends soon after the program. Returns the shell's pid, for which the
 * caller waits, or -errno.
 */
pid_t terminal_shell_start(const struct terminal_options *options, int slave, int *socket);

#endif
