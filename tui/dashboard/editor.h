/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the user's editor on a text, in a file of its own. Draws nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_EDITOR_H
#define POLECAT_TUI_DASHBOARD_EDITOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define EDITOR_PATH_SIZE 512

/* Zero-initialise. */
struct editor {
	bool running;
	pid_t pid;
	int pidfd;                   /* readable when the editor has ended */
	char path[EDITOR_PATH_SIZE]; /* of the file that is edited */
	struct sigaction old_quit_action;
};

/*
 * Writes the text to a new file in $TMPDIR or /tmp that only the user can read, and starts $VISUAL,
 * else $EDITOR, else vi on it. Each may be a command with arguments. The editor has the terminal
 * from now on, and reads from the descriptor `input`. Returns 0 or -errno.
 */
int editor_start(struct editor *editor, int input, const char *text, size_t length);

/* Ends the editor if it runs, and waits for it for a second at most. Its file stays. */
void editor_end(struct editor *editor);

/*
 * Waits for the editor, which should have ended, and reads the file. The caller frees *text, and
 * removes the file unless the user may still need it. Returns 0, -ECANCELED if the editor failed or
 * cannot be started, or -errno.
 */
int editor_finish(struct editor *editor, char **text, size_t *length);

#endif
