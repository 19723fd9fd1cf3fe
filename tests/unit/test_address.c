/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/address.h"
#include "core/record/record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct parse_case {
	const char *text;
	uint8_t family;
	const char *canonical;
};

/* The IPv6 cases follow RFC 5952, sections 4 and 5. */
static const struct parse_case readable[] = {
	{"0.0.0.0", 4, "0.0.0.0"},
	{"10.0.0.1", 4, "10.0.0.1"},
	{"192.0.2.9", 4, "192.0.2.9"},
	{"100.99.10.9", 4, "100.99.10.9"},
	{"255.255.255.255", 4, "255.255.255.255"},
	{"::", 6, "::"},
	{"::1", 6, "::1"},
	{"1::", 6, "1::"},
	{"0:0:0:0:0:0:0:0", 6, "::"},
	{"2001:DB8::AB", 6, "2001:db8::ab"},
	{"2001:0db8:0000:0000:0001:0000:0000:00ab", 6, "2001:db8::1:0:0:ab"},
	{"2001:db8:0:0:1::1", 6, "2001:db8::1:0:0:1"},
	{"2001:db8::1:0:0:1", 6, "2001:db8::1:0:0:1"},
	{"2001:0:0:1:0:0:0:1", 6, "2001:0:0:1::1"},
	{"2001:db8:0:1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1"},
	{"2001:db8::1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1"},
	{"0:0:1::", 6, "0:0:1::"},
	{"1:0:0:2::", 6, "1:0:0:2::"},
	{"0:1:2:3:4:5:6:7", 6, "0:1:2:3:4:5:6:7"},
	{"1:2:3:4:5:6:7:0", 6, "1:2:3:4:5:6:7:0"},
	{"1:2:3:4:5:6:0:0", 6, "1:2:3:4:5:6::"},
	{"0:0:3:4:5:6:7:8", 6, "::3:4:5:6:7:8"},
	{"fe80::1", 6, "fe80::1"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	/* An IPv4-mapped address becomes IPv4. IPv4-compatible (deprecated) and NAT64 addresses do
	 * not. */
	{"::ffff:192.0.2.1", 4, "192.0.2.1"},
	{"::FFFF:c000:0201", 4, "192.0.2.1"},
	{"0:0:0:0:0:ffff:7f00:1", 4, "127.0.0.1"},
	{"::192.0.2.1", 6, "::c000:201"},
	{"::ffff:0:192.0.2.1", 6, "::ffff:0:c000:201"},
	{"64:ff9b::192.0.2.33", 6, "64:ff9b::c000:221"},
};

static void test_parse_and_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		const struct parse_case *c = &readable[i];
		struct flow_address address;
		uint8_t family = 0;
		char text[ADDRESS_TEXT_SIZE];

		memset(&address, 0xaa, sizeof(address));
		assert_int_equal(address_parse(c->text, &family, &address), 0);
		assert_int_equal(family, c->family);
		assert_int_equal(address_format(family, &address, text), strlen(c->canonical));
		assert_string_equal(text, c->canonical);
		for (size_t byte = 4; family == 4 && byte < 16; byte++)
			assert_int_equal(address.bytes[byte], 0);
	}
}

/* Compares address_parse with inet_pton for random texts of digits and dots. */
static void test_parse_ipv4_like_inet_pton(void **state)
{
	static const char characters[] = "00122555..";
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		uint8_t expected[4];
		char text[18];
		struct flow_address address;
		uint8_t family;
		size_t length = 7 + i % 10;
		for (size_t k = 0; k < length; k++) {
			random = random * 1664525 + 1013904223;
			text[k] = characters[(random >> 16) % (sizeof(characters) - 1)];
		}
		text[length] = '\0';
		bool valid = inet_pton(AF_INET, text, expected) == 1;
		assert_int_equal(address_parse(text, &family, &address) == 0, valid);
		if (valid)
			assert_memory_equal(address.bytes, expected, sizeof(expected));
	}
}

static void test_parse_refuses(void **state)
{
	static const char *const refused[] = {
		"",
		" ",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"256.0.0.1",
		"1.2.3.4 ",
		" 1.2.3.4",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.4/32",
		"1.2.3.4:80",
		"fe80::1%2",
		"fe80::1%eth0",
		"[::1]",
		"::1/128",
		":::",
		"1::2::3",
		"12345::",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"::g",
		"0x7f.1",
		"None",
		"example.com",
		"1.2.3.4\n",
		"-1.2.3.4",
		"::1.2.3",
		"::ffff:1.2.3.400",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct flow_address before;
		struct flow_address address;
		uint8_t family = 99;

		memset(&before, 0x55, sizeof(before));
		address = before;
		assert_int_equal(address_parse(refused[i], &family, &address), -EINVAL);
		assert_int_equal(family, 99);
		assert_true(address_equal(&address, &before));
	}
}

/* Formats and parses each pattern of zero and non-zero groups: the address stays the same. */
static void test_every_zero_pattern_round_trips(void **state)
{
	(void)state;
	for (unsigned int pattern = 0; pattern < 256; pattern++) {
		struct flow_address address = {{0}};
		struct flow_address back;
		uint8_t family = 0;
		char text[ADDRESS_TEXT_SIZE];

		for (unsigned int group = 0; group < 8; group++) {
			if (pattern & 1u << group)
				address.bytes[2 * group + 1] = (uint8_t)(group + 1);
		}
		size_t length = address_format(6, &address, text);
		assert_int_equal(length, strlen(text));
		assert_int_equal(address_parse(text, &family, &back), 0);
		assert_int_equal(family, 6);
		assert_true(address_equal(&address, &back));
		assert_null(strstr(text, ":::"));
	}
}

enum class {
	UNSPECIFIED = 1,
	LOOPBACK = 2,
	MULTICAST = 4,
	LOCAL_V6 = 8,
	LOCAL_V4 = 16,
	PRIVATE = 32,
};

static void test_classes(void **state)
{
	static const struct {
		const char *text;
		unsigned int classes;
	} cases[] = {
		{"0.0.0.0", UNSPECIFIED},
		{"0.0.0.1", 0},
		{"::", UNSPECIFIED},
		{"::2", 0},
		{"127.0.0.1", LOOPBACK},
		{"127.255.255.255", LOOPBACK},
		{"126.255.255.255", 0},
		{"128.0.0.1", 0},
		{"::1", LOOPBACK},
		{"::ffff:127.0.0.1", LOOPBACK},
		{"223.255.255.255", 0},
		{"224.0.0.1", MULTICAST},
		{"239.255.255.255", MULTICAST},
		{"240.0.0.1", 0},
		{"255.255.255.254", 0},
		{"255.255.255.255", MULTICAST},
		{"ff02::1", MULTICAST},
		{"feff::1", 0},
		{"fe80::1", LOCAL_V6},
		{"febf::1", LOCAL_V6},
		{"fec0::1", 0},
		{"fe7f::1", 0},
		{"169.254.20.10", LOCAL_V4},
		{"169.253.0.1", 0},
		{"169.255.0.1", 0},
		{"192.0.2.1", 0},
		{"2001:db8::1", 0},
		{"9.255.255.255", 0},
		{"10.0.0.0", PRIVATE},
		{"10.255.255.255", PRIVATE},
		{"11.0.0.0", 0},
		{"100.63.255.255", 0},
		{"100.64.0.0", PRIVATE},
		{"100.127.255.255", PRIVATE},
		{"100.128.0.0", 0},
		{"101.64.0.0", 0},
		{"172.15.255.255", 0},
		{"172.16.0.0", PRIVATE},
		{"172.31.255.255", PRIVATE},
		{"172.32.0.0", 0},
		{"173.16.0.0", 0},
		{"192.167.255.255", 0},
		{"192.168.0.0", PRIVATE},
		{"192.168.255.255", PRIVATE},
		{"192.169.0.0", 0},
		{"193.168.0.0", 0},
		{"fbff::1", 0},
		{"fc00::1", PRIVATE},
		{"fdff::1", PRIVATE},
		/* Each address begins with the bytes of a special range, such as loopback, of the
		 * other address family. */
		{"7f00::1", 0},
		{"a9fe::1", 0},
		{"e000::1", 0},
		{"254.128.0.1", 0},
		{"252.0.0.1", 0},
		{"a00::1", 0},
		{"c0a8::1", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow_address address;
		uint8_t family;
		unsigned int classes = 0;

		assert_int_equal(address_parse(cases[i].text, &family, &address), 0);
		classes |= address_is_unspecified(family, &address) ? UNSPECIFIED : 0;
		classes |= address_is_loopback(family, &address) ? LOOPBACK : 0;
		classes |= address_is_multicast_or_broadcast(family, &address) ? MULTICAST : 0;
		classes |= address_is_link_local_v6(family, &address) ? LOCAL_V6 : 0;
		classes |= address_is_link_local_v4(family, &address) ? LOCAL_V4 : 0;
		classes |= address_is_private(family, &address) ? PRIVATE : 0;
		if (classes != cases[i].classes)
			fail_msg("%s: classes %u, not %u", cases[i].text, classes,
				 cases[i].classes);
	}
}

static void test_unmap(void **state)
{
	struct flow_address mapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}};
	struct flow_address other = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 192, 0, 2, 7}};
	struct flow_address ipv4 = {{192, 0, 2, 7}};
	struct flow_address before = other;
	uint8_t family = 6;
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	/* address_format writes a mapped address in the mixed form (RFC 5952, section 5). */
	address_format(6, &mapped, text);
	assert_string_equal(text, "::ffff:192.0.2.7");

	address_unmap(&family, &mapped);
	assert_int_equal(family, 4);
	assert_true(address_equal(&mapped, &ipv4));
	address_unmap(&family, &mapped);
	assert_int_equal(family, 4);
	assert_true(address_equal(&mapped, &ipv4));

	family = 6;
	address_unmap(&family, &other);
	assert_int_equal(family, 6);
	assert_true(address_equal(&other, &before));
}

static void test_parse_block(void **state)
{
	static const char *const refused[] = {
		"192.0.2.0",
		"192.0.2.0/",
		"192.0.2.0/33",
		"192.0.2.0/-1",
		"192.0.2.0/ 8",
		"192.0.2.0/24 ",
		"192.0.2.0/0024",
		"2001:db8::/129",
		"2001:db8::%1/64",
		"/24",
		"192.0.2.0/24/8",
		"x/24",
		"",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/64",
	};
	struct flow_address address;
	char text[ADDRESS_BLOCK_SIZE];
	unsigned int prefix = 0;
	uint8_t family = 0;

	(void)state;
	assert_int_equal(address_parse_block("192.0.2.77/24", &family, &address, &prefix), 0);
	assert_int_equal(family, 4);
	assert_int_equal(prefix, 24);
	assert_int_equal(address.bytes[3], 77);
	assert_int_equal(address_parse_block("2001:db8::/128", &family, &address, &prefix), 0);
	assert_int_equal(family, 6);
	assert_int_equal(prefix, address_bits(6));
	address_format_block(family, &address, (uint8_t)prefix, text);
	assert_string_equal(text, "2001:db8::/128");
	assert_int_equal(address_parse_block("0.0.0.0/0", &family, &address, &prefix), 0);
	assert_int_equal(prefix, 0);
	address_format_block(family, &address, (uint8_t)prefix, text);
	assert_string_equal(text, "0.0.0.0/0");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!address_parse_block(refused[i], &family, &address, &prefix))
			fail_msg("\"%s\" is read as a block", refused[i]);
	}
}

static void test_lists(void **state)
{
	char *items[] = {(char[]){"x"}, (char[]){"192.0.2.1"}, (char[]){"2001:db8::1"},
			 (char[]){"192.0.2.2"}};
	const struct string_list list = {.items = items, .count = 4};
	struct flow_address address = {.bytes = {9}};
	uint8_t family;

	(void)state;
	assert_true(address_find(&list, 4, &address));
	assert_int_equal(address.bytes[3], 1);
	assert_true(address_find(&list, 6, &address));
	assert_int_equal(address.bytes[15], 1);
	assert_true(address_list_has(&list, 6, &address));
	assert_false(address_list_has(&list, 4, &address));
	assert_int_equal(address_parse("192.0.2.2", &family, &address), 0);
	assert_true(address_list_has(&list, 4, &address));
	const struct string_list none = {.count = 0};
	assert_false(address_find(&none, 4, &address));
	assert_int_equal(address.bytes[3], 2);
}

static void test_added_addresses(void **state)
{
	static const char *const texts[] = {
		"2001:DB8:0::1", "2001:db8::1",     "x", "", "192.0.2.1/24",
		"192.0.2.1",     "::ffff:192.0.2.1"};
	struct string_list list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(address_list_add(&list, texts[i]), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0], "2001:db8::1");
	assert_string_equal(list.items[1], "192.0.2.1");
	string_list_clear(&list);
}

/* A text is skipped without parsing only if its last byte differs from that of the address. */
static void test_list_has(void **state)
{
	static const struct {
		const char *text;
		const char *address;
		bool expected;
	} cases[] = {
		{"192.0.2.10", "192.0.2.10", true},
		{"192.0.2.110", "192.0.2.110", true},
		{"192.0.2.0", "192.0.2.0", true},
		{"192.0.2.10", "192.0.2.1", false},
		{"192.0.2.10", "192.0.2.110", false},
		{"192.0.2.10", "192.0.3.10", false},
		{"::ffff:192.0.2.10", "192.0.2.10", true},
		{"::ffff:c000:20a", "192.0.2.10", true},
		{"::ffff:c000:210", "192.0.2.16", true},
		{"2001:db8::10", "192.0.2.10", false},
		{"10", "0.0.0.10", false},
		{"", "0.0.0.0", false},
		{"192.0.2.1000", "192.0.2.0", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		char *items[] = {text};
		const struct string_list list = {.items = items, .count = 1};
		struct flow_address address;
		uint8_t family;
		snprintf(text, sizeof(text), "%s", cases[i].text);
		assert_int_equal(address_parse(cases[i].address, &family, &address), 0);
		if (address_list_has(&list, family, &address) != cases[i].expected)
			fail_msg("\"%s\" and %s", cases[i].text, cases[i].address);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_has),
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_parse_ipv4_like_inet_pton),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_every_zero_pattern_round_trips),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_unmap),
		cmocka_unit_test(test_parse_block),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_added_addresses),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
