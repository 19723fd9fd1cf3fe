/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_pairs.h"

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
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

static void add_pod(struct state *state, const char *name, const char *node, const char *ip)
{
	struct record record;

	assert_int_equal(record_new_body(RECORD_POD, &record), 0);
	record.pod->namespace_name = test_copy("shop");
	record.pod->name = test_copy(name);
	record.pod->node = test_copy(node);
	assert_int_equal(string_list_add(&record.pod->ips, ip), 0);
	state_fixture_apply(state, record);
}

/* One end of a connection from client to server. */
struct end {
	const char *node;
	const char *pod;
	enum flow_direction direction;
	const char *client;
	const char *server;
	uint16_t sport;
	uint16_t dport;
	uint64_t id;
	uint64_t tx;
	uint64_t rx;
};

static struct record end_flow(const struct end *end, enum flow_event_type event, uint64_t ms)
{
	struct record record = test_flow(event, end->id, ms);
	struct flow *flow = &record.flow;

	flow->direction = (uint8_t)end->direction;
	assert_int_equal(address_parse(end->client, &flow->family, &flow->src), 0);
	assert_int_equal(address_parse(end->server, &flow->family, &flow->dst), 0);
	flow->sport = end->sport;
	flow->dport = end->dport;
	flow->has |= FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT;
	if (event == FLOW_CLOSED) {
		flow->has |= FLOW_HAS_TX | FLOW_HAS_RX;
		flow->tx_bytes = end->tx;
		flow->rx_bytes = end->rx;
		flow->end = FLOW_END_FIN;
	}
	test_flow_names(&record, end->node, "shop", end->pod, NULL);
	return record;
}

static const struct conn *apply(struct state *state, const struct end *end,
				enum flow_event_type event, uint64_t ms)
{
	return state_fixture_apply(state, end_flow(end, event, ms));
}

static const struct end client = {"a",   "web", FLOW_EGRESS, "192.0.2.1", "192.0.2.2",
				  40000, 80,    1,           100,         200};
static const struct end server = {"b", "db", FLOW_INGRESS, "192.0.2.1", "192.0.2.2", 40000,
				  80,  2,    200,          100};

static struct state *new_state(void)
{
	struct state *state;

	assert_int_equal(state_new(NULL, &state), 0);
	add_pod(state, "web", "a", "192.0.2.1");
	add_pod(state, "db", "b", "192.0.2.2");
	add_pod(state, "db-2", "b", "192.0.2.3");
	return state;
}

/* The ends are joined once both are established, in either order, and stay so after their ends. */
static void test_join(void **context)
{
	(void)context;
	for (int first = 0; first < 2; first++) {
		struct state *state = new_state();
		const struct conn *a;
		const struct conn *b;
		if (first)
			apply(state, &server, FLOW_ACCEPTED, 11);
		apply(state, &client, FLOW_ATTEMPT, 0);
		a = apply(state, &client, FLOW_ESTABLISHED, 10);
		b = apply(state, &server, FLOW_ACCEPTED, 11);
		assert_ptr_equal(state_other_end(state, a), b);
		assert_ptr_equal(state_other_end(state, b), a);
		assert_true(conn_is_second_end(b));
		assert_false(conn_is_second_end(a));
		assert_int_equal(state_counters(state)->pairs, 1);
		assert_int_equal(state_counters(state)->pairs_open, 1);
		apply(state, &server, FLOW_CLOSED, 20);
		assert_int_equal(state_counters(state)->pairs_open, 0);
		apply(state, &client, FLOW_CLOSED, 21);
		assert_ptr_equal(state_other_end(state, a), b);
		assert_int_equal(state_counters(state)->pairs, 1);
		/* Each end counts for its own subject. */
		assert_int_equal(state_counters(state)->connections, 2);
		state_free(state);
	}
}

/* The backend of a Service is the server, and the port before a REDIRECT is its port. */
static void test_translated(void **context)
{
	struct state *state = new_state();
	struct record flow = end_flow(&client, FLOW_ESTABLISHED, 0);

	(void)context;
	assert_int_equal(address_parse("198.51.100.1", &flow.flow.family, &flow.flow.dst), 0);
	assert_int_equal(address_parse("192.0.2.2", &flow.flow.family, &flow.flow.nat_address), 0);
	flow.flow.dport = 8080;
	flow.flow.nat_port = 80;
	flow.flow.has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
	const struct conn *a = state_fixture_apply(state, flow);
	flow = end_flow(&server, FLOW_ACCEPTED, 1);
	flow.flow.dport = 15006;
	flow.flow.wire_dport = 80;
	flow.flow.has |= FLOW_HAS_WIRE_DPORT;
	const struct conn *b = state_fixture_apply(state, flow);
	assert_ptr_equal(state_other_end(state, a), b);
	state_free(state);
}

struct lone_case {
	const char *what;
	struct end end;
	uint64_t ms;
};

/* Ends that must not be joined with the client above, which is established at 0 ms. */
static void test_not_joined(void **context)
{
	const struct lone_case cases[] = {
		{"client's address translated",
		 {"b", "db", FLOW_INGRESS, "192.0.2.9", "192.0.2.2", 40000, 80, 2, 0, 0},
		 1},
		{"another port of the client",
		 {"b", "db", FLOW_INGRESS, "192.0.2.1", "192.0.2.2", 40001, 80, 2, 0, 0},
		 1},
		{"another port of the server",
		 {"b", "db", FLOW_INGRESS, "192.0.2.1", "192.0.2.2", 40000, 81, 2, 0, 0},
		 1},
		{"another server",
		 {"b", "db-2", FLOW_INGRESS, "192.0.2.1", "192.0.2.3", 40000, 80, 2, 0, 0},
		 1},
		{"another time",
		 {"b", "db", FLOW_INGRESS, "192.0.2.1", "192.0.2.2", 40000, 80, 2, 0, 0},
		 2500},
		{"the same direction",
		 {"b", "web", FLOW_EGRESS, "192.0.2.1", "192.0.2.2", 40000, 80, 2, 0, 0},
		 1},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state *state = new_state();
		const struct conn *a = apply(state, &client, FLOW_ESTABLISHED, 0);
		apply(state, &cases[i].end, FLOW_ACCEPTED, cases[i].ms);
		if (state_other_end(state, a))
			fail_msg("%s", cases[i].what);
		state_free(state);
	}
	/* Loopback, and addresses without a pod. */
	for (int i = 0; i < 2; i++) {
		struct state *state = new_state();
		struct end from = client;
		struct end to = server;
		from.client = to.client = from.server = to.server = i ? "127.0.0.1" : "192.0.2.77";
		const struct conn *a = apply(state, &from, FLOW_ESTABLISHED, 0);
		apply(state, &to, FLOW_ACCEPTED, 1);
		assert_null(state_other_end(state, a));
		state_free(state);
	}
}

/* Two candidates: neither is joined. */
static void test_ambiguous(void **context)
{
	struct state *state = new_state();
	struct end other = server;

	(void)context;
	other.id = 3;
	apply(state, &server, FLOW_ACCEPTED, 1);
	apply(state, &other, FLOW_ACCEPTED, 2);
	const struct conn *a = apply(state, &client, FLOW_ESTABLISHED, 0);
	assert_null(state_other_end(state, a));
	state_free(state);
}

/* A pair whose ends turn out to differ is taken apart. */
static void test_parted(void **context)
{
	struct state *state = new_state();
	struct end other = server;

	(void)context;
	other.tx = 5;
	const struct conn *a = apply(state, &client, FLOW_ESTABLISHED, 0);
	const struct conn *b = apply(state, &other, FLOW_ACCEPTED, 1);
	assert_ptr_equal(state_other_end(state, a), b);
	apply(state, &client, FLOW_CLOSED, 100);
	assert_ptr_equal(state_other_end(state, a), b);
	apply(state, &other, FLOW_CLOSED, 100);
	assert_null(state_other_end(state, a));
	assert_null(state_other_end(state, b));
	assert_int_equal(state_counters(state)->pairs, 0);
	state_free(state);
}

#define CONNECTIONS 3000
#define DELAY_MAX   300

/* A record that is on its way. */
struct message {
	struct end end;
	enum flow_event_type event;
	uint64_t ms;      /* by the clock of the node */
	uint64_t arrives; /* by the right clock */
	size_t truth;
};

static int message_compare(const void *a, const void *b)
{
	uint64_t first = ((const struct message *)a)->arrives;
	uint64_t second = ((const struct message *)b)->arrives;

	return (first > second) - (first < second);
}

static uint64_t next_number(uint64_t *seed, uint64_t end)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) % end;
}

/* Makes the records of connections that reuse three ports of the client as soon as TCP allows it.
 * Some ends are lost, and some clients are translated. */
static size_t make_messages(uint64_t *seed, const int64_t skews[2], struct message *messages)
{
	uint64_t free_ms[3] = {10000, 10000, 10000};
	size_t count = 0;

	for (size_t i = 1; i <= CONNECTIONS; i++) {
		size_t port = next_number(seed, 3);
		uint64_t begin = free_ms[port] + next_number(seed, 1500);
		uint64_t end = begin + next_number(seed, 4000);
		uint64_t bytes[2] = {next_number(seed, 1000000), next_number(seed, 1000000)};
		free_ms[port] = end + 1000;
		for (size_t side = 0; side < 2; side++) {
			struct end one = side ? server : client;
			one.sport = (uint16_t)(40000 + port);
			one.id = 2 * i + side;
			one.tx = bytes[side];
			one.rx = bytes[1 - side];
			if (side && next_number(seed, 10) == 0)
				one.client = "192.0.2.99";
			uint64_t lost = next_number(seed, 10);
			for (int k = 0; k < 2; k++) {
				uint64_t at = k ? end : begin;
				/* All is lost, or one of the two records. */
				if (lost == 0 || lost == (uint64_t)k + 1)
					continue;
				at += next_number(seed, 5);
				messages[count++] = (struct message){
					.end = one,
					.event = k      ? FLOW_CLOSED
						 : side ? FLOW_ACCEPTED
							: FLOW_ESTABLISHED,
					.ms = (uint64_t)((int64_t)at + skews[side]),
					.arrives = at + next_number(seed, DELAY_MAX),
					.truth = i,
				};
			}
		}
	}
	qsort(messages, count, sizeof(*messages), message_compare);
	return count;
}

/* Whatever is lost or late, no two ends of different connections are joined. Most of the ends that
 * were seen are. */
static void test_reused_ports(void **context)
{
	static struct message messages[4 * CONNECTIONS];

	(void)context;
	for (uint64_t round = 1; round <= 6; round++) {
		struct state *state = new_state();
		uint64_t seed = round;
		bool measured = round % 2 == 0;
		/* With a measurement, any skew is fine. */
		const int64_t skews[2] = {measured ? 8000 : 200, measured ? -5000 : -200};
		size_t count = make_messages(&seed, skews, messages);
		size_t pairs = 0;
		for (size_t i = 0; i < count; i++) {
			const struct message *message = &messages[i];
			const struct conn *conn =
				apply(state, &message->end, message->event, message->ms);
			bool is_server = message->end.direction == FLOW_INGRESS;
			/* With an error of a few milliseconds. */
			if (measured)
				state_set_ahead(state, conn->node,
						(skews[is_server] - 7) *
							(int64_t)NS_PER_MILLISECOND);
			const struct conn *other = state_other_end(state, conn);
			if (!other)
				continue;
			pairs++;
			assert_int_equal(other->flow.id / 2, conn->flow.id / 2);
			assert_int_not_equal(other->flow.id, conn->flow.id);
		}
		assert_in_range(pairs, CONNECTIONS, count);
		state_free(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),       cmocka_unit_test(test_translated),
		cmocka_unit_test(test_not_joined), cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_parted),     cmocka_unit_test(test_reused_ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
