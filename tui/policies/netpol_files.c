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
#include "core/base/file.h"
#include "core/base/text.h"

/* Bytes of a file. The API refuses an object beyond 1.5 MB. */
#define FILE_MAX (256u << 20)
/* Levels of folders. */
#define DEPTH_MAX 32

struct reading {
	const char *program;
	struct netpol_set *set;
};

static int netpol_files_report(const struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints one line to stderr, escaped. Returns exit status 4. */
static int netpol_files_report(const struct reading *reading, const char *format, ...)
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

static int netpol_files_report_no_memory(const struct reading *reading)
{
	netpol_files_report(reading, "%s", strerror(ENOMEM));
	return 3;
}

static int netpol_files_read_text(const struct reading *reading, const char *name, const char *text,
				  size_t length)
{
	struct yaml_error error = {0};
	int result = netpol_read(reading->set, name, text, length, "default", &error);

	if (result == -ENOMEM)
		return netpol_files_report_no_memory(reading);
	if (result)
		return netpol_files_report(reading, "%s:%u:%u: %s", name, error.line, error.column,
					   error.message);
	return 0;
}

static int netpol_files_read_descriptor(const struct reading *reading, const char *name, int fd)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int error = fd < 0 ? -errno : file_read_all(fd, FILE_MAX, &text, &length);

	if (error)
		return netpol_files_report(reading, "%s: %s", name, strerror(-error));
	return netpol_files_read_text(reading, name, text, length);
}

static bool netpol_files_has_ending(const char *name)
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

static int netpol_files_read_folder(const struct reading *reading, const char *path,
				    unsigned int depth, size_t *files);

/* Reads one entry of a folder. Does not follow a link to a folder, which could be a loop. */
static int netpol_files_read_entry(const struct reading *reading, const char *folder,
				   const char *name, unsigned int depth, size_t *files)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return netpol_files_report(reading, "%s/%s: %s", folder, name,
					   strerror(ENAMETOOLONG));
	if (lstat(path, &status))
		return netpol_files_report(reading, "%s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return netpol_files_read_folder(reading, path, depth + 1, files);
	if (!netpol_files_has_ending(name))
		return 0;
	if (S_ISLNK(status.st_mode) && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return 0;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	(*files)++;
	return netpol_files_read_descriptor(reading, path, fd);
}

static int netpol_files_is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int netpol_files_compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int netpol_files_read_folder(const struct reading *reading, const char *path,
				    unsigned int depth, size_t *files)
{
	struct dirent **entries = NULL;
	int status = 0;

	if (depth > DEPTH_MAX)
		return netpol_files_report(reading, "%s: too many folders in folders", path);
	/* Not alphasort: the order must not depend on the locale. */
	int count = scandir(path, &entries, netpol_files_is_visible, netpol_files_compare_entries);
	if (count < 0)
		return netpol_files_report(reading, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!status)
			status = netpol_files_read_entry(reading, path, entries[i]->d_name, depth,
							 files);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static int netpol_files_read_path(const struct reading *reading, const char *path)
{
	struct stat status;
	size_t before = reading->set->count;
	size_t skipped = reading->set->skipped;
	size_t files = 1;
	int result;

	if (strcmp(path, "-") == 0) {
		path = "standard input";
		result = netpol_files_read_descriptor(reading, path, STDIN_FILENO);
	} else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		files = 0;
		result = netpol_files_read_folder(reading, path, 0, &files);
	} else {
		CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
		result = netpol_files_read_descriptor(reading, path, fd);
	}
	if (result)
		return result;
	if (files == 0)
		return netpol_files_report(reading, "%s: no .yaml, .yml or .json file in it", path);
	if (reading->set->count == before)
		netpol_files_report(reading,
				    "%s: no NetworkPolicy in it (%zu documents of other kinds)",
				    path, reading->set->skipped - skipped);
	return 0;
}

static int netpol_files_compare(const void *a, const void *b)
{
	const struct netpol *x = *(const struct netpol *const *)a;
	const struct netpol *y = *(const struct netpol *const *)b;
	int order = strcmp(x->namespace_name, y->namespace_name);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order ? order : (x > y) - (x < y);
}

static int netpol_files_find_duplicates(const struct reading *reading)
{
	const struct netpol_set *set = reading->set;
	CLEANUP_FREE const struct netpol **sorted =
		reallocarray(NULL, set->count + 1, sizeof(*sorted));

	if (!sorted)
		return netpol_files_report_no_memory(reading);
	for (size_t i = 0; i < set->count; i++)
		sorted[i] = &set->items[i];
	qsort(sorted, set->count, sizeof(*sorted), netpol_files_compare);
	for (size_t i = 1; i < set->count; i++) {
		const struct netpol *one = sorted[i - 1];
		const struct netpol *two = sorted[i];
		if (strcmp(one->namespace_name, two->namespace_name) == 0 &&
		    strcmp(one->name, two->name) == 0)
			return netpol_files_report(
				reading,
				"%s:%u:1: NetworkPolicy %s/%s is also in %s:%u: when applied, "
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
		status = netpol_files_read_path(&reading, paths[i]);
	return status ? status : netpol_files_find_duplicates(&reading);
}
