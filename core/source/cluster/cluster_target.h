/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a cluster that a command line names, such as deploy/web: the nodes that they run
 * on, and the flows that are theirs.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_TARGET_H
#define POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_TARGET_H

#include <stdbool.h>

#include "core/base/buffer.h"
#include "core/record/record.h"
#include "core/source/cluster/kubectl.h"

#define CLUSTER_TARGET_EXPECTED \
	"pod/NAME, deploy/NAME, sts/NAME, ds/NAME, rs/NAME, job/NAME or node/NAME"

/* Returns whether the word has this form. Pure. */
bool cluster_target_is_valid(const char *word);

/* The objects to look up. */
struct cluster_query {
	const struct kubectl *kubectl;
	const char *namespace_name; /* NULL: that of the context */
	int stop_fd;
};

/*
 * Asks for an object, and for its pods. Adds the names of the nodes to *nodes, each once. Appends
 * the filter (README, "Expressions") that its flows pass to *filter, in parentheses: "(ns=shop
 * label:app=web)". A node has an empty filter. A pod that does not exist yet is no error: it may
 * come on any node, and *everywhere becomes true. The same holds for a pod without a node, and for
 * a workload without pods. Returns 0; -ECANCELED; -ENOMEM; or -EIO with *error.
 */
int cluster_target_find(const struct cluster_query *query, const char *word,
			struct string_list *nodes, struct buffer *filter, bool *everywhere,
			struct kubectl_error *error);

/* Appends the filter of a label selector of Kubernetes, with a space before each term. Returns 0 or
 * -ENOMEM. Pure. */
int cluster_target_add_selector(const json_t *selector, struct buffer *filter);

#endif
