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

/* Runs in the child, so only calls functions that are safe after fork(2) in a process with threads.
 * A shell splits the command into words, as in other programs that run $EDITOR. */
static void editor_run(const char *command, const char *path, int input) __attribute__((noreturn));
static void editor_run(const char *command, const char *path, int input)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	/* If records come from standard input, the editor must read from another descriptor. */
	if (input != STDIN_FILENO)
		dup2(input, STDIN_FILENO);
	/* Libraries open descriptors that children inherit. */
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
	execl("/bin/sh", "sh", "-c", command, "polecat", path, (char *)NULL);
	_exit(127);
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
	editor->pid = fork();
	if (editor->pid == 0)
		editor_run(command, editor->path, input);
	editor->pidfd = editor->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, editor->pid, 0);
	if (editor->pidfd < 0) {
		error = -errno;
		if (editor->pid > 0) {
			kill(editor->pid, SIGTERM);
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

	kill(editor->pid, SIGTERM);
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
	CLEANUP_CLOSE int fd = open(editor->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : file_read_all(fd, TEXT_MAX, text, length);
}
