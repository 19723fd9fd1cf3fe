/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/wait_limit.h"

pid_t process_start(void (*body)(void *data), void *data)
{
	fflush(NULL);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* A failed assertion must abort the child. Otherwise the child would run the next
		 * test. */
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		alarm(4 * (unsigned int)wait_limit_ms() / 1000);
		body(data);
		_exit(0);
	}
	return pid;
}

void process_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) != pid)
		assert_int_equal(errno, EINTR);
	if (status != 0)
		fail_msg("a child process failed: wait status 0x%x", (unsigned int)status);
}

pid_t process_run(void (*body)(void *data), void *data)
{
	pid_t pid = process_start(body, data);

	process_wait(pid);
	return pid;
}

void process_enter_cgroup(const char *path)
{
	char procs[PATH_MAX + 16];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0", 1), 1);
	close(fd);
}

void process_line_open(struct process_line *line)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line->ends), 0);
}

void process_line_close(struct process_line *line)
{
	close(line->ends[0]);
	close(line->ends[1]);
}

void process_notify(const struct process_line *line, int side)
{
	assert_int_equal(send(line->ends[side], "x", 1, MSG_NOSIGNAL), 1);
}

void process_listen(const struct process_line *line, int side)
{
	struct pollfd readable = {.fd = line->ends[side], .events = POLLIN};
	char byte;

	assert_int_equal(poll(&readable, 1, 2 * wait_limit_ms()), 1);
	assert_int_equal(read(line->ends[side], &byte, 1), 1);
}
