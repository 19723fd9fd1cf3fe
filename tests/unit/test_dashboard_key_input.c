/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of input: keys, the mouse, unknown sequences, Alt, pastes, and answers of the
 * terminal. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <curses.h>

#include "core/base/timestamp.h"
#include "tui/dashboard/screen/key_input.h"

#define MILLISECOND (NS_PER_SECOND / 1000)

#define LEFT_SHIFTED 393 /* KEY_SLEFT, which has no name here */

struct fixture {
	struct key_input input;
	struct key_sequences keys;
	uint64_t now_ns;
	/* The events, in order: a key as it is (E for Escape, a letter for a key code), a pasted
	 * character after `, the mouse as <kind row column>, and an answer in braces. */
	char events[256];
	size_t length;
};

static void note(struct fixture *fixture, char sign)
{
	assert_true(fixture->length + 1 < sizeof(fixture->events));
	fixture->events[fixture->length++] = sign;
	fixture->events[fixture->length] = '\0';
}

static void note_text(struct fixture *fixture, const char *text)
{
	for (; *text; text++)
		note(fixture, *text);
}

static char code_letter(int code)
{
	switch (code) {
	case KEY_UP:
		return 'U';
	case KEY_DOWN:
		return 'D';
	case KEY_BTAB:
		return 'T';
	case KEY_HOME:
		return 'H';
	case KEY_NPAGE:
		return 'N';
	case KEY_F(1):
		return 'F';
	default:
		return '?';
	}
}

static void handle(struct fixture *fixture, enum key_event event)
{
	static const char *const actions[] = {"press", "release", "up", "down"};
	const struct key_input *input = &fixture->input;
	char text[64];

	switch (event) {
	case KEY_EVENT_NONE:
		break;
	case KEY_EVENT_PASTED:
		note(fixture, '`');
		note(fixture, (char)input->key);
		break;
	case KEY_EVENT_KEY:
		note(fixture, input->is_code       ? code_letter((int)input->key)
			      : input->key == 27   ? 'E'
			      : input->key == 0xe9 ? 'e'
						   : (char)input->key);
		break;
	case KEY_EVENT_MOUSE:
		snprintf(text, sizeof(text), "<%s %d %d>", actions[input->mouse.action],
			 input->mouse.row, input->mouse.column);
		note_text(fixture, text);
		break;
	case KEY_EVENT_ANSWER:
		note(fixture, '{');
		note_text(fixture, input->text);
		note(fixture, '}');
		break;
	}
}

/* Reads all events that the bytes so far make. */
static void handle_all(struct fixture *fixture, enum key_event event)
{
	handle(fixture, event);
	while ((event = key_input_next(&fixture->input)))
		handle(fixture, event);
}

/* Lets time pass, as the loop of the dashboard does. */
static void wait_ms(struct fixture *fixture, uint64_t ms)
{
	uint64_t end_ns = fixture->now_ns + ms * MILLISECOND;
	uint64_t due_ns;

	while ((due_ns = key_input_due(&fixture->input)) && due_ns <= end_ns) {
		fixture->now_ns = due_ns;
		handle_all(fixture, key_input_pause(&fixture->input, due_ns));
		assert_true(key_input_due(&fixture->input) != due_ns);
	}
	fixture->now_ns = end_ns;
}

static void feed_bytes(struct fixture *fixture, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		fixture->now_ns += MILLISECOND;
		handle_all(fixture, key_input_feed(&fixture->input, text[i], fixture->now_ns));
	}
	handle_all(fixture, key_input_pause(&fixture->input, fixture->now_ns));
}

static void feed(struct fixture *fixture, const char *text)
{
	feed_bytes(fixture, text, strlen(text));
}

/* The keys of a terminal in application mode, as those of xterm; two keys that begin with the same
 * bytes; and two that have no Escape. */
static void open_fixture(struct fixture *fixture)
{
	*fixture = (struct fixture){.now_ns = NS_PER_SECOND};
	fixture->input.keys = &fixture->keys;
	assert_int_equal(key_sequences_add(&fixture->keys, "\033OA", KEY_UP), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033OP", KEY_F(1)), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033[Z", KEY_MAX + 1), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033[1;2D", LEFT_SHIFTED), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033[[A", KEY_F(1)), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033k", KEY_DOWN), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\033kk", KEY_UP), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\x01@\r", KEY_F(1)), 0);
	assert_int_equal(key_sequences_add(&fixture->keys, "\x0e", KEY_DOWN), 0);
	assert_int_equal(key_sequences_add_usual(&fixture->keys), 0);
}

static void close_fixture(struct fixture *fixture)
{
	key_sequences_clear(&fixture->keys);
}

static void sequences_are_decoded_or_ignored_whole(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		const char *events;
	} cases[] = {
		{"keys", "jq", "jq"},
		{"a key of the table", "\033OAj", "Uj"},
		{"the cursor keys in the other mode", "\033[A\033[B\033OB", "UDD"},
		{"a usual key that the table lacks", "\033[1~\033[6~", "HN"},
		{"a code without a name", "\033[Z", "T"},
		{"a key of the Linux console", "\033[[Aj", "Fj"},
		{"a key without an Escape", "\x01@\rj", "Fj"},
		{"a key of one byte", "\x0ej", "Dj"},
		{"the start of a key without an Escape", "\x01x", "\x01x"},
		{"two keys with one beginning", "\033kkj", "Uj"},
		{"a known key without a name", "\033[1;2Dj", "?j"},
		{"two bytes of one character", "\xc3\xa9j", "ej"},
		{"a cut character", "\xc3jq", "jq"},
		{"no character", "\xff\xfe\xa9j", "j"},
		{"an Escape in a character", "\xc3\033[A", "U"},
		{"two Escapes", "\033\033OA", "EU"},
		{"Alt-x and Alt-q", "\033x\033qj", "j"},
		{"Alt with a character of two bytes", "\033\xc3\xa9j", "j"},
		{"an unknown function key", "\033[57362uj", "j"},
		{"SGR mouse", "\033[<0;10;5Mj", "<press 4 9>j"},
		{"release of an SGR mouse button", "\033[<0;10;5mj", "<release 4 9>j"},
		{"the wheel", "\033[<64;1;1M\033[<65;300;2M", "<up 0 0><down 1 299>"},
		{"a click with Shift and Ctrl", "\033[<20;10;5M", "<press 4 9>"},
		{"the wheel to the side", "\033[<66;10;5Mj", "j"},
		{"other buttons", "\033[<1;10;5M\033[<2;10;5M\033[<128;10;5Mj", "j"},
		{"a movement", "\033[<32;10;5M\033[<35;10;5Mj", "j"},
		{"SGR mouse outside of the screen", "\033[<0;0;5M\033[<0;5;0Mj", "j"},
		{"a wrong SGR mouse", "\033[<0;10M\033[<;;M\033[<0;1;2;3M\033[<0;1;2uj", "j"},
		{"huge numbers", "\033[<0;4294967297;1M\033[<4294967296;1;1Mj", "j"},
		{"urxvt mouse", "\033[98;10;5Mj", "j"},
		{"X10 mouse", "\033[M !$j", "<press 3 0>j"},
		{"release of an X10 mouse button", "\033[M#!$j", "<release 3 0>j"},
		{"the X10 wheel", "\033[M`!!\033[Ma!!", "<up 0 0><down 0 0>"},
		{"another X10 button", "\033[M\"q!j", "j"},
		{"a far X10 column", "\033[M \xff\x80j", "<press 95 222>j"},
		{"a wrong X10 report", "\033[M\x01\x02\x03j", "j"},
		{"an X10 report that an Escape ends", "\033[M \033OAj", "Uj"},
		{"focus", "\033[I\033[Oj", "j"},
		{"the keypad", "\033Oqj", "j"},
		{"private report", "\033[?62;1;4cj", "j"},
		{"a sequence in a sequence", "\033[12\033[6~j", "Nj"},
		{"an answer that ends with BEL", "\033]11;rgb:1/2/3\aj", "{11;rgb:1/2/3}j"},
		{"an answer that ends with ST", "\033]11;rgb:1/2/3\033\\j", "{11;rgb:1/2/3}j"},
		{"another string", "\033P1$rq\033\\j", "j"},
		{"a paste", "\033[200~xq\n\033[201~j", "`x`q`\nj"},
		{"a paste of a character of two bytes", "\033[200~\xc3\xa9\033[201~j", "`\xe9j"},
		{"keys in a paste", "\033[200~a\x0e\x01@\r\033OAb\033[201~j",
		 "`a`\x0e`\x01`@`\r`bj"},
		{"a sequence in a paste", "\033[200~a\033[5~\033qb\033[201~j", "`a`bj"},
		{"the mouse in a paste", "\033[200~a\033[<0;1;1M\033[M !!b\033[201~j", "`a`bj"},
		{"an answer in a paste", "\033[200~a\033]11;rgb:1/2/3\ab\033[201~j", "`a`bj"},
		{"an Escape in a paste", "\033[200~a\033\033[201~j", "`aj"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, cases[i].text);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("%s: %s", cases[i].name, fixture.events);
		close_fixture(&fixture);
	}
}

/* Keys that the end of the input decides. */
static void a_pause_ends_keys(void **state)
{
	static const struct {
		const char *text;
		const char *events;
	} cases[] = {
		{"\033", "E"},    {"\033\033", "EE"}, {"\033k", "D"},
		{"\x01", "\x01"}, {"\x01@", "\x01@"}, {"\033[200~\033", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, cases[i].text);
		/* The last byte alone is not a key yet. */
		assert_true(strlen(fixture.events) < strlen(cases[i].events) || !*cases[i].events);
		wait_ms(&fixture, 30);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("case %zu: %s", i, fixture.events);
		assert_int_equal(key_input_due(&fixture.input), 0);
		close_fixture(&fixture);
	}
}

/* The loop may look at the input late, when the rest of a sequence has arrived. */
static void time_between_reads_does_not_cut_sequences(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	feed(&fixture, "\033");
	fixture.now_ns += 900 * MILLISECOND;
	feed(&fixture, "[57362");
	fixture.now_ns += 900 * MILLISECOND;
	feed(&fixture, "uj");
	assert_string_equal(fixture.events, "j");
	close_fixture(&fixture);
}

/* A slow connection cuts sequences between any two bytes. No piece acts as keys. */
static void pieces_of_known_sequences_belong_together(void **state)
{
	static const struct {
		const char *text;
		const char *events; /* E: the Escape, if the cut follows it */
	} cases[] = {
		{"\033[<0;12;34M", "<press 33 11>"},
		{"\033[<0;12;34m", "<release 33 11>"},
		{"\033[M q!", "<press 0 80>"},
		{"\033OA", "U"},
		{"\033[6~", "N"},
		{"\033[I", ""},
		{"\033[O", ""},
		{"\033[200~", ""},
		{"\033[1;2D", "?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t length = strlen(cases[i].text);

		for (size_t cut = 1; cut < length; cut++) {
			struct fixture fixture;
			const char *events;

			open_fixture(&fixture);
			feed_bytes(&fixture, cases[i].text, cut);
			wait_ms(&fixture, 1000);
			feed(&fixture, cases[i].text + cut);
			wait_ms(&fixture, 30);
			events = fixture.events;
			if (cut == 1)
				assert_int_equal(*events++, 'E');
			if (strcmp(events, cases[i].events) != 0)
				fail_msg("case %zu, cut at %zu: %s", i, cut, fixture.events);
			assert_int_equal(fixture.input.pasting,
					 strstr(cases[i].text, "200~") != NULL);
			close_fixture(&fixture);
		}
	}
}

/* The end of a paste may arrive in pieces. */
static void the_end_of_a_paste_may_have_a_gap(void **state)
{
	static const char end[] = "\033[201~";

	(void)state;
	for (size_t cut = 1; cut < strlen(end); cut++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, "\033[200~x");
		feed_bytes(&fixture, end, cut);
		wait_ms(&fixture, 900);
		feed(&fixture, end + cut);
		feed(&fixture, "j");
		if (strcmp(fixture.events, "`xj") != 0)
			fail_msg("cut at %zu: %s", cut, fixture.events);
		close_fixture(&fixture);
	}
}

/* A person presses keys after Escape, or after a sequence that lacks its end. */
static void later_keys_are_keys(void **state)
{
	static const struct {
		const char *first;
		const char *later;
		const char *events;
	} cases[] = {
		{"\033", "[", "E["},          {"\033", "[[", "E[["},        {"\033", "[j", "E[j"},
		{"\033", "OB", "ED"},         {"\033", "Oj", "EOj"},        {"\033", "[2", "E[2"},
		{"\033", "[\033OA", "E[U"},   {"\033", "j[", "Ej["},        {"\033[", "q", "q"},
		{"\033[<66;1", "q", "q"},     {"\033[<66;1", "jq", "jq"},   {"\033[1", "q", "q"},
		{"\033O", "q", "q"},          {"\033]11;rgb", "q", "q"},    {"\033P", "q", "q"},
		{"\033[<0;1", "\033OA", "U"}, {"\033[M ", "\033OAj", "Uj"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, cases[i].first);
		wait_ms(&fixture, 200);
		feed(&fixture, cases[i].later);
		wait_ms(&fixture, 200);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("case %zu: %s", i, fixture.events);
		close_fixture(&fixture);
	}
}

static void an_incomplete_sequence_ends(void **state)
{
	static const char *const beginnings[] = {
		"\033[", "\033[<66;1", "\033O", "\033[M", "\033[M ", "\033]11;rgb", "\033P",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, beginnings[i]);
		wait_ms(&fixture, 6000);
		feed(&fixture, "3");
		if (strcmp(fixture.events, "3") != 0)
			fail_msg("beginning %zu: %s", i, fixture.events);
		close_fixture(&fixture);
	}
}

/* A slow connection may cut the answer between any two bytes. */
static void an_answer_may_have_a_gap(void **state)
{
	static const char *const answers[] = {"\033]11;rgb:1/2/3\a", "\033]11;rgb:1c1c/0/F\033\\"};
	char first[64];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		for (size_t cut = 1; cut < strlen(answers[i]); cut++) {
			struct fixture fixture;
			const char *expected = i == 0 ? "{11;rgb:1/2/3}jq" : "{11;rgb:1c1c/0/F}jq";

			open_fixture(&fixture);
			key_input_await_answer(&fixture.input, fixture.now_ns);
			memcpy(first, answers[i], cut);
			first[cut] = '\0';
			feed(&fixture, first);
			wait_ms(&fixture, 900);
			feed(&fixture, answers[i] + cut);
			feed(&fixture, "jq");
			/* An Escape that nothing follows for this time is a key. */
			if (strcmp(fixture.events + (cut == 1), expected) != 0)
				fail_msg("answer %zu, cut at %zu: %s", i, cut, fixture.events);
			close_fixture(&fixture);
		}
	}
}

/* Keys that a person presses after Alt-] or Escape, or after an answer that lacks its end. */
static void late_keys_are_not_an_answer(void **state)
{
	static const struct {
		const char *first;
		const char *later;
		const char *events;
	} cases[] = {
		{"\033]", "j", "j"},
		{"\033]", "2", "2"},
		{"\033", "j", "Ej"},
		{"\033]11;", "q", "q"},
		{"\033]0;rgb", "a", "a"},
		{"\033]11;rgb:1/2/3\033", "j", "j"},
		/* The terminal was not asked: both are keys. */
		{"\033", "]", "E]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture;

		open_fixture(&fixture);
		feed(&fixture, cases[i].first);
		wait_ms(&fixture, 300);
		feed(&fixture, cases[i].later);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("case %zu: %s", i, fixture.events);
		close_fixture(&fixture);
	}
}

static void a_paste_without_an_end_ends(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	feed(&fixture, "\033[200~x");
	wait_ms(&fixture, 500);
	feed(&fixture, "y");
	wait_ms(&fixture, 2000);
	feed(&fixture, "q");
	assert_string_equal(fixture.events, "`x`yq");
	close_fixture(&fixture);
}

static void a_long_string_is_cut(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	feed(&fixture, "\033]11;");
	for (int i = 0; i < 1000; i++)
		feed(&fixture, "a");
	feed(&fixture, "\aj");
	assert_int_equal(strlen(fixture.events), KEY_INPUT_TEXT_SIZE - 1 + 3);
	assert_int_equal(fixture.events[fixture.length - 1], 'j');
	close_fixture(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_are_decoded_or_ignored_whole),
		cmocka_unit_test(a_pause_ends_keys),
		cmocka_unit_test(time_between_reads_does_not_cut_sequences),
		cmocka_unit_test(pieces_of_known_sequences_belong_together),
		cmocka_unit_test(the_end_of_a_paste_may_have_a_gap),
		cmocka_unit_test(later_keys_are_keys),
		cmocka_unit_test(an_incomplete_sequence_ends),
		cmocka_unit_test(an_answer_may_have_a_gap),
		cmocka_unit_test(late_keys_are_not_an_answer),
		cmocka_unit_test(a_paste_without_an_end_ends),
		cmocka_unit_test(a_long_string_is_cut),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
