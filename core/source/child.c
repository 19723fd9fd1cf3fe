/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2 */
#include "core/source/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/sandbox/spawner.h"

/*
 * STOP_MS is the time for a child to exit after SIGTERM. STOP_REST_MS is the time for the rest of
 * its process group to exit after the child. STOP_REST_MS is short because in a container without
 * an init no process reaps orphans: they stay in the group as zombies, so the wait takes its full
 * time.
 */
#define STOP_MS      2000
#define STOP_REST_MS 500

/* The interval between two polls for the child's exit starts at FIRST_POLL_MS, and doubles up to
 * LAST_POLL_MS. */
#define FIRST_POLL_MS 2
#define LAST_POLL_MS  200

struct child {
	struct fd_watch watch; /* standard error; the first member, see child_error_readable */
	pid_t pid;             /* also the id of the process group and of the session */
	bool exited;           /* reaped: pid is not valid any more */
	int status;
	int input;                 /* -1: none */
	int output;                /* -1: the caller's */
	uint64_t stop_deadline_ms; /* since child_begin_stop; CLOCK_MONOTONIC; 0: not called */
	char line[CHILD_LAST_LINE_SIZE]; /* the current line of standard error, so far */
	size_t line_length;
	bool line_is_blank;
	uint64_t blank_lines;
	char last_line[CHILD_LAST_LINE_SIZE];
	char line_before[CHILD_LAST_LINE_SIZE]; /* last_line before the last one */
};

static void child_end_line(struct child *child)
{
	if (child->line_length > 0 && !child->line_is_blank) {
		memcpy(child->line_before, child->last_line, sizeof(child->line_before));
		memcpy(child->last_line, child->line, child->line_length);
		child->last_line[child->line_length] = '\0';
	}
	child->line_length = 0;
	child->line_is_blank = true;
}

static void child_add_error_bytes(struct child *child, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char c = bytes[i];
		if (c == '\n' || c == '\0') {
			child->blank_lines += c == '\n' && child->line_is_blank;
			child_end_line(child);
			continue;
		}
		if (c == '\r')
			continue;
		if (c != ' ' && c != '\t')
			child->line_is_blank = false;
		if (child->line_length < sizeof(child->line) - 1)
			child->line[child->line_length++] = c;
	}
}

static void child_error_readable(struct fd_watch *watch)
{
	struct child *child = (struct child *)watch;
	char bytes[4096];
	ssize_t count = read(watch->fd, bytes, sizeof(bytes));

	if (count > 0) {
		child_add_error_bytes(child, bytes, (size_t)count);
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
		child_end_line(child);
		close(watch->fd);
		watch->fd = -1;
	}
}

/* Makes a pipe. Returns 0 or -errno. */
static int child_pipe(int *read_end, int *write_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*read_end = ends[0];
	*write_end = ends[1];
	return 0;
}

/* Opens the other end of standard input. Returns 0 or -errno. */
static int child_open_input(struct child *child, bool has_input, int *end)
{
	if (!has_input) {
		*end = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return *end < 0 ? -errno : 0;
	}
	int error = child_pipe(end, &child->input);
	if (!error && fcntl(child->input, F_SETFL, O_NONBLOCK))
		error = -errno;
	return error;
}

int child_open(const struct child_options *options, struct child **out)
{
	CLEANUP_CLOSE int input = -1;
	CLEANUP_CLOSE int output = -1;
	CLEANUP_CLOSE int errors = -1;
	struct child *child = memory_checked(calloc(1, sizeof(*child)));

	if (!child)
		return -ENOMEM;
	child->watch = (struct fd_watch){.fd = -1, .readable = child_error_readable};
	child->line_is_blank = true;
	child->exited = true;
	child->input = -1;
	child->output = -1;
	int error = child_open_input(child, options->has_input, &input);
	if (!error && !options->has_output)
		error = child_pipe(&child->output, &output);
	if (!error)
		error = child_pipe(&child->watch.fd, &errors);
	const struct spawn_request request = {
		.arguments = options->arguments,
		.variables = options->variables,
		.streams = {input, options->has_output ? options->output : output, errors},
		.own_session = true,
	};
	if (!error)
		error = spawner_spawn(&request, &child->pid);
	if (error) {
		child_free(child);
		return error;
	}
	child->exited = false;
	*out = child;
	return 0;
}

int child_start_program(const char *const *arguments, const char *const *variables,
			struct child **out)
{
	const struct child_options options = {.arguments = arguments, .variables = variables};

	return child_open(&options, out);
}

int child_start(const char *command, struct child **out)
{
	const char *const arguments[] = {"/bin/sh", "-c", command, NULL};

	return child_start_program(arguments, NULL, out);
}

/* Returns true if the child has exited. Leaves the child a zombie, so that the kernel does not
 * reuse the id of its process group. */
static bool child_has_exited(const struct child *child)
{
	siginfo_t info = {0};

	return child->exited ||
	       (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == child->pid);
}

static void child_reap(struct child *child)
{
	if (child->exited)
		return;
	while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		;
	child->exited = true;
}

/*
 * Sleeps for up to `ms`, and reads the child's standard error. Returns false if stop_fd (-1: none)
 * is readable.
 */
static bool child_pass_time(struct child *child, int stop_fd, int ms)
{
	struct pollfd polled[2] = {
		{.fd = stop_fd, .events = POLLIN},
		{.fd = child->watch.fd, .events = POLLIN},
	};

	if (poll(polled, 2, ms) <= 0)
		return true;
	if (polled[1].revents)
		child_error_readable(&child->watch);
	return !polled[0].revents;
}

/* Reads the rest of standard error without waiting. */
static void child_drain_errors(struct child *child)
{
	while (child->watch.fd >= 0) {
		struct pollfd polled = {.fd = child->watch.fd, .events = POLLIN};
		if (poll(&polled, 1, 0) <= 0)
			break;
		child_error_readable(&child->watch);
	}
	child_end_line(child);
}

int child_poll_exit(struct child *child, int *status)
{
	if (!child_has_exited(child))
		return -EAGAIN;
	child_drain_errors(child);
	child_reap(child);
	*status = child->status;
	return 0;
}

int child_wait(struct child *child, int stop_fd, uint64_t deadline_ns, int *status)
{
	int poll_ms = FIRST_POLL_MS;

	while (child_poll_exit(child, status)) {
		if (!child_pass_time(child, stop_fd, poll_ms))
			return -ECANCELED;
		if (clock_monotonic_ns() >= deadline_ns)
			return -ETIMEDOUT;
		poll_ms = poll_ms * 2 < LAST_POLL_MS ? poll_ms * 2 : LAST_POLL_MS;
	}
	return 0;
}

/* Returns true if the child's process group is empty. Reaps the child first, since a zombie counts
 * as a member. The kernel does not reuse the group's id while the group has members. */
static bool child_is_group_gone(struct child *child)
{
	if (child_has_exited(child))
		child_reap(child);
	return child->exited && spawner_kill(child->pid, true, 0) < 0 && errno == ESRCH;
}

void child_begin_stop(struct child *child)
{
	if (child->exited || child->stop_deadline_ms)
		return;
	child->stop_deadline_ms = clock_monotonic_ms() + STOP_MS;
	spawner_kill(child->pid, true, SIGTERM);
}

bool child_poll_stop(struct child *child)
{
	/* The child was reaped, so its group may be that of another process. */
	if (!child->stop_deadline_ms)
		return true;
	if (!child_is_group_gone(child)) {
		uint64_t now = clock_monotonic_ms();
		if (child->exited && child->stop_deadline_ms > now + STOP_REST_MS)
			child->stop_deadline_ms = now + STOP_REST_MS;
		if (now < child->stop_deadline_ms)
			return false;
		spawner_kill(child->pid, true, SIGKILL);
	}
	child_reap(child);
	child->stop_deadline_ms = 0;
	return true;
}

void child_stop(struct child *child)
{
	int poll_ms = FIRST_POLL_MS;

	child_begin_stop(child);
	while (!child_poll_stop(child)) {
		child_pass_time(child, -1, poll_ms);
		poll_ms = poll_ms * 2 < LAST_POLL_MS ? poll_ms * 2 : LAST_POLL_MS;
	}
}

void child_free(struct child *child)
{
	if (!child)
		return;
	child_stop(child);
	child_close_input(child);
	if (child->output >= 0)
		close(child->output);
	if (child->watch.fd >= 0)
		close(child->watch.fd);
	free(child);
}

void child_abandon(struct child *child)
{
	child->exited = true;
	child_free(child);
}

int child_output(const struct child *child)
{
	return child->output;
}

int child_input(const struct child *child)
{
	return child->input;
}

void child_close_input(struct child *child)
{
	if (child->input >= 0)
		close(child->input);
	child->input = -1;
}

struct fd_watch *child_watch(struct child *child)
{
	return &child->watch;
}

uint64_t child_blank_lines(const struct child *child)
{
	return child->blank_lines;
}

const char *child_line_before(const struct child *child)
{
	return child->line_before;
}

const char *child_last_line(const struct child *child)
{
	return child->last_line;
}
