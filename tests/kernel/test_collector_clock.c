/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the collector while the system clock is set. Usually the collector reads a test clock in
 * place of the system clock, and the steps are made in the test clock. The virtual machines of
 * tests/kernels set POLECAT_MAY_SET_CLOCK: there, an additional test sets the system clock itself.
 */
#define _GNU_SOURCE /* unshare */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/wall_clock.h"
#include "core/source/ebpf/kernel_probe.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

#define DAY_NS (86400 * (int64_t)NS_PER_SECOND)

/* The largest difference between the time of an event and the test's reading of the clock. It is
 * long because test machines are busy, but short beside the steps. */
#define SLACK_NS (60 * NS_PER_SECOND)

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80 /* include/uapi/linux/sched.h */
#endif

static atomic_llong shift_ns; /* of the clock that the collector reads */
static struct wall_clock test_clock;

static uint64_t shifted_real(void *data)
{
	(void)data;
	return clock_real_ns() + (uint64_t)atomic_load(&shift_ns);
}

static uint64_t plain_boot(void *data)
{
	(void)data;
	return clock_boot_ns();
}

static int setup_shifted(void **state)
{
	static const struct wall_clock_source source = {shifted_real, plain_boot, NULL};
	static const struct ebpf_options options = {.clock = &test_clock};

	atomic_store(&shift_ns, 0);
	wall_clock_open(&test_clock, &source);
	if (collector_fixture_enter_alone(state))
		return -1;
	return collector_fixture_start_with(&options);
}

static int setup_plain(void **state)
{
	return collector_fixture_enter_alone(state) ? -1 : collector_fixture_start(state);
}

static void shift_clock(int64_t step_ns)
{
	atomic_fetch_add(&shift_ns, step_ns);
}

static uint64_t read_shifted(void)
{
	return shifted_real(NULL);
}

/* Sets the clock of this virtual machine. */
static void set_clock(int64_t step_ns)
{
	uint64_t to_ns = clock_real_ns() + (uint64_t)step_ns;
	struct timespec to = {.tv_sec = (time_t)(to_ns / NS_PER_SECOND),
			      .tv_nsec = (long)(to_ns % NS_PER_SECOND)};

	assert_int_equal(clock_settime(CLOCK_REALTIME, &to), 0);
}

/* Waits for the clock record with a number (from 0), and returns its position. */
static size_t wait_clock(size_t number)
{
	uint64_t deadline = wait_deadline_ms();

	while (clock_monotonic_ms() < deadline) {
		size_t found = 0;
		for (size_t i = 0; i < collector.count; i++)
			if (collector.records[i].kind == RECORD_CLOCK && found++ == number)
				return i;
		collector_wait_some(&collector, 100);
	}
	fail_msg("no record of step %zu", number);
	return 0;
}

/* Makes a connection, and returns the flow of its attempt. Checks that the time of the flow is
 * the time that the clock shows. Sets *position to the position of the flow among the records. */
static struct flow attempt(uint64_t (*read_clock)(void), uint64_t *position)
{
	/* Each attempt has a port of its own, by which its flow is found. The kernel could choose
	 * the same one twice. */
	static uint16_t next_port = 7000;
	uint16_t port = next_port++;
	int listener = tcp_listen("127.0.0.1", &port);
	uint64_t before_ns = read_clock();
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	struct flow flow = collector_wait(
		&collector,
		&(struct flow_match){.event = FLOW_ATTEMPT, .netns = netns.inode, .dport = port});

	assert_in_range(flow.ts_ns, before_ns - SLACK_NS, before_ns + SLACK_NS);
	for (*position = 0; collector.records[*position].kind != RECORD_FLOW ||
			    collector.records[*position].flow.id != flow.id;)
		++*position;
	close(pair.client);
	close(pair.server);
	close(listener);
	return flow;
}

/* Each step has one record, between the flows before the step and the flows after it. If the sum
 * of the steps so far is subtracted from the time of each flow, the times ascend. */
static void check_steps(void (*make_step)(int64_t step_ns), uint64_t (*read_clock)(void))
{
	static const int64_t steps[] = {DAY_NS, -2 * DAY_NS, 20 * (int64_t)NS_PER_SECOND,
					-400 * DAY_NS, 400 * DAY_NS};
	int64_t set_ns = 0;
	uint64_t position;
	struct flow before = attempt(read_clock, &position);

	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		uint64_t later_position;
		uint64_t last_ns = before.ts_ns - (uint64_t)set_ns;

		make_step(steps[i]);
		size_t at = wait_clock(i);
		const struct clock_record *clock = collector.records[at].clock;
		int64_t told_ns =
			(int64_t)(clock->set == CLOCK_SET_BACK ? -clock->step_ns : clock->step_ns);
		assert_in_range(told_ns - steps[i] + DAY_NS, DAY_NS - 5 * NS_PER_SECOND,
				DAY_NS + 5 * NS_PER_SECOND);
		set_ns += told_ns;
		assert_in_range(clock->ts_ns, read_clock() - SLACK_NS, read_clock() + SLACK_NS);
		assert_true(strlen(clock->node) > 0);
		struct flow after = attempt(read_clock, &later_position);
		assert_true(position < at && at < later_position);
		assert_true(after.ts_ns - (uint64_t)set_ns > last_ns);
		assert_true(after.ts_ns - (uint64_t)set_ns < last_ns + SLACK_NS);
		before = after;
		position = later_position;
	}
	collector_fence(&collector, netns.inode);
	for (size_t i = 0, clocks = 0; i < collector.count; i++) {
		clocks += collector.records[i].kind == RECORD_CLOCK;
		assert_true(clocks <= ARRAY_LENGTH(steps));
	}
}

static void test_shifted(void **state)
{
	(void)state;
	check_steps(shift_clock, read_shifted);
}

static void test_system_clock(void **state)
{
	(void)state;
	check_steps(set_clock, clock_real_ns);
}

/* Makes a time namespace for the children of this process, with an offset of CLOCK_BOOTTIME. */
static int make_time_namespace(int seconds)
{
	FILE *file;

	if (unshare(CLONE_NEWTIME))
		return -1;
	file = fopen("/proc/self/timens_offsets", "w");
	if (!file)
		return -1;
	fprintf(file, "boottime %d 0\n", seconds);
	return fclose(file);
}

/* Returns kernel_clock_offset of a process in a time namespace with this offset in seconds. If
 * `children` is not 0, the children of that process are in another namespace, with that offset. */
static int64_t measure_offset(int seconds, int children)
{
	int64_t offset_ns = INT64_MIN;
	int ends[2];
	int status;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		if (make_time_namespace(seconds))
			_exit(1);
		pid_t grandchild = fork();
		if (grandchild == 0) {
			if (children && make_time_namespace(children))
				_exit(1);
			offset_ns = kernel_clock_offset();
			_exit(write(ends[1], &offset_ns, sizeof(offset_ns)) != sizeof(offset_ns));
		}
		_exit(waitpid(grandchild, &status, 0) != grandchild || status != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &offset_ns, sizeof(offset_ns)), sizeof(offset_ns));
	close(ends[0]);
	close(ends[1]);
	return offset_ns;
}

/* The offset of a process's own time namespace is exact if its children are in the same
 * namespace. Otherwise the kernel shows only the offset of the children, so the own offset is
 * measured. */
static void test_time_namespace(void **state)
{
	const int64_t second_ns = (int64_t)NS_PER_SECOND;

	(void)state;
	assert_int_equal(kernel_clock_offset(), 0);
	assert_int_equal(measure_offset(100000, 0), 100000 * second_ns);
	int64_t measured_ns = measure_offset(100000, 7);
	assert_in_range(measured_ns, 99999 * second_ns, 100001 * second_ns);
	print_message("# measured with an error of %lld ns\n",
		      (long long)(measured_ns - 100000 * second_ns));
}

int main(void)
{
#define SHIFTED \
	cmocka_unit_test_setup_teardown(test_shifted, setup_shifted, collector_fixture_leave_alone)
#define SET                                                             \
	cmocka_unit_test_setup_teardown(test_system_clock, setup_plain, \
					collector_fixture_leave_alone)
	const struct CMUnitTest usual[] = {cmocka_unit_test(test_time_namespace), SHIFTED};
	const struct CMUnitTest all[] = {cmocka_unit_test(test_time_namespace), SHIFTED, SET};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	if (getenv("POLECAT_MAY_SET_CLOCK"))
		return cmocka_run_group_tests_name("collector: clock", all, NULL, NULL);
	return cmocka_run_group_tests_name("collector: clock", usual, NULL, NULL);
}
