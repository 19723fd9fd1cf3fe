/* SPDX-License-Identifier: Apache-2.0 */
/* Byte counters of closed connections are exactly the payload, however a connection ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/flow_event.h"
#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

static struct flow wait_closed(const struct tcp_pair *pair, uint8_t direction)
{
	return collector_wait(&collector, &(struct flow_match){.event = FLOW_CLOSED,
							       .netns = netns.inode,
							       .direction = direction,
							       .sport = pair->sport,
							       .dport = pair->dport});
}

/* Checks the counters of both ends. The client sent `up` bytes, the server `down` bytes. */
static void assert_carried(const struct tcp_pair *pair, uint64_t up, uint64_t down)
{
	struct flow client = wait_closed(pair, FLOW_EGRESS);
	struct flow server = wait_closed(pair, FLOW_INGRESS);

	if (client.tx_bytes != up || client.rx_bytes != down || server.tx_bytes != down ||
	    server.rx_bytes != up)
		fail_msg("%llu up, %llu down: client has %llu, %llu; server has %llu, %llu",
			 (unsigned long long)up, (unsigned long long)down,
			 (unsigned long long)client.tx_bytes, (unsigned long long)client.rx_bytes,
			 (unsigned long long)server.tx_bytes, (unsigned long long)server.rx_bytes);
	assert_true(client.has & FLOW_HAS_TX && client.has & FLOW_HAS_RX);
	assert_true(server.has & FLOW_HAS_TX && server.has & FLOW_HAS_RX);
}

static struct tcp_info get_info(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	return info;
}

static bool has_retransmitted(void *fd)
{
	return get_info(*(const int *)fd).tcpi_total_retrans > 0;
}

/* Returns whether a probe of a closed window waits for its answer. */
static bool has_probed(void *fd)
{
	return get_info(*(const int *)fd).tcpi_probes > 0;
}

enum ending {
	CLIENT_CLOSES,
	SERVER_CLOSES,
	CLIENT_RESETS,
	SERVER_RESETS,
	CLIENT_HALF_CLOSES, /* before the server sends */
	SERVER_HALF_CLOSES, /* before the client sends */
	BOTH_SHUT_DOWN,
	ENDING_COUNT,
};

static void run_ending(const struct tcp_pair *pair, enum ending ending, size_t up, size_t down)
{
	bool server_first =
		ending == SERVER_HALF_CLOSES || ending == SERVER_CLOSES || ending == SERVER_RESETS;
	int first = server_first ? pair->server : pair->client;
	int second = server_first ? pair->client : pair->server;

	tcp_transfer(first, second, server_first ? down : up);
	if (ending == CLIENT_HALF_CLOSES || ending == SERVER_HALF_CLOSES)
		assert_int_equal(shutdown(first, SHUT_WR), 0);
	tcp_transfer(second, first, server_first ? up : down);
	if (ending == CLIENT_RESETS || ending == SERVER_RESETS) {
		tcp_reset(first);
		assert_int_equal(tcp_read_to_end(second), -ECONNRESET);
	} else if (ending == BOTH_SHUT_DOWN) {
		assert_int_equal(shutdown(first, SHUT_RDWR), 0);
		assert_int_equal(tcp_read_to_end(second), 0);
		assert_int_equal(shutdown(second, SHUT_RDWR), 0);
		close(first);
	} else {
		close(first);
		assert_int_equal(tcp_read_to_end(second), 0);
	}
	close(second);
}

static void check_ending(const char *address, enum ending ending)
{
	static const struct {
		size_t up;
		size_t down;
	} amounts[] = {
		{0, 0}, {1, 0}, {0, 1}, {5, 7}, {100000, 1}, {3, 100000}, {5000000, 4000001}};
	uint16_t port = 0;
	int listener = tcp_listen(address, &port);

	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		struct tcp_pair pair = tcp_pair(listener, address);
		run_ending(&pair, ending, amounts[i].up, amounts[i].down);
		assert_carried(&pair, amounts[i].up, amounts[i].down);
	}
	close(listener);
}

static void test_client_closes(void **state)
{
	(void)state;
	check_ending("127.0.0.1", CLIENT_CLOSES);
	check_ending("::1", CLIENT_CLOSES);
}

static void test_server_closes(void **state)
{
	(void)state;
	check_ending("127.0.0.1", SERVER_CLOSES);
	check_ending("::1", SERVER_CLOSES);
}

static void test_client_resets(void **state)
{
	(void)state;
	check_ending("127.0.0.1", CLIENT_RESETS);
}

static void test_server_resets(void **state)
{
	(void)state;
	check_ending("127.0.0.1", SERVER_RESETS);
}

static void test_half_closed_by_the_client(void **state)
{
	(void)state;
	check_ending("127.0.0.1", CLIENT_HALF_CLOSES);
}

static void test_half_closed_by_the_server(void **state)
{
	(void)state;
	check_ending("127.0.0.1", SERVER_HALF_CLOSES);
}

static void test_both_shut_down(void **state)
{
	(void)state;
	check_ending("127.0.0.1", BOTH_SHUT_DOWN);
}

/* Both sides close at the same moment: neither FIN answers the other. */
static void test_simultaneous_close(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");

	(void)state;
	tcp_transfer(pair.client, pair.server, 21);
	close(listener);
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i tcp flags fin counter drop'"),
		0);
	close(pair.client);
	close(pair.server);
	assert_int_equal(system("nft delete table inet t"), 0);
	assert_carried(&pair, 21, 0);
}

/* The counters include bytes that the server received but did not read. When the server closes its
 * socket, the client gets a RST. */
static void test_closed_with_unread_data(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	char unread[9];

	(void)state;
	assert_int_equal(send(pair.client, "123456789", 9, MSG_NOSIGNAL), 9);
	/* Without waiting for the data, the server could close before it arrives, with a FIN. */
	assert_int_equal(recv(pair.server, unread, sizeof(unread), MSG_PEEK | MSG_WAITALL), 9);
	close(pair.server);
	assert_int_equal(tcp_read_to_end(pair.client), -ECONNRESET);
	close(pair.client);
	close(listener);
	assert_carried(&pair, 9, 0);
}

/* Retransmitted segments count once. */
static void test_retransmissions_do_not_count(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	char data[3000] = "";

	(void)state;
	tcp_transfer(pair.client, pair.server, 1000);
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i tcp flags psh drop'"),
		0);
	assert_int_equal(send(pair.client, data, sizeof(data), MSG_NOSIGNAL), sizeof(data));
	assert_true(wait_until(has_retransmitted, &pair.client));
	assert_int_equal(system("nft delete table inet t"), 0);
	close(pair.client);
	assert_int_equal(tcp_read_to_end(pair.server), 3000);
	close(pair.server);
	close(listener);
	assert_carried(&pair, 4000, 0);
	assert_true(wait_closed(&pair, FLOW_EGRESS).retrans >= 1);
}

/* A slow reader closes its window. Window probes are not payload. */
static void test_a_closed_window(void **state)
{
	uint16_t port = 0;
	int small = 4096;
	int listener = tcp_listen("127.0.0.1", &port);
	static const char data[300000];
	size_t sent = 0;

	(void)state;
	assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	while (sent < sizeof(data)) {
		ssize_t wrote =
			send(pair.client, data, sizeof(data) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (wrote < 0)
			break;
		sent += (size_t)wrote;
	}
	assert_true(sent > 0);
	assert_true(wait_until(has_probed, &pair.client));
	close(pair.client);
	assert_int_equal(tcp_read_to_end(pair.server), sent);
	close(pair.server);
	close(listener);
	assert_carried(&pair, sent, 0);
}

/* With TCP Fast Open, the SYN itself carries data once the client has its cookie. */
static void test_fast_open(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	int queue = 16;
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)state;
	netns_sysctl("net/ipv4/tcp_fastopen", "3");
	assert_int_equal(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)), 0);
	for (size_t i = 0; i < 2; i++) {
		struct tcp_pair pair = {.client = tcp_socket("127.0.0.1"), .dport = port};
		assert_int_equal(sendto(pair.client, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL,
					(const struct sockaddr *)&to, sizeof(to)),
				 5);
		pair.sport = tcp_local_port(pair.client);
		pair.server = tcp_accept(listener);
		tcp_transfer(pair.server, pair.client, 3);
		close(pair.client);
		assert_int_equal(tcp_read_to_end(pair.server), 5);
		close(pair.server);
		assert_carried(&pair, 5, 3);
		assert_int_equal(
			collector_count(&collector, &(struct flow_match){.netns = netns.inode,
									 .sport = pair.sport,
									 .dport = port}),
			4); /* established, accepted, 2 closed; the attempt has no source port */
	}
	close(listener);
}

static void test_duration(void **state)
{
	const struct timespec pause = {.tv_nsec = 250000000};
	uint64_t began = clock_monotonic_ms();
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");

	(void)state;
	nanosleep(&pause, NULL);
	close(pair.client);
	close(pair.server);
	close(listener);
	struct flow client = wait_closed(&pair, FLOW_EGRESS);
	struct flow server = wait_closed(&pair, FLOW_INGRESS);
	uint64_t most = clock_monotonic_ms() - began + 1;
	assert_in_range(client.duration_ms, 249, most);
	assert_in_range(server.duration_ms, 249, most);
}

/* Each optional member of an event has a value in at least one event of a connection. */
static void test_each_optional_member_has_a_value(void **state)
{
	const struct flow_match of_netns = {.netns = netns.inode};
	const struct flow *flow;
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	uint32_t has = 0;

	(void)state;
	run_ending(&pair, CLIENT_CLOSES, 100000, 100000);
	close(listener);
	wait_closed(&pair, FLOW_EGRESS);
	wait_closed(&pair, FLOW_INGRESS);
	for (size_t nth = 0; (flow = collector_find(&collector, &of_netns, nth)); nth++)
		has |= flow->has;
	/* test_collector_mptcp makes traffic with this member. */
	has |= FLOW_HAS_SUBFLOW_OF;
#define CHECK_MEMBER(type, member, bit, ...)                                                     \
	if (!(has & FLOW_HAS_##bit))                                                             \
		fail_msg("no event of real traffic has '" #member                                \
			 "': fill it in in event_fill (bpf/event.h). If only other traffic has " \
			 "it, make that traffic in this test.");
	FLOW_EVENT_OPTIONAL_MEMBERS(CHECK_MEMBER)
#undef CHECK_MEMBER
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_each_optional_member_has_a_value),
		TEST(test_client_closes),
		TEST(test_server_closes),
		TEST(test_client_resets),
		TEST(test_server_resets),
		TEST(test_half_closed_by_the_client),
		TEST(test_half_closed_by_the_server),
		TEST(test_both_shut_down),
		TEST(test_simultaneous_close),
		TEST(test_closed_with_unread_data),
		TEST(test_retransmissions_do_not_count),
		TEST(test_a_closed_window),
		TEST(test_fast_open),
		TEST(test_duration),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: bytes", tests, collector_fixture_start,
					   collector_fixture_stop);
}
