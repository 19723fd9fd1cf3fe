/* SPDX-License-Identifier: Apache-2.0 */
/* The hostPort of a pod, from the API's objects to the draft and the check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "core/source/kube/kube_store.h"
#include "tests/support/scenario.h"

#define NODE_ADDRESS "192.0.2.11"

static void apply_record(void *data, struct record *record)
{
	state_apply(data, record);
	record_free(record);
}

/* Applies an object of the API. */
static void add_object(struct kube_store *store, enum kube_kind kind, const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	assert_int_equal(kube_store_apply(store, kind, object, false), 0);
	json_decref(object);
}

/* Makes a state in which the pod web is connected to port 9126 of a node. The pod agent runs on
 * that node. `ports` is the JSON text of the container ports of agent. */
static struct state *new_state(const char *ports)
{
	struct state *state = scenario_new();
	struct kube_store *store = NULL;
	char agent[1024];

	snprintf(agent, sizeof(agent),
		 "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"agent\",\"labels\":{\"app\":"
		 "\"agent\"}},"
		 "\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"ports\":[%s]}]},"
		 "\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"198.51.100.5\"}]}}",
		 ports);
	assert_int_equal(kube_store_new(apply_record, state, &store), 0);
	add_object(store, KUBE_NODES,
		   "{\"metadata\":{\"name\":\"n1\"},\"spec\":{\"podCIDR\":\"198.51.100.0/24\"},"
		   "\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"" NODE_ADDRESS
		   "\"}]}}");
	add_object(store, KUBE_PODS, agent);
	kube_store_free(store);
	scenario_pod(state, "shop", "web", "192.0.2.254", "'app':'web'");
	scenario_flow(state, 1, "shop", "web", "egress", "TCP", NODE_ADDRESS, 9126, "ok");
	return state;
}

/* Drafts policies for all workloads and checks the state's only flow against them. Returns 1 if the
 * check denies the flow, else 0. Sets *text to the draft, which the caller frees. */
static size_t draft_and_check(struct state *state, char **text)
{
	const struct draft_options options = {.dns = DRAFT_DNS_NEVER, .max_peers = 50};
	const struct check_options none = {0};
	struct draft_set *set = NULL;
	struct evaluator *evaluator = NULL;
	struct check check = {0};
	size_t length = 0;

	assert_int_equal(drafter_draft(state, &options, &set), 0);
	assert_int_equal(draft_print(set, DRAFT_ALL, text, &length), 0);
	assert_int_equal(evaluator_new(&set->policies, state_resolver(state), &evaluator), 0);
	assert_int_equal(check_run(&check, state, evaluator, &none), 0);
	assert_int_equal(check.checked, 1);
	size_t denied = check.denied;
	check_clear(&check);
	evaluator_free(evaluator);
	draft_set_free(set);
	return denied;
}

static void test_pod_with_host_port(void **test_state)
{
	struct state *state = new_state("{\"containerPort\":8126,\"hostPort\":9126}");
	char *text = NULL;

	(void)test_state;
	assert_int_equal(draft_and_check(state, &text), 0);
	assert_non_null(strstr(text, "app: agent\n"));
	assert_non_null(strstr(text, "port: 8126\n"));
	assert_null(strstr(text, "cidr: " NODE_ADDRESS));
	free(text);
	state_free(state);
}

/* With hostIP, the port is open only at that address of the node. */
static void test_host_ip(void **test_state)
{
	static const char *const ports[] = {
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"" NODE_ADDRESS "\"}",
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"0.0.0.0\"}",
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"\"}",
		"{\"containerPort\":8125,\"hostPort\":9126,\"hostIP\":\"127.0.0.1\"},"
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"" NODE_ADDRESS "\"},"
		"{\"containerPort\":8127,\"hostPort\":9126,\"hostIP\":\"203.0.113.1\"}",
	};

	(void)test_state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		struct state *state = new_state(ports[i]);
		char *text = NULL;
		assert_int_equal(draft_and_check(state, &text), 0);
		assert_non_null(strstr(text, "app: agent\n"));
		assert_non_null(strstr(text, "port: 8126\n"));
		assert_null(strstr(text, "cidr: " NODE_ADDRESS));
		free(text);
		state_free(state);
	}
}

/* The draft allows the node's address, not the pod, if the pod has no hostPort 9126 for TCP at that
 * address. */
static void test_other_ports(void **test_state)
{
	static const char *const ports[] = {
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"203.0.113.1\"}",
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"127.0.0.1\"}",
		"{\"containerPort\":8126,\"hostPort\":9126,\"hostIP\":\"::\"}",
		"{\"containerPort\":9126}",
		"{\"containerPort\":8126,\"hostPort\":9127}",
		"{\"containerPort\":8126,\"hostPort\":9126,\"protocol\":\"UDP\"}",
	};

	(void)test_state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		struct state *state = new_state(ports[i]);
		char *text = NULL;
		assert_int_equal(draft_and_check(state, &text), 0);
		assert_non_null(strstr(text, "cidr: " NODE_ADDRESS "/32"));
		assert_non_null(strstr(text, "port: 9126\n"));
		assert_null(strstr(text, "port: 8126\n"));
		free(text);
		state_free(state);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod_with_host_port),
		cmocka_unit_test(test_host_ip),
		cmocka_unit_test(test_other_ports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
