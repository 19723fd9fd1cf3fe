/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any sequence of bytes from the terminal becomes events, at most as many as there are
 * bytes. Between the marks of a paste, no byte is a key, a report of the mouse or a part of an
 * answer. The decoder asks for a pause only while a sequence is open. Six seconds after the last
 * byte, every sequence and paste has ended, and the next byte is a key.
 *
 * The keys and pasted characters edit a line of text, which keeps the invariants of input_line.h.
 * The parser of the background's colour takes the text of any answer.
 *
 * 0xff and 0xfd, which are in no character, stand for pauses.
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
	size_t bytes;
	size_t events;
};

static struct key_sequences keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	/* A key with a longer one, and keys without an Escape, beside those of most terminals. */
	must(key_sequences_add(&keys, "\033k", KEY_DOWN) == 0);
	must(key_sequences_add(&keys, "\033kk", KEY_UP) == 0);
	must(key_sequences_add(&keys, "\x01@\r", KEY_F(1)) == 0);
	must(key_sequences_add(&keys, "\177", KEY_BACKSPACE) == 0);
	must(key_sequences_add_usual(&keys) == 0);
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
	must(input->pending_count < KEY_INPUT_TEXT_SIZE);
	typing->events += event != KEY_EVENT_NONE;
	must(typing->events <= typing->bytes);
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
	case KEY_EVENT_MOUSE:
		must(!input->pasting);
		must(input->mouse.row >= 0 && input->mouse.column >= 0);
		break;
	case KEY_EVENT_ANSWER:
		must(!was_pasting && strlen(input->text) < KEY_INPUT_TEXT_SIZE);
		must(theme_ground_of_answer(input->text) <= THEME_GROUND_LIGHT);
		must(theme_ground_of_variable(input->text) <= THEME_GROUND_LIGHT);
		break;
	}
}

static void handle_all(struct typing *typing, enum key_event event, bool was_pasting)
{
	handle(typing, event, was_pasting);
	while ((event = key_input_next(&typing->input)))
		handle(typing, event, was_pasting);
}

static void pause_for(struct typing *typing, uint64_t ms)
{
	struct key_input *input = &typing->input;
	uint64_t end_ns = typing->now_ns + ms * NS_PER_MILLISECOND;
	uint64_t due_ns;

	for (int i = 0; (due_ns = key_input_due(input)) && due_ns <= end_ns; i++) {
		/* The bytes that a pause makes keys can begin a sequence again. */
		must(i < KEY_INPUT_TEXT_SIZE && input->state != KEY_INPUT_GROUND);
		typing->now_ns = due_ns > typing->now_ns ? due_ns : typing->now_ns;
		handle_all(typing, key_input_pause(input, typing->now_ns), input->pasting);
	}
	typing->now_ns = end_ns;
}

static void feed(struct typing *typing, uint8_t byte)
{
	bool was_pasting = typing->input.pasting;

	if (byte == 0xff || byte == 0xfd) {
		pause_for(typing, byte == 0xff ? 300 : 900);
		return;
	}
	typing->now_ns += NS_PER_MILLISECOND;
	typing->bytes++;
	handle_all(typing, key_input_feed(&typing->input, (char)byte, typing->now_ns), was_pasting);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct typing typing;

	memset(&typing, 0, sizeof(typing));
	typing.input.keys = &keys;
	typing.now_ns = NS_PER_SECOND;
	for (size_t i = 0; i < size; i++)
		feed(&typing, data[i]);
	pause_for(&typing, 6000);
	must(key_input_feed(&typing.input, 'q', typing.now_ns) == KEY_EVENT_KEY &&
	     typing.input.key == 'q' && !typing.input.is_code && !typing.input.pasting);
	return 0;
}
