/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluator in one small cluster: cases for each feature of NetworkPolicy v1, alone and
 * combined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/evaluate/evaluate.h"
#include "core/policy/evaluate/evaluate_explain.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"

/* --- the cluster --- */

#define NODE(name, ips) "{\"v\":1,\"kind\":\"node\",\"name\":\"" name "\",\"ips\":[" ips "]}"
#define NAMESPACE(name, labels) \
	"{\"v\":1,\"kind\":\"namespace\",\"name\":\"" name "\",\"labels\":{" labels "}}"
#define POD(namespace, name, node, ips, labels, rest)                                           \
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"" namespace "\",\"name\":\"" name            \
							       "\",\"node\":\"" node            \
							       "\",\"ips\":[" ips               \
							       "],\"labels\":{" labels "}" rest \
							       "}"
#define SERVICE(name, address, selector, port, rest)                                         \
	"{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"" name              \
	"\",\"cluster_ips\":[\"" address "\"],\"selector\":{" selector "},\"ports\":[{" port \
	"}]" rest "}"

static const char *const cluster[] = {
	NODE("n1", "\"192.0.2.1\",\"10.1.0.1\",\"172.17.0.1\""),
	NODE("n2", "\"192.0.2.2\",\"10.2.0.1\",\"172.17.0.1\""),
	NAMESPACE("shop", "\"team\":\"blue\""),
	NAMESPACE("data", "\"team\":\"red\",\"env\":\"prod\""),
	NAMESPACE("liar", "\"kubernetes.io/metadata.name\":\"shop\""),
	POD("shop", "front", "n1", "\"10.1.0.10\"", "\"app\":\"front\",\"tier\":\"web\"",
	    ",\"ports\":[{\"name\":\"http\",\"port\":80}]"),
	POD("shop", "cart", "n1", "\"10.1.0.11\",\"2001:db8:1::11\"", "\"app\":\"cart\"",
	    ",\"ports\":[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"},"
	    "{\"name\":\"http\",\"port\":8443,\"protocol\":\"UDP\"}]"),
	POD("shop", "db", "n2", "\"10.2.0.20\"", "\"app\":\"db\",\"role\":\"\"",
	    ",\"ports\":[{\"name\":\"sql\",\"port\":5432},"
	    "{\"name\":\"diameter\",\"port\":3868,\"protocol\":\"SCTP\"}]"),
	POD("data", "store", "n2", "\"10.2.0.30\"", "\"app\":\"db\"", ""),
	POD("data", "agent-1", "n1", "\"192.0.2.1\"", "\"app\":\"agent\"",
	    ",\"host_network\":true"),
	POD("data", "agent-2", "n2", "\"192.0.2.2\"", "\"app\":\"agent\"",
	    ",\"host_network\":true,\"ports\":[{\"name\":\"stats\",\"port\":9100}]"),
	POD("data", "proxy-2", "n2", "\"192.0.2.2\"", "\"app\":\"proxy\"",
	    ",\"host_network\":true"),
	POD("bare", "lone", "n2", "\"10.2.0.40\"", "\"app\":\"lone\"", ""),
	POD("liar", "front", "n2", "\"10.2.0.50\"", "\"app\":\"front\"", ""),
	POD("shop", "done", "n1", "\"10.1.0.99\"", "\"app\":\"front\"", ",\"phase\":\"Succeeded\""),
	POD("shop", "mix-stable", "n1", "\"10.1.0.60\"", "\"app\":\"mix\",\"track\":\"stable\"",
	    ",\"ports\":[{\"name\":\"http\",\"port\":8080}]"),
	POD("shop", "mix-canary", "n2", "\"10.2.0.60\"", "\"app\":\"mix\",\"track\":\"canary\"",
	    ",\"ports\":[{\"name\":\"http\",\"port\":9090}]"),
	SERVICE("sql", "10.96.0.1", "\"app\":\"db\"",
		"\"port\":3306,\"protocol\":\"TCP\",\"target_port\":\"sql\"", ""),
	SERVICE("mix", "10.96.0.2", "\"app\":\"mix\"", "\"port\":80,\"target_port\":\"http\"",
		",\"lb_ips\":[\"203.0.113.50\"]"),
	SERVICE("outside", "10.96.0.3", "", "\"port\":443,\"target_port\":8443",
		",\"endpoints\":[{\"ip\":\"198.51.100.7\",\"port\":8443}]"),
	SERVICE("api", "10.96.0.4", "", "\"port\":443,\"target_port\":6443",
		",\"endpoints\":[{\"ip\":\"192.0.2.2\",\"port\":6443}]"),
	SERVICE("ghost", "10.96.0.5", "\"app\":\"ghost\"", "\"port\":80,\"target_port\":8080", ""),
	SERVICE("named-ghost", "10.96.0.6", "\"app\":\"ghost\"",
		"\"port\":80,\"target_port\":\"http\"", ""),
	SERVICE("nothing", "10.96.0.7", "", "\"port\":443,\"target_port\":8443", ""),
	SERVICE("own", "10.96.0.8", "\"app\":\"front\"", "\"port\":80,\"target_port\":80", ""),
	SERVICE("six", "2001:db8:96::1", "\"app\":\"cart\"", "\"port\":80,\"target_port\":8080",
		""),
	SERVICE("np", "10.96.0.10", "\"app\":\"db\"",
		"\"port\":80,\"target_port\":5432,\"node_port\":30080", ""),
	SERVICE("node-agent", "10.96.0.9", "\"app\":\"nobody\"", "\"port\":80", ""),
};

static struct workloads *make_cluster(void)
{
	struct workloads *workloads = NULL;

	assert_int_equal(workloads_new(&workloads), 0);
	for (size_t i = 0; i < sizeof(cluster) / sizeof(cluster[0]); i++) {
		struct record record = {0};
		struct record_json_error error;
		assert_int_equal(record_json_read(cluster[i], strlen(cluster[i]), &record, &error),
				 0);
		assert_int_equal(workloads_apply(workloads, &record), 0);
		record_free(&record);
	}
	return workloads;
}

static struct resolver *make_resolver(const struct workloads *workloads)
{
	struct resolver *resolver = NULL;

	assert_int_equal(resolver_new(workloads, &resolver), 0);
	return resolver;
}

/* --- a case --- */

/* A policy that selects pods of a namespace. selector and spec are in YAML's flow style. */
#define NAMED(name, namespace, selector, spec)                                           \
	"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: " name \
	", namespace: " namespace "}, spec: {podSelector: {" selector "}, " spec "}}\n"  \
				  "---\n"
#define OF(app, spec)         NAMED("p", "shop", "matchLabels: {app: " app "}", spec)
#define TO(app, peer)         OF(app, "policyTypes: [Egress], egress: [{to: [" peer "]}]")
#define FROM(app, peer)       OF(app, "ingress: [{from: [" peer "]}]")
#define PORTS_OUT(app, ports) OF(app, "policyTypes: [Egress], egress: [{ports: [" ports "]}]")
#define PORTS_IN(app, ports)  OF(app, "ingress: [{ports: [" ports "]}]")
#define BLOCK(cidr)           "{ipBlock: {cidr: '" cidr "'}}"
#define NONE                  "{apiVersion: v1, kind: ConfigMap}\n"

/* flow is "NAMESPACE/POD egress|ingress PROTOCOL PEER PORT". After a leading "raw ", the address of
 * a Service does not stand for its pods (evaluator_judge_rewritten). verdict has the form that the
 * tool tests/tools/evaluate.c prints. */
struct evaluate_case {
	const char *policies;
	const char *flow;
	const char *verdict;
};

static uint8_t protocol_of(const char *name)
{
	if (strcmp(name, "TCP") == 0)
		return FLOW_TCP;
	if (strcmp(name, "UDP") == 0)
		return FLOW_UDP;
	return strcmp(name, "SCTP") == 0 ? FLOW_SCTP : FLOW_PROTOCOL_OTHER;
}

struct question {
	struct evaluate_flow flow;
	char namespace_name[64];
	bool raw;
};

static void read_flow(const struct workloads *workloads, const char *text,
		      struct question *question)
{
	char pod[64];
	char direction[16];
	char protocol[16];
	char peer[64];
	unsigned int port;

	*question = (struct question){.raw = strncmp(text, "raw ", 4) == 0};
	assert_int_equal(sscanf(text + (question->raw ? 4 : 0), "%63[^/]/%63s %15s %15s %63s %u",
				question->namespace_name, pod, direction, protocol, peer, &port),
			 6);
	question->flow = (struct evaluate_flow){
		.subject = workloads_pod(workloads, question->namespace_name, pod),
		.namespace_name = question->namespace_name,
		.direction = strcmp(direction, "ingress") == 0 ? FLOW_INGRESS : FLOW_EGRESS,
		.protocol = protocol_of(protocol),
		.port = (uint16_t)port,
	};
	if (strcmp(peer, "-") != 0)
		assert_int_equal(address_parse(peer, &question->flow.family, &question->flow.peer),
				 0);
}

static void read_policies(struct netpol_set *set, const char *text)
{
	struct yaml_error error;

	if (netpol_read(set, "case.yaml", text, strlen(text), "default", &error))
		fail_msg("%u:%u: %s\n%s", error.line, error.column, error.message, text);
}

static void judge(const struct workloads *workloads, const struct evaluate_case *one)
{
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;
	struct evaluate_result result;
	struct question question;
	char verdict[64];
	char why[EVALUATE_WHY_SIZE];

	read_policies(&set, one->policies);
	read_flow(workloads, one->flow, &question);
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	/* The second round uses cached look-ups. */
	for (int turn = 0; turn < 2; turn++) {
		int error = question.raw
				    ? evaluator_judge_rewritten(evaluator, &question.flow, &result)
				    : evaluator_judge(evaluator, &question.flow, &result);
		assert_int_equal(error, 0);
		snprintf(verdict, sizeof(verdict), "%s %s",
			 evaluate_verdict_name((enum evaluate_verdict)result.verdict),
			 evaluate_reason_name((enum evaluate_reason)result.reason));
		if (strcmp(verdict, one->verdict) != 0)
			fail_msg("%s\n%s: %s, not %s", one->policies, one->flow, verdict,
				 one->verdict);
	}
	/* If a rule allows the flow, the result has the rule. If policies deny it, the result has
	 * the policies that select the pod. */
	assert_int_equal(result.rule != NULL, result.reason == EVALUATE_BY_RULE ||
						      result.reason == EVALUATE_SERVICE_BLOCK ||
						      result.reason == EVALUATE_PEER_LABELS);
	if (result.verdict == EVALUATE_DENIED)
		assert_int_not_equal(result.selecting_count, 0);
	assert_int_equal(evaluator_explain(evaluator, &question.flow, &result, why), 0);
	assert_true(why[0] != '\0');
	evaluator_free(evaluator);
	resolver_free(resolver);
	netpol_set_clear(&set);
}

static void judge_all(const struct evaluate_case *cases, size_t count)
{
	struct workloads *workloads = make_cluster();

	for (size_t i = 0; i < count; i++)
		judge(workloads, &cases[i]);
	workloads_free(workloads);
}

#define JUDGE(cases) judge_all(cases, sizeof(cases) / sizeof((cases)[0]))

/* --- which policies apply --- */

static void test_isolation(void **state)
{
	static const struct evaluate_case cases[] = {
		{NONE, "shop/front egress TCP 198.51.100.1 80", "allowed not-isolated"},
		{NONE, "shop/front ingress TCP 198.51.100.1 80", "allowed not-isolated"},
		/* A policy for another pod, or in another namespace. */
		{OF("cart", "ingress: []"), "shop/front ingress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{NAMED("p", "data", "", "ingress: []"), "shop/front ingress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{NAMED("p", "shop", "", "ingress: []"), "shop/front ingress TCP 198.51.100.1 80",
		 "denied no-rule"},
		/* Without policyTypes, a policy isolates ingress, and egress if it has egress
		 * rules. */
		{OF("front", "ingress: []"), "shop/front egress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{OF("front", "egress: []"), "shop/front egress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{OF("front", "egress: []"), "shop/front ingress TCP 198.51.100.1 80",
		 "denied no-rule"},
		{OF("front", "egress: [{}]"), "shop/front ingress TCP 198.51.100.1 80",
		 "denied no-rule"},
		{OF("front", "egress: [{ports: [{port: 1}]}]"),
		 "shop/front egress TCP 198.51.100.1 80", "denied no-rule"},
		{OF("front", "policyTypes: [Egress]"), "shop/front egress TCP 198.51.100.1 80",
		 "denied no-rule"},
		{OF("front", "policyTypes: [Egress]"), "shop/front ingress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{OF("front", "policyTypes: [Ingress]"), "shop/front ingress TCP 198.51.100.1 80",
		 "denied no-rule"},
		{OF("front", "policyTypes: [Ingress, Egress]"),
		 "shop/front egress TCP 198.51.100.1 80", "denied no-rule"},
		/* Rules of a direction that policyTypes does not name do nothing. */
		{OF("front", "policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]"),
		 "shop/front egress TCP 198.51.100.1 80", "allowed not-isolated"},
		{OF("front", "policyTypes: [Egress], ingress: [{}]"),
		 "shop/front egress TCP 198.51.100.1 80", "denied no-rule"},
		/* The rule {} allows all. An absent or empty list of peers or ports allows any. */
		{OF("front", "ingress: [{}]"), "shop/front ingress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		{OF("front", "ingress: [{from: [], ports: []}]"),
		 "shop/front ingress UDP 198.51.100.1 80", "allowed by-rule"},
		{OF("front", "policyTypes: [Egress], egress: [{to: []}]"),
		 "shop/front egress SCTP 198.51.100.1 80", "allowed by-rule"},
		{OF("front", "ingress: null"), "shop/front ingress TCP 198.51.100.1 80",
		 "denied no-rule"},
	};

	(void)state;
	JUDGE(cases);
}

static void test_pod_selectors(void **state)
{
#define SELECTS(selector)     NAMED("p", "shop", selector, "ingress: []")
#define IN_FRONT              "shop/front ingress TCP 198.51.100.1 80"
#define IN_DB                 "shop/db ingress TCP 198.51.100.1 80"
#define EXPRESSION(key, rest) "matchExpressions: [{key: " key ", operator: " rest "}]"
	static const struct evaluate_case cases[] = {
		{SELECTS("matchLabels: {app: front, tier: web}"), IN_FRONT, "denied no-rule"},
		{SELECTS("matchLabels: {app: front, tier: db}"), IN_FRONT, "allowed not-isolated"},
		{SELECTS("matchLabels: {tier: web}"), IN_DB, "allowed not-isolated"},
		/* An empty value matches only a pod that has the key. */
		{SELECTS("matchLabels: {role: ''}"), IN_DB, "denied no-rule"},
		{SELECTS("matchLabels: {role: ''}"), IN_FRONT, "allowed not-isolated"},
		{SELECTS(EXPRESSION("app", "In, values: [db, front]")), IN_FRONT, "denied no-rule"},
		{SELECTS(EXPRESSION("app", "In, values: [db]")), IN_FRONT, "allowed not-isolated"},
		{SELECTS(EXPRESSION("none", "In, values: ['']")), IN_FRONT, "allowed not-isolated"},
		{SELECTS(EXPRESSION("app", "NotIn, values: [db]")), IN_FRONT, "denied no-rule"},
		{SELECTS(EXPRESSION("app", "NotIn, values: [db, front]")), IN_FRONT,
		 "allowed not-isolated"},
		/* NotIn holds for pods without the key. */
		{SELECTS(EXPRESSION("none", "NotIn, values: [x]")), IN_FRONT, "denied no-rule"},
		{SELECTS(EXPRESSION("tier", "Exists")), IN_FRONT, "denied no-rule"},
		{SELECTS(EXPRESSION("tier", "Exists")), IN_DB, "allowed not-isolated"},
		{SELECTS(EXPRESSION("role", "Exists")), IN_DB, "denied no-rule"},
		{SELECTS(EXPRESSION("tier", "DoesNotExist")), IN_FRONT, "allowed not-isolated"},
		{SELECTS(EXPRESSION("tier", "DoesNotExist")), IN_DB, "denied no-rule"},
		/* A selector matches if all requirements hold. */
		{SELECTS("matchLabels: {app: front}, " EXPRESSION("tier", "DoesNotExist")),
		 IN_FRONT, "allowed not-isolated"},
		{SELECTS("matchExpressions: [{key: app, operator: Exists}, {key: tier, operator: "
			 "In, values: [db]}]"),
		 IN_FRONT, "allowed not-isolated"},
		{SELECTS("matchLabels: {}, matchExpressions: []"), IN_DB, "denied no-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- peers --- */

static void test_peer_selectors(void **state)
{
	static const struct evaluate_case cases[] = {
		/* podSelector alone selects pods of the policy's namespace. */
		{TO("front", "{podSelector: {matchLabels: {app: db}}}"),
		 "shop/front egress TCP 10.2.0.20 5432", "allowed by-rule"},
		{TO("front", "{podSelector: {matchLabels: {app: db}}}"),
		 "shop/front egress TCP 10.2.0.30 5432", "denied no-rule"},
		{TO("front", "{podSelector: {}}"), "shop/front egress TCP 10.2.0.20 1",
		 "allowed by-rule"},
		{TO("front", "{podSelector: {}}"), "shop/front egress TCP 10.2.0.30 1",
		 "denied no-rule"},
		{TO("front", "{podSelector: {}}"), "shop/front egress TCP 198.51.100.1 1",
		 "denied no-rule"},
		/* namespaceSelector alone selects all pods of the namespaces. */
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}}"),
		 "shop/front egress TCP 10.2.0.30 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}}"),
		 "shop/front egress TCP 10.2.0.20 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {}}"), "shop/front egress TCP 10.2.0.40 1",
		 "allowed by-rule"},
		{TO("front", "{namespaceSelector: {}}"), "shop/front egress TCP 198.51.100.1 1",
		 "denied no-rule"},
		/* Every namespace has its name as a label, even a namespace without a record. */
		{TO("front", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
			     "bare}}}"),
		 "shop/front egress TCP 10.2.0.40 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
			     "data}}}"),
		 "shop/front egress TCP 10.2.0.30 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
			     "data}}}"),
		 "shop/front egress TCP 10.2.0.40 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
			     "shop}}}"),
		 "shop/front egress TCP 10.2.0.50 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {matchExpressions: [{key: env, operator: "
			     "DoesNotExist}]}}"),
		 "shop/front egress TCP 10.2.0.30 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {matchExpressions: [{key: env, operator: "
			     "DoesNotExist}]}}"),
		 "shop/front egress TCP 10.2.0.20 1", "allowed by-rule"},
		/* Both selectors in one element mean AND. In two elements they mean OR. */
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}, podSelector: "
			     "{matchLabels: {app: lone}}}"),
		 "shop/front egress TCP 10.2.0.30 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}, podSelector: "
			     "{matchLabels: {app: db}}}"),
		 "shop/front egress TCP 10.2.0.30 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}, podSelector: "
			     "{matchLabels: {app: db}}}"),
		 "shop/front egress TCP 10.2.0.20 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}}, {podSelector: "
			     "{matchLabels: {app: cart}}}"),
		 "shop/front egress TCP 10.2.0.30 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {matchLabels: {team: red}}}, {podSelector: "
			     "{matchLabels: {app: cart}}}"),
		 "shop/front egress TCP 10.1.0.11 1", "allowed by-rule"},
		{TO("front", "{namespaceSelector: {}, podSelector: {}}"),
		 "shop/front egress TCP 10.2.0.40 1", "allowed by-rule"},
		/* null means absent. */
		{TO("front", "{namespaceSelector: null, podSelector: {}}"),
		 "shop/front egress TCP 10.2.0.30 1", "denied no-rule"},
		{TO("front", "{namespaceSelector: {}, podSelector: null}"),
		 "shop/front egress TCP 10.2.0.30 1", "allowed by-rule"},
		/* A pod that has ended has no address any more. */
		{FROM("cart", "{podSelector: {matchLabels: {app: front}}}"),
		 "shop/cart ingress TCP 10.1.0.99 8080", "denied no-rule"},
		{FROM("cart", "{podSelector: {matchLabels: {app: front}}}"),
		 "shop/cart ingress TCP 10.1.0.10 8080", "allowed by-rule"},
		/* A pod is matched by any of its addresses. */
		{TO("front", "{podSelector: {matchLabels: {app: cart}}}"),
		 "shop/front egress TCP 2001:db8:1::11 8080", "allowed by-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* The API server labels every namespace with its name. The other labels of "bare" are not known. */
static void test_unknown_namespaces(void **state)
{
#define FROM_LONE         "shop/front ingress TCP 10.2.0.40 80"
#define FROM_SPACE(which) FROM("front", "{namespaceSelector: {" which "}}")
#define NAME              "kubernetes.io/metadata.name"
	static const struct evaluate_case cases[] = {
		{FROM_SPACE("matchLabels: {team: green}"), FROM_LONE, "depends peer-labels"},
		{FROM_SPACE(EXPRESSION("team", "NotIn, values: [green]")), FROM_LONE,
		 "depends peer-labels"},
		{FROM_SPACE(EXPRESSION("team", "DoesNotExist")), FROM_LONE, "depends peer-labels"},
		{FROM_SPACE(""), FROM_LONE, "allowed by-rule"},
		{FROM_SPACE("matchLabels: {" NAME ": bare}"), FROM_LONE, "allowed by-rule"},
		{FROM_SPACE("matchLabels: {" NAME ": data}"), FROM_LONE, "denied no-rule"},
		{FROM_SPACE("matchLabels: {" NAME ": data, team: green}"), FROM_LONE,
		 "denied no-rule"},
		{FROM_SPACE("matchLabels: {" NAME ": bare, team: green}"), FROM_LONE,
		 "depends peer-labels"},
		{FROM_SPACE(EXPRESSION(NAME, "NotIn, values: [bare]")), FROM_LONE,
		 "denied no-rule"},
		{FROM_SPACE(EXPRESSION(NAME, "In, values: [bare, x]")), FROM_LONE,
		 "allowed by-rule"},
		/* The pod's own labels and the port are known, and do not match. */
		{FROM("front", "{podSelector: {matchLabels: {app: x}}, namespaceSelector: "
			       "{matchLabels: {team: green}}}"),
		 FROM_LONE, "denied no-rule"},
		{OF("front",
		    "ingress: [{from: [{namespaceSelector: {matchLabels: {team: green}}}], "
		    "ports: [{port: 81}]}]"),
		 FROM_LONE, "denied no-rule"},
		/* All labels of "data" are known. */
		{FROM_SPACE("matchLabels: {team: green}"), "shop/front ingress TCP 10.2.0.30 80",
		 "denied no-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* The API does not define whether policies apply to multicast, broadcast and IPv6 link-local
 * addresses, and plugins differ. */
static void test_not_unicast(void **state)
{
	static const struct evaluate_case cases[] = {
		{OF("front", "policyTypes: [Egress]"), "shop/front egress UDP 224.0.0.251 5353",
		 "depends not-unicast"},
		{OF("front", "policyTypes: [Egress]"), "shop/front egress UDP ff02::fb 5353",
		 "depends not-unicast"},
		{OF("front", "policyTypes: [Egress]"), "shop/front egress UDP 255.255.255.255 67",
		 "depends not-unicast"},
		{OF("front", "ingress: []"), "shop/front ingress TCP fe80::1 80",
		 "depends not-unicast"},
		{OF("front", "policyTypes: [Egress]"), "shop/front egress TCP 169.254.169.254 80",
		 "denied no-rule"},
		{TO("front", BLOCK("224.0.0.0/4")), "shop/front egress UDP 224.0.0.251 5353",
		 "allowed by-rule"},
		{NONE, "shop/front egress UDP 224.0.0.251 5353", "allowed not-isolated"},
	};

	(void)state;
	JUDGE(cases);
}

static void test_blocks(void **state)
{
#define EXCEPT(cidr, except) "{ipBlock: {cidr: '" cidr "', except: [" except "]}}"
	static const struct evaluate_case cases[] = {
		{TO("front", BLOCK("198.51.100.0/24")), "shop/front egress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		{TO("front", BLOCK("198.51.100.0/24")), "shop/front egress TCP 198.51.101.1 80",
		 "denied no-rule"},
		{TO("front", BLOCK("198.51.100.1/32")), "shop/front egress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		{TO("front", BLOCK("198.51.100.1/32")), "shop/front egress TCP 198.51.100.0 80",
		 "denied no-rule"},
		{TO("front", BLOCK("198.51.100.4/30")), "shop/front egress TCP 198.51.100.7 80",
		 "allowed by-rule"},
		{TO("front", BLOCK("198.51.100.4/30")), "shop/front egress TCP 198.51.100.8 80",
		 "denied no-rule"},
		{TO("front", BLOCK("0.0.0.0/0")), "shop/front egress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		/* IPv4 and IPv6 never match each other. */
		{TO("front", BLOCK("0.0.0.0/0")), "shop/front egress TCP 2001:db8::1 80",
		 "denied no-rule"},
		{TO("front", BLOCK("::/0")), "shop/front egress TCP 198.51.100.1 80",
		 "denied no-rule"},
		{TO("front", BLOCK("::/0")), "shop/front egress TCP 2001:db8::1 80",
		 "allowed by-rule"},
		{TO("front", BLOCK("2001:db8::/33")), "shop/front egress TCP 2001:db8:8000::1 80",
		 "denied no-rule"},
		{TO("front", BLOCK("2001:db8::/33")), "shop/front egress TCP 2001:db8:7fff::1 80",
		 "allowed by-rule"},
		{TO("front", BLOCK("2001:db8::1/128")), "shop/front egress TCP 2001:db8::2 80",
		 "denied no-rule"},
		/* Host bits are cleared, as the API's parser does. */
		{TO("front", BLOCK("198.51.100.77/24")), "shop/front egress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		{TO("front", EXCEPT("198.51.100.0/24", "198.51.100.0/25")),
		 "shop/front egress TCP 198.51.100.127 80", "denied no-rule"},
		{TO("front", EXCEPT("198.51.100.0/24", "198.51.100.0/25")),
		 "shop/front egress TCP 198.51.100.128 80", "allowed by-rule"},
		{TO("front", EXCEPT("198.51.100.0/24", "198.51.100.1/32, 198.51.100.9/32")),
		 "shop/front egress TCP 198.51.100.9 80", "denied no-rule"},
		/* One peer may allow an address that another peer excepts. */
		{TO("front",
		    EXCEPT("198.51.100.0/24", "198.51.100.0/25") ", " BLOCK("198.51.100.9/32")),
		 "shop/front egress TCP 198.51.100.9 80", "allowed by-rule"},
		{FROM("front", BLOCK("203.0.113.0/24")), "shop/front ingress TCP 203.0.113.9 80",
		 "allowed by-rule"},
		{FROM("front", BLOCK("203.0.113.0/24")), "shop/front egress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		/* Plugins differ about a block that contains the address of a pod or Service. */
		{TO("front", BLOCK("10.2.0.20/32")), "shop/front egress TCP 10.2.0.20 5432",
		 "depends by-rule"},
		{TO("front", BLOCK("10.96.0.1/32")), "raw shop/front egress TCP 10.96.0.1 3306",
		 "depends by-rule"},
		{TO("front", BLOCK("203.0.113.50/32")), "raw shop/front egress TCP 203.0.113.50 80",
		 "depends by-rule"},
		{TO("front", BLOCK("10.2.0.20/32") ", {podSelector: {}}"),
		 "shop/front egress TCP 10.2.0.20 5432", "allowed by-rule"},
		{TO("front", EXCEPT("10.0.0.0/8", "10.2.0.0/16")),
		 "shop/front egress TCP 10.2.0.20 5432", "denied no-rule"},
		/* A host-network pod has its node's address. A block matches that address. Whether
		 * a selector matches the pod depends on the plugin. */
		{TO("front", BLOCK("192.0.2.2/32")), "shop/front egress TCP 192.0.2.2 9100",
		 "allowed by-rule"},
		{TO("front", "{namespaceSelector: {}, podSelector: {matchLabels: {app: agent}}}"),
		 "shop/front egress TCP 192.0.2.2 9100", "depends by-rule"},
		{TO("front", "{namespaceSelector: {}, podSelector: {matchLabels: {app: proxy}}}"),
		 "shop/front egress TCP 192.0.2.2 9100", "depends by-rule"},
		{TO("front", "{namespaceSelector: {}, podSelector: {matchLabels: {app: lone}}}"),
		 "shop/front egress TCP 192.0.2.2 9100", "denied no-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- ports --- */

static void test_ports(void **state)
{
	static const struct evaluate_case cases[] = {
		{PORTS_IN("front", "{port: 80}"), "shop/front ingress TCP 198.51.100.1 80",
		 "allowed by-rule"},
		{PORTS_IN("front", "{port: 80}"), "shop/front ingress TCP 198.51.100.1 81",
		 "denied no-rule"},
		/* The default protocol is TCP. */
		{PORTS_IN("front", "{port: 80}"), "shop/front ingress UDP 198.51.100.1 80",
		 "denied no-rule"},
		{PORTS_IN("front", "{port: 80}"), "shop/front ingress SCTP 198.51.100.1 80",
		 "denied no-rule"},
		{PORTS_IN("front", "{port: 53, protocol: UDP}"),
		 "shop/front ingress UDP 198.51.100.1 53", "allowed by-rule"},
		{PORTS_IN("front", "{port: 53, protocol: UDP}"),
		 "shop/front ingress TCP 198.51.100.1 53", "denied no-rule"},
		{PORTS_IN("front", "{port: 53, protocol: SCTP}"),
		 "shop/front ingress SCTP 198.51.100.1 53", "allowed by-rule"},
		/* Without a port, all ports of the protocol match. */
		{PORTS_IN("front", "{protocol: UDP}"), "shop/front ingress UDP 198.51.100.1 9",
		 "allowed by-rule"},
		{PORTS_IN("front", "{protocol: UDP}"), "shop/front ingress TCP 198.51.100.1 9",
		 "denied no-rule"},
		{PORTS_IN("front", "{}"), "shop/front ingress TCP 198.51.100.1 9",
		 "allowed by-rule"},
		{PORTS_IN("front", "{}"), "shop/front ingress UDP 198.51.100.1 9",
		 "denied no-rule"},
		/* A range includes both ends. */
		{PORTS_IN("front", "{port: 8000, endPort: 8010}"),
		 "shop/front ingress TCP 198.51.100.1 7999", "denied no-rule"},
		{PORTS_IN("front", "{port: 8000, endPort: 8010}"),
		 "shop/front ingress TCP 198.51.100.1 8000", "allowed by-rule"},
		{PORTS_IN("front", "{port: 8000, endPort: 8010}"),
		 "shop/front ingress TCP 198.51.100.1 8010", "allowed by-rule"},
		{PORTS_IN("front", "{port: 8000, endPort: 8010}"),
		 "shop/front ingress TCP 198.51.100.1 8011", "denied no-rule"},
		{PORTS_IN("front", "{port: 1, endPort: 65535}"),
		 "shop/front ingress TCP 198.51.100.1 65535", "allowed by-rule"},
		{PORTS_IN("front", "{port: 8000, endPort: 8000}"),
		 "shop/front ingress TCP 198.51.100.1 8000", "allowed by-rule"},
		{PORTS_IN("front", "{port: 80}, {port: 443}"),
		 "shop/front ingress TCP 198.51.100.1 443", "allowed by-rule"},
		/*
		 * A port name is looked up in the destination pod, among the ports of the protocol.
		 */
		{PORTS_IN("cart", "{port: http}"), "shop/cart ingress TCP 198.51.100.1 8080",
		 "allowed by-rule"},
		{PORTS_IN("cart", "{port: http}"), "shop/cart ingress TCP 198.51.100.1 8443",
		 "denied no-rule"},
		{PORTS_IN("cart", "{port: http, protocol: UDP}"),
		 "shop/cart ingress UDP 198.51.100.1 8443", "allowed by-rule"},
		{PORTS_IN("cart", "{port: http, protocol: UDP}"),
		 "shop/cart ingress UDP 198.51.100.1 8080", "denied no-rule"},
		{PORTS_IN("cart", "{port: none}"), "shop/cart ingress TCP 198.51.100.1 8080",
		 "denied no-rule"},
		{PORTS_OUT("front", "{port: sql}"), "shop/front egress TCP 10.2.0.20 5432",
		 "allowed by-rule"},
		{PORTS_OUT("front", "{port: sql}"), "shop/front egress TCP 10.2.0.20 5433",
		 "denied no-rule"},
		{PORTS_OUT("front", "{port: sql}"), "shop/front egress TCP 10.2.0.30 5432",
		 "denied no-rule"},
		{PORTS_OUT("front", "{port: sql}"), "shop/front egress TCP 198.51.100.1 5432",
		 "denied no-rule"},
		{PORTS_OUT("front", "{port: http}"), "shop/front egress TCP 10.1.0.11 8080",
		 "allowed by-rule"},
		{PORTS_OUT("front", "{port: diameter, protocol: SCTP}"),
		 "shop/front egress SCTP 10.2.0.20 3868", "allowed by-rule"},
		{PORTS_OUT("front", "{port: diameter}"), "shop/front egress SCTP 10.2.0.20 3868",
		 "denied no-rule"},
		/* For a port name of a host-network pod the result depends on the plugin. */
		{PORTS_OUT("front", "{port: stats}"), "shop/front egress TCP 192.0.2.2 9100",
		 "depends by-rule"},
		{PORTS_OUT("front", "{port: stats}"), "shop/front egress TCP 192.0.2.2 9101",
		 "denied no-rule"},
		/* Peer and port must match in the same rule. */
		{OF("front", "ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: "
			     "[{port: 80}]}, {from: [{podSelector: {matchLabels: {app: db}}}], "
			     "ports: [{port: 81}]}]"),
		 "shop/front ingress TCP 10.1.0.11 81", "denied no-rule"},
		{OF("front", "ingress: [{from: [{podSelector: {matchLabels: {app: cart}}}], ports: "
			     "[{port: 80}]}, {from: [{podSelector: {matchLabels: {app: db}}}], "
			     "ports: [{port: 81}]}]"),
		 "shop/front ingress TCP 10.2.0.20 81", "allowed by-rule"},
		/* An unknown port matches no port number. */
		{PORTS_IN("front", "{port: 80}"), "shop/front ingress TCP 198.51.100.1 0",
		 "unknown no-peer"},
		{PORTS_IN("front", "{}"), "shop/front ingress TCP 198.51.100.1 0",
		 "allowed by-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- several policies --- */

static void test_union(void **state)
{
#define A NAMED("a", "shop", "matchLabels: {app: front}", "ingress: [{ports: [{port: 80}]}]")
#define B NAMED("b", "shop", "", "ingress: [{ports: [{port: 81}]}]")
#define C NAMED("c", "shop", "matchLabels: {app: cart}", "ingress: [{}]")
#define D NAMED("d", "shop", "", "policyTypes: [Ingress, Egress]")
	static const struct evaluate_case cases[] = {
		{A B, "shop/front ingress TCP 198.51.100.1 80", "allowed by-rule"},
		{A B, "shop/front ingress TCP 198.51.100.1 81", "allowed by-rule"},
		{A B, "shop/front ingress TCP 198.51.100.1 82", "denied no-rule"},
		{A B, "shop/cart ingress TCP 198.51.100.1 80", "denied no-rule"},
		{A B C, "shop/front ingress TCP 198.51.100.1 82", "denied no-rule"},
		{A B C, "shop/cart ingress TCP 198.51.100.1 82", "allowed by-rule"},
		{A D, "shop/front ingress TCP 198.51.100.1 80", "allowed by-rule"},
		{D A, "shop/front ingress TCP 198.51.100.1 80", "allowed by-rule"},
		{A D, "shop/front egress TCP 198.51.100.1 80", "denied no-rule"},
		{C D, "data/store egress TCP 198.51.100.1 80", "allowed not-isolated"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- traffic that is always allowed --- */

#define CLOSED(namespace) NAMED("closed", namespace, "", "policyTypes: [Ingress, Egress]")

static void test_always(void **state)
{
	static const struct evaluate_case cases[] = {
		{CLOSED("shop"), "shop/front egress TCP 127.0.0.1 80", "allowed loopback"},
		{CLOSED("shop"), "shop/front ingress TCP 127.9.9.9 80", "allowed loopback"},
		{CLOSED("shop"), "shop/front egress TCP ::1 80", "allowed loopback"},
		{CLOSED("shop"), "shop/front egress TCP 10.1.0.10 80", "allowed self"},
		{CLOSED("shop"), "shop/cart egress TCP 2001:db8:1::11 80", "allowed self"},
		/* Ingress from the pod's own node is always allowed; egress to it needs a rule. */
		{CLOSED("shop"), "shop/front ingress TCP 192.0.2.1 80", "allowed own-node"},
		{CLOSED("shop"), "shop/front ingress TCP 10.1.0.1 80", "allowed own-node"},
		{CLOSED("shop"), "shop/front ingress TCP 172.17.0.1 80", "allowed own-node"},
		{CLOSED("shop"), "shop/db ingress TCP 172.17.0.1 80", "allowed own-node"},
		{CLOSED("shop"), "shop/front egress TCP 192.0.2.1 80", "denied no-rule"},
		{CLOSED("shop"), "shop/front egress TCP 10.1.0.1 80", "denied no-rule"},
		{CLOSED("shop"), "shop/front ingress TCP 192.0.2.2 80", "denied no-rule"},
		{CLOSED("shop"), "shop/front ingress TCP 10.2.0.1 80", "denied no-rule"},
		{CLOSED("data"), "data/agent-1 egress TCP 198.51.100.1 80", "allowed host-network"},
		{CLOSED("data"), "data/agent-1 ingress TCP 198.51.100.1 80",
		 "allowed host-network"},
		/* NetworkPolicy does not define protocols other than TCP, UDP and SCTP. */
		{CLOSED("shop"), "shop/front egress ICMP 198.51.100.1 0", "depends protocol"},
		{TO("front", "{podSelector: {}}"), "shop/front egress ICMP 198.51.100.1 0",
		 "depends protocol"},
		{PORTS_OUT("front", "{}"), "shop/front egress ICMP 198.51.100.1 0",
		 "depends protocol"},
		{OF("front", "policyTypes: [Egress], egress: [{}]"),
		 "shop/front egress ICMP 198.51.100.1 0", "allowed by-rule"},
		{CLOSED("data"), "shop/front egress ICMP 198.51.100.1 0", "allowed not-isolated"},
		/* Unknown labels and addresses. */
		{CLOSED("shop"), "shop/stranger egress TCP 198.51.100.1 80", "unknown no-labels"},
		{CLOSED("data"), "shop/stranger egress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{FROM("front", "{podSelector: {}}"), "shop/stranger egress TCP 198.51.100.1 80",
		 "allowed not-isolated"},
		{CLOSED("shop"), "shop/front egress TCP - 80", "unknown no-peer"},
		{OF("front", "policyTypes: [Egress], egress: [{}]"), "shop/front egress TCP - 80",
		 "allowed by-rule"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- Services --- */

static void test_services(void **state)
{
#define TO_PORT(peer, port)                                                                       \
	OF("front", "policyTypes: [Egress], egress: [{to: [" peer "], ports: [{port: " port "}]}" \
		    "]")
#define APP(app) "{podSelector: {matchLabels: {app: " app "}}}"
	static const struct evaluate_case cases[] = {
		/* Rules apply to the pod's port, not to the Service's port. A port name is looked
		 * up in the pod. */
		{TO_PORT(APP("db"), "5432"), "shop/front egress TCP 10.96.0.1 3306",
		 "allowed by-rule"},
		{TO_PORT(APP("db"), "sql"), "shop/front egress TCP 10.96.0.1 3306",
		 "allowed by-rule"},
		{TO_PORT(APP("db"), "3306"), "shop/front egress TCP 10.96.0.1 3306",
		 "denied no-rule"},
		{TO_PORT(BLOCK("10.96.0.1/32"), "3306"), "shop/front egress TCP 10.96.0.1 3306",
		 "depends service-block"},
		/* A plugin that judges before the address is rewritten sees the Service's port. */
		{TO_PORT(BLOCK("10.96.0.0/16"), "5432"), "shop/front egress TCP 10.96.0.1 3306",
		 "denied no-rule"},
		{TO_PORT(BLOCK("10.96.0.7/32"), "443"), "shop/front egress TCP 10.96.0.7 443",
		 "depends service-block"},
		{TO_PORT(BLOCK("10.2.0.20/32"), "5432"), "shop/front egress TCP 10.96.0.1 3306",
		 "depends by-rule"},
		{CLOSED("data"), "shop/front egress TCP 10.96.0.1 3306", "allowed not-isolated"},
		/* For a port that the Service lacks, the address is not rewritten. */
		{TO_PORT(APP("db"), "5432"), "shop/front egress TCP 10.96.0.1 9999",
		 "denied no-rule"},
		{TO_PORT(APP("db"), "5432"), "shop/front egress UDP 10.96.0.1 3306",
		 "denied no-rule"},
		/* All pods behind the Service must be allowed, each on its own port. */
		{TO_PORT(APP("mix"), "http"), "shop/front egress TCP 10.96.0.2 80",
		 "allowed by-rule"},
		{TO_PORT(APP("mix"), "8080"), "shop/front egress TCP 10.96.0.2 80",
		 "denied no-rule"},
		{TO_PORT("{podSelector: {matchLabels: {track: stable}}}", "http"),
		 "shop/front egress TCP 10.96.0.2 80", "denied no-rule"},
		{TO_PORT(APP("mix"), "8080}, {port: 9090"), "shop/front egress TCP 10.96.0.2 80",
		 "allowed by-rule"},
		{TO_PORT(APP("mix"), "http"), "shop/front egress TCP 203.0.113.50 80",
		 "allowed by-rule"},
		{TO_PORT(APP("mix"), "http"), "raw shop/front egress TCP 10.96.0.2 80",
		 "denied no-rule"},
		/* Endpoints of a Service without a selector. */
		{TO_PORT(BLOCK("198.51.100.7/32"), "8443"), "shop/front egress TCP 10.96.0.3 443",
		 "allowed by-rule"},
		{TO_PORT(BLOCK("198.51.100.7/32"), "443"), "shop/front egress TCP 10.96.0.3 443",
		 "denied no-rule"},
		{TO_PORT(BLOCK("192.0.2.2/32"), "6443"), "shop/front egress TCP 10.96.0.4 443",
		 "allowed by-rule"},
		{TO_PORT(APP("db"), "5432"), "shop/front egress TCP 10.96.0.7 443",
		 "unknown no-backend"},
		{CLOSED("data"), "shop/front egress TCP 10.96.0.7 443", "allowed not-isolated"},
		/* Pods without a record are assumed to have the labels of the Service's
		 * selector. */
		{TO_PORT(APP("ghost"), "8080"), "shop/front egress TCP 10.96.0.5 80",
		 "allowed by-rule"},
		{TO_PORT(APP("ghost"), "80"), "shop/front egress TCP 10.96.0.5 80",
		 "denied no-rule"},
		{TO_PORT(APP("other"), "8080"), "shop/front egress TCP 10.96.0.5 80",
		 "denied no-rule"},
		{TO_PORT(APP("ghost"), "http"), "shop/front egress TCP 10.96.0.6 80",
		 "allowed by-rule"},
		{TO_PORT(APP("ghost"), "8080"), "shop/front egress TCP 10.96.0.6 80",
		 "unknown no-peer"},
		{TO_PORT(APP("nobody"), "80"), "shop/front egress TCP 10.96.0.9 80",
		 "allowed by-rule"},
		/* A pod connects to itself through its Service. */
		{NONE, "shop/front egress TCP 10.96.0.8 80", "allowed self"},
		/* Another pod is behind this Service, too. */
		{NONE, "shop/mix-canary egress TCP 10.96.0.2 80", "allowed not-isolated"},
		{NONE, "shop/mix-stable egress TCP 10.96.0.2 80", "allowed not-isolated"},
		{CLOSED("shop"), "shop/front egress TCP 10.96.0.8 80", "depends self-service"},
		{TO_PORT(APP("front"), "80"), "shop/front egress TCP 10.96.0.8 80",
		 "allowed by-rule"},
		{TO_PORT(APP("cart"), "8080"), "shop/front egress TCP 2001:db8:96::1 80",
		 "allowed by-rule"},
		{TO_PORT(BLOCK("2001:db8:1::11/128"), "8080"),
		 "shop/front egress TCP 2001:db8:96::1 80", "depends by-rule"},
		/* For a flow to a node port, the pod's own node may replace the destination with a
		 * pod of the Service before policies judge the flow. If the node port is on another
		 * node, policies see that node's address. */
		{TO_PORT(APP("db"), "5432}, {port: 30080"), "shop/front egress TCP 192.0.2.1 30080",
		 "depends by-rule"},
		{OF("front", "policyTypes: [Egress], egress: [{to: [" APP(
				     "db") "], ports: [{port: "
					   "5432}]}, {to: [" BLOCK(
						   "192.0.2.1/32") "], ports: [{port: 30080}]}]"),
		 "shop/front egress TCP 192.0.2.1 30080", "allowed by-rule"},
		{TO_PORT(BLOCK("192.0.2.1/32"), "30080"), "shop/front egress TCP 192.0.2.1 30080",
		 "depends by-rule"},
		{TO_PORT(BLOCK("192.0.2.1/32"), "5432"), "shop/front egress TCP 192.0.2.1 30080",
		 "denied no-rule"},
		{TO_PORT(APP("db"), "5432"), "shop/front egress TCP 192.0.2.2 30080",
		 "denied no-rule"},
		{TO_PORT(APP("db"), "5432"), "shop/front egress UDP 192.0.2.1 30080",
		 "denied no-rule"},
		{TO_PORT(APP("db"), "5432"), "shop/front egress TCP 10.1.0.1 30080",
		 "depends by-rule"},
		/* No flow has a Service's address as its source. */
		{FROM("front", APP("db")), "shop/front ingress TCP 10.96.0.1 3306",
		 "denied no-rule"},
		{CLOSED("data"), "data/agent-1 egress TCP 10.96.0.1 3306", "allowed host-network"},
	};

	(void)state;
	JUDGE(cases);
}

/* --- explanations in words --- */

static void explain(const struct workloads *workloads, const struct evaluate_case *one)
{
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;
	struct evaluate_result result;
	struct question question;
	char why[EVALUATE_WHY_SIZE];

	read_policies(&set, one->policies);
	read_flow(workloads, one->flow, &question);
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	assert_int_equal(evaluator_judge(evaluator, &question.flow, &result), 0);
	assert_int_equal(evaluator_explain(evaluator, &question.flow, &result, why), 0);
	assert_string_equal(why, one->verdict);
	evaluator_free(evaluator);
	resolver_free(resolver);
	netpol_set_clear(&set);
}

static void test_words(void **state)
{
	static const struct evaluate_case cases[] = {
		{PORTS_IN("db", "{port: 5432}"), "shop/db ingress TCP 10.1.0.10 6379",
		 "no rule of NetworkPolicy shop/p allows TCP 6379 from shop/front; rule 1 "
		 "(case.yaml:1) allows TCP 5432 only"},
		{FROM("db", APP("cart")), "shop/db ingress TCP 10.1.0.10 6379",
		 "no rule of NetworkPolicy shop/p allows TCP 6379 from shop/front"},
		{OF("db",
		    "ingress: [{from: [" APP(
			    "cart") "], ports: [{port: 5432}, {port: 1, "
				    "endPort: 9, protocol: UDP}, {port: sql}, {protocol: SCTP}]}]"),
		 "shop/db ingress TCP 10.1.0.10 5432",
		 "no rule of NetworkPolicy shop/p allows TCP 5432 from shop/front; rule 1 "
		 "(case.yaml:1) allows TCP 5432, UDP 1-9, TCP sql, SCTP from others"},
		{OF("db", "ingress: []"), "shop/db ingress TCP 10.1.0.10 6379",
		 "NetworkPolicy shop/p allows no ingress at all"},
		{D NAMED("e", "shop", "", "policyTypes: [Egress]"),
		 "shop/db egress TCP 198.51.100.1 80",
		 "NetworkPolicies shop/d, shop/e allow no egress at all"},
		{A B NAMED("f", "shop", "", "") NAMED("g", "shop", "", "")
			 NAMED("h", "shop", "", ""),
		 "shop/front ingress TCP 192.0.2.2 82",
		 "no rule of NetworkPolicies shop/a, shop/b, shop/f and 2 more allows TCP 82 from "
		 "n2 (node); rule 1 (case.yaml:1) allows TCP 80 only"},
		{TO_PORT(APP("db"), "3306"), "shop/front egress TCP 10.96.0.1 3306",
		 "no rule of NetworkPolicy shop/p allows TCP 5432 to shop/db (behind the Service "
		 "shop/sql); rule 1 (case.yaml:1) allows 3306, the Service's port: policies see "
		 "the port of the pods"},
		{TO_PORT(BLOCK("10.96.0.1/32"), "3306"), "shop/front egress TCP 10.96.0.1 3306",
		 "allowed by NetworkPolicy shop/p, rule 1 (case.yaml:1) as a block with the "
		 "Service's address; it depends on the network plugin: most judge the address of "
		 "the pods"},
		{TO_PORT(BLOCK("10.96.0.1/32"), "5432"), "shop/front egress TCP 10.96.0.1 3306",
		 "no rule of NetworkPolicy shop/p allows TCP 5432 to shop/db (behind the Service "
		 "shop/sql); rule 1 (case.yaml:1) names the Service's address: policies see the "
		 "pods behind it"},
		{TO_PORT(APP("mix"), "8080"), "shop/front egress TCP 10.96.0.2 80",
		 "no rule of NetworkPolicy shop/p allows TCP 9090 to shop/mix-canary (behind the "
		 "Service shop/mix); rule 1 (case.yaml:1) allows TCP 8080 only"},
		{TO_PORT(APP("other"), "8080"), "shop/front egress TCP 10.96.0.5 80",
		 "no rule of NetworkPolicy shop/p allows TCP 8080 to its pods (behind the Service "
		 "shop/ghost); rule 1 (case.yaml:1) allows TCP 8080 to others"},
		{A B, "shop/front ingress TCP 198.51.100.1 81",
		 "allowed by NetworkPolicy shop/b, rule 1 (case.yaml:3)"},
		{A B, "shop/front egress TCP 198.51.100.1 81",
		 "no NetworkPolicy selects it for egress"},
	};
	struct workloads *workloads = make_cluster();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		explain(workloads, &cases[i]);
	workloads_free(workloads);
}

/* --- other parts of a result, and changes of identities --- */

static void apply(struct workloads *workloads, const char *line)
{
	struct record record = {0};
	struct record_json_error error;

	assert_int_equal(record_json_read(line, strlen(line), &record, &error), 0);
	assert_int_equal(workloads_apply(workloads, &record), 0);
}

static void test_result(void **state)
{
	struct workloads *workloads = make_cluster();
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;
	struct evaluate_result result;
	struct question question;

	(void)state;
	read_policies(&set, D B A C);
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	read_flow(workloads, "shop/front ingress TCP 198.51.100.1 81", &question);
	assert_int_equal(evaluator_judge(evaluator, &question.flow, &result), 0);
	assert_string_equal(result.policy->name, "b");
	assert_ptr_equal(result.rule, result.policy->rules[NETPOL_INGRESS].items);
	assert_int_equal(result.rule->line, 3);
	/* The policies are sorted by name, not by their order in the text. */
	assert_int_equal(result.selecting_count, 3);
	assert_string_equal(result.selecting[0]->name, "a");
	assert_string_equal(result.selecting[1]->name, "b");
	assert_string_equal(result.selecting[2]->name, "d");
	assert_null(result.backend);
	read_flow(workloads, "shop/front egress TCP 10.96.0.2 80", &question);
	assert_int_equal(evaluator_judge(evaluator, &question.flow, &result), 0);
	assert_int_equal(result.verdict, EVALUATE_DENIED);
	assert_non_null(result.backend);
	/* The backend is the first by name, not the first in the order of the records. */
	assert_int_equal(result.backend->port, 9090);
	assert_string_equal(result.backend->pod->name, "mix-canary");
	evaluator_free(evaluator);
	resolver_free(resolver);
	netpol_set_clear(&set);
	workloads_free(workloads);
}

static uint8_t verdict_of(struct evaluator *evaluator, const struct evaluate_flow *flow)
{
	struct evaluate_result result;

	assert_int_equal(evaluator_judge(evaluator, flow, &result), 0);
	return result.verdict;
}

static void test_identities_change(void **state)
{
	struct workloads *workloads = make_cluster();
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;
	struct question from_lone;
	struct question to_ghost;

	(void)state;
	read_policies(&set, FROM("front", "{namespaceSelector: {matchLabels: {team: green}}}")
				    NAMED("q", "shop", "matchLabels: {app: cart}",
					  "policyTypes: [Egress], egress: [{to: [" APP(
						  "ghost") "], ports: [{port: 8080}]}]"));
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	read_flow(workloads, "shop/front ingress TCP 10.2.0.40 80", &from_lone);
	read_flow(workloads, "shop/cart egress TCP 10.96.0.5 80", &to_ghost);
	/* The labels of the peer's namespace are not known. */
	assert_int_equal(verdict_of(evaluator, &from_lone.flow), EVALUATE_DEPENDS);
	assert_int_equal(verdict_of(evaluator, &to_ghost.flow), EVALUATE_ALLOWED);

	/* The peer's namespace gets a label and loses it. Then the subject gets other labels. */
	apply(workloads, NAMESPACE("bare", "\"team\":\"green\""));
	assert_int_equal(verdict_of(evaluator, &from_lone.flow), EVALUATE_ALLOWED);
	apply(workloads, NAMESPACE("bare", ""));
	assert_int_equal(verdict_of(evaluator, &from_lone.flow), EVALUATE_DENIED);
	apply(workloads, POD("shop", "front", "n1", "\"10.1.0.10\"", "\"app\":\"back\"", ""));
	assert_int_equal(verdict_of(evaluator, &from_lone.flow), EVALUATE_ALLOWED);

	/* The Service changes to a port on which no pod listens; then the Service is deleted. */
	apply(workloads,
	      "{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"ghost\","
	      "\"cluster_ips\":[\"10.96.0.5\"],\"selector\":{\"app\":\"ghost\"},\"ports\":[{"
	      "\"port\":80,\"target_port\":9999}]}");
	assert_int_equal(verdict_of(evaluator, &to_ghost.flow), EVALUATE_DENIED);
	apply(workloads, "{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"ghost\","
			 "\"cluster_ips\":[\"10.96.0.5\"],\"deleted\":true}");
	assert_int_equal(verdict_of(evaluator, &to_ghost.flow), EVALUATE_DENIED);
	evaluator_free(evaluator);
	resolver_free(resolver);
	netpol_set_clear(&set);
	workloads_free(workloads);
}

/* Compares the first far end with "NAMESPACE/POD DIRECTION PEER PORT", or "none". */
static void far_end(struct evaluator *evaluator, const struct workloads *workloads,
		    const char *text, const char *wanted)
{
	const struct evaluate_flow *ends = NULL;
	struct question question;
	size_t count;
	char got[128] = "none";
	char address[ADDRESS_TEXT_SIZE];

	read_flow(workloads, text, &question);
	assert_int_equal(evaluator_far_ends(evaluator, &question.flow, &ends, &count), 0);
	if (count > 0) {
		address_format(ends->family, &ends->peer, address);
		snprintf(got, sizeof(got), "%s/%s %s %s %u", ends->namespace_name,
			 ends->subject->name,
			 ends->direction == FLOW_INGRESS ? "ingress" : "egress", address,
			 ends->port);
		assert_int_equal(ends->protocol, question.flow.protocol);
	}
	assert_string_equal(got, wanted);
}

static void test_far_ends(void **state)
{
	static const struct {
		const char *flow;
		const char *far;
	} cases[] = {
		{"shop/front egress TCP 10.2.0.20 5432", "shop/db ingress 10.1.0.10 5432"},
		{"shop/db ingress TCP 10.1.0.10 5432", "shop/front egress 10.2.0.20 5432"},
		{"shop/front egress TCP 10.96.0.1 3306", "shop/db ingress 10.1.0.10 5432"},
		/* The peer is not a pod, or is a host-network pod, or is the subject itself. */
		{"shop/front egress TCP 198.51.100.1 80", "none"},
		{"shop/front egress TCP 192.0.2.2 9100", "none"},
		{"shop/front egress TCP 10.96.0.4 443", "none"},
		{"shop/front egress TCP 10.1.0.10 80", "none"},
		{"shop/front egress TCP - 80", "none"},
		{"shop/stranger egress TCP 10.2.0.20 80", "none"},
		/* The subject has no IPv6 address that the far end could see. */
		{"shop/front egress TCP 2001:db8:1::11 80", "none"},
		/* A pod in its node's network is a client with its node's address. */
		{"data/agent-1 egress TCP 10.2.0.20 80", "shop/db ingress 192.0.2.1 80"},
	};
	struct workloads *workloads = make_cluster();
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;

	(void)state;
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		far_end(evaluator, workloads, cases[i].flow, cases[i].far);
	evaluator_free(evaluator);
	resolver_free(resolver);
	workloads_free(workloads);
}

/* If a flow names its peer, the present holder of the peer's address does not matter. */
static void test_known_peers(void **state)
{
	struct workloads *workloads = make_cluster();
	struct netpol_set set = {0};
	struct resolver *resolver = make_resolver(workloads);
	struct evaluator *evaluator = NULL;
	struct evaluate_result result;
	struct question question;
	const struct evaluate_flow *ends = NULL;
	size_t count;
	char why[EVALUATE_WHY_SIZE];

	(void)state;
	read_policies(&set, TO("front", APP("db")));
	assert_int_equal(evaluator_new(&set, resolver, &evaluator), 0);
	read_flow(workloads, "shop/front egress TCP 10.1.0.11 80", &question);
	assert_int_equal(verdict_of(evaluator, &question.flow), EVALUATE_DENIED);
	question.flow.peer_pod = workloads_pod(workloads, "shop", "db");
	assert_int_equal(verdict_of(evaluator, &question.flow), EVALUATE_ALLOWED);
	assert_int_equal(evaluator_far_ends(evaluator, &question.flow, &ends, &count), 0);
	assert_int_equal(count, 1);
	assert_ptr_equal(ends->subject, question.flow.peer_pod);
	assert_ptr_equal(ends->peer_pod, question.flow.subject);
	question.flow.peer_pod = workloads_pod(workloads, "shop", "done");
	assert_int_equal(verdict_of(evaluator, &question.flow), EVALUATE_DENIED);
	assert_int_equal(evaluator_judge(evaluator, &question.flow, &result), 0);
	assert_int_equal(evaluator_explain(evaluator, &question.flow, &result, why), 0);
	assert_non_null(strstr(why, "to shop/done"));

	question.flow.peer_pod = NULL;
	question.flow.peer_is_gone = true;
	assert_int_equal(verdict_of(evaluator, &question.flow), EVALUATE_UNKNOWN);
	assert_int_equal(evaluator_far_ends(evaluator, &question.flow, &ends, &count), 0);
	assert_int_equal(count, 0);
	evaluator_free(evaluator);
	resolver_free(resolver);
	netpol_set_clear(&set);
	workloads_free(workloads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolation),
		cmocka_unit_test(test_pod_selectors),
		cmocka_unit_test(test_peer_selectors),
		cmocka_unit_test(test_unknown_namespaces),
		cmocka_unit_test(test_not_unicast),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_union),
		cmocka_unit_test(test_always),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_identities_change),
		cmocka_unit_test(test_far_ends),
		cmocka_unit_test(test_known_peers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
