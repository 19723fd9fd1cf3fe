/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the owner of accepted connections. The owner is the process that uses the connection, even
 * if another process listens, or if data arrive before the handshake ends (TCP Fast Open). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"

#define FAST_OPEN_PORT 4301
#define SHARED_PORT    4302

static struct flow wait_server_flow(uint8_t event, uint16_t port)
{
	return collector_wait(&collector, &(struct flow_match){.event = event,
							       .netns = netns.inode,
							       .direction = FLOW_INGRESS,
							       .dport = port});
}

static void assert_process(const struct flow *flow, pid_t pid, const char *comm, uint8_t owner)
{
	assert_int_equal(flow->pid, (uint32_t)pid);
	assert_string_equal(flow->comm, comm);
	assert_int_equal(flow->owner, owner);
}

static void assert_owner(const struct flow *flow, pid_t pid, const char *comm)
{
	assert_process(flow, pid, comm, FLOW_OWNER_SELF);
}

/* Checks the flow of a connection whose owner the collector cannot see. The flow then names the
 * process that listens, and its `owner` is FLOW_OWNER_LISTENER. */
static void assert_listener(const struct flow *flow, pid_t pid, const char *comm)
{
	assert_process(flow, pid, comm, FLOW_OWNER_LISTENER);
}

#define OWN_NAME "test_collector_"

struct server {
	struct process_line line;
	int socket; /* the listener, or the accepted connection */
	uint16_t port;
	const char *address;
	const char *name;
	bool reads; /* the child reads; false: it writes */
};

static void serve_one(void *data)
{
	struct server *server = data;
	char text[2];

	prctl(PR_SET_NAME, "child");
	if (server->reads)
		assert_int_equal(recv(server->socket, text, 2, MSG_WAITALL), 2);
	else
		assert_int_equal(send(server->socket, "hi", 2, MSG_NOSIGNAL), 2);
	process_notify(&server->line, 1);
	process_listen(&server->line, 1);
}

/* A server accepts a connection and forks a child to serve it. The child uses the connection
 * first, so the child owns the connection. The collector sees this first use through `hook`. */
static void check_child(bool reads, const char *hook)
{
	struct server server = {.reads = reads};
	int listener = tcp_listen("127.0.0.1", &server.port);
	int client = tcp_connect("127.0.0.1", server.port);
	struct flow open = {0};

	server.socket = tcp_accept(listener);
	process_line_open(&server.line);
	pid_t child = process_start(serve_one, &server);
	close(server.socket);
	if (reads)
		assert_int_equal(send(client, "hi", 2, MSG_NOSIGNAL), 2);
	process_listen(&server.line, 0);
	if (collector_has(&collector, hook))
		open = wait_server_flow(FLOW_OPEN, server.port);
	process_notify(&server.line, 0);
	process_wait(child);
	process_line_close(&server.line);
	close(client);
	close(listener);
	struct flow closed = wait_server_flow(FLOW_CLOSED, server.port);
	if (collector_has(&collector, hook)) {
		assert_owner(&open, child, "child");
		assert_owner(&closed, child, "child");
	} else {
		assert_listener(&closed, getpid(), OWN_NAME);
	}
}

static void test_a_child_that_writes(void **state)
{
	(void)state;
	check_child(false, collector_has(&collector, COLLECTOR_HOOK_WRITE) ? COLLECTOR_HOOK_WRITE
									   : COLLECTOR_HOOK_SEND);
}

static void test_a_child_that_reads(void **state)
{
	(void)state;
	check_child(true, COLLECTOR_HOOK_READ);
}

/* A process that listens, accepts a connection and reads from it is the owner of the connection.
 * The collector does not report the owner again. */
static void test_the_same_process(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	struct tcp_pair pair = tcp_pair(listener, "127.0.0.1");

	(void)state;
	tcp_transfer(pair.client, pair.server, 10);
	close(pair.client);
	close(pair.server);
	close(listener);
	struct flow closed = wait_server_flow(FLOW_CLOSED, port);
	if (collector_has(&collector, COLLECTOR_HOOK_READ))
		assert_owner(&closed, getpid(), OWN_NAME);
	else
		assert_listener(&closed, getpid(), OWN_NAME);
	assert_int_equal(collector_count(&collector, &(struct flow_match){.event = FLOW_OPEN,
									  .netns = netns.inode,
									  .dport = port}),
			 0);
}

static void listen_and_change(void *data)
{
	struct server *server = data;

	prctl(PR_SET_NAME, "activator");
	int listener = tcp_listen("127.0.0.1", &server->port);
	prctl(PR_SET_NAME, "program");
	process_notify(&server->line, 1);
	close(tcp_accept(listener));
}

/* A program that takes the place of the one that listened, in the same process. */
static void test_another_program_in_the_process(void **state)
{
	struct server server = {.port = SHARED_PORT};

	(void)state;
	process_line_open(&server.line);
	pid_t pid = process_start(listen_and_change, &server);
	process_listen(&server.line, 0);
	int client = tcp_connect("127.0.0.1", SHARED_PORT);
	process_wait(pid);
	close(client);
	process_line_close(&server.line);
	struct flow closed = wait_server_flow(FLOW_CLOSED, SHARED_PORT);
	if (collector_has(&collector, COLLECTOR_HOOK_ACCEPT))
		assert_owner(&closed, pid, "program");
	else
		assert_listener(&closed, pid, "activator");
}

/* --- two listeners on one port --- */

static void serve_multipath(void *data)
{
	struct server *server = data;
	struct sockaddr_storage at;
	socklen_t length = socket_address(server->address, SHARED_PORT, &at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	prctl(PR_SET_NAME, server->name);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(listener, 16), 0);
	process_notify(&server->line, 1);
	process_listen(&server->line, 1);
}

static struct flow find_accepted(const struct collector *late, const char *address)
{
	const struct flow_match match = {.event = FLOW_ACCEPTED,
					 .direction = FLOW_INGRESS,
					 .netns = netns.inode,
					 .dport = SHARED_PORT};
	const struct flow *flow;

	for (size_t i = 0; (flow = collector_find(late, &match, i)) != NULL; i++) {
		char text[INET_ADDRSTRLEN];
		inet_ntop(AF_INET, flow->dst.bytes, text, sizeof(text));
		if (strcmp(text, address) == 0)
			return *flow;
	}
	fail_msg("no connection to %s", address);
	return (struct flow){0};
}

/* Before the collector started, two processes listened with Multipath TCP on the same port of
 * different addresses. Each connection belongs to the process that listens on its address. */
static void test_two_listeners_on_one_port(void **state)
{
	struct server servers[] = {{.address = "127.0.0.2", .name = "first"},
				   {.address = "127.0.0.3", .name = "second"}};
	struct collector late;
	pid_t pids[2];
	int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	(void)state;
	if (probe < 0) {
		print_message("# no Multipath TCP: %s\n", strerror(errno));
		print_message("# needs MPTCP\n");
		skip();
	}
	close(probe);
	for (size_t i = 0; i < 2; i++) {
		process_line_open(&servers[i].line);
		pids[i] = process_start(serve_multipath, &servers[i]);
		process_listen(&servers[i].line, 0);
	}
	collector_start(&late, NULL);
	collector_fence(&late, netns.inode);
	for (size_t i = 0; i < 2; i++)
		close(tcp_connect(servers[i].address, SHARED_PORT));
	collector_fence(&late, netns.inode);
	for (size_t i = 0; i < 2; i++) {
		struct flow accepted = find_accepted(&late, servers[i].address);
		assert_int_equal(accepted.pid, (uint32_t)pids[i]);
		assert_string_equal(accepted.comm, servers[i].name);
		process_notify(&servers[i].line, 0);
		process_wait(pids[i]);
		process_line_close(&servers[i].line);
	}
	collector_free(&late);
}

/* --- Fast Open --- */

/* Opens a listener for Fast Open without cookies. */
static int listen_fast(void)
{
	uint16_t port = FAST_OPEN_PORT;
	int queue = 16;

	netns_sysctl("net/ipv4/tcp_fastopen", "519"); /* 0x207: client, server, no cookies */
	int listener = tcp_listen("127.0.0.1", &port);
	assert_int_equal(setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)), 0);
	return listener;
}

/* Drops the client's segments that have none of the flags FIN, SYN and RST, so that its ACKs do not
 * complete the handshake. */
static void drop_acknowledgments(void)
{
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i tcp dport 4301 tcp flags & "
		       "(fin|syn|rst) == 0 drop'"),
		0);
}

static void serve_fast(void *data)
{
	struct server *server = data;
	char text[100];

	prctl(PR_SET_NAME, "fast");
	int fd = tcp_accept(server->socket);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 100);
	assert_int_equal(send(fd, text, 20, MSG_NOSIGNAL), 20);
	process_notify(&server->line, 1);
	process_listen(&server->line, 1);
	close(fd);
}

/* Sends 100 bytes with the SYN. */
static int connect_fast(void)
{
	static const char text[100];
	struct sockaddr_storage to;
	socklen_t length = socket_address("127.0.0.1", FAST_OPEN_PORT, &to);
	int fd = tcp_socket("127.0.0.1");

	assert_int_equal(sendto(fd, text, sizeof(text), MSG_FASTOPEN | MSG_NOSIGNAL,
				(const struct sockaddr *)&to, length),
			 100);
	return fd;
}

static void check_fast_open(bool reset)
{
	struct server server = {.socket = listen_fast()};
	uint64_t began = clock_monotonic_ms();

	drop_acknowledgments();
	process_line_open(&server.line);
	pid_t pid = process_start(serve_fast, &server);
	int client = connect_fast();
	process_listen(&server.line, 0);
	usleep(60000);
	if (reset)
		tcp_reset(client);
	process_notify(&server.line, 0);
	process_wait(pid);
	if (!reset)
		close(client);
	close(server.socket);
	process_line_close(&server.line);
	struct flow closed = wait_server_flow(FLOW_CLOSED, FAST_OPEN_PORT);
	uint64_t most = clock_monotonic_ms() - began + 1;
	struct flow accepted = wait_server_flow(FLOW_ACCEPTED, FAST_OPEN_PORT);
	assert_int_equal(accepted.state, FLOW_STATE_SYN_RECV);
	if (collector_has(&collector, COLLECTOR_HOOK_READ)) {
		assert_owner(&accepted, pid, "fast");
		assert_owner(&closed, pid, "fast");
		assert_true(closed.has & FLOW_HAS_DURATION);
		assert_in_range(closed.duration_ms, 50, most);
	} else {
		/* Only the end is seen. */
		assert_listener(&accepted, getpid(), OWN_NAME);
		assert_listener(&closed, getpid(), OWN_NAME);
		assert_false(closed.has & FLOW_HAS_DURATION);
	}
	assert_int_equal(closed.id, accepted.id);
	assert_int_equal(closed.rx_bytes, 100);
	assert_int_equal(closed.end, reset ? FLOW_END_RESET_BY_PEER : FLOW_END_FIN);
	collector_fence(&collector, netns.inode);
	struct flow_match all = {
		.netns = netns.inode, .direction = FLOW_INGRESS, .dport = FAST_OPEN_PORT};
	size_t count = collector_count(&collector, &all);
	/* On a slow machine, the server sends its SYN again, and the filter drops the answer. */
	all.event = FLOW_DROPPED;
	assert_int_equal(count - collector_count(&collector, &all), 2);
}

/* The client's ACKs are lost, so the handshake stays incomplete. The process reads and answers
 * nevertheless. */
static void test_fast_open_with_a_late_acknowledgment(void **state)
{
	(void)state;
	check_fast_open(false);
}

static void test_fast_open_that_is_reset(void **state)
{
	(void)state;
	check_fast_open(true);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_a_child_that_writes),
		TEST(test_a_child_that_reads),
		TEST(test_the_same_process),
		TEST(test_another_program_in_the_process),
		TEST(test_two_listeners_on_one_port),
		TEST(test_fast_open_with_a_late_acknowledgment),
		TEST(test_fast_open_that_is_reset),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: acceptor", tests, collector_fixture_start,
					   collector_fixture_stop);
}
