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

#include "core/source/identity_source.h"

#define ID_LENGTH 64
#define SUFFIX    ".log"

/* A folder that is not there is looked for this often; one that is there is told of by inotify. */
#define LOOK_EVERY_MS 10000u

struct log_links {
	char *folder;
	struct source *source;
	int inotify_fd;
};

/* True for the characters of names in Kubernetes (RFC 1123): no underscore is among them. */
static bool is_name(const char *text, size_t length)
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

static int copy(const char *text, size_t length, char **out)
{
	*out = strndup(text, length);
	return *out ? 0 : -ENOMEM;
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
	    !is_name(file_name, (size_t)(first - file_name)) ||
	    !is_name(first + 1, (size_t)(second - first - 1)) ||
	    !is_name(second + 1, (size_t)(end - second - 1)))
		return -EINVAL;

	struct container_record *container = calloc(1, sizeof(*container));
	if (!container)
		return -ENOMEM;
	if (copy(file_name, (size_t)(first - file_name), &container->pod) ||
	    copy(first + 1, (size_t)(second - first - 1), &container->namespace_name) ||
	    copy(second + 1, (size_t)(end - second - 1), &container->name) ||
	    copy(end + 1, ID_LENGTH, &container->id)) {
		container_record_free(container);
		return -ENOMEM;
	}
	*out = container;
	return 0;
}

static void tell(struct log_links *links, const char *file_name)
{
	struct record record = {.kind = RECORD_CONTAINER};

	if (log_links_parse(file_name, &record.container) == 0)
		source_emit_wait(links->source, &record);
}

static int scan(struct log_links *links)
{
	DIR *folder = opendir(links->folder);
	const struct dirent *entry;

	if (!folder)
		return -errno;
	while (!source_stopping(links->source) && (entry = readdir(folder)))
		tell(links, entry->d_name);
	closedir(folder);
	source_flush(links->source);
	return 0;
}

/* Reads what inotify has. True: the folder must be looked at anew, since it went or events did. */
static bool read_events(struct log_links *links)
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
				tell(links, event->name);
			at += sizeof(*event) + event->len;
		}
	}
	source_flush(links->source);
	return lost;
}

static void wait_for_links(struct log_links *links)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(links->source), .events = POLLIN},
		{.fd = links->inotify_fd, .events = POLLIN},
	};

	do {
		poll(waits, 2, -1);
	} while (!source_stopping(links->source) && !(waits[1].revents && read_events(links)));
}

/* Watches first and looks second: a link that is made between is told twice. 0 when it has to begin
 * anew. */
static int follow(struct log_links *links)
{
	links->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (links->inotify_fd < 0)
		return -errno;
	if (inotify_add_watch(links->inotify_fd, links->folder,
			      IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR) < 0)
		return -errno;
	int error = scan(links);
	if (error)
		return error;
	source_set_health(links->source, SOURCE_READY, 0, "%s", "");
	wait_for_links(links);
	return 0;
}

static void close_inotify(struct log_links *links)
{
	if (links->inotify_fd >= 0)
		close(links->inotify_fd);
	links->inotify_fd = -1;
}

static void run_log_links(struct source *source, void *data)
{
	struct log_links *links = data;
	struct names_backoff backoff = {0};

	links->source = source;
	while (!source_stopping(source)) {
		int error = follow(links);
		close_inotify(links);
		if (error == -ENOENT || error == -ENOTDIR) {
			source_set_health(source, SOURCE_ABSENT, 0, "no %s", links->folder);
			names_wait(source, LOOK_EVERY_MS, false);
		} else if (error) {
			source_set_health(source, SOURCE_BROKEN, error, "%s: %s", links->folder,
					  strerror(-error));
			names_wait(source, LOOK_EVERY_MS, false);
		} else {
			names_wait(source, names_backoff_next(&backoff), false);
		}
	}
}

static void free_log_links(void *data)
{
	struct log_links *links = data;

	close_inotify(links);
	free(links->folder);
	free(links);
}

int log_links_source_start(const struct log_links_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "logs",
		.run = run_log_links,
		.free_data = free_log_links,
	};
	struct log_links *links = calloc(1, sizeof(*links));

	if (!links)
		return -ENOMEM;
	links->inotify_fd = -1;
	if (asprintf(&links->folder, "%s%s", options->host_root ? options->host_root : "",
		     options->folder ? options->folder : LOG_LINKS_FOLDER) < 0) {
		links->folder = NULL;
		free_log_links(links);
		return -ENOMEM;
	}
	return names_start(&operations, links, out);
}
