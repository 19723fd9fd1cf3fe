/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes the bytes that the terminal sends: keys, characters in the encoding of the locale,
 * bracketed pastes, reports of the mouse and of the focus, and answers of the terminal. A sequence
 * that it does not know is ignored as a whole. Reads nothing and waits for nothing: the caller
 * passes each byte, and says when no more bytes are there.
 *
 * An Escape that is directly followed by another key is Alt with that key. No key has a meaning
 * with Alt, so both are ignored.
 *
 * A slow connection may deliver a sequence in pieces. The later pieces of a sequence that polecat
 * knows still belong to it, so that they do not act as keys. Even an Escape that was taken for a
 * key begins a sequence if `[` or `O` arrives later together with another byte that fits.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEY_INPUT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEY_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "tui/dashboard/screen/key_sequences.h"
#include "tui/dashboard/screen/mouse_report.h"

/* Switch the terminal's marks at both ends of a paste on and off (xterm's "bracketed paste
 * mode"). */
#define KEY_INPUT_PASTE_ON  "\033[?2004h"
#define KEY_INPUT_PASTE_OFF "\033[?2004l"

enum key_event {
	KEY_EVENT_NONE = 0, /* more input is needed, or a part of the input was ignored */
	KEY_EVENT_KEY,      /* `key` was pressed */
	KEY_EVENT_PASTED,   /* `key` is the next character of a paste */
	KEY_EVENT_MOUSE,    /* `mouse` happened */
	KEY_EVENT_ANSWER,   /* `text` is an answer of the terminal (OSC), without its frame */
};

enum key_input_state {
	KEY_INPUT_GROUND = 0,
	KEY_INPUT_PREFIX,     /* the start of a key that has no Escape */
	KEY_INPUT_ESCAPE,     /* an Escape was read */
	KEY_INPUT_TABLE,      /* bytes that only the table of keys continues */
	KEY_INPUT_SHORT,      /* one more byte: after SS3, and after CSI [ of the Linux console */
	KEY_INPUT_CSI,        /* until the final byte */
	KEY_INPUT_X10,        /* a report in X10's mouse protocol */
	KEY_INPUT_STRING,     /* OSC, DCS, SOS, PM or APC, until BEL or ST */
	KEY_INPUT_STRING_END, /* the Escape of ST was read */
};

#define KEY_INPUT_TEXT_SIZE 64

/* Zero-initialise. */
struct key_input {
	const struct key_sequences *keys; /* those of the terminal; NULL: none */
	enum key_input_state state;
	bool pasting;
	bool is_osc;
	bool stalled; /* the sequence has a gap */
	bool late;    /* the Escape of the sequence was taken for a key */
	/* The bytes of the sequence, or the text of a string. A longer one is cut. */
	char text[KEY_INPUT_TEXT_SIZE];
	size_t length;
	/* Bytes that turned out to be no sequence. The first one is a key. */
	char pending[KEY_INPUT_TEXT_SIZE];
	size_t pending_count;
	bool pending_literal;
	mbstate_t character;      /* of a character in several bytes */
	uint64_t last_ns;         /* monotonic time of the latest byte */
	uint64_t escape_ns;       /* when an Escape was found to be alone; 0: a byte came later */
	uint64_t answer_until_ns; /* until then, an answer may arrive in pieces; 0: none is due */
	wchar_t key;
	bool is_code; /* `key` is a key code of curses */
	struct mouse_event mouse;
};

/* The terminal was asked. For some seconds, or until it answers, an Escape and a later `]` may be
 * pieces of its answer. At other times they are keys. */
void key_input_await_answer(struct key_input *input, uint64_t now_ns);

/* Decodes a byte. `now_ns` is monotonic. */
enum key_event key_input_feed(struct key_input *input, char byte, uint64_t now_ns);

/* Returns a further event of bytes that were fed before, or KEY_EVENT_NONE. Call it after each
 * event until it returns none. */
enum key_event key_input_next(struct key_input *input);

/* Call it when no more bytes are there, and again at key_input_due. Returns KEY_EVENT_KEY for an
 * Escape that nothing follows. */
enum key_event key_input_pause(struct key_input *input, uint64_t now_ns);

/* Returns the time of the next call of key_input_pause if no byte comes before; 0: none is
 * needed. */
uint64_t key_input_due(const struct key_input *input);

#endif
