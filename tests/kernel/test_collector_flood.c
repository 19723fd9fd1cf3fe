/* SPDX-License-Identifier: Apache-2.0 */
/* One cgroup causes more events than the collector can read. The events of another cgroup, and of
 * new cgroups, must all be reported, and each loss is one of the first cgroup. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"
#include "tests/support/test_cgroup.h"
#include "tests/support/wait_limit.h"

/* The ports are closed, so each connection is refused. */
#define FLOOD_PORT 4310
#define QUIET_PORT 4311

#define FLOODERS       4
#define QUIET_ATTEMPTS 25

static struct test_cgroup busy;
static struct test_cgroup quiet;

/* Shared with the child processes. */
struct shared {
	volatile bool stop;
	volatile uint32_t quiet_netns;
	volatile uint32_t done; /* attempts of the quiet cgroup */
};

static struct shared *shared;

/* Moves this process to the cgroup, and to a network namespace of its own. */
static uint32_t enter(const struct test_cgroup *cgroup)
{
	struct netns own;

	process_enter_cgroup(cgroup->path);
	netns_enter(&own);
	return own.inode;
}

static void refuse_one(uint16_t port)
{
	int fd = tcp_socket("127.0.0.1");

	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), -ECONNREFUSED);
	close(fd);
}

/* Connects as fast as it can, until the test stops it. */
static void flood(void *data)
{
	uint64_t end = clock_monotonic_ms() + 60000;

	(void)data;
	enter(&busy);
	while (!shared->stop && clock_monotonic_ms() < end)
		refuse_one(FLOOD_PORT);
}

/* Connects once every `pause` microseconds. */
static void connect_seldom(void *data)
{
	const useconds_t *pause = data;

	shared->quiet_netns = enter(&quiet);
	for (int i = 0; i < QUIET_ATTEMPTS; i++) {
		usleep(*pause);
		refuse_one(QUIET_PORT);
		shared->done = shared->done + 1;
	}
}

static uint64_t lost_by(uint64_t cgroup_id)
{
	uint64_t count = 0;

	for (size_t i = 0; i < collector.count; i++) {
		const struct record *record = &collector.records[i];
		if (record->kind == RECORD_LOST && record->lost.cgroup_id == cgroup_id)
			count += record->lost.count;
	}
	return count;
}

/* Checks that each attempt of the quiet cgroup is reported once, with its outcome. */
static void assert_all_seen(void)
{
	const struct flow_match attempts = {
		.event = FLOW_ATTEMPT, .dport = QUIET_PORT, .netns = shared->quiet_netns};
	const struct flow_match failures = {
		.event = FLOW_FAILED, .dport = QUIET_PORT, .netns = shared->quiet_netns};

	collector_wait_count(&collector, &failures, QUIET_ATTEMPTS);
	assert_int_equal(collector_count(&collector, &attempts), QUIET_ATTEMPTS);
	assert_int_equal(collector_count(&collector, &failures), QUIET_ATTEMPTS);
	for (size_t i = 0; i < QUIET_ATTEMPTS; i++) {
		const struct flow *flow = collector_find(&collector, &failures, i);
		assert_int_equal(flow->error, ECONNREFUSED);
		assert_true(flow->cgroup_id == quiet.id);
	}
}

/* Checks that the losses are those of the busy cgroup alone. */
static void assert_lost_by_busy(void)
{
	collector_stop(&collector);
	print_message("# lost: %llu of the busy cgroup, %llu of the quiet one, %llu of unknown "
		      "ones; %zu records\n",
		      (unsigned long long)lost_by(busy.id), (unsigned long long)lost_by(quiet.id),
		      (unsigned long long)lost_by(0), collector.count);
	assert_true(lost_by(busy.id) > 0);
	assert_int_equal(lost_by(quiet.id), 0);
	assert_int_equal(lost_by(0), 0);
}

static void start_flood(pid_t flooders[FLOODERS])
{
	for (size_t i = 0; i < FLOODERS; i++)
		flooders[i] = process_start(flood, NULL);
}

static void end_flood(const pid_t flooders[FLOODERS])
{
	shared->stop = true;
	for (size_t i = 0; i < FLOODERS; i++)
		process_wait(flooders[i]);
}

/* The ring is small, so it is full most of the time. */
static void test_flood_of_the_ring(void **state)
{
	static const char id[] = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
	useconds_t pause = 200000;
	struct test_cgroup made;
	pid_t flooders[FLOODERS];
	char name[128];

	(void)state;
	collector_start(&collector, &(struct ebpf_options){.ring_bytes = 32768});
	start_flood(flooders);
	pid_t other = process_start(connect_seldom, &pause);
	while (shared->done < QUIET_ATTEMPTS / 2)
		collector_wait_some(&collector, 10);
	/* The creation of a container is seen, too. */
	snprintf(name, sizeof(name), "docker-%s.scope", id);
	test_cgroup_make(&made, name);
	size_t at = collector_wait_container(&collector, made.id);
	test_cgroup_remove(&made);
	assert_string_equal(collector.records[at].container->id, id);
	while (shared->done < QUIET_ATTEMPTS)
		collector_wait_some(&collector, 10);
	process_wait(other);
	end_flood(flooders);
	assert_all_seen();
	assert_lost_by_busy();
}

/* Waits until the queue has no room for more records, so that the ring fills. */
static void wait_for_full_queue(void)
{
	struct spsc *queue = source_queue(collector.source);
	uint64_t deadline = wait_deadline_ms();
	size_t before;

	do {
		before = spsc_size(queue);
		usleep(500000);
	} while ((before == 0 || spsc_size(queue) != before) && clock_monotonic_ms() < deadline);
	assert_int_equal(spsc_size(queue), before);
}

/* The main thread reads no records while the quiet cgroup connects, and the queue is full. */
static void test_flood_of_the_queue(void **state)
{
	useconds_t pause = 20000;
	pid_t flooders[FLOODERS];

	(void)state;
	collector_start(&collector, &(struct ebpf_options){.ring_bytes = 262144});
	start_flood(flooders);
	wait_for_full_queue();
	process_run(connect_seldom, &pause);
	end_flood(flooders);
	assert_all_seen();
	assert_lost_by_busy();
}

static int enter_test(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(shared != MAP_FAILED);
	test_cgroup_make_own(&busy, "busy");
	test_cgroup_make_own(&quiet, "quiet");
	return collector_fixture_enter_alone(state);
}

static int leave_test(void **state)
{
	int error = collector_fixture_leave_alone(state);

	shared->stop = true;
	/* A process that a failed test has left may still be in the cgroup. */
	test_cgroup_remove(&busy);
	test_cgroup_remove(&quiet);
	munmap(shared, sizeof(*shared));
	return error;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flood_of_the_ring, enter_test, leave_test),
		cmocka_unit_test_setup_teardown(test_flood_of_the_queue, enter_test, leave_test),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: flood", tests, NULL, NULL);
}
