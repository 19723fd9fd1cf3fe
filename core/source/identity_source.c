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

#include "core/base/text.h"

/* The shortest time between two attempts, however often the source is kicked. */
#define KICKED_RETRY_MS 100u

unsigned int identity_backoff_next(struct identity_backoff *backoff)
{
	unsigned int doubled = backoff->wait_ms * 2;

	backoff->wait_ms = doubled < IDENTITY_BACKOFF_FIRST_MS  ? IDENTITY_BACKOFF_FIRST_MS
			   : doubled > IDENTITY_BACKOFF_LAST_MS ? IDENTITY_BACKOFF_LAST_MS
								: doubled;
	return backoff->wait_ms;
}

void identity_backoff_reset(struct identity_backoff *backoff)
{
	backoff->wait_ms = 0;
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
		path = strdup(endpoint);
	}
	return path;
}

char *identity_find_socket(const char *const *candidates, const char *host_root)
{
	for (; *candidates; candidates++) {
		struct stat status;
		char *path = identity_below(host_root, *candidates);
		if (path && stat(path, &status) == 0 && S_ISSOCK(status.st_mode))
			return path;
		free(path);
	}
	return NULL;
}

int identity_copy_endpoint(const char *endpoint, char **out)
{
	char *path = endpoint ? identity_socket_path(endpoint, NULL) : NULL;

	if (endpoint && !path)
		return -EINVAL;
	free(path);
	return text_copy(endpoint, out);
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

static int identity_connect(struct identity_client *client)
{
	client->message[0] = '\0';
	int error = client->is_connected ? 0 : client->kind->connect(client);
	client->is_connected = !error;
	return error;
}

static void identity_disconnect(struct identity_client *client)
{
	client->kind->disconnect(client);
	client->is_connected = false;
	client->place[0] = '\0';
}

static void identity_run(struct source *source, void *data)
{
	struct identity_client *client = data;
	struct identity_backoff backoff = {0};

	client->source = source;
	while (!source_stopping(source)) {
		int error = identity_connect(client);
		if (!error)
			error = client->kind->look(client);
		if (!error) {
			identity_backoff_reset(&backoff);
			source_set_health(source, SOURCE_READY, 0, "%s", "");
			error = client->kind->follow(client);
		}
		if (error == -ECANCELED)
			break;
		if (!error)
			continue;
		identity_report_failure(client, error);
		identity_disconnect(client);
		/* A kick ends the delay early: the runtime of a new container is probably up. */
		unsigned int wait_ms = identity_backoff_next(&backoff);
		if (!identity_wait(source, KICKED_RETRY_MS, IDENTITY_WAIT_FIXED) ||
		    !identity_wait(source, wait_ms - KICKED_RETRY_MS, IDENTITY_WAIT_OR_KICKED))
			break;
	}
	identity_disconnect(client);
}

static void identity_free_client(void *data)
{
	struct identity_client *client = data;

	client->kind->free(client);
}

static int identity_make(const struct identity_source *kind, const struct identity_config *config,
			 struct identity_client **out)
{
	int error = kind->make(config, out);

	if (!error)
		(*out)->kind = kind;
	return error;
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
		kind->free(client);
	}
	out->error = error;
}

void identity_check_clear(struct identity_check *check)
{
	string_list_clear(&check->limits);
}
