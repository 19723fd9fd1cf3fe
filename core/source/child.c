/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2, POSIX_SPAWN_SETSID */
#include "core/source/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cleanup.h"

/*
 * How long a child may take to end after SIGTERM, and how long the rest of its group once it has
 * ended. The second is short: where nobody reaps orphans (a container without an init), the dead of
 * a group look like members to the end.
 */
#define STOP_MS      2000
#define STOP_REST_MS 500

/* How often an exit is looked for, which no descriptor announces: soon at first, then seldom. */
#define FIRST_LOOK_MS 2
#define LAST_LOOK_MS  200

struct child {
	struct stream_watch watch; /* standard error; stays first: child_of */
	pid_t pid;                 /* of the child, its process group and its session */
	bool exited;               /* reaped: pid is nobody's */
	int status;
	int output;
	char line[CHILD_LAST_LINE_SIZE]; /* of standard error, so far */
	size_t line_length;
	bool line_is_blank;
	char last_line[CHILD_LAST_LINE_SIZE];
};

static void end_line(struct child *child)
{
	if (child->line_length > 0 && !child->line_is_blank) {
		memcpy(child->last_line, child->line, child->line_length);
		child->last_line[child->line_length] = '\0';
	}
	child->line_length = 0;
	child->line_is_blank = true;
}

static void take_error_bytes(struct child *child, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char c = bytes[i];
		if (c == '\n' || c == '\0') {
			end_line(child);
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

static void error_readable(struct stream_watch *watch)
{
	struct child *child = (struct child *)watch;
	char bytes[4096];
	ssize_t count = read(watch->fd, bytes, sizeof(bytes));

	if (count > 0) {
		take_error_bytes(child, bytes, (size_t)count);
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
		end_line(child);
		close(watch->fd);
		watch->fd = -1;
	}
}

/* Signals as a program expects them at its start: polecat's threads block them all, and it ignores
 * some. */
static int set_signals(posix_spawnattr_t *attributes)
{
	static const int reset[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGTERM,  SIGUSR1, SIGUSR2,
				    SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGALRM};
	sigset_t defaults;
	sigset_t none;

	sigemptyset(&none);
	sigemptyset(&defaults);
	for (size_t i = 0; i < sizeof(reset) / sizeof(reset[0]); i++)
		sigaddset(&defaults, reset[i]);
	int error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setsigdefault(attributes, &defaults);
	if (!error)
		error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
								     POSIX_SPAWN_SETSIGDEF |
								     POSIX_SPAWN_SETSID);
	return error;
}

/* What posix_spawn takes, though it changes nothing of it. */
static char *const *unchanged(const char *const *texts)
{
	char *const *out;

	memcpy(&out, &texts, sizeof(out));
	return out;
}

/* 0 or -errno. */
static int spawn(const char *const *arguments, char *const *environment, int output, int errors,
		 pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto destroy_actions;
	error = set_signals(&attributes);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
							 O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	if (!error)
		error = posix_spawnp(pid, arguments[0], &actions, &attributes, unchanged(arguments),
				     environment);
	posix_spawnattr_destroy(&attributes);
destroy_actions:
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* A pipe whose ends are none of the standard descriptors, which the child's own would overwrite. */
static int make_pipe(int ends[2])
{
	int low[2];
	int error = 0;

	if (pipe2(low, O_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (ends[i] < 0)
			error = -errno;
		close(low[i]);
	}
	return error;
}

static int start(const char *const *arguments, char *const *environment, struct child **out)
{
	CLEANUP_CLOSE int output_in = -1;
	CLEANUP_CLOSE int errors_in = -1;
	int ends[2] = {-1, -1};
	struct child *child = calloc(1, sizeof(*child));

	if (!child)
		return -ENOMEM;
	child->watch = (struct stream_watch){.fd = -1, .readable = error_readable};
	child->line_is_blank = true;
	child->exited = true;
	child->output = -1;
	int error = make_pipe(ends);
	child->output = ends[0];
	output_in = ends[1];
	if (error)
		goto fail;
	ends[0] = ends[1] = -1;
	error = make_pipe(ends);
	child->watch.fd = ends[0];
	errors_in = ends[1];
	if (error)
		goto fail;
	error = spawn(arguments, environment, output_in, errors_in, &child->pid);
	if (error)
		goto fail;
	child->exited = false;
	*out = child;
	return 0;

fail:
	child_free(child);
	return error;
}

int child_start(const char *command, struct child **out)
{
	const char *const arguments[] = {"/bin/sh", "-c", command, NULL};

	return start(arguments, environ, out);
}

int child_start_program(const char *const *arguments, const char *const *environment,
			struct child **out)
{
	return start(arguments, unchanged(environment), out);
}

/* True once the child has exited. It stays a zombie, which keeps its process group's number from
 * being used again. */
static bool has_exited(const struct child *child)
{
	siginfo_t info = {0};

	return child->exited ||
	       (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		info.si_pid == child->pid);
}

static void reap(struct child *child)
{
	if (child->exited)
		return;
	while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		;
	child->exited = true;
}

/* Sleeps for up to `ms`, taking in standard error. False: stop_fd (may be -1) is readable. */
static bool pass_time(struct child *child, int stop_fd, int ms)
{
	struct pollfd polled[2] = {
		{.fd = stop_fd, .events = POLLIN},
		{.fd = child->watch.fd, .events = POLLIN},
	};

	if (poll(polled, 2, ms) <= 0)
		return true;
	if (polled[1].revents)
		error_readable(&child->watch);
	return !polled[0].revents;
}

/* What the pipe of standard error still holds, when nobody may write to it any more, or it does not
 * matter. */
static void drain_errors(struct child *child)
{
	while (child->watch.fd >= 0) {
		struct pollfd polled = {.fd = child->watch.fd, .events = POLLIN};
		if (poll(&polled, 1, 0) <= 0)
			break;
		error_readable(&child->watch);
	}
	end_line(child);
}

int child_wait(struct child *child, int stop_fd, int *status)
{
	int look_ms = FIRST_LOOK_MS;

	while (!has_exited(child)) {
		if (!pass_time(child, stop_fd, look_ms))
			return -ECANCELED;
		look_ms = look_ms * 2 < LAST_LOOK_MS ? look_ms * 2 : LAST_LOOK_MS;
	}
	drain_errors(child);
	reap(child);
	*status = child->status;
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * True once nobody is left in the child's process group. The child is reaped on the way, since a
 * zombie counts as a member; its number stays taken for as long as there are others.
 */
static bool is_group_gone(struct child *child)
{
	if (has_exited(child))
		reap(child);
	return child->exited && kill(-child->pid, 0) < 0 && errno == ESRCH;
}

void child_stop(struct child *child)
{
	uint64_t deadline = now_ms() + STOP_MS;
	int look_ms = FIRST_LOOK_MS;

	if (child->exited)
		return;
	kill(-child->pid, SIGTERM);
	while (!is_group_gone(child)) {
		uint64_t now = now_ms();
		if (child->exited && deadline > now + STOP_REST_MS)
			deadline = now + STOP_REST_MS;
		if (now >= deadline) {
			kill(-child->pid, SIGKILL);
			break;
		}
		pass_time(child, -1, look_ms);
		look_ms = look_ms * 2 < LAST_LOOK_MS ? look_ms * 2 : LAST_LOOK_MS;
	}
	reap(child);
}

void child_free(struct child *child)
{
	if (!child)
		return;
	child_stop(child);
	if (child->output >= 0)
		close(child->output);
	if (child->watch.fd >= 0)
		close(child->watch.fd);
	free(child);
}

int child_output(const struct child *child)
{
	return child->output;
}

struct stream_watch *child_watch(struct child *child)
{
	return &child->watch;
}

const char *child_last_line(const struct child *child)
{
	return child->last_line;
}
