/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NetworkPolicies as people and clusters write them: the whole of networking.k8s.io/v1, as data.
 *
 * This is the reading side. The drafter has a model of its own (model.h), made of what a draft can
 * say; the two know nothing of each other, so that evaluating a draft proves it.
 *
 * Meaning, from the API's reference (k8s.io/api/networking/v1 types.go): what is absent and what is
 * empty differ in selectors (absent selects nothing, empty everything) and not in lists of rules,
 * peers and ports.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"

enum netpol_operator {
	NETPOL_IN = 1,
	NETPOL_NOT_IN,
	NETPOL_EXISTS,
	NETPOL_DOES_NOT_EXIST,
};

struct netpol_requirement {
	char *key;
	struct string_list values; /* In, NotIn: at least one; else none */
	uint8_t operator_kind;     /* enum netpol_operator */
};

struct netpol_selector {
	struct labels match_labels;
	struct netpol_requirement *expressions;
	size_t expression_count;
	bool present;
};

/* A block of addresses, host bits cleared. */
struct netpol_block {
	struct flow_address address; /* network byte order */
	uint8_t family;              /* 4 or 6 */
	uint8_t prefix;              /* bits */
};

struct netpol_peer {
	struct netpol_selector pods;
	struct netpol_selector namespaces;
	struct netpol_block block;
	struct netpol_block *excepts;
	size_t except_count;
	bool has_block;
};

struct netpol_port {
	char *name;       /* a container port's name; NULL: by number */
	uint16_t first;   /* 0 and no name: every port of the protocol */
	uint16_t last;    /* >= first */
	uint8_t protocol; /* enum flow_protocol: TCP, UDP or SCTP */
};

struct netpol_rule {
	struct netpol_peer *peers; /* none: any peer */
	size_t peer_count;
	struct netpol_port *ports; /* none: any port of any protocol */
	size_t port_count;
	unsigned int line; /* where it stands in its file, 1-based; 0: it was in none */
};

struct netpol_rules {
	struct netpol_rule *items;
	size_t count;
	bool isolates; /* the policy speaks about this direction at all (policyTypes, or its
			  default) */
};

struct netpol {
	char *namespace_name; /* never NULL */
	char *name;           /* never NULL */
	char *file;           /* as it was named; never NULL */
	unsigned int line;    /* where the document begins, 1-based; 0: in no file */
	struct netpol_selector pods;
	struct netpol_rules ingress;
	struct netpol_rules egress;
};

/* Zero-initialise; free with netpol_set_clear. */
struct netpol_set {
	struct netpol *items;
	size_t count;
	size_t capacity;
	size_t skipped; /* documents of other kinds */
};

/* Where and why a text was refused. */
struct netpol_error {
	unsigned int line;   /* 1-based; 0: the text as a whole */
	unsigned int column; /* 1-based */
	char message[256];   /* printable; names the field and what was expected */
};

/*
 * Reads all NetworkPolicies of a YAML (or JSON) text into the set: several documents, a List or
 * a NetworkPolicyList (the API server's own says nothing of what its items are), and documents of
 * other kinds, which are counted and passed over. Strict: an unknown or repeated
 * field, a wrong type, and whatever the API server's validation would refuse is an error. `file` is
 * for messages and for netpol.file. A policy without a namespace gets `default_namespace`.
 *
 * 0; -EBADMSG with *error filled in; -ENOMEM. On failure the set is as it was. Any thread.
 */
int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct netpol_error *error);

/* Frees what one policy holds and leaves it empty; half-read ones are fine. */
void netpol_clear(struct netpol *policy);

/* Frees all that the set holds and leaves it empty. */
void netpol_set_clear(struct netpol_set *set);

/* True when the selector is present and selects these labels (NULL: none). */
bool netpol_selector_matches(const struct netpol_selector *selector, const struct labels *labels);

/* True when the address is inside the block. */
bool netpol_block_contains(const struct netpol_block *block, uint8_t family,
			   const struct flow_address *address);

#endif
