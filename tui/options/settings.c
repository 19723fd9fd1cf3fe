/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/yaml_decode.h"
#include "tui/columns/column_list.h"
#include "tui/options/settings_keys.h"

#define FILE_MAX (1u << 20)

int settings_path(const char *name, char path[PATH_MAX])
{
	const char *folder = getenv("XDG_CONFIG_HOME");
	const char *below = "";
	int length;

	/* The XDG Base Directory Specification: relative paths are ignored. */
	if (!folder || *folder != '/') {
		folder = getenv("HOME");
		below = "/.config";
	}
	if (!folder || !*folder)
		return -ENOENT;
	length = snprintf(path, PATH_MAX, "%s%s/polecat/%s", folder, below, name);
	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int settings_decode_text(const struct yaml_decoding *decoding, const struct yaml_node *node,
				const void *type, void *member)
{
	const char *text = NULL;
	int err = yaml_decode_text(decoding->error, node, type, &text);

	if (err)
		return err;
	if (strlen(text) >= SETTINGS_VALUE_SIZE)
		return yaml_refuse(decoding->error, node,
				   "a text of less than %d bytes was expected",
				   SETTINGS_VALUE_SIZE);
	snprintf(member, SETTINGS_VALUE_SIZE, "%s", text);
	return 0;
}

static int settings_decode_policy(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, const void *type, void *member)
{
	int err = settings_decode_text(decoding, node, type, member);

	if (!err && strcmp(member, SETTINGS_POLICY_RULES) != 0 &&
	    strcmp(member, SETTINGS_POLICY_YAML) != 0)
		return yaml_refuse(decoding->error, node, "%s or %s was expected",
				   SETTINGS_POLICY_RULES, SETTINGS_POLICY_YAML);
	return err;
}

static int settings_decode_columns(const struct yaml_decoding *decoding,
				   const struct yaml_node *node, const void *type, void *member)
{
	int err = settings_decode_text(decoding, node, type, member);
	char why[COLUMN_LIST_WHY_SIZE];
	struct column_list list;

	if (!err && column_list_parse(member, &list, why))
		return yaml_refuse(decoding->error, node, "%s", why);
	return err;
}

/* A setting is a row here, and a member of struct settings. */
static const struct yaml_field fields[] = {
	{"theme", settings_decode_text, offsetof(struct settings, theme), "theme"},
	{"policy", settings_decode_policy, offsetof(struct settings, policy), "policy"},
	{"columns", settings_decode_columns, offsetof(struct settings, columns), "columns"},
	{"keys", settings_decode_keys, offsetof(struct settings, keys), "keys"},
	{0},
};
static const struct yaml_mapping mapping = {"settings", fields, NULL};

/* Refuses keys that are not settings, and lists the settings. */
static int settings_check_keys(const struct yaml_node *root, struct yaml_error *error)
{
	char expected[128] = "";
	size_t length = 0;

	for (size_t i = 0; fields[i].name && length < sizeof(expected); i++)
		length += (size_t)snprintf(expected + length, sizeof(expected) - length, "%s%s",
					   i ? ", " : "", fields[i].name);
	for (size_t i = 0; root->kind == YAML_MAPPING && i < root->count; i++) {
		const struct yaml_node *key = root->items[2 * i];
		size_t field = 0;

		while (fields[field].name && !yaml_is(key, fields[field].name))
			field++;
		if (!fields[field].name)
			return yaml_refuse(error, key, "no setting '%.40s': %s was expected",
					   key->kind == YAML_SCALAR ? key->text : "", expected);
	}
	return 0;
}

/* Returns the value of a setting by its name, which must be in `fields`. */
static const char *settings_value(const struct settings *settings, const char *name)
{
	size_t field = 0;

	while (strcmp(fields[field].name, name) != 0)
		field++;
	return (const char *)settings + fields[field].offset;
}

/* A file with settings, and the line of the setting to change. */
struct settings_file {
	struct settings settings;
	const char *name;  /* of the setting to set; NULL: none */
	unsigned int line; /* of its key; 0: the file has no such key */
};

/* Decodes a text into file->settings, and finds file->line. */
static int settings_decode(const char *text, size_t length, struct settings_file *file,
			   struct yaml_error *error)
{
	struct yaml_decoding decoding = {.error = error};
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	struct settings settings = {0};
	int err = yaml_reader_new(text, length, &reader);

	if (err)
		return err;
	file->line = 0;
	err = yaml_reader_next(reader, &root, error);
	if (!err && root)
		err = settings_check_keys(root, error);
	if (!err && root)
		err = yaml_decode_mapping(&decoding, root, &mapping, &settings);
	for (size_t i = 0; !err && root && root->kind == YAML_MAPPING && i < root->count; i++)
		if (file->name && yaml_is(root->items[2 * i], file->name))
			file->line = root->items[2 * i]->line;
	yaml_reader_free(reader);
	if (!err)
		file->settings = settings;
	return err;
}

/* Reads and decodes the file. The text of a missing file is empty. */
static int settings_load(const char *path, struct buffer *text, struct settings_file *file,
			 char why[SETTINGS_WHY_SIZE])
{
	struct yaml_error error = {0};
	CLEANUP_FREE char *bytes = NULL;
	size_t length = 0;
	int err = file_read_regular(path, FILE_MAX, &bytes, &length);

	file->settings = (struct settings){0};
	file->line = 0;
	if (err == -ENOENT || err == -ENOTDIR)
		return 0;
	if (!err)
		err = settings_decode(bytes, length, file, &error);
	if (!err)
		err = buffer_append(text, bytes, length);
	if (err == -EBADMSG)
		snprintf(why, SETTINGS_WHY_SIZE, "%s:%u: %s", path, error.line, error.message);
	else if (err == -EFBIG)
		snprintf(why, SETTINGS_WHY_SIZE, "%s: at most %u MiB were expected", path,
			 FILE_MAX >> 20);
	else if (err == -EOPNOTSUPP)
		snprintf(why, SETTINGS_WHY_SIZE, "%s: a file was expected", path);
	else if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s: %s", path, strerror(-err));
	return err;
}

int settings_read(const char *path, struct settings *out, char why[SETTINGS_WHY_SIZE])
{
	CLEANUP_BUFFER struct buffer text = {0};
	struct settings_file file = {.name = NULL};
	int err = settings_load(path, &text, &file, why);

	*out = file.settings;
	return err;
}

/* Appends `theme: "NAME"`, quoted as YAML and JSON do. */
static void settings_append(struct buffer *text, const char *name, const char *value)
{
	buffer_append_text(text, name);
	buffer_append_text(text, ": \"");
	for (const char *byte = value; *byte; byte++) {
		if (*byte == '"' || *byte == '\\')
			buffer_append_char(text, '\\');
		buffer_append_char(text, *byte);
	}
	buffer_append_text(text, "\"\n");
}

/* Writes the old text to `text`, with the line of the setting replaced, or added at the end.
 * Returns 0, -ENOMEM, or -EINVAL if the line does not begin with the key, as in {theme: dark}. */
static int settings_replace(const struct buffer *old, const struct settings_file *file,
			    const char *value, struct buffer *text)
{
	const char *end = old->data + old->length;
	const char *start = old->data;

	for (unsigned int number = 1; old->length && start < end; number++) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		const char *next = newline ? newline + 1 : end;
		bool replaced = number == file->line;

		if (replaced && strncmp(start, file->name, strlen(file->name)) != 0)
			return -EINVAL;
		if (replaced)
			settings_append(text, file->name, value);
		else
			buffer_append(text, start, (size_t)(next - start));
		if (!replaced && !newline)
			buffer_append_char(text, '\n');
		start = next;
	}
	if (file->line == 0)
		settings_append(text, file->name, value);
	/* Report an earlier failure, too. */
	return buffer_append(text, "", 0);
}

/* Creates the folders of a path. Folders that exist are fine. */
static int settings_make_folders(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int settings_write(const char *path, const struct buffer *text)
{
	CLEANUP_FREE char *target = realpath(path, NULL);
	int err = target ? 0 : settings_make_folders(path);

	return err ? err
		   : file_write(target ? target : path, text->data, text->length,
				FILE_WRITE_REPLACE);
}

int settings_set(const char *path, const char *name, const char *value, char why[SETTINGS_WHY_SIZE])
{
	CLEANUP_BUFFER struct buffer old = {0};
	CLEANUP_BUFFER struct buffer text = {0};
	struct settings_file file = {.name = name};
	struct settings_file written = {.name = name};
	struct yaml_error ignored = {0};
	int err = settings_load(path, &old, &file, why);

	if (err)
		return err;
	if (strcmp(settings_value(&file.settings, name), value) == 0)
		return 0;
	err = settings_replace(&old, &file, value, &text);
	/* Check the result, because a value may continue on the next line. */
	if (err == -EINVAL ||
	    (!err && (settings_decode(text.data, text.length, &written, &ignored) ||
		      strcmp(settings_value(&written.settings, name), value) != 0))) {
		snprintf(why, SETTINGS_WHY_SIZE,
			 "%s:%u: a line \"%s: VALUE\" was expected, which polecat can replace",
			 path, file.line ? file.line : 1, name);
		return -EINVAL;
	}
	if (!err)
		err = settings_write(path, &text);
	if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s: %s", path, strerror(-err));
	return err;
}
