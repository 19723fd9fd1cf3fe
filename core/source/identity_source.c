/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "core/source/identity_source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/http.h"

/* The shortest time between two attempts, even if source_kick is called more often. */
#define KICKED_RETRY_MS 100u

unsigned int identity_backoff_next(unsigned int *wait_ms)
{
	unsigned int doubled = *wait_ms * 2;

	*wait_ms = doubled < IDENTITY_BACKOFF_FIRST_MS  ? IDENTITY_BACKOFF_FIRST_MS
		   : doubled > IDENTITY_BACKOFF_LAST_MS ? IDENTITY_BACKOFF_LAST_MS
							: doubled;
	/* Many programs may lose one server at the same time, and must not ask it again at the same
	 * time. */
	return *wait_ms - (unsigned int)(hash_add(hash_seed(), clock_monotonic_ns()) %
					 (*wait_ms / IDENTITY_BACKOFF_JITTER));
}

bool identity_wait(struct source *source, unsigned int milliseconds, enum identity_wait how)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(source), .events = POLLIN},
		{.fd = source_kick_fd(source), .events = POLLIN},
	};

	source_flush(source);
	poll(waits, how == IDENTITY_WAIT_OR_KICKED ? 2 : 1, (int)milliseconds);
	if (how == IDENTITY_WAIT_OR_KICKED)
		source_clear_kick(source);
	return !source_stopping(source);
}

/* --- places --- */

static char *identity_below(const char *host_root, const char *path)
{
	char *joined = NULL;

	if (asprintf(&joined, "%s%s", host_root ? host_root : "", path) < 0)
		return NULL;
	return joined;
}

char *identity_socket_path(const char *endpoint, const char *host_root)
{
	static const char scheme[] = "unix://";

	if (strncmp(endpoint, scheme, sizeof(scheme) - 1) == 0)
		endpoint += sizeof(scheme) - 1;
	if (endpoint[0] != '/')
		return NULL;
	char *path = identity_below(host_root, endpoint);
	if (host_root && path && access(path, F_OK) != 0 && access(endpoint, F_OK) == 0) {
		free(path);
		path = memory_checked(strdup(endpoint));
	}
	return path;
}

char *identity_find_socket(const char *path, const char *host_root)
{
	struct stat status;
	char *found = identity_below(host_root, path);

	if (found && stat(found, &status) == 0 && S_ISSOCK(status.st_mode))
		return found;
	free(found);
	return NULL;
}

/* --- connections --- */

static void identity_disconnect(struct identity_client *client)
{
	if (client->kind->disconnect)
		client->kind->disconnect(client);
	http_free(client->http);
	client->http = NULL;
	client->is_connected = false;
	client->place[0] = '\0';
}

/* Connects to the socket at `path`, and frees `path`. NULL means that the caller had no memory for
 * the path. */
static int identity_connect_socket(struct identity_client *client, char *path)
{
	const struct http_options options = {
		.base_url = "http://localhost",
		.unix_socket = path,
		.http2 = client->kind->http2,
	};

	identity_disconnect(client);
	client->message[0] = '\0';
	snprintf(client->place, sizeof(client->place), "%s", path ? path : "");
	/* The socket of a rootless runtime: the thread keeps the rights of its user. */
	if (path)
		(void)caller_enter_for(path);
	int error = path ? http_new(&options, &client->http) : -ENOMEM;
	free(path);
	return error ? error : client->kind->connect(client);
}

/*
 * Connects to the first of the usual sockets that answers. Sockets of several runtimes may exist:
 * beside cri-dockerd or CRI-O there may be a containerd without CRI, or the socket of a program
 * that has exited. If none answers, the error is that of the first socket that exists.
 */
static int identity_connect_usual(struct identity_client *client)
{
	const char *const *sockets = client->kind->sockets;
	const char *first = NULL;
	const char *last = NULL;
	int error = -ENOENT;

	for (; *sockets; sockets++) {
		char *path = identity_find_socket(*sockets, client->host_root);
		int failure = path ? identity_connect_socket(client, path) : -ENOENT;
		if (!failure || failure == -ECANCELED)
			return failure;
		if (failure == -ENOENT)
			continue;
		error = failure;
		last = *sockets;
		first = first ? first : last;
	}
	if (first != last)
		return identity_connect_socket(client, identity_below(client->host_root, first));
	if (!first) {
		client->place[0] = '\0';
		snprintf(client->message, sizeof(client->message), "no socket in the usual places");
	}
	return error;
}

static int identity_connect(struct identity_client *client)
{
	int error = 0;

	client->message[0] = '\0';
	if (client->is_connected)
		return 0;
	if (!client->kind->sockets)
		error = client->kind->connect(client);
	else if (client->named_place)
		error = identity_connect_socket(
			client, identity_socket_path(client->named_place, client->host_root));
	else
		error = identity_connect_usual(client);
	client->is_connected = !error;
	return error;
}

/* --- the life of a source --- */

static const char *identity_reason(const struct identity_client *client, int error)
{
	return client->message[0] ? client->message : strerror(-error);
}

static void identity_report_failure(struct identity_client *client, int error)
{
	bool is_absent = (error == -ENOENT || error == -ENOSYS) && !client->is_named;

	source_set_health(client->source, is_absent ? SOURCE_ABSENT : SOURCE_BROKEN,
			  is_absent ? 0 : error, "%s%s%s", client->place,
			  client->place[0] ? ": " : "", identity_reason(client, error));
}

/* Waits before the next attempt. source_kick ends the wait early. It is called when a new container
 * has no name yet. The runtime of that container probably runs, so an attempt may succeed. Returns
 * false if the source is to stop. */
static bool identity_wait_to_retry(struct source *source, unsigned int wait_ms)
{
	uint64_t began_ms = clock_monotonic_ms();

	if (!identity_wait(source, wait_ms, IDENTITY_WAIT_OR_KICKED))
		return false;
	uint64_t waited_ms = clock_monotonic_ms() - began_ms;
	return waited_ms >= KICKED_RETRY_MS ||
	       identity_wait(source, KICKED_RETRY_MS - (unsigned int)waited_ms,
			     IDENTITY_WAIT_FIXED);
}

static void identity_run(struct source *source, void *data)
{
	struct identity_client *client = data;
	unsigned int backoff_ms = 0;

	client->source = source;
	while (!source_stopping(source)) {
		int error = identity_connect(client);
		if (!error)
			error = client->kind->look(client);
		if (!error) {
			backoff_ms = 0;
			source_set_health(source, SOURCE_READY, 0, "%s", "");
			error = client->kind->follow(client);
		}
		if (error == -ECANCELED)
			break;
		if (!error)
			continue;
		identity_report_failure(client, error);
		identity_disconnect(client);
		if (!identity_wait_to_retry(source, identity_backoff_next(&backoff_ms)))
			break;
	}
	identity_disconnect(client);
}

static void identity_free_client(void *data)
{
	struct identity_client *client = data;

	identity_disconnect(client);
	if (client->kind->free)
		client->kind->free(client);
	free(client->named_place);
	free(client->host_root);
	free(client->node);
	free(client);
}

static int identity_make(const struct identity_source *kind, const struct identity_config *config,
			 struct identity_client **out)
{
	const char *place = config->places[kind->id];
	CLEANUP_FREE char *path = place ? identity_socket_path(place, NULL) : NULL;

	if (kind->sockets && place && !path)
		return -EINVAL;
	struct identity_client *client = memory_checked(calloc(1, kind->size));
	if (!client)
		return -ENOMEM;
	client->kind = kind;
	client->is_named = kind->option && place;
	if ((kind->make && kind->make(client, config)) || text_copy(place, &client->named_place) ||
	    text_copy(config->host_root, &client->host_root) ||
	    text_copy(config->node, &client->node)) {
		identity_free_client(client);
		return -ENOMEM;
	}
	*out = client;
	return 0;
}

int identity_source_start(const struct identity_source *kind, const struct identity_config *config,
			  struct source **out)
{
	struct identity_client *client = NULL;
	int error = identity_make(kind, config, &client);

	if (error)
		return error;
	client->operations = (struct source_operations){
		.label = kind->label,
		.run = identity_run,
		.free_data = identity_free_client,
	};
	return source_start_new(&client->operations, client, out);
}

void identity_source_check(const struct identity_source *kind, const struct identity_config *config,
			   struct identity_check *out)
{
	struct identity_client *client = NULL;
	int error = identity_make(kind, config, &client);

	*out = (struct identity_check){0};
	if (!error)
		error = identity_connect(client);
	if (!error && kind->check)
		error = kind->check(client, out);
	else if (!error)
		snprintf(out->message, sizeof(out->message), "%s; gives %s", client->product,
			 kind->gives);
	if (error && out->message[0] == '\0')
		snprintf(out->message, sizeof(out->message), "%s",
			 client ? identity_reason(client, error) : strerror(-error));
	if (client) {
		snprintf(out->place, sizeof(out->place), "%s", client->place);
		identity_free_client(client);
	}
	out->error = error;
}

void identity_check_clear(struct identity_check *check)
{
	string_list_clear(&check->warnings);
}
