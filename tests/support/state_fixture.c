/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/state_fixture.h"

#include <stddef.h>

int state_fixture_setup(void **context)
{
	struct state *state = NULL;

	if (state_new(NULL, &state))
		return -1;
	*context = state;
	return 0;
}

int state_fixture_teardown(void **context)
{
	state_free(*context);
	return 0;
}

const struct conn *state_fixture_apply(struct state *state, struct record record)
{
	const struct conn *conn = state_apply(state, &record);

	record_free(&record);
	return conn;
}
