/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict decoding of a YAML document's tree: mappings by tables of known fields, scalars by the
 * type that the API wants. Every refusal names the line, the column and the field. Over libyaml's
 * document API; one thread.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_YAML_TREE_H
#define POLECAT_CORE_POLICY_NETPOL_YAML_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <yaml.h>

#include "core/policy/netpol/netpol.h"

struct yaml_tree {
	yaml_document_t *document;
	struct netpol_error *error;
	struct netpol_set *set;
	const char *default_namespace;
	const char *file;
	size_t visited; /* fields and items of the document so far, aliases each time */
};

/* A field of a mapping: its decoder gets the value's node and the object that the mapping
 * describes. 0 or -errno. */
struct yaml_field {
	const char *name;
	int (*decode)(struct yaml_tree *tree, yaml_node_t *node, void *object);
};

/* Fills in *tree->error for this node, printf-like, and returns -EBADMSG. */
int yaml_tree_refuse(struct yaml_tree *tree, const yaml_node_t *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Decodes a mapping: each key must be one of `fields` (ended by a NULL name) and stand once. null
 * is an empty mapping. what: what the mapping is, for messages.
 */
int yaml_tree_mapping(struct yaml_tree *tree, yaml_node_t *node, const char *what,
		      const struct yaml_field *fields, void *object);

/* Decodes a sequence by calling `decode` for each item in order; null is an empty one. */
int yaml_tree_sequence(struct yaml_tree *tree, yaml_node_t *node, const char *what,
		       int (*decode)(struct yaml_tree *tree, yaml_node_t *node, void *object),
		       void *object);

/* A decoder that accepts anything: for fields that do not matter here. */
int yaml_tree_ignore(struct yaml_tree *tree, yaml_node_t *node, void *object);

/* The node is absent in effect: null, ~ or empty and plain. */
bool yaml_tree_is_null(const yaml_node_t *node);

/*
 * A text. A plain scalar that YAML 1.1 readers take for a number, a boolean or null is refused: the
 * API server would see another type or another value than the one written. *text belongs to the
 * document.
 */
int yaml_tree_text(struct yaml_tree *tree, yaml_node_t *node, const char *what, const char **text);

/* Whether the node is a plain decimal integer, and its value. */
bool yaml_tree_integer(const yaml_node_t *node, int64_t *value);

/* The value of a key in a mapping, or NULL. */
yaml_node_t *yaml_tree_get(const struct yaml_tree *tree, const yaml_node_t *mapping,
			   const char *key);

#endif
