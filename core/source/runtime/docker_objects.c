/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/docker_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int copy_text(const char *text, char **out)
{
	if (!text || text[0] == '\0')
		return 0;
	free(*out);
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

/* A container's id is 64 hexadecimal digits everywhere; anything else is no container. */
static bool is_id(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Attributes of an event that are no labels: moby daemon/events.go and what the actions add. */
static bool is_event_attribute(const char *key)
{
	static const char *const known[] = {
		"name",   "image",   "exitCode",     "signal", "execID",           "oldName",
		"resize", "comment", "execDuration", "podId",  "containerExitCode"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i], key) == 0)
			return true;
	}
	return false;
}

static int add_labels(const json_t *labels, bool of_event, struct container_record *container)
{
	const char *key;
	json_t *value;
	int error = 0;

	if (!json_is_object(labels))
		return 0;
	/* jansson's iteration takes a pointer that is not const, and changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)labels, key, value)
	{
		if (error || !json_is_string(value) || (of_event && is_event_attribute(key)))
			continue;
		error = labels_set(&container->labels, key, json_string_value(value));
	}
	return error;
}

/* The kubelet's own labels (k8s.io/kubelet pkg/types labels.go). */
static int add_pod(struct container_record *container)
{
	const struct labels *labels = &container->labels;
	int error = copy_text(labels_get(labels, "io.kubernetes.pod.namespace"),
			      &container->namespace_name);

	if (!error)
		error = copy_text(labels_get(labels, "io.kubernetes.pod.name"), &container->pod);
	if (!error)
		error = copy_text(labels_get(labels, "io.kubernetes.pod.uid"), &container->pod_uid);
	if (!error)
		error = copy_text(labels_get(labels, "io.kubernetes.container.name"),
				  &container->name);
	return error;
}

static int make(const char *id, const char *name, const json_t *labels, bool of_event,
		const char *runtime, struct container_record **out)
{
	struct container_record *container = calloc(1, sizeof(*container));

	if (!container)
		return -ENOMEM;
	int error = copy_text(id, &container->id);
	if (!error)
		error = copy_text(name && name[0] == '/' ? name + 1 : name, &container->name);
	if (!error)
		error = copy_text(runtime, &container->runtime);
	if (!error)
		error = add_labels(labels, of_event, container);
	if (!error)
		error = add_pod(container);
	if (error) {
		container_record_free(container);
		return error;
	}
	*out = container;
	return 0;
}

/* A container's own name: others are those that links give it, "/of/another". */
static const char *own_name(const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		if (name && name[0] != '\0' && !strchr(name + 1, '/'))
			return name;
	}
	return NULL;
}

int docker_listed_container(const json_t *item, const char *runtime, struct container_record **out)
{
	const char *id = json_string_value(json_object_get(item, "Id"));
	const json_t *names = json_object_get(item, "Names");

	if (!is_id(id))
		return -EINVAL;
	return make(id, own_name(names), json_object_get(item, "Labels"), false, runtime, out);
}

int docker_event_container(const json_t *event, const char *runtime, struct container_record **out)
{
	static const char *const telling[] = {"create", "start", "rename"};
	const char *type = json_string_value(json_object_get(event, "Type"));
	const char *action = json_string_value(json_object_get(event, "Action"));
	const json_t *actor = json_object_get(event, "Actor");
	const char *id = json_string_value(json_object_get(actor, "ID"));
	const json_t *attributes = json_object_get(actor, "Attributes");
	bool tells = false;

	if (!type || !action || !json_is_object(actor))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		tells = tells || strcmp(action, telling[i]) == 0;
	if (!tells || strcmp(type, "container") != 0)
		return -ENOENT;
	if (!is_id(id))
		return -EINVAL;
	return make(id, json_string_value(json_object_get(attributes, "name")), attributes, true,
		    runtime, out);
}
