/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/source/runtime/docker.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

struct want {
	const char *json;
	int error;
	const char *name; /* "": none */
	const char *namespace_name;
	const char *pod;
	size_t label_count;
	const char *label; /* a required label; NULL: none */
	const char *value;
};

static void check(const struct want *want, size_t at,
		  int (*convert)(const json_t *, const char *, struct container_record **))
{
	struct container_record *container = NULL;
	json_t *json = json_loads(want->json, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	int error = convert(json, "docker", &container);
	json_decref(json);
	if (error != want->error)
		fail_msg("case %zu: %d instead of %d", at, error, want->error);
	if (error) {
		assert_null(container);
		return;
	}
	assert_string_equal(container->id, ID);
	assert_string_equal(container->runtime, "docker");
	assert_string_equal(or_empty(container->name), want->name);
	assert_string_equal(or_empty(container->namespace_name), or_empty(want->namespace_name));
	assert_string_equal(or_empty(container->pod), or_empty(want->pod));
	assert_int_equal(container->labels.count, want->label_count);
	if (want->label)
		assert_string_equal(labels_get(&container->labels, want->label), want->value);
	container_record_free(container);
}

/* Items of GET /containers/json. */
static void test_listed(void **state)
{
	static const struct want cases[] = {
		{.json = "{\"Id\":\"" ID "\",\"Names\":[\"/web\"],\"Labels\":{}}", .name = "web"},
		{.json = "{\"Id\":\"" ID "\",\"Names\":[\"/shop/web\",\"/web\"]}", .name = "web"},
		{.json = "{\"Id\":\"" ID "\",\"Names\":[\"/other/link\"]}", .name = ""},
		{.json = "{\"Id\":\"" ID "\"}", .name = ""},
		{.json = "{\"Id\":\"" ID "\",\"Names\":[7],\"Labels\":[]}", .name = ""},
		{.json = "{\"Id\":\"" ID "\",\"Names\":[\"/shop-web-1\"],\"Labels\":{"
			 "\"com.docker.compose.project\":\"shop\","
			 "\"com.docker.compose.service\":\"web\",\"number\":7}}",
		 .name = "shop-web-1",
		 .label_count = 2,
		 .label = "com.docker.compose.project",
		 .value = "shop"},
		/* Any image may have the labels of a kubelet. Labels alone do not name a pod. */
		{.json = "{\"Id\":\"" ID
			 "\",\"Names\":[\"/k8s_main_mypod_default_u_0\"],\"Labels\":{"
			 "\"io.kubernetes.container.name\":\"main\","
			 "\"io.kubernetes.pod.name\":\"mypod\","
			 "\"io.kubernetes.pod.namespace\":\"default\","
			 "\"io.kubernetes.pod.uid\":\"u\"}}",
		 .name = "k8s_main_mypod_default_u_0",
		 .label_count = 4},
		/* A label may have the name of an event attribute. */
		{.json = "{\"Id\":\"" ID "\",\"Labels\":{\"image\":\"x\"}}",
		 .name = "",
		 .label_count = 1},
		{.json = "{\"Id\":\"0123456789ab\"}", .error = -EINVAL},
		{.json = "{\"Id\":7}", .error = -EINVAL},
		{.json = "{}", .error = -EINVAL},
		{.json = "[]", .error = -EINVAL},
		{.json = "null", .error = -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i], i, docker_listed_container);
}

#define EVENT(type, action, attributes)                                                  \
	"{\"Type\":\"" type "\",\"Action\":\"" action "\",\"Actor\":{\"ID\":\"" ID "\"," \
	"\"Attributes\":{" attributes "}},\"time\":1}"

/* Events of GET /events. */
static void test_events(void **state)
{
	static const struct want cases[] = {
		{.json = EVENT("container", "create",
			       "\"image\":\"busybox\",\"name\":\"web\",\"role\":\"front\""),
		 .name = "web",
		 .label_count = 1,
		 .label = "role",
		 .value = "front"},
		{.json = EVENT("container", "start", "\"name\":\"web\""), .name = "web"},
		{.json = EVENT("container", "rename", "\"name\":\"new\",\"oldName\":\"/old\""),
		 .name = "new"},
		{.json = EVENT("container", "die", "\"name\":\"web\",\"exitCode\":\"0\""),
		 .error = -ENOENT},
		{.json = EVENT("container", "exec_create: sh", "\"name\":\"web\""),
		 .error = -ENOENT},
		{.json = EVENT("network", "create", "\"name\":\"web\""), .error = -ENOENT},
		{.json = "{\"Type\":\"container\",\"Action\":\"create\"}", .error = -EINVAL},
		{.json = "{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"x\"}}",
		 .error = -EINVAL},
		{.json = "{\"Type\":1,\"Action\":[],\"Actor\":{}}", .error = -EINVAL},
		{.json = "{}", .error = -EINVAL},
		{.json = "[1]", .error = -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i], i, docker_event_container);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_events),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
