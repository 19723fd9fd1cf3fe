/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/records.h"
#include "tui/columns/conn_view.h"

static int set_up(void **state)
{
	struct state *made = NULL;
	int error = state_new(NULL, &made);
	*state = made;
	return error;
}

static int tear_down(void **state)
{
	state_free(*state);
	return 0;
}

static void apply(struct state *state, struct record record)
{
	state_apply(state, &record);
	record_free(&record);
}

/* The kind of the peer in the last call of names_of. */
static enum flow_peer_kind peer_kind;

static struct flow_names names_of(struct state *state, struct record record)
{
	struct flow_names names;
	const struct conn *conn = state_apply(state, &record);

	assert_non_null(conn);
	peer_kind = conn_view_names(state, conn, &names);
	record_free(&record);
	return names;
}

static struct record node_record(const char *name, const char *ip)
{
	struct node_record *node = calloc(1, sizeof(*node));
	assert_non_null(node);
	node->name = test_copy(name);
	assert_int_equal(string_list_add(&node->ips, ip), 0);
	return (struct record){.kind = RECORD_NODE, .node = node};
}

static struct record flow_to(uint64_t id, const char *address)
{
	struct record record = test_flow(FLOW_ATTEMPT, id, id);
	test_flow_dst(&record, address);
	return record;
}

static void test_flow_peer(struct record *record, enum flow_peer_kind kind,
			   const char *namespace_name, const char *name)
{
	const struct flow_names names = {.peer_namespace = namespace_name, .peer_name = name};

	record->flow.peer_kind = (uint8_t)kind;
	assert_int_equal(flow_names_copy(&names, &record->flow.names), 0);
}

static void test_peers_by_address(void **data)
{
	struct state *state = *data;
	char peer[CONN_VIEW_PEER_SIZE];

	apply(state, test_pod("shop", "db-0", "u1", "198.51.100.1 2001:db8::1"));
	apply(state, test_service("shop", "db", "198.51.100.50"));
	apply(state, node_record("node7", "198.51.100.7"));
	struct record host_pod = test_pod("kube-system", "proxy", "u2", "198.51.100.7");
	host_pod.pod->host_network = true;
	apply(state, host_pod);

	struct flow_names names = names_of(state, flow_to(1, "198.51.100.1"));
	assert_int_equal(peer_kind, FLOW_PEER_POD);
	conn_view_peer(&names, peer);
	assert_string_equal(peer, "shop/db-0");

	names = names_of(state, flow_to(2, "2001:db8::1"));
	assert_string_equal(names.peer_name, "db-0");

	names = names_of(state, flow_to(3, "198.51.100.50"));
	assert_int_equal(peer_kind, FLOW_PEER_SERVICE);
	conn_view_peer(&names, peer);
	assert_string_equal(peer, "shop/db");

	/* A host-network pod has its node's address, so a flow to this address names the node. */
	names = names_of(state, flow_to(4, "198.51.100.7"));
	assert_int_equal(peer_kind, FLOW_PEER_NODE);
	assert_null(names.peer_namespace);
	conn_view_peer(&names, peer);
	assert_string_equal(peer, "node7");

	names = names_of(state, flow_to(5, "203.0.113.9"));
	assert_int_equal(peer_kind, FLOW_PEER_EXTERNAL);
	assert_null(names.peer_name);
	conn_view_peer(&names, peer);
	assert_string_equal(peer, "");

	names = names_of(state, flow_to(6, "127.0.0.1"));
	assert_int_equal(peer_kind, FLOW_PEER_HOST);
	assert_null(names.peer_name);
}

/* The known holder of an address is preferred to the peer that a recording names. The peer that a
 * recording names is preferred to "external". */
static void test_recorded_peers(void **data)
{
	struct state *state = *data;

	for (int late = 0; late < 2; late++) {
		struct flow_names names;
		struct record record = flow_to(1, "198.51.100.50");
		test_flow_peer(&record, late ? FLOW_PEER_EXTERNAL : FLOW_PEER_SERVICE,
			       late ? NULL : "shop", late ? NULL : "db");
		names = names_of(state, record);
		assert_int_equal(peer_kind, FLOW_PEER_SERVICE);
		assert_string_equal(names.peer_name, "db");
	}
	apply(state, test_pod("shop", "db-0", "u1", "198.51.100.50"));
	struct record record = flow_to(2, "198.51.100.50");
	test_flow_peer(&record, FLOW_PEER_EXTERNAL, NULL, NULL);
	struct flow_names names = names_of(state, record);
	assert_int_equal(peer_kind, FLOW_PEER_POD);
	assert_string_equal(names.peer_name, "db-0");
	/* All flows to one address and port still have one edge. */
	assert_int_equal(state_subject(state, 0)->edge_count, 1);
}

/* The record writer gets the present holder of the peer's address, even if the holder became known
 * after the flow. */
static void test_known(void **data)
{
	struct state *state = *data;
	struct record record = flow_to(1, "203.0.113.9");
	const struct conn *conn = state_apply(state, &record);
	struct flow_names names;
	struct flow known;

	conn_view_known(state, conn, &names, &known);
	assert_int_equal(known.peer_kind, FLOW_PEER_EXTERNAL);
	apply(state, test_service("shop", "db", "203.0.113.9"));
	conn_view_known(state, conn, &names, &known);
	assert_int_equal(known.peer_kind, FLOW_PEER_SERVICE);
	assert_string_equal(known.names->peer_name, "db");
	record_free(&record);
}

/* The record writer gets the DNS name of an egress flow's peer. */
static void test_known_dns(void **data)
{
	struct state *state = *data;
	struct flow_names names;
	struct flow known;

	apply(state, test_dns("www.example", "203.0.113.9"));
	for (int ingress = 0; ingress < 2; ingress++) {
		struct record record = flow_to(1 + (uint64_t)ingress, "203.0.113.9");
		if (ingress) {
			record.flow.direction = FLOW_INGRESS;
			record.flow.src = record.flow.dst;
			record.flow.has |= FLOW_HAS_SRC;
		}
		conn_view_known(state, state_apply(state, &record), &names, &known);
		if (ingress)
			assert_null(known.names->dns);
		else
			assert_string_equal(known.names->dns, "www.example");
		record_free(&record);
	}
}

/* The peer of a flow to a node port is the Service. */
static void test_node_ports(void **data)
{
	struct state *state = *data;

	for (int round = 0; round < 2; round++) {
		struct record record = test_service("shop", "web", "198.51.100.51");
		record.service->ports = calloc(1, sizeof(*record.service->ports));
		assert_non_null(record.service->ports);
		record.service->port_count = 1;
		record.service->ports[0] = (struct service_port){
			.protocol = test_copy("TCP"), .port = 80, .node_port = round ? 443 : 30080};
		apply(state, record);
	}
	apply(state, node_record("node7", "198.51.100.7"));
	struct flow_names names = names_of(state, flow_to(1, "198.51.100.7")); /* port 443 */
	assert_int_equal(peer_kind, FLOW_PEER_SERVICE);
	assert_string_equal(names.peer_name, "web");
	/* The former node port belongs to no Service any more. */
	struct record other = flow_to(2, "198.51.100.7");
	other.flow.dport = 30080;
	names_of(state, other);
	assert_int_equal(peer_kind, FLOW_PEER_NODE);
}

/* The peer of an accepted connection is the client. */
static void test_peer_of_ingress(void **data)
{
	struct state *state = *data;

	apply(state, test_pod("shop", "front-1", "u1", "192.0.2.1"));
	struct record record = test_flow(FLOW_ACCEPTED, 1, 0);
	record.flow.direction = FLOW_INGRESS;
	const struct conn *conn = state_apply(state, &record);
	struct flow_names names;
	conn_view_names(state, conn, &names);
	assert_string_equal(names.peer_name, "front-1");
	record_free(&record);
}

/* The view names the container of the connection's cgroup, even if the pod has several
 * containers. */
static void test_containers_of_a_pod(void **data)
{
	struct state *state = *data;
	static const struct {
		const char *id;
		uint64_t cgroup;
		const char *name;
	} containers[] = {{"aaaa", 11, "web"}, {"bbbb", 12, "sidecar"}};

	apply(state, test_pod("shop", "cart-1", "u1", "192.0.2.1"));
	for (size_t i = 0; i < 2; i++) {
		struct record record =
			test_container(containers[i].id, containers[i].cgroup, containers[i].name);
		record.container->namespace_name = test_copy("shop");
		record.container->pod = test_copy("cart-1");
		apply(state, record);
	}
	struct record records[2];
	const struct conn *conns[2];
	for (size_t i = 0; i < 2; i++) {
		records[i] = test_flow(FLOW_ATTEMPT, i + 1, i);
		records[i].flow.has |= FLOW_HAS_CGROUP;
		records[i].flow.cgroup_id = containers[i].cgroup;
		assert_non_null(state_apply(state, &records[i]));
	}
	conns[0] = state_find(state, 1);
	conns[1] = state_find(state, 2);
	for (size_t i = 0; i < 2; i++) {
		struct flow_names names;
		conn_view_subject_names(state, conns[i], &names);
		assert_string_equal(names.namespace_name, "shop");
		assert_string_equal(names.pod, "cart-1");
		assert_string_equal(names.container, containers[i].name);
		assert_string_equal(names.container_id, containers[i].id);
	}
}

static void test_filter_input(void **data)
{
	struct state *state = *data;
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	apply(state, test_pod("shop", "db-0", "u1", "198.51.100.1"));
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	test_flow_names(&record, "n1", "shop", "cart-1", NULL);
	const struct conn *conn = state_apply(state, &record);
	conn_view_filter_input(state, conn, conn->first_ns + 5000, peer, &input);
	assert_ptr_equal(input.flow, &conn->flow);
	assert_string_equal(input.node, "n1");
	assert_string_equal(input.namespace_name, "shop");
	assert_string_equal(input.pod, "cart-1");
	assert_string_equal(input.peer, "shop/db-0");
	assert_string_equal(input.state, "attempt connecting");
	assert_null(input.container);
	assert_null(input.dns);
	/* An attempt has the latency so far, as in the column LAT. */
	assert_true(input.has_latency && input.has_age && input.has_rate);
	assert_int_equal(input.latency_ns, 5000);
	assert_int_equal(input.age_ns, 5000);
	assert_int_equal(input.rate, 0);
	assert_int_equal(input.connections, 1);
	record_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_peers_by_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_recorded_peers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_known_dns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_node_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_peer_of_ingress, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_containers_of_a_pod, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filter_input, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
