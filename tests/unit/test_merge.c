/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merges synthetic streams of several nodes in random order: records that come twice, restarts of
 * polecat on a node (new ids), connections that end while nobody watches, and clocks that differ by
 * seconds. Whatever the order, each connection counts once, with its last counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define NODES  4
#define CONNS  40 /* at once, on a node */
#define STEPS  4000
#define ROUNDS 8

struct connection {
	bool open;
	bool known; /* its node's polecat has reported it since the last start */
	bool ever;  /* it was reported at all */
	uint64_t id;
	uint64_t tx_bytes;       /* so far */
	uint64_t reported_bytes; /* in the last record */
	uint16_t sport;
};

struct node {
	char name[16];
	int64_t ahead_ns;
	struct connection conns[CONNS];
};

struct world {
	struct state *state;
	uint64_t seed;
	uint64_t now_ms;
	uint64_t next_id;
	uint16_t next_port;
	struct node nodes[NODES];
	/* The truth, as far as it was reported. */
	uint64_t connections;
	uint64_t bytes;
};

static uint64_t next_number(struct world *world, uint64_t end)
{
	world->seed = world->seed * 6364136223846793005ull + 1442695040888963407ull;
	return (world->seed >> 33) % end;
}

/* Reports an event of a connection; often twice. */
static void report(struct world *world, struct node *node, struct connection *conn,
		   enum flow_event_type event)
{
	for (uint64_t times = 1 + next_number(world, 2); times > 0; times--) {
		struct record record = test_flow(event, conn->id, world->now_ms);
		struct flow *flow = &record.flow;
		flow->ts_ns += (uint64_t)node->ahead_ns;
		flow->sport = conn->sport;
		flow->has |= FLOW_HAS_SPORT | FLOW_HAS_TX;
		flow->tx_bytes = conn->tx_bytes;
		test_flow_names(&record, node->name, NULL, NULL, NULL);
		state_fixture_apply(world->state, record);
	}
	if (!conn->ever)
		world->connections++;
	conn->ever = true;
	conn->known = true;
	world->bytes += conn->tx_bytes - conn->reported_bytes;
	conn->reported_bytes = conn->tx_bytes;
}

/* polecat starts again. It lists the open connections, in another order and with other ids.
 * Meanwhile, some have ended and some have begun. */
static void restart(struct world *world, struct node *node)
{
	size_t first = next_number(world, CONNS);

	for (size_t i = 0; i < CONNS; i++) {
		struct connection *conn = &node->conns[i];
		conn->known = false;
		if (next_number(world, 4) > 0)
			continue;
		conn->open = !conn->open;
		if (conn->open)
			*conn = (struct connection){.open = true, .sport = ++world->next_port};
	}
	world->now_ms += 3000;
	assert_int_equal(state_begin_resume(world->state, node->name), 0);
	for (size_t i = 0; i < CONNS; i++) {
		struct connection *conn = &node->conns[(first + i) % CONNS];
		conn->id = ++world->next_id;
		conn->tx_bytes += conn->open ? next_number(world, 1000) : 0;
		if (conn->open)
			report(world, node, conn, FLOW_OPEN);
	}
	const struct conn *missed;
	while ((missed = state_next_missed(world->state, node->name, NULL))) {
		struct record end = test_flow(FLOW_CLOSED, missed->flow.id, 0);
		end.flow = missed->flow;
		end.flow.names = NULL;
		end.flow.event = FLOW_CLOSED;
		end.flow.state = FLOW_STATE_CLOSE;
		end.flow.end = FLOW_END_UNSEEN;
		test_flow_names(&end, node->name, NULL, NULL, NULL);
		state_fixture_apply(world->state, end);
	}
	state_end_resume(world->state, node->name);
}

static void step(struct world *world)
{
	struct node *node = &world->nodes[next_number(world, NODES)];
	struct connection *conn = &node->conns[next_number(world, CONNS)];

	world->now_ms += next_number(world, 20);
	if (next_number(world, 300) == 0) {
		restart(world, node);
	} else if (!conn->open) {
		*conn = (struct connection){
			.open = true, .id = ++world->next_id, .sport = ++world->next_port};
		report(world, node, conn, FLOW_ESTABLISHED);
	} else {
		conn->tx_bytes += next_number(world, 1000);
		conn->open = next_number(world, 3) > 0;
		report(world, node, conn, conn->open ? FLOW_OPEN : FLOW_CLOSED);
	}
}

static void check(const struct world *world)
{
	const struct state_counters *counters = state_counters(world->state);
	uint64_t open = 0;
	uint64_t bytes = 0;
	uint64_t counted = 0;

	for (size_t i = 0; i < NODES; i++)
		for (size_t k = 0; k < CONNS; k++)
			open += world->nodes[i].conns[k].open && world->nodes[i].conns[k].known;
	for (size_t i = 0; i < state_subject_count(world->state); i++) {
		const struct subject *subject = state_subject(world->state, i);
		bytes += subject->tx_bytes;
		counted += subject->conn_count;
	}
	assert_int_equal(counters->connections, world->connections);
	assert_int_equal(counted, world->connections);
	assert_int_equal(counters->open_now, open);
	assert_int_equal(bytes, world->bytes);
}

static void test_streams(void **context)
{
	(void)context;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		static struct world world;
		world = (struct world){.seed = round};
		assert_int_equal(state_new(NULL, &world.state), 0);
		for (size_t i = 0; i < NODES; i++) {
			snprintf(world.nodes[i].name, sizeof(world.nodes[i].name), "n%zu", i);
			world.nodes[i].ahead_ns =
				((int64_t)next_number(&world, 20) - 10) * (int64_t)NS_PER_SECOND;
		}
		for (size_t i = 0; i < STEPS; i++) {
			step(&world);
			if (i % 100 == 0)
				check(&world);
		}
		check(&world);
		state_free(world.state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
