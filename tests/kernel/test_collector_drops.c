/* SPDX-License-Identifier: Apache-2.0 */
/* Dropped packets of connection attempts that wait for an answer: the reason for the drop, its
 * network namespace and device, and the number of packets. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "tests/support/collector_fixture.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

static struct netns router; /* forwards the client's packets, as a node does for a pod */

static struct process_line line;

/* Closes the files that a child process inherited. Copies of the collector's descriptors keep its
 * programs attached. */
static void close_files_except(int kept)
{
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
		if (fd != kept)
			close(fd);
	}
}

/* Runs in a child process. Creates the router's network namespace, which exists until the test ends
 * because the child stays in it. */
static void hold_router(void *data)
{
	(void)data;
	close_files_except(line.ends[1]);
	netns_enter(&router);
	process_notify(&line, 1);
	process_listen(&line, 1);
}

static pid_t holder;

static void in_router(const char *command)
{
	char text[400];

	snprintf(text, sizeof(text), "nsenter --net=/proc/%d/ns/net %s", (int)holder, command);
	if (system(text) != 0)
		fail_msg("failed: %s", text);
}

static int setup(void **state)
{
	struct stat status;
	char path[64];

	collector_fixture_enter(state);
	process_line_open(&line);
	holder = process_start(hold_router, NULL);
	process_listen(&line, 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)holder);
	assert_int_equal(stat(path, &status), 0);
	router.inode = (uint32_t)status.st_ino;
	netns_ip("link add inside type veth peer name outside netns %d", (int)holder);
	netns_ip("address add 192.0.2.1/24 dev inside");
	netns_ip("address add 2001:db8::1/64 dev inside nodad");
	netns_ip("link set inside up");
	in_router("ip address add 192.0.2.2/24 dev outside");
	in_router("ip address add 2001:db8::2/64 dev outside nodad");
	in_router("ip link set outside up");
	in_router("ip link add behind type bridge");
	in_router("ip link set behind up");
	in_router("ip route add 203.0.113.0/28 dev behind");
	in_router("sysctl -qw net.ipv4.ip_forward=1");
	netns_ip("route add 203.0.113.0/28 via 192.0.2.2");
	return 0;
}

static int teardown(void **state)
{
	process_notify(&line, 0);
	process_wait(holder);
	process_line_close(&line);
	return collector_fixture_leave(state);
}

static int start_attempt(const char *address, uint16_t port)
{
	int fd = tcp_socket(address);

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(tcp_connect_socket(fd, address, port), -EINPROGRESS);
	return fd;
}

static struct flow_match drops_to(uint16_t port)
{
	return (struct flow_match){.event = FLOW_DROPPED, .netns = netns.inode, .dport = port};
}

/* Waits for a drop with a reason. Some kernels also drop a repeated SYN, without a reason. */
static const struct flow *wait_reason(uint16_t port)
{
	const struct flow_match match = drops_to(port);

	for (size_t nth = 0;; nth++) {
		collector_wait_count(&collector, &match, nth + 1);
		const struct flow *drop = collector_find(&collector, &match, nth);
		assert_non_null(drop->names);
		if (strcmp(drop->names->drop, "NOT_SPECIFIED") != 0)
			return drop;
	}
}

/* Waits for a drop and checks its reason, its namespace and its device. */
static void check_drop(uint16_t port, uint32_t where, const char *device, uint8_t place)
{
	const struct flow *drop = wait_reason(port);
	const struct flow *attempt = collector_find(
		&collector,
		&(struct flow_match){.event = FLOW_ATTEMPT, .netns = netns.inode, .dport = port},
		0);
	assert_non_null(attempt);
	assert_int_equal(drop->id, attempt->id);
	assert_int_equal(drop->pid, (uint32_t)getpid());
	assert_true(drop->has & FLOW_HAS_SPORT);
	assert_int_equal(drop->state, FLOW_STATE_SYN_SENT);
	assert_true(drop->drops >= 1);
	assert_string_equal(drop->names->drop, "NETFILTER_DROP");
	assert_int_equal(drop->drop_netns, where);
	assert_true(drop->drop_ifindex > 0);
	assert_string_equal(drop->names->drop_device, device);
	assert_int_equal(drop->drop_place, place);
	print_message("# port %u: known %u ms after connect()\n", port,
		      (unsigned int)((drop->ts_ns - attempt->ts_ns) / NS_PER_MILLISECOND));
}

static void test_places(void **state)
{
	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	assert_int_equal(system("nft 'add table inet t; add chain inet t o { type filter hook "
				"output priority 0; }; add rule inet t o tcp dport 4201 drop'"),
			 0);
	in_router(
		"nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; "
		"}; add rule inet t f tcp dport 4202 drop; add chain inet t i { type filter hook "
		"input priority 0; }; add rule inet t i tcp dport 4204 drop'");
	in_router("nft 'add table netdev n; add chain netdev n i { type filter hook ingress device "
		  "outside priority 0; }; add rule netdev n i tcp dport 4203 drop'");
	const int fds[] = {
		start_attempt("203.0.113.5", 4201),
		start_attempt("203.0.113.5", 4202),
		start_attempt("203.0.113.5", 4203),
		start_attempt("2001:db8::2", 4204),
	};
	check_drop(4201, netns.inode, "inside", FLOW_DROP_OWN);
	check_drop(4202, router.inode, "outside", FLOW_DROP_OTHER);
	check_drop(4203, router.inode, "outside", FLOW_DROP_OTHER);
	check_drop(4204, router.inode, "outside", FLOW_DROP_OTHER);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		close(fds[i]);
}

/* The answers are dropped on their way back. */
static void test_answers(void **state)
{
	uint16_t port = 0;

	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	in_router("ip route add 198.51.100.0/28 dev behind");
	assert_int_equal(
		system("nft 'add table inet t; add chain inet t i { type filter hook input "
		       "priority 0; }; add rule inet t i iif lo tcp sport 4210 drop'"),
		0);
	port = 4210;
	int listener = tcp_listen("127.0.0.1", &port);
	int fd = start_attempt("127.0.0.1", port);
	check_drop(port, netns.inode, "lo", FLOW_DROP_OWN);
	close(fd);
	close(listener);
}

/* Once the attempt has its answer, drops are no longer reported for it. */
static void test_answered(void **state)
{
	uint16_t port = 4220;

	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	assert_int_equal(system("nft 'add table inet t; add chain inet t o { type filter hook "
				"output priority 0; }; add rule inet t o tcp dport 4220 drop'"),
			 0);
	int listener = tcp_listen("127.0.0.1", &port);
	int fd = start_attempt("127.0.0.1", port);
	check_drop(port, netns.inode, "lo", FLOW_DROP_OWN);
	assert_int_equal(system("nft delete table inet t"), 0);
	int server = tcp_accept(listener);
	collector_wait(&collector, &(struct flow_match){.event = FLOW_ESTABLISHED,
							.netns = netns.inode,
							.dport = port});
	const struct flow_match match = drops_to(port);
	size_t before = collector_count(&collector, &match);
	tcp_transfer(fd, server, 100);
	collector_fence(&collector, netns.inode);
	assert_int_equal(collector_count(&collector, &match), before);
	close(server);
	close(fd);
	close(listener);
}

/* Sends datagrams to a socket that nobody reads, so that the kernel drops most of them. Runs in a
 * child process until the other side of the line closes. */
static void flood(void *data)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	const struct process_line *control = data;
	struct pollfd end = {.fd = control->ends[1]};
	char text[64] = "";

	close_files_except(end.fd);
	int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(receiver, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(connect(sender, (struct sockaddr *)&address, length), 0);
	while (poll(&end, 1, 0) == 0) {
		for (int i = 0; i < 1000; i++)
			assert_int_equal(send(sender, text, sizeof(text), 0), sizeof(text));
	}
}

/* Returns whether the collector, which runs in this process, has the program attached. */
static bool is_attached(void)
{
	DIR *folder = opendir("/proc/self/fdinfo");
	const struct dirent *entry;
	bool found = false;

	assert_non_null(folder);
	while ((entry = readdir(folder)) && !found) {
		char line_text[256];
		int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
		FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
		if (!file)
			continue;
		while (fgets(line_text, sizeof(line_text), file))
			found |= !strcmp(line_text, "raw_tp_name:\tkfree_skb\n") ||
				 !strcmp(line_text, "tp_name:\tkfree_skb\n");
		fclose(file);
	}
	closedir(folder);
	return found;
}

static bool attached_is(void *wanted)
{
	return is_attached() == *(const bool *)wanted;
}

/* While many packets of other traffic are dropped, the collector detaches its program. Attempts
 * whose packets are dropped attach it. */
static void test_flood(void **state)
{
	const bool off = false;
	const bool on = true;
	struct process_line control;

	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	assert_int_equal(system("nft 'add table inet t; add chain inet t o { type filter hook "
				"output priority 0; }; add rule inet t o tcp dport 4230 drop'"),
			 0);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
	process_line_open(&control);
	pid_t flooder = process_start(flood, &control);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&off));
	int fd = start_attempt("127.0.0.1", 4230);
	check_drop(4230, netns.inode, "lo", FLOW_DROP_OWN);
	assert_true(is_attached());
	close(fd);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&off));
	process_line_close(&control);
	process_wait(flooder);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
}

static bool has_health(void *wanted)
{
	struct source_health health;

	source_health(collector.source, &health);
	return (strstr(health.message, "drops are not seen: ") != NULL) == *(const bool *)wanted;
}

/* While the program cannot be attached again, the health reports it. Attaching fails because the
 * process has reached its limit of open files. */
static void test_not_attached(void **state)
{
	const bool off = false;
	const bool on = true;
	struct process_line control;
	struct rlimit limit;

	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
	process_line_open(&control);
	pid_t flooder = process_start(flood, &control);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&off));
	assert_true(has_health((void *)(uintptr_t)&off));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	const struct rlimit none = {.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	bool is_reported = wait_until(has_health, (void *)(uintptr_t)&on);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(is_reported);
	assert_true(wait_until(has_health, (void *)(uintptr_t)&off));
	process_line_close(&control);
	process_wait(flooder);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
}

/* Deletes all entries of the collector's map of watched connections, as evictions do. */
static void evict_watches(void)
{
	struct bpf_map_info info;
	uint8_t key[64];
	uint32_t id = 0;
	size_t found = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		uint32_t size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);
		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    !strcmp(info.name, "drop_watches")) {
			for (; !bpf_map_get_next_key(fd, NULL, key); found++)
				assert_int_equal(bpf_map_delete_elem(fd, key), 0);
		}
		close(fd);
	}
	assert_true(found > 0);
}

/* A connection whose entry the map has evicted does not keep the program attached after its end. */
static void test_evicted(void **state)
{
	const bool off = false;
	const bool on = true;
	struct process_line control;

	(void)state;
	collector_need(&collector, "tp_btf/kfree_skb");
	assert_int_equal(system("nft 'add table inet t; add chain inet t o { type filter hook "
				"output priority 0; }; add rule inet t o tcp dport 4240 drop'"),
			 0);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
	int fd = start_attempt("127.0.0.1", 4240);
	check_drop(4240, netns.inode, "lo", FLOW_DROP_OWN);
	evict_watches();
	close(fd);
	process_line_open(&control);
	pid_t flooder = process_start(flood, &control);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&off));
	process_line_close(&control);
	process_wait(flooder);
	assert_true(wait_until(attached_is, (void *)(uintptr_t)&on));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_places), TEST(test_answers),      TEST(test_answered),
		TEST(test_flood),  TEST(test_not_attached), TEST(test_evicted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: drops", tests, collector_fixture_start,
					   collector_fixture_stop);
}
