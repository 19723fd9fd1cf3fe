/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes of a cmocka test: a failed assertion in one ends it, and fails the test that
 * waits for it. */
#ifndef POLECAT_TESTS_SUPPORT_PROCESS_H
#define POLECAT_TESTS_SUPPORT_PROCESS_H

#include <sys/types.h>

/* Forks a child that runs body(data) and ends. Returns its pid, as the calling process sees it. */
pid_t process_start(void (*body)(void *data), void *data);

/* Waits for the child's end. Fails unless it exited with status 0. */
void process_wait(pid_t pid);

/* process_start and process_wait. Returns the pid that it had. */
pid_t process_run(void (*body)(void *data), void *data);

/*
 * A channel between two processes, close-on-exec, to synchronise them. Create it before the fork.
 * One process uses side 0, the other side 1.
 */
struct process_line {
	int ends[2];
};

void process_line_open(struct process_line *line);
void process_line_close(struct process_line *line);
void process_notify(const struct process_line *line, int side);
/* Waits for the other side's process_notify; fails if the other process ended instead. */
void process_listen(const struct process_line *line, int side);

#endif
