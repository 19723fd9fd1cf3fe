/* SPDX-License-Identifier: Apache-2.0 */
/* Several queries are one look-up: A and AAAA, the entries of a search list, and repeated
 * queries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/dns/dns_failures.h"

enum { A = 1, AAAA = 28, SRV = 33 };
enum { OK = 0, MALFORMED = 1, SERVFAIL = 2, NXDOMAIN = 3, NO_DATA = 100 };

#define START NS_PER_SECOND

static char reported[512];

static void on_failure(void *data, const struct dns_failure *failure)
{
	size_t length = strlen(reported);

	(void)data;
	snprintf(reported + length, sizeof(reported) - length, "%s%s %u x%u pid %u",
		 length ? ", " : "", failure->name, failure->rcode, (unsigned)failure->queries,
		 failure->client->pid);
}

static int setup(void **state)
{
	reported[0] = '\0';
	*state = dns_failures_new(on_failure, NULL);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	dns_failures_free(*state);
	return 0;
}

struct step {
	const char *name;
	uint32_t pid;
	uint16_t type;
	int result;
	uint64_t ms;
};

static void give(struct dns_failures *failures, const struct step *step)
{
	static struct dns_message answer;
	const struct dns_client client = {.pid = step->pid, .socket = 7};

	answer = (struct dns_message){.has_answers = true};
	answer.rcode = step->result == NO_DATA ? 0 : (uint8_t)step->result;
	answer.address_count = step->result == OK;
	const struct dns_result result = {
		.outcome = step->result == MALFORMED ? DNS_MALFORMED : DNS_ANSWERED,
		.client = &client,
		.name = step->name,
		.answer = step->result == MALFORMED ? NULL : &answer,
		.asked_ns = START,
		.ended_ns = START + step->ms * NS_PER_MILLISECOND,
		.type = step->type,
	};
	dns_failures_result(failures, &result);
}

#define STEPS 8

static const struct {
	struct step steps[STEPS];
	const char *reported;
} cases[] = {
	/* The names of one look-up with Kubernetes' search list. */
	{{{"a.example.shop.svc.cluster.local", 1, A, NXDOMAIN, 1},
	  {"a.example.shop.svc.cluster.local", 1, AAAA, NXDOMAIN, 1},
	  {"a.example.svc.cluster.local", 1, A, NXDOMAIN, 2},
	  {"a.example.cluster.local", 1, A, NXDOMAIN, 3},
	  {"a.example", 1, A, NXDOMAIN, 4}},
	 "a.example 3 x5 pid 1"},
	{{{"db.shop.svc.cluster.local", 1, A, NXDOMAIN, 1}, {"db.cluster.local", 1, A, OK, 2}}, ""},
	{{{"db.web.shop.svc.cluster.local", 1, A, NXDOMAIN, 1},
	  {"db.web.svc.cluster.local", 1, A, OK, 2}},
	 ""},
	{{{"db.shop.svc.cluster.local", 1, A, NXDOMAIN, 1},
	  {"db.svc.cluster.local", 1, A, NXDOMAIN, 2},
	  {"db.corp.example", 1, A, OK, 2}},
	 ""},
	{{{"a.example.corp.example", 1, A, NXDOMAIN, 1}, {"a.example", 1, A, OK, 2}}, ""},
	{{{"a.example", 1, A, OK, 1}, {"a.example", 1, AAAA, NXDOMAIN, 2}}, ""},
	/* In each of these cases, the two queries belong to separate look-ups: their names only
	 * resemble each other, or different processes ask. */
	{{{"www.eu.example", 1, A, NXDOMAIN, 1}, {"www.example", 1, A, OK, 2}},
	 "www.eu.example 3 x1 pid 1"},
	{{{"ab.example", 1, A, NXDOMAIN, 1}, {"b.example", 1, A, OK, 2}}, "ab.example 3 x1 pid 1"},
	{{{"db.shop.svc.cluster.local", 1, A, NXDOMAIN, 1}, {"x.svc.cluster.local", 1, A, OK, 2}},
	 "db.shop.svc.cluster.local 3 x1 pid 1"},
	{{{"a.example", 1, A, NXDOMAIN, 1}, {"a.example", 2, A, OK, 2}}, "a.example 3 x1 pid 1"},
	/* NO_DATA (the name exists, but has no address of the queried type) neither makes a look-up
	 * fail nor makes it succeed. Records other than A and AAAA are not read, so NO_DATA for SRV
	 * counts as success. */
	{{{"a.example", 1, AAAA, NO_DATA, 1}}, ""},
	{{{"a.example.b", 1, A, NO_DATA, 1}, {"a.example", 1, A, NXDOMAIN, 2}},
	 "a.example 3 x1 pid 1"},
	{{{"a.example.b", 1, SRV, NXDOMAIN, 1}, {"a.example", 1, SRV, NO_DATA, 2}}, ""},
	/* Other errors count, unless the same query succeeds when it is repeated. */
	{{{"a.example", 1, A, OK, 1}, {"a.example", 1, AAAA, SERVFAIL, 2}}, "a.example 2 x1 pid 1"},
	{{{"a.example", 1, A, SERVFAIL, 1}, {"a.example", 1, A, OK, 2}}, ""},
	{{{"a.example", 1, A, MALFORMED, 1}}, "a.example 0 x1 pid 1"},
};

static void test_look_ups(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reported[0] = '\0';
		for (size_t k = 0; k < STEPS && cases[i].steps[k].name; k++)
			give(*state, &cases[i].steps[k]);
		dns_failures_expire(*state, START + NS_PER_SECOND / 2);
		assert_string_equal(reported, "");
		dns_failures_expire(*state, START + 2 * NS_PER_SECOND);
		assert_string_equal(reported, cases[i].reported);
	}
}

/* A program that asks again and again is reported every few seconds. */
static void test_repeated_queries(void **state)
{
	for (uint64_t ms = 0; ms <= 5000; ms += 500) {
		give(*state, &(struct step){"a.example", 1, A, NXDOMAIN, ms});
		dns_failures_expire(*state, START + ms * NS_PER_MILLISECOND);
	}
	assert_string_equal(reported, "a.example 3 x11 pid 1");
}

/* A flood of names ends the oldest look-ups early, and loses none. */
static void test_a_flood(void **state)
{
	char name[32];

	for (unsigned i = 0; i < DNS_FAILURES_MAX + 1; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		give(*state, &(struct step){name, 1, A, NXDOMAIN, i});
	}
	assert_string_equal(reported, "n0.example 3 x1 pid 1");
	reported[0] = '\0';
	dns_failures_expire(*state, UINT64_MAX);
	assert_int_equal(strncmp(reported, "n512.example 3 x1", 17), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_look_ups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeated_queries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_flood, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
