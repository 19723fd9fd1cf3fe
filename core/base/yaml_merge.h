/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces merge keys (`<<: *base`) in YAML 1.1 mappings. */
#ifndef POLECAT_CORE_BASE_YAML_MERGE_H
#define POLECAT_CORE_BASE_YAML_MERGE_H

#include "core/base/arena.h"
#include "core/base/yaml_node.h"

/*
 * Replaces merge keys with the pairs of the mappings that they name. The precedence is that of
 * kubectl. Of two equal keys, the later one has precedence if at least one of the two comes from a
 * merge key. In a list of mappings, the first mapping has precedence. If the mapping itself has a
 * key twice, both pairs stay, so that yaml_decode_mapping refuses the key.
 *
 * *items has *count pairs: on entry those of the mapping, on return the merged pairs. *budget is
 * the number of pairs that merge keys may still add; the function reduces it. Returns 0, -EBADMSG
 * or -ENOMEM.
 */
int yaml_merge(struct arena *arena, const struct yaml_node *const **items, size_t *count,
	       size_t *budget, struct yaml_error *error);

#endif
