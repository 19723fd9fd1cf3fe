/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items: the peers and ports that a policy must allow, with the edges that they come from. If an
 * edge leads to no item, there is a reason.
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

/* The reasons why an edge leads to no rule, or to a rule with a note. The most important reason is
 * the last. */
enum peer_reason {
	PEER_PLAIN = 0,
	/* Always allowed, so that no rule is needed. */
	PEER_LOOPBACK,
	PEER_SELF,
	PEER_OWN_NODE,
	/* The rule is a guess. */
	PEER_OTHER_NODE,     /* a node's address: any node may be the next source */
	PEER_HOST_NETWORK,   /* pods in the node's network: their node's address */
	PEER_API_SERVER,     /* an API server, so all API servers are allowed */
	PEER_OWN_NODE_AGENT, /* egress to the pod's own node; the rule names only that node */
	PEER_HOST_PORT,      /* a node forwards the flow to a pod */
	PEER_TRANSLATED,     /* connection tracking showed the backends */
	PEER_NODE_PORT,      /* the pod's own node forwards the flow to a Service's pods */
	PEER_NAMED_PORT,     /* the number of the pods' port is unknown */
	PEER_SHARED_ADDRESS, /* several pods claim the address */
	/* The rule, or a part of it, is missing. */
	PEER_NOT_UNICAST, /* unspecified, multicast, broadcast or link-local: policies do not cover
			     it */
	PEER_UNKNOWN,     /* the source kept no address */
	PEER_BAD_PROTOCOL,
	PEER_BAD_PORT,
	PEER_UNLABELLED,        /* a pod that no stable label selects */
	PEER_SERVICE_PORT,      /* the Service is not known to have that port */
	PEER_SERVICE_SELECTOR,  /* the API would refuse the Service's selector */
	PEER_SERVICE_ENDPOINTS, /* a Service without a selector and without known endpoints */
	PEER_SERVICE_UNKNOWN,   /* an address in the range of Services, without a known Service */
	PEER_LATER_POD,         /* the pod that has the address started after the flow */
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

/* One peer and port to allow. */
struct peer_item {
	struct netpol_peer peer;
	const struct edge *edge; /* the evidence */
	const char *origin;      /* BLOCK: a description of the address, printable ASCII, or NULL */
	const char *port_name;   /* NULL: port is a number */
	struct peer_address seen; /* the observed address; family 0: the peer is pods */
	uint16_t port;
	uint8_t protocol;
	uint8_t direction; /* enum netpol_direction */
	bool is_public;    /* BLOCK: allows all public addresses (public.h) */
	bool guessed;      /* added with the other DNS transport, not observed */
	bool dns;          /* only for Cilium: passes its DNS proxy */
};

struct peer_items {
	struct peer_item *items;
	size_t count;
	size_t capacity;
};

/* Cached data of a pod or a Service as a peer, found by its record, so that its names are copied
 * once. */
struct peer_slot {
	const void *record;
	const char *namespace_name;
	const struct netpol_selector *selector; /* NULL: no usable selector */
	const char *description;                /* of a Service: "service shop/web" */
};

/* Data for all edges of one draft. Set the first three members, and zero-initialise the others. */
struct peer_context {
	const struct workloads *workloads;
	struct resolver *resolver;
	struct arena *arena;       /* the arena of the set that is made */
	struct group_rules labels; /* rules for selectors */
	struct api_servers api_servers;
	struct hash_cache slots;
	/* Set if an address of a private network became a block while no Service is known: it
	 * may be the address of a Service. The caller resets it. */
	bool private_block;
	bool service_ports; /* also allow the ports of Services */
	bool service_port;  /* set if such a port was allowed; the caller resets it */
};

void peer_context_free(struct peer_context *context);

/* The subject of an edge. Its own addresses need no rule. */
#define PEER_OWN_MAX 32
struct peer_subject {
	const struct pod_record *pod; /* NULL: none, or unknown */
	const char *node;             /* NULL: unknown */
	struct peer_address own[PEER_OWN_MAX];
	size_t own_count;
};

/* Fills in *out for a subject. Its pointers live as long as the subject. node is the subject's node
 * if no pod record names it, or NULL if it is unknown. */
void peer_subject_init(const struct subject *subject, const char *node, struct peer_subject *out);
/* Like peer_subject_init, for a pod without a subject. */
void peer_subject_init_pod(const struct pod_record *pod, struct peer_subject *out);

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
/* Adds an address with a known holder. */
int peer_add_holder(const struct peer_request *request, const struct holder_query *query,
		    const struct holder *holder, const char *origin);
int peer_add_pods(const struct peer_request *request, const char *namespace_name,
		  const struct netpol_selector *selector);
int peer_add_block(const struct peer_request *request, uint8_t family,
		   const struct flow_address *address, const char *origin);

/* Returns the slot of a record, or NULL without memory. A new slot is zeroed, except for its
 * record. */
struct peer_slot *peer_slot_get(struct peer_context *context, const void *record);

/* Adds a copy of item `index`. Returns NULL without memory. */
struct peer_item *peer_items_copy(struct peer_items *items, size_t index);

/* Keeps the more important of two reasons. */
void peer_answer_add(struct peer_answer *answer, enum peer_reason reason, const char *detail);

/* Adds a reason that concerns one pod or Service. Returns 0 or -ENOMEM. */
int peer_note(const struct peer_request *request, enum peer_reason reason, const char *word,
	      const char *namespace_name, const char *name);

/* Returns "word namespace/name" as printable ASCII in the arena, or NULL without memory. */
const char *peer_describe(struct arena *arena, const char *word, const char *namespace_name,
			  const char *name);

#endif
