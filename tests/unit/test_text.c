/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"

#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000000ull

static void use_locale(const char *name)
{
	if (!setlocale(LC_CTYPE, name))
		fail_msg("no locale %s", name);
}

static void test_decode(void **state)
{
	static const struct {
		const char *text;
		size_t bytes;
		uint32_t code;
	} cases[] = {
		{"", 1, 0},
		{"a", 1, 'a'},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"é", 2, 0xe9},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"…", 3, 0x2026},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"😀", 4, 0x1f600},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		/* A continuation byte alone, overlong forms, surrogates, values that are too high,
		 * cut characters. */
		{"\x80", 0, 0},
		{"\xbf", 0, 0},
		{"\xc0\xaf", 0, 0},
		{"\xc1\xbf", 0, 0},
		{"\xe0\x80\xaf", 0, 0},
		{"\xe0\x9f\xbf", 0, 0},
		{"\xed\xa0\x80", 0, 0},
		{"\xed\xbf\xbf", 0, 0},
		{"\xf0\x80\x80\xaf", 0, 0},
		{"\xf0\x8f\xbf\xbf", 0, 0},
		{"\xf4\x90\x80\x80", 0, 0},
		{"\xf5\x80\x80\x80", 0, 0},
		{"\xff", 0, 0},
		{"\xfe", 0, 0},
		{"\xc3", 0, 0},
		{"\xc3z", 0, 0},
		{"\xe2\x80", 0, 0},
		{"\xe2\x80z", 0, 0},
		{"\xf0\x9f\x98", 0, 0},
		{"\xf0\x9f\x98z", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t code = 0;
		assert_int_equal(text_decode(cases[i].text, &code), cases[i].bytes);
		assert_int_equal(code, cases[i].code);
		assert_int_equal(text_is_utf8(cases[i].text), cases[i].bytes > 0);
	}
	assert_true(text_is_utf8("a\xc3\xa9z"));
	assert_false(text_is_utf8("a\xc3"));
}

/* Encoding is the reverse of decoding, and refuses the same code points. */
static void test_encode(void **state)
{
	static const uint32_t refused[] = {0xd800, 0xdfff, 0x110000, UINT32_MAX};

	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char out[5] = "";
		uint32_t decoded = UINT32_MAX;
		if (code == 0xd800)
			code = 0xe000;
		size_t length = text_encode(code, out);
		if (length == 0 || text_decode(out, &decoded) != length || decoded != code)
			fail_msg("U+%04X", (unsigned int)code);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char out[4];
		assert_int_equal(text_encode(refused[i], out), 0);
	}
}

static void test_escape(void **state)
{
	static const struct {
		const char *text;
		const char *shown;
		const char *ascii;
	} cases[] = {
		{NULL, "", ""},
		{"", "", ""},
		{"nginx: worker", "nginx: worker", "nginx: worker"},
		{"a\"b\\c", "a\"b\\c", "a\"b\\c"},
		{"\x1b[2J", "\\x1b[2J", "\\x1b[2J"},
		{"a\nb\rc\td", "a\\x0ab\\x0dc\\x09d", "a\\x0ab\\x0dc\\x09d"},
		{"\x7f", "\\x7f", "\\x7f"},
		{"naïve 日本 😀", "naïve 日本 😀",
		 "na\\xc3\\xafve \\xe6\\x97\\xa5\\xe6\\x9c\\xac \\xf0\\x9f\\x98\\x80"},
		/* C1 controls, which some terminals execute: CSI as UTF-8. */
		{"\xc2\x9b"
		 "2J",
		 "\\xc2\\x9b2J", "\\xc2\\x9b2J"},
		/* Right-to-left override, isolates, line separator, zero width space, BOM, tags,
		   soft hyphen. */
		{"a\xe2\x80\xae"
		 "b",
		 "a\\xe2\\x80\\xaeb", "a\\xe2\\x80\\xaeb"},
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6"},
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8"},
		{"\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b"},
		{"\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf"},
		{"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81"},
		{"\xc2\xad", "\\xc2\\xad", "\\xc2\\xad"},
		/* Not UTF-8. */
		{"a\xff"
		 "b",
		 "a\\xffb", "a\\xffb"},
		{"\xe2\x80", "\\xe2\\x80", "\\xe2\\x80"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},
		{"\xc3", "\\xc3", "\\xc3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[100];
		assert_int_equal(text_escape(cases[i].text, out, sizeof(out)),
				 strlen(cases[i].shown));
		assert_string_equal(out, cases[i].shown);
		assert_int_equal(text_escape_ascii(cases[i].text, out, sizeof(out)),
				 strlen(cases[i].ascii));
		assert_string_equal(out, cases[i].ascii);
	}
}

/* For each size of the buffer, text_escape writes the beginning of its full output, and never a
 * part of a character. */
static void test_escape_is_cut_at_whole_characters(void **state)
{
	static const char text[] = "aé日😀\x1b\xff"
				   "\xe2\x80\xae"
				   "z";
	char whole[64];
	size_t whole_length = text_escape(text, whole, sizeof(whole));

	(void)state;
	assert_int_equal(text_escape(text, whole, 0), 0);
	for (size_t size = 1; size <= whole_length + 1; size++) {
		char out[64];
		uint32_t code;
		memset(out, '#', sizeof(out));
		size_t length = text_escape(text, out, size);
		assert_true(length < size);
		assert_int_equal(out[length], '\0');
		assert_int_equal(out[size], '#');
		assert_memory_equal(out, whole, length);
		for (size_t at = 0; at < length;) {
			size_t bytes = text_decode(out + at, &code);
			assert_true(bytes > 0 && at + bytes <= length);
			at += bytes;
		}
		const char *backslash = strrchr(out, '\\');
		assert_true(!backslash || strlen(backslash) >= 4);
	}
}

static void test_width(void **state)
{
	static const struct {
		const char *text;
		size_t utf8;
		size_t ascii;
	} cases[] = {
		{"", 0, 0},          {"cart", 4, 4},     {"é", 1, 2},
		{"e\xcc\x81", 1, 3}, /* a combining acute */
		{"日本", 4, 6},      {"😀", 2, 4},        {"\xff", 1, 1},
		{"a\xc3", 2, 2},     {"\xcc\x81", 0, 2}, /* a mark without a letter */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		use_locale("C.UTF-8");
		assert_int_equal(text_width(cases[i].text), cases[i].utf8);
		use_locale("C");
		assert_int_equal(text_width(cases[i].text), cases[i].ascii);
	}
}

static void test_shorten(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *shortened;
		size_t used;
	} cases[] = {
		{"cart-7865d7b8f-6k6jp", 20, "cart-7865d7b8f-6k6jp", 20},
		{"cart-7865d7b8f-6k6jp", 99, "cart-7865d7b8f-6k6jp", 20},
		{"cart-7865d7b8f-6k6jp", 15, "cart-786…-6k6jp", 15},
		{"abcdef", 6, "abcdef", 6},
		{"abcdef", 5, "abc…f", 5},
		{"abcdef", 4, "ab…f", 4},
		{"abcdef", 3, "ab…", 3},
		{"abcdef", 2, "a…", 2},
		{"abcdef", 1, "…", 1},
		{"abcdef", 0, "", 0},
		{"", 5, "", 0},
		{"", 0, "", 0},
		/* Wide characters may leave one column unused, and never take one column too
		 * many. */
		{"日本日本日本", 12, "日本日本日本", 12},
		{"日本日本日本", 11, "日本日…日本", 11},
		{"日本日本日本", 8, "日本…本", 7},
		{"日本", 3, "日…", 3},
		{"日本", 2, "…", 1},
		/* Marks stay with their letters. */
		{"e\xcc\x81"
		 "e\xcc\x81"
		 "e\xcc\x81"
		 "e\xcc\x81",
		 3,
		 "e\xcc\x81"
		 "e\xcc\x81…",
		 3},
		{"abce\xcc\x81", 3, "ab…", 3},
		{"abcdefgh\xcc\x81", 6, "abc…gh\xcc\x81", 6},
	};

	(void)state;
	use_locale("C.UTF-8");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64];
		size_t used =
			text_shorten_middle(cases[i].text, cases[i].columns, "…", out, sizeof(out));
		assert_string_equal(out, cases[i].shortened);
		assert_int_equal(used, cases[i].used);
		assert_int_equal(text_width(out), used);
	}
	use_locale("C");
	char out[64];
	assert_int_equal(text_shorten_middle("cart-7865d7b8f-6k6jp", 15, "~", out, sizeof(out)),
			 15);
	assert_string_equal(out, "cart-786~-6k6jp");
}

/* For every buffer size, the result fits, ends with a NUL and contains no partial character. */
static void test_shorten_in_small_rooms(void **state)
{
	static const char text[] = "aé日😀e\xcc\x81\xffzz";

	(void)state;
	use_locale("C.UTF-8");
	assert_int_equal(text_shorten_middle("abc", 3, "…", NULL, 0), 0);
	for (size_t size = 1; size < 24; size++) {
		for (size_t columns = 0; columns < 14; columns++) {
			char out[32];
			memset(out, '#', sizeof(out));
			size_t used = text_shorten_middle(text, columns, "…", out, size);
			size_t length = strnlen(out, size);
			assert_true(length < size);
			assert_int_equal(out[size], '#');
			assert_true(used <= columns);
			assert_int_equal(text_width(out), used);
			for (size_t at = 0; at < length;) {
				uint32_t code;
				size_t bytes = text_decode(out + at, &code);
				assert_true(bytes > 0 || (unsigned char)out[at] == 0xff);
				at += bytes > 0 ? bytes : 1;
			}
		}
	}
	/* Without room for the ellipsis, the end does not follow the start. */
	char small[6];
	assert_int_equal(text_shorten_middle("abcdefghij", 6, "…", small, sizeof(small)), 3);
	assert_string_equal(small, "abc");
	use_locale("C");
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1"},
		{999, "999"},
		{1000, "1.0k"},
		{1234, "1.2k"},
		{1299, "1.2k"},
		{9999, "9.9k"},
		{10000, "10k"},
		{34567, "34k"},
		{999999, "999k"},
		{1000000, "1.0M"},
		{3400000, "3.4M"},
		{34000000, "34M"},
		{999999999, "999M"},
		{1000000000, "1.0G"},
		{7000000000000, "7.0T"},
		{7100000000000000, "7.1P"},
		{UINT64_MAX, "18E"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TEXT_NUMBER_SIZE];
		text_short_number(cases[i].value, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "0ms"},
		{1, "<0.1ms"},
		{99999, "<0.1ms"},
		{100000, "0.1ms"},
		{400000, "0.4ms"},
		{999999, "0.9ms"},
		{9999999, "9.9ms"},
		{10000000, "10ms"},
		{31000000, "31ms"},
		{999999999, "999ms"},
		{SECOND, "1.0s"},
		{2100000000, "2.1s"},
		{9999999999, "9.9s"},
		{10 * SECOND, "10s"},
		{60 * SECOND - 1, "59s"},
		{60 * SECOND, "1m"},
		{12 * 60 * SECOND, "12m"},
		{3600 * SECOND - 1, "59m"},
		{3 * 3600 * SECOND, "3h"},
		{86400 * SECOND - 1, "23h"},
		{4 * 86400 * SECOND, "4d"},
		{999 * 86400 * SECOND, "999d"},
		{1000 * 86400 * SECOND, "2y"},
		{UINT64_MAX, "584y"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TEXT_NUMBER_SIZE];
		text_short_duration(cases[i].ns, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void test_whole_milliseconds(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} cases[] = {
		{0, "<1ms"},    {1, "1ms"},     {9, "9ms"},      {999, "999ms"},
		{2100, "2.1s"}, {59000, "59s"}, {720000, "12m"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TEXT_NUMBER_SIZE];
		text_short_milliseconds(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* For every magnitude, a number has at most as many characters as its column is wide. */
static void test_numbers_fit_their_columns(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		for (unsigned int delta = 0; delta <= 2; delta++) {
			uint64_t value = (1ull << bit) - 1 + (uint64_t)delta;
			char text[TEXT_NUMBER_SIZE];
			text_short_number(value, text);
			assert_in_range(strlen(text), 1, 4);
			text_short_duration(value, text);
			assert_in_range(strlen(text), 2, 6);
			text_short_milliseconds(value, text);
			assert_in_range(strlen(text), 2, 6);
		}
	}
}

static void test_compare_puts_null_first(void **context)
{
	(void)context;
	assert_int_equal(text_compare(NULL, NULL), 0);
	assert_true(text_compare(NULL, "") < 0);
	assert_true(text_compare("", NULL) > 0);
	assert_int_equal(text_compare("a", "a"), 0);
	assert_true(text_compare("a", "b") < 0);
	assert_true(text_compare("b", "a") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_compare_puts_null_first),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_is_cut_at_whole_characters),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_shorten),
		cmocka_unit_test(test_shorten_in_small_rooms),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_whole_milliseconds),
		cmocka_unit_test(test_numbers_fit_their_columns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
