/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles of a state are its connections grouped by edge and outcome, after any records, and at
 * any time to which the state is rewound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "core/base/clock.h"
#include "core/state/conn_words.h"
#include "core/state/rewind.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define STEPS 3000

/* Searches all bundles for a connection, and expects to find it once. */
static const struct bundle *expect_bundle(const struct state *state, const struct conn *conn)
{
	const struct bundle *found = NULL;

	for (const struct bundle *bundle = state_first_bundle(state); bundle;
	     bundle = state_next_bundle(state, bundle)) {
		if (bundle->edge != conn->edge || bundle->outcome != conn_outcome(conn))
			continue;
		assert_null(found);
		found = bundle;
	}
	assert_non_null(found);
	return found;
}

/* Compares the bundles with the connections. */
static void expect_grouping(const struct state *state)
{
	size_t begun = 0;
	size_t members = 0;
	size_t bundles = 0;

	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer) {
		begun += rewind_has_begun(conn);
		assert_int_equal(conn->bundle != 0, rewind_has_begun(conn));
		assert_true(conn->bundle < state_bundle_end(state) || !conn->bundle);
	}
	for (const struct bundle *bundle = state_first_bundle(state); bundle;
	     bundle = state_next_bundle(state, bundle)) {
		const struct conn *conn = state_bundle_newest(state, bundle);
		size_t count = 0;

		assert_ptr_equal(state_find_bundle(state, bundle_id(bundle)), bundle);
		for (; conn; conn = state_bundle_older(state, conn)) {
			count++;
			assert_int_equal(conn_bundle_id(conn), bundle_id(bundle));
			assert_ptr_equal(state_find(state, conn->sequence), conn);
			assert_ptr_equal(expect_bundle(state, conn), bundle);
		}
		assert_int_equal(bundle->count, count);
		assert_true(count > 0);
		members += count;
		bundles++;
	}
	assert_int_equal(members, begun);
	assert_int_equal(bundles, state_bundle_count(state));
}

/* Compares the outcomes of all pairs of connections with their phases and words. */
static void expect_outcomes(const struct state *state)
{
	for (const struct conn *a = state_oldest(state); a; a = a->newer)
		for (const struct conn *b = state_oldest(state); b; b = b->newer)
			assert_int_equal(conn_outcome(a) == conn_outcome(b),
					 a->phase == b->phase && strcmp(conn_state_word(a),
									conn_state_word(b)) == 0);
}

/* Makes a flow of one of a few connections with few peers. So connections repeat, change their
 * state in any order, and move to other edges when their process is known better. */
static struct record random_flow(struct random *random, uint64_t ms)
{
	static const int16_t errors[] = {0, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, EHOSTDOWN, EIO};
	static const uint8_t states[] = {FLOW_STATE_SYN_SENT, FLOW_STATE_ESTABLISHED,
					 FLOW_STATE_CLOSE_WAIT, FLOW_STATE_FIN_WAIT2};
	const enum flow_event_type event =
		(enum flow_event_type)(FLOW_ATTEMPT + random_below(random, 8));
	const uint64_t id = 1 + random_below(random, 200);
	struct record record = test_flow(event, id, ms);
	struct flow *flow = &record.flow;

	flow->dport = (uint16_t)(80 + id % 5);
	flow->state = states[random_below(random, 4)];
	flow->error = event == FLOW_FAILED ? errors[random_below(random, 6)] : 0;
	flow->end = event == FLOW_CLOSED ? (uint8_t)random_below(random, FLOW_END_UNSEEN + 1) : 0;
	if (random_below(random, 3) == 0) {
		flow->has |= FLOW_HAS_CGROUP;
		flow->cgroup_id = 1 + id % 3;
	}
	if (random_below(random, 20) == 0)
		test_flow_names(&record, NULL, "shop", id % 2 ? "cart-1" : "cart-2", NULL);
	return record;
}

static void apply_random(struct state *state, struct random *random, uint64_t ms)
{
	char id[16];

	if (random_below(random, 50) == 0) {
		uint64_t number = 1 + random_below(random, 3);
		snprintf(id, sizeof(id), "c%llu", (unsigned long long)number);
		state_fixture_apply(state, test_container(id, number, "web"));
	} else {
		state_fixture_apply(state, random_flow(random, ms));
	}
	if (random_below(random, 10) == 0)
		state_advance(state, TEST_EPOCH_NS + ms * NS_PER_MILLISECOND);
}

static void test_any_records(void **context)
{
	(void)context;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		/* A small table evicts connections, which may come back. */
		const struct state_options options = {.max_connections = seed % 2 ? 60 : 1000,
						      .max_subject_edges = seed > 2 ? 3 : 0};
		struct random random = {seed};
		struct state *state = NULL;

		assert_int_equal(state_new(&options, &state), 0);
		expect_grouping(state);
		for (uint64_t step = 0; step < STEPS; step++) {
			apply_random(state, &random, step * 20);
			if (step % 50 == 0)
				expect_grouping(state);
		}
		expect_grouping(state);
		expect_outcomes(state);
		state_free(state);
	}
}

static void test_any_time(void **context)
{
	struct random random = {7};
	struct state *state = NULL;
	struct rewind *rewind = NULL;
	uint64_t ids[512];
	size_t count = 0;

	(void)context;
	assert_int_equal(state_new(NULL, &state), 0);
	for (uint64_t step = 0; step < STEPS; step++)
		apply_random(state, &random, step * 20);
	for (const struct bundle *bundle = state_first_bundle(state); bundle;
	     bundle = state_next_bundle(state, bundle))
		ids[count++] = bundle_id(bundle);
	assert_int_equal(rewind_new(state, &rewind), 0);
	for (uint64_t ms = 0; ms < STEPS * 20; ms += 1 + random_below(&random, 2000)) {
		assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS + ms * NS_PER_MILLISECOND), 0);
		expect_grouping(state);
	}
	rewind_free(rewind);
	expect_grouping(state);
	/* The bundles are the same as before, in the same order. */
	const struct bundle *bundle = state_first_bundle(state);
	for (size_t i = 0; i < count; i++, bundle = state_next_bundle(state, bundle)) {
		assert_non_null(bundle);
		assert_int_equal(bundle_id(bundle), ids[i]);
	}
	assert_null(bundle);
	state_free(state);
}

static void expect_first(const struct state *state, const uint16_t *ports, size_t count)
{
	const struct bundle *bundle = state_first_bundle(state);

	for (size_t i = 0; i < count; i++, bundle = state_next_bundle(state, bundle)) {
		assert_non_null(bundle);
		assert_int_equal(bundle->edge->port, ports[i]);
	}
	assert_null(bundle);
}

static void apply_at(struct state *state, enum flow_event_type event, uint64_t id, uint16_t port,
		     uint64_t ms)
{
	struct record record = test_flow(event, id, ms);

	record.flow.dport = port;
	record.flow.state = event == FLOW_CLOSED ? FLOW_STATE_CLOSE : FLOW_STATE_ESTABLISHED;
	state_fixture_apply(state, record);
}

static void connect_at(struct state *state, uint64_t id, uint16_t port, uint64_t ms)
{
	apply_at(state, FLOW_OPEN, id, port, ms);
}

/* A bundle that gets connections all the time rises once in ten seconds. */
static void test_rise(void **context)
{
	struct state *state = *context;

	connect_at(state, 1, 81, 0);
	connect_at(state, 2, 82, 1000);
	expect_first(state, (const uint16_t[]){82, 81}, 2);
	connect_at(state, 3, 81, 9000);
	expect_first(state, (const uint16_t[]){82, 81}, 2);
	connect_at(state, 4, 81, 10000);
	expect_first(state, (const uint16_t[]){81, 82}, 2);
	connect_at(state, 5, 82, 11000);
	connect_at(state, 6, 81, 19000);
	expect_first(state, (const uint16_t[]){82, 81}, 2);
	assert_int_equal(state_first_bundle(state)->count, 2);
}

/* An empty bundle keeps its place and its id until many others are empty. */
static void test_empty(void **context)
{
	struct state *state = *context;

	connect_at(state, 1, 1, 0);
	uint64_t id = bundle_id(state_first_bundle(state));
	connect_at(state, 2, 2, 1);
	apply_at(state, FLOW_CLOSED, 1, 1, 2);
	assert_null(state_find_bundle(state, id));
	connect_at(state, 3, 1, 3);
	assert_int_equal(bundle_id(state_find_bundle(state, id)), id);
	/* The two bundles of port 1 are the closed one, and the open one, which is older. */
	expect_first(state, (const uint16_t[]){1, 2, 1}, 3);
	assert_int_equal(bundle_id(state_next_bundle(
				 state, state_next_bundle(state, state_first_bundle(state)))),
			 id);
	for (uint16_t i = 0; i < 2 * BUNDLE_EMPTY_MAX; i++) {
		connect_at(state, 100 + i, (uint16_t)(1000 + i), 4);
		apply_at(state, FLOW_CLOSED, 100 + i, (uint16_t)(1000 + i), 5);
	}
	/* Each port has a closed bundle, and as many empty ones as the table keeps. */
	assert_true(state_bundle_end(state) < 4 * BUNDLE_EMPTY_MAX);
	assert_int_equal(state_bundle_count(state), 3 + 2 * BUNDLE_EMPTY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_records),
		cmocka_unit_test(test_any_time),
		cmocka_unit_test_setup_teardown(test_rise, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_empty, state_fixture_setup,
						state_fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
