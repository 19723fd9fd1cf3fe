/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the list of a draft's rules: their order, their evidence, and the destinations that are
 * left out. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/draft/coverage.h"
#include "core/policy/draft/draft_rules.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/draft/left_out.h"
#include "core/policy/netpol/netpol_words.h"
#include "core/record/address.h"
#include "tests/support/scenario.h"

#define TEXT_SIZE 4096

static struct draft_set *draft(const struct state *state, const char *pod,
			       struct draft_options options)
{
	struct draft_set *set = NULL;

	options.keep_edges = true;
	options.dns = DRAFT_DNS_NEVER;
	assert_int_equal(
		drafter_draft_subject(state, scenario_subject(state, "shop", pod), &options, &set),
		0);
	return set;
}

/* Adds the peers and ports of a rule. */
static void describe_rule(struct netpol_words *words, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		netpol_words_add(words, i > 0 ? ", " : " ");
		netpol_words_peer_short(words, &rule->peers[i], "shop");
	}
	for (size_t i = 0; i < rule->port_count; i++) {
		netpol_words_add(words, i > 0 ? "," : ": ");
		netpol_words_port(words, &rule->ports[i], NULL);
	}
}

/* Adds the destinations and the reason of an entry about traffic that is left out. */
static void describe_left_out(struct netpol_words *words, const struct draft_rule *rule)
{
	char reason[LEFT_OUT_REASON_SIZE];
	char peer[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < rule->left_out.count; i++) {
		const struct draft_left_out *item = &rule->left_out.items[i];
		const struct edge *edge = item->edges.items[0];

		address_format(edge->family, &edge->peer, peer);
		netpol_words_add(words, " %s:%u x%" PRIu64, peer, edge->port, item->count);
	}
	left_out_reason(&rule->left_out.items[0], reason);
	netpol_words_add(words, ": %s", reason);
}

/* Fails unless the rules of the first draft are these lines: direction, peers, ports or reason,
 * edges/connections. */
static void expect_rules(const struct draft_set *set, const char *expected)
{
	static const char *const signs[] = {
		[DRAFT_RULE_ALLOWED] = "+",
		[DRAFT_RULE_UNRESTRICTED] = "?",
		[DRAFT_RULE_LEFT_OUT] = "x",
	};
	struct draft_rules rules = {0};
	char text[TEXT_SIZE];
	struct netpol_words words = netpol_words_start(text, sizeof(text));

	assert_int_equal(draft_rules_list(set, 0, &rules), 0);
	for (size_t i = 0; i < rules.count; i++) {
		const struct draft_rule *rule = &rules.items[i];

		netpol_words_add(&words, "%s%s%s", signs[rule->kind],
				 rule->direction == NETPOL_INGRESS ? "in" : "out",
				 rule->kind == DRAFT_RULE_LEFT_OUT && !rule->restricted ? "!" : "");
		if (rule->kind == DRAFT_RULE_ALLOWED)
			describe_rule(&words, rule->rule);
		if (rule->kind == DRAFT_RULE_LEFT_OUT)
			describe_left_out(&words, rule);
		netpol_words_add(&words, " (%zu/%" PRIu64 ")\n", rule->edges.count,
				 rule->connections);
	}
	assert_string_equal(text, expected);
	draft_rules_clear(&rules);
}

static struct state *make_state(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "web-a", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "web-b", "10.0.0.2", "'app':'web'");
	scenario_pod(state, "shop", "db", "10.0.0.3", "'app':'db'");
	scenario_pod(state, "monitoring", "prometheus", "10.0.0.4", "'app':'prometheus'");
	scenario_flow(state, 1, "shop", "web-a", "ingress", "TCP", "10.0.0.4", 8080, "ok");
	scenario_flow(state, 2, "shop", "web-b", "ingress", "TCP", "10.0.0.4", 8080, "ok");
	scenario_flow(state, 3, "shop", "web-a", "egress", "TCP", "10.0.0.3", 5432, "ok");
	scenario_flow(state, 4, "shop", "web-a", "egress", "TCP", "203.0.113.40", 8443, "ok");
	scenario_flow(state, 5, "shop", "web-a", "egress", "TCP", "203.0.113.40", 8443, "ok");
	return state;
}

static void rules_have_their_evidence(void **test_state)
{
	struct state *state = make_state();
	struct draft_set *set = draft(state, "web-a", (struct draft_options){0});

	(void)test_state;
	expect_rules(set, "+in monitoring/app=prometheus: TCP 8080 (2/2)\n"
			  "+out app=db: TCP 5432 (1/1)\n"
			  "+out 203.0.113.40/32: TCP 8443 (1/2)\n");
	draft_set_free(set);
	state_free(state);
}

/* The destinations with one reason are one entry. The attempts of all replicas on one destination
 * are one item. */
static void reasons_are_not_repeated(void **test_state)
{
	struct state *state = make_state();
	struct draft_set *set;

	(void)test_state;
	scenario_flow(state, 6, "shop", "web-a", "egress", "TCP", "203.0.113.99", 443, "hanging");
	scenario_flow(state, 7, "shop", "web-b", "egress", "TCP", "203.0.113.99", 443, "hanging");
	scenario_flow(state, 8, "shop", "web-a", "egress", "TCP", "203.0.113.98", 443, "hanging");
	scenario_flow(state, 9, "shop", "web-a", "egress", "TCP", "203.0.113.97", 80, "refused");
	scenario_flow(state, 10, "shop", "web-a", "egress", "TCP", "203.0.113.97", 80, "refused");
	scenario_flow(state, 11, "shop", "web-a", "egress", "TCP", "203.0.113.96", 80, "refused");
	set = draft(state, "web-b", (struct draft_options){0});
	expect_rules(set, "+in monitoring/app=prometheus: TCP 8080 (2/2)\n"
			  "+out app=db: TCP 5432 (1/1)\n"
			  "+out 203.0.113.40/32: TCP 8443 (1/2)\n"
			  "xout 203.0.113.96:80 x1 203.0.113.97:80 x2: refused (2/0)\n"
			  "xout 203.0.113.98:443 x1 203.0.113.99:443 x2: never answered (3/0)\n");
	draft_set_free(set);
	state_free(state);
}

static bool exclude_port(const struct edge *edge, void *data)
{
	return edge->port == *(const uint16_t *)data;
}

static void choices_are_left_out_by_the_user(void **test_state)
{
	struct state *state = make_state();
	uint16_t port = 5432;
	struct draft_options options = {.exclude = exclude_port, .exclude_data = &port};
	struct draft_set *set = draft(state, "web-a", options);

	(void)test_state;
	expect_rules(set, "+in monitoring/app=prometheus: TCP 8080 (2/2)\n"
			  "+out 203.0.113.40/32: TCP 8443 (1/2)\n"
			  "xout 10.0.0.3:5432 x1: by you (1/1)\n");
	draft_set_free(set);
	state_free(state);
}

/* A policy without rules for a direction does not restrict it, so nothing is denied there. */
static void directions_without_rules_are_not_restricted(void **test_state)
{
	struct state *state = make_state();
	struct draft_set *set;

	(void)test_state;
	scenario_flow(state, 6, "shop", "db", "ingress", "TCP", "10.0.0.1", 5432, "ok");
	scenario_flow(state, 7, "shop", "db", "egress", "TCP", "203.0.113.99", 443, "hanging");
	set = draft(state, "db", (struct draft_options){0});
	expect_rules(set, "+in app=web: TCP 5432 (1/1)\n"
			  "?out (0/0)\n"
			  "xout! 203.0.113.99:443 x1: never answered (1/0)\n");
	draft_set_free(set);
	state_free(state);
}

/* Without a policy, the destinations are still listed, and no warning repeats them. */
static void drafts_without_a_policy_list_destinations(void **test_state)
{
	struct state *state = scenario_new();
	struct draft_set *set;

	(void)test_state;
	scenario_pod(state, "shop", "job", "10.0.0.9", "'app':'job'");
	for (unsigned int i = 0; i < 30; i++)
		scenario_flow(state, i, "shop", "job", "egress", "TCP", "203.0.113.99", 1000 + i,
			      i < 28 ? "hanging" : "refused");
	set = draft(state, "job", (struct draft_options){0});
	assert_int_equal(set->policies.count, 0);
	assert_int_equal(set->warnings.count, 0);
	struct draft_rules rules = {0};
	assert_int_equal(draft_rules_list(set, 0, &rules), 0);
	assert_int_equal(rules.count, 2);
	assert_int_equal(rules.items[0].left_out.count, 2);
	assert_int_equal(rules.items[1].left_out.count, 28);
	draft_rules_clear(&rules);
	draft_set_free(set);
	state_free(state);
}

/* The numbers of a rule's edges do not change after their sum was made. */
static void numbers_agree_with_their_sum(void **test_state)
{
	struct state *state = make_state();
	struct draft_set *set = draft(state, "web-a", (struct draft_options){0});
	struct draft_rules rules = {0};

	(void)test_state;
	assert_int_equal(draft_rules_list(set, 0, &rules), 0);
	for (unsigned int i = 0; i < 9; i++)
		scenario_flow(state, 100 + i, "shop", "web-a", "egress", "TCP", "203.0.113.40",
			      8443, "ok");
	for (size_t i = 0; i < rules.count; i++) {
		const struct draft_rule *rule = &rules.items[i];
		uint64_t sum = 0;

		for (size_t j = 0; j < rule->edges.count; j++) {
			assert_ptr_equal(rule->numbers[j].edge, rule->edges.items[j]);
			sum += rule->numbers[j].ok_count;
		}
		assert_int_equal(sum, rule->connections);
	}
	draft_rules_clear(&rules);
	draft_set_free(set);
	state_free(state);
}

static void short_coverage_counts_one_thing(void **test_state)
{
	static const struct {
		struct draft_coverage coverage;
		const char *text;
	} cases[] = {
		{{.connections = 2, .covered = 2}, "2 of 2 allowed"},
		{{.connections = 53, .covered = 53, .unanswered = 7},
		 "53 of 60 allowed · 7 never answered"},
		{{.connections = 53,
		  .covered = 30,
		  .left_out = 1,
		  .left_out_connections = 17,
		  .unkept = 2,
		  .unknown_services = 1,
		  .failed = 4},
		 "30 of 57 allowed · 17 left out by you · 1 to unknown Services · 3 that no rule "
		 "can allow · 2 not kept · 4 failed"},
		{{.connections = 2, .covered = 2, .left_out = 2},
		 "2 of 2 allowed · 2 destinations left out by you"},
	};
	char text[COVERAGE_TEXT_SIZE];

	(void)test_state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		coverage_format_short(&cases[i].coverage, "·", text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_have_their_evidence),
		cmocka_unit_test(reasons_are_not_repeated),
		cmocka_unit_test(choices_are_left_out_by_the_user),
		cmocka_unit_test(directions_without_rules_are_not_restricted),
		cmocka_unit_test(drafts_without_a_policy_list_destinations),
		cmocka_unit_test(numbers_agree_with_their_sum),
		cmocka_unit_test(short_coverage_counts_one_thing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
