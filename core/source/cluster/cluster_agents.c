/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/cluster_agents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/source/cluster/agent_pods.h"

/* The time for a deployed agent to come back, as in a rollout, before the node gets a pod of this
 * session. */
#define AGENT_AWAY_MS 60000u

/* The most pods of one `kubectl create`, which a stop does not interrupt, and its limit. */
#define MAKE_MAX     20
#define MAKE_SECONDS 30

/* The most arguments of the calls here. */
#define ARGUMENTS_MAX 16

struct cluster_node *cluster_agents_node(struct cluster *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->node_count; i++) {
		if (strcmp(cluster->nodes[i].name, name) == 0)
			return &cluster->nodes[i];
	}
	return NULL;
}

/* Adds "--namespace NAME" unless the name is NULL. */
static void cluster_add_namespace(const char *arguments[ARGUMENTS_MAX], const char *name)
{
	size_t at = 0;

	if (!name)
		return;
	while (arguments[at])
		at++;
	arguments[at] = "--namespace";
	arguments[at + 1] = name;
}

static const char *cluster_agent_namespace(const struct cluster *cluster)
{
	const char *given = cluster->options.agents.namespace_name;

	return given ? given : AGENT_NAMESPACE;
}

/* Forgets the pod of a node, so that another one is made after a while. */
static void cluster_forget_pod(struct cluster_node *node)
{
	free(node->pod);
	node->pod = NULL;
	node->ready = false;
	node->make_ms = clock_monotonic_ms() + identity_backoff_next(&node->wait_ms);
}

/* Takes over the state of a pod. Returns 0 or -ENOMEM. */
static int cluster_update_node(struct cluster_node *node, const struct agent_pod *pod)
{
	int error = text_copy(pod->name, &node->pod);

	if (!error)
		error = text_copy(pod->namespace_name, &node->namespace_name);
	node->ready = pod->state == AGENT_POD_READY;
	if (pod->problem[0])
		snprintf(node->problem, sizeof(node->problem), "%s", pod->problem);
	if (node->ready)
		node->wait_ms = 0;
	return error;
}

/* Handles a pod of a list. Returns 0 or -ENOMEM. */
typedef int cluster_pod_handler(struct cluster *cluster, const struct agent_pod *pod);

/* Reads a list of pods with kubectl, and hands each one on. No node is `seen` before. Returns as
 * cluster_agents_look. */
static int cluster_read_list(struct cluster *cluster, const char *const *arguments,
			     cluster_pod_handler *handler, struct kubectl_error *error)
{
	const struct kubectl_call call = {.arguments = arguments,
					  .stop_fd = source_stop_fd(cluster->source)};
	json_t *list = NULL;
	const json_t *item;
	size_t i;
	int result = kubectl_read(&cluster->options.kubectl, &call, &list, error);

	for (size_t k = 0; k < cluster->node_count; k++)
		cluster->nodes[k].seen = false;
	json_array_foreach(json_object_get(list, "items"), i, item)
	{
		struct agent_pod pod;
		if (!result && agent_pod_read(item, &pod))
			result = handler(cluster, &pod);
	}
	json_decref(list);
	return result;
}

/* --- agents that `polecat deploy` has made --- */

/* Takes over an agent. Of two on one node, as during a rollout, takes the one that runs. */
static int cluster_read_agent(struct cluster *cluster, const struct agent_pod *pod)
{
	struct cluster_node *node = pod->node ? cluster_agents_node(cluster, pod->node) : NULL;

	if (!node || pod->state == AGENT_POD_OVER || (node->pod && node->one_shot) ||
	    (node->seen && pod->state != AGENT_POD_READY))
		return 0;
	node->seen = true;
	node->one_shot = false;
	return cluster_update_node(node, pod);
}

static int cluster_read_agents(struct cluster *cluster, struct kubectl_error *error)
{
	const char *arguments[] = {
		"get",        "pods",         "-o",          "json",
		"--selector", AGENT_SELECTOR, "--namespace", cluster_agent_namespace(cluster),
		NULL};
	int result = cluster_read_list(cluster, arguments, cluster_read_agent, error);

	for (size_t k = 0; !result && k < cluster->node_count; k++) {
		struct cluster_node *node = &cluster->nodes[k];
		if (!node->pod || node->one_shot || node->seen)
			continue;
		cluster_forget_pod(node);
		node->make_ms = clock_monotonic_ms() + AGENT_AWAY_MS;
		snprintf(node->problem, sizeof(node->problem),
			 "its agent is gone, and another one has not started yet");
	}
	return result;
}

/* Returns whether a failure to list the agents means that this user has no agents. */
static bool cluster_has_no_agents(const struct kubectl_error *error)
{
	return error->failure == KUBECTL_FORBIDDEN || error->failure == KUBECTL_NOT_FOUND;
}

int cluster_agents_begin(struct cluster *cluster, struct kubectl_error *error)
{
	int result = cluster_read_agents(cluster, error);

	return result == -EIO && cluster_has_no_agents(error) ? 0 : result;
}

/* --- pods of this session --- */

/* Deletes the pods of sessions that have ended without deleting them, and whose pods have ended by
 * themselves. It does not matter if this fails. */
static void cluster_delete_ended(struct cluster *cluster)
{
	const char *arguments[ARGUMENTS_MAX] = {
		"delete",           "pods",
		"--selector",       AGENT_ONE_SHOT,
		"--field-selector", "status.phase!=Running,status.phase!=Pending",
		"--wait=false",     "--ignore-not-found"};
	const struct kubectl_call call = {.arguments = arguments,
					  .stop_fd = source_stop_fd(cluster->source)};
	CLEANUP_BUFFER struct buffer output = {0};
	struct kubectl_error error;

	cluster_add_namespace(arguments, cluster->options.agents.namespace_name);
	(void)kubectl_run(&cluster->options.kubectl, &call, &output, &error);
}

static int cluster_start_reaper(struct cluster *cluster, struct kubectl_error *error)
{
	char selector[128];

	if (cluster->reaper)
		return 0;
	snprintf(selector, sizeof(selector), "%s,%s=%s", AGENT_ONE_SHOT, AGENT_LABEL_RUN,
		 cluster->run);
	int result = reaper_start(&cluster->options.kubectl, cluster->options.agents.namespace_name,
				  selector, &cluster->reaper);
	if (result) {
		snprintf(error->message, sizeof(error->message),
			 "/bin/sh, which would delete the pods at the end, cannot start: %s",
			 strerror(-result));
		return -EIO;
	}
	cluster_delete_ended(cluster);
	return 0;
}

/* Runs `kubectl create` for the pods of some nodes. */
static int cluster_create(struct cluster *cluster, const struct agent_place *places, size_t count,
			  struct kubectl_error *error)
{
	const char *arguments[ARGUMENTS_MAX] = {"create", "-f",   "-",
						"-o",     "name", "--validate=false"};
	struct kubectl_call call = {.arguments = arguments, .stop_fd = -1, .seconds = MAKE_SECONDS};
	CLEANUP_BUFFER struct buffer output = {0};
	json_t *list = agent_objects_pods(&cluster->options.agents, cluster->run, places, count);
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
	int result = -ENOMEM;

	json_decref(list);
	if (text) {
		call.input = text;
		cluster_add_namespace(arguments, cluster->options.agents.namespace_name);
		result = kubectl_run(&cluster->options.kubectl, &call, &output, error);
	}
	free(text);
	return result;
}

/* Gives the nodes whose pods were not made the reason. */
static void cluster_refuse(struct cluster *cluster, const struct kubectl_error *error)
{
	for (size_t i = 0; i < cluster->node_count; i++) {
		struct cluster_node *node = &cluster->nodes[i];
		if (node->pod)
			continue;
		snprintf(node->problem, sizeof(node->problem), "%s", error->message);
		node->refused =
			error->failure == KUBECTL_FORBIDDEN || error->failure == KUBECTL_SECURITY;
	}
}

static int cluster_read_pods(struct cluster *cluster, struct kubectl_error *error);

/* Makes the pods of up to MAKE_MAX nodes. Returns 1 if there may be more. */
static int cluster_make_some(struct cluster *cluster, struct kubectl_error *error)
{
	uint64_t now_ms = clock_monotonic_ms();
	struct agent_place places[MAKE_MAX];
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < cluster->node_count && count < MAKE_MAX; i++) {
		struct cluster_node *node = &cluster->nodes[i];
		char name[64];
		if (node->pod || node->refused || now_ms < node->make_ms)
			continue;
		snprintf(name, sizeof(name), "polecat-%s-%zu", cluster->run, ++cluster->made);
		if (text_copy(name, &node->pod))
			return -ENOMEM;
		node->one_shot = true;
		places[count++] = (struct agent_place){.pod = node->pod, .node = node->name};
	}
	if (count == 0)
		return 0;
	cluster->looks = 0;
	result = cluster_start_reaper(cluster, error);
	if (!result)
		result = cluster_create(cluster, places, count, error);
	if (result != -EIO)
		return result ? result : count == MAKE_MAX;
	/* Some of the pods may have been made. */
	struct kubectl_error unused;
	int read = cluster_read_pods(cluster, &unused);
	cluster_refuse(cluster, error);
	return read ? read : -EIO;
}

int cluster_agents_make(struct cluster *cluster, struct kubectl_error *error)
{
	int result;

	do {
		result = source_stopping(cluster->source) ? -ECANCELED
							  : cluster_make_some(cluster, error);
	} while (result == 1);
	if (result != -EIO)
		return result;
	for (size_t i = 0; i < cluster->node_count; i++) {
		if (cluster->nodes[i].pod)
			return 0;
	}
	return -EIO;
}

/* Takes over the state of a pod of this session. */
static int cluster_read_pod(struct cluster *cluster, const struct agent_pod *pod)
{
	int result = 0;

	for (size_t i = 0; i < cluster->node_count; i++) {
		struct cluster_node *node = &cluster->nodes[i];
		if (!node->pod || !node->one_shot || strcmp(node->pod, pod->name) != 0)
			continue;
		node->seen = true;
		result = cluster_update_node(node, pod);
		if (pod->state == AGENT_POD_OVER)
			cluster_forget_pod(node);
		break;
	}
	return result;
}

static int cluster_read_pods(struct cluster *cluster, struct kubectl_error *error)
{
	char selector[64];
	const char *arguments[ARGUMENTS_MAX] = {"get",  "pods",       "-o",
						"json", "--selector", selector};

	snprintf(selector, sizeof(selector), "%s=%s", AGENT_LABEL_RUN, cluster->run);
	cluster_add_namespace(arguments, cluster->options.agents.namespace_name);
	int result = cluster_read_list(cluster, arguments, cluster_read_pod, error);
	for (size_t k = 0; !result && k < cluster->node_count; k++) {
		struct cluster_node *node = &cluster->nodes[k];
		if (node->pod && node->one_shot && !node->seen)
			cluster_forget_pod(node);
	}
	return result;
}

int cluster_agents_look(struct cluster *cluster, struct kubectl_error *error)
{
	bool agents = false;
	int result = 0;

	for (size_t i = 0; i < cluster->node_count; i++)
		agents |= !cluster->nodes[i].pod || !cluster->nodes[i].one_shot;
	if (agents)
		result = cluster_agents_begin(cluster, error);
	if (!result && cluster->reaper)
		result = cluster_read_pods(cluster, error);
	return result;
}
