/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the text of a filter into a tree. Only the files of this folder use this header. */
#ifndef POLECAT_CORE_FILTER_FILTER_PARSE_H
#define POLECAT_CORE_FILTER_FILTER_PARSE_H

#include "core/filter/filter_error.h"
#include "core/filter/filter_names.h"
#include "core/filter/filter_node.h"

/* Parses a text and adds its expression to `node`, which must be FILTER_NODE_ALL. An empty text
 * adds nothing. `names` may be NULL. Returns 0, -ENOMEM, or -EINVAL with *error filled in (NULL:
 * ignored). On failure the node is unchanged. */
int filter_parse_text(struct filter_node *node, const char *text, const struct filter_names *names,
		      struct filter_error *error);

#endif
