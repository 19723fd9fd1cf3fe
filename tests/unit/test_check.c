/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the flows that a check counts, the end at which it judges each flow, and its findings. The
 * states are made from records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/evaluate/check.h"
#include "core/policy/evaluate/evaluate_edge.h"
#include "core/record/address.h"
#include "tests/support/scenario.h"

#define POLICY(name, app, spec)                                                               \
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " name      \
	", namespace: shop}, spec: {podSelector: {matchLabels: {app: " app "}}, " spec "}}\n" \
	"---\n"
#define FROM(app, peer) \
	POLICY(app "-in", app, "ingress: [{from: [{podSelector: {matchLabels: {app: " peer "}}}]}]")
#define TO(app, peer)                                                                          \
	POLICY(app "-out", app,                                                                \
	       "policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: " peer \
	       "}}}]}]")

struct fixture {
	struct state *state;
	struct netpol_set policies;
	struct evaluator *evaluator;
	struct check check;
};

/* The dashboard judges edges one by one. Fails unless it denies those that check finds. */
static void assert_edges_agree(const struct fixture *fixture)
{
	size_t denied = 0;

	for (size_t i = 0; i < state_subject_count(fixture->state); i++) {
		const struct subject *subject = state_subject(fixture->state, i);
		for (size_t j = 0; j < subject->edge_count; j++) {
			struct evaluate_edge_result worst;
			int error = evaluate_edge(fixture->evaluator, fixture->state,
						  subject->edges[j], &worst);
			denied += !error && subject->edges[j]->ok_count > 0 &&
				  worst.result.verdict == EVALUATE_DENIED;
		}
	}
	assert_int_equal(denied > 0, fixture->check.denied > 0);
	for (size_t i = 0; i < fixture->check.finding_count; i++) {
		const struct check_finding *finding = &fixture->check.findings[i];
		struct evaluate_edge_result worst;
		assert_int_equal(
			evaluate_edge(fixture->evaluator, fixture->state, finding->edge, &worst),
			0);
		assert_int_equal(worst.result.verdict, finding->result.verdict);
		assert_int_equal(worst.far, finding->far);
	}
}

static void run(struct fixture *fixture, const char *policies, const struct check_options *options)
{
	static const struct check_options none;
	struct yaml_error error;

	check_clear(&fixture->check);
	evaluator_free(fixture->evaluator);
	netpol_set_clear(&fixture->policies);
	if (netpol_read(&fixture->policies, "p", policies, strlen(policies), "default", &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	assert_int_equal(evaluator_new(&fixture->policies, state_resolver(fixture->state),
				       &fixture->evaluator),
			 0);
	assert_int_equal(check_run(&fixture->check, fixture->state, fixture->evaluator,
				   options ? options : &none),
			 0);
	if (!options)
		assert_edges_agree(fixture);
}

/* Compares all findings with a text like "shop/front egress 10.1.0.3 5432 3 far; …". */
static void assert_findings(const struct fixture *fixture, const char *wanted)
{
	char got[2048] = "";
	size_t at = 0;

	for (size_t i = 0; i < fixture->check.finding_count; i++) {
		const struct check_finding *finding = &fixture->check.findings[i];
		char address[ADDRESS_TEXT_SIZE];
		address_format(finding->flow.family, &finding->flow.peer, address);
		at += (size_t)snprintf(
			got + at, sizeof(got) - at, "%s/%s %s %s %u %u%s; ",
			finding->flow.namespace_name,
			finding->flow.subject ? finding->flow.subject->name : "?",
			finding->flow.direction == FLOW_INGRESS ? "ingress" : "egress", address,
			finding->flow.port, (unsigned int)finding->connections,
			finding->far ? " far" : "");
	}
	assert_string_equal(got, wanted);
}

static void assert_counts(const struct fixture *fixture, size_t checked, size_t denied,
			  size_t depends, size_t unknown, size_t outside)
{
	assert_int_equal(fixture->check.checked, checked);
	assert_int_equal(fixture->check.denied, denied);
	assert_int_equal(fixture->check.depends, depends);
	assert_int_equal(fixture->check.unknown, unknown);
	assert_int_equal(fixture->check.outside, outside);
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.state = scenario_new()};
	scenario_pod(fixture.state, "shop", "front", "10.1.0.1", "'app':'front'");
	scenario_pod(fixture.state, "shop", "cart", "10.1.0.2", "'app':'cart'");
	scenario_pod(fixture.state, "shop", "db", "10.1.0.3", "'app':'db'");
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	check_clear(&fixture->check);
	evaluator_free(fixture->evaluator);
	netpol_set_clear(&fixture->policies);
	state_free(fixture->state);
	return 0;
}

static void test_what_counts(void **state)
{
	struct fixture *fixture = *state;
	const struct check_options failed = {.failed = true};

	for (unsigned int i = 1; i <= 3; i++)
		scenario_flow(fixture->state, i, "shop", "front", "egress", "TCP", "198.51.100.1",
			      443, "ok");
	scenario_flow(fixture->state, 4, "shop", "front", "egress", "TCP", "198.51.100.1", 443,
		      "refused");
	scenario_flow(fixture->state, 5, "shop", "front", "egress", "TCP", "198.51.100.2", 443,
		      "refused");
	scenario_flow(fixture->state, 6, "shop", "front", "egress", "TCP", "198.51.100.3", 443,
		      "hanging");
	scenario_flow(fixture->state, 7, "shop", "stranger", "egress", "TCP", "198.51.100.1", 443,
		      "ok");
	scenario_add(fixture->state,
		     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:05Z',"
		     "'id':'00000000000000aa','direction':'egress','protocol':'TCP','family':4,"
		     "'dst':'198.51.100.9','dport':1,'comm':'sshd'}");
	run(fixture, FROM("db", "cart"), NULL);
	assert_counts(fixture, 2, 0, 0, 0, 1);
	run(fixture, POLICY("p", "front", "policyTypes: [Egress]"), NULL);
	assert_findings(fixture, "shop/front egress 198.51.100.1 443 3; ");
	assert_counts(fixture, 2, 1, 0, 1, 1);
	run(fixture, POLICY("p", "front", "policyTypes: [Egress]"), &failed);
	assert_findings(fixture, "shop/front egress 198.51.100.2 443 1; "
				 "shop/front egress 198.51.100.3 443 1; ");
	assert_counts(fixture, 2, 2, 0, 0, 0);
}

static void test_ends(void **state)
{
	struct fixture *fixture = *state;

	/* The flow was seen only at the client's end. */
	scenario_flow(fixture->state, 1, "shop", "front", "egress", "TCP", "10.1.0.3", 5432, "ok");
	run(fixture, FROM("db", "cart"), NULL);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 5432 1 far; ");
	assert_counts(fixture, 1, 1, 0, 0, 0);
	/* If the client's end is denied, the server's end is not judged. */
	run(fixture, FROM("db", "cart") TO("front", "cart"), NULL);
	assert_findings(fixture, "shop/front egress 10.1.0.3 5432 1; ");
	/* The flow was seen at both ends. Each end is judged. */
	scenario_flow(fixture->state, 2, "shop", "db", "ingress", "TCP", "10.1.0.1", 5432, "ok");
	run(fixture, FROM("db", "cart"), NULL);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 5432 1; ");
	assert_counts(fixture, 2, 1, 0, 0, 0);
	run(fixture, FROM("db", "cart") TO("front", "cart"), NULL);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 5432 1; "
				 "shop/front egress 10.1.0.3 5432 1; ");
	/* This flow was seen only at the server's end. */
	scenario_flow(fixture->state, 3, "shop", "db", "ingress", "TCP", "10.1.0.2", 5432, "ok");
	run(fixture, TO("cart", "front"), NULL);
	assert_findings(fixture, "shop/cart egress 10.1.0.3 5432 1 far; ");
}

/* The client's flow to the Service and the server's flow from the client are one connection. */
static void test_service(void **state)
{
	struct fixture *fixture = *state;

	scenario_add(fixture->state,
		     "{'v':1,'kind':'service','namespace':'shop','name':'db','cluster_ips':["
		     "'10.96.0.1'],'selector':{'app':'db'},'ports':[{'port':80,'target_port':5432"
		     "}]}");
	scenario_flow(fixture->state, 1, "shop", "front", "egress", "TCP", "10.96.0.1", 80, "ok");
	run(fixture, FROM("db", "cart"), NULL);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 5432 1 far; ");
	scenario_flow(fixture->state, 2, "shop", "db", "ingress", "TCP", "10.1.0.1", 5432, "ok");
	run(fixture, TO("front", "cart"), NULL);
	assert_findings(fixture, "shop/front egress 10.96.0.1 80 1; ");
	assert_counts(fixture, 2, 1, 0, 0, 0);
	run(fixture, FROM("db", "front") TO("front", "db"), NULL);
	assert_counts(fixture, 2, 0, 0, 0, 0);
}

/* Two nodes report flows of one pod. Each destination and port has one finding. */
static void test_nodes(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int i = 1; i <= 4; i++)
		scenario_add(fixture->state,
			     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:04:05Z"
			     "','id':'000000000000000%u','node':'n%u','direction':'egress',"
			     "'protocol':'TCP','family':4,'dst':'198.51.100.9','dport':%u,"
			     "'namespace':'shop','pod':'front'}",
			     i, i % 2 + 1, i == 4 ? 81 : 80);
	run(fixture, TO("front", "db"), NULL);
	assert_findings(fixture, "shop/front egress 198.51.100.9 80 3; "
				 "shop/front egress 198.51.100.9 81 1; ");
	assert_counts(fixture, 2, 2, 0, 0, 0);
}

/* An address moves from one pod to another. Each flow is judged for the pod that had the address at
 * the flow's time. */
static void test_reused_address(void **state)
{
	struct fixture *fixture = *state;

	scenario_flow(fixture->state, 1, "shop", "front", "egress", "TCP", "10.1.0.3", 5432, "ok");
	run(fixture, TO("front", "db"), NULL);
	assert_counts(fixture, 1, 0, 0, 0, 0);
	scenario_add(fixture->state,
		     "{'v':1,'kind':'pod','namespace':'shop','name':'db','ips':['10.1.0.3'],"
		     "'labels':{'app':'db'},'deleted':true}");
	scenario_pod(fixture->state, "shop", "other", "10.1.0.3", "'app':'other'");
	run(fixture, TO("front", "db"), NULL);
	assert_counts(fixture, 1, 0, 0, 0, 0);
	run(fixture, TO("front", "other"), NULL);
	assert_findings(fixture, "shop/front egress 10.1.0.3 5432 1; ");
}

static void test_filter(void **state)
{
	struct fixture *fixture = *state;
	struct filter *filter = NULL;
	struct filter_error error;

	scenario_flow(fixture->state, 1, "shop", "front", "egress", "TCP", "10.1.0.3", 5432, "ok");
	scenario_flow(fixture->state, 2, "shop", "db", "ingress", "TCP", "10.1.0.1", 5432, "ok");
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_add(filter, FILTER_POD, "front", &error), 0);
	const struct check_options options = {.filter = filter};
	/* The filter hides db's flow. The far end of front's flow is still judged. */
	run(fixture, FROM("db", "cart"), &options);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 5432 1 far; ");
	assert_counts(fixture, 1, 1, 0, 0, 0);
	filter_free(filter);
}

/* Policies apply to the pods behind a Service's address. Without a record of the Service, these
 * pods are unknown, unless the flow has a backend from connection tracking (test_translated). */
static void test_unknown_services(void **state)
{
	struct fixture *fixture = *state;

	scenario_add(fixture->state, "{'v':1,'kind':'service_range','name':'kubernetes',"
				     "'cidrs':['10.96.0.0/12','2001:db8:96::/112']}");
	scenario_flow(fixture->state, 1, "shop", "front", "egress", "TCP", "10.96.0.9", 80, "ok");
	scenario_flow(fixture->state, 2, "shop", "front", "egress", "TCP", "10.111.255.255", 80,
		      "ok");
	scenario_flow(fixture->state, 3, "shop", "front", "egress", "TCP", "2001:db8:96::9", 80,
		      "ok");
	scenario_flow(fixture->state, 4, "shop", "front", "egress", "TCP", "10.112.0.1", 80, "ok");
	run(fixture, TO("front", "db"), NULL);
	assert_counts(fixture, 4, 1, 3, 0, 0);
	assert_int_equal(fixture->check.depends_services, 3);
	run(fixture,
	    POLICY("block", "front",
		   "policyTypes: [Egress], egress: [{to: [{ipBlock: "
		   "{cidr: 0.0.0.0/0}}]}]"),
	    NULL);
	assert_counts(fixture, 4, 0, 3, 0, 0);
	run(fixture, POLICY("all", "front", "policyTypes: [Egress], egress: [{}]"), NULL);
	assert_counts(fixture, 4, 0, 0, 0, 0);
	run(fixture, TO("cart", "db"), NULL);
	assert_counts(fixture, 4, 0, 0, 0, 0);
}

static void test_translated(void **state)
{
	struct fixture *fixture = *state;

	scenario_add(fixture->state,
		     "{'v':1,'kind':'flow','event':'established','ts':"
		     "'2026-01-02T03:04:05Z','id':'0000000000000009','direction':"
		     "'egress','protocol':'TCP','family':4,'src':'10.1.0.1','sport':"
		     "4000,'dst':'10.96.0.9','dport':80,'namespace':'shop','pod':"
		     "'front','backend':{'ip':'10.1.0.3','port':8080}}");
	run(fixture, TO("front", "db"), NULL);
	assert_counts(fixture, 1, 0, 0, 0, 0);
	run(fixture, TO("front", "cart"), NULL);
	assert_counts(fixture, 1, 1, 0, 0, 0);
	/* The flow was not seen at the server's end, so that end is judged as the far end. */
	run(fixture, FROM("db", "cart"), NULL);
	assert_findings(fixture, "shop/db ingress 10.1.0.1 8080 1 far; ");
	/* A record of the Service overrides the flow's backend, even if it arrives later. */
	scenario_add(fixture->state, "{'v':1,'kind':'service','namespace':'shop','name':'cart',"
				     "'cluster_ips':['10.96.0.9'],'selector':{'app':'cart'},"
				     "'ports':[{'port':80,'protocol':'TCP'}]}");
	run(fixture, TO("front", "db"), NULL);
	assert_counts(fixture, 1, 1, 0, 0, 0);
}

/* An answer over UDP passes if its request does, here and in the dashboard. */
static void test_replies(void **state)
{
	struct fixture *fixture = *state;
	const char policy[] = "apiVersion: networking.k8s.io/v1\n"
			      "kind: NetworkPolicy\n"
			      "metadata: {name: p, namespace: shop}\n"
			      "spec:\n"
			      "  podSelector: {matchLabels: {app: cart}}\n"
			      "  policyTypes: [Egress]\n";

	scenario_flow(fixture->state, 1, "shop", "cart", "ingress", "UDP", "10.1.0.1", 8125, "ok");
	scenario_flow(fixture->state, 2, "shop", "cart", "egress", "UDP", "10.1.0.1", 41234, "ok");
	run(fixture, policy, NULL);
	assert_counts(fixture, 2, 0, 0, 0, 0);
	scenario_flow(fixture->state, 3, "shop", "cart", "egress", "UDP", "10.1.0.3", 41234, "ok");
	run(fixture, policy, NULL);
	assert_findings(fixture, "shop/cart egress 10.1.0.3 41234 1; ");
}

/* A pod that has ended, or a record without the address, is not judged as the far end. */
static void test_far_ends_that_are_gone(void **state)
{
	struct fixture *fixture = *state;
	const char policy[] = "apiVersion: networking.k8s.io/v1\n"
			      "kind: NetworkPolicy\n"
			      "metadata: {name: p, namespace: shop}\n"
			      "spec:\n"
			      "  podSelector: {matchLabels: {app: db}}\n"
			      "  policyTypes: [Ingress]\n";

	scenario_add(fixture->state,
		     "{'v':1,'kind':'flow','event':'established','id':'00000000000000a1',"
		     "'ts':'2026-01-01T00:00:01Z','direction':'egress','protocol':'TCP',"
		     "'family':4,'src':'10.1.0.2','dst':'10.1.0.77','dport':5432,"
		     "'namespace':'shop','pod':'cart',"
		     "'peer':{'kind':'pod','namespace':'shop','name':'db'}}");
	run(fixture, policy, NULL);
	assert_counts(fixture, 1, 0, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reused_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_services, setup, teardown),
		cmocka_unit_test_setup_teardown(test_translated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_far_ends_that_are_gone, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
