/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the mapping of lines to parts of a draft (rule, peer, port), and the comparison of
 * drafts. */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tests/support/policy_world.h"
#include "tests/support/scenario.h"

/* A draft of shop/web and its text. */
struct drafted {
	struct draft_set *set;
	struct draft_text text;
};

static struct drafted draft_web(const struct state *state, enum draft_format format)
{
	const struct draft_options options = {
		.format = format, .keep_edges = true, .dns = DRAFT_DNS_NEVER};
	struct drafted drafted = {0};

	assert_int_equal(drafter_draft_subject(state, scenario_subject(state, "shop", "web"),
					       &options, &drafted.set),
			 0);
	assert_int_equal(drafted.set->policies.count, 1);
	assert_int_equal(draft_print_text(drafted.set, 0, &drafted.text), 0);
	return drafted;
}

static void drafted_free(struct drafted *drafted)
{
	draft_text_clear(&drafted->text);
	draft_set_free(drafted->set);
}

static struct state *make_state(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "api", "10.0.0.2", "'app':'api','tier':'back'");
	scenario_pod(state, "db", "db", "10.0.0.3", "'app':'db'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.0.0.2", 8080, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "10.0.0.3", 5432, "ok");
	scenario_flow(state, 3, "shop", "web", "egress", "UDP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 4, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 5, "shop", "web", "ingress", "TCP", "10.0.0.2", 80, "ok");
	return state;
}

/* Returns the length of a line without its comment. */
static int bare_length(const char *line)
{
	size_t length = strcspn(line, "\n");
	const char *comment = memmem(line, length, " # ", 3);

	return (int)(comment ? (size_t)(comment - line) : length);
}

/* Returns the lines of the draft's text except the header. Each line gets a prefix: the letter of
 * its part (r: rule, p: peer, o: port, -: none), and the numbers of the direction, of the rule, and
 * of the peer or port. */
static char *describe(const struct drafted *drafted)
{
	static const char letters[] = "-rpo";
	char *out = calloc(drafted->text.count + 1, 256);
	const char *at = drafted->text.text;

	assert_non_null(out);
	for (size_t i = 0; i < drafted->text.count; i++) {
		const struct draft_line *line = &drafted->text.lines[i];
		size_t length = strcspn(at, "\n");
		if (*at != '#')
			snprintf(out + strlen(out), 256, "%c%u%u%u%.*s\n", letters[line->part],
				 line->direction, line->rule, line->index, bare_length(at), at);
		at += length + (at[length] == '\n');
	}
	assert_string_equal(at, "");
	return out;
}

static void test_parts(void **context)
{
	struct state *state = make_state();
	struct drafted drafted = draft_web(state, DRAFT_KUBERNETES);

	(void)context;
	CLEANUP_FREE char *text = describe(&drafted);
	assert_string_equal(strstr(text, "-000spec:"),
			    "-000spec:\n"
			    "-000  podSelector:\n"
			    "-000    matchLabels:\n"
			    "-000      app: web\n"
			    "-000  policyTypes:\n"
			    "-000  - Ingress\n"
			    "-000  - Egress\n"
			    "-000  ingress:\n"
			    "r100  - from:\n"
			    "p100    - podSelector:\n"
			    "p100        matchLabels:\n"
			    "p100          app: api\n"
			    "p100          tier: back\n"
			    "r100    ports:\n"
			    "o100    - protocol: TCP\n"
			    "o100      port: 80\n"
			    "-000  egress:\n"
			    "r000  - to:\n"
			    "p000    - namespaceSelector:\n"
			    "p000        matchLabels:\n"
			    "p000          kubernetes.io/metadata.name: db\n"
			    "p000      podSelector:\n"
			    "p000        matchLabels:\n"
			    "p000          app: db\n"
			    "r000    ports:\n"
			    "o000    - protocol: TCP\n"
			    "o000      port: 5432\n"
			    "r010  - to:\n"
			    "p010    - podSelector:\n"
			    "p010        matchLabels:\n"
			    "p010          app: api\n"
			    "p010          tier: back\n"
			    "r010    ports:\n"
			    "o010    - protocol: TCP\n"
			    "o010      port: 8080\n"
			    "r020  - to:\n"
			    "p020    - ipBlock:\n"
			    "p020        cidr: 198.51.100.9/32\n"
			    "r020    ports:\n"
			    "o020    - protocol: TCP\n"
			    "o020      port: 443\n"
			    "o021    - protocol: UDP\n"
			    "o021      port: 443\n");
	drafted_free(&drafted);
	state_free(state);
}

static void test_parts_cilium(void **context)
{
	struct state *state = make_state();
	struct drafted drafted = draft_web(state, DRAFT_CILIUM);

	(void)context;
	CLEANUP_FREE char *text = describe(&drafted);
	assert_non_null(strstr(text, "-000  ingress:\nr100  - fromEndpoints:\n"));
	assert_non_null(strstr(text, "-000  egress:\nr000  - toEndpoints:\n"));
	assert_non_null(strstr(text, "r000        protocol: TCP\nr010  - toEndpoints:\n"));
	assert_non_null(strstr(text, "r020  - toCIDR:\nr020    - 198.51.100.9/32\n"));
	drafted_free(&drafted);
	state_free(state);
}

/* In random drafts, the part that each line belongs to (enum draft_part) agrees with the line's
 * indentation and key. */
static void test_parts_of_worlds(void **context)
{
	(void)context;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct policy_world *world = world_new(seed);
		struct state *state = scenario_new();
		struct draft_set *set = NULL;
		struct draft_text text = {0};
		for (size_t i = 0; i < world->line_count; i++)
			scenario_add_line(state, world->lines[i]);
		assert_int_equal(drafter_draft(state, NULL, &set), 0);
		for (size_t i = 0; i < set->policies.count; i++) {
			CLEANUP_FREE char *plain = NULL;
			size_t length = 0;
			size_t lines = 0;
			assert_int_equal(draft_print(set, i, &plain, &length), 0);
			assert_int_equal(draft_print_text(set, i, &text), 0);
			assert_string_equal(plain, text.text);
			assert_int_equal(length, text.length);
			for (const char *at = plain; *at; at += strcspn(at, "\n") + 1) {
				const struct draft_line *line = &text.lines[lines++];
				if (strncmp(at, "  - to:", 7) == 0 ||
				    strncmp(at, "  - from:", 9) == 0 ||
				    strncmp(at, "    ports:", 10) == 0)
					assert_int_equal(line->part, DRAFT_PART_RULE);
				else if (strncmp(at, "    - protocol", 14) == 0)
					assert_int_equal(line->part, DRAFT_PART_PORT);
				else if (strncmp(at, "    - ", 6) == 0)
					assert_int_equal(line->part, DRAFT_PART_PEER);
				else if (strncmp(at, "     ", 5) != 0)
					assert_int_equal(line->part, DRAFT_PART_NONE);
			}
			assert_int_equal(lines, text.count);
		}
		draft_text_clear(&text);
		draft_set_free(set);
		state_free(state);
		world_free(world);
	}
}

/* Returns the lines of `after` that are new, without the header comment. */
static char *new_lines(const struct drafted *before, const struct drafted *after)
{
	char *out = calloc(after->text.count + 1, 256);
	size_t *match = calloc(after->text.count + 1, sizeof(*match));
	const char *at = after->text.text;

	assert_non_null(out);
	assert_non_null(match);
	assert_int_equal(draft_text_match(&before->text, &after->text, match), 0);
	for (size_t i = 0; i < after->text.count; i++) {
		size_t length = strcspn(at, "\n");
		if (match[i] == DRAFT_LINE_NEW)
			snprintf(out + strlen(out), 256, "%.*s\n", bare_length(at), at);
		else
			assert_true(match[i] < before->text.count || match[i] == 0);
		at += length + 1;
	}
	free(match);
	return out;
}

static void test_new_lines(void **context)
{
	static const struct {
		const char *direction;
		const char *protocol;
		const char *peer;
		unsigned int port;
		const char *lines;
	} cases[] = {
		{"egress", "TCP", "10.0.0.2", 8080, ""}, /* already allowed */
		{"egress", "TCP", "10.0.0.2", 8081, "    - protocol: TCP\n      port: 8081\n"},
		/* The new peer gets its own rule, because the rule of api also allows port 8080. */
		{"egress", "TCP", "10.0.0.4", 8081,
		 "    - podSelector:\n        matchLabels:\n          app: new\n"
		 "    - protocol: TCP\n      port: 8081\n  - to:\n    ports:\n"},
		{"egress", "TCP", "203.0.113.1", 443,
		 "  - to:\n    - ipBlock:\n        cidr: 203.0.113.1/32\n    ports:\n"
		 "    - protocol: TCP\n      port: 443\n"},
		/* The new peer joins the rule of api, which allows the same port. */
		{"ingress", "TCP", "203.0.113.1", 80,
		 "    - ipBlock:\n        cidr: 203.0.113.1/32\n"
		 "    - protocol: TCP\n      port: 80\n"},
	};
	struct state *state = make_state();
	struct drafted before = draft_web(state, DRAFT_KUBERNETES);
	unsigned int number = 100;

	(void)context;
	scenario_pod(state, "shop", "new", "10.0.0.4", "'app':'new'");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scenario_flow(state, number++, "shop", "web", cases[i].direction, cases[i].protocol,
			      cases[i].peer, cases[i].port, "ok");
		struct drafted after = draft_web(state, DRAFT_KUBERNETES);
		CLEANUP_FREE char *lines = new_lines(&before, &after);
		/* Each expected line is among the new lines, in any order. */
		size_t length = 0;
		for (const char *at = cases[i].lines; *at; at += strcspn(at, "\n") + 1) {
			char line[256];
			snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(at, "\n"), at);
			if (!strstr(lines, line))
				fail_msg("case %zu: no %sin:\n%s", i, line, lines);
			length += strlen(line);
		}
		if (strlen(lines) != length)
			fail_msg("case %zu: more than expected:\n%s", i, lines);
		drafted_free(&before);
		before = after;
	}
	/* The same draft has nothing new. */
	CLEANUP_FREE char *nothing = new_lines(&before, &before);
	assert_string_equal(nothing, "");
	drafted_free(&before);
	state_free(state);
}

/* Each successful edge of the workload belongs to exactly one rule. */
static void test_edges(void **context)
{
	struct state *state = make_state();
	struct drafted drafted = draft_web(state, DRAFT_KUBERNETES);
	const struct subject *web = scenario_subject(state, "shop", "web");
	size_t count = 0;

	(void)context;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < drafted.set->policies.items[0].rules[d].count; i++) {
			const struct draft_edges *edges = &drafted.set->items[0].edges[d][i];
			assert_true(edges->count > 0);
			for (size_t k = 0; k < edges->count; k++)
				assert_int_equal(netpol_direction_of(edges->items[k]->direction),
						 d);
			count += edges->count;
		}
	}
	assert_int_equal(count, web->edge_count);
	drafted_free(&drafted);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),           cmocka_unit_test(test_parts_cilium),
		cmocka_unit_test(test_parts_of_worlds), cmocka_unit_test(test_new_lines),
		cmocka_unit_test(test_edges),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_text", tests, NULL, NULL);
}
