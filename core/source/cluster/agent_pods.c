/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/agent_pods.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/source/cluster/agent_objects.h"

/* The reasons for which a container waits, or for which a pod ended (kubelet: images/types.go,
 * kuberuntime, lifecycle/predicate.go, eviction), and the remedy. Others are shown as they are. */
static const struct {
	const char *reason;
	const char *remedy; /* NULL: no problem, the pod is on its way */
} agent_reasons[] = {
	{"ContainerCreating", NULL},
	{"PodInitializing", NULL},
	{"ErrImagePull", "the node cannot pull the image: name another one with --image"},
	{"ImagePullBackOff", "the node cannot pull the image: name another one with --image"},
	{"ErrImageNeverPull", "the node does not have the image: load it there, or "
			      "--image-pull-policy IfNotPresent"},
	{"InvalidImageName", "--image is not the name of an image"},
	{"CreateContainerError", "the container runtime refuses the container"},
	{"RunContainerError", "the container cannot start: does the image have polecat?"},
	{"CrashLoopBackOff", "the container ends at once: does the image have polecat?"},
	{"OutOfcpu", "the node has no room left: lower --agent-limits"},
	{"OutOfmemory", "the node has no room left: lower --agent-limits"},
	{"OutOfpods", "the node runs as many pods as it may"},
	{"Evicted", "the node is short of memory or disk"},
	{"NodeShutdown", "the node shuts down"},
	{"Terminated", "the node shuts down"},
	{"DeadlineExceeded", "--agent-deadline has passed"},
	{"TaintToleration", "a taint of the node refuses the pod"},
};

static const char *agent_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Describes a reason, unless it is no problem. */
static void agent_pod_explain(struct agent_pod *pod, const char *reason, const char *message)
{
	const char *remedy = "";

	for (size_t i = 0; i < ARRAY_LENGTH(agent_reasons); i++) {
		if (strcmp(agent_reasons[i].reason, reason) != 0)
			continue;
		if (!agent_reasons[i].remedy)
			return;
		remedy = agent_reasons[i].remedy;
	}
	snprintf(pod->problem, sizeof(pod->problem), "%s%s%.200s%s%s%s", reason,
		 message ? ": " : "", message ? message : "", remedy[0] ? " (" : "", remedy,
		 remedy[0] ? ")" : "");
}

/* Returns the status of the agent's container, or NULL. */
static const json_t *agent_container_status(const json_t *status)
{
	const json_t *statuses = json_object_get(status, "containerStatuses");
	const json_t *one;
	size_t i;

	json_array_foreach(statuses, i, one)
	{
		const char *name = agent_text(one, "name");
		if (name && strcmp(name, AGENT_CONTAINER) == 0)
			return json_object_get(one, "state");
	}
	return NULL;
}

/* Describes a pod that the scheduler or a quota holds. */
static void agent_pod_read_conditions(struct agent_pod *pod, const json_t *status)
{
	const json_t *condition;
	size_t i;

	json_array_foreach(json_object_get(status, "conditions"), i, condition)
	{
		const char *state = agent_text(condition, "status");
		const char *type = agent_text(condition, "type");
		const char *reason = agent_text(condition, "reason");
		if (state && type && reason && strcmp(state, "False") == 0 &&
		    strcmp(type, "PodScheduled") == 0)
			agent_pod_explain(pod, reason, agent_text(condition, "message"));
	}
}

bool agent_pod_read(const json_t *object, struct agent_pod *pod)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const json_t *status = json_object_get(object, "status");
	const char *phase = agent_text(status, "phase");
	const char *reason = agent_text(status, "reason");
	const json_t *state = agent_container_status(status);
	const json_t *waiting = json_object_get(state, "waiting");
	const json_t *terminated = json_object_get(state, "terminated");

	*pod = (struct agent_pod){
		.name = agent_text(metadata, "name"),
		.namespace_name = agent_text(metadata, "namespace"),
		.node = agent_text(json_object_get(object, "spec"), "nodeName"),
	};
	if (!pod->name)
		return false;
	if (json_object_get(metadata, "deletionTimestamp") ||
	    (phase && (strcmp(phase, "Failed") == 0 || strcmp(phase, "Succeeded") == 0))) {
		pod->state = AGENT_POD_OVER;
		if (!reason)
			reason = agent_text(terminated, "reason");
		if (reason && strcmp(reason, "Completed") != 0)
			agent_pod_explain(pod, reason, agent_text(status, "message"));
	} else if (json_object_get(state, "running")) {
		pod->state = AGENT_POD_READY;
	} else if (agent_text(waiting, "reason")) {
		agent_pod_explain(pod, agent_text(waiting, "reason"),
				  agent_text(waiting, "message"));
	} else {
		agent_pod_read_conditions(pod, status);
	}
	return true;
}
