/* SPDX-License-Identifier: Apache-2.0 */
/* The types of the source of a cluster (cluster.h). */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_OPTIONS_H
#define POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/cluster/agent_objects.h"
#include "core/source/cluster/kubectl.h"

/* The caller keeps all texts until the source is freed. */
struct cluster_options {
	struct kubectl kubectl;
	struct agent_options agents;
	const char *namespace_name; /* of the targets; NULL: that of the context */
	const char *const *targets; /* cluster_target.h */
	size_t target_count;        /* 0: all nodes */
	const char *const *command; /* further arguments of the agents' `polecat trace`; NULL ends
				      * the array */
	bool all_flows;             /* do not send the filter of the targets */
};

/* The stream of a node. */
struct cluster_stream {
	char *node; /* the caller frees it */
	int fd;     /* the caller closes it */
};

#endif
