/* SPDX-License-Identifier: Apache-2.0 */
/* Each SCTP association is one flow at each of its ends, whatever its addresses and its kind of
 * sockets are. Runs no case on a kernel without SCTP; `make test-kernels` runs all. */
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
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/record/address.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sctp_sockets.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

#define PORT SCTP_SOCKETS_PORT
/* The option SCTP_AUTH_CHUNK of include/uapi/linux/sctp.h, and types of chunks (RFC 9260, 3.2). */
#define SCTP_OPTION_AUTH_CHUNK 21
#define SCTP_TYPE_DATA         0
#define SCTP_TYPE_SACK         3
#define SCTP_TYPE_SHUTDOWN     7
#define SCTP_TYPE_COOKIE_ECHO  10
#define SCTP_TYPE_COOKIE_ACK   11
/* Pause between two readings of the counters. */
#define READING_MS 100

static const uint8_t directions[] = {FLOW_EGRESS, FLOW_INGRESS};
static const struct ebpf_options options = {.sample_ms = READING_MS, .datagrams_ms = READING_MS};

static int group_setup(void **state)
{
	(void)state;
	return collector_fixture_start_with(&options);
}

/* --- flows --- */

static struct flow_match matching(uint8_t event, uint8_t direction)
{
	return (struct flow_match){
		.event = event, .direction = direction, .dport = PORT, .netns = netns.inode};
}

static struct flow wait_flow(uint8_t event, uint8_t direction)
{
	const struct flow_match match = matching(event, direction);
	struct flow flow = collector_wait(&collector, &match);

	assert_int_equal(flow.protocol, FLOW_SCTP);
	return flow;
}

static size_t count_flows(uint8_t event, uint8_t direction)
{
	const struct flow_match match = matching(event, direction);

	return collector_count(&collector, &match);
}

static void assert_ends(const struct flow *flow, const char *src, const char *dst)
{
	char text[ADDRESS_TEXT_SIZE];

	assert_int_equal(flow->dport, PORT);
	address_format(flow->family, &flow->src, text);
	assert_string_equal(text, src);
	address_format(flow->family, &flow->dst, text);
	assert_string_equal(text, dst);
}

static void assert_owner(const struct flow *flow)
{
	assert_true(flow->has & FLOW_HAS_PID);
	assert_int_equal(flow->pid, getpid());
	assert_string_equal(flow->comm, "test_collector_");
	assert_true(flow->has & FLOW_HAS_CGROUP);
}

/* Expects each event of both ends once, with one id at each end. */
static void assert_whole_lives(void)
{
	uint64_t client = wait_flow(FLOW_CLOSED, FLOW_EGRESS).id;
	uint64_t server = wait_flow(FLOW_CLOSED, FLOW_INGRESS).id;

	collector_fence(&collector, netns.inode);
	assert_int_not_equal(client, server);
	assert_int_equal(wait_flow(FLOW_ATTEMPT, FLOW_EGRESS).id, client);
	assert_int_equal(wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS).id, client);
	assert_int_equal(wait_flow(FLOW_ACCEPTED, FLOW_INGRESS).id, server);
	assert_int_equal(count_flows(FLOW_ATTEMPT, 0), 1);
	assert_int_equal(count_flows(FLOW_ESTABLISHED, 0), 1);
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 1);
	assert_int_equal(count_flows(FLOW_CLOSED, 0), 2);
	assert_int_equal(count_flows(FLOW_FAILED, 0), 0);
	for (size_t i = 0; i < collector.count; i++) {
		const struct flow *flow = &collector.records[i].flow;
		if (collector.records[i].kind == RECORD_FLOW && flow->netns == netns.inode &&
		    flow->protocol == FLOW_SCTP)
			assert_true(flow->id == client || flow->id == server);
	}
}

/* --- one association --- */

static void check_exchange(struct sctp_pair pair, const char *address)
{
	for (size_t i = 0; i < 3; i++)
		sctp_transfer(pair.client, pair.server, 100);
	sctp_transfer(pair.server, pair.client, 40);
	sctp_close(&pair);
	assert_whole_lives();
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		bool egress = direction == FLOW_EGRESS;
		struct flow flow = wait_flow(FLOW_CLOSED, direction);
		assert_ends(&flow, address, address);
		assert_owner(&flow);
		assert_int_equal(flow.end, FLOW_END_FIN);
		assert_int_equal(flow.fin_by, egress ? FLOW_FIN_BY_SELF : FLOW_FIN_BY_PEER);
		assert_int_equal(flow.owner, egress ? 0 : FLOW_OWNER_LISTENER);
		assert_true((egress ? flow.tx_bytes : flow.rx_bytes) >= 300);
		assert_true((egress ? flow.rx_bytes : flow.tx_bytes) >= 40);
		assert_true(flow.count >= 8);
		assert_true(flow.has & FLOW_HAS_DURATION);
	}
	assert_true(wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS).has & FLOW_HAS_LATENCY);
}

static void test_ipv4(void **state)
{
	(void)state;
	check_exchange(sctp_pair("127.0.0.1"), "127.0.0.1");
}

static void test_ipv6(void **state)
{
	(void)state;
	check_exchange(sctp_pair("::1"), "::1");
}

/* Both ends name all their addresses, and send HEARTBEATs between them. */
static void test_several_addresses(void **state)
{
	(void)state;
	netns_ip("addr add 192.0.2.1/32 dev lo");
	netns_ip("addr add 192.0.2.2/32 dev lo");
	netns_ip("addr add 192.0.2.3/32 dev lo");
	check_exchange(sctp_pair("192.0.2.1"), "192.0.2.1");
}

/* Asks the peer to authenticate chunks (RFC 4895). It then sends an AUTH chunk before them. */
static void want_authentication(int fd)
{
	static const uint8_t types[] = {SCTP_TYPE_DATA, SCTP_TYPE_SACK, SCTP_TYPE_SHUTDOWN,
					SCTP_TYPE_COOKIE_ECHO, SCTP_TYPE_COOKIE_ACK};

	for (size_t i = 0; i < sizeof(types); i++)
		assert_int_equal(setsockopt(fd, IPPROTO_SCTP, SCTP_OPTION_AUTH_CHUNK, &types[i], 1),
				 0);
}

static void test_authenticated_chunks(void **state)
{
	struct sctp_pair pair;

	(void)state;
	netns_sysctl("net/sctp/auth_enable", "1");
	pair.listener = sctp_socket("127.0.0.1", SOCK_STREAM);
	pair.client = sctp_socket("127.0.0.1", SOCK_STREAM);
	want_authentication(pair.listener);
	want_authentication(pair.client);
	sctp_listen_on(pair.listener, "127.0.0.1");
	sctp_pair_connect(&pair, "127.0.0.1");
	check_exchange(pair, "127.0.0.1");
}

static void test_two_associations_of_one_server(void **state)
{
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	int second = sctp_socket("127.0.0.1", SOCK_STREAM);
	char byte;

	(void)state;
	assert_int_equal(sctp_connect(second, "127.0.0.1", PORT), 0);
	int server = accept(pair.listener, NULL, NULL);
	sctp_transfer(second, server, 10);
	close(second);
	assert_int_equal(recv(server, &byte, 1, 0), 0);
	close(server);
	sctp_close(&pair);
	struct flow_match closed = matching(FLOW_CLOSED, 0);
	collector_wait_count(&collector, &closed, 4);
	assert_int_equal(count_flows(FLOW_ATTEMPT, 0), 2);
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 2);
}

static void test_one_to_many(void **state)
{
	int server = sctp_listen("127.0.0.1", SOCK_SEQPACKET);
	int client = sctp_socket("127.0.0.1", SOCK_SEQPACKET);
	struct sockaddr_storage at;
	socklen_t length = socket_address("127.0.0.1", PORT, &at);
	char bytes[100] = {0};

	(void)state;
	assert_int_equal(sendto(client, bytes, 100, 0, (struct sockaddr *)&at, length), 100);
	length = sizeof(at);
	assert_int_equal(recvfrom(server, bytes, 100, 0, (struct sockaddr *)&at, &length), 100);
	assert_int_equal(sendto(server, bytes, 50, 0, (struct sockaddr *)&at, length), 50);
	assert_int_equal(recv(client, bytes, 100, 0), 50);
	close(client);
	assert_whole_lives();
	close(server);
}

/* --- ends --- */

static void test_refused(void **state)
{
	int fd = sctp_socket("127.0.0.1", SOCK_STREAM);

	(void)state;
	assert_int_equal(sctp_connect(fd, "127.0.0.1", PORT), -ECONNREFUSED);
	close(fd);
	struct flow flow = wait_flow(FLOW_FAILED, FLOW_EGRESS);
	assert_int_equal(flow.error, ECONNREFUSED);
	assert_int_equal(flow.id, wait_flow(FLOW_ATTEMPT, FLOW_EGRESS).id);
	assert_ends(&flow, "127.0.0.1", "127.0.0.1");
	assert_owner(&flow);
	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(0, FLOW_INGRESS), 0);
	assert_int_equal(count_flows(FLOW_FAILED, 0), 1);
}

static void test_reset(void **state)
{
	const struct linger linger = {.l_onoff = 1};
	struct sctp_pair pair = sctp_pair("127.0.0.1");

	(void)state;
	assert_int_equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
			 0);
	close(pair.client);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_EGRESS).end, FLOW_END_RESET);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_INGRESS).end, FLOW_END_RESET_BY_PEER);
	close(pair.server);
	close(pair.listener);
	assert_whole_lives();
}

static void test_server_closes_first(void **state)
{
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	char byte;

	(void)state;
	close(pair.server);
	assert_int_equal(recv(pair.client, &byte, 1, 0), 0);
	close(pair.client);
	close(pair.listener);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_EGRESS).fin_by, FLOW_FIN_BY_PEER);
	assert_int_equal(wait_flow(FLOW_CLOSED, FLOW_INGRESS).fin_by, FLOW_FIN_BY_SELF);
}

/* Nobody answers, and the process closes the socket at once. */
static void test_gives_up(void **state)
{
	(void)state;
	netns_ip("link add left type veth peer name right");
	netns_ip("addr add 192.0.2.1/24 dev left");
	netns_ip("link set left up");
	netns_ip("link set right up");
	netns_ip("neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev left");
	int fd = sctp_socket("192.0.2.9", SOCK_STREAM | SOCK_NONBLOCK);
	assert_int_equal(sctp_connect(fd, "192.0.2.9", PORT), -EINPROGRESS);
	struct flow attempt = wait_flow(FLOW_ATTEMPT, FLOW_EGRESS);
	assert_ends(&attempt, "192.0.2.1", "192.0.2.9");
	close(fd);
	struct flow flow = wait_flow(FLOW_FAILED, FLOW_EGRESS);
	assert_int_equal(flow.id, attempt.id);
}

/* --- while it is open --- */

static void test_counters_of_an_open_association(void **state)
{
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	uint64_t deadline = wait_deadline_ms();
	struct flow_match match = matching(FLOW_OPEN, FLOW_EGRESS);
	const struct flow *flow = NULL;

	(void)state;
	sctp_transfer(pair.client, pair.server, 1000);
	do {
		collector_wait_some(&collector, READING_MS);
		size_t count = collector_count(&collector, &match);
		flow = count ? collector_find(&collector, &match, count - 1) : NULL;
	} while ((!flow || flow->tx_bytes < 1000) && clock_monotonic_ms() < deadline);
	assert_non_null(flow);
	assert_true(flow->tx_bytes >= 1000);
	assert_true(flow->has & FLOW_HAS_COUNT);
	assert_int_equal(flow->protocol, FLOW_SCTP);
	sctp_close(&pair);
	assert_whole_lives();
}

/* An association from before the start is found with its next packet. The ports that listened at
 * the start show which end accepted it. */
static void test_open_before_the_start(void **state)
{
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	struct collector late;

	(void)state;
	collector_need_check("accepted sockets");
	collector_start(&late, &options);
	sctp_transfer(pair.client, pair.server, 100);
	sctp_close(&pair);
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		const struct flow_match open = matching(FLOW_OPEN, direction);
		const struct flow_match closed = matching(FLOW_CLOSED, direction);
		struct flow flow = collector_wait(&late, &open);
		assert_int_equal(flow.protocol, FLOW_SCTP);
		assert_ends(&flow, "127.0.0.1", "127.0.0.1");
		assert_owner(&flow);
		assert_false(flow.has & FLOW_HAS_DURATION);
		assert_int_equal(collector_wait(&late, &closed).id, flow.id);
	}
	collector_free(&late);
}

int main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		CASE(test_ipv4),
		CASE(test_ipv6),
		CASE(test_several_addresses),
		CASE(test_authenticated_chunks),
		CASE(test_two_associations_of_one_server),
		CASE(test_one_to_many),
		CASE(test_refused),
		CASE(test_reset),
		CASE(test_server_closes_first),
		CASE(test_gives_up),
		CASE(test_counters_of_an_open_association),
		CASE(test_open_before_the_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	if (!sctp_sockets_work())
		return 0;
	return cmocka_run_group_tests_name("collector: SCTP", tests, group_setup,
					   collector_fixture_stop);
}
