/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafting as a whole: one workload or all, the caller's options, coverage, headers and warnings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/filter/filter.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tests/support/scenario.h"

static struct draft_set *draft(const struct state *state, const struct draft_options *options)
{
	struct draft_set *set = NULL;

	struct draft_options all = options ? *options : (struct draft_options){0};

	all.explain = true;
	assert_int_equal(drafter_draft(state, &all, &set), 0);
	return set;
}

static const struct draft_options explained = {.explain = true};

static char *print(const struct draft_set *set, size_t index)
{
	char *text = NULL;
	size_t length = 0;

	assert_int_equal(draft_print(set, index, &text, &length), 0);
	assert_int_equal(strlen(text), length);
	return text;
}

static bool says(const struct draft_set *set, const char *wanted)
{
	CLEANUP_FREE char *text = print(set, DRAFT_ALL);

	return strstr(text, wanted) != NULL;
}

/* Makes two replicas of web, one pod of api, a pod without labels and a program on the host. */
static struct state *shop(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "web-1", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	scenario_pod(state, "shop", "api", "10.0.0.3", "'app':'api'");
	scenario_pod(state, "shop", "bare", "10.0.0.4", "");
	scenario_flow(state, 1, "shop", "web-1", "egress", "TCP", "10.0.0.3", 8080, "ok");
	scenario_flow(state, 2, "shop", "web-2", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "shop", "web-2", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 4, "shop", "web-2", "egress", "TCP", "198.51.100.9", 22, "refused");
	scenario_flow(state, 5, "shop", "api", "ingress", "TCP", "10.0.0.1", 8080, "ok");
	scenario_flow(state, 6, "shop", "bare", "egress", "TCP", "198.51.100.1", 443, "ok");
	scenario_flow(state, 7, "shop", "ghost", "egress", "TCP", "198.51.100.1", 443, "ok");
	scenario_add(state,
		     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:05:00Z',"
		     "'id':'00000000000000ff','direction':'egress','protocol':'TCP',"
		     "'family':4,'src':'192.0.2.1','sport':1,'dst':'198.51.100.7','dport':443,"
		     "'comm':'web'}");
	return state;
}

static void test_whole(void **context)
{
	struct state *state = shop();
	struct draft_set *set = draft(state, NULL);
	struct draft_coverage coverage;

	(void)context;
	assert_int_equal(set->policies.count, 3);
	/* The policies are sorted by namespace and name. The program on the host has a draft in the
	 * namespace default. */
	assert_string_equal(set->policies.items[0].namespace_name, "default");
	assert_string_equal(set->policies.items[0].name, "web");
	assert_string_equal(set->items[0].workload, "program web");
	assert_string_equal(set->policies.items[1].name, "api");
	assert_string_equal(set->items[1].workload, "Pod shop/api");
	assert_string_equal(set->policies.items[2].name, "web");
	assert_string_equal(set->policies.items[2].namespace_name, "shop");
	assert_string_equal(set->items[2].workload, "Pod shop/web-1 and 1 more with its labels");
	coverage = set->items[2].coverage;
	assert_int_equal(coverage.connections, 3);
	assert_int_equal(coverage.covered, 3);
	assert_int_equal(coverage.left_out, 0);
	assert_int_equal(set->warnings.count, 2);
	assert_string_equal(set->warnings.items[0],
			    "pod shop/bare: no policy: it has no labels to select it by; label it");
	assert_string_equal(set->warnings.items[1],
			    "pod shop/ghost: no policy: its labels are not known");
	draft_set_free(set);
	state_free(state);
}

/* The draft of one workload has the same bytes as its part of the whole draft. */
static void test_subject_draft_equals_its_part(void **context)
{
	struct state *state = shop();
	static const char *const pods[] = {"web-1", "web-2", "api"};
	struct draft_set *set = draft(state, NULL);

	(void)context;
	for (size_t i = 0; i < 3; i++) {
		struct draft_set *one = NULL;
		const struct subject *subject = scenario_subject(state, "shop", pods[i]);
		assert_int_equal(drafter_draft_subject(state, subject, &explained, &one), 0);
		assert_int_equal(one->policies.count, 1);
		CLEANUP_FREE char *alone = print(one, 0);
		CLEANUP_FREE char *whole = print(set, i == 2 ? 1 : 2);
		assert_string_equal(alone, whole);
		draft_set_free(one);
	}
	draft_set_free(set);
	state_free(state);
}

/* If a subject gets no policy, the set is empty and a warning names the reason. */
static void test_subject_without_policy(void **context)
{
	struct state *state = shop();
	static const char *const pods[] = {"bare", "ghost"};

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		struct draft_set *one = NULL;
		const struct subject *subject = scenario_subject(state, "shop", pods[i]);
		assert_int_equal(drafter_draft_subject(state, subject, &explained, &one), 0);
		assert_int_equal(one->policies.count, 0);
		assert_int_equal(one->warnings.count, 1);
		CLEANUP_FREE char *text = print(one, DRAFT_ALL);
		assert_string_equal(text, "");
		draft_set_free(one);
	}
	state_free(state);
}

static bool exclude_port(const struct edge *edge, void *data)
{
	return edge->port == *(const uint16_t *)data;
}

static void test_exclude(void **context)
{
	struct state *state = shop();
	uint16_t port = 443;
	const struct draft_options options = {
		.exclude = exclude_port, .exclude_data = &port, .explain = true};
	struct draft_set *one = NULL;
	struct draft_coverage coverage;

	(void)context;
	assert_int_equal(drafter_draft_subject(state, scenario_subject(state, "shop", "web-1"),
					       &options, &one),
			 0);
	assert_int_equal(one->policies.count, 1);
	assert_false(says(one, "198.51.100.9/32"));
	assert_true(says(one, "# not allowed, left out by choice: egress TCP 198.51.100.9:443 "
			      "(2 connections)\n"));
	coverage = one->items[0].coverage;
	assert_int_equal(coverage.left_out, 1);
	assert_int_equal(coverage.left_out_connections, 2);
	assert_int_equal(coverage.connections, 3);
	assert_int_equal(coverage.covered, 1);
	assert_true(says(one, "# coverage: 1 of 3 allowed; 1 destination left out by you (2 "
			      "connections)"));
	draft_set_free(one);
	state_free(state);
}

static void test_include_failed(void **context)
{
	struct state *state = shop();
	const struct draft_options options = {.include_failed = true};
	struct draft_set *without = draft(state, NULL);
	struct draft_set *with = draft(state, &options);

	(void)context;
	assert_false(says(without, "port: 22\n"));
	assert_true(says(without,
			 "# not allowed: egress TCP 198.51.100.9:22 (refused 1 time): only "
			 "failed attempts\n"));
	assert_true(says(with, "port: 22\n"));
	assert_true(says(with, "# allowed by choice: egress TCP 198.51.100.9:22 (refused 1 time)"));
	draft_set_free(without);
	draft_set_free(with);
	state_free(state);
}

struct filter_case {
	enum filter_option option;
	const char *value;
	size_t policies;
	size_t warnings;
};

static void test_filter(void **context)
{
	static const struct filter_case cases[] = {
		{FILTER_NAMESPACE, "shop", 2, 2}, {FILTER_NAMESPACE, "other", 0, 0},
		{FILTER_POD, "web-2", 1, 0},      {FILTER_SELECTOR, "app=api", 1, 0},
		{FILTER_PORT, "8080", 2, 0},      {FILTER_DIRECTION, "ingress", 1, 0},
		{FILTER_COMM, "web", 1, 0},       {FILTER_IN_WORKLOAD, "", 2, 2},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state *state = shop();
		struct filter *filter = NULL;
		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_add(filter, cases[i].option, cases[i].value, NULL), 0);
		const struct draft_options options = {.filter = filter};
		struct draft_set *set = draft(state, &options);
		if (set->policies.count != cases[i].policies ||
		    set->warnings.count != cases[i].warnings)
			fail_msg("%s: %zu policies, %zu warnings", cases[i].value,
				 set->policies.count, set->warnings.count);
		draft_set_free(set);
		filter_free(filter);
		state_free(state);
	}
}

/* A connection that no rule can allow counts as covered only if the draft does not restrict its
 * direction. */
static void test_coverage_of_refusals(void **context)
{
	struct state *state = scenario_new();
	struct draft_coverage coverage;

	(void)context;
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "bare", "10.0.0.4", "");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.0.0.4", 80, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "127.0.0.1", 80, "ok");
	scenario_flow(state, 3, "shop", "web", "ingress", "TCP", "198.51.100.1", 80, "ok");
	struct draft_set *set = draft(state, NULL);
	coverage = set->items[0].coverage;
	assert_int_equal(coverage.connections, 3);
	assert_int_equal(coverage.covered, 3);
	assert_true(says(set, "# not restricted: egress"));
	draft_set_free(set);

	scenario_flow(state, 4, "shop", "web", "egress", "TCP", "198.51.100.1", 80, "ok");
	set = draft(state, NULL);
	coverage = set->items[0].coverage;
	assert_int_equal(coverage.connections, 4);
	assert_int_equal(coverage.covered, 3);
	assert_true(says(set, "# coverage: 3 of 4 allowed; 1 that no rule can allow\n"));
	assert_true(says(set, "# not allowed although seen: egress TCP 10.0.0.4:80 (1 connection): "
			      "pod shop/bare: no stable label selects that pod: label it\n"));
	draft_set_free(set);
	state_free(state);
}

/* If a connection fails for one replica and succeeds for another, the draft allows it. */
static void test_failure_beside_success(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "shop", "web-1", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	scenario_flow(state, 1, "shop", "web-1", "egress", "TCP", "198.51.100.1", 80, "refused");
	scenario_flow(state, 2, "shop", "web-2", "egress", "TCP", "198.51.100.1", 80, "ok");
	struct draft_set *set = draft(state, NULL);
	assert_true(says(set, "198.51.100.1/32"));
	assert_false(says(set, "not allowed"));
	draft_set_free(set);
	state_free(state);
}

static const struct draft_options without_dns = {.dns = DRAFT_DNS_NEVER};

/* If a flow record names its peer pod, the draft selects the pod by its labels, even after the pod
 * was deleted. */
static void test_deleted_peer(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "shop", "job", "10.0.0.9", "'app':'job'");
	scenario_add(state,
		     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:05:00Z',"
		     "'id':'00000000000000ff','direction':'egress','protocol':'TCP','family':4,"
		     "'src':'10.0.0.1','sport':1,'dst':'10.0.0.9','dport':443,'namespace':'shop',"
		     "'pod':'web','peer':{'kind':'pod','namespace':'shop','name':'job'}}\n"
		     "{'v':1,'kind':'pod','namespace':'shop','name':'job','ips':['10.0.0.9'],"
		     "'labels':{'app':'job'},'deleted':true}");
	struct draft_set *set = draft(state, &without_dns);
	assert_true(says(set, "app: job\n"));
	assert_false(says(set, "ipBlock"));
	draft_set_free(set);
	state_free(state);
}

/* Each line of a draft is YAML or a comment of printable ASCII, for any recorded text. */
static void test_comments_are_harmless(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_add_line(
		state, "{\"v\":1,\"kind\":\"flow\",\"event\":\"established\",\"ts\":\"2026-01-"
		       "02T03:05:00Z\","
		       "\"id\":\"00000000000000ff\",\"direction\":\"egress\",\"protocol\":\"TCP\","
		       "\"family\":4,\"src\":\"10.0.0.1\",\"sport\":1,\"dst\":\"198.51.100.1\","
		       "\"dport\":443,\"comm\":\"a\\nb\\u0085c\\u2028\",\"dns\":\"x\\r\\n- "
		       "{}\\u2029\\ud83d\\ude00\"}");
	struct draft_set *set = draft(state, NULL);
	CLEANUP_FREE char *text = print(set, DRAFT_ALL);
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_null(strstr(text, "\n- {}"));
	draft_set_free(set);
	state_free(state);
}

static void test_nothing(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	struct draft_set *set = draft(state, NULL);
	assert_int_equal(set->policies.count, 0);
	assert_int_equal(set->warnings.count, 0);
	CLEANUP_FREE char *text = print(set, DRAFT_ALL);
	assert_string_equal(text, "");
	draft_set_free(set);
	draft_set_free(NULL);
	state_free(state);
}

/* A thousand unknown pods cause a bounded number of warnings. */
static void test_warnings_are_bounded(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	for (unsigned int i = 0; i < 1000; i++) {
		char pod[16];
		snprintf(pod, sizeof(pod), "ghost-%u", i);
		scenario_flow(state, i + 1, "shop", pod, "egress", "TCP", "198.51.100.1", 443,
			      "ok");
	}
	struct draft_set *set = draft(state, NULL);
	assert_int_equal(set->warnings.count, 201);
	assert_string_equal(set->warnings.items[200], "... and 800 more like these");
	draft_set_free(set);
	state_free(state);
}

#define MANY 5000u

/* The array of policies moves in memory when it grows. Each draft still points to its own
 * policy. */
static void test_many_workloads(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	for (unsigned int i = 0; i < MANY; i++) {
		char pod[16];
		char ip[16];
		char labels[32];
		snprintf(pod, sizeof(pod), "app-%04u", i);
		snprintf(ip, sizeof(ip), "10.0.%u.%u", i / 100, i % 100 + 1);
		snprintf(labels, sizeof(labels), "'app':'%s'", pod);
		scenario_pod(state, "shop", pod, ip, labels);
		scenario_flow(state, i + 1, "shop", pod, "egress", "TCP", "198.51.100.1",
			      (uint16_t)(1000 + i), "ok");
	}
	struct draft_set *set = draft(state, &without_dns);
	assert_int_equal(set->policies.count, MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		const struct netpol *policy = set->items[i].policy;
		char pod[16];
		snprintf(pod, sizeof(pod), "app-%04u", i);
		assert_ptr_equal(policy, &set->policies.items[i]);
		assert_string_equal(policy->name, pod);
		assert_string_equal(policy->pods->labels.items[0].value, pod);
		assert_int_equal(policy->rules[NETPOL_EGRESS].items[0].ports[0].first, 1000 + i);
	}
	draft_set_free(set);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_workloads),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_subject_draft_equals_its_part),
		cmocka_unit_test(test_subject_without_policy),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_include_failed),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_coverage_of_refusals),
		cmocka_unit_test(test_failure_beside_success),
		cmocka_unit_test(test_deleted_peer),
		cmocka_unit_test(test_comments_are_harmless),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_warnings_are_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_draft", tests, NULL, NULL);
}
