/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process whose standard output is read. It runs in a session of its own, so that it gets
 * no Ctrl-C and cannot ask for a password on the dashboard's terminal. Its standard input is empty.
 * The last line of its standard error is kept for the message about its failure. One thread at a
 * time.
 */
#ifndef POLECAT_CORE_SOURCE_CHILD_H
#define POLECAT_CORE_SOURCE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHILD_LAST_LINE_SIZE 200

struct child;

/* A descriptor to serve while waiting for another one. `readable` sets fd to -1 at its end. */
struct fd_watch {
	int fd; /* -1: none */
	void (*readable)(struct fd_watch *watch);
};

/* Starts `/bin/sh -c command`. Returns 0 or -errno. child_free ends it. */
int child_start(const char *command, struct child **out);

/*
 * Starts a program without a shell; searches $PATH if its name has no slash. arguments begins with
 * the program; both arrays end with NULL. Returns 0 or -errno; -ENOENT: no such program.
 */
int child_start_program(const char *const *arguments, const char *const *environment,
			struct child **out);

/* Stops the child if it runs, and frees it. NULL is fine. */
void child_free(struct child *child);

/* Returns the descriptor to read standard output from. child_free closes it. */
int child_output(const struct child *child);

/* Returns the watch that reads standard error. Serve it while waiting for the output. The child
 * owns it. */
struct fd_watch *child_watch(struct child *child);

/*
 * Waits until the child has exited. Call it at the end of the output. *status is that of
 * waitpid(2). Returns 0; -ECANCELED if stop_fd (-1: none) became readable first, -ETIMEDOUT at
 * deadline_ns (CLOCK_MONOTONIC; UINT64_MAX: never). After an error, stop the child.
 */
int child_wait(struct child *child, int stop_fd, uint64_t deadline_ns, int *status);

/*
 * Sends SIGTERM to the process group, and SIGKILL to the processes that remain 2 seconds later, or
 * half a second after the child itself has exited. Waits until then.
 */
void child_stop(struct child *child);

/* Returns the last line of standard error that is not blank, cut to fit; "" without one. May
 * contain control bytes. */
const char *child_last_line(const struct child *child);

#endif
