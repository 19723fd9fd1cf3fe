/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the state of agents' pods from `kubectl get pods -o json`. Pure. */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_AGENT_PODS_H
#define POLECAT_CORE_SOURCE_CLUSTER_AGENT_PODS_H

#include <stdbool.h>

#include <jansson.h>

#define AGENT_POD_PROBLEM_SIZE 400

enum agent_pod_state {
	AGENT_POD_WAITING = 0, /* starts; with a problem, it may never start */
	AGENT_POD_READY,       /* its container runs */
	AGENT_POD_OVER,        /* ended, or is being deleted: another pod is needed */
};

/* A pod. The texts belong to the document, except `problem`. */
struct agent_pod {
	const char *name;
	const char *namespace_name;
	const char *node; /* NULL: none yet */
	enum agent_pod_state state;
	char problem[AGENT_POD_PROBLEM_SIZE]; /* why it waits or ended, and the remedy; "": fine */
};

/* Reads one object of a list. Returns false if it is no pod. */
bool agent_pod_read(const json_t *object, struct agent_pod *pod);

#endif
