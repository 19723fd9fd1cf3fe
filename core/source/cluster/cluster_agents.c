/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/cluster_agents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/source/cluster/agent_pods.h"

/* The most pods of one `kubectl create`, which a stop does not interrupt, and its limit. */
#define MAKE_MAX     20
#define MAKE_SECONDS 30

/* The most arguments of the calls here. */
#define ARGUMENTS_MAX 16

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

/* --- agents that `polecat deploy` has made --- */

static int cluster_read_agents(struct cluster *cluster, struct kubectl_error *error)
{
	const char *arguments[] = {
		"get",        "pods",         "-o",          "json",
		"--selector", AGENT_SELECTOR, "--namespace", cluster_agent_namespace(cluster),
		NULL};
	const struct kubectl_call call = {.arguments = arguments,
					  .stop_fd = source_stop_fd(cluster->source)};
	json_t *list = NULL;
	const json_t *item;
	size_t i;
	int result = kubectl_read(&cluster->options.kubectl, &call, &list, error);

	for (size_t k = 0; !result && k < cluster->node_count; k++) {
		struct cluster_node *node = &cluster->nodes[k];
		struct agent_pod pod;
		bool found = false;
		if (node->pod && node->one_shot)
			continue;
		json_array_foreach(json_object_get(list, "items"), i, item)
		{
			if (found || !agent_pod_read(item, &pod) || !pod.node ||
			    strcmp(pod.node, node->name) != 0 || pod.state == AGENT_POD_OVER)
				continue;
			found = true;
			result = cluster_update_node(node, &pod);
		}
		if (found)
			node->one_shot = false;
		else if (node->pod)
			cluster_forget_pod(node);
	}
	json_decref(list);
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

/* Updates a node from the list of the session's pods. */
static int cluster_read_pod_of(struct cluster_node *node, const json_t *list)
{
	const json_t *item;
	struct agent_pod pod;
	size_t i;

	json_array_foreach(json_object_get(list, "items"), i, item)
	{
		if (!agent_pod_read(item, &pod) || strcmp(pod.name, node->pod) != 0)
			continue;
		int result = cluster_update_node(node, &pod);
		if (pod.state == AGENT_POD_OVER)
			cluster_forget_pod(node);
		return result;
	}
	cluster_forget_pod(node);
	return 0;
}

static int cluster_read_pods(struct cluster *cluster, struct kubectl_error *error)
{
	char selector[64];
	const char *arguments[ARGUMENTS_MAX] = {"get",  "pods",       "-o",
						"json", "--selector", selector};
	const struct kubectl_call call = {.arguments = arguments,
					  .stop_fd = source_stop_fd(cluster->source)};
	json_t *list = NULL;

	snprintf(selector, sizeof(selector), "%s=%s", AGENT_LABEL_RUN, cluster->run);
	cluster_add_namespace(arguments, cluster->options.agents.namespace_name);
	int result = kubectl_read(&cluster->options.kubectl, &call, &list, error);
	for (size_t i = 0; !result && i < cluster->node_count; i++) {
		if (cluster->nodes[i].pod && cluster->nodes[i].one_shot)
			result = cluster_read_pod_of(&cluster->nodes[i], list);
	}
	json_decref(list);
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
