/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports and addresses that translation hides from sockets. A client, a node and a pod with a
 * sidecar are each in a network namespace. The node translates a node port to the pod and
 * masquerades the client. The pod redirects its port to the port of the sidecar.
 *
 *   client 192.0.2.2 -> node 192.0.2.1:30080 -> pod 198.51.100.2:9080 -> sidecar :15006
 */
#define _GNU_SOURCE /* unshare */
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/record/address.h"
#include "tests/support/collector.h"
#include "tests/support/netns.h"
#include "tests/support/process.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

static struct collector collector;
static struct netns node;

/* A process in a namespace of its own, behind a veth pair to the node. */
struct guest {
	const char *name; /* the name of the node's end of the pair */
	const char *network;
	struct process_line line;
	pid_t pid;
};

static struct guest client = {.name = "client", .network = "192.0.2"};
static struct guest pod = {.name = "pod", .network = "198.51.100"};

static void guest_enter(const struct guest *guest)
{
	struct netns own;

	netns_enter(&own);
	process_notify(&guest->line, 1);
	process_listen(&guest->line, 1);
	netns_ip("addr add %s.2/24 dev eth0", guest->network);
	netns_ip("link set eth0 up");
	netns_ip("route add default via %s.1", guest->network);
}

static void run_pod(void *data)
{
	uint16_t port = 15006;
	uint16_t plain_port = 8080;

	(void)data;
	guest_enter(&pod);
	assert_int_equal(system("nft 'add table ip t; add chain ip t c { type nat hook prerouting "
				"priority -100; }; add rule ip t c tcp dport 9080 redirect to "
				":15006'"),
			 0);
	int listener = tcp_listen("0.0.0.0", &port);
	int plain = tcp_listen("0.0.0.0", &plain_port);
	process_notify(&pod.line, 1);
	close(tcp_accept(listener));
	close(tcp_accept(plain));
	process_listen(&pod.line, 1);
}

static void run_client(void *data)
{
	(void)data;
	guest_enter(&client);
	process_notify(&client.line, 1);
	process_listen(&client.line, 1);
	close(tcp_connect("192.0.2.1", 30080));
	process_listen(&client.line, 1);
}

static void guest_start(struct guest *guest, void (*body)(void *data))
{
	process_line_open(&guest->line);
	guest->pid = process_start(body, NULL);
	process_listen(&guest->line, 0);
	netns_ip("link add %s type veth peer name eth0 netns %d", guest->name, (int)guest->pid);
	netns_ip("addr add %s.1/24 dev %s", guest->network, guest->name);
	netns_ip("link set %s up", guest->name);
	process_notify(&guest->line, 0);
	process_listen(&guest->line, 0);
}

static void guest_end(struct guest *guest)
{
	process_notify(&guest->line, 0);
	process_wait(guest->pid);
	process_line_close(&guest->line);
}

static struct flow wait_flow(uint8_t event, uint16_t dport)
{
	return collector_wait(&collector, &(struct flow_match){.event = event, .dport = dport});
}

static void assert_address(const struct flow_address *address, const char *wanted)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(4, address, text);
	assert_string_equal(text, wanted);
}

/* The kernel removes a pair of virtual devices with the namespace of one end. */
static bool pod_is_gone(void *data)
{
	(void)data;
	return if_nametoindex(pod.name) == 0;
}

static void test_node_port_masquerade_and_redirect(void **state)
{
	(void)state;
	netns_enter(&node);
	netns_sysctl("net/ipv4/ip_forward", "1");
	guest_start(&client, run_client);
	guest_start(&pod, run_pod);
	assert_int_equal(
		system("nft 'add table ip t; add chain ip t p { type nat hook prerouting priority "
		       "-100; }; add chain ip t o { type nat hook postrouting priority 100; }; "
		       "add rule ip t p tcp dport 30080 dnat to 198.51.100.2:9080; "
		       "add rule ip t o oifname pod ip saddr 192.0.2.0/24 masquerade'"),
		0);
	collector_start(&collector, NULL);
	process_notify(&client.line, 0);

	struct flow connected = wait_flow(FLOW_ESTABLISHED, 30080);
	assert_true(connected.has & FLOW_HAS_BACKEND);
	assert_address(&connected.nat_address, "198.51.100.2");
	assert_int_equal(connected.nat_port, 9080);

	struct flow accepted = wait_flow(FLOW_ACCEPTED, 15006);
	assert_address(&accepted.src, "198.51.100.1");
	assert_true(accepted.has & FLOW_HAS_WIRE_DPORT);
	assert_int_equal(accepted.wire_dport, 9080);
	assert_true(accepted.has & FLOW_HAS_ORIGIN);
	assert_address(&accepted.nat_address, "192.0.2.2");
	assert_int_equal(accepted.nat_port, connected.sport);

	/* The node itself connects, as the kubelet does for probes. The source is not rewritten, so
	 * the origin equals the source. */
	close(tcp_connect("198.51.100.2", 8080));
	struct flow probe = wait_flow(FLOW_ACCEPTED, 8080);
	assert_false(probe.has & FLOW_HAS_WIRE_DPORT);
	assert_true(probe.has & FLOW_HAS_ORIGIN);
	assert_address(&probe.nat_address, "198.51.100.1");
	struct flow plain = wait_flow(FLOW_ESTABLISHED, 8080);
	assert_false(plain.has & FLOW_HAS_BACKEND);

	guest_end(&client);
	guest_end(&pod);
	/* The conntrack socket in the pod's namespace does not keep it alive. */
	assert_true(wait_until(pod_is_gone, NULL));
	collector_free(&collector);
	netns_leave(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node_port_masquerade_and_redirect),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP the collector needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("collector: translation", tests, NULL, NULL);
}
