/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* Silence after which an Escape is a key of its own, and not the start of a key sequence. */
#define ESCAPE_DELAY_MS 25

/* Signals that end a process at once: its own faults, and Ctrl-\. */
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,
				    SIGSYS,  SIGTRAP, SIGQUIT, SIGXCPU, SIGXFSZ};
#define CRASH_SIGNAL_COUNT (sizeof(crash_signals) / sizeof(*crash_signals))

/* Strings that restore the terminal after a crash. They are prepared early, because a signal
 * handler may call only write(2) and tcsetattr(3). */
static struct {
	FILE *input; /* not NULL: /dev/tty, because standard input is something else */
	SCREEN *screen;
	bool active; /* curses has the terminal */
	struct termios before;
	bool before_known;
	int input_fd;
	char reset[512];
	size_t reset_length;
	struct sigaction previous[CRASH_SIGNAL_COUNT];
} terminal = {.input_fd = -1};

static int screen_reset_byte(int byte)
{
	if (terminal.reset_length < sizeof(terminal.reset))
		terminal.reset[terminal.reset_length++] = (char)byte;
	return byte;
}

static const char *screen_capability(const char *name)
{
	char text[16];
	const char *value;

	snprintf(text, sizeof(text), "%s", name);
	value = tigetstr(text);
	/* (char *)-1: not a string capability; NULL: this terminal has none. */
	return value != (const char *)-1 ? value : NULL;
}

static void screen_prepare_reset(void)
{
	static const char mouse_off[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1006l";
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};

	terminal.reset_length = 0;
	/* Curses has xterm's mouse protocol where the terminal has this key, and nowhere else. */
	if (screen_capability("kmous")) {
		for (const char *byte = mouse_off; *byte; byte++)
			screen_reset_byte(*byte);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = screen_capability(names[i]);

		if (value)
			tputs(value, 1, screen_reset_byte);
	}
}

static void screen_on_crash(int signal_number)
{
	if (terminal.active) {
		ssize_t ignored = write(STDOUT_FILENO, terminal.reset, terminal.reset_length);

		(void)ignored;
		if (terminal.before_known)
			tcsetattr(terminal.input_fd, TCSANOW, &terminal.before);
		terminal.active = false;
	}
	for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++) {
		if (crash_signals[i] == signal_number)
			sigaction(signal_number, &terminal.previous[i], NULL);
	}
	/* Delivered when this handler returns: the process dies of what it would have died of. */
	raise(signal_number);
}

static void screen_watch_crashes(void)
{
	/* A stack overflow leaves no stack to restore the terminal on. */
	static char stack_memory[64 * 1024];
	const stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
	struct sigaction action = {.sa_handler = screen_on_crash, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
		sigaction(crash_signals[i], &action, &terminal.previous[i]);
}

static void screen_ignore_crashes(void)
{
	for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
		sigaction(crash_signals[i], &terminal.previous[i], NULL);
}

int screen_check(char message[SCREEN_MESSAGE_SIZE])
{
	const char *term = getenv("TERM");
	bool movable;
	int found = 0;

	if (!isatty(STDOUT_FILENO)) {
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "the dashboard needs a terminal, and standard output is none: use "
			 "`polecat trace`");
		return -ENOTTY;
	}
	if (!term || !*term) {
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "TERM is not set: set it to what your terminal is (TERM=xterm-256color), "
			 "or use "
			 "`polecat trace`");
		return -ENOENT;
	}
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK) {
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "TERM=%.64s is not in this machine's terminal database: set TERM to a "
			 "known one "
			 "(TERM=xterm-256color), or use `polecat trace`",
			 term);
		return -ENOENT;
	}
	movable = cursor_address != NULL;
	/* Curses reads the description again when it starts. */
	del_curterm(cur_term);
	if (!movable) {
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "TERM=%.64s is a terminal that cannot be drawn on: set TERM to what yours "
			 "is "
			 "(TERM=xterm-256color), or use `polecat trace`",
			 term);
		return -ENOTSUP;
	}
	return 0;
}

/* Keys come from the terminal also when records come from standard input. */
static int screen_open_input(void)
{
	int fd;

	if (isatty(STDIN_FILENO)) {
		terminal.input_fd = STDIN_FILENO;
		return 0;
	}
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	terminal.input = fdopen(fd, "r+");
	if (!terminal.input) {
		close(fd);
		return -ENOMEM;
	}
	terminal.input_fd = fd;
	return 0;
}

static void screen_set_modes(void)
{
	struct termios modes;

	cbreak();
	noecho();
	nonl();
	/* Ctrl-S exports; without this the terminal's driver would stop the output instead. */
	if (tcgetattr(terminal.input_fd, &modes) == 0) {
		modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
		tcsetattr(terminal.input_fd, TCSANOW, &modes);
	}
	def_prog_mode();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	/* The dashboard recognises double clicks. Curses would delay the first press to wait for
	 * a second one. */
	mouseinterval(0);
}

int screen_start(char message[SCREEN_MESSAGE_SIZE])
{
	int err = screen_open_input();

	if (err) {
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "no terminal to read keys from: standard input is none, and /dev/tty: %s",
			 strerror(-err));
		return err;
	}
	terminal.before_known = tcgetattr(terminal.input_fd, &terminal.before) == 0;
	screen_watch_crashes();
	terminal.screen = newterm(NULL, stdout, terminal.input ? terminal.input : stdin);
	if (!terminal.screen) {
		screen_ignore_crashes();
		snprintf(message, SCREEN_MESSAGE_SIZE,
			 "the terminal could not be set up: use `polecat trace`");
		return -ENOTSUP;
	}
	screen_set_modes();
	screen_prepare_reset();
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	terminal.active = true;
	return 0;
}

static void screen_restore(void)
{
	curs_set(1);
	endwin();
	terminal.active = false;
	if (terminal.before_known)
		tcsetattr(terminal.input_fd, TCSANOW, &terminal.before);
}

void screen_stop(void)
{
	if (!terminal.screen)
		return;
	/* Not active: it was given back already, and another program has it. */
	if (terminal.active) {
		mousemask(0, NULL);
		screen_restore();
	}
	screen_ignore_crashes();
	delscreen(terminal.screen);
	terminal.screen = NULL;
	if (terminal.input)
		fclose(terminal.input);
	terminal.input = NULL;
	terminal.input_fd = -1;
}

int screen_input(void)
{
	return terminal.input_fd;
}

void screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

bool screen_is_ours(void)
{
	return terminal.active;
}

/* The session has these signals blocked, and reads them when it is back in its loop. */
static bool screen_is_stopping(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP) ||
		sigismember(&pending, SIGINT));
}

void screen_suspend(void)
{
	if (!terminal.active)
		return;
	screen_restore();
	/* Continued in the background (`bg`), it may not touch the terminal, and has nothing else
	 * to do. */
	do {
		raise(SIGSTOP);
		if (screen_is_stopping())
			return;
	} while (tcgetpgrp(terminal.input_fd) != getpgrp());
	terminal.active = true;
	screen_resize();
	reset_prog_mode();
	curs_set(0);
	clearok(stdscr, TRUE);
	refresh();
}
