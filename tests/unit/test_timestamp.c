/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timestamp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* The numbers come from `date -u -d TEXT +%s`. */
#define DAY_2026 1767225600ull /* 2026-01-01T00:00:00Z */

static void test_format(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{1, "1970-01-01T00:00:00.000000001Z"},
		{999999999, "1970-01-01T00:00:00.999999999Z"},
		{86399 * NS_PER_SECOND, "1970-01-01T23:59:59.000000000Z"},
		{86400 * NS_PER_SECOND, "1970-01-02T00:00:00.000000000Z"},
		{68169600 * NS_PER_SECOND, "1972-02-29T00:00:00.000000000Z"},
		{951782400 * NS_PER_SECOND, "2000-02-29T00:00:00.000000000Z"},
		{951868800 * NS_PER_SECOND, "2000-03-01T00:00:00.000000000Z"},
		{DAY_2026 * NS_PER_SECOND - 1, "2025-12-31T23:59:59.999999999Z"},
		{DAY_2026 * NS_PER_SECOND, "2026-01-01T00:00:00.000000000Z"},
		{1767323045 * NS_PER_SECOND + 6, "2026-01-02T03:04:05.000000006Z"},
		{4107542400 * NS_PER_SECOND, "2100-03-01T00:00:00.000000000Z"},
		{4107542399 * NS_PER_SECOND, "2100-02-28T23:59:59.000000000Z"},
		{UINT64_MAX, "2554-07-21T23:34:33.709551615Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TIMESTAMP_TEXT_SIZE];
		assert_int_equal(timestamp_format(cases[i].ns, text), 30);
		assert_string_equal(text, cases[i].text);
	}
}

/* Compares noon of every day until 2554 with the C library, and parses the result back. */
static void test_every_day(void **state)
{
	(void)state;
	for (uint64_t day = 0; day < UINT64_MAX / NS_PER_SECOND / 86400; day++) {
		uint64_t ns = (day * 86400 + 43200) * NS_PER_SECOND + day;
		time_t seconds = (time_t)(ns / NS_PER_SECOND);
		char text[TIMESTAMP_TEXT_SIZE];
		char expected[TIMESTAMP_TEXT_SIZE];
		struct tm tm;
		uint64_t back;

		size_t length = timestamp_format(ns, text);
		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm);
		if (memcmp(text, expected, 19) != 0)
			fail_msg("%s is not %s", text, expected);
		if (timestamp_parse(text, length, &back) || back != ns)
			fail_msg("%s does not come back", text);
	}
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
		uint64_t ns;
	} cases[] = {
		{"2026-01-01T00:00:00Z", DAY_2026, 0},
		{"2026-01-01t00:00:00z", DAY_2026, 0},
		{"2026-01-01 00:00:00Z", DAY_2026, 0},
		{"2026-01-01T00:00:00.5Z", DAY_2026, 500000000},
		{"2026-01-01T00:00:00.000000001Z", DAY_2026, 1},
		{"2026-01-01T00:00:00.123456789Z", DAY_2026, 123456789},
		/* Digits after the ninth are dropped, not rounded. */
		{"2026-01-01T00:00:00.9999999999999999999999Z", DAY_2026, 999999999},
		{"2026-01-01T00:00:00+00:00", DAY_2026, 0},
		{"2026-01-01T00:00:00-00:00", DAY_2026, 0},
		{"2026-01-01T01:00:00+01:00", DAY_2026, 0},
		{"2025-12-31T19:00:00-05:00", DAY_2026, 0},
		{"2026-01-01T05:45:00.25+05:45", DAY_2026, 250000000},
		{"2026-01-01T23:59:00+23:59", DAY_2026, 0},
		{"1970-01-01T00:00:00Z", 0, 0},
		{"1969-12-31T23:00:00-01:00", 0, 0},
		{"1970-01-01T00:59:59.5+00:59", 59, 500000000},
		{"2024-02-29T12:00:00Z", 1709208000, 0},
		{"2000-02-29T00:00:00Z", 951782400, 0},
		/* A leap second equals the first second of the next day. */
		{"2016-12-31T23:59:60Z", 1483228800, 0},
		{"2016-12-31T23:59:60.5Z", 1483228800, 500000000},
		{"2554-07-21T23:34:33.709551615Z", 18446744073, 709551615},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = 7;
		if (timestamp_parse(cases[i].text, strlen(cases[i].text), &ns))
			fail_msg("%s was refused", cases[i].text);
		assert_int_equal(ns, cases[i].seconds * NS_PER_SECOND + cases[i].ns);
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const refused[] = {
		"",
		"2026",
		"2026-01-01",
		"2026-01-01T00:00:00",
		"2026-01-01T00:00Z",
		"2026-1-1T00:00:00Z",
		"26-01-01T00:00:00Z",
		"02026-01-01T00:00:00Z",
		"2026/01/01T00:00:00Z",
		"2026-01-01_00:00:00Z",
		"2026-01-01  00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-32T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00,5Z",
		"2026-01-01T00:00:00.5",
		"2026-01-01T00:00:00.-5Z",
		"2026-01-01T00:00:00ZZ",
		"2026-01-01T00:00:00Z ",
		" 2026-01-01T00:00:00Z",
		"2026-01-01T00:00:00+0100",
		"2026-01-01T00:00:00+01",
		"2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+01:60",
		"2026-01-01T00:00:00+1:00",
		"2026-01-01T00:00:00 Z",
		"-026-01-01T00:00:00Z",
		"+026-01-01T00:00:00Z",
	};
	/* Before the epoch, and beyond 64 bits. */
	static const char *const outside[] = {
		"0000-01-01T00:00:00Z",           "0001-01-01T00:00:00Z",
		"1969-12-31T23:59:59Z",           "1970-01-01T00:00:00+00:01",
		"2554-07-21T23:34:33.709551616Z", "2554-07-21T23:34:34Z",
		"9999-12-31T23:59:59Z",
	};

	(void)state;
	assert_int_equal(timestamp_parse(NULL, 0, &(uint64_t){0}), -EINVAL);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		uint64_t ns = 7;
		if (timestamp_parse(refused[i], strlen(refused[i]), &ns) != -EINVAL)
			fail_msg("'%s' was not refused", refused[i]);
		assert_int_equal(ns, 7);
	}
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		uint64_t ns = 7;
		if (timestamp_parse(outside[i], strlen(outside[i]), &ns) != -ERANGE)
			fail_msg("'%s' was not refused", outside[i]);
		assert_int_equal(ns, 7);
	}
}

/* Every shortened text is refused, and no byte beyond `length` is read. */
static void test_parse_stays_within_length(void **state)
{
	static const char text[] = "2026-01-01T00:00:00.123456789+00:00";
	uint64_t ns;

	(void)state;
	for (size_t length = 0; length < strlen(text); length++)
		assert_int_equal(timestamp_parse(text, length, &ns), -EINVAL);
	assert_int_equal(timestamp_parse("2026-01-01T00:00:00Zjunk", 20, &ns), 0);
	assert_int_equal(ns, DAY_2026 * NS_PER_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_stays_within_length),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
