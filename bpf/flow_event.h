/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The events that kernel programs send to user space. Both sides include this file.
 *
 * Each record of the ring buffer and of an iterator's file is one of the structs below. Its first
 * byte is the kind. Padding is explicit (-Wpadded), and the size and the offset of each group of
 * members are asserted, so a change that makes the two sides disagree does not compile. Integers,
 * including ports, are in host byte order. Addresses are in network byte order.
 */
#ifndef POLECAT_BPF_FLOW_EVENT_H
#define POLECAT_BPF_FLOW_EVENT_H

#include <linux/types.h>

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
#elif defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#endif

/* include/linux/sched.h: TASK_COMM_LEN */
#define FLOW_COMM_LEN 16

/* Bytes for the path of a cgroup, with its NUL. The kernel passes up to 1024 bytes
 * (TRACE_CGROUP_PATH_LEN in kernel/cgroup/cgroup-internal.h). Longer paths lose their end. */
#define CGROUP_EVENT_PATH_LEN 1008

enum ring_event_kind {
	/* CLOSE -> SYN_SENT: connect() was called; the source port may not be chosen yet */
	RING_EVENT_ATTEMPT = 1,
	RING_EVENT_ESTABLISHED, /* SYN_SENT -> ESTABLISHED */
	/* SYN_SENT -> CLOSE. error 0: the process closed the socket before an answer came.
	 * Also sent if connect() failed before SYN_SENT. Such an event follows no
	 * RING_EVENT_ATTEMPT, and often has no source address and port. */
	RING_EVENT_FAILED,
	RING_EVENT_ACCEPTED, /* SYN_RECV -> ESTABLISHED */
	RING_EVENT_CLOSED,   /* ESTABLISHED or a later state -> CLOSE */
	RING_EVENT_OPEN,     /* was open before polecat started, or a sample of the counters */
	RING_EVENT_CGROUP_MKDIR,
	RING_EVENT_CGROUP_RMDIR,
	RING_EVENT_DROPPED, /* struct drop_event */
	RING_EVENT_DNS,
	/* An accepted connection is used by a process that is not the one reported before. */
	RING_EVENT_OWNER,
	RING_EVENT_SCTP, /* struct sctp_event */
	/* Wakes user space, which then reads drops_flood (bpf/drops.h). */
	RING_EVENT_DROPS_FLOOD,
};

enum flow_event_direction {
	FLOW_EVENT_EGRESS = 1,
	FLOW_EVENT_INGRESS = 2,
};

/* How an established connection ended. User space converts it to enum flow_end and enum flow_fin_by
 * (core/record/flow.h). */
enum flow_event_end {
	FLOW_EVENT_END_FIN = 1, /* this end closed first */
	FLOW_EVENT_END_FIN_BY_PEER,
	FLOW_EVENT_END_RESET, /* this end sent an RST */
	FLOW_EVENT_END_RESET_BY_PEER,
	FLOW_EVENT_END_TIMEOUT,
	FLOW_EVENT_END_KILLED, /* an administrator destroyed the socket: ss -K */
};

/* The process that an event describes by its pid, uid, comm and cgroup_id. */
enum flow_event_owner {
	FLOW_EVENT_OWNER_SELF = 0, /* uses the socket */
	/* Listens. No process has accepted the connection yet, or it is not known which one has. */
	FLOW_EVENT_OWNER_LISTENER,
};

/*
 * The members of struct flow_event that user space copies unchanged and for which 0 means unknown.
 * The arguments of X are the type and name of the member, the name of its presence bit without the
 * prefix FLOW_HAS_, and the name of the member of struct flow to which user space copies it. A new
 * member needs a line here and its value in event_fill (bpf/event.h). Members of eight bytes come
 * first. The compiler asks for explicit padding at the end of the struct, and for its new size in
 * the assertion below.
 */
#define FLOW_EVENT_OPTIONAL_MEMBERS(X)                                                         \
	X(__u64, cgroup_id, CGROUP, cgroup_id)  /* of the owner, see event_fill */             \
	X(__u64, subflow_of, SUBFLOW_OF, count) /* id of the MPTCP connection */               \
	X(__u32, netns, NETNS, netns) /* inode number of the socket's network namespace */     \
	X(__u32, pid, PID, pid)       /* owner's thread group, in the initial pid namespace */ \
	X(__u32, rtt_us, RTT, rtt_us) /* smoothed round trip time */                           \
	X(__u16, sport, SPORT, sport) /* port of the connecting side; 0: none yet or unknown */

/* A change of one TCP socket's state. saddr and sport belong to the connecting side, daddr and
 * dport to the accepting side, whichever of them is local. */
struct flow_event {
	__u8 kind;         /* enum ring_event_kind; stays first */
	__u8 direction;    /* enum flow_event_direction, as this socket sees it */
	__u8 family;       /* 4 or 6; IPv4-mapped IPv6 is 4 */
	__u8 owner;        /* enum flow_event_owner */
	__u8 tcp_state;    /* the new state; enum of include/net/tcp_states.h */
	__u8 end;          /* for CLOSED, an enum flow_event_end; 0: unknown */
	__u8 error;        /* for FAILED, an errno; 0: none */
	__u8 subflows;     /* see struct socket_info (bpf/socket_info.h); 0: none */
	__u64 time_ns;     /* CLOCK_BOOTTIME */
	__u64 id;          /* identifies one connection of one socket; never 0 */
	__u64 since_ns;    /* see event_since (bpf/event.h); 0: unknown */
	__u64 tx_bytes;    /* payload sent, without retransmissions; 0 in ATTEMPT and ACCEPTED */
	__u64 rx_bytes;    /* payload received; 0 in ATTEMPT and ACCEPTED */
	__u32 uid;         /* in the initial user namespace; valid if pid is not 0 */
	__u32 retransmits; /* retransmitted segments, including SYNs */
	__u8 saddr[16];    /* IPv4: the first four bytes, the rest 0 */
	__u8 daddr[16];
	char comm[FLOW_COMM_LEN]; /* of the owner's thread group leader; "": unknown */
#define FLOW_EVENT_MEMBER(type, member, ...) type member;
	FLOW_EVENT_OPTIONAL_MEMBERS(FLOW_EVENT_MEMBER)
#undef FLOW_EVENT_MEMBER
	__u16 dport; /* port of the accepting side */
};

/* A packet of a connection was dropped. `flow` describes the connection, with the time of the
 * drop. */
struct drop_event {
	struct flow_event flow; /* kind RING_EVENT_DROPPED; stays first */
	__u64 count;            /* packets of this connection dropped so far, this one included */
	__u32 reason;           /* enum skb_drop_reason of the running kernel */
	__u32 netns;            /* where: inode number of the network namespace; 0: unknown */
	__u32 ifindex; /* where: index of the interface in netns; valid if netns is not 0 */
	__u32 padding;
	char device[FLOW_COMM_LEN]; /* name of the interface (IFNAMSIZ); "": unknown */
};

/* A new directory of cgroup v2. */
struct cgroup_event {
	__u8 kind; /* RING_EVENT_CGROUP_MKDIR; stays first */
	__u8 padding[3];
	__u32 path_len; /* bytes of path, with its NUL */
	__u64 id;
	char path[CGROUP_EVENT_PATH_LEN]; /* starts at the root of the hierarchy; "": unknown */
};

/* A directory of cgroup v2 was removed. Sockets may outlive it. */
struct cgroup_gone_event {
	__u8 kind; /* RING_EVENT_CGROUP_RMDIR; stays first */
	__u8 padding[7];
	__u64 id;
};

/* The kernel drops many packets of other traffic. */
struct drops_flood_event {
	__u8 kind; /* RING_EVENT_DROPS_FLOOD; stays first */
	__u8 padding[7];
};

/* The family (4 or 6) and the port of a peer in one word, so that one comparison covers both. */
#define UDP_END(family, port) ((__u32)(family) << 16 | (port))
#define UDP_END_FAMILY(end)   ((__u8)((end) >> 16))
#define UDP_END_PORT(end)     ((__u16)(end))

/* The key of a struct udp_row, which counts the datagrams between a UDP socket and one peer. */
struct udp_key {
	__u64 socket;  /* the socket's cookie; never 0, and unique until the next boot */
	__u64 peer[2]; /* 16 bytes; IPv4: the first four, the rest 0 */
	/* UDP_END of the peer. Port 0: the row counts all ports of the address. Family 0: the row
	 * counts all peers of the socket that have no row of their own. */
	__u32 end;
	__u32 padding;
};

/* The places in the tables that count the rows of cgroups; a power of two. The lowest bits of a
 * cgroup's id are an inode number, so new cgroups have places of their own. */
#define CGROUP_PLACES    4096
#define CGROUP_PLACE(id) ((__u32)(id) & (CGROUP_PLACES - 1))

/* The number of rows in the table udp_rows (bpf/udp_rows.h); a power of two. */
#define UDP_ROWS 1024

/*
 * A counter of datagrams and their payload in one word, so that a program adds both with one atomic
 * operation. The difference of two readings is exact if fewer than 2^24 datagrams and 2^40 bytes
 * came between them.
 */
#define UDP_SUM(count, bytes) ((__u64)(count) << 40 | (bytes))
#define UDP_SUM_COUNT(sum)    ((sum) >> 40)
#define UDP_SUM_BYTES(sum)    ((sum) & ((1ull << 40) - 1))

/* Counts the datagrams between a UDP socket and one peer. A packet whose row exists needs only the
 * row's first cache line. */
struct udp_row {
	__u64 socket; /* as in struct udp_key; 0: the row is free or not filled in yet */
	__u64 peer[2];
	__u32 end;
	__u16 local_port;
	__u8 direction;    /* enum flow_event_direction of the first datagram */
	__u8 is_connected; /* the socket was connected at the first datagram */
	__u64 sent;        /* UDP_SUM */
	__u64 received;    /* UDP_SUM: arrived at the socket */
	__u64 cgroup_id;   /* the socket's cgroup (v2); 0: unknown */
	__u64 first_ns;    /* time of the first datagram, CLOCK_BOOTTIME */
	/* The time from first_ns to the close of the socket, plus 1, because 0 means that the
	 * socket is open. Set only in the first row that the socket added. */
	__u32 lifetime_ms;
	__u32 netns; /* inode number of the socket's network namespace; 0: unknown */
	__u32 pid;   /* as in struct flow_event */
	__u32 uid;
	__u64 local[2]; /* the socket's address, in the form of peer; 0: unknown */
	char comm[FLOW_COMM_LEN];
	__u64 padding_end[2]; /* fills the second cache line */
};

/* Counts rows of UDP. Signed: if user space frees a row before the program has counted it, the
 * count is negative for a moment. */
struct udp_used {
	__s32 in_table; /* udp_rows */
	__s32 in_map;   /* udp_more */
};

/* Counts the datagrams of a cgroup that have no struct udp_row. */
struct udp_total {
	__u64 sent; /* UDP_SUM */
	__u64 received;
};

/* The longest payload that is sent whole. Servers send up to 1,232 bytes by UDP (DNS flag day
 * 2020), older ones up to 4,096. With TCP, a network card or the kernel may join segments. */
#define DNS_EVENT_ROOM 8192

/* A packet between a socket and port 53. `length` bytes of its payload follow the struct, and then
 * undefined bytes. Members named as in struct udp_row have the same meaning as there. */
struct dns_event {
	__u8 kind;    /* RING_EVENT_DNS; stays first */
	__u8 family;  /* 4 or 6 */
	__u8 is_sent; /* 1: by the socket; 0: to the socket */
	__u8 direction;
	__u16 server_port;
	__u16 local_port;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 socket;  /* as in struct udp_key */
	__u64 cgroup_id;
	__u64 first_ns;   /* UDP only */
	__u64 connection; /* TCP: as id in struct flow_event; 0: unknown */
	__u64 server[2];  /* as peer in struct udp_key */
	__u64 local[2];
	__u32 netns;
	__u32 pid;
	__u32 uid;
	__u32 sequence; /* TCP: sequence number of the payload's first byte */
	__u32 size;     /* bytes of the packet's payload */
	__u16 length;
	__u8 is_tcp;
	__u8 is_connected;
	char comm[FLOW_COMM_LEN];
};

/* The key of an entry that leads from an SCTP packet to its association. A packet has the
 * verification tag that its receiver chose (RFC 9260, 8.5), so the tag and the ports identify the
 * association with all its addresses. */
struct sctp_tag {
	__u32 tag;
	__u16 local_port;
	__u16 peer_port;
	__u32 is_sent; /* 1: the peer's tag, in sent packets; 0: this end's tag, in received ones */
};

enum sctp_state {
	SCTP_ATTEMPT = 1, /* this end sent an INIT */
	SCTP_OPEN,
	SCTP_ENDED,
};

/* One SCTP association of a socket. Tags are in network byte order. */
struct sctp_row {
	__u64 id;             /* identifies the association, like flow_event.id */
	__u64 start_ns;       /* CLOCK_BOOTTIME of the INIT or the COOKIE ECHO; 0: unknown */
	__u64 established_ns; /* 0: not yet, or unknown */
	__u64 last_ns;        /* of the last packet; SCTP_ENDED: of the end */
	__u64 init_gap_ns;    /* SCTP_ATTEMPT: time between the last two INITs; 0: one INIT */
	__u64 cgroup_id;      /* the socket's cgroup (v2) */
	__u64 socket;         /* the cookie of the socket that began the association */
	__u64 peer[2];        /* as in struct udp_key */
	__u64 local[2];
	__u64 tx_bytes; /* bytes of chunks */
	__u64 rx_bytes;
	__u64 packets; /* packets in both directions */
	__u32 netns;   /* inode number; 0: unknown */
	__u32 pid;     /* as in struct flow_event */
	__u32 uid;
	__u32 own_tag;  /* 0: not seen yet */
	__u32 peer_tag; /* 0: not seen yet */
	__u16 local_port;
	__u16 peer_port;
	__u8 family;           /* 4 or 6 */
	__u8 direction;        /* enum flow_event_direction */
	__u8 state;            /* enum sctp_state */
	__u8 closer;           /* enum flow_event_end of the first SHUTDOWN; 0: none yet */
	__u8 owner;            /* enum flow_event_owner */
	__u8 has_answer;       /* an INIT ACK came since the last INIT */
	__u8 has_shutdown_ack; /* this end sent a SHUTDOWN ACK */
	__u8 padding;
	char comm[FLOW_COMM_LEN];
};

/* The default size of the ring of events. */
#define RING_BYTES (8 * 1024 * 1024)

/* The most cgroups with a struct ring_share at a time. */
#define RING_SHARES_MAX 4096

/* The part of the ring that a cgroup uses, see bpf/ring.h. Positions count the bytes that the ring
 * ever had. */
struct ring_share {
	__u64 lost;         /* events of the cgroup that were not added */
	__u64 mark;         /* a position of the ring */
	__u64 before;       /* bytes of the cgroup's events before `mark`, if any may be unread */
	__u64 behind;       /* bytes of the cgroup's events behind `mark` */
	__u64 end;          /* the position of the end of the cgroup's last event */
	__u64 dns_since_ns; /* the begin of an interval in which `dns_count` counts messages */
	__u64 dns_count;
};

/* A step in the life of an association. */
struct sctp_event {
	__u8 kind;  /* RING_EVENT_SCTP; stays first */
	__u8 step;  /* RING_EVENT_ATTEMPT to RING_EVENT_OPEN */
	__u8 end;   /* for RING_EVENT_CLOSED, an enum flow_event_end; 0: unknown */
	__u8 error; /* for RING_EVENT_FAILED, an errno; 0: the process gave up */
	__u32 padding;
	__u64 time_ns; /* CLOCK_BOOTTIME */
	struct sctp_row row;
};

#define FLOW_EVENT_AT(type, field, offset)                                 \
	_Static_assert(__builtin_offsetof(struct type, field) == (offset), \
		       #type "." #field " moved")

FLOW_EVENT_AT(flow_event, kind, 0);
FLOW_EVENT_AT(flow_event, end, 5);
FLOW_EVENT_AT(flow_event, error, 6);
FLOW_EVENT_AT(flow_event, time_ns, 8);
FLOW_EVENT_AT(flow_event, saddr, 56);
FLOW_EVENT_AT(flow_event, comm, 88);
FLOW_EVENT_AT(flow_event, cgroup_id, 104);
_Static_assert(sizeof(struct flow_event) == 136, "struct flow_event has another size");

FLOW_EVENT_AT(drop_event, count, 136);
FLOW_EVENT_AT(drop_event, reason, 144);
FLOW_EVENT_AT(drop_event, device, 160);
_Static_assert(sizeof(struct drop_event) == 176, "no padding at the end");

FLOW_EVENT_AT(cgroup_event, kind, 0);
FLOW_EVENT_AT(cgroup_event, path_len, 4);
FLOW_EVENT_AT(cgroup_event, id, 8);
FLOW_EVENT_AT(cgroup_event, path, 16);
_Static_assert(sizeof(struct cgroup_event) == 1024, "a cgroup event is one kibibyte");

FLOW_EVENT_AT(cgroup_gone_event, id, 8);
_Static_assert(sizeof(struct cgroup_gone_event) == 16, "no padding at the end");

FLOW_EVENT_AT(dns_event, time_ns, 8);
FLOW_EVENT_AT(dns_event, server, 48);
FLOW_EVENT_AT(dns_event, netns, 80);
FLOW_EVENT_AT(dns_event, size, 96);
FLOW_EVENT_AT(dns_event, comm, 104);
_Static_assert(sizeof(struct dns_event) == 120, "no padding at the end");

_Static_assert(sizeof(struct ring_share) == 56, "no padding at the end");

FLOW_EVENT_AT(udp_key, end, 24);
_Static_assert(sizeof(struct udp_key) == 32, "no padding at the end");

FLOW_EVENT_AT(udp_row, end, 24);
FLOW_EVENT_AT(udp_row, sent, 32);
FLOW_EVENT_AT(udp_row, lifetime_ms, 64);
FLOW_EVENT_AT(udp_row, local, 80);
_Static_assert(sizeof(struct udp_row) == 128, "a row is two cache lines");

_Static_assert(sizeof(struct sctp_tag) == 12, "no padding at the end");
FLOW_EVENT_AT(sctp_row, peer, 56);
FLOW_EVENT_AT(sctp_row, tx_bytes, 88);
FLOW_EVENT_AT(sctp_row, netns, 112);
FLOW_EVENT_AT(sctp_row, family, 136);
_Static_assert(sizeof(struct sctp_row) == 160, "no padding at the end");
FLOW_EVENT_AT(sctp_event, row, 16);
_Static_assert(sizeof(struct sctp_event) == 176, "no padding at the end");

#ifdef __clang__
#pragma clang diagnostic pop
#elif defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#endif
