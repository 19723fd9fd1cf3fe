/* SPDX-License-Identifier: Apache-2.0 */
/* Tests Multipath TCP: a connection with several subflows, and connections that fall back to plain
 * TCP. Client and server are in network namespaces of their own, with two addresses each. */
#define _GNU_SOURCE /* unshare */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SERVER       "192.0.2.10"
#define SERVER_OTHER "192.0.2.11"
#define CLIENT       "192.0.2.1"
#define CLIENT_OTHER "192.0.2.2"
#define PORT         7000

/* The server, in a child process. */
struct server {
	struct process_line line;
	int protocol;    /* of its listening socket */
	bool advertises; /* names its other address to clients */
	uint32_t inode;  /* of its network namespace, which the parent reads from /proc */
	pid_t pid;
};

static int open_socket(int protocol)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
}

static void need_mptcp(void)
{
	int probe = open_socket(IPPROTO_MPTCP);

	if (probe < 0) {
		print_message("# no Multipath TCP: %s\n", strerror(errno));
		print_message("# needs MPTCP\n");
		skip();
	}
	close(probe);
	collector_need_check("kernel memory");
}

/* Accepts one connection, answers each message, and closes after the client. */
static void serve(void *data)
{
	struct server *server = data;
	struct sockaddr_storage at;
	socklen_t length = socket_address("0.0.0.0", PORT, &at);
	char bytes[2000];
	ssize_t got;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	process_notify(&server->line, 1);
	process_listen(&server->line, 1); /* the parent has moved the interface */
	netns_ip("link set lo up");
	netns_ip("addr add " SERVER "/24 dev right");
	netns_ip("addr add " SERVER_OTHER "/24 dev right");
	netns_ip("link set right up");
	if (server->protocol == IPPROTO_MPTCP)
		netns_ip("mptcp limits set subflows 4 add_addr_accepted 0");
	if (server->advertises)
		netns_ip("mptcp endpoint add " SERVER_OTHER " signal");
	int listener = open_socket(server->protocol);
	assert_int_equal(bind(listener, (const struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(listener, 4), 0);
	process_notify(&server->line, 1);
	int accepted = accept(listener, NULL, NULL);
	while ((got = read(accepted, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(accepted, bytes, 50), 50);
	close(accepted);
	close(listener);
}

static void server_start(struct server *server)
{
	char path[64];
	struct stat namespace;

	process_line_open(&server->line);
	netns_ip("link add left type veth peer name right");
	server->pid = process_start(serve, server);
	process_listen(&server->line, 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)server->pid);
	assert_int_equal(stat(path, &namespace), 0);
	server->inode = (uint32_t) namespace.st_ino;
	netns_ip("link set right netns %d", (int)server->pid);
	netns_ip("addr add " CLIENT "/24 dev left");
	netns_ip("addr add " CLIENT_OTHER "/24 dev left");
	netns_ip("link set left up");
	process_notify(&server->line, 0);
	process_listen(&server->line, 0);
}

static void server_end(struct server *server)
{
	process_wait(server->pid);
	process_line_close(&server->line);
}

static int client_connect(int protocol)
{
	int fd = open_socket(protocol);

	tcp_bind(fd, CLIENT, 0);
	assert_int_equal(tcp_connect_socket(fd, SERVER, PORT), 0);
	return fd;
}

/* Sends messages of 1000 bytes, each of which the server answers with 50 bytes. */
static void exchange(int fd, int count)
{
	char bytes[1000] = {0};

	for (int i = 0; i < count; i++) {
		assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
		for (ssize_t got = 0; got < 50;) {
			ssize_t part = read(fd, bytes, 50);
			assert_true(part > 0);
			got += part;
		}
	}
}

static void assert_address(const struct flow_address *address, const char *text)
{
	char found[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, address->bytes, found, sizeof(found));
	assert_string_equal(found, text);
}

/* Returns the nth flow with an event in a namespace, to or from the server's port. */
static struct flow wait_flow(uint8_t event, uint32_t inode, size_t nth)
{
	const struct flow_match match = {.event = event, .netns = inode, .dport = PORT};

	collector_wait_count(&collector, &match, nth + 1);
	return *collector_find(&collector, &match, nth);
}

/* Checks the two subflows of a connection, as one end sees them. `begin` is the event that begins
 * them. */
static void check_end(uint32_t inode, uint8_t begin, pid_t pid, const char *src, const char *dst)
{
	struct flow first = wait_flow(begin, inode, 0);
	struct flow joined = wait_flow(begin, inode, 1);
	uint64_t tx_bytes = 0;
	uint64_t rx_bytes = 0;

	assert_false(first.has & FLOW_HAS_SUBFLOW_OF);
	assert_int_equal(first.subflows, 0);
	assert_address(&first.src, CLIENT);
	assert_address(&first.dst, SERVER);
	assert_true(joined.has & FLOW_HAS_SUBFLOW_OF);
	assert_int_equal(flow_joined_id(&joined), first.id);
	assert_address(&joined.src, src);
	assert_address(&joined.dst, dst);
	assert_int_equal(first.pid, pid);
	assert_int_equal(joined.pid, pid);
	assert_string_equal(joined.comm, first.comm);
	assert_int_equal(joined.cgroup_id, first.cgroup_id);
	for (size_t i = 0; i < 2; i++) {
		struct flow closed = wait_flow(FLOW_CLOSED, inode, i);
		tx_bytes += closed.tx_bytes;
		rx_bytes += closed.rx_bytes;
		if (closed.id == first.id) {
			assert_false(closed.has & FLOW_HAS_SUBFLOW_OF);
			assert_int_equal(closed.subflows, 2);
		} else {
			assert_int_equal(closed.id, joined.id);
			assert_int_equal(flow_joined_id(&closed), first.id);
			assert_int_equal(closed.subflows, 0);
		}
	}
	/* The subflows share the bytes. The kernel may send some of them twice. */
	bool sends = begin == FLOW_ATTEMPT;
	assert_true(tx_bytes >= (sends ? 20000 : 1000));
	assert_true(rx_bytes >= (sends ? 1000 : 20000));
	assert_int_equal(collector_count(&collector, &(struct flow_match){.event = begin,
									  .netns = inode,
									  .dport = PORT}),
			 2);
}

/* The kernel of one end opens a second subflow after the first messages. */
static void run_two_subflows(struct server *server, const char *src, const char *dst)
{
	need_mptcp();
	server_start(server);
	int fd = client_connect(IPPROTO_MPTCP);
	exchange(fd, 10);
	(void)wait_flow(FLOW_ATTEMPT, netns.inode, 1);
	(void)wait_flow(FLOW_ACCEPTED, server->inode, 1);
	exchange(fd, 10);
	close(fd);
	check_end(netns.inode, FLOW_ATTEMPT, getpid(), src, dst);
	check_end(server->inode, FLOW_ACCEPTED, server->pid, src, dst);
	server_end(server);
}

static void test_other_client_address(void **state)
{
	struct server server = {.protocol = IPPROTO_MPTCP};

	(void)state;
	need_mptcp();
	netns_ip("mptcp limits set subflows 4 add_addr_accepted 0");
	netns_ip("mptcp endpoint add " CLIENT_OTHER " subflow");
	run_two_subflows(&server, CLIENT_OTHER, SERVER);
}

static void test_other_server_address(void **state)
{
	struct server server = {.protocol = IPPROTO_MPTCP, .advertises = true};

	(void)state;
	need_mptcp();
	netns_ip("mptcp limits set subflows 4 add_addr_accepted 4");
	run_two_subflows(&server, CLIENT, SERVER_OTHER);
}

/* If one end does not know Multipath TCP, the connection is an ordinary one. */
static void check_fallback(int client, int server_protocol)
{
	struct server server = {.protocol = server_protocol};

	need_mptcp();
	netns_ip("mptcp limits set subflows 4 add_addr_accepted 4");
	netns_ip("mptcp endpoint add " CLIENT_OTHER " subflow");
	server_start(&server);
	int fd = client_connect(client);
	exchange(fd, 20);
	close(fd);
	const uint32_t inodes[] = {netns.inode, server.inode};
	for (size_t end = 0; end < 2; end++) {
		struct flow closed = wait_flow(FLOW_CLOSED, inodes[end], 0);
		assert_false(closed.has & FLOW_HAS_SUBFLOW_OF);
		assert_int_equal(closed.subflows, 0);
		assert_int_equal(closed.rx_bytes, end == 0 ? 1000 : 20000);
		assert_int_equal(closed.pid, end == 0 ? getpid() : server.pid);
	}
	server_end(&server);
	assert_int_equal(collector_count(&collector, &(struct flow_match){.event = FLOW_ATTEMPT,
									  .netns = netns.inode,
									  .dport = PORT}),
			 1);
}

static void test_plain_server(void **state)
{
	(void)state;
	check_fallback(IPPROTO_MPTCP, 0);
}

static void test_plain_client(void **state)
{
	(void)state;
	check_fallback(0, IPPROTO_MPTCP);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_other_client_address),
		TEST(test_other_server_address),
		TEST(test_plain_server),
		TEST(test_plain_client),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: Multipath TCP", tests,
					   collector_fixture_start, collector_fixture_stop);
}
