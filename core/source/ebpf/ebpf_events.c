/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_events.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "core/base/text.h"
#include "core/dns/dns_failures.h"
#include "core/dns/dns_lookups.h"
#include "core/dns/dns_streams.h"
#include "core/source/ebpf/cgroup_table.h"
#include "core/source/ebpf/conntrack.h"
#include "core/source/ebpf/drop_reasons.h"
#include "core/source/ebpf/ebpf_collector.h"
#include "core/source/ebpf/ebpf_convert.h"
#include "core/source/ebpf/ebpf_dns.h"
#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/ebpf/udp.h"

/* Wake the main loop after this many records of a long batch. */
#define FLUSH_EVERY 1024

static void ebpf_emit_container(struct collector *collector, struct container_record *container)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	if (container)
		source_emit(collector->source, &record);
}

void ebpf_on_container_due(struct container_record *due, void *data)
{
	ebpf_emit_container(data, due);
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

/* Handles an event of the ring of cgroups. Returns false for other events. */
static bool ebpf_handle_cgroup(struct collector *collector, const void *event, size_t size)
{
	switch (*(const uint8_t *)event) {
	case RING_EVENT_CGROUP_MKDIR:
		ebpf_on_cgroup_event(collector, event, size);
		return true;
	case RING_EVENT_CGROUP_RMDIR:
		ebpf_on_cgroup_gone(collector, event, size);
		return true;
	default:
		return false;
	}
}

/* An ebpf_event_callback for the ring of cgroups, while an event of another ring waits. */
static int ebpf_on_new_cgroup(void *data, void *event, size_t size)
{
	(void)ebpf_handle_cgroup(data, event, size);
	return 0;
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

/* Returns whether a cgroup is unknown, so that it may be a container's. Emits the record of its
 * container if it is due. */
static bool ebpf_is_unresolved(struct collector *collector, uint64_t cgroup_id)
{
	struct container_record *due;
	enum cgroup_owner owner;

	if (!cgroup_table_find_owner(collector->cgroups, cgroup_id, &owner, &due)) {
		/* The event of the new cgroup may have come after the last reading of its ring. */
		(void)ebpf_programs_consume(collector->programs, EBPF_RING_CGROUPS,
					    ebpf_on_new_cgroup, collector);
		owner = cgroup_table_resolve(collector->cgroups, cgroup_id, &due);
	}
	ebpf_emit_container(collector, due);
	return owner == CGROUP_OWNER_UNRESOLVED;
}

/* Marks a flow of an unknown cgroup. */
static void ebpf_resolve_cgroup(struct collector *collector, struct flow *flow)
{
	if (flow->has & FLOW_HAS_CGROUP)
		flow->unresolved = ebpf_is_unresolved(collector, flow->cgroup_id);
}

static void ebpf_emit_loss(struct collector *collector, enum lost_where where, uint64_t cgroup_id,
			   uint64_t count)
{
	struct record record = {
		.kind = RECORD_LOST,
		.lost = {.where = (uint8_t)where, .count = count, .cgroup_id = cgroup_id},
	};

	record.lost.unresolved = ebpf_is_unresolved(collector, cgroup_id);
	/* Without memory for the name, readers of the record take it for one of their own node. */
	(void)text_copy(collector->node, &record.lost.node);
	source_emit(collector->source, &record);
}

void ebpf_on_cgroup_loss(void *data, uint64_t cgroup_id, uint64_t count)
{
	ebpf_emit_loss(data, LOST_KERNEL, cgroup_id, count);
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

/* Replaces the flow's destination with the Service that the socket sent to. The former
 * destination becomes the flow's backend. */
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

void ebpf_read_datagrams(struct collector *collector)
{
	if (collector->udp)
		source_count_lost(collector->source, LOST_MEMORY,
				  udp_read(collector->udp, ebpf_programs_now(collector->programs),
					   ebpf_on_datagrams, collector));
}

static void ebpf_on_association(void *data, const struct sctp_event *event)
{
	struct collector *collector = data;
	int mute_fd = atomic_load(&collector->mute_fd);
	struct record record;

	if (mute_fd >= 0 && ebpf_is_muted(mute_fd, event->row.cgroup_id))
		return;
	if (ebpf_convert_association(event, collector->boot_to_unix_ns, &record))
		return;
	ebpf_resolve_cgroup(collector, &record.flow);
	ebpf_complete_flow(collector, &record.flow);
	ebpf_set_interval(collector, &record.flow);
	source_emit(collector->source, &record);
}

void ebpf_read_associations(struct collector *collector, enum sctp_choice choice)
{
	bool sampling = collector->sampling;

	if (!collector->udp)
		return;
	collector->sampling = true;
	udp_read_associations(collector->udp, choice, ebpf_programs_now(collector->programs),
			      ebpf_on_association, collector);
	collector->sampling = sampling;
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
 * because the answer comes from there. If address translation replaces the address that an answer
 * comes from, marks the answer (is_translated), because its query may have been sent to another
 * port.
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

static void ebpf_on_refused_query(void *data, uint64_t cgroup_id, uint64_t count)
{
	ebpf_emit_loss(data, LOST_MEMORY, cgroup_id, count);
}

void ebpf_expire_lookups(struct collector *collector)
{
	if (!collector->lookups)
		return;
	dns_lookups_expire(collector->lookups, ebpf_programs_now(collector->programs));
	dns_failures_expire(collector->failures, ebpf_programs_now(collector->programs));
	dns_streams_expire(collector->streams, ebpf_programs_now(collector->programs));
	collector->lookups_unkept +=
		dns_lookups_report_refused(collector->lookups, ebpf_on_refused_query, collector);
	uint64_t unkept = dns_lookups_counts(collector->lookups)->unkept +
			  dns_streams_unread(collector->streams);
	source_count_lost(collector->source, LOST_MEMORY, unkept - collector->lookups_unkept);
	collector->lookups_unkept = unkept;
}

static void ebpf_on_sctp_event(struct collector *collector, const void *event, size_t size)
{
	if (size >= sizeof(struct sctp_event))
		ebpf_on_association(collector, event);
}

int ebpf_on_event(void *data, void *event, size_t size)
{
	struct collector *collector = data;
	struct record record;
	uint8_t kind = *(const uint8_t *)event;

	if (ebpf_handle_cgroup(collector, event, size))
		return ebpf_pace(collector);
	if (kind == RING_EVENT_DNS)
		ebpf_on_dns(collector, event, size);
	else if (kind == RING_EVENT_SCTP)
		ebpf_on_sctp_event(collector, event, size);
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

void ebpf_start_dns(struct collector *collector)
{
	if (!udp_sends_dns(collector->udp))
		return;
	collector->failures = dns_failures_new(ebpf_on_failed_lookup, collector);
	collector->streams = dns_streams_new(ebpf_on_dns_message, collector);
	if (collector->failures && collector->streams)
		collector->lookups = dns_lookups_new(0, ebpf_on_lookup, collector);
}
