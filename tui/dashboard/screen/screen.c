/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/array.h"
#include "tui/dashboard/screen/key_input.h"

/* Signals that end the process without a clean exit: faults, exceeded limits, and Ctrl-\. */
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,
				    SIGSYS,  SIGTRAP, SIGQUIT, SIGXCPU, SIGXFSZ};

/* The state of the terminal. `before` and `reset` restore the terminal after a crash. They are set
 * in advance, because a signal handler may call write(2) and tcsetattr(3), but not curses. */
static struct {
	FILE *input; /* /dev/tty; NULL: standard input is the terminal */
	SCREEN *screen;
	bool active; /* curses controls the terminal */
	struct termios before;
	bool before_known;
	int input_fd;
	char reset[512];
	size_t reset_length;
	struct sigaction previous[ARRAY_LENGTH(crash_signals)];
} terminal = {.input_fd = -1};

static int screen_reset_byte(int byte)
{
	if (terminal.reset_length < sizeof(terminal.reset))
		terminal.reset[terminal.reset_length++] = (char)byte;
	return byte;
}

/* Returns the text of a capability. Returns NULL if the terminal lacks it. */
static const char *screen_capability(const char *name)
{
	char text[16];
	const char *value;

	snprintf(text, sizeof(text), "%s", name);
	value = tigetstr(text);
	return value != (const char *)-1 ? value : NULL;
}

/* Returns true if the terminal is like xterm: it has a mouse and private modes. */
static bool screen_is_xterm(void)
{
	return screen_capability("kmous") != NULL;
}

/* Makes the terminal mark pastes, or not. */
static void screen_mark_pastes(bool on)
{
	if (!screen_is_xterm())
		return;
	fputs(on ? KEY_INPUT_PASTE_ON : KEY_INPUT_PASTE_OFF, stdout);
	fflush(stdout);
}

static void screen_prepare_reset(void)
{
	static const char modes_off[] =
		"\033[?1000l\033[?1002l\033[?1003l\033[?1006l" KEY_INPUT_PASTE_OFF;
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};

	terminal.reset_length = 0;
	/* On such a terminal, curses turns on xterm's mouse protocol, too. */
	if (screen_is_xterm()) {
		for (const char *byte = modes_off; *byte; byte++)
			screen_reset_byte(*byte);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
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
	for (size_t i = 0; i < ARRAY_LENGTH(crash_signals); i++) {
		if (crash_signals[i] == signal_number)
			sigaction(signal_number, &terminal.previous[i], NULL);
	}
	/* The kernel delivers this signal when the handler returns. The signal then ends the
	 * process, because the previous action is restored. */
	raise(signal_number);
}

static void screen_watch_crashes(void)
{
	/* After a stack overflow, the handler needs a stack of its own. */
	static char stack_memory[64 * 1024];
	const stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
	struct sigaction action = {.sa_handler = screen_on_crash, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LENGTH(crash_signals); i++)
		sigaction(crash_signals[i], &action, &terminal.previous[i]);
}

static void screen_ignore_crashes(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(crash_signals); i++)
		sigaction(crash_signals[i], &terminal.previous[i], NULL);
}

/* Writes the reason for a failure to `message`, and returns `error`. */
__attribute__((format(printf, 3, 4))) static int screen_fail(char message[SCREEN_MESSAGE_SIZE],
							     int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, SCREEN_MESSAGE_SIZE, format, arguments);
	va_end(arguments);
	return error;
}

int screen_check(char message[SCREEN_MESSAGE_SIZE])
{
	const char *term = getenv("TERM");
	bool movable;
	int found = 0;

	if (!isatty(STDOUT_FILENO))
		return screen_fail(message, -ENOTTY,
				   "the dashboard needs a terminal, and standard output is none: "
				   "use `polecat trace`");
	if (!term || !*term)
		return screen_fail(message, -ENOENT,
				   "TERM is not set: set it to what your terminal is "
				   "(TERM=xterm-256color), or use `polecat trace`");
	if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
		return screen_fail(message, -ENOENT,
				   "TERM=%.64s is not in this machine's terminal database: set "
				   "TERM to a known one (TERM=xterm-256color), or use `polecat "
				   "trace`",
				   term);
	movable = cursor_address != NULL;
	/* Free the terminal's description. Curses reads it again when it starts. */
	del_curterm(cur_term);
	if (!movable)
		return screen_fail(message, -ENOTSUP,
				   "TERM=%.64s is a terminal that cannot be drawn on: set TERM to "
				   "what yours is (TERM=xterm-256color), or use `polecat trace`",
				   term);
	return 0;
}

/* Opens the terminal for keys, even if records come from standard input. */
static int screen_open_input(void)
{
	if (isatty(STDIN_FILENO)) {
		terminal.input_fd = STDIN_FILENO;
		return 0;
	}
	terminal.input = fopen("/dev/tty", "r+e");
	if (!terminal.input)
		return -errno;
	terminal.input_fd = fileno(terminal.input);
	return 0;
}

static void screen_set_modes(void)
{
	struct termios modes;

	cbreak();
	noecho();
	nonl();
	/* Ctrl-S exports. Without this, the terminal's driver would stop the output instead. */
	if (tcgetattr(terminal.input_fd, &modes) == 0) {
		modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
		tcsetattr(terminal.input_fd, TCSANOW, &modes);
	}
	def_prog_mode();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(SCREEN_ESCAPE_DELAY_MS);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	/* The dashboard recognises double clicks itself, because curses would delay the first press
	 * to wait for a second press. */
	mouseinterval(0);
}

int screen_start(char message[SCREEN_MESSAGE_SIZE])
{
	int err = screen_open_input();

	if (err)
		return screen_fail(message, err,
				   "no terminal to read keys from: standard input is none, and "
				   "/dev/tty: %s",
				   strerror(-err));
	terminal.before_known = tcgetattr(terminal.input_fd, &terminal.before) == 0;
	screen_watch_crashes();
	terminal.screen = newterm(NULL, stdout, terminal.input ? terminal.input : stdin);
	if (!terminal.screen) {
		screen_ignore_crashes();
		return screen_fail(message, -ENOTSUP,
				   "the terminal could not be set up: use `polecat trace`");
	}
	screen_set_modes();
	screen_prepare_reset();
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	screen_mark_pastes(true);
	terminal.active = true;
	return 0;
}

static void screen_restore(void)
{
	screen_mark_pastes(false);
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
	/* If curses is not active, another program uses the terminal: do not touch it. */
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

bool screen_ask_background(void)
{
	static const char question[] = "\033]11;?\033\\";
	const char *term = getenv("TERM");

	if (!terminal.active || !screen_is_xterm() || !term || strncmp(term, "linux", 5) == 0)
		return false;
	fputs(question, stdout);
	return fflush(stdout) == 0;
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

/* Returns true if a signal that ends the session is pending. The session blocks these signals, and
 * reads them when its loop continues. */
static bool screen_is_stopping(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP) ||
		sigismember(&pending, SIGINT));
}

void screen_release(void)
{
	if (terminal.active)
		screen_restore();
}

void screen_reclaim(void)
{
	if (!terminal.screen || terminal.active)
		return;
	terminal.active = true;
	screen_resize();
	reset_prog_mode();
	curs_set(0);
	screen_mark_pastes(true);
	clearok(stdscr, TRUE);
	refresh();
}

void screen_suspend(void)
{
	if (!terminal.active)
		return;
	screen_release();
	/* A process that was continued in the background (`bg`) must not touch the terminal, so
	 * stop again. */
	do {
		raise(SIGSTOP);
		if (screen_is_stopping())
			return;
	} while (tcgetpgrp(terminal.input_fd) != getpgrp());
	screen_reclaim();
}
