/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes of a cmocka test. A failed assertion in a child ends the child, and fails the
 * test that waits for it. */
#ifndef POLECAT_TESTS_SUPPORT_PROCESS_H
#define POLECAT_TESTS_SUPPORT_PROCESS_H

#include <sys/types.h>

/*
 * Forks a child that runs body(data) and exits. Returns its pid in the pid namespace of the caller.
 */
pid_t process_start(void (*body)(void *data), void *data);

/* Waits for the child's end. Fails unless the child exited with status 0. */
void process_wait(pid_t pid);

/* Calls process_start and process_wait. Returns the pid of the child. */
pid_t process_run(void (*body)(void *data), void *data);

/* Moves this process to the cgroup whose folder has this path. */
void process_enter_cgroup(const char *path);

/* A channel for synchronising two processes, close-on-exec. Create it before the fork. One process
 * uses side 0, the other side 1. */
struct process_line {
	int ends[2];
};

void process_line_open(struct process_line *line);
void process_line_close(struct process_line *line);
void process_notify(const struct process_line *line, int side);
/* Waits for process_notify from the other side. Fails if the other process ends instead. */
void process_listen(const struct process_line *line, int side);

#endif
