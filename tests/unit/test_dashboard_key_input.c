/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of keys: unknown sequences, Alt, pastes and answers of the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <curses.h>

#include "core/base/timestamp.h"
#include "tui/dashboard/screen/key_input.h"

#define MILLISECOND (NS_PER_SECOND / 1000)

struct fixture {
	struct key_input input;
	uint64_t now_ns;
	/* The events, in order: a key as it is (E for Escape, U for the key code KEY_UP), a pasted
	 * character after `, and an answer in braces. */
	char events[256];
	size_t length;
};

static void note(struct fixture *fixture, char sign)
{
	assert_true(fixture->length + 1 < sizeof(fixture->events));
	fixture->events[fixture->length++] = sign;
	fixture->events[fixture->length] = '\0';
}

static void handle(struct fixture *fixture, enum key_event event)
{
	const struct key_input *input = &fixture->input;

	if (event == KEY_EVENT_PASTED)
		note(fixture, '`');
	if (event == KEY_EVENT_PASTED || event == KEY_EVENT_KEY)
		note(fixture, input->is_code ? 'U' : input->key == 27 ? 'E' : (char)input->key);
	if (event != KEY_EVENT_ANSWER)
		return;
	note(fixture, '{');
	for (const char *at = input->text; *at; at++)
		note(fixture, *at);
	note(fixture, '}');
}

static void feed(struct fixture *fixture, const char *text)
{
	for (; *text; text++) {
		fixture->now_ns += MILLISECOND;
		handle(fixture, key_input_feed(&fixture->input, *text == '\x01',
					       *text == '\x01' ? KEY_UP : (unsigned char)*text,
					       fixture->now_ns));
	}
	handle(fixture, key_input_pause(&fixture->input));
}

static void sequences_are_ignored_whole(void **state)
{
	/* In the texts, \x01 stands for the key code KEY_UP. */
	static const struct {
		const char *name;
		const char *text;
		const char *events;
	} cases[] = {
		{"keys", "jq\x01", "jqU"},
		{"Escape", "\033", "E"},
		{"two Escapes", "\033\033", "EE"},
		{"Alt-x and Alt-q", "\033x\033qj", "j"},
		{"Alt with an arrow", "\033\x01k", "k"},
		{"an unknown function key", "\033[57362uj", "j"},
		{"SGR mouse", "\033[<66;10;5Mj", "j"},
		{"release of an SGR mouse button", "\033[<66;10;5mj", "j"},
		{"urxvt mouse", "\033[98;10;5Mj", "j"},
		{"X10 mouse", "\033[MIq!j", "j"},
		{"focus", "\033[I\033[Oj", "j"},
		{"the keypad", "\033Oqj", "j"},
		{"the Linux console", "\033[[Aj", "j"},
		{"private report", "\033[?62;1;4cj", "j"},
		{"a sequence in a sequence", "\033[12\033[5~j", "j"},
		{"an answer that ends with BEL", "\033]11;rgb:1/2/3\aj", "{11;rgb:1/2/3}j"},
		{"an answer that ends with ST", "\033]11;rgb:1/2/3\033\\j", "{11;rgb:1/2/3}j"},
		{"another string", "\033P1$rq\033\\j", "j"},
		{"a paste", "\033[200~xq\n\033[201~j", "`x`q`\nj"},
		{"a sequence in a paste", "\033[200~a\033[5~\033qb\033[201~j", "`a`bj"},
		{"an answer in a paste", "\033[200~a\033]11;rgb:1/2/3\ab\033[201~j", "`a`bj"},
		{"an Escape in a paste", "\033[200~a\033\033[201~j", "`aj"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture fixture = {.now_ns = NS_PER_SECOND};

		feed(&fixture, cases[i].text);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("%s: %s", cases[i].name, fixture.events);
	}
}

static void an_incomplete_sequence_ends(void **state)
{
	static const char *const beginnings[] = {"\033[",  "\033[<66;1",  "\033O",
						 "\033[M", "\033]11;rgb", "\033P"};

	(void)state;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		struct fixture fixture = {.now_ns = NS_PER_SECOND};

		feed(&fixture, beginnings[i]);
		fixture.now_ns += 200 * MILLISECOND;
		feed(&fixture, "q");
		assert_string_equal(fixture.events, "q");
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
			struct fixture fixture = {.now_ns = NS_PER_SECOND};
			const char *expected = i == 0 ? "{11;rgb:1/2/3}jq" : "{11;rgb:1c1c/0/F}jq";

			key_input_await_answer(&fixture.input, fixture.now_ns);
			memcpy(first, answers[i], cut);
			first[cut] = '\0';
			feed(&fixture, first);
			fixture.now_ns += 900 * MILLISECOND;
			feed(&fixture, answers[i] + cut);
			feed(&fixture, "jq");
			/* An Escape that nothing follows for this time is a key. */
			if (strcmp(fixture.events + (cut == 1), expected) != 0)
				fail_msg("answer %zu, cut at %zu: %s", i, cut, fixture.events);
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
		struct fixture fixture = {.now_ns = NS_PER_SECOND};

		feed(&fixture, cases[i].first);
		fixture.now_ns += 300 * MILLISECOND;
		feed(&fixture, cases[i].later);
		if (strcmp(fixture.events, cases[i].events) != 0)
			fail_msg("case %zu: %s", i, fixture.events);
	}
}

static void a_paste_without_an_end_ends(void **state)
{
	struct fixture fixture = {.now_ns = NS_PER_SECOND};

	(void)state;
	feed(&fixture, "\033[200~x");
	fixture.now_ns += 500 * MILLISECOND;
	feed(&fixture, "y");
	fixture.now_ns += 2 * NS_PER_SECOND;
	feed(&fixture, "q");
	assert_string_equal(fixture.events, "`x`yq");
}

static void a_long_string_is_cut(void **state)
{
	struct fixture fixture = {.now_ns = NS_PER_SECOND};

	(void)state;
	feed(&fixture, "\033]11;");
	for (int i = 0; i < 1000; i++)
		feed(&fixture, "a");
	feed(&fixture, "\aj");
	assert_int_equal(strlen(fixture.events), KEY_INPUT_TEXT_SIZE - 1 + 3);
	assert_int_equal(fixture.events[fixture.length - 1], 'j');
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_are_ignored_whole),
		cmocka_unit_test(an_incomplete_sequence_ends),
		cmocka_unit_test(an_answer_may_have_a_gap),
		cmocka_unit_test(late_keys_are_not_an_answer),
		cmocka_unit_test(a_paste_without_an_end_ends),
		cmocka_unit_test(a_long_string_is_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
