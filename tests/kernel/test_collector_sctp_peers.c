/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP peers that send forged or malformed packets, or very many. They must not change the flows of
 * other associations, nor take the room of these. Runs no case on a kernel without SCTP; `make
 * test-kernels` runs all. */
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

#include "core/base/array.h"
#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/sctp_sockets.h"
#include "tests/support/sctp_wire.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

#define PORT SCTP_SOCKETS_PORT
/* The port of a client that is not a socket of the kernel. */
#define FAKE_PORT 20000
/* Pause between two readings of the counters. */
#define READING_MS 100
/* The room for associations. One cgroup, such as that of this process, may use half of it. */
#define ROOM       32
#define SMALL_ROOM 16

static void start(size_t room)
{
	const struct ebpf_options options = {
		.sample_ms = READING_MS, .datagrams_ms = READING_MS, .max_associations = room};

	collector_start(&collector, &options);
}

static struct flow_match matching(uint8_t event, uint8_t direction)
{
	return (struct flow_match){.event = event, .direction = direction, .netns = netns.inode};
}

static struct flow wait_flow(uint8_t event, uint8_t direction)
{
	const struct flow_match match = matching(event, direction);

	return collector_wait(&collector, &match);
}

static size_t count_flows(uint8_t event, uint8_t direction)
{
	const struct flow_match match = matching(event, direction);

	return collector_count(&collector, &match);
}

/* Expects that a new association between two sockets is followed at both ends, and nothing was
 * lost. */
static void assert_room(int listener)
{
	struct sctp_pair pair = {.listener = listener,
				 .client = sctp_socket("127.0.0.1", SOCK_STREAM)};

	sctp_pair_connect(&pair, "127.0.0.1");
	sctp_transfer(pair.client, pair.server, 100);
	sctp_close(&pair);
	uint64_t client = wait_flow(FLOW_ESTABLISHED, FLOW_EGRESS).id;
	uint64_t server = wait_flow(FLOW_ACCEPTED, FLOW_INGRESS).id;
	const struct flow_match ends[] = {{.event = FLOW_CLOSED, .id = client},
					  {.event = FLOW_CLOSED, .id = server}};
	assert_true(collector_wait(&collector, &ends[0]).tx_bytes >= 100);
	assert_true(collector_wait(&collector, &ends[1]).rx_bytes >= 100);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
}

/* Makes the address 192.0.2.9, which nothing answers for. */
static void make_silent_peer(void)
{
	netns_ip("link add left type veth peer name right");
	netns_ip("addr add 192.0.2.1/24 dev left");
	netns_ip("link set left up");
	netns_ip("link set right up");
	netns_ip("neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev left");
}

/* --- sockets --- */

/* A raw socket gets copies of the packets of other sockets. An INIT that it sends begins no
 * association. */
static void test_raw_socket(void **state)
{
	struct sctp_wire init = {.type = WIRE_INIT, .sport = FAKE_PORT, .dport = PORT};
	int raw = sctp_wire_open();

	(void)state;
	start(ROOM);
	sctp_wire_set_init(&init, 7777, NULL);
	sctp_wire_send(raw, &init);
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	for (size_t i = 0; i < 5; i++)
		sctp_transfer(pair.client, pair.server, 1000);
	sctp_close(&pair);
	struct flow client = wait_flow(FLOW_CLOSED, FLOW_EGRESS);
	struct flow server = wait_flow(FLOW_CLOSED, FLOW_INGRESS);
	assert_int_equal(count_flows(FLOW_ATTEMPT, 0), 1);
	assert_true(server.rx_bytes >= 5000);
	assert_true(server.rx_bytes < client.tx_bytes);
	assert_true(server.count < client.count);
	close(raw);
}

/* --- clients --- */

/* Sends an INIT from a port without a socket, and returns the INIT ACK of the server. */
static struct sctp_wire fake_init(int raw, uint16_t port, uint32_t tag)
{
	struct sctp_wire init = {.type = WIRE_INIT, .sport = port, .dport = PORT};

	sctp_wire_set_init(&init, tag, NULL);
	sctp_wire_send(raw, &init);
	return sctp_wire_wait(raw, WIRE_INIT_ACK, PORT, port);
}

/* The kernel refuses the cookie, so there is no association. */
static void test_forged_cookies(void **state)
{
	int raw = sctp_wire_open();

	(void)state;
	start(ROOM);
	int listener = sctp_listen("127.0.0.1", SOCK_STREAM);
	for (uint16_t i = 0; i < 2 * ROOM; i++) {
		uint16_t port = (uint16_t)(FAKE_PORT + i);
		struct sctp_wire answer = fake_init(raw, port, 7777);
		struct sctp_wire echo = {.type = WIRE_COOKIE_ECHO,
					 .sport = port,
					 .dport = PORT,
					 .tag = sctp_wire_init_tag(&answer)};
		sctp_wire_copy_cookie(&answer, &echo);
		echo.body[0] ^= 1;
		sctp_wire_send(raw, &echo);
	}
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 0);
	assert_room(listener);
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 1);
	close(raw);
}

/* Opens an association with the server, and aborts it. The server does accept it. */
static void fake_association(int raw, int listener)
{
	struct sctp_wire answer = fake_init(raw, FAKE_PORT, 7777);
	struct sctp_wire packet = {.type = WIRE_COOKIE_ECHO,
				   .sport = FAKE_PORT,
				   .dport = PORT,
				   .tag = sctp_wire_init_tag(&answer)};

	sctp_wire_copy_cookie(&answer, &packet);
	sctp_wire_send(raw, &packet);
	(void)sctp_wire_wait(raw, WIRE_COOKIE_ACK, PORT, FAKE_PORT);
	packet.type = WIRE_ABORT;
	packet.size = 0;
	sctp_wire_send(raw, &packet);
	int server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	close(server);
}

/* A client may choose the tag of an association that has just ended. */
static void test_same_tag_again(void **state)
{
	const struct flow_match accepted = matching(FLOW_ACCEPTED, FLOW_INGRESS);
	const struct flow_match closed = matching(FLOW_CLOSED, FLOW_INGRESS);
	int raw = sctp_wire_open();

	(void)state;
	start(ROOM);
	int listener = sctp_listen("127.0.0.1", SOCK_STREAM);
	fake_association(raw, listener);
	fake_association(raw, listener);
	collector_wait_count(&collector, &closed, 2);
	assert_int_equal(collector_count(&collector, &accepted), 2);
	assert_int_not_equal(collector_find(&collector, &accepted, 0)->id,
			     collector_find(&collector, &accepted, 1)->id);
	assert_int_equal(collector_find(&collector, &closed, 0)->end, FLOW_END_RESET_BY_PEER);
	close(listener);
	close(raw);
}

/* --- servers --- */

/* Waits until the flow of a client has sent this number of bytes. */
static void wait_sent(uint64_t id, uint64_t bytes)
{
	uint64_t deadline = wait_deadline_ms();
	const struct flow_match open = {.event = FLOW_OPEN, .id = id};
	uint64_t sent = 0;

	while (sent < bytes && clock_monotonic_ms() < deadline) {
		collector_wait_some(&collector, READING_MS);
		size_t count = collector_count(&collector, &open);
		sent = count ? collector_find(&collector, &open, count - 1)->tx_bytes : 0;
	}
	assert_true(sent >= bytes);
}

/* Begins an attempt to connect to the silent peer. Sets `answer` to an INIT ACK without a body.
 * Returns the flow's id. */
static uint64_t begin_attempt(int client, int tap, struct sctp_wire *answer)
{
	(void)sctp_connect(client, "192.0.2.9", PORT);
	struct sctp_wire init = sctp_wire_wait(tap, WIRE_INIT, 0, PORT);
	*answer = (struct sctp_wire){.type = WIRE_INIT_ACK,
				     .from = "192.0.2.9",
				     .to = "192.0.2.1",
				     .sport = PORT,
				     .dport = init.sport,
				     .tag = sctp_wire_init_tag(&init)};
	return wait_flow(FLOW_ATTEMPT, FLOW_EGRESS).id;
}

/* This server sends INIT ACKs, each with a new tag. The kernel uses the first one, and so does
 * polecat. */
static void test_changing_tags(void **state)
{
	struct sockaddr_storage at;
	socklen_t length = socket_address("192.0.2.9", PORT, &at);
	char bytes[1000] = {0};

	(void)state;
	make_silent_peer();
	start(SMALL_ROOM);
	int tap = sctp_wire_tap("right");
	int raw = sctp_wire_open();
	int client = sctp_socket("192.0.2.9", SOCK_SEQPACKET | SOCK_NONBLOCK);
	struct sctp_wire answer;
	uint64_t id = begin_attempt(client, tap, &answer);
	for (uint32_t i = 1; i <= 200; i++) {
		sctp_wire_set_init(&answer, i, "a cookie");
		sctp_wire_send(raw, &answer);
	}
	assert_int_equal(sctp_wire_wait(tap, WIRE_COOKIE_ECHO, answer.dport, PORT).tag, 1);
	assert_room(sctp_listen("127.0.0.1", SOCK_STREAM));
	answer.type = WIRE_COOKIE_ACK;
	answer.size = 0;
	sctp_wire_send(raw, &answer);
	const struct flow_match established = {.event = FLOW_ESTABLISHED, .id = id};
	(void)collector_wait(&collector, &established);
	assert_int_equal(sendto(client, bytes, sizeof(bytes), 0, (struct sockaddr *)&at, length),
			 sizeof(bytes));
	wait_sent(id, sizeof(bytes));
	close(client);
	close(raw);
	close(tap);
}

/* If an INIT ACK is not the only chunk of its packet, the kernel answers it with an ABORT that has
 * its tag. */
static void check_bundled_answer(uint8_t bundle)
{
	struct sctp_wire answer;

	make_silent_peer();
	start(SMALL_ROOM);
	int tap = sctp_wire_tap("right");
	int raw = sctp_wire_open();
	int client = sctp_socket("192.0.2.9", SOCK_SEQPACKET | SOCK_NONBLOCK);
	uint64_t id = begin_attempt(client, tap, &answer);
	answer.bundle = bundle;
	sctp_wire_set_init(&answer, 1000, "a cookie");
	sctp_wire_send(raw, &answer);
	assert_int_equal(sctp_wire_wait(tap, WIRE_ABORT, answer.dport, PORT).tag, 1000);
	const struct flow_match failed = {.event = FLOW_FAILED, .id = id};
	/* An attempt whose end was not seen would have ETIMEDOUT. */
	assert_int_equal(collector_wait(&collector, &failed).error, 0);
	close(client);
	close(raw);
	close(tap);
}

static void test_chunk_after_answer(void **state)
{
	(void)state;
	check_bundled_answer(WIRE_BEFORE_ACK);
}

static void test_auth_before_answer(void **state)
{
	(void)state;
	check_bundled_answer(WIRE_AFTER_AUTH);
}

/* --- packets that the kernel discards --- */

/* Returns a packet from the client of a pair to its server. `raw` was open when the pair
 * connected. */
static struct sctp_wire fake_packet(int raw, uint8_t type)
{
	struct sctp_wire packet = sctp_wire_wait(raw, WIRE_COOKIE_ECHO, 0, PORT);

	packet.type = type;
	packet.flags = 0;
	packet.size = 0;
	return packet;
}

/* A SHUTDOWN COMPLETE that answers nothing. */
static void test_forged_shutdown_complete(void **state)
{
	int raw = sctp_wire_open();

	(void)state;
	start(ROOM);
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	struct sctp_wire packet = fake_packet(raw, WIRE_SHUTDOWN_COMPLETE);
	sctp_wire_send(raw, &packet);
	sctp_transfer(pair.client, pair.server, 100);
	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(FLOW_CLOSED, 0), 0);
	sctp_close(&pair);
	assert_true(wait_flow(FLOW_CLOSED, FLOW_EGRESS).tx_bytes >= 100);
	assert_true(wait_flow(FLOW_CLOSED, FLOW_INGRESS).rx_bytes >= 100);
	close(raw);
}

/* Returns the id of an open flow of the server other than `former`, or 0. */
static uint64_t find_other(uint64_t former)
{
	const struct flow_match open = matching(FLOW_OPEN, FLOW_INGRESS);
	const struct flow *flow;

	for (size_t i = 0; (flow = collector_find(&collector, &open, i)); i++) {
		if (flow->id != former)
			return flow->id;
	}
	return 0;
}

/* An ABORT with an error cause that is longer than the chunk. The association lives on, so it gets
 * a new flow. */
static void test_discarded_abort(void **state)
{
	uint64_t deadline = wait_deadline_ms();
	int raw = sctp_wire_open();
	uint64_t id = 0;

	(void)state;
	start(ROOM);
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	struct sctp_wire packet = fake_packet(raw, WIRE_ABORT);
	packet.size = 4;
	packet.body[3] = 200;
	sctp_wire_send(raw, &packet);
	struct flow ended = wait_flow(FLOW_CLOSED, FLOW_INGRESS);
	assert_int_equal(ended.end, FLOW_END_RESET_BY_PEER);
	while (!id && clock_monotonic_ms() < deadline) {
		sctp_transfer(pair.client, pair.server, 100);
		collector_wait_some(&collector, READING_MS);
		id = find_other(ended.id);
	}
	assert_int_not_equal(id, 0);
	sctp_close(&pair);
	const struct flow_match closed = {.event = FLOW_CLOSED, .id = id};
	struct flow flow = collector_wait(&collector, &closed);
	assert_int_equal(flow.end, FLOW_END_FIN);
	assert_int_equal(flow.pid, getpid());
	close(raw);
}

/* Forged tags for an association from before the start, whose tags polecat does not know. */
static void test_forged_tags(void **state)
{
	int raw = sctp_wire_open();
	struct sctp_pair pair = sctp_pair("127.0.0.1");

	(void)state;
	collector_need_check("accepted sockets");
	start(SMALL_ROOM);
	struct sctp_wire packet = fake_packet(raw, WIRE_DATA);
	uint32_t tag = packet.tag;
	sctp_transfer(pair.client, pair.server, 100);
	packet.size = 16;
	for (uint32_t i = 1; i <= 200; i++) {
		packet.tag = tag + i;
		sctp_wire_send(raw, &packet);
	}
	assert_room(pair.listener);
	close(pair.client);
	close(pair.server);
	close(raw);
}

/* Forged packets for an association that polecat knows do not start another one. */
static void test_forged_data(void **state)
{
	int raw = sctp_wire_open();

	(void)state;
	start(ROOM);
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	struct sctp_wire packet = fake_packet(raw, WIRE_DATA);
	packet.size = 16;
	packet.dport = packet.sport;
	packet.sport = PORT;
	sctp_wire_send(raw, &packet);
	sctp_transfer(pair.client, pair.server, 100);
	sctp_close(&pair);
	uint64_t ids[] = {wait_flow(FLOW_CLOSED, FLOW_EGRESS).id,
			  wait_flow(FLOW_CLOSED, FLOW_INGRESS).id};
	for (size_t i = 0; i < collector.count; i++) {
		const struct flow *flow = &collector.records[i].flow;
		if (collector.records[i].kind == RECORD_FLOW && flow->netns == netns.inode)
			assert_true(flow->id == ids[0] || flow->id == ids[1]);
	}
	close(raw);
}

/* --- too many --- */

/* Begins an attempt for each of `count` ports of the silent peer. */
static void begin_attempts(int fd, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		struct sockaddr_storage at;
		socklen_t length = socket_address("192.0.2.9", (uint16_t)(1000 + i), &at);
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, length), 1);
	}
}

/* Returns the number of attempts between the beginning and the end of a listing; 0: there was
 * none. */
static size_t count_listed(void)
{
	size_t listed = 0;
	bool listing = false;

	for (size_t i = 0; i < collector.count; i++) {
		const struct record *record = &collector.records[i];
		if (record->kind == RECORD_LOST && record->lost.listing == LOST_LISTING_BEGIN) {
			listing = true;
			listed = 0;
		}
		if (record->kind == RECORD_LOST && record->lost.listing == LOST_LISTING_END &&
		    listing)
			return listed;
		listed += record->kind == RECORD_FLOW && record->flow.event == FLOW_OPEN &&
			  record->flow.state == FLOW_STATE_SYN_SENT &&
			  record->flow.netns == netns.inode;
	}
	return 0;
}

/* Attempts beyond a cgroup's share count as lost, each of them once, even if it sends several
 * INITs. The listing after the loss has the others. */
static void test_too_many_attempts(void **state)
{
	uint64_t deadline = wait_deadline_ms();
	const struct flow_match attempts = matching(FLOW_ATTEMPT, FLOW_EGRESS);

	(void)state;
	make_silent_peer();
	netns_sysctl("net/sctp/rto_min", "200");
	netns_sysctl("net/sctp/rto_initial", "200");
	start(SMALL_ROOM);
	int tap = sctp_wire_tap("right");
	int fd = sctp_socket("192.0.2.9", SOCK_SEQPACKET | SOCK_NONBLOCK);
	begin_attempts(fd, 20);
	for (size_t i = 0; i < 60; i++)
		(void)sctp_wire_wait(tap, WIRE_INIT, 0, 0);
	collector_wait_count(&collector, &attempts, SMALL_ROOM / 2);
	while (!count_listed() && clock_monotonic_ms() < deadline)
		collector_wait_some(&collector, READING_MS);
	assert_int_equal(count_listed(), SMALL_ROOM / 2);
	/* The listing does not repeat the attempts. */
	assert_int_equal(count_flows(FLOW_ATTEMPT, FLOW_EGRESS), SMALL_ROOM / 2);
	assert_int_equal(collector.lost[LOST_KERNEL], 20 - SMALL_ROOM / 2);
	/* The end of the attempts makes room for others. */
	close(fd);
	const struct flow_match failed = matching(FLOW_FAILED, FLOW_EGRESS);
	collector_wait_count(&collector, &failed, SMALL_ROOM / 2);
	collector.lost[LOST_KERNEL] = 0;
	assert_room(sctp_listen("127.0.0.1", SOCK_STREAM));
	close(tap);
}

/* Each association without room counts as lost once, even if it has several packets. */
static void test_lost_once(void **state)
{
	const struct flow_match attempts = matching(FLOW_ATTEMPT, FLOW_EGRESS);

	(void)state;
	start(2); /* only the first client has room */
	struct sctp_pair pair = sctp_pair("127.0.0.1");
	struct sctp_pair other = {.listener = pair.listener,
				  .client = sctp_socket("127.0.0.1", SOCK_STREAM)};
	sctp_pair_connect(&other, "127.0.0.1");
	for (size_t i = 0; i < 10; i++) {
		sctp_transfer(pair.client, pair.server, 100);
		sctp_transfer(other.client, other.server, 100);
		sctp_transfer(other.server, other.client, 100);
	}
	collector_fence(&collector, netns.inode);
	collector_stop(&collector);
	assert_int_equal(collector_count(&collector, &attempts), 2); /* and that of the fence */
	assert_int_equal(count_flows(FLOW_ACCEPTED, 0), 0);
	assert_int_equal(collector.lost[LOST_KERNEL], 3);
	close(other.client);
	close(other.server);
	sctp_close(&pair);
}

/* A socket that has several attempts when its process closes it. */
static void test_attempts_of_one_socket(void **state)
{
	const struct flow_match failed = matching(FLOW_FAILED, FLOW_EGRESS);

	(void)state;
	make_silent_peer();
	start(ROOM);
	int fd = sctp_socket("192.0.2.9", SOCK_SEQPACKET | SOCK_NONBLOCK);
	begin_attempts(fd, 5);
	close(fd);
	collector_wait_count(&collector, &failed, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct flow *flow = collector_find(&collector, &failed, i);
		assert_int_equal(flow->error, 0);
		assert_int_equal(flow->protocol, FLOW_SCTP);
	}
	assert_int_equal(count_flows(FLOW_ATTEMPT, 0), 5);
}

/* Many sockets with an attempt close between two readings. Each attempt ends, and nothing is lost.
 */
static void test_many_closed_sockets(void **state)
{
	enum { MANY = 1500 };
	const struct ebpf_options options = {.datagrams_ms = 600000};

	(void)state;
	make_silent_peer();
	collector_start(&collector, &options);
	for (size_t i = 0; i < MANY; i++) {
		int fd = sctp_socket("192.0.2.9", SOCK_SEQPACKET | SOCK_NONBLOCK);
		begin_attempts(fd, 1);
		close(fd);
	}
	collector_stop(&collector);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
	assert_int_equal(count_flows(FLOW_ATTEMPT, 0), MANY);
	assert_int_equal(count_flows(FLOW_FAILED, 0), MANY);
}

int main(void)
{
#define CASE(test)                                                           \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter_alone, \
					collector_fixture_leave_alone)
	const struct CMUnitTest tests[] = {
		CASE(test_raw_socket),
		CASE(test_forged_cookies),
		CASE(test_same_tag_again),
		CASE(test_changing_tags),
		CASE(test_chunk_after_answer),
		CASE(test_auth_before_answer),
		CASE(test_forged_shutdown_complete),
		CASE(test_discarded_abort),
		CASE(test_forged_tags),
		CASE(test_forged_data),
		CASE(test_too_many_attempts),
		CASE(test_lost_once),
		CASE(test_attempts_of_one_socket),
		CASE(test_many_closed_sockets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	if (!sctp_sockets_work())
		return 0;
	return cmocka_run_group_tests_name("collector: SCTP peers", tests, NULL, NULL);
}
