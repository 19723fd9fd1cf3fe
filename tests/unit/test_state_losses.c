/* SPDX-License-Identifier: Apache-2.0 */
/* Lost events of a known cgroup count for its subject only, also if the subject becomes known
 * later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/binding_losses.h"
#include "core/state/loss.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

static void lose(struct state *state, uint64_t cgroup_id, uint64_t count)
{
	state_fixture_apply(state, (struct record){.kind = RECORD_LOST,
						   .lost = {.where = LOST_KERNEL,
							    .count = count,
							    .cgroup_id = cgroup_id}});
}

static void lose_unresolved(struct state *state, uint64_t cgroup_id, uint64_t count)
{
	state_fixture_apply(state, (struct record){.kind = RECORD_LOST,
						   .lost = {.where = LOST_KERNEL,
							    .count = count,
							    .cgroup_id = cgroup_id,
							    .unresolved = true}});
}

/* Folds a flow of a cgroup and returns its subject. */
static struct subject *connect_from(struct state *state, uint64_t cgroup_id, uint64_t id)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, 0);

	record.flow.cgroup_id = cgroup_id;
	record.flow.has |= FLOW_HAS_CGROUP;
	memcpy(record.flow.comm, "curl", sizeof("curl"));
	const struct conn *conn = state_fixture_apply(state, record);
	assert_non_null(conn);
	return conn->subject;
}

static void test_of_a_container(void **context)
{
	struct state *state = *context;

	state_fixture_apply(state, test_container("c1", 11, "web"));
	state_fixture_apply(state, test_container("c2", 12, "db"));
	const struct subject *web = connect_from(state, 11, 1);
	const struct subject *db = connect_from(state, 12, 2);
	uint64_t revision = web->revision;
	lose(state, 11, 5);
	lose(state, 11, 2);
	assert_int_equal(loss_of_subject(web), 7);
	assert_int_equal(loss_of_subject(db), 0);
	assert_int_equal(loss_of_unknown(state_counters(state)), 0);
	assert_int_equal(state_counters(state)->lost[LOST_KERNEL], 7);
	assert_int_equal(state_counters(state)->lost_by_subjects, 7);
	assert_true(web->revision > revision);
	/* A loss that names no cgroup may concern all of them. */
	lose(state, 0, 3);
	assert_int_equal(loss_of_subject(web), 7);
	assert_int_equal(loss_of_unknown(state_counters(state)), 3);
}

/* The loss moves when the cgroup's container becomes known, and then its pod. */
static void test_subject_known_later(void **context)
{
	struct state *state = *context;

	lose_unresolved(state, 11, 4);
	assert_int_equal(loss_of_unknown(state_counters(state)), 4);
	state_fixture_apply(state, test_container("c1", 11, "web"));
	struct record flow = test_flow(FLOW_ESTABLISHED, 1, 0);
	flow.flow.cgroup_id = 11;
	flow.flow.has |= FLOW_HAS_CGROUP;
	const struct conn *conn = state_fixture_apply(state, flow);
	const struct subject *container = conn->subject;
	assert_int_equal(container->kind, SUBJECT_CONTAINER);
	lose(state, 11, 1);
	assert_int_equal(loss_of_subject(container), 5);
	assert_int_equal(loss_of_unknown(state_counters(state)), 0);

	struct record named = test_container("c1", 11, "web");
	named.container->namespace_name = test_copy("shop");
	named.container->pod = test_copy("cart-1");
	state_fixture_apply(state, named);
	const struct subject *pod = conn->subject;
	assert_int_equal(pod->kind, SUBJECT_POD);
	assert_int_equal(loss_of_subject(container), 0);
	assert_int_equal(loss_of_subject(pod), 5);
	assert_int_equal(state_counters(state)->lost_by_subjects, 5);
}

/* The count stays when the cgroup has no connection in the table any more. */
static void test_without_connections(void **context)
{
	struct state *state = *context;

	state_fixture_apply(state, test_container("c1", 11, "web"));
	lose(state, 11, 4);
	assert_int_equal(state_counters(state)->lost_by_subjects, 4);
	assert_int_equal(loss_of_unknown(state_counters(state)), 0);
	assert_int_equal(loss_of_subject(connect_from(state, 11, 1)), 4);
}

/* The programs of a cgroup outside containers share its losses, and no other program has them. */
static void test_of_programs(void **context)
{
	struct state *state = *context;
	const struct subject *curl = connect_from(state, 21, 1);
	struct record other = test_flow(FLOW_ESTABLISHED, 2, 0);

	memcpy(other.flow.comm, "wget", sizeof("wget"));
	other.flow.cgroup_id = 22;
	other.flow.has |= FLOW_HAS_CGROUP;
	const struct conn *wget = state_fixture_apply(state, other);
	lose(state, 21, 6);
	assert_int_equal(curl->kind, SUBJECT_PROCESS);
	assert_int_equal(loss_of_subject(curl), 6);
	assert_int_equal(loss_of_subject(wget->subject), 0);
	assert_int_equal(state_counters(state)->lost_by_programs, 6);
	assert_int_equal(state_counters(state)->lost_by_subjects, 0);
	assert_int_equal(loss_of_unknown(state_counters(state)), 0);
}

/* Nodes may have cgroups with the same id. */
static void test_of_a_node(void **context)
{
	struct state *state = *context;
	struct record container = test_container("c1", 11, "web");
	struct record lost = {.kind = RECORD_LOST,
			      .lost = {.where = LOST_KERNEL, .count = 2, .cgroup_id = 11}};

	container.container->node = test_copy("a");
	state_fixture_apply(state, container);
	lost.lost.node = test_copy("b");
	state_fixture_apply(state, lost);
	assert_int_equal(state_counters(state)->lost_by_subjects, 0);
	assert_int_equal(state_counters(state)->lost_by_programs, 2);
	lost.lost.node = test_copy("a");
	state_fixture_apply(state, lost);
	assert_int_equal(state_counters(state)->lost_by_subjects, 2);
}

/* Beyond the maximum number of cgroups, a loss may be that of any subject. */
static void test_too_many_cgroups(void **context)
{
	struct state *state = *context;

	for (uint64_t id = 1; id <= BINDING_LOSSES_MAX + 10; id++)
		lose(state, 1000 + id, 1);
	lose(state, 1001, 1);
	assert_int_equal(state_counters(state)->lost_by_programs, BINDING_LOSSES_MAX + 1);
	assert_int_equal(loss_of_unknown(state_counters(state)), 10);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, state_fixture_setup, state_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_of_a_container),      TEST(test_subject_known_later),
		TEST(test_without_connections), TEST(test_of_programs),
		TEST(test_of_a_node),           TEST(test_too_many_cgroups),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("state: losses", tests, NULL, NULL);
}
