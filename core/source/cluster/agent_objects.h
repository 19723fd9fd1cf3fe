/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes objects of agents: the pod of a one-shot agent, and those of `polecat deploy`. One
 * function makes the pod of both. deploy/ has the objects of the default options as files, and
 * tests/system/deploy compares them. Pure.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_AGENT_OBJECTS_H
#define POLECAT_CORE_SOURCE_CLUSTER_AGENT_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The namespace of `polecat deploy`, if none is given. */
#define AGENT_NAMESPACE "polecat"

/* The container of an agent, in each pod. */
#define AGENT_CONTAINER "polecat"

/* The labels by which agents are found (kubectl -l). */
#define AGENT_LABEL_NAME      "app.kubernetes.io/name"
#define AGENT_LABEL_COMPONENT "app.kubernetes.io/component"
#define AGENT_LABEL_RUN       "app.kubernetes.io/instance"
#define AGENT_SELECTOR        AGENT_LABEL_NAME "=polecat," AGENT_LABEL_COMPONENT "=agent"
#define AGENT_ONE_SHOT        AGENT_LABEL_NAME "=polecat," AGENT_LABEL_COMPONENT "=one-shot"

/* The folder in which an agent sees the files of its node. */
#define AGENT_HOST_ROOT "/host"

/* The choices of the user. Zero-initialise: the defaults. */
struct agent_options {
	const char *image;          /* NULL: POLECAT_IMAGE */
	const char *pull_policy;    /* NULL: IfNotPresent */
	const char *namespace_name; /* NULL: see the functions */
	const char *labels;         /* "key=value,…": further labels; NULL: none */
	const char *limits;         /* "cpu=…,memory=…"; NULL: memory only */
	const char *recorder;       /* a folder of the node, for recordings; NULL: none */
	uint64_t deadline_ns;       /* of a one-shot pod; 0: 12 hours */
	bool privileged;
};

/* Returns NULL, or why `labels` or `limits` cannot be used. */
const char *agent_options_refuse(const struct agent_options *options);

/* A one-shot pod. */
struct agent_place {
	const char *pod;
	const char *node;
};

/* Makes a List with a pod for each place. `run` is the value of AGENT_LABEL_RUN. Without a
 * namespace in the options, the pods have none: kubectl uses the current one. Returns NULL if out
 * of memory. The caller frees it with json_decref. */
json_t *agent_objects_pods(const struct agent_options *options, const char *run,
			   const struct agent_place *places, size_t count);

/* Makes an array with the objects of `polecat deploy`, in the order in which to create them. A
 * namespace other than AGENT_NAMESPACE is not among them: it belongs to somebody else, and exists.
 * Returns NULL if out of memory. */
json_t *agent_objects_deploy(const struct agent_options *options);

#endif
