/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka fixtures for kernel tests. Each test has a new network namespace. The tests of a group
 * share one collector, or each test starts its own. Call these functions only on the main thread.
 */
#ifndef POLECAT_TESTS_SUPPORT_COLLECTOR_FIXTURE_H
#define POLECAT_TESTS_SUPPORT_COLLECTOR_FIXTURE_H

#include "tests/support/collector.h"
#include "tests/support/netns.h"

extern struct collector collector;
extern struct netns netns; /* of the test that runs */

/* Starts the collector with options. A group's setup function may call it. */
int collector_fixture_start_with(const struct ebpf_options *options);

/* Setup of a group: starts the collector without options. */
int collector_fixture_start(void **state);

/* Teardown of a group: stops and frees the collector. */
int collector_fixture_stop(void **state);

/* Setup of a test: enters a new namespace, and forgets the records of former tests. */
int collector_fixture_enter(void **state);

/* Teardown of a test: leaves the namespace. */
int collector_fixture_leave(void **state);

/* Like collector_fixture_enter, for a test that starts `collector` itself. Its teardown frees the
 * collector. */
int collector_fixture_enter_alone(void **state);
int collector_fixture_leave_alone(void **state);

#endif
