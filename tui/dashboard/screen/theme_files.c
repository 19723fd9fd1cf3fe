/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/theme_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/suggest.h"

/* Larger than any scheme. */
#define FILE_MAX (1u << 20)

/* The Makefile makes this list of names and texts from themes/. */
static const struct {
	const char *name;
	const char *text;
} shipped[] = {
#include <themes.inc>
};

static const char *const endings[] = {".yaml", ".yml"};

/* Returns the length of a file's name without its ending. Returns 0 for names of other files. */
static size_t theme_files_stem(const char *file)
{
	size_t length = strlen(file);

	for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (length > ending && strcmp(file + length - ending, endings[i]) == 0)
			return length - ending;
	}
	return 0;
}

static int theme_names_add(struct theme_names *names, const char *name, size_t length)
{
	char(*item)[THEME_NAME_SIZE];
	size_t at = 0;

	if (length >= THEME_NAME_SIZE)
		return 0;
	while (at < names->count && strncmp(names->items[at], name, length) < 0)
		at++;
	if (at < names->count && strncmp(names->items[at], name, length) == 0 &&
	    names->items[at][length] == '\0')
		return 0;
	item = ARRAY_INSERT(names->items, names->count, names->capacity, at);
	if (!item)
		return -ENOMEM;
	snprintf(*item, sizeof(*item), "%.*s", (int)length, name);
	return 0;
}

int theme_files_list(const char *folder, struct theme_names *names)
{
	DIR *directory = folder ? opendir(folder) : NULL;
	struct dirent *entry;
	int err = 0;

	*names = (struct theme_names){0};
	for (size_t i = 0; i < ARRAY_LENGTH(shipped) && !err; i++)
		err = theme_names_add(names, shipped[i].name, strlen(shipped[i].name));
	while (directory && !err && (entry = readdir(directory)))
		if (theme_files_stem(entry->d_name))
			err = theme_names_add(names, entry->d_name,
					      theme_files_stem(entry->d_name));
	if (directory)
		closedir(directory);
	if (err)
		theme_names_clear(names);
	return err;
}

void theme_names_clear(struct theme_names *names)
{
	free(names->items);
	*names = (struct theme_names){0};
}

static int theme_files_parse(const char *path, const char *text, size_t length, struct scheme *out,
			     char why[THEME_WHY_SIZE])
{
	struct yaml_error error = {0};
	int err = scheme_read(text, length, out, &error);

	if (err == -EBADMSG)
		snprintf(why, THEME_WHY_SIZE, "%s:%u: %s", path, error.line, error.message);
	else if (err)
		snprintf(why, THEME_WHY_SIZE, "%s: %s", path, strerror(-err));
	return err;
}

static int theme_files_read_path(const char *path, struct scheme *out, char why[THEME_WHY_SIZE])
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int err = file_read_regular(path, FILE_MAX, &text, &length);

	if (!err)
		return theme_files_parse(path, text, length, out, why);
	if (err == -EFBIG)
		snprintf(why, THEME_WHY_SIZE, "%s: a scheme of at most %u MiB was expected", path,
			 FILE_MAX >> 20);
	else if (err == -EOPNOTSUPP)
		snprintf(why, THEME_WHY_SIZE, "%s: a file was expected", path);
	else
		snprintf(why, THEME_WHY_SIZE, "%s: %s", path, strerror(-err));
	return err;
}

static const char *theme_files_name_at(size_t index, const void *context)
{
	const struct theme_names *names = context;

	return names->items[index];
}

/* Writes that no theme has the name, and lists the names of all themes. */
static void theme_files_refuse(const char *folder, const char *name, char why[THEME_WHY_SIZE])
{
	struct theme_names names;
	const char *near;
	size_t length;

	if (theme_files_list(folder, &names)) {
		snprintf(why, THEME_WHY_SIZE, "no memory for the list of themes");
		return;
	}
	near = suggest(name, names.count, theme_files_name_at, &names);
	length = (size_t)snprintf(why, THEME_WHY_SIZE, "no theme %.64s", name);
	if (near) {
		snprintf(why + length, THEME_WHY_SIZE - length, "; did you mean %s?", near);
	} else {
		for (size_t i = 0; i < names.count && length < THEME_WHY_SIZE; i++)
			length += (size_t)snprintf(why + length, THEME_WHY_SIZE - length, "%s%s",
						   i ? ", " : ": there are ", names.items[i]);
	}
	theme_names_clear(&names);
}

bool theme_files_is_path(const char *name)
{
	return strchr(name, '/') || theme_files_stem(name);
}

int theme_files_read(const char *folder, const char *name, struct scheme *out,
		     char why[THEME_WHY_SIZE])
{
	char path[PATH_MAX];

	if (theme_files_is_path(name))
		return theme_files_read_path(name, out, why);
	for (size_t i = 0; folder && i < ARRAY_LENGTH(endings); i++) {
		int length = snprintf(path, sizeof(path), "%s/%s%s", folder, name, endings[i]);
		int err = length < (int)sizeof(path) ? theme_files_read_path(path, out, why)
						     : -ENOENT;

		if (err != -ENOENT && err != -ENOTDIR)
			return err;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(shipped); i++) {
		if (strcmp(shipped[i].name, name) != 0)
			continue;
		snprintf(path, sizeof(path), "themes/%s.yaml", name);
		return theme_files_parse(path, shipped[i].text, strlen(shipped[i].text), out, why);
	}
	theme_files_refuse(folder, name, why);
	return -ENOENT;
}
