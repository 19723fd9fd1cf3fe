/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/cluster_target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

/* The kinds of objects, by the names that kubectl knows. */
enum cluster_kind {
	CLUSTER_NONE = 0,
	CLUSTER_POD,
	CLUSTER_NODE,
	CLUSTER_WORKLOAD, /* has spec.selector */
};

static const struct {
	const char *name;
	enum cluster_kind kind;
} cluster_kinds[] = {
	{"pod", CLUSTER_POD},
	{"pods", CLUSTER_POD},
	{"po", CLUSTER_POD},
	{"node", CLUSTER_NODE},
	{"nodes", CLUSTER_NODE},
	{"no", CLUSTER_NODE},
	{"deploy", CLUSTER_WORKLOAD},
	{"deployment", CLUSTER_WORKLOAD},
	{"deployments", CLUSTER_WORKLOAD},
	{"sts", CLUSTER_WORKLOAD},
	{"statefulset", CLUSTER_WORKLOAD},
	{"statefulsets", CLUSTER_WORKLOAD},
	{"ds", CLUSTER_WORKLOAD},
	{"daemonset", CLUSTER_WORKLOAD},
	{"daemonsets", CLUSTER_WORKLOAD},
	{"rs", CLUSTER_WORKLOAD},
	{"replicaset", CLUSTER_WORKLOAD},
	{"replicasets", CLUSTER_WORKLOAD},
	{"job", CLUSTER_WORKLOAD},
	{"jobs", CLUSTER_WORKLOAD},
};

/* Returns the kind in "KIND/NAME", or CLUSTER_NONE. */
static enum cluster_kind cluster_kind_of(const char *word)
{
	const char *slash = strchr(word, '/');

	if (!slash || slash[1] == '\0')
		return CLUSTER_NONE;
	/* Names are those of DNS: RFC 1123. */
	if (slash[1 + strspn(slash + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-")] != '\0')
		return CLUSTER_NONE;
	for (size_t i = 0; i < ARRAY_LENGTH(cluster_kinds); i++) {
		size_t length = strlen(cluster_kinds[i].name);
		if (length == (size_t)(slash - word) &&
		    strncmp(word, cluster_kinds[i].name, length) == 0)
			return cluster_kinds[i].kind;
	}
	return CLUSTER_NONE;
}

bool cluster_target_is_valid(const char *word)
{
	return cluster_kind_of(word) != CLUSTER_NONE;
}

static const char *cluster_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Adds a text unless the list has it. Returns 0 or -ENOMEM. */
static int cluster_add_once(struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return 0;
	}
	return string_list_add(list, text);
}

/* Appends the terms of one matchExpression. */
static void cluster_add_expression(const json_t *expression, struct buffer *filter)
{
	const char *key = cluster_text(expression, "key");
	const char *operator_name = cluster_text(expression, "operator");
	const json_t *values = json_object_get(expression, "values");
	bool negated = operator_name && strncmp(operator_name, "Not", 3) == 0;
	const json_t *value;
	size_t i;

	if (!key || !operator_name)
		return;
	if (strcmp(operator_name, "Exists") == 0)
		buffer_printf(filter, " label:%s", key);
	else if (strcmp(operator_name, "DoesNotExist") == 0)
		buffer_printf(filter, " !label:%s", key);
	else
		buffer_append_text(filter, negated ? " !(" : " (");
	json_array_foreach(values, i, value)
	{
		buffer_printf(filter, "%slabel:%s=%s", i > 0 ? " or " : "", key,
			      json_string_value(value));
	}
	if (json_array_size(values) > 0)
		buffer_append_char(filter, ')');
}

int cluster_target_add_selector(const json_t *selector, struct buffer *filter)
{
	json_t *labels = json_object_get(selector, "matchLabels");
	const json_t *expressions = json_object_get(selector, "matchExpressions");
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(labels, key, value)
	{
		buffer_printf(filter, " label:%s=%s", key, json_string_value(value));
	}
	json_array_foreach(expressions, i, value)
	{
		cluster_add_expression(value, filter);
	}
	return filter->error;
}

/* Writes a selector as kubectl -l reads it. */
static int cluster_print_selector(const json_t *selector, struct buffer *out)
{
	json_t *labels = json_object_get(selector, "matchLabels");
	const json_t *expressions = json_object_get(selector, "matchExpressions");
	const char *key;
	json_t *value;
	size_t i;
	size_t k;

	json_object_foreach(labels, key, value)
	{
		buffer_printf(out, "%s%s=%s", out->length > 0 ? "," : "", key,
			      json_string_value(value));
	}
	json_array_foreach(expressions, i, value)
	{
		const char *name = cluster_text(value, "key");
		const char *operator_name = cluster_text(value, "operator");
		const json_t *values = json_object_get(value, "values");
		const json_t *item;
		if (!name || !operator_name)
			continue;
		bool negated = strcmp(operator_name, "DoesNotExist") == 0;
		buffer_printf(out, "%s%s%s", out->length > 0 ? "," : "", negated ? "!" : "", name);
		if (json_array_size(values) == 0)
			continue;
		buffer_append_text(out, operator_name[0] == 'N' ? " notin (" : " in (");
		json_array_foreach(values, k, item)
		{
			buffer_printf(out, "%s%s", k > 0 ? "," : "", json_string_value(item));
		}
		buffer_append_char(out, ')');
	}
	return out->error;
}

/* Asks for an object, or with a selector for the pods that it selects. */
static int cluster_get(const struct cluster_query *query, const char *what, const char *name_space,
		       const char *selector, json_t **document, struct kubectl_error *error)
{
	const char *arguments[] = {"get", what, "-o", "json", NULL, NULL, NULL, NULL, NULL};
	const struct kubectl_call call = {.arguments = arguments, .stop_fd = query->stop_fd};
	size_t at = 4;

	if (name_space) {
		arguments[at++] = "--namespace";
		arguments[at++] = name_space;
	}
	if (selector) {
		arguments[at++] = "--selector";
		arguments[at++] = selector;
	}
	return kubectl_read(query->kubectl, &call, document, error);
}

/* Adds the node of a pod. Returns 1 if it has none yet. */
static int cluster_add_node_of(const json_t *pod, struct string_list *nodes)
{
	const char *node = cluster_text(json_object_get(pod, "spec"), "nodeName");

	return node ? cluster_add_once(nodes, node) : 1;
}

static int cluster_find_pod(const struct cluster_query *query, const char *word,
			    struct string_list *nodes, struct buffer *filter, bool *everywhere,
			    struct kubectl_error *error)
{
	const char *name = strchr(word, '/') + 1;
	const char *space = query->namespace_name;
	json_t *pod = NULL;
	int result = cluster_get(query, word, space, NULL, &pod, error);

	if (result == -EIO && error->failure == KUBECTL_NOT_FOUND)
		*everywhere = true;
	else if (result)
		return result;
	result = pod ? cluster_add_node_of(pod, nodes) : 0;
	if (result == 1)
		*everywhere = true;
	if (pod)
		space = cluster_text(json_object_get(pod, "metadata"), "namespace");
	/* Only kubectl knows the namespace of the context, and only the pod would show it. */
	if (space)
		buffer_printf(filter, "(ns=%s pod=%s)", space, name);
	else
		buffer_printf(filter, "(pod=%s)", name);
	json_decref(pod);
	return result < 0 ? result : filter->error;
}

static int cluster_find_pods(const struct cluster_query *query, const json_t *workload,
			     struct string_list *nodes, struct buffer *filter, bool *everywhere,
			     struct kubectl_error *error)
{
	const char *space = cluster_text(json_object_get(workload, "metadata"), "namespace");
	const json_t *selector = json_object_get(json_object_get(workload, "spec"), "selector");
	CLEANUP_BUFFER struct buffer labels = {0};
	json_t *pods = NULL;
	const json_t *pod;
	size_t i;
	int result = cluster_print_selector(selector, &labels);

	if (!result && (!space || labels.length == 0)) {
		snprintf(error->message, sizeof(error->message),
			 "the object has no label selector, so its pods cannot be found");
		return -EIO;
	}
	buffer_printf(filter, "(ns=%s", space);
	if (!result)
		result = cluster_target_add_selector(selector, filter);
	buffer_append_char(filter, ')');
	if (!result)
		result = cluster_get(query, "pods", space, labels.data, &pods, error);
	if (result)
		return result;
	json_array_foreach(json_object_get(pods, "items"), i, pod)
	{
		result = cluster_add_node_of(pod, nodes);
		if (result < 0)
			break;
	}
	if (json_array_size(json_object_get(pods, "items")) == 0)
		*everywhere = true;
	json_decref(pods);
	return result < 0 ? result : filter->error;
}

int cluster_target_find(const struct cluster_query *query, const char *word,
			struct string_list *nodes, struct buffer *filter, bool *everywhere,
			struct kubectl_error *error)
{
	enum cluster_kind kind = cluster_kind_of(word);
	json_t *object = NULL;

	if (kind == CLUSTER_NODE)
		return cluster_add_once(nodes, strchr(word, '/') + 1);
	if (kind == CLUSTER_POD)
		return cluster_find_pod(query, word, nodes, filter, everywhere, error);
	int result = cluster_get(query, word, query->namespace_name, NULL, &object, error);
	if (!result)
		result = cluster_find_pods(query, object, nodes, filter, everywhere, error);
	json_decref(object);
	return result;
}
