/* SPDX-License-Identifier: Apache-2.0 */
/* Merge keys (`<<: *base`) of YAML 1.1 mappings. */
#ifndef POLECAT_CORE_BASE_YAML_MERGE_H
#define POLECAT_CORE_BASE_YAML_MERGE_H

#include "core/base/arena.h"
#include "core/base/yaml_node.h"

/*
 * Puts the pairs of merged mappings in place of the merge keys. As in kubectl, a later key or merge
 * replaces the value of an earlier one, and in a list of mappings the first one wins. A key that is
 * written twice stays twice.
 *
 * items, *count pairs: those of the mapping, and then the merged ones. *budget bounds the pairs that may
 * be merged and is reduced by them. Returns 0, -EBADMSG or -ENOMEM.
 */
int yaml_merge(struct arena *arena, const struct yaml_node *const **items, size_t *count,
	       size_t *budget, struct yaml_error *error);

#endif
