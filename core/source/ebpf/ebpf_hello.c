/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_hello.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/source/ebpf/ebpf_collector.h"
#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/ebpf/udp.h"
#include "core/source/service_range.h"

/* The inode number of the first pid namespace (include/linux/proc_ns.h). */
#define PROC_PID_INIT_INO 0xeffffffcu
/* The largest number of addresses of this machine, bridges and tunnels included. */
#define NODE_ADDRESSES_MAX 256

/* Returns whether this process is in the network namespace of process 1. Each namespace has files
 * of its own below /proc/PID/net, which need no privilege, unlike /proc/1/ns/net. */
static bool ebpf_shares_netns_of_init(void)
{
	struct stat init;
	struct stat own;

	return stat("/proc/1/net/dev", &init) == 0 && stat("/proc/self/net/dev", &own) == 0 &&
	       init.st_ino == own.st_ino;
}

uint32_t ebpf_read_node_netns(void)
{
	struct stat pids;
	struct stat network;

	if (stat("/proc/self/ns/pid", &pids) || pids.st_ino != PROC_PID_INIT_INO)
		return 0;
	if (stat("/proc/1/ns/net", &network) == 0)
		return (uint32_t)network.st_ino;
	if (ebpf_shares_netns_of_init() && stat("/proc/self/ns/net", &network) == 0)
		return (uint32_t)network.st_ino;
	return 0;
}

void ebpf_emit_hello(struct collector *collector)
{
	struct utsname system;
	struct record record;

	if (record_new_body(RECORD_HELLO, &record)) {
		source_count_lost(collector->source, LOST_MEMORY, 1);
		return;
	}
	uname(&system);
	text_copy(collector->node, &record.hello->node);
	text_copy(system.release, &record.hello->kernel);
	text_copy(POLECAT_VERSION, &record.hello->polecat);
	record.hello->started_ns = clock_real_ns();
	for (const char *const *hook = ebpf_programs_hooks(collector->programs); *hook; hook++)
		string_list_add(&record.hello->hooks, *hook);
	for (const char *const *hook = udp_hooks(collector->udp); *hook; hook++)
		string_list_add(&record.hello->hooks, *hook);
	if (collector->lookups)
		string_list_add(&record.hello->hooks, RECORD_HOOK_DNS);
	if (collector->udp)
		string_list_add(&record.hello->hooks, RECORD_HOOK_SCTP);
	source_emit(collector->source, &record);
}

int ebpf_emit_clock(struct collector *collector, int64_t step_ns)
{
	struct record record;

	if (record_new_body(RECORD_CLOCK, &record))
		return -ENOMEM;
	if (text_copy(collector->node, &record.clock->node)) {
		record_free(&record);
		return -ENOMEM;
	}
	record.clock->ts_ns = wall_clock_convert(collector->boot_to_unix_ns + (uint64_t)step_ns,
						 ebpf_programs_now(collector->programs));
	record.clock->set = step_ns < 0 ? CLOCK_SET_BACK : CLOCK_SET_FORWARD;
	record.clock->step_ns = step_ns < 0 ? -(uint64_t)step_ns : (uint64_t)step_ns;
	return source_emit_wait(collector->source, &record) ? 0 : -ECANCELED;
}

/* Adds the address of an interface once. Ignores loopback, link-local IPv6, and families other than
 * IPv4 and IPv6. */
static int ebpf_add_address(struct string_list *ips, const struct sockaddr *from)
{
	struct flow_address address;
	char text[ADDRESS_TEXT_SIZE];
	uint8_t family;

	if (!address_of_socket(from, &family, &address))
		return 0;
	address_format(family, &address, text);
	if (address_is_loopback(family, &address) || address_is_link_local_v6(family, &address) ||
	    string_list_has(ips, text) || ips->count >= NODE_ADDRESSES_MAX)
		return 0;
	return string_list_add(ips, text);
}

void ebpf_emit_node(struct collector *collector)
{
	struct record record = {.kind = RECORD_NONE};
	struct ifaddrs *interfaces = NULL;

	if (getifaddrs(&interfaces))
		return;
	int error = record_new_body(RECORD_NODE, &record);
	if (!error)
		error = text_copy(collector->node, &record.node->name);
	for (const struct ifaddrs *at = interfaces; at && !error; at = at->ifa_next)
		error = ebpf_add_address(&record.node->ips, at->ifa_addr);
	freeifaddrs(interfaces);
	if (error)
		record_free(&record);
	else
		source_emit(collector->source, &record);
}

void ebpf_emit_service_range(struct collector *collector)
{
	struct record record;

	if (service_range_of_host(getenv("KUBERNETES_SERVICE_HOST"), &record) == 0 &&
	    record.kind != RECORD_NONE)
		source_emit(collector->source, &record);
}
