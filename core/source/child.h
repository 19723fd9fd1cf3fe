/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process that core/sandbox/spawner.h starts, with a pipe for its standard output. It runs
 * in a session of its own, so that it gets no Ctrl-C and cannot ask for a password on the
 * dashboard's terminal. Its standard input is empty, or a pipe. The module stores the last line of
 * standard error for the message about a failure. Only one thread at a time may use a child.
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

/* The program of a child, and its standard streams. Zero-initialise. */
struct child_options {
	/* [0] is the program, looked up in $PATH if it has no slash. NULL ends the array. */
	const char *const *arguments;
	/* "NAME=value", added to the environment that polecat was started with. NULL ends the
	 * array; NULL: none. */
	const char *const *variables;
	bool has_input;  /* standard input is a pipe, see child_input; false: it is empty */
	bool has_output; /* `output` is used */
	int output;      /* standard output; the caller keeps it; without has_output, a pipe */
};

/* Starts a program without a shell. Returns 0 or -errno; -ENOENT: no such program. child_free ends
 * it. */
int child_open(const struct child_options *options, struct child **out);

/* Starts `/bin/sh -c command`. Returns 0 or -errno. child_free ends it. */
int child_start(const char *command, struct child **out);

/* Calls child_open with these options. */
int child_start_program(const char *const *arguments, const char *const *variables,
			struct child **out);

/* Stops the child if it runs, and frees it. NULL is fine. */
void child_free(struct child *child);

/* Frees the child without stopping it. Its process continues if it runs, and at its end becomes a
 * zombie until this process ends. */
void child_abandon(struct child *child);

/* Returns the descriptor to read standard output from; -1: the caller gave one. child_free closes
 * it. */
int child_output(const struct child *child);

/* Returns the descriptor to write standard input to; -1: none. It never waits: a write to a full
 * pipe returns -EAGAIN. child_close_input, or child_free, closes it. */
int child_input(const struct child *child);
void child_close_input(struct child *child);

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
/* Returns the number of blank lines on standard error so far. */
uint64_t child_blank_lines(const struct child *child);

/* Returns the line that child_last_line returned before. */
const char *child_line_before(const struct child *child);

/* Returns the last line of standard error that is not blank, cut to fit, or "" if there is no such
 * line. The line may contain control bytes. */
const char *child_last_line(const struct child *child);

#endif
