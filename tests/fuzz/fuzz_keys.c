/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any sequence of bytes from the terminal becomes events. A byte makes at most one
 * event. Between the marks of a paste, no byte is a key or a part of an answer. Two seconds after
 * the last byte, every sequence and paste has ended, and the next byte is a key.
 *
 * The keys and pasted characters edit a line of text, which keeps the invariants of input_line.h.
 * The parser of the background's colour takes the text of any answer.
 *
 * Each byte of the input is a character. 0xf8 to 0xff stand for a pause, for a key code, and for
 * characters outside of Latin-1.
 */
#include <curses.h>
#include <locale.h>

#include "core/base/clock.h"
#include "tests/fuzz/fuzz.h"
#include "tui/dashboard/screen/input_history.h"
#include "tui/dashboard/screen/input_line.h"
#include "tui/dashboard/screen/key_input.h"
#include "tui/dashboard/screen/theme.h"

#define COLUMNS_MAX 40

struct typing {
	struct key_input input;
	struct input_line line;
	struct input_history history;
	uint64_t now_ns;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	return 0;
}

static void check_line(const struct input_line *line)
{
	uint32_t code = 0;
	bool cursor_is_at_a_character = line->cursor == line->length;
	size_t column = 0;

	must(line->length < INPUT_LINE_SIZE && strlen(line->text) == line->length);
	for (size_t at = 0; at < line->length;) {
		size_t bytes = text_decode(line->text + at, &code);
		must(bytes > 0 && code >= 0x20 && !(code >= 0x7f && code < 0xa0));
		cursor_is_at_a_character = cursor_is_at_a_character || line->cursor == at;
		at += bytes;
	}
	must(cursor_is_at_a_character);
	for (size_t columns = 1; columns <= COLUMNS_MAX; columns += 13) {
		size_t start = input_line_window(line, columns, &column);
		must(start <= line->cursor && column < columns);
	}
}

static void edit(struct typing *typing, wchar_t key)
{
	struct input_line before = typing->line;

	if (key >= INPUT_LEFT && key <= INPUT_KILL_WORD) {
		bool changed = input_line_edit(&typing->line, (enum input_edit)key);
		must(changed == (strcmp(before.text, typing->line.text) != 0));
	} else if (key == '\r') {
		input_history_add(&typing->history, typing->line.text);
		input_history_reset(&typing->history);
	} else if (key == 0x0b || key == 0x0c) {
		bool changed = key == 0x0b ? input_history_older(&typing->history, &typing->line)
					   : input_history_newer(&typing->history, &typing->line);
		must(changed || strcmp(before.text, typing->line.text) == 0);
	} else {
		bool inserted = input_line_insert(&typing->line, key);
		must(inserted == (typing->line.length > before.length));
	}
	must(typing->history.count <= INPUT_HISTORY_MAX);
	check_line(&typing->line);
}

static void handle(struct typing *typing, enum key_event event, bool was_pasting)
{
	const struct key_input *input = &typing->input;

	must(input->length < KEY_INPUT_TEXT_SIZE);
	switch (event) {
	case KEY_EVENT_NONE:
		break;
	case KEY_EVENT_KEY:
		must(!was_pasting || !input->pasting);
		if (!input->is_code)
			edit(typing, input->key);
		break;
	case KEY_EVENT_PASTED:
		must(was_pasting && input->pasting && !input->is_code);
		edit(typing, input->key);
		break;
	case KEY_EVENT_ANSWER:
		must(!was_pasting && strlen(input->text) < KEY_INPUT_TEXT_SIZE);
		must(theme_ground_of_answer(input->text) <= THEME_GROUND_LIGHT);
		must(theme_ground_of_variable(input->text) <= THEME_GROUND_LIGHT);
		break;
	}
}

static void feed(struct typing *typing, uint8_t byte)
{
	static const wchar_t wide[] = {0x3042, 0x301, 0x1f600, 0x200b, 0xd800};
	bool was_pasting = typing->input.pasting;
	bool is_code = byte == 0xfe;
	wchar_t key = is_code                        ? KEY_UP
		      : byte >= 0xf8 && byte <= 0xfc ? wide[byte - 0xf8]
						     : (wchar_t)byte;

	if (byte == 0xff || byte == 0xfd) {
		handle(typing, key_input_pause(&typing->input), was_pasting);
		typing->now_ns += (byte == 0xff ? 300 : 900) * NS_PER_MILLISECOND;
		return;
	}
	typing->now_ns += NS_PER_MILLISECOND;
	handle(typing, key_input_feed(&typing->input, is_code, key, typing->now_ns), was_pasting);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct typing typing;

	memset(&typing, 0, sizeof(typing));
	typing.now_ns = NS_PER_SECOND;
	for (size_t i = 0; i < size; i++)
		feed(&typing, data[i]);
	handle(&typing, key_input_pause(&typing.input), typing.input.pasting);
	typing.now_ns += 3 * NS_PER_SECOND;
	must(key_input_feed(&typing.input, false, 'q', typing.now_ns) == KEY_EVENT_KEY &&
	     typing.input.key == 'q' && !typing.input.is_code && !typing.input.pasting);
	return 0;
}
