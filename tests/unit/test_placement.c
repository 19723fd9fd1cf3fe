/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects of connections: pods, containers and programs. Identities that arrive late move
 * connections, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

static int setup(void **context)
{
	static const struct state_options options = {.node = "node1"};
	struct state *state = NULL;

	if (state_new(&options, &state))
		return -1;
	*context = state;
	return 0;
}

static const struct conn *apply(struct state *state, struct record record)
{
	const struct conn *conn = state_fixture_apply(state, record);

	if (!conn)
		abort();
	return conn;
}

static void apply_identity(struct state *state, struct record record)
{
	assert_null(state_apply(state, &record));
	record_free(&record);
}

static struct record flow_in_cgroup(enum flow_event_type type, uint64_t id, uint64_t ms,
				    uint64_t cgroup_id)
{
	struct record record = test_flow(type, id, ms);

	record.flow.has |= FLOW_HAS_CGROUP;
	record.flow.cgroup_id = cgroup_id;
	return record;
}

static struct record named_flow(uint64_t id, const char *node, const char *namespace_name,
				const char *pod, const char *container_id)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, 0);

	test_flow_names(&record, node, namespace_name, pod, container_id);
	return record;
}

static const struct subject *subject_called(const struct state *state, const char *display)
{
	for (size_t i = 0; i < state_subject_count(state); i++) {
		if (strcmp(state_subject(state, i)->display, display) == 0)
			return state_subject(state, i);
	}
	fail_msg("no subject is called %s", display);
	return NULL;
}

#define CONTAINER_ID "3f2a9c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3"

static void test_program(void **context)
{
	struct state *state = *context;
	const struct conn *one = apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
	const struct subject *subject = one->subject;
	const struct conn *two = apply(state, test_flow(FLOW_ATTEMPT, 2, 1));

	assert_ptr_equal(two->subject, subject);
	assert_int_equal(subject->kind, SUBJECT_PROCESS);
	assert_string_equal(subject->display, "curl");
	assert_string_equal(state_node(state, subject), "node1");
	assert_int_equal(subject->edge_count, 1);
	assert_int_equal(subject->conn_count, 2);

	/* A connection stays with the subject of its first program name, even if a later event has
	 * another name. A connection without a name moves to the subject of the first name that
	 * arrives. */
	struct record record = test_flow(FLOW_ESTABLISHED, 1, 2);
	strcpy(record.flow.comm, "other");
	assert_ptr_equal(apply(state, record)->subject, subject);
	record = test_flow(FLOW_ATTEMPT, 3, 3);
	record.flow.comm[0] = '\0';
	assert_string_equal(apply(state, record)->subject->display, "");
	assert_ptr_equal(apply(state, test_flow(FLOW_ESTABLISHED, 3, 4))->subject, subject);
	assert_int_equal(subject->conn_count, 3);
	assert_int_equal(subject->open_count, 2);
	assert_int_equal(subject_called(state, "")->conn_count, 0);
	assert_int_equal(subject_called(state, "")->hanging_count, 0);
}

/* The edge of an accepted connection has the peer's address before masquerading and the port before
 * redirection, because policies apply to these values. */
static void test_edges_before_translation(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ACCEPTED, 1, 0);

	record.flow.direction = FLOW_INGRESS;
	record.flow.dport = 15006;
	const struct edge *edge = apply(state, record)->edge;
	assert_int_equal(edge->port, 15006);

	/* The connection moves to another edge once the client's address and the port before
	 * translation are known. */
	record = test_flow(FLOW_OPEN, 1, 1);
	record.flow.direction = FLOW_INGRESS;
	record.flow.dport = 15006;
	record.flow.wire_dport = 9080;
	record.flow.nat_address.bytes[0] = 203;
	record.flow.has |= FLOW_HAS_WIRE_DPORT | FLOW_HAS_ORIGIN;
	const struct conn *conn = apply(state, record);
	assert_int_equal(conn->edge->port, 9080);
	assert_memory_equal(conn->edge->peer.bytes, ((uint8_t[]){203, 0, 0, 0}), 4);
	assert_int_equal(conn->flow.dport, 15006);
	assert_int_equal(edge->conn_count, 0);

	/* A later event without these values changes nothing. */
	record = test_flow(FLOW_CLOSED, 1, 2);
	record.flow.direction = FLOW_INGRESS;
	record.flow.dport = 15006;
	assert_int_equal(apply(state, record)->edge->port, 9080);

	/* The edge keeps the address of a Service, even if the endpoint is known. */
	record = test_flow(FLOW_ESTABLISHED, 2, 3);
	record.flow.nat_address.bytes[0] = 203;
	record.flow.nat_port = 8080;
	record.flow.has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
	conn = apply(state, record);
	assert_memory_equal(conn->edge->peer.bytes, conn->flow.dst.bytes, 4);
	assert_int_equal(conn->edge->port, conn->flow.dport);
}

static void test_edges(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ACCEPTED, 1, 0);

	record.flow.direction = FLOW_INGRESS;
	record.flow.dport = 8080;
	const struct edge *edge = apply(state, record)->edge;
	assert_int_equal(edge->direction, FLOW_INGRESS);
	assert_int_equal(edge->port, 8080);
	assert_memory_equal(edge->peer.bytes, ((uint8_t[]){192, 0, 2, 1}), 4);

	/* Another address, port, direction or protocol makes another edge. */
	const struct subject *subject = apply(state, test_flow(FLOW_ATTEMPT, 2, 0))->subject;
	record = test_flow(FLOW_ATTEMPT, 3, 0);
	test_flow_dst(&record, "2001:db8::1");
	apply(state, record);
	record = test_flow(FLOW_ATTEMPT, 4, 0);
	record.flow.protocol = FLOW_SCTP;
	apply(state, record);
	record = test_flow(FLOW_ATTEMPT, 5, 0);
	record.flow.dport = 80;
	apply(state, record);
	apply(state, test_flow(FLOW_ATTEMPT, 6, 0));
	assert_int_equal(subject->edge_count, 5);
	assert_int_equal(subject->edges[1]->conn_count, 2);
}

static void test_pod_by_name(void **context)
{
	struct state *state = *context;
	const struct subject *subject =
		apply(state, named_flow(1, NULL, "shop", "cart-1", CONTAINER_ID))->subject;

	assert_int_equal(subject->kind, SUBJECT_POD);
	assert_string_equal(subject->display, "shop/cart-1");
	assert_null(subject->pod_record);
	apply_identity(state, test_pod("shop", "cart-1", "uid-1", NULL));
	assert_ptr_equal(subject->pod_record,
			 workloads_pod(state_workloads(state), "shop", "cart-1"));

	/* A new pod of the same name has the same subject, which refers to the new pod's record. */
	apply_identity(state, test_pod("shop", "cart-1", "uid-2", NULL));
	assert_string_equal(subject->pod_record->uid, "uid-2");
	assert_ptr_equal(apply(state, named_flow(2, "node1", "shop", "cart-1", NULL))->subject,
			 subject);
	/* A pod of the same name on another node has another subject. */
	const struct subject *elsewhere =
		apply(state, named_flow(2, "node2", "shop", "cart-1", NULL))->subject;
	assert_ptr_not_equal(elsewhere, subject);
	assert_string_equal(state_node(state, elsewhere), "node2");
	assert_ptr_equal(elsewhere->pod_record, subject->pod_record);

	struct record gone = test_pod("shop", "cart-1", NULL, NULL);
	gone.pod->deleted = true;
	apply_identity(state, gone);
	assert_true(subject->pod_deleted && elsewhere->pod_deleted);
	assert_string_equal(subject->pod_record->uid, "uid-2");
}

static void test_ids_of_two_nodes(void **context)
{
	struct state *state = *context;
	const struct conn *one = apply(state, named_flow(7, "node2", "a", "b", NULL));
	uint64_t sequence = one->sequence;

	assert_int_not_equal(apply(state, named_flow(7, "node3", "a", "b", NULL))->sequence,
			     sequence);
	assert_int_equal(apply(state, named_flow(7, "node2", "a", "b", NULL))->sequence, sequence);
	assert_int_equal(state_counters(state)->connections, 2);
}

static void test_container_comes_late(void **context)
{
	struct state *state = *context;

	apply(state, flow_in_cgroup(FLOW_ATTEMPT, 1, 0, 99));
	apply(state, flow_in_cgroup(FLOW_ATTEMPT, 2, 1, 99));
	apply(state, flow_in_cgroup(FLOW_ESTABLISHED, 2, 2, 99));
	apply(state, flow_in_cgroup(FLOW_ATTEMPT, 3, 3, 98));
	const struct subject *program = subject_called(state, "curl");
	assert_int_equal(program->conn_count, 3);

	apply_identity(state, test_container(CONTAINER_ID, 99, NULL));
	const struct subject *container = subject_called(state, "container 3f2a9c0d1e2f");
	state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	assert_int_equal(container->kind, SUBJECT_CONTAINER);
	assert_int_equal(container->conn_count, 2);
	assert_int_equal(container->open_count, 1);
	assert_int_equal(container->hanging_count, 1);
	assert_int_equal(container->first_ns, TEST_EPOCH_NS);
	assert_int_equal(program->conn_count, 1);
	assert_int_equal(program->hanging_count, 1);
	assert_int_equal(program->edges[0]->conn_count, 1);
	assert_int_equal(program->edges[0]->open_count, 0);
	assert_int_equal(container->edges[0]->flow_count, 3);
	assert_string_equal(container->edges[0]->comm, "curl");

	/* The container's name becomes known, then its pod's UID, then the pod with that UID. */
	apply_identity(state, test_container(CONTAINER_ID, 99, "web"));
	assert_ptr_equal(subject_called(state, "container web"), container);
	struct record record = test_container(CONTAINER_ID, 99, "web");
	record.container->pod_uid = test_copy("uid-1");
	apply_identity(state, record);
	assert_int_equal(container->conn_count, 2);
	apply_identity(state, test_pod("shop", "other", "uid-0", NULL));
	assert_int_equal(container->conn_count, 2);
	apply_identity(state, test_pod("shop", "cart-1", "uid-1", NULL));
	const struct subject *pod = subject_called(state, "shop/cart-1");
	assert_int_equal(pod->conn_count, 2);
	assert_int_equal(pod->open_count, 1);
	assert_string_equal(pod->edges[0]->container, "web");
	assert_string_equal(pod->container, "web");
	assert_string_equal(pod->pod_record->uid, "uid-1");
	assert_int_equal(container->conn_count, 0);
	assert_int_equal(container->open_count, 0);
	assert_int_equal(container->hanging_count, 0);

	/* Later flows belong to the pod at once. */
	assert_ptr_equal(apply(state, flow_in_cgroup(FLOW_CLOSED, 2, 9, 99))->subject, pod);
	assert_ptr_equal(apply(state, flow_in_cgroup(FLOW_ATTEMPT, 4, 9, 99))->subject, pod);
	assert_int_equal(pod->open_count, 0);
	assert_int_equal(pod->hanging_count, 1);
	state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	assert_int_equal(pod->hanging_count, 2);
}

static void test_container_names_its_pod(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);

	test_flow_names(&record, NULL, NULL, NULL, CONTAINER_ID);
	assert_string_equal(apply(state, record)->subject->display, "container 3f2a9c0d1e2f");
	record = test_container(CONTAINER_ID, 0, "web");
	record.container->namespace_name = test_copy("shop");
	record.container->pod = test_copy("cart-1");
	apply_identity(state, record);
	assert_ptr_equal(apply(state, test_flow(FLOW_ESTABLISHED, 1, 1))->subject,
			 subject_called(state, "shop/cart-1"));
	assert_int_equal(subject_called(state, "container 3f2a9c0d1e2f")->conn_count, 0);
}

static void test_flow_with_more_names(void **context)
{
	struct state *state = *context;

	assert_string_equal(apply(state, flow_in_cgroup(FLOW_ATTEMPT, 1, 0, 99))->subject->display,
			    "curl");
	struct record record = flow_in_cgroup(FLOW_ESTABLISHED, 1, 1, 99);
	test_flow_names(&record, NULL, NULL, NULL, CONTAINER_ID);
	assert_string_equal(apply(state, record)->subject->display, "container 3f2a9c0d1e2f");
	assert_string_equal(
		apply(state, named_flow(1, NULL, "shop", "cart-1", NULL))->subject->display,
		"shop/cart-1");
	/* A record with fewer names changes nothing, and a container record does not move a pod's
	 * connection. */
	apply_identity(state, test_container(CONTAINER_ID, 99, "web"));
	assert_string_equal(apply(state, flow_in_cgroup(FLOW_CLOSED, 1, 2, 99))->subject->display,
			    "shop/cart-1");
	assert_int_equal(subject_called(state, "curl")->conn_count, 0);
	assert_int_equal(subject_called(state, "shop/cart-1")->conn_count, 1);
}

static void test_address_comes_late(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);

	record.flow.has &= ~(uint32_t)FLOW_HAS_DPORT;
	record.flow.dport = 0;
	const struct edge *unknown = apply(state, record)->edge;
	const struct edge *edge = apply(state, test_flow(FLOW_ESTABLISHED, 1, 1))->edge;
	assert_int_equal(edge->port, 443);
	assert_int_equal(edge->flow_count, 2);
	assert_int_equal(unknown->conn_count + unknown->flow_count + unknown->hanging_count, 0);
}

/* A connection keeps the DNS names that were looked up before it began. Its edge has the names
 * of all its connections. */
static void test_dns_names(void **context)
{
	struct state *state = *context;

	apply_identity(state, test_dns("old.example.com", "198.51.100.1"));
	apply_identity(state, test_dns("example.com", "198.51.100.1 nonsense 2001:db8::1"));
	const struct conn *conn = apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
	assert_string_equal(conn->dns, "example.com, old.example.com");
	struct record record = test_flow(FLOW_ATTEMPT, 2, 0);
	test_flow_dst(&record, "2001:db8::1");
	assert_string_equal(apply(state, record)->dns, "example.com");
	record = test_flow(FLOW_ATTEMPT, 3, 0);
	test_flow_dst(&record, "198.51.100.2");
	assert_null(apply(state, record)->dns);

	/* Only the next connection has the new name. A name in the flow itself takes precedence. */
	apply_identity(state, test_dns("new.example.com", "198.51.100.1"));
	assert_string_equal(apply(state, test_flow(FLOW_ESTABLISHED, 1, 1))->dns,
			    "example.com, old.example.com");
	assert_string_equal(apply(state, test_flow(FLOW_ATTEMPT, 4, 1))->dns,
			    "example.com, new.example.com, old.example.com");
	record = test_flow(FLOW_ATTEMPT, 5, 1);
	test_flow_names(&record, NULL, NULL, NULL, NULL);
	record.flow.names->dns = "own.example.com";
	assert_string_equal(apply(state, record)->dns, "own.example.com");
	record = test_flow(FLOW_ESTABLISHED, 5, 2);
	test_flow_names(&record, NULL, NULL, NULL, NULL);
	record.flow.names->dns = "other.example.com";
	assert_string_equal(apply(state, record)->dns, "own.example.com");
	assert_string_equal(conn->dns, "example.com, old.example.com");
	assert_string_equal(conn->edge->dns,
			    "example.com, new.example.com, old.example.com, own.example.com");
}

/* Returns another connection to the same address and port, with a name. */
static const struct conn *connect_by_name(struct state *state, uint64_t id, const char *dns)
{
	struct record record = test_flow(FLOW_ATTEMPT, id, 0);

	test_flow_names(&record, NULL, NULL, NULL, NULL);
	record.flow.names->dns = dns;
	return apply(state, record);
}

/* An edge stores at most 16 different texts, each a list of DNS names. Connections with further
 * texts get no names. In addition, an edge stores one list for all its connections: the 16 names
 * that are alphabetically first, whatever their order of arrival. */
static void test_dns_names_of_an_edge_are_bounded(void **context)
{
	struct state *state = *context;
	char text[40];

	for (unsigned i = 20; i > 0; i--) {
		snprintf(text, sizeof(text), "n%02u.example, shared.example", i);
		const struct conn *conn = connect_by_name(state, i, text);
		if (i > 4)
			assert_string_equal(conn->dns, text);
		else
			assert_null(conn->dns);
	}
	const struct edge *edge = connect_by_name(state, 21, "n20.example, shared.example")->edge;
	assert_string_equal(
		edge->dns,
		"n01.example, n02.example, n03.example, n04.example, n05.example, n06.example, "
		"n07.example, n08.example, n09.example, n10.example, n11.example, n12.example, "
		"n13.example, n14.example, n15.example, n16.example, ...");
	assert_string_equal(connect_by_name(state, 22, "n00.example, ...")->edge->dns + 195,
			    "n15.example, ...");
}

/* Returns the record of a DNS look-up that was answered at `ms`. If `pod` is NULL, a process
 * outside pods asked. */
static struct record look_up(const char *pod, uint32_t netns, const char *name, uint64_t ms)
{
	struct record record = test_dns(name, "198.51.100.1");

	record.dns->namespace_name = test_copy(pod ? "shop" : NULL);
	record.dns->pod = test_copy(pod);
	record.dns->netns = netns;
	record.dns->cgroup_id = netns;
	record.dns->ttl_s = 1;
	record.dns->ts_ns = TEST_EPOCH_NS + ms * NS_PER_MILLISECOND;
	return record;
}

/* Opens a connection and returns its edge's DNS names. If `pod` is NULL, a process outside pods
 * opens it. */
static const char *name_for(struct state *state, const char *pod, uint32_t netns, uint64_t ms)
{
	static uint64_t id = 100;
	struct record record = test_flow(FLOW_ATTEMPT, ++id, ms);

	record.flow.netns = netns;
	record.flow.cgroup_id = netns;
	record.flow.has |= FLOW_HAS_NETNS | FLOW_HAS_CGROUP;
	record.flow.dport = (uint16_t)id; /* each has an edge of its own */
	if (pod)
		test_flow_names(&record, NULL, "shop", pod, NULL);
	return apply(state, record)->dns;
}

/* A connection gets only names that its own pod or network namespace looked up. A name stays valid
 * for its TTL plus one minute. */
static void test_dns_names_of_askers(void **context)
{
	struct state *state = *context;

	apply_identity(state, look_up("cart", 7, "cart.example", 1000));
	apply_identity(state, look_up("web", 8, "web.example", 1000));
	apply_identity(state, look_up(NULL, 9, "host.example", 1000));
	assert_null(name_for(state, "cart", 7, 999));
	assert_string_equal(name_for(state, "cart", 7, 1000), "cart.example");
	assert_string_equal(name_for(state, "web", 8, 62000), "web.example");
	assert_null(name_for(state, "web", 8, 62001));
	assert_string_equal(name_for(state, NULL, 9, 1000), "host.example");
	assert_null(name_for(state, NULL, 10, 1000));
	assert_null(name_for(state, "db", 11, 1000));
	/* A process outside pods does not get the names of a pod in the same network namespace. */
	assert_null(name_for(state, NULL, 7, 1000));
	/* A pod gets names that its process looked up before the pod was known. */
	assert_string_equal(name_for(state, "late", 9, 1000), "host.example");
	apply_identity(state, look_up("cart", 7, "api.example", 2000));
	assert_string_equal(name_for(state, "cart", 7, 2000), "api.example, cart.example");
	/* A look-up without pod and network namespace (in old recordings) names a connection only
	 * if no look-up of the connection's own pod or network namespace does. */
	apply_identity(state, test_dns("old.example", "198.51.100.1"));
	assert_string_equal(name_for(state, "db", 11, 1000), "old.example");
	assert_string_equal(name_for(state, "cart", 7, 2000), "api.example, cart.example");
}

/* Look-ups of one pod do not displace the names of another pod. An address has at most
 * DNS_NAMES_PER_ADDRESS names. */
static void test_dns_names_of_a_flooding_pod(void **context)
{
	struct state *state = *context;
	char text[40];

	apply_identity(state, look_up("web", 8, "web.example", 1000));
	for (unsigned i = 0; i < 9; i++) {
		snprintf(text, sizeof(text), "n%u.example", i);
		apply_identity(state, look_up("cart", 7, text, 1000 + i));
	}
	assert_string_equal(name_for(state, "cart", 7, 2000),
			    "n1.example, n2.example, n3.example, n4.example, n5.example, "
			    "n6.example, n7.example, n8.example, ...");
	for (unsigned i = 0; i < 40000; i++) {
		struct record record = look_up("cart", 7, "flood.example", 1000);
		snprintf(text, sizeof(text), "2001:db8::%x", i);
		assert_int_equal(string_list_add(&record.dns->addresses, text), 0);
		apply_identity(state, record);
	}
	assert_string_equal(name_for(state, "web", 8, 2000), "web.example");
}

/* Beyond the limit, the oldest address is dropped. */
static void test_dns_names_are_bounded(void **context)
{
	struct state *state = *context;
	char name[32];
	char address[40];

	for (unsigned i = 0; i < 17000; i++) {
		snprintf(name, sizeof(name), "n%u.example.com", i);
		snprintf(address, sizeof(address), "2001:db8::%x", i);
		apply_identity(state, test_dns(name, address));
	}
	for (unsigned i = 0; i < 17000; i += 100) {
		struct record record = test_flow(FLOW_ATTEMPT, i, 0);
		snprintf(name, sizeof(name), "n%u.example.com", i);
		snprintf(address, sizeof(address), "2001:db8::%x", i);
		test_flow_dst(&record, address);
		const char *dns = apply(state, record)->dns;
		if (i < 17000 - 16384)
			assert_null(dns);
		else
			assert_string_equal(dns, name);
	}
}

/* --- a model that gets the same events in random order --- */

#define MODEL_CONNS 60
#define MODEL_STEPS 4000

/* Sequences of events. Each letter is one event: see model_flow. model_life chooses the sequence of
 * a connection. */
static const char *const model_lives[] = {"AEOX", "AF", "COOX", "A", "AE", "O"};

struct model_conn {
	unsigned seen; /* bit i: event i of the connection's sequence was applied */
	uint64_t flows;
	bool waited; /* the time of an answer passed while the attempt had none */
};

static uint32_t random_below(uint64_t *seed, uint32_t bound)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33) % bound;
}

static const char *model_life(size_t id)
{
	return model_lives[id % (sizeof(model_lives) / sizeof(model_lives[0]))];
}

static struct record model_flow(size_t id, size_t step)
{
	static const char letters[] = "AECFXO";
	static const enum flow_event_type types[] = {FLOW_ATTEMPT, FLOW_ESTABLISHED, FLOW_ACCEPTED,
						     FLOW_FAILED,  FLOW_CLOSED,      FLOW_OPEN};
	char letter = model_life(id)[step];
	struct record record =
		flow_in_cgroup(types[strchr(letters, letter) - letters], id + 1, step, id % 5);

	if (letter == 'X' || letter == 'O') {
		record.flow.has |= FLOW_HAS_TX;
		record.flow.tx_bytes = 1000 * id + step;
	}
	if (id % 5 == 0)
		record.flow.has &= ~(uint32_t)FLOW_HAS_CGROUP;
	snprintf(record.flow.comm, sizeof(record.flow.comm), "app%zu", id % 3);
	return record;
}

struct sums {
	uint64_t conns, ok, failed, open, hanging, flows, tx;
};

static struct sums model_sums(const struct model_conn *conns)
{
	struct sums sums = {0};

	for (size_t id = 0; id < MODEL_CONNS; id++) {
		const char *life = model_life(id);
		bool ok = false;
		bool ended = false;
		uint64_t tx = 0;

		if (conns[id].flows == 0)
			continue;
		for (size_t step = 0; life[step]; step++) {
			if (!(conns[id].seen & 1u << step))
				continue;
			ok |= strchr("ECOX", life[step]) != NULL;
			ended |= strchr("XF", life[step]) != NULL;
			if (strchr("OX", life[step]))
				tx = 1000 * id + step;
		}
		sums.conns++;
		sums.ok += ok;
		sums.failed += ended && !ok;
		sums.open += ok && !ended;
		sums.hanging += !ok && !ended && conns[id].waited;
		sums.flows += conns[id].flows;
		sums.tx += tx;
	}
	return sums;
}

static struct sums edge_sums(const struct state *state)
{
	struct sums sums = {0};

	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		struct sums own = {0};
		for (size_t j = 0; j < subject->edge_count; j++) {
			const struct edge *edge = subject->edges[j];
			own.conns += edge->conn_count;
			own.failed += edge->failed_count;
			own.open += edge->open_count;
			own.hanging += edge->hanging_count;
			sums.ok += edge->ok_count;
			sums.flows += edge->flow_count;
			sums.tx += edge->tx_bytes;
		}
		assert_int_equal(subject->conn_count, own.conns);
		assert_int_equal(subject->failed_count, own.failed);
		assert_int_equal(subject->open_count, own.open);
		assert_int_equal(subject->hanging_count, own.hanging);
		sums.conns += own.conns;
		sums.failed += own.failed;
		sums.open += own.open;
		sums.hanging += own.hanging;
	}
	return sums;
}

/* Compares each edge's gauges with a count of its connections in the table. */
static void check_gauges(const struct state *state)
{
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		for (size_t j = 0; j < subject->edge_count; j++) {
			const struct edge *edge = subject->edges[j];
			uint64_t open = 0;
			uint64_t hanging = 0;
			for (const struct conn *conn = state_newest(state); conn;
			     conn = conn->older) {
				open += conn->edge == edge && conn->phase == CONN_ESTABLISHED;
				hanging += conn->edge == edge && conn_hangs(conn);
			}
			assert_int_equal(edge->open_count, open);
			assert_int_equal(edge->hanging_count, hanging);
		}
	}
}

/* Compares the sums of each group with the counters of its subjects. */
static void check_groups(const struct state *state)
{
	struct subject_sums groups[SUBJECT_GROUPS] = {0};

	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		struct subject_sums *sums = &groups[subject->group];
		sums->connections += subject->conn_count;
		sums->failed += subject->failed_count;
		sums->open += subject->open_count;
		sums->hanging += subject->hanging_count;
	}
	for (uint8_t group = 0; group < SUBJECT_GROUPS; group++)
		assert_memory_equal(state_group_sums(state, group), &groups[group],
				    sizeof(groups[group]));
}

static void apply_random_identity(struct state *state, uint64_t *seed)
{
	static const char *const ids[] = {"c0aaaaaaaaaa", "c1aaaaaaaaaa", "c2aaaaaaaaaa",
					  "c3aaaaaaaaaa", "c4aaaaaaaaaa"};
	static const char *const uids[] = {"u0", "u1", "u2", "u3", "u4"};
	size_t which = 1 + random_below(seed, 4);

	switch (random_below(seed, 4)) {
	case 0:
		apply_identity(state, test_container(ids[which], which, NULL));
		break;
	case 1: {
		struct record record = test_container(ids[which], which, "web");
		record.container->pod_uid = test_copy(uids[which]);
		apply_identity(state, record);
		break;
	}
	case 2: {
		struct record record = test_container(ids[which], which, "web");
		record.container->namespace_name = test_copy("shop");
		record.container->pod = test_copy(ids[which]);
		apply_identity(state, record);
		break;
	}
	default:
		apply_identity(state, test_pod("shop", ids[which], uids[which], NULL));
	}
}

static void run_model(uint64_t seed, const struct state_options *options, bool exact)
{
	struct model_conn conns[MODEL_CONNS] = {0};
	struct state *state = NULL;

	assert_int_equal(state_new(options, &state), 0);
	for (size_t i = 0; i < MODEL_STEPS; i++) {
		if (random_below(&seed, 10) == 0) {
			apply_random_identity(state, &seed);
		} else if (random_below(&seed, 20) == 0 && state_subject_count(state) > 0) {
			uint32_t count = (uint32_t)state_subject_count(state);
			state_set_group(state, random_below(&seed, count),
					(uint8_t)random_below(&seed, SUBJECT_GROUPS));
		} else if (random_below(&seed, 100) == 0) {
			state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
			for (size_t id = 0; id < MODEL_CONNS; id++)
				conns[id].waited |= conns[id].flows > 0;
		} else {
			size_t id = random_below(&seed, MODEL_CONNS);
			size_t step = random_below(&seed, (uint32_t)strlen(model_life(id)));
			apply(state, model_flow(id, step));
			conns[id].seen |= 1u << step;
			conns[id].flows++;
		}
		check_groups(state);
		struct sums sums = edge_sums(state);
		if (exact) {
			struct sums expected = model_sums(conns);
			assert_memory_equal(&sums, &expected, sizeof(sums));
		}
		if (i % 64 == 0)
			check_gauges(state);
		assert_int_equal(state_counters(state)->open_now, sums.open);
		assert_int_equal(state_counters(state)->hanging_now, sums.hanging);
		assert_int_equal(state_counters(state)->connections, sums.conns);
		assert_int_equal(state_counters(state)->failed, sums.failed);
	}
	check_gauges(state);
	state_free(state);
}

static void test_model(void **context)
{
	(void)context;
	for (uint64_t seed = 1; seed <= 8; seed++)
		run_model(seed, NULL, true);
}

/* Beyond a limit, the oldest deleted pods are dropped. Their subjects then have no pod record, even
 * if the record of another pod reuses the memory. */
static void test_dead_pods_are_bounded(void **context)
{
	struct state *state = *context;
	struct record record = test_pod("shop", "living", "u-living", "192.0.2.9");
	char name[24];

	apply_identity(state, record);
	const struct subject *subject =
		apply(state, named_flow(1, NULL, "shop", "first", NULL))->subject;
	for (unsigned int i = 0; i < 66000; i++) {
		snprintf(name, sizeof(name), i == 0 ? "first" : "job-%u", i);
		record = test_pod("shop", name, name, NULL);
		record.pod->deleted = true;
		apply_identity(state, record);
		if (i == 0 || i == 65535) {
			assert_non_null(subject->pod_record);
			assert_string_equal(subject->pod_record->name, "first");
		}
	}
	const struct workloads *workloads = state_workloads(state);
	assert_null(subject->pod_record);
	assert_true(subject->pod_deleted);
	assert_null(workloads_pod(workloads, "shop", "first"));
	assert_null(workloads_pod_by_uid(workloads, "first"));
	assert_int_equal(workloads_count(workloads, RECORD_POD), 65537);
	assert_string_equal(workloads_pod_by_uid(workloads, "job-65999")->name, "job-65999");
	assert_string_equal(workloads_pod(workloads, "shop", "living")->uid, "u-living");

	/* A live pod also reuses the record of a dead pod, and can be found. */
	apply_identity(state, test_pod("shop", "fresh", "u-fresh", "192.0.2.10"));
	assert_int_equal(workloads_count(workloads, RECORD_POD), 65537);
	assert_string_equal(workloads_pod_by_uid(workloads, "u-fresh")->name, "fresh");
	subject = apply(state, named_flow(2, NULL, "shop", "fresh", NULL))->subject;
	assert_ptr_equal(subject->pod_record, workloads_pod(workloads, "shop", "fresh"));
}

/*
 * Even if the table is too small for all connections, the gauges equal the connections in the
 * table. The totals may exceed those of the model: a connection that was evicted after its end
 * counts again if another of its events arrives.
 */
static void test_model_with_evictions(void **context)
{
	(void)context;
	for (size_t max = 1; max <= 33; max += 8)
		run_model(max, &(struct state_options){.max_connections = max}, false);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_program, setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_edges, setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_edges_before_translation, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_pod_by_name, setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ids_of_two_nodes, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_container_comes_late, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_container_names_its_pod, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_flow_with_more_names, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_address_comes_late, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dns_names_of_an_edge_are_bounded, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dns_names, setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dns_names_of_askers, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dns_names_of_a_flooding_pod, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dns_names_are_bounded, setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_dead_pods_are_bounded, setup,
						state_fixture_teardown),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_model_with_evictions),
	};
	return cmocka_run_group_tests_name("placement", tests, NULL, NULL);
}
