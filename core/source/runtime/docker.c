/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/docker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/source/http.h"
#include "core/source/identity_source.h"
#include "core/source/runtime/docker_objects.h"

/* An engine that does not answer a request in this time is as good as gone. */
#define REQUEST_TIMEOUT_MS 10000
/* A thousand containers with all their labels take a few MiB. */
#define LIST_MAX  (256u << 20)
#define EVENT_MAX (1u << 20)

struct text {
	char *data;
	size_t length;
	size_t capacity;
	size_t max;
};

struct docker {
	char *endpoint; /* as it was named; NULL: look for it */
	char *host_root;
	struct source *source;
	struct http *http;
	char *socket;
	const char *runtime;
	time_t since; /* Unix seconds: events from then on are not known yet; 0: none were followed
		       */
	struct text text;
	char version[64];
	char message[HTTP_MESSAGE_SIZE]; /* what went wrong last, in words */
};

static const char *const usual_sockets[] = {
	"/run/docker.sock",
	"/run/podman/podman.sock",
	NULL,
};

static int append(struct text *text, const char *bytes, size_t length)
{
	if (length > text->max - text->length)
		return -EMSGSIZE;
	if (text->length + length > text->capacity) {
		size_t capacity = (text->length + length) * 2;
		char *grown = realloc(text->data, capacity);
		if (!grown)
			return -ENOMEM;
		text->data = grown;
		text->capacity = capacity;
	}
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	return 0;
}

static int collect(void *data, const char *bytes, size_t length)
{
	return append(&((struct docker *)data)->text, bytes, length);
}

/* Performs a request, and turns an answer that is not 2xx into an error with the server's words. */
static int perform(struct docker *docker, const struct http_request *request)
{
	struct http_response response;
	int error = http_perform(docker->http, docker->source, request, &response);

	if (!error && (response.status < 200 || response.status > 299)) {
		snprintf(docker->message, sizeof(docker->message), "%s: HTTP %ld %.180s",
			 request->path, response.status, response.message);
		return -EREMOTEIO;
	}
	if (error)
		snprintf(docker->message, sizeof(docker->message), "%s", response.message);
	return error;
}

/* GETs a JSON document. */
static int get(struct docker *docker, const char *path, json_t **out)
{
	const struct http_request request = {
		.path = path,
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.on_data = collect,
		.data = docker,
	};
	json_error_t json_error;

	docker->text.length = 0;
	docker->text.max = LIST_MAX;
	int error = perform(docker, &request);
	if (error)
		return error;
	*out = json_loadb(docker->text.data ? docker->text.data : "", docker->text.length, 0,
			  &json_error);
	if (*out)
		return 0;
	snprintf(docker->message, sizeof(docker->message), "%s: not JSON: %.180s", path,
		 json_error.text);
	return -EPROTO;
}

/* Podman speaks Docker's API, and says in /version that it is Podman. */
static int ask_version(struct docker *docker)
{
	json_t *version = NULL;
	int error = get(docker, "/version", &version);

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
	snprintf(docker->version, sizeof(docker->version), "%s", number ? number : "");
	json_decref(version);
	return 0;
}

static void disconnect(struct docker *docker)
{
	http_free(docker->http);
	docker->http = NULL;
	free(docker->socket);
	docker->socket = NULL;
}

static int connect_engine(struct docker *docker)
{
	snprintf(docker->message, sizeof(docker->message), "no socket in the usual places");
	docker->socket = docker->endpoint ? names_socket_path(docker->endpoint, docker->host_root)
					  : names_find_socket(usual_sockets, docker->host_root);
	if (!docker->socket)
		return docker->endpoint ? -ENOMEM : -ENOENT;
	const struct http_options options = {.base_url = "http://localhost",
					     .unix_socket = docker->socket};
	int error = http_new(&options, &docker->http);
	return error ? error : ask_version(docker);
}

static int emit(struct docker *docker, int error, struct container_record *container)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	/* An object that is no container, or none that is new, is nobody's fault. */
	if (error)
		return error == -ENOMEM ? error : 0;
	return source_emit_wait(docker->source, &record) ? 0 : -ECANCELED;
}

static int list_containers(struct docker *docker)
{
	json_t *list = NULL;
	int error = get(docker, "/containers/json?all=1", &list);

	for (size_t i = 0; !error && i < json_array_size(list); i++) {
		struct container_record *container = NULL;
		int made = docker_listed_container(json_array_get(list, i), docker->runtime,
						   &container);
		error = emit(docker, made, container);
	}
	json_decref(list);
	source_flush(docker->source);
	return error;
}

static int handle_event(struct docker *docker, const char *line, size_t length)
{
	struct container_record *container = NULL;
	json_t *event = json_loadb(line, length, 0, NULL);

	if (!event)
		return -EPROTO;
	int made = docker_event_container(event, docker->runtime, &container);
	json_decref(event);
	return emit(docker, made, container);
}

/* Events are JSON objects, one a line. */
static int on_events(void *data, const char *bytes, size_t length)
{
	struct docker *docker = data;
	struct text *text = &docker->text;
	int error = append(text, bytes, length);
	size_t start = 0;

	while (!error) {
		const char *end = memchr(text->data + start, '\n', text->length - start);
		if (!end)
			break;
		size_t line = (size_t)(end - text->data) - start;
		if (line > 0)
			error = handle_event(docker, text->data + start, line);
		start += line + 1;
	}
	if (start > 0) {
		memmove(text->data, text->data + start, text->length - start);
		text->length -= start;
	}
	source_flush(docker->source);
	return error;
}

/* Follows the engine's events from `since` (Unix seconds) on; returns when the stream ends. */
static int follow_events(struct docker *docker, time_t since)
{
	char path[160];
	const struct http_request request = {.path = path, .on_data = on_events, .data = docker};

	/* filters={"type":["container"]} */
	snprintf(path, sizeof(path),
		 "/events?since=%lld&filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D",
		 (long long)since);
	docker->text.length = 0;
	docker->text.max = EVENT_MAX;
	int error = perform(docker, &request);
	if (!error)
		snprintf(docker->message, sizeof(docker->message),
			 "the engine ended its stream of events");
	return error ? error : -EPIPE;
}

/*
 * Lists, then follows from a moment before the list: a container that comes between is in both.
 * After an interruption it follows from there: containers may have come and gone meanwhile.
 */
static int watch(struct docker *docker)
{
	if (docker->since == 0)
		docker->since = time(NULL) - 1;
	int error = docker->http ? 0 : connect_engine(docker);

	if (!error)
		error = list_containers(docker);
	if (error)
		return error;
	source_set_health(docker->source, SOURCE_READY, 0, "%s", "");
	error = follow_events(docker, docker->since);
	docker->since = time(NULL) - 1;
	return error;
}

static void run_docker(struct source *source, void *data)
{
	struct docker *docker = data;
	struct names_backoff backoff = {0};

	docker->source = source;
	while (!source_stopping(source)) {
		struct source_health health;
		docker->message[0] = '\0';
		int error = watch(docker);
		if (error == -ECANCELED)
			break;
		source_health(source, &health);
		if (health.state == SOURCE_READY)
			names_backoff_reset(&backoff);
		if (error == -ENOENT && !docker->endpoint)
			source_set_health(source, SOURCE_ABSENT, 0, "%s", docker->message);
		else
			source_set_health(source, SOURCE_BROKEN, error, "%s: %s",
					  docker->socket ? docker->socket : "docker",
					  docker->message[0] ? docker->message : strerror(-error));
		disconnect(docker);
		if (!names_wait_after_failure(source, &backoff))
			break;
	}
	disconnect(docker);
}

static void free_docker(void *data)
{
	struct docker *docker = data;

	disconnect(docker);
	free(docker->text.data);
	free(docker->endpoint);
	free(docker->host_root);
	free(docker);
}

static int new_docker(const struct docker_options *options, struct docker **out)
{
	struct docker *docker = calloc(1, sizeof(*docker));

	if (!docker)
		return -ENOMEM;
	int error = names_copy_endpoint(options->endpoint, &docker->endpoint);
	if (!error)
		error = names_copy_text(options->host_root, &docker->host_root);
	if (error) {
		free_docker(docker);
		return error;
	}
	*out = docker;
	return 0;
}

int docker_source_start(const struct docker_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "docker",
		.run = run_docker,
		.free_data = free_docker,
	};
	struct docker *docker = NULL;
	int error = new_docker(options, &docker);

	return error ? error : names_start(&operations, docker, out);
}

int docker_check(const struct docker_options *options, struct names_check *out)
{
	struct docker *docker = NULL;
	int error = new_docker(options, &docker);

	*out = (struct names_check){0};
	if (error)
		return error;
	error = connect_engine(docker);
	snprintf(out->socket, sizeof(out->socket), "%s", docker->socket ? docker->socket : "");
	if (error) {
		snprintf(out->message, sizeof(out->message), "%.255s",
			 docker->message[0] ? docker->message : strerror(-error));
	} else {
		snprintf(out->runtime, sizeof(out->runtime), "%s", docker->runtime);
		snprintf(out->version, sizeof(out->version), "%s", docker->version);
	}
	free_docker(docker);
	return error;
}
