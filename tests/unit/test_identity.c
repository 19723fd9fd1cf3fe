/* SPDX-License-Identifier: Apache-2.0 */
/* Merges records from several sources, and finds the holder of an address at the time of a flow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/identity/holder.h"
#include "core/state/state.h"
#include "tests/support/records.h"

#define MS 1000000ull

static int set_up(void **context)
{
	struct state *state = NULL;

	if (state_new(NULL, &state))
		return -1;
	*context = state;
	return 0;
}

static int tear_down(void **context)
{
	state_free(*context);
	return 0;
}

static const struct conn *apply_identity(struct state *state, struct record record)
{
	const struct conn *conn = state_apply(state, &record);

	record_free(&record);
	return conn;
}

static struct record kernel_container(const char *id, uint64_t cgroup_id, const char *uid)
{
	struct record record = test_container(id, cgroup_id, NULL);

	record.container->pod_uid = test_copy(uid);
	return record;
}

static struct record runtime_container(const char *id, const char *uid)
{
	struct record record = test_container(id, 0, "web");

	record.container->namespace_name = test_copy("shop");
	record.container->pod = test_copy("cart-1");
	record.container->pod_uid = test_copy(uid);
	return record;
}

static struct record flow_in(uint64_t cgroup_id, uint64_t id, uint64_t ms)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, ms);

	record.flow.cgroup_id = cgroup_id;
	record.flow.has |= FLOW_HAS_CGROUP;
	return record;
}

static void test_container_from_kernel_and_runtime(void **context)
{
	struct state *state = *context;

	/* The kernel reports the cgroup, the runtime reports the name, and then the kernel reports
	 * an inner cgroup. */
	apply_identity(state, kernel_container("c1", 10, "uid-1"));
	apply_identity(state, runtime_container("c1", "uid-1"));
	apply_identity(state, kernel_container("c1", 11, "uid-1"));
	for (uint64_t cgroup = 10; cgroup <= 11; cgroup++) {
		const struct conn *conn = apply_identity(state, flow_in(cgroup, cgroup, 0));
		assert_int_equal(conn->subject->kind, SUBJECT_POD);
		assert_string_equal(conn->subject->display, "shop/cart-1");
		assert_string_equal(conn->subject->container, "web");
	}
	/* The runtime reports first, then the kernel. */
	apply_identity(state, runtime_container("c2", "uid-1"));
	apply_identity(state, kernel_container("c2", 20, NULL));
	assert_string_equal(apply_identity(state, flow_in(20, 20, 0))->subject->display,
			    "shop/cart-1");
}

/* The path of a cgroup may contradict the runtime about a container's pod. Then a process has
 * chosen the path, and the path identifies nothing. */
static void test_contradicted_path(void **context)
{
	static const char *const own = "11111111-0000-0000-0000-000000000001";
	static const char *const other = "22222222-0000-0000-0000-000000000002";
	static const char *const manifest = "5ca2b4a1c0f2e1d3b4a59687deadbeef";
	struct state *state = *context;

	apply_identity(state, kernel_container("c1", 10, own));
	apply_identity(state, kernel_container("c1", 11, other));
	const struct conn *early = apply_identity(state, flow_in(11, 1, 0));
	uint64_t sequence = early->sequence;
	apply_identity(state, runtime_container("c1", own));
	assert_string_equal(apply_identity(state, flow_in(10, 2, 0))->subject->display,
			    "shop/cart-1");
	assert_int_equal(apply_identity(state, flow_in(11, 3, 0))->subject->kind,
			 SUBJECT_UNRESOLVED);
	assert_int_equal(state_find(state, sequence)->subject->kind, SUBJECT_UNRESOLVED);
	/* A flow that names the container does not make the path valid. */
	struct record named = flow_in(11, 4, 0);
	test_flow_names(&named, NULL, NULL, NULL, "c1");
	assert_int_equal(apply_identity(state, named)->subject->kind, SUBJECT_UNRESOLVED);
	assert_int_equal(state_counters(state)->unresolved, 3);
	/* The runtime reports first. The path of a static pod contains the hash of the pod's
	 * manifest in place of the UID, and identifies the pod. */
	apply_identity(state, runtime_container("c2", own));
	apply_identity(state, kernel_container("c2", 20, other));
	apply_identity(state, kernel_container("c2", 21, manifest));
	assert_int_equal(apply_identity(state, flow_in(20, 5, 0))->subject->kind,
			 SUBJECT_UNRESOLVED);
	assert_string_equal(apply_identity(state, flow_in(21, 6, 0))->subject->display,
			    "shop/cart-1");
}

/* A kubelet's labels name a pod only if the cgroup's path names the same pod. */
static void test_labels_of_an_image(void **context)
{
	static const char *const uids[] = {NULL, "uid-2", "uid-1"};
	struct state *state = *context;

	for (uint64_t i = 0; i < 3; i++) {
		char id[] = {'c', (char)('1' + i), '\0'};
		struct record record = test_container(id, 0, "k8s_web_cart");
		struct labels *labels = &record.container->labels;
		assert_int_equal(labels_set(labels, "io.kubernetes.pod.uid", "uid-1"), 0);
		assert_int_equal(labels_set(labels, "io.kubernetes.pod.namespace", "shop"), 0);
		assert_int_equal(labels_set(labels, "com.docker.compose.project", "shop"), 0);
		assert_int_equal(labels_set(labels, "com.docker.compose.service", "cart-1"), 0);
		assert_int_equal(labels_set(labels, "io.kubernetes.pod.name", "cart-1"), 0);
		apply_identity(state, kernel_container(id, 10 + i, uids[i]));
		apply_identity(state, record);
		const struct conn *conn = apply_identity(state, flow_in(10 + i, i, 0));
		assert_int_equal(conn->subject->kind, i == 2 ? SUBJECT_POD : SUBJECT_CONTAINER);
	}
}

/* One container id has a cgroup on the host and a cgroup below the container n1. The cgroup on the
 * host keeps the id, and the other cgroup belongs to n1. The order of the records does not
 * matter. */
static void test_nested_imitation(void **context)
{
	struct state *state = *context;

	for (uint64_t i = 0; i < 2; i++) {
		const char *id = i ? "c2" : "c1";
		for (uint64_t j = 0; j < 2; j++) {
			bool nested = i == j;
			struct record record = kernel_container(id, 10 + nested + 10 * i, NULL);
			if (nested)
				record.container->outer_id = test_copy("n1");
			apply_identity(state, record);
		}
		apply_identity(state, runtime_container(id, "uid-1"));
		const struct conn *own = apply_identity(state, flow_in(10 + 10 * i, 10 + i, 0));
		assert_int_equal(own->subject->kind, SUBJECT_POD);
		const struct conn *false_one =
			apply_identity(state, flow_in(11 + 10 * i, 20 + i, 0));
		assert_string_equal(false_one->subject->container_id, "n1");
	}
}

static void test_unresolved_cgroup(void **context)
{
	struct state *state = *context;
	struct record record = flow_in(30, 1, 0);

	record.flow.unresolved = true;
	const struct conn *conn = apply_identity(state, record);
	assert_int_equal(conn->subject->kind, SUBJECT_UNRESOLVED);
	assert_int_equal(state_counters(state)->unresolved, 1);
	/* A record reports that the cgroup belongs to a container. */
	apply_identity(state, kernel_container("c3", 30, NULL));
	assert_int_equal(conn->subject->kind, SUBJECT_CONTAINER);
	assert_int_equal(state_counters(state)->unresolved, 0);
	/* The first flow of cgroup 31 is unresolved. The next one shows that 31 belongs to the
	 * host. */
	record = flow_in(31, 2, 0);
	record.flow.unresolved = true;
	apply_identity(state, record);
	conn = apply_identity(state, flow_in(31, 3, 0));
	assert_int_equal(conn->subject->kind, SUBJECT_PROCESS);
	assert_int_equal(state_counters(state)->unresolved, 0);
}

/* A cgroup id is unique only within its node. */
static void test_cgroups_of_two_nodes(void **context)
{
	struct state *state = *context;

	for (int i = 0; i < 2; i++) {
		struct record record = kernel_container(i ? "c2" : "c1", 11, NULL);
		record.container->node = test_copy(i ? "n2" : "n1");
		apply_identity(state, record);
	}
	for (int i = 0; i < 2; i++) {
		struct record record = flow_in(11, 1, 0);
		test_flow_names(&record, i ? "n2" : "n1", NULL, NULL, NULL);
		assert_string_equal(apply_identity(state, record)->subject->container_id,
				    i ? "c2" : "c1");
	}
}

static struct record api_pod(const char *label, uint64_t started_ms)
{
	struct record record = test_pod("shop", "cart-1", "uid-1", "192.0.2.7");

	record.pod->phase = test_copy("Running");
	record.pod->owner_kind = test_copy("Deployment");
	record.pod->owner_name = test_copy("cart");
	record.pod->started_ns = TEST_EPOCH_NS + started_ms * MS;
	assert_int_equal(labels_set(&record.pod->labels, "track", label), 0);
	return record;
}

static struct record runtime_pod(void)
{
	struct record record = test_pod("shop", "cart-1", "uid-1", "192.0.2.7");

	assert_int_equal(labels_set(&record.pod->labels, "track", "of old"), 0);
	return record;
}

static void test_pod_from_api_and_runtime(void **context)
{
	struct state *state = *context;
	const struct workloads *workloads = state_workloads(state);

	apply_identity(state, runtime_pod());
	const struct pod_record *pod = workloads_pod(workloads, "shop", "cart-1");
	assert_string_equal(labels_get(&pod->labels, "track"), "of old");
	apply_identity(state, api_pod("stable", 0));
	assert_string_equal(labels_get(&pod->labels, "track"), "stable");
	assert_string_equal(pod->owner_name, "cart");
	/* The API's labels take precedence over the runtime's labels, which do not change after the
	 * pod's creation. */
	apply_identity(state, runtime_pod());
	assert_string_equal(labels_get(&pod->labels, "track"), "stable");
	assert_string_equal(pod->owner_name, "cart");
	assert_string_equal(pod->phase, "Running");
	apply_identity(state, api_pod("canary", 0));
	assert_string_equal(labels_get(&pod->labels, "track"), "canary");

	/* A deletion removes only the pod's addresses. */
	struct record gone = test_pod("shop", "cart-1", "uid-1", NULL);
	gone.pod->deleted = true;
	apply_identity(state, gone);
	assert_true(pod->deleted);
	assert_string_equal(labels_get(&pod->labels, "track"), "canary");
	assert_string_equal(pod->owner_name, "cart");

	/* A new pod of the same name gets no values of the old pod. */
	apply_identity(state, test_pod("shop", "cart-1", "uid-2", "192.0.2.8"));
	assert_false(pod->deleted);
	assert_null(labels_get(&pod->labels, "track"));
	assert_null(pod->owner_name);
	assert_null(pod->phase);
}

static const struct conn *flow_to(struct state *state, const char *address, uint64_t id,
				  uint64_t ms)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, ms);

	test_flow_dst(&record, address);
	return apply_identity(state, record);
}

static struct record pod_at(const char *name, const char *uid, const char *ips, uint64_t started_ms)
{
	struct record record = test_pod("shop", name, uid, ips);

	record.pod->started_ns = TEST_EPOCH_NS + started_ms * MS;
	return record;
}

static void end_pod(struct state *state, const char *name, const char *uid)
{
	struct record record = test_pod("shop", name, uid, NULL);

	record.pod->deleted = true;
	apply_identity(state, record);
}

static void test_address_used_again(void **context)
{
	struct state *state = *context;

	apply_identity(state, pod_at("a", "1", "192.0.2.50", 0));
	const struct edge *first = flow_to(state, "192.0.2.50", 1, 5000)->edge;
	assert_string_equal(first->peer_name, "a");
	assert_int_equal(first->peer_kind, FLOW_PEER_POD);
	assert_ptr_equal(flow_to(state, "192.0.2.50", 2, 6000)->edge, first);
	end_pod(state, "a", "1");
	/* No pod holds the address: further flows belong to the last pod that held it. */
	assert_ptr_equal(flow_to(state, "192.0.2.50", 3, 7000)->edge, first);
	apply_identity(state, pod_at("b", "2", "192.0.2.50", 8000));
	const struct edge *second = flow_to(state, "192.0.2.50", 4, 9000)->edge;
	assert_ptr_not_equal(second, first);
	assert_string_equal(second->peer_name, "b");
	assert_string_equal(first->peer_name, "a");
	assert_int_equal(first->conn_count, 3);
	assert_int_equal(second->conn_count, 1);
}

static void test_name_that_comes_late(void **context)
{
	struct state *state = *context;
	const struct edge *edge = flow_to(state, "192.0.2.51", 1, 5000)->edge;

	assert_null(edge->peer_name);
	/* The next connection gives the edge the pod's name. */
	apply_identity(state, pod_at("a", "1", "192.0.2.51", 0));
	assert_ptr_equal(flow_to(state, "192.0.2.51", 2, 6000)->edge, edge);
	assert_string_equal(edge->peer_name, "a");

	/* Without another connection, the edge gets the pod's name when the pod is deleted. */
	edge = flow_to(state, "192.0.2.52", 3, 7000)->edge;
	apply_identity(state, pod_at("c", "3", "192.0.2.52", 0));
	end_pod(state, "c", "3");
	assert_string_equal(edge->peer_name, "c");
}

static void test_pod_that_started_later(void **context)
{
	struct state *state = *context;
	const struct edge *edge = flow_to(state, "192.0.2.53", 1, 5000)->edge;
	const struct workloads *workloads = state_workloads(state);

	apply_identity(state, pod_at("young", "1", "192.0.2.53", 60000));
	assert_null(holder_pod_at_time(workloads, edge->family, &edge->peer, edge->last_ns));
	assert_non_null(holder_pod_at_time(workloads, edge->family, &edge->peer,
					   TEST_EPOCH_NS + 60000 * MS));
	end_pod(state, "young", "1");
	assert_null(edge->peer_name);
}

static void test_shared_addresses_name_nobody(void **context)
{
	struct state *state = *context;
	struct record record = pod_at("agent", "1", "192.0.2.54", 0);

	record.pod->host_network = true;
	apply_identity(state, record);
	assert_null(flow_to(state, "192.0.2.54", 1, 1000)->edge->peer_name);
	apply_identity(state, pod_at("x", "2", "192.0.2.55", 0));
	apply_identity(state, pod_at("y", "3", "192.0.2.55", 0));
	assert_null(flow_to(state, "192.0.2.55", 2, 1000)->edge->peer_name);
}

#define NETNS_MESH   4026532001u
#define NETNS_WEB    4026532002u
#define NETNS_FORGED 4026532099u

/* Returns a pod of shop with one address. */
static struct record pod_on_node(const char *name, const char *ip)
{
	struct record record = test_pod("shop", name, name, ip);

	record.pod->node = test_copy("n1");
	return record;
}

/* Returns a connection that a process of the cgroup accepted, at this address and port and in this
 * network namespace. */
static struct record accepted_in(uint64_t cgroup_id, uint64_t id, const char *address,
				 uint16_t port, uint32_t netns)
{
	struct record record = test_flow(FLOW_ACCEPTED, id, 10);

	record.flow.direction = FLOW_INGRESS;
	test_flow_src(&record, "192.0.2.77");
	test_flow_dst(&record, address);
	record.flow.dport = port;
	record.flow.cgroup_id = cgroup_id;
	record.flow.netns = netns;
	record.flow.has |= FLOW_HAS_CGROUP | (netns ? FLOW_HAS_NETNS : 0);
	test_flow_names(&record, "n1", NULL, NULL, NULL);
	return record;
}

static const char *holder_of(struct state *state, uint64_t sequence)
{
	return state_find(state, sequence)->subject->display;
}

/* A socket in another pod's network namespace belongs to that pod. The order of the records does
 * not matter. */
static void test_socket_in_another_namespace(void **context)
{
	enum { STEPS = 6 };
	static const uint8_t orders[][STEPS] = {
		{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {4, 5, 0, 1, 2, 3},
		{2, 4, 0, 5, 1, 3}, {3, 0, 4, 1, 5, 2},
	};

	(void)context;
	for (size_t order = 0; order < sizeof(orders) / sizeof(orders[0]); order++) {
		struct state *state = NULL;
		uint64_t tunnel = 0;
		assert_int_equal(state_new(NULL, &state), 0);
		for (size_t i = 0; i < STEPS; i++) {
			struct record mesh = kernel_container("c1", 10, "ztunnel");
			struct record web = kernel_container("c2", 20, "web");
			switch (orders[order][i]) {
			case 0:
				apply_identity(state, pod_on_node("ztunnel", "198.51.100.1"));
				break;
			case 1:
				apply_identity(state, pod_on_node("web", "198.51.100.2"));
				break;
			case 2:
				apply_identity(state, mesh);
				mesh.kind = RECORD_NONE;
				break;
			case 3:
				apply_identity(state, web);
				web.kind = RECORD_NONE;
				break;
			case 4:
				tunnel = apply_identity(state, accepted_in(10, 1, "198.51.100.2",
									   15008, NETNS_WEB))
						 ->sequence;
				break;
			default:
				apply_identity(state,
					       accepted_in(20, 2, "198.51.100.2", 8080, NETNS_WEB));
			}
			if (mesh.kind)
				record_free(&mesh);
			if (web.kind)
				record_free(&web);
		}
		assert_string_equal(holder_of(state, tunnel), "shop/web");
		assert_true(state_find(state, tunnel)->edge->is_foreign);
		assert_int_equal(state_find(state, tunnel)->subject->conn_count, 2);
		state_free(state);
	}
}

/* A process can give its own network namespace the address of another pod, but does not become that
 * pod. */
static void test_forged_address(void **context)
{
	struct state *state = *context;

	apply_identity(state, pod_on_node("evil", "198.51.100.1"));
	apply_identity(state, pod_on_node("web", "198.51.100.2"));
	apply_identity(state, kernel_container("c1", 10, "evil"));
	apply_identity(state, kernel_container("c2", 20, "web"));
	/* The process forges the address in its own namespace, before and after that namespace is
	 * known. */
	const struct conn *forged =
		apply_identity(state, accepted_in(10, 1, "198.51.100.2", 80, NETNS_MESH));
	uint64_t first = forged->sequence;
	apply_identity(state, accepted_in(10, 2, "198.51.100.1", 80, NETNS_MESH));
	assert_string_equal(holder_of(state, first), "shop/evil");
	forged = apply_identity(state, accepted_in(10, 3, "198.51.100.2", 81, NETNS_MESH));
	assert_string_equal(forged->subject->display, "shop/evil");
	/* The process forges the address in a new namespace, twice. Before the first time, only a
	 * loopback socket has shown the namespace of the pod web. Before the second time, a socket
	 * with web's address shows it too. */
	apply_identity(state, accepted_in(20, 6, "127.0.0.1", 8080, NETNS_WEB));
	forged = apply_identity(state, accepted_in(10, 7, "198.51.100.2", 82, NETNS_FORGED));
	assert_string_equal(forged->subject->display, "shop/evil");
	apply_identity(state, accepted_in(20, 4, "198.51.100.2", 8080, NETNS_WEB));
	forged = apply_identity(state, accepted_in(10, 5, "198.51.100.2", 82, NETNS_FORGED));
	assert_string_equal(forged->subject->display, "shop/evil");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_contradicted_path, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_labels_of_an_image, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nested_imitation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unresolved_cgroup, set_up, tear_down),
		cmocka_unit_test(test_socket_in_another_namespace),
		cmocka_unit_test_setup_teardown(test_forged_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cgroups_of_two_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_container_from_kernel_and_runtime, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_pod_from_api_and_runtime, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_address_used_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_name_that_comes_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pod_that_started_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shared_addresses_name_nobody, set_up,
						tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
