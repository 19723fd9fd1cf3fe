/* SPDX-License-Identifier: Apache-2.0 */
/* The facts about an edge that fails: the other subjects that reach the peer, and the connections
 * that the peer's pod accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/record/address.h"
#include "core/state/diagnosis.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define PEER "203.0.113.9"

static uint64_t last_id;

/* Applies one event of a connection of a pod "shop/NAME" at 192.0.2.NUMBER. */
static const struct conn *connect_to(struct state *state, enum flow_event_type event,
				     unsigned int number, const char *peer, uint16_t port)
{
	struct record record = test_flow(event, last_id + 1, last_id);
	char name[16];
	char address[24];

	last_id++;
	snprintf(name, sizeof(name), "pod-%u", number);
	snprintf(address, sizeof(address), "192.0.2.%u", number);
	test_flow_names(&record, "node-a", "shop", name, NULL);
	test_flow_src(&record, address);
	test_flow_dst(&record, peer);
	record.flow.dport = port;
	const struct conn *conn = state_fixture_apply(state, record);
	state_advance(state, UINT64_MAX); /* attempts hang */
	return conn;
}

static void connect_times(struct state *state, enum flow_event_type event, unsigned int number,
			  uint16_t port, int times)
{
	for (int i = 0; i < times; i++)
		connect_to(state, event, number, PEER, port);
}

/* Writes the facts as "kind:succeeded/connections+hanging", separated by blanks. */
static const char *describe(const struct diagnosis *facts)
{
	static const char *const kinds[] = {
		[DIAGNOSIS_OWN] = "own",           [DIAGNOSIS_OTHER] = "other",
		[DIAGNOSIS_OTHERS] = "others",     [DIAGNOSIS_OTHER_PORT] = "port",
		[DIAGNOSIS_ACCEPTED] = "accepted",
	};
	static char text[512];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < facts->count; i++) {
		const struct diagnosis_fact *fact = &facts->facts[i];
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "%s%s:%u/%u+%u", i ? " " : "",
			kinds[fact->kind], (unsigned int)fact->succeeded,
			(unsigned int)fact->connections, (unsigned int)fact->hanging);
	}
	return text;
}

static void expect(const struct state *state, const struct conn *conn, const char *expected)
{
	struct diagnosis facts;

	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_string_equal(describe(&facts), expected);
}

/* A flow may lack its protocol, and so its edge may lack the protocol's name. */
static void test_unknown_protocol(void **unused)
{
	const struct conn *conn = NULL;
	struct state *state = NULL;
	struct diagnosis facts;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	for (int i = 0; i < 2; i++) {
		struct record record = test_flow(FLOW_ATTEMPT, last_id + 1, last_id);

		last_id++;
		record.flow.protocol = FLOW_PROTOCOL_OTHER;
		test_flow_names(&record, "node-a", "shop", i ? "pod-2" : "pod-1", NULL);
		test_flow_dst(&record, PEER);
		conn = state_fixture_apply(state, record);
		assert_null(conn->edge->protocol_name);
	}
	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_int_equal(facts.count, 2);
	assert_int_equal(facts.facts[1].kind, DIAGNOSIS_OTHER);
	state_free(state);
}

static void test_others(void **unused)
{
	struct state *state = NULL;
	struct diagnosis facts;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	const struct conn *conn = connect_to(state, FLOW_ATTEMPT, 1, PEER, 443);
	const struct edge *edge = conn->edge;
	expect(state, conn, "own:0/1+1");
	diagnosis_collect(state, edge, NULL, &facts);
	assert_false(facts.only_this_subject);
	/* Only one pod has tried, so there is no evidence that everyone fails. */
	assert_false(facts.everyone);
	connect_times(state, FLOW_FAILED, 2, 443, 2);
	diagnosis_collect(state, edge, NULL, &facts);
	assert_string_equal(describe(&facts), "own:0/1+1 other:0/2+0");
	assert_true(facts.everyone);
	connect_times(state, FLOW_ESTABLISHED, 3, 443, 5);
	diagnosis_collect(state, edge, NULL, &facts);
	assert_string_equal(describe(&facts), "own:0/1+1 other:5/5+0 other:0/2+0");
	assert_string_equal(facts.facts[1].subject->display, "shop/pod-3");
	assert_true(facts.only_this_subject);
	assert_false(facts.everyone);
	/* After a success of its own, the subject no longer differs from the others. */
	connect_times(state, FLOW_ESTABLISHED, 1, 443, 1);
	diagnosis_collect(state, edge, NULL, &facts);
	assert_false(facts.only_this_subject);
	assert_false(facts.everyone);
	state_free(state);
}

/* An attempt that is only connecting has not failed. */
static void test_connecting(void **unused)
{
	struct state *state = NULL;
	struct diagnosis facts;
	struct record record = test_flow(FLOW_ATTEMPT, 1000, 10);

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	connect_times(state, FLOW_ESTABLISHED, 3, 443, 5);
	test_flow_names(&record, "node-a", "shop", "pod-1", NULL);
	test_flow_dst(&record, PEER);
	record.flow.dport = 443;
	const struct edge *edge = state_fixture_apply(state, record)->edge;
	diagnosis_collect(state, edge, NULL, &facts);
	assert_string_equal(describe(&facts), "own:0/1+0 other:5/5+0");
	assert_false(facts.only_this_subject);
	state_free(state);
}

/* Only the subjects with the most connections are listed. The others are summed up. */
static void test_many_others(void **unused)
{
	struct state *state = NULL;
	struct diagnosis facts;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	const struct edge *edge = connect_to(state, FLOW_FAILED, 1, PEER, 443)->edge;
	for (unsigned int pod = 2; pod < 10; pod++)
		connect_times(state, pod == 2 ? FLOW_FAILED : FLOW_ESTABLISHED, pod, 443, (int)pod);
	uint64_t newest_ns = edge->subject ? state_newest(state)->last_ns : 0;
	diagnosis_collect(state, edge, NULL, &facts);
	assert_string_equal(describe(&facts),
			    "own:0/1+0 other:9/9+0 other:8/8+0 other:7/7+0 other:6/6+0 "
			    "others:12/14+0");
	assert_int_equal(facts.facts[5].subjects, 4);
	assert_null(facts.facts[5].subject);
	assert_int_equal(facts.facts[1].last_ns, newest_ns);
	assert_true(facts.only_this_subject);
	state_free(state);
}

static void test_other_ports(void **unused)
{
	struct state *state = NULL;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	const struct conn *conn = connect_to(state, FLOW_FAILED, 1, PEER, 443);
	uint64_t sequence = conn->sequence;
	/* Another pod's connections to another port are no evidence. */
	connect_times(state, FLOW_ESTABLISHED, 2, 80, 1);
	/* Neither are connections to another peer. */
	connect_to(state, FLOW_ESTABLISHED, 1, "203.0.113.10", 443);
	expect(state, state_find(state, sequence), "own:0/1+0");
	for (uint16_t port = 80; port < 84; port++)
		connect_times(state, FLOW_ESTABLISHED, 1, port, port - 78);
	expect(state, state_find(state, sequence), "own:0/1+0 port:5/5+0 port:4/4+0 port:3/3+0");
	state_free(state);
}

static void accept_from(struct state *state, const char *client, uint16_t port)
{
	struct record record = test_flow(FLOW_ACCEPTED, last_id + 1, last_id);

	last_id++;
	record.flow.direction = FLOW_INGRESS;
	test_flow_names(&record, "node-a", "shop", "db", NULL);
	test_flow_src(&record, client);
	test_flow_dst(&record, PEER);
	record.flow.dport = port;
	state_fixture_apply(state, record);
}

/* The peer is a pod. The number of connections that it accepted has a meaning only if its
 * connections are watched. */
static void test_far_end(void **unused)
{
	struct state *state = NULL;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	state_fixture_apply(state, test_pod("shop", "db", "u-db", PEER));
	uint64_t sequence = connect_to(state, FLOW_ATTEMPT, 1, PEER, 5433)->sequence;
	expect(state, state_find(state, sequence), "own:0/1+1");
	accept_from(state, "192.0.2.7", 5432);
	expect(state, state_find(state, sequence), "own:0/1+1 accepted:0/0+0");
	accept_from(state, "192.0.2.7", 5433);
	accept_from(state, "192.0.2.8", 5433);
	expect(state, state_find(state, sequence), "own:0/1+1 accepted:2/2+0");
	state_free(state);
}

/* Behind a Service, the pod that the flow reached counts, with its own port. */
static void test_backend(void **unused)
{
	struct state *state = NULL;
	uint8_t family;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	state_fixture_apply(state, test_pod("shop", "db", "u-db", PEER));
	state_fixture_apply(state, test_service("shop", "db", "198.51.100.50"));
	struct conn conn = *connect_to(state, FLOW_ATTEMPT, 1, "198.51.100.50", 80);
	const struct edge *edge = conn.edge;
	accept_from(state, "192.0.2.7", 5432);
	struct diagnosis facts;
	diagnosis_collect(state, edge, &conn, &facts);
	assert_string_equal(describe(&facts), "own:0/1+1");
	assert_int_equal(address_parse(PEER, &family, &conn.flow.nat_address), 0);
	conn.flow.nat_port = 5432;
	conn.flow.has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
	diagnosis_collect(state, edge, &conn, &facts);
	assert_string_equal(describe(&facts), "own:0/1+1 accepted:1/1+0");
	assert_int_equal(facts.facts[1].port, 5432);
	state_free(state);
}

/* Applies an answer to a pod "shop/NAME". */
static void answer(struct state *state, const char *pod, const char *name, const char *address,
		   uint64_t ts_ns)
{
	struct dns_record dns = {0};
	char *addresses[] = {strdup(address)};

	assert_non_null(addresses[0]);
	dns.name = strdup(name);
	dns.node = strdup("node-a");
	dns.namespace_name = strdup("shop");
	dns.pod = strdup(pod);
	dns.addresses = (struct string_list){.items = addresses, .count = 1};
	dns.ts_ns = ts_ns;
	dns.ttl_s = 30;
	state_learn_names(state, &dns);
	free(addresses[0]);
	free(dns.name);
	free(dns.node);
	free(dns.namespace_name);
	free(dns.pod);
}

/* The DNS answer that the connection stands on, and a later answer without its address. */
static void test_dns_answer(void **unused)
{
	const uint64_t start_ms = 100000;
	const uint64_t start = TEST_EPOCH_NS + start_ms * NS_PER_SECOND / 1000;
	struct state *state = NULL;
	struct diagnosis facts;
	char other[ADDRESS_TEXT_SIZE];

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	last_id = start_ms;
	answer(state, "pod-1", "db.example", PEER, start - 40 * NS_PER_SECOND);
	answer(state, "pod-1", "db.example", PEER, start - 20 * NS_PER_SECOND);
	answer(state, "pod-1", "api.example", "203.0.113.7", start - NS_PER_SECOND);
	const struct conn *conn = connect_to(state, FLOW_ATTEMPT, 1, PEER, 5432);
	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_true(facts.is_answered);
	assert_int_equal(facts.answer.time_ns, start - 20 * NS_PER_SECOND);
	assert_int_equal(facts.answer.ttl_s, 30);
	assert_int_equal(facts.answer.other_ns, 0);

	/* An answer to another pod, or of IPv6, is none to this question. */
	answer(state, "pod-2", "db.example", "203.0.113.8", start);
	answer(state, "pod-1", "db.example", "2001:db8::8", start);
	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_int_equal(facts.answer.other_ns, 0);
	answer(state, "pod-1", "db.example", "203.0.113.8", start + 1);
	answer(state, "pod-1", "db.example", "203.0.113.10", start + 2);
	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_int_equal(facts.answer.other_ns, start + 2);
	address_format(4, &facts.answer.other, other);
	assert_string_equal(other, "203.0.113.10");

	conn = connect_to(state, FLOW_ATTEMPT, 3, PEER, 5432);
	diagnosis_collect(state, conn->edge, conn, &facts);
	assert_false(facts.is_answered);
	state_free(state);
}

/* The clients of a server do not show whether the server is reached by others. */
static void test_ingress(void **unused)
{
	struct state *state = NULL;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	accept_from(state, "192.0.2.7", 5432);
	const struct conn *conn = state_newest(state);
	expect(state, conn, "own:1/1+0");
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns_answer),       cmocka_unit_test(test_others),
		cmocka_unit_test(test_unknown_protocol), cmocka_unit_test(test_many_others),
		cmocka_unit_test(test_connecting),       cmocka_unit_test(test_other_ports),
		cmocka_unit_test(test_far_end),          cmocka_unit_test(test_backend),
		cmocka_unit_test(test_ingress),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
