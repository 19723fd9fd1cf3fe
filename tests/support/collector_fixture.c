/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/collector_fixture.h"

#include <stddef.h>

struct collector collector;
struct netns netns;

int collector_fixture_start_with(const struct ebpf_options *options)
{
	collector_start(&collector, options);
	return 0;
}

int collector_fixture_start(void **state)
{
	(void)state;
	return collector_fixture_start_with(NULL);
}

int collector_fixture_stop(void **state)
{
	(void)state;
	collector_free(&collector);
	return 0;
}

int collector_fixture_enter(void **state)
{
	(void)state;
	netns_enter(&netns);
	collector_forget(&collector, netns.inode);
	return 0;
}

int collector_fixture_leave(void **state)
{
	(void)state;
	netns_leave(&netns);
	return 0;
}

int collector_fixture_enter_alone(void **state)
{
	(void)state;
	netns_enter(&netns);
	return 0;
}

int collector_fixture_leave_alone(void **state)
{
	collector_free(&collector);
	return collector_fixture_leave(state);
}
