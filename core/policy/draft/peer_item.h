/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items: the peers and ports that a policy must allow. Each item points to the edge that it comes
 * from. If an edge gets no item, struct peer_answer has the reason.
 *
 * An item never contains a pod's address, which the pod has only for a short time. Only reads
 * identities. One thread.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PEER_ITEM_H
#define POLECAT_CORE_POLICY_DRAFT_PEER_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash_cache.h"
#include "core/policy/draft/api_servers.h"
#include "core/policy/draft/group_selector.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/resolver.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

/* The reasons why an edge gets no rule, or a rule with a note. If an edge has several reasons, the
 * one that is last in this list counts. */
enum peer_reason {
	PEER_PLAIN = 0,
	/* Always allowed, so that no rule is needed. */
	PEER_LOOPBACK,
	PEER_SELF,
	PEER_OWN_NODE,
	/* The rule is a guess. */
	PEER_OTHER_NODE,     /* ingress from a node; other nodes may send such flows later */
	PEER_HOST_NETWORK,   /* host-network pods; the rule allows the address of their node */
	PEER_API_SERVER,     /* an API server, so all API servers are allowed */
	PEER_OWN_NODE_AGENT, /* egress to the pod's own node; the rule names only that node */
	PEER_HOST_PORT,      /* a node forwards the flow to a pod */
	PEER_TRANSLATED,     /* connection tracking showed some backends; others may exist */
	PEER_NODE_PORT,      /* the pod's own node forwards the flow to a Service's pods */
	PEER_ROLLOUT,        /* the Service's selector names the pods of one rollout */
	PEER_NAMED_PORT,     /* the rule has the name of the pods' port, since its number is
	                      * unknown */
	PEER_SHARED_ADDRESS, /* several pods have the address; the rule selects one of them */
	/* The rule, or a part of it, is missing. */
	PEER_NOT_UNICAST, /* unspecified, multicast, broadcast or IPv6 link-local: policies do not
			     cover such an address */
	PEER_UNKNOWN,     /* the record of the flow has no peer address */
	PEER_BAD_PROTOCOL,
	PEER_BAD_PORT,
	PEER_UNLABELLED,        /* a pod that no stable label selects */
	PEER_SERVICE_PORT,      /* the Service is not known to have that port */
	PEER_SERVICE_SELECTOR,  /* the API would refuse the Service's selector */
	PEER_SERVICE_ENDPOINTS, /* the Service has no selector, and its endpoints are unknown */
	PEER_SERVICE_UNKNOWN,   /* in the range of Service addresses; no known Service has it */
	PEER_LATER_POD,         /* the address belongs to a pod that started after the flow */
	PEER_REASONS,
};

/* Returns whether a flow needs a rule that cannot be made. */
bool peer_reason_is_refusal(enum peer_reason reason);
/* Returns whether a flow needs no rule. */
bool peer_reason_is_implicit(enum peer_reason reason);

struct peer_address {
	struct flow_address address;
	uint8_t family;
};

/* Pods as a peer. */
struct peer_pods {
	const char *namespace_name; /* NULL: all namespaces */
	const struct netpol_selector *selector;
	uint64_t hash; /* label_hash of the selector's first label; 0: it has no label */
};

/* One peer and port to allow. */
struct peer_item {
	struct netpol_peer peer;
	const struct edge *edge; /* the evidence */
	const char *origin;      /* BLOCK: a description of the address, printable ASCII, or NULL */
	const char *port_name;   /* NULL: port is a number */
	/* BLOCK: the observed address in the block. Its family is 0 if no address was observed. */
	struct peer_address seen;
	uint64_t pods_hash; /* PODS: the hash of struct peer_pods */
	uint16_t port;
	uint8_t protocol;
	uint8_t direction; /* enum netpol_direction */
	bool is_public;    /* BLOCK: allows all public addresses (public.h) */
	bool guessed;      /* `edge` led to this item, but does not show its peer and port */
	bool dns;          /* drafts for Cilium: the traffic passes Cilium's DNS proxy */
};

struct peer_items {
	struct peer_item *items;
	size_t count;
	size_t capacity;
};

/* The namespace, selector and description of a pod or a Service that is a peer, or of the usual DNS
 * pods. The record, or the entry of a table of usual pods, is the key. Cached, so that the names
 * are copied into the arena only once. */
struct peer_slot {
	const void *record;
	struct peer_pods pods;   /* selector NULL: no usable selector */
	const char *description; /* "service shop/web"; NULL for a pod */
	/* Of a pod: label_hash of each of its labels. NULL: not computed yet. */
	uint64_t *label_hashes;
};

/* Data for all edges of one draft. Set the first three members, and zero-initialise the others. */
struct peer_context {
	const struct workloads *workloads;
	struct resolver *resolver;
	struct arena *arena;       /* the draft set's; owns the data of the items */
	struct group_rules labels; /* which labels the selectors of items use */
	struct api_servers api_servers;
	struct hash_cache slots;
	struct hash_cache namespaces; /* struct peer_namespace */
	/* Set if an egress rule allows a private address as a block while no Service is known: the
	 * address may be that of a Service. The caller resets it. */
	bool private_block;
	bool service_ports; /* option: also allow the Services' own ports */
	bool service_port;  /* set if such a port was allowed; the caller resets it */
};

void peer_context_free(struct peer_context *context);

/* The subject of an edge. Flows to and from its own addresses need no rule. */
#define PEER_OWN_MAX 32
struct peer_subject {
	const struct pod_record *pod; /* NULL: the subject is not a pod, or has no record */
	const char *node;             /* the subject's node; NULL: unknown */
	struct peer_address own[PEER_OWN_MAX];
	size_t own_count;
};

/* Fills in *out for a subject, which must outlive *out. `node` is the node to use if the subject's
 * pod record names none; NULL: unknown. */
void peer_subject_init(const struct subject *subject, const char *node, struct peer_subject *out);
/* Like peer_subject_init, for a pod without a subject. */
void peer_subject_init_pod(const struct pod_record *pod, struct peer_subject *out);

/* Returns whether an address is one of the subject's own (NULL: false). */
bool peer_is_own(const struct peer_subject *subject, uint8_t family,
		 const struct flow_address *address);

struct peer_answer {
	enum peer_reason reason; /* the most important one */
	const char *detail;      /* the pod, node or Service concerned, printable ASCII, or NULL */
};

/* Requests the items for one port and protocol of an edge. */
struct peer_request {
	struct peer_context *context;
	struct peer_items *items;
	struct peer_answer *answer;
	const struct peer_subject *subject; /* NULL: no address is the subject's own */
	const struct edge *edge;            /* the evidence; NULL: none */
	const char *port_name;              /* NULL: port is a number */
	uint16_t port;
	uint8_t protocol;
	uint8_t direction; /* enum netpol_direction */
	bool guessed;
};

/* Adds an address as a pod or as a block. origin is a description of the address, or NULL. Returns
 * 0 or -ENOMEM, like the next three functions. */
int peer_add_address(const struct peer_request *request, uint8_t family,
		     const struct flow_address *address, const char *origin);
/* Like peer_add_address, for an address whose holder is known. */
int peer_add_holder(const struct peer_request *request, const struct holder_query *query,
		    const struct holder *holder, const char *origin);
int peer_add_pods(const struct peer_request *request, const struct peer_pods *pods);
int peer_add_block(const struct peer_request *request, uint8_t family,
		   const struct flow_address *address, const char *origin);

/* Returns a hash for each label of a pod, or NULL if out of memory. If the first label of a
 * selector for the pod's namespace equals a label of the pod, the hash of the selector's struct
 * peer_pods equals the hash of that label. */
const uint64_t *peer_label_hashes(struct peer_context *context, const struct pod_record *pod);
/* Returns pods with their hash. The selector may be NULL. */
struct peer_pods peer_pods_make(const char *namespace_name, const struct netpol_selector *selector);
/* Returns group_selector for a pod, in the context's arena, or NULL if out of memory. Peers and
 * policies share the result. */
const struct netpol_selector *peer_selector(struct peer_context *context,
					    const struct pod_record *pod);
/* Makes pods the peer of an item. */
void peer_item_set_pods(struct peer_item *item, const struct peer_pods *pods);

/* Returns a copy of a namespace's name in the context's arena, or NULL if out of memory. Equal
 * names have one copy, so that comparing them mostly needs no strcmp. */
const char *peer_namespace_name(struct peer_context *context, const char *name);

/* Returns the slot of a record, or NULL if out of memory. A new slot has only `record` set, and is
 * otherwise zeroed. */
struct peer_slot *peer_slot_get(struct peer_context *context, const void *record);

/* Adds a copy of item `index`. Returns NULL if out of memory. */
struct peer_item *peer_items_copy(struct peer_items *items, size_t index);

/* Sets reason and detail if the reason is more important than the answer's present one. */
void peer_answer_add(struct peer_answer *answer, enum peer_reason reason, const char *detail);

/* Like peer_answer_add. Formats the detail with peer_describe. Returns 0 or -ENOMEM. */
int peer_note(const struct peer_request *request, enum peer_reason reason, const char *word,
	      const char *namespace_name, const char *name);

/* Returns "word namespace/name" as printable ASCII in the arena, or NULL if out of memory. */
const char *peer_describe(struct arena *arena, const char *word, const char *namespace_name,
			  const char *name);

#endif
