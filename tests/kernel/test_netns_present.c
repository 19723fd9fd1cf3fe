/* SPDX-License-Identifier: Apache-2.0 */
/* The questions about the present of a network namespace: listeners with their accept queues, and
 * routes with the kernel's errors. */
#define _GNU_SOURCE /* gettid */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "core/sandbox/helper.h"
#include "core/source/ebpf/netns_present.h"
#include "tests/support/netns.h"

#define PORT 8080

struct fixture {
	struct netns netns;
	struct helper *helper;
	int sockets;
	int routes;
};

static int open_from(struct helper *helper, enum helper_netlink netlink, uint32_t inode)
{
	uint32_t found = 0;
	int fd = helper_open_netlink(helper, netlink, (uint32_t)gettid(), inode, &found);

	assert_true(fd >= 0);
	assert_int_equal(found, inode);
	return fd;
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){0};
	assert_int_equal(helper_start(&fixture.helper), 0);
	netns_enter(&fixture.netns);
	fixture.sockets = open_from(fixture.helper, HELPER_SOCKETS, fixture.netns.inode);
	fixture.routes = open_from(fixture.helper, HELPER_ROUTES, fixture.netns.inode);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->sockets);
	close(fixture->routes);
	helper_end(fixture->helper);
	netns_leave(&fixture->netns);
	return 0;
}

static struct flow_address address_of(const char *text, uint8_t *family)
{
	struct flow_address address;

	assert_int_equal(address_parse(text, family, &address), 0);
	return address;
}

/* Opens a socket that listens at an address. `only6`: whether it refuses IPv4 connections. */
static int listen_at(const char *text, int backlog, int only6)
{
	uint8_t family;
	struct flow_address address = address_of(text, &family);
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(&six.sin6_addr, address.bytes, 16);
	memcpy(&four.sin_addr, address.bytes, 4);
	if (family == 6)
		assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6)),
				 0);
	assert_int_equal(family == 6 ? bind(fd, (struct sockaddr *)&six, sizeof(six))
				     : bind(fd, (struct sockaddr *)&four, sizeof(four)),
			 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* Opens a connection to 127.0.0.1. Does not wait for the answer. */
static int connect_once(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

static int find(const struct fixture *fixture, const char *text, struct netns_listener *out)
{
	uint8_t family;
	struct flow_address address = address_of(text, &family);

	return netns_find_listener(fixture->sockets, family, &address, PORT, out);
}

static void a_full_accept_queue_shows(void **state)
{
	const struct fixture *fixture = *state;
	struct netns_listener found = {0};
	int clients[4];
	int fd = listen_at("127.0.0.1", 1, 0);

	assert_int_equal(find(fixture, "127.0.0.1", &found), 0);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.waiting, 0);
	assert_int_equal(found.backlog, 1);
	assert_false(netns_listener_is_full(&found));
	/* One connection more than the backlog waits. The others get no answer. */
	for (size_t i = 0; i < 4; i++)
		clients[i] = connect_once();
	assert_int_equal(find(fixture, "127.0.0.1", &found), 0);
	assert_int_equal(found.waiting, 2);
	assert_true(netns_listener_is_full(&found));
	close(accept(fd, NULL, NULL));
	assert_int_equal(find(fixture, "127.0.0.1", &found), 0);
	assert_int_equal(found.waiting, 1);
	assert_false(netns_listener_is_full(&found));
	for (size_t i = 0; i < 4; i++)
		close(clients[i]);
	close(fd);
	assert_int_equal(find(fixture, "127.0.0.1", &found), -ENOENT);
}

static void listeners_are_found_by_address(void **state)
{
	static const struct {
		const char *listens;
		int only6;
		const char *asked;
		int result;
	} cases[] = {
		{"127.0.0.1", 0, "127.0.0.1", 0},
		{"127.0.0.1", 0, "127.0.0.2", -ENOENT},
		{"127.0.0.1", 0, "::1", -ENOENT},
		{"0.0.0.0", 0, "192.0.2.7", 0},
		{"0.0.0.0", 0, "2001:db8::7", -ENOENT},
		{"::", 0, "192.0.2.7", 0},
		{"::", 0, "2001:db8::7", 0},
		{"::", 1, "192.0.2.7", -ENOENT},
		{"::", 1, "2001:db8::7", 0},
		{"::1", 0, "::1", 0},
		{"::1", 0, "127.0.0.1", -ENOENT},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct netns_listener found = {.count = 99};
		int fd = listen_at(cases[i].listens, 5, cases[i].only6);

		assert_int_equal(find(fixture, cases[i].asked, &found), cases[i].result);
		assert_int_equal(found.count, cases[i].result ? 99 : 1);
		close(fd);
	}
}

static int route_to(const struct fixture *fixture, const char *text, struct netns_route *out)
{
	uint8_t family;
	struct flow_address address = address_of(text, &family);
	const uint32_t uid = 1000;

	return netns_find_route(fixture->routes, family, &address, &uid, out);
}

static void routes_and_their_errors(void **state)
{
	static const struct {
		const char *address;
		int result;
		const char *gateway; /* NULL: none */
		const char *device;
	} cases[] = {
		{"192.0.2.7", 0, NULL, "here0"},
		{"198.51.100.7", 0, "192.0.2.254", "here0"},
		{"203.0.113.7", -ENETUNREACH, NULL, ""},
		{"203.0.113.65", -EACCES, NULL, ""},
		{"203.0.113.129", -EINVAL, NULL, ""},
		{"203.0.113.193", -EHOSTUNREACH, NULL, ""},
		{"127.0.0.1", 0, NULL, "lo"},
		{"2001:db8:1::7", 0, NULL, "here0"},
		{"2001:db8:2::7", 0, "2001:db8:1::254", "here0"},
		{"2001:db8:3::7", -EACCES, NULL, ""},
		{"2001:db8:4::7", -EINVAL, NULL, ""},
		{"2001:db8:5::7", -ENETUNREACH, NULL, ""},
	};
	const struct fixture *fixture = *state;

	netns_ip("link add here0 type veth peer name there0");
	netns_ip("link set there0 up");
	netns_ip("addr add 192.0.2.1/24 dev here0");
	netns_ip("-6 addr add 2001:db8:1::1/64 dev here0 nodad");
	netns_ip("link set here0 up");
	netns_ip("route add 198.51.100.0/24 via 192.0.2.254");
	netns_ip("route add prohibit 203.0.113.64/26");
	netns_ip("route add blackhole 203.0.113.128/26");
	netns_ip("route add unreachable 203.0.113.192/26");
	netns_ip("-6 route add 2001:db8:2::/48 via 2001:db8:1::254");
	netns_ip("-6 route add prohibit 2001:db8:3::/48");
	netns_ip("-6 route add blackhole 2001:db8:4::/48");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct netns_route route;
		char gateway[ADDRESS_TEXT_SIZE] = "";

		assert_int_equal(route_to(fixture, cases[i].address, &route), cases[i].result);
		if (cases[i].result)
			continue;
		if (route.has_gateway)
			address_format(route.family, &route.gateway, gateway);
		assert_string_equal(gateway, cases[i].gateway ? cases[i].gateway : "");
		assert_string_equal(route.device, cases[i].device);
	}
}

/* A socket of the helper must not lend the helper's rights to its user, who is root here. */
static void the_socket_for_routes_changes_nothing(void **state)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg device;
	} question = {
		.header = {.nlmsg_len = sizeof(question),
			   .nlmsg_type = RTM_NEWLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.device = {.ifi_index = 1, .ifi_change = IFF_UP},
	};
	const struct fixture *fixture = *state;
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[256];
	} answer;

	assert_true(send(fixture->routes, &question, sizeof(question), 0) > 0);
	assert_true(recv(fixture->routes, &answer, sizeof(answer), MSG_DONTWAIT) > 0);
	assert_int_equal(answer.header.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(answer.error.error, -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_full_accept_queue_shows, setup, teardown),
		cmocka_unit_test_setup_teardown(listeners_are_found_by_address, setup, teardown),
		cmocka_unit_test_setup_teardown(routes_and_their_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(the_socket_for_routes_changes_nothing, setup,
						teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP network namespaces need root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
