/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver in one small cluster: the holder of an address, and the backends of a Service
 * address or node port. Every case runs twice, with the records in both orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/state/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define POD(name, ip, app, rest)                                                              \
	"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"" name "\",\"ips\":[" ip \
	"],\"labels\":{\"app\":\"" app "\"}" rest "}"
#define SERVICE(name, address, selector, ports, rest)                                        \
	"{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"" name              \
	"\",\"cluster_ips\":[\"" address "\"],\"selector\":{" selector "},\"ports\":[" ports \
	"]" rest "}"
#define APP(name)        "\"app\":\"" name "\""
#define PORT(port, rest) "{\"port\":" #port rest "}"
#define TARGET(port)     ",\"target_port\":\"" port "\""
#define NAMED(number)    ",\"ports\":[{\"name\":\"http\",\"port\":" #number "}]"
#define HOST(node)       ",\"host_network\":true,\"node\":\"" node "\""

static const char *const cluster[] = {
	"{\"v\":1,\"kind\":\"node\",\"name\":\"n1\",\"ips\":[\"192.0.2.1\",\"172.17.0.1\"],"
	"\"pod_cidrs\":[\"10.1.0.0/24\",\"2001:db8:1::/64\"]}",
	"{\"v\":1,\"kind\":\"node\",\"name\":\"n2\",\"ips\":[\"192.0.2.2\",\"172.17.0.1\"],"
	"\"pod_cidrs\":[\"10.2.0.128/25\"]}",
	POD("web-a", "\"10.1.0.10\",\"2001:db8:1::10\"", "web", NAMED(8080)),
	POD("web-b", "\"10.2.0.200\"", "web", NAMED(9090)),
	POD("web-done", "\"10.1.0.12\"", "web", NAMED(7070) ",\"phase\":\"Succeeded\""),
	POD("web-portless", "\"10.1.0.13\"", "web", ""),
	POD("agent-1", "\"192.0.2.1\"", "agent", HOST("n1")),
	POD("agent-2", "\"192.0.2.2\"", "agent", HOST("n2")),
	POD("other-2", "\"192.0.2.2\"", "other", HOST("n2")),
	POD("twin-a", "\"10.1.0.50\"", "twin", ""),
	POD("twin-b", "\"10.1.0.50\"", "twin", ""),
	POD("young", "\"10.1.0.60\"", "young", ",\"started\":\"2026-01-02T00:00:00Z\""),
	SERVICE("web", "10.96.0.1", APP("web"), PORT(80, TARGET("http") ",\"node_port\":30080"),
		",\"lb_ips\":[\"203.0.113.1\",\"2001:db8:f::1\"]"),
	SERVICE("zero", "10.96.0.2", APP("web"), PORT(80, TARGET("0")), ""),
	SERVICE("absent", "10.96.0.3", APP("web"), PORT(80, ""), ""),
	SERVICE("headless", "None", APP("web"), PORT(80, ""), ""),
	SERVICE("hand", "10.96.0.5", "", PORT(443, TARGET("8443")),
		",\"endpoints\":[{\"ip\":\"198.51.100.7\",\"port\":8443},"
		"{\"ip\":\"2001:db8:9::7\",\"port\":8443},{\"ip\":\"10.1.0.10\",\"port\":8443},"
		"{\"ip\":\"127.0.0.1\",\"port\":8443},{\"ip\":\"0.0.0.0\",\"port\":8443},"
		"{\"ip\":\"198.51.100.8\",\"port\":0}]"),
	SERVICE("kubernetes", "10.96.0.6", "", PORT(443, TARGET("6443")),
		",\"endpoints\":[{\"ip\":\"192.0.2.2\",\"port\":6443}]"),
	SERVICE("nothing", "10.96.0.7", "", PORT(443, ""), ""),
	SERVICE("agents", "10.96.0.8", APP("agent"), PORT(9100, ""), ""),
	SERVICE("ghost", "10.96.0.9", APP("ghost"), PORT(80, TARGET("8080")), ""),
	SERVICE("named-ghost", "10.96.0.10", APP("ghost"), PORT(80, TARGET("http")), ""),
	SERVICE("known-ghost", "10.96.0.11", APP("ghost"), PORT(80, TARGET("http")),
		",\"endpoints\":[{\"ip\":\"10.1.0.98\",\"port\":8081},"
		"{\"ip\":\"10.1.0.99\",\"port\":8081},{\"ip\":\"192.0.2.2\",\"port\":8082}]"),
	SERVICE("portless", "10.96.0.12", APP("web"), PORT(80, TARGET("http")),
		",\"endpoints\":[{\"ip\":\"10.1.0.13\",\"port\":8083}]"),
	SERVICE("too-high", "10.96.0.13", APP("ghost"), PORT(80, TARGET("70000")), ""),
	/* Several Services share an address. One port is used twice. */
	SERVICE("dns-tcp", "10.96.0.20", APP("young"), "{\"port\":53,\"protocol\":\"TCP\"}", ""),
	SERVICE("dns-udp", "10.96.0.20", APP("young"), "{\"port\":53,\"protocol\":\"UDP\"}", ""),
	SERVICE("dns-web", "10.96.0.20", APP("young"), PORT(8080, ""), ""),
	SERVICE("dns-too", "10.96.0.20", APP("twin"), PORT(8080, ""), ""),
	/* A load balancer on a node's address. */
	SERVICE("on-node", "10.96.0.21", APP("young"), PORT(8443, TARGET("443")),
		",\"lb_ips\":[\"192.0.2.1\"]"),
	SERVICE("hand-two", "10.96.0.22", "",
		"{\"name\":\"a\",\"port\":1,\"target_port\":\"11\"},"
		"{\"name\":\"b\",\"port\":2,\"target_port\":\"22\"}",
		",\"endpoints\":[{\"ip\":\"198.51.100.9\",\"port\":11},"
		"{\"ip\":\"198.51.100.9\",\"port\":23,\"name\":\"b\"}]"),
	SERVICE("gone", "10.96.0.23", APP("web"), PORT(80, ",\"node_port\":30081"), ""),
	SERVICE("gone", "10.96.0.23", APP("web"), PORT(80, ",\"node_port\":30081"),
		",\"deleted\":true"),
};

static void apply(struct state *state, const char *line)
{
	struct record record = {0};
	struct record_json_error error;

	if (record_json_read(line, strlen(line), &record, &error))
		fail_msg("%s: %s", line, error.message);
	state_apply(state, &record);
	record_free(&record);
}

/* Makes a state from the records of `cluster`, in reverse order if `reverse` is true. The last two
 * records always keep their order, because the second one deletes the Service of the first one. */
static struct state *make_state(bool reverse)
{
	const size_t ordered = COUNT(cluster) - 2;
	struct state *state = NULL;

	assert_int_equal(state_new(NULL, &state), 0);
	for (size_t i = 0; i < ordered; i++)
		apply(state, cluster[reverse ? ordered - 1 - i : i]);
	for (size_t i = ordered; i < COUNT(cluster); i++)
		apply(state, cluster[i]);
	return state;
}

static void read_query(const char *address, struct holder_query *query)
{
	*query = (struct holder_query){.direction = FLOW_EGRESS,
				       .protocol = FLOW_TCP,
				       .time_ns = UINT64_MAX,
				       .node = "n1"};
	assert_int_equal(address_parse(address, &query->family, &query->address), 0);
}

/* --- backends --- */

/* Appends "SERVICE: BACKEND… [PORTS]" for each Service. */
static void describe(const struct service_backends *of, char *text, size_t size)
{
	size_t length = strlen(text);

	length += (size_t)snprintf(text + length, size - length, "%s%s:", length ? "; " : "",
				   of->service->name);
	for (size_t i = 0; i < of->count; i++) {
		const struct backend *backend = &of->items[i];
		char address[ADDRESS_TEXT_SIZE] = "-";
		if (backend->family)
			address_format(backend->family, &backend->address, address);
		length += (size_t)snprintf(text + length, size - length, " %s%s %s %u%s%s",
					   backend->host_network ? "host " : "",
					   backend->pod ? backend->pod->name : "?", address,
					   backend->port, backend->port_name ? "=" : "",
					   backend->port_name ? backend->port_name : "");
	}
	length += (size_t)snprintf(text + length, size - length, " [");
	for (size_t i = 0; i < of->number_count; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%u", i ? " " : "",
					   of->numbers[i]);
	snprintf(text + length, size - length, "]");
}

static void test_backends(void **context)
{
	static const struct {
		const char *address;
		uint16_t port;
		uint8_t protocol;
		const char *wanted;
	} cases[] = {
		/*
		 * The number of a named target port may differ between pods. A pod that has no port
		 * of that name is not a backend.
		 */
		{"10.96.0.1", 80, FLOW_TCP,
		 "web: web-a 10.1.0.10 8080 web-b 10.2.0.200 9090 [8080 9090]"},
		{"203.0.113.1", 80, FLOW_TCP,
		 "web: web-a 10.1.0.10 8080 web-b 10.2.0.200 9090 [8080 9090]"},
		{"2001:db8:f::1", 80, FLOW_TCP,
		 "web: web-a 2001:db8:1::10 8080 web-b 10.2.0.200 9090 [8080 9090]"},
		{"10.96.0.12", 80, FLOW_TCP,
		 "portless: web-a 10.1.0.10 8080 web-b 10.2.0.200 9090 web-portless 10.1.0.13 8083 "
		 "[8080 9090 8083]"},
		/* If the target port is absent or 0, it is the Service's port. */
		{"10.96.0.2", 80, FLOW_TCP,
		 "zero: web-a 10.1.0.10 80 web-b 10.2.0.200 80 web-portless 10.1.0.13 80 [80]"},
		{"10.96.0.3", 80, FLOW_TCP,
		 "absent: web-a 10.1.0.10 80 web-b 10.2.0.200 80 web-portless 10.1.0.13 80 [80]"},
		/* No Service has this combination of address, port and protocol. */
		{"10.96.0.1", 81, FLOW_TCP, ""},
		{"10.96.0.1", 80, FLOW_UDP, ""},
		{"10.96.0.99", 80, FLOW_TCP, ""},
		{"10.96.0.23", 80, FLOW_TCP, ""},
		/* The backends of a Service without a selector are its usable endpoints of the
		 * address's family. */
		{"10.96.0.5", 443, FLOW_TCP, "hand: ? 198.51.100.7 8443 web-a 10.1.0.10 8443 []"},
		{"10.96.0.6", 443, FLOW_TCP, "kubernetes: host agent-2 192.0.2.2 6443 []"},
		{"10.96.0.7", 443, FLOW_TCP, "nothing: []"},
		{"10.96.0.22", 1, FLOW_TCP, "hand-two: ? 198.51.100.9 11 []"},
		{"10.96.0.22", 2, FLOW_TCP, "hand-two: ? 198.51.100.9 23 []"},
		/* Pods in their node's network. */
		{"10.96.0.8", 9100, FLOW_TCP,
		 "agents: host agent-1 192.0.2.1 9100 host agent-2 192.0.2.2 9100 [9100]"},
		/* No recorded pod matches the selector. The backends stand for pods whose
		 * records have not arrived. */
		{"10.96.0.9", 80, FLOW_TCP, "ghost: ? - 8080 [8080]"},
		{"10.96.0.10", 80, FLOW_TCP, "named-ghost: ? - 0=http []"},
		{"10.96.0.11", 80, FLOW_TCP,
		 "known-ghost: ? - 8081 host ? 192.0.2.2 8082 [8081 8082]"},
		{"10.96.0.13", 80, FLOW_TCP, "too-high: ? - 0=70000 []"},
		/* Several Services on one address. */
		{"10.96.0.20", 53, FLOW_TCP, "dns-tcp: young 10.1.0.60 53 [53]"},
		{"10.96.0.20", 53, FLOW_UDP, "dns-udp: young 10.1.0.60 53 [53]"},
		{"10.96.0.20", 8080, FLOW_TCP,
		 "dns-too: twin-a 10.1.0.50 8080 twin-b 10.1.0.50 8080 [8080]; dns-web: young "
		 "10.1.0.60 8080 [8080]"},
		{"192.0.2.1", 8443, FLOW_TCP, "on-node: young 10.1.0.60 443 [443]"},
		{"192.0.2.1", 443, FLOW_TCP, ""},
	};

	(void)context;
	for (int reverse = 0; reverse < 2; reverse++) {
		struct state *state = make_state(reverse);
		for (size_t i = 0; i < COUNT(cases); i++) {
			const struct service_backends *const *list;
			struct holder_query query;
			char got[1024] = "";
			size_t count;
			read_query(cases[i].address, &query);
			query.port = cases[i].port;
			query.protocol = cases[i].protocol;
			assert_int_equal(resolver_find_services(state_resolver(state), &query,
								&list, &count),
					 0);
			for (size_t j = 0; j < count; j++)
				describe(list[j], got, sizeof(got));
			assert_string_equal(got, cases[i].wanted);
			query.direction = FLOW_INGRESS;
			assert_int_equal(resolver_find_services(state_resolver(state), &query,
								&list, &count),
					 0);
			assert_int_equal(count, 0);
		}
		state_free(state);
	}
}

static void test_node_ports(void **context)
{
	static const struct {
		uint16_t port;
		uint8_t protocol;
		const char *wanted;
	} cases[] = {
		{30080, FLOW_TCP, "web: web-a 10.1.0.10 8080 web-b 10.2.0.200 9090 [8080 9090]"},
		{30080, FLOW_UDP, ""},
		{30081, FLOW_TCP, ""},
		{0, FLOW_TCP, ""},
	};

	(void)context;
	for (int reverse = 0; reverse < 2; reverse++) {
		struct state *state = make_state(reverse);
		for (size_t i = 0; i < COUNT(cases); i++) {
			const struct service_backends *const *list;
			struct holder_query query;
			char got[1024] = "";
			size_t count;
			read_query("192.0.2.2", &query);
			query.port = cases[i].port;
			query.protocol = cases[i].protocol;
			assert_int_equal(resolver_find_node_ports(state_resolver(state), &query,
								  &list, &count),
					 0);
			for (size_t j = 0; j < count; j++)
				describe(list[j], got, sizeof(got));
			assert_string_equal(got, cases[i].wanted);
		}
		state_free(state);
	}
}

/* Results stay the same until a record of an identity arrives, and then include that record. */
static void test_identities_change(void **context)
{
	struct state *state = make_state(false);
	struct resolver *resolver = state_resolver(state);
	const struct service_backends *const *list;
	struct holder_query query;
	size_t count;
	char got[1024] = "";

	(void)context;
	read_query("10.96.0.9", &query);
	query.port = 80;
	assert_int_equal(resolver_find_services(resolver, &query, &list, &count), 0);
	const struct service_backends *before = list[0];
	assert_int_equal(resolver_find_services(resolver, &query, &list, &count), 0);
	assert_ptr_equal(list[0], before);
	apply(state, POD("late", "\"10.1.0.70\"", "ghost", ""));
	assert_int_equal(resolver_find_services(resolver, &query, &list, &count), 0);
	describe(list[0], got, sizeof(got));
	assert_string_equal(got, "ghost: late 10.1.0.70 8080 [8080]");
	apply(state,
	      SERVICE("ghost", "10.96.0.9", APP("ghost"), PORT(80, ""), ",\"deleted\":true"));
	assert_int_equal(resolver_find_services(resolver, &query, &list, &count), 0);
	assert_int_equal(count, 0);
	state_free(state);
}

/* --- holders --- */

#define BEFORE_YOUNG 1767225600000000000ull /* 2026-01-01 */

static void test_holders(void **context)
{
	static const struct {
		const char *address;
		uint16_t port;
		uint8_t direction;
		uint64_t time_ns;
		const char *pod; /* the peer that the flow names */
		const char *wanted;
	} cases[] = {
		{"127.0.0.1", 80, FLOW_EGRESS, UINT64_MAX, NULL, "loopback"},
		{"10.1.0.10", 80, FLOW_EGRESS, UINT64_MAX, NULL, "pod web-a"},
		{"10.1.0.12", 80, FLOW_EGRESS, UINT64_MAX, NULL, "unknown"},
		{"10.1.0.50", 80, FLOW_EGRESS, UINT64_MAX, NULL, "shared twin-a"},
		{"10.1.0.50", 80, FLOW_EGRESS, UINT64_MAX, "twin-b", "pod twin-b"},
		{"10.1.0.60", 80, FLOW_EGRESS, UINT64_MAX, NULL, "pod young"},
		{"10.1.0.60", 80, FLOW_EGRESS, BEFORE_YOUNG, NULL, "later young"},
		{"10.1.0.60", 80, FLOW_EGRESS, BEFORE_YOUNG, "web-a", "pod web-a"},
		{"10.96.0.1", 80, FLOW_EGRESS, UINT64_MAX, NULL, "service web"},
		{"10.96.0.1", 99, FLOW_EGRESS, UINT64_MAX, NULL, "service web"},
		{"10.96.0.20", 8080, FLOW_EGRESS, UINT64_MAX, NULL, "service dns-too"},
		{"203.0.113.1", 80, FLOW_EGRESS, UINT64_MAX, NULL, "service web"},
		{"203.0.113.1", 99, FLOW_EGRESS, UINT64_MAX, NULL, "balancer web"},
		{"192.0.2.1", 8443, FLOW_EGRESS, UINT64_MAX, NULL, "service on-node"},
		{"192.0.2.1", 8443, FLOW_INGRESS, UINT64_MAX, NULL, "own node n1"},
		{"192.0.2.1", 22, FLOW_EGRESS, UINT64_MAX, NULL, "own node n1"},
		{"192.0.2.2", 22, FLOW_EGRESS, UINT64_MAX, NULL, "node n2"},
		{"192.0.2.2", 30080, FLOW_EGRESS, UINT64_MAX, NULL, "node n2 for web"},
		{"192.0.2.2", 30080, FLOW_INGRESS, UINT64_MAX, NULL, "node n2"},
		{"192.0.2.2", 22, FLOW_EGRESS, UINT64_MAX, "agent-2", "node n2"},
		/* Bridge addresses that all nodes have, and gateways of pod blocks. */
		{"172.17.0.1", 22, FLOW_EGRESS, UINT64_MAX, NULL, "own node n1"},
		{"10.3.0.1", 80, FLOW_EGRESS, UINT64_MAX, NULL, "external"},
		{"10.1.0.0", 22, FLOW_INGRESS, UINT64_MAX, NULL, "own node n1"},
		{"10.1.0.1", 22, FLOW_INGRESS, UINT64_MAX, NULL, "own node n1"},
		{"10.1.0.2", 22, FLOW_INGRESS, UINT64_MAX, NULL, "unknown"},
		{"2001:db8:1::1", 22, FLOW_INGRESS, UINT64_MAX, NULL, "own node n1"},
		{"10.2.0.129", 22, FLOW_INGRESS, UINT64_MAX, NULL, "node n2"},
		{"198.51.100.1", 443, FLOW_EGRESS, UINT64_MAX, NULL, "external"},
	};
	static const char *const kinds[] = {
		[HOLDER_UNKNOWN] = "unknown",   [HOLDER_LOOPBACK] = "loopback",
		[HOLDER_POD] = "pod",           [HOLDER_SHARED] = "shared",
		[HOLDER_LATER] = "later",       [HOLDER_SERVICE] = "service",
		[HOLDER_NODE] = "node",         [HOLDER_BALANCER] = "balancer",
		[HOLDER_EXTERNAL] = "external", [HOLDER_SERVICE_RANGE] = "service-range",
	};

	(void)context;
	for (int reverse = 0; reverse < 2; reverse++) {
		struct state *state = make_state(reverse);
		for (size_t i = 0; i < COUNT(cases); i++) {
			struct holder_query query;
			struct holder holder;
			char got[256];
			read_query(cases[i].address, &query);
			query.port = cases[i].port;
			query.direction = cases[i].direction;
			query.time_ns = cases[i].time_ns;
			query.pod_namespace = "shop";
			query.pod_name = cases[i].pod;
			holder_find(state_workloads(state), &query, &holder);
			bool node = holder.kind == HOLDER_NODE;
			const char *name = holder.node_name && node  ? holder.node_name
					   : holder.service && !node ? holder.service->name
					   : holder.pod && !node     ? holder.pod->name
								     : NULL;
			snprintf(got, sizeof(got), "%s%s%s%s%s%s",
				 holder.own_node && node ? "own " : "", kinds[holder.kind],
				 name ? " " : "", name ? name : "",
				 node && holder.service ? " for " : "",
				 node && holder.service ? holder.service->name : "");
			assert_string_equal(got, cases[i].wanted);
		}
		state_free(state);
	}
}

/* If pods are known but no Service is, an address without a record may be a Service's, so its
 * holder is unknown. Without any record of a cluster, a unicast address is external. */
static void test_unknown_cluster(void **context)
{
	struct state *state = NULL;
	struct holder_query query;
	struct holder holder;

	(void)context;
	assert_int_equal(state_new(NULL, &state), 0);
	read_query("10.96.0.1", &query);
	holder_find(state_workloads(state), &query, &holder);
	assert_int_equal(holder.kind, HOLDER_EXTERNAL);
	read_query("224.0.0.251", &query);
	holder_find(state_workloads(state), &query, &holder);
	assert_int_equal(holder.kind, HOLDER_UNKNOWN);
	apply(state, POD("client", "\"10.1.0.20\"", "client", ""));
	read_query("198.51.100.1", &query);
	holder_find(state_workloads(state), &query, &holder);
	assert_int_equal(holder.kind, HOLDER_UNKNOWN);
	state_free(state);
}

/* --- the draft and check --- */

/* A draft from flows to Services allows the same flows: drafter and evaluator use the same
 * backends. */
static void test_draft_agrees_with_check(void **context)
{
	static const struct {
		const char *address;
		uint16_t port;
	} targets[] = {
		{"10.96.0.1", 80},   {"203.0.113.1", 80}, {"10.96.0.2", 80},   {"10.96.0.3", 80},
		{"10.96.0.5", 443},  {"10.96.0.6", 443},  {"10.96.0.8", 9100}, {"10.96.0.9", 80},
		{"10.96.0.10", 80},  {"10.96.0.11", 80},  {"10.96.0.12", 80},  {"10.96.0.20", 8080},
		{"192.0.2.1", 8443}, {"10.96.0.22", 1},   {"10.96.0.22", 2},
	};
	const struct check_options options = {0};

	(void)context;
	for (size_t i = 0; i < COUNT(targets); i++) {
		struct state *state = make_state(false);
		struct draft_set *set = NULL;
		struct evaluator *evaluator = NULL;
		struct check check = {0};
		char line[512];
		char *text = NULL;
		size_t length;

		apply(state, POD("client", "\"10.1.0.20\"", "client", ",\"node\":\"n2\""));
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"flow\",\"event\":\"established\",\"ts\":"
			 "\"2026-01-03T00:00:00Z\",\"id\":\"0000000000000001\",\"direction\":"
			 "\"egress\",\"protocol\":\"TCP\",\"family\":4,\"src\":\"10.1.0.20\","
			 "\"sport\":40000,\"dst\":\"%s\",\"dport\":%u,\"namespace\":\"shop\","
			 "\"pod\":\"client\"}",
			 targets[i].address, targets[i].port);
		apply(state, line);
		assert_int_equal(drafter_draft(state, NULL, &set), 0);
		assert_int_equal(draft_print(set, DRAFT_ALL, &text, &length), 0);
		assert_true(set->policies.count > 0);
		assert_int_equal(evaluator_new(&set->policies, state_resolver(state), &evaluator),
				 0);
		assert_int_equal(check_run(&check, state, evaluator, &options), 0);
		assert_int_equal(check.checked, 1);
		if (check.denied + check.depends + check.unknown > 0)
			fail_msg("%s:%u is not allowed by its own draft:\n%s", targets[i].address,
				 targets[i].port, text);
		check_clear(&check);
		evaluator_free(evaluator);
		draft_set_free(set);
		free(text);
		state_free(state);
	}
}

/* Backends of both families (family 0) list each address of a dual-stack pod once. */
static void test_both_families(void **unused)
{
	static const char *const addresses[] = {"10.1.0.10", "2001:db8:1::10"};
	struct state *state = make_state(false);
	const struct workloads *workloads = state_workloads(state);
	const struct service_record *service = NULL;
	size_t found = 0;

	(void)unused;
	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE) && !service; i++) {
		const struct service_record *at = workloads_service_at(workloads, i);
		if (strcmp(at->name, "absent") == 0)
			service = at;
	}
	assert_non_null(service);
	const struct service_backends *backends =
		resolver_backends(state_resolver(state), service, &service->ports[0], 0);
	assert_non_null(backends);
	for (size_t i = 0; i < backends->count; i++) {
		const struct backend *backend = &backends->items[i];
		char text[ADDRESS_TEXT_SIZE];
		if (!backend->pod || strcmp(backend->pod->name, "web-a") != 0)
			continue;
		assert_true(found < COUNT(addresses));
		address_format(backend->family, &backend->address, text);
		assert_string_equal(text, addresses[found++]);
	}
	assert_int_equal(found, COUNT(addresses));
	state_free(state);
}

/* Returns the number of live pods that the resolver visits in a namespace. */
static size_t count_pods(struct resolver *resolver, const char *namespace_name)
{
	size_t count = 0;
	uint32_t at;

	assert_int_equal(resolver_first_in(resolver, namespace_name, false, &at), 0);
	while (resolver_next_in(resolver, &at))
		count++;
	return count;
}

static void test_namespaces(void **unused)
{
	struct state *state = make_state(false);
	struct resolver *resolver = state_resolver(state);
	bool has;

	(void)unused;
	/* One of the pods has ended. */
	assert_int_equal(count_pods(resolver, "shop"), 9);
	assert_int_equal(count_pods(resolver, "none"), 0);
	assert_int_equal(resolver_has_namespace(resolver, "sho", &has), 0);
	assert_true(has);
	assert_int_equal(resolver_has_namespace(resolver, "openshift-", &has), 0);
	assert_false(has);
	/* A namespace counts even if its only pod has ended. */
	apply(state, "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"openshift-dns\",\"name\":\"p\","
		     "\"phase\":\"Succeeded\"}");
	assert_int_equal(resolver_has_namespace(resolver, "openshift-", &has), 0);
	assert_true(has);
	assert_int_equal(count_pods(resolver, "openshift-dns"), 0);
	apply(state, POD("web-c", "\"10.1.0.70\"", "web", ""));
	assert_int_equal(count_pods(resolver, "shop"), 10);
	state_free(state);
}

/* Returns the number of backends of a Service's first port. */
static size_t count_backends(struct state *state, const char *name)
{
	const struct workloads *workloads = state_workloads(state);

	for (size_t i = 0; i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		if (strcmp(service->name, name) != 0)
			continue;
		const struct service_backends *backends =
			resolver_backends(state_resolver(state), service, &service->ports[0], 4);
		assert_non_null(backends);
		return backends->count;
	}
	return 0;
}

/* Pods are found by the first label of a selector. All labels must match. */
static void test_selected_by_labels(void **unused)
{
	static const char pod[] = "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"%s\",\"name\":\"%s\","
				  "\"ips\":[\"%s\"],\"labels\":{\"app\":\"a\",\"tier\":\"%s\"}}";
	struct state *state = make_state(false);
	char line[512];

	(void)unused;
	apply(state, SERVICE("back", "10.96.0.90", APP("a") ",\"tier\":\"back\"",
			     PORT(80, TARGET("8080")), ""));
	/* No pod matches yet: the only backend stands for the unknown pods. */
	assert_int_equal(count_backends(state, "back"), 1);
	snprintf(line, sizeof(line), pod, "shop", "x-1", "10.1.0.91", "back");
	apply(state, line);
	snprintf(line, sizeof(line), pod, "shop", "x-2", "10.1.0.92", "back");
	apply(state, line);
	assert_int_equal(count_backends(state, "back"), 2);
	snprintf(line, sizeof(line), pod, "shop", "x-3", "10.1.0.93", "front");
	apply(state, line);
	snprintf(line, sizeof(line), pod, "other", "x-4", "10.1.0.94", "back");
	apply(state, line);
	assert_int_equal(count_backends(state, "back"), 2);
	snprintf(line, sizeof(line), pod, "shop", "x-2", "10.1.0.92", "front");
	apply(state, line);
	assert_int_equal(count_backends(state, "back"), 1);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_both_families),
		cmocka_unit_test(test_node_ports),
		cmocka_unit_test(test_identities_change),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_selected_by_labels),
		cmocka_unit_test(test_holders),
		cmocka_unit_test(test_unknown_cluster),
		cmocka_unit_test(test_draft_agrees_with_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
