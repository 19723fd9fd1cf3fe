/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts and their outcomes, reported by the real collector. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/record/address.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

static struct flow wait_flow(uint8_t event, uint16_t sport, uint16_t dport)
{
	return collector_wait(&collector, &(struct flow_match){.event = event,
							       .netns = netns.inode,
							       .sport = sport,
							       .dport = dport});
}

static size_t count_flows(uint8_t event, uint16_t dport)
{
	return collector_count(
		&collector,
		&(struct flow_match){.event = event, .netns = netns.inode, .dport = dport});
}

static void assert_address(uint8_t family, const struct flow_address *address, const char *text)
{
	char got[ADDRESS_TEXT_SIZE];

	address_format(family, address, got);
	assert_string_equal(got, text);
}

/* Checks the fields that all flows of a connection within this process and namespace share. */
static void assert_flow(const struct flow *flow, uint8_t direction, uint8_t family, const char *src,
			const char *dst)
{
	assert_int_equal(flow->direction, direction);
	assert_int_equal(flow->family, family);
	assert_int_equal(flow->protocol, FLOW_TCP);
	assert_address(family, &flow->src, src);
	assert_address(family, &flow->dst, dst);
	assert_int_equal(flow->netns, netns.inode);
	assert_int_equal(flow->pid, (uint32_t)getpid());
	assert_int_equal(flow->uid, getuid());
	assert_string_equal(flow->comm, "test_collector_");
	assert_true(flow->id != 0);
	assert_true(flow->has & FLOW_HAS_CGROUP);
	assert_true(flow->cgroup_id != 0);
}

/* Checks that a time is now, with a margin for the difference between the clocks. */
static void assert_recent(uint64_t ts_ns)
{
	uint64_t now_ns = clock_real_ns();

	assert_true(ts_ns < now_ns + NS_PER_SECOND);
	assert_true(ts_ns + 60 * NS_PER_SECOND > now_ns);
}

/* Checks a whole connection: five flows of both sides, in order and with all fields. */
static void check_whole_life(const char *listen_address, const char *connect_address,
			     uint8_t family, const char *shown)
{
	uint16_t port = 0;
	int listener = tcp_listen(listen_address, &port);
	struct tcp_pair pair = tcp_pair(listener, connect_address);

	tcp_transfer(pair.client, pair.server, 7);
	tcp_transfer(pair.server, pair.client, 11);
	close(pair.client);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	close(pair.server);
	close(listener);
	collector_wait_count(
		&collector,
		&(struct flow_match){.event = FLOW_CLOSED, .netns = netns.inode, .dport = port}, 2);

	struct flow attempt = wait_flow(FLOW_ATTEMPT, 0, port);
	struct flow established = wait_flow(FLOW_ESTABLISHED, pair.sport, port);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, pair.sport, port);
	struct flow ends[2];
	for (size_t i = 0; i < 2; i++)
		ends[i] = *collector_find(&collector,
					  &(struct flow_match){.event = FLOW_CLOSED,
							       .netns = netns.inode,
							       .sport = pair.sport,
							       .dport = port},
					  i);
	const struct flow *client = ends[0].direction == FLOW_EGRESS ? &ends[0] : &ends[1];
	const struct flow *server = ends[0].direction == FLOW_EGRESS ? &ends[1] : &ends[0];

	assert_flow(&attempt, FLOW_EGRESS, family, shown, shown);
	assert_flow(&established, FLOW_EGRESS, family, shown, shown);
	assert_flow(&accepted, FLOW_INGRESS, family, shown, shown);
	assert_flow(client, FLOW_EGRESS, family, shown, shown);
	assert_flow(server, FLOW_INGRESS, family, shown, shown);
	assert_int_equal(attempt.id, established.id);
	assert_int_equal(attempt.id, client->id);
	assert_int_equal(accepted.id, server->id);
	assert_true(attempt.id != accepted.id);

	assert_int_equal(attempt.state, FLOW_STATE_SYN_SENT);
	assert_false(attempt.has & (FLOW_HAS_SPORT | FLOW_HAS_TX | FLOW_HAS_LATENCY));
	assert_int_equal(established.state, FLOW_STATE_ESTABLISHED);
	assert_true(established.has & FLOW_HAS_LATENCY);
	assert_true(established.latency_us < 20000000);
	assert_int_equal(accepted.state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(client->state, FLOW_STATE_CLOSE);
	assert_true(client->has & FLOW_HAS_DURATION);
	assert_true(server->has & FLOW_HAS_DURATION);
	assert_int_equal(client->tx_bytes, 7);
	assert_int_equal(client->rx_bytes, 11);
	assert_int_equal(server->tx_bytes, 11);
	assert_int_equal(server->rx_bytes, 7);
	assert_true(client->has & FLOW_HAS_RTT);
	assert_int_equal(client->retrans, 0);
	assert_true(attempt.ts_ns <= established.ts_ns);
	assert_true(established.ts_ns <= client->ts_ns);
	assert_true(accepted.ts_ns <= server->ts_ns);
	assert_recent(attempt.ts_ns);
	assert_recent(client->ts_ns);

	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(0, port), 5);
}

static void test_ipv4(void **state)
{
	(void)state;
	check_whole_life("127.0.0.1", "127.0.0.1", 4, "127.0.0.1");
}

static void test_ipv6(void **state)
{
	(void)state;
	check_whole_life("::1", "::1", 6, "::1");
}

static void test_mapped_client(void **state)
{
	(void)state;
	check_whole_life("127.0.0.1", "::ffff:127.0.0.1", 4, "127.0.0.1");
}

static void test_dual_stack_listener(void **state)
{
	(void)state;
	check_whole_life("::", "127.0.0.1", 4, "127.0.0.1");
}

static void test_mapped_on_both_sides(void **state)
{
	(void)state;
	check_whole_life("::", "::ffff:127.0.0.1", 4, "127.0.0.1");
}

static void test_documentation_addresses(void **state)
{
	(void)state;
	netns_ip("address add 192.0.2.7/24 dev lo");
	netns_ip("address add 2001:db8::7/64 dev lo nodad");
	check_whole_life("192.0.2.7", "192.0.2.7", 4, "192.0.2.7");
	check_whole_life("2001:db8::7", "2001:db8::7", 6, "2001:db8::7");
}

static void check_refused(const char *address, uint8_t family, const char *shown, uint16_t port)
{
	int fd = tcp_socket(address);

	assert_int_equal(tcp_connect_socket(fd, address, port), -ECONNREFUSED);
	struct flow failed = wait_flow(FLOW_FAILED, 0, port);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, 0, port);
	assert_flow(&attempt, FLOW_EGRESS, family, shown, shown);
	assert_flow(&failed, FLOW_EGRESS, family, shown, shown);
	assert_int_equal(failed.error, ECONNREFUSED);
	assert_int_equal(failed.id, attempt.id);
	assert_int_equal(failed.state, FLOW_STATE_CLOSE);
	assert_true(failed.has & FLOW_HAS_LATENCY);
	assert_true(failed.has & FLOW_HAS_SPORT);
	assert_int_not_equal(failed.sport, 0);
	close(fd);
	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(0, port), 2);
}

static void test_refused(void **state)
{
	(void)state;
	check_refused("127.0.0.1", 4, "127.0.0.1", 4001);
	check_refused("::1", 6, "::1", 4002);
	check_refused("::ffff:127.0.0.1", 4, "127.0.0.1", 4003);
}

/*
 * An attempt times out in a timer, which runs in the context of the process that it interrupts. In
 * a sandbox, the kernel might skip tracing programs in the context of the processes that run the
 * sandbox, and then the failure is not reported. So the test makes several attempts at short
 * intervals, and one reported failure is enough.
 */
#define TIMED_ATTEMPTS 4

static void start_attempts(int fds[TIMED_ATTEMPTS], const char *const addresses[TIMED_ATTEMPTS],
			   uint16_t port)
{
	struct timespec pause = {.tv_nsec = 30000000};
	int tries = 1;

	for (size_t i = 0; i < TIMED_ATTEMPTS; i++) {
		fds[i] = tcp_socket(addresses[i]);
		assert_int_equal(setsockopt(fds[i], IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof(tries)),
				 0);
		assert_int_equal(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
		assert_int_equal(tcp_connect_socket(fds[i], addresses[i], port), -EINPROGRESS);
		nanosleep(&pause, NULL);
	}
}

static void close_attempts(const int fds[TIMED_ATTEMPTS])
{
	for (size_t i = 0; i < TIMED_ATTEMPTS; i++)
		close(fds[i]);
}

static struct flow attempt_of(const struct flow *flow)
{
	return collector_wait(
		&collector,
		&(struct flow_match){.event = FLOW_ATTEMPT, .netns = netns.inode, .id = flow->id});
}

/* No neighbour has the address, so the kernel gives up and reports an error. */
static void test_unreachable(void **state)
{
	static const char *const neighbours[TIMED_ATTEMPTS] = {"192.0.2.99", "192.0.2.98",
							       "192.0.2.97", "192.0.2.96"};
	int fds[TIMED_ATTEMPTS];
	char neighbour[ADDRESS_TEXT_SIZE];

	(void)state;
	netns_ip("link add inside type veth peer name outside");
	netns_ip("address add 192.0.2.1/24 dev inside");
	netns_ip("link set inside up");
	netns_ip("link set outside up");
	netns_sysctl("net/ipv4/neigh/inside/retrans_time_ms", "50");
	start_attempts(fds, neighbours, 4004);
	struct flow failed = wait_flow(FLOW_FAILED, 0, 4004);
	struct flow attempt = attempt_of(&failed);
	address_format(4, &attempt.dst, neighbour);
	assert_flow(&attempt, FLOW_EGRESS, 4, "192.0.2.1", neighbour);
	assert_flow(&failed, FLOW_EGRESS, 4, "192.0.2.1", neighbour);
	assert_int_equal(failed.error, EHOSTUNREACH);
	close_attempts(fds);
}

/* Drops packets silently, like a NetworkPolicy. */
static void drop_packets_to(uint16_t port)
{
	char command[200];

	snprintf(
		command, sizeof(command),
		"nft 'add table inet t; add chain inet t i { type filter hook input priority 0; }; "
		"add rule inet t i tcp dport %u drop'",
		port);
	assert_int_equal(system(command), 0);
}

/* A dropped attempt is reported at once. Its failure is reported when the kernel stops trying. */
static void test_timed_out(void **state)
{
	static const char *const addresses[TIMED_ATTEMPTS] = {"127.0.0.1", "127.0.0.1", "127.0.0.1",
							      "127.0.0.1"};
	struct flow_match attempts = {.event = FLOW_ATTEMPT, .netns = netns.inode, .dport = 4006};
	int fds[TIMED_ATTEMPTS];

	(void)state;
	drop_packets_to(4006);
	start_attempts(fds, addresses, 4006);
	collector_wait_count(&collector, &attempts, TIMED_ATTEMPTS);
	assert_int_equal(count_flows(FLOW_FAILED, 4006), 0);
	struct flow failed = wait_flow(FLOW_FAILED, 0, 4006);
	struct flow attempt = attempt_of(&failed);
	assert_flow(&attempt, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
	assert_flow(&failed, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
	assert_int_equal(failed.error, ETIMEDOUT);
	assert_true(failed.latency_us >= 1000000);
	assert_true(failed.retrans >= 1);
	close_attempts(fds);
}

/* The process closes the socket before any answer, so that the attempt fails without an error. */
static void test_gave_up(void **state)
{
	int fd = tcp_socket("127.0.0.1");

	(void)state;
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i tcp dport 4007 drop'"),
		0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", 4007), -EINPROGRESS);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, 0, 4007);
	close(fd);
	struct flow failed = wait_flow(FLOW_FAILED, 0, 4007);
	assert_int_equal(failed.error, 0);
	assert_int_equal(failed.id, attempt.id);
	assert_flow(&failed, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
}

static void test_non_blocking(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	int fd = tcp_socket("127.0.0.1");
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	(void)state;
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	int result = tcp_connect_socket(fd, "127.0.0.1", port);
	assert_true(result == 0 || result == -EINPROGRESS);
	assert_int_equal(poll(&writable, 1, wait_limit_ms()), 1);
	struct flow established = wait_flow(FLOW_ESTABLISHED, tcp_local_port(fd), port);
	assert_flow(&established, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
	assert_int_equal(established.id, wait_flow(FLOW_ATTEMPT, 0, port).id);
	close(fd);
	close(listener);
}

/* One socket is refused, then connected, disconnected and connected again: three connections. */
static void test_one_socket_again_and_again(void **state)
{
	uint16_t port = 4008;
	struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
	struct flow_match attempts = {.event = FLOW_ATTEMPT, .netns = netns.inode, .dport = port};
	struct flow_match ends = {.event = FLOW_CLOSED,
				  .netns = netns.inode,
				  .dport = port,
				  .direction = FLOW_EGRESS};
	int fd = tcp_socket("127.0.0.1");

	(void)state;
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), -ECONNREFUSED);
	int listener = tcp_listen("127.0.0.1", &port);
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), 0);
	uint16_t second_port = tcp_local_port(fd);
	tcp_transfer(fd, tcp_accept(listener), 100);
	assert_int_equal(connect(fd, &unspecified, sizeof(unspecified)), 0);
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), 0);
	uint16_t third_port = tcp_local_port(fd);
	tcp_transfer(fd, tcp_accept(listener), 5);
	close(fd);
	collector_wait_count(&collector, &ends, 2);

	uint64_t ids[3];
	assert_int_equal(collector_count(&collector, &attempts), 3);
	for (size_t i = 0; i < 3; i++)
		ids[i] = collector_find(&collector, &attempts, i)->id;
	assert_true(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
	/*
	 * The source port of an attempt is unknown. The port of an earlier attempt must not appear.
	 */
	assert_int_equal(collector_find(&collector, &attempts, 1)->sport, 0);
	assert_int_equal(wait_flow(FLOW_FAILED, 0, port).id, ids[0]);
	assert_int_equal(wait_flow(FLOW_ESTABLISHED, second_port, port).id, ids[1]);
	assert_int_equal(wait_flow(FLOW_ESTABLISHED, third_port, port).id, ids[2]);
	assert_int_equal(collector_find(&collector, &ends, 0)->id, ids[1]);
	assert_int_equal(collector_find(&collector, &ends, 0)->tx_bytes, 100);
	assert_int_equal(collector_find(&collector, &ends, 1)->id, ids[2]);
	assert_int_equal(collector_find(&collector, &ends, 1)->tx_bytes, 5);
	close(listener);
}

static void test_bound_before_connect(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	int fd = tcp_socket("127.0.0.1");

	(void)state;
	netns_ip("address add 192.0.2.5/24 dev lo");
	assert_int_equal(tcp_bind(fd, "192.0.2.5", 4010), 4010);
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), 0);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, 4010, port);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, 4010, port);
	assert_true(attempt.has & FLOW_HAS_SPORT);
	assert_flow(&attempt, FLOW_EGRESS, 4, "192.0.2.5", "127.0.0.1");
	assert_flow(&accepted, FLOW_INGRESS, 4, "192.0.2.5", "127.0.0.1");
	close(fd);
	close(listener);
}

/* Begins a simultaneous open: connects the left socket to the right socket's port, and drops its
 * SYN. The caller then connects the right socket, while the left socket still waits for an
 * answer. */
static void start_simultaneous_open(int left, int right)
{
	tcp_bind(left, "127.0.0.1", 4012);
	tcp_bind(right, "127.0.0.1", 4013);
	assert_int_equal(fcntl(left, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(right, F_SETFL, O_NONBLOCK), 0);
	drop_packets_to(4013);
	assert_int_equal(tcp_connect_socket(left, "127.0.0.1", 4013), -EINPROGRESS);
}

static void test_simultaneous_open(void **state)
{
	int left = tcp_socket("127.0.0.1");
	int right = tcp_socket("127.0.0.1");
	struct pollfd writable[] = {{.fd = left, .events = POLLOUT},
				    {.fd = right, .events = POLLOUT}};

	(void)state;
	start_simultaneous_open(left, right);
	assert_int_equal(system("nft delete table inet t"), 0);
	assert_int_equal(tcp_connect_socket(right, "127.0.0.1", 4012), -EINPROGRESS);
	assert_int_equal(poll(&writable[0], 1, wait_limit_ms()), 1);
	assert_int_equal(poll(&writable[1], 1, wait_limit_ms()), 1);
	struct flow one = wait_flow(FLOW_ESTABLISHED, 4012, 4013);
	struct flow other = wait_flow(FLOW_ESTABLISHED, 4013, 4012);
	assert_flow(&one, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
	assert_flow(&other, FLOW_EGRESS, 4, "127.0.0.1", "127.0.0.1");
	assert_int_equal(one.id, wait_flow(FLOW_ATTEMPT, 4012, 4013).id);
	assert_int_equal(other.id, wait_flow(FLOW_ATTEMPT, 4013, 4012).id);
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 0);
	close(left);
	close(right);
}

/* One side gives up during a simultaneous open. Its attempt must fail and not hang. */
static void test_simultaneous_open_given_up(void **state)
{
	int left = tcp_socket("127.0.0.1");
	int right = tcp_socket("127.0.0.1");

	(void)state;
	start_simultaneous_open(left, right);
	assert_int_equal(tcp_connect_socket(right, "127.0.0.1", 4012), -EINPROGRESS);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, 4012, 4013);
	tcp_reset(left);
	struct flow failed = wait_flow(FLOW_FAILED, 4012, 4013);
	assert_int_equal(failed.id, attempt.id);
	close(right);
}

/*
 * Prints the time from connect() to the record. Does not check it, since the machine may be busy.
 */
static void test_attempts_come_quickly(void **state)
{
	uint64_t worst_us = 0;

	(void)state;
	for (uint16_t port = 4020; port < 4030; port++) {
		struct timespec pause = {.tv_nsec = 20000000};
		int fd = tcp_socket("127.0.0.1");
		nanosleep(&pause, NULL);
		assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), -ECONNREFUSED);
		struct flow attempt = wait_flow(FLOW_ATTEMPT, 0, port);
		uint64_t us = (clock_real_ns() - attempt.ts_ns) / 1000;
		worst_us = us > worst_us ? us : worst_us;
		close(fd);
	}
	print_message("# the slowest of ten attempts was known after %llu us\n",
		      (unsigned long long)worst_us);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),
		TEST(test_ipv6),
		TEST(test_mapped_client),
		TEST(test_dual_stack_listener),
		TEST(test_mapped_on_both_sides),
		TEST(test_documentation_addresses),
		TEST(test_refused),
		TEST(test_unreachable),
		TEST(test_timed_out),
		TEST(test_gave_up),
		TEST(test_non_blocking),
		TEST(test_one_socket_again_and_again),
		TEST(test_bound_before_connect),
		TEST(test_simultaneous_open),
		TEST(test_simultaneous_open_given_up),
		TEST(test_attempts_come_quickly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: connect", tests, collector_fixture_start,
					   collector_fixture_stop);
}
