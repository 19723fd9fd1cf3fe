/* SPDX-License-Identifier: Apache-2.0 */
/* Identities: look-ups by name, uid, cgroup and address, and changes by later records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "core/state/identity/holder.h"
#include "core/state/identity/workloads.h"
#include "tests/support/records.h"

static int setup(void **context)
{
	struct workloads *workloads = NULL;

	if (workloads_new(&workloads))
		return -1;
	*context = workloads;
	return 0;
}

static int teardown(void **context)
{
	workloads_free(*context);
	return 0;
}

static void apply(struct workloads *workloads, struct record record)
{
	uint64_t revision = workloads_revision(workloads);

	assert_int_equal(workloads_apply(workloads, &record), 0);
	assert_int_equal(record.kind, RECORD_NONE);
	assert_true(workloads_revision(workloads) > revision);
}

static void find_holder(const struct workloads *workloads, const char *text, struct holder *holder)
{
	struct holder_query query = {.time_ns = UINT64_MAX};

	assert_int_equal(address_parse(text, &query.family, &query.address), 0);
	holder_find(workloads, &query, holder);
}

static const struct pod_record *pod_at(const struct workloads *workloads, const char *text)
{
	struct holder holder;

	find_holder(workloads, text, &holder);
	return holder.pod;
}

static size_t pods_at(const struct workloads *workloads, const char *text)
{
	struct flow_address address;
	struct address_cursor cursor;
	size_t count = 0;
	uint8_t family;

	assert_int_equal(address_parse(text, &family, &address), 0);
	for (const struct pod_record *pod =
		     workloads_first_at(workloads, RECORD_POD, family, &address, &cursor);
	     pod; pod = workloads_next_at(workloads, RECORD_POD, &cursor))
		count++;
	return count;
}

static const struct service_record *service_at(const struct workloads *workloads, const char *text)
{
	struct holder holder;

	find_holder(workloads, text, &holder);
	return holder.service;
}

static const struct node_record *node_at(const struct workloads *workloads, const char *text)
{
	struct flow_address address;
	struct address_cursor cursor;
	uint8_t family;

	assert_int_equal(address_parse(text, &family, &address), 0);
	return workloads_first_at(workloads, RECORD_NODE, family, &address, &cursor);
}

static void test_pods(void **context)
{
	struct workloads *workloads = *context;

	assert_null(workloads_pod(workloads, "shop", "cart"));
	assert_null(workloads_pod_by_uid(workloads, "u1"));
	apply(workloads, test_pod("shop", "cart", "u1", "192.0.2.10 2001:db8::10"));
	apply(workloads, test_pod("web", "cart", "u2", "192.0.2.11"));
	const struct pod_record *pod = workloads_pod(workloads, "shop", "cart");
	assert_non_null(pod);
	assert_string_equal(pod->uid, "u1");
	assert_ptr_equal(workloads_pod_by_uid(workloads, "u1"), pod);
	assert_ptr_equal(pod_at(workloads, "192.0.2.10"), pod);
	assert_ptr_equal(pod_at(workloads, "2001:db8::10"), pod);
	assert_ptr_equal(pod_at(workloads, "::ffff:192.0.2.10"), pod);
	assert_null(pod_at(workloads, "192.0.2.12"));
	assert_int_equal(pods_at(workloads, "192.0.2.10"), 1);

	/* The pointer now refers to the new pod. Look-ups do not find the old pod. */
	apply(workloads, test_pod("shop", "cart", "u3", "192.0.2.12"));
	assert_string_equal(pod->uid, "u3");
	assert_ptr_equal(workloads_pod(workloads, "shop", "cart"), pod);
	assert_null(workloads_pod_by_uid(workloads, "u1"));
	assert_ptr_equal(workloads_pod_by_uid(workloads, "u3"), pod);
	assert_null(pod_at(workloads, "192.0.2.10"));
	assert_null(pod_at(workloads, "2001:db8::10"));
	assert_ptr_equal(pod_at(workloads, "192.0.2.12"), pod);
	assert_int_equal(workloads_count(workloads, RECORD_POD), 2);
	assert_ptr_equal(workloads_pod_at(workloads, 0), pod);
	assert_null(workloads_pod_at(workloads, 2));
}

static void test_pods_that_end(void **context)
{
	struct workloads *workloads = *context;
	struct record record = test_pod("shop", "cart", "u1", "192.0.2.10");

	assert_int_equal(labels_set(&record.pod->labels, "app", "cart"), 0);
	apply(workloads, record);
	/* The deletion of an earlier pod of the same name does not delete the present pod. */
	record = test_pod("shop", "cart", "u0", NULL);
	record.pod->deleted = true;
	apply(workloads, record);
	const struct pod_record *pod = workloads_pod(workloads, "shop", "cart");
	assert_false(pod->deleted);

	/* A deletion that has only the pod's name preserves all known values of the pod but its
	 * address. */
	record = test_pod("shop", "cart", NULL, NULL);
	record.pod->deleted = true;
	apply(workloads, record);
	assert_true(pod->deleted);
	assert_string_equal(labels_get(&pod->labels, "app"), "cart");
	assert_null(pod_at(workloads, "192.0.2.10"));
	assert_ptr_equal(workloads_pod_by_uid(workloads, "u1"), pod);

	static const char *const phases[] = {"Succeeded", "Failed", "Running", "Pending"};
	for (size_t i = 0; i < 4; i++) {
		record = test_pod("shop", "job", "u9", "192.0.2.20");
		record.pod->phase = test_copy(phases[i]);
		apply(workloads, record);
		assert_int_equal(pod_at(workloads, "192.0.2.20") != NULL, i >= 2);
	}
}

static void test_shared_address(void **context)
{
	struct workloads *workloads = *context;
	struct record record;

	for (int i = 0; i < 3; i++) {
		char name[16];
		snprintf(name, sizeof(name), "host-%d", i);
		record = test_pod("kube-system", name, NULL, "192.0.2.1");
		record.pod->host_network = true;
		apply(workloads, record);
	}
	assert_int_equal(pods_at(workloads, "192.0.2.1"), 3);
	apply(workloads, test_pod("shop", "own", NULL, "192.0.2.1"));
	record = test_pod("kube-system", "host-9", NULL, "192.0.2.1");
	record.pod->host_network = true;
	apply(workloads, record);
	assert_string_equal(pod_at(workloads, "192.0.2.1")->name, "own");
	record = test_pod("kube-system", "host-1", NULL, NULL);
	record.pod->deleted = true;
	apply(workloads, record);
	assert_int_equal(pods_at(workloads, "192.0.2.1"), 4);
}

static void test_bad_addresses(void **context)
{
	struct workloads *workloads = *context;

	apply(workloads, test_pod("shop", "a", NULL, "nonsense 192.0.2.1/24 192.0.2.5 192.0.2.5"));
	assert_int_equal(pods_at(workloads, "192.0.2.5"), 1);
	assert_null(pod_at(workloads, "192.0.2.1"));
	apply(workloads, test_pod("shop", "a", NULL, NULL));
	assert_int_equal(pods_at(workloads, "192.0.2.5"), 0);
}

static void test_services(void **context)
{
	struct workloads *workloads = *context;

	apply(workloads, test_service("shop", "db", "198.51.100.1"));
	apply(workloads, test_service("shop", "headless", "None"));
	struct record record = test_service("shop", "front", "198.51.100.2");
	assert_int_equal(string_list_add(&record.service->lb_ips, "203.0.113.1"), 0);
	apply(workloads, record);
	const struct service_record *db = service_at(workloads, "198.51.100.1");
	assert_string_equal(db->name, "db");
	assert_string_equal(service_at(workloads, "203.0.113.1")->name, "front");
	assert_int_equal(workloads_count(workloads, RECORD_SERVICE), 3);
	assert_string_equal(workloads_service_at(workloads, 1)->name, "headless");
	assert_null(workloads_service_at(workloads, 3));

	apply(workloads, test_service("shop", "db", "198.51.100.3"));
	assert_null(service_at(workloads, "198.51.100.1"));
	assert_ptr_equal(service_at(workloads, "198.51.100.3"), db);
	record = test_service("shop", "front", "198.51.100.2");
	record.service->deleted = true;
	apply(workloads, record);
	assert_null(service_at(workloads, "198.51.100.2"));
	assert_null(service_at(workloads, "203.0.113.1"));
}

static void test_containers(void **context)
{
	struct workloads *workloads = *context;

	assert_null(workloads_container_by_cgroup(workloads, NULL, 0));
	apply(workloads, test_container("c1", 10, "web"));
	apply(workloads, test_container("c2", 11, NULL));
	apply(workloads, test_container("c3", 0, NULL));
	const struct container_record *container = workloads_container(workloads, "c1");
	assert_string_equal(container->name, "web");
	assert_ptr_equal(workloads_container_by_cgroup(workloads, NULL, 10), container);
	assert_null(workloads_container_by_cgroup(workloads, NULL, 0));
	assert_null(workloads_container(workloads, "c9"));
	/* A process in the container makes another cgroup. Both cgroups belong to the container. */
	apply(workloads, test_container("c1", 12, "web"));
	assert_ptr_equal(workloads_container_by_cgroup(workloads, NULL, 10), container);
	assert_ptr_equal(workloads_container_by_cgroup(workloads, NULL, 12), container);
	apply(workloads, test_container("c4", 12, "late"));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 12)->id, "c4");
	assert_ptr_equal(workloads_container_by_cgroup(workloads, NULL, 10), container);
}

static void test_containers_are_bounded(void **context)
{
	struct workloads *workloads = *context;
	char id[16];

	for (unsigned i = 1; i <= 66000; i++) {
		snprintf(id, sizeof(id), "c%u", i);
		apply(workloads, test_container(id, i, NULL));
	}
	assert_null(workloads_container(workloads, "c1"));
	assert_null(workloads_container_by_cgroup(workloads, NULL, 464));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 465)->id, "c465");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 66000)->id, "c66000");
	assert_int_equal(workloads_container(workloads, "c66000")->cgroup_id, 66000);
}

/* If a pod has too many containers, new ones displace only older ones of the same pod. The cgroups
 * of the displaced containers still belong to the pod. */
static void test_a_pod_with_many_containers(void **context)
{
	struct workloads *workloads = *context;
	char id[16];

	for (unsigned i = 1; i <= 70000; i++) {
		struct record record;
		snprintf(id, sizeof(id), "c%u", i);
		record = test_container(id, i, NULL);
		record.container->pod_uid = test_copy(i == 1 ? "victim" : "evil");
		apply(workloads, record);
	}
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 1)->id, "c1");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 70000)->id, "c70000");
	assert_null(workloads_container(workloads, "c2"));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 2)->pod_uid, "evil");
	assert_true(workloads_count(workloads, RECORD_CONTAINER) <= 1100);
	/* After the container of the other pod has restarted, both containers are found. */
	struct record record = test_container("c70001", 70001, NULL);
	record.container->pod_uid = test_copy("victim");
	apply(workloads, record);
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 1)->id, "c1");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 70001)->id, "c70001");
}

static struct record test_pod_container(const char *id, uint64_t cgroup_id, const char *pod_uid)
{
	struct record record = test_container(id, cgroup_id, NULL);

	record.container->pod_uid = test_copy(pod_uid);
	return record;
}

/* Containers without a pod displace only each other, the oldest ones first. A container of a new
 * pod displaces one of them, too. */
static void test_containers_without_a_pod(void **context)
{
	struct workloads *workloads = *context;
	char id[16];

	apply(workloads, test_pod_container("c1", 1, "old"));
	for (unsigned i = 2; i <= 100000; i++) {
		snprintf(id, sizeof(id), "c%u", i);
		if (i == 40000)
			apply(workloads, test_pod_container(id, i, "middle"));
		else
			apply(workloads, test_container(id, i, NULL));
	}
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 1)->id, "c1");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 40000)->id, "c40000");
	/* 65,534 of them are left. */
	assert_null(workloads_container(workloads, "c34465"));
	assert_non_null(workloads_container(workloads, "c34466"));
	apply(workloads, test_pod_container("new", 200000, "new"));
	assert_null(workloads_container(workloads, "c34466"));
	assert_non_null(workloads_container(workloads, "c34467"));
	assert_non_null(workloads_container(workloads, "c1"));
	/* Once a source has named its pod, a container is not displaced either. */
	apply(workloads, test_pod_container("c34467", 34467, "late"));
	apply(workloads, test_container("last", 300000, NULL));
	assert_non_null(workloads_container(workloads, "c34467"));
	assert_null(workloads_container(workloads, "c34468"));
}

/* Processes in a container can make any number of cgroups, and no record reports a cgroup's
 * removal. */
static void test_cgroups_of_a_container_are_bounded(void **context)
{
	struct workloads *workloads = *context;

	apply(workloads, test_container("c0", 1, NULL));
	for (unsigned i = 2; i <= 2000; i++)
		apply(workloads, test_container("c1", i, NULL));
	/* A container keeps its first cgroup and the newest ones. A repeated record of a known
	 * cgroup removes no cgroup. */
	apply(workloads, test_container("c1", 2000, NULL));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 2)->id, "c1");
	assert_null(workloads_container_by_cgroup(workloads, NULL, 3));
	assert_null(workloads_container_by_cgroup(workloads, NULL, 977));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 978)->id, "c1");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 2000)->id, "c1");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 1)->id, "c0");
	/* c1 loses a cgroup to c0, so a new cgroup of c1 fits without removing another. */
	apply(workloads, test_container("c0", 2000, NULL));
	apply(workloads, test_container("c1", 3000, NULL));
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 2000)->id, "c0");
	assert_string_equal(workloads_container_by_cgroup(workloads, NULL, 978)->id, "c1");
}

static void test_namespaces_and_nodes(void **context)
{
	struct workloads *workloads = *context;

	for (int i = 0; i < 2; i++) {
		struct namespace_record *body = calloc(1, sizeof(*body));
		assert_non_null(body);
		body->name = test_copy("shop");
		assert_int_equal(labels_set(&body->labels, "team", i ? "b" : "a"), 0);
		apply(workloads,
		      (struct record){.kind = RECORD_NAMESPACE, .namespace_record = body});
	}
	assert_string_equal(labels_get(&workloads_namespace(workloads, "shop")->labels, "team"),
			    "b");
	assert_null(workloads_namespace(workloads, "web"));

	for (int i = 0; i < 2; i++) {
		struct node_record *body = calloc(1, sizeof(*body));
		assert_non_null(body);
		body->name = test_copy("node1");
		assert_int_equal(string_list_add(&body->ips, i ? "192.0.2.2" : "192.0.2.1"), 0);
		apply(workloads, (struct record){.kind = RECORD_NODE, .node = body});
	}
	assert_ptr_equal(node_at(workloads, "192.0.2.2"), workloads_node(workloads, "node1"));
	/* The node's own polecat and the API each know some of its addresses. The node has all of
	 * them until it is deleted. */
	assert_ptr_equal(node_at(workloads, "192.0.2.1"), workloads_node(workloads, "node1"));
	struct node_record *gone = calloc(1, sizeof(*gone));
	assert_non_null(gone);
	gone->name = test_copy("node1");
	gone->deleted = true;
	apply(workloads, (struct record){.kind = RECORD_NODE, .node = gone});
	assert_null(node_at(workloads, "192.0.2.1"));
	assert_null(node_at(workloads, "192.0.2.2"));
}

/* The first two addresses of each block for pods. */
static void test_gateways(void **context)
{
	static const struct {
		const char *block;
		const char *addresses[2];
	} cases[] = {
		{"198.51.100.0/24", {"198.51.100.0", "198.51.100.1"}},
		{"198.51.100.77/26", {"198.51.100.64", "198.51.100.65"}},
		{"198.51.100.9/32", {"198.51.100.9"}},
		{"2001:db8:7::9/64", {"2001:db8:7::", "2001:db8:7::1"}},
		{"2001:db8::5/128", {"2001:db8::5"}},
		{"0.0.0.0/0", {NULL}},
		{"::/0", {NULL}},
		{"198.51.100.0/33", {NULL}},
		{"198.51.100", {NULL}},
		{"", {NULL}},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct node_record node = {.name = NULL};
		struct string_list gateways = {0};
		size_t count = 0;
		assert_int_equal(string_list_add(&node.pod_cidrs, cases[i].block), 0);
		workloads_list_gateways(&node, &gateways);
		for (; count < 2 && cases[i].addresses[count]; count++) {
			assert_true(count < gateways.count);
			assert_string_equal(gateways.items[count], cases[i].addresses[count]);
		}
		assert_int_equal(gateways.count, count);
		string_list_clear(&gateways);
		string_list_clear(&node.pod_cidrs);
	}
}

static void test_other_kinds(void **context)
{
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);

	assert_int_equal(workloads_apply(*context, &record), -EINVAL);
	assert_int_equal(record.kind, RECORD_FLOW);
}

/* Pods are added and deleted, and change their addresses. The look-ups must agree with a plain
 * list. */
static void test_addresses_against_model(void **context)
{
	struct workloads *workloads = *context;
	unsigned address_of[50] = {0};
	uint64_t seed = 7;

	for (int step = 0; step < 5000; step++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		unsigned which = (unsigned)(seed >> 33) % 50;
		unsigned host = (unsigned)(seed >> 40) % 20;
		char name[16];
		char ip[24];
		snprintf(name, sizeof(name), "pod-%u", which);
		snprintf(ip, sizeof(ip), "192.0.2.%u", host);
		apply(workloads, test_pod("shop", name, NULL, host ? ip : NULL));
		address_of[which] = host;
		for (unsigned other = 1; other < 20; other++) {
			size_t expected = 0;
			for (size_t i = 0; i < 50; i++)
				expected += address_of[i] == other;
			snprintf(ip, sizeof(ip), "192.0.2.%u", other);
			assert_int_equal(pods_at(workloads, ip), expected);
		}
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pods, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pods_that_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_services, setup, teardown),
		cmocka_unit_test_setup_teardown(test_containers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_containers_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_pod_with_many_containers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_containers_without_a_pod, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroups_of_a_container_are_bounded, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_namespaces_and_nodes, setup, teardown),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test_setup_teardown(test_other_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses_against_model, setup, teardown),
	};
	return cmocka_run_group_tests_name("workloads", tests, NULL, NULL);
}
