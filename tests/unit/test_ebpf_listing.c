/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of the open connections take at most a twentieth of the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/source/ebpf/ebpf_listing.h"

static void test_pause(void **state)
{
	static const struct {
		uint64_t began_ms;
		uint64_t ended_ms;
		uint64_t next_ms;
	} cases[] = {
		{1000, 1000, 3000},
		{1000, 1100, 3100},
		{1000, 1200, 5200},
		{1000, 2000, 22000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct ebpf_listing listing = {.due = true};
		ebpf_listing_pause(&listing, cases[i].began_ms, cases[i].ended_ms);
		assert_int_equal(listing.next_ms, cases[i].next_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pause),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ebpf_listing", tests, NULL, NULL);
}
