/* SPDX-License-Identifier: Apache-2.0 */
/* One cgroup has more UDP flows than the kernel side has rows. The flows of another cgroup must
 * still be counted, and the first cgroup's idle rows become free again. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/datagrams.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"
#include "tests/support/test_cgroup.h"
#include "tests/support/wait_limit.h"

/* Far more flows than one cgroup gets rows for. */
#define FLOOD_FLOWS 3000
/* The room in the map. The table in front of it has UDP_ROWS more rows. */
#define ROOM 16
/* Of the flood, and of a few later flows. */
#define FLOOD_NET 0x7f010000
#define LATER_NET 0x7f020000
#define LATER     5

static struct test_cgroup busy;
static struct test_cgroup quiet;
static struct process_line line;

static void send_to_addresses(int fd, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct sockaddr_in to = {.sin_family = AF_INET,
					 .sin_port = htons(9),
					 .sin_addr.s_addr = htonl(first + i)};
		assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)),
				 1);
	}
}

/* Makes the flows of the busy cgroup, waits, and then makes a few more. */
static void flood(void *data)
{
	(void)data;
	process_enter_cgroup(busy.path);
	int fd = udp_socket("127.0.0.1");
	send_to_addresses(fd, FLOOD_NET, FLOOD_FLOWS);
	process_notify(&line, 1);
	process_listen(&line, 1);
	send_to_addresses(fd, LATER_NET, LATER);
	process_notify(&line, 1);
	process_listen(&line, 1);
	close(fd);
}

static void send_quietly(void *data)
{
	(void)data;
	process_enter_cgroup(quiet.path);
	int fd = udp_socket("127.0.0.1");
	send_to_addresses(fd, LATER_NET, LATER);
	close(fd);
}

/* Returns the number of datagrams of a cgroup that were counted for flows of their own to the net
 * 127.NET.0.0/16. */
static uint64_t count_datagrams(uint64_t cgroup_id, uint32_t net)
{
	const struct flow_match match = {.event = FLOW_DATAGRAM, .netns = netns.inode};
	const struct flow *flow;
	uint64_t sum = 0;

	for (size_t i = 0; (flow = collector_find(&collector, &match, i)); i++) {
		uint32_t address;
		memcpy(&address, flow->dst.bytes, sizeof(address));
		if (flow->cgroup_id == cgroup_id && flow->has & FLOW_HAS_DST &&
		    (ntohl(address) & 0xffff0000) == net)
			sum += flow->count;
	}
	return sum;
}

static void wait_datagrams(uint64_t cgroup_id, uint32_t net, uint64_t count)
{
	uint64_t deadline = wait_deadline_ms();

	while (count_datagrams(cgroup_id, net) < count && clock_monotonic_ms() < deadline)
		collector_wait_some(&collector, 20);
	assert_int_equal(count_datagrams(cgroup_id, net), count);
}

static pid_t begin_flood(unsigned int datagrams_ms)
{
	const struct ebpf_options options = {.max_datagram_flows = ROOM,
					     .datagrams_ms = datagrams_ms};

	collector_start(&collector, &options);
	process_line_open(&line);
	pid_t pid = process_start(flood, NULL);
	process_listen(&line, 0);
	return pid;
}

static void end_flood(pid_t pid)
{
	process_notify(&line, 0);
	process_wait(pid);
	process_line_close(&line);
}

static void test_other_cgroups_find_room(void **state)
{
	pid_t pid = begin_flood(100);

	(void)state;
	process_run(send_quietly, NULL);
	process_notify(&line, 0);
	process_listen(&line, 0);
	end_flood(pid);
	wait_datagrams(quiet.id, LATER_NET, LATER);
	collector_stop(&collector);
	for (size_t i = 0; i < collector.count; i++) {
		const struct record *record = &collector.records[i];
		if (record->kind == RECORD_LOST && record->lost.count > 0)
			assert_true(record->lost.cgroup_id == busy.id);
		if (record->kind == RECORD_FLOW && record->flow.unaccounted)
			assert_true(record->flow.cgroup_id == busy.id);
	}
	assert_true(collector.lost[LOST_KERNEL] > 0);
}

/* The flows of the flood stay idle until their rows are freed. */
static void test_idle_rows_are_freed(void **state)
{
	pid_t pid = begin_flood(10);

	(void)state;
	/* Rows are idle after 60 readings. The refused connections wake the collector, so that it
	 * reads the rows at each. */
	for (int i = 0; i < 300; i++) {
		int fd = tcp_socket("127.0.0.1");
		assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", 9), -ECONNREFUSED);
		close(fd);
		collector_wait_some(&collector, 10);
	}
	process_notify(&line, 0);
	process_listen(&line, 0);
	wait_datagrams(busy.id, LATER_NET, LATER);
	end_flood(pid);
}

static int enter_test(void **state)
{
	test_cgroup_make_own(&busy, "busy");
	test_cgroup_make_own(&quiet, "quiet");
	return collector_fixture_enter_alone(state);
}

static int leave_test(void **state)
{
	int error = collector_fixture_leave_alone(state);

	test_cgroup_remove(&busy);
	test_cgroup_remove(&quiet);
	return error;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_other_cgroups_find_room, enter_test,
						leave_test),
		cmocka_unit_test_setup_teardown(test_idle_rows_are_freed, enter_test, leave_test),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: UDP shares", tests, NULL, NULL);
}
