/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/docker_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

/* Docker and Podman use ids of 64 hexadecimal digits. */
static bool docker_is_id(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Attributes of an event that are not labels (moby daemon/events.go, and those that actions add). */
static bool docker_is_event_attribute(const char *key)
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

static int docker_add_labels(const json_t *labels, bool of_event,
			     struct container_record *container)
{
	const char *key;
	json_t *value;
	int error = 0;

	if (!json_is_object(labels))
		return 0;
	/* jansson's iteration does not change the object, though its pointer is not const. */
	json_object_foreach((json_t *)(uintptr_t)labels, key, value)
	{
		if (error || !json_is_string(value) || (of_event && docker_is_event_attribute(key)))
			continue;
		error = labels_set(&container->labels, key, json_string_value(value));
	}
	return error;
}

/* Names the pod of a container by the kubelet's labels (k8s.io/kubelet pkg/types labels.go). */
static int docker_add_pod(struct container_record *container)
{
	const struct labels *labels = &container->labels;
	int error = text_copy(labels_get(labels, "io.kubernetes.pod.namespace"),
			      &container->namespace_name);

	if (!error)
		error = text_copy(labels_get(labels, "io.kubernetes.pod.name"), &container->pod);
	if (!error)
		error = text_copy(labels_get(labels, "io.kubernetes.pod.uid"), &container->pod_uid);
	if (!error)
		error = text_copy(labels_get(labels, "io.kubernetes.container.name"),
				  &container->name);
	return error;
}

static int docker_make(const char *id, const char *name, const json_t *labels, bool of_event,
		       const char *runtime, struct container_record **out)
{
	struct container_record *container = calloc(1, sizeof(*container));

	if (!container)
		return -ENOMEM;
	int error = text_copy(id, &container->id);
	if (!error)
		error = text_copy(name && name[0] == '/' ? name + 1 : name, &container->name);
	if (!error)
		error = text_copy(runtime, &container->runtime);
	if (!error)
		error = docker_add_labels(labels, of_event, container);
	if (!error)
		error = docker_add_pod(container);
	if (error) {
		container_record_free(container);
		return error;
	}
	*out = container;
	return 0;
}

/* Returns the container's own name: "/of/another" is a name that a link gives it. */
static const char *docker_own_name(const json_t *names)
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

	if (!docker_is_id(id))
		return -EINVAL;
	return docker_make(id, docker_own_name(names), json_object_get(item, "Labels"), false,
			   runtime, out);
}

int docker_event_container(const json_t *event, const char *runtime, struct container_record **out)
{
	static const char *const naming[] = {"create", "start", "rename"};
	const char *type = json_string_value(json_object_get(event, "Type"));
	const char *action = json_string_value(json_object_get(event, "Action"));
	const json_t *actor = json_object_get(event, "Actor");
	const char *id = json_string_value(json_object_get(actor, "ID"));
	const json_t *attributes = json_object_get(actor, "Attributes");
	bool is_naming = false;

	if (!type || !action || !json_is_object(actor))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(naming) / sizeof(naming[0]); i++)
		is_naming = is_naming || strcmp(action, naming[i]) == 0;
	if (!is_naming || strcmp(type, "container") != 0)
		return -ENOENT;
	if (!docker_is_id(id))
		return -EINVAL;
	return docker_make(id, json_string_value(json_object_get(attributes, "name")), attributes,
			   true, runtime, out);
}
