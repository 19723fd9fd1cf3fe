/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record: one event or one object that a source reports (README, "Architecture"). Its text form
 * is a JSON line, see json/record_json.h.
 *
 * A record is plain data of a fixed size, so that a queue can copy it. Members of variable size are
 * in one body on the heap. The last holder of the record frees the body with record_free, or moves
 * the body out and sets the pointer to NULL.
 *
 * A new member also needs a row in record_fields.c, which describes its form in a JSON line.
 */
#ifndef POLECAT_CORE_RECORD_RECORD_H
#define POLECAT_CORE_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"

enum record_kind {
	RECORD_NONE = 0,
	RECORD_HELLO,
	RECORD_FLOW,
	RECORD_CONTAINER,
	RECORD_POD,
	RECORD_SERVICE,
	RECORD_NAMESPACE,
	RECORD_NODE,
	RECORD_SERVICE_RANGE,
	RECORD_WORKLOAD,
	RECORD_DNS,
	RECORD_EDGE,
	RECORD_CLOCK,
	RECORD_LOST,
};

enum lost_where {
	LOST_KERNEL = 1, /* a ring buffer or map of the kernel programs was full */
	LOST_QUEUE,      /* a queue between a source and the main loop was full */
	LOST_MEMORY,     /* a bounded table was full, or an allocation failed */
	LOST_STREAM,     /* a line of a stream could not be parsed */
	LOST_GAP,        /* a time in which a node was not watched; the count is of such times */
	LOST_WHERE_END,
};

struct label {
	char *key;
	char *value;
};

/* Labels sorted by key; keys are unique. */
struct labels {
	struct label *items;
	size_t count;
};

struct string_list {
	char **items;
	size_t count;
};

/* The name in hello_record.hooks of a source that reads DNS messages. */
#define RECORD_HOOK_DNS "dns"
/* The same for a source that follows SCTP associations. */
#define RECORD_HOOK_SCTP "sctp"

struct hello_record {
	char *node;
	char *kernel;
	char *polecat;       /* version */
	uint64_t started_ns; /* Unix time; 0: unknown */
	struct string_list hooks;
};

/* In the bodies of all records, NULL, 0 and an empty list mean unknown. */
struct container_record {
	char *id; /* usually 64 hex digits; never NULL */
	char *name;
	char *runtime; /* containerd, cri-o, docker, podman … */
	char *namespace_name;
	char *pod;
	char *pod_uid;
	char *outer_id; /* id of the container that acts as the node (kind, k3d, minikube) */
	char *node;     /* node of cgroup_id and pid; NULL: unknown, matches flows of any node */
	uint64_t cgroup_id;
	uint32_t netns;
	uint32_t pid;
	struct labels labels;
};

struct pod_port {
	char *name; /* NULL: unnamed */
	char *protocol;
	uint16_t port;
	uint16_t host_port; /* port of the node that is forwarded to `port`; 0: none */
	char *host_ip;      /* the only address of the node with host_port; NULL: all addresses */
};

/* A container of a pod, as the kubelet reports it once the container exists. */
struct pod_container {
	char *name;
	char *id;
};

struct pod_record {
	char *namespace_name; /* never NULL */
	char *name;           /* never NULL */
	char *uid;
	char *node;
	struct string_list ips; /* canonical text, IPv4-mapped written as IPv4 */
	struct labels labels;
	struct pod_port *ports;
	size_t port_count;
	struct pod_container *containers; /* also init, ephemeral and former containers */
	size_t container_count;
	char *owner_kind;
	char *owner_name;
	char *phase;
	uint64_t started_ns; /* Unix time; the pod had no address before this time */
	bool host_network;
	bool deleted;
};

struct service_port {
	char *name;
	char *protocol;
	char *target_port; /* number or name, as text; NULL: equal to port */
	uint16_t port;
	uint16_t node_port; /* 0: none */
};

struct service_endpoint {
	char *ip;
	char *protocol; /* NULL: TCP */
	char *name;     /* name of the service port; NULL: unnamed */
	uint16_t port;
};

struct service_record {
	char *namespace_name; /* never NULL */
	char *name;           /* never NULL */
	char *type;
	struct string_list cluster_ips; /* "None" for a headless service */
	struct string_list lb_ips;
	/* Load balancer addresses with ipMode Proxy, which nodes do not rewrite to a backend. */
	struct string_list proxy_ips;
	struct labels selector; /* empty: no selector */
	struct labels labels;
	struct service_port *ports;
	size_t port_count;
	struct service_endpoint *endpoints;
	size_t endpoint_count;
	bool deleted;
};

struct namespace_record {
	char *name; /* never NULL */
	struct labels labels;
	bool deleted;
};

struct node_record {
	char *name;             /* never NULL */
	struct string_list ips; /* also the addresses of bridges and tunnels */
	struct string_list pod_cidrs;
	bool deleted;
};

/* The blocks from which the cluster takes the addresses of Services. */
struct service_range_record {
	char *name;   /* never NULL; name of the object or setting that has the blocks */
	char *source; /* describes that object or setting in messages: "ServiceCIDR kubernetes" */
	struct string_list cidrs;
	bool deleted;
};

/* An owner of pods, with the selector that selects them (apps/v1, batch/v1). */
struct workload_record {
	char *namespace_name; /* never NULL */
	char *name;           /* never NULL */
	char *type;           /* "Deployment", "ReplicaSet" …; never NULL */
	char *owner_kind;
	char *owner_name;
	struct labels selector;         /* matchLabels */
	struct string_list expressions; /* matchExpressions, as `kubectl -l` writes them */
	bool deleted;
};

/* One DNS query of a process, and the answer if one came. Or, if `strays` is not 0, a number of
 * stray answers that a process got. The name, type and server are then those of the last stray
 * answer. */
struct dns_record {
	char *node;
	char *namespace_name;
	char *pod;
	char *container_id;
	char *comm;   /* of the process that sent the query; may contain control bytes */
	char *server; /* address to which the query was sent */
	char *name;   /* the name in the query; never NULL */
	char *type;   /* "A", "AAAA" … */
	char *rcode;
	struct string_list aliases; /* the targets of CNAME records, in their order */
	struct string_list addresses;
	uint64_t ts_ns; /* Unix time of the answer; if unanswered, of the query plus 5 s */
	uint64_t cgroup_id;
	uint64_t latency_us; /* from the query to the answer; of a fallback, from the first query */
	uint64_t strays;     /* not 0: the record counts answers that no query waited for */
	uint32_t netns;
	uint32_t pid;
	uint32_t ttl_s;
	bool truncated;  /* the server cut its answer short: the client asks again over TCP */
	bool incomplete; /* the answer has more addresses, or was not read to its end */
	bool malformed;  /* an answer came, but cannot be parsed */
	bool unanswered; /* no answer came within 5 s */
	bool tcp;        /* asked over TCP */
	bool fallback;   /* asked over TCP because the answer over UDP was truncated */
};

/* The number of connections that failed with an error: the error as in a flow ("ECONNREFUSED"), or
 * EDGE_FAILURE_UNKNOWN. */
struct failure_count {
	char *error;
	uint64_t count;
};

/* Sorted by error; errors are unique, and no count is 0. */
struct failure_counts {
	struct failure_count *items;
	size_t count;
};

#define EDGE_FAILURE_UNKNOWN "unknown"

/* The largest number of different errors that are counted, and of bytes of an error. Others count
 * as EDGE_FAILURE_UNKNOWN. */
#define FAILURE_COUNTS_MAX 16
#define FAILURE_ERROR_MAX  31

/*
 * The connections of one subject to one peer in one interval of time (core/aggregate/aggregate.h).
 * All counts are changes in that interval, except the gauges `open` and `hanging`.
 *
 * If a later event shows that a connection belongs to another subject, or did not succeed after
 * all, an earlier record has counted too much. The members that begin with `withdrawn` are these
 * amounts: subtract them from the sums.
 */
struct edge_record {
	/* The fields that edges have in common with flows. ts_ns is the time of the last event. Of
	 * the addresses, that of the peer is flow_peer(), and the other one is the subject's. */
	struct flow flow;
	uint64_t from_ns;     /* Unix time of the first event */
	uint64_t connections; /* that began, or were found */
	uint64_t attempts;
	uint64_t established;
	uint64_t succeeded;             /* known to have succeeded (fold_share.ok) */
	struct failure_counts failures; /* their sum is the number of failed connections */
	uint64_t failed_ns;             /* Unix time of the last failure, which is flow.error */
	uint64_t closed;
	uint64_t open;          /* at the end of the interval */
	uint64_t hanging;       /* at the end of the interval (conn_hangs) */
	uint64_t latency_count; /* connections with a known latency */
	uint64_t latency_sum_us;
	uint64_t latency_p50_us;
	uint64_t latency_p95_us;
	uint64_t latency_max_us;
	uint64_t flows; /* flow records */
	uint64_t withdrawn_connections;
	uint64_t withdrawn_succeeded;
	uint64_t withdrawn_failed;
	uint64_t withdrawn_latency_count;
	uint64_t withdrawn_latency_sum_us;
	uint64_t withdrawn_tx_bytes;
	uint64_t withdrawn_rx_bytes;
	uint64_t withdrawn_flows;
	/* The connections are additional subflows of Multipath TCP connections, so they count as
	 * connections of the destination only. */
	bool subflow;
};

enum clock_set {
	CLOCK_SET_FORWARD = 1,
	CLOCK_SET_BACK,
};

/* The clock of a node was set. The times of earlier records of the node are by the old clock, those
 * of later records by the new one. */
struct clock_record {
	char *node;
	uint64_t ts_ns;   /* Unix time by the new clock */
	uint64_t step_ns; /* how far the clock was set, forward or back */
	uint8_t set;      /* enum clock_set */
};

/* After a loss, the eBPF source lists the open connections (ebpf_listing.h): it sends their flows
 * between two lost records with these marks. A connection of this machine's kernel that has no flow
 * between the marks has ended. A record with a mark has count 0 and never leaves the process. */
enum lost_listing {
	LOST_LISTING_BEGIN = 1,
	LOST_LISTING_END,
};

/* Events that were lost since the previous RECORD_LOST of the same kind. If cgroup_id is known, all
 * of them were events of that cgroup's sockets. If not, they may be of any subject. */
struct lost_record {
	uint64_t count;
	char *node; /* node of the cgroup, or of the gap */
	uint64_t cgroup_id;
	/* The time of the gap, as Unix times; 0: unknown. */
	uint64_t from_ns;
	uint64_t until_ns;
	uint8_t where;   /* enum lost_where */
	uint8_t listing; /* enum lost_listing; 0: a report of losses */
	bool unresolved; /* the cgroup is unknown, so it may be that of any container of the node */
};

struct record {
	uint8_t kind; /* enum record_kind */
	/* The number of the source among those that share a queue (source.h); 0: the only one. Not
	 * part of the text form. */
	uint32_t origin;
	union {
		struct flow flow;
		struct lost_record lost;
		struct hello_record *hello;
		struct container_record *container;
		struct pod_record *pod;
		struct service_record *service;
		struct namespace_record *namespace_record;
		struct node_record *node;
		struct service_range_record *service_range;
		struct workload_record *workload;
		struct dns_record *dns;
		struct edge_record *edge;
		struct clock_record *clock;
		void *body; /* the body, for all kinds except flow and lost */
	};
};

/* Returns the flow of a flow record, or the fields that an edge record has in common with flows.
 * NULL for other kinds. */
static inline struct flow *record_flow(struct record *record)
{
	if (record->kind == RECORD_FLOW)
		return &record->flow;
	return record->kind == RECORD_EDGE ? &record->edge->flow : NULL;
}

/* record_body.c defines the functions on bodies, record.c the functions on labels and lists. */

/* Frees the body and makes the record RECORD_NONE. Accepts NULL, RECORD_NONE, and a body from
 * calloc with only some members set. Only the thread that owns the record may call it. */
void record_free(struct record *record);

/* Makes a record with an empty body. The kind must have a body. Returns 0, or -ENOMEM with *out
 * untouched. */
int record_new_body(enum record_kind kind, struct record *out);

/* Returns about how many bytes the body of a record takes, with its texts and lists. The kind must
 * have a body. */
size_t record_footprint(const struct record *record);

/* Copies a record that has a body. Returns 0, or -ENOMEM with *out untouched. */
int record_copy_body(const struct record *record, struct record *out);

/* Returns the member of the body for a key of the record's JSON line; NULL: there is no such
 * key. */
void *record_member(const struct record *record, const char *key);

/* Free a body that was moved out of a record, and everything that it owns. NULL is allowed. */
void hello_record_free(struct hello_record *hello);
void container_record_free(struct container_record *container);
void pod_record_free(struct pod_record *pod);
void service_record_free(struct service_record *service);
void namespace_record_free(struct namespace_record *namespace_record);
void node_record_free(struct node_record *node);
void service_range_record_free(struct service_range_record *service_range);
void workload_record_free(struct workload_record *workload);
void edge_record_free(struct edge_record *edge);

/* Adds to the count of an error, which is copied. Returns 0, or -ENOMEM with the counts
 * unchanged. */
int failure_counts_add(struct failure_counts *counts, const char *error, uint64_t count);
/* Subtracts up to `count` from the count of an error. Returns the amount that was subtracted. */
uint64_t failure_counts_take(struct failure_counts *counts, const char *error, uint64_t count);
uint64_t failure_counts_sum(const struct failure_counts *counts);
void failure_counts_clear(struct failure_counts *counts);

/* Returns the value of a key, or NULL. `labels` may be NULL. */
const char *labels_get(const struct labels *labels, const char *key);

/* Returns whether `labels` (may be NULL) has all labels of `wanted`. */
bool labels_have(const struct labels *labels, const struct labels *wanted);

/* Adds a copy of a label at the end, in constant time. *capacity begins with 0. Call labels_sort
 * before anything else uses the labels. Returns 0, or -ENOMEM with no change. */
int labels_add(struct labels *labels, size_t *capacity, const char *key, const char *value);

/* Sorts the labels by key. Of labels with the same key, only the one with the greatest value
 * stays. */
void labels_sort(struct labels *labels);

/* Adds or replaces a label. Copies both texts. Returns 0, or -ENOMEM with the labels unchanged. */
int labels_set(struct labels *labels, const char *key, const char *value);

/* Free the items. The list is empty afterwards. */
void labels_clear(struct labels *labels);

/* Hashes a label of the pods of a namespace. `of_namespace` is the hash of the namespace. Hashes
 * differ between runs (hash_seed). */
uint64_t label_hash(uint64_t of_namespace, const struct label *label);
uint64_t label_hash_namespace(const char *namespace_name);
void string_list_clear(struct string_list *list);

/* Append a copy of the text, or of its first `length` bytes. Return 0, or -ENOMEM with the list
 * unchanged. */
int string_list_add(struct string_list *list, const char *text);
int string_list_add_bytes(struct string_list *list, const char *text, size_t length);

/* Returns whether a string of the list equals text. */
bool string_list_has(const struct string_list *list, const char *text);

#endif
