/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flow: one event in the life of one connection, as it was seen from one of its ends.
 *
 * A flow reads in the direction in which it was opened: src opened it, dst accepted it, dport is
 * the server's port. The subject (pid, comm, container, pod) is on the src side of an egress flow
 * and on the dst side of an ingress flow.
 *
 * The struct is plain data of a fixed size so that it can be copied through a queue. The names that
 * only flows from a recording or from another polecat carry are in one heap block, flow.names,
 * which the record owns; flows from this machine's kernel carry none, and are named by the state,
 * from the cgroup and network namespace.
 */
#ifndef POLECAT_CORE_RECORD_FLOW_H
#define POLECAT_CORE_RECORD_FLOW_H

#include <stdbool.h>
#include <stdint.h>

enum flow_event_type {
	FLOW_ATTEMPT = 1,
	FLOW_ESTABLISHED,
	FLOW_FAILED,
	FLOW_ACCEPTED,
	FLOW_CLOSED,
	FLOW_OPEN,
	FLOW_DATAGRAM,
};

enum flow_direction {
	FLOW_EGRESS = 1,
	FLOW_INGRESS = 2,
};

/* Transport protocols by IP protocol number; a protocol that polecat does not know has 0 and
 * names->protocol. */
enum flow_protocol {
	FLOW_PROTOCOL_OTHER = 0,
	FLOW_TCP = 6,
	FLOW_UDP = 17,
	FLOW_SCTP = 132,
};

/* TCP states, numbered as in the kernel's include/net/tcp_states.h; 0 is unknown. */
enum flow_tcp_state {
	FLOW_STATE_UNKNOWN = 0,
	FLOW_STATE_ESTABLISHED,
	FLOW_STATE_SYN_SENT,
	FLOW_STATE_SYN_RECV,
	FLOW_STATE_FIN_WAIT1,
	FLOW_STATE_FIN_WAIT2,
	FLOW_STATE_TIME_WAIT,
	FLOW_STATE_CLOSE,
	FLOW_STATE_CLOSE_WAIT,
	FLOW_STATE_LAST_ACK,
	FLOW_STATE_LISTEN,
	FLOW_STATE_CLOSING,
	FLOW_STATE_NEW_SYN_RECV,
	FLOW_STATE_COUNT,
};

/* Which of a flow's optional fields are known: what is not known is absent from the output, never 0
 * or "". */
enum flow_field {
	FLOW_HAS_ID = 1u << 0,
	FLOW_HAS_SRC = 1u << 1,
	FLOW_HAS_SPORT = 1u << 2,
	FLOW_HAS_DST = 1u << 3,
	FLOW_HAS_DPORT = 1u << 4,
	FLOW_HAS_LATENCY = 1u << 5,
	FLOW_HAS_TX = 1u << 6,
	FLOW_HAS_RX = 1u << 7,
	FLOW_HAS_DURATION = 1u << 8,
	FLOW_HAS_RTT = 1u << 9,
	FLOW_HAS_RETRANS = 1u << 10,
	FLOW_HAS_COUNT = 1u << 11,
	FLOW_HAS_PID = 1u << 12,
	FLOW_HAS_UID = 1u << 13,
	FLOW_HAS_CGROUP = 1u << 14,
	FLOW_HAS_NETNS = 1u << 15,
};

enum flow_peer_kind {
	FLOW_PEER_UNKNOWN = 0,
	FLOW_PEER_POD,
	FLOW_PEER_SERVICE,
	FLOW_PEER_NODE,
	FLOW_PEER_HOST,
	FLOW_PEER_EXTERNAL,
};

/* An IP address in network byte order; IPv4 in the first four bytes, the rest 0. family is beside
 * it: 4 or 6. */
struct flow_address {
	uint8_t bytes[16];
};

#define FLOW_COMM_SIZE 16

/* Texts that came with the flow, all in the one block that this struct begins; NULL where absent.
 */
struct flow_names {
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const char *dns;
	const char *peer_namespace;
	const char *peer_name;
	const char *protocol; /* as it was named, if it is none of enum flow_protocol */
	const char *id;       /* as it was written, if it was not 16 lower case hex digits */
	const char *error;    /* as it was written, if it names no errno of this machine */
};

struct flow {
	uint64_t ts_ns;           /* Unix time */
	uint64_t id;              /* stable for one connection on one node */
	uint64_t cgroup_id;       /* cgroup v2 */
	uint64_t latency_us;      /* attempt to established, or to failed */
	uint64_t tx_bytes;        /* payload sent by the subject */
	uint64_t rx_bytes;        /* payload received by the subject */
	uint64_t duration_ms;     /* established to closed (or to this sample) */
	uint64_t count;           /* datagrams */
	struct flow_names *names; /* owned; NULL where there are none */
	uint32_t has;             /* enum flow_field */
	uint32_t pid;
	uint32_t uid;
	uint32_t netns; /* inode number */
	uint32_t rtt_us;
	uint32_t retrans;
	uint16_t sport;    /* host byte order */
	uint16_t dport;    /* host byte order */
	int16_t error;     /* errno value of a failed attempt, 0: none known */
	uint8_t event;     /* enum flow_event_type */
	uint8_t direction; /* enum flow_direction */
	uint8_t protocol;  /* enum flow_protocol */
	uint8_t family;    /* 4 or 6 */
	uint8_t state;     /* enum flow_tcp_state */
	uint8_t peer_kind; /* enum flow_peer_kind */
	struct flow_address src;
	struct flow_address dst;
	char comm[FLOW_COMM_SIZE]; /* NUL-terminated; empty: unknown; bytes of a process's choosing
				    */
};

#endif
