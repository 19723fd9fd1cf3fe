/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --heartbeat: the reader of the output shows by bytes on standard input that it is there. The
 * session ends when the input ends, or when no byte came for the time of the option. `kubectl exec`
 * leaves the remote process running when its client dies or its connection is lost, so an agent
 * must notice that itself.
 *
 * Each read of such bytes is answered by an empty line on standard error, so that the reader knows
 * that the agent is there even if no record comes.
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tui/options/options.h"
#include "tui/session/session_internal.h"

/* Answers with an empty line, unless nobody reads standard error. */
static void session_heartbeat_answer(void)
{
	struct pollfd polled = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&polled, 1, 0) != 1 || polled.revents != POLLOUT)
		return;
	ssize_t written = write(STDERR_FILENO, "\n", 1);
	(void)written; /* without an answer, the reader ends this process */
}

int session_heartbeat_start(struct session *session)
{
	uint64_t heartbeat_ns = session->options->heartbeat_ns;

	if (!heartbeat_ns)
		return 0;
	int error = session_poll_descriptor(session, STDIN_FILENO, SESSION_TAG_HEARTBEAT);
	if (!error)
		error = session_poll_descriptor(session, session->heartbeat_fd,
						SESSION_TAG_HEARTBEAT_LATE);
	if (!error)
		error = session_set_timer(session->heartbeat_fd, heartbeat_ns);
	/* A regular file and /dev/null cannot be polled: no heartbeat comes from them. */
	if (error == -EPERM) {
		session_finish(session, 0);
		return 0;
	}
	return error;
}

void session_heartbeat_read(struct session *session)
{
	char bytes[512];
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		session_finish(session, 0);
		return;
	}
	session_heartbeat_answer();
	if (session_set_timer(session->heartbeat_fd, session->options->heartbeat_ns))
		session_finish(session, 3);
}

void session_heartbeat_late(struct session *session)
{
	options_report(session->options, 0, "no heartbeat came in time, so nobody reads this");
	session_finish(session, 0);
}
