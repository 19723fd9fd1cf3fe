/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flow: one event in the life of one connection, seen from one of its ends.
 *
 * src is the side that opened the connection, dst is the side that accepted it, and dport is the
 * server's port. The subject (pid, comm, container, pod) is on the src side of an egress flow and
 * on the dst side of an ingress flow.
 *
 * The struct is plain data of a fixed size, so that a queue can copy it. Flows of this machine's
 * kernel have no names: the state finds the names by the cgroup and the network namespace. Flows
 * from a recording or from another polecat have their names in one heap block, flow.names.
 */
#ifndef POLECAT_CORE_RECORD_FLOW_H
#define POLECAT_CORE_RECORD_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flow_event_type {
	FLOW_ATTEMPT = 1,
	FLOW_ESTABLISHED,
	FLOW_FAILED,
	FLOW_ACCEPTED,
	FLOW_CLOSED,
	FLOW_OPEN,
	FLOW_DATAGRAM,
	FLOW_DROPPED,    /* a packet of an attempt or of an open connection was dropped */
	FLOW_UNANSWERED, /* a DNS query had no answer; names->dns is the name that was asked for */
	/* A DNS look-up failed. names->dns is the base name (dns_failures.h), names->error is the
	 * response code, and `count` is the number of failed queries. */
	FLOW_LOOKUP_FAILED,
};

/* How an established connection ended. */
enum flow_end {
	FLOW_END_FIN = 1,
	FLOW_END_RESET, /* by the subject's side */
	FLOW_END_RESET_BY_PEER,
	FLOW_END_TIMEOUT,
	FLOW_END_KILLED, /* an administrator destroyed the socket (ss -K) */
	FLOW_END_UNSEEN, /* the event of the end was lost */
};

/* The side that sent the first FIN. */
enum flow_fin_by {
	FLOW_FIN_BY_SELF = 1, /* the subject's side */
	FLOW_FIN_BY_PEER,
};

/* The process of a flow (pid, uid, comm, and the cgroup). */
enum flow_owner {
	FLOW_OWNER_SELF = 0, /* uses the socket */
	/* Listens. No process has accepted the connection yet, or it is not known which one has. */
	FLOW_OWNER_LISTENER,
};

/* The network namespace that dropped a packet. */
enum flow_drop_place {
	FLOW_DROP_OWN = 1, /* that of the subject's socket */
	FLOW_DROP_NODE,    /* that of the node */
	FLOW_DROP_OTHER,
};

enum flow_direction {
	FLOW_EGRESS = 1,
	FLOW_INGRESS = 2,
};

/* Transport protocols by IP protocol number. Another protocol is 0, with its name in
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

enum flow_peer_kind {
	FLOW_PEER_UNKNOWN = 0,
	FLOW_PEER_POD,
	FLOW_PEER_SERVICE,
	FLOW_PEER_NODE,
	FLOW_PEER_HOST,
	FLOW_PEER_EXTERNAL,
};

/* An IP address in network byte order. An IPv4 address is in the first four bytes, and the rest is
 * 0. The family, 4 or 6, is a separate member or argument. */
struct flow_address {
	uint8_t bytes[16];
};

#define FLOW_COMM_SIZE 16

/*
 * The members of struct flow that can be unknown: X(name, type, member). Each line defines the
 * member and its presence bit, FLOW_HAS_<name>. A member without its bit has no meaning: writers
 * leave it out, and never write 0 or "" for it.
 */
#define FLOW_OPTIONAL_MEMBERS(X)                                                                  \
	X(ID, uint64_t, id)                     /* identifies a connection on a node */           \
	X(CGROUP, uint64_t, cgroup_id)          /* cgroup v2 */                                   \
	X(LATENCY, uint64_t, latency_us)        /* from the attempt to success or failure */      \
	X(TX, uint64_t, tx_bytes)               /* payload sent by the subject */                 \
	X(RX, uint64_t, rx_bytes)               /* payload received by the subject */             \
	X(DURATION, uint64_t, duration_ms)      /* from establishment to this event */            \
	X(COUNT, uint64_t, count)               /* datagrams */                                   \
	X(PID, uint32_t, pid)                   /* of the subject's process */                    \
	X(UID, uint32_t, uid)                   /* of the subject's process */                    \
	X(NETNS, uint32_t, netns)               /* inode number */                                \
	X(RTT, uint32_t, rtt_us)                /* smoothed round-trip time */                    \
	X(RETRANS, uint32_t, retrans)           /* retransmitted segments */                      \
	X(INTERVAL, uint32_t, interval_ms)      /* since the source last read its counters */     \
	X(DROPS, uint32_t, drops)               /* dropped packets */                             \
	X(DROP_NETNS, uint32_t, drop_netns)     /* inode number of the last drop's namespace */   \
	X(DROP_IFINDEX, uint32_t, drop_ifindex) /* the last drop's interface in drop_netns */     \
	X(SPORT, uint16_t, sport)               /* host byte order */                             \
	X(DPORT, uint16_t, dport)               /* host byte order */                             \
	X(SRC, struct flow_address, src)        /* of `family` */                                 \
	X(DST, struct flow_address, dst)        /* of `family` */                                 \
	X(WIRE_DPORT, uint16_t, wire_dport)     /* ingress: dport before a REDIRECT in the pod */ \
	X(ORIGIN_PORT, uint16_t, nat_port)      /* ingress: sport before masquerading */          \
	X(ORIGIN, struct flow_address, nat_address) /* ingress: src before masquerading */

/* Further presence bits for members that the list above describes for ingress flows or for
 * datagrams. In other flows, these members have another meaning: X(name, member). */
#define FLOW_SHARED_MEMBERS(X)                                                    \
	X(BACKEND_PORT, nat_port) /* egress: dport after the DNAT of a Service */ \
	X(BACKEND, nat_address)   /* egress: dst after the DNAT of a Service */   \
	X(SUBFLOW_OF, count)      /* TCP: id of the MPTCP connection, see README */

enum flow_field_index {
#define FLOW_FIELD_INDEX(name, type, member) FLOW_INDEX_##name,
	FLOW_OPTIONAL_MEMBERS(FLOW_FIELD_INDEX)
#undef FLOW_FIELD_INDEX
#define FLOW_FIELD_INDEX(name, member) FLOW_INDEX_##name,
		FLOW_SHARED_MEMBERS(FLOW_FIELD_INDEX)
#undef FLOW_FIELD_INDEX
			FLOW_OPTIONAL_COUNT,
};

enum flow_field {
#define FLOW_FIELD(name, type, member) FLOW_HAS_##name = 1u << FLOW_INDEX_##name,
	FLOW_OPTIONAL_MEMBERS(FLOW_FIELD)
#undef FLOW_FIELD
#define FLOW_FIELD(name, member) FLOW_HAS_##name = 1u << FLOW_INDEX_##name,
		FLOW_SHARED_MEMBERS(FLOW_FIELD)
#undef FLOW_FIELD
};

/* The names of a flow from a recording or from another polecat; NULL where absent. All members are
 * texts. The struct and its texts are one heap block, see flow_names_copy. */
struct flow_names {
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const char *dns;
	const char *peer_namespace;
	const char *peer_name;
	const char *backend_namespace;
	const char *backend_name;
	const char *drop;        /* reason for the last drop: "NETFILTER_DROP" */
	const char *exe;         /* path of the process's executable */
	const char *cmdline;     /* its arguments, joined by spaces */
	const char *drop_device; /* name of the interface drop_ifindex */
	const char *protocol;    /* only if enum flow_protocol lacks the protocol */
	const char *id;    /* the JSON line's id; only if it is not 16 lower case hex digits */
	const char *count; /* the JSON line's subflow_of; only if it is not 16 hex digits */
	const char *error; /* the JSON line's error; only if it names no errno of this machine */
};

struct flow {
	uint64_t ts_ns;           /* Unix time */
	struct flow_names *names; /* owned; NULL: no names */
#define FLOW_MEMBER(name, type, member) type member;
	FLOW_OPTIONAL_MEMBERS(FLOW_MEMBER)
#undef FLOW_MEMBER
	uint32_t has;       /* bits of enum flow_field */
	int16_t error;      /* errno value of a failed attempt; 0: unknown */
	uint8_t event;      /* enum flow_event_type */
	uint8_t direction;  /* enum flow_direction */
	uint8_t protocol;   /* enum flow_protocol */
	uint8_t family;     /* of both addresses: 4 or 6; 0: unknown */
	uint8_t state;      /* enum flow_tcp_state */
	uint8_t peer_kind;  /* enum flow_peer_kind */
	uint8_t end;        /* enum flow_end; 0: unknown */
	uint8_t fin_by;     /* enum flow_fin_by; 0: unknown */
	uint8_t drop_place; /* enum flow_drop_place; 0: unknown */
	uint8_t owner;      /* enum flow_owner */
	/* True if the path of the cgroup is unknown, for example because the cgroup was removed
	 * before polecat could read the path. The process may or may not be in a container. */
	bool unresolved;
	/* True if the flow is the sum of the datagrams of a cgroup that no other flow counts,
	 * because the kernel's table of flows was full. */
	bool unaccounted;
	/* NUL-terminated; empty if unknown. The process chooses the bytes, so escape them before
	 * printing. */
	char comm[FLOW_COMM_SIZE];
	uint16_t subflows; /* of a Multipath TCP connection, the first one included; 0: unknown */
};

/*
 * Returns the peer's address as the network sees it, in network byte order: the client's address
 * before masquerading if it is known, else the address of the other end of the socket.
 */
static inline const struct flow_address *flow_peer(const struct flow *flow)
{
	if (flow->direction != FLOW_INGRESS)
		return &flow->dst;
	return flow->has & FLOW_HAS_ORIGIN ? &flow->nat_address : &flow->src;
}

/* Returns the server's port as the network sees it, before a REDIRECT in the pod. Host byte
 * order. */
static inline uint16_t flow_wire_port(const struct flow *flow)
{
	return flow->has & FLOW_HAS_WIRE_DPORT ? flow->wire_dport : flow->dport;
}

/*
 * Returns whether a server's port may be the port of a service mesh's proxy in the pod. A REDIRECT
 * in the pod leads connections to such a port. Network plugins see the port before the REDIRECT.
 */
bool flow_is_redirect_port(uint16_t port);

/* Returns the id of the Multipath TCP connection that the flow is a further subflow of. Valid with
 * FLOW_HAS_SUBFLOW_OF. */
static inline uint64_t flow_joined_id(const struct flow *flow)
{
	return flow->count;
}

/* Copies the struct and its texts into one block for free(). *out becomes NULL if `names` has no
 * text. Returns 0, or -ENOMEM with *out untouched. */
int flow_names_copy(const struct flow_names *names, struct flow_names **out);

/* Returns the number of bytes of the block of names; 0 for NULL. */
size_t flow_names_footprint(const struct flow_names *names);

#endif
