/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/netpol_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

/* Far above what a cluster could hold: the API refuses an object beyond 1.5 MB. */
#define FILE_MAX   (256u << 20)
#define FIRST_READ 65536
/* Folders in folders. */
#define DEPTH_MAX 32

struct reading {
	const char *program;
	struct netpol_set *set;
};

static int tell(const struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One line on stderr, escaped; 4. */
static int tell(const struct reading *reading, const char *format, ...)
{
	char message[PATH_MAX + 512];
	char escaped[2 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	text_escape(message, escaped, sizeof(escaped));
	fprintf(stderr, "%s: %s\n", reading->program, escaped);
	return 4;
}

static int out_of_memory(const struct reading *reading)
{
	tell(reading, "%s", strerror(ENOMEM));
	return 3;
}

/* Everything up to the end of the file, with a NUL behind it. 0 or -errno. */
static int read_all(int fd, char **out, size_t *length)
{
	CLEANUP_FREE char *text = NULL;
	size_t capacity = 0;
	size_t at = 0;

	for (;;) {
		if (capacity - at < 2) {
			capacity = capacity ? capacity * 2 : FIRST_READ;
			char *grown = capacity > FILE_MAX ? NULL : realloc(text, capacity);
			if (!grown)
				return capacity > FILE_MAX ? -EFBIG : -ENOMEM;
			text = grown;
		}
		ssize_t got = read(fd, text + at, capacity - at - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	text[at] = '\0';
	*length = at;
	*out = STEAL(text);
	return 0;
}

static int read_text(const struct reading *reading, const char *name, const char *text,
		     size_t length)
{
	struct yaml_error error = {0};
	int result = netpol_read(reading->set, name, text, length, "default", &error);

	if (result == -ENOMEM)
		return out_of_memory(reading);
	if (result)
		return tell(reading, "%s:%u:%u: %s", name, error.line, error.column, error.message);
	return 0;
}

static int read_descriptor(const struct reading *reading, const char *name, int fd)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int error = fd < 0 ? -errno : read_all(fd, &text, &length);

	if (error)
		return tell(reading, "%s: %s", name, strerror(-error));
	return read_text(reading, name, text, length);
}

static bool is_policy_file(const char *name)
{
	static const char *const endings[] = {".yaml", ".yml", ".json"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i]);
		if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
			return true;
	}
	return false;
}

static int read_folder(const struct reading *reading, const char *path, unsigned int depth,
		       size_t *files);

/* One name of a folder. A link to a folder is not followed: it could lead back. */
static int read_entry(const struct reading *reading, const char *folder, const char *name,
		      unsigned int depth, size_t *files)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return tell(reading, "%s/%s: %s", folder, name, strerror(ENAMETOOLONG));
	if (lstat(path, &status))
		return tell(reading, "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return read_folder(reading, path, depth + 1, files);
	if (!is_policy_file(name))
		return 0;
	if (S_ISLNK(status.st_mode) && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return 0;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	(*files)++;
	return read_descriptor(reading, path, fd);
}

static int without_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(const struct reading *reading, const char *path, unsigned int depth,
		       size_t *files)
{
	struct dirent **entries = NULL;
	int status = 0;

	if (depth > DEPTH_MAX)
		return tell(reading, "%s: too many folders in folders", path);
	/* strcmp, not alphasort: the order must not change with the locale. */
	int count = scandir(path, &entries, without_dot, by_name);
	if (count < 0)
		return tell(reading, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!status)
			status = read_entry(reading, path, entries[i]->d_name, depth, files);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static int read_path(const struct reading *reading, const char *path)
{
	struct stat status;
	size_t before = reading->set->count;
	size_t skipped = reading->set->skipped;
	size_t files = 1;
	int result;

	if (strcmp(path, "-") == 0) {
		path = "standard input";
		result = read_descriptor(reading, path, STDIN_FILENO);
	} else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		files = 0;
		result = read_folder(reading, path, 0, &files);
	} else {
		CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
		result = read_descriptor(reading, path, fd);
	}
	if (result)
		return result;
	if (files == 0)
		return tell(reading, "%s: no .yaml, .yml or .json file in it", path);
	if (reading->set->count == before)
		tell(reading, "%s: no NetworkPolicy in it (%zu documents of other kinds)", path,
		     reading->set->skipped - skipped);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct netpol *x = *(const struct netpol *const *)a;
	const struct netpol *y = *(const struct netpol *const *)b;
	int order = strcmp(x->namespace_name, y->namespace_name);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order ? order : (x > y) - (x < y);
}

static int refuse_twins(const struct reading *reading)
{
	const struct netpol_set *set = reading->set;
	CLEANUP_FREE const struct netpol **sorted =
		reallocarray(NULL, set->count + 1, sizeof(*sorted));

	if (!sorted)
		return out_of_memory(reading);
	for (size_t i = 0; i < set->count; i++)
		sorted[i] = &set->items[i];
	qsort(sorted, set->count, sizeof(*sorted), compare);
	for (size_t i = 1; i < set->count; i++) {
		const struct netpol *one = sorted[i - 1];
		const struct netpol *two = sorted[i];
		if (strcmp(one->namespace_name, two->namespace_name) == 0 &&
		    strcmp(one->name, two->name) == 0)
			return tell(reading,
				    "%s:%u:1: NetworkPolicy %s/%s stands at %s:%u too: applied, "
				    "the second replaces the first",
				    two->file, two->line, two->namespace_name, two->name, one->file,
				    one->line);
	}
	return 0;
}

int netpol_files_read(const char *program, const char *const *paths, size_t count,
		      struct netpol_set *set)
{
	const struct reading reading = {.program = program, .set = set};
	int status = 0;

	for (size_t i = 0; i < count && !status; i++)
		status = read_path(&reading, paths[i]);
	return status ? status : refuse_twins(&reading);
}
