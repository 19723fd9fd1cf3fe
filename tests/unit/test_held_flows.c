/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tui/session/held_flows.h"

static int push(struct held_flows *held, uint64_t number)
{
	struct record record = {.kind = RECORD_FLOW, .flow = {.id = number}};
	struct conn conn = {.sequence = number + 1000};
	int error = held_flows_push(held, &record, &conn, number * 2);

	/* On success the queue owns the record. On an error the caller still owns it. */
	assert_int_equal(record.kind, error ? RECORD_FLOW : RECORD_NONE);
	return error;
}

static void pop(struct held_flows *held, uint64_t number)
{
	struct held_flow flow;

	assert_non_null(held_flows_first(held));
	assert_int_equal(held_flows_first(held)->until_ns, number * 2);
	assert_true(held_flows_pop(held, &flow));
	assert_int_equal(flow.record.kind, RECORD_FLOW);
	assert_int_equal(flow.record.flow.id, number);
	assert_int_equal(flow.conn.sequence, number + 1000);
}

/* The queue is first in, first out, also across the ring's end and while it grows. Its length is
 * bounded. */
static void test_line(void **state)
{
	struct held_flows held = {0};
	struct held_flow flow;
	uint64_t in = 0;
	uint64_t out = 0;

	(void)state;
	assert_null(held_flows_first(&held));
	assert_false(held_flows_pop(&held, &flow));
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 50; i++)
			assert_int_equal(push(&held, in++), 0);
		for (int i = 0; i < 35; i++)
			pop(&held, out++);
	}
	while (held.count < HELD_FLOWS_MAX)
		assert_int_equal(push(&held, in++), 0);
	assert_int_equal(push(&held, in), -ENOSPC);
	pop(&held, out++);
	assert_int_equal(push(&held, in++), 0);
	while (out < in)
		pop(&held, out++);
	assert_int_equal(held.count, 0);
	held_flows_clear(&held);
}

/* held_flows_clear frees the held records and their names. */
static void test_clear(void **state)
{
	struct held_flows held = {0};
	struct conn conn = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct record record = {.kind = RECORD_FLOW};
		record.flow.names = calloc(1, sizeof(struct flow_names));
		assert_int_equal(held_flows_push(&held, &record, &conn, 0), 0);
	}
	held_flows_clear(&held);
	assert_int_equal(held.count, 0);
	held_flows_clear(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_clear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
