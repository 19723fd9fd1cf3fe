/* SPDX-License-Identifier: Apache-2.0 */
/* The pods of a cluster's agents: finds those that exist, and makes those that are missing. Only
 * cluster.c uses it, in the thread of its source. */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_AGENTS_H
#define POLECAT_CORE_SOURCE_CLUSTER_CLUSTER_AGENTS_H

#include <poll.h>
#include <pthread.h>

#include "core/source/cluster/cluster_options.h"
#include "core/source/cluster/node_stream.h"
#include "core/source/cluster/reaper.h"
#include "core/source/identity_source.h"
#include "core/source/source.h"

#define CLUSTER_PROBLEM_SIZE 640

struct cluster_node {
	char *name;
	char *pod;            /* NULL: none yet */
	char *namespace_name; /* of the pod */
	bool one_shot;        /* this session made the pod; false: `polecat deploy` */
	bool listed;          /* the last look at the nodes found it */
	bool ready;           /* the pod runs */
	bool seen;            /* the last list of pods had the pod */
	bool refused;         /* trying again does not help */
	uint64_t make_ms;     /* the earliest time to make another pod */
	unsigned int wait_ms; /* of the back-off */
	struct node_stream stream;
	char problem[CLUSTER_PROBLEM_SIZE]; /* why the node is not watched; "": it is, or its pod
					     * is on its way */
};

/* A node that was watched, and that the last look at the nodes did not find. */
struct cluster_away {
	char *name;
	uint64_t lost_ns; /* Unix time: it is not watched since then */
};

struct cluster {
	struct cluster_options options;
	struct source *source;
	char run[16]; /* the value of AGENT_LABEL_RUN */
	bool found;   /* the nodes were found once */
	char *filter; /* NULL: none */
	struct cluster_node *nodes;
	size_t node_count;
	size_t node_capacity;
	struct cluster_away *away;
	size_t away_count;
	size_t away_capacity;
	size_t made;                        /* pods so far, for their names */
	struct child *reaper;               /* NULL: no pods were made */
	uint64_t find_ms;                   /* CLOCK_MONOTONIC: the next look at the nodes */
	uint64_t look_ms;                   /* the next look at the pods */
	unsigned int looks;                 /* at the pods, since one was made or a stream ended */
	char problem[KUBECTL_MESSAGE_SIZE]; /* of the last look */
	struct pollfd *polled;
	size_t polled_capacity;

	pthread_mutex_t lock; /* of the members below */
	struct cluster_stream *given;
	size_t given_count;
	size_t given_capacity;
};

/* Returns the node of this name, or NULL. */
struct cluster_node *cluster_agents_node(struct cluster *cluster, const char *name);

/* Finds the agents of `polecat deploy`, and removes pods of ended sessions. Returns 0; -ECANCELED;
 * -ENOMEM; or -EIO with *error. */
int cluster_agents_begin(struct cluster *cluster, struct kubectl_error *error);

/* Makes a pod on each node that has none. Returns as above. A pod that is refused is a problem of
 * its node; if all pods are refused, returns -EIO. */
int cluster_agents_make(struct cluster *cluster, struct kubectl_error *error);

/* Reads the state of the pods. Returns as above. */
int cluster_agents_look(struct cluster *cluster, struct kubectl_error *error);

#endif
