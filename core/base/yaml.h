/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML (and so JSON) documents as trees, over libyaml's events.
 *
 * A reader hands out one document after the other. A document is a tree of constant nodes; an alias
 * is the node of its anchor, so a node may have several parents but never contains itself. The
 * reader refuses documents that are nested deeper than YAML_DEPTH_MAX, and documents that grow by
 * more than YAML_ALIASED_MAX nodes when aliases are expanded. Recursion over a tree is therefore
 * safe, and reading takes time linear in the length of the text.
 *
 * Look-ups by key suit files that may contain anything else. yaml_decode.h reads a tree strictly.
 *
 * Errors that a text causes are -EBADMSG with a struct yaml_error filled in; -ENOMEM leaves it as
 * it is. One thread.
 */
#ifndef POLECAT_CORE_BASE_YAML_H
#define POLECAT_CORE_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

/* Objects of the Kubernetes API nest to about 20, the schemas of custom resources to about 100. */
#define YAML_DEPTH_MAX   256
#define YAML_ALIASED_MAX 1000000

enum yaml_kind {
	YAML_SCALAR = 1,
	YAML_LIST,
	YAML_MAPPING,
};

struct yaml_node {
	enum yaml_kind kind;
	bool plain;          /* a scalar without quotes */
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

struct yaml_reader;

/* `text` (`length` bytes) must stay until yaml_reader_free. Returns 0 or -ENOMEM. */
int yaml_reader_new(const char *text, size_t length, struct yaml_reader **out);
void yaml_reader_free(struct yaml_reader *reader);

/* Reads the next document. *root is valid until the next call; NULL: the end of the text. Returns
 * 0, -EBADMSG or -ENOMEM; do not call again after an error. */
int yaml_reader_next(struct yaml_reader *reader, const struct yaml_node **root,
		     struct yaml_error *error);

/* Fills in the error for a node, printf-like, and returns -EBADMSG. */
int yaml_refuse(struct yaml_error *error, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The value of a key; NULL: the node is NULL or no mapping, or does not have the key. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* Returns true for a scalar that is exactly this text and contains no NUL; false for NULL. */
bool yaml_is(const struct yaml_node *node, const char *text);

/* Returns true for null in any of its plain spellings: null, ~, nothing. */
bool yaml_is_null(const struct yaml_node *node);

/* Returns true for null, "", [] and {}. */
bool yaml_is_empty(const struct yaml_node *node);

#endif
