/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* execvpe, dup3, CLONE_PARENT */
#include "core/sandbox/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/base/socket_message.h"
#include "core/sandbox/capabilities.h"

enum spawner_operation {
	SPAWNER_SPAWN,
	SPAWNER_KILL,
};

/* A request. For SPAWNER_SPAWN, the three descriptors come with it, and `bytes` bytes follow it:
 * the arguments and the variables, each with its NUL. */
struct spawner_request {
	uint32_t operation;
	uint32_t arguments;
	uint32_t variables;
	uint32_t bytes;
	uint32_t own_session;
	/* SPAWNER_KILL */
	int32_t pid;
	uint32_t group;
	int32_t signal_number;
};

struct spawner_reply {
	int32_t error; /* -errno, or 0 */
	int32_t pid;   /* SPAWNER_SPAWN: the process, which polecat reaps even after an error */
};

static struct {
	pthread_mutex_t lock; /* one request at a time */
	int socket;           /* -1: no spawner */
	pid_t pid;
	char *const *environment; /* NULL: that of this process */
} spawner = {.lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1};

/* --- starting a program, in either process --- */

/* A program that is ready to start. */
struct spawner_program {
	char **arguments;
	char **environment;
	int streams[3];
	bool own_session;
};

/*
 * Runs in the new process, which shares no memory with its parent, but may have been forked from a
 * process with threads: calls only functions that are safe there. Does not return.
 */
static void spawner_execute(const struct spawner_program *program, int errors)
	__attribute__((noreturn));
static void spawner_execute(const struct spawner_program *program, int errors)
{
	static const int reset[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGTERM,  SIGUSR1, SIGUSR2,
				    SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGALRM};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LENGTH(reset); i++)
		signal(reset[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (program->own_session)
		setsid();
	/* The streams are above 2, so that no dup2 closes the next one. */
	for (int i = 0; i < 3; i++)
		dup2(program->streams[i], i);
	/* Libraries open descriptors that children inherit. `errors` has FD_CLOEXEC. */
	int kept = fcntl(errors, F_DUPFD_CLOEXEC, 3);
	if (dup3(kept, 3, O_CLOEXEC) == 3 || kept == 3)
		syscall(SYS_close_range, 4, ~0u, 0);
	execvpe(program->arguments[0], program->arguments, program->environment);
	int32_t error = -errno;
	ssize_t written = write(3, &error, sizeof(error));
	(void)written;
	_exit(127);
}

/* Waits until the new process executes its program, or reports why it cannot. */
static int spawner_read_error(int fd)
{
	int32_t error = 0;
	ssize_t got;

	do {
		got = read(fd, &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(error) ? error : 0;
}

/* Starts a program as a child of this process, or with the flag CLONE_PARENT of its parent. Returns
 * 0 or -errno. *pid is the new process, also if its program cannot be executed; 0: none. */
static int spawner_launch(const struct spawner_program *program, unsigned long flags, pid_t *pid)
{
	int ends[2];

	*pid = 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	/* fork(3) prepares the C library in a process with threads. */
	pid_t child =
		flags ? (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL) : fork();
	if (child == 0)
		spawner_execute(program, ends[1]);
	int error = child < 0 ? -errno : 0;
	close(ends[1]);
	if (!error) {
		*pid = child;
		error = spawner_read_error(ends[0]);
	}
	close(ends[0]);
	return error;
}

static bool spawner_is_same_variable(const char *variable, const char *other)
{
	size_t length = strcspn(variable, "=");

	return strncmp(variable, other, length + 1) == 0;
}

/* Returns the environment with the added variables: an array to be freed, without its texts. */
static char **spawner_merge(char *const *environment, char *const *added, size_t added_count)
{
	size_t own = 0;
	size_t count = 0;

	while (environment[own])
		own++;
	char **merged = memory_checked(calloc(own + added_count + 1, sizeof(*merged)));
	for (size_t i = 0; merged && i < own; i++) {
		bool changed = false;
		for (size_t j = 0; j < added_count && !changed; j++)
			changed = spawner_is_same_variable(environment[i], added[j]);
		if (!changed)
			merged[count++] = environment[i];
	}
	for (size_t i = 0; merged && i < added_count; i++)
		merged[count++] = added[i];
	return merged;
}

/* --- the spawner's process --- */

/* The spawner's own state. */
struct spawner_server {
	int socket;
	pid_t *programs; /* may be signalled: all that were not reaped, and some others */
	size_t count;
	size_t capacity;
};

/* Splits the texts of a request, which end with NUL each. Returns whether there are `count`. */
static bool spawner_split(char *bytes, size_t size, char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strnlen(bytes, size);
		if (length == size)
			return false;
		texts[i] = bytes;
		bytes += length + 1;
		size -= length + 1;
	}
	return size == 0;
}

/* Returns whether polecat has reaped a program, and its process group is empty. */
static bool spawner_is_gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH && kill(-pid, 0) && errno == ESRCH;
}

/* Makes room for one more program, in place of those that are gone if there are any. Returns NULL
 * if out of memory. */
static pid_t *spawner_add_program(struct spawner_server *server)
{
	size_t kept = 0;

	if (server->count == server->capacity) {
		for (size_t i = 0; i < server->count; i++) {
			if (!spawner_is_gone(server->programs[i]))
				server->programs[kept++] = server->programs[i];
		}
		server->count = kept;
	}
	return ARRAY_ADD(server->programs, server->count, server->capacity);
}

static int spawner_serve_spawn(struct spawner_server *server, const struct spawner_request *request,
			       const int streams[3], char *bytes, pid_t *pid)
{
	size_t count = (size_t)request->arguments + request->variables;
	CLEANUP_FREE char **texts = memory_checked(calloc(count + 1, sizeof(*texts)));
	CLEANUP_FREE char **arguments =
		memory_checked(calloc(request->arguments + 1u, sizeof(*arguments)));

	if (!texts || !arguments)
		return -ENOMEM;
	if (request->arguments == 0 || !spawner_split(bytes, request->bytes, texts, count))
		return -EINVAL;
	memcpy(arguments, texts, request->arguments * sizeof(*texts));
	CLEANUP_FREE char **environment =
		spawner_merge(spawner.environment, texts + request->arguments, request->variables);
	if (!environment)
		return -ENOMEM;
	const struct spawner_program program = {
		.arguments = arguments,
		.environment = environment,
		.streams = {streams[0], streams[1], streams[2]},
		.own_session = request->own_session != 0,
	};
	pid_t *place = spawner_add_program(server);
	if (!place)
		return -ENOMEM;
	int error = spawner_launch(&program, CLONE_PARENT, pid);
	if (error)
		server->count--;
	else
		*place = *pid;
	return error;
}

static int spawner_serve_kill(const struct spawner_server *server,
			      const struct spawner_request *request)
{
	for (size_t i = 0; i < server->count; i++) {
		if (server->programs[i] == request->pid)
			return kill(request->group ? -request->pid : request->pid,
				    request->signal_number)
				       ? -errno
				       : 0;
	}
	return -EPERM;
}

/* Serves one request. Returns false if polecat has ended. */
static bool spawner_serve(struct spawner_server *server)
{
	struct spawner_request request;
	struct spawner_reply reply = {.error = -EINVAL};
	int streams[3] = {-1, -1, -1};
	pid_t pid = 0;
	CLEANUP_FREE char *bytes = NULL;

	int got = socket_message_receive(server->socket, &request, sizeof(request), streams, 3);
	if (got < 0)
		return false;
	if (request.operation == SPAWNER_KILL) {
		reply.error = spawner_serve_kill(server, &request);
	} else if (got == 3 && request.bytes <= SPAWNER_BYTES_MAX &&
		   request.arguments <= SPAWNER_TEXTS_MAX &&
		   request.variables <= SPAWNER_TEXTS_MAX) {
		bytes = memory_checked(malloc(request.bytes + 1u));
		if (!bytes || socket_message_receive(server->socket, bytes, request.bytes, NULL, 0))
			return false;
		reply.error = spawner_serve_spawn(server, &request, streams, bytes, &pid);
		/* The variables of a credential plugin may be secrets. */
		explicit_bzero(bytes, request.bytes);
	}
	reply.pid = pid;
	for (size_t i = 0; i < 3; i++) {
		if (streams[i] >= 0)
			close(streams[i]);
	}
	return socket_message_send(server->socket, &reply, sizeof(reply), NULL, 0) == 0;
}

static void spawner_run(int fd)
{
	static struct spawner_server server;
	uint64_t kept = geteuid() == 0 && getuid() == 0 ? CAPABILITY_BIT(CAP_KILL) : 0;

	server.socket = socket_message_isolate("polecat-spawn", fd);
	/* A request with a descriptor 0 to 2 would otherwise get one of them. */
	if (server.socket < 0 || caller_forget() || capabilities_limit(kept))
		_exit(1);
	while (spawner_serve(&server))
		;
}

int spawner_start(char *const *environment)
{
	if (spawner.socket >= 0)
		return 0;
	spawner.environment = environment;
	int fd = socket_message_start(spawner_run, &spawner.pid);
	if (fd < 0)
		return fd;
	spawner.socket = fd;
	return 0;
}

void spawner_end(void)
{
	int fd = spawner.socket;

	if (fd < 0)
		return;
	spawner.socket = -1;
	socket_message_stop(fd, spawner.pid);
}

/* --- requests --- */

static size_t spawner_count(const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

/* Appends texts, each with its NUL, if they fit. Returns the new length. */
static size_t spawner_append(char *bytes, size_t length, const char *const *texts)
{
	for (size_t i = 0; texts && texts[i]; i++) {
		size_t size = strlen(texts[i]) + 1;
		if (bytes && length + size <= SPAWNER_BYTES_MAX)
			memcpy(bytes + length, texts[i], size);
		length += size;
	}
	return length;
}

/* Sends a request and waits for the reply. Returns 0 or -errno. */
static int spawner_ask(const struct spawner_request *request, const int streams[3],
		       const char *bytes, struct spawner_reply *reply)
{
	pthread_mutex_lock(&spawner.lock);
	int error = socket_message_send(spawner.socket, request, sizeof(*request), streams,
					streams ? 3 : 0);
	if (!error && request->bytes > 0)
		error = socket_message_send(spawner.socket, bytes, request->bytes, NULL, 0);
	if (!error)
		error = socket_message_receive(spawner.socket, reply, sizeof(*reply), NULL, 0);
	pthread_mutex_unlock(&spawner.lock);
	/* In the sandbox, polecat cannot fork another spawner. */
	if (error == -EPIPE || error == -ECONNRESET)
		return -EOWNERDEAD;
	return error < 0 ? error : 0;
}

static int spawner_ask_to_spawn(const struct spawn_request *wanted, pid_t *pid)
{
	struct spawner_request request = {
		.operation = SPAWNER_SPAWN,
		.arguments = (uint32_t)spawner_count(wanted->arguments),
		.variables = (uint32_t)spawner_count(wanted->variables),
		.own_session = wanted->own_session,
	};
	struct spawner_reply reply = {0};
	CLEANUP_FREE char *bytes = memory_checked(malloc(SPAWNER_BYTES_MAX));

	if (!bytes)
		return -ENOMEM;
	size_t length = spawner_append(bytes, 0, wanted->arguments);
	length = spawner_append(bytes, length, wanted->variables);
	if (length > SPAWNER_BYTES_MAX || request.arguments > SPAWNER_TEXTS_MAX ||
	    request.variables > SPAWNER_TEXTS_MAX)
		return -E2BIG;
	request.bytes = (uint32_t)length;
	int error = spawner_ask(&request, wanted->streams, bytes, &reply);
	explicit_bzero(bytes, length);
	if (!error)
		error = reply.error;
	*pid = reply.pid;
	return error;
}

/* Returns an array of texts for the functions of exec(3), which do not change them. */
static char **spawner_unchanged(const char *const *texts)
{
	char **out;

	memcpy(&out, &texts, sizeof(out));
	return out;
}

static int spawner_spawn_here(const struct spawn_request *request, pid_t *pid)
{
	CLEANUP_FREE char **environment = spawner_merge(
		spawner.environment ? spawner.environment : environ,
		spawner_unchanged(request->variables), spawner_count(request->variables));
	const struct spawner_program program = {
		.arguments = spawner_unchanged(request->arguments),
		.environment = environment,
		.streams = {request->streams[0], request->streams[1], request->streams[2]},
		.own_session = request->own_session,
	};

	return environment ? spawner_launch(&program, 0, pid) : -ENOMEM;
}

int spawner_spawn(const struct spawn_request *request, pid_t *pid)
{
	struct spawn_request above = *request;
	int error = 0;

	/* dup2 in the new process must not close a stream before its turn. */
	for (size_t i = 0; i < 3; i++) {
		above.streams[i] = fcntl(request->streams[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (above.streams[i] < 0)
			error = -errno;
	}
	*pid = 0;
	if (!error)
		error = spawner.socket >= 0 ? spawner_ask_to_spawn(&above, pid)
					    : spawner_spawn_here(&above, pid);
	for (size_t i = 0; i < 3; i++) {
		if (above.streams[i] >= 0)
			close(above.streams[i]);
	}
	if (error && *pid > 0) {
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return error;
}

const char *spawner_explain(int error)
{
	return error == -EOWNERDEAD ? "the process polecat-spawn, which starts programs, has "
				      "ended: start polecat again"
				    : strerror(-error);
}

int spawner_kill(pid_t pid, bool group, int signal_number)
{
	const struct spawner_request request = {
		.operation = SPAWNER_KILL,
		.pid = pid,
		.group = group,
		.signal_number = signal_number,
	};
	struct spawner_reply reply = {0};

	if (spawner.socket < 0)
		return kill(group ? -pid : pid, signal_number);
	int error = spawner_ask(&request, NULL, NULL, &reply);
	/* If the spawner has died, this process may have the right. */
	if (error)
		return kill(group ? -pid : pid, signal_number);
	errno = -reply.error;
	return reply.error ? -1 : 0;
}
