/* SPDX-License-Identifier: Apache-2.0 */
/* The range of Service addresses from a pod's environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/source/service_range.h"

#define ASSUMED "KUBERNETES_SERVICE_HOST, length assumed"

static void test_hosts(void **state)
{
	static const struct {
		const char *host;
		const char *cidr; /* NULL: no range */
		const char *source;
	} cases[] = {
		{"10.96.0.1", "10.96.0.0/24", ASSUMED},
		{"fd00:10:96::1", "fd00:10:96::/120", ASSUMED},
		{"10.96.0.7", "10.96.0.7/32", "KUBERNETES_SERVICE_HOST"},
		{"192.0.2.1", NULL, NULL}, /* a public load balancer of the API server */
		{"127.0.0.1", NULL, NULL},
		{"kubernetes.default.svc", NULL, NULL},
		{"", NULL, NULL},
		{NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct record record;
		assert_int_equal(service_range_of_host(cases[i].host, &record), 0);
		if (!cases[i].cidr) {
			assert_int_equal(record.kind, RECORD_NONE);
			continue;
		}
		assert_int_equal(record.kind, RECORD_SERVICE_RANGE);
		assert_string_equal(record.service_range->name, "KUBERNETES_SERVICE_HOST");
		assert_string_equal(record.service_range->source, cases[i].source);
		assert_int_equal(record.service_range->cidrs.count, 1);
		assert_string_equal(record.service_range->cidrs.items[0], cases[i].cidr);
		record_free(&record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hosts)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
