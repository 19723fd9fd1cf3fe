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

/* However often it is kicked, a source does not try again sooner. */
#define KICKED_RETRY_MS 100u

unsigned int names_backoff_next(struct names_backoff *backoff)
{
	unsigned int doubled = backoff->wait_ms * 2;

	backoff->wait_ms = doubled < NAMES_BACKOFF_FIRST_MS  ? NAMES_BACKOFF_FIRST_MS
			   : doubled > NAMES_BACKOFF_LAST_MS ? NAMES_BACKOFF_LAST_MS
							     : doubled;
	return backoff->wait_ms;
}

void names_backoff_reset(struct names_backoff *backoff)
{
	backoff->wait_ms = 0;
}

bool names_wait(struct source *source, unsigned int milliseconds, bool heed_kicks)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(source), .events = POLLIN},
		{.fd = source_kick_fd(source), .events = POLLIN},
	};

	source_flush(source);
	poll(waits, heed_kicks ? 2 : 1, (int)milliseconds);
	if (heed_kicks)
		source_take_kick(source);
	return !source_stopping(source);
}

bool names_wait_after_failure(struct source *source, struct names_backoff *backoff)
{
	unsigned int wait_ms = names_backoff_next(backoff);

	return names_wait(source, KICKED_RETRY_MS, false) &&
	       names_wait(source, wait_ms - KICKED_RETRY_MS, true);
}

static char *below(const char *host_root, const char *path)
{
	char *joined = NULL;

	if (asprintf(&joined, "%s%s", host_root ? host_root : "", path) < 0)
		return NULL;
	return joined;
}

char *names_socket_path(const char *endpoint, const char *host_root)
{
	static const char scheme[] = "unix://";

	if (strncmp(endpoint, scheme, sizeof(scheme) - 1) == 0)
		endpoint += sizeof(scheme) - 1;
	if (endpoint[0] != '/')
		return NULL;
	char *path = below(host_root, endpoint);
	if (host_root && path && access(path, F_OK) != 0 && access(endpoint, F_OK) == 0) {
		free(path);
		path = strdup(endpoint);
	}
	return path;
}

char *names_find_socket(const char *const *candidates, const char *host_root)
{
	for (; *candidates; candidates++) {
		struct stat status;
		char *path = below(host_root, *candidates);
		if (path && stat(path, &status) == 0 && S_ISSOCK(status.st_mode))
			return path;
		free(path);
	}
	return NULL;
}

int names_copy_text(const char *text, char **out)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? -ENOMEM : 0;
}

int names_copy_endpoint(const char *endpoint, char **out)
{
	char *path = endpoint ? names_socket_path(endpoint, NULL) : NULL;

	if (endpoint && !path)
		return -EINVAL;
	free(path);
	return names_copy_text(endpoint, out);
}

int names_start(const struct source_operations *operations, void *data, struct source **out)
{
	struct source *source;
	int error = source_new(operations, data, &source);

	if (error)
		return error;
	error = source_start(source);
	if (error) {
		source_free(source);
		return error;
	}
	*out = source;
	return 0;
}
