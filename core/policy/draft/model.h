/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drafted policies as plain data: what the drafter makes, the printer writes and tests compare.
 *
 * Everything is sorted (policies by namespace and name, rules by their first peer, peers, ports,
 * labels by key) and free of repetition, so that equal drafts are equal data. All memory is the
 * set's arena's.
 *
 * Invariants: a selector has at least one label (an empty one would select every pod); a rule has
 * at least one peer and one port (an empty list would mean any); a direction is in policyTypes
 * exactly when it has rules.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_MODEL_H
#define POLECAT_CORE_POLICY_DRAFT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/policy/draft/draft.h"
#include "core/record/address.h"
#include "core/record/flow.h"

struct policy_label {
	const char *key;
	const char *value;
};

struct policy_selector {
	struct policy_label *items;
	size_t count;
};

enum policy_peer_kind {
	POLICY_PEER_PODS = 1, /* pods of one namespace by labels */
	POLICY_PEER_BLOCK,    /* one address block */
	/* Cilium's only: */
	POLICY_PEER_ENTITY, /* nodes, or the API server, wherever they are */
	POLICY_PEER_NAME,   /* whatever a DNS name stands for */
};

struct policy_peer {
	const char *namespace_name;             /* PODS: where the pods are */
	const struct policy_selector *selector; /* PODS */
	const char *name;    /* ENTITY: Cilium's word for it; NAME: lower case, no dot at its end */
	const char *comment; /* but for PODS: printable ASCII; NULL: none. Not compared. */
	struct flow_address address; /* BLOCK: network byte order, host bits zero */
	uint32_t seen;  /* BLOCK: how many of its addresses were seen, if widened. Not compared. */
	uint8_t kind;   /* enum policy_peer_kind */
	uint8_t family; /* BLOCK: 4 or 6 */
	uint8_t prefix; /* BLOCK: bits */
};

struct policy_port {
	const char *name; /* a pod's port by name, first and last are 0 then; NULL: by number */
	uint16_t first;   /* 1 … 65535: all ports of the protocol */
	uint16_t last;    /* >= first; equal: one port */
	uint8_t protocol; /* FLOW_TCP, FLOW_UDP or FLOW_SCTP */
	bool dns;         /* Cilium's only: through its DNS proxy */
};

#define POLICY_PORT_MAX 65535

struct policy_rule {
	struct policy_peer *peers;
	size_t peer_count;
	struct policy_port *ports;
	size_t port_count;
};

enum policy_direction {
	POLICY_EGRESS = 0,
	POLICY_INGRESS,
	POLICY_DIRECTIONS,
};

struct policy_rules {
	struct policy_rule *items;
	size_t count;
};

/* What the header comment says, beside the notes. */
struct policy_evidence {
	uint64_t first_ns; /* the window watched, Unix time; 0: unknown */
	uint64_t last_ns;
	uint64_t lost;        /* events lost in it, of all sources */
	uint64_t flows;       /* flow records that the policy stands on */
	uint64_t connections; /* connections that succeeded */
	uint64_t subjects;    /* pods, containers or programs that were seen */
};

struct policy {
	const char *name;
	const char *namespace_name;
	const char *workload; /* in words, printable ASCII */
	const struct policy_selector *selector;
	struct policy_rules rules[POLICY_DIRECTIONS];
	struct policy_evidence evidence;
	struct policy_coverage coverage;
	const char *
		*notes; /* what was left out or guessed; printable ASCII, one line each, bounded */
	size_t note_count;
	bool placeholder; /* the selector has to be replaced by a person */
};

struct policy_set {
	struct arena arena;
	enum draft_format format;
	struct policy *policies;
	size_t count;
	const char **warnings;
	size_t warning_count;
};

/* Total orders; 0 exactly when equal in what is applied (comments do not count). */
int policy_selector_compare(const struct policy_selector *a, const struct policy_selector *b);
int policy_peer_compare(const struct policy_peer *a, const struct policy_peer *b);
int policy_port_compare(const struct policy_port *a, const struct policy_port *b);
int policy_ports_compare(const struct policy_rule *a, const struct policy_rule *b);
int policy_rule_compare(const struct policy_rule *a, const struct policy_rule *b);
int policy_compare(const struct policy *a, const struct policy *b);

/* Whether the port stands for all ports of its protocol. */
bool policy_port_is_all(const struct policy_port *port);

/* "TCP", "UDP" or "SCTP". */
const char *policy_protocol_name(uint8_t protocol);

/* A block as text, "192.0.2.0/24". */
#define POLICY_CIDR_SIZE (ADDRESS_TEXT_SIZE + 4)
void policy_block_format(const struct policy_peer *peer, char cidr[POLICY_CIDR_SIZE]);

/* Whether the selector selects a pod with these labels. */
bool policy_selector_matches(const struct policy_selector *selector, const struct labels *labels);

#endif
