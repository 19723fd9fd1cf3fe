/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of the summary under filters. The property: they are those of the connections that
 * pass, counted one by one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/timestamp.h"
#include "core/filter/filter_keys.h"
#include "core/state/fold.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tui/columns/edge_view.h"
#include "tui/dashboard/summary/selection.h"
#include "tui/dashboard/view/scope.h"

#define FLOWS 600

struct fixture {
	struct state *state;
	struct traffic traffic;
	struct selection selection;
	struct random random;
	uint64_t now_ms;
};

static void start(struct fixture *fixture, uint64_t seed, size_t max_connections)
{
	const struct state_options options = {.max_connections = max_connections};

	memset(fixture, 0, sizeof(*fixture));
	assert_int_equal(state_new(&options, &fixture->state), 0);
	fixture->random.state = seed;
}

static void stop(struct fixture *fixture)
{
	selection_clear(&fixture->selection);
	traffic_clear(&fixture->traffic);
	state_free(fixture->state);
}

static uint64_t below(struct fixture *fixture, uint64_t limit)
{
	return random_below(&fixture->random, limit);
}

static void apply(struct fixture *fixture, struct record record)
{
	const struct conn *conn = state_apply(fixture->state, &record);

	if (conn)
		traffic_add(&fixture->traffic, state_clocks(fixture->state), conn);
	record_free(&record);
}

/* Sets the names of a flow. The subject follows from the id, as that of a connection does. */
static void set_names(struct record *record, uint64_t id)
{
	char pod[16];
	struct flow_names names = {.node = id % 2 ? "node-a" : "node-b"};

	snprintf(pod, sizeof(pod), "web-%u", (unsigned int)(id % 3));
	if (id % 5 < 3) {
		names.namespace_name = id % 2 ? "shop" : "kube-system";
		names.pod = pod;
		names.container = id % 7 < 3 ? "app" : "proxy";
	} else if (id % 5 == 3) {
		names.container_id = "3f2a9c0d1e4b";
		names.container = "db";
	}
	if (id % 4 == 1)
		names.dns = id % 8 == 1 ? "web.example" : "api.example";
	assert_int_equal(flow_names_copy(&names, &record->flow.names), 0);
}

static void add_random_flow(struct fixture *fixture)
{
	static const enum flow_event_type events[] = {
		FLOW_ATTEMPT, FLOW_ATTEMPT, FLOW_ESTABLISHED, FLOW_OPEN, FLOW_FAILED, FLOW_CLOSED,
	};
	static const int errors[] = {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH};
	uint64_t id = below(fixture, 240) + 1;
	enum flow_event_type event = events[below(fixture, ARRAY_LENGTH(events))];
	struct record record;
	struct flow *flow;
	char address[32];

	fixture->now_ms += below(fixture, 40);
	record = test_flow(event, id, fixture->now_ms);
	flow = &record.flow;
	snprintf(address, sizeof(address), "203.0.113.%u", (unsigned int)(id % 6 + 1));
	if (id % 3 == 0) {
		flow->direction = FLOW_INGRESS;
		test_flow_src(&record, address);
		test_flow_dst(&record, "192.0.2.7");
	} else {
		test_flow_dst(&record, address);
		snprintf(address, sizeof(address), "192.0.2.%u",
			 (unsigned int)(id % 11 == 0 ? 8 : 7));
		test_flow_src(&record, address);
	}
	flow->dport = (uint16_t)(id % 4 == 0 ? 443 : 8080);
	if (id % 39 == 0) {
		flow->wire_dport = 80;
		flow->has |= FLOW_HAS_WIRE_DPORT;
	}
	flow->sport = (uint16_t)(30000 + id);
	flow->pid = (uint32_t)(id % 9 + 440);
	flow->has |= FLOW_HAS_SPORT | FLOW_HAS_PID;
	snprintf(flow->comm, sizeof(flow->comm), "%s", id % 9 < 5 ? "curl" : "nginx");
	if (event == FLOW_FAILED) {
		flow->error = (int16_t)errors[id % ARRAY_LENGTH(errors)];
	} else if (event == FLOW_OPEN || event == FLOW_CLOSED) {
		flow->tx_bytes = fixture->now_ms * (id % 7 + 1);
		flow->rx_bytes = fixture->now_ms * (id % 11);
		flow->latency_us = id;
		flow->has |= FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_LATENCY;
	}
	set_names(&record, id);
	apply(fixture, record);
}

static void fill(struct fixture *fixture)
{
	for (unsigned int i = 0; i < FLOWS; i++)
		add_random_flow(fixture);
	apply(fixture, test_pod("shop", "db", "u1", "203.0.113.2"));
	state_advance(fixture->state, TEST_EPOCH_NS + fixture->now_ms * NS_PER_MILLISECOND);
	for (size_t i = 0; i < state_subject_count(fixture->state); i++)
		state_set_group(fixture->state, i,
				below(fixture, 5) == 0 ? SCOPE_HIDDEN_OPTIONS : SCOPE_SHOWN);
}

static struct filter *parse(const char *text)
{
	struct filter_error error = {0};
	struct filter *filter = NULL;

	assert_int_equal(filter_new(&filter), 0);
	if (filter_parse(filter, text, &error))
		fail_msg("%s: %s", text, error.message);
	return filter;
}

static struct selection_source source_of(const struct fixture *fixture,
					 const struct filter *options, const struct filter *typed)
{
	return (struct selection_source){
		.state = fixture->state,
		.options = options,
		.typed = typed,
		.traffic = &fixture->traffic,
		.now_ns = TEST_EPOCH_NS + fixture->now_ms * NS_PER_MILLISECOND,
	};
}

static bool passes(const struct selection_source *source, const struct filter *filter,
		   const struct conn *conn)
{
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	conn_view_filter_input(source->state, conn, source->now_ns, peer, &input);
	return filter_match(filter, &input);
}

static void add_conn(const struct conn *conn, struct selection_figures *sums)
{
	struct fold_share share;

	fold_share(conn, &share);
	sums->connections += share.conn;
	sums->ok += share.ok;
	sums->open += share.open;
	sums->hanging += share.hanging;
	sums->failed += share.failed;
	sums->tx_bytes += share.tx_bytes;
	sums->rx_bytes += share.rx_bytes;
	sums->latency_sum_us += share.latency_us;
	sums->latency_count += share.latency;
}

static void expect_equal(const struct selection_figures *a, const struct selection_figures *b,
			 const char *filter)
{
	if (a->connections != b->connections || a->ok != b->ok || a->open != b->open ||
	    a->hanging != b->hanging || a->failed != b->failed || a->tx_bytes != b->tx_bytes ||
	    a->rx_bytes != b->rx_bytes)
		fail_msg("%s: %zu connections, %zu open, %zu failed; counted one by one: %zu, %zu, "
			 "%zu",
			 filter, (size_t)a->connections, (size_t)a->open, (size_t)a->failed,
			 (size_t)b->connections, (size_t)b->open, (size_t)b->failed);
}

/* Counts the connections of an edge (NULL: all in scope) that pass. */
static struct selection_figures count(const struct selection_source *source,
				      const struct edge *edge, bool typed)
{
	struct selection_figures sums = {0};

	for (const struct conn *conn = state_oldest(source->state); conn; conn = conn->newer) {
		if (!scope_has(conn->subject) || (edge && conn->edge != edge))
			continue;
		if (passes(source, source->options, conn) &&
		    (!typed || passes(source, source->typed, conn)))
			add_conn(conn, &sums);
	}
	return sums;
}

static void check_edges(const struct fixture *fixture, const struct selection_source *source,
			const char *text)
{
	const struct selection_figures none = {0};
	size_t edges = 0;

	for (size_t i = 0; i < state_subject_count(fixture->state); i++) {
		const struct subject *subject = state_subject(fixture->state, i);
		const struct selection_subject *selected =
			selection_of_subject(&fixture->selection, subject);
		struct selection_figures sums = {0};

		for (size_t k = 0; k < subject->edge_count; k++) {
			const struct selection_figures *figures =
				selection_of_edge(&fixture->selection, subject->edges[k]);
			struct selection_figures counted = count(source, subject->edges[k], true);

			expect_equal(figures ? figures : &none, &counted, text);
			if (figures) {
				assert_int_equal(figures->latency_sum_us, counted.latency_sum_us);
				assert_int_equal(figures->latency_count, counted.latency_count);
			}
			edges += figures != NULL;
			sums.connections += counted.connections;
		}
		assert_int_equal(selected ? selected->figures.connections : 0, sums.connections);
		edges -= selected ? selected->edges : 0;
	}
	assert_int_equal(edges, 0);
}

/* Of each key, and of each kind of term. */
static const char *const filters[] = {
	"ns:shop",
	"ns=kube-system",
	"!ns:shop",
	"pod:web-1",
	"!pod=web-1",
	"node:node-a",
	"container:app",
	"!container:app",
	"container:3f2a9c",
	"comm:curl",
	"!comm:curl",
	"comm~^n",
	"port:443",
	"!port:443",
	"port:80",
	"dport:8000-9000",
	"sport:30010-30099",
	"pid:441",
	"uid:0",
	"peer:203.0.113.2",
	"!peer:203.0.113.0/30",
	"peer:shop/db",
	"peer:web.example",
	"!peer:web.example",
	"peer~db",
	"src:192.0.2.7",
	"src:192.0.2.8",
	"!src:192.0.2.8",
	"dst:203.0.113.0/24",
	"dst:192.0.2.0/24",
	"src:web-1",
	"dst:db",
	"addr:203.0.113.4",
	"addr:192.0.2.8",
	"host 203.0.113.3",
	"port 30010",
	"net 203.0.113.0/29",
	"dns:web",
	"!dns:web",
	"dns~^api",
	"proto:tcp",
	"proto=udp",
	"dir:ingress",
	"!dir:ingress",
	"state:established",
	"state:hanging",
	"state:failed",
	"!state:failed",
	"state:closed",
	"err:ECONNREFUSED",
	"!err:ECONNREFUSED",
	"drop:x",
	"end:fin",
	"tx:>1k",
	"rx<500",
	"rate>1",
	"lat>100us",
	"rtt>1ms",
	"age>1s",
	"!age>1s",
	"conn>3",
	"conn:1-2",
	"label:app=web",
	"new:yes",
	"443",
	"44",
	"web",
	"curl",
	"!curl",
	"203.0.113",
	"192.0.2.8",
	"~web-[01]",
	"established",
	"proxy",
	"(ns:shop or port:443) !comm:nginx",
	"ns:shop state:failed",
	"!(ns:shop port:443)",
	"port:443 or state:hanging",
};

static void every_filter_counts_the_connections_that_pass(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct fixture fixture;

		start(&fixture, seed, 0);
		fill(&fixture);
		for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
			const char *text = filters[below(&fixture, ARRAY_LENGTH(filters))];
			struct filter *options = parse(filters[i]);
			struct filter *typed = parse(i % 2 ? text : "");
			const struct selection_source source = source_of(&fixture, options, typed);
			struct selection_figures counted;

			assert_true(selection_update(&fixture.selection, &source, UINT64_MAX));
			assert_true(fixture.selection.active);
			assert_int_equal(fixture.selection.untested, 0);
			check_edges(&fixture, &source, filters[i]);
			counted = count(&source, NULL, false);
			expect_equal(&fixture.selection.options, &counted, filters[i]);
			/* The same filter, typed. */
			const struct selection_source other = source_of(&fixture, typed, options);
			assert_true(selection_update(&fixture.selection, &other, UINT64_MAX));
			check_edges(&fixture, &other, filters[i]);
			filter_free(options);
			filter_free(typed);
		}
		stop(&fixture);
	}
}

/* A key that is added to the language has a filter above. */
static void every_key_is_tested(void **state)
{
	(void)state;
	for (size_t i = 0; i < filter_key_count; i++) {
		size_t length = strlen(filter_keys[i].name);
		bool found = filter_keys[i].value == FILTER_VALUE_NONE;

		for (size_t k = 0; k < ARRAY_LENGTH(filters) && !found; k++) {
			const char *at = filters[k] + strspn(filters[k], "!(");

			found = strncmp(at, filter_keys[i].name, length) == 0 &&
				strchr(":=~<>", at[length]);
		}
		if (!found)
			fail_msg("no filter with the key %s", filter_keys[i].name);
	}
}

static uint64_t held_on(const struct fixture *fixture, const struct edge *edge)
{
	uint64_t held = 0;

	for (const struct conn *conn = state_oldest(fixture->state); conn; conn = conn->newer)
		held += conn->edge == edge;
	return held;
}

static void evicted_connections_count_where_a_destination_decides(void **state)
{
	struct fixture fixture;
	struct filter *whole = parse("dir:egress");
	struct filter *part = parse("age>0s");
	uint64_t evicted = 0;

	(void)state;
	start(&fixture, 7, 60);
	fill(&fixture);
	assert_true(state_counters(fixture.state)->evicted > 0);
	const struct selection_source wholes = source_of(&fixture, NULL, whole);
	assert_true(selection_update(&fixture.selection, &wholes, UINT64_MAX));
	assert_int_equal(fixture.selection.untested, 0);
	for (size_t i = 0; i < state_subject_count(fixture.state); i++) {
		const struct subject *subject = state_subject(fixture.state, i);

		for (size_t k = 0; scope_has(subject) && k < subject->edge_count; k++) {
			const struct edge *edge = subject->edges[k];
			const struct selection_figures *figures =
				selection_of_edge(&fixture.selection, edge);

			evicted += edge->conn_count - held_on(&fixture, edge);
			assert_true((figures != NULL) ==
				    (edge->conn_count > 0 && edge->direction == FLOW_EGRESS));
			if (figures)
				assert_int_equal(figures->connections, edge->conn_count);
		}
	}
	assert_true(evicted > 0);
	const struct selection_source parts = source_of(&fixture, NULL, part);
	assert_true(selection_update(&fixture.selection, &parts, UINT64_MAX));
	assert_int_equal(fixture.selection.untested, evicted);
	check_edges(&fixture, &parts, "age>0s");
	filter_free(whole);
	filter_free(part);
	stop(&fixture);
}

static void an_update_waits_unless_the_filter_changed(void **state)
{
	struct fixture fixture;
	struct filter *filter = parse("port:443");

	(void)state;
	start(&fixture, 1, 0);
	fill(&fixture);
	const struct selection_source none = source_of(&fixture, NULL, NULL);
	const struct selection_source source = source_of(&fixture, NULL, filter);
	assert_false(selection_update(&fixture.selection, &none, 1));
	assert_false(fixture.selection.active);
	assert_true(selection_update(&fixture.selection, &source, 1));
	assert_false(selection_update(&fixture.selection, &source, 2));
	fixture.selection.stale = true;
	assert_true(selection_update(&fixture.selection, &source, 3));
	assert_false(selection_update(&fixture.selection, &source, 4));
	filter_free(filter);
	stop(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_filter_counts_the_connections_that_pass),
		cmocka_unit_test(every_key_is_tested),
		cmocka_unit_test(evicted_connections_count_where_a_destination_decides),
		cmocka_unit_test(an_update_waits_unless_the_filter_changed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
