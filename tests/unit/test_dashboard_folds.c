/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a folded table: the connections that match, grouped by bundle, live and while paused,
 * in an order that holds while the user reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"
#include "tui/dashboard/table/rows.h"

#define ROWS_MAX 256

struct fixture {
	struct rows rows;
	struct random random;
	uint64_t now_ns; /* monotonic */
	uint64_t ms;
};

static void apply_random(struct fixture *fixture, struct state *state, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t id = 1 + random_below(&fixture->random, 300);
		struct record record = test_flow(
			(enum flow_event_type)(FLOW_ATTEMPT + random_below(&fixture->random, 4)),
			id, ++fixture->ms);
		record.flow.dport = (uint16_t)(80 + id % 7);
		record.flow.sport = (uint16_t)id;
		record.flow.has |= FLOW_HAS_SPORT;
		state_fixture_apply(state, record);
	}
}

static void update(struct fixture *fixture, bool reorder)
{
	fixture->now_ns += 100 * NS_PER_SECOND;
	rows_update(&fixture->rows, &(struct rows_time){.monotonic_ns = fixture->now_ns}, reorder);
}

/* Returns the number of connections of a bundle that match. */
static size_t count_members(const struct fixture *fixture, uint64_t id)
{
	const struct state *state = fixture->rows.source.state;
	size_t members = 0;

	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer)
		members += (ROW_BUNDLE | conn_bundle_id(conn)) == id &&
			   row_query_matches(&fixture->rows.query, state, conn, 0);
	return members;
}

/* Expects one row for each bundle with connections that match, with their number. */
static void expect_rows(struct fixture *fixture, const struct state *state)
{
	static struct row rows[ROWS_MAX];
	const struct row_query *query = &fixture->rows.query;
	size_t count = rows_copy(&fixture->rows, rows_first(&fixture->rows), rows, ROWS_MAX);
	size_t sum = 0;
	size_t matched = 0;

	assert_int_equal(count, rows_count(&fixture->rows));
	for (size_t i = 0; i < count; i++) {
		size_t members = count_members(fixture, rows[i].id);

		assert_int_equal(rows[i].fold.count, members);
		assert_true(members > 0);
		sum += members;
	}
	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer)
		matched += row_query_matches(query, state, conn, 0);
	assert_int_equal(sum, matched);
	assert_int_equal(rows_matched(&fixture->rows), matched);
}

static void rows_are_the_matching_bundles(void **context)
{
	struct state *state = *context;
	struct fixture fixture = {.random = {5}, .now_ns = NS_PER_SECOND};
	struct filter *filter = NULL;

	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "sport:1-150", NULL), 0);
	fixture.rows.source.state = state;
	const struct row_query queries[] = {
		{.folded = true},
		{.folded = true, .hide_closed = true},
		{.folded = true, .filter = filter},
		{.folded = true, .sort = column_find("COUNT")},
		{.folded = true, .inverted = true, .filter = filter},
	};
	for (size_t round = 0; round < 20; round++) {
		apply_random(&fixture, state, 100);
		for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
			rows_query(&fixture.rows, &queries[i]);
			update(&fixture, true);
			expect_rows(&fixture, state);
		}
		/* Nothing has changed since the freeze, so the copies give the same rows. */
		assert_int_equal(rows_freeze(&fixture.rows, 0), 0);
		expect_rows(&fixture, state);
		rows_thaw(&fixture.rows);
	}
	rows_clear(&fixture.rows);
	filter_free(filter);
}

/* Rows that stay keep their order while new ones come first. */
static void the_order_holds(void **context)
{
	struct state *state = *context;
	struct fixture fixture = {.random = {9}, .now_ns = NS_PER_SECOND};
	uint64_t before[ROWS_MAX];

	fixture.rows.source.state = state;
	apply_random(&fixture, state, 50);
	rows_query(&fixture.rows, &(struct row_query){.folded = true});
	update(&fixture, true);
	for (size_t round = 0; round < 20; round++) {
		size_t count = 0;
		size_t last = 0;

		for (uint64_t id = rows_first(&fixture.rows); count < rows_count(&fixture.rows);
		     id = rows_step(&fixture.rows, id, 1))
			before[count++] = id;
		fixture.ms += 60000;
		apply_random(&fixture, state, 30);
		update(&fixture, false);
		for (size_t i = 0; i < count; i++) {
			size_t index = rows_index(&fixture.rows, before[i]);
			if (index == SIZE_MAX)
				continue;
			assert_true(index >= last);
			last = index;
		}
	}
	rows_clear(&fixture.rows);
}

/* Between scans, a new row comes first in the usual order. In other orders, it waits for a scan. */
static void new_rows_wait_for_their_place(void **context)
{
	const struct {
		struct row_query query;
		bool waits;
	} cases[] = {
		{{.folded = true}, false},
		{{.folded = true, .inverted = true}, true},
		{{.folded = true, .sort = column_find("PORT")}, true},
		{{.folded = true, .sort = column_find("PORT"), .inverted = true}, true},
	};
	struct state *state = *context;
	struct fixture fixture = {.random = {5}, .now_ns = NS_PER_SECOND};

	fixture.rows.source.state = state;
	apply_random(&fixture, state, 200);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = test_flow(FLOW_ATTEMPT, 1000 + i, fixture.ms += 60000);
		rows_query(&fixture.rows, &cases[i].query);
		update(&fixture, true);
		size_t count = rows_count(&fixture.rows);
		uint64_t first = rows_first(&fixture.rows);
		uint64_t newer = rows_newer(&fixture.rows, 0);
		record.flow.dport = (uint16_t)(1000 + i);
		state_fixture_apply(state, record);
		rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns},
			    true);
		assert_int_equal(rows_count(&fixture.rows), count + !cases[i].waits);
		assert_int_equal(rows_first(&fixture.rows) == first, cases[i].waits);
		assert_int_equal(rows_newer(&fixture.rows, 0), newer + 1);
		update(&fixture, true);
		assert_int_equal(rows_count(&fixture.rows), count + 1);
	}
	rows_clear(&fixture.rows);
}

/* The connections of an unfolded row have rows below it. */
static void an_unfolded_row_shows_its_connections(void **context)
{
	struct state *state = *context;
	struct fixture fixture = {.random = {3}, .now_ns = NS_PER_SECOND};
	static struct row rows[ROWS_MAX];

	fixture.rows.source.state = state;
	apply_random(&fixture, state, 200);
	rows_query(&fixture.rows, &(struct row_query){.folded = true});
	update(&fixture, true);
	size_t folded = rows_count(&fixture.rows);
	uint64_t id = rows_step(&fixture.rows, rows_first(&fixture.rows), 1);
	row_folds_toggle(&fixture.rows.folds, id);
	update(&fixture, false);
	assert_true(rows_copy(&fixture.rows, id, rows, ROWS_MAX) > rows[0].fold.count);
	assert_int_equal(rows_count(&fixture.rows), folded + rows[0].fold.count);
	for (size_t i = 1; i <= rows[0].fold.count; i++) {
		assert_true(rows[i].is_member);
		assert_int_equal(ROW_BUNDLE | conn_bundle_id(&rows[i].conn), id);
	}
	assert_true(row_folds_fold_all(&fixture.rows.folds));
	update(&fixture, false);
	assert_int_equal(rows_count(&fixture.rows), folded);
	rows_clear(&fixture.rows);
}

/* Connections that arrive between two scans are in both numbers of the title or in neither. */
static void the_numbers_are_of_one_time(void **context)
{
	struct state *state = *context;
	struct fixture fixture = {.random = {7}, .now_ns = NS_PER_SECOND};
	struct filter *filter = NULL;
	size_t total;

	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "port:80-86", NULL), 0);
	fixture.rows.source.state = state;
	apply_random(&fixture, state, 20);
	rows_query(&fixture.rows, &(struct row_query){.folded = true, .filter = filter});
	update(&fixture, true);
	total = state_conn_count(state);
	assert_int_equal(rows_total(&fixture.rows), total);
	apply_random(&fixture, state, 100);
	assert_true(state_conn_count(state) > total);
	rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns + 1}, false);
	assert_int_equal(rows_matched(&fixture.rows), rows_total(&fixture.rows));
	update(&fixture, false);
	assert_int_equal(rows_total(&fixture.rows), state_conn_count(state));
	rows_clear(&fixture.rows);
	filter_free(filter);
}

static void expect_same_fold(const struct column_fold *a, const struct column_fold *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->tx_bytes, b->tx_bytes);
	assert_int_equal(a->rx_bytes, b->rx_bytes);
	assert_int_equal(a->rate, b->rate);
	assert_int_equal(a->first_ns, b->first_ns);
	assert_int_equal(a->has, b->has);
	assert_int_equal(a->differs, b->differs);
}

/* A frame with a scan takes the sums of the scan. A frame without one sums up the connections of
 * each row. */
static void the_sums_of_a_scan_are_those_of_the_rows(void **context)
{
	struct state *state = *context;
	struct fixture fixture = {.random = {11}, .now_ns = NS_PER_SECOND};
	static struct row scanned[ROWS_MAX];
	static struct row summed[ROWS_MAX];
	struct filter *filter = NULL;

	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "sport:1-150", NULL), 0);
	fixture.rows.source.state = state;
	rows_query(&fixture.rows, &(struct row_query){.folded = true, .filter = filter});
	for (size_t round = 0; round < 20; round++) {
		size_t count;

		for (size_t i = 0; i < 50; i++) {
			uint64_t id = 1 + random_below(&fixture.random, 300);
			struct record record =
				test_flow((enum flow_event_type)(FLOW_ATTEMPT +
								 random_below(&fixture.random, 4)),
					  id, ++fixture.ms);
			record.flow.dport = (uint16_t)(80 + id % 7);
			record.flow.sport = (uint16_t)id;
			record.flow.pid = (uint32_t)(1 + id % 2);
			record.flow.tx_bytes = id * round;
			record.flow.has |= FLOW_HAS_SPORT | FLOW_HAS_PID | FLOW_HAS_TX;
			state_fixture_apply(state, record);
		}
		update(&fixture, true);
		count = rows_copy(&fixture.rows, rows_first(&fixture.rows), scanned, ROWS_MAX);
		assert_true(count > 0);
		rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns + 1},
			    true);
		assert_int_equal(
			rows_copy(&fixture.rows, rows_first(&fixture.rows), summed, ROWS_MAX),
			count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(scanned[i].id, summed[i].id);
			assert_int_equal(scanned[i].conn.sequence, summed[i].conn.sequence);
			expect_same_fold(&scanned[i].fold, &summed[i].fold);
		}
		/* The next frame has the connections that came after the scan. */
		apply_random(&fixture, state, 20);
		rows_update(&fixture.rows, &(struct rows_time){.monotonic_ns = fixture.now_ns + 2},
			    true);
		count = rows_copy(&fixture.rows, rows_first(&fixture.rows), summed, ROWS_MAX);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(summed[i].fold.count,
					 count_members(&fixture, summed[i].id));
	}
	rows_clear(&fixture.rows);
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_the_matching_bundles, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(the_order_holds, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(new_rows_wait_for_their_place, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(an_unfolded_row_shows_its_connections,
						state_fixture_setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(the_numbers_are_of_one_time, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(the_sums_of_a_scan_are_those_of_the_rows,
						state_fixture_setup, state_fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
