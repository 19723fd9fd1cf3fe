/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of NetworkPolicies: accepted texts, their meaning, and the positions of errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/policy/netpol/netpol.h"
#include "core/record/address.h"

#define API         "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" /* lines 1 and 2 */
#define POLICY_LIST "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\n"
#define META        "metadata: {name: p, namespace: shop}\n" /* line 3 */
#define HEAD        API META
#define SPEC        HEAD "spec:\n  podSelector: {}\n"               /* lines 4 and 5 */
#define PORT(text)  SPEC "  ingress:\n  - ports:\n    - " text "\n" /* text: line 8, column 7 */
#define PEER(text)  SPEC "  ingress:\n  - from:\n    - " text "\n"

static void read_ok(struct netpol_set *set, const char *text)
{
	struct yaml_error error = {0};

	int result = netpol_read(set, "a.yaml", text, strlen(text), "default", &error);
	if (result)
		fail_msg("%d at %u:%u: %s\n%s", result, error.line, error.column, error.message,
			 text);
}

/* Reads the only policy of a text. The caller clears the set. */
static const struct netpol *read_one(struct netpol_set *set, const char *text)
{
	*set = (struct netpol_set){0};
	read_ok(set, text);
	assert_int_equal(set->count, 1);
	return &set->items[0];
}

/* --- refusals --- */

struct refusal {
	const char *text;
	const char *where; /* "LINE:COLUMN" */
	const char *why;   /* a part of the expected message */
};

static void refuse(const struct refusal *refusal)
{
	struct netpol_set set = {0};
	struct yaml_error error = {0};
	char where[32];

	/* An error leaves earlier policies unchanged. */
	read_ok(&set, HEAD "spec: {}\n");
	int result = netpol_read(&set, "a.yaml", refusal->text, strlen(refusal->text), "x", &error);
	snprintf(where, sizeof(where), "%u:%u", error.line, error.column);
	if (result != -EBADMSG)
		fail_msg("%d, not refused:\n%s", result, refusal->text);
	if (strcmp(where, refusal->where) != 0 || !strstr(error.message, refusal->why))
		fail_msg("%s: %s\nnot %s: %s\n%s", where, error.message, refusal->where,
			 refusal->why, refusal->text);
	for (const char *at = error.message; *at; at++)
		assert_true((unsigned char)*at >= ' ');
	assert_int_equal(set.count, 1);
	assert_int_equal(set.skipped, 0);
	netpol_set_clear(&set);
}

#define REFUSE(cases)                                                           \
	do {                                                                    \
		(void)state;                                                    \
		for (size_t i = 0; i < sizeof(cases) / sizeof((cases)[0]); i++) \
			refuse(&(cases)[i]);                                    \
	} while (0)

static void test_refused_objects(void **state)
{
	static const struct refusal cases[] = {
		{"[", "2:1", "not YAML"},
		{"a: b: c\n", "1:5", "not YAML"},
		{"\tkind: x\n", "1:1", "not YAML"},
		{"just text\n", "1:1", "object was expected"},
		{"kind: NetworkPolicy\n", "1:1", "apiVersion is required"},
		{"apiVersion: v1\nmetadata: {}\nspec: {}\n", "1:1", "kind is required"},
		{"metadata: {}\nspec: {}\n", "1:1", "kind is required"},
		{"kind: x\n" HEAD "spec: {}\n", "3:1", "\"kind\" twice"},
		{"apiVersion: v1\nkind: [a]\n", "2:7", "kind: a text"},
		{"apiVersion: 1\nkind: List\n", "1:13", "quote it"},
		{"apiVersion: extensions/v1beta1\nkind: NetworkPolicy\n", "1:1",
		 "networking.k8s.io/v1 was expected"},
		{"apiVersion: networking.k8s.io/v1\nkind: Networkpolicy\n", "1:1",
		 "NetworkPolicy was expected"},
		{API "spec: {}\n", "1:1", "metadata.name is required"},
		{API "metadata: {}\nspec: {}\n", "1:1", "metadata.name is required"},
		{API "metadata: {name: null}\nspec: {}\n", "3:18", "metadata.name"},
		{HEAD "spec: {}\nspec: {}\n", "5:1", "\"spec\" twice"},
		{HEAD "spec: {}\nextra: 1\n", "5:1", "no field \"extra\""},
		{HEAD "spec: {}\nKind: x\n", "5:1", "no field \"Kind\""},
		{HEAD "spec: []\n", "4:7", "spec: a mapping of fields"},
		{HEAD "spec: text\n", "4:7", "spec: a mapping of fields"},
		{API "metadata: p\nspec: {}\n", "3:11", "metadata: a mapping"},
		{API "metadata: {name: p, nmespace: shop}\nspec: {}\n", "3:21",
		 "no field \"nmespace\""},
		{API "metadata: {name: P}\nspec: {}\n", "3:18", "DNS subdomain"},
		{API "metadata: {name: p_p}\nspec: {}\n", "3:18", "DNS subdomain"},
		{API "metadata: {name: -p}\nspec: {}\n", "3:18", "DNS subdomain"},
		{API "metadata: {name: ''}\nspec: {}\n", "3:18", "DNS subdomain"},
		{API "metadata: {name: 12}\nspec: {}\n", "3:18", "quote it"},
		{API "metadata: {name: p, namespace: a.b}\nspec: {}\n", "3:32", "DNS label"},
		{API "metadata: {name: p, namespace: no}\nspec: {}\n", "3:32", "quote it"},
		/* Positions in a second document and in an item of a list. */
		{HEAD "spec: {}\n---\n" API "metadata: {name: q}\nspec: {egres: []}\n", "9:8",
		 "no field \"egres\""},
		{"apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.k8s.io/v1\n"
		 "  kind: NetworkPolicy\n  metadata: {name: q}\n  spec: {egres: []}\n",
		 "7:10", "no field \"egres\""},
		{"apiVersion: v1\nkind: List\nitems: {}\n", "3:8", "items: a list"},
		{"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: []}\n",
		 "4:3", "a list inside a list"},
		{"apiVersion: v1\nkind: List\nitems: [text]\n", "3:9", "object was expected"},
		{"apiVersion: v1\nkind: List\nitems: [{metadata: {name: q}, spec: {}}]\n", "3:9",
		 "kind is required"},
		/* Lists that contain themselves. */
		{"apiVersion: v1\nkind: List\nitems: &i [*i]\n", "3:12",
		 "an alias inside the node that it stands for"},
		{"--- &l\napiVersion: v1\nkind: List\nitems: [*l]\n", "4:9",
		 "an alias inside the node that it stands for"},
		{POLICY_LIST "items: [text]\n", "3:9", "object was expected"},
		{POLICY_LIST "items: [{kind: NetworkPolicy, metadata: {name: q}, spec: {}}]\n",
		 "3:9", "apiVersion is required"},
		{POLICY_LIST "items: [{metadata: {name: q}, spec: {egres: []}}]\n", "3:38",
		 "no field \"egres\""},
		{POLICY_LIST "items: [{metadata: {name: q}, data: {}}]\n", "3:31",
		 "no field \"data\""},
	};

	REFUSE(cases);
}

static void test_refused_specs(void **state)
{
	static const struct refusal cases[] = {
		{SPEC "  podselector: {}\n", "6:3", "no field \"podselector\""},
		{SPEC "  podSelector: {}\n", "6:3", "\"podSelector\" twice"},
		{SPEC "  ingress: {}\n", "6:12", "a list was expected"},
		{SPEC "  ingress: text\n", "6:12", "a list was expected"},
		{SPEC "  ingress: [text]\n", "6:13", "an ingress rule: a mapping"},
		{SPEC "  ingress: [{to: []}]\n", "6:14", "no field \"to\""},
		{SPEC "  egress: [{from: []}]\n", "6:13", "no field \"from\""},
		{SPEC "  ingress: [{from: {}}]\n", "6:20", "a list was expected"},
		{SPEC "  ingress: [{ports: {}}]\n", "6:21", "ports: a list"},
		{SPEC "  policyTypes: Ingress\n", "6:16", "policyTypes: a list"},
		{SPEC "  policyTypes: [ingress]\n", "6:17", "Ingress or Egress was expected"},
		{SPEC "  policyTypes: [Ingress, Egress, Ingress]\n", "6:34", "at most"},
		{SPEC "  policyTypes: [[Ingress]]\n", "6:17", "a text was expected"},
		{HEAD "spec:\n  podSelector: []\n", "5:16", "podSelector: a mapping"},
		{HEAD "spec:\n  podSelector: {app: x}\n", "5:17", "no field \"app\""},
		{HEAD "spec:\n  podSelector: {matchLabels: [a]}\n", "5:30", "mapping of texts"},
		{HEAD "spec:\n  podSelector: {matchLabels: {a b: c}}\n", "5:31", "a label key"},
		{HEAD "spec:\n  podSelector: {matchLabels: {/b: c}}\n", "5:31", "a label key"},
		{HEAD "spec:\n  podSelector: {matchLabels: {a: 'c d'}}\n", "5:34", "a label value"},
		{HEAD "spec:\n  podSelector: {matchLabels: {a: b, a: c}}\n", "5:37", "\"a\" twice"},
		{HEAD "spec:\n  podSelector: {matchLabels: {a: [b]}}\n", "5:34", "a text"},
		{HEAD "spec:\n  podSelector: {matchExpressions: {}}\n", "5:35", "a list"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a}]}\n", "5:36",
		 "key and operator are required"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{operator: Exists}]}\n", "5:36",
		 "key and operator are required"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: in}]}\n",
		 "5:55", "In, NotIn, Exists or DoesNotExist"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: In}]}\n",
		 "5:36", "need values"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: NotIn, "
		      "values: []}]}\n",
		 "5:36", "need values"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: Exists, "
		      "values: [x]}]}\n",
		 "5:36", "forbid them"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: In, values: "
		      "x}]}\n",
		 "5:67", "values: a list"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, operator: In, values: "
		      "['x y']}]}\n",
		 "5:68", "a label value"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: '', operator: Exists}]}\n",
		 "5:42", "a label key"},
		{HEAD "spec:\n  podSelector: {matchExpressions: [{key: a, op: In}]}\n", "5:45",
		 "no field \"op\""},
	};

	REFUSE(cases);
}

static void test_refused_peers(void **state)
{
	static const struct refusal cases[] = {
		{PEER("{}"), "8:7", "a peer needs"},
		{PEER("null"), "8:7", "a peer needs"},
		{PEER("{podSelector: null}"), "8:7", "a peer needs"},
		{PEER("text"), "8:7", "a peer: a mapping"},
		{PEER("{podSelecter: {}}"), "8:8", "no field \"podSelecter\""},
		{PEER("{podSelector: {}, ipBlock: {cidr: 192.0.2.0/24}}"), "8:7",
		 "no selector beside it"},
		{PEER("{namespaceSelector: {}, ipBlock: {cidr: 192.0.2.0/24}}"), "8:7",
		 "no selector beside it"},
		{PEER("{ipBlock: {}}"), "8:17", "cidr is required"},
		{PEER("{ipBlock: {cidr: null}}"), "8:24", "cidr"},
		{PEER("{ipBlock: 192.0.2.0/24}"), "8:17", "ipBlock: a mapping"},
		{PEER("{ipBlock: {except: [192.0.2.0/25]}}"), "8:17", "cidr is required"},
		{PEER("{ipBlock: {cidr: 192.0.2.0}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/33}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/ 24}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/+24}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24x}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2/24}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 192.0.2.256/24}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: example.com/24}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: '2001:db8::/129'}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: '2001:db8:::/64'}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: 'fe80::1%eth0/64'}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: '::ffff:192.0.2.0/120'}}"), "8:24", "was expected"},
		{PEER("{ipBlock: {cidr: [192.0.2.0/24]}}"), "8:24", "a text"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, cidr: 192.0.2.0/24}}"), "8:38", "twice"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: 192.0.2.0/25}}"), "8:46",
		 "except: a list"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.0]}}"), "8:47",
		 "except \"192.0.2.0\""},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.0/24]}}"), "8:17",
		 "strictly inside"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.0.0/16]}}"), "8:17",
		 "strictly inside"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.3.0/25]}}"), "8:17",
		 "strictly inside"},
		{PEER("{ipBlock: {cidr: 192.0.2.0/24, except: ['2001:db8::/64']}}"), "8:17",
		 "strictly inside"},
		{PEER("{ipBlock: {except: [192.0.3.0/25], cidr: 192.0.2.0/24}}"), "8:17",
		 "strictly inside"},
	};

	REFUSE(cases);
}

static void test_refused_ports(void **state)
{
	static const struct refusal cases[] = {
		{PORT("80"), "8:7", "a port: a mapping"},
		{PORT("{name: http}"), "8:8", "no field \"name\""},
		{PORT("{port: 0}"), "8:14", "1 to 65535"},
		{PORT("{port: -1}"), "8:14", "1 to 65535"},
		{PORT("{port: 65536}"), "8:14", "1 to 65535"},
		{PORT("{port: 99999999999999999999}"), "8:14", "port"},
		{PORT("{port: '80'}"), "8:14", "with a letter"},
		{PORT("{port: 80.5}"), "8:14", "quote it"},
		{PORT("{port: !!str 80}"), "8:14", "a port's name"},
		{PORT("{port: true}"), "8:14", "quote it"},
		{PORT("{port: ''}"), "8:14", "with a letter"},
		{PORT("{port: HTTP}"), "8:14", "with a letter"},
		{PORT("{port: a_b}"), "8:14", "with a letter"},
		{PORT("{port: a--b}"), "8:14", "with a letter"},
		{PORT("{port: -a}"), "8:14", "with a letter"},
		{PORT("{port: abcdefghijklmnop}"), "8:14", "with a letter"},
		{PORT("{port: [80]}"), "8:14", "a text"},
		{PORT("{protocol: tcp}"), "8:18", "TCP, UDP or SCTP"},
		{PORT("{protocol: ICMP}"), "8:18", "TCP, UDP or SCTP"},
		{PORT("{protocol: ''}"), "8:18", "TCP, UDP or SCTP"},
		{PORT("{protocol: 6}"), "8:18", "quote it"},
		{PORT("{endPort: 80}"), "8:17", "needs a numeric port"},
		{PORT("{port: http, endPort: 80}"), "8:29", "needs a numeric port"},
		{PORT("{port: 81, endPort: 80}"), "8:27", "not above it"},
		{PORT("{endPort: 80, port: 81}"), "8:17", "not above it"},
		{PORT("{port: 80, endPort: 65536}"), "8:27", "1 to 65535"},
		{PORT("{port: 80, endPort: 0}"), "8:27", "1 to 65535"},
		{PORT("{port: 80, endPort: http}"), "8:27", "1 to 65535"},
		{PORT("{port: 80, endPort: '90'}"), "8:27", "1 to 65535"},
		{PORT("{port: 80, port: 81}"), "8:18", "twice"},
	};

	REFUSE(cases);
}

/* Plain scalars that YAML 1.1 readers, Go's among them, do not read as text. */
static void test_refused_scalars(void **state)
{
	static const char *const plain[] = {
		"y",    "n",     "Y",    "no",   "No",   "NO",         "yes",   "on",
		"off",  "Off",   "true", "True", "1",    "012",        "1.10",  "1e3",
		"1E3",  "1_000", "0x1F", "0o17", "0b11", "-1",         ".5",    "1.",
		".inf", "-.inf", ".nan", "+1",   "1e+3", "685_230.15", "1_0e3",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		const struct refusal value = {text, "5:34", "quote it"};
		snprintf(text, sizeof(text), HEAD "spec:\n  podSelector: {matchLabels: {a: %s}}\n",
			 plain[i]);
		refuse(&value);
	}
	/* In quotes, each of these scalars is a text. Skip scalars that are not label values. */
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strpbrk(plain[i], ":~+") || strchr("-.", plain[i][0]) ||
		    plain[i][strlen(plain[i]) - 1] == '.')
			continue;
		for (size_t j = 0; j < 2; j++) {
			struct netpol_set set;
			char quoted[32];
			snprintf(quoted, sizeof(quoted), j == 0 ? "'%s'" : "\"%s\"", plain[i]);
			snprintf(text, sizeof(text),
				 HEAD "spec:\n  podSelector: {matchLabels: {a: %s}}\n", quoted);
			const struct netpol *policy = read_one(&set, text);
			assert_string_equal(labels_get(&policy->pods->labels, "a"), plain[i]);
			netpol_set_clear(&set);
		}
	}
}

static void test_refused_metadata(void **state)
{
#define METADATA(text) API "metadata:\n  name: p\n  " text "\nspec: {}\n"
	static const struct refusal cases[] = {
		{METADATA("labels: {version: 1.0}"), "5:21", "quote it"},
		{METADATA("labels: {a: true}"), "5:15", "quote it"},
		{METADATA("labels: {a: 'b c'}"), "5:15", "a label value"},
		{METADATA("labels: {-a: b}"), "5:12", "a label key"},
		{METADATA("labels: {A.b/c: b}"), "5:12", "a label key"},
		{METADATA("labels: {a: [b]}"), "5:15", "a text was expected"},
		{METADATA("labels: {a: b, a: c}"), "5:18", "\"a\" twice"},
		{METADATA("labels: [a]"), "5:11", "a mapping of texts"},
		{METADATA("annotations: {a: 1}"), "5:20", "quote it"},
		{METADATA("annotations: {a: no}"), "5:20", "quote it"},
		{METADATA("annotations: {a b: x}"), "5:17", "a label key"},
		{METADATA("annotations: {a: b, a: c}"), "5:23", "\"a\" twice"},
		{METADATA("annotations: x"), "5:16", "a mapping of texts"},
		{METADATA("finalizers: x"), "5:15", "a list was expected"},
		{METADATA("finalizers: ['a b']"), "5:16", "a qualified name"},
		{METADATA("finalizers: [1]"), "5:16", "quote it"},
		{METADATA("uid: 7"), "5:8", "quote it"},
		{METADATA("generation: x"), "5:15", "a number"},
		{METADATA("ownerReferences: {}"), "5:20", "a list was expected"},
		{METADATA("ownerReferences: [{kind: a, name: b, uid: c}]"), "5:21",
		 "apiVersion is required"},
		{METADATA("managedFields: [x]"), "5:19", "a mapping was expected"},
	};

	REFUSE(cases);
}

/* --- accepted texts and their meaning --- */

static void test_defaults(void **state)
{
	static const struct {
		const char *spec;
		bool ingress;
		bool egress;
		size_t ingress_rules;
		size_t egress_rules;
	} cases[] = {
		{"", true, false, 0, 0},
		{"spec: {}", true, false, 0, 0},
		{"spec:", true, false, 0, 0},
		{"spec: {podSelector: null}", true, false, 0, 0},
		{"spec: {ingress: []}", true, false, 0, 0},
		{"spec: {ingress: null}", true, false, 0, 0},
		{"spec: {ingress: [{}]}", true, false, 1, 0},
		{"spec: {ingress: [null]}", true, false, 1, 0},
		{"spec: {egress: []}", true, false, 0, 0},
		{"spec: {egress: null}", true, false, 0, 0},
		{"spec: {egress: [{}]}", true, true, 0, 1},
		{"spec: {policyTypes: []}", true, false, 0, 0},
		{"spec: {policyTypes: null, egress: [{}]}", true, true, 0, 1},
		{"spec: {policyTypes: [Egress]}", false, true, 0, 0},
		{"spec: {policyTypes: [Ingress]}", true, false, 0, 0},
		{"spec: {policyTypes: [Ingress], egress: [{}]}", true, false, 0, 1},
		{"spec: {policyTypes: [Egress, Ingress]}", true, true, 0, 0},
		{"spec: {policyTypes: [Egress, Egress]}", false, true, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct netpol_set set;
		snprintf(text, sizeof(text), HEAD "%s\n", cases[i].spec);
		const struct netpol *policy = read_one(&set, text);
		assert_int_equal(policy->rules[NETPOL_INGRESS].isolates, cases[i].ingress);
		assert_int_equal(policy->rules[NETPOL_EGRESS].isolates, cases[i].egress);
		assert_int_equal(policy->rules[NETPOL_INGRESS].count, cases[i].ingress_rules);
		assert_int_equal(policy->rules[NETPOL_EGRESS].count, cases[i].egress_rules);
		/* An absent, null or {} podSelector selects every pod of the namespace. */
		assert_true(netpol_selector_matches(policy->pods, NULL));
		netpol_set_clear(&set);
	}
}

/* Every reader reads these as text, though they begin like numbers or words. */
static void test_plain_scalars(void **state)
{
	static const char *const plain[] = {
		"1.2.3", "10.0.0.1", "1.2.3-4",    "v1", "yess", "nope", "e3",       "0xg",
		"a1",    "nully",    "2024-01-02", "1a", "inf",  "nan",  "1.2.3.4.5"};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		char text[256];
		struct netpol_set set;
		snprintf(text, sizeof(text), HEAD "spec: {podSelector: {matchLabels: {a: %s}}}\n",
			 plain[i]);
		const struct netpol *policy = read_one(&set, text);
		assert_string_equal(labels_get(&policy->pods->labels, "a"), plain[i]);
		netpol_set_clear(&set);
	}
}

/* Absent, null and empty lists mean the same. For the namespaceSelector of a peer, absent means the
 * policy's own namespace, and {} means all namespaces. */
static void test_absent_null_empty(void **state)
{
	static const char *const any_peer[] = {"{}", "{from: []}", "{from: null}", "{from: }"};
	static const char *const any_port[] = {"{}", "{ports: []}", "{ports: null}", "{ports: }"};
	struct netpol_set set;
	char text[256];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), SPEC "  ingress: [%s]\n", any_peer[i]);
		const struct netpol *policy = read_one(&set, text);
		assert_int_equal(policy->rules[NETPOL_INGRESS].items[0].peer_count, 0);
		netpol_set_clear(&set);
		snprintf(text, sizeof(text), SPEC "  ingress: [%s]\n", any_port[i]);
		policy = read_one(&set, text);
		assert_int_equal(policy->rules[NETPOL_INGRESS].items[0].port_count, 0);
		netpol_set_clear(&set);
	}
	const struct netpol *policy =
		read_one(&set, PEER("{podSelector: {matchLabels: null, matchExpressions: null}}"));
	const struct netpol_peer *peer = &policy->rules[NETPOL_INGRESS].items[0].peers[0];
	assert_int_equal(peer->kind, NETPOL_PEER_PODS);
	assert_string_equal(peer->namespace_name, "shop");
	assert_null(peer->namespaces);
	assert_true(netpol_selector_matches(peer->pods, NULL));
	netpol_set_clear(&set);
	policy = read_one(&set, PEER("{podSelector: , namespaceSelector: {}, ipBlock: null}"));
	peer = &policy->rules[NETPOL_INGRESS].items[0].peers[0];
	assert_int_equal(peer->kind, NETPOL_PEER_PODS);
	assert_true(netpol_selector_matches(peer->pods, NULL));
	assert_null(peer->namespace_name);
	assert_true(netpol_selector_matches(peer->namespaces, NULL));
	netpol_set_clear(&set);
}

/* A peer that can match only one namespace stores that namespace's name instead of a namespace
 * selector. */
static void test_namespace_of_peer(void **state)
{
	static const struct {
		const char *peer;
		const char *namespace_name;
	} cases[] = {
		{"{podSelector: {}}", "shop"},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: db}}}", "db"},
		{"{podSelector: {}, namespaceSelector: {matchLabels: "
		 "{kubernetes.io/metadata.name: db}}}",
		 "db"},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: db, a: b}}}",
		 NULL},
		{"{namespaceSelector: {matchLabels: {team: db}}}", NULL},
		{"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: db}, "
		 "matchExpressions: [{key: a, operator: Exists}]}}",
		 NULL},
	};
	struct netpol_set set;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "spec: {ingress: [{from: [%s]}]}\n" API META,
			 cases[i].peer);
		const struct netpol *policy = read_one(&set, text);
		const struct netpol_peer *peer = &policy->rules[NETPOL_INGRESS].items[0].peers[0];
		assert_int_equal(!peer->namespace_name, !cases[i].namespace_name);
		if (cases[i].namespace_name)
			assert_string_equal(peer->namespace_name, cases[i].namespace_name);
		assert_int_equal(!peer->namespaces, cases[i].namespace_name != NULL);
		netpol_set_clear(&set);
	}
}

static void test_ports(void **state)
{
	static const struct {
		const char *port;
		const char *name;
		uint16_t first;
		uint16_t last;
		uint8_t protocol;
	} cases[] = {
		{"{}", NULL, 0, 0, FLOW_TCP},
		{"null", NULL, 0, 0, FLOW_TCP},
		{"{port: null, protocol: null, endPort: null}", NULL, 0, 0, FLOW_TCP},
		{"{protocol: UDP}", NULL, 0, 0, FLOW_UDP},
		{"{protocol: \"SCTP\", port: 1}", NULL, 1, 1, FLOW_SCTP},
		{"{port: 65535}", NULL, 65535, 65535, FLOW_TCP},
		{"{port: 1, endPort: 65535}", NULL, 1, 65535, FLOW_TCP},
		{"{endPort: 80, port: 80}", NULL, 80, 80, FLOW_TCP},
		{"{port: http}", "http", 0, 0, FLOW_TCP},
		{"{port: '8a'}", "8a", 0, 0, FLOW_TCP},
		{"{port: abcdefghijklmno}", "abcdefghijklmno", 0, 0, FLOW_TCP},
		{"{\"port\": \"dns-tcp\", \"protocol\": \"UDP\"}", "dns-tcp", 0, 0, FLOW_UDP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct netpol_set set;
		snprintf(text, sizeof(text), SPEC "  ingress:\n  - ports:\n    - %s\n",
			 cases[i].port);
		const struct netpol *policy = read_one(&set, text);
		const struct netpol_port *port = &policy->rules[NETPOL_INGRESS].items[0].ports[0];
		assert_int_equal(port->first, cases[i].first);
		assert_int_equal(port->last, cases[i].last);
		assert_int_equal(port->protocol, cases[i].protocol);
		if (cases[i].name)
			assert_string_equal(port->name, cases[i].name);
		else
			assert_null(port->name);
		netpol_set_clear(&set);
	}
}

static void test_blocks(void **state)
{
	static const struct {
		const char *cidr;
		const char *address;
		uint8_t prefix;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.0", 24},
		{"192.0.2.77/24", "192.0.2.0", 24},
		{"192.0.2.77/31", "192.0.2.76", 31},
		{"192.0.2.77/32", "192.0.2.77", 32},
		{"255.255.255.255/0", "0.0.0.0", 0},
		{"192.000.02.077/031", "192.0.2.76", 31},
		{"'::/0'", "::", 0},
		{"'2001:db8::1/128'", "2001:db8::1", 128},
		{"'2001:DB8:0:0::ffff/33'", "2001:db8::", 33},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		char address[ADDRESS_TEXT_SIZE];
		struct netpol_set set;
		snprintf(text, sizeof(text),
			 SPEC "  ingress:\n  - from:\n    - ipBlock: {cidr: %s}\n", cases[i].cidr);
		const struct netpol *policy = read_one(&set, text);
		const struct netpol_block *block =
			&policy->rules[NETPOL_INGRESS].items[0].peers[0].block;
		address_format(block->family, &block->address, address);
		assert_string_equal(address, cases[i].address);
		assert_int_equal(block->prefix, cases[i].prefix);
		netpol_set_clear(&set);
	}
}

static void test_whole(void **state)
{
	static const char text[] =
		"# a comment\n" API "metadata:\n  name: whole\n  namespace: shop\n"
		"  labels: {any: thing}\n  annotations: {a: b}\n  uid: x\n"
		"  creationTimestamp: null\n"
		"spec:\n  podSelector:\n    matchLabels: {\"app\": \"db\", example.com/x.y: ''}\n"
		"    matchExpressions:\n    - {key: tier, operator: NotIn, values: [a, 'b']}\n"
		"    - {key: k, operator: DoesNotExist}\n"
		"  policyTypes: [Ingress, Egress]\n"
		"  ingress:\n  - from:\n    - podSelector: {}\n    - namespaceSelector: {}\n"
		"    ports:\n    - port: 80\n  - {}\n"
		"  egress:\n  - to:\n    - ipBlock:\n        cidr: 192.0.2.0/24\n"
		"        except: [192.0.2.0/26, 192.0.2.128/25]\n"
		"status: {conditions: []}\n";
	struct netpol_set set;

	(void)state;
	const struct netpol *policy = read_one(&set, text);
	assert_string_equal(policy->name, "whole");
	assert_string_equal(policy->namespace_name, "shop");
	assert_string_equal(policy->file, "a.yaml");
	assert_int_equal(policy->line, 2);
	assert_int_equal(policy->pods->labels.count, 2);
	assert_string_equal(labels_get(&policy->pods->labels, "example.com/x.y"), "");
	assert_int_equal(policy->pods->requirement_count, 2);
	assert_int_equal(policy->pods->requirements[0].operator_kind, NETPOL_NOT_IN);
	assert_int_equal(policy->pods->requirements[0].values.count, 2);
	assert_string_equal(policy->pods->requirements[0].values.items[1], "b");
	assert_int_equal(policy->pods->requirements[1].operator_kind, NETPOL_DOES_NOT_EXIST);
	assert_int_equal(policy->rules[NETPOL_INGRESS].count, 2);
	assert_int_equal(policy->rules[NETPOL_INGRESS].items[0].line, 19);
	assert_int_equal(policy->rules[NETPOL_INGRESS].items[0].peer_count, 2);
	assert_int_equal(policy->rules[NETPOL_INGRESS].items[1].peer_count, 0);
	assert_int_equal(policy->rules[NETPOL_INGRESS].items[1].line, 24);
	assert_int_equal(policy->rules[NETPOL_EGRESS].count, 1);
	assert_int_equal(policy->rules[NETPOL_EGRESS].items[0].peers[0].except_count, 2);
	assert_int_equal(policy->rules[NETPOL_EGRESS].items[0].peers[0].excepts[1].prefix, 25);
	netpol_set_clear(&set);
}

/* --- several documents, lists, JSON --- */

static void test_documents(void **state)
{
	static const struct {
		const char *text;
		size_t policies;
		size_t skipped;
	} cases[] = {
		{"", 0, 0},
		{"# nothing\n", 0, 0},
		{"---\n---\n", 0, 0},
		{"null\n", 0, 0},
		{HEAD "spec: {}\n---\n" HEAD "spec: {}\n", 2, 0},
		{"---\n" HEAD "spec: {}\n...\n", 1, 0},
		{HEAD "spec: {}\n---\n# only a comment\n---\n" HEAD "spec: {}\n", 2, 0},
		{"apiVersion: v1\nkind: Service\nspec: {any: thing}\n---\n" HEAD "spec: {}\n", 1,
		 1},
		{"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspecs: []\n", 0, 0},
		{"apiVersion: v1\nkind: List\n", 0, 0},
		{"apiVersion: v1\nkind: List\nitems: []\n", 0, 0},
		{"apiVersion: v1\nkind: List\nitems: null\n", 0, 0},
		{"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\n"
		 "metadata: {resourceVersion: '1'}\nitems:\n"
		 "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, "
		 "spec: {}}\n"
		 "- {apiVersion: v1, kind: ConfigMap}\n",
		 1, 1},
		/* A list in the form of the API server. */
		{"{\"kind\":\"NetworkPolicyList\",\"apiVersion\":\"networking.k8s.io/v1\","
		 "\"metadata\":{\"resourceVersion\":\"475\"},\"items\":["
		 "{\"metadata\":{\"name\":\"p\",\"namespace\":\"a\"},\"spec\":{\"podSelector\":{}}}"
		 ","
		 "{\"metadata\":{\"name\":\"q\",\"namespace\":\"a\"},\"spec\":{\"podSelector\":{}}}"
		 "]}",
		 2, 0},
		{"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\","
		 "\"metadata\":{\"name\":\"p\"},\"spec\":{\"podSelector\":{},\"ingress\":[{"
		 "\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}]}}",
		 1, 0},
		{"{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"List\",\n\t\"items\": []\n}\n", 0, 0},
		/* An alias has the value of its anchor. */
		{HEAD "spec:\n  podSelector: &s {matchLabels: {a: b}}\n"
		      "  ingress: [{from: [{podSelector: *s}]}]\n",
		 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netpol_set set = {0};
		read_ok(&set, cases[i].text);
		if (set.count != cases[i].policies || set.skipped != cases[i].skipped)
			fail_msg("%zu policies and %zu others, not %zu and %zu, in:\n%s", set.count,
				 set.skipped, cases[i].policies, cases[i].skipped, cases[i].text);
		netpol_set_clear(&set);
	}
}

static void test_default_namespace(void **state)
{
	struct netpol_set set;

	(void)state;
	const struct netpol *policy = read_one(&set, API "metadata: {name: p}\nspec: {}\n");
	assert_string_equal(policy->namespace_name, "default");
	netpol_set_clear(&set);
	policy = read_one(&set, API "metadata: {name: p, namespace: null}\nspec: {}\n");
	assert_string_equal(policy->namespace_name, "default");
	netpol_set_clear(&set);
}

/* Uses aliases so that a small text stands for 300 rules, each with 300 peers, each with 300 blocks
 * in "except". */
static void refuse_bomb(void)
{
	static char text[16384];
	struct netpol_set set = {0};
	struct yaml_error error;
	size_t at =
		(size_t)snprintf(text, sizeof(text),
				 SPEC "  ingress:\n  - &r\n    from:\n    - &p\n      ipBlock:\n"
				      "        cidr: 0.0.0.0/0\n        except:\n"
				      "        - &e 192.0.2.0/24\n");

	for (size_t i = 0; i < 300; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "        - *e\n");
	for (size_t i = 0; i < 300; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "    - *p\n");
	for (size_t i = 0; i < 300; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "  - *r\n");
	assert_int_equal(netpol_read(&set, "a", text, at, "x", &error), -EBADMSG);
	assert_non_null(strstr(error.message, "aliases"));
	assert_int_equal(set.count, 0);
	netpol_set_clear(&set);
}

/* Collections that nest too deeply are refused at the first level beyond the limit. These texts
 * would take minutes with a reader that looks at each open level for each token. */
static void test_deep_nesting(void **state)
{
	static const struct {
		const char *level;
		unsigned int column; /* of the first level that is refused, in line 3 */
	} cases[] = {{"[", 8 + YAML_DEPTH_MAX - 1}, {"{a: ", 8 + 4 * (YAML_DEPTH_MAX - 1)}};
	static char text[200000];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netpol_set set = {0};
		struct yaml_error error = {0};
		size_t level = strlen(cases[i].level);
		size_t at = (size_t)snprintf(text, sizeof(text), "%s",
					     "apiVersion: v1\nkind: List\nitems: ");
		for (; at + level <= sizeof(text); at += level)
			memcpy(text + at, cases[i].level, level);
		clock_t start = clock();
		assert_int_equal(netpol_read(&set, "a", text, at, "x", &error), -EBADMSG);
		assert_true(clock() - start < CLOCKS_PER_SEC);
		assert_non_null(strstr(error.message, "nested too deeply"));
		assert_int_equal(error.line, 3);
		assert_int_equal(error.column, cases[i].column);
		assert_int_equal(set.count, 0);
		netpol_set_clear(&set);
	}
}

/* Each of many documents has an error. The time must not grow with the square of their number. */
static void test_many_errors(void **state)
{
	static const char document[] = API "metadata: {name: A}\n---\n";
	const size_t length = sizeof(document) - 1;
	const size_t count = 20000;
	char *text = malloc(count * length);
	struct netpol_set set = {0};
	struct yaml_error error = {0};

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, document, length);
	clock_t start = clock();
	assert_int_equal(netpol_read(&set, "a", text, count * length, "x", &error), -EBADMSG);
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	netpol_set_clear(&set);
	free(text);
}

/* Many policies, texts that are cut anywhere, and texts with many aliases. */
static void test_limits(void **state)
{
	static const char whole[] = PEER("{podSelector: {matchLabels: {a: b}}}");
	static const char bomb[] = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n"
				   "c: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c]\n"
				   "kind: List\napiVersion: v1\nitems: []\n";
	struct netpol_set set = {0};
	struct yaml_error error;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		read_ok(&set, HEAD "spec: {}\n");
	assert_int_equal(set.count, 100);
	netpol_set_clear(&set);
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		int result = netpol_read(&set, "a", whole, length, "x", &error);
		assert_true(result == 0 || result == -EBADMSG);
		netpol_set_clear(&set);
	}
	assert_int_equal(netpol_read(&set, "a", bomb, sizeof(bomb) - 1, "x", &error), 0);
	netpol_set_clear(&set);
	refuse_bomb();
	assert_int_equal(netpol_read(&set, "a", "a: \0b\n", 6, "x", &error), -EBADMSG);
	assert_int_equal(netpol_read(&set, "a", "apiVersion: v1\nkind: \"\\0\"\n", 26, "x", &error),
			 -EBADMSG);
	assert_int_equal(netpol_read(&set, "a", "\xff\xfe\xff", 3, "x", &error), -EBADMSG);
	netpol_set_clear(&set);
}

static void test_block_contains(void **state)
{
	struct netpol_block block = {.family = 4, .prefix = 0};
	struct flow_address address;
	uint8_t family;

	(void)state;
	assert_int_equal(address_parse("192.0.2.129", &family, &address), 0);
	assert_int_equal(address_parse("192.0.2.128", &block.family, &block.address), 0);
	for (uint8_t prefix = 0; prefix <= 32; prefix++) {
		block.prefix = prefix;
		assert_int_equal(netpol_block_contains(&block, family, &address), prefix < 32);
	}
	assert_false(netpol_block_contains(&block, 6, &address));
}

/* kubectl accepts these spellings. netpol_read reads the same values from them. */
static void test_taken(void **state)
{
	static const struct {
		const char *port;
		uint16_t number;
	} ports[] = {
		{"0x1BB", 443},  {"0o673", 443},         {"0673", 443},   {"443.0", 443},
		{"4.43e2", 443}, {"!!int \"443\"", 443}, {"1_000", 1000},
	};
	struct netpol_set set;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		snprintf(text, sizeof(text), PORT("{port: %s}"), ports[i].port);
		assert_int_equal(
			read_one(&set, text)->rules[NETPOL_INGRESS].items[0].ports[0].first,
			ports[i].number);
		netpol_set_clear(&set);
	}
	const struct netpol *policy =
		read_one(&set, API "metadata: {name: p, namespace: ''}\nspec:\n"
				   "  podSelector: {matchLabels: {b: null, 80: x, yes: z}}\n");
	assert_string_equal(policy->namespace_name, "default");
	assert_int_equal(policy->pods->labels.count, 3);
	assert_string_equal(labels_get(&policy->pods->labels, "b"), "");
	assert_string_equal(labels_get(&policy->pods->labels, "80"), "x");
	assert_string_equal(labels_get(&policy->pods->labels, "true"), "z");
	netpol_set_clear(&set);
	policy = read_one(&set, API "metadata:\n  name: p\n  labels: {a: null, b: ''}\n"
				    "  annotations: {Example.com/a: 12:30, b: null}\n"
				    "spec: {}\n");
	assert_string_equal(policy->name, "p");
	netpol_set_clear(&set);
	policy = read_one(&set, API "metadata: {name: !!binary cA==}\nspec: {}\n---\n"
				    "apiVersion: v1\nkind: Secret\ndata: {a: !!binary AP+A}\n");
	assert_string_equal(policy->name, "p");
	netpol_set_clear(&set);
}

/* Policies of other kinds count as unjudged. All other documents that are not NetworkPolicies
 * count as skipped. */
static void test_passed_over(void **state)
{
	static const struct {
		const char *text;
		size_t skipped;
		size_t unjudged;
	} cases[] = {
		{"resources:\n- plain.yaml\n", 1, 0},
		{"apiVersion: v2\nname: chart\n", 1, 0},
		{"kind: DaemonSet\nimage: x\n", 1, 0},
		{"- op: add\n  path: /a\n", 1, 0},
		{"apiVersion: apps/v1\nkind: Deployment\nmetadata: {labels: {a: 1}}\n", 1, 0},
		{"apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\n", 0, 1},
		{"apiVersion: crd.projectcalico.org/v1\nkind: GlobalNetworkPolicy\n", 0, 1},
		{"apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n", 0, 1},
		{"apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n", 0,
		 1},
		{"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n---\n"
		 "apiVersion: v1\nkind: List\nitems: [{apiVersion: cilium.io/v2, "
		 "kind: CiliumClusterwideNetworkPolicy}]\n",
		 0, 2},
		{"apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\n", 0, 1},
		{"apiVersion: example.com/v1\nkind: VendorNetworkPolicy\n", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netpol_set set = {0};
		read_ok(&set, cases[i].text);
		assert_int_equal(set.count, 0);
		assert_int_equal(set.skipped, cases[i].skipped);
		assert_int_equal(set.unjudged_count, cases[i].unjudged);
		netpol_set_clear(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_objects),
		cmocka_unit_test(test_refused_specs),
		cmocka_unit_test(test_refused_peers),
		cmocka_unit_test(test_refused_ports),
		cmocka_unit_test(test_plain_scalars),
		cmocka_unit_test(test_refused_scalars),
		cmocka_unit_test(test_refused_metadata),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_absent_null_empty),
		cmocka_unit_test(test_namespace_of_peer),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_default_namespace),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_many_errors),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_block_contains),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
