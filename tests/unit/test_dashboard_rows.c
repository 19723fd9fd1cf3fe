/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the connection table: order, filter, sort, moving, freezing, and rows whose
 * connection leaves the state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "core/base/timestamp.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tui/dashboard/table/rows.h"

struct fixture {
	struct state *state;
	struct rows rows;
	uint64_t now_ns; /* monotonic; each update adds more than the pause between scans */
};

static void add(struct fixture *fixture, enum flow_event_type event, uint64_t id, uint16_t port)
{
	struct record record = test_flow(event, id, id);

	record.flow.dport = port;
	state_apply(fixture->state, &record);
	record_free(&record);
}

static void start(struct fixture *fixture, size_t max_connections)
{
	struct state_options options = {.max_connections = max_connections};

	*fixture = (struct fixture){.now_ns = NS_PER_SECOND};
	assert_int_equal(state_new(&options, &fixture->state), 0);
	fixture->rows.source.state = fixture->state;
}

static void stop(struct fixture *fixture)
{
	rows_clear(&fixture->rows);
	state_free(fixture->state);
}

static void update(struct fixture *fixture, bool reorder)
{
	fixture->now_ns += 100 * NS_PER_SECOND;
	rows_update(&fixture->rows, &(struct rows_time){.monotonic_ns = fixture->now_ns}, reorder);
}

static void query(struct fixture *fixture, const struct row_query *wanted)
{
	rows_query(&fixture->rows, wanted);
	update(fixture, true);
}

/* Compares the ports of all rows, from the first row on. */
static void expect_ports(struct fixture *fixture, const uint16_t *ports, size_t count)
{
	struct row copies[64];

	assert_int_equal(rows_copy(&fixture->rows, rows_first(&fixture->rows), copies, 64), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(copies[i].conn.flow.dport, ports[i]);
}

#define EXPECT_PORTS(fixture, ...)                             \
	expect_ports(fixture, (const uint16_t[]){__VA_ARGS__}, \
		     sizeof((const uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

static const struct row_query everything = {0};

static void without_connections_there_are_no_rows(void **state)
{
	struct row_query sorted = {.sort = column_find("PORT")};
	struct fixture fixture;
	struct row copy;

	(void)state;
	start(&fixture, 0);
	for (int i = 0; i < 2; i++) {
		query(&fixture, i ? &sorted : &everything);
		assert_int_equal(rows_count(&fixture.rows), 0);
		assert_int_equal(rows_first(&fixture.rows), 0);
		assert_int_equal(rows_last(&fixture.rows), 0);
		assert_int_equal(rows_step(&fixture.rows, 7, 3), 0);
		assert_int_equal(rows_nearest(&fixture.rows, 7), 0);
		assert_int_equal(rows_copy(&fixture.rows, 0, &copy, 1), 0);
		assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
		assert_int_equal(rows_first(&fixture.rows), 0);
		rows_thaw(&fixture.rows);
	}
	stop(&fixture);
}

static void the_newest_comes_first(void **state)
{
	struct row_query inverted = {.inverted = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 5; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	query(&fixture, &everything);
	EXPECT_PORTS(&fixture, 5, 4, 3, 2, 1);
	query(&fixture, &inverted);
	EXPECT_PORTS(&fixture, 1, 2, 3, 4, 5);
	stop(&fixture);
}

static void a_filter_applies_to_new_rows(void **state)
{
	struct row_query filtered = {0};
	struct filter *filter = NULL;
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "port:10-19", NULL), 0);
	filtered.filter = filter;
	for (uint16_t i = 8; i <= 12; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	query(&fixture, &filtered);
	EXPECT_PORTS(&fixture, 12, 11, 10);
	add(&fixture, FLOW_ATTEMPT, 100, 15);
	add(&fixture, FLOW_ATTEMPT, 101, 30);
	add(&fixture, FLOW_ATTEMPT, 102, 16);
	/* New rows also appear between two scans. */
	rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns + 1}, true);
	EXPECT_PORTS(&fixture, 16, 15, 12, 11, 10);
	assert_int_equal(rows_count(&fixture.rows), 5);
	assert_int_equal(rows_total(&fixture.rows), 8);
	stop(&fixture);
	filter_free(filter);
}

static void only_problems_or_only_open_ones(void **state)
{
	struct row_query problems = {.problems = true};
	struct row_query open = {.hide_closed = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	add(&fixture, FLOW_ATTEMPT, 1, 1);
	add(&fixture, FLOW_ESTABLISHED, 2, 2);
	add(&fixture, FLOW_FAILED, 3, 3);
	add(&fixture, FLOW_CLOSED, 4, 4);
	query(&fixture, &problems);
	EXPECT_PORTS(&fixture, 3);
	/* An attempt counts as a problem once it hangs. */
	state_advance(fixture.state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	update(&fixture, true);
	EXPECT_PORTS(&fixture, 3, 1);
	query(&fixture, &open);
	EXPECT_PORTS(&fixture, 3, 2, 1);
	/* A connection that is no longer a problem leaves at the next scan. */
	query(&fixture, &problems);
	add(&fixture, FLOW_ESTABLISHED, 1, 1);
	update(&fixture, true);
	EXPECT_PORTS(&fixture, 3);
	stop(&fixture);
}

/* Other panes can limit the rows to one destination or one subject. */
static void one_destination_can_be_shown(void **state)
{
	struct row_query one = {0};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 6; i++)
		add(&fixture, FLOW_ATTEMPT, i, i % 2 ? 443 : 80);
	one.edge = state_newest(fixture.state)->edge;
	query(&fixture, &one);
	EXPECT_PORTS(&fixture, 80, 80, 80);
	one.subject = one.edge->subject;
	one.edge = NULL;
	query(&fixture, &one);
	assert_int_equal(rows_count(&fixture.rows), 6);
	stop(&fixture);
}

static void sorting_holds_still_until_it_may_move(void **state)
{
	struct row_query sorted = {.sort = column_find("PORT")};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	add(&fixture, FLOW_ATTEMPT, 1, 30);
	add(&fixture, FLOW_ATTEMPT, 2, 10);
	add(&fixture, FLOW_ATTEMPT, 3, 20);
	add(&fixture, FLOW_ATTEMPT, 4, 10);
	query(&fixture, &sorted);
	EXPECT_PORTS(&fixture, 10, 10, 20, 30);
	/* Of equal rows, the newest is first. */
	assert_int_equal(rows_first(&fixture.rows), 4);
	add(&fixture, FLOW_ATTEMPT, 5, 5);
	update(&fixture, false);
	EXPECT_PORTS(&fixture, 10, 10, 20, 30);
	assert_int_equal(rows_newer(&fixture.rows, 4), 1);
	update(&fixture, true);
	EXPECT_PORTS(&fixture, 5, 10, 10, 20, 30);
	assert_int_equal(rows_newer(&fixture.rows, 5), 0);
	sorted.inverted = true;
	query(&fixture, &sorted);
	EXPECT_PORTS(&fixture, 30, 20, 10, 10, 5);
	stop(&fixture);
}

static void steps_stop_at_the_ends(void **state)
{
	const struct row_query queries[] = {everything,
					    {.sort = column_find("AGE"), .inverted = true}};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 9; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	for (size_t i = 0; i < 4; i++) {
		if (i % 2 == 0)
			query(&fixture, &queries[i / 2]);
		else
			assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
		assert_int_equal(rows_first(&fixture.rows), 9);
		assert_int_equal(rows_last(&fixture.rows), 1);
		assert_int_equal(rows_step(&fixture.rows, 9, 3), 6);
		assert_int_equal(rows_step(&fixture.rows, 6, -2), 8);
		assert_int_equal(rows_step(&fixture.rows, 6, 0), 6);
		assert_int_equal(rows_step(&fixture.rows, 6, 100), 1);
		assert_int_equal(rows_step(&fixture.rows, 6, -100), 9);
		if (i % 2 == 1)
			rows_thaw(&fixture.rows);
	}
	stop(&fixture);
}

static void a_removed_row_is_replaced_by_its_neighbour(void **state)
{
	struct row_query listed = {.hide_closed = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 4);
	for (uint16_t i = 1; i <= 4; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	query(&fixture, &listed);
	for (uint16_t i = 5; i <= 6; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	assert_null(state_find(fixture.state, 1));
	/* A listed connection that has left the state is not copied. */
	rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns + 1}, true);
	EXPECT_PORTS(&fixture, 6, 5, 4, 3);
	query(&fixture, &everything);
	assert_int_equal(rows_nearest(&fixture.rows, 1), 3);
	assert_int_equal(rows_nearest(&fixture.rows, 5), 5);
	assert_int_equal(rows_nearest(&fixture.rows, 99), 6);
	EXPECT_PORTS(&fixture, 6, 5, 4, 3);
	stop(&fixture);
}

static void frozen_rows_outlive_their_connections(void **state)
{
	struct row_query listed = {.problems = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 4);
	for (int i = 0; i < 2; i++) {
		uint64_t base = i ? 100 : 0;

		for (uint16_t n = 1; n <= 4; n++)
			add(&fixture, FLOW_FAILED, base + n, n);
		query(&fixture, i ? &listed : &everything);
		assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
		for (uint16_t n = 5; n <= 10; n++) {
			add(&fixture, FLOW_FAILED, base + n, n);
			/* Update after each connection. The rows do not count a connection that
			 * arrives and leaves between two updates. */
			update(&fixture, true);
		}
		EXPECT_PORTS(&fixture, 4, 3, 2, 1);
		assert_int_equal(rows_newer(&fixture.rows, 0), 6);
		assert_int_equal(rows_count(&fixture.rows), 4);
		rows_thaw(&fixture.rows);
		update(&fixture, true);
		EXPECT_PORTS(&fixture, 10, 9, 8, 7);
	}
	stop(&fixture);
}

/* A filter, a sort and their removal work on the connections as they were at the freeze. */
static void frozen_rows_can_be_queried(void **state)
{
	const struct row_query problems = {.problems = true};
	const struct row_query sorted = {.sort = column_find("PORT")};
	const struct row_query inverted = {.inverted = true};
	const struct row_query open = {.hide_closed = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 100);
	add(&fixture, FLOW_ESTABLISHED, 1, 30);
	add(&fixture, FLOW_ATTEMPT, 2, 10);
	add(&fixture, FLOW_ESTABLISHED, 3, 20);
	state_advance(fixture.state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	query(&fixture, &open);
	assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
	add(&fixture, FLOW_ESTABLISHED, 2, 10);
	add(&fixture, FLOW_CLOSED, 3, 20);
	add(&fixture, FLOW_FAILED, 4, 40);
	update(&fixture, true);
	EXPECT_PORTS(&fixture, 20, 10, 30);
	assert_int_equal(rows_newer(&fixture.rows, 0), 1);
	query(&fixture, &problems);
	EXPECT_PORTS(&fixture, 10);
	assert_int_equal(rows_count(&fixture.rows), 1);
	assert_int_equal(rows_total(&fixture.rows), 3);
	assert_int_equal(rows_newer(&fixture.rows, 0), 1);
	query(&fixture, &sorted);
	EXPECT_PORTS(&fixture, 10, 20, 30);
	query(&fixture, &inverted);
	EXPECT_PORTS(&fixture, 30, 10, 20);
	/* A key that is pressed before the next frame acts on the new rows. */
	rows_query(&fixture.rows, &everything);
	rows_settle(&fixture.rows);
	EXPECT_PORTS(&fixture, 20, 10, 30);
	rows_thaw(&fixture.rows);
	query(&fixture, &problems);
	EXPECT_PORTS(&fixture, 40);
	stop(&fixture);
}

/* A pause copies a limited number of connections, and prefers those on the screen. */
static void no_more_than_some_are_frozen(void **state)
{
	const struct row_query old = {.sort = column_find("PORT")};
	const size_t total = ROW_SOURCE_FROZEN_MAX + 5;
	struct fixture fixture;
	struct row copies[3];

	(void)state;
	start(&fixture, 2 * total);
	for (size_t i = 1; i <= total; i++)
		add(&fixture, FLOW_ATTEMPT, i, (uint16_t)(i <= 5 ? i : 9));
	/* Without a list, those from the first row on. The oldest are left. */
	query(&fixture, &everything);
	assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
	assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
	update(&fixture, true);
	assert_int_equal(rows_count(&fixture.rows), ROW_SOURCE_FROZEN_MAX);
	assert_int_equal(rows_first(&fixture.rows), total);
	assert_int_equal(rows_last(&fixture.rows), 6);
	rows_thaw(&fixture.rows);
	/* From another row on, and then the newest. */
	query(&fixture, &everything);
	assert_int_equal(rows_freeze(&fixture.rows, 100), 0);
	update(&fixture, true);
	assert_int_equal(rows_count(&fixture.rows), ROW_SOURCE_FROZEN_MAX);
	assert_int_equal(rows_first(&fixture.rows), total);
	assert_int_equal(rows_last(&fixture.rows), 1);
	assert_int_equal(rows_nearest(&fixture.rows, 100), 100);
	rows_thaw(&fixture.rows);
	/* In a list, its first rows, which are the oldest connections here. */
	query(&fixture, &old);
	assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
	update(&fixture, true);
	assert_int_equal(rows_copy(&fixture.rows, rows_first(&fixture.rows), copies, 3), 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(copies[i].id, i + 1);
	stop(&fixture);
}

/* Between two frames, more connections arrive than one frame checks. */
static void many_new_ones_are_counted(void **state)
{
	const struct row_query listed = {.problems = true};
	const uint64_t many = 50000;
	struct fixture fixture;

	(void)state;
	start(&fixture, 100000);
	query(&fixture, &listed);
	assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
	for (uint64_t id = 1; id <= many; id++)
		add(&fixture, FLOW_FAILED, id, 80);
	for (int frame = 0; frame < 5; frame++)
		update(&fixture, true);
	assert_int_equal(rows_newer(&fixture.rows, 0), many);
	stop(&fixture);
}

static void new_ones_are_counted(void **state)
{
	struct row_query listed = {.problems = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 3; i++)
		add(&fixture, FLOW_FAILED, i, i);
	query(&fixture, &everything);
	assert_int_equal(rows_newer(&fixture.rows, 3), 0);
	add(&fixture, FLOW_ESTABLISHED, 4, 4);
	add(&fixture, FLOW_FAILED, 5, 5);
	assert_int_equal(rows_newer(&fixture.rows, 3), 2);
	query(&fixture, &listed);
	assert_int_equal(rows_newer(&fixture.rows, 3), 1);
	stop(&fixture);
}

/* rows_settle applies a changed query before the next update. */
static void a_changed_query_can_be_settled_at_once(void **state)
{
	struct row_query inverted = {.inverted = true};
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 3; i++)
		add(&fixture, FLOW_ATTEMPT, i, i);
	rows_query(&fixture.rows, &inverted);
	rows_settle(&fixture.rows);
	assert_int_equal(rows_first(&fixture.rows), 1);
	stop(&fixture);
}

static void every_column_sorts(void **state)
{
	struct fixture fixture;

	(void)state;
	start(&fixture, 0);
	for (uint16_t i = 1; i <= 20; i++)
		add(&fixture, (enum flow_event_type)(FLOW_ATTEMPT + i % 5), i, i);
	const struct column *columns[COLUMN_MAX];
	size_t count = column_list_table(columns);
	for (size_t column = 0; column < count; column++) {
		struct row_query sorted = {.sort = columns[column]};
		struct row copies[32];
		uint64_t seen = 0;

		query(&fixture, &sorted);
		assert_int_equal(rows_copy(&fixture.rows, rows_first(&fixture.rows), copies, 32),
				 20);
		for (int i = 0; i < 20; i++)
			seen |= 1ull << copies[i].id;
		assert_int_equal(seen, (1ull << 21) - 2);
	}
	stop(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_connections_there_are_no_rows),
		cmocka_unit_test(the_newest_comes_first),
		cmocka_unit_test(a_filter_applies_to_new_rows),
		cmocka_unit_test(only_problems_or_only_open_ones),
		cmocka_unit_test(one_destination_can_be_shown),
		cmocka_unit_test(sorting_holds_still_until_it_may_move),
		cmocka_unit_test(steps_stop_at_the_ends),
		cmocka_unit_test(a_removed_row_is_replaced_by_its_neighbour),
		cmocka_unit_test(frozen_rows_outlive_their_connections),
		cmocka_unit_test(new_ones_are_counted),
		cmocka_unit_test(frozen_rows_can_be_queried),
		cmocka_unit_test(no_more_than_some_are_frozen),
		cmocka_unit_test(many_new_ones_are_counted),
		cmocka_unit_test(a_changed_query_can_be_settled_at_once),
		cmocka_unit_test(every_column_sorts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
