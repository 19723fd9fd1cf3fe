/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process that core/sandbox/spawner.h starts, with a pipe for its standard output. It runs
 * in a session of its own, so that it gets no Ctrl-C and cannot ask for a password on the
 * dashboard's terminal. Its standard input is empty. The module stores the last line of standard
 * error for the message about a failure. Only one thread at a time may use a child.
 */
#ifndef POLECAT_CORE_SOURCE_CHILD_H
#define POLECAT_CORE_SOURCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHILD_LAST_LINE_SIZE 200

struct child;

/* A descriptor to read while waiting for another descriptor: call `readable` whenever fd is
 * readable. At the end of the input, `readable` sets fd to -1. */
struct fd_watch {
	int fd; /* -1: none */
	void (*readable)(struct fd_watch *watch);
};

/* Starts `/bin/sh -c command`. Returns 0 or -errno. child_free ends it. */
int child_start(const char *command, struct child **out);

/* Starts a program without a shell. Searches $PATH if the program's name has no slash. arguments[0]
 * is the program. `variables` ("NAME=value"; NULL: none) are added to the environment that polecat
 * was started with. NULL ends both arrays. Returns 0 or -errno; -ENOENT: no such program. */
int child_start_program(const char *const *arguments, const char *const *variables,
			struct child **out);

/* Stops the child if it runs, and frees it. NULL is fine. */
void child_free(struct child *child);

/* Returns the descriptor to read standard output from. child_free closes it. */
int child_output(const struct child *child);

/* Returns the watch that reads standard error. Serve the watch while you wait for the output, or
 * the child may block on a full pipe. The child owns the watch. */
struct fd_watch *child_watch(struct child *child);

/*
 * Waits until the child has exited. Call it at the end of the output. Sets *status as waitpid(2)
 * does. Returns 0; -ECANCELED if stop_fd (-1: none) became readable first; -ETIMEDOUT at
 * deadline_ns (CLOCK_MONOTONIC; UINT64_MAX: never). After an error, stop the child.
 */
int child_wait(struct child *child, int stop_fd, uint64_t deadline_ns, int *status);

/* Like child_wait, but returns -EAGAIN at once if the child runs. */
int child_poll_exit(struct child *child, int *status);

/*
 * Sends SIGTERM to the process group and waits until the group is empty: up to 2 seconds for the
 * child, and up to half a second more for the rest of the group. Then sends SIGKILL to the
 * processes that remain.
 */
void child_stop(struct child *child);

/* Do the same without waiting, for a thread with many children: child_begin_stop sends SIGTERM, and
 * child_poll_stop, called every few milliseconds, returns true when the group is empty or was
 * killed. */
void child_begin_stop(struct child *child);
bool child_poll_stop(struct child *child);

/* Returns the last line of standard error that is not blank, cut to fit, or "" if there is no such
 * line. The line may contain control bytes. */
const char *child_last_line(const struct child *child);

#endif
