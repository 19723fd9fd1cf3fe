/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process whose standard output is read: `/bin/sh -c COMMAND` in a session of its own, so
 * that neither Ctrl-C nor a question for a password reaches the terminal behind the dashboard's
 * back. Its standard input is empty. Of its standard error the last line is kept, for the message
 * that says why it failed.
 *
 * One thread at a time uses it.
 */
#ifndef POLECAT_CORE_SOURCE_CHILD_H
#define POLECAT_CORE_SOURCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/stream/stream_lines.h"

#define CHILD_LAST_LINE_SIZE 200

struct child;

/* Starts the command. 0 or -errno. End with child_free. */
int child_start(const char *command, struct child **out);

/*
 * The same for a program, looked for in $PATH where its name has no slash, without a shell.
 * arguments begins with the program; both end with NULL. 0 or -errno: -ENOENT where there is no
 * such program.
 */
int child_start_program(const char *const *arguments, const char *const *environment,
			struct child **out);

/* Stops a child that was not waited for, and frees. NULL is fine. */
void child_free(struct child *child);

/* The end of the pipe to read from; the child's. */
int child_output(const struct child *child);

/* Takes in the standard error while waiting for something else. The child's; its fd is -1 once that
 * has ended. */
struct stream_watch *child_watch(struct child *child);

/*
 * Waits until the child has exited; its output has ended, or is no longer wanted. *status is then
 * as of waitpid(2). 0, or -ECANCELED when stop_fd became readable before: stop the child then.
 */
int child_wait(struct child *child, int stop_fd, int *status);

/*
 * SIGTERM to the process group, and SIGKILL to whatever is left of it 2 seconds later, or half a
 * second after the child itself has ended. Waits until then.
 */
void child_stop(struct child *child);

/* The last line of standard error that was not blank, "" if there was none; cut, control bytes and
 * all. */
const char *child_last_line(const struct child *child);

#endif
