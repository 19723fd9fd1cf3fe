/* SPDX-License-Identifier: Apache-2.0 */
/* Failed and slow DNS look-ups, by subject and name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/lookup_table.h"
#include "core/state/state.h"
#include "tests/support/records.h"

static const struct conn *look_up(struct state *state, const char *pod, enum flow_event_type event,
				  const char *name, uint64_t ms)
{
	struct record record = test_flow(event, 7, ms);

	record.flow.protocol = FLOW_UDP;
	record.flow.dport = 53;
	record.flow.id = (uint64_t)pod[0];
	test_flow_names(&record, NULL, "shop", pod, NULL);
	record.flow.names->dns = name;
	record.flow.names->error = "NXDOMAIN";
	const struct conn *conn = state_apply(state, &record);
	record_free(&record);
	return conn;
}

static void answer(struct state *state, const char *pod, const char *name, uint64_t ms)
{
	struct record record = test_dns(name, "198.51.100.1");

	record.dns->namespace_name = test_copy("shop");
	record.dns->pod = test_copy(pod);
	record.dns->latency_us = ms * 1000;
	record.dns->ts_ns = TEST_EPOCH_NS;
	record.dns->truncated = ms == 1;
	state_apply(state, &record);
	record_free(&record);
}

static void stray(struct state *state, const char *pod, const char *name, uint64_t count)
{
	struct record record = test_dns(name, "");

	record.dns->namespace_name = test_copy("shop");
	record.dns->pod = test_copy(pod);
	record.dns->ts_ns = TEST_EPOCH_NS;
	record.dns->strays = count;
	state_apply(state, &record);
	record_free(&record);
}

/* Returns the rows, the newest first. */
static const char *rows(const struct state *state)
{
	const struct lookup_table *table = state_lookups(state);
	static char text[1024];
	size_t length = 0;

	text[0] = '\0';
	for (const struct lookup *at = lookup_table_newest(table); at && length < 900;
	     at = lookup_table_older(table, at))
		length += (size_t)snprintf(
			text + length, sizeof(text) - length,
			"%s %s '%s' %u failed %u slow %u stray; ", at->subject->pod, at->name,
			at->word, (unsigned)at->failed, (unsigned)at->slow, (unsigned)at->strays);
	return text;
}

static int setup(void **context)
{
	struct state *state = NULL;
	int error = state_new(NULL, &state);

	*context = state;
	return error;
}

static int teardown(void **context)
{
	state_free(*context);
	return 0;
}

static void test_rows(void **context)
{
	struct state *state = *context;

	const struct conn *conn = look_up(state, "cart", FLOW_LOOKUP_FAILED, "a.example", 1);
	assert_int_equal(conn->phase, CONN_DATAGRAM);
	assert_null(conn->dns);
	look_up(state, "web", FLOW_LOOKUP_FAILED, "a.example", 2);
	look_up(state, "cart", FLOW_UNANSWERED, "b.example", 3);
	look_up(state, "cart", FLOW_LOOKUP_FAILED, "a.example", 4);
	answer(state, "web", "fast.example", 199);
	answer(state, "web", "slow.example", 200);
	answer(state, "web", "cut.example", 1);
	stray(state, "web", "slow.example", 3);
	assert_string_equal(rows(state), "web slow.example '' 0 failed 1 slow 3 stray; "
					 "cart a.example 'NXDOMAIN' 2 failed 0 slow 0 stray; "
					 "cart b.example 'unanswered' 1 failed 0 slow 0 stray; "
					 "web a.example 'NXDOMAIN' 1 failed 0 slow 0 stray; ");
	const struct lookup_totals *totals = &state_lookups(state)->totals;
	assert_int_equal(totals->answers, 3);
	assert_int_equal(totals->strays, 3);
	assert_int_equal(totals->failed, 3);
	assert_int_equal(totals->unanswered, 1);
	assert_int_equal(totals->truncated, 1);
}

/* A look-up of a container counts for its pod. */
static void test_container_of_a_pod(void **context)
{
	struct state *state = *context;
	struct record container = test_container("c1", 5, "main");
	struct record record = test_dns("slow.example", "198.51.100.1");

	container.container->namespace_name = test_copy("shop");
	container.container->pod = test_copy("cart");
	state_apply(state, &container);
	record_free(&container);
	record.dns->container_id = test_copy("c1");
	record.dns->latency_us = LOOKUP_SLOW_US;
	state_apply(state, &record);
	record_free(&record);
	assert_string_equal(rows(state), "cart slow.example '' 0 failed 1 slow 0 stray; ");
}

/* If a subject asks for very many names, only the oldest rows of this subject are dropped. */
static void test_rows_are_bounded(void **context)
{
	struct state *state = *context;
	const struct lookup_table *table = state_lookups(state);
	char name[32];

	look_up(state, "web", FLOW_LOOKUP_FAILED, "a.example", 1);
	for (unsigned i = 0; i < 3 * LOOKUP_SUBJECT_MAX; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		look_up(state, "cart", FLOW_LOOKUP_FAILED, name, 2 + i);
	}
	assert_int_equal(table->count, LOOKUP_SUBJECT_MAX + 1);
	assert_int_equal(table->totals.dropped, 2 * LOOKUP_SUBJECT_MAX);
	const struct lookup *at = lookup_table_newest(table);
	for (unsigned i = 3 * LOOKUP_SUBJECT_MAX; i-- > 2 * LOOKUP_SUBJECT_MAX;) {
		snprintf(name, sizeof(name), "n%u.example", i);
		assert_string_equal(at->name, name);
		at = lookup_table_older(table, at);
	}
	assert_string_equal(at->subject->pod, "web");
	assert_null(lookup_table_older(table, at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_container_of_a_pod, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rows_are_bounded, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
