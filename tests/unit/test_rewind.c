/* SPDX-License-Identifier: Apache-2.0 */
/* A rewound state equals the state of the flows up to that time, and the present comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/state/rewind.h"
#include "core/state/timeline.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define CONNECTIONS 300
#define SECONDS     60

/* A flow of a connection, in order of time. */
struct moment {
	uint64_t ms;
	uint64_t id;
	enum flow_event_type event;
};

struct history {
	struct moment moments[3 * CONNECTIONS];
	size_t count;
};

static uint32_t random_state = 1;

/* A linear congruential generator (Numerical Recipes): the same numbers in each run. */
static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % limit;
}

static void add(struct history *history, uint64_t ms, uint64_t id, enum flow_event_type event)
{
	history->moments[history->count++] = (struct moment){ms, id, event};
}

static int compare(const void *a, const void *b)
{
	const struct moment *x = a;
	const struct moment *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	return x->id != y->id ? (x->id < y->id ? -1 : 1)
			      : (x->event > y->event) - (x->event < y->event);
}

/* Makes connections that fail, hang, end and stay open. */
static void make_history(struct history *history)
{
	history->count = 0;
	for (uint64_t id = 1; id <= CONNECTIONS; id++) {
		uint64_t ms = 1 + random_below(SECONDS * 1000);
		uint64_t answer = ms + 1 + random_below(4000);
		uint64_t end = answer + 1 + random_below(20000);
		switch (random_below(6)) {
		case 0:
			add(history, ms, id, FLOW_ATTEMPT);
			break;
		case 1:
			add(history, ms, id, FLOW_ATTEMPT);
			add(history, answer, id, FLOW_FAILED);
			break;
		case 2:
			add(history, ms, id, FLOW_FAILED);
			break;
		case 3:
			add(history, ms, id, FLOW_OPEN);
			add(history, end, id, FLOW_CLOSED);
			break;
		case 4:
			add(history, ms, id, FLOW_ATTEMPT);
			add(history, answer, id, FLOW_ESTABLISHED);
			break;
		default:
			add(history, ms, id, FLOW_ATTEMPT);
			add(history, answer, id, FLOW_ESTABLISHED);
			add(history, end, id, FLOW_CLOSED);
			break;
		}
	}
	qsort(history->moments, history->count, sizeof(history->moments[0]), compare);
}

/* Folds the flows up to a time. Connections with the same last digit have one edge. */
static struct state *fold(const struct history *history, uint64_t until_ms, size_t max)
{
	const struct state_options options = {.max_connections = max};
	struct state *state = NULL;

	assert_int_equal(state_new(&options, &state), 0);
	for (size_t i = 0; i < history->count && history->moments[i].ms <= until_ms; i++) {
		const struct moment *moment = &history->moments[i];
		struct record record = test_flow(moment->event, moment->id, moment->ms);
		struct flow *flow = &record.flow;

		flow->dport = (uint16_t)(1000 + moment->id % 10);
		flow->state = moment->event == FLOW_ATTEMPT  ? FLOW_STATE_SYN_SENT
			      : moment->event == FLOW_CLOSED ? FLOW_STATE_CLOSE
							     : FLOW_STATE_ESTABLISHED;
		flow->error = moment->event == FLOW_FAILED ? (int16_t)(1 + moment->id % 3) : 0;
		if (moment->event == FLOW_CLOSED) {
			flow->has |= FLOW_HAS_TX | FLOW_HAS_RX;
			flow->tx_bytes = 10 * moment->id;
			flow->rx_bytes = moment->id;
		} else if (moment->event == FLOW_ESTABLISHED) {
			flow->has |= FLOW_HAS_LATENCY;
			flow->latency_us = moment->id;
		}
		state_fixture_apply(state, record);
	}
	state_advance(state, TEST_EPOCH_NS + until_ms * NS_PER_MILLISECOND);
	return state;
}

static struct rewind *rewind_of(struct state *state)
{
	struct rewind *rewind = NULL;

	assert_int_equal(rewind_new(state, &rewind), 0);
	return rewind;
}

static void expect_same_conn(const struct conn *conn, const struct conn *wanted)
{
	assert_int_equal(conn->phase, wanted->phase);
	assert_int_equal(conn_hangs(conn), conn_hangs(wanted));
	assert_int_equal(conn->flow.event, wanted->flow.event);
	assert_int_equal(conn->flow.state, wanted->flow.state);
	assert_int_equal(conn->flow.error, wanted->flow.error);
	assert_int_equal(conn->flow.has & FLOW_HAS_LATENCY, wanted->flow.has & FLOW_HAS_LATENCY);
	assert_int_equal(conn->flow.tx_bytes, wanted->flow.tx_bytes);
	assert_int_equal(conn->first_ns, wanted->first_ns);
	assert_int_equal(conn->last_ns, wanted->last_ns);
	assert_int_equal(conn->found, wanted->found);
}

static void expect_same_edge(const struct edge *edge, const struct edge *wanted)
{
	assert_int_equal(edge->conn_count, wanted->conn_count);
	assert_int_equal(edge->ok_count, wanted->ok_count);
	assert_int_equal(edge->failed_count, wanted->failed_count);
	assert_int_equal(edge->open_count, wanted->open_count);
	assert_int_equal(edge->hanging_count, wanted->hanging_count);
	assert_int_equal(edge->tx_bytes, wanted->tx_bytes);
	assert_int_equal(edge->rx_bytes, wanted->rx_bytes);
	assert_int_equal(edge->latency_sum_us, wanted->latency_sum_us);
	assert_int_equal(edge->last_ns, wanted->last_ns);
	assert_int_equal(edge->last_error, wanted->last_error);
}

static void expect_same(const struct state *state, const struct state *wanted)
{
	const struct state_counters *counters = state_counters(state);
	const struct state_counters *wanted_counters = state_counters(wanted);
	const struct conn *other = state_oldest(wanted);

	assert_int_equal(counters->connections, wanted_counters->connections);
	assert_int_equal(counters->open_now, wanted_counters->open_now);
	assert_int_equal(counters->failed, wanted_counters->failed);
	assert_int_equal(counters->hanging_now, wanted_counters->hanging_now);
	assert_memory_equal(state_group_sums(state, 0), state_group_sums(wanted, 0),
			    sizeof(struct subject_sums));
	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer) {
		if (!rewind_has_begun(conn))
			continue;
		assert_non_null(other);
		assert_int_equal(conn->flow.id, other->flow.id);
		expect_same_conn(conn, other);
		expect_same_edge(conn->edge, other->edge);
		other = other->newer;
	}
	assert_null(other);
	if (state_subject_count(wanted) > 0)
		assert_int_equal(state_subject(state, 0)->last_ns,
				 state_subject(wanted, 0)->last_ns);
}

static void test_every_time(void **context)
{
	static struct history history;

	(void)context;
	make_history(&history);
	struct state *present = fold(&history, UINT64_MAX / NS_PER_SECOND, 0);
	struct state *state = fold(&history, UINT64_MAX / NS_PER_SECOND, 0);
	struct rewind *rewind = rewind_of(state);
	const uint64_t revision = state_subject(state, 0)->revision;

	for (uint64_t ms = 0; ms < (SECONDS + 30) * 1000; ms += 1 + random_below(400)) {
		struct state *wanted = fold(&history, ms, 0);
		assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS + ms * NS_PER_MILLISECOND), 0);
		expect_same(state, wanted);
		state_free(wanted);
	}
	rewind_end(rewind);
	expect_same(state, present);
	assert_int_equal(state_counters(state)->last_ns, state_counters(present)->last_ns);
	assert_int_equal(state_subject(state, 0)->revision, revision);
	/* Freeing the rewind restores the present, too. */
	assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS), 0);
	assert_int_equal(state_counters(state)->connections, 0);
	rewind_free(rewind);
	assert_int_equal(state_counters(state)->connections, CONNECTIONS);
	state_free(state);
	state_free(present);
}

/* The same time gives the same revision, and another time another one. */
static void test_revisions(void **context)
{
	static struct history history;

	(void)context;
	make_history(&history);
	struct state *state = fold(&history, UINT64_MAX / NS_PER_SECOND, 0);
	const struct subject *subject = state_subject(state, 0);
	struct rewind *rewind = rewind_of(state);

	assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS + NS_PER_SECOND), 0);
	uint64_t revision = subject->revision;
	rewind_end(rewind);
	assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS + NS_PER_SECOND), 0);
	assert_int_equal(subject->revision, revision);
	assert_int_equal(rewind_begin(rewind, TEST_EPOCH_NS + 2 * NS_PER_SECOND), 0);
	assert_int_not_equal(subject->revision, revision);
	rewind_free(rewind);
	state_free(state);
}

static const struct timeline_event *expect_event(const struct timeline_event *event, uint64_t ms,
						 uint8_t step)
{
	assert_non_null(event);
	assert_int_equal(event->time_ns, TEST_EPOCH_NS + ms * NS_PER_MILLISECOND);
	assert_int_equal(event->step, step);
	return event;
}

/* Events of one time are found one by one. */
static void test_timeline_of_one_time(void **context)
{
	static const struct moment moments[] = {
		{100, 1, FLOW_ATTEMPT},
		{100, 2, FLOW_ATTEMPT},
		{100, 11, FLOW_ATTEMPT},
	};
	static struct history history;
	struct timeline timeline = {0};

	(void)context;
	memcpy(history.moments, moments, sizeof(moments));
	history.count = sizeof(moments) / sizeof(moments[0]);
	struct state *state = fold(&history, 1000, 0);
	assert_int_equal(timeline_update(&timeline, state), 0);
	assert_int_equal(timeline.count, 3);
	for (size_t i = 0; i < timeline.count; i++)
		assert_int_equal(timeline_find(&timeline, &timeline.events[i]), i);
	struct timeline_event other = timeline.events[0];
	other.time_ns++;
	assert_int_equal(timeline_find(&timeline, &other), timeline.count);
	timeline_clear(&timeline);
	state_free(state);
}

static void test_timeline(void **context)
{
	static const struct moment moments[] = {
		{100, 1, FLOW_ATTEMPT}, {200, 1, FLOW_ESTABLISHED}, {300, 11, FLOW_ATTEMPT},
		{400, 11, FLOW_FAILED}, {500, 2, FLOW_FAILED},      {600, 1, FLOW_CLOSED},
	};
	static struct history history;
	struct timeline timeline = {0};
	struct timeline_bar bars[5];

	(void)context;
	memcpy(history.moments, moments, sizeof(moments));
	history.count = sizeof(moments) / sizeof(moments[0]);
	struct state *state = fold(&history, 1000, 0);
	assert_int_equal(timeline_update(&timeline, state), 0);
	assert_int_equal(timeline.count, 6);
	const struct timeline_event *const first = timeline.events;
	const struct timeline_event *event =
		expect_event(timeline_before(&timeline, 6, TIMELINE_ALL), 600, TIMELINE_ENDED);
	assert_false(event->failed);
	event = expect_event(timeline_before(&timeline, (size_t)(event - first), TIMELINE_ALL), 500,
			     TIMELINE_BEGAN);
	assert_true(event->failed && event->first);
	assert_int_equal(timeline_find(&timeline, event), event - first);
	event = expect_event(timeline_before(&timeline, (size_t)(event - first), TIMELINE_NOTABLE),
			     400, TIMELINE_ENDED);
	assert_true(event->failed);
	event = expect_event(timeline_before(&timeline, (size_t)(event - first), TIMELINE_NOTABLE),
			     100, TIMELINE_BEGAN);
	assert_true(event->first);
	assert_null(timeline_before(&timeline, 0, TIMELINE_ALL));
	event = expect_event(timeline_after(&timeline, 1, TIMELINE_ALL), 200, TIMELINE_ESTABLISHED);
	expect_event(timeline_after(&timeline, 2, TIMELINE_NOTABLE), 400, TIMELINE_ENDED);
	assert_null(timeline_after(&timeline, 6, TIMELINE_ALL));
	assert_int_equal(timeline_count_until(&timeline, event->time_ns), 2);

	timeline_draw(&timeline, bars, 5);
	assert_int_equal(bars[0].events, 2);
	assert_int_equal(bars[3].events + bars[4].events, 2);
	assert_int_equal(bars[2].failures + bars[3].failures + bars[4].failures, 2);
	assert_int_equal(timeline_bar_at(&timeline, 0, 5), 0);
	assert_int_equal(timeline_bar_at(&timeline, UINT64_MAX, 5), 4);

	/* Subjects in another group are left out. */
	state_set_group(state, 0, 1);
	timeline_clear(&timeline);
	assert_int_equal(timeline_update(&timeline, state), 0);
	assert_int_equal(timeline.count, 0);
	timeline_clear(&timeline);
	state_free(state);
}

/* Times before the last flow of an evicted connection cannot be shown. */
static void test_evicted(void **context)
{
	static struct history history;
	struct timeline timeline = {0};

	(void)context;
	make_history(&history);
	struct state *state = fold(&history, UINT64_MAX / NS_PER_SECOND, CONNECTIONS / 2);
	uint64_t evicted_ns = state_counters(state)->evicted_ns;
	assert_true(evicted_ns > 0);
	assert_int_equal(timeline_update(&timeline, state), 0);
	assert_true(timeline.count > 0);
	assert_true(timeline.events[0].time_ns > evicted_ns);
	/* The counts after that contain the evicted connections. */
	uint64_t ms = (timeline.events[0].time_ns - TEST_EPOCH_NS) / NS_PER_MILLISECOND;
	struct state *wanted = fold(&history, ms, 0);
	struct rewind *rewind = rewind_of(state);
	assert_int_equal(rewind_begin(rewind, timeline.events[0].time_ns), 0);
	assert_int_equal(state_counters(state)->connections, state_counters(wanted)->connections);
	assert_int_equal(state_counters(state)->failed, state_counters(wanted)->failed);
	state_free(wanted);
	rewind_free(rewind);
	timeline_clear(&timeline);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_time),
		cmocka_unit_test(test_revisions),
		cmocka_unit_test(test_timeline_of_one_time),
		cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_evicted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
