/* SPDX-License-Identifier: Apache-2.0 */
/* The policy pane as rules: the rules, their evidence, the destinations that are left out, and the
 * choice between rules and YAML. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

/* Starts with the sample, and with attempts on `hanging` more destinations that never answer. */
static void start(struct dashboard *dashboard, unsigned int hanging,
		  struct dashboard_options options)
{
	FILE *file = dashboard_create(dashboard, "shop.jsonl");
	char address[32];

	sample_write(file, 0);
	for (unsigned int i = 0; i < hanging; i++) {
		snprintf(address, sizeof(address), "203.0.113.%u", 200 + i);
		sample_write_flow(file, &(struct sample_flow){.event = "attempt",
							      .dst = address,
							      .id = 500 + i,
							      .ms = 30 + i,
							      .sport = 40000 + i,
							      .dport = 443,
							      .pid = 9});
	}
	fclose(file);
	options.arguments[0] = "--host";
	options.arguments[1] = "-i";
	options.arguments[2] = "shop.jsonl";
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, SAMPLE_NODE);
	/* The policy of cart, whatever the newest row is. */
	dashboard_press(dashboard, "/comm:cart<Enter>g");
	EXPECT_TEXT(dashboard, "Policy shop/cart");
	dashboard_settle(dashboard);
}

static int policy_row(struct dashboard *dashboard, const char *text)
{
	int title = dashboard_title_row(dashboard, "Policy");

	EXPECT(dashboard, title > 0);
	return terminal_find(dashboard->terminal, text, title + 1, NULL);
}

static bool is_selected_rule(struct dashboard *dashboard, const char *text)
{
	int row = policy_row(dashboard, text);

	return row > 0 && strstr(terminal_row(dashboard->terminal, row), "▌") != NULL;
}

static void each_rule_has_one_line(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	const char *row;

	start(dashboard, 6, (struct dashboard_options){.rows = 30});
	EXPECT(dashboard, policy_row(dashboard, "ingress ← app=front") > 0);
	EXPECT(dashboard, policy_row(dashboard, "egress  → app=db") > 0);
	row = terminal_row(dashboard->terminal, policy_row(dashboard, "egress  → app=db"));
	EXPECT(dashboard, strstr(row, "TCP 5432") && strstr(row, "1 conn"));
	/* One line for each reason. */
	EXPECT(dashboard, policy_row(dashboard, "7 left out: never answered") > 0);
	EXPECT(dashboard, policy_row(dashboard, "left out: refused") > 0);
	EXPECT(dashboard,
	       terminal_shows(dashboard->terminal, "2 of 10 allowed · 7 never answered"));
	dashboard_quit(dashboard);
}

static void the_cursor_shows_the_evidence(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard, 0, (struct dashboard_options){.rows = 30});
	dashboard_press(dashboard, "<Tab><Tab>");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "ingress ← app=front"));
	/* The rule between them allows DNS, which was not seen. */
	dashboard_press(dashboard, "jj");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "egress  → app=db"));
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "egress rule 2 is based on 1 destination, 1 connection");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "5432/tcp"));
	/* Enter opens the destination, and Esc goes back step by step. */
	dashboard_press(dashboard, "<Enter>");
	EXPECT_NO_TEXT(dashboard, "Connections");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "egress rule 2 is based on");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "egress rule 2 is based on");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "egress  → app=db"));
	dashboard_quit(dashboard);
}

static void large_screens_have_both(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard, 0, (struct dashboard_options){.rows = 60, .columns = 200});
	/* The pane has many rows, so it shows YAML until the user chooses. */
	EXPECT(dashboard, policy_row(dashboard, "podSelector:") > 0);
	dashboard_press(dashboard, "y");
	EXPECT_NO_TEXT(dashboard, "podSelector:");
	EXPECT_TEXT(dashboard, "ingress rule 1 is based on 1 client");
	EXPECT(dashboard, policy_row(dashboard, "ingress ← app=front") > 0);
	dashboard_press(dashboard, "<Tab><Tab>jjj");
	EXPECT_TEXT(dashboard, "egress: left out: refused");
	EXPECT_TEXT(dashboard, "80/tcp");
	dashboard_quit(dashboard);
}

static void x_leaves_a_rule_out_and_brings_it_back(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard, 0, (struct dashboard_options){.rows = 30});
	dashboard_press(dashboard, "<Tab><Tab>jjx");
	/* Without another rule for egress, the policy does not restrict it. */
	EXPECT_TEXT(dashboard, "left out by you");
	EXPECT(dashboard, policy_row(dashboard, "egress  → not restricted") > 0);
	EXPECT_TEXT(dashboard, "X brings it back");
	EXPECT(dashboard, policy_row(dashboard, "TCP 5432") < 0);
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "1 of 4 allowed"));
	/* The cursor followed the destination to its new line. */
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "left out by you"));
	dashboard_press(dashboard, "X");
	EXPECT_NO_TEXT(dashboard, "left out by you");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "TCP 5432"));
	dashboard_quit(dashboard);
}

static void the_form_is_remembered(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *settings;

	start(dashboard, 0, (struct dashboard_options){.rows = 24});
	/* YAML is large where the pane is small, and y goes back. */
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "kind: NetworkPolicy");
	EXPECT_NO_TEXT(dashboard, "Connections");
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_settle(dashboard);
	EXPECT(dashboard, policy_row(dashboard, "egress  → app=db") > 0);
	settings = dashboard_read_settings(dashboard);
	EXPECT(dashboard, settings && strcmp(settings, "policy: \"rules\"\n") == 0);
	free(settings);
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "kind: NetworkPolicy");
	dashboard_quit(dashboard);
	start(dashboard, 0, (struct dashboard_options){.rows = 24});
	EXPECT(dashboard, policy_row(dashboard, "egress  → app=db") < 0);
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "egress  → app=db");
	dashboard_quit(dashboard);
	/* The choice of rules also counts where there is room for YAML. */
	start(dashboard, 0, (struct dashboard_options){.rows = 60});
	EXPECT(dashboard, policy_row(dashboard, "egress  → app=db") > 0);
	dashboard_quit(dashboard);
}

static void a_text_is_found_in_rules(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard, 0, (struct dashboard_options){.rows = 30});
	dashboard_press(dashboard, "<Tab><Tab>/5432<Enter>");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "egress  → app=db"));
	dashboard_press(dashboard, "/refused<Enter>");
	dashboard_settle(dashboard);
	EXPECT(dashboard, is_selected_rule(dashboard, "left out: refused"));
	dashboard_press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

/* A rule that a later connection adds is marked. The rules before it keep their rows. */
static void new_rules_are_marked(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "-"}, .rows = 30, .fed = true};
	struct dashboard *dashboard = *test_state;
	FILE *file;

	dashboard_start(dashboard, &options);
	file = fdopen(dup(dashboard->feed), "w");
	EXPECT(dashboard, file);
	sample_write(file, 0);
	fflush(file);
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_press(dashboard, "/comm:cart<Enter>g");
	EXPECT_TEXT(dashboard, "egress  → app=db");
	/* Rules that are there from the start are not new. */
	EXPECT(dashboard, !terminal_wait_text(dashboard->terminal, "+ egress", 1500));
	for (int i = 0; i < 2; i++)
		sample_write_flow(file,
				  &(struct sample_flow){.event = i == 0 ? "attempt" : "established",
							.dst = "203.0.113.40",
							.id = 900,
							.ms = 5000 + (unsigned int)i,
							.sport = 41000,
							.dport = 8443,
							.pid = 9});
	fclose(file);
	EXPECT_TEXT(dashboard, "+ egress  → 203.0.113.40/32");
	EXPECT(dashboard, policy_row(dashboard, "  egress  → app=db") > 0);
	dashboard_quit(dashboard);
}

/* Without a successful connection there is no policy. The reason stands above the destinations that
 * are left out. */
static void nothing_to_allow_is_not_repeated(void **test_state)
{
	static const struct dashboard_options options = {.arguments = {"--host", "-i", "a.jsonl"},
							 .rows = 30};
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "a.jsonl");
	char address[32];

	sample_write_identities(file);
	for (unsigned int i = 0; i < 9; i++) {
		snprintf(address, sizeof(address), "203.0.113.%u", 200 + i);
		sample_write_flow(file, &(struct sample_flow){.event = "attempt",
							      .dst = address,
							      .id = 500 + i,
							      .ms = 30 + i,
							      .sport = 40000 + i,
							      .dport = 443,
							      .pid = 9});
	}
	fclose(file);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "nothing to allow yet");
	EXPECT_TEXT(dashboard, "9 without a rule: never answered");
	dashboard_settle(dashboard);
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "no answer was seen"));
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(each_rule_has_one_line),
		DASHBOARD_TEST(the_cursor_shows_the_evidence),
		DASHBOARD_TEST(large_screens_have_both),
		DASHBOARD_TEST(x_leaves_a_rule_out_and_brings_it_back),
		DASHBOARD_TEST(the_form_is_remembered),
		DASHBOARD_TEST(a_text_is_found_in_rules),
		DASHBOARD_TEST(new_rules_are_marked),
		DASHBOARD_TEST(nothing_to_allow_is_not_repeated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
