/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/support/terminal_shell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void set_environment(const struct terminal_options *options)
{
	/* Variables that would make the screen depend on the environment of the tests. */
	static const char *const unset[] = {
		"LC_ALL",
		"LC_CTYPE",
		"LC_MESSAGES",
		"LC_NUMERIC",
		"LC_TIME",
		"LC_COLLATE",
		"LANGUAGE",
		"LINES",
		"COLUMNS",
		"COLORTERM",
		"COLORFGBG",
		"POLECAT_THEME",
		"NO_COLOR",
		"TERMINFO",
		"TMUX",
		"STY",
		"ESCDELAY",
		"TERM_PROGRAM",
		"KUBECONFIG",
		"KUBERNETES_SERVICE_HOST",
		"CONTAINER_RUNTIME_ENDPOINT",
		"DOCKER_HOST",
		"NODE_NAME",
	};

	char settings[4096];

	for (size_t i = 0; i < sizeof(unset) / sizeof(*unset); i++)
		unsetenv(unset[i]);
	setenv("TERM", options->term ? options->term : "xterm-256color", 1);
	/* Settings are saved in the test's folder. Without one, they cannot be saved: not even root
	 * can make a folder below a file. */
	snprintf(settings, sizeof(settings), "%s/settings",
		 options->directory ? options->directory : "/dev/null");
	setenv("XDG_CONFIG_HOME", settings, 1);
	setenv("LANG", options->language ? options->language : "C.UTF-8", 1);
	for (size_t i = 0; options->environment && options->environment[i]; i++) {
		const char *setting = options->environment[i];
		const char *equals = strchr(setting, '=');

		if (equals) {
			char *name = strndup(setting, (size_t)(equals - setting));

			if (name)
				setenv(name, equals + 1, 1);
			free(name);
		} else {
			unsetenv(setting);
		}
	}
}

static void __attribute__((noreturn)) run_program(const struct terminal_options *options, int slave)
{
	sigset_t none;
	struct sigaction hangup;

	setpgid(0, 0);
	tcsetpgrp(slave, getpid());
	sigaction(SIGHUP, NULL, &hangup);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	/* If a test ignores SIGHUP, the program must ignore it, too. */
	sigaction(SIGHUP, &hangup, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	dup2(options->standard_input > 0 ? options->standard_input : slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(options->standard_error > 0 ? options->standard_error : slave, STDERR_FILENO);
	/* The test's own descriptors (such as pipes to the program) must not stay open in the
	 * program. */
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);

	set_environment(options);
	if (options->directory && chdir(options->directory) < 0)
		_exit(126);
	execvp(options->argv[0], (char *const *)(uintptr_t)options->argv);
	_exit(127);
}

static void report_event(int socket, enum terminal_shell_event_kind kind, pid_t pid, int status)
{
	struct terminal_shell_event event = {.kind = kind, .pid = pid, .status = status};

	send(socket, &event, sizeof(event), MSG_NOSIGNAL);
}

/* Returns true if the program has ended. */
static bool reap(pid_t program, int slave, int socket)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(program, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (WIFSTOPPED(status)) {
			tcsetpgrp(slave, getpgrp());
			report_event(socket, TERMINAL_SHELL_STOPPED, program, status);
		} else if (WIFCONTINUED(status)) {
			report_event(socket, TERMINAL_SHELL_CONTINUED, program, status);
		} else {
			tcsetpgrp(slave, getpgrp());
			report_event(socket, TERMINAL_SHELL_ENDED, program, status);
			return true;
		}
	}
	return pid < 0;
}

static void control_jobs(pid_t program, int slave, int socket, int signals)
{
	struct pollfd fds[] = {
		{.fd = signals, .events = POLLIN},
		{.fd = socket, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			struct signalfd_siginfo info = {0};

			if (read(signals, &info, sizeof(info)) < 0 && errno != EAGAIN)
				return;
			/* When a window closes, the kernel sends SIGHUP only to the session's
			 * leader. The leader passes it on to its jobs. */
			if (info.ssi_signo == SIGHUP) {
				kill(-program, SIGHUP);
				kill(-program, SIGCONT);
			}
			if (reap(program, slave, socket))
				return;
		}
		if (fds[1].revents) {
			char command;

			if (read(socket, &command, 1) != 1) { /* the test has ended */
				kill(-program, SIGKILL);
				kill(program, SIGKILL);
				waitpid(program, NULL, 0);
				return;
			}
			tcsetpgrp(slave, program);
			kill(-program, SIGCONT);
		}
	}
}

static void __attribute__((noreturn))
run_shell(const struct terminal_options *options, int slave, int socket)
{
	sigset_t heard;
	int signals;
	int executed[2];
	char none;
	pid_t program;

	/* Ignore the signals that keys send to jobs: the shell must not stop or end. */
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigemptyset(&heard);
	sigaddset(&heard, SIGCHLD);
	sigaddset(&heard, SIGHUP);
	sigprocmask(SIG_BLOCK, &heard, NULL);
	signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);

	setsid();
	if (signals < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		_exit(1);
	if (pipe2(executed, O_CLOEXEC) < 0)
		_exit(1);
	program = fork();
	if (program == 0)
		run_program(options, slave);
	if (program < 0)
		_exit(1);
	/* Wait for the exec. Before the exec, keys and signals would reach a copy of the shell. */
	close(executed[1]);
	while (read(executed[0], &none, 1) < 0 && errno == EINTR)
		;

	/* Keep only the three descriptors that the shell needs, as 0, 1 and 2. If the shell kept
	 * the writing end of a pipe, a test that reads the pipe would not reach the end of file. */
	dup2(slave, 0);
	dup2(socket, 1);
	dup2(signals, 2);
	close_range(3, ~0u, 0);
	report_event(1, TERMINAL_SHELL_STARTED, program, 0);
	control_jobs(program, 0, 1, 2);
	_exit(0);
}

pid_t terminal_shell_start(const struct terminal_options *options, int slave, int *socket)
{
	int pair[2];
	pid_t shell;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	shell = fork();
	if (shell == 0) {
		close(pair[0]);
		run_shell(options, slave, pair[1]);
	}
	close(pair[1]);
	if (shell < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	*socket = pair[0];
	return shell;
}
