/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/record/json/record_json.h"
#include "core/source/ebpf/ebpf_convert.h"
#include "tests/support/source_text.h"

#define BOOT_TO_UNIX 1700000000000000000ull

/* An event with a different value in each field. */
static struct flow_event full_event(uint8_t kind)
{
	struct flow_event event = {
		.kind = kind,
		.direction = FLOW_EVENT_EGRESS,
		.family = 4,
		.tcp_state = FLOW_STATE_ESTABLISHED,
		.error = kind == RING_EVENT_FAILED ? ECONNREFUSED : 0,
		.time_ns = 5000000123,
		.id = 0xfedcba9876543210,
		.cgroup_id = 77,
		.subflow_of = 0xfedcba9876543211,
		.subflows = 2,
		.since_ns = 12345678,
		.tx_bytes = 0x100000001,
		.rx_bytes = 0x200000002,
		.netns = 4026531840u,
		.pid = 4711,
		.uid = 1000,
		.rtt_us = 250,
		.retransmits = 3,
		.sport = 40000,
		.dport = 443,
		.saddr = {192, 0, 2, 1},
		.daddr = {198, 51, 100, 2},
		.comm = "curl",
	};

	return event;
}

#define ALWAYS                                                                         \
	(FLOW_HAS_ID | FLOW_HAS_SRC | FLOW_HAS_SPORT | FLOW_HAS_DST | FLOW_HAS_DPORT | \
	 FLOW_HAS_PID | FLOW_HAS_UID | FLOW_HAS_CGROUP | FLOW_HAS_NETNS)
#define TCP      (ALWAYS | FLOW_HAS_SUBFLOW_OF)
#define COUNTERS (FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_RTT | FLOW_HAS_RETRANS)

/* Each kind of event sets its own set of fields. */
static const struct {
	uint8_t kind;
	uint8_t event;
	uint32_t has;
} kinds[] = {
	{RING_EVENT_ESTABLISHED, FLOW_ESTABLISHED,
	 TCP | FLOW_HAS_LATENCY | FLOW_HAS_RTT | FLOW_HAS_RETRANS},
	{RING_EVENT_FAILED, FLOW_FAILED, TCP | FLOW_HAS_LATENCY | FLOW_HAS_RTT | FLOW_HAS_RETRANS},
	{RING_EVENT_CLOSED, FLOW_CLOSED, TCP | COUNTERS | FLOW_HAS_DURATION},
	{RING_EVENT_OPEN, FLOW_OPEN, TCP | COUNTERS | FLOW_HAS_DURATION},
};

static void test_each_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct flow_event event = full_event(kinds[i].kind);
		struct record record;
		assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
		assert_int_equal(record.kind, RECORD_FLOW);
		assert_int_equal(record.flow.event, kinds[i].event);
		assert_int_equal(record.flow.has, kinds[i].has);
		assert_null(record.flow.names);
	}
}

static void test_values(void **state)
{
	struct flow_event event = full_event(RING_EVENT_CLOSED);
	struct record record;
	const struct flow *flow = &record.flow;

	(void)state;
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(flow->ts_ns, BOOT_TO_UNIX + 5000000123);
	assert_int_equal(flow->id, 0xfedcba9876543210);
	assert_int_equal(flow->direction, FLOW_EGRESS);
	assert_int_equal(flow->family, 4);
	assert_int_equal(flow->protocol, FLOW_TCP);
	assert_int_equal(flow->state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(flow->cgroup_id, 77);
	assert_int_equal(flow->duration_ms, 12);
	assert_int_equal(flow->tx_bytes, 0x100000001);
	assert_int_equal(flow->rx_bytes, 0x200000002);
	assert_int_equal(flow->netns, 4026531840u);
	assert_int_equal(flow->pid, 4711);
	assert_int_equal(flow->uid, 1000);
	assert_int_equal(flow->rtt_us, 250);
	assert_int_equal(flow->retrans, 3);
	assert_int_equal(flow_joined_id(flow), 0xfedcba9876543211);
	assert_int_equal(flow->subflows, 2);
	assert_int_equal(flow->sport, 40000);
	assert_int_equal(flow->dport, 443);
	assert_memory_equal(flow->src.bytes, event.saddr, 16);
	assert_memory_equal(flow->dst.bytes, event.daddr, 16);
	assert_string_equal(flow->comm, "curl");
	assert_int_equal(flow->error, 0);

	event = full_event(RING_EVENT_FAILED);
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(flow->latency_us, 12345);
	assert_int_equal(flow->error, ECONNREFUSED);
}

/* A 0 from the kernel side is an absent field. But a uid of 0 is valid if there is a process. */
static void test_unknown_is_absent(void **state)
{
	struct flow_event event = {
		.kind = RING_EVENT_CLOSED, .direction = FLOW_EVENT_INGRESS, .family = 6, .id = 1};
	struct record record;

	(void)state;
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(record.flow.has, FLOW_HAS_ID | FLOW_HAS_SRC | FLOW_HAS_DST |
						  FLOW_HAS_DPORT | FLOW_HAS_TX | FLOW_HAS_RX |
						  FLOW_HAS_RETRANS);
	assert_int_equal(record.flow.direction, FLOW_INGRESS);
	assert_string_equal(record.flow.comm, "");
	event.pid = 1;
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_true(record.flow.has & FLOW_HAS_UID);

	event = (struct flow_event){.kind = RING_EVENT_ATTEMPT,
				    .direction = FLOW_EVENT_EGRESS,
				    .family = 4,
				    .id = 1,
				    .dport = 80};
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(record.flow.has,
			 FLOW_HAS_ID | FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_DPORT);
}

/* A process name may fill its field completely. */
static void test_comm_is_terminated(void **state)
{
	struct flow_event event = full_event(RING_EVENT_ATTEMPT);
	struct record record;

	(void)state;
	memset(event.comm, 'x', sizeof(event.comm));
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_string_equal(record.flow.comm, "xxxxxxxxxxxxxxx");
}

/* A connect() that failed at once chose no source and sent nothing. */
static void test_no_source(void **state)
{
	struct flow_event event = full_event(RING_EVENT_FAILED);
	struct record record;

	(void)state;
	memset(event.saddr, 0, sizeof(event.saddr));
	assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
	assert_false(record.flow.has & (FLOW_HAS_SRC | FLOW_HAS_RETRANS));
	assert_int_equal(record.flow.error, ECONNREFUSED);
}

static void test_ends(void **state)
{
	static const struct {
		uint8_t from;
		uint8_t end;
		uint8_t fin_by;
	} cases[] = {
		{0, 0, 0},
		{FLOW_EVENT_END_FIN, FLOW_END_FIN, FLOW_FIN_BY_SELF},
		{FLOW_EVENT_END_FIN_BY_PEER, FLOW_END_FIN, FLOW_FIN_BY_PEER},
		{FLOW_EVENT_END_RESET, FLOW_END_RESET, 0},
		{FLOW_EVENT_END_RESET_BY_PEER, FLOW_END_RESET_BY_PEER, 0},
		{FLOW_EVENT_END_TIMEOUT, FLOW_END_TIMEOUT, 0},
		{FLOW_EVENT_END_KILLED, FLOW_END_KILLED, 0},
		{99, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow_event event = full_event(RING_EVENT_CLOSED);
		struct record record;
		event.end = cases[i].from;
		assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), 0);
		assert_int_equal(record.flow.end, cases[i].end);
		assert_int_equal(record.flow.fin_by, cases[i].fin_by);
	}
}

static void test_drops(void **state)
{
	static const struct {
		uint32_t netns;
		uint8_t place;
	} cases[] = {{4026531840u, FLOW_DROP_OWN},
		     {4026531992u, FLOW_DROP_NODE},
		     {4026532000u, FLOW_DROP_OTHER},
		     {0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct drop_event event = {.flow = full_event(RING_EVENT_DROPPED),
					   .count = 7,
					   .netns = cases[i].netns,
					   .ifindex = 3,
					   .device = "eth0"};
		struct record record;
		assert_int_equal(ebpf_convert_flow(&event.flow, BOOT_TO_UNIX, &record), 0);
		assert_int_equal(record.flow.event, FLOW_DROPPED);
		assert_int_equal(
			ebpf_convert_drop(&event, "NETFILTER_DROP", 4026531992u, &record.flow), 0);
		assert_int_equal(record.flow.drops, 7);
		assert_int_equal(record.flow.drop_place, cases[i].place);
		assert_string_equal(record.flow.names->drop, "NETFILTER_DROP");
		assert_string_equal(record.flow.names->drop_device, "eth0");
		assert_true(!(record.flow.has & FLOW_HAS_DROP_NETNS) == !cases[i].netns);
		record_free(&record);
	}
}

static void test_what_is_no_flow(void **state)
{
	static const uint8_t others[] = {0, RING_EVENT_CGROUP_MKDIR, RING_EVENT_CGROUP_RMDIR, 200,
					 255};
	struct record record = {.kind = RECORD_LOST, .lost = {.count = 5}};

	(void)state;
	for (size_t i = 0; i < sizeof(others); i++) {
		struct flow_event event = full_event(others[i]);
		assert_int_equal(ebpf_convert_flow(&event, BOOT_TO_UNIX, &record), -EINVAL);
		assert_int_equal(record.kind, RECORD_LOST);
		assert_int_equal(record.lost.count, 5);
	}
}

/* Returns a row for the socket 192.0.2.1 port 40000 and its peer 198.51.100.2 port 443. */
static struct udp_row full_row(uint8_t direction)
{
	static const uint8_t peer[16] = {198, 51, 100, 2};
	static const uint8_t local[16] = {192, 0, 2, 1};
	struct udp_row row = {
		.socket = 7,
		.end = UDP_END(4, 443),
		.local_port = 40000,
		.direction = direction,
		.sent = UDP_SUM(30, 3000),
		.received = UDP_SUM(12, 1200),
		.cgroup_id = 77,
		.first_ns = 5000000123,
		.netns = 4026531840u,
		.pid = 4711,
		.uid = 1000,
		.comm = "chrome",
	};

	memcpy(row.peer, peer, sizeof(peer));
	memcpy(row.local, local, sizeof(local));
	return row;
}

#define DATAGRAMS (ALWAYS | FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT)

static void test_datagrams(void **state)
{
	struct udp_row row = full_row(FLOW_EVENT_EGRESS);
	struct udp_change change = {.row = &row,
				    .id = 9,
				    .count = 5,
				    .tx_bytes = 300,
				    .rx_bytes = 200,
				    .is_first = true};
	struct record record;
	const struct flow *flow = &record.flow;

	(void)state;
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(record.kind, RECORD_FLOW);
	assert_int_equal(flow->event, FLOW_DATAGRAM);
	assert_int_equal(flow->protocol, FLOW_UDP);
	assert_int_equal(flow->ts_ns, BOOT_TO_UNIX + 5000000123);
	assert_int_equal(flow->has, DATAGRAMS);
	assert_int_equal(flow->id, 9);
	assert_int_equal(flow->count, 5);
	assert_int_equal(flow->tx_bytes, 300);
	assert_int_equal(flow->rx_bytes, 200);
	assert_int_equal(flow->sport, 40000);
	assert_int_equal(flow->dport, 443);
	assert_memory_equal(flow->src.bytes, row.local, 16);
	assert_memory_equal(flow->dst.bytes, row.peer, 16);
	assert_string_equal(flow->comm, "chrome");
	change.is_first = false;
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(flow->ts_ns, BOOT_TO_UNIX + 7000000000);
	/* The record of the close has the totals. */
	change = (struct udp_change){.row = &row,
				     .id = 9,
				     .count = 42,
				     .tx_bytes = 3000,
				     .rx_bytes = 1200,
				     .closed_ns = 6500000123};
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(flow->event, FLOW_CLOSED);
	assert_int_equal(flow->ts_ns, BOOT_TO_UNIX + 6500000123);
	assert_int_equal(flow->has, DATAGRAMS | FLOW_HAS_DURATION);
	assert_int_equal(flow->duration_ms, 1500);
	assert_int_equal(flow->count, 42);
	assert_int_equal(flow->tx_bytes, 3000);
	assert_int_equal(flow->rx_bytes, 1200);
}

/* A UDP_SUM has the bytes in its low bits and the count above them. The difference of two sums is
 * exact even if the bytes carry into the count. */
static void test_sums(void **state)
{
	uint64_t before = UDP_SUM(0xffffff, (1ull << 40) - 1);
	uint64_t change = before + UDP_SUM(7, 900) - before;

	(void)state;
	assert_int_equal(UDP_SUM_COUNT(change), 7);
	assert_int_equal(UDP_SUM_BYTES(change), 900);
}

/* If a socket has many peers, one row counts all ports of an address (port 0) or several addresses
 * (family 0). */
static void test_datagrams_of_many_peers(void **state)
{
	struct udp_row row = full_row(FLOW_EVENT_INGRESS);
	const struct udp_change change = {.row = &row, .id = 9, .count = 5};
	struct record record;

	(void)state;
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(record.flow.has, DATAGRAMS);
	assert_int_equal(record.flow.sport, 443);
	assert_int_equal(record.flow.dport, 40000);
	assert_memory_equal(record.flow.dst.bytes, row.local, 16);
	row.end = UDP_END(4, 0);
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(record.flow.has, DATAGRAMS & ~FLOW_HAS_SPORT);
	row.end = 0;
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(record.flow.has,
			 DATAGRAMS & ~(FLOW_HAS_SPORT | FLOW_HAS_SRC | FLOW_HAS_DST));
	assert_int_equal(record.flow.family, 0);
	row = (struct udp_row){.socket = 7, .direction = FLOW_EVENT_INGRESS};
	ebpf_convert_datagrams(&change, 7000000000, BOOT_TO_UNIX, &record);
	assert_int_equal(record.flow.has, FLOW_HAS_ID | FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT);
}

/* The members of struct flow_event, without padding. */
static const struct event_member {
	const char *name;
	size_t offset;
	size_t size;
} event_members[] = {
#define MEMBER(member)                                                          \
	{                                                                       \
		.name = #member, .offset = offsetof(struct flow_event, member), \
		.size = sizeof(((struct flow_event *)NULL)->member)             \
	}
#define OPTIONAL_MEMBER(type, member, ...) MEMBER(member),
	MEMBER(kind),
	MEMBER(direction),
	MEMBER(family),
	MEMBER(owner),
	MEMBER(tcp_state),
	MEMBER(end),
	MEMBER(subflows),
	MEMBER(error),
	MEMBER(time_ns),
	MEMBER(id),
	MEMBER(since_ns),
	MEMBER(tx_bytes),
	MEMBER(rx_bytes),
	MEMBER(uid),
	MEMBER(retransmits),
	MEMBER(saddr),
	MEMBER(daddr),
	MEMBER(comm),
	MEMBER(dport),
	FLOW_EVENT_OPTIONAL_MEMBERS(OPTIONAL_MEMBER)
#undef OPTIONAL_MEMBER
#undef MEMBER
};

/* Returns the member that contains the byte; NULL: padding. */
static const struct event_member *find_event_member(size_t byte)
{
	for (size_t i = 0; i < sizeof(event_members) / sizeof(event_members[0]); i++) {
		const struct event_member *member = &event_members[i];

		if (byte >= member->offset && byte < member->offset + member->size)
			return member;
	}
	return NULL;
}

static void check_is_listed(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(event_members) / sizeof(event_members[0]); i++) {
		if (strlen(event_members[i].name) == length &&
		    strncmp(event_members[i].name, name, length) == 0)
			return;
	}
	if (strncmp(name, "padding", 7) == 0)
		return;
	fail_msg("struct flow_event (bpf/flow_event.h) has '%.*s': make it a line of "
		 "FLOW_EVENT_OPTIONAL_MEMBERS, or convert it in core/source/ebpf/ebpf_convert.c "
		 "and list it in event_members of this test",
		 (int)length, name);
}

/* The list of members above is complete. */
static void test_each_member_is_listed(void **state)
{
	CLEANUP_FREE char *text = read_source("bpf/flow_event.h");

	(void)state;
	blank_comments(text);
	char *start = strstr(text, "\nstruct flow_event {");
	assert_non_null(start);
	char *end = strstr(start, "\n};");
	assert_non_null(end);
	*end = '\0';
	for (char *stop = strchr(start, ';'); stop; stop = strchr(stop + 1, ';')) {
		char *last = stop;
		if (last[-1] == ']')
			while (*last != '[')
				last--;
		char *first = last;
		while (isalnum((unsigned char)first[-1]) || first[-1] == '_')
			first--;
		check_is_listed(first, (size_t)(last - first));
	}
}

/* Writes the line of the event's record. An event that no record can express has no line. */
static void write_line(const struct flow_event *event, struct buffer *line)
{
	struct record record;

	line->length = 0;
	if (ebpf_convert_flow(event, BOOT_TO_UNIX, &record) ||
	    record_json_write(line, &record, NULL))
		line->length = 0;
}

/* Returns whether changing one bit of this byte changes the record of at least one kind of
 * event. */
static bool byte_matters(size_t byte)
{
	struct buffer line = {0};
	struct buffer changed = {0};
	bool matters = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !matters; i++) {
		struct flow_event event = full_event(kinds[i].kind);
		unsigned char *bytes = (unsigned char *)&event;

		/* Fill all bytes of addresses and texts. since_ns is just below a whole
		 * millisecond, so that a change of its lowest byte changes the record's latency or
		 * duration. */
		event.family = 6;
		memset(event.comm, 'x', sizeof(event.comm));
		event.since_ns = 12999999;
		write_line(&event, &line);
		assert_true(line.length > 0);
		for (int bit = 0; bit < 8 && !matters; bit++) {
			bytes[byte] ^= (unsigned char)(1 << bit);
			write_line(&event, &changed);
			bytes[byte] ^= (unsigned char)(1 << bit);
			matters = line.length != changed.length ||
				  memcmp(line.data, changed.data, line.length) != 0;
		}
	}
	free(line.data);
	free(changed.data);
	return matters;
}

/* Each byte of an event, except padding and the end of comm, is in the record's line. */
static void test_each_member_reaches_the_record(void **state)
{
	(void)state;
	for (size_t byte = 0; byte < sizeof(struct flow_event); byte++) {
		const struct event_member *member = find_event_member(byte);
		bool end_of_comm = byte == offsetof(struct flow_event, comm) + FLOW_COMM_LEN - 1;

		if (member && !end_of_comm && !byte_matters(byte))
			fail_msg("byte %zu of '%s' of struct flow_event (bpf/flow_event.h) does "
				 "not reach the record: copy it in core/source/ebpf/ebpf_convert.c "
				 "with its presence bit, or make it a line of "
				 "FLOW_EVENT_OPTIONAL_MEMBERS",
				 byte - member->offset, member->name);
	}
}

/* --- SCTP --- */

/* An association that this end opened, if `direction` is FLOW_EVENT_EGRESS, or accepted. */
static struct sctp_event association(uint8_t step, uint8_t direction)
{
	struct sctp_event event = {
		.kind = RING_EVENT_SCTP,
		.step = step,
		.end = FLOW_EVENT_END_FIN_BY_PEER,
		.error = ECONNREFUSED,
		.time_ns = 9000000000,
		.row =
			{
				.id = 0xfedcba9876543212,
				.start_ns = 5000000000,
				.established_ns = 6000000000,
				.cgroup_id = 77,
				/* More than fits into an UDP_SUM. */
				.tx_bytes = 0x50000000001,
				.rx_bytes = 500,
				.packets = 0x3000007,
				.netns = 4026531840u,
				.pid = 4711,
				.uid = 1000,
				.local_port = 40000,
				.peer_port = 38412,
				.family = 4,
				.direction = direction,
				.comm = "amf",
			},
	};

	memcpy(event.row.local, (const uint8_t[]){192, 0, 2, 1}, 4);
	memcpy(event.row.peer, (const uint8_t[]){198, 51, 100, 2}, 4);
	return event;
}

static void test_association_steps(void **state)
{
	static const struct {
		uint8_t step;
		uint8_t row_state;
		uint8_t event;
		uint8_t state;
		uint32_t has; /* beyond ALWAYS */
		int16_t error;
		uint8_t end;
	} cases[] = {
		{RING_EVENT_ATTEMPT, SCTP_ATTEMPT, FLOW_ATTEMPT, FLOW_STATE_SYN_SENT, 0, 0, 0},
		{RING_EVENT_ESTABLISHED, SCTP_OPEN, FLOW_ESTABLISHED, FLOW_STATE_ESTABLISHED,
		 FLOW_HAS_LATENCY, 0, 0},
		{RING_EVENT_FAILED, SCTP_ENDED, FLOW_FAILED, FLOW_STATE_CLOSE, FLOW_HAS_LATENCY,
		 ECONNREFUSED, 0},
		{RING_EVENT_ACCEPTED, SCTP_OPEN, FLOW_ACCEPTED, FLOW_STATE_ESTABLISHED, 0, 0, 0},
		{RING_EVENT_CLOSED, SCTP_ENDED, FLOW_CLOSED, FLOW_STATE_CLOSE,
		 FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT | FLOW_HAS_DURATION, 0, FLOW_END_FIN},
		{RING_EVENT_OPEN, SCTP_OPEN, FLOW_OPEN, FLOW_STATE_ESTABLISHED,
		 FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT | FLOW_HAS_DURATION, 0, 0},
		/* An attempt that a listing finds. */
		{RING_EVENT_OPEN, SCTP_ATTEMPT, FLOW_OPEN, FLOW_STATE_SYN_SENT, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sctp_event event = association(cases[i].step, FLOW_EVENT_EGRESS);
		struct record record;
		event.row.state = cases[i].row_state;
		assert_int_equal(ebpf_convert_association(&event, BOOT_TO_UNIX, &record), 0);
		assert_int_equal(record.kind, RECORD_FLOW);
		assert_int_equal(record.flow.event, cases[i].event);
		assert_int_equal(record.flow.state, cases[i].state);
		assert_int_equal(record.flow.has, ALWAYS | cases[i].has);
		assert_int_equal(record.flow.error, cases[i].error);
		assert_int_equal(record.flow.end, cases[i].end);
		assert_int_equal(record.flow.protocol, FLOW_SCTP);
	}
}

static void test_association_values(void **state)
{
	static const uint8_t local[4] = {192, 0, 2, 1};
	static const uint8_t peer[4] = {198, 51, 100, 2};
	struct sctp_event event = association(RING_EVENT_CLOSED, FLOW_EVENT_EGRESS);
	struct record record;
	const struct flow *flow = &record.flow;

	(void)state;
	assert_int_equal(ebpf_convert_association(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(flow->ts_ns, BOOT_TO_UNIX + 9000000000);
	assert_int_equal(flow->duration_ms, 3000);
	assert_int_equal(flow->tx_bytes, 0x50000000001);
	assert_int_equal(flow->rx_bytes, 500);
	assert_int_equal(flow->count, 0x3000007);
	assert_int_equal(flow->fin_by, FLOW_FIN_BY_PEER);
	assert_int_equal(flow->sport, 40000);
	assert_int_equal(flow->dport, 38412);
	assert_memory_equal(flow->src.bytes, local, 4);
	assert_memory_equal(flow->dst.bytes, peer, 4);
	assert_string_equal(flow->comm, "amf");

	/* The side that accepted. */
	event = association(RING_EVENT_ESTABLISHED, FLOW_EVENT_INGRESS);
	assert_int_equal(ebpf_convert_association(&event, BOOT_TO_UNIX, &record), 0);
	assert_int_equal(flow->latency_us, 4000000);
	assert_int_equal(flow->sport, 38412);
	assert_int_equal(flow->dport, 40000);
	assert_memory_equal(flow->src.bytes, peer, 4);
	assert_memory_equal(flow->dst.bytes, local, 4);
}

static void test_association_unknown(void **state)
{
	struct sctp_event event = association(RING_EVENT_OPEN, FLOW_EVENT_EGRESS);
	struct record record = {.kind = RECORD_LOST};

	(void)state;
	event.step = RING_EVENT_CGROUP_MKDIR;
	assert_int_equal(ebpf_convert_association(&event, BOOT_TO_UNIX, &record), -EINVAL);
	assert_int_equal(record.kind, RECORD_LOST);
	event.step = RING_EVENT_OPEN;
	event.row.established_ns = 0;
	event.row.pid = 0;
	event.row.netns = 0;
	assert_int_equal(ebpf_convert_association(&event, BOOT_TO_UNIX, &record), 0);
	assert_false(record.flow.has &
		     (FLOW_HAS_DURATION | FLOW_HAS_PID | FLOW_HAS_UID | FLOW_HAS_NETNS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unknown_is_absent),
		cmocka_unit_test(test_comm_is_terminated),
		cmocka_unit_test(test_no_source),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_what_is_no_flow),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_datagrams_of_many_peers),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_each_member_is_listed),
		cmocka_unit_test(test_each_member_reaches_the_record),
		cmocka_unit_test(test_association_steps),
		cmocka_unit_test(test_association_values),
		cmocka_unit_test(test_association_unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ebpf_convert", tests, NULL, NULL);
}
