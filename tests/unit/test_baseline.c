/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines: the same destination under other names and addresses, new destinations, policies, and
 * the marks of edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/baseline/destination.h"
#include "core/policy/baseline/novelty.h"
#include "core/policy/netpol/netpol_read.h"
#include "tests/support/scenario.h"

static void test_stems(void **context)
{
	static const struct {
		const char *pod;
		const char *stem;
	} cases[] = {
		{"web", "web"},
		{"web-6d4cf56db6-x2x4z", "web"},
		{"web-api-6d4cf56db6-x2x4z", "web-api"},
		{"agent-x2x4z", "agent"},
		{"db-0", "db"},
		{"db-12", "db"},
		{"job-28000000-x2x4z", "job"},
		/* Words have vowels, so no part of them counts as generated. A number alone is a
		 * name. */
		{"my-shell", "my-shell"},
		{"web-canary-tools", "web-canary-tools"},
		{"x2x4z", "x2x4z"},
		{"-0", "-0"},
		{"0", "0"},
		{"", ""},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char stem[64];
		destination_write_stem(cases[i].pod, stem, sizeof(stem));
		assert_string_equal(stem, cases[i].stem);
	}
}

/* The subject's address in the flows. A pod with this address is their subject. */
static const char *own_address = "192.0.2.99";

/* Adds a connection. `more` has further members, with ' for ". */
static void add(struct state *state, unsigned int id, const char *direction, const char *dst,
		unsigned int port, const char *more)
{
	scenario_add(state,
		     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:05Z','id':"
		     "'%016x','node':'n1','direction':'%s','protocol':'TCP','family':4,'%s':"
		     "'%s','%s':'%s','dport':%u%s}",
		     id, direction, strcmp(direction, "egress") == 0 ? "src" : "dst", own_address,
		     strcmp(direction, "egress") == 0 ? "dst" : "src", dst, port, more);
}

#define CART ",'namespace':'shop','pod':'cart-6d4cf56db6-x2x4z'"

/* Returns the state that is the baseline in these tests. */
static struct state *known_state(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "db-0", "198.51.100.1", "'app':'db'");
	scenario_add(state, "{'v':1,'kind':'service','namespace':'shop','name':'api','cluster_ips':"
			    "['198.51.100.77'],'ports':[{'port':80,'protocol':'TCP'}]}");
	scenario_add(state, "{'v':1,'kind':'node','name':'n1','ips':['203.0.113.200'],'pod_cidrs':"
			    "['198.51.100.0/26']}");
	add(state, 1, "egress", "198.51.100.1", 5432, CART);
	add(state, 2, "egress", "198.51.100.77", 80, CART);
	add(state, 3, "egress", "203.0.113.9", 443, CART ",'dns':'one.example, api.example'");
	add(state, 4, "egress", "203.0.113.200", 10250, CART);
	add(state, 5, "ingress", "198.51.100.1", 8080, CART);
	add(state, 6, "egress", "203.0.113.50", 22, ",'comm':'ssh'");
	return state;
}

static struct baseline *baseline_of(const struct state *state)
{
	struct baseline *baseline = NULL;

	assert_int_equal(baseline_new(&baseline), 0);
	assert_int_equal(baseline_add_state(baseline, state), 0);
	return baseline;
}

/* Returns the edge that was added last. */
static const struct edge *last_edge(const struct state *state)
{
	return state_newest(state)->edge;
}

static void test_destinations(void **context)
{
	static const struct {
		const char *direction;
		const char *address;
		unsigned int port;
		const char *more;
		enum baseline_answer answer;
	} cases[] = {
		/* A rollout: another pod of the workload, and another address of the peer. */
		{"egress", "198.51.100.11", 5432,
		 ",'namespace':'shop','pod':'cart-7f8cbbd99f-k2w8h'", BASELINE_HAS},
		{"egress", "198.51.100.78", 80, CART, BASELINE_HAS},
		{"egress", "203.0.113.201", 10250, CART, BASELINE_HAS},
		{"ingress", "198.51.100.11", 8080, CART, BASELINE_HAS},
		{"egress", "203.0.113.9", 443, CART, BASELINE_HAS},
		{"egress", "203.0.113.10", 443, CART ",'dns':'api.example'", BASELINE_HAS},
		{"egress", "203.0.113.50", 22, ",'comm':'ssh'", BASELINE_HAS},
		/* One part differs from the baseline. */
		{"egress", "203.0.113.11", 443, CART, BASELINE_LACKS},
		{"egress", "203.0.113.12", 443, CART ",'dns':'example'", BASELINE_LACKS},
		{"egress", "198.51.100.11", 5433, CART, BASELINE_LACKS},
		{"egress", "198.51.100.11", 8080, CART, BASELINE_LACKS},
		{"egress", "203.0.113.9", 443, ",'namespace':'other','pod':'cart-6d4cf56db6-x2x4z'",
		 BASELINE_LACKS},
		{"egress", "203.0.113.9", 443, ",'namespace':'shop','pod':'web-6d4cf56db6-x2x4z'",
		 BASELINE_LACKS},
		{"egress", "203.0.113.50", 22, ",'comm':'nc'", BASELINE_LACKS},
		/* An address of a pod without a record, a container without a name. */
		{"egress", "198.51.100.5", 5432, CART, BASELINE_UNKNOWN},
		{"egress", "203.0.113.9", 443, ",'container_id':'0123456789abcdef'",
		 BASELINE_UNKNOWN},
	};
	struct state *known = known_state();
	struct baseline *baseline = baseline_of(known);
	struct state *state = scenario_new();

	(void)context;
	/* The baseline must not read the state that it was made from. */
	state_free(known);
	assert_int_equal(baseline_count(baseline), 6);
	scenario_pod(state, "shop", "db-1", "198.51.100.11", "'app':'db'");
	scenario_add(state, "{'v':1,'kind':'service','namespace':'shop','name':'api','cluster_ips':"
			    "['198.51.100.78'],'ports':[{'port':80,'protocol':'TCP'}]}");
	scenario_add(state, "{'v':1,'kind':'node','name':'n2','ips':['203.0.113.201'],'pod_cidrs':"
			    "['198.51.100.0/26']}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add(state, 100 + (unsigned int)i, cases[i].direction, cases[i].address,
		    cases[i].port, cases[i].more);
		enum baseline_answer answer = baseline_find(baseline, state, last_edge(state));
		if (answer != cases[i].answer)
			fail_msg("case %zu: %s %s %u%s: %d", i, cases[i].direction,
				 cases[i].address, cases[i].port, cases[i].more, answer);
	}
	baseline_free(baseline);
	state_free(state);
}

/* Owners and labels name a workload whose pods have other names. */
static void test_owners(void **context)
{
	static const char pod[] =
		"{'v':1,'kind':'pod','namespace':'shop','name':'%s','node':'n1','ips':['192.0.2.99'"
		"],"
		"'owner':{'kind':'ReplicaSet','name':'%s'},'labels':{'pod-template-hash':'%s'}}";
	struct state *state = scenario_new();
	struct state *later = scenario_new();

	(void)context;
	scenario_add(state, pod, "long-name-6d4cf56db6x2x4z", "checkout-6d4cf56db6", "6d4cf56db6");
	add(state, 1, "egress", "203.0.113.9", 443,
	    ",'namespace':'shop','pod':'long-name-6d4cf56db6x2x4z'");
	scenario_add(later, pod, "checkout-7f8cbbd99f-k2w8h", "checkout-7f8cbbd99f", "7f8cbbd99f");
	add(later, 1, "egress", "203.0.113.9", 443,
	    ",'namespace':'shop','pod':'checkout-7f8cbbd99f-k2w8h'");
	struct baseline *baseline = baseline_of(state);
	assert_int_equal(baseline_find(baseline, later, last_edge(later)), BASELINE_HAS);
	baseline_free(baseline);
	state_free(state);
	state_free(later);
}

static void test_describe(void **context)
{
	struct state *state = known_state();
	char text[DESTINATION_TEXT_SIZE];

	(void)context;
	destination_describe(state, last_edge(state), text);
	assert_string_equal(text, "ssh -> 203.0.113.50 TCP 22");
	add(state, 9, "ingress", "198.51.100.1", 8080, CART);
	destination_describe(state, last_edge(state), text);
	assert_string_equal(text, "shop/db -> shop/cart-6d4cf56db6-x2x4z TCP 8080");
	add(state, 10, "egress", "203.0.113.10", 443, CART ",'dns':'two.example'");
	destination_describe(state, last_edge(state), text);
	assert_string_equal(text,
			    "shop/cart-6d4cf56db6-x2x4z -> 203.0.113.10 (two.example) TCP 443");
	state_free(state);
}

/* The marks follow the baseline, the names, and the groups of the subjects. */
static void test_marks(void **context)
{
	struct state *state = scenario_new();
	struct novelty *novelty = NULL;

	(void)context;
	assert_int_equal(novelty_new(state, &novelty), 0);
	add(state, 1, "egress", "203.0.113.9", 443, CART);
	assert_false(novelty_sweep(novelty));
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_UNKNOWN);
	assert_int_equal(novelty_set_baseline(novelty, baseline_of(state)), 0);
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_HAS);

	add(state, 2, "egress", "203.0.113.10", 443, CART);
	const struct edge *edge = last_edge(state);
	assert_int_equal(novelty_count(novelty), 0);
	assert_null(novelty_first(novelty));
	assert_false(novelty_sweep(novelty));
	assert_int_equal(novelty_count(novelty), 1);
	assert_ptr_equal(novelty_first(novelty), edge);
	state_set_group(state, edge->subject->index, 1);
	novelty_regroup(novelty);
	assert_int_equal(novelty_count(novelty), 0);
	assert_null(novelty_first(novelty));
	state_set_group(state, edge->subject->index, 0);
	novelty_regroup(novelty);
	assert_int_equal(novelty_count(novelty), 1);

	/* Everything that the state holds becomes known. */
	assert_int_equal(novelty_set_baseline(novelty, baseline_of(state)), 0);
	assert_true(novelty_sweep(novelty) || novelty_count(novelty) == 0);
	assert_int_equal(novelty_judge(novelty, edge), BASELINE_HAS);
	/* The baseline has a DNS name of the destination, which an edge gets only later. */
	add(state, 3, "egress", "203.0.113.11", 443, CART ",'dns':'one.example'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_LACKS);
	assert_int_equal(novelty_set_baseline(novelty, baseline_of(state)), 0);
	add(state, 4, "egress", "203.0.113.12", 443, CART);
	edge = last_edge(state);
	assert_int_equal(novelty_judge(novelty, edge), BASELINE_LACKS);
	add(state, 5, "egress", "203.0.113.12", 443, CART ",'dns':'one.example'");
	assert_ptr_equal(last_edge(state), edge);
	assert_int_equal(novelty_judge(novelty, edge), BASELINE_HAS);
	/* The answer is kept while nothing of the edge changes. */
	add(state, 6, "egress", "203.0.113.12", 443, CART ",'dns':'one.example'");
	assert_int_equal(novelty_judge(novelty, edge), BASELINE_HAS);
	novelty_free(novelty);
	state_free(state);
}

static void test_policies(void **context)
{
	static const char policy[] = "apiVersion: networking.k8s.io/v1\n"
				     "kind: NetworkPolicy\n"
				     "metadata: {name: cart, namespace: shop}\n"
				     "spec:\n"
				     "  podSelector: {matchLabels: {app: cart}}\n"
				     "  policyTypes: [Egress]\n"
				     "  egress:\n"
				     "  - ports: [{port: 443}]\n";
	struct state *state = scenario_new();
	struct netpol_set set = {0};
	struct baseline *baseline = NULL;
	struct novelty *novelty = NULL;
	struct yaml_error error;

	(void)context;
	assert_int_equal(netpol_read(&set, "p.yaml", policy, strlen(policy), "default", &error), 0);
	assert_int_equal(baseline_new(&baseline), 0);
	baseline_use_policies(baseline, &set);
	assert_int_equal(set.count, 0);
	assert_int_equal(novelty_new(state, &novelty), 0);
	assert_int_equal(novelty_set_baseline(novelty, baseline), 0);
	assert_ptr_equal(novelty_baseline(novelty), baseline);
	scenario_pod(state, "shop", "cart", "192.0.2.99", "'app':'cart'");
	add(state, 1, "egress", "203.0.113.9", 443, ",'namespace':'shop','pod':'cart'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_HAS);
	add(state, 2, "egress", "203.0.113.9", 80, ",'namespace':'shop','pod':'cart'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_LACKS);
	/* No policy restricts the direction, policies do not apply, the labels are unknown. */
	add(state, 3, "ingress", "203.0.113.9", 80, ",'namespace':'shop','pod':'cart'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_HAS);
	own_address = "192.0.2.98";
	add(state, 4, "egress", "203.0.113.9", 80, ",'comm':'ssh'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_UNKNOWN);
	add(state, 5, "egress", "203.0.113.9", 80, ",'namespace':'shop','pod':'gone'");
	assert_int_equal(novelty_judge(novelty, last_edge(state)), BASELINE_UNKNOWN);
	novelty_free(novelty);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stems),  cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_owners), cmocka_unit_test(test_describe),
		cmocka_unit_test(test_marks),  cmocka_unit_test(test_policies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
