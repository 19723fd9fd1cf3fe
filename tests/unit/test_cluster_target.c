/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a cluster on the command line, the nodes of a table, and the filters of selectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/filter/filter.h"
#include "core/source/cluster/cluster_nodes.h"

static void test_words(void **state)
{
	static const struct {
		const char *word;
		bool valid;
	} cases[] = {
		{"pod/web-0", true},
		{"deploy/web", true},
		{"deployment/web", true},
		{"sts/db", true},
		{"ds/agent", true},
		{"rs/web-7d", true},
		{"job/nightly", true},
		{"node/n1.example", true},
		{"no/n1", true},
		{"pod/", false},
		{"pod", false},
		{"/web", false},
		{"svc/web", false},
		{"pod/a/b", false},
		{"pod/A b", false},
		{"pod/$(x)", false},
		{"po d/x", false},
		{"../pod/x", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		if (cluster_target_is_valid(cases[i].word) != cases[i].valid)
			fail_msg("'%s'", cases[i].word);
}

static void test_nodes(void **state)
{
	static const char table[] =
		"n1     Ready                      control-plane   8d   v1.32.13\n"
		"n2     NotReady                   <none>          8d   v1.32.13\n"
		"n3     Ready,SchedulingDisabled   <none>          8d   v1.32.13\n"
		"n1     Ready                      <none>          8d   v1.32.13\n"
		"n4     Unknown                    <none>          8d   v1.32.13\n"
		"\n"
		"cut";
	struct string_list nodes = {0};

	(void)state;
	assert_int_equal(cluster_nodes_read(table, &nodes), 0);
	assert_int_equal(nodes.count, 2);
	assert_string_equal(nodes.items[0], "n1");
	assert_string_equal(nodes.items[1], "n3");
	assert_int_equal(cluster_nodes_read("", &nodes), 0);
	assert_int_equal(nodes.count, 2);
	string_list_clear(&nodes);
}

/* Each filter is valid in the language of --filter. */
static void test_selectors(void **state)
{
	static const struct {
		const char *selector;
		const char *filter;
	} cases[] = {
		{"{}", ""},
		{"{\"matchLabels\":{\"app\":\"web\",\"example.com/tier\":\"a.b\"}}",
		 " label:app=web label:example.com/tier=a.b"},
		{"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"x\","
		 "\"y\"]}]}",
		 " (label:a=x or label:a=y)"},
		{"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"x\"]},"
		 "{\"key\":\"b\",\"operator\":\"Exists\"},{\"key\":\"c\",\"operator\":"
		 "\"DoesNotExist\"}]}",
		 " !(label:a=x) label:b !label:c"},
		/* An expression that is not valid adds nothing. */
		{"{\"matchExpressions\":[{\"key\":\"a\"},7,{\"operator\":\"In\"}]}", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		json_t *selector = json_loads(cases[i].selector, 0, NULL);
		struct buffer filter = {0};
		struct filter *parsed = NULL;
		assert_non_null(selector);
		assert_int_equal(cluster_target_add_selector(selector, &filter), 0);
		assert_string_equal(filter.data ? filter.data : "", cases[i].filter);
		assert_int_equal(filter_new(&parsed), 0);
		assert_int_equal(filter_parse(parsed, filter.data ? filter.data : "", NULL), 0);
		filter_free(parsed);
		buffer_free(&filter);
		json_decref(selector);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_selectors),
	};
	return cmocka_run_group_tests_name("cluster_target", tests, NULL, NULL);
}
