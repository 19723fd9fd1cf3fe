/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders (yaml_decode.h) of the parts of policies: selectors, peers, ports. For netpol_read.c. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_PARTS_H

#include <stddef.h>

#include "core/base/yaml_decode.h"
#include "core/policy/netpol/netpol.h"

/* One call of netpol_read. */
struct netpol_reader {
	struct netpol_set *set;
	const char *file;
	const char *default_namespace;
	const struct yaml_node *root; /* of the document */
};

/* The object that all decoders get. */
struct netpol_target {
	const struct netpol_reader *reader;
	void *item; /* the struct to fill in, zeroed */
};

/* Copies a text into the set's arena. Returns 0 or -ENOMEM. */
int netpol_read_copy(const struct netpol_target *target, const char *text, const char **out);

/* How to read a list into an array of the target's item. */
struct netpol_list_type {
	const char *what; /* the field's name, for messages */
	size_t item_size;
	yaml_decoder *decode; /* its target's item is an element */
	size_t items_offset;  /* in the target's item: a pointer to the first element */
	size_t count_offset;  /* in the target's item: a size_t */
};

/* Initialises a struct netpol_list_type for two members of a struct `owner`. */
#define NETPOL_LIST(what, decode, owner, items, count)                                     \
	{                                                                                  \
		(what), sizeof(*((owner *)NULL)->items), (decode), offsetof(owner, items), \
			offsetof(owner, count)                                             \
	}

/*
 * Reads a list into a new array of the set's arena; null is an empty list. `object` is a struct
 * netpol_target; its pointer and count are written on success only. Returns 0, -EBADMSG or -ENOMEM.
 */
int netpol_read_list(struct yaml_error *error, const struct yaml_node *node,
		     const struct netpol_list_type *type, void *object);

/*
 * Reads a LabelSelector into a new selector; null leaves *selector as it is. `what` is the field's
 * name, for messages. Returns 0, -EBADMSG or -ENOMEM.
 */
int netpol_read_selector(struct yaml_error *error, const struct yaml_node *node, const char *what,
			 const struct netpol_reader *reader,
			 const struct netpol_selector **selector);

/* Decode the lists `from` or `to`, and `ports`, of a struct netpol_rule. */
int netpol_read_peers(struct yaml_error *error, const struct yaml_node *node, void *object);
int netpol_read_ports(struct yaml_error *error, const struct yaml_node *node, void *object);

#endif
