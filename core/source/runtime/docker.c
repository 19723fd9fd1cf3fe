/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "core/source/http.h"
#include "core/source/runtime/docker_objects.h"

/* An engine that needs longer to answer a request counts as gone. */
#define REQUEST_TIMEOUT_MS 10000
/* A thousand containers with all their labels take a few MiB. */
#define LIST_MAX  (256u << 20)
#define EVENT_MAX (1u << 20)

struct docker {
	struct identity_client client;
	char *endpoint; /* as the user named it; NULL: search */
	char *host_root;
	struct http *http;
	const char *runtime; /* "docker", "podman" */
	time_t since;        /* Unix seconds of the first event to follow; 0: none was followed */
	struct buffer text;  /* of an answer */
};

static const char *const docker_sockets[] = {
	"/run/docker.sock",
	"/run/podman/podman.sock",
	NULL,
};

static int docker_collect(void *data, const char *bytes, size_t length)
{
	return buffer_append(&((struct docker *)data)->text, bytes, length);
}

/* Performs a request. A status that is not 2xx becomes -EREMOTEIO with the server's words. */
static int docker_perform(struct docker *docker, const struct http_request *request, size_t limit)
{
	struct identity_client *client = &docker->client;
	struct http_response response;

	buffer_clear(&docker->text);
	docker->text.limit = limit;
	int error = http_perform(docker->http, client->source, request, &response);
	if (!error && (response.status < 200 || response.status > 299)) {
		snprintf(client->message, sizeof(client->message), "%s: HTTP %ld %.180s",
			 request->path, response.status, response.message);
		return -EREMOTEIO;
	}
	if (error)
		snprintf(client->message, sizeof(client->message), "%s", response.message);
	return error;
}

/* GETs a JSON document. */
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
	*out = json_loadb(docker->text.data ? docker->text.data : "", docker->text.length, 0,
			  &json_error);
	if (*out)
		return 0;
	snprintf(client->message, sizeof(client->message), "%s: not JSON: %.180s", path,
		 json_error.text);
	return -EPROTO;
}

/* Podman has Docker's API; one of the components in its /version is "Podman Engine". */
static int docker_get_version(struct docker *docker)
{
	struct identity_client *client = &docker->client;
	json_t *version = NULL;
	int error = docker_get(docker, "/version", &version);

	if (error)
		return error;
	docker->runtime = "docker";
	const json_t *components = json_object_get(version, "Components");
	for (size_t i = 0; i < json_array_size(components); i++) {
		const char *name =
			json_string_value(json_object_get(json_array_get(components, i), "Name"));
		if (name && strncmp(name, "Podman", 6) == 0)
			docker->runtime = "podman";
	}
	const char *number = json_string_value(json_object_get(version, "Version"));
	snprintf(client->product, sizeof(client->product), "%s %.100s", docker->runtime,
		 number ? number : "");
	json_decref(version);
	return 0;
}

static void docker_disconnect(struct identity_client *client)
{
	struct docker *docker = (struct docker *)client;

	http_free(docker->http);
	docker->http = NULL;
}

static int docker_connect(struct identity_client *client)
{
	struct docker *docker = (struct docker *)client;
	char *path = docker->endpoint ? identity_socket_path(docker->endpoint, docker->host_root)
				      : identity_find_socket(docker_sockets, docker->host_root);
	const struct http_options options = {.base_url = "http://localhost", .unix_socket = path};

	if (!path && docker->endpoint)
		return -ENOMEM;
	if (!path) {
		snprintf(client->message, sizeof(client->message), "no socket in the usual places");
		return -ENOENT;
	}
	snprintf(client->place, sizeof(client->place), "%s", path);
	int error = http_new(&options, &docker->http);
	free(path);
	return error ? error : docker_get_version(docker);
}

/* Emits the container that was read with the result `error`. Objects of another form, and events
 * that announce no container, are skipped. */
static int docker_emit(struct docker *docker, int error, struct container_record *container)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	if (error)
		return error == -ENOMEM ? error : 0;
	return source_emit_wait(docker->client.source, &record) ? 0 : -ECANCELED;
}

/* Lists all containers. The events to follow start before the list, so that a container made in
 * between is in both. After an interruption they start where the last ones ended. */
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
	json_t *event = json_loadb(line, length, 0, NULL);

	if (!event)
		return -EPROTO;
	int made = docker_event_container(event, docker->runtime, &container);
	json_decref(event);
	return docker_emit(docker, made, container);
}

/* Handles the complete lines received so far: each is one event in JSON. */
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

	/* filters={"type":["container"]} */
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
	struct docker *docker = (struct docker *)client;

	docker_disconnect(client);
	buffer_free(&docker->text);
	free(docker->endpoint);
	free(docker->host_root);
	free(docker);
}

static int docker_make(const struct identity_config *config, struct identity_client **out)
{
	struct docker *docker = calloc(1, sizeof(*docker));

	if (!docker)
		return -ENOMEM;
	int error = identity_copy_endpoint(config->places[IDENTITY_DOCKER], &docker->endpoint);
	if (!error)
		error = text_copy(config->host_root, &docker->host_root);
	if (error) {
		docker_free(&docker->client);
		return error;
	}
	docker->client.is_named = docker->endpoint;
	*out = &docker->client;
	return 0;
}

const struct identity_source docker_identity_source = {
	.label = "docker",
	.title = "Docker, Podman",
	.gives = "containers and their labels",
	.option = "docker",
	.opt_out = "no-docker",
	.environment = "DOCKER_HOST",
	.make = docker_make,
	.connect = docker_connect,
	.look = docker_look,
	.follow = docker_follow,
	.disconnect = docker_disconnect,
	.free = docker_free,
};
