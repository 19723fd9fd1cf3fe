/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items: the peers and ports that a policy has to allow, with the edges they come from, and the
 * reasons where an edge leads to none.
 *
 * Pods are never written as addresses, which they have for a short while only. Only reads
 * identities. One thread.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PEER_ITEM_H
#define POLECAT_CORE_POLICY_DRAFT_PEER_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash_cache.h"
#include "core/policy/draft/group_selector.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/resolver.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

/* Why an edge leads to no rule, or to one with a note. The most important reason comes last. */
enum peer_reason {
	PEER_PLAIN = 0,
	/* Always allowed: no rule is needed. */
	PEER_LOOPBACK,
	PEER_SELF,
	PEER_OWN_NODE,
	/* The rule is a guess. */
	PEER_OTHER_NODE,     /* a node's address: any node may be the next source */
	PEER_HOST_NETWORK,   /* pods in the node's network: their node's address */
	PEER_NODE_PORT,      /* the own node passes it on to a Service's pods */
	PEER_NAMED_PORT,     /* the number of the pods' port is unknown */
	PEER_SHARED_ADDRESS, /* several pods claim the address */
	/* The rule, or a part of it, is missing. */
	PEER_NOT_UNICAST, /* unspecified, multicast, broadcast or link-local: policies do not cover
			     it */
	PEER_BAD_PROTOCOL,
	PEER_BAD_PORT,
	PEER_UNLABELLED,        /* a pod that no stable label selects */
	PEER_SERVICE_PORT,      /* the Service is not known to have that port */
	PEER_SERVICE_SELECTOR,  /* the API would refuse the Service's selector */
	PEER_SERVICE_ENDPOINTS, /* a Service without a selector and without known endpoints */
	PEER_LATER_POD,         /* the pod that has the address started after the flow */
	PEER_REASONS,
};

/* Returns whether a flow stays without a rule that it needs. */
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
	bool is_public;    /* BLOCK: stands for all public addresses (public.h) */
	bool guessed;      /* added with the other DNS transport, not observed */
	bool dns;          /* Cilium's only: through its DNS proxy */
};

struct peer_items {
	struct peer_item *items;
	size_t count;
	size_t capacity;
};

/* Cached data of a pod or a Service as a peer, by its record, so that its names are copied once. */
struct peer_slot {
	const void *record;
	const char *namespace_name;
	const struct netpol_selector *selector; /* NULL: it has none that can be used */
	const char *description;                /* of a Service: "service shop/web" */
};

/* Data for all edges of one draft. Set the first three members, and zero-initialise the others. */
struct peer_context {
	const struct workloads *workloads;
	struct resolver *resolver;
	struct arena *arena;       /* of the set that is being made */
	struct group_rules labels; /* of selectors */
	struct hash_cache slots;
	/* Set if an address of a private network became a block although no Service is known: it may
	 * be a Service's. The user resets it. */
	bool private_block;
};

void peer_context_free(struct peer_context *context);

/* The subject of an edge: its own addresses need no rule. */
#define PEER_OWN_MAX 32
struct peer_subject {
	const struct pod_record *pod; /* NULL: none, or unknown */
	const char *node;             /* NULL: unknown */
	struct peer_address own[PEER_OWN_MAX];
	size_t own_count;
};

/* Fills in *out for a subject; the pointers live as long as the subject. node: the subject's, if no
 * pod record names it; NULL: unknown. */
void peer_subject_init(const struct subject *subject, const char *node, struct peer_subject *out);

struct peer_answer {
	enum peer_reason reason; /* the most important one */
	const char *detail;      /* the pod, node or Service concerned, printable ASCII, or NULL */
};

/* The items for one port and protocol of an edge, and where to add them. */
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

/* Add an address as a pod or as a block; add pods; add a block. origin: a
 * description of the address or NULL. 0 or -ENOMEM. */
int peer_add_address(const struct peer_request *request, uint8_t family,
		     const struct flow_address *address, const char *origin);
/* Adds an address with a known holder. */
int peer_add_holder(const struct peer_request *request, const struct holder_query *query,
		    const struct holder *holder, const char *origin);
int peer_add_pods(const struct peer_request *request, const char *namespace_name,
		  const struct netpol_selector *selector);
int peer_add_block(const struct peer_request *request, uint8_t family,
		   const struct flow_address *address, const char *origin);

/* Returns the slot of a record; NULL: no memory. A new slot is zeroed, except for its record. */
struct peer_slot *peer_slot_get(struct peer_context *context, const void *record);

/* Adds a copy of item `index`; NULL: no memory. */
struct peer_item *peer_items_copy(struct peer_items *items, size_t index);

/* Keeps the more important of two reasons. */
void peer_answer_add(struct peer_answer *answer, enum peer_reason reason, const char *detail);

/* Adds a reason that concerns one pod or Service. 0 or -ENOMEM. */
int peer_note(const struct peer_request *request, enum peer_reason reason, const char *word,
	      const char *namespace_name, const char *name);

/* Returns "word namespace/name" as printable ASCII, in the arena; NULL: no memory. */
const char *peer_describe(struct arena *arena, const char *word, const char *namespace_name,
			  const char *name);

#endif
