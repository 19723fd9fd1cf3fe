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
 * Merge keys (`<<`) are replaced by the pairs that they merge. Several JSON objects may follow each other without
 * `---`. Tags such as !!int decide how a scalar is read; %YAML and %TAG are refused: all as kubectl
 * does.
 *
 * Errors that a text causes are -EBADMSG with a struct yaml_error filled in; -ENOMEM leaves it as
 * it is. One thread.
 */
#ifndef POLECAT_CORE_BASE_YAML_H
#define POLECAT_CORE_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/yaml_node.h"

/* Objects of the Kubernetes API nest to about 20, the schemas of custom resources to about 100. */
#define YAML_DEPTH_MAX   256
#define YAML_ALIASED_MAX 1000000

struct yaml_reader;

/* `text` (`length` bytes) must stay until yaml_reader_free. Returns 0 or -ENOMEM. */
int yaml_reader_new(const char *text, size_t length, struct yaml_reader **out);
void yaml_reader_free(struct yaml_reader *reader);

/* Reads the next document. *root is valid until the next call; NULL: the end of the text. Returns
 * 0, -EBADMSG or -ENOMEM; after an error *root is NULL, and only yaml_reader_skip makes sense. */
int yaml_reader_next(struct yaml_reader *reader, const struct yaml_node **root,
		     struct yaml_error *error);

/* Moves behind a document with an error, to the next line that begins with `---`. Returns false at
 * the end of the text. */
bool yaml_reader_skip(struct yaml_reader *reader);

#endif
