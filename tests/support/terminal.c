/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/terminal_private.h"
#include "tests/support/terminal_shell.h"

#define OUTPUT_MAX       ((size_t)64 << 20)
#define START_TIMEOUT_MS 5000
/* A wait blocks for at most this time before it checks its condition and its deadline again. */
#define SLICE_MS 20

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t deadline_in(int timeout_ms)
{
	return now_ns() + (uint64_t)timeout_ms * 1000000u;
}

/* Returns the milliseconds until the deadline, at most `most`. */
static int remaining_ms(uint64_t deadline, int most)
{
	uint64_t now = now_ns();
	uint64_t left;

	if (now >= deadline)
		return 0;
	left = (deadline - now) / 1000000u + 1;
	return left < (uint64_t)most ? (int)left : most;
}

/* Sends bytes from libvterm to the program: answers to queries, and the codes of pressed keys. */
static void answer(const char *bytes, size_t length, void *data)
{
	terminal_send(data, bytes, length);
}

static void show(void *data, const char *bytes, size_t length)
{
	struct terminal *terminal = data;

	vterm_input_write(terminal->vterm, bytes, length);
}

static void keep_output(struct terminal *terminal, const char *bytes, size_t length)
{
	if (terminal->output_length + length > OUTPUT_MAX)
		return;
	if (terminal->output_length + length + 1 > terminal->output_capacity) {
		size_t capacity = (terminal->output_length + length + 1) * 2;
		char *output = realloc(terminal->output, capacity);

		if (!output)
			return;
		terminal->output = output;
		terminal->output_capacity = capacity;
	}
	memcpy(terminal->output + terminal->output_length, bytes, length);
	terminal->output_length += length;
	terminal->output[terminal->output_length] = '\0';
}

/* Answers the question for the background, as xterm does: with the same terminator. libvterm
 * ignores the question. */
static void answer_background(struct terminal *terminal)
{
	static const char question[] = "\033]11;?\033\\";
	const char *start = terminal->output ? terminal->output + terminal->output_asked : NULL;
	const char *asked = start && *terminal->background ? strstr(start, question) : NULL;
	char text[96];

	if (!asked)
		return;
	terminal->output_asked = (size_t)(asked - terminal->output) + strlen(question);
	snprintf(text, sizeof(text), "\033]11;%s\033\\", terminal->background);
	terminal_send(terminal, text, strlen(text));
}

static void read_shell(struct terminal *terminal)
{
	struct terminal_shell_event event;
	ssize_t length = recv(terminal->socket, &event, sizeof(event), MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length != (ssize_t)sizeof(event)) {
		close(terminal->socket);
		terminal->socket = -1;
		terminal->ended = true;
		return;
	}
	switch (event.kind) {
	case TERMINAL_SHELL_STARTED:
		terminal->program = event.pid;
		break;
	case TERMINAL_SHELL_STOPPED:
		terminal->stopped = true;
		break;
	case TERMINAL_SHELL_CONTINUED:
		terminal->stopped = false;
		break;
	case TERMINAL_SHELL_ENDED:
		terminal->stopped = false;
		terminal->ended = true;
		terminal->status = event.status;
		break;
	}
}

bool terminal_pump(struct terminal *terminal, int timeout_ms)
{
	char bytes[65536];
	struct pollfd fds[] = {
		{.fd = terminal->master, .events = POLLIN},
		{.fd = terminal->socket, .events = POLLIN},
	};
	ssize_t length = 0;

	if (poll(fds, 2, timeout_ms) <= 0)
		return false;
	/* Read the program's output before noticing its end. */
	if (fds[0].revents & POLLIN)
		length = read(terminal->master, bytes, sizeof(bytes));
	if (length > 0) {
		terminal->last_read_ns = now_ns();
		keep_output(terminal, bytes, (size_t)length);
		terminal_stream_feed(&terminal->stream, bytes, (size_t)length, show, terminal);
		answer_background(terminal);
		return true;
	}
	if (fds[1].revents)
		read_shell(terminal);
	return false;
}

static bool start_vterm(struct terminal *terminal, const struct terminal_options *options)
{
	const char *language = options->language ? options->language : "C.UTF-8";

	terminal->vterm = vterm_new(terminal->rows, terminal->columns);
	if (!terminal->vterm)
		return false;
	vterm_set_utf8(terminal->vterm, strstr(language, "UTF-8") || strstr(language, "utf8"));
	vterm_output_set_callback(terminal->vterm, answer, terminal);
	terminal->screen = vterm_obtain_screen(terminal->vterm);
	vterm_screen_enable_altscreen(terminal->screen, 1);
	vterm_screen_reset(terminal->screen, 1);
	return true;
}

static int start_program(struct terminal *terminal, const struct terminal_options *options)
{
	struct winsize size = {.ws_row = (unsigned short)terminal->rows,
			       .ws_col = (unsigned short)terminal->columns};
	uint64_t deadline = deadline_in(START_TIMEOUT_MS);

	if (openpty(&terminal->master, &terminal->slave, NULL, NULL, &size) < 0)
		return -errno;
	fcntl(terminal->master, F_SETFD, FD_CLOEXEC);
	fcntl(terminal->slave, F_SETFD, FD_CLOEXEC);
	tcgetattr(terminal->slave, &terminal->settings);
	terminal->shell = terminal_shell_start(options, terminal->slave, &terminal->socket);
	if (terminal->shell < 0)
		return terminal->shell;
	while (!terminal->program && !terminal->ended && now_ns() < deadline) {
		struct pollfd fd = {.fd = terminal->socket, .events = POLLIN};

		if (poll(&fd, 1, SLICE_MS) > 0)
			read_shell(terminal);
	}
	return terminal->program ? 0 : -ECHILD;
}

int terminal_start(const struct terminal_options *options, struct terminal **out)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	int error = -ENOMEM;

	if (!terminal)
		return -ENOMEM;
	terminal->rows = options->rows ? options->rows : 24;
	terminal->columns = options->columns ? options->columns : 80;
	snprintf(terminal->term, sizeof(terminal->term), "%s",
		 options->term ? options->term : "xterm-256color");
	snprintf(terminal->background, sizeof(terminal->background), "%s",
		 options->background ? options->background : "");
	terminal->master = -1;
	terminal->slave = -1;
	terminal->socket = -1;
	terminal->status = -1;
	if (start_vterm(terminal, options))
		error = start_program(terminal, options);
	if (error) {
		terminal_free(terminal);
		return error;
	}
	*out = terminal;
	return 0;
}

void terminal_free(struct terminal *terminal)
{
	if (!terminal)
		return;
	if (terminal->socket >= 0)
		close(terminal->socket); /* the shell kills the program and ends */
	if (terminal->shell > 0)
		waitpid(terminal->shell, NULL, 0);
	if (terminal->master >= 0)
		close(terminal->master);
	if (terminal->slave >= 0)
		close(terminal->slave);
	if (terminal->vterm)
		vterm_free(terminal->vterm);
	for (size_t i = 0; i < TERMINAL_ROW_BUFFERS; i++)
		free(terminal->row_texts[i]);
	free(terminal->output);
	free(terminal);
}

pid_t terminal_pid(const struct terminal *terminal)
{
	return terminal->program;
}

bool terminal_wait(struct terminal *terminal, terminal_predicate *predicate, void *data,
		   int timeout_ms)
{
	uint64_t deadline = deadline_in(timeout_ms);

	for (;;) {
		int left = remaining_ms(deadline, SLICE_MS);

		if (predicate(terminal, data))
			return true;
		if (!left)
			return false;
		/* Read all available output first, so that no half-drawn screen is checked. */
		if (terminal_pump(terminal, left))
			while (now_ns() < deadline && terminal_pump(terminal, 0))
				;
	}
}

static bool text_is_shown(struct terminal *terminal, void *data)
{
	return terminal_shows(terminal, data);
}

static bool text_is_not_shown(struct terminal *terminal, void *data)
{
	return !terminal_shows(terminal, data);
}

bool terminal_wait_text(struct terminal *terminal, const char *text, int timeout_ms)
{
	return terminal_wait(terminal, text_is_shown, (void *)(uintptr_t)text, timeout_ms);
}

bool terminal_wait_no_text(struct terminal *terminal, const char *text, int timeout_ms)
{
	return terminal_wait(terminal, text_is_not_shown, (void *)(uintptr_t)text, timeout_ms);
}

bool terminal_wait_quiet(struct terminal *terminal, int quiet_ms, int timeout_ms)
{
	uint64_t deadline = deadline_in(timeout_ms);
	uint64_t quiet = deadline_in(quiet_ms);

	while (now_ns() < quiet) {
		if (now_ns() >= deadline)
			return false;
		if (terminal_pump(terminal, remaining_ms(quiet, SLICE_MS)))
			quiet = deadline_in(quiet_ms);
	}
	return true;
}

uint64_t terminal_last_read_ns(const struct terminal *terminal)
{
	return terminal->last_read_ns;
}

static bool has_stopped(struct terminal *terminal, void *data)
{
	(void)data;
	return terminal->stopped || terminal->ended;
}

static bool has_ended(struct terminal *terminal, void *data)
{
	(void)data;
	return terminal->ended;
}

bool terminal_wait_stop(struct terminal *terminal, int timeout_ms)
{
	return terminal_wait(terminal, has_stopped, NULL, timeout_ms);
}

bool terminal_wait_exit(struct terminal *terminal, int timeout_ms)
{
	if (!terminal_wait(terminal, has_ended, NULL, timeout_ms))
		return false;
	while (terminal->master >= 0 && terminal_pump(terminal, 0)) /* read its last output */
		;
	return true;
}

int terminal_status(const struct terminal *terminal)
{
	return terminal->ended ? terminal->status : -1;
}

void terminal_foreground(struct terminal *terminal)
{
	char command = TERMINAL_SHELL_FOREGROUND;

	terminal->stopped = false;
	if (terminal->socket >= 0)
		send(terminal->socket, &command, 1, MSG_NOSIGNAL);
}

int terminal_resize(struct terminal *terminal, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	terminal->rows = rows;
	terminal->columns = columns;
	vterm_set_size(terminal->vterm, rows, columns);
	terminal->stream.modes.region_top = 0; /* resizing resets the region */
	terminal->stream.modes.region_bottom = 0;
	for (size_t i = 0; i < TERMINAL_ROW_BUFFERS; i++) {
		free(terminal->row_texts[i]);
		terminal->row_texts[i] = NULL;
	}
	return ioctl(terminal->master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

int terminal_signal(struct terminal *terminal, int signal_number)
{
	return kill(terminal->program, signal_number) < 0 ? -errno : 0;
}

void terminal_stop_output(struct terminal *terminal)
{
	tcflow(terminal->slave, TCOOFF);
}

void terminal_resume_output(struct terminal *terminal)
{
	tcflow(terminal->slave, TCOON);
}

void terminal_hang_up(struct terminal *terminal)
{
	close(terminal->slave);
	close(terminal->master);
	terminal->slave = -1;
	terminal->master = -1;
}

static bool settings_equal(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

bool terminal_is_clean(struct terminal *terminal, char *why, size_t size)
{
	const struct terminal_modes *modes = &terminal->stream.modes;
	const struct {
		bool wrong;
		const char *what;
	} modes_left[] = {
		{modes->alternate_screen, "the alternate screen is on"},
		{modes->cursor_hidden, "the cursor is hidden"},
		{modes->mouse || modes->mouse_encoding, "the mouse is reported"},
		{modes->focus_reports, "focus is reported"},
		{modes->bracketed_paste, "pastes are bracketed"},
		{modes->application_cursor, "the cursor keys are in application mode"},
		{modes->application_keypad, "the keypad is in application mode"},
		{modes->no_wrap, "long lines do not wrap"},
		{modes->insert, "insert mode is on"},
		{modes->line_drawing, "the line drawing characters are in use"},
		{modes->attributes, "attributes are not reset"},
		{modes->region_top > 1 ||
			 (modes->region_bottom && modes->region_bottom < terminal->rows),
		 "a scroll region is set"},
	};
	struct termios settings;
	int column;

	snprintf(why, size, "%s", "");
	for (size_t i = 0; i < sizeof(modes_left) / sizeof(*modes_left); i++) {
		if (modes_left[i].wrong) {
			snprintf(why, size, "%s", modes_left[i].what);
			return false;
		}
	}
	if (tcgetattr(terminal->slave, &settings) < 0 ||
	    !settings_equal(&settings, &terminal->settings)) {
		snprintf(why, size, "the line settings have changed");
		return false;
	}
	terminal_cursor(terminal, NULL, &column);
	if (column != 0) {
		snprintf(why, size, "the cursor stands in column %d of a line", column);
		return false;
	}
	return true;
}
