/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record: everything that polecat learns, from any source, is one of these (README,
 * "Architecture").
 *
 * A record is plain data of a fixed size that travels through a queue by copy. Whatever has a
 * variable size hangs off it by one pointer, and moves with it: whoever holds the record last calls
 * record_free, or takes the pointer out and leaves NULL behind. The text form is a JSON line, see
 * record_json.h.
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
	RECORD_DNS,
	RECORD_LOST,
};

enum lost_where {
	LOST_KERNEL = 1, /* a ring buffer or map of the kernel programs was full */
	LOST_QUEUE,      /* a queue between a source and the main loop was full */
	LOST_MEMORY,     /* a bounded table was full, or memory was refused */
	LOST_STREAM,     /* a line of a stream could not be read */
};

/* Labels sorted by key; keys are unique. */
struct label {
	char *key;
	char *value;
};

struct labels {
	struct label *items;
	size_t count;
};

struct string_list {
	char **items;
	size_t count;
};

struct hello_record {
	char *node;
	char *kernel;
	char *polecat;       /* version */
	uint64_t started_ns; /* Unix time; 0: unknown */
	struct string_list hooks;
};

/* Strings are NULL and numbers 0 where unknown. */
struct container_record {
	char *id; /* 64 hex digits mostly; never NULL */
	char *name;
	char *runtime; /* containerd, cri-o, docker, podman … */
	char *namespace_name;
	char *pod;
	char *pod_uid;
	uint64_t cgroup_id;
	uint32_t netns;
	uint32_t pid;
	struct labels labels;
};

struct pod_port {
	char *name; /* NULL: unnamed */
	char *protocol;
	uint16_t port;
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
	char *owner_kind;
	char *owner_name;
	char *phase;
	uint64_t started_ns; /* Unix time: it held no address before; 0: unknown */
	bool host_network;
	bool deleted;
};

struct service_port {
	char *name;
	char *protocol;
	char *target_port; /* number or name, as text; NULL: same as port */
	uint16_t port;
	uint16_t node_port; /* 0: none */
};

struct service_endpoint {
	char *ip;
	char *protocol; /* NULL: TCP */
	char *name;     /* of the service port; NULL: unnamed */
	uint16_t port;
};

struct service_record {
	char *namespace_name; /* never NULL */
	char *name;           /* never NULL */
	char *type;
	struct string_list cluster_ips; /* "None" for a headless service */
	struct string_list lb_ips;
	struct labels selector; /* empty: none */
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
	struct string_list ips; /* bridge and tunnel gateway addresses too */
	struct string_list pod_cidrs;
	bool deleted;
};

struct dns_record {
	char *node;
	char *namespace_name;
	char *pod;
	char *container_id;
	char *name; /* never NULL */
	char *rcode;
	struct string_list addresses;
	uint32_t netns;
	uint32_t ttl_s;
};

struct lost_record {
	uint64_t count; /* since the last one */
	uint8_t where;  /* enum lost_where */
};

struct record {
	uint8_t kind; /* enum record_kind */
	union {
		struct flow flow;
		struct lost_record lost;
		struct hello_record *hello;
		struct container_record *container;
		struct pod_record *pod;
		struct service_record *service;
		struct namespace_record *namespace_record;
		struct node_record *node;
		struct dns_record *dns;
		void *body; /* of every kind but flow and lost */
	};
};

/*
 * Frees what the record owns and makes it RECORD_NONE. NULL, RECORD_NONE and half-built records
 * (bodies from calloc with only some fields set) are fine. Any thread that owns the record.
 */
void record_free(struct record *record);

/* Each frees one body and all that it owns; NULL is fine. For owners that took a body out of a
 * record. */
void hello_record_free(struct hello_record *hello);
void container_record_free(struct container_record *container);
void pod_record_free(struct pod_record *pod);
void service_record_free(struct service_record *service);
void namespace_record_free(struct namespace_record *namespace_record);
void node_record_free(struct node_record *node);
void dns_record_free(struct dns_record *dns);

/* The value of a key, or NULL. labels may be NULL. Binary search: labels are sorted by key. */
const char *labels_get(const struct labels *labels, const char *key);

/* Adds or replaces one label and keeps the order. Copies both strings. 0 or -ENOMEM, unchanged
 * then. */
int labels_set(struct labels *labels, const char *key, const char *value);

/* Frees the labels or strings and leaves an empty list. */
void labels_clear(struct labels *labels);
void string_list_clear(struct string_list *list);

/* Appends a copy of text. 0 or -ENOMEM, unchanged then. */
int string_list_add(struct string_list *list, const char *text);

/* Returns whether a string of the list equals text. */
bool string_list_has(const struct string_list *list, const char *text);

#endif
