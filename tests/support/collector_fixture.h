/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmocka fixtures for kernel tests: one collector for a group of tests, and a new network namespace
 * for each test. Call them only on the main thread.
 */
#ifndef POLECAT_TESTS_SUPPORT_COLLECTOR_FIXTURE_H
#define POLECAT_TESTS_SUPPORT_COLLECTOR_FIXTURE_H

#include "tests/support/collector.h"
#include "tests/support/netns.h"

extern struct collector collector;
extern struct netns netns; /* of the test that runs */

/* Starts the collector with options. The setup of a group. */
int collector_fixture_start_with(const struct ebpf_options *options);

/* Starts the collector without options. */
int collector_fixture_start(void **state);

/* The teardown of a group. */
int collector_fixture_stop(void **state);

/* Enters a new namespace, and forgets the records of former tests. The setup of a test. */
int collector_fixture_enter(void **state);

/* The teardown of a test. */
int collector_fixture_leave(void **state);

#endif
