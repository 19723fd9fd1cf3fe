/* SPDX-License-Identifier: Apache-2.0 */
/* The state of agents' pods, and the words for failures of kubectl. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/source/cluster/agent_pods.h"
#include "core/source/cluster/kubectl.h"

#define POD(rest)                                                                                \
	"{\"metadata\":{\"name\":\"polecat-1\",\"namespace\":\"tools\"},\"spec\":{\"nodeName\":" \
	"\"n1\"}," rest "}"
#define CONTAINER(state) \
	"\"containerStatuses\":[{\"name\":\"other\"},{\"name\":\"polecat\",\"state\":" state "}]"

static void test_pods(void **state)
{
	static const struct {
		const char *pod;
		enum agent_pod_state state;
		const char *problem; /* a part of it; NULL: none */
	} cases[] = {
		{POD("\"status\":{}"), AGENT_POD_WAITING, NULL},
		{POD("\"status\":{\"phase\":\"Pending\"," CONTAINER(
			 "{\"waiting\":{\"reason\":\"ContainerCreating\"}}") "}"),
		 AGENT_POD_WAITING, NULL},
		{POD("\"status\":{\"phase\":\"Running\"," CONTAINER("{\"running\":{}}") "}"),
		 AGENT_POD_READY, NULL},
		{POD("\"status\":{\"phase\":\"Pending\"," CONTAINER(
			 "{\"waiting\":{\"reason\":\"ImagePullBackOff\",\"message\":\"Back-"
			 "off\"}}") "}"),
		 AGENT_POD_WAITING, "ImagePullBackOff: Back-off (the node cannot pull the image"},
		/* An unknown reason is shown as it is. */
		{POD("\"status\":{\"phase\":\"Pending\"," CONTAINER(
			 "{\"waiting\":{\"reason\":\"NewReason\"}}") "}"),
		 AGENT_POD_WAITING, "NewReason"},
		{POD("\"status\":{\"phase\":\"Failed\",\"reason\":\"OutOfcpu\",\"message\":"
		     "\"no\"}"),
		 AGENT_POD_OVER, "OutOfcpu: no (the node has no room left"},
		{POD("\"status\":{\"phase\":\"Failed\",\"reason\":\"DeadlineExceeded\"}"),
		 AGENT_POD_OVER, "--agent-deadline"},
		{POD("\"status\":{\"phase\":\"Succeeded\"," CONTAINER(
			 "{\"terminated\":{\"reason\":\"Completed\"}}") "}"),
		 AGENT_POD_OVER, NULL},
		{POD("\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\","
		     "\"status\":\"False\",\"reason\":\"Unschedulable\",\"message\":\"taints\"}]}"),
		 AGENT_POD_WAITING, "Unschedulable: taints"},
		/* A pod that is being deleted runs until it is gone. */
		{"{\"metadata\":{\"name\":\"a\",\"deletionTimestamp\":\"2026-01-02T03:04:05Z\"},"
		 "\"status\":{\"phase\":\"Running\"," CONTAINER("{\"running\":{}}") "}}",
		 AGENT_POD_OVER, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		json_t *object = json_loads(cases[i].pod, 0, NULL);
		struct agent_pod pod;
		assert_non_null(object);
		assert_true(agent_pod_read(object, &pod));
		if (pod.state != cases[i].state ||
		    (cases[i].problem ? !strstr(pod.problem, cases[i].problem)
				      : pod.problem[0] != '\0'))
			fail_msg("%s: %d '%s'", cases[i].pod, (int)pod.state, pod.problem);
		json_decref(object);
	}
	static const char *const others[] = {"[]", "{}", "7", "{\"metadata\":[]}"};
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		json_t *object = json_loads(others[i], JSON_DECODE_ANY, NULL);
		struct agent_pod pod;
		assert_false(agent_pod_read(object, &pod));
		json_decref(object);
	}
}

static void test_failures(void **state)
{
	static const struct {
		const char *line;
		enum kubectl_failure failure;
		int number;
		const char *remedy;
	} cases[] = {
		{"", KUBECTL_OTHER, -EPIPE, "failed without a message"},
		{"error: something else", KUBECTL_OTHER, -EPIPE, "something else"},
		{"Error from server (Forbidden): pods \"p\" is forbidden: violates PodSecurity "
		 "\"restricted:latest\": host namespaces",
		 KUBECTL_SECURITY, -EPERM, "--agent-namespace"},
		{"Error from server (Forbidden): pods \"p\" is forbidden: User \"u\" cannot create "
		 "resource \"pods/exec\" in API group \"\" in the namespace \"x\"",
		 KUBECTL_FORBIDDEN, -EPERM, "create on pods/exec"},
		{"error: You must be logged in to the server (Unauthorized)", KUBECTL_LOGIN, -EPERM,
		 "log in again"},
		{"Unable to connect to the server: dial tcp: lookup x: no such host",
		 KUBECTL_SERVER, -EPIPE, "kubectl version"},
		{"unable to recognize \"STDIN\": Get \"https://192.0.2.1/api\": dial tcp "
		 "192.0.2.1:443: "
		 "connect: connection refused",
		 KUBECTL_SERVER, -EPIPE, "kubectl version"},
		{"Error from server (NotFound): pods \"p\" not found", KUBECTL_NOT_FOUND, -EPERM,
		 "not found"},
		{"error: Internal error occurred: error executing command in container: exec: "
		 "\"polecat\": executable file not found in $PATH",
		 KUBECTL_NO_PROGRAM, -EPERM, "--image"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct kubectl_error error = {0};
		kubectl_explain(cases[i].line, &error);
		if (error.failure != cases[i].failure ||
		    kubectl_error_number(&error) != cases[i].number ||
		    !strstr(error.message, cases[i].remedy))
			fail_msg("%s: %d '%s'", cases[i].line, (int)error.failure, error.message);
	}
}

/* Options come first, then the words. Too many words are an error. */
static void test_command(void **state)
{
	static const char *const words[] = {"get", "pods", NULL};
	const struct kubectl kubectl = {.context = "my east", .user = "ann"};
	const char *argv[KUBECTL_ARGUMENTS_MAX + 16];
	const char *many[KUBECTL_ARGUMENTS_MAX + 2];
	struct buffer texts = {0};

	(void)state;
	assert_int_equal(kubectl_command(&kubectl, words, &texts, argv), 0);
	static const char *const wanted[] = {"kubectl", "--context=my east", "--as=ann", "get",
					     "pods"};
	for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
		assert_string_equal(argv[i], wanted[i]);
	assert_null(argv[ARRAY_LENGTH(wanted)]);
	buffer_free(&texts);
	for (size_t i = 0; i <= KUBECTL_ARGUMENTS_MAX; i++)
		many[i] = "x";
	many[KUBECTL_ARGUMENTS_MAX + 1] = NULL;
	texts = (struct buffer){0};
	assert_int_equal(kubectl_command(&kubectl, many, &texts, argv), -E2BIG);
	buffer_free(&texts);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_command),
	};
	return cmocka_run_group_tests_name("agent_pods", tests, NULL, NULL);
}
