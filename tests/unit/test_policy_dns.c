/* SPDX-License-Identifier: Apache-2.0 */
/* DNS in drafts: drafts do not block the name resolution of any workload, and the header names each
 * rule that is added for it. */
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

/* Returns the draft for one pod's workload as text. The caller frees the text. */
static char *draft_of(const struct state *state, const char *namespace_name, const char *pod,
		      struct draft_options options)
{
	struct draft_set *set = NULL;
	char *text = NULL;

	assert_int_equal(drafter_draft_subject(state, scenario_subject(state, namespace_name, pod),
					       &options, &set),
			 0);
	assert_int_equal(set->policies.count, 1);
	assert_int_equal(draft_print(set, 0, &text, NULL), 0);
	draft_set_free(set);
	return text;
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

/* PODS is the YAML of a peer that selects pods of a namespace. BOTH is the YAML of one port number
 * for TCP and UDP. */
#define PODS(namespace_name, key, value)                             \
	"    - namespaceSelector:\n        matchLabels:\n          " \
	"kubernetes.io/metadata.name: " namespace_name               \
	"\n      podSelector:\n        matchLabels:\n          " key ": " value "\n"
#define BOTH(port)                                           \
	"    ports:\n    - protocol: TCP\n      port: " port \
	"\n    - protocol: UDP\n      port: " port "\n"
#define KUBE_DNS "  - to:\n" PODS("kube-system", "k8s-app", "kube-dns") BOTH("53")

static void add_service(struct state *state, const char *namespace_name, const char *name,
			const char *ip, const char *more)
{
	scenario_add(
		state,
		"{'v':1,'kind':'service','namespace':'%s','name':'%s','cluster_ips':['%s'],%s}",
		namespace_name, name, ip, more);
}

static const char dns_ports[] = "'selector':{'k8s-app':'kube-dns'},'ports':["
				"{'name':'dns','protocol':'UDP','port':53},"
				"{'name':'dns-tcp','protocol':'TCP','port':53}]";

/* Makes a cluster with the usual DNS Service, and a pod web with one observed connection. */
static struct state *cluster(void)
{
	struct state *state = scenario_new();

	add_service(state, "kube-system", "kube-dns", "10.96.0.10", dns_ports);
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_pod(state, "kube-system", "coredns", "10.0.0.53", "'k8s-app':'kube-dns'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	return state;
}

/* --- queries --- */

static void test_added(void **context)
{
	struct state *state = cluster();

	(void)context;
	CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(text, KUBE_DNS);
	expect(text, "# protocols watched: TCP; not watched: UDP, SCTP\n");
	expect(text, "# added: the cluster's DNS: UDP was not watched\n");
	expect(text, "# allowed: all of them\n");

	CLEANUP_FREE char *never =
		draft_of(state, "shop", "web", (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect_not(never, "kube-dns");
	expect(never, "# not allowed, by choice: DNS over UDP, which was not watched\n");

	/* If a query was observed, the draft allows it, and adds nothing. */
	scenario_flow(state, 2, "shop", "web", "egress", "UDP", "10.96.0.10", 53, "ok");
	CLEANUP_FREE char *seen = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(seen, KUBE_DNS);
	expect(seen, "# protocols watched: TCP, UDP; not watched: SCTP\n");
	expect_not(seen, "# added: the cluster's DNS");
	state_free(state);
}

/* A policy that restricts only ingress needs no rule for DNS. */
static void test_egress_is_open(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	add_service(state, "kube-system", "kube-dns", "10.96.0.10", dns_ports);
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "ingress", "TCP", "198.51.100.9", 443, "ok");
	CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
	expect_not(text, "Egress\n");
	expect_not(text, "kube-dns");
	state_free(state);
}

/* The cluster's DNS Service is recognised by its name, its label or its namespace. Without such a
 * Service, the draft allows the usual DNS pods and addresses. */
static void test_services(void **context)
{
	static const struct {
		const char *namespace_name, *name, *more;
		const char *rule;
		bool guessed;
	} cases[] = {
		{"kube-system", "coredns",
		 "'selector':{'app':'dns'},'ports':[{'protocol':'UDP','port':53}]",
		 "  - to:\n" PODS("kube-system", "app", "dns") BOTH("53"), false},
		{"networking", "names",
		 "'labels':{'app.kubernetes.io/name':'coredns'},'selector':{'a':'b'},'ports':["
		 "{'protocol':'UDP','port':53,'target_port':'1053'},{'protocol':'TCP','port':53,"
		 "'target_port':'1053'}]",
		 "  - to:\n" PODS("networking", "a", "b") BOTH("1053"), false},
		{"openshift-dns", "dns-default",
		 "'selector':{'d':'x'},'ports':[{'protocol':'UDP','port':53,'target_port':'dns'},"
		 "{'protocol':'TCP','port':53,'target_port':'dns'}]",
		 "  - to:\n" PODS("openshift-dns", "d", "x") BOTH("dns"), false},
		/* A DNS server of an application is not the cluster's DNS. */
		{"home", "pihole",
		 "'selector':{'app':'pihole'},'ports':[{'protocol':'UDP','port':53}]",
		 PODS("home", "app", "pihole"), true},
		{"shop", "db", "'selector':{'app':'db'},'ports':[{'protocol':'TCP','port':5432}]",
		 PODS("kube-system", "k8s-app", "kube-dns"), true},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state *state = scenario_new();
		scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
		scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
		add_service(state, cases[i].namespace_name, cases[i].name, "10.96.0.9",
			    cases[i].more);
		CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
		expect(text, cases[i].rule);
		if (cases[i].guessed) {
			expect(text, "# guessed: no DNS Service is known");
			expect(text, PODS("kube-system", "k8s-app", "kube-dns"));
			expect(text, "cidr: 169.254.20.10/32 # NodeLocal DNS\n");
		} else {
			expect_not(text, "guessed");
			expect_not(text, "169.254");
		}
		state_free(state);
	}
}

/* Only OpenShift has DNS pods in openshift-dns. */
static void test_usual_place_of_openshift(void **context)
{
	static const char rule[] = PODS("openshift-dns", "dns.operator.openshift.io/daemonset-dns",
					"default") BOTH("5353");

	(void)context;
	for (int openshift = 0; openshift <= 1; openshift++) {
		struct state *state = scenario_new();
		scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
		scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
		if (openshift)
			scenario_pod(state, "openshift-ovn-kubernetes", "node", "10.0.0.2",
				     "'app':'node'");
		CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
		expect(text, PODS("kube-system", "k8s-app", "kube-dns"));
		if (openshift)
			expect(text, rule);
		else
			expect_not(text, "openshift");
		state_free(state);
	}
}

/* Endpoints of a Service without a selector, and DNS pods in their node's network. */
static void test_addresses(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	add_service(state, "kube-system", "kube-dns", "10.96.0.10",
		    "'ports':[{'protocol':'UDP','port':53}],"
		    "'endpoints':[{'ip':'192.0.2.53','port':5300,'protocol':'UDP'}]");
	CLEANUP_FREE char *endpoints = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(endpoints, "cidr: 192.0.2.53/32 # service kube-system/kube-dns\n" BOTH("5300"));
	state_free(state);

	state = cluster();
	scenario_add(state, "{'v':1,'kind':'pod','namespace':'kube-system','name':'h','ips':["
			    "'192.0.2.1'],'labels':{'k8s-app':'kube-dns'},'host_network':true}");
	CLEANUP_FREE char *host = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(host, "cidr: 192.0.2.1/32 # service kube-system/kube-dns\n" BOTH("53"));
	expect(host, "# guessed: DNS pods are in their node's network: other nodes may follow\n");
	state_free(state);

	/* Both families. */
	state = scenario_new();
	add_service(state, "kube-system", "kube-dns", "10.96.0.10','fd00:10::a", dns_ports);
	scenario_pod(state, "shop", "web", "10.0.0.1','fd00::1", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "2001:db8::9", 443, "ok");
	CLEANUP_FREE char *dual = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(dual, KUBE_DNS);
	state_free(state);
}

/* A DNS cache on the nodes is recognised by its pods, by its Service, or by a query of another
 * pod. */
static void test_node_local(void **context)
{
	static const char *const known[] = {
		"{'v':1,'kind':'pod','namespace':'kube-system','name':'node-local-dns-x','ips':["
		"'192.0.2.1'],'labels':{'k8s-app':'node-local-dns'},'host_network':true,"
		"'owner':{'kind':'DaemonSet','name':'node-local-dns'}}",
		"{'v':1,'kind':'service','namespace':'kube-system','name':'kube-dns-upstream',"
		"'cluster_ips':['10.96.0.11'],'selector':{'k8s-app':'kube-dns'},"
		"'ports':[{'protocol':'UDP','port':53}]}",
		NULL,
	};

	(void)context;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct state *state = cluster();
		CLEANUP_FREE char *before =
			draft_of(state, "shop", "web", (struct draft_options){0});
		expect_not(before, "169.254");
		if (known[i]) {
			scenario_add(state, "%s", known[i]);
		} else {
			scenario_pod(state, "shop", "api", "10.0.0.2", "'app':'api'");
			scenario_flow(state, 2, "shop", "api", "egress", "TCP", "169.254.20.10", 53,
				      "ok");
		}
		CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
		expect(text, PODS("kube-system", "k8s-app", "kube-dns"));
		expect(text, "cidr: 169.254.20.10/32 # NodeLocal DNS\n");
		/* The cache also answers queries to the Service's address. That address is not
		 * rewritten. */
		expect(text, "cidr: 10.96.0.10/32 # service kube-system/kube-dns\n");
		expect_not(text, "guessed");
		state_free(state);
	}
}

/* If the user excludes port 53, the draft does not allow DNS, except with `--dns always`. */
static void test_left_out(void **context)
{
	struct state *state = cluster();
	struct filter *filter;

	(void)context;
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "10.96.0.10", 53, "ok");
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "port:53", NULL), 0);
	const struct filter *const filters[] = {filter};
	struct draft_options options = {.exclude_filters = filters, .exclude_filter_count = 1};
	CLEANUP_FREE char *text = draft_of(state, "shop", "web", options);
	expect_not(text, "kube-dns");
	options.dns = DRAFT_DNS_ALWAYS;
	CLEANUP_FREE char *always = draft_of(state, "shop", "web", options);
	expect(always, KUBE_DNS);
	filter_free(filter);
	state_free(state);
}

/* If a workload queried its own resolver while UDP was watched, the draft does not add the
 * cluster's DNS. */
static void test_other_resolver(void **context)
{
	struct state *state = cluster();

	(void)context;
	scenario_flow(state, 2, "shop", "web", "egress", "UDP", "203.0.113.53", 53, "ok");
	CLEANUP_FREE char *text = draft_of(state, "shop", "web", (struct draft_options){0});
	expect(text, "cidr: 203.0.113.53/32 # by app\n" BOTH("53"));
	expect_not(text, "kube-dns");
	expect_not(text, "# added: the cluster's DNS");
	CLEANUP_FREE char *always =
		draft_of(state, "shop", "web", (struct draft_options){.dns = DRAFT_DNS_ALWAYS});
	expect(always, PODS("kube-system", "k8s-app", "kube-dns"));
	state_free(state);
}

/* A query goes to the address and port of a DNS pod, not of its Service. */
static void test_direct(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	add_service(
		state, "openshift-dns", "dns-default", "10.96.0.10",
		"'selector':{'d':'x'},'ports':[{'protocol':'UDP','port':53,'target_port':'5353'},"
		"{'protocol':'TCP','port':53,'target_port':'5353'}]");
	scenario_pod(state, "openshift-dns", "dns-1", "10.0.0.53", "'d':'x'");
	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.0.0.53", 5353, "ok");
	CLEANUP_FREE char *text =
		draft_of(state, "shop", "web", (struct draft_options){.explain = true});
	expect(text, "  - to:\n" PODS("openshift-dns", "d", "x") BOTH("5353"));
	state_free(state);
}

/* --- servers --- */

/* If no query over UDP to a DNS server was seen, the draft for the server allows queries from
 * all pods and nodes. */
static void test_server(void **context)
{
	struct state *state = cluster();

	(void)context;
	scenario_add(state, "{'v':1,'kind':'node','name':'n2','ips':['192.0.2.2']}");
	scenario_flow(state, 2, "kube-system", "coredns", "ingress", "TCP", "10.0.0.1", 53, "ok");
	CLEANUP_FREE char *text =
		draft_of(state, "kube-system", "coredns", (struct draft_options){0});
	expect(text, "  - from:\n    - namespaceSelector: {}\n");
	expect(text, "cidr: 192.0.2.2/32 # node n2\n" BOTH("53"));
	expect(text, "# guessed: no query to it over UDP was seen");
	expect_not(text, "Egress\n");

	CLEANUP_FREE char *never = draft_of(state, "kube-system", "coredns",
					    (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect_not(never, "namespaceSelector: {}");

	CLEANUP_FREE char *cilium = draft_of(state, "kube-system", "coredns",
					     (struct draft_options){.format = DRAFT_CILIUM});
	expect(cilium, "  - fromEntities:\n    - cluster\n");

	/* Once a query over UDP was observed, only the observed clients are allowed. */
	scenario_flow(state, 3, "kube-system", "coredns", "ingress", "UDP", "10.0.0.1", 53, "ok");
	CLEANUP_FREE char *seen =
		draft_of(state, "kube-system", "coredns", (struct draft_options){0});
	expect_not(seen, "namespaceSelector: {}");
	expect(seen, "app: web\n" BOTH("53"));
	state_free(state);
}

/* A server that restricts egress still reaches the resolvers that it forwards to. */
static void test_upstream(void **context)
{
	struct state *state = cluster();

	(void)context;
	scenario_flow(state, 2, "kube-system", "coredns", "egress", "TCP", "192.0.2.1", 6443, "ok");
	CLEANUP_FREE char *text =
		draft_of(state, "kube-system", "coredns", (struct draft_options){0});
	expect(text, "cidr: 0.0.0.0/0 # resolvers\n");
	expect(text, "cidr: \"::/0\" # resolvers\n" BOTH("53"));
	expect(text, "# guessed: no query from it over UDP was seen, but it may forward queries");
	expect_not(text, "widened by choice");
	state_free(state);
}

/* Clients that were observed over TCP may also use UDP, on port 53 of any pod and on the target
 * port of a Service's port 53. */
static void test_clients(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "home", "bind", "10.0.0.1", "'app':'bind'");
	scenario_pod(state, "shop", "web", "10.0.0.2", "'app':'web'");
	scenario_flow(state, 1, "home", "bind", "ingress", "TCP", "10.0.0.2", 53, "ok");
	scenario_flow(state, 2, "home", "bind", "ingress", "TCP", "198.51.100.9", 8053, "ok");
	CLEANUP_FREE char *plain = draft_of(state, "home", "bind", (struct draft_options){0});
	expect(plain, "          app: web\n" BOTH("53"));
	expect(plain, "# added: UDP beside TCP for clients of its DNS: UDP was not watched\n");
	expect(plain,
	       "cidr: 198.51.100.9/32 # by app\n    ports:\n    - protocol: TCP\n      port: "
	       "8053\n");
	expect_not(plain, "namespaceSelector: {}");

	add_service(state, "home", "bind", "10.96.0.9",
		    "'selector':{'app':'bind'},'ports':[{'name':'d','protocol':'UDP','port':53,"
		    "'target_port':'8053'},{'name':'t','protocol':'TCP','port':53,"
		    "'target_port':'8053'}]");
	CLEANUP_FREE char *mapped = draft_of(state, "home", "bind", (struct draft_options){0});
	expect(mapped, "cidr: 198.51.100.9/32 # by app\n" BOTH("8053"));
	expect(mapped, "    - namespaceSelector: {}\n");
	state_free(state);
}

/* Without any Service, a DNS pod is recognised by its usual label. */
static void test_server_without_service(void **context)
{
	struct state *state = scenario_new();

	(void)context;
	scenario_pod(state, "kube-system", "coredns", "10.0.0.53", "'k8s-app':'kube-dns'");
	scenario_flow(state, 1, "kube-system", "coredns", "ingress", "TCP", "198.51.100.9", 9153,
		      "ok");
	CLEANUP_FREE char *text =
		draft_of(state, "kube-system", "coredns", (struct draft_options){0});
	expect(text, "  - from:\n    - namespaceSelector: {}\n" BOTH("53"));
	expect(text, "allow the nodes, if host-network pods ask it\n");
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_egress_is_open),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_usual_place_of_openshift),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_node_local),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_other_resolver),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_upstream),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_server_without_service),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_dns", tests, NULL, NULL);
}
