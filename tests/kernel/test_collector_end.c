/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the reported end of established connections, at the client and at the server, and
 * half-closed connections. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/sockets.h"

static uint16_t port;
static int listener;
static struct tcp_pair pair;

static int group_setup(void **state)
{
	static const struct ebpf_options options = {.sample_ms = 100};

	(void)state;
	return collector_fixture_start_with(&options);
}

static int setup(void **state)
{
	collector_fixture_enter(state);
	port = 0;
	listener = tcp_listen("127.0.0.1", &port);
	pair = tcp_pair(listener, "127.0.0.1");
	return 0;
}

static int teardown(void **state)
{
	close(listener);
	return collector_fixture_leave(state);
}

/* Checks the end that is reported for one side of the connection. */
static void assert_end(uint8_t direction, uint8_t end, uint8_t fin_by)
{
	struct flow closed = collector_wait(&collector, &(struct flow_match){.event = FLOW_CLOSED,
									     .netns = netns.inode,
									     .direction = direction,
									     .sport = pair.sport,
									     .dport = port});

	assert_int_equal(closed.end, end);
	assert_int_equal(closed.fin_by, fin_by);
}

static void test_client_closes_first(void **state)
{
	(void)state;
	tcp_transfer(pair.client, pair.server, 7);
	close(pair.client);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	close(pair.server);
	assert_end(FLOW_EGRESS, FLOW_END_FIN, FLOW_FIN_BY_SELF);
	assert_end(FLOW_INGRESS, FLOW_END_FIN, FLOW_FIN_BY_PEER);
}

static void test_server_closes_first(void **state)
{
	(void)state;
	close(pair.server);
	assert_int_equal(tcp_read_to_end(pair.client), 0);
	close(pair.client);
	assert_end(FLOW_INGRESS, FLOW_END_FIN, FLOW_FIN_BY_SELF);
	assert_end(FLOW_EGRESS, FLOW_END_FIN, FLOW_FIN_BY_PEER);
}

static void test_reset(void **state)
{
	(void)state;
	tcp_reset(pair.client);
	assert_end(FLOW_EGRESS, FLOW_END_RESET, 0);
	assert_end(FLOW_INGRESS, FLOW_END_RESET_BY_PEER, 0);
	close(pair.server);
}

/* A close with unread data sends an RST. */
static void test_unread_data(void **state)
{
	char byte = 'x';

	(void)state;
	assert_int_equal(write(pair.client, &byte, 1), 1);
	assert_int_equal(recv(pair.server, &byte, 1, MSG_PEEK), 1);
	close(pair.server);
	assert_end(FLOW_INGRESS, FLOW_END_RESET, 0);
	assert_end(FLOW_EGRESS, FLOW_END_RESET_BY_PEER, 0);
	close(pair.client);
}

/* The client has closed its direction and still reads. Then the server resets the connection. */
static void test_reset_while_half_closed(void **state)
{
	(void)state;
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	tcp_reset(pair.server);
	assert_end(FLOW_EGRESS, FLOW_END_RESET_BY_PEER, 0);
	assert_end(FLOW_INGRESS, FLOW_END_RESET, 0);
	close(pair.client);
}

static void test_killed(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command),
		 "ss -tK sport = :%u dport = :%u 2>/dev/null | grep -q :%u", pair.sport, port,
		 port);
	if (system(command) != 0) {
		print_message("# this kernel cannot destroy sockets (INET_DIAG_DESTROY)\n");
	} else {
		assert_end(FLOW_EGRESS, FLOW_END_KILLED, 0);
		assert_end(FLOW_INGRESS, FLOW_END_RESET_BY_PEER, 0);
	}
	close(pair.client);
	close(pair.server);
}

static void test_timed_out(void **state)
{
	unsigned int timeout_ms = 300;

	(void)state;
	assert_int_equal(setsockopt(pair.client, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
				    sizeof(timeout_ms)),
			 0);
	assert_int_equal(system("nft 'add table inet t; add chain inet t i { type filter hook "
				"input priority 0; }; add rule inet t i tcp dport != 9 drop'"),
			 0);
	assert_int_equal(write(pair.client, "x", 1), 1);
	assert_end(FLOW_EGRESS, FLOW_END_TIMEOUT, 0);
	assert_int_equal(system("nft delete table inet t"), 0);
	close(pair.client);
	close(pair.server);
}

/* Waits for a sample with a state. */
static void wait_state(uint8_t direction, uint8_t tcp_state)
{
	const struct flow_match samples = {.event = FLOW_OPEN,
					   .netns = netns.inode,
					   .direction = direction,
					   .sport = pair.sport,
					   .dport = port};

	for (size_t count = 1; count <= 10; count++) {
		collector_wait_count(&collector, &samples, count);
		if (collector_find(&collector, &samples, count - 1)->state == tcp_state)
			return;
	}
	fail_msg("no sample has the state %u", tcp_state);
}

/* The server has read the end of the stream and does not close: CLOSE_WAIT. */
static void test_half_closed(void **state)
{
	(void)state;
	wait_state(FLOW_INGRESS, FLOW_STATE_ESTABLISHED);
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(tcp_read_to_end(pair.server), 0);
	wait_state(FLOW_INGRESS, FLOW_STATE_CLOSE_WAIT);
	wait_state(FLOW_EGRESS, FLOW_STATE_FIN_WAIT2);
	close(pair.server);
	close(pair.client);
	assert_end(FLOW_EGRESS, FLOW_END_FIN, FLOW_FIN_BY_SELF);
	assert_end(FLOW_INGRESS, FLOW_END_FIN, FLOW_FIN_BY_PEER);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_client_closes_first),
		TEST(test_server_closes_first),
		TEST(test_reset),
		TEST(test_unread_data),
		TEST(test_reset_while_half_closed),
		TEST(test_killed),
		TEST(test_timed_out),
		TEST(test_half_closed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: end", tests, group_setup,
					   collector_fixture_stop);
}
