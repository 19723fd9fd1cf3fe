/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the characters and key codes that curses reads into events. Curses returns the bytes of an
 * escape sequence that it does not know one by one. This parser ignores such a sequence as a whole,
 * so that its bytes do not act as keys, and recognises bracketed pastes and answers of the
 * terminal. Pure.
 *
 * An Escape that is directly followed by another key is Alt with that key. No key has a meaning
 * with Alt, so both are ignored.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEY_INPUT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Switch the terminal's marks at both ends of a paste on and off (xterm's "bracketed paste
 * mode"). */
#define KEY_INPUT_PASTE_ON  "\033[?2004h"
#define KEY_INPUT_PASTE_OFF "\033[?2004l"

enum key_event {
	KEY_EVENT_NONE = 0, /* more input is needed, or a part of the input was ignored */
	KEY_EVENT_KEY,      /* `key` was pressed */
	KEY_EVENT_PASTED,   /* `key` is the next character of a paste */
	KEY_EVENT_ANSWER,   /* `text` is an answer of the terminal (OSC), without its frame */
};

enum key_input_state {
	KEY_INPUT_GROUND = 0,
	KEY_INPUT_ESCAPE,
	KEY_INPUT_CSI,
	KEY_INPUT_SKIP,       /* ignores `skip` more characters */
	KEY_INPUT_STRING,     /* OSC, DCS or APC, until BEL or ST */
	KEY_INPUT_STRING_END, /* the Escape of ST was read */
};

#define KEY_INPUT_TEXT_SIZE 64

/* Zero-initialise. */
struct key_input {
	enum key_input_state state;
	bool pasting;
	bool is_osc;
	bool after_escape; /* the latest event was an Escape that nothing followed */
	unsigned int skip;
	char text[KEY_INPUT_TEXT_SIZE]; /* parameters or string; a longer one is cut */
	size_t length;
	uint64_t last_ns;         /* monotonic time of the latest input */
	uint64_t answer_until_ns; /* until then, an answer may arrive in pieces; 0: none is due */
	wchar_t key;
	bool is_code; /* `key` is a key code of curses */
};

/* The terminal was asked. For some seconds, or until it answers, an Escape and a later `]` may be
 * pieces of its answer. At other times they are keys. */
void key_input_await_answer(struct key_input *input, uint64_t now_ns);

/* Passes a key code (`is_code`) or a character to the parser. `now_ns` is monotonic: a sequence
 * that is not continued soon has ended. */
enum key_event key_input_feed(struct key_input *input, bool is_code, wchar_t key, uint64_t now_ns);

/* Call it if no more input is there. Returns KEY_EVENT_KEY for an Escape that nothing follows. */
enum key_event key_input_pause(struct key_input *input);

#endif
