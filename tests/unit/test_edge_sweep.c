/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/record/json/record_json.h"
#include "core/state/edge_sweep.h"

/* Adds an edge of one of the programs p0, p1 … to a port. */
static void add_edge(struct state *state, unsigned int program, unsigned int port)
{
	char line[400];
	struct record record;
	struct record_json_error error;

	snprintf(line, sizeof(line),
		 "{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-01-02T03:04:05Z\","
		 "\"id\":\"%016x\",\"direction\":\"egress\",\"protocol\":\"TCP\",\"family\":4,"
		 "\"src\":\"192.0.2.1\",\"dst\":\"192.0.2.9\",\"dport\":%u,\"comm\":\"p%u\"}",
		 program * 1000 + port, port, program);
	assert_int_equal(record_json_read(line, strlen(line), &record, &error), 0);
	state_apply(state, &record);
	record_free(&record);
}

/* Returns the number of edges up to the end of the round. */
static size_t finish(struct edge_sweep *sweep, const struct state *state, uint64_t revision)
{
	size_t count = 0;

	while (edge_sweep_next(sweep, state, revision))
		count++;
	return count;
}

static void test_rounds(void **unused)
{
	struct edge_sweep sweep = {0};
	struct state *state = NULL;

	(void)unused;
	assert_int_equal(state_new(NULL, &state), 0);
	assert_int_equal(finish(&sweep, state, 1), 0);
	assert_int_equal(sweep.swept, 1);
	for (unsigned int program = 0; program < 3; program++)
		for (unsigned int port = 1; port <= program + 1; port++)
			add_edge(state, program, port);
	assert_int_equal(finish(&sweep, state, 2), 6);
	assert_int_equal(sweep.swept, 2);

	/* A round counts for the revision at its start, even if the revision changes during the
	 * round. */
	assert_non_null(edge_sweep_next(&sweep, state, 3));
	add_edge(state, 3, 1);
	assert_int_equal(finish(&sweep, state, 4), 6);
	assert_int_equal(sweep.swept, 3);
	assert_int_equal(finish(&sweep, state, 4), 7);
	assert_int_equal(sweep.swept, 4);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
