/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a row that stands for several connections: sums, what all share, and the rest of the
 * newest one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"
#include "tui/columns/column.h"

static const struct column_signs signs = {"→", "←", "✕", "…", "×"};

/* Opens a connection, each a second after the one before, which has sent 1000 bytes by then. */
static const struct conn *open_at(struct state *state, uint64_t id, uint32_t pid)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, id * 1000);
	struct flow *flow = &record.flow;

	flow->has |= FLOW_HAS_PID | FLOW_HAS_SPORT | FLOW_HAS_TX | FLOW_HAS_LATENCY;
	flow->pid = pid;
	flow->sport = (uint16_t)(40000 + id);
	flow->tx_bytes = 1000;
	flow->latency_us = 1000 * id;
	snprintf(flow->comm, sizeof(flow->comm), "cart");
	return state_fixture_apply(state, record);
}

static void expect_cell(const struct state *state, const struct column_fold *fold, const char *name,
			const char *wanted)
{
	char cell[COLUMN_CELL_SIZE];
	struct column_row row;

	column_row_open(&row, state, fold->newest);
	row.signs = &signs;
	row.fold = fold;
	row.now_ns = TEST_EPOCH_NS + 10 * NS_PER_SECOND;
	column_table_text(column_find(name), &row, cell);
	assert_string_equal(cell, wanted);
}

static void sums_and_shared_values(void **context)
{
	struct state *state = *context;
	struct column_fold fold = {0};

	for (uint64_t id = 1; id <= 3; id++)
		column_fold_add(&fold, open_at(state, id, 7), TEST_EPOCH_NS + 10 * NS_PER_SECOND);
	expect_cell(state, &fold, "COUNT", "×3");
	expect_cell(state, &fold, "TX", "3.0k");
	expect_cell(state, &fold, "RX", "");
	expect_cell(state, &fold, "PID", "7");
	expect_cell(state, &fold, "COMM", "cart");
	expect_cell(state, &fold, "SPORT", "…");
	expect_cell(state, &fold, "STATE", "established");
	/* Those of the newest connection. */
	expect_cell(state, &fold, "LAT", "3.0ms");
	expect_cell(state, &fold, "AGE", "7s");
	column_fold_add(&fold, open_at(state, 4, 8), TEST_EPOCH_NS + 10 * NS_PER_SECOND);
	expect_cell(state, &fold, "PID", "…");
	expect_cell(state, &fold, "TX", "4.0k");
}

/* The order in which the connections are added does not matter. */
static void newest_and_first(void **context)
{
	struct state *state = *context;
	const struct conn *conns[] = {open_at(state, 1, 7), open_at(state, 2, 7),
				      open_at(state, 3, 7)};
	struct column_fold fold = {0};

	column_fold_add(&fold, conns[1], 0);
	column_fold_add(&fold, conns[2], 0);
	column_fold_add(&fold, conns[0], 0);
	assert_ptr_equal(fold.newest, conns[2]);
	assert_int_equal(fold.first_ns, conns[0]->first_ns);
}

/* Of attempts, the longest wait is shown, and rates are summed up while they are valid. */
static void waits_and_rates(void **context)
{
	struct state *state = *context;
	struct column_fold attempts = {0};
	struct column_fold open = {0};

	for (uint64_t id = 1; id <= 3; id++) {
		struct record record = test_flow(FLOW_ATTEMPT, id, id * 1000);
		column_fold_add(&attempts, state_fixture_apply(state, record), 0);
	}
	expect_cell(state, &attempts, "LAT", "9.0s");
	for (uint64_t id = 11; id <= 12; id++) {
		struct record record = test_flow(FLOW_OPEN, id, 8000);
		record.flow.has |= FLOW_HAS_TX | FLOW_HAS_INTERVAL;
		record.flow.state = FLOW_STATE_ESTABLISHED;
		state_fixture_apply(state, record);
		record = test_flow(FLOW_OPEN, id, 9000);
		record.flow.has |= FLOW_HAS_TX | FLOW_HAS_INTERVAL;
		record.flow.tx_bytes = 5000;
		record.flow.interval_ms = 1000;
		record.flow.state = FLOW_STATE_ESTABLISHED;
		column_fold_add(&open, state_fixture_apply(state, record),
				TEST_EPOCH_NS + 10 * NS_PER_SECOND);
	}
	expect_cell(state, &open, "RATE", "10k");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sums_and_shared_values, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(newest_and_first, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(waits_and_rates, state_fixture_setup,
						state_fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
