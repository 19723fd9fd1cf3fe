/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "core/source/runtime/log_links.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/base/memory.h"

#define LOG_LINKS_FOLDER "/var/log/containers"
#define ID_LENGTH        64
#define SUFFIX           ".log"

/* The delay before the folder is read again after it vanished or inotify lost events. */
#define LOOK_AGAIN_MS 500u

struct log_links {
	struct identity_client client;
	char *folder;
	int inotify_fd;
};

/* Names in Kubernetes (RFC 1123) contain no underscore, so underscores separate the names in a
 * link. */
static bool log_links_is_name(const char *text, size_t length)
{
	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return true;
}

int log_links_parse(const char *file_name, struct container_record **out)
{
	size_t length = strnlen(file_name, NAME_MAX + 1);
	const size_t tail = 1 + ID_LENGTH + sizeof(SUFFIX) - 1;

	if (length > NAME_MAX || length <= tail)
		return -EINVAL;
	const char *end = file_name + length - tail; /* the dash before the id */
	const char *first = memchr(file_name, '_', (size_t)(end - file_name));
	const char *second = first ? memchr(first + 1, '_', (size_t)(end - first - 1)) : NULL;
	if (*end != '-' || strcmp(end + 1 + ID_LENGTH, SUFFIX) != 0 || !second ||
	    strspn(end + 1, "0123456789abcdef") < ID_LENGTH ||
	    !log_links_is_name(file_name, (size_t)(first - file_name)) ||
	    !log_links_is_name(first + 1, (size_t)(second - first - 1)) ||
	    !log_links_is_name(second + 1, (size_t)(end - second - 1)))
		return -EINVAL;

	struct container_record *container = memory_checked(calloc(1, sizeof(*container)));
	if (!container)
		return -ENOMEM;
	container->pod = memory_checked(strndup(file_name, (size_t)(first - file_name)));
	container->namespace_name =
		memory_checked(strndup(first + 1, (size_t)(second - first - 1)));
	container->name = memory_checked(strndup(second + 1, (size_t)(end - second - 1)));
	container->id = memory_checked(strndup(end + 1, ID_LENGTH));
	if (!container->pod || !container->namespace_name || !container->name || !container->id) {
		container_record_free(container);
		return -ENOMEM;
	}
	*out = container;
	return 0;
}

/* Emits the container of a link. Returns false if the file name is not that of a link. If source is
 * NULL, nothing is emitted. */
static bool log_links_emit(struct source *source, const char *file_name)
{
	struct record record = {.kind = RECORD_CONTAINER};

	if (log_links_parse(file_name, &record.container))
		return false;
	if (source)
		source_emit_wait(source, &record);
	record_free(&record);
	return true;
}

/* Emits and counts the links of the folder. Returns 0 or -errno of opendir(3). */
static int log_links_read(const struct log_links *links, size_t *count)
{
	struct source *source = links->client.source;
	DIR *folder = opendir(links->folder);
	const struct dirent *entry;

	*count = 0;
	if (!folder)
		return -errno;
	while (!(source && source_stopping(source)) && (entry = readdir(folder)))
		*count += log_links_emit(source, entry->d_name);
	closedir(folder);
	return 0;
}

/* Watches the folder before reading it, so that no link is missed in between. */
static int log_links_connect(struct identity_client *client)
{
	struct log_links *links = (struct log_links *)client;

	snprintf(client->place, sizeof(client->place), "%s", links->folder);
	links->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (links->inotify_fd < 0)
		return -errno;
	if (inotify_add_watch(links->inotify_fd, links->folder,
			      IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR) >= 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return -errno;
	snprintf(client->message, sizeof(client->message), "no kubelet writes there");
	return -ENOENT;
}

/* A link that is created after log_links_connect and before this read is emitted twice. */
static int log_links_look(struct identity_client *client)
{
	size_t count;

	return log_links_read((struct log_links *)client, &count);
}

/* Emits the links that inotify reports. Returns true if the folder must be read again, because it
 * vanished or events were lost. */
static bool log_links_read_events(struct log_links *links)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t length;
	bool lost = false;

	while ((length = read(links->inotify_fd, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const void *)at;
			if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_MOVE_SELF))
				lost = true;
			else if (event->len > 0)
				log_links_emit(links->client.source, event->name);
			at += sizeof(*event) + event->len;
		}
	}
	source_flush(links->client.source);
	return lost;
}

static void log_links_disconnect(struct identity_client *client)
{
	struct log_links *links = (struct log_links *)client;

	if (links->inotify_fd >= 0)
		close(links->inotify_fd);
	links->inotify_fd = -1;
}

static int log_links_follow(struct identity_client *client)
{
	struct log_links *links = (struct log_links *)client;
	struct pollfd waits[] = {
		{.fd = source_stop_fd(client->source), .events = POLLIN},
		{.fd = links->inotify_fd, .events = POLLIN},
	};

	do {
		poll(waits, 2, -1);
		if (source_stopping(client->source))
			return -ECANCELED;
	} while (!waits[1].revents || !log_links_read_events(links));
	if (!identity_wait(client->source, LOOK_AGAIN_MS, IDENTITY_WAIT_FIXED))
		return -ECANCELED;
	/* Another folder may have this path now: watch it. */
	log_links_disconnect(client);
	return log_links_connect(client);
}

static void log_links_free(struct identity_client *client)
{
	free(((struct log_links *)client)->folder);
}

static int log_links_make(struct identity_client *client, const struct identity_config *config)
{
	const char *folder = config->places[IDENTITY_LOG_LINKS];
	struct log_links *links = (struct log_links *)client;

	links->inotify_fd = -1;
	if (asprintf(&links->folder, "%s%s", config->host_root ? config->host_root : "",
		     folder ? folder : LOG_LINKS_FOLDER) >= 0)
		return 0;
	links->folder = NULL;
	return -ENOMEM;
}

static int log_links_check(struct identity_client *client, struct identity_check *check)
{
	size_t count = 0;
	int error = log_links_read((struct log_links *)client, &count);

	if (!error)
		snprintf(check->message, sizeof(check->message), "the names of %zu containers",
			 count);
	return error;
}

const struct identity_source log_links_identity_source = {
	.label = "logs",
	.title = "log links",
	.id = IDENTITY_LOG_LINKS,
	.size = sizeof(struct log_links),
	.make = log_links_make,
	.connect = log_links_connect,
	.look = log_links_look,
	.follow = log_links_follow,
	.disconnect = log_links_disconnect,
	.free = log_links_free,
	.check = log_links_check,
};
