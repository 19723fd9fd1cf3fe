/* SPDX-License-Identifier: Apache-2.0 */
#include "core/aggregate/aggregate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/aggregate/latency_sketch.h"
#include "core/record/json/record_json.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"

#define SECOND 1000000000ull

/* The records that the aggregator has emitted, as JSON lines. */
struct output {
	struct aggregate *aggregate;
	struct buffer lines;
	struct record records[64]; /* the edges */
	size_t count;
	uint64_t lost;
};

static void emit(void *data, const struct record *record)
{
	struct output *output = data;

	assert_int_equal(record_json_write(&output->lines, record, NULL), 0);
	if (record->kind == RECORD_LOST)
		output->lost += record->lost.count;
	if (record->kind != RECORD_EDGE || output->count == 64)
		return;
	assert_int_equal(record_copy_body(record, &output->records[output->count++]), 0);
}

static void open_output(struct output *output, size_t max_edges, size_t max_connections)
{
	const struct aggregate_options options = {
		.interval_ns = 10 * SECOND,
		.max_edges = max_edges,
		.max_connections = max_connections,
		.emit = emit,
		.data = output,
	};

	*output = (struct output){0};
	assert_int_equal(aggregate_new(&options, &output->aggregate), 0);
}

static void close_output(struct output *output)
{
	for (size_t i = 0; i < output->count; i++)
		record_free(&output->records[i]);
	free(output->lines.data);
	aggregate_free(output->aggregate);
}

static void add(struct output *output, struct record record)
{
	aggregate_add(output->aggregate, &record);
	record_free(&record);
}

static void add_event(struct output *output, enum flow_event_type event, uint64_t id, uint64_t ms)
{
	add(output, test_flow(event, id, ms));
}

static const struct edge_record *edge(const struct output *output, size_t at)
{
	assert_true(at < output->count);
	return output->records[at].edge;
}

/* TEST_EPOCH_NS is 4 s after a multiple of 10 s. */
static void test_one_record_for_each_interval(void **state)
{
	struct output output;
	struct record closed = test_flow(FLOW_CLOSED, 1, 6500);

	(void)state;
	open_output(&output, 0, 0);
	add_event(&output, FLOW_ATTEMPT, 1, 0);
	add_event(&output, FLOW_ESTABLISHED, 1, 10);
	add_event(&output, FLOW_ATTEMPT, 2, 5999);
	assert_int_equal(output.count, 0);
	closed.flow.tx_bytes = 7;
	closed.flow.has |= FLOW_HAS_TX;
	add(&output, closed);
	assert_int_equal(output.count, 1);
	const struct edge_record *first = edge(&output, 0);
	assert_int_equal(first->from_ns, TEST_EPOCH_NS);
	assert_int_equal(first->flow.ts_ns, TEST_EPOCH_NS + 5999 * 1000000ull);
	assert_int_equal(first->connections, 2);
	assert_int_equal(first->attempts, 2);
	assert_int_equal(first->established, 1);
	assert_int_equal(first->succeeded, 1);
	assert_int_equal(first->open, 1);
	assert_int_equal(first->hanging, 0);
	assert_int_equal(first->flows, 3);

	add_event(&output, FLOW_FAILED, 2, 7000);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 2);
	const struct edge_record *second = edge(&output, 1);
	assert_int_equal(second->connections, 0);
	assert_int_equal(second->closed, 1);
	assert_int_equal(second->open, 0);
	assert_int_equal(second->flow.tx_bytes, 7);
	assert_int_equal(second->failures.count, 1);
	assert_string_equal(second->failures.items[0].error, EDGE_FAILURE_UNKNOWN);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 2);
	close_output(&output);
}

static void test_bytes_are_changes(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 0, 0);
	for (uint64_t i = 0; i < 3; i++) {
		struct record open = test_flow(FLOW_OPEN, 1, i * 10000);
		open.flow.rx_bytes = 100 * (i + 1);
		open.flow.retrans = (uint32_t)i * 2;
		open.flow.has |= FLOW_HAS_RX | FLOW_HAS_RETRANS;
		add(&output, open);
	}
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(edge(&output, i)->flow.rx_bytes, 100);
		assert_int_equal(edge(&output, i)->connections, i == 0);
		assert_int_equal(edge(&output, i)->open, 1);
		assert_int_equal(edge(&output, i)->flow.retrans, i == 0 ? 0 : 2);
	}
	close_output(&output);
}

static void test_an_attempt_hangs(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 0, 0);
	add_event(&output, FLOW_ATTEMPT, 1, 5500);
	assert_int_equal(aggregate_next_end(output.aggregate), TEST_EPOCH_NS + 6 * SECOND);
	aggregate_advance(output.aggregate, TEST_EPOCH_NS + 6 * SECOND - 1);
	assert_int_equal(output.count, 0);
	aggregate_advance(output.aggregate, TEST_EPOCH_NS + 6 * SECOND);
	assert_int_equal(output.count, 1);
	assert_int_equal(edge(&output, 0)->hanging, 0);
	assert_int_equal(aggregate_next_end(output.aggregate), TEST_EPOCH_NS + 16 * SECOND);
	aggregate_advance(output.aggregate, TEST_EPOCH_NS + 16 * SECOND);
	assert_int_equal(output.count, 2);
	assert_int_equal(edge(&output, 1)->hanging, 1);
	assert_int_equal(edge(&output, 1)->connections, 0);
	assert_true(edge(&output, 1)->flow.ts_ns > edge(&output, 0)->flow.ts_ns);
	/* Nothing changes after that. */
	assert_int_equal(aggregate_next_end(output.aggregate), 0);
	aggregate_advance(output.aggregate, TEST_EPOCH_NS + 60 * SECOND);
	assert_int_equal(output.count, 2);
	close_output(&output);
}

static void set_comm(struct record *record, const char *comm)
{
	memset(record->flow.comm, 0, sizeof(record->flow.comm));
	memcpy(record->flow.comm, comm, strlen(comm));
}

/* The connection belongs to another program than its first flow said. */
static void test_a_connection_moves(void **state)
{
	struct output output;
	struct record accepted = test_flow(FLOW_FAILED, 1, 0);
	struct record open = test_flow(FLOW_FAILED, 1, 7000);

	(void)state;
	open_output(&output, 0, 0);
	accepted.flow.error = 111;
	accepted.flow.tx_bytes = 5;
	accepted.flow.has |= FLOW_HAS_TX;
	add(&output, accepted);
	set_comm(&open, "worker");
	open.flow.tx_bytes = 5;
	open.flow.has |= FLOW_HAS_TX;
	add(&output, open);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 3);
	assert_int_equal(edge(&output, 0)->connections, 1);
	assert_string_equal(edge(&output, 0)->failures.items[0].error, "ECONNREFUSED");
	const struct edge_record *former = edge(&output, 1);
	assert_string_equal(former->flow.comm, "curl");
	assert_int_equal(former->connections, 0);
	assert_int_equal(former->withdrawn_connections, 1);
	assert_int_equal(former->withdrawn_failed, 1);
	assert_int_equal(former->withdrawn_tx_bytes, 5);
	assert_int_equal(former->withdrawn_flows, 1);
	const struct edge_record *now = edge(&output, 2);
	assert_string_equal(now->flow.comm, "worker");
	assert_int_equal(now->connections, 1);
	assert_int_equal(now->failures.items[0].count, 1);
	assert_int_equal(now->flow.tx_bytes, 5);
	assert_int_equal(now->flows, 2);
	close_output(&output);
}

/* If nothing was written before the move, nothing is withdrawn. */
static void test_a_connection_moves_at_once(void **state)
{
	struct output output;
	struct record attempt = test_flow(FLOW_ATTEMPT, 1, 0);

	(void)state;
	open_output(&output, 0, 0);
	set_comm(&attempt, "");
	add(&output, attempt);
	add_event(&output, FLOW_ESTABLISHED, 1, 1);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 1);
	assert_string_equal(edge(&output, 0)->flow.comm, "curl");
	assert_int_equal(edge(&output, 0)->attempts, 1);
	assert_int_equal(edge(&output, 0)->from_ns, TEST_EPOCH_NS);
	close_output(&output);
}

static void test_more_edges_than_fit_are_written_early(void **state)
{
	struct output output;
	uint64_t connections = 0;

	(void)state;
	open_output(&output, 4, 0);
	for (uint64_t i = 0; i < 20; i++) {
		struct record failed = test_flow(FLOW_FAILED, i + 1, i);
		failed.flow.dport = (uint16_t)(1 + i);
		add(&output, failed);
	}
	assert_true(output.count >= 16);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 20);
	for (size_t i = 0; i < output.count; i++)
		connections += edge(&output, i)->connections;
	assert_int_equal(connections, 20);
	assert_int_equal(output.lost, 0);
	close_output(&output);
}

/* Open connections have edges that must stay. */
static void test_more_open_connections_than_fit_are_lost(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 4, 0);
	for (uint64_t i = 0; i < 6; i++) {
		struct record open = test_flow(FLOW_OPEN, i + 1, i);
		open.flow.dport = (uint16_t)(1 + i);
		add(&output, open);
	}
	aggregate_finish(output.aggregate);
	assert_int_equal(output.lost, 2);
	close_output(&output);
	open_output(&output, 0, 10);
	/* The table has room for ended connections, too. */
	for (uint64_t i = 0; i < 2000; i++)
		add_event(&output, FLOW_OPEN, i + 1, i);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.lost, 2000 - 10 - 1024);
	assert_int_equal(edge(&output, 0)->connections, 2000);
	assert_int_equal(edge(&output, 0)->open, 1034);
	close_output(&output);
}

/* A flow of the interval that was just written counts in the next one, with its own time. */
static void test_a_late_flow_counts_in_the_next_interval(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 0, 0);
	add_event(&output, FLOW_ATTEMPT, 1, 5000);
	add_event(&output, FLOW_ATTEMPT, 2, 6000);
	add_event(&output, FLOW_FAILED, 1, 4000);
	aggregate_finish(output.aggregate);
	assert_int_equal(output.count, 2);
	assert_int_equal(edge(&output, 1)->from_ns, TEST_EPOCH_NS + 4 * SECOND);
	assert_int_equal(edge(&output, 1)->flow.ts_ns, TEST_EPOCH_NS + 6 * SECOND);
	close_output(&output);
}

/* One flow with a wrong time in the future must not hold back the intervals. */
static void test_a_wrong_time_does_not_last(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 0, 0);
	add_event(&output, FLOW_ATTEMPT, 1, 900000000);
	add_event(&output, FLOW_ATTEMPT, 2, 0);
	add_event(&output, FLOW_ATTEMPT, 3, 6000);
	add_event(&output, FLOW_ATTEMPT, 4, 16000);
	assert_int_equal(output.count, 3);
	assert_int_equal(edge(&output, 1)->from_ns, TEST_EPOCH_NS);
	assert_int_equal(edge(&output, 2)->from_ns, TEST_EPOCH_NS + 6 * SECOND);
	close_output(&output);
}

static void test_other_records_pass(void **state)
{
	struct output output;

	(void)state;
	open_output(&output, 0, 0);
	add(&output, test_pod("shop", "web", NULL, "192.0.2.1"));
	assert_string_equal(output.lines.data,
			    "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"web\","
			    "\"ips\":[\"192.0.2.1\"]}\n");
	close_output(&output);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static void test_percentiles_are_close(void **state)
{
	struct random random = {1};
	struct latency_pool pool = {.max = 1000};
	uint64_t values[500];

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct latency_sketch sketch = {0};
		size_t count = 1 + random_below(&random, 500);
		for (size_t i = 0; i < count; i++) {
			values[i] = random_next(&random) >> random_below(&random, 64);
			assert_int_equal(latency_sketch_add(&pool, &sketch, values[i]), 0);
		}
		qsort(values, count, sizeof(values[0]), compare_numbers);
		for (unsigned int percent = 1; percent <= 100; percent++) {
			uint64_t exact = values[(count * percent + 99) / 100 - 1];
			uint64_t found = latency_sketch_percentile(&pool, &sketch, percent);
			if (distance(exact, found) > exact / 16)
				fail_msg("%u %% of %zu: %ju, not %ju", percent, count,
					 (uintmax_t)found, (uintmax_t)exact);
		}
		assert_int_equal(sketch.max, values[count - 1]);
		latency_sketch_clear(&pool, &sketch);
		assert_int_equal(pool.used, 0);
	}
	assert_true(pool.count <= 65);
	latency_pool_clear(&pool);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_record_for_each_interval),
		cmocka_unit_test(test_bytes_are_changes),
		cmocka_unit_test(test_an_attempt_hangs),
		cmocka_unit_test(test_a_connection_moves),
		cmocka_unit_test(test_a_connection_moves_at_once),
		cmocka_unit_test(test_more_edges_than_fit_are_written_early),
		cmocka_unit_test(test_more_open_connections_than_fit_are_lost),
		cmocka_unit_test(test_a_late_flow_counts_in_the_next_interval),
		cmocka_unit_test(test_a_wrong_time_does_not_last),
		cmocka_unit_test(test_other_records_pass),
		cmocka_unit_test(test_percentiles_are_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
