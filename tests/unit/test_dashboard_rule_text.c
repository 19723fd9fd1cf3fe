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
#include "core/policy/draft/note.h"
#include "tests/support/scenario.h"
#include "tui/dashboard/panes/policy_rule_again.h"
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
		{30, {40, 40, 4}, {13, 13, 4}}, /* two long ones share the rest */
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
	/* At any width of the pane, the text fits its buffer, and counts the parts that it
	 * lacks. */
	policy_rule_peers(state, &listed, "shop", INT_MAX, text);
	assert_non_null(strstr(text, " more"));
	rule.peer_count = 2;
	policy_rule_peers(state, &listed, "shop", 20, text);
	assert_string_equal(text, "a.example, a.example");
	state_free(state);
}

/* A rule of a test: its kind and direction, and the edges of `all` whose digits are in `edges`. */
struct listed_rule {
	uint8_t kind;
	uint8_t direction;
	const char *edges;
};

#define RULES_MAX 4

/* The rules of a draft with their edges. The edges of `former` lists must not be read. */
struct listing {
	struct draft_rule items[RULES_MAX];
	struct draft_rule_edge numbers[RULES_MAX][10];
	const struct edge *edges[RULES_MAX][10];
	struct draft_rules rules;
};

static void list_rules(struct listing *listing, const struct listed_rule *rules,
		       const struct edge *all)
{
	*listing = (struct listing){.rules = {.items = listing->items}};
	for (size_t i = 0; i < RULES_MAX && rules[i].kind; i++) {
		size_t count = strlen(rules[i].edges);

		for (size_t j = 0; j < count; j++) {
			listing->edges[i][j] = &all[rules[i].edges[j] - '0'];
			listing->numbers[i][j].edge = listing->edges[i][j];
		}
		listing->items[i] = (struct draft_rule){
			.kind = rules[i].kind,
			.direction = rules[i].direction,
			.edges = {.items = listing->edges[i], .count = count},
			.numbers = listing->numbers[i],
		};
		listing->rules.count++;
	}
}

static void rules_are_found_again(void **state)
{
	enum { IN = NETPOL_INGRESS, OUT = NETPOL_EGRESS };
	static const struct {
		struct listed_rule before[RULES_MAX];
		struct listed_rule after[RULES_MAX];
		size_t index;
		size_t found;
	} cases[] = {
		/* Another rule came before it. */
		{{{DRAFT_RULE_ALLOWED, OUT, "12"}},
		 {{DRAFT_RULE_ALLOWED, OUT, "3"}, {DRAFT_RULE_ALLOWED, OUT, "21"}},
		 0,
		 1},
		/* Its first edge was left out. */
		{{{DRAFT_RULE_ALLOWED, OUT, "123"}},
		 {{DRAFT_RULE_LEFT_OUT, OUT, "1"}, {DRAFT_RULE_ALLOWED, OUT, "23"}},
		 0,
		 1},
		/* Its first edge was left out and others became a rule of their own. */
		{{{DRAFT_RULE_ALLOWED, OUT, "12345"}},
		 {{DRAFT_RULE_ALLOWED, OUT, "2"},
		  {DRAFT_RULE_ALLOWED, OUT, "345"},
		  {DRAFT_RULE_LEFT_OUT, OUT, "1"}},
		 0,
		 1},
		/* All edges were left out. */
		{{{DRAFT_RULE_ALLOWED, OUT, "12"}},
		 {{DRAFT_RULE_ALLOWED, OUT, "3"}, {DRAFT_RULE_LEFT_OUT, OUT, "12"}},
		 0,
		 1},
		/* No edge is left. */
		{{{DRAFT_RULE_ALLOWED, OUT, "1"}}, {{DRAFT_RULE_ALLOWED, OUT, "2"}}, 0, 1},
		/* Rules without edges keep their order. */
		{{{DRAFT_RULE_UNRESTRICTED, IN, ""},
		  {DRAFT_RULE_ALLOWED, OUT, ""},
		  {DRAFT_RULE_ALLOWED, OUT, ""}},
		 {{DRAFT_RULE_ALLOWED, IN, ""},
		  {DRAFT_RULE_ALLOWED, OUT, ""},
		  {DRAFT_RULE_ALLOWED, OUT, "5"},
		  {DRAFT_RULE_ALLOWED, OUT, ""}},
		 2,
		 3},
		{{{DRAFT_RULE_UNRESTRICTED, IN, ""}}, {{DRAFT_RULE_ALLOWED, IN, ""}}, 0, 1},
	};
	static const struct edge all[10];
	struct listing before;
	struct listing after;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		list_rules(&before, cases[i].before, all);
		list_rules(&after, cases[i].after, all);
		/* The edges of the older draft may be freed. */
		memset(before.edges, 0, sizeof(before.edges));
		if (policy_rule_find_again(&after.rules, &before.rules, cases[i].index) !=
		    cases[i].found)
			fail_msg("case %zu: another rule is found", i);
	}
}

static void reasons_name_the_user(void **state)
{
	static const struct {
		uint8_t kind;
		size_t count;
		uint64_t connections; /* of each destination */
		bool restricted;
		const char *text;
	} cases[] = {
		{NOTE_EXCLUDED, 1, 1, true, "left out by you"},
		{NOTE_EXCLUDED, 1, 0, false, "left out by you"},
		{NOTE_EXCLUDED, 1, 17, false, "17 left out by you"},
		/* Connections, as in the title: "17 left out by you". */
		{NOTE_EXCLUDED, 2, 8, false, "16 left out by you"},
		{NOTE_EXCLUDED, 2, 0, false, "2 destinations left out by you"},
		{NOTE_FEW, 1, 1, false, "left out by you, too few connections"},
		{NOTE_UNANSWERED, 1, 1, false, "without a rule: never answered"},
		{NOTE_UNANSWERED, 2, 3, true, "6 left out: never answered"},
	};
	char text[POLICY_RULE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct draft_left_out items[2] = {
			{.kind = cases[i].kind, .count = cases[i].connections},
			{.kind = cases[i].kind, .count = cases[i].connections},
		};
		const struct draft_rule rule = {.kind = DRAFT_RULE_LEFT_OUT,
						.restricted = cases[i].restricted,
						.connections =
							cases[i].connections * cases[i].count,
						.left_out = {items, cases[i].count}};

		policy_rule_reason(&rule, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_go_to_the_texts_that_need_them),
		cmocka_unit_test(ports_are_short),
		cmocka_unit_test(peers_fit_the_width),
		cmocka_unit_test(rules_are_found_again),
		cmocka_unit_test(reasons_name_the_user),
	};

	setlocale(LC_ALL, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
