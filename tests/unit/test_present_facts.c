/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespace in which the peer of a connection is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"
#include "tui/session/present_facts.h"

static uint64_t last_id;

/* Applies a flow of a process `pid` in a namespace, from 192.0.2.1 to an address. */
static const struct conn *connect_to(struct state *state, uint8_t direction, const char *address,
				     uint16_t port, uint32_t netns, uint32_t pid)
{
	struct record record = test_flow(direction == FLOW_INGRESS ? FLOW_ACCEPTED : FLOW_ATTEMPT,
					 last_id + 1, last_id);

	last_id++;
	record.flow.direction = direction;
	record.flow.dport = port;
	record.flow.netns = netns;
	record.flow.pid = pid;
	record.flow.has |= FLOW_HAS_NETNS | FLOW_HAS_PID;
	test_flow_dst(&record, address);
	return state_fixture_apply(state, record);
}

static void expect(const struct state *state, const struct conn *conn, uint32_t netns, uint32_t pid)
{
	struct present_place place = present_find_peer(state, conn, NULL);

	assert_int_equal(place.netns, netns);
	assert_int_equal(place.pid, pid);
}

static void the_place_is_where_the_port_was_accepted(void **context)
{
	struct state *state = *context;
	const struct conn *conn;

	connect_to(state, FLOW_INGRESS, "198.51.100.1", 80, 7, 70);
	connect_to(state, FLOW_INGRESS, "198.51.100.1", 81, 8, 80);
	connect_to(state, FLOW_INGRESS, "198.51.100.2", 80, 9, 90);
	connect_to(state, FLOW_EGRESS, "198.51.100.1", 80, 5, 50);
	conn = connect_to(state, FLOW_EGRESS, "198.51.100.1", 80, 5, 50);
	expect(state, conn, 7, 70);
	expect(state, connect_to(state, FLOW_EGRESS, "198.51.100.1", 82, 5, 50), 0, 0);
	/* The newest process that accepted is the one that most likely still runs. */
	connect_to(state, FLOW_INGRESS, "198.51.100.1", 80, 7, 71);
	expect(state, conn, 7, 71);
	/* Two namespaces have the address: which one the connection is for is not known. */
	connect_to(state, FLOW_INGRESS, "198.51.100.1", 80, 6, 60);
	expect(state, conn, 0, 0);
}

static void loopback_is_in_the_own_namespace(void **context)
{
	struct state *state = *context;

	connect_to(state, FLOW_INGRESS, "127.0.0.1", 80, 7, 70);
	expect(state, connect_to(state, FLOW_EGRESS, "127.0.0.1", 80, 5, 50), 5, 50);
}

static void a_backend_is_the_place_behind_a_service(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ATTEMPT, 1000, 1000);
	uint8_t family;

	connect_to(state, FLOW_INGRESS, "198.51.100.1", 8080, 7, 70);
	connect_to(state, FLOW_INGRESS, "203.0.113.1", 80, 8, 80);
	test_flow_dst(&record, "203.0.113.1");
	record.flow.dport = 80;
	record.flow.nat_port = 8080;
	record.flow.has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
	assert_int_equal(address_parse("198.51.100.1", &family, &record.flow.nat_address), 0);
	expect(state, state_fixture_apply(state, record), 7, 70);
}

static void the_pod_comes_before_others(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ACCEPTED, 2000, 2000);
	struct present_place place;
	const struct conn *conn;

	connect_to(state, FLOW_INGRESS, "198.51.100.1", 80, 7, 70);
	state_fixture_apply(state, test_pod("shop", "web", "uid-1", "198.51.100.1"));
	record.flow.direction = FLOW_INGRESS;
	record.flow.dport = 9999;
	record.flow.netns = 4;
	record.flow.pid = 40;
	record.flow.has |= FLOW_HAS_NETNS | FLOW_HAS_PID;
	test_flow_dst(&record, "198.51.100.1");
	test_flow_names(&record, NULL, "shop", "web", NULL);
	conn = state_fixture_apply(state, record);
	assert_true(conn->subject->netns_is_sure);
	place = present_find_peer(state, connect_to(state, FLOW_EGRESS, "198.51.100.1", 80, 5, 50),
				  conn->subject);
	assert_int_equal(place.netns, 4);
	assert_int_equal(place.pid, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_place_is_where_the_port_was_accepted,
						state_fixture_setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(loopback_is_in_the_own_namespace,
						state_fixture_setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(a_backend_is_the_place_behind_a_service,
						state_fixture_setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(the_pod_comes_before_others, state_fixture_setup,
						state_fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
