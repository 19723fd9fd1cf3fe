/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/key_input.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/timestamp.h"
#include "tui/dashboard/screen/key_name.h"

/* If no other byte follows an Escape for this time, the Escape is a key of its own, not the start
 * of a sequence. */
#define ESCAPE_GAP_NS (25 * NS_PER_MILLISECOND)
/* A longer gap in a sequence is one between two pieces. */
#define SEQUENCE_GAP_NS (100 * NS_PER_MILLISECOND)
/* The longest gap between two pieces. After it, a byte is a key. */
#define PIECE_GAP_NS (5 * NS_PER_SECOND)
/* The longest gap in a paste whose end is missing. */
#define PASTE_GAP_NS NS_PER_SECOND
/* The longest gap in the answer that polecat asks for. */
#define ANSWER_GAP_NS (2 * NS_PER_SECOND)
/* The longest time from the question to the end of the answer. */
#define ANSWER_NS (5 * NS_PER_SECOND)
/* The start of the answer to OSC 11, and the characters of the colour in it: "rgb:1c1c/1c1c/1c1c",
 * also "rgba:" (xterm, "Operating System Commands"). */
#define ANSWER_START  "11;"
#define ANSWER_COLOUR "rgba:/0123456789abcdefABCDEF"

#define BELL 7
#define CSI  "\033["
#define SS3  "\033O"
/* The marks at the ends of a paste. */
#define PASTE_START CSI "200~"
#define PASTE_END   CSI "201~"
/* The reports of the focus (xterm, "FocusIn/FocusOut"). */
#define FOCUS_IN  CSI "I"
#define FOCUS_OUT CSI "O"
/* The start of a report of the mouse in the protocol SGR. */
#define MOUSE_SGR CSI "<"
#define MOUSE_X10 CSI "M"

static enum key_event key_input_enter(struct key_input *input, enum key_input_state state)
{
	input->state = state;
	input->stalled = false;
	if (state == KEY_INPUT_GROUND || state == KEY_INPUT_STRING) {
		input->late = false;
		input->length = 0;
		input->text[0] = '\0';
	}
	return KEY_EVENT_NONE;
}

static void key_input_append(struct key_input *input, char byte)
{
	if (input->length + 1 >= sizeof(input->text))
		return;
	input->text[input->length++] = byte;
	input->text[input->length] = '\0';
}

/* Begins a sequence with an Escape. */
static enum key_event key_input_begin(struct key_input *input)
{
	key_input_enter(input, KEY_INPUT_GROUND);
	key_input_append(input, KEY_ESCAPE);
	return key_input_enter(input, KEY_INPUT_ESCAPE);
}

static enum key_event key_input_emit(struct key_input *input, bool is_code, wchar_t key)
{
	key_input_enter(input, KEY_INPUT_GROUND);
	input->key = key;
	input->is_code = is_code;
	if (!input->pasting)
		return KEY_EVENT_KEY;
	return is_code ? KEY_EVENT_NONE : KEY_EVENT_PASTED;
}

/* Decodes a byte that belongs to no sequence. A byte that does not fit the characters of the locale
 * is ignored. */
static enum key_event key_input_character(struct key_input *input, char byte)
{
	bool first = mbsinit(&input->character);
	wchar_t key = 0;
	size_t used = mbrtowc(&key, &byte, 1, &input->character);

	if (used == (size_t)-2)
		return KEY_EVENT_NONE;
	if (used == (size_t)-1) {
		memset(&input->character, 0, sizeof(input->character));
		return first ? KEY_EVENT_NONE : key_input_character(input, byte);
	}
	return key_input_emit(input, false, key);
}

static struct key_match key_input_match(const struct key_input *input)
{
	return key_sequences_match(input->keys, (const unsigned char *)input->text, input->length);
}

/* Makes the bytes of the sequence keys of their own. */
static enum key_event key_input_reject(struct key_input *input)
{
	/* The Escape of a late sequence has been a key. */
	size_t skip = input->late ? 1 : 0;
	size_t count = input->length - skip;

	if (count > sizeof(input->pending) - input->pending_count)
		count = sizeof(input->pending) - input->pending_count;
	memmove(input->pending + count, input->pending, input->pending_count);
	memcpy(input->pending, input->text + skip, count);
	input->pending_count += count;
	input->pending_literal = true;
	return key_input_enter(input, KEY_INPUT_GROUND);
}

/* Returns whether a text is a sequence that polecat knows, or the start of one. */
static bool key_input_is_known(const struct key_input *input, const char *text, size_t length)
{
	static const char *const known[] = {PASTE_START, PASTE_END, FOCUS_IN,
					    FOCUS_OUT,   MOUSE_X10, MOUSE_SGR};
	struct key_match match =
		key_sequences_match(input->keys, (const unsigned char *)text, length);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (length <= strlen(known[i]) && memcmp(known[i], text, length) == 0)
			return true;
	if (length > strlen(MOUSE_SGR) && memcmp(text, MOUSE_SGR, strlen(MOUSE_SGR)) == 0)
		return memchr("0123456789;Mm", text[length - 1], 13) != NULL;
	return match.code || match.longer;
}

/* Returns whether a byte continues the sequence as one that polecat knows. */
static bool key_input_fits(const struct key_input *input, char byte)
{
	char text[KEY_INPUT_TEXT_SIZE];

	if (input->length >= sizeof(text))
		return false;
	memcpy(text, input->text, input->length);
	text[input->length] = byte;
	return key_input_is_known(input, text, input->length + 1);
}

static enum key_event key_input_mouse(struct key_input *input, bool valid)
{
	key_input_enter(input, KEY_INPUT_GROUND);
	return valid && !input->pasting ? KEY_EVENT_MOUSE : KEY_EVENT_NONE;
}

/* Ends a sequence of any form but the keys'. If longer keys begin with it, waits for more. */
static enum key_event key_input_end_sequence(struct key_input *input)
{
	size_t sgr = strlen(MOUSE_SGR);

	if (key_input_match(input).longer)
		return key_input_enter(input, KEY_INPUT_TABLE);
	if (strcmp(input->text, PASTE_START) == 0)
		input->pasting = true;
	else if (strcmp(input->text, PASTE_END) == 0)
		input->pasting = false;
	else if (strncmp(input->text, MOUSE_SGR, sgr) == 0 && input->length > sgr) {
		char final = input->text[input->length - 1];

		input->text[input->length - 1] = '\0';
		return key_input_mouse(input, (final == 'M' || final == 'm') &&
						      mouse_report_read_sgr(input->text + sgr,
									    final, &input->mouse));
	}
	return key_input_enter(input, KEY_INPUT_GROUND);
}

/* Handles a byte that was appended to the sequence, if the table has the sequence. Returns false if
 * it does not. */
static bool key_input_is_key(struct key_input *input, enum key_event *event)
{
	struct key_match match = key_input_match(input);

	if (!match.code || match.longer)
		return false;
	*event = key_input_emit(input, true, match.code);
	return true;
}

/* Handles the first byte of a sequence that does not start with an Escape. */
static enum key_event key_input_ground(struct key_input *input, char byte)
{
	struct key_match match;

	key_input_append(input, byte);
	match = key_input_match(input);
	if (input->pasting || !mbsinit(&input->character) || (!match.code && !match.longer)) {
		key_input_enter(input, KEY_INPUT_GROUND);
		return key_input_character(input, byte);
	}
	if (match.longer)
		return key_input_enter(input, KEY_INPUT_PREFIX);
	return key_input_emit(input, true, match.code);
}

static enum key_event key_input_prefix(struct key_input *input, char byte)
{
	enum key_event event = KEY_EVENT_NONE;

	key_input_append(input, byte);
	if (key_input_is_key(input, &event))
		return event;
	return key_input_match(input).longer ? KEY_EVENT_NONE : key_input_reject(input);
}

static enum key_event key_input_escape(struct key_input *input, char byte)
{
	enum key_event event = KEY_EVENT_NONE;

	key_input_append(input, byte);
	if (key_input_is_key(input, &event))
		return event;
	switch (byte) {
	case KEY_ESCAPE:
		if (key_input_match(input).longer)
			return key_input_enter(input, KEY_INPUT_TABLE);
		/* The first Escape is a key. This one may begin a sequence. */
		event = input->pasting ? KEY_EVENT_NONE : key_input_emit(input, false, KEY_ESCAPE);
		key_input_begin(input);
		return event;
	case '[':
		return key_input_enter(input, KEY_INPUT_CSI);
	case 'O':
		return key_input_enter(input, KEY_INPUT_SHORT);
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		input->is_osc = byte == ']';
		return key_input_enter(input, KEY_INPUT_STRING);
	default:
		return key_input_end_sequence(input);
	}
}

static enum key_event key_input_table(struct key_input *input, char byte)
{
	enum key_event event = KEY_EVENT_NONE;

	if (byte == KEY_ESCAPE)
		return key_input_begin(input);
	key_input_append(input, byte);
	return key_input_is_key(input, &event) ? event : key_input_end_sequence(input);
}

/* ECMA-48, 5.4: parameters and intermediate bytes are 0x20 to 0x3f, the final byte is 0x40 to
 * 0x7e. */
static enum key_event key_input_csi(struct key_input *input, char byte)
{
	enum key_event event = KEY_EVENT_NONE;

	if (byte == KEY_ESCAPE)
		return key_input_begin(input);
	key_input_append(input, byte);
	if (key_input_is_key(input, &event))
		return event;
	if (byte >= 0x20 && byte <= 0x3f)
		return KEY_EVENT_NONE;
	if (strcmp(input->text, MOUSE_X10) == 0)
		return key_input_enter(input, KEY_INPUT_X10);
	if (strcmp(input->text, CSI "[") == 0)
		return key_input_enter(input, KEY_INPUT_SHORT);
	return key_input_end_sequence(input);
}

static enum key_event key_input_x10(struct key_input *input, char byte)
{
	unsigned char bytes[MOUSE_REPORT_X10_BYTES];

	if (byte == KEY_ESCAPE)
		return key_input_begin(input);
	key_input_append(input, byte);
	if (input->length < strlen(MOUSE_X10) + sizeof(bytes))
		return KEY_EVENT_NONE;
	memcpy(bytes, input->text + strlen(MOUSE_X10), sizeof(bytes));
	return key_input_mouse(input, mouse_report_read_x10(bytes, &input->mouse));
}

static enum key_event key_input_string(struct key_input *input, char byte)
{
	bool escaped = input->state == KEY_INPUT_STRING_END;

	if (byte == BELL || (escaped && byte == '\\')) {
		/* The text of a paste can have the form of an answer. The text stays for the
		 * caller. */
		input->state = KEY_INPUT_GROUND;
		input->length = 0;
		input->answer_until_ns = 0;
		return input->is_osc && !input->pasting ? KEY_EVENT_ANSWER : KEY_EVENT_NONE;
	}
	if (escaped) {
		key_input_begin(input);
		return key_input_escape(input, byte);
	}
	if (byte == KEY_ESCAPE)
		input->state = KEY_INPUT_STRING_END;
	else
		key_input_append(input, (unsigned char)byte < 0x80 ? byte : '?');
	return KEY_EVENT_NONE;
}

/* Returns whether the text of an OSC is the start of the answer. */
static bool key_input_is_answer(const struct key_input *input)
{
	size_t length = strlen(ANSWER_START);

	return input->is_osc && strncmp(input->text, ANSWER_START,
					input->length < length ? input->length : length) == 0;
}

/* Returns whether a byte that comes after a gap continues the string as the answer. An answer may
 * be cut between any two bytes, also after the Escape of its end. */
static bool key_input_continues_answer(const struct key_input *input, char byte)
{
	if (!key_input_is_answer(input))
		return false;
	if (input->state == KEY_INPUT_STRING_END)
		return byte == '\\';
	if (input->length < strlen(ANSWER_START))
		return byte == ANSWER_START[input->length];
	return byte == BELL || byte == KEY_ESCAPE || (byte > 0 && strchr(ANSWER_COLOUR, byte));
}

/* Returns whether a byte that comes after a gap belongs to the sequence. */
static bool key_input_continues(const struct key_input *input, char byte, uint64_t now_ns)
{
	uint64_t gap_ns = now_ns - input->last_ns;

	if (gap_ns > PIECE_GAP_NS)
		return false;
	switch (input->state) {
	case KEY_INPUT_STRING:
	case KEY_INPUT_STRING_END:
		return gap_ns <= ANSWER_GAP_NS && now_ns <= input->answer_until_ns &&
		       key_input_continues_answer(input, byte);
	case KEY_INPUT_X10:
		return (unsigned char)byte >= ' ';
	case KEY_INPUT_GROUND:
	case KEY_INPUT_PREFIX:
	case KEY_INPUT_ESCAPE:
	case KEY_INPUT_TABLE:
	case KEY_INPUT_SHORT:
	case KEY_INPUT_CSI:
		break;
	}
	return key_input_fits(input, byte);
}

/* Returns whether a byte may be the second one of a sequence whose Escape was taken for a key. */
static bool key_input_is_late(const struct key_input *input, char byte, uint64_t now_ns)
{
	if (!input->escape_ns || now_ns - input->escape_ns > PIECE_GAP_NS)
		return false;
	if (byte == ']')
		return now_ns - input->escape_ns <= ANSWER_GAP_NS &&
		       now_ns <= input->answer_until_ns;
	return byte == '[' || byte == 'O';
}

static enum key_event key_input_step(struct key_input *input, char byte)
{
	/* Only one byte ago, the Escape of this sequence was a key. */
	if (input->late && input->length == 2 && !key_input_fits(input, byte)) {
		key_input_append(input, byte);
		return key_input_reject(input);
	}
	switch (input->state) {
	case KEY_INPUT_PREFIX:
		return key_input_prefix(input, byte);
	case KEY_INPUT_ESCAPE:
		return key_input_escape(input, byte);
	case KEY_INPUT_TABLE:
		return key_input_table(input, byte);
	case KEY_INPUT_SHORT:
		if (byte == KEY_ESCAPE)
			return key_input_begin(input);
		return key_input_table(input, byte);
	case KEY_INPUT_CSI:
		return key_input_csi(input, byte);
	case KEY_INPUT_X10:
		return key_input_x10(input, byte);
	case KEY_INPUT_STRING:
	case KEY_INPUT_STRING_END:
		return key_input_string(input, byte);
	case KEY_INPUT_GROUND:
		break;
	}
	if (byte != KEY_ESCAPE)
		return key_input_ground(input, byte);
	memset(&input->character, 0, sizeof(input->character));
	return key_input_begin(input);
}

void key_input_await_answer(struct key_input *input, uint64_t now_ns)
{
	input->answer_until_ns = now_ns + ANSWER_NS;
}

enum key_event key_input_feed(struct key_input *input, char byte, uint64_t now_ns)
{
	uint64_t gap_ns = now_ns - input->last_ns;
	bool late = key_input_is_late(input, byte, now_ns);
	enum key_event event;

	if (input->stalled && !key_input_continues(input, byte, now_ns))
		key_input_enter(input, KEY_INPUT_GROUND);
	if (gap_ns > PASTE_GAP_NS)
		input->pasting = false;
	input->stalled = false;
	input->escape_ns = 0;
	input->last_ns = now_ns;
	if (late) {
		key_input_begin(input);
		input->late = byte != ']';
		event = key_input_escape(input, byte);
	} else {
		event = key_input_step(input, byte);
	}
	return event ? event : key_input_next(input);
}

enum key_event key_input_next(struct key_input *input)
{
	enum key_event event = KEY_EVENT_NONE;

	while (event == KEY_EVENT_NONE && input->pending_count > 0) {
		char byte = input->pending[0];
		bool literal = input->pending_literal;

		input->pending_count--;
		memmove(input->pending, input->pending + 1, input->pending_count);
		input->pending_literal = false;
		event = literal ? key_input_character(input, byte) : key_input_step(input, byte);
	}
	return event;
}

/* Returns the longest gap after the bytes that were read; 0: any. */
static uint64_t key_input_gap(const struct key_input *input)
{
	switch (input->state) {
	case KEY_INPUT_GROUND:
		return 0;
	case KEY_INPUT_PREFIX:
	case KEY_INPUT_ESCAPE:
	case KEY_INPUT_TABLE:
		return ESCAPE_GAP_NS;
	case KEY_INPUT_SHORT:
	case KEY_INPUT_CSI:
	case KEY_INPUT_X10:
	case KEY_INPUT_STRING:
	case KEY_INPUT_STRING_END:
		break;
	}
	/* A person cannot press the next key so soon. */
	if (input->late && input->length <= strlen(CSI) + 1)
		return ESCAPE_GAP_NS;
	return input->stalled ? 0 : SEQUENCE_GAP_NS;
}

enum key_event key_input_pause(struct key_input *input, uint64_t now_ns)
{
	uint64_t gap_ns = key_input_gap(input);
	struct key_match match;

	if (gap_ns == 0 || now_ns - input->last_ns < gap_ns)
		return KEY_EVENT_NONE;
	if (gap_ns == SEQUENCE_GAP_NS) {
		input->stalled = true;
		return KEY_EVENT_NONE;
	}
	match = key_input_match(input);
	if (input->state == KEY_INPUT_ESCAPE) {
		input->escape_ns = now_ns;
		if (input->pasting)
			return key_input_enter(input, KEY_INPUT_GROUND);
		return key_input_emit(input, false, KEY_ESCAPE);
	}
	if (match.code)
		return key_input_emit(input, true, match.code);
	if (input->state != KEY_INPUT_PREFIX && !input->late)
		return key_input_enter(input, KEY_INPUT_GROUND);
	key_input_reject(input);
	return key_input_next(input);
}

uint64_t key_input_due(const struct key_input *input)
{
	uint64_t gap_ns = key_input_gap(input);

	return gap_ns ? input->last_ns + gap_ns : 0;
}
