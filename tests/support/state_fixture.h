/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka fixtures for tests of the state. */
#ifndef POLECAT_TESTS_SUPPORT_STATE_FIXTURE_H
#define POLECAT_TESTS_SUPPORT_STATE_FIXTURE_H

#include "core/state/state.h"

/* Setup of a test: sets *context to a new state without options. Returns -1 on failure. */
int state_fixture_setup(void **context);

/* Teardown of a test: frees the state. */
int state_fixture_teardown(void **context);

/* Applies a record and frees it. Returns the connection of a flow; NULL for other records. */
const struct conn *state_fixture_apply(struct state *state, struct record record);

#endif
