/* SPDX-License-Identifier: Apache-2.0 */
/* The input of the terminal: keys and mouse events. libvterm encodes them for the current modes. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/support/terminal.h"
#include "tests/support/terminal_private.h"

/* The time to wait for a program that does not read its keys. */
#define SEND_TIMEOUT_MS 2000
#define ESCAPE_MS       120

void terminal_send(struct terminal *terminal, const char *bytes, size_t length)
{
	size_t sent = 0;

	while (sent < length && terminal->master >= 0) {
		struct pollfd fd = {.fd = terminal->master, .events = POLLOUT};
		ssize_t count;

		if (poll(&fd, 1, SEND_TIMEOUT_MS) <= 0)
			return;
		count = write(terminal->master, bytes + sent, length - sent);
		if (count < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (count > 0)
			sent += (size_t)count;
	}
}

static const struct {
	const char *name;
	VTermKey key;
	VTermModifier modifier;
} named_keys[] = {
	{"Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE},
	{"Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE},
	{"Tab", VTERM_KEY_TAB, VTERM_MOD_NONE},
	{"S-Tab", VTERM_KEY_TAB, VTERM_MOD_SHIFT},
	{"Backspace", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE},
	{"Delete", VTERM_KEY_DEL, VTERM_MOD_NONE},
	{"Insert", VTERM_KEY_INS, VTERM_MOD_NONE},
	{"Up", VTERM_KEY_UP, VTERM_MOD_NONE},
	{"Down", VTERM_KEY_DOWN, VTERM_MOD_NONE},
	{"Left", VTERM_KEY_LEFT, VTERM_MOD_NONE},
	{"Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE},
	{"Home", VTERM_KEY_HOME, VTERM_MOD_NONE},
	{"End", VTERM_KEY_END, VTERM_MOD_NONE},
	{"PageUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE},
	{"PageDown", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE},
};

/* Waits until the program has read the Escape, and longer than an Escape can be the start of a
 * sequence. Otherwise the program would take the next key for a key that is pressed with Alt. */
static void wait_after_escape(const struct terminal *terminal)
{
	int unread = 0;

	for (int waited = 0; waited < SEND_TIMEOUT_MS; waited += ESCAPE_MS) {
		poll(NULL, 0, ESCAPE_MS);
		if (ioctl(terminal->slave, FIONREAD, &unread) < 0 || unread == 0)
			break;
	}
	poll(NULL, 0, ESCAPE_MS);
}

/* Presses the key with the name between the brackets. */
static int press_named(struct terminal *terminal, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(named_keys) / sizeof(*named_keys); i++) {
		if (strlen(named_keys[i].name) == length &&
		    strncmp(named_keys[i].name, name, length) == 0) {
			vterm_keyboard_key(terminal->vterm, named_keys[i].key,
					   named_keys[i].modifier);
			if (named_keys[i].key == VTERM_KEY_ESCAPE)
				wait_after_escape(terminal);
			return 0;
		}
	}
	if (length == 5 && strncmp(name, "Space", 5) == 0) {
		terminal_send(terminal, " ", 1);
		return 0;
	}
	if (length == 2 && strncmp(name, "lt", 2) == 0) {
		terminal_send(terminal, "<", 1);
		return 0;
	}
	if (length == 3 && strncmp(name, "C-", 2) == 0) {
		char control = (char)(name[2] & 0x1f);

		terminal_send(terminal, &control, 1);
		return 0;
	}
	if ((length == 2 || length == 3) && name[0] == 'F') {
		int number = 0;

		for (size_t i = 1; i < length; i++) {
			if (name[i] < '0' || name[i] > '9')
				return -EINVAL;
			number = number * 10 + (name[i] - '0');
		}
		if (number < 1 || number > 12)
			return -EINVAL;
		vterm_keyboard_key(terminal->vterm, (VTermKey)VTERM_KEY_FUNCTION(number),
				   VTERM_MOD_NONE);
		return 0;
	}
	return -EINVAL;
}

int terminal_keys(struct terminal *terminal, const char *keys)
{
	while (*keys) {
		size_t plain = strcspn(keys, "<");

		terminal_send(terminal, keys, plain);
		keys += plain;
		if (*keys == '<') {
			size_t length = strcspn(keys + 1, ">");

			if (keys[1 + length] != '>')
				return -EINVAL;
			if (press_named(terminal, keys + 1, length) < 0)
				return -EINVAL;
			keys += length + 2;
		}
	}
	return 0;
}

void terminal_mouse(struct terminal *terminal, int row, int column, int button)
{
	vterm_mouse_move(terminal->vterm, row, column, VTERM_MOD_NONE);
	vterm_mouse_button(terminal->vterm, button, true, VTERM_MOD_NONE);
	if (button < 4) /* a wheel is not released */
		vterm_mouse_button(terminal->vterm, button, false, VTERM_MOD_NONE);
}

void terminal_drag(struct terminal *terminal, int row, int column, int to_row, int to_column)
{
	vterm_mouse_move(terminal->vterm, row, column, VTERM_MOD_NONE);
	vterm_mouse_button(terminal->vterm, 1, true, VTERM_MOD_NONE);
	vterm_mouse_move(terminal->vterm, to_row, to_column, VTERM_MOD_NONE);
	vterm_mouse_button(terminal->vterm, 1, false, VTERM_MOD_NONE);
}
