/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads YAML (and so JSON) documents as trees, which are built from libyaml's events.
 *
 * A reader returns one document after the other. A document is a tree of constant nodes. An alias
 * is the node of its anchor, so a node may have several parents. The reader refuses an alias inside
 * the node that it stands for, documents that are nested deeper than YAML_DEPTH_MAX, and documents
 * that have more than YAML_NODES_MAX nodes or grow by more than YAML_ALIASED_MAX nodes when aliases
 * are expanded. Recursion over a tree is
 * therefore safe, and reading takes time linear in the length of the text.
 *
 * The reader follows kubectl: it replaces merge keys (`<<`) with the pairs that they merge, accepts
 * several JSON objects in a row without `---`, reads a scalar by its tag (such as !!int), and
 * refuses %YAML and %TAG.
 *
 * A faulty text causes -EBADMSG, and fills in a struct yaml_error. -ENOMEM leaves the struct as it
 * is. Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_YAML_H
#define POLECAT_CORE_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/yaml_node.h"

/* Objects of the Kubernetes API have about 20 levels, the schemas of custom resources about 100. */
#define YAML_DEPTH_MAX   256
#define YAML_ALIASED_MAX 1000000

/* The largest number of values and keys in a document. Two bytes can be a value, which takes some
 * 80 bytes of memory. The largest objects of the API have 1.5 MiB. */
#define YAML_NODES_MAX 4000000

struct yaml_reader;

/* Creates a reader. `text` (`length` bytes) must stay valid until yaml_reader_free. Returns 0 or
 * -ENOMEM. */
int yaml_reader_new(const char *text, size_t length, struct yaml_reader **out);
void yaml_reader_free(struct yaml_reader *reader);

/* Overwrites the nodes of the last document, for texts with secrets. They are not valid
 * afterwards. */
void yaml_reader_wipe(struct yaml_reader *reader);

/* Reads the next document. *root is valid until the next call, and NULL at the end of the text.
 * Returns 0, -EBADMSG or -ENOMEM. After an error *root is NULL, and the caller may only call
 * yaml_reader_skip or yaml_reader_free. */
int yaml_reader_next(struct yaml_reader *reader, const struct yaml_node **root,
		     struct yaml_error *error);

/* Skips a document with an error: moves to the end of a JSON object, or to the next line of YAML
 * that begins with `---`. Returns false at the end of the text. */
bool yaml_reader_skip(struct yaml_reader *reader);

#endif
