/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subjects and edges. Views read them, and only the state writes them. Both live as long as the
 * state.
 *
 * A subject is a pod if the pod is known, or else a container. Outside of containers, all processes
 * of a node with the same name are one subject, such as a thousand short runs of `curl`. All
 * processes of a node in unknown cgroups are one subject, too, since they may be in containers. A
 * subject is a row of the summary pane, and a policy is drafted for it.
 *
 * An edge is one combination of subject, direction, peer address, protocol and port, with its
 * counters. Views show edges as the destinations and clients of a subject. Drafts use edges as the
 * evidence for a policy.
 *
 * Quotas bound both (core/state/quota.h). Connections beyond the quota of a subject belong to its
 * overflow edge, and subjects beyond the quota of a tenant to an overflow subject of that tenant.
 * Both count the connections, but not their peers.
 */
#ifndef POLECAT_CORE_STATE_SUBJECT_H
#define POLECAT_CORE_STATE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"

/* The number of digits of a container's id that the tools of runtimes show. */
#define SUBJECT_SHORT_ID 12

enum subject_kind {
	SUBJECT_POD = 1,
	SUBJECT_CONTAINER,
	SUBJECT_PROCESS,
	SUBJECT_UNRESOLVED, /* all unknown cgroups of a node, in containers or not */
	SUBJECT_KIND_COUNT,
};

/* The number of groups into which a view can divide the subjects (state_set_group). */
#define SUBJECT_GROUPS 4

/* Sums of the counters of subjects. */
struct subject_sums {
	uint64_t connections; /* all connections so far */
	uint64_t failed;
	uint64_t open;
	uint64_t hanging;
};

struct edge;
struct edge_names;
struct tenant;

struct subject {
	uint8_t kind;  /* enum subject_kind */
	uint8_t group; /* below SUBJECT_GROUPS; 0 at first */
	bool pod_deleted;
	bool is_overflow;    /* stands for subjects beyond the quota; has only an overflow edge */
	uint32_t node_index; /* number of the node (node_names.h); in the subject's key */
	char *node;          /* NULL: unknown */
	/* Drafts read the next two members for each client of a workload, so both lie in one cache
	 * line. */
	const struct pod_record *pod_record; /* NULL until a record describes the pod */
	size_t index;                        /* position in state's list, stable */
	char *namespace_name;                /* the pod's namespace; else NULL */
	char *pod;                           /* the pod's name; else NULL, also if is_overflow */
	char *container_id;                  /* SUBJECT_CONTAINER: never NULL, unless is_overflow */
	char *container;                     /* name of the last container seen; NULL: unknown */
	char *comm;                          /* SUBJECT_PROCESS: the program's name; "": unknown */
	char *display; /* "shop/cart-…", "container 3f2a…", "curl"; raw bytes, escape to print */
	uint32_t netns;        /* network namespace of the pod's own sockets; 0: unknown */
	uint8_t netns_changes; /* number of changes of netns */
	bool netns_is_sure;    /* a socket in netns had the pod's address */
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t conn_count;    /* all connections so far */
	uint64_t failed_count;  /* attempts that failed */
	uint64_t open_count;    /* established and not closed now */
	uint64_t hanging_count; /* attempts that hang now (conn_hangs) */
	uint64_t held_count;    /* connections in the table */
	uint64_t own_lost;      /* lost events of its own cgroups; see loss_of_subject */
	uint64_t tx_bytes;      /* the sums of its edges */
	uint64_t rx_bytes;
	struct edge **edges; /* in order of first appearance */
	size_t edge_count;
	size_t used_edge_count; /* edges with connections, `overflow` included */
	size_t edge_capacity;
	struct edge *overflow; /* for connections beyond the quota; not in `edges`; NULL: none */
	struct tenant *tenant; /* the tenant in whose quota the subject counts */
	uint64_t revision;     /* grows with every change that a view or a draft could show */
};

struct edge {
	/* --- the members that drafts and checks read of every edge --- */
	struct subject *subject;
	struct flow_address peer; /* network byte order */
	uint16_t port;            /* the server's port */
	uint8_t family;           /* 4 or 6 */
	uint8_t direction;        /* enum flow_direction */
	uint8_t protocol;         /* enum flow_protocol; FLOW_PROTOCOL_OTHER has protocol_name */
	uint8_t peer_kind;        /* enum flow_peer_kind, of the peer's name below */
	bool is_overflow;         /* has no peer, direction, protocol, port or texts */
	bool several_locals;      /* a flow had another address than `local` */
	bool origin_known;        /* INGRESS: a flow has the client's address before NAT */
	bool origin_unknown;      /* INGRESS: a flow lacks that address; its peer may be a node */
	/* A process outside the pod used this edge in the pod's network namespace, see
	 * netns_owner.h. */
	bool is_foreign;
	/* A REDIRECT sent a flow to another port than `port` (flow_wire_port). */
	bool is_redirected;
	uint32_t number;     /* unique, for ids of views; edge_table_at finds the edge */
	uint64_t ok_count;   /* connections that succeeded, which a policy must allow */
	uint64_t conn_count; /* all connections so far */
	uint64_t failed_count;
	uint64_t last_ns;
	/* The peer's name, if the peer is a pod or a recording names it. Otherwise NULL: views then
	 * find the name by the address. Set by edge_table_set_name. */
	const char *peer_namespace;
	const char *peer_name;
	struct flow_address local; /* the subject's address in the edge's first flow */
	char *protocol_name;       /* NULL unless protocol is FLOW_PROTOCOL_OTHER */
	uint64_t flow_count;       /* flow records folded */

	/* --- the other members --- */
	/* The former edge of the first connection that moved to this edge. NULL: none has moved. If
	 * the user excludes the former edge from drafts, this edge is excluded, too. */
	const struct edge *moved_from;
	/* The DNS names of the peer: the union of the names of all connections, joined
	 * (edge_names.h); NULL: unknown. May contain hostile bytes. */
	char *dns;
	struct edge_names *dns_texts; /* the names that edge_names_bind stored; NULL: none */
	char comm[FLOW_COMM_SIZE];    /* name of the last process with this edge */
	char *container;              /* name of the last container with this edge; NULL: unknown */
	uint64_t open_count;
	uint64_t hanging_count;
	uint64_t tx_bytes; /* sent by the subject; open connections: until the last sample */
	uint64_t rx_bytes;
	uint64_t latency_sum_us; /* sum over latency_count connections */
	uint64_t latency_count;
	uint64_t first_ns;
	/* The times of the flows that comm and last_error come from. Earlier flows change neither
	 * of the two. */
	uint64_t comm_ns;
	uint64_t error_ns;
	int16_t last_error; /* errno of the last failure; 0: none or unknown */
	uint32_t bundles;   /* its first bundle in the state's table (bundle_table.h); 0: none */
};

/* Returns whether the edge names its peer as a pod. Only such a name is a part of the edge's key. A
 * name of a Service or a node is found by the address, and may have changed since. */
static inline bool edge_names_pod(const struct edge *edge)
{
	return edge->peer_name &&
	       (edge->peer_kind == FLOW_PEER_POD || edge->peer_kind == FLOW_PEER_UNKNOWN);
}

#endif
