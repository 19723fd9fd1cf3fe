/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of rules in the policy pane, and the widths that they get. */
#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "tests/support/scenario.h"
#include "tui/dashboard/panes/policy_rule_text.h"
#include "tui/dashboard/table/share.h"

static void widths_go_to_the_texts_that_need_them(void **state)
{
	static const struct {
		int total;
		int needs[3];
		int widths[3];
	} cases[] = {
		{30, {5, 10, 7}, {5, 10, 7}},   /* all fit */
		{30, {5, 40, 7}, {5, 18, 7}},   /* the long one gets the rest */
		{30, {40, 40, 4}, {13, 13, 4}}, /* two long ones share */
		{31, {40, 40, 4}, {13, 14, 4}}, {9, {40, 40, 40}, {3, 3, 3}},
		{0, {4, 0, 4}, {0, 0, 0}},      {-5, {4, 0, 4}, {0, 0, 0}},
	};
	int widths[3];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		share_columns(cases[i].total, cases[i].needs, 3, widths);
		for (size_t j = 0; j < 3; j++) {
			if (widths[j] != cases[i].widths[j])
				fail_msg("case %zu: width %zu is %d, not %d", i, j, widths[j],
					 cases[i].widths[j]);
		}
	}
}

static void ports_are_short(void **state)
{
	static struct netpol_port ports[] = {
		{.first = 80, .last = 80, .protocol = FLOW_TCP},
		{.first = 443, .last = 443, .protocol = FLOW_TCP},
		{.first = 8000, .last = 8010, .protocol = FLOW_TCP},
		{.name = "web", .protocol = FLOW_TCP},
		{.first = 53, .last = 53, .protocol = FLOW_UDP},
		{.protocol = FLOW_SCTP},
	};
	static const struct {
		int width;
		const char *text;
	} cases[] = {
		{INT_MAX, "TCP 80,443,8000-8010,web, UDP 53, SCTP"},
		{38, "TCP 80,443,8000-8010,web, UDP 53, SCTP"},
		{37, "TCP 80,443,8000-8010,web, UDP 53, +1"},
		{12, "TCP 80, +5"},
		{0, "TCP 80, +5"},
	};
	struct netpol_rule rule = {.ports = ports, .port_count = 6};
	struct draft_rule listed = {.kind = DRAFT_RULE_ALLOWED, .rule = &rule};
	char text[POLICY_RULE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		policy_rule_ports(&listed, cases[i].width, text);
		assert_string_equal(text, cases[i].text);
	}
}

#define MANY 3000

static void peers_fit_the_width(void **test_state)
{
	static struct netpol_peer peers[MANY];
	struct netpol_rule rule = {.peers = peers, .peer_count = MANY};
	struct draft_rule listed = {.kind = DRAFT_RULE_ALLOWED, .rule = &rule};
	struct state *state = scenario_new();
	char text[POLICY_RULE_TEXT_SIZE];

	(void)test_state;
	for (size_t i = 0; i < MANY; i++)
		peers[i] = (struct netpol_peer){.kind = NETPOL_PEER_NAME, .name = "a.example"};
	policy_rule_peers(state, &listed, "shop", 5, text);
	assert_string_equal(text, "a.example, +2999 more");
	for (int width = 30; width < 400; width++) {
		policy_rule_peers(state, &listed, "shop", width, text);
		assert_true((int)text_width(text) <= width);
		assert_non_null(strstr(text, " more"));
	}
	/* However wide the pane is, the text fits its buffer, and counts what it lacks. */
	policy_rule_peers(state, &listed, "shop", INT_MAX, text);
	assert_non_null(strstr(text, " more"));
	rule.peer_count = 2;
	policy_rule_peers(state, &listed, "shop", 20, text);
	assert_string_equal(text, "a.example, a.example");
	state_free(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_go_to_the_texts_that_need_them),
		cmocka_unit_test(ports_are_short),
		cmocka_unit_test(peers_fit_the_width),
	};

	setlocale(LC_ALL, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
