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

#include "core/base/cleanup.h"
#include "tui/dashboard/screen/fatal_signals.h"
#include "tui/dashboard/screen/key_input.h"
#include "tui/dashboard/screen/mouse_report.h"
#include "tui/dashboard/screen/screen_output.h"

/* Codes from KEY_MAX on are those of keys that only the terminal's description names. xterm has
 * 74. */
#define EXTENDED_KEYS 256

/* The state of the terminal. `before` and `reset` restore the terminal after a crash. They are set
 * in advance, because a signal handler may call write(2) and tcsetattr(3), but not curses. */
static struct {
	FILE *input; /* /dev/tty; NULL: standard input is the terminal */
	SCREEN *screen;
	bool active;  /* curses controls the terminal */
	FILE *output; /* see screen_output.h */
	struct termios before;
	bool before_known;
	int input_fd;
	struct key_sequences keys;
	char reset[512];
	size_t reset_length;
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

/* Makes the terminal report the mouse and mark pastes, or not. */
static void screen_report_input(bool on)
{
	if (!screen_is_xterm())
		return;
	fputs(on ? MOUSE_REPORT_ON KEY_INPUT_PASTE_ON : MOUSE_REPORT_OFF KEY_INPUT_PASTE_OFF,
	      terminal.output);
	fflush(terminal.output);
}

static void screen_prepare_reset(void)
{
	static const char modes_off[] = MOUSE_REPORT_OFF KEY_INPUT_PASTE_OFF;
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};

	terminal.reset_length = 0;
	if (screen_is_xterm()) {
		for (const char *byte = modes_off; *byte; byte++)
			screen_reset_byte(*byte);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = screen_capability(names[i]);

		if (value)
			tputs(value, 1, screen_reset_byte);
	}
}

/* Runs in a signal handler. */
static void screen_restore_at_once(void)
{
	if (!terminal.active)
		return;
	ssize_t ignored = write(screen_output_fd(), terminal.reset, terminal.reset_length);

	(void)ignored;
	if (terminal.before_known)
		tcsetattr(terminal.input_fd, TCSANOW, &terminal.before);
	terminal.active = false;
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
		return screen_fail(
			message, -ENOTTY,
			"the dashboard needs a terminal, and standard output is not one: "
			"use `polecat trace`");
	if (!term || !*term)
		return screen_fail(message, -ENOENT,
				   "TERM is not set: set it to the type of your terminal "
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
		return screen_fail(
			message, -ENOTSUP,
			"TERM=%.64s is a terminal that cannot be drawn on: set TERM to "
			"the type of yours (TERM=xterm-256color), or use `polecat trace`",
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
	/* Ctrl-S exports. Without this, the terminal's driver would stop the output instead. A read
	 * returns at once if no byte is there. O_NONBLOCK would also affect other programs that
	 * have the terminal open. */
	if (tcgetattr(terminal.input_fd, &modes) == 0) {
		modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
		modes.c_cc[VMIN] = 0;
		modes.c_cc[VTIME] = 0;
		tcsetattr(terminal.input_fd, TCSANOW, &modes);
	}
	def_prog_mode();
	keypad(stdscr, TRUE);
	/* Curses must not look for input while it draws. */
	typeahead(-1);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
}

/* Reads the table of keys that curses has for this terminal. The dashboard decodes the input itself
 * (key_input.h), because curses waits for the rest of a sequence. Without memory, keys may be
 * missing. */
static void screen_read_keys(void)
{
	for (int code = KEY_MIN; code < KEY_MAX + EXTENDED_KEYS; code++) {
		char *bytes;

		if (code == KEY_MOUSE || code == KEY_RESIZE)
			continue;
		for (int i = 0; (bytes = keybound(code, i)) != NULL; i++) {
			key_sequences_add(&terminal.keys, bytes, code);
			free(bytes);
		}
	}
	/* vt52 and others have other sequences. */
	if (cursor_address && strncmp(cursor_address, "\033[", 2) == 0)
		key_sequences_add_usual(&terminal.keys);
}

int screen_start(char message[SCREEN_MESSAGE_SIZE])
{
	int err = screen_open_input();

	if (err)
		return screen_fail(message, err,
				   "no terminal to read keys from: standard input is not one, and "
				   "/dev/tty: %s",
				   strerror(-err));
	terminal.before_known = tcgetattr(terminal.input_fd, &terminal.before) == 0;
	fatal_signals_watch(screen_restore_at_once);
	terminal.output = screen_output_open();
	if (terminal.output)
		terminal.screen =
			newterm(NULL, terminal.output, terminal.input ? terminal.input : stdin);
	if (!terminal.screen) {
		fatal_signals_ignore();
		screen_output_close();
		return screen_fail(message, -ENOTSUP,
				   "the terminal could not be set up: use `polecat trace`");
	}
	screen_set_modes();
	screen_read_keys();
	screen_output_hold();
	screen_prepare_reset();
	screen_report_input(true);
	terminal.active = true;
	return 0;
}

static void screen_restore(void)
{
	screen_report_input(false);
	curs_set(1);
	endwin();
	/* endwin writes to memory, and cannot change the modes. */
	screen_output_drain();
	terminal.active = false;
	if (terminal.before_known)
		tcsetattr(terminal.input_fd, TCSANOW, &terminal.before);
}

/* Makes standard error the null device. */
static void screen_discard_messages(void)
{
	CLEANUP_CLOSE int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
}

void screen_stop(void)
{
	if (!terminal.screen)
		return;
	/* If curses is not active, another program uses the terminal: do not touch it. */
	if (terminal.active)
		screen_restore();
	fatal_signals_ignore();
	bool all = screen_output_send();
	delscreen(terminal.screen);
	screen_output_close();
	/* The terminal takes no output, so a message to it would wait for ever. */
	if (!all && isatty(STDERR_FILENO))
		screen_discard_messages();
	terminal.screen = NULL;
	key_sequences_clear(&terminal.keys);
	if (terminal.input)
		fclose(terminal.input);
	terminal.input = NULL;
	terminal.input_fd = -1;
}

int screen_input(void)
{
	return terminal.input_fd;
}

bool screen_read(char *byte)
{
	ssize_t got;

	do {
		got = read(terminal.input_fd, byte, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

const struct key_sequences *screen_keys(void)
{
	return &terminal.keys;
}

/* Returns whether the terminal may know operating system commands. The Linux console does not. */
static bool screen_knows_osc(void)
{
	const char *term = getenv("TERM");

	return terminal.active && screen_is_xterm() && term && strncmp(term, "linux", 5) != 0;
}

bool screen_ask_background(void)
{
	static const char question[] = "\033]11;?\033\\";

	if (!screen_knows_osc())
		return false;
	fputs(question, terminal.output);
	return screen_output_send();
}

bool screen_copy(const char *encoded)
{
	if (!screen_knows_osc())
		return false;
	fprintf(terminal.output, "\033]52;c;%s\033\\", encoded);
	screen_output_send();
	return true;
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
	screen_output_pass();
	reset_prog_mode();
	screen_output_hold();
	curs_set(0);
	screen_report_input(true);
	clearok(stdscr, TRUE);
	refresh();
	screen_output_send();
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
