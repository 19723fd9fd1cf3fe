/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the nodes to watch. */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_NODES_H
#define POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_NODES_H

#include "core/base/buffer.h"
#include "core/record/record.h"
#include "core/source/cluster/cluster_target.h"

/*
 * Adds the names of the nodes of the objects (cluster_target.h) to *nodes. Without objects, or if
 * one of them may come on any node, adds all Linux nodes that are ready. Appends the filter that
 * the objects' flows pass to *filter; nothing if all flows of the nodes pass. Returns 0;
 * -ECANCELED; -ENOMEM; or -EIO with *error.
 */
int cluster_nodes_find(const struct cluster_query *query, const char *const *targets, size_t count,
		       struct string_list *nodes, struct buffer *filter,
		       struct kubectl_error *error);

/* Adds the ready nodes in the output of `kubectl get nodes --no-headers`. Returns 0 or -ENOMEM.
 * Pure. */
int cluster_nodes_read(const char *table, struct string_list *nodes);

#endif
