/* SPDX-License-Identifier: Apache-2.0 */
/* Signals arrive as data, in the loop, through a signalfd: no handler runs between two instructions
 * of anything. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tui/session/session_internal.h"

/* How long output that nobody reads may still keep the program, once it was told to end while it
 * waited. */
#define END_TIMEOUT_MS 1000

/* SIGHUP that is ignored at the start stays so: nohup(1). */
static bool hangup_is_ignored(void)
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
	if (!hangup_is_ignored())
		sigaddset(&set, SIGHUP);
	/* Without a handler the terminal's stop key works as in any program. */
	if (session->handlers.signal) {
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGCONT);
	}
	int error = pthread_sigmask(SIG_BLOCK, &set, &session->old_mask);
	if (error)
		return -error;
	session->mask_is_set = true;

	/* Whoever reads our output may leave: that is told by EPIPE, where it can be acted on. */
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

void session_signals_close(struct session *session)
{
	/* Signals that came twice were meant once. */
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
		/* An error on the descriptor is for write(2) to tell. */
		if (ready > 0 && polled[0].revents)
			return 0;
		if (ready > 0 && session_signals_read(session)) {
			session->ending = true;
			polled[1].fd = -1;
		}
	}
}
