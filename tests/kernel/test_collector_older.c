/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the collector without the features that older kernels lack or kernel lockdown forbids.
 * Options switch these features off, so newer kernels can run the tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/datagrams.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

static const struct ebpf_options without_storage = {
	.sample_ms = 20, .datagrams_ms = 100, .avoid_socket_storage = true};
static const struct ebpf_options without_reads = {
	.sample_ms = 20, .datagrams_ms = 100, .avoid_kernel_reads = true};
static const struct ebpf_options without_reads_or_task = {
	.sample_ms = 20, .datagrams_ms = 100, .avoid_kernel_reads = true, .avoid_udp_task = true};

static struct flow wait_flow(uint8_t event, uint8_t direction, const struct tcp_pair *pair)
{
	const struct flow_match wanted = {.event = event,
					  .direction = direction,
					  .netns = netns.inode,
					  .sport = pair->sport,
					  .dport = pair->dport};

	return collector_wait(&collector, &wanted);
}

static void assert_mine(const struct flow *flow)
{
	assert_int_equal(flow->pid, (uint32_t)getpid());
	assert_int_equal(flow->uid, 0);
	assert_string_equal(flow->comm, "test_collector_");
	assert_true(flow->has & FLOW_HAS_CGROUP);
}

/* Closes both ends, and expects a closed event in each direction. */
static void close_pair(const struct tcp_pair *pair, uint64_t client_id, uint64_t server_id)
{
	close(pair->client);
	assert_int_equal(tcp_read_to_end(pair->server), 0);
	close(pair->server);
	struct flow client = wait_flow(FLOW_CLOSED, FLOW_EGRESS, pair);
	struct flow server = wait_flow(FLOW_CLOSED, FLOW_INGRESS, pair);
	assert_int_equal(client.id, client_id);
	assert_int_equal(server.id, server_id);
	assert_int_equal(client.tx_bytes, 1000);
	assert_int_equal(server.rx_bytes, 1000);
	assert_mine(&client);
	assert_mine(&server);
}

/* Checks a connection and a listener that were open before the start. */
static void check_backfill(const struct tcp_pair *before, int listener, uint16_t port)
{
	struct flow client = wait_flow(FLOW_OPEN, FLOW_EGRESS, before);
	struct flow server = wait_flow(FLOW_OPEN, FLOW_INGRESS, before);

	assert_mine(&client);
	assert_mine(&server);
	tcp_transfer(before->client, before->server, 1000);
	/* Wait for the sample that counts these bytes. */
	while (client.tx_bytes < 1000) {
		const struct flow_match open = {
			.event = FLOW_OPEN, .direction = FLOW_EGRESS, .sport = before->sport};
		size_t count = collector_count(&collector, &open);
		collector_wait_count(&collector, &open, count + 1);
		client = *collector_find(&collector, &open, count);
	}
	close_pair(before, client.id, server.id);

	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	assert_int_equal(pair.dport, port);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, &pair);
	struct flow established = wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS, &pair);
	assert_mine(&accepted);
	tcp_transfer(pair.client, pair.server, 1000);
	close_pair(&pair, established.id, accepted.id);
}

/* Checks a listener that is created while the collector runs, on the port of a listener that was
 * closed before. */
static void check_live(uint16_t port)
{
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	struct flow established = wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS, &pair);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, &pair);

	assert_mine(&established);
	assert_mine(&accepted);
	assert_true(established.id != accepted.id);
	assert_true(established.has & FLOW_HAS_LATENCY);
	tcp_transfer(pair.client, pair.server, 1000);
	close_pair(&pair, established.id, accepted.id);
	close(listener);
	/* The fence makes a connection that is refused. */
	collector_fence(&collector, netns.inode);
	const struct flow_match closed = {
		.event = FLOW_CLOSED, .netns = netns.inode, .sport = pair.sport, .dport = port};
	assert_int_equal(collector_count(&collector, &closed), 2);
}

static void check_datagrams(void)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	udp_send(client, 3, 10);
	udp_receive(server, 3);
	for (int direction = FLOW_EGRESS; direction <= FLOW_INGRESS; direction++) {
		const struct flow_match match = {
			.event = FLOW_DATAGRAM, .direction = (uint8_t)direction, .dport = port};
		struct flow flow = collector_wait(&collector, &match);
		uint64_t sum = flow.count;
		assert_mine(&flow);
		/* A reading may come between two datagrams. */
		for (size_t nth = 1; sum < 3; nth++) {
			collector_wait_count(&collector, &match, nth + 1);
			sum += collector_find(&collector, &match, nth)->count;
		}
		assert_int_equal(sum, 3);
	}
	close(client);
	close(server);
}

/* Checks the record of a container that is created while the collector runs. */
static void check_container(void)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char mount[256];
	char path[400];
	struct stat status;
	int fd = -1;

	assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &fd, mount, sizeof(mount)), 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/docker-%s.scope", mount, id);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(stat(path, &status), 0);
	size_t at = collector_wait_container(&collector, status.st_ino);
	assert_string_equal(collector.records[at].container->id, id);
	assert_int_equal(rmdir(path), 0);
}

static void check(const struct ebpf_options *options)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair before = tcp_pair(listener, "127.0.0.1");

	collector_start(&collector, options);
	check_backfill(&before, listener, port);
	close(listener);
	check_live(port);
	check_datagrams();
	check_container();
	collector_fence(&collector, netns.inode);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
}

static void test_without_socket_storage(void **state)
{
	(void)state;
	collector_need_check("kernel memory");
	check(&without_storage);
}

static void test_without_kernel_reads(void **state)
{
	(void)state;
	collector_need_check("accepted sockets");
	check(&without_reads);
}

static void test_without_kernel_reads_or_task(void **state)
{
	(void)state;
	collector_need_check("accepted sockets");
	check(&without_reads_or_task);
}

/* The collector needs socket storage or reads of kernel memory. Without both, its message names
 * kernel lockdown as the reason. */
static void test_without_both(void **state)
{
	const struct ebpf_options options = {.avoid_socket_storage = true,
					     .avoid_kernel_reads = true};
	struct source_health health = {0};
	struct source *source = NULL;

	(void)state;
	assert_int_equal(ebpf_source_start(&options, &source), 0);
	collector_wait_started(source, &health);
	source_free(source);
	print_message("# %s\n", health.message);
	assert_int_equal(health.state, SOURCE_BROKEN);
	assert_non_null(strstr(health.message, "kernel lockdown (confidentiality)"));
}

int main(void)
{
#define TEST(test)                                                           \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter_alone, \
					collector_fixture_leave_alone)
	const struct CMUnitTest tests[] = {
		TEST(test_without_socket_storage),
		TEST(test_without_kernel_reads),
		TEST(test_without_kernel_reads_or_task),
		cmocka_unit_test(test_without_both),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: older kernels", tests, NULL, NULL);
}
