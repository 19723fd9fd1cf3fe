/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of network policies: everything in networking.k8s.io/v1 as data. Drafts, policies from
 * files and policies of the cluster all have this type, and the evaluator, the diff and the printer
 * work on it.
 *
 * The fields mean the same as in the API's reference (k8s.io/api/networking/v1 types.go). A peer's
 * namespace_name is set if the peer is in one known namespace: it has no namespaceSelector, or its
 * namespaceSelector selects one namespace by name. A rule without peers allows any peer, and a rule
 * without ports allows any port.
 *
 * Other kinds of policy have tiers, priorities, actions for each rule or wider subjects. They can
 * be added beside `items` of netpol_set, and can share selectors, peers and ports. Until then, the
 * set only lists such policies as not judged (struct netpol_unjudged).
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/yaml.h"
#include "core/record/address.h"
#include "core/record/flow.h"
#include "core/record/record.h"

/* The API server sets this label on every namespace, with the name as its value. */
#define NETPOL_NAMESPACE_LABEL "kubernetes.io/metadata.name"

enum netpol_direction {
	NETPOL_EGRESS = 0,
	NETPOL_INGRESS,
	NETPOL_DIRECTIONS,
};

enum netpol_operator {
	NETPOL_IN = 1,
	NETPOL_NOT_IN,
	NETPOL_EXISTS,
	NETPOL_DOES_NOT_EXIST,
};

struct netpol_requirement {
	const char *key;
	struct string_list values; /* at least one for In and NotIn; else empty */
	uint8_t operator_kind;     /* enum netpol_operator */
};

/*
 * Selects pods or namespaces that meet all labels and requirements. An empty selector selects all.
 */
struct netpol_selector {
	struct labels labels; /* matchLabels, sorted by key */
	struct netpol_requirement *requirements;
	size_t requirement_count;
	/*
	 * If netpol_selector_copy made the selector: the keys and values of the labels one after
	 * the other, each with its NUL, and their hash. Two such texts have the same order as the
	 * two lists of labels, so one comparison of memory orders two selectors. Else NULL and 0.
	 */
	const char *text;
	size_t text_size;
	uint64_t hash;
};

/* A block of addresses, whose host bits are 0. */
struct netpol_block {
	struct flow_address address; /* network byte order */
	uint8_t family;              /* 4 or 6 */
	uint8_t prefix;              /* bits */
};

enum netpol_peer_kind {
	NETPOL_PEER_PODS = 1,
	NETPOL_PEER_BLOCK,
	/* Not in networking.k8s.io/v1, only in drafts for Cilium: */
	NETPOL_PEER_ENTITY, /* nodes or the API server */
	NETPOL_PEER_NAME,   /* the addresses of a DNS name */
};

/* A large cluster has millions of peers, so the members of different kinds share their memory. */
struct netpol_peer {
	uint8_t kind; /* enum netpol_peer_kind */
	/* Printed after the peer: printable ASCII, or NULL. Comparisons ignore it. */
	const char *comment;
	union {
		struct {                                    /* PODS */
			const struct netpol_selector *pods; /* never NULL */
			/* The name of the pods' namespace, or NULL if `namespaces` selects it. */
			const char *namespace_name;
			const struct netpol_selector *namespaces;
		};
		struct { /* BLOCK */
			struct netpol_block block;
			uint32_t except_count;
			struct netpol_block *excepts; /* each is a proper part of `block` */
		};
		/* ENTITY: Cilium's name of the entity. NAME: the DNS name in lower case, without a
		 * trailing dot. */
		const char *name;
	};
};

struct netpol_port {
	const char *name; /* name of a container's port (then first and last are 0), or NULL */
	uint16_t first;   /* without a name, 0 stands for all ports of the protocol */
	uint16_t last;    /* >= first */
	uint8_t protocol; /* enum flow_protocol: TCP, UDP or SCTP */
	bool dns;         /* drafts for Cilium: the traffic passes Cilium's DNS proxy */
};

struct netpol_rule {
	struct netpol_peer *peers;
	size_t peer_count; /* 0: any peer */
	struct netpol_port *ports;
	size_t port_count; /* 0: any port of any protocol */
	unsigned int line; /* line in its file, 1-based; 0: unknown */
};

struct netpol_rules {
	struct netpol_rule *items;
	size_t count;
	bool isolates; /* policyTypes names the direction, or the default includes it */
};

struct netpol {
	const char *namespace_name;         /* never NULL */
	const char *name;                   /* never NULL */
	const char *file;                   /* as the user named it; never NULL */
	const struct netpol_selector *pods; /* never NULL */
	struct netpol_rules rules[NETPOL_DIRECTIONS];
	unsigned int line; /* the first line of its document, 1-based; 0: unknown */
};

/* A policy of a kind that is not judged (netpol_kinds.h). It may allow or deny any flow. */
struct netpol_unjudged {
	const char *kind;
	const char *version;        /* "cilium.io/v2" */
	const char *namespace_name; /* "": none is given; never NULL */
	const char *name;           /* never NULL */
	const char *file;           /* as the user named it; never NULL */
	unsigned int line;          /* 1-based; 0: unknown */
};

/* A kind of policy that is not judged. Its policies in the cluster could not be listed, so the
 * cluster may have some. */
struct netpol_unlisted {
	const char *kind;
	const char *group;  /* "cilium.io" */
	const char *reason; /* why its policies could not be listed */
};

/* Zero-initialise. Free with netpol_set_clear. */
struct netpol_set {
	struct arena arena; /* owns all data that the policies point to */
	struct netpol *items;
	size_t count;
	size_t capacity;
	struct netpol_unjudged *unjudged;
	size_t unjudged_count;
	size_t unjudged_capacity;
	struct netpol_unlisted *unlisted;
	size_t unlisted_count;
	size_t unlisted_capacity;
	size_t skipped; /* documents that are not network policies */
};

/* A text with policies. */
struct netpol_source {
	const char *file; /* for netpol.file */
	const char *text;
	size_t length;
	const char *default_namespace; /* for policies without a namespace */
};

/* Called with the error of one document. */
typedef void netpol_report(void *data, const struct yaml_error *error);

/*
 * Reads all NetworkPolicies of a YAML or JSON text into the set. The text may have several
 * documents, a List or a NetworkPolicyList (the API server writes its items without a kind). Adds
 * policies of other kinds to set->unjudged. Counts and skips all other documents: other objects,
 * and documents that are not objects, such as kustomization.yaml, Helm values and lists of patches.
 * An unknown or repeated field, a wrong type, and everything that the API server's validation
 * refuses is an error.
 *
 * Reports every document with an error and reads the rest. Returns 0, -EBADMSG if an error was
 * reported, or -ENOMEM. Any thread.
 */
int netpol_read_all(struct netpol_set *set, const struct netpol_source *source,
		    netpol_report *report, void *data);

/* Reads a text like netpol_read_all, but adds no policy if a document has an error. *error is then
 * the first error. */
int netpol_read(struct netpol_set *set, const char *file, const char *text, size_t length,
		const char *default_namespace, struct yaml_error *error);

/* Adds one policy to the set. Returns it zeroed, or NULL if out of memory. */
struct netpol *netpol_set_add(struct netpol_set *set);

/* Add a copy of a policy that is not judged, or of a kind that could not be listed. Return 0 or
 * -ENOMEM. */
int netpol_set_add_unjudged(struct netpol_set *set, const struct netpol_unjudged *policy);
int netpol_set_add_unlisted(struct netpol_set *set, const struct netpol_unlisted *kind);

/* Frees the contents of the set and leaves it empty. */
void netpol_set_clear(struct netpol_set *set);

static inline enum netpol_direction netpol_direction_of(uint8_t flow_direction)
{
	return flow_direction == FLOW_INGRESS ? NETPOL_INGRESS : NETPOL_EGRESS;
}

/* Makes a selector in the arena. Copies the labels for whose keys `wanted` returns true, or all
 * labels if `wanted` is NULL. Returns NULL if out of memory. */
const struct netpol_selector *netpol_selector_copy(struct arena *arena, const struct labels *labels,
						   bool (*wanted)(const char *key));

/* Returns true if the selector selects an object with these labels. `labels` may be NULL: no
 * labels. */
bool netpol_selector_matches(const struct netpol_selector *selector, const struct labels *labels);

/* Returns true if all addresses of the inner block are inside the outer one. */
bool netpol_block_covers(const struct netpol_block *outer, const struct netpol_block *inner);

/* Returns true if the address is inside the block. */
bool netpol_block_contains(const struct netpol_block *block, uint8_t family,
			   const struct flow_address *address);

/* Formats a block as "192.0.2.0/24". */
#define NETPOL_CIDR_SIZE ADDRESS_BLOCK_SIZE
void netpol_block_format(const struct netpol_block *block, char cidr[NETPOL_CIDR_SIZE]);

/* Returns true if the peer is a block from which some addresses are excepted. */
static inline bool netpol_peer_has_excepts(const struct netpol_peer *peer)
{
	return peer->kind == NETPOL_PEER_BLOCK && peer->except_count > 0;
}

static inline bool netpol_block_is_one_address(const struct netpol_block *block)
{
	return block->prefix == (block->family == 4 ? 32 : 128);
}

/* Returns true if the port stands for every port of its protocol. */
static inline bool netpol_port_is_all(const struct netpol_port *port)
{
	return !port->name && port->first == 0;
}

/* Compare in a total order. Return 0 if both arguments have the same structure: comments, files and
 * lines are ignored. netpol_ports_compare compares only the ports of two rules. Two policies with
 * the same meaning can differ in structure: see netpol_cover.h. */
int netpol_selector_compare(const struct netpol_selector *a, const struct netpol_selector *b);
int netpol_block_compare(const struct netpol_block *a, const struct netpol_block *b);
int netpol_peer_compare(const struct netpol_peer *a, const struct netpol_peer *b);
int netpol_port_compare(const struct netpol_port *a, const struct netpol_port *b);
int netpol_ports_compare(const struct netpol_rule *a, const struct netpol_rule *b);
int netpol_rule_compare(const struct netpol_rule *a, const struct netpol_rule *b);
int netpol_compare(const struct netpol *a, const struct netpol *b);

#endif
