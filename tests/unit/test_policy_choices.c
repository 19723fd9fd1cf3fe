/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each option of a draft (--widen, --ports, --min-connections, --exclude, --policy-name) has its
 * effect, and the header reports it. The header also reports other pods that a selector selects,
 * and addresses that changed their holder.
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
#include "core/policy/draft/name.h"
#include "tests/support/draft_agreement.h"
#include "tests/support/policy_yaml.h"
#include "tests/support/scenario.h"

static struct draft_set *draft(const struct state *state, struct draft_options options)
{
	struct draft_set *set = NULL;

	options.explain = true;
	assert_int_equal(drafter_draft(state, &options, &set), 0);
	return set;
}

/* Returns the draft as text, to be freed. Checks that the text reads back as the draft. */
static char *draft_text(const struct state *state, struct draft_options options)
{
	struct draft_set *set = draft(state, options);
	char *text = NULL;
	size_t length = 0;

	assert_int_equal(draft_print(set, DRAFT_ALL, &text, &length), 0);
	struct netpol_set *again = policy_yaml_read(text, length);
	assert_int_equal(again->count, set->policies.count);
	for (size_t i = 0; i < again->count; i++)
		assert_int_equal(netpol_compare(&again->items[i], &set->policies.items[i]), 0);
	policy_yaml_free(again);
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

static size_t count_of(const char *text, const char *wanted)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, wanted)); at++)
		count++;
	return count;
}

static struct state *shop(void)
{
	struct state *state = scenario_new();

	scenario_pod(state, "shop", "web", "10.0.0.1", "'app':'web'");
	return state;
}

/* --- wide blocks --- */

static void test_widen(void **context)
{
	struct state *state = shop();
	static const char *const peers[] = {"203.0.113.200",  "203.0.113.7", "203.0.113.9",
					    "198.51.100.9",   "2001:db8::1", "2001:db8:0:2::1",
					    "169.254.169.254"};

	(void)context;
	scenario_add(state, "{'v':1,'kind':'node','name':'n2','ips':['192.0.2.2']}");
	for (unsigned int i = 0; i < 7; i++)
		scenario_flow(state, i + 1, "shop", "web", "egress", "TCP", peers[i], 443, "ok");
	scenario_flow(state, 8, "shop", "web", "egress", "TCP", "192.0.2.2", 443, "ok");
	scenario_flow(state, 9, "shop", "web", "egress", "TCP", "192.0.2.9", 443, "ok");

	CLEANUP_FREE char *none = draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	assert_int_equal(count_of(none, "cidr: "), 9);
	CLEANUP_FREE char *ipv4 =
		draft_text(state, (struct draft_options){.widen_ipv4 = 24, .dns = DRAFT_DNS_NEVER});
	/* Equal blocks become one block. The address of a node is not widened, and neither is an
	 * address if its wider block would contain a node. */
	expect(ipv4, "cidr: 203.0.113.0/24 # seen: 203.0.113.7, 203.0.113.9, 203.0.113.200, by "
		     "app\n");
	expect(ipv4, "cidr: 198.51.100.0/24");
	expect(ipv4, "cidr: 2001:db8::1/128");
	expect(ipv4, "cidr: 169.254.169.254/32");
	expect(ipv4, "cidr: 192.0.2.2/32");
	expect(ipv4, "cidr: 192.0.2.9/32");
	assert_int_equal(count_of(ipv4, "cidr: "), 7);
	expect(ipv4, "# widened by choice: egress to 203.0.113.0/24: 3 addresses seen, the 256 of "
		     "the block allowed\n");
	expect(ipv4, "# widened by choice: egress to 198.51.100.0/24: 1 address seen, the 256 of "
		     "the block allowed\n");
	expect(ipv4, "# not widened: 192.0.2.9: its /24 has addresses of this cluster in it\n");
	CLEANUP_FREE char *both =
		draft_text(state, (struct draft_options){.widen_ipv4 = 25, .widen_ipv6 = 64});
	expect(both, "cidr: 203.0.113.0/25");
	expect(both, "cidr: 203.0.113.128/25");
	expect(both, "cidr: 2001:db8::/64");
	expect(both, "egress to 2001:db8::/64: 1 address seen, the 2^64 of the block allowed\n");
	expect(both, "cidr: 2001:db8:0:2::/64");
	state_free(state);
}

/* A widened block may touch a pod range of the cluster, but must not overlap it. */
static void test_widen_near_the_cluster(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_add(state, "{'v':1,'kind':'node','name':'n2','ips':['192.0.2.2'],"
			    "'pod_cidrs':['198.51.100.64/26']}");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.1", 443, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "198.51.100.130", 443, "ok");
	scenario_flow(state, 3, "shop", "web", "egress", "TCP", "198.51.100.70", 443, "ok");
	CLEANUP_FREE char *wide = draft_text(state, (struct draft_options){.widen_ipv4 = 26});
	expect(wide, "cidr: 198.51.100.0/26");
	expect(wide, "cidr: 198.51.100.128/26");
	expect(wide, "cidr: 198.51.100.70/32");
	CLEANUP_FREE char *wider = draft_text(state, (struct draft_options){.widen_ipv4 = 25});
	expect(wider, "cidr: 198.51.100.1/32");
	expect(wider, "cidr: 198.51.100.128/25");
	state_free(state);
}

/* --- few ports --- */

static void test_ports(void **context)
{
	struct state *state = shop();

	(void)context;
	for (unsigned int i = 0; i < 4; i++)
		scenario_flow(state, i + 1, "shop", "web", "egress", "TCP", "198.51.100.9",
			      8000 + 10 * i, "ok");
	scenario_flow(state, 5, "shop", "web", "egress", "UDP", "198.51.100.9", 514, "ok");
	scenario_flow(state, 6, "shop", "web", "ingress", "TCP", "198.51.100.9", 1, "ok");
	scenario_flow(state, 7, "shop", "web", "ingress", "TCP", "198.51.100.9", 40000, "ok");

	CLEANUP_FREE char *enough = draft_text(state, (struct draft_options){.max_ports = 4});
	expect_not(enough, "endPort");
	expect_not(enough, "widened");
	CLEANUP_FREE char *range = draft_text(state, (struct draft_options){.max_ports = 3});
	expect(range, "    - protocol: TCP\n      port: 8000\n      endPort: 8030\n"
		      "    - protocol: UDP\n      port: 514\n");
	expect(range, "# widened by choice: egress TCP to 198.51.100.9/32: 4 ports seen, the 31 of "
		      "8000-8030 allowed\n");
	/* A range of more than half of all ports becomes all ports. */
	CLEANUP_FREE char *all = draft_text(state, (struct draft_options){.max_ports = 1});
	expect(all, "    ports:\n    - protocol: TCP\n  egress:\n");
	expect(all,
	       "# widened by choice: ingress TCP from 198.51.100.9/32: 2 ports seen, all 65535 "
	       "allowed\n");
	state_free(state);
}

/* --- left out --- */

static void test_min_connections(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "web-2", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "shop", "web", "egress", "TCP", "198.51.100.8", 22, "ok");
	scenario_flow(state, 4, "shop", "web", "egress", "TCP", "127.0.0.1", 80, "ok");
	scenario_flow(state, 5, "shop", "web", "egress", "TCP", "198.51.100.7", 23, "refused");

	/* The connections of all replicas are summed up. */
	CLEANUP_FREE char *two = draft_text(state, (struct draft_options){.min_connections = 2});
	expect(two, "cidr: 198.51.100.9/32");
	expect_not(two, "cidr: 198.51.100.8/32");
	expect(two,
	       "# not allowed, too few by choice: egress TCP 198.51.100.8:22 (1 connection)\n");
	expect(two, "# coverage: 3 of 4 allowed; 1 destination left out by you (1 connection); "
		    "1 failed\n");
	expect(two, "# always allowed, needs no rule: 1 over loopback\n");
	expect(two, "from 4 connections of 2 pods");
	CLEANUP_FREE char *one = draft_text(state, (struct draft_options){.min_connections = 1});
	expect(one, "cidr: 198.51.100.8/32");
	expect_not(one, "by choice");
	/* With --include-failed, attempts count as connections. */
	CLEANUP_FREE char *failed = draft_text(
		state, (struct draft_options){.min_connections = 2, .include_failed = true});
	expect_not(failed, "198.51.100.7/32");
	state_free(state);
}

/* --min-connections does not drop DNS. A connection to port 53 over TCP also allows UDP, and a
 * connection over UDP also allows TCP. */
static void test_min_connections_dns(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_flow(state, 1, "shop", "web", "egress", "UDP", "198.51.100.53", 53, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "198.51.100.7", 443, "ok");
	scenario_flow(state, 3, "shop", "web", "ingress", "TCP", "198.51.100.8", 53, "ok");
	for (enum draft_dns dns = DRAFT_DNS_AUTO; dns <= DRAFT_DNS_NEVER; dns++) {
		CLEANUP_FREE char *text =
			draft_text(state, (struct draft_options){.min_connections = 2, .dns = dns});
		expect(text, "cidr: 198.51.100.53/32");
		expect(text, "cidr: 198.51.100.8/32");
		expect_not(text, "cidr: 198.51.100.7/32");
		if (dns != DRAFT_DNS_NEVER)
			expect(text, "    - protocol: TCP\n      port: 53\n    - protocol: UDP\n"
				     "      port: 53\n");
		expect(text, "# coverage: 2 of 3 allowed; 1 destination left out by you (1 ");
	}
	state_free(state);
}

static void test_exclude_filters(void **context)
{
	static const char *const texts[] = {"port:22", "addr:198.51.100.7 proto:tcp"};
	struct state *state = shop();
	struct filter *filters[2];
	struct draft_coverage coverage;

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(filter_new(&filters[i]), 0);
		assert_int_equal(filter_parse(filters[i], texts[i], NULL), 0);
	}
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "198.51.100.9", 22, "ok");
	scenario_flow(state, 3, "shop", "web-2", "egress", "TCP", "198.51.100.7", 80, "ok");
	scenario_flow(state, 4, "shop", "web-2", "egress", "UDP", "198.51.100.7", 80, "ok");
	const struct draft_options options = {
		.exclude_filters = (const struct filter *const *)filters,
		.exclude_filter_count = 2,
	};
	CLEANUP_FREE char *text = draft_text(state, options);
	expect_not(text, "port: 22\n");
	assert_int_equal(count_of(text, "port: 80\n"), 1);
	expect(text, "# not allowed, left out by choice: egress TCP 198.51.100.9:22 (1 "
		     "connection)\n");
	expect(text, "# not allowed, left out by choice: egress TCP 198.51.100.7:80 (1 "
		     "connection)\n");
	struct draft_set *set = draft(state, options);
	coverage = set->items[0].coverage;
	assert_int_equal(coverage.left_out, 2);
	assert_int_equal(coverage.left_out_connections, 2);
	assert_int_equal(coverage.connections, 4);
	assert_int_equal(coverage.covered, 2);
	draft_set_free(set);
	for (size_t i = 0; i < 2; i++)
		filter_free(filters[i]);
	state_free(state);
}

/* A destination that is excluded for one replica stays for another. */
static void test_exclude_one_replica(void **context)
{
	struct state *state = shop();
	struct filter *filter = NULL;

	(void)context;
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "pod:web-2", NULL), 0);
	scenario_pod(state, "shop", "web-2", "10.0.0.2", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "web-2", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "shop", "web-2", "egress", "TCP", "198.51.100.9", 80, "ok");
	const struct filter *const filters[] = {filter};
	CLEANUP_FREE char *text =
		draft_text(state, (struct draft_options){.exclude_filters = filters,
							 .exclude_filter_count = 1});
	expect(text, "port: 443\n");
	expect_not(text, "port: 80\n");
	expect(text, "from 3 connections of 2 pods");
	expect(text,
	       "# coverage: 1 of 3 allowed; 2 destinations left out by you (2 connections)\n");
	filter_free(filter);
	state_free(state);
}

/* --- ports of Services --- */

static void test_service_ports(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_add(state,
		     "{'v':1,'kind':'service','namespace':'shop','name':'api','cluster_ips':"
		     "['10.96.0.1'],'selector':{'app':'api'},'ports':[{'protocol':'TCP',"
		     "'port':80,'target_port':'8080'}]}\n"
		     "{'v':1,'kind':'service','namespace':'shop','name':'ldap','cluster_ips':"
		     "['10.96.0.2'],'ports':[{'protocol':'TCP','port':389}],"
		     "'endpoints':[{'ip':'192.0.2.9','port':3890}]}");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.96.0.1", 80, "ok");
	scenario_flow(state, 2, "shop", "web", "egress", "TCP", "10.96.0.2", 389, "ok");
	CLEANUP_FREE char *without =
		draft_text(state, (struct draft_options){.dns = DRAFT_DNS_NEVER});
	expect_not(without, "port: 80\n");
	expect_not(without, "port: 389\n");
	CLEANUP_FREE char *with = draft_text(
		state, (struct draft_options){.dns = DRAFT_DNS_NEVER, .service_ports = true});
	expect(with, "          app: api\n    ports:\n    - protocol: TCP\n      port: 80\n"
		     "    - protocol: TCP\n      port: 8080\n");
	expect(with, "cidr: 10.96.0.2/32 # service shop/ldap, by app\n    ports:\n"
		     "    - protocol: TCP\n      port: 389\n");
	expect(with, "cidr: 192.0.2.9/32");
	expect(with, "# added by choice: the ports of Services, beside those of their pods\n");
	state_free(state);
}

/* --- policies that deny all --- */

/* Returns the draft as text, to be freed. */
static char *printed(const struct state *state, struct draft_options options)
{
	struct draft_set *set = draft(state, options);
	char *text = NULL;

	assert_int_equal(draft_print(set, DRAFT_ALL, &text, NULL), 0);
	draft_set_free(set);
	return text;
}

static void test_default_deny(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_add(state, "{'v':1,'kind':'service','namespace':'kube-system','name':'kube-dns',"
			    "'cluster_ips':['10.96.0.10'],'selector':{'k8s-app':'kube-dns'},"
			    "'ports':[{'protocol':'UDP','port':53}]}");
	scenario_pod(state, "shop", "deny", "10.0.0.2", "'app':'default-deny'");
	scenario_pod(state, "other", "web", "10.0.0.3", "'app':'web'");
	scenario_pod(state, "kube-system", "x", "10.0.0.4", "'app':'x'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "deny", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "other", "web", "ingress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 4, "kube-system", "x", "ingress", "TCP", "198.51.100.9", 443, "ok");
	const struct draft_options options = {.default_deny = true};
	CLEANUP_FREE char *text = printed(state, options);
	expect(text, "# NetworkPolicy for all pods of namespace other, by choice: denies what no "
		     "other policy allows, but DNS\n# also for pods that were not seen\n");
	expect(text, "  name: default-deny\n  namespace: other\nspec:\n  podSelector: {}\n"
		     "  policyTypes:\n  - Ingress\n  - Egress\n  egress:\n  - to:\n"
		     "    - namespaceSelector:\n");
	/* A workload of namespace shop already has the name default-deny. */
	expect(text, "  name: default-deny\n  namespace: shop\nspec:\n  podSelector:\n    match");
	expect(text, "for all pods of namespace shop");
	/* The policy must not cut off the cluster's DNS. */
	expect_not(text, "for all pods of namespace kube-system");
	struct draft_set *set = draft(state, options);
	assert_int_equal(set->policies.count, 4 + 2);
	assert_string_equal(set->warnings.items[0], "namespace kube-system: no policy that denies "
						    "all: the cluster's DNS is in it");
	draft_set_free(set);
	CLEANUP_FREE char *closed = printed(
		state, (struct draft_options){.default_deny = true, .dns = DRAFT_DNS_NEVER});
	expect(closed, "denies what no other policy allows\n");
	expect(closed, "  podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress\n---\n");
	struct draft_set *cilium =
		draft(state, (struct draft_options){.default_deny = true, .format = DRAFT_CILIUM});
	char *printed = NULL;
	assert_int_equal(draft_print(cilium, DRAFT_ALL, &printed, NULL), 0);
	expect(printed,
	       "  endpointSelector: {}\n  ingress:\n  - {}\n  egress:\n  - toEndpoints:\n");
	free(printed);
	draft_set_free(cilium);
	state_free(state);
}

/* A policy that denies all also denies flows that were seen only at their other end. */
static void test_default_deny_far_ends(void **context)
{
	const struct draft_options options = {.default_deny = true};
	struct state *state = shop();
	size_t flows;

	(void)context;
	scenario_pod(state, "shop", "cart", "10.0.0.2", "'app':'cart'");
	scenario_pod(state, "shop", "db", "10.0.0.3", "'app':'db'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "cart", "ingress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "shop", "cart", "egress", "TCP", "10.0.0.1", 8080, "ok");
	scenario_flow(state, 4, "shop", "web", "egress", "TCP", "10.0.0.3", 5432, "ok");
	CLEANUP_FREE char *text = printed(state, options);
	expect(text, "  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n"
		     "          app: cart\n    ports:\n    - protocol: TCP\n      port: 8080\n");
	expect(text, "# also selected: pod shop/db, which has no draft: its traffic is denied\n");
	expect_not(text, "not restricted");
	CLEANUP_FREE char *violation = draft_agreement_violation(state, &options, &flows);
	assert_null(violation);
	CLEANUP_FREE char *open = printed(state, (struct draft_options){0});
	expect(open, "# not restricted: ingress (nothing was seen that needs a rule)\n");
	state_free(state);
}

/* A mesh proxy's port has no rule. Without a policy that denies all, ingress is not restricted, so
 * the flow is allowed. */
static void check_default_deny_coverage(uint16_t port)
{
	const struct draft_options options = {.default_deny = true};
	struct state *state = shop();

	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "web", "ingress", "TCP", "198.51.100.9", port, "ok");
	CLEANUP_FREE char *open = printed(state, (struct draft_options){0});
	expect(open, "# allowed: all of them\n");
	CLEANUP_FREE char *closed = printed(state, options);
	expect(closed, "# coverage: 1 of 2 allowed; 1 that no rule can allow\n");
	expect(closed, "# denied by choice: ingress (nothing was seen that needs a rule)\n");
	state_free(state);
}

/* The ports of Istio, Linkerd, Open Service Mesh and App Mesh. */
static void test_default_deny_coverage(void **context)
{
	static const uint16_t ports[] = {15006, 15001, 4143, 4140, 15003, 15000};

	(void)context;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		check_default_deny_coverage(ports[i]);
}

/* --- the API server, and agents --- */

static void test_api_servers(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_add(state, "{'v':1,'kind':'service','namespace':'default','name':'kubernetes',"
			    "'cluster_ips':['10.96.0.1'],'ports':[{'protocol':'TCP','port':443}],"
			    "'endpoints':[{'ip':'192.0.2.1','port':6443},"
			    "{'ip':'192.0.2.2','port':6443},{'ip':'192.0.2.3','port':6443}]}\n"
			    "{'v':1,'kind':'node','name':'n2','ips':['192.0.2.2']}");
	scenario_flow(state, 1, "shop", "web", "ingress", "TCP", "192.0.2.2", 8443, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "  - from:\n"
		     "    - ipBlock:\n        cidr: 192.0.2.1/32 # kube-apiserver, by app\n"
		     "    - ipBlock:\n        cidr: 192.0.2.2/32 # kube-apiserver, by app\n"
		     "    - ipBlock:\n        cidr: 192.0.2.3/32 # kube-apiserver, by app\n"
		     "    ports:\n    - protocol: TCP\n      port: 8443\n");
	expect(text, "# guessed: ingress TCP 8443 from 192.0.2.2: the API server's address: all "
		     "known API servers are allowed; other ones may follow\n");
	state_free(state);
}

/* Egress to the agent on the pod's own node: the agent has the node's address, or is a pod in the
 * node's network. */
static void test_own_agent(void **context)
{
	static const char *const agents[] = {
		"{'v':1,'kind':'node','name':'n1','ips':['192.0.2.1']}",
		"{'v':1,'kind':'node','name':'n1','ips':['192.0.2.1']}\n"
		"{'v':1,'kind':'pod','namespace':'agents','name':'a','node':'n1','ips':"
		"['192.0.2.1'],'labels':{'app':'a'},'host_network':true,'owner':{'kind':"
		"'DaemonSet','name':'a'}}",
	};

	(void)context;
	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++) {
		struct state *state = scenario_new();
		scenario_add(state, "{'v':1,'kind':'pod','namespace':'shop','name':'web','node':"
				    "'n1','ips':['10.0.0.1'],'labels':{'app':'web'}}");
		scenario_add(state, "%s", agents[i]);
		scenario_flow(state, 1, "shop", "web", "egress", "TCP", "192.0.2.1", 8126, "ok");
		CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
		expect(text, "cidr: 192.0.2.1/32");
		expect(text, "pods on other nodes may need the address of their node\n");
		state_free(state);
	}
}

/* --- names --- */

static void test_names(void **context)
{
	static const struct {
		const char *name_template;
		const char *names[3]; /* of the policies for other/web, shop/api, shop/web */
	} cases[] = {
		{"allow", {"allow", "allow-api", "allow-web"}},
		{"{name}", {"web", "api", "web"}},
		{"np-{namespace}", {"np-other", "np-shop-api", "np-shop-web"}},
		{"polecat-{name}.{namespace}",
		 {"polecat-web.other", "polecat-api.shop", "polecat-web.shop"}},
		{"{workload}-{kind}", {"web-pod", "api-pod", "web-pod"}},
		{"{kind}", {"pod", "pod-api", "pod-web"}},
	};
	static const char *const invalid[] = {"",   "Web",  "a b",     "-a",  "{nam}", "{name",
					      "a}", "a..b", "{name}-", "a_b", "a/b"};
	struct state *state = shop();

	(void)context;
	scenario_pod(state, "shop", "api", "10.0.0.2", "'app':'api'");
	scenario_pod(state, "other", "web", "10.0.0.3", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "api", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 3, "other", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(name_template_is_valid(cases[i].name_template));
		struct draft_set *set = draft(
			state, (struct draft_options){.name_template = cases[i].name_template});
		assert_int_equal(set->policies.count, 3);
		for (size_t k = 0; k < 3; k++)
			assert_string_equal(set->policies.items[k].name, cases[i].names[k]);
		draft_set_free(set);
	}
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_false(name_template_is_valid(invalid[i]));
	state_free(state);
}

/* Compares the sorted names of the policies of one namespace. Drafting each subject alone must give
 * one of these names. */
static void check_names(struct state *state, struct draft_options options, const char *expected)
{
	char names[512] = "";
	struct draft_set *set = draft(state, options);

	for (size_t i = 0; i < set->policies.count; i++) {
		strcat(names, i > 0 ? " " : "");
		strcat(names, set->policies.items[i].name);
	}
	assert_string_equal(names, expected);
	draft_set_free(set);
	for (size_t i = 0; i < state_subject_count(state); i++) {
		set = NULL;
		assert_int_equal(
			drafter_draft_subject(state, state_subject(state, i), &options, &set), 0);
		if (!options.name_template)
			assert_non_null(strstr(expected, set->policies.items[0].name));
		draft_set_free(set);
	}
}

static void add_owned(struct state *state, unsigned int id, const char *pod, const char *kind,
		      const char *name)
{
	scenario_add(state,
		     "{'v':1,'kind':'pod','namespace':'shop','name':'%s','ips':['10.0.1.%u'],"
		     "'labels':{'pod':'%s'},'owner':{'kind':'%s','name':'%s'}}",
		     pod, id, pod, kind, name);
	scenario_flow(state, id, "shop", pod, "egress", "TCP", "198.51.100.9", 443, "ok");
}

/* A name contains the kind only if two workloads of a namespace would have the same name. */
static void test_kinds_in_names(void **context)
{
	static const char policies[] = "apiVersion: networking.k8s.io/v1\n"
				       "kind: NetworkPolicy\n"
				       "metadata: {name: NAME, namespace: shop}\n"
				       "spec: {podSelector: {matchLabels: {pod: other}}}\n";
	struct state *state = scenario_new();
	struct netpol_set existing = {0};
	struct yaml_error error;
	char text[512];

	(void)context;
	add_owned(state, 1, "web-a", "Deployment", "web");
	check_names(state, (struct draft_options){0}, "web");
	check_names(state, (struct draft_options){.name_template = "{workload}-{kind}"},
		    "web-deployment");

	/* An existing policy for other pods has the name web, so the draft gets another name. If
	 * the existing policy selects the same pods, the draft gets the same name. */
	const char *at = strstr(policies, "NAME");
	snprintf(text, sizeof(text), "%.*sweb%s", (int)(at - policies), policies, at + 4);
	assert_int_equal(netpol_read(&existing, "a", text, strlen(text), NULL, &error), 0);
	check_names(state, (struct draft_options){.existing = &existing}, "web-deployment");
	netpol_set_clear(&existing);
	char *pod = strstr(text, "pod: other");
	memcpy(pod, "pod: web-a", strlen("pod: web-a"));
	assert_int_equal(netpol_read(&existing, "a", text, strlen(text), NULL, &error), 0);
	check_names(state, (struct draft_options){.existing = &existing}, "web");
	netpol_set_clear(&existing);

	add_owned(state, 2, "db-0", "StatefulSet", "db");
	add_owned(state, 3, "web-0", "StatefulSet", "web");
	check_names(state, (struct draft_options){0}, "db web-deployment web-statefulset");
	check_names(state, (struct draft_options){.name_template = "np-{workload}"},
		    "np-db np-web-deployment np-web-statefulset");

	/* The name with the kind, web-deployment, is already the name of the Job's policy, so a
	 * hash follows. */
	add_owned(state, 4, "other-0", "Job", "web-deployment");
	struct draft_set *set = draft(state, (struct draft_options){0});
	assert_int_equal(set->policies.count, 4);
	assert_string_equal(set->policies.items[1].name, "web-deployment");
	assert_memory_equal(set->policies.items[2].name, "web-deployment-", 15);
	assert_int_equal(strlen(set->policies.items[2].name), 15 + 8);
	assert_string_equal(set->policies.items[3].name, "web-statefulset");
	for (size_t i = 0; i < 4; i++) {
		struct draft_set *one = NULL;
		assert_int_equal(drafter_draft_subject(state, state_subject(state, i), NULL, &one),
				 0);
		bool found = false;
		for (size_t k = 0; k < 4; k++)
			found |= strcmp(one->policies.items[0].name, set->policies.items[k].name) ==
				 0;
		assert_true(found);
		draft_set_free(one);
	}
	draft_set_free(set);
	state_free(state);
}

/* Names that are too long are cut and still differ. */
static void test_long_names(void **context)
{
	struct state *state = shop();
	char name_template[240];

	(void)context;
	memset(name_template, 'a', sizeof(name_template) - 1);
	memcpy(name_template + 200, "{name}", sizeof("{name}"));
	scenario_pod(state, "shop", "x", "10.0.0.2",
		     "'app':'very-long-name-very-long-name-very-1'");
	scenario_pod(state, "shop", "y", "10.0.0.3",
		     "'app':'very-long-name-very-long-name-very-2'");
	scenario_flow(state, 1, "shop", "x", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "y", "egress", "TCP", "198.51.100.9", 443, "ok");
	assert_true(name_template_is_valid(name_template));
	struct draft_set *set =
		draft(state, (struct draft_options){.name_template = name_template});
	assert_int_equal(set->policies.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(strlen(set->policies.items[i].name) <= 240);
	assert_string_not_equal(set->policies.items[0].name, set->policies.items[1].name);
	draft_set_free(set);
	state_free(state);
}

/* --- facts that the header reports without an option --- */

/* Returns the draft of the workload of pod shop/web alone. The caller frees it. */
static char *draft_text_alone(const struct state *state)
{
	const struct draft_options explained = {.explain = true};
	struct draft_set *set = NULL;
	char *text = NULL;
	size_t length;

	assert_int_equal(drafter_draft_subject(state, scenario_subject(state, "shop", "web"),
					       &explained, &set),
			 0);
	assert_int_equal(draft_print(set, 0, &text, &length), 0);
	draft_set_free(set);
	return text;
}

static void test_also_selected(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_pod(state, "other", "web-x", "10.0.0.2", "'app':'web','more':'x'");
	scenario_pod(state, "shop", "web-2", "10.0.0.3", "'app':'web'");
	scenario_add(state, "{'v':1,'kind':'pod','namespace':'shop','name':'web-host','node':'n1',"
			    "'host_network':true,'labels':{'app':'web','more':'x'}}\n"
			    "{'v':1,'kind':'pod','namespace':'shop','name':'web-done','node':'n1',"
			    "'phase':'Succeeded','labels':{'app':'web','more':'x'}}");
	CLEANUP_FREE char *nobody = draft_text(state, (struct draft_options){0});
	expect_not(nobody, "also selected");
	scenario_pod(state, "shop", "web-debug", "10.0.0.4", "'app':'web','more':'x'");
	CLEANUP_FREE char *one = draft_text(state, (struct draft_options){0});
	expect(one, "# also selected: pod shop/web-debug, of another workload: it has these labels "
		    "too\n");
	scenario_pod(state, "shop", "web-canary", "10.0.0.5", "'app':'web','track':'c'");
	CLEANUP_FREE char *two = draft_text(state, (struct draft_options){0});
	expect(two, "# also selected: pod shop/web-canary and 1 more of other workloads: they have "
		    "these labels too\n");
	/* The draft of this workload alone has the same text as the draft of all workloads. */
	CLEANUP_FREE char *alone = draft_text_alone(state);
	assert_string_equal(alone, two);
	state_free(state);
}

/* A rollout may add or remove the label "version". The order of the pods makes no difference. */
static void test_version_of_some_pods(void **context)
{
	for (size_t i = 0; i < 2; i++) {
		struct state *state = shop();
		(void)context;
		scenario_pod(state, "shop", "web-2", "10.0.0.3", "'app':'web','version':'2'");
		scenario_flow(state, 1, "shop", i == 0 ? "web" : "web-2", "egress", "TCP",
			      "198.51.100.9", 443, "ok");
		scenario_flow(state, 2, "shop", i == 0 ? "web-2" : "web", "egress", "TCP",
			      "198.51.100.9", 443, "ok");
		CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
		expect(text, "# guessed: the label version is not in the selector");
		state_free(state);
	}
}

/* Pods without an owner are one workload if their labels are equal. The policy also selects the
 * ones that no collector watched, so it allows their clients. */
static void test_unwatched_pod_of_workload(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_pod(state, "shop", "web-2", "10.0.0.3", "'app':'web'");
	scenario_pod(state, "shop", "cart", "10.0.0.4", "'app':'cart'");
	scenario_flow(state, 1, "shop", "web", "ingress", "TCP", "198.51.100.9", 443, "ok");
	scenario_flow(state, 2, "shop", "cart", "egress", "TCP", "10.0.0.3", 8080, "ok");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "  ingress:\n  - from:\n    - podSelector:\n        matchLabels:\n"
		     "          app: cart\n    ports:\n    - protocol: TCP\n      port: 8080\n");
	CLEANUP_FREE char *alone = draft_text_alone(state);
	assert_non_null(strstr(text, alone));
	state_free(state);
}

/* The next pod of a workload has the labels of the pod that was seen and is gone now. */
static void test_also_selected_pod_is_gone(void **context)
{
	struct state *state = shop();

	(void)context;
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_pod(state, "shop", "web-agent", "10.0.0.6", "'app':'web','role':'agent'");
	scenario_flow(state, 2, "shop", "web-agent", "egress", "TCP", "198.51.100.9", 443, "ok");
	scenario_add(state, "{'v':1,'kind':'pod','namespace':'shop','name':'web-agent',"
			    "'deleted':true}");
	CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
	expect(text, "# also selected: pod shop/web-agent, of another workload: it has these "
		     "labels too\n");
	CLEANUP_FREE char *alone = draft_text_alone(state);
	expect(alone, "# also selected: pod shop/web-agent, of another workload: it has these "
		      "labels too\n");
	state_free(state);
}

/* A pod is the holder of its address from its start on, not earlier. */
static void test_address_of_a_later_pod(void **context)
{
	static const char *const starts[] = {"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"};

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		struct state *state = shop();
		bool later = i == 1;
		scenario_flow(state, 1, "shop", "web", "egress", "TCP", "10.0.0.9", 5432, "ok");
		scenario_flow(state, 2, "shop", "web", "egress", "TCP", "198.51.100.9", 443, "ok");
		scenario_add(state,
			     "{'v':1,'kind':'pod','namespace':'shop','name':'db','node':'n1',"
			     "'ips':['10.0.0.9'],'labels':{'app':'db'},'started':'%s'}",
			     starts[i]);
		CLEANUP_FREE char *text = draft_text(state, (struct draft_options){0});
		assert_int_equal(strstr(text, "app: db") != NULL, !later);
		assert_int_equal(strstr(text, "# not allowed although seen: egress TCP "
					      "10.0.0.9:5432 (1 connection): pod shop/db: has the "
					      "address now, but started after the flow") != NULL,
				 later);
		expect_not(text, "10.0.0.9/32");
		state_free(state);
	}
}

/* Adds clients of one ingress port: public addresses, a private address and a node's address. */
static struct state *shop_with_clients(unsigned int count)
{
	struct state *state = shop();
	char peer[32];

	scenario_add(state, "{'v':1,'kind':'node','name':'n2','ips':['192.0.2.2'],"
			    "'pod_cidrs':['203.0.113.64/26','10.0.0.0/24']}");
	scenario_flow(state, 1000, "shop", "web", "ingress", "TCP", "172.20.0.9", 443, "ok");
	scenario_flow(state, 1001, "shop", "web", "ingress", "TCP", "192.0.2.2", 443, "ok");
	scenario_flow(state, 1002, "shop", "web", "ingress", "TCP", "198.51.100.250", 80, "ok");
	for (unsigned int i = 0; i < count; i++) {
		snprintf(peer, sizeof(peer), "198.51.100.%u", i);
		scenario_flow(state, i + 1, "shop", "web", "ingress", "TCP", peer, 443, "ok");
	}
	return state;
}

static void test_public(void **context)
{
	const struct draft_options joined = {.max_peers = 5, .group_public = true};
	struct state *state = shop_with_clients(5);

	(void)context;
	CLEANUP_FREE char *usual = draft_text(state, (struct draft_options){.max_peers = 5});
	expect(usual, "# suggested: --public: ingress TCP 443 has 5 public addresses; one rule "
		      "would allow all public addresses\n");
	assert_int_equal(count_of(usual, "cidr: "), 8);
	CLEANUP_FREE char *more = draft_text(state, (struct draft_options){.max_peers = 6});
	expect_not(more, "--public");
	CLEANUP_FREE char *text = draft_text(state, joined);
	expect_not(text, "suggested");
	expect(text, "# widened by choice: ingress TCP 443: 5 public addresses seen, all "
		     "allowed\n");
	expect(text, "cidr: 0.0.0.0/0 # public: 5 addresses seen\n        except:\n"
		     "        - 0.0.0.0/8\n        - 10.0.0.0/8\n");
	expect(text, "        - 172.16.0.0/12\n        - 192.0.0.0/24\n        - 192.0.2.2/32\n");
	expect(text, "        - 203.0.113.64/26\n");
	expect(text, "cidr: \"::/0\" # public: 5 addresses seen\n        except:\n");
	/* Blocks of other ports, of private addresses and of nodes do not change. */
	expect(text, "cidr: 198.51.100.250/32");
	expect(text, "cidr: 172.20.0.9/32");
	expect(text, "cidr: 192.0.2.2/32");
	assert_int_equal(count_of(text, "cidr: "), 5);
	char *violation = draft_agreement_violation(state, &joined, NULL);
	assert_null(violation);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widen),
		cmocka_unit_test(test_widen_near_the_cluster),
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_min_connections),
		cmocka_unit_test(test_min_connections_dns),
		cmocka_unit_test(test_exclude_filters),
		cmocka_unit_test(test_exclude_one_replica),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_service_ports),
		cmocka_unit_test(test_default_deny),
		cmocka_unit_test(test_default_deny_far_ends),
		cmocka_unit_test(test_default_deny_coverage),
		cmocka_unit_test(test_api_servers),
		cmocka_unit_test(test_own_agent),
		cmocka_unit_test(test_kinds_in_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_also_selected),
		cmocka_unit_test(test_version_of_some_pods),
		cmocka_unit_test(test_unwatched_pod_of_workload),
		cmocka_unit_test(test_also_selected_pod_is_gone),
		cmocka_unit_test(test_address_of_a_later_pod),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
