/* SPDX-License-Identifier: Apache-2.0 */
/* Identifies the edge of a record. Pure. */
#ifndef POLECAT_CORE_STATE_EDGE_IDENTITY_H
#define POLECAT_CORE_STATE_EDGE_IDENTITY_H

#include <stdint.h>

#include "core/record/record.h"

/* Returns a number that identifies the edge of a record on its node: two records have the same one
 * if they differ only in their times and counts, in the name of the node, and in pid, uid and
 * owner. `node` is a number for the node. */
uint64_t edge_identity(const struct edge_record *edge, uint64_t node);

#endif
