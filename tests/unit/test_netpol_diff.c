/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that contain other rules, and the difference between a draft and existing policies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/netpol/netpol_cover.h"
#include "core/policy/netpol/netpol_diff.h"

#define POLICY(name, selector, spec)                                                     \
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " name \
	", namespace: shop}, spec: {podSelector: {" selector "}, " spec "}}\n---\n"
#define OF(name, app, spec) POLICY(name, "matchLabels: {app: " app "}", spec)

static void read_policies(struct netpol_set *set, const char *file, const char *text)
{
	struct yaml_error error;

	if (netpol_read(set, file, text, strlen(text), "default", &error))
		fail_msg("%u:%u: %s\n%s", error.line, error.column, error.message, text);
}

/* --- cover --- */

struct cover_case {
	const char *outer;
	const char *inner;
	bool covers;
};

/* Reads a policy with one ingress rule. `list` is "from" or "ports", and `item` is the only peer or
 * port in it. Returns the rule. */
static const struct netpol_rule *read_rule(struct netpol_set *set, const char *list,
					   const char *item, const char *namespace_name)
{
	char text[1024];

	*set = (struct netpol_set){0};
	snprintf(text, sizeof(text),
		 "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, "
		 "namespace: %s}, spec: {ingress: [{%s: [%s]}]}}",
		 namespace_name, list, item);
	read_policies(set, "cover", text);
	return &set->items[0].rules[NETPOL_INGRESS].items[0];
}

static void check_cover(const char *list, const struct cover_case *one)
{
	struct netpol_set outer_set;
	struct netpol_set inner_set;
	const struct netpol_rule *outer = read_rule(&outer_set, list, one->outer, "shop");
	const struct netpol_rule *inner = read_rule(&inner_set, list, one->inner, "shop");
	bool covers = strcmp(list, "from") == 0 ? netpol_peer_covers(outer->peers, inner->peers)
						: netpol_port_covers(outer->ports, inner->ports);

	if (covers != one->covers)
		fail_msg("%s %s %s", one->outer, covers ? "covers" : "does not cover", one->inner);
	netpol_set_clear(&outer_set);
	netpol_set_clear(&inner_set);
}

#define COVER(list, cases)                                                      \
	do {                                                                    \
		(void)state;                                                    \
		for (size_t i = 0; i < sizeof(cases) / sizeof((cases)[0]); i++) \
			check_cover(list, &(cases)[i]);                         \
	} while (0)

static void test_ports(void **state)
{
	static const struct cover_case cases[] = {
		{"", "", true},
		{"", "{port: 80}", true},
		{"{port: 80}", "", false},
		{"{}", "", false},
		{"{}", "{port: 80}", true},
		{"{}", "{port: http}", true},
		{"{}", "{protocol: UDP}", false},
		{"{port: 80}", "{port: 80}", true},
		{"{port: 80}", "{port: 81}", false},
		{"{port: 80}", "{}", false},
		{"{port: 80}", "{port: 80, protocol: UDP}", false},
		{"{port: 80, endPort: 90}", "{port: 90}", true},
		{"{port: 80, endPort: 90}", "{port: 91}", false},
		{"{port: 80, endPort: 90}", "{port: 82, endPort: 90}", true},
		{"{port: 80, endPort: 90}", "{port: 82, endPort: 91}", false},
		{"{port: 80, endPort: 90}", "{port: 79, endPort: 90}", false},
		{"{port: http}", "{port: http}", true},
		{"{port: http}", "{port: web}", false},
		{"{port: http}", "{port: 80}", false},
		{"{port: 80}", "{port: http}", false},
		{"{port: http}", "{}", false},
	};

	COVER("ports", cases);
}

#define BLOCK(cidr)          "{ipBlock: {cidr: '" cidr "'}}"
#define EXCEPT(cidr, except) "{ipBlock: {cidr: '" cidr "', except: [" except "]}}"

static void test_blocks(void **state)
{
	static const struct cover_case cases[] = {
		{"", BLOCK("192.0.2.0/24"), true},
		{BLOCK("0.0.0.0/0"), "", false},
		{BLOCK("192.0.2.0/24"), BLOCK("192.0.2.0/24"), true},
		{BLOCK("192.0.2.0/24"), BLOCK("192.0.2.7/32"), true},
		{BLOCK("192.0.2.0/24"), BLOCK("192.0.3.7/32"), false},
		{BLOCK("192.0.2.0/25"), BLOCK("192.0.2.0/24"), false},
		{BLOCK("0.0.0.0/0"), BLOCK("2001:db8::/64"), false},
		{BLOCK("::/0"), BLOCK("2001:db8::/64"), true},
		{EXCEPT("192.0.2.0/24", "192.0.2.0/25"), BLOCK("192.0.2.7/32"), false},
		{EXCEPT("192.0.2.0/24", "192.0.2.0/25"), BLOCK("192.0.2.200/32"), true},
		{EXCEPT("192.0.2.0/24", "192.0.2.7/32"), BLOCK("192.0.2.0/25"), false},
		{EXCEPT("192.0.2.0/24", "192.0.2.7/32"), EXCEPT("192.0.2.0/24", "192.0.2.0/28"),
		 true},
		{EXCEPT("192.0.2.0/24", "192.0.2.0/28"), EXCEPT("192.0.2.0/24", "192.0.2.7/32"),
		 false},
		{BLOCK("0.0.0.0/0"), "{podSelector: {}}", false},
		{"{podSelector: {}}", BLOCK("192.0.2.0/24"), false},
	};

	COVER("from", cases);
}

#define PODS(selector)  "{podSelector: {" selector "}}"
#define LABEL(labels)   PODS("matchLabels: {" labels "}")
#define EXPR(key, rest) PODS("matchExpressions: [{key: " key ", operator: " rest "}]")

static void test_selectors(void **state)
{
	static const struct cover_case cases[] = {
		{PODS(""), LABEL("app: a"), true},
		{LABEL("app: a"), PODS(""), false},
		{LABEL("app: a"), LABEL("app: a, tier: b"), true},
		{LABEL("app: a, tier: b"), LABEL("app: a"), false},
		{LABEL("app: a"), LABEL("app: b"), false},
		{LABEL("app: a"), EXPR("app", "In, values: [a]"), true},
		{LABEL("app: a"), EXPR("app", "In, values: [a, b]"), false},
		{EXPR("app", "In, values: [a, b]"), LABEL("app: a"), true},
		{EXPR("app", "In, values: [a, b]"), EXPR("app", "In, values: [b]"), true},
		{EXPR("app", "In, values: [a]"), EXPR("app", "Exists"), false},
		{EXPR("app", "Exists"), LABEL("app: a"), true},
		{EXPR("app", "Exists"), EXPR("app", "NotIn, values: [a]"), false},
		{EXPR("app", "NotIn, values: [a]"), LABEL("app: b"), true},
		{EXPR("app", "NotIn, values: [a]"), LABEL("app: a"), false},
		{EXPR("app", "NotIn, values: [a]"), LABEL("tier: b"), false},
		{EXPR("app", "NotIn, values: [a]"), EXPR("app", "NotIn, values: [a, b]"), true},
		{EXPR("app", "NotIn, values: [a, b]"), EXPR("app", "NotIn, values: [a]"), false},
		{EXPR("app", "NotIn, values: [a]"), EXPR("app", "DoesNotExist"), true},
		{EXPR("app", "DoesNotExist"), EXPR("app", "DoesNotExist"), true},
		{EXPR("app", "DoesNotExist"), EXPR("app", "NotIn, values: [a]"), false},
		{EXPR("app", "DoesNotExist"), LABEL("tier: a"), false},
		/* A peer without a namespaceSelector equals a peer that selects the policy's
		 * namespace by the label kubernetes.io/metadata.name. */
		{"{namespaceSelector: {}}", PODS(""), true},
		{PODS(""), "{namespaceSelector: {}}", false},
		{"{namespaceSelector: {}}", "{namespaceSelector: {matchLabels: {a: b}}}", true},
		{"{namespaceSelector: {matchLabels: {a: b}}}", "{namespaceSelector: {}}", false},
		{"{namespaceSelector: {matchLabels: {a: b}}}", PODS(""), false},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}",
		 PODS(""), true},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}",
		 PODS(""), false},
		{PODS(""),
		 "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", true},
		{PODS(""),
		 "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}", false},
		{"{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}", LABEL("app: a"),
		 true},
		{"{namespaceSelector: {}, podSelector: {matchLabels: {app: a}}}", PODS(""), false},
	};

	COVER("from", cases);
}

/* --- differences --- */

struct diff_case {
	const char *drafted;
	const char *existing;
	const char *lines; /* each ends with a newline */
	size_t added;
	size_t removed;
};

static void check_diff(const struct diff_case *one)
{
	struct netpol_set drafted = {0};
	struct netpol_set existing = {0};
	struct netpol_diff diff = {0};
	char got[4096] = "";
	size_t at = 0;

	read_policies(&drafted, "draft", one->drafted);
	read_policies(&existing, "old.yaml", one->existing);
	assert_int_equal(netpol_diff(&drafted, &existing, true, NULL, &diff), 0);
	for (size_t i = 0; i < diff.lines.count; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s\n", diff.lines.items[i]);
	assert_string_equal(got, one->lines);
	assert_int_equal(diff.added, one->added);
	assert_int_equal(diff.removed, one->removed);
	netpol_diff_clear(&diff);
	netpol_set_clear(&drafted);
	netpol_set_clear(&existing);
}

#define HEAD(against) "NetworkPolicy shop/d (pods app=a) against " against "\n"

static void test_differences(void **state)
{
	static const struct diff_case cases[] = {
		{"", "", "", 0, 0},
		/* Pods that several policies select get the union of the rules. */
		{POLICY("d", "matchLabels: {app: a, tier: b}", "ingress: [{ports: [{port: 80}]}]")
			 OF("e", "a", "ingress: [{ports: [{port: 81}]}]"),
		 POLICY("f", "matchLabels: {app: a, tier: b}", "ingress: [{ports: [{port: 80}]}]")
			 OF("g", "a", "ingress: [{ports: [{port: 81}]}]"),
		 "", 0, 0},
		/* Other names, another order and other spelling make no difference. */
		{OF("d", "a",
		    "ingress: [{from: [" LABEL("app: b") "], ports: [{port: 80}, {port: "
							 "81}]}]"),
		 OF("e", "a",
		    "ingress: [{ports: [{port: 81, protocol: TCP, endPort: 81}], from: ["
		    "{podSelector: {matchLabels: {app: b}}, namespaceSelector: "
		    "{matchLabels: {kubernetes.io/metadata.name: shop}}}]}, {from: [" LABEL(
			    "app: b") "], ports: [{port: 80}]}]"),
		 "", 0, 0},
		/* Together, two existing policies allow the same as the draft. */
		{OF("d", "a", "ingress: [{ports: [{port: 80}, {port: 81}]}]"),
		 OF("e", "a", "ingress: [{ports: [{port: 80}]}]")
			 POLICY("f", "", "ingress: [{ports: [{port: 81}]}]"),
		 "", 0, 0},
		{OF("d", "a",
		    "ingress: [{from: [" LABEL("app: b") "], ports: [{port: 80}, {port: "
							 "81}]}]"),
		 OF("e", "a", "ingress: [{from: [" LABEL("app: b") "], ports: [{port: 80}]}]"),
		 HEAD("e (old.yaml:1)") "+ from pods app=b in shop: TCP 81\n", 1, 0},
		{OF("d", "a", "ingress: [{from: [" LABEL("app: b") "], ports: [{port: 80}]}]"),
		 OF("e", "a",
		    "ingress: [{from: [" LABEL("app: b") "], ports: [{port: 80}, {port: "
							 "81}]}, {from: [" BLOCK(
								 "192.0.2.0/24") "]}]"),
		 HEAD("e (old.yaml:1)") "- from pods app=b in shop: TCP 81   (e, old.yaml:1)\n"
					"- from 192.0.2.0/24: any port   (e, old.yaml:1)\n",
		 0, 2},
		/* The existing policies allow more than was observed. */
		{OF("d", "a",
		    "policyTypes: [Egress], egress: [{to: [" BLOCK(
			    "192.0.2.7/32") "], ports: [{port: 80}]}]"),
		 OF("e", "a",
		    "policyTypes: [Egress], egress: [{to: [" EXCEPT("192.0.2.0/24",
								    "192.0.2.9/32") "]}]"),
		 HEAD("e (old.yaml:1)") "- to 192.0.2.0/24 except 192.0.2.9/32: any port   (e, "
					"old.yaml:1)\n",
		 0, 1},
		{OF("d", "a", "ingress: [{from: [" LABEL("app: b") "]}]"),
		 OF("e", "a", "ingress: [{}]"),
		 HEAD("e (old.yaml:1)") "- from any peer: any port   (e, old.yaml:1)\n", 0, 1},
		/* Only the draft or only the existing policies restrict a direction. */
		{OF("d", "a", "ingress: [{ports: [{port: http}]}]"), "",
		 HEAD("none that exists") "+ ingress is restricted; no existing policy does that\n"
					  "+ from any peer: TCP http\n",
		 2, 0},
		{OF("d", "a", "policyTypes: [Egress], egress: [{}]"),
		 OF("e", "a", "policyTypes: [Ingress, Egress], egress: [{}]"),
		 HEAD("e (old.yaml:1)") "- ingress is restricted; the draft leaves it open\n", 0,
		 1},
		/* An existing policy selects other pods, or fewer pods than the draft. */
		{OF("d", "a", "ingress: [{}]"),
		 OF("d", "a", "ingress: [{}]") OF("e", "z", "ingress: [{}]"),
		 "- NetworkPolicy shop/e (old.yaml:3): nothing was drafted for what it selects\n",
		 0, 1},
		{OF("d", "a", "ingress: [{}]"),
		 POLICY("e", "matchLabels: {app: a, tier: b}", "ingress: [{}]"),
		 HEAD("none that exists") "+ ingress is restricted; no existing policy does that\n"
					  "+ from any peer: any port\n"
					  "- NetworkPolicy shop/e (old.yaml:1): nothing was "
					  "drafted "
					  "for what it selects\n",
		 2, 1},
		{OF("d", "a",
		    "policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, "
		    "podSelector: {matchExpressions: [{key: x, operator: NotIn, values: [p, "
		    "q]}, {key: w, operator: Exists}, {key: z, operator: DoesNotExist}]}}], "
		    "ports: [{port: 1, endPort: 9, protocol: UDP}, {protocol: SCTP}]}]"),
		 OF("e", "a", "policyTypes: [Egress]"),
		 HEAD("e (old.yaml:1)") "+ to pods x notin (p,q),w,!z in all namespaces: UDP 1-9, "
					"SCTP\n",
		 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_diff(&cases[i]);
}

static void test_hidden(void **state)
{
	struct netpol_set drafted = {0};
	struct netpol_set existing = {0};
	struct netpol_diff diff = {0};

	(void)state;
	read_policies(&existing, "old.yaml", OF("e", "z", "ingress: [{}]"));
	assert_int_equal(netpol_diff(&drafted, &existing, false, NULL, &diff), 0);
	assert_int_equal(diff.lines.count, 0);
	assert_int_equal(diff.removed, 0);
	netpol_diff_clear(&diff);
	netpol_set_clear(&existing);
}

/* Names port 8080 of the pods that a test's policies call "b" or select with "p=b". */
static const char *find_name(const void *data, const char *namespace_name,
			     const struct netpol_selector *pods, const struct netpol_port *port)
{
	const char *label = labels_get(&pods->labels, "p");

	assert_string_equal(data, "data");
	return port->first == 8080 && port->protocol == FLOW_TCP && label &&
			       strcmp(label, "b") == 0 && strcmp(namespace_name, "shop") == 0
		       ? "http"
		       : NULL;
}

/* The pods that accept the connections name the port: the selected ones, or the peers of egress. */
static void test_port_names(void **state)
{
	static const char policy[] = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
				     "metadata: {name: d, namespace: shop}\nspec:\n"
				     "  podSelector: {matchLabels: {p: b}}\n"
				     "  policyTypes: [Ingress, Egress]\n";
	static const char rules[] =
		"  ingress: [{ports: [{port: 8080}, {port: 81}, {port: 8080, endPort: 8081}]}]\n"
		"  egress:\n"
		"  - to: [{podSelector: {matchLabels: {p: b}}}]\n    ports: [{port: 8080}]\n"
		"  - to: [{podSelector: {matchLabels: {p: c}}}]\n    ports: [{port: 8080}]\n"
		"  - to: [{ipBlock: {cidr: 192.0.2.0/24}}]\n    ports: [{port: 8080}]\n"
		"  - ports: [{port: 8080}]\n";
	const struct netpol_diff_names names = {find_name, "data"};
	struct netpol_set drafted = {0};
	struct netpol_set existing = {0};
	struct netpol_diff diff = {0};
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", policy, rules);
	read_policies(&drafted, "draft", text);
	read_policies(&existing, "old.yaml", policy);
	assert_int_equal(netpol_diff(&drafted, &existing, true, &names, &diff), 0);
	assert_int_equal(diff.lines.count, 6);
	assert_string_equal(diff.lines.items[1],
			    "+ from any peer: TCP http (8080), TCP 81, TCP 8080-8081");
	assert_string_equal(diff.lines.items[2], "+ to pods p=b in shop: TCP http (8080)");
	assert_string_equal(diff.lines.items[3], "+ to pods p=c in shop: TCP 8080");
	assert_string_equal(diff.lines.items[4], "+ to 192.0.2.0/24: TCP 8080");
	assert_string_equal(diff.lines.items[5], "+ to any peer: TCP 8080");
	netpol_diff_clear(&diff);
	netpol_set_clear(&drafted);
	netpol_set_clear(&existing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),     cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_selectors), cmocka_unit_test(test_differences),
		cmocka_unit_test(test_hidden),    cmocka_unit_test(test_port_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
