/* SPDX-License-Identifier: Apache-2.0 */
/* The policies that the dashboard loads: the comparison with the former policies, which runs in
 * steps, and the watch of the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/support/scenario.h"
#include "tui/dashboard/view/loaded_policies.h"

#define PEERS 3000

static char folder[64];

struct fixture {
	struct loaded_policies loaded;
	struct state *state;
	uint64_t now_ns;
};

static void put(const char *port)
{
	FILE *file = fopen("p.yaml", "we");

	assert_non_null(file);
	fprintf(file,
		"apiVersion: networking.k8s.io/v1\n"
		"kind: NetworkPolicy\n"
		"metadata: {name: web, namespace: shop}\n"
		"spec:\n"
		"  podSelector: {matchLabels: {app: web}}\n"
		"  policyTypes: [Egress]\n"
		"  egress:\n"
		"  - ports: [{port: %s}]\n",
		port);
	fclose(file);
}

static int setup(void **state)
{
	static struct fixture fixture;
	char peer[32];

	strcpy(folder, "/tmp/polecat-loaded-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	fixture = (struct fixture){.state = scenario_new(), .now_ns = NS_PER_SECOND};
	scenario_pod(fixture.state, "shop", "web", "10.0.0.1", "'app':'web'");
	for (unsigned int i = 0; i < PEERS; i++) {
		snprintf(peer, sizeof(peer), "203.0.%u.%u", i / 250, i % 250 + 1);
		scenario_flow(fixture.state, i, "shop", "web", "egress", "TCP", peer,
			      i % 2 ? 443 : 80, "ok");
	}
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	loaded_policies_clear(&fixture->loaded);
	state_free(fixture->state);
	remove("p.yaml");
	return chdir("/") || rmdir(folder);
}

static void load(struct fixture *fixture)
{
	static const char *const first[] = {"p.yaml"};
	bool again = fixture->loaded.paths.count > 0;
	char message[LOADED_MESSAGE_SIZE];

	assert_int_equal(loaded_policies_replace(
				 &fixture->loaded, fixture->state,
				 again ? (const char *const *)fixture->loaded.paths.items : first,
				 1, fixture->now_ns, message),
			 0);
}

static void finish(struct fixture *fixture)
{
	while (!loaded_policies_go_on(&fixture->loaded, fixture->state, NS_PER_SECOND))
		;
}

static void changes_are_found_step_by_step(void **state)
{
	struct fixture *fixture = *state;
	struct loaded_policies *loaded = &fixture->loaded;
	unsigned int steps = 1;

	put("443");
	load(fixture);
	finish(fixture);
	assert_int_equal(verdicts_denied(loaded->verdicts), PEERS / 2);
	assert_int_equal(loaded->newly_denied, PEERS / 2);
	put("80");
	load(fixture);
	assert_true(loaded->comparing);
	/* Even a budget of 0 allows a few edges. */
	while (!loaded_policies_go_on(loaded, fixture->state, 0))
		steps++;
	assert_true(steps > 10);
	assert_false(loaded->comparing);
	assert_int_equal(loaded->denied_before, PEERS / 2);
	assert_int_equal(loaded->change_count, PEERS);
	assert_int_equal(loaded->newly_denied, PEERS / 2);
	/* Both sides are listed, up to the limit. */
	assert_int_equal(loaded->kept_count, 2 * LOADED_CHANGES_MAX);
	assert_false(loaded_policies_go_on(loaded, fixture->state, 0));
}

/* Another load before the end compares with the policies that were loaded last. */
static void a_load_during_a_comparison_begins_another(void **state)
{
	struct fixture *fixture = *state;
	struct loaded_policies *loaded = &fixture->loaded;

	put("443");
	load(fixture);
	finish(fixture);
	put("80");
	load(fixture);
	assert_false(loaded_policies_go_on(loaded, fixture->state, 0));
	put("443");
	load(fixture);
	finish(fixture);
	assert_int_equal(loaded->denied_before, PEERS / 2);
	assert_int_equal(loaded->change_count, PEERS);
	assert_int_equal(verdicts_denied(loaded->verdicts), PEERS / 2);
	put("1");
	load(fixture);
	/* loaded_policies_clear ends a comparison. */
	assert_false(loaded_policies_go_on(loaded, fixture->state, 0));
}

/* A file that is saved again and again is still read, including its last text. */
static void a_file_that_is_saved_all_the_time_is_read(void **state)
{
	struct fixture *fixture = *state;
	struct loaded_policies *loaded = &fixture->loaded;
	unsigned int reads = 0;

	put("443");
	load(fixture);
	finish(fixture);
	for (int i = 0; i < 40; i++) {
		put(i % 2 ? "443" : "80");
		fixture->now_ns += NS_PER_SECOND / 10;
		if (!loaded_policies_changed(loaded, fixture->now_ns))
			continue;
		load(fixture);
		reads++;
	}
	assert_true(reads >= 3 && reads <= 5);
	put("1");
	assert_false(loaded_policies_changed(loaded, fixture->now_ns));
	fixture->now_ns += NS_PER_SECOND;
	assert_true(loaded_policies_changed(loaded, fixture->now_ns));
	load(fixture);
	finish(fixture);
	assert_int_equal(verdicts_denied(loaded->verdicts), PEERS);
}

/* A save may remove the file for a moment. A read at that moment must not be the last one. */
static void a_file_that_was_missing_is_still_watched(void **state)
{
	struct fixture *fixture = *state;
	struct loaded_policies *loaded = &fixture->loaded;
	char message[LOADED_MESSAGE_SIZE];

	put("443");
	load(fixture);
	finish(fixture);
	remove("p.yaml");
	assert_int_not_equal(loaded_policies_replace(loaded, fixture->state,
						     (const char *const *)loaded->paths.items, 1,
						     fixture->now_ns, message),
			     0);
	put("80");
	assert_false(loaded_policies_changed(loaded, fixture->now_ns));
	fixture->now_ns += NS_PER_SECOND;
	assert_true(loaded_policies_changed(loaded, fixture->now_ns));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(changes_are_found_step_by_step, setup, teardown),
		cmocka_unit_test_setup_teardown(a_load_during_a_comparison_begins_another, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_saved_all_the_time_is_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_was_missing_is_still_watched, setup,
						teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
