/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams are counted exactly, per socket and peer, and a flow's direction is that of its first
 * datagram. */
#define _GNU_SOURCE /* sendmmsg, struct mmsghdr */
#include <arpa/inet.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/record/address.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/datagrams.h"
#include "tests/support/netns.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

/* include/uapi/linux/udp.h */
#define UDP_SEGMENT 103
#define UDP_GRO     104

/* Pause between two readings of the counters. */
#define READING_MS 100

static const uint8_t directions[] = {FLOW_EGRESS, FLOW_INGRESS};

static int group_setup(void **state)
{
	const struct ebpf_options options = {.datagrams_ms = READING_MS};

	(void)state;
	return collector_fixture_start_with(&options);
}

/* --- sums of records --- */

struct sums {
	size_t records;
	size_t flows; /* the number of distinct flow ids */
	uint64_t count;
	uint64_t tx_bytes;
	uint64_t rx_bytes;
};

static bool is_first_of_id(const struct collector *from, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (from->records[i].kind == RECORD_FLOW &&
		    from->records[i].flow.event == FLOW_DATAGRAM &&
		    from->records[i].flow.id == from->records[at].flow.id)
			return false;
	}
	return true;
}

/* Sums up the datagram records that match. */
static struct sums sum(const struct collector *from, const struct flow_match *match)
{
	struct sums sums = {0};

	for (size_t i = 0; i < from->count; i++) {
		const struct flow *flow = &from->records[i].flow;
		if (from->records[i].kind != RECORD_FLOW || flow->event != FLOW_DATAGRAM ||
		    flow->netns != netns.inode ||
		    (match->direction && match->direction != flow->direction) ||
		    (match->dport && match->dport != flow->dport) ||
		    (match->sport && match->sport != flow->sport))
			continue;
		assert_int_equal(flow->protocol, FLOW_UDP);
		sums.records++;
		sums.flows += is_first_of_id(from, i);
		sums.count += flow->count;
		sums.tx_bytes += flow->tx_bytes;
		sums.rx_bytes += flow->rx_bytes;
	}
	return sums;
}

/* Waits until the records of the flows that match have `count` datagrams. */
static struct sums wait_sum_of(struct collector *from, const struct flow_match *match,
			       uint64_t count)
{
	uint64_t deadline = wait_deadline_ms();
	struct sums sums;

	do {
		collector_wait_some(from, 100);
		sums = sum(from, match);
	} while (sums.count < count && clock_monotonic_ms() < deadline);
	return sums;
}

/* Expects the totals of the flows of one direction. */
static void assert_sums(uint8_t direction, size_t flows, uint64_t count, uint64_t tx_bytes,
			uint64_t rx_bytes)
{
	const struct flow_match match = {.direction = direction};
	struct sums sums = wait_sum_of(&collector, &match, count);

	if (sums.flows != flows || sums.count != count || sums.tx_bytes != tx_bytes ||
	    sums.rx_bytes != rx_bytes)
		fail_msg("direction %u: %zu flows, %llu datagrams, %llu and %llu bytes instead of "
			 "%zu, %llu, %llu, %llu",
			 direction, sums.flows, (unsigned long long)sums.count,
			 (unsigned long long)sums.tx_bytes, (unsigned long long)sums.rx_bytes,
			 flows, (unsigned long long)count, (unsigned long long)tx_bytes,
			 (unsigned long long)rx_bytes);
}

static struct flow wait_datagrams(uint8_t direction)
{
	return collector_wait(&collector, &(struct flow_match){.event = FLOW_DATAGRAM,
							       .netns = netns.inode,
							       .direction = direction});
}

static void assert_address(const struct flow *flow, const struct flow_address *address,
			   const char *expected)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(flow->family, address, text);
	assert_string_equal(text, expected);
}

/* --- one socket, one peer --- */

/* Sends three requests of 100 bytes, two of which are answered with 40 bytes. */
static void check_exchange(const char *client_address, const char *server_address,
			   const char *shown)
{
	uint16_t port = 0;
	int server = udp_server(server_address, &port);
	int client = udp_client(client_address, port);
	uint16_t client_port = tcp_local_port(client);

	udp_send(client, 3, 100);
	udp_answer(server, 40);
	udp_answer(server, 40);
	udp_receive(client, 2);
	assert_sums(FLOW_EGRESS, 1, 5, 300, 80);
	assert_sums(FLOW_INGRESS, 1, 5, 80, 300);
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		struct flow flow = wait_datagrams(direction);
		assert_int_equal(flow.sport, client_port);
		assert_int_equal(flow.dport, port);
		assert_address(&flow, &flow.src, shown);
		assert_address(&flow, &flow.dst, shown);
		assert_int_equal(flow.pid, getpid());
		assert_string_equal(flow.comm, "test_collector_");
	}
	close(client);
	close(server);
}

static void test_ipv4(void **state)
{
	(void)state;
	check_exchange("127.0.0.1", "127.0.0.1", "127.0.0.1");
}

static void test_ipv6(void **state)
{
	(void)state;
	check_exchange("::1", "::1", "::1");
}

static void test_mapped_ipv4(void **state)
{
	(void)state;
	check_exchange("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1");
}

static void test_mapped_ipv4_server(void **state)
{
	(void)state;
	check_exchange("127.0.0.1", "::", "127.0.0.1");
}

/* Ports do not decide the direction. */
static void test_direction_is_that_of_the_first_datagram(void **state)
{
	uint16_t low = 53;
	uint16_t high = 45000;
	int client = udp_server("127.0.0.1", &low);
	int server = udp_server("127.0.0.1", &high);

	(void)state;
	udp_send_to(client, "127.0.0.1", high, 10);
	udp_answer(server, 20);
	udp_answer(client, 30);
	udp_receive(server, 1);
	assert_sums(FLOW_EGRESS, 1, 3, 40, 20);
	assert_sums(FLOW_INGRESS, 1, 3, 20, 40);
	assert_int_equal(wait_datagrams(FLOW_EGRESS).dport, high);
	assert_int_equal(wait_datagrams(FLOW_INGRESS).dport, high);
	close(client);
	close(server);
}

static void test_empty_datagrams_count(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	(void)state;
	udp_send(client, 4, 0);
	assert_sums(FLOW_EGRESS, 1, 4, 0, 0);
	assert_sums(FLOW_INGRESS, 1, 4, 0, 0);
	close(client);
	close(server);
}

/* The fragments of a datagram are counted as one datagram. */
static void test_fragments(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	(void)state;
	netns_ip("link set lo mtu 1500");
	udp_send(client, 2, 9000);
	udp_receive(server, 2);
	assert_sums(FLOW_EGRESS, 1, 2, 18000, 0);
	assert_sums(FLOW_INGRESS, 1, 2, 0, 18000);
	close(client);
	close(server);
}

static void test_ipv6_extension_headers(void **state)
{
	/* The next header (set by the kernel), 0 for a length of 8 bytes, and a PadN option. */
	static const unsigned char options[8] = {0, 0, 1, 4};
	uint16_t port = 0;
	int server = udp_server("::1", &port);
	int client = udp_client("::1", port);

	(void)state;
	assert_int_equal(setsockopt(client, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof(options)),
			 0);
	udp_send(client, 2, 100);
	udp_receive(server, 2);
	assert_sums(FLOW_EGRESS, 1, 2, 200, 0);
	assert_sums(FLOW_INGRESS, 1, 2, 0, 200);
	close(client);
	close(server);
}

/* If a socket closes before the collector has read its counters, its datagrams are still reported,
 * and its flow ends. */
static void test_closed_at_once(void **state)
{
	uint64_t began = clock_monotonic_ms();
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int clients[20];

	(void)state;
	/* Open all sockets before the first one closes. Otherwise a later socket could get the port
	 * of an earlier one, and the server would see both as one flow. */
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		clients[i] = udp_client("127.0.0.1", port);
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++) {
		udp_send(clients[i], 2, 10);
		close(clients[i]);
	}
	close(server);
	uint64_t most = clock_monotonic_ms() - began + 1;
	assert_sums(FLOW_EGRESS, 20, 40, 400, 0);
	assert_sums(FLOW_INGRESS, 20, 40, 0, 400);
	collector_wait_count(&collector,
			     &(struct flow_match){.event = FLOW_CLOSED, .netns = netns.inode}, 40);
	struct flow closed =
		collector_wait(&collector, &(struct flow_match){.event = FLOW_CLOSED,
								.netns = netns.inode,
								.direction = FLOW_EGRESS});
	assert_int_equal(closed.count, 2);
	assert_int_equal(closed.tx_bytes, 20);
	assert_true(closed.has & FLOW_HAS_DURATION);
	assert_in_range(closed.duration_ms, 0, most);
}

/* --- several datagrams at once --- */

static void check_segments(bool receiver_joins)
{
	uint16_t port = 0;
	int size = 1000;
	int on = receiver_joins;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	assert_int_equal(setsockopt(client, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
	assert_int_equal(setsockopt(server, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)), 0);
	udp_send(client, 3, 4500); /* the kernel splits each send into five datagrams */
	udp_send(client, 1, 700);
	udp_receive(server, receiver_joins ? 4 : 16);
	assert_sums(FLOW_EGRESS, 1, 16, 14200, 0);
	assert_sums(FLOW_INGRESS, 1, 16, 0, 14200);
	close(client);
	close(server);
}

static void test_segments(void **state)
{
	(void)state;
	check_segments(false);
}

static void test_segments_that_the_receiver_joins(void **state)
{
	(void)state;
	check_segments(true);
}

static void test_sendmmsg(void **state)
{
	char data[100] = "";
	struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
	struct mmsghdr messages[50];
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	(void)state;
	for (size_t i = 0; i < 50; i++)
		messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
	assert_int_equal(sendmmsg(client, messages, 50, 0), 50);
	udp_receive(server, 50);
	assert_sums(FLOW_EGRESS, 1, 50, 5000, 0);
	assert_sums(FLOW_INGRESS, 1, 50, 0, 5000);
	close(client);
	close(server);
}

/* --- several peers --- */

static void test_one_socket_with_three_peers(void **state)
{
	uint16_t ports[3] = {0};
	int servers[3];
	int client = udp_socket("127.0.0.1");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		servers[i] = udp_server("127.0.0.1", &ports[i]);
		for (size_t k = 0; k <= i; k++)
			udp_send_to(client, "127.0.0.1", ports[i], 10);
	}
	assert_sums(FLOW_EGRESS, 3, 6, 60, 0);
	assert_sums(FLOW_INGRESS, 3, 6, 0, 60);
	for (size_t i = 0; i < 3; i++) {
		const struct flow_match match = {.direction = FLOW_EGRESS, .dport = ports[i]};
		assert_int_equal(wait_sum_of(&collector, &match, i + 1).count, i + 1);
		close(servers[i]);
	}
	close(client);
}

/* A socket may connect again. */
static void test_connected_to_another_peer(void **state)
{
	uint16_t ports[2] = {0};
	int servers[2] = {udp_server("127.0.0.1", &ports[0]), udp_server("127.0.0.1", &ports[1])};
	int client = udp_client("127.0.0.1", ports[0]);

	(void)state;
	udp_send(client, 1, 10);
	assert_int_equal(tcp_connect_socket(client, "127.0.0.1", ports[1]), 0);
	udp_send(client, 2, 10);
	assert_sums(FLOW_EGRESS, 2, 3, 30, 0);
	assert_int_equal(
		sum(&collector, &(struct flow_match){.direction = FLOW_EGRESS, .dport = ports[1]})
			.count,
		2);
	close(client);
	close(servers[0]);
	close(servers[1]);
}

/* When a server socket has 256 flows, further client ports of one address share one flow. */
static void test_server_with_many_client_ports(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		int client = udp_client("127.0.0.1", port);
		udp_send(client, 1, 10);
		udp_answer(server, 20);
		udp_receive(client, 1);
		close(client);
	}
	assert_sums(FLOW_EGRESS, 300, 600, 3000, 6000);
	assert_sums(FLOW_INGRESS, 257, 600, 6000, 3000);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
	const struct flow *flow = NULL;
	for (size_t i = 0; !flow || flow->has & FLOW_HAS_SPORT; i++) {
		flow = collector_find(&collector,
				      &(struct flow_match){.event = FLOW_DATAGRAM,
							   .netns = netns.inode,
							   .direction = FLOW_INGRESS},
				      i);
		assert_non_null(flow);
	}
	assert_address(flow, &flow->src, "127.0.0.1");
	assert_int_equal(flow->dport, port);
	close(server);
}

static void send_to_addresses(int fd, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct sockaddr_in to = {.sin_family = AF_INET,
					 .sin_port = htons(9),
					 .sin_addr.s_addr = htonl(0x7f010000 + i)};
		assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)),
				 1);
	}
}

/* When a socket has 4,096 flows, all further peers share one flow, which has no peer address. */
static void test_socket_with_too_many_peers(void **state)
{
	uint16_t port = 9;
	int server = udp_server("0.0.0.0", &port);
	int client = udp_socket("127.0.0.1");

	(void)state;
	send_to_addresses(client, 5000);
	assert_sums(FLOW_EGRESS, 4097, 5000, 5000, 0);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
	const struct flow_match match = {
		.event = FLOW_DATAGRAM, .netns = netns.inode, .direction = FLOW_EGRESS};
	const struct flow *flow;
	uint64_t shared = 0;
	/* Several readings of the counters may have a record for the flow. */
	for (size_t i = 0; (flow = collector_find(&collector, &match, i)); i++)
		shared += flow->has & FLOW_HAS_DST ? 0 : flow->count;
	assert_int_equal(shared, 5000 - 4096);
	close(client);
	close(server);
}

/* If the kernel has no room for another flow, the flow's datagrams are counted as lost, and are
 * reported as a flow of the cgroup without addresses. */
static void test_full_map(void **state)
{
	const struct ebpf_options options = {.max_datagram_flows = 16};
	struct collector small;
	uint16_t port = 9;

	(void)state;
	/* On Linux 5.10, sockets that are older than the collector have no namespace. */
	collector_start(&small, &options);
	int server = udp_server("0.0.0.0", &port);
	int client = udp_socket("127.0.0.1");
	send_to_addresses(client, 2000);
	close(client);
	close(server);
	collector_stop(&small);
	struct sums sums = sum(&small, &(struct flow_match){.direction = 0});
	uint64_t unaccounted = 0;
	const struct flow *flow;
	for (size_t i = 0;
	     (flow = collector_find(&small, &(struct flow_match){.event = FLOW_DATAGRAM}, i)); i++)
		unaccounted += flow->unaccounted ? flow->count : 0;
	print_message("# %zu datagrams counted, %zu unaccounted\n", (size_t)sums.count,
		      (size_t)unaccounted);
	assert_true(unaccounted > 0 && unaccounted < 4000);
	assert_int_equal(sums.count + unaccounted, 4000);
	assert_int_equal(unaccounted, small.lost[LOST_KERNEL]);
	/* The losses are those of the cgroup. */
	for (size_t i = 0; i < small.count; i++) {
		if (small.records[i].kind == RECORD_LOST && small.records[i].lost.count > 0)
			assert_true(small.records[i].lost.cgroup_id != 0);
	}
	collector_free(&small);
}

/* 100,000 datagrams of 50 flows are counted exactly. Each reading of the counters makes at most one
 * record for each flow and direction. */
static void test_many_datagrams(void **state)
{
	uint64_t began = clock_monotonic_ms();
	uint16_t ports[50] = {0};
	int servers[50];
	int clients[50];

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		servers[i] = udp_server("127.0.0.1", &ports[i]);
		clients[i] = udp_client("127.0.0.1", ports[i]);
	}
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < 50; i++)
			udp_send(clients[i], 100, 64);
	}
	assert_sums(FLOW_EGRESS, 50, 100000, 6400000, 0);
	assert_sums(FLOW_INGRESS, 50, 100000, 0, 6400000);
	uint64_t readings = (clock_monotonic_ms() - began) / READING_MS + 2;
	assert_true(sum(&collector, &(struct flow_match){.direction = 0}).records <=
		    50 * 2 * readings);
	assert_int_equal(collector.lost[LOST_KERNEL], 0);
	for (size_t i = 0; i < 50; i++) {
		close(servers[i]);
		close(clients[i]);
	}
}

static void test_multicast(void **state)
{
	struct ip_mreq group = {.imr_multiaddr.s_addr = inet_addr("233.252.0.1"),
				.imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
	struct in_addr interface = {.s_addr = htonl(INADDR_LOOPBACK)};
	uint16_t port = 0;
	int server = udp_server("0.0.0.0", &port);
	int client = udp_socket("127.0.0.1");

	(void)state;
	assert_int_equal(setsockopt(server, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)),
			 0);
	assert_int_equal(
		setsockopt(client, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)), 0);
	udp_send_to(client, "233.252.0.1", port, 30);
	udp_receive(server, 1);
	assert_sums(FLOW_EGRESS, 1, 1, 30, 0);
	assert_sums(FLOW_INGRESS, 1, 1, 0, 30);
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		struct flow flow = wait_datagrams(direction);
		assert_address(&flow, &flow.src, "127.0.0.1");
		assert_address(&flow, &flow.dst, "233.252.0.1");
	}
	close(client);
	close(server);
}

/* A raw socket gets copies of other sockets' datagrams. The copies are not counted. */
static void test_raw_sockets_do_not_count(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);
	int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);

	(void)state;
	assert_true(raw >= 0);
	udp_send(client, 5, 10);
	udp_receive(raw, 5);
	assert_sums(FLOW_EGRESS, 1, 5, 50, 0);
	assert_sums(FLOW_INGRESS, 1, 5, 0, 50);
	close(raw);
	close(client);
	close(server);
}

/* Address translation in the socket's namespace changes the packets, not the socket's peer. */
static void test_translated_destination(void **state)
{
	uint16_t port = 0;
	char command[200];
	int server = udp_server("127.0.0.1", &port);

	(void)state;
	netns_ip("address add 192.0.2.1/32 dev lo");
	snprintf(command, sizeof(command),
		 "nft 'add table ip t; add chain ip t o { type nat hook output priority -100; }; "
		 "add rule ip t o ip daddr 198.51.100.10 udp dport 53 dnat to 127.0.0.1:%u'",
		 port);
	assert_int_equal(system(command), 0);
	netns_ip("route add 198.51.100.0/24 dev lo");
	int client = udp_client("198.51.100.10", 53);
	udp_send(client, 2, 10);
	udp_answer(server, 20);
	udp_answer(server, 20);
	udp_receive(client, 2);
	assert_sums(FLOW_EGRESS, 1, 4, 20, 40);
	struct flow flow = wait_datagrams(FLOW_EGRESS);
	assert_address(&flow, &flow.dst, "198.51.100.10");
	assert_int_equal(flow.dport, 53);
	close(client);
	close(server);
}

/* A socket that is not connected sends to a Service: its packets have the backend's address, and
 * the answers come from the Service's. Both belong to one flow. */
static void test_translated_destination_of_unconnected_socket(void **state)
{
	uint16_t port = 0;
	char command[200];
	int server = udp_server("127.0.0.1", &port);
	int client = udp_socket("0.0.0.0");

	(void)state;
	netns_ip("address add 192.0.2.1/32 dev lo");
	snprintf(command, sizeof(command),
		 "nft 'add table ip t; add chain ip t o { type nat hook output priority -100; }; "
		 "add rule ip t o ip daddr 198.51.100.10 udp dport 80 dnat to 127.0.0.1:%u'",
		 port);
	assert_int_equal(system(command), 0);
	netns_ip("route add 198.51.100.0/24 dev lo");
	for (int i = 0; i < 3; i++) {
		udp_send_to(client, "198.51.100.10", 80, 10);
		udp_answer(server, 20);
		udp_receive(client, 1);
	}
	assert_sums(FLOW_EGRESS, 1, 6, 30, 60);
	struct flow flow = wait_datagrams(FLOW_EGRESS);
	assert_address(&flow, &flow.dst, "198.51.100.10");
	assert_int_equal(flow.dport, 80);
	assert_true(flow.has & FLOW_HAS_BACKEND);
	assert_address(&flow, &flow.nat_address, "127.0.0.1");
	assert_int_equal(flow.nat_port, port);
	/* The client's flow has its totals at its end. The only ingress flow is the server's. */
	close(client);
	flow = collector_wait(&collector, &(struct flow_match){.event = FLOW_CLOSED,
							       .netns = netns.inode,
							       .direction = FLOW_EGRESS});
	assert_int_equal(flow.count, 6);
	assert_int_equal(flow.rx_bytes, 60);
	assert_address(&flow, &flow.dst, "198.51.100.10");
	assert_sums(FLOW_INGRESS, 1, 6, 60, 30);
	close(server);
}

/* --- owners --- */

/* A flow belongs to the process that sends, not to the process that created the socket. */
static void test_socket_used_by_a_child(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);
	int status;

	(void)state;
	collector_need_check("UDP senders");
	pid_t child = fork();
	if (child == 0) {
		udp_send(client, 1, 10);
		udp_answer(server, 10);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_sums(FLOW_EGRESS, 1, 2, 10, 10);
	assert_sums(FLOW_INGRESS, 1, 2, 10, 10);
	assert_int_equal(wait_datagrams(FLOW_EGRESS).pid, child);
	assert_int_equal(wait_datagrams(FLOW_INGRESS).pid, child);
	close(client);
	close(server);
}

/* The collector knows the process of a socket that was open before the collector started, even if
 * the socket only receives. */
static void test_open_at_the_start(void **state)
{
	struct collector late;
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);

	(void)state;
	collector_need_check("accepted sockets");
	udp_send(client, 1, 10); /* before the start */
	collector_start(&late, NULL);
	udp_send(client, 3, 10);
	collector_stop(&late);
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		struct flow flow =
			collector_wait(&late, &(struct flow_match){.event = FLOW_DATAGRAM,
								   .netns = netns.inode,
								   .direction = direction});
		assert_int_equal(flow.pid, getpid());
		assert_int_equal(sum(&late, &(struct flow_match){.direction = direction}).count, 3);
	}
	close(client);
	close(server);
	collector_free(&late);
}

/* Datagrams are also counted if the kernel does not let cgroup programs see the sending task. */
static void test_older_kernel(void **state)
{
	const struct ebpf_options options = {.datagrams_ms = 100, .avoid_udp_task = true};
	struct collector older;
	uint16_t port = 0;

	(void)state;
	/* If programs may not read kernel memory, flows have no namespace on such kernels, and
	 * polecat refuses to start. */
	collector_need_check("kernel memory");
	collector_start(&older, &options);
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);
	udp_send(client, 3, 10);
	udp_answer(server, 20);
	udp_receive(client, 1);
	for (size_t i = 0; i < 2; i++) {
		uint8_t direction = directions[i];
		const struct flow_match match = {
			.event = FLOW_DATAGRAM, .netns = netns.inode, .direction = direction};
		struct sums sums = wait_sum_of(&older, &match, 4);
		struct flow flow = collector_wait(&older, &match);
		assert_int_equal(sums.flows, 1);
		assert_int_equal(sums.count, 4);
		assert_int_equal(flow.pid, getpid());
		assert_string_equal(flow.comm, "test_collector_");
	}
	close(client);
	close(server);
	collector_free(&older);
}

/* --- io_uring --- */

struct uring {
	int fd;
	char *rings; /* of submissions and completions */
	size_t size;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
};

/* Returns false if this kernel has no io_uring, or forbids it. */
static bool uring_open(struct uring *uring)
{
	*uring = (struct uring){.fd = -1};
	uring->fd = (int)syscall(SYS_io_uring_setup, 4, &uring->params);
	if (uring->fd < 0)
		return false;
	uring->size =
		uring->params.cq_off.cqes + uring->params.cq_entries * sizeof(struct io_uring_cqe);
	assert_true(uring->params.features & IORING_FEAT_SINGLE_MMAP);
	uring->rings = mmap(NULL, uring->size, PROT_READ | PROT_WRITE, MAP_SHARED, uring->fd,
			    IORING_OFF_SQ_RING);
	assert_true(uring->rings != MAP_FAILED);
	uring->entries = mmap(NULL, 4 * sizeof(*uring->entries), PROT_READ | PROT_WRITE, MAP_SHARED,
			      uring->fd, IORING_OFF_SQES);
	assert_true(uring->entries != MAP_FAILED);
	return true;
}

/* Sends one datagram and waits for the completion. */
static void uring_send(struct uring *uring, int fd, const char *data, unsigned int size)
{
	unsigned int *tail = (unsigned int *)(void *)(uring->rings + uring->params.sq_off.tail);
	unsigned int *array = (unsigned int *)(void *)(uring->rings + uring->params.sq_off.array);
	unsigned int slot = *tail & 3;

	uring->entries[slot] = (struct io_uring_sqe){
		.opcode = IORING_OP_SEND, .fd = fd, .addr = (uint64_t)(uintptr_t)data, .len = size};
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	assert_int_equal(
		syscall(SYS_io_uring_enter, uring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), 1);
}

static void test_io_uring(void **state)
{
	uint16_t port = 0;
	int server = udp_server("127.0.0.1", &port);
	int client = udp_client("127.0.0.1", port);
	struct uring uring;

	(void)state;
	if (!uring_open(&uring)) {
		close(client);
		close(server);
		skip();
	}
	for (size_t i = 0; i < 3; i++)
		uring_send(&uring, client, "0123456789", 10);
	udp_receive(server, 3);
	assert_sums(FLOW_EGRESS, 1, 3, 30, 0);
	assert_sums(FLOW_INGRESS, 1, 3, 0, 30);
	assert_int_equal(wait_datagrams(FLOW_EGRESS).pid, getpid());
	munmap(uring.entries, 4 * sizeof(*uring.entries));
	munmap(uring.rings, uring.size);
	close(uring.fd);
	close(client);
	close(server);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_ipv4),
		TEST(test_ipv6),
		TEST(test_mapped_ipv4),
		TEST(test_mapped_ipv4_server),
		TEST(test_direction_is_that_of_the_first_datagram),
		TEST(test_empty_datagrams_count),
		TEST(test_fragments),
		TEST(test_ipv6_extension_headers),
		TEST(test_closed_at_once),
		TEST(test_segments),
		TEST(test_segments_that_the_receiver_joins),
		TEST(test_sendmmsg),
		TEST(test_one_socket_with_three_peers),
		TEST(test_connected_to_another_peer),
		TEST(test_server_with_many_client_ports),
		TEST(test_socket_with_too_many_peers),
		TEST(test_full_map),
		TEST(test_many_datagrams),
		TEST(test_multicast),
		TEST(test_raw_sockets_do_not_count),
		TEST(test_translated_destination),
		TEST(test_translated_destination_of_unconnected_socket),
		TEST(test_socket_used_by_a_child),
		TEST(test_open_at_the_start),
		TEST(test_older_kernel),
		TEST(test_io_uring),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: UDP", tests, group_setup,
					   collector_fixture_stop);
}
