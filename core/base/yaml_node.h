/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of YAML documents (yaml.h), and look-ups in them. Look-ups by key suit files that may contain
 * anything else. yaml_decode.h reads a tree strictly. Pure. */
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
	bool plain;          /* a scalar that may be no text: without quotes, or with a tag */
	unsigned int line;   /* of its start, 1-based */
	unsigned int column; /* 1-based, in characters */
	unsigned int height; /* levels from here down; 1: a scalar or an empty collection */
	const char *text;    /* a scalar's, with a NUL behind it; NULL in collections */
	size_t count;        /* bytes of a scalar, items of a list, pairs of a mapping */
	size_t expanded;     /* nodes from here down, aliases expanded */
	/* A list's items; a mapping's keys (even positions) and their values (odd ones). */
	const struct yaml_node *const *items;
};

/* Why and where a text was refused. */
struct yaml_error {
	unsigned int line;   /* 1-based; 0: the text as a whole */
	unsigned int column; /* 1-based */
	char message[256];   /* printable */
};

/* Fills in the error for a node, printf-like, and returns -EBADMSG. */
int yaml_refuse(struct yaml_error *error, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The value of a key; NULL: the node is NULL or no mapping, or does not have the key. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* True for a scalar that is exactly this text and contains no NUL. NULL is not. */
bool yaml_is(const struct yaml_node *node, const char *text);

/* True for null in any of its plain spellings: null, ~, nothing. */
bool yaml_is_null(const struct yaml_node *node);

/* True for null, "", [] and {}. */
bool yaml_is_empty(const struct yaml_node *node);

#endif
