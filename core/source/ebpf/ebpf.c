/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf.h"

#include <errno.h>
#include <ifaddrs.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/dns/dns_failures.h"
#include "core/dns/dns_lookups.h"
#include "core/dns/dns_streams.h"
#include "core/record/address.h"
#include "core/source/ebpf/cgroup_table.h"
#include "core/source/ebpf/conntrack.h"
#include "core/source/ebpf/drop_reasons.h"
#include "core/source/ebpf/ebpf_convert.h"
#include "core/source/ebpf/ebpf_dns.h"
#include "core/source/ebpf/ebpf_features.h"
#include "core/source/ebpf/ebpf_listing.h"
#include "core/source/ebpf/ebpf_loader.h"
#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/ebpf/udp.h"
#include "core/source/service_range.h"

/* The interval between two readings of the ring while events arrive. A wake-up for each event would
 * cost the traced task time. */
#define BATCH_MS 10
/* The longest sleep of an idle collector, and so the longest delay after a lost wake-up. */
#define IDLE_MS 200
/* Wake the main loop after this many records of a long batch. */
#define FLUSH_EVERY 1024
/* The inode number of the first pid namespace (include/linux/proc_ns.h). */
#define PROC_PID_INIT_INO 0xeffffffcu
/* The interval at which ebpf_maintain reads the clocks and the counters of lost events. */
#define MAINTENANCE_MS 250
/* glibc returns free memory at the end of a heap to the kernel if it is more than this
 * (M_TRIM_THRESHOLD in mallopt(3)). */
#define RELEASE_THRESHOLD (1 << 20)
/* When a block of at least 64 KiB is freed, glibc checks whether to shrink the heap. */
#define RELEASE_BLOCK ((size_t)96 << 10)
/* The default interval for reading the counters of datagrams. */
#define DATAGRAMS_MS 1000
/* The largest number of addresses of this machine, bridges and tunnels included. */
#define NODE_ADDRESSES_MAX 256

struct collector {
	struct ebpf_options options;
	char *node; /* the name in the options, or the host's name */
	struct ebpf_programs *programs;
	struct udp *udp;               /* NULL: UDP is not watched here */
	struct dns_lookups *lookups;   /* NULL: DNS is not read here */
	struct dns_streams *streams;   /* NULL if `lookups` is */
	uint64_t lookups_unkept;       /* DNS messages that were counted as lost so far */
	struct dns_failures *failures; /* NULL if `lookups` is */
	int udp_error;
	char udp_message[160]; /* the reason why UDP is not watched */
	struct source *source;
	struct cgroup_table *cgroups;
	struct conntrack *conntrack;       /* NULL: conntrack cannot be asked here */
	struct drop_reasons *drop_reasons; /* NULL until the first drop */
	uint32_t node_netns;               /* inode number; 0: unknown */
	bool sampling;                     /* the sampler runs: FLOW_OPEN events are samples */
	/* Written by the collector's thread, read by the main thread; -1: none. */
	atomic_int mute_fd;
	uint64_t boot_to_unix_ns;
	uint64_t lost_counted;
	struct ebpf_listing listing;
	unsigned int unflushed;
	size_t rest;    /* records that may still be read after the stop; 0: not stopped */
	bool scan_due;  /* events of cgroups may have been lost: scan again */
	bool scan_told; /* the health reports that the last scan was cut short */
	uint64_t next_maintenance_ms;
	uint64_t next_sample_ms;
	uint64_t next_datagrams_ms;
	uint64_t sampled_ms;   /* monotonic time of the last sample; 0: none */
	uint64_t datagrams_ms; /* monotonic time of the last reading of datagrams; 0: none */
	/* While the collector reads counters: the time since its previous reading of them.
	 * Otherwise, or if that time is unknown: 0. */
	uint64_t interval_ms;
};

/* Call this regularly, because the wall clock may be set while polecat runs. */
static void ebpf_read_clocks(struct collector *collector)
{
	collector->boot_to_unix_ns = clock_real_ns() - ebpf_programs_now(collector->programs);
}

static void ebpf_emit_container(struct collector *collector, struct container_record *container)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	if (container)
		source_emit(collector->source, &record);
}

static void ebpf_on_container_due(struct container_record *due, void *data)
{
	ebpf_emit_container(data, due);
}

static void ebpf_add_missing(char message[SOURCE_MESSAGE_SIZE], const char *purpose)
{
	size_t length = strlen(message);

	snprintf(message + length, SOURCE_MESSAGE_SIZE - length, "%s%s",
		 length ? ", " : "not available on this kernel (polecat doctor): ", purpose);
}

/* Reports that the collector works, and which of its features this kernel lacks. */
static void ebpf_report_ready(struct collector *collector)
{
	const struct ebpf_features *features = ebpf_programs_features(collector->programs);
	char message[SOURCE_MESSAGE_SIZE] = "";

	if (!features->kernel.has_socket_storage)
		ebpf_add_missing(message, EBPF_STORAGE_PURPOSE);
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (features->errors[i])
			ebpf_add_missing(message, ebpf_feature_purpose(i));
	}
	int error = *message ? -EOPNOTSUPP : 0;
	if (collector->udp_error) {
		size_t length = strlen(message);

		error = collector->udp_error;
		snprintf(message + length, sizeof(message) - length,
			 "%sUDP is not watched, and DNS is not read: %s", length ? "; " : "",
			 collector->udp_message);
	} else if (!collector->lookups) {
		size_t length = strlen(message);

		error = -EOPNOTSUPP;
		snprintf(message + length, sizeof(message) - length, "%sDNS is not read: %s",
			 length ? "; " : "",
			 udp_sends_dns(collector->udp) ? strerror(ENOMEM)
						       : udp_dns_error(collector->udp));
	}
	source_set_health(collector->source, SOURCE_READY, error, "%s", message);
}

/*
 * Scans the cgroups. After a scan that was cut short, the health says so until a later scan reaches
 * all cgroups. In the meantime, when a flow names a cgroup that the table lacks, the table asks the
 * kernel for it by id. If the cgroup no longer exists then, it stays unresolved. A container
 * without flows has no record.
 */
static void ebpf_scan_cgroups(struct collector *collector)
{
	int error = cgroup_table_scan(collector->cgroups, ebpf_on_container_due, collector);
	/* Without a cgroup v2 mount, flows have no containers. That is not a failure. */
	bool cut = error && error != -ENOENT;

	collector->scan_due = cut;
	if (cut && !collector->scan_told)
		source_set_health(
			collector->source, SOURCE_READY, -ENODATA,
			"the scan of cgroups was cut short (%s): connections of containers "
			"that it did not reach may be unresolved",
			error == -E2BIG ? "too many or too deep" : strerror(-error));
	else if (!cut && collector->scan_told)
		ebpf_report_ready(collector);
	collector->scan_told = cut;
}

static void ebpf_on_cgroup_event(struct collector *collector, const struct cgroup_event *event,
				 size_t size)
{
	struct container_record *due = NULL;
	char path[CGROUP_EVENT_PATH_LEN];

	if (size < sizeof(*event))
		return;
	memcpy(path, event->path, sizeof(path));
	path[sizeof(path) - 1] = '\0';
	int error = cgroup_table_add(collector->cgroups, event->id, path, &due);
	if (error == -EAGAIN)
		collector->scan_due = true;
	else if (error)
		source_count_lost(collector->source, LOST_MEMORY, 1);
	ebpf_emit_container(collector, due);
}

static void ebpf_on_cgroup_gone(struct collector *collector, const struct cgroup_gone_event *event,
				size_t size)
{
	if (size >= sizeof(*event))
		cgroup_table_remove(collector->cgroups, event->id);
}

/* Called after each record. Returns -ECANCELED to end the reading. After a stop, limits the reading
 * to the number of records that fit into the ring, so that a flood of events cannot keep the thread
 * alive. */
static int ebpf_pace(struct collector *collector)
{
	if (collector->rest > 0 && --collector->rest == 0)
		return -ECANCELED;
	if (++collector->unflushed < FLUSH_EVERY)
		return 0;
	collector->unflushed = 0;
	source_flush(collector->source);
	return collector->rest == 0 && source_stopping(collector->source) ? -ECANCELED : 0;
}

/* Asks conntrack once for each connection: when it begins, or when the backfill finds it. */
static void ebpf_complete_flow(struct collector *collector, struct flow *flow)
{
	if (flow->event == FLOW_ESTABLISHED || flow->event == FLOW_ACCEPTED ||
	    (flow->event == FLOW_OPEN && !collector->sampling))
		conntrack_complete(collector->conntrack, flow);
}

/* Marks a flow of an unknown cgroup, which may be a container's, as unresolved. */
static void ebpf_resolve_cgroup(struct collector *collector, struct flow *flow)
{
	struct container_record *due = NULL;

	if (!(flow->has & FLOW_HAS_CGROUP))
		return;
	flow->unresolved = cgroup_table_resolve(collector->cgroups, flow->cgroup_id, &due) ==
			   CGROUP_OWNER_UNRESOLVED;
	ebpf_emit_container(collector, due);
}

/* Sets interval_ms of a flow whose counters cover one interval: an open connection or datagrams. */
static void ebpf_set_interval(const struct collector *collector, struct flow *flow)
{
	if (collector->interval_ms == 0 || collector->interval_ms > UINT32_MAX ||
	    (flow->event != FLOW_OPEN && flow->event != FLOW_DATAGRAM))
		return;
	flow->interval_ms = (uint32_t)collector->interval_ms;
	flow->has |= FLOW_HAS_INTERVAL;
}

/* Begins a reading of counters. `last_ms`: monotonic time of the last reading; set to `now_ms`. */
static void ebpf_begin_interval(struct collector *collector, uint64_t *last_ms, uint64_t now_ms)
{
	collector->interval_ms = *last_ms ? now_ms - *last_ms : 0;
	*last_ms = now_ms;
}

/* Makes the address that the socket sent to the destination, and the former destination the
 * backend. */
static void ebpf_use_service(const struct udp_service *service, struct flow *flow)
{
	flow->nat_address = flow->dst;
	flow->nat_port = flow->dport;
	flow->dst = service->address;
	flow->dport = service->port;
	flow->has |= FLOW_HAS_BACKEND | FLOW_HAS_BACKEND_PORT;
}

static void ebpf_on_datagrams(void *data, const struct udp_change *change)
{
	struct collector *collector = data;
	int mute_fd = atomic_load(&collector->mute_fd);
	struct record record;

	if (mute_fd >= 0 && ebpf_is_muted(mute_fd, change->row->cgroup_id))
		return;
	ebpf_convert_datagrams(change, ebpf_programs_now(collector->programs),
			       collector->boot_to_unix_ns, &record);
	ebpf_resolve_cgroup(collector, &record.flow);
	ebpf_set_interval(collector, &record.flow);
	if (change->is_first && change->row->direction == FLOW_EVENT_EGRESS &&
	    !change->row->is_connected)
		(void)conntrack_find_service(collector->conntrack, &record.flow,
					     &change->service->address, &change->service->port);
	if (change->service->port)
		ebpf_use_service(change->service, &record.flow);
	else if (change->is_first)
		conntrack_complete(collector->conntrack, &record.flow);
	source_emit(collector->source, &record);
}

static void ebpf_read_datagrams(struct collector *collector)
{
	if (collector->udp)
		source_count_lost(collector->source, LOST_MEMORY,
				  udp_read(collector->udp, ebpf_programs_now(collector->programs),
					   ebpf_on_datagrams, collector));
}

/* Adds the reason for a drop. The names of the reasons are read at the first drop. */
static void ebpf_complete_drop(struct collector *collector, const struct drop_event *event,
			       struct flow *flow)
{
	char reason[DROP_REASON_SIZE];

	if (!collector->drop_reasons)
		collector->drop_reasons = drop_reasons_open();
	drop_reasons_name(collector->drop_reasons, event->reason, reason);
	if (ebpf_convert_drop(event, reason, collector->node_netns, flow))
		source_count_lost(collector->source, LOST_MEMORY, 1);
}

/* Returns the id of the flow that a client's queries belong to. If the connection is unknown, they
 * get a flow of their own. */
static uint64_t ebpf_dns_flow_id(const struct dns_client *client)
{
	struct udp_row row = {
		.socket = client->socket,
		.end = UDP_END(client->family, client->server_port),
		.first_ns = client->first_ns,
	};

	if (client->connection)
		return client->connection;
	memcpy(row.peer, &client->server, sizeof(row.peer));
	return udp_flow_id(&row);
}

static bool ebpf_is_muted_client(struct collector *collector, const struct dns_client *client)
{
	int mute_fd = atomic_load(&collector->mute_fd);

	return mute_fd >= 0 && ebpf_is_muted(mute_fd, client->cgroup_id);
}

/* Emits an event of a DNS client's flow. If `error` is not 0, the event could not be made, so
 * counts it as lost. */
static void ebpf_emit_dns_flow(struct collector *collector, struct record *record, int error)
{
	if (error) {
		source_count_lost(collector->source, LOST_MEMORY, 1);
		return;
	}
	ebpf_resolve_cgroup(collector, &record->flow);
	source_emit(collector->source, record);
}

static void ebpf_on_failed_lookup(void *data, const struct dns_failure *failure)
{
	struct collector *collector = data;
	struct record record;

	if (ebpf_is_muted_client(collector, failure->client))
		return;
	int error = ebpf_dns_convert_failure(failure, ebpf_dns_flow_id(failure->client),
					     collector->boot_to_unix_ns, &record);
	ebpf_emit_dns_flow(collector, &record, error);
}

/* Emits the record of a query or of stray answers. If the query had no answer, also emits a
 * FLOW_UNANSWERED event of its flow. */
static void ebpf_on_lookup(void *data, const struct dns_result *result)
{
	struct collector *collector = data;
	struct record record;

	if (ebpf_is_muted_client(collector, result->client))
		return;
	if (result->outcome != DNS_STRAY)
		dns_failures_result(collector->failures, result);
	if (ebpf_dns_convert(result, collector->node, collector->boot_to_unix_ns, &record)) {
		source_count_lost(collector->source, LOST_MEMORY, 1);
		return;
	}
	source_emit(collector->source, &record);
	if (result->outcome != DNS_UNANSWERED)
		return;
	int error = ebpf_dns_convert_unanswered(result, ebpf_dns_flow_id(result->client),
						collector->boot_to_unix_ns, &record);
	ebpf_emit_dns_flow(collector, &record, error);
}

static void ebpf_on_dns_message(void *data, const struct dns_packet *message)
{
	struct collector *collector = data;

	dns_lookups_packet(collector->lookups, message);
}

/*
 * Handles the packet of a socket that is not connected. If address translation in the socket's
 * network namespace changed the destination of a query, uses the address that the process sent to,
 * because the answer comes from there. An answer from an address that is translated may belong to a
 * query that was sent to another port.
 */
static void ebpf_translate_dns(struct collector *collector, struct dns_packet *packet)
{
	struct dns_client *client = &packet->client;
	struct flow flow = {
		.src = client->local,
		.dst = client->server,
		.sport = client->local_port,
		.dport = client->server_port,
		.netns = client->netns,
		.pid = client->pid,
		.has = FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT |
		       FLOW_HAS_NETNS | (client->pid ? FLOW_HAS_PID : 0),
		.family = client->family,
		.protocol = FLOW_UDP,
	};

	client->connection = ebpf_dns_flow_id(client);
	if (!packet->is_sent) {
		packet->is_translated = packet->is_begun_by_server &&
					conntrack_may_translate(collector->conntrack, &flow);
		return;
	}
	if (conntrack_find_service(collector->conntrack, &flow, &client->server,
				   &client->server_port) == -EAGAIN)
		dns_lookups_note_loss(collector->lookups, packet->time_ns);
}

static void ebpf_on_dns(struct collector *collector, const void *event, size_t size)
{
	struct dns_packet packet;

	if (!collector->lookups || ebpf_dns_read(event, size, &packet))
		return;
	if (!packet.is_connected)
		ebpf_translate_dns(collector, &packet);
	if (packet.client.is_tcp)
		dns_streams_segment(collector->streams, &packet);
	else
		dns_lookups_packet(collector->lookups, &packet);
}

static void ebpf_expire_lookups(struct collector *collector)
{
	if (!collector->lookups)
		return;
	dns_lookups_expire(collector->lookups, ebpf_programs_now(collector->programs));
	dns_failures_expire(collector->failures, ebpf_programs_now(collector->programs));
	dns_streams_expire(collector->streams, ebpf_programs_now(collector->programs));
	uint64_t unkept = dns_lookups_counts(collector->lookups)->unkept +
			  dns_streams_unread(collector->streams);
	source_count_lost(collector->source, LOST_MEMORY, unkept - collector->lookups_unkept);
	collector->lookups_unkept = unkept;
}

static int ebpf_on_event(void *data, void *event, size_t size)
{
	struct collector *collector = data;
	struct record record;
	uint8_t kind = *(const uint8_t *)event;

	if (kind == RING_EVENT_CGROUP_MKDIR)
		ebpf_on_cgroup_event(collector, event, size);
	else if (kind == RING_EVENT_CGROUP_RMDIR)
		ebpf_on_cgroup_gone(collector, event, size);
	else if (kind == RING_EVENT_DNS)
		ebpf_on_dns(collector, event, size);
	else if (size >= sizeof(struct flow_event) &&
		 !ebpf_convert_flow(event, collector->boot_to_unix_ns, &record)) {
		ebpf_resolve_cgroup(collector, &record.flow);
		ebpf_complete_flow(collector, &record.flow);
		ebpf_set_interval(collector, &record.flow);
		if (kind == RING_EVENT_DROPPED && size >= sizeof(struct drop_event))
			ebpf_complete_drop(collector, event, &record.flow);
		source_emit(collector->source, &record);
	}
	return ebpf_pace(collector);
}

/* Returns the inode number of the node's network namespace, which is that of process 1 in the first
 * pid namespace. Returns 0 if this process is in another pid namespace. */
static uint32_t ebpf_read_node_netns(void)
{
	struct stat pids;
	struct stat network;

	if (stat("/proc/self/ns/pid", &pids) || pids.st_ino != PROC_PID_INIT_INO ||
	    stat("/proc/1/ns/net", &network))
		return 0;
	return (uint32_t)network.st_ino;
}

static void ebpf_emit_hello(struct collector *collector)
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
	source_emit(collector->source, &record);
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

/* Emits the addresses that this machine has in this network namespace. They identify the machine
 * when it is the peer of a flow. */
static void ebpf_emit_node(struct collector *collector)
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

/* Emits the range of Service addresses if polecat runs in a pod, because only the environment of a
 * pod shows the range. */
static void ebpf_emit_service_range(struct collector *collector)
{
	struct record record;

	if (service_range_of_host(getenv("KUBERNETES_SERVICE_HOST"), &record) == 0 &&
	    record.kind != RECORD_NONE)
		source_emit(collector->source, &record);
}

static void ebpf_count_lost(struct collector *collector)
{
	uint64_t lost = collector->lost_counted;

	/* If the counters cannot be read, the next call counts the losses. */
	(void)ebpf_programs_lost(collector->programs, &lost);
	source_count_lost(collector->source, LOST_KERNEL, lost - collector->lost_counted);
	/* The lost events may include the creation and the removal of cgroups. */
	collector->scan_due |= lost != collector->lost_counted;
	if (collector->lookups && lost != collector->lost_counted)
		dns_lookups_note_loss(collector->lookups, ebpf_programs_now(collector->programs));
	collector->listing.due |= lost != collector->lost_counted;
	collector->lost_counted = lost;
}

/* Lists the open connections again after a loss, which may have hidden the ends of some. */
static void ebpf_list_again(struct collector *collector, uint64_t now_ms)
{
	if (!ebpf_listing_is_due(&collector->listing, collector->source, now_ms))
		return;
	collector->sampling = true;
	ebpf_listing_run(&collector->listing, collector->programs, collector->source, ebpf_on_event,
			 collector);
	collector->sampling = false;
}

static void ebpf_maintain(struct collector *collector)
{
	uint64_t now = clock_monotonic_ms();

	if (now >= collector->next_maintenance_ms) {
		collector->next_maintenance_ms = now + MAINTENANCE_MS;
		ebpf_read_clocks(collector);
		ebpf_count_lost(collector);
		ebpf_expire_lookups(collector);
		if (collector->scan_due && cgroup_table_may_scan(collector->cgroups))
			ebpf_scan_cgroups(collector);
		ebpf_list_again(collector, now);
	}
	if (now >= collector->next_datagrams_ms) {
		collector->next_datagrams_ms =
			now + (collector->options.datagrams_ms ? collector->options.datagrams_ms
							       : DATAGRAMS_MS);
		ebpf_begin_interval(collector, &collector->datagrams_ms, now);
		ebpf_read_datagrams(collector);
		collector->interval_ms = 0;
	}
	if (collector->options.sample_ms > 0 && now >= collector->next_sample_ms) {
		collector->next_sample_ms = now + collector->options.sample_ms;
		ebpf_begin_interval(collector, &collector->sampled_ms, now);
		collector->sampling = true;
		ebpf_programs_iterate(collector->programs, EBPF_SAMPLE_CONNECTIONS, ebpf_on_event,
				      collector);
		collector->sampling = false;
		collector->interval_ms = 0;
	}
}

/* Sleeps for BATCH_MS if the collector is busy. Otherwise sleeps until the ring has events, for at
 * most IDLE_MS. */
static void ebpf_wait_for_events(struct collector *collector, bool busy)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(collector->source), .events = POLLIN},
		{.fd = ebpf_programs_fd(collector->programs), .events = POLLIN},
	};

	if (busy)
		poll(waits, 1, BATCH_MS);
	else
		poll(waits, 2, IDLE_MS);
}

static void ebpf_collect(struct collector *collector)
{
	while (!source_stopping(collector->source)) {
		int got = ebpf_programs_consume(collector->programs, ebpf_on_event, collector);
		if (got == 0) {
			ebpf_programs_arm(collector->programs, true);
			got = ebpf_programs_consume(collector->programs, ebpf_on_event, collector);
		}
		ebpf_maintain(collector);
		source_flush(collector->source);
		collector->unflushed = 0;
		ebpf_wait_for_events(collector, got != 0);
		ebpf_programs_arm(collector->programs, false);
	}
	/* Also read the events that were in the ring at the stop. */
	collector->rest = ebpf_programs_capacity(collector->programs);
	ebpf_programs_consume(collector->programs, ebpf_on_event, collector);
	ebpf_read_datagrams(collector);
	if (collector->failures)
		dns_failures_expire(collector->failures, UINT64_MAX);
	ebpf_count_lost(collector);
}

static void ebpf_start_dns(struct collector *collector)
{
	if (!udp_sends_dns(collector->udp))
		return;
	collector->failures = dns_failures_new(ebpf_on_failed_lookup, collector);
	collector->streams = dns_streams_new(ebpf_on_dns_message, collector);
	if (collector->failures && collector->streams)
		collector->lookups = dns_lookups_new(0, ebpf_on_lookup, collector);
}

/*
 * Gives the memory that was used during the load back to the kernel.
 *
 * glibc does not do so by itself: it raises M_TRIM_THRESHOLD when a large block is
 * freed. malloc_trim does not shrink the heaps of threads. With a low threshold, freeing a block at
 * the end of the heap shrinks the heap.
 */
static void ebpf_release_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, RELEASE_THRESHOLD);
	/* volatile keeps the compiler from removing the pair. */
	void *volatile block = malloc(RELEASE_BLOCK);
	free(block);
#endif
}

/* Loads and attaches the kernel programs. If only UDP cannot be watched, TCP connections still are,
 * and the hello record, which lists the hooks in use, lacks those of UDP. */
static int ebpf_load(struct collector *collector, char *message, size_t size)
{
	const struct ebpf_loader_options options = {
		.programs =
			{
				.ring_bytes = collector->options.ring_bytes,
				.mute_by_cgroup = collector->options.mute,
				.avoid_map_iterators = collector->options.avoid_map_iterators,
				.avoid_socket_storage = collector->options.avoid_socket_storage,
				.avoid_kernel_reads = collector->options.avoid_kernel_reads,
			},
		.max_datagram_flows = collector->options.max_datagram_flows,
		.avoid_udp_task = collector->options.avoid_udp_task,
	};
	struct ebpf_loaded loaded = {0};
	int error = ebpf_loader_run(&options, &loaded, message, size);

	collector->programs = loaded.programs;
	collector->udp = loaded.udp;
	collector->udp_error = loaded.udp_error;
	memcpy(collector->udp_message, loaded.udp_message, sizeof(collector->udp_message));
	return error;
}

/* Attaches the live programs before the backfill, so that no connection is missed. If both see the
 * same connection, its mark in the socket storage makes them report it once. */
static int ebpf_start_collecting(struct collector *collector, char *message, size_t size)
{
	int error = ebpf_load(collector, message, size);

	if (!error)
		error = cgroup_table_new(NULL, NULL, &collector->cgroups);
	if (error)
		return error;

	if (collector->options.mute)
		atomic_store(&collector->mute_fd, ebpf_programs_mute_fd(collector->programs));
	/* Without conntrack, flows lack the values that address translation hides. That is not a
	 * failure. */
	collector->conntrack = conntrack_open(&error);
	collector->node_netns = ebpf_read_node_netns();
	ebpf_read_clocks(collector);
	ebpf_start_dns(collector);
	ebpf_release_memory();
	ebpf_emit_hello(collector);
	ebpf_emit_node(collector);
	ebpf_emit_service_range(collector);
	ebpf_scan_cgroups(collector);
	source_flush(collector->source);
	if (!collector->options.skip_backfill) {
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_LISTENERS, ebpf_on_event,
				      collector);
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_CONNECTIONS, ebpf_on_event,
				      collector);
	}
	return 0;
}

static void ebpf_run_collector(struct source *source, void *data)
{
	struct collector *collector = data;
	char message[SOURCE_MESSAGE_SIZE] = "";

	collector->source = source;
	int error = ebpf_start_collecting(collector, message, sizeof(message));
	if (error) {
		source_set_health(source, SOURCE_BROKEN, error, "%s", message);
	} else {
		if (!collector->scan_told)
			ebpf_report_ready(collector);
		ebpf_collect(collector);
	}
	cgroup_table_free(collector->cgroups);
	collector->cgroups = NULL;
	drop_reasons_close(collector->drop_reasons);
	collector->drop_reasons = NULL;
	conntrack_close(collector->conntrack);
	collector->conntrack = NULL;
	udp_close(collector->udp);
	collector->udp = NULL;
	dns_lookups_free(collector->lookups);
	collector->lookups = NULL;
	dns_streams_free(collector->streams);
	collector->streams = NULL;
	dns_failures_free(collector->failures);
	collector->failures = NULL;
	ebpf_programs_close(collector->programs);
	collector->programs = NULL;
}

static void ebpf_free_collector(void *data)
{
	struct collector *collector = data;
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		close(mute_fd);
	free(collector->node);
	free(collector);
}

int ebpf_source_start(const struct ebpf_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "kernel",
		.run = ebpf_run_collector,
		.free_data = ebpf_free_collector,
	};
	struct collector *collector = calloc(1, sizeof(*collector));
	struct utsname system;

	if (!collector)
		return -ENOMEM;
	atomic_init(&collector->mute_fd, -1);
	if (options)
		collector->options = *options;
	uname(&system);
	collector->node =
		strdup(collector->options.node ? collector->options.node : system.nodename);
	if (!collector->node) {
		ebpf_free_collector(collector);
		return -ENOMEM;
	}
	return source_start_new(&operations, collector, out);
}

void ebpf_source_mute(struct source *source, uint64_t cgroup_id)
{
	struct collector *collector = source_data(source);
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		ebpf_mute(mute_fd, cgroup_id);
}
