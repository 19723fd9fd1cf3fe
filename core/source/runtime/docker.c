/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/http.h"

/* An engine that needs longer to answer a request counts as gone. */
#define REQUEST_TIMEOUT_MS 10000
/* A thousand containers with all their labels take a few MiB. */
#define LIST_MAX  (64u << 20)
#define EVENT_MAX (1u << 20)

struct docker {
	struct identity_client client;
	const char *runtime; /* "docker", "podman" */
	time_t since;        /* Unix seconds from which events are followed; 0: not set yet */
	struct buffer text;  /* the answer, or the incomplete last line of the events */
};

/* --- objects --- */

static const char *docker_text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Docker and Podman use ids of 64 hexadecimal digits. */
static bool docker_is_id(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Returns true for attributes of an event that are not labels (github.com/moby/moby
 * daemon/events.go, and the attributes of some actions). */
static bool docker_is_event_attribute(const char *key)
{
	static const char *const known[] = {
		"name",   "image",   "exitCode",     "signal", "execID",           "oldName",
		"resize", "comment", "execDuration", "podId",  "containerExitCode"};

	for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
		if (strcmp(known[i], key) == 0)
			return true;
	}
	return false;
}

static int docker_add_labels(const json_t *labels, bool of_event, struct labels *out)
{
	const char *key;
	json_t *value;
	size_t capacity = 0;
	int error = 0;

	/* The cast is safe: jansson's iteration does not change the object. */
	json_object_foreach((json_t *)(uintptr_t)labels, key, value)
	{
		if (!error && json_is_string(value) &&
		    !(of_event && docker_is_event_attribute(key)))
			error = labels_add(out, &capacity, key, json_string_value(value));
	}
	labels_sort(out);
	return error;
}

static int docker_make_container(const char *id, const char *name, const json_t *labels,
				 bool of_event, const char *runtime, struct container_record **out)
{
	struct container_record *made = memory_checked(calloc(1, sizeof(*made)));

	if (!made)
		return -ENOMEM;
	/* An image may set any label, even those that the kubelet uses. Labels of the kubelet count
	 * only if the path of the cgroup names the same pod (merge_container). */
	if (docker_add_labels(labels, of_event, &made->labels) || text_copy(id, &made->id) ||
	    text_copy(runtime, &made->runtime) ||
	    text_copy(name && name[0] == '/' ? name + 1 : name, &made->name)) {
		container_record_free(made);
		return -ENOMEM;
	}
	*out = made;
	return 0;
}

/* Returns the container's own name. A name with a second slash ("/other/alias") comes from a link
 * of another container. */
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
	const char *id = docker_text_of(item, "Id");

	if (!docker_is_id(id))
		return -EINVAL;
	return docker_make_container(id, docker_own_name(json_object_get(item, "Names")),
				     json_object_get(item, "Labels"), false, runtime, out);
}

int docker_event_container(const json_t *event, const char *runtime, struct container_record **out)
{
	const char *type = docker_text_of(event, "Type");
	const char *action = docker_text_of(event, "Action");
	const json_t *actor = json_object_get(event, "Actor");
	const json_t *attributes = json_object_get(actor, "Attributes");
	const char *id = docker_text_of(actor, "ID");

	if (!type || !action || !json_is_object(actor))
		return -EINVAL;
	if (strcmp(type, "container") != 0 ||
	    (strcmp(action, "create") != 0 && strcmp(action, "start") != 0 &&
	     strcmp(action, "rename") != 0))
		return -ENOENT;
	if (!docker_is_id(id))
		return -EINVAL;
	return docker_make_container(id, docker_text_of(attributes, "name"), attributes, true,
				     runtime, out);
}

/* --- requests --- */

static const char *const docker_sockets[] = {
	"/run/docker.sock",
	"/run/podman/podman.sock",
	NULL,
};

static int docker_collect(void *data, const char *bytes, size_t length)
{
	return buffer_append(&((struct docker *)data)->text, bytes, length);
}

/* Performs a request. For a status other than 2xx, returns -EREMOTEIO with the server's message in
 * client->message. */
static int docker_perform(struct docker *docker, const struct http_request *request, size_t limit)
{
	struct identity_client *client = &docker->client;
	struct http_response response;

	buffer_clear(&docker->text);
	docker->text.limit = limit;
	int error = http_perform(client->http, client->source, request, &response);
	if (!error && (response.status < 200 || response.status > 299)) {
		snprintf(client->message, sizeof(client->message), "%s: HTTP %ld %.180s",
			 request->path, response.status, response.message);
		return -EREMOTEIO;
	}
	if (error)
		snprintf(client->message, sizeof(client->message), "%s", response.message);
	return error;
}

/* Sends a GET request and parses the answer as JSON. */
static int docker_get(struct docker *docker, const char *path, json_t **out)
{
	struct identity_client *client = &docker->client;
	const struct http_request request = {
		.path = path,
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.on_data = docker_collect,
		.data = docker,
	};
	json_error_t json_error;
	int error = docker_perform(docker, &request, LIST_MAX);

	if (error)
		return error;
	error = json_document_parse(docker->text.data ? docker->text.data : "", docker->text.length,
				    0, out, &json_error);
	if (error != -EBADMSG)
		return error;
	snprintf(client->message, sizeof(client->message), "%s: not JSON that can be read: %.150s",
		 path, json_error.text);
	return -EPROTO;
}

/* Podman offers Docker's API, with a component "Podman Engine" in the answer to /version. */
static int docker_get_version(struct identity_client *client)
{
	struct docker *docker = (struct docker *)client;
	json_t *version = NULL;
	int error = docker_get(docker, "/version", &version);

	if (error)
		return error;
	docker->runtime = "docker";
	const json_t *components = json_object_get(version, "Components");
	for (size_t i = 0; i < json_array_size(components); i++) {
		const char *name = docker_text_of(json_array_get(components, i), "Name");
		if (name && strncmp(name, "Podman", 6) == 0)
			docker->runtime = "podman";
	}
	const char *number = docker_text_of(version, "Version");
	snprintf(client->product, sizeof(client->product), "%s %.100s", docker->runtime,
		 number ? number : "");
	json_decref(version);
	return 0;
}

/* Emits the container if `error`, the result of docker_listed_container or docker_event_container,
 * is 0. Ignores -EINVAL and -ENOENT: not every object describes a container. */
static int docker_emit(struct docker *docker, int error, struct container_record *container)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	if (error)
		return error == -ENOMEM ? error : 0;
	return source_emit_wait(docker->client.source, &record) ? 0 : -ECANCELED;
}

/*
 * Lists all containers. The events that docker_follow reads begin before the list, so that no
 * container is missed in between. After an interruption the events begin where the last stream of
 * events ended.
 */
static int docker_look(struct identity_client *client)
{
	struct docker *docker = (struct docker *)client;
	json_t *list = NULL;

	if (docker->since == 0)
		docker->since = time(NULL) - 1;
	int error = docker_get(docker, "/containers/json?all=1", &list);
	for (size_t i = 0; !error && i < json_array_size(list); i++) {
		struct container_record *container = NULL;
		int made = docker_listed_container(json_array_get(list, i), docker->runtime,
						   &container);
		error = docker_emit(docker, made, container);
	}
	json_decref(list);
	source_flush(client->source);
	return error;
}

static int docker_handle_event(struct docker *docker, const char *line, size_t length)
{
	struct container_record *container = NULL;
	json_t *event;
	int error = json_document_parse(line, length, 0, &event, NULL);

	if (error)
		return error == -EBADMSG ? -EPROTO : error;
	int made = docker_event_container(event, docker->runtime, &container);
	json_decref(event);
	return docker_emit(docker, made, container);
}

/* Handles the complete lines received so far. Each line is one event in JSON. */
static int docker_on_events(void *data, const char *bytes, size_t length)
{
	struct docker *docker = data;
	struct buffer *text = &docker->text;
	int error = buffer_append(text, bytes, length);
	size_t start = 0;

	while (!error && start < text->length) {
		const char *end = memchr(text->data + start, '\n', text->length - start);
		if (!end)
			break;
		size_t line = (size_t)(end - text->data) - start;
		if (line > 0)
			error = docker_handle_event(docker, text->data + start, line);
		start += line + 1;
	}
	buffer_consume(text, start);
	source_flush(docker->client.source);
	return error;
}

/* Follows the engine's events until the stream ends. */
static int docker_follow(struct identity_client *client)
{
	struct docker *docker = (struct docker *)client;
	char path[160];
	const struct http_request request = {
		.path = path, .on_data = docker_on_events, .data = docker};

	/* The query decodes to filters={"type":["container"]}. */
	snprintf(path, sizeof(path),
		 "/events?since=%lld&filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D",
		 (long long)docker->since);
	int error = docker_perform(docker, &request, EVENT_MAX);
	docker->since = time(NULL) - 1;
	if (error)
		return error;
	snprintf(client->message, sizeof(client->message), "the engine ended its stream of events");
	return -EPIPE;
}

static void docker_free(struct identity_client *client)
{
	buffer_free(&((struct docker *)client)->text);
}

const struct identity_source docker_identity_source = {
	.label = "docker",
	.title = "Docker, Podman",
	.gives = "containers and their labels",
	.option = "docker",
	.opt_out = "no-docker",
	.environment = "DOCKER_HOST",
	.id = IDENTITY_DOCKER,
	.size = sizeof(struct docker),
	.sockets = docker_sockets,
	.connect = docker_get_version,
	.look = docker_look,
	.follow = docker_follow,
	.free = docker_free,
};
