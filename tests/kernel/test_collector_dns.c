/* SPDX-License-Identifier: Apache-2.0 */
/* The collector reads the DNS messages of sockets: answers, failures, and queries without an
 * answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
#include "core/record/record.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/dns_wire.h"
#include "tests/support/netns.h"
#include "tests/support/wait_limit.h"

enum { A = 1, AAAA = 28 };

static struct dns_wire wire;
static int server;
static int client;

static int setup(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};

	collector_fixture_enter(state);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(server, (const struct sockaddr *)&to, sizeof(to)) ||
	    connect(client, (const struct sockaddr *)&to, sizeof(to)))
		return -1;
	return 0;
}

static int teardown(void **state)
{
	close(server);
	close(client);
	return collector_fixture_leave(state);
}

static void ask(uint16_t id, const char *name, unsigned int type)
{
	dns_wire_begin(&wire, id, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, name, type);
	dns_wire_edns(&wire, 4096);
	assert_int_equal(send(client, wire.bytes, wire.length, 0), (ssize_t)wire.length);
}

/* The client of the last query. */
static struct sockaddr_in asker;

/* Sends the message in `wire` to the client of the last query. */
static void answer_again(void)
{
	assert_int_equal(sendto(server, wire.bytes, wire.length, 0, (const struct sockaddr *)&asker,
				sizeof(asker)),
			 (ssize_t)wire.length);
}

/* Sends the message in `wire` as the answer to the query that came. */
static void answer(void)
{
	socklen_t size = sizeof(asker);
	char query[512];

	assert_true(recvfrom(server, query, sizeof(query), 0, (struct sockaddr *)&asker, &size) >
		    0);
	answer_again();
}

/* Waits for the record of a look-up. */
static const struct dns_record *wait_lookup(const char *name)
{
	uint64_t deadline = wait_deadline_ms();

	do {
		collector_wait_some(&collector, 100);
		for (size_t i = 0; i < collector.count; i++) {
			const struct record *record = &collector.records[i];
			if (record->kind == RECORD_DNS && record->dns->netns == netns.inode &&
			    strcmp(record->dns->name, name) == 0)
				return record->dns;
		}
	} while (clock_monotonic_ms() < deadline);
	fail_msg("no record of %s", name);
	return NULL;
}

static void test_an_answer_is_read(void **state)
{
	(void)state;
	ask(1, "WWW.example", A);
	dns_wire_begin(&wire, 1, DNS_WIRE_ANSWER(0), 1, 2);
	dns_wire_question(&wire, "WWW.example", A);
	dns_wire_alias(&wire, "WWW.example", 300, "b.example");
	dns_wire_address(&wire, "b.example", 30, "192.0.2.7");
	answer();
	const struct dns_record *dns = wait_lookup("www.example");
	assert_string_equal(dns->type, "A");
	assert_string_equal(dns->rcode, "NOERROR");
	assert_string_equal(dns->server, "127.0.0.1");
	assert_int_equal(dns->aliases.count, 1);
	assert_string_equal(dns->aliases.items[0], "b.example");
	assert_int_equal(dns->addresses.count, 1);
	assert_string_equal(dns->addresses.items[0], "192.0.2.7");
	assert_int_equal(dns->ttl_s, 30);
	assert_int_equal(dns->pid, getpid());
	assert_true(dns->latency_us > 0 && dns->ts_ns > 0 && dns->cgroup_id > 0);
	assert_false(dns->unanswered || dns->malformed || dns->truncated || dns->incomplete);
}

static void test_a_long_answer_is_read(void **state)
{
	(void)state;
	ask(2, "long.example", AAAA);
	dns_wire_begin(&wire, 2, DNS_WIRE_ANSWER(0), 1, 60);
	dns_wire_question(&wire, "long.example", AAAA);
	for (unsigned int i = 0; i < 60; i++) {
		char address[INET6_ADDRSTRLEN];
		snprintf(address, sizeof(address), "2001:db8::%x", i + 1);
		dns_wire_address(&wire, "long.example", 60, address);
	}
	assert_true(wire.length > 2000);
	answer();
	const struct dns_record *dns = wait_lookup("long.example");
	assert_int_equal(dns->addresses.count, 60);
	assert_string_equal(dns->addresses.items[59], "2001:db8::3c");
}

static void test_a_failure_is_read(void **state)
{
	(void)state;
	ask(3, "no.example", A);
	dns_wire_begin(&wire, 3, DNS_WIRE_ANSWER(3), 1, 0);
	dns_wire_question(&wire, "no.example", A);
	answer();
	assert_string_equal(wait_lookup("no.example")->rcode, "NXDOMAIN");
}

/* Answers that nobody asked for, or that come a second time, are counted and name the process. */
static void test_stray_answers_are_counted(void **state)
{
	const struct dns_record *dns;

	(void)state;
	ask(5, "asked.example", A);
	dns_wire_begin(&wire, 5, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "asked.example", A);
	dns_wire_address(&wire, "asked.example", 30, "192.0.2.7");
	answer();
	assert_int_equal(wait_lookup("asked.example")->addresses.count, 1);
	/* A forged answer: its id is that of no query. */
	dns_wire_begin(&wire, 7, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "forged.example", A);
	dns_wire_address(&wire, "forged.example", 30, "203.0.113.66");
	answer_again();
	dns = wait_lookup("forged.example");
	assert_int_equal(dns->strays, 1);
	assert_int_equal(dns->addresses.count, 0);
	assert_null(dns->rcode);
	assert_int_equal(dns->pid, getpid());
	assert_string_equal(dns->server, "127.0.0.1");
}

/* The answer to a query of a socket that is not connected comes from the Service's address, not
 * from the backend that the query was sent to. */
static void test_a_service_answers(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	int unconnected = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[512];

	(void)state;
	netns_ip("address add 192.0.2.1/32 dev lo");
	netns_ip("route add 198.51.100.0/24 dev lo");
	assert_int_equal(system("nft 'add table ip t; add chain ip t o { type nat hook output "
				"priority -100; }; add rule ip t o ip daddr 198.51.100.10 udp "
				"dport 53 dnat to 127.0.0.1'"),
			 0);
	assert_int_equal(inet_pton(AF_INET, "198.51.100.10", &to.sin_addr), 1);
	dns_wire_begin(&wire, 8, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "service.example", A);
	assert_int_equal(sendto(unconnected, wire.bytes, wire.length, 0,
				(const struct sockaddr *)&to, sizeof(to)),
			 (ssize_t)wire.length);
	dns_wire_begin(&wire, 8, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "service.example", A);
	dns_wire_address(&wire, "service.example", 30, "192.0.2.7");
	answer();
	assert_true(recv(unconnected, data, sizeof(data), 0) > 0);
	const struct dns_record *dns = wait_lookup("service.example");
	assert_string_equal(dns->server, "198.51.100.10");
	assert_false(dns->unanswered);
	assert_int_equal(dns->strays, 0);
	assert_int_equal(dns->addresses.count, 1);
	close(unconnected);
}

/* Sends the message in `wire` with its length before it, in two segments. */
static void send_over_tcp(int fd)
{
	const uint8_t prefix[2] = {(uint8_t)(wire.length >> 8), (uint8_t)wire.length};

	assert_int_equal(send(fd, prefix, 2, 0), 2);
	assert_int_equal(send(fd, wire.bytes, wire.length, 0), (ssize_t)wire.length);
}

static void test_a_query_over_tcp_is_read(void **state)
{
	const int on = 1;
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(53),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int asking = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char data[512];

	(void)state;
	assert_int_equal(bind(listener, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(asking, (const struct sockaddr *)&to, sizeof(to)), 0);
	int answering = accept(listener, NULL, NULL);
	assert_true(answering >= 0);
	setsockopt(asking, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(answering, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	dns_wire_begin(&wire, 9, DNS_WIRE_QUERY, 1, 0);
	dns_wire_question(&wire, "tcp.example", A);
	send_over_tcp(asking);
	assert_true(recv(answering, data, sizeof(data), 0) > 0);
	dns_wire_begin(&wire, 9, DNS_WIRE_ANSWER(0), 1, 1);
	dns_wire_question(&wire, "tcp.example", A);
	dns_wire_address(&wire, "tcp.example", 30, "192.0.2.7");
	send_over_tcp(answering);
	const struct dns_record *dns = wait_lookup("tcp.example");
	assert_true(dns->tcp);
	assert_false(dns->fallback);
	assert_int_equal(dns->addresses.count, 1);
	assert_string_equal(dns->server, "127.0.0.1");
	assert_true(dns->pid == 0 || (int)dns->pid == getpid()); /* 0: Linux 5.10 */
	close(answering);
	close(asking);
	close(listener);
}

static void test_a_query_without_an_answer_is_reported(void **state)
{
	(void)state;
	ask(4, "silent.example", A);
	struct flow flow = collector_wait(
		&collector,
		&(struct flow_match){.event = FLOW_UNANSWERED, .netns = netns.inode, .dport = 53});
	assert_int_equal(flow.direction, FLOW_EGRESS);
	assert_int_equal(flow.protocol, FLOW_UDP);
	assert_true(wait_lookup("silent.example")->unanswered);
	/* The event has the id of the flow that counts the socket's datagrams. */
	struct flow counted =
		collector_wait(&collector, &(struct flow_match){.event = FLOW_DATAGRAM,
								.netns = netns.inode,
								.sport = flow.sport,
								.direction = FLOW_EGRESS});
	assert_int_equal(counted.direction, FLOW_EGRESS);
	assert_true(flow.id == counted.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_answer_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_long_answer_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_failure_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stray_answers_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_service_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_query_over_tcp_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_query_without_an_answer_is_reported, setup,
						teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests(tests, collector_fixture_start, collector_fixture_stop);
}
