/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of YAML documents (yaml.h), and look-ups by key, for files that may also contain
 * unknown keys. To refuse unknown keys, use yaml_decode.h. Pure. */
#ifndef POLECAT_CORE_BASE_YAML_NODE_H
#define POLECAT_CORE_BASE_YAML_NODE_H

#include <stdbool.h>
#include <stddef.h>

enum yaml_kind {
	YAML_SCALAR = 1,
	YAML_LIST,
	YAML_MAPPING,
};

struct yaml_node {
	enum yaml_kind kind;
	bool plain; /* unquoted or tagged, so the scalar may be a number, a boolean or null */
	unsigned int line;   /* of the node's start, 1-based */
	unsigned int column; /* 1-based, in characters */
	unsigned int height; /* levels of this node's subtree; 1 for a scalar */
	const char *text;    /* a scalar's text, with a NUL after it; NULL in collections */
	size_t count;        /* bytes of a scalar, items of a list, pairs of a mapping */
	size_t expanded;     /* nodes in this node's subtree, with aliases expanded */
	/* The items of a list. For a mapping, keys (even positions) and values (odd positions). */
	const struct yaml_node *const *items;
};

/* The reason why a text was refused, and the position. */
struct yaml_error {
	unsigned int line;   /* 1-based; 0: the text as a whole */
	unsigned int column; /* 1-based */
	char message[256];   /* printable */
};

/* Fills in *error with the node's position and a message formatted as by printf. Returns
 * -EBADMSG. */
int yaml_refuse(struct yaml_error *error, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Returns the value of a key. NULL: the node is NULL, is not a mapping, or does not have the
 * key. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* Returns true for a scalar that is exactly `text`, and false for any other node or NULL. */
bool yaml_is(const struct yaml_node *node, const char *text);

/* Returns true for an unquoted null in any spelling: null, Null, NULL, ~, or an empty scalar. */
bool yaml_is_null(const struct yaml_node *node);

/* Returns true for null, "", [] and {}. */
bool yaml_is_empty(const struct yaml_node *node);

#endif
