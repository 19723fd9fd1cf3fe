/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "tui/dashboard/copy_text.h"

static void expect(const struct copy_source *source, enum copy_kind kind, const char *expected)
{
	char text[COPY_TEXT_SIZE];

	copy_text(kind, source, text);
	assert_string_equal(text, expected);
}

static void test_texts(void **state)
{
	struct flow_address peer;
	struct copy_source source = {
		.subject = "shop/cart\x1b[2J",
		.peer = &peer,
		.direction = FLOW_EGRESS,
		.protocol = "TCP",
		.port = 443,
		.client_port = 50123,
	};

	(void)state;
	assert_int_equal(address_parse("203.0.113.9", &source.family, &peer), 0);
	expect(&source, COPY_ADDRESS, "203.0.113.9");
	expect(&source, COPY_ROW, "shop/cart\\x1b[2J -> 203.0.113.9:443/tcp");
	expect(&source, COPY_TCPDUMP, "tcp and host 203.0.113.9 and port 443 and port 50123");
	expect(&source, COPY_SS, "ss -anp -t 'dst 203.0.113.9 and dport = :443'");

	/* The client's end of an accepted connection, over IPv6. */
	assert_int_equal(address_parse("2001:db8::7", &source.family, &peer), 0);
	source.direction = FLOW_INGRESS;
	source.protocol = "UDP";
	source.client_port = 0;
	expect(&source, COPY_ROW, "shop/cart\\x1b[2J <- [2001:db8::7]:443/udp");
	expect(&source, COPY_TCPDUMP, "udp and host 2001:db8::7 and port 443");
	expect(&source, COPY_SS, "ss -anp -u 'dst [2001:db8::7] and sport = :443'");
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(copy_kind_find("ss"), COPY_SS);
	assert_int_equal(copy_kind_find("yaml"), COPY_YAML);
	assert_int_equal(copy_kind_find("rows"), 0);
	assert_int_equal(copy_kind_find(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
