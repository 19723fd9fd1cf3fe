/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* SIGSTKFLT */
#include "tui/dashboard/screen/fatal_signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static struct {
	void (*restore)(void);
	bool watched[NSIG];
	struct sigaction previous[NSIG];
} fatal;

/* Returns true if the default action ends the process, and the signal can be caught. */
static bool fatal_signal_ends(int number)
{
	switch (number) {
	case SIGKILL:
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGCONT:
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
	case SIGPIPE:
	/* The session reads these from a signalfd. */
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
		return false;
	default:
		/* The C library uses those between the two groups. */
		return number < 32 || (number >= SIGRTMIN && number <= SIGRTMAX);
	}
}

static void fatal_signal_arrived(int number)
{
	fatal.restore();
	sigaction(number, &fatal.previous[number], NULL);
	/* The kernel delivers this signal when the handler returns. The signal then ends the
	 * process, because the previous action is restored. */
	raise(number);
}

void fatal_signals_watch(void (*restore)(void))
{
	/* After a stack overflow, the handler needs a stack of its own. */
	static char stack_memory[64 * 1024];
	const stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
	struct sigaction action = {.sa_handler = fatal_signal_arrived, .sa_flags = SA_ONSTACK};

	fatal.restore = restore;
	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (int number = 1; number < NSIG; number++) {
		struct sigaction *previous = &fatal.previous[number];
		fatal.watched[number] =
			fatal_signal_ends(number) && sigaction(number, NULL, previous) == 0 &&
			previous->sa_handler != SIG_IGN && sigaction(number, &action, NULL) == 0;
	}
}

void fatal_signals_ignore(void)
{
	for (int number = 1; number < NSIG; number++) {
		if (fatal.watched[number])
			sigaction(number, &fatal.previous[number], NULL);
		fatal.watched[number] = false;
	}
}
