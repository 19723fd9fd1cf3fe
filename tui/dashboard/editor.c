/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* mkostemps */
#include "tui/dashboard/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/sandbox/spawner.h"

/* The largest text that is read back, in bytes. */
#define TEXT_MAX     (64u << 20)
#define COMMAND_SIZE 1024

/* The time to wait for an editor that was asked to end. */
#define END_TIMEOUT_MS 1000

static const char *editor_command(void)
{
	const char *names[] = {"VISUAL", "EDITOR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *command = getenv(names[i]);
		if (command && *command)
			return command;
	}
	return "vi";
}

static int editor_write_file(struct editor *editor, const char *text, size_t length)
{
	const char *folder = getenv("TMPDIR");

	snprintf(editor->path, sizeof(editor->path), "%.400s/polecat-XXXXXX.yaml",
		 folder && *folder ? folder : "/tmp");
	CLEANUP_CLOSE int fd = mkostemps(editor->path, (int)strlen(".yaml"), O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = file_write_all(fd, text, length);
	if (error)
		unlink(editor->path);
	return error;
}

int editor_start(struct editor *editor, int input, const char *text, size_t length)
{
	int error = editor_write_file(editor, text, length);
	char command[COMMAND_SIZE];

	if (error)
		return error;
	/* `exec` replaces the shell. Otherwise, Ctrl-C would end the shell while it waits for the
	 * editor. */
	snprintf(command, sizeof(command), "exec %.1000s \"$@\"", editor_command());
	/* If the editor lets the terminal turn Ctrl-\ into SIGQUIT, the terminal sends the signal
	 * to polecat, too. */
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGQUIT, &ignore, &editor->old_quit_action);
	/* A shell splits the command into words, as in other programs that run $EDITOR. */
	const char *const arguments[] = {"/bin/sh", "-c", command, "polecat", editor->path, NULL};
	const struct spawn_request request = {
		.arguments = arguments,
		/* If records come from standard input, the editor reads another descriptor. */
		.streams = {input, STDOUT_FILENO, STDERR_FILENO},
	};
	error = spawner_spawn(&request, &editor->pid);
	editor->pidfd = error ? -1 : (int)syscall(SYS_pidfd_open, editor->pid, 0);
	if (editor->pidfd < 0) {
		if (!error) {
			error = -errno;
			spawner_kill(editor->pid, false, SIGTERM);
			waitpid(editor->pid, NULL, 0);
		}
		sigaction(SIGQUIT, &editor->old_quit_action, NULL);
		unlink(editor->path);
		return error;
	}
	fcntl(editor->pidfd, F_SETFD, FD_CLOEXEC);
	editor->running = true;
	return 0;
}

/* Undoes the preparations of editor_start. */
static void editor_release(struct editor *editor)
{
	close(editor->pidfd);
	sigaction(SIGQUIT, &editor->old_quit_action, NULL);
	editor->running = false;
}

void editor_end(struct editor *editor)
{
	if (!editor->running)
		return;
	struct pollfd ended = {.fd = editor->pidfd, .events = POLLIN};

	spawner_kill(editor->pid, false, SIGTERM);
	if (poll(&ended, 1, END_TIMEOUT_MS) > 0)
		waitpid(editor->pid, NULL, 0);
	editor_release(editor);
}

int editor_finish(struct editor *editor, char **text, size_t *length)
{
	int status = 0;

	editor_release(editor);
	while (waitpid(editor->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -ECANCELED;
	CLEANUP_CLOSE int fd = file_open(editor->path, O_RDONLY | O_NONBLOCK);
	return fd < 0 ? -errno : file_read_all(fd, TEXT_MAX, text, length);
}
