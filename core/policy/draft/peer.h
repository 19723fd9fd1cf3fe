/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an edge to what a policy has to allow for it: the address a flow went to becomes pods by
 * their labels, the pods behind a Service with the port that they listen on, or one address block;
 * or nothing, with the reason.
 *
 * Most network plugins judge a packet after the Service's address was rewritten to a pod's, hence
 * the translation. Pods are never written as addresses: those are theirs for a short while only.
 *
 * Reads the workloads only. One thread.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PEER_H
#define POLECAT_CORE_POLICY_DRAFT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/policy/draft/model.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject.h"

/* Why an edge leads to no rule, or to one that deserves a word. The most important comes last. */
enum peer_reason {
	PEER_PLAIN = 0,
	/* Allowed whatever policies say: no rule is needed. */
	PEER_LOOPBACK,
	PEER_SELF,
	PEER_OWN_NODE,
	/* A rule was made, from a guess. */
	PEER_OTHER_NODE,     /* a node's address: any node may be the next source */
	PEER_HOST_NETWORK,   /* pods in the node's network: their node's address */
	PEER_NODE_PORT,      /* the own node passes it on to a Service's pods */
	PEER_NAMED_PORT,     /* no number is known for the pods' port */
	PEER_SHARED_ADDRESS, /* several pods claim the address */
	/* No rule, or not all of it. */
	PEER_NOT_UNICAST, /* unspecified, multicast, broadcast or link-local: policies do not speak
			     of it */
	PEER_BAD_PROTOCOL,
	PEER_BAD_PORT,
	PEER_UNLABELLED,        /* a pod that no stable label selects */
	PEER_SERVICE_PORT,      /* the Service is not known to have that port */
	PEER_SERVICE_SELECTOR,  /* the Service's selector is none that a cluster would have */
	PEER_SERVICE_ENDPOINTS, /* a Service without a selector, and its endpoints are not known */
	PEER_LATER_POD,         /* the pod that has the address started after the flow */
	PEER_REASONS,
};

/* True where the reason says that a flow stays without a rule that it needs. */
bool peer_reason_is_refusal(enum peer_reason reason);
/* True where no rule is needed. */
bool peer_reason_is_implicit(enum peer_reason reason);

struct peer_address {
	struct flow_address address;
	uint8_t family;
};

/* One thing to allow. */
struct peer_item {
	struct policy_peer peer;
	const struct edge *edge; /* the evidence */
	const char
		*origin; /* BLOCK: what the address is, printable ASCII; NULL: nothing is known */
	const char *port_name;    /* NULL: port is a number */
	struct peer_address seen; /* the one address, whatever the peer becomes; family 0: pods */
	uint16_t port;
	uint8_t protocol;
	uint8_t direction; /* enum policy_direction */
	bool guessed;      /* not seen itself: DNS over the other transport */
	bool dns;          /* Cilium's only: through its DNS proxy */
};

struct peer_items {
	struct peer_item *items;
	size_t count;
	size_t capacity;
};

/*
 * What a pod or a Service is as a peer, by its record, so that one that is seen often is copied
 * once. Slots move when another one is looked up.
 */
struct peer_slot {
	const void *record;
	const char *namespace_name;             /* NULL: not filled in yet */
	const struct policy_selector *selector; /* NULL: it has none that can be used */
	const void *numbers;                    /* of a Service's named port, see translate.c */
	const char *description;                /* "service shop/web"; NULL: not asked for yet */
};

struct peer_context {
	const struct workloads *workloads;
	struct arena *arena; /* of the set that is being made */
	struct peer_slot *slots;
	size_t slot_count; /* a power of two, or 0 */
	size_t slot_used;
	const struct pod_record **host_pods; /* live host-network pods; NULL: not looked for yet */
	size_t host_pod_count;
	/* An inner network's address became a block although no Service is known: it may be one's.
	 * The user resets it. */
	bool private_block;
};

/* The slot of a record, made if it is new; NULL when memory is refused. */
struct peer_slot *peer_slot_get(struct peer_context *context, const void *record);

void peer_context_free(struct peer_context *context);

/* What an edge's subject is: addresses of its own that need no rule. */
#define PEER_OWN_MAX 32
struct peer_subject {
	const char *node; /* NULL: unknown */
	struct peer_address own[PEER_OWN_MAX];
	size_t own_count;
	struct peer_address own_node[PEER_OWN_MAX];
	size_t own_node_count;
};

/* Fills in *out for a subject; the pointers live as long as the subject. */
void peer_subject_init(const struct peer_context *context, const struct subject *subject,
		       const char *node, struct peer_subject *out);

/* What is asked of an address. */
struct peer_question {
	const struct peer_subject *subject; /* NULL: nobody's own addresses matter */
	const struct edge *edge;            /* the evidence; NULL: none */
	const char *port_name;              /* NULL: port is a number */
	uint16_t port;
	uint8_t protocol;
	uint8_t direction; /* enum policy_direction */
	bool guessed;
};

struct peer_answer {
	enum peer_reason reason; /* the most important one */
	const char *detail;      /* who it is about, printable ASCII; NULL: nobody */
};

/*
 * Appends what has to be allowed for the edge with this protocol and port (its own, or those of
 * DNS' other transport, which is `guessed`). 0 or -ENOMEM.
 */
int peer_resolve(struct peer_context *context, const struct peer_subject *subject,
		 const struct edge *edge, uint8_t protocol, uint16_t port, bool guessed,
		 struct peer_items *items, struct peer_answer *answer);

/* For translate.c: one address as pods or as a block; these pods; this block. 0 or -ENOMEM. */
int peer_add_address(struct peer_context *context, const struct peer_question *question,
		     uint8_t family, const struct flow_address *address, const char *origin,
		     struct peer_items *items, struct peer_answer *answer);
int peer_add_pods(const struct peer_question *question, const char *namespace_name,
		  const struct policy_selector *selector, struct peer_items *items);
int peer_add_block(const struct peer_question *question, uint8_t family,
		   const struct flow_address *address, const char *origin,
		   struct peer_items *items);

/* Appends a copy of item `index`; NULL when memory is refused. */
struct peer_item *peer_items_copy(struct peer_items *items, size_t index);

/* Keeps the more important of two reasons. */
void peer_answer_add(struct peer_answer *answer, enum peer_reason reason, const char *detail);

/* "word namespace/name" as printable ASCII, in the arena; NULL when memory is refused. */
const char *peer_describe(struct arena *arena, const char *word, const char *namespace_name,
			  const char *name);

#endif
