/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts for Cilium. For small clusters and for many random clusters, every document matches the
 * CRD and contains only names, labels and entities that Cilium can match. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/cilium.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tests/support/cilium_shape.h"
#include "tests/support/policy_world.h"
#include "tests/support/scenario.h"

/* Returns the draft as text, to be freed. Checks its form. */
static char *draft_text(const struct state *state, struct draft_options options)
{
	struct draft_set *set = NULL;
	char *text = NULL;
	size_t length = 0;

	options.format = DRAFT_CILIUM;
	assert_int_equal(drafter_draft(state, &options, &set), 0);
	assert_int_equal(draft_print(set, DRAFT_ALL, &text, &length), 0);
	cilium_shape_check(text, length, set);
	draft_set_free(set);
	return text;
}

/* --- tests --- */

static void test_random_clusters(void **context)
{
	(void)context;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct policy_world *world = world_new(seed);
		struct state *state = scenario_new();
		for (size_t i = 0; i < world->line_count; i++)
			scenario_add_line(state, world->lines[i]);
		free(draft_text(state, (struct draft_options){.dns = DRAFT_DNS_AUTO}));
		free(draft_text(state, (struct draft_options){.dns = DRAFT_DNS_ALWAYS,
							      .include_failed = true,
							      .max_ports = 2}));
		free(draft_text(state,
				(struct draft_options){.max_peers = 2, .group_public = true}));
		state_free(state);
		world_free(world);
	}
}

/* Adds an established connection to an address that a DNS name resolved to. */
static void named_flow(struct state *state, unsigned int number, const char *peer,
		       unsigned int port, const char *name)
{
	scenario_add(state,
		     "{'v':1,'kind':'flow','event':'established','ts':'2026-01-02T03:05:00Z',"
		     "'id':'%016x','direction':'egress','protocol':'TCP','family':%d,"
		     "'src':'10.0.0.1','sport':1,'dst':'%s','dport':%u,'comm':'web',"
		     "'namespace':'shop','pod':'web','dns':'%s'}",
		     number, strchr(peer, ':') ? 6 : 4, peer, port, name);
}

static struct state *shop(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	return state;
}

static void add_dns_service(struct state *state)
{
	scenario_add(state, "{'v':1,'kind':'service','namespace':'kube-system','name':'kube-dns',"
			    "'cluster_ips':['10.96.0.10'],'selector':{'k8s-app':'dns'},"
			    "'ports':[{'protocol':'UDP','port':53,'target_port':'5353'},"
			    "{'protocol':'TCP','port':53,'target_port':'5353'}]}");
}

static void expect(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("missing:\n%s\nin:\n%s", wanted, text);
}

static void expect_not(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted))
		fail_msg("not wanted:\n%s\nin:\n%s", unwanted, text);
}

static const char proxied[] = "  - toEndpoints:\n"
			      "    - matchLabels:\n"
			      "        k8s:k8s-app: dns\n"
			      "        k8s:io.kubernetes.pod.namespace: kube-system\n"
			      "    toPorts:\n"
			      "    - ports:\n"
			      "      - port: \"5353\"\n"
			      "        protocol: TCP\n"
			      "      - port: \"5353\"\n"
			      "        protocol: UDP\n"
			      "      rules:\n"
			      "        dns:\n"
			      "        - matchPattern: \"*\"\n";

/* The rule that sends queries through the DNS proxy has the port of the DNS pods, whether or not
 * queries were observed. */
static void test_names(void **context)
{
	(void)context;
	for (int seen = 0; seen < 2; seen++) {
		struct state *state = shop();
		add_dns_service(state);
		named_flow(state, 1, "198.51.100.9", 443, "API.Example.com.");
		if (seen)
			scenario_flow(state, 2, "shop", "web", "egress", "UDP", "10.96.0.10", 53,
				      "ok");
		CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
		expect(text, "  - toFQDNs:\n"
			     "    - matchName: api.example.com # seen: 198.51.100.9, by web\n"
			     "    toPorts:\n"
			     "    - ports:\n"
			     "      - port: \"443\"\n"
			     "        protocol: TCP\n");
		expect(text, proxied);
		expect_not(text, "198.51.100.9/32");
		assert_int_equal(strstr(text, "# added: the cluster's DNS") != NULL, !seen);
		state_free(state);
	}
}

/* If an address has two names, the draft allows both names. If the list of names is incomplete
 * ("..."), the draft allows the address instead. */
static void test_two_names(void **context)
{
	struct state *state = shop();

	(void)context;
	add_dns_service(state);
	named_flow(state, 1, "198.51.100.9", 443, "api.example.com, www.example.com");
	named_flow(state, 2, "198.51.100.10", 443, "db.example.com, ...");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "    - matchName: api.example.com");
	expect(text, "    - matchName: www.example.com");
	expect_not(text, "198.51.100.9/32");
	expect_not(text, "matchName: db.example.com");
	expect(text, "198.51.100.10/32");
	state_free(state);
}

/* With --dns never and without observed queries, Cilium cannot learn names, so none are used. */
static void test_names_need_dns(void **context)
{
	struct state *state = shop();

	(void)context;
	named_flow(state, 1, "198.51.100.9", 443, "api.example.com");
	CLEANUP_FREE char *never =
		draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect(never, "  - toCIDR:\n    - 198.51.100.9/32 # api.example.com, by web\n");
	expect_not(never, "toFQDNs");
	expect_not(never, "kube-dns");
	CLEANUP_FREE char *guessed = draft_text(state, (struct draft_options){0});
	expect(guessed, "# guessed: no DNS Service is known: DNS is allowed at its usual places");
	expect(guessed, "k8s:k8s-app: kube-dns");
	expect(guessed, "      - port: \"53\"\n        protocol: UDP\n      rules:\n");
	state_free(state);
}

/* One replica knows a name and one does not. The draft allows both the name and the address. */
static void test_name_and_address(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	named_flow(state, 1, "2001:db8::9", 443, "api.example.com");
	scenario_flow(state, 2, "shop", "web-2", "egress", "TCP", "2001:db8::9", 443, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "- matchName: api.example.com");
	expect(text, "- 2001:db8::9/128");
	state_free(state);
}

static void test_dns_name(void **context)
{
	static const struct {
		const char *text;
		const char *name; /* NULL: none */
	} cases[] = {
		{"a.example", "a.example"},
		{"A-1._tcp.Example.COM.", "a-1._tcp.example.com"},
		{"localhost", "localhost"},
		{"198.51.100.1", NULL},
		{"", NULL},
		{".", NULL},
		{"a..b", NULL},
		{".a", NULL},
		{"a b.example", NULL},
		{"*.example", NULL},
		{"a\n- {}", NULL},
		{"\xc3\xa4.example", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", NULL},
		{NULL, NULL},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[CILIUM_NAME_SIZE];
		bool is = cilium_dns_name(cases[i].text, name);
		assert_int_equal(is, cases[i].name != NULL);
		if (is)
			assert_string_equal(name, cases[i].name);
	}
}

/* Names of Services do not become toFQDNs. */
static void test_cluster_names(void **context)
{
	struct state *state = shop();

	(void)context;
	named_flow(state, 1, "10.96.1.1", 443, "db.shop.svc.cluster.local");
	named_flow(state, 2, "10.96.1.2", 443, "db.shop.svc");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "- 10.96.1.1/32");
	expect(text, "- 10.96.1.2/32");
	expect_not(text, "toFQDNs");
	state_free(state);
}

static void test_labels(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web','kubernetes.io/zone-hint':'a'");
	scenario_pod(state, "shop", "odd", "10.0.0.2", "'k8s.io/only':'x'");
	scenario_pod(state, "shop", "db", "10.0.0.3", "'app':'db','node.beta.kubernetes.io/x':'y'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.0.0.2", 80, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "10.0.0.3", 81, "ok");
	scenario_flow(state, 3, "shop", "odd", "egress", "TCP", "10.0.0.3", 82, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "  endpointSelector:\n    matchLabels:\n      k8s:app: web\n  egress:");
	expect(text, "# not in the selector: the label kubernetes.io/zone-hint:");
	expect(text, "    - matchLabels:\n        k8s:app: db\n    toPorts:");
	expect(text, "# not allowed although seen: pods k8s.io/only=x of shop: Cilium knows none");
	expect(text, "# coverage: 1 of ");
	struct draft_set *set = NULL;
	const struct draft_options options = {.format = DRAFT_CILIUM};
	assert_int_equal(drafter_draft(state, &options, &set), 0);
	assert_int_equal(set->policies.count, 1);
	assert_string_equal(set->warnings.items[0],
			    "Pod shop/odd: no policy: Cilium knows none of its labels: label it");
	draft_set_free(set);
	state_free(state);
}

/* The draft names the API server as the entity kube-apiserver, whether a flow has the address of
 * its Service or its own address. For another port on the API server's node, the draft names the
 * entities of nodes. */
static void test_entities(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_add(state, "{'v':1,'kind':'service','namespace':'default','name':'kubernetes',"
			    "'cluster_ips':['10.96.0.1'],'ports':[{'protocol':'TCP','port':443,"
			    "'target_port':'6443'}],'endpoints':[{'ip':'192.0.2.1','port':6443}]}\n"
			    "{'v':1,'kind':'node','name':'n9','ips':['192.0.2.1']}");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.96.0.1", 443, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "192.0.2.1", 10250, "ok");
	scenario_flow(state, 3, "shop", "web", "ingress", "TCP", "192.0.2.1", 8080, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect(text, "  - toEntities:\n"
		     "    - kube-apiserver # service default/kubernetes, seen: 192.0.2.1, by app\n"
		     "    toPorts:\n"
		     "    - ports:\n"
		     "      - port: \"6443\"\n");
	expect(text, "  - toEntities:\n"
		     "    - host # node n9, seen: 192.0.2.1, by app\n"
		     "    - remote-node # node n9, seen: 192.0.2.1, by app\n"
		     "    toPorts:\n"
		     "    - ports:\n"
		     "      - port: \"10250\"\n");
	expect(text, "  - fromEntities:\n    - kube-apiserver # kube-apiserver, seen: 192.0.2.1, "
		     "by app\n");
	expect(text, "# wider than seen: Cilium knows nodes as entities");
	expect_not(text, "192.0.2.1/32");
	state_free(state);

	state = shop();
	scenario_add(state, "{'v':1,'kind':'service','namespace':'default','name':'kubernetes',"
			    "'endpoints':[{'ip':'203.0.113.1','port':6443}]}");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "203.0.113.1", 6443, "ok");
	CLEANUP_FREE char *outside =
		draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect(outside, "- kube-apiserver");
	state_free(state);
}

/* A list has at most 40 ports, so 90 ports make three lists. */
static void test_many_ports(void **context)
{
	struct state *state = shop();
	size_t lists = 0;

	(void)context;
	for (unsigned int i = 0; i < 90; i++)
		scenario_flow(state, i + 1, "shop", "web", "egress", "TCP", "198.51.100.9",
			      1000 + 2 * i, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	for (const char *at = text; (at = strstr(at, "    - ports:\n")); at++)
		lists++;
	assert_int_equal(lists, 3);
	CLEANUP_FREE char *range = draft_text(state, (struct draft_options){.max_ports = 10});
	expect(range, "      - port: \"1000\"\n        endPort: 1178\n        protocol: TCP\n");
	scenario_flow(state, 91, "shop", "web", "egress", "TCP", "198.51.100.9", 60000, "ok");
	CLEANUP_FREE char *all = draft_text(state, (struct draft_options){.max_ports = 10});
	expect(all, "      - port: \"0\"\n        protocol: TCP\n");
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_clusters),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_two_names),        cmocka_unit_test(test_names_need_dns),
		cmocka_unit_test(test_name_and_address), cmocka_unit_test(test_dns_name),
		cmocka_unit_test(test_cluster_names),    cmocka_unit_test(test_labels),
		cmocka_unit_test(test_entities),         cmocka_unit_test(test_many_ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
