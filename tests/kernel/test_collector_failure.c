/* SPDX-License-Identifier: Apache-2.0 */
/* Failed connects: each failure has one record, with the errno that the process got. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/record/address.h"
#include "core/source/ebpf/cgroup_scan.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct flow wait_failure(uint16_t dport)
{
	return collector_wait(
		&collector,
		&(struct flow_match){.event = FLOW_FAILED, .netns = netns.inode, .dport = dport});
}

static size_t count_flows(uint8_t event, uint16_t dport)
{
	return collector_count(
		&collector,
		&(struct flow_match){.event = event, .netns = netns.inode, .dport = dport});
}

/* Checks that a port has `attempts` attempts and `failures` failures, and no other flow except
 * those of dropped packets. */
static void assert_counts(uint16_t dport, size_t attempts, size_t failures)
{
	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(FLOW_ATTEMPT, dport), attempts);
	assert_int_equal(count_flows(FLOW_FAILED, dport), failures);
	assert_int_equal(count_flows(0, dport) - count_flows(FLOW_DROPPED, dport),
			 attempts + failures);
}

/* Connects, and checks the one flow of a connect() that fails before the first packet. */
static void check_early_failure(int fd, const char *address, const char *shown, uint16_t port,
				int error)
{
	char got[ADDRESS_TEXT_SIZE];

	assert_int_equal(tcp_connect_socket(fd, address, port), -error);
	close(fd);
	struct flow failed = wait_failure(port);
	assert_int_equal(failed.error, error);
	assert_int_equal(failed.direction, FLOW_EGRESS);
	assert_int_equal(failed.protocol, FLOW_TCP);
	assert_int_equal(failed.state, FLOW_STATE_CLOSE);
	assert_int_equal(failed.pid, (uint32_t)getpid());
	assert_int_equal(failed.uid, getuid());
	assert_string_equal(failed.comm, "test_collector_");
	assert_true(failed.has & FLOW_HAS_ID && failed.id != 0);
	assert_true(failed.has & FLOW_HAS_CGROUP && failed.cgroup_id != 0);
	address_format(failed.family, &failed.dst, got);
	assert_string_equal(got, shown);
	assert_counts(port, 0, 1);
}

static void test_routes(void **state)
{
	static const struct {
		const char *route;
		const char *address;
		const char *shown;
		int error;
	} cases[] = {
		{NULL, "198.51.100.77", "198.51.100.77", ENETUNREACH},
		{NULL, "2001:db8:1::5", "2001:db8:1::5", ENETUNREACH},
		{NULL, "::ffff:198.51.100.78", "198.51.100.78", ENETUNREACH},
		{"prohibit 203.0.113.48/28", "203.0.113.50", "203.0.113.50", EACCES},
		{"blackhole 203.0.113.64/28", "203.0.113.70", "203.0.113.70", EINVAL},
		{"unreachable 203.0.113.80/28", "203.0.113.90", "203.0.113.90", EHOSTUNREACH},
		{"unreachable 2001:db8:2::/64", "2001:db8:2::5", "2001:db8:2::5", EHOSTUNREACH},
	};

	(void)state;
	collector_need(&collector, "tracepoint/syscalls/sys_exit_connect");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		if (cases[i].route)
			netns_ip("route add %s", cases[i].route);
		check_early_failure(tcp_socket(cases[i].address), cases[i].address, cases[i].shown,
				    (uint16_t)(4100 + i), cases[i].error);
	}
}

/* Without bind(), the failed attempt has no source. After bind(), it has the bound address. */
static void test_source(void **state)
{
	char source[ADDRESS_TEXT_SIZE];

	(void)state;
	collector_need(&collector, "tracepoint/syscalls/sys_exit_connect");
	check_early_failure(tcp_socket("198.51.100.1"), "198.51.100.1", "198.51.100.1", 4110,
			    ENETUNREACH);
	struct flow failed = wait_failure(4110);
	assert_false(failed.has & (FLOW_HAS_SRC | FLOW_HAS_SPORT | FLOW_HAS_RETRANS));

	int fd = tcp_socket("127.0.0.1");
	netns_ip("address add 192.0.2.5/32 dev lo");
	assert_int_equal(tcp_bind(fd, "192.0.2.5", 4010), 4010);
	check_early_failure(fd, "198.51.100.1", "198.51.100.1", 4111, ENETUNREACH);
	failed = wait_failure(4111);
	address_format(4, &failed.src, source);
	assert_string_equal(source, "192.0.2.5");
	assert_int_equal(failed.sport, 4010);
}

/* No source port is free. The kernel notices this only after the attempt began, and sets no error
 * in the socket. */
static void test_no_free_port(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	int second = tcp_socket("127.0.0.1");

	(void)state;
	netns_sysctl("net/ipv4/ip_local_port_range", "4011 4011");
	int first = tcp_connect("127.0.0.1", port);
	assert_int_equal(tcp_connect_socket(second, "127.0.0.1", port), -EADDRNOTAVAIL);
	netns_sysctl("net/ipv4/ip_local_port_range", "32768 60999");
	struct flow failed = wait_failure(port);
	assert_int_equal(failed.error, EADDRNOTAVAIL);
	collector_fence(&collector, netns.inode);
	assert_int_equal(count_flows(FLOW_ATTEMPT, port), 2);
	assert_int_equal(count_flows(FLOW_FAILED, port), 1);
	close(first);
	close(second);
	close(listener);
}

static void nft(const char *rule)
{
	char command[300];

	snprintf(command, sizeof(command),
		 "nft 'add table inet t; add chain inet t i { type filter hook input priority 0; "
		 "}; add rule inet t i %s'",
		 rule);
	assert_int_equal(system(command), 0);
}

/* Connects without blocking, as Go, Node.js and curl do, and waits for the result. Returns the
 * result of SO_ERROR, which clears the error in the socket. */
static int connect_and_ask(const char *address, uint16_t port)
{
	int fd = tcp_socket(address);
	struct pollfd done = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcp_connect_socket(fd, address, port), -EINPROGRESS);
	assert_int_equal(poll(&done, 1, wait_limit_ms()), 1);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	close(fd);
	return error;
}

/* An ICMP message rejects the attempt. Attempts on a Service without endpoints are rejected in this
 * way. The process reads the error before it closes the socket. */
static void test_rejected(void **state)
{
	static const struct {
		const char *rule;
		const char *address;
		int error;
	} cases[] = {
		{"tcp dport 4170 reject with icmp port-unreachable", "127.0.0.1", ECONNREFUSED},
		{"tcp dport 4171 reject with icmp admin-prohibited", "127.0.0.1", EHOSTUNREACH},
		{"tcp dport 4172 reject with icmp net-unreachable", "127.0.0.1", ENETUNREACH},
		{"tcp dport 4173 reject with icmpv6 port-unreachable", "::1", ECONNREFUSED},
		{"tcp dport 4174 reject with icmpv6 admin-prohibited", "::1", EACCES},
	};

	(void)state;
	collector_need(&collector, "tp_btf/inet_sk_error_report");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint16_t port = (uint16_t)(4170 + i);
		nft(cases[i].rule);
		assert_int_equal(connect_and_ask(cases[i].address, port), cases[i].error);
		assert_int_equal(wait_failure(port).error, cases[i].error);
		assert_counts(port, 1, 1);
	}
}

/* Attaches a program that refuses each connect() to IPv4 addresses. Returns its descriptor. */
static int refuse_connects(int cgroup)
{
	/* mov r0, 0; exit */
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
			       .expected_attach_type = BPF_CGROUP_INET4_CONNECT,
			       .insns = (uint64_t)(uintptr_t)code,
			       .insn_cnt = ARRAY_LENGTH(code),
			       .license = (uint64_t)(uintptr_t) "Apache-2.0"};
	int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	union bpf_attr attach = {.target_fd = (uint32_t)cgroup,
				 .attach_bpf_fd = (uint32_t)program,
				 .attach_type = BPF_CGROUP_INET4_CONNECT};

	assert_true(program >= 0);
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)), 0);
	return program;
}

static void connect_in_cgroup(void *data)
{
	int *cgroup = data;
	int procs = openat(*cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	assert_true(procs >= 0);
	assert_int_equal(write(procs, "0", 1), 1);
	close(procs);
	assert_int_equal(tcp_connect_socket(tcp_socket("127.0.0.1"), "127.0.0.1", 4120), -EPERM);
}

/* A program of the cgroup refuses the connect(), as those of Kubernetes' network plugins do. */
static void test_refused_by_cgroup(void **state)
{
	char path[512];
	struct stat status;
	int mount = -1;

	(void)state;
	collector_need(&collector, "tracepoint/syscalls/sys_exit_connect");
	assert_int_equal(cgroup_scan_open_mount(NULL, NULL, &mount, path, sizeof(path)), 0);
	snprintf(path, sizeof(path), "polecat-failure-%d", (int)getpid());
	assert_int_equal(mkdirat(mount, path, 0755), 0);
	int cgroup = openat(mount, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(cgroup >= 0 && fstat(cgroup, &status) == 0);
	int program = refuse_connects(cgroup);
	pid_t child = process_run(connect_in_cgroup, &cgroup);
	close(program);
	close(cgroup);
	assert_int_equal(unlinkat(mount, path, AT_REMOVEDIR), 0);
	close(mount);
	struct flow failed = wait_failure(4120);
	assert_int_equal(failed.error, EPERM);
	assert_int_equal(failed.pid, (uint32_t)child);
	assert_true(failed.cgroup_id == status.st_ino);
	assert_counts(4120, 0, 1);
}

/* A refused attempt is one attempt and one failure, however the process learns of it. */
static void test_no_second_row(void **state)
{
	int fd = tcp_socket("127.0.0.1");

	(void)state;
	collector_need(&collector, "tracepoint/syscalls/sys_exit_connect");
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", 4130), -ECONNREFUSED);
	assert_counts(4130, 1, 1);
	close(fd);

	/* A second connect() returns the error of the first one. */
	fd = tcp_socket("127.0.0.1");
	struct pollfd done = {.fd = fd, .events = POLLOUT};
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	int result = tcp_connect_socket(fd, "127.0.0.1", 4131);
	if (result == -EINPROGRESS) {
		assert_int_equal(poll(&done, 1, wait_limit_ms()), 1);
		result = tcp_connect_socket(fd, "127.0.0.1", 4131);
	}
	assert_int_equal(result, -ECONNREFUSED);
	assert_counts(4131, 1, 1);

	/* The socket's next connect() is a new attempt. */
	assert_int_equal(tcp_connect_socket(fd, "198.51.100.1", 4132), -ENETUNREACH);
	assert_counts(4132, 0, 1);
	assert_int_equal(wait_failure(4132).error, ENETUNREACH);
	assert_int_not_equal(wait_failure(4132).id, wait_failure(4131).id);
	close(fd);
}

/* These results of connect() are not failures. */
static void test_no_failure(void **state)
{
	uint16_t port = 0;
	int listener = tcp_listen("127.0.0.1", &port);
	int fd = tcp_connect("127.0.0.1", port);

	(void)state;
	assert_int_equal(tcp_connect_socket(fd, "127.0.0.1", port), -EISCONN);
	nft("tcp dport 4140 drop");
	int waiting = tcp_socket("127.0.0.1");
	assert_int_equal(fcntl(waiting, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcp_connect_socket(waiting, "127.0.0.1", 4140), -EINPROGRESS);
	assert_int_equal(tcp_connect_socket(waiting, "127.0.0.1", 4140), -EALREADY);
	assert_counts(4140, 1, 0);
	assert_int_equal(count_flows(FLOW_FAILED, port), 0);
	close(waiting);
	close(fd);
	close(listener);
}

/* connect() on a UDP socket or on a file is not an attempt of a TCP connection. */
static void test_other_sockets(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4150)};
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	to.sin_addr.s_addr = htonl(0xc6336401); /* 198.51.100.1 */
	assert_int_equal(connect(udp, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, ENETUNREACH);
	assert_int_equal(connect(file, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(connect(-1, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_counts(4150, 0, 0);
	close(udp);
	close(file);
}

/* A Multipath TCP socket contains a TCP socket for each subflow. Its attempt is reported once, as
 * the attempt of the first subflow. */
static void test_mptcp(void **state)
{
	int refused = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	int lost = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	(void)state;
	collector_need(&collector, "tracepoint/syscalls/sys_exit_connect");
	if (refused < 0) {
		print_message("# this kernel has no Multipath TCP\n");
		return;
	}
	assert_int_equal(tcp_connect_socket(refused, "127.0.0.1", 4160), -ECONNREFUSED);
	assert_counts(4160, 1, 1);
	close(refused);
	check_early_failure(lost, "198.51.100.1", "198.51.100.1", 4161, ENETUNREACH);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, collector_fixture_enter, collector_fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(test_routes),
		TEST(test_source),
		TEST(test_no_free_port),
		TEST(test_rejected),
		TEST(test_refused_by_cgroup),
		TEST(test_no_second_row),
		TEST(test_no_failure),
		TEST(test_other_sockets),
		TEST(test_mptcp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: failure", tests, collector_fixture_start,
					   collector_fixture_stop);
}
