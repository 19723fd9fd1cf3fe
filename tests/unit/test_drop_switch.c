/* SPDX-License-Identifier: Apache-2.0 */
/* Tests when the program for dropped packets is attached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/source/ebpf/drop_switch.h"

struct step {
	uint64_t now_ms;
	bool flood;
	uint32_t pending;
	uint32_t watched;
	bool wants_on;
};

/* Follows the decisions of the switch, as the collector does. */
static void check_steps(const struct step *steps, size_t count)
{
	struct drop_switch state = {0};

	for (size_t i = 0; i < count; i++) {
		const struct drop_switch_input input = {steps[i].flood, steps[i].pending,
							steps[i].watched};
		bool on = drop_switch_wants_on(&state, &input, steps[i].now_ms);
		if (on != steps[i].wants_on)
			fail_msg("step %zu", i);
		if (on == state.is_off)
			drop_switch_set(&state, on, steps[i].now_ms);
	}
}

#define CHECK(...)                                         \
	do {                                               \
		const struct step steps[] = {__VA_ARGS__}; \
		check_steps(steps, ARRAY_LENGTH(steps));   \
	} while (0)

static void test_flood(void **state)
{
	(void)state;
	/* After a rest, the program is attached again, until it reports the flood again. */
	CHECK({1000, false, 0, 0, true}, {1010, true, 0, 0, false}, {6009, false, 0, 0, false},
	      {6010, false, 0, 0, true}, {6020, true, 0, 0, false}, {11020, false, 0, 0, true},
	      {11030, false, 0, 0, true});
}

static void test_attempts(void **state)
{
	(void)state;
	/* Attempts that get their answers soon do not matter. An attempt that hangs does matter. */
	CHECK({1000, true, 0, 0, false}, {1050, false, 1, 0, false}, {1100, false, 0, 0, false},
	      {1150, false, 2, 0, false}, {1249, false, 1, 0, false}, {1250, false, 1, 0, true},
	      {1260, true, 1, 0, true}, {1300, true, 0, 0, true}, {4259, true, 0, 0, true},
	      {4260, true, 0, 0, true}, {4270, true, 0, 0, false});
	/* A flood that begins while an attempt is pending. */
	CHECK({1000, true, 1, 0, true}, {1010, true, 0, 0, false});
}

static void test_watched(void **state)
{
	(void)state;
	CHECK({1000, true, 0, 0, false}, {1010, false, 0, 1, true}, {9000, true, 0, 1, true},
	      {11999, true, 0, 0, true}, {12000, true, 0, 0, true}, {12010, true, 0, 0, false});
}

/* While the program has work, one report of a flood is enough. A report from that time does not
 * detach the program later, because the flood may have ended. */
static void test_reports(void **state)
{
	static const struct {
		struct step step;
		bool keeps_flood;
	} cases[] = {
		{{1000, true, 1, 0, true}, false}, /* the attempt may get its answer soon */
		{{1100, true, 1, 0, true}, true},    {{1110, true, 1, 0, true}, true},
		{{9000, true, 1, 0, true}, true},    {{9010, true, 0, 0, true}, true},
		{{11999, true, 0, 0, true}, true},   {{12000, true, 0, 0, true}, false},
		{{12200, false, 0, 0, true}, false}, {{20000, true, 0, 0, false}, false},
	};
	struct drop_switch of_program = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct step *step = &cases[i].step;
		const struct drop_switch_input input = {step->flood, step->pending, step->watched};
		if (drop_switch_wants_on(&of_program, &input, step->now_ms) != step->wants_on ||
		    of_program.keeps_flood != cases[i].keeps_flood)
			fail_msg("step %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_reports),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
