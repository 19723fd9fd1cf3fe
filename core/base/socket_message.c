/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC, dup3 */
#include "core/base/socket_message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

union socket_message_control {
	struct cmsghdr header; /* for the alignment */
	char bytes[CMSG_SPACE(SOCKET_MESSAGE_FDS_MAX * sizeof(int))];
};

int socket_message_send(int fd, const void *bytes, size_t length, const int *fds, size_t count)
{
	union socket_message_control control = {.bytes = ""};
	const char *at = bytes;
	bool first = true;

	while (length > 0) {
		struct iovec vector = {.iov_len = length};
		struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
		memcpy(&vector.iov_base, &at, sizeof(at));
		if (first && count > 0) {
			message.msg_control = control.bytes;
			message.msg_controllen = CMSG_SPACE(count * sizeof(int));
			control.header.cmsg_level = SOL_SOCKET;
			control.header.cmsg_type = SCM_RIGHTS;
			control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
			memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
		}
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		first = false;
		at += sent;
		length -= (size_t)sent;
	}
	return 0;
}

/* Stores the descriptors of a message, and closes those that do not fit. */
static void socket_message_take(struct msghdr *message, int *fds, size_t count, size_t *taken)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		size_t number = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < number; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof(fd));
			if (*taken < count)
				fds[(*taken)++] = fd;
			else
				close(fd);
		}
	}
}

int socket_message_receive(int fd, void *bytes, size_t length, int *fds, size_t count)
{
	union socket_message_control control = {.bytes = ""};
	char *at = bytes;
	size_t taken = 0;
	int error = 0;

	while (length > 0 && !error) {
		struct iovec vector = {.iov_base = at, .iov_len = length};
		struct msghdr message = {.msg_iov = &vector,
					 .msg_iovlen = 1,
					 .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes)};
		ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error = got < 0 ? -errno : -EPIPE;
			break;
		}
		socket_message_take(&message, fds, count, &taken);
		at += got;
		length -= (size_t)got;
	}
	while (error && taken > 0) {
		close(fds[--taken]);
		fds[taken] = -1;
	}
	return error ? error : (int)taken;
}

int socket_message_start(void (*serve)(int fd), pid_t *pid)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	*pid = fork();
	if (*pid == 0) {
		serve(ends[1]);
		_exit(0);
	}
	int error = *pid < 0 ? -errno : 0;
	close(ends[1]);
	if (error)
		close(ends[0]);
	return error ? error : ends[0];
}

void socket_message_stop(int fd, pid_t pid)
{
	close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int socket_message_isolate(const char *name, int fd)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 2);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (kept < 0 || null < 0)
		return -errno;
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (dup2(null, i) < 0)
			return -errno;
	if (dup3(kept, STDERR_FILENO + 1, O_CLOEXEC) < 0)
		return -errno;
	syscall(SYS_close_range, STDERR_FILENO + 2, ~0u, 0);
	return STDERR_FILENO + 1;
}
