/* SPDX-License-Identifier: Apache-2.0 */
/* Reads signals from a signalfd in the loop, so that no asynchronous handler runs. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tui/session/session_internal.h"

/* Longest wait for a reader of the output after a signal to end. */
#define END_TIMEOUT_MS 1000

/* Returns true if SIGHUP was ignored at the start, as under nohup(1). polecat then leaves it
 * ignored. */
static bool session_hangup_is_ignored(void)
{
	struct sigaction action;
	return sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int session_signals_open(struct session *session)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!session_hangup_is_ignored())
		sigaddset(&set, SIGHUP);
	/* Without a handler, SIGTSTP keeps its default action. */
	if (session->handlers.signal) {
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
	}
	int error = pthread_sigmask(SIG_BLOCK, &set, &session->old_mask);
	if (error)
		return -error;
	session->mask_is_set = true;

	/* Ignore SIGPIPE: if the reader closes the pipe, write(2) returns EPIPE. */
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &ignore, &session->old_pipe_action);

	session->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return session->signal_fd < 0 ? -errno : 0;
}

bool session_signals_read(struct session *session)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(session->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGINT:
			if (session->ignores_interrupts)
				break;
			/* fall through */
		case SIGTERM:
		case SIGHUP:
			end = true;
			session_finish(session, 0);
			break;
		default:
			if (session->handlers.signal)
				session->handlers.signal(session->data, (int)info.ssi_signo);
		}
	}
	return end;
}

void session_ignore_interrupts(struct session *session, bool ignored)
{
	session->ignores_interrupts = ignored;
}

void session_signals_close(struct session *session)
{
	/* Discard pending signals. Otherwise unblocking would deliver a second Ctrl-C. */
	if (session->signal_fd >= 0) {
		struct signalfd_siginfo info;
		while (read(session->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			;
		close(session->signal_fd);
		session->signal_fd = -1;
	}
	if (session->mask_is_set) {
		sigaction(SIGPIPE, &session->old_pipe_action, NULL);
		pthread_sigmask(SIG_SETMASK, &session->old_mask, NULL);
		session->mask_is_set = false;
	}
}

int session_wait_writable(struct session *session, int fd)
{
	struct pollfd polled[] = {
		{.fd = fd, .events = POLLOUT},
		{.fd = session->signal_fd, .events = POLLIN},
	};

	for (;;) {
		int ready = poll(polled, 2, session->ending ? END_TIMEOUT_MS : -1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -EINTR;
		/* Return 0 for an error as well: the caller's write(2) reports it. */
		if (ready > 0 && polled[0].revents)
			return 0;
		if (ready > 0 && session_signals_read(session)) {
			session->ending = true;
			polled[1].fd = -1;
		}
	}
}
