/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/key_input.h"

#include <curses.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "tui/dashboard/screen/keymap.h"

/* The longest gaps in a sequence, and in a paste whose end is missing. */
#define SEQUENCE_GAP_NS (NS_PER_SECOND / 10)
#define PASTE_GAP_NS    NS_PER_SECOND
/* The longest gap in the answer that polecat asks for, which a slow connection may deliver in
 * pieces. */
#define ANSWER_GAP_NS (2 * NS_PER_SECOND)
/* The longest time from the question to the end of the answer. */
#define ANSWER_NS (5 * NS_PER_SECOND)
/* The start of the answer to OSC 11, and the characters of the colour in it: "rgb:1c1c/1c1c/1c1c",
 * also "rgba:" (xterm, "Operating System Commands"). */
#define ANSWER_START  "11;"
#define ANSWER_COLOUR "rgba:/0123456789abcdefABCDEF"

#define BELL 7
/* In xterm's oldest mouse protocol, three characters follow "CSI M". */
#define X10_MOUSE_CHARACTERS 3

static enum key_event key_input_enter(struct key_input *input, enum key_input_state state)
{
	input->state = state;
	input->length = 0;
	input->text[0] = '\0';
	return KEY_EVENT_NONE;
}

static enum key_event key_input_skip(struct key_input *input, unsigned int count)
{
	input->skip = count;
	return key_input_enter(input, KEY_INPUT_SKIP);
}

static enum key_event key_input_emit(struct key_input *input, bool is_code, wchar_t key)
{
	input->key = key;
	input->is_code = is_code;
	return KEY_EVENT_KEY;
}

static void key_input_append(struct key_input *input, wchar_t key)
{
	if (input->length + 1 >= sizeof(input->text))
		return;
	input->text[input->length++] = (char)key;
	input->text[input->length] = '\0';
}

static enum key_event key_input_ground(struct key_input *input, bool is_code, wchar_t key)
{
	if (!is_code && key == KEY_ESCAPE)
		return key_input_enter(input, KEY_INPUT_ESCAPE);
	if (!input->pasting)
		return key_input_emit(input, is_code, key);
	if (is_code)
		return KEY_EVENT_NONE;
	key_input_emit(input, false, key);
	return KEY_EVENT_PASTED;
}

static enum key_event key_input_escape(struct key_input *input, bool is_code, wchar_t key)
{
	if (is_code) {
		key_input_enter(input, KEY_INPUT_GROUND);
		/* These are not keys, so an Escape before them is not Alt. */
		return key == KEY_MOUSE || key == KEY_RESIZE ? key_input_emit(input, true, key)
							     : KEY_EVENT_NONE;
	}
	switch (key) {
	case KEY_ESCAPE:
		/* The first Escape is a key. This one may begin a sequence. */
		return input->pasting ? KEY_EVENT_NONE : key_input_emit(input, false, KEY_ESCAPE);
	case '[':
		return key_input_enter(input, KEY_INPUT_CSI);
	case 'O':
		return key_input_skip(input, 1);
	case ']':
	case 'P':
	case '_':
		input->is_osc = key == ']';
		return key_input_enter(input, KEY_INPUT_STRING);
	default:
		return key_input_enter(input, KEY_INPUT_GROUND);
	}
}

/* ECMA-48, 5.4: parameters and intermediate bytes are 0x20 to 0x3f, the final byte is 0x40 to
 * 0x7e. */
static enum key_event key_input_csi(struct key_input *input, bool is_code, wchar_t key)
{
	if (!is_code && key == KEY_ESCAPE)
		return key_input_enter(input, KEY_INPUT_ESCAPE);
	if (!is_code && key >= 0x20 && key <= 0x3f) {
		key_input_append(input, key);
		return KEY_EVENT_NONE;
	}
	if (!is_code && input->length == 0 && key == 'M')
		return key_input_skip(input, X10_MOUSE_CHARACTERS);
	/* Function keys of the Linux console: CSI [ A. */
	if (!is_code && input->length == 0 && key == '[')
		return key_input_skip(input, 1);
	if (!is_code && key == '~' && strcmp(input->text, "200") == 0)
		input->pasting = true;
	else if (!is_code && key == '~' && strcmp(input->text, "201") == 0)
		input->pasting = false;
	return key_input_enter(input, KEY_INPUT_GROUND);
}

static enum key_event key_input_string(struct key_input *input, bool is_code, wchar_t key)
{
	bool escaped = input->state == KEY_INPUT_STRING_END;

	if (is_code)
		return key_input_enter(input, KEY_INPUT_GROUND);
	if (key == BELL || (escaped && key == '\\')) {
		input->state = KEY_INPUT_GROUND;
		input->answer_until_ns = 0;
		/* The text of a paste can have the form of an answer. */
		return input->is_osc && !input->pasting ? KEY_EVENT_ANSWER : KEY_EVENT_NONE;
	}
	if (escaped) {
		key_input_enter(input, KEY_INPUT_ESCAPE);
		return key_input_escape(input, false, key);
	}
	if (key == KEY_ESCAPE)
		input->state = KEY_INPUT_STRING_END;
	else
		key_input_append(input, key < 0x80 ? key : '?');
	return KEY_EVENT_NONE;
}

/* Returns whether the text of an OSC is the start of the answer. */
static bool key_input_is_answer(const struct key_input *input)
{
	size_t length = strlen(ANSWER_START);

	return input->is_osc && strncmp(input->text, ANSWER_START,
					input->length < length ? input->length : length) == 0;
}

/* Returns whether a character that comes late, after a gap in a sequence, continues the answer. An
 * answer may be cut between any two bytes, also after the Escape of its start or end. */
static bool key_input_continues_answer(const struct key_input *input, bool is_code, wchar_t key)
{
	if (is_code)
		return false;
	switch (input->state) {
	case KEY_INPUT_GROUND:
		return input->after_escape && key == ']';
	case KEY_INPUT_STRING:
		if (!key_input_is_answer(input))
			return false;
		return input->length >= strlen(ANSWER_START)
			       ? key == BELL || key == KEY_ESCAPE ||
					 (key > 0 && key < 0x80 && strchr(ANSWER_COLOUR, (int)key))
			       : key == ANSWER_START[input->length];
	case KEY_INPUT_STRING_END:
		return key_input_is_answer(input) && key == '\\';
	case KEY_INPUT_ESCAPE:
	case KEY_INPUT_CSI:
	case KEY_INPUT_SKIP:
		break;
	}
	return false;
}

void key_input_await_answer(struct key_input *input, uint64_t now_ns)
{
	input->answer_until_ns = now_ns + ANSWER_NS;
}

enum key_event key_input_feed(struct key_input *input, bool is_code, wchar_t key, uint64_t now_ns)
{
	uint64_t gap_ns = now_ns - input->last_ns;

	if (gap_ns > SEQUENCE_GAP_NS || input->after_escape) {
		bool answer = gap_ns <= ANSWER_GAP_NS && now_ns <= input->answer_until_ns &&
			      key_input_continues_answer(input, is_code, key);

		if (answer && input->state == KEY_INPUT_GROUND)
			input->state = KEY_INPUT_ESCAPE;
		else if (!answer)
			key_input_enter(input, KEY_INPUT_GROUND);
	}
	input->after_escape = false;
	if (gap_ns > PASTE_GAP_NS)
		input->pasting = false;
	input->last_ns = now_ns;
	switch (input->state) {
	case KEY_INPUT_ESCAPE:
		return key_input_escape(input, is_code, key);
	case KEY_INPUT_CSI:
		return key_input_csi(input, is_code, key);
	case KEY_INPUT_SKIP:
		if (--input->skip == 0)
			key_input_enter(input, KEY_INPUT_GROUND);
		return KEY_EVENT_NONE;
	case KEY_INPUT_STRING:
	case KEY_INPUT_STRING_END:
		return key_input_string(input, is_code, key);
	case KEY_INPUT_GROUND:
		break;
	}
	return key_input_ground(input, is_code, key);
}

enum key_event key_input_pause(struct key_input *input)
{
	if (input->state != KEY_INPUT_ESCAPE)
		return KEY_EVENT_NONE;
	key_input_enter(input, KEY_INPUT_GROUND);
	input->after_escape = true;
	return input->pasting ? KEY_EVENT_NONE : key_input_emit(input, false, KEY_ESCAPE);
}
