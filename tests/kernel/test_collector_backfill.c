/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that were open before the start of the collector. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

/* Starts the collector and waits for the end of its backfill. */
static void start(void)
{
	collector_start(&collector, NULL);
	collector_fence(&collector, netns.inode);
}

static struct flow_match match(uint8_t event, uint8_t direction, uint16_t sport, uint16_t dport)
{
	return (struct flow_match){.event = event,
				   .direction = direction,
				   .netns = netns.inode,
				   .sport = sport,
				   .dport = dport};
}

static struct flow wait_flow(uint8_t event, uint8_t direction, const struct tcp_pair *pair)
{
	struct flow_match wanted = match(event, direction, pair->sport, pair->dport);

	return collector_wait(&collector, &wanted);
}

static void assert_address(const struct flow *flow, const char *text)
{
	char got[ADDRESS_TEXT_SIZE];

	address_format(flow->family, &flow->src, got);
	assert_string_equal(got, text);
	address_format(flow->family, &flow->dst, got);
	assert_string_equal(got, text);
}

static void assert_open(const struct flow *flow, uint8_t family, const char *address, uint64_t tx,
			uint64_t rx)
{
	assert_int_equal(flow->family, family);
	assert_address(flow, address);
	assert_int_equal(flow->state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(flow->pid, (uint32_t)getpid());
	assert_string_equal(flow->comm, "test_collector_");
	assert_true(flow->id != 0);
	assert_int_equal(flow->tx_bytes, tx);
	assert_int_equal(flow->rx_bytes, rx);
	/* The time of the handshake is unknown. */
	assert_false(flow->has & (FLOW_HAS_DURATION | FLOW_HAS_LATENCY));
}

/*
 * For each side, expects OPEN with the bytes so far and CLOSED with all bytes, and no other event.
 */
static void check_pair(const char *listen_address, const char *address, uint8_t family,
		       const char *shown, bool listener_closed)
{
	uint16_t port = 0;
	int listener = tcp_listen(listen_address, &port);
	struct tcp_pair pair = tcp_pair(listener, address);

	tcp_transfer(pair.client, pair.server, 1000);
	tcp_transfer(pair.server, pair.client, 30);
	if (listener_closed)
		close(listener);
	start();
	struct flow client = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	struct flow server = wait_flow(FLOW_OPEN, FLOW_INGRESS, &pair);
	assert_open(&client, family, shown, 1000, 30);
	assert_open(&server, family, shown, 30, 1000);
	assert_true(client.id != server.id);

	tcp_transfer(pair.client, pair.server, 5);
	close(pair.client);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	close(pair.server);
	if (!listener_closed)
		close(listener);
	struct flow client_closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, &pair);
	struct flow server_closed = wait_flow(FLOW_CLOSED, FLOW_INGRESS, &pair);
	assert_int_equal(client_closed.id, client.id);
	assert_int_equal(server_closed.id, server.id);
	assert_int_equal(client_closed.tx_bytes, 1005);
	assert_int_equal(client_closed.rx_bytes, 30);
	assert_int_equal(server_closed.tx_bytes, 30);
	assert_int_equal(server_closed.rx_bytes, 1005);
	assert_int_equal(client_closed.pid, (uint32_t)getpid());
	assert_int_equal(server_closed.pid, (uint32_t)getpid());
	assert_false(client_closed.has & FLOW_HAS_DURATION);
	collector_fence(&collector, netns.inode);
	struct flow_match all = match(0, 0, pair.sport, pair.dport);
	assert_int_equal(collector_count(&collector, &all), 4);
}

static void test_ipv4(void **state)
{
	(void)state;
	check_pair("127.0.0.1", "127.0.0.1", 4, "127.0.0.1", false);
}

static void test_ipv6(void **state)
{
	(void)state;
	check_pair("::1", "::1", 6, "::1", false);
}

static void test_mapped(void **state)
{
	(void)state;
	check_pair("::", "::ffff:127.0.0.1", 4, "127.0.0.1", false);
}

/* The accepting side is known even if the listener was closed after one connection. */
static void test_the_listener_is_gone(void **state)
{
	(void)state;
	check_pair("127.0.0.1", "127.0.0.1", 4, "127.0.0.1", true);
}

/* The backfill usually recognises an accepted socket by its backlog: the socket inherits it from
 * its listener, and connecting sockets have none. If the backlog is 0, the backfill looks for a
 * listener with backlog 0 on the socket's local port. */
static void check_no_backlog(const char *listen_address, const char *address)
{
	uint16_t port = 0;
	int listener = tcp_listen(listen_address, &port);

	assert_int_equal(listen(listener, 0), 0);
	struct tcp_pair pair = tcp_pair(listener, address);
	start();
	struct flow client = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	struct flow server = wait_flow(FLOW_OPEN, FLOW_INGRESS, &pair);
	assert_true(client.id != server.id);
	close(pair.client);
	close(pair.server);
	close(listener);
}

static void test_a_listener_without_a_backlog(void **state)
{
	(void)state;
	check_no_backlog("127.0.0.1", "127.0.0.1");
}

static void test_a_listener_on_all_ipv4_addresses(void **state)
{
	(void)state;
	check_no_backlog("0.0.0.0", "127.0.0.1");
}

static void test_a_listener_on_all_ipv6_addresses(void **state)
{
	(void)state;
	check_no_backlog("::", "::1");
}

static void test_a_listener_on_all_addresses(void **state)
{
	(void)state;
	check_no_backlog("::", "127.0.0.1");
}

/* A listener on the client's port, but at another address, does not make the client a server. */
static void test_a_listener_on_the_clients_port(void **state)
{
	uint16_t port = 0;
	uint16_t same = 4201;
	int listener = tcp_listen("127.0.0.1", &port);
	int other = tcp_listen("127.0.0.2", &same);
	struct tcp_pair pair = {.client = tcp_socket("127.0.0.1"), .sport = 4201, .dport = port};

	(void)state;
	tcp_bind(pair.client, "127.0.0.3", 4201);
	assert_int_equal(tcp_connect_socket(pair.client, "127.0.0.1", port), 0);
	pair.server = tcp_accept(listener);
	start();
	struct flow client = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	struct flow server = wait_flow(FLOW_OPEN, FLOW_INGRESS, &pair);
	assert_true(client.id != server.id);
	close(pair.client);
	close(pair.server);
	close(other);
	close(listener);
}

struct side {
	struct process_line line;
	uint16_t port;
};

static void old_server(void *data)
{
	struct side *side = data;

	prctl(PR_SET_NAME, "old server");
	int listener = tcp_listen("127.0.0.1", &side->port);
	process_notify(&side->line, 1);
	int fd = tcp_accept(listener);
	process_notify(&side->line, 1);
	process_listen(&side->line, 1);
	assert_int_equal(tcp_read_to_end(fd), 12);
}

static void old_client(void *data)
{
	struct side *side = data;

	prctl(PR_SET_NAME, "old client");
	int fd = tcp_connect("127.0.0.1", side->port);
	process_listen(&side->line, 1);
	assert_int_equal(send(fd, "hello, world", 12, MSG_NOSIGNAL), 12);
}

/* For each side of a connection, the events OPEN and CLOSED name the process that has its
 * socket. */
static void test_processes(void **state)
{
	struct side server = {.port = 4202};
	struct side client = {.port = 4202};
	struct tcp_pair pair = {.dport = 4202};

	(void)state;
	process_line_open(&server.line);
	process_line_open(&client.line);
	pid_t server_pid = process_start(old_server, &server);
	process_listen(&server.line, 0);
	pid_t client_pid = process_start(old_client, &client);
	process_listen(&server.line, 0);
	start();
	struct flow client_open = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	struct flow server_open = wait_flow(FLOW_OPEN, FLOW_INGRESS, &pair);
	process_notify(&client.line, 0);
	process_notify(&server.line, 0);
	process_wait(client_pid);
	process_wait(server_pid);
	process_line_close(&client.line);
	process_line_close(&server.line);
	struct flow client_closed = wait_flow(FLOW_CLOSED, FLOW_EGRESS, &pair);
	struct flow server_closed = wait_flow(FLOW_CLOSED, FLOW_INGRESS, &pair);
	assert_int_equal(client_open.pid, (uint32_t)client_pid);
	assert_int_equal(server_open.pid, (uint32_t)server_pid);
	assert_int_equal(client_closed.pid, (uint32_t)client_pid);
	assert_int_equal(server_closed.pid, (uint32_t)server_pid);
	assert_string_equal(client_open.comm, "old client");
	assert_string_equal(server_open.comm, "old server");
	assert_int_equal(client_closed.tx_bytes, 12);
	assert_int_equal(server_closed.rx_bytes, 12);
}

static void hold(void *data)
{
	process_listen(data, 1);
}

/* If a fork shares a socket with its parent, the connection is reported once. */
static void test_a_shared_socket_is_reported_once(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	struct process_line line;
	struct flow_match open = match(FLOW_OPEN, 0, pair.sport, port);

	(void)state;
	process_line_open(&line);
	pid_t child = process_start(hold, &line);
	start();
	assert_int_equal(collector_count(&collector, &open), 2);
	process_notify(&line, 0);
	process_wait(child);
	process_line_close(&line);
	close(pair.client);
	close(pair.server);
	close(listener);
}

/* A connection is in the accept queue when the collector starts. When it closes later, the
 * collector reports its bytes and the listener's process. */
static void test_not_accepted_yet(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = {.client = tcp_connect("127.0.0.1", port), .dport = port};

	(void)state;
	pair.sport = tcp_local_port(pair.client);
	start();
	pair.server = tcp_accept(listener);
	tcp_transfer(pair.client, pair.server, 77);
	close(pair.server);
	close(pair.client);
	close(listener);
	struct flow server = wait_flow(FLOW_CLOSED, FLOW_INGRESS, &pair);
	struct flow client = wait_flow(FLOW_CLOSED, FLOW_EGRESS, &pair);
	assert_int_equal(server.pid, (uint32_t)getpid());
	assert_int_equal(server.rx_bytes, 77);
	assert_int_equal(client.tx_bytes, 77);
	assert_true(server.id != 0 && server.id != client.id);
}

/* A connection that a listener of Multipath TCP accepts has an owner. Since Go 1.24, every TCP
 * listener of a Go program uses Multipath TCP. */
static void test_a_listener_of_multipath_tcp(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	(void)state;
	if (listener < 0) {
		print_message("# no Multipath TCP: %s\n", strerror(errno));
		print_message("# needs MPTCP\n");
		skip();
	}
	assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 16), 0);
	struct tcp_pair before = tcp_pair(listener, "127.0.0.1");
	start();
	struct tcp_pair after = tcp_pair(listener, "127.0.0.1");
	struct flow open = wait_flow(FLOW_OPEN, FLOW_INGRESS, &before);
	struct flow accepted = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS, &after);
	assert_int_equal(open.pid, (uint32_t)getpid());
	assert_int_equal(accepted.pid, (uint32_t)getpid());
	assert_int_equal(accepted.uid, 0);
	assert_string_equal(accepted.comm, "test_collector_");
	close(after.client);
	close(after.server);
	close(before.client);
	close(before.server);
	close(listener);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_INGRESS, &after).pid, (uint32_t)getpid());
}

/* An unanswered attempt that began before the collector is reported, and ends like any other
 * attempt. */
static void test_a_hanging_attempt(void **state)
{
	int fd = tcp_socket("127.0.0.1");

	(void)state;
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i tcp dport 4203 drop'"),
		0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", 4203), -EINPROGRESS);
	struct tcp_pair pair = {.sport = tcp_local_port(fd), .dport = 4203};
	start();
	struct flow open = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	assert_int_equal(open.state, FLOW_STATE_SYN_SENT);
	assert_int_equal(open.pid, (uint32_t)getpid());
	close(fd);
	struct flow failed = wait_flow(FLOW_FAILED, FLOW_EGRESS, &pair);
	assert_int_equal(failed.id, open.id);
	assert_int_equal(failed.error, 0);
}

/* A half-closed connection is reported as open, in the state FIN_WAIT2 or CLOSE_WAIT. */
static void test_half_closed(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");

	(void)state;
	tcp_transfer(pair.client, pair.server, 50);
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	start();
	struct flow client = wait_flow(FLOW_OPEN, FLOW_EGRESS, &pair);
	struct flow server = wait_flow(FLOW_OPEN, FLOW_INGRESS, &pair);
	assert_int_equal(client.state, FLOW_STATE_FIN_WAIT2);
	assert_int_equal(server.state, FLOW_STATE_CLOSE_WAIT);
	assert_int_equal(server.rx_bytes, 50);
	assert_int_equal(client.tx_bytes, 50);
	close(pair.server);
	close(pair.client);
	close(listener);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_INGRESS, &pair).rx_bytes, 50);
}

/* Open connections are sampled only while their counters change. */
static void check_samples(bool avoid_map_iterators)
{
	const struct ebpf_options options = {.sample_ms = 20,
					     .avoid_map_iterators = avoid_map_iterators};
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");
	struct flow_match open = match(FLOW_OPEN, FLOW_EGRESS, pair.sport, port);
	struct flow sample = {0};

	collector_start(&collector, &options);
	struct flow first = collector_wait(&collector, &open);
	/* The first sample has no interval. */
	collector_wait_count(&collector, &open, 2);
	tcp_transfer(pair.client, pair.server, 123);
	for (size_t nth = 1; sample.tx_bytes < 123; nth++) {
		collector_wait_count(&collector, &open, nth + 1);
		sample = *collector_find(&collector, &open, nth);
	}
	assert_int_equal(sample.tx_bytes, 123);
	assert_int_equal(sample.id, first.id);
	/* On a busy machine, the interval between two samples may be shorter than sample_ms, so do
	 * not check its length. */
	assert_true(sample.has & FLOW_HAS_INTERVAL);
	collector_fence(&collector, netns.inode);
	size_t settled = collector_count(&collector, &open);
	usleep(200000);
	collector_fence(&collector, netns.inode);
	assert_true(collector_count(&collector, &open) <= settled + 1);
	close(pair.client);
	close(pair.server);
	close(listener);
}

static void test_samples(void **state)
{
	(void)state;
	check_samples(false);
}

static void test_samples_through_files(void **state)
{
	(void)state;
	check_samples(true);
}

int main(void)
{
#define TEST(test)                                                           \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter_alone, \
					collector_fixture_leave_alone)
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),
		TEST(test_ipv6),
		TEST(test_mapped),
		TEST(test_the_listener_is_gone),
		TEST(test_a_listener_on_the_clients_port),
		TEST(test_a_listener_without_a_backlog),
		TEST(test_a_listener_on_all_ipv4_addresses),
		TEST(test_a_listener_on_all_ipv6_addresses),
		TEST(test_a_listener_on_all_addresses),
		TEST(test_processes),
		TEST(test_a_shared_socket_is_reported_once),
		TEST(test_not_accepted_yet),
		TEST(test_a_listener_of_multipath_tcp),
		TEST(test_a_hanging_attempt),
		TEST(test_half_closed),
		TEST(test_samples),
		TEST(test_samples_through_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: backfill", tests, NULL, NULL);
}
