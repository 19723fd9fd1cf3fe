/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/yaml_decode.h"
#include "tui/columns/column_list.h"
#include "tui/options/settings_filters.h"
#include "tui/options/settings_keys.h"

#define FILE_MAX (1u << 20)
/* The largest part of the room that a pane can have, in thousandths. */
#define SHARE_MOST 990
/* The blanks before the names of a mapping that is added. */
#define DEFAULT_INDENT 2

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

/* A setting that is one of two words. */
struct settings_words {
	const char *name;
	const char *first;
	const char *second;
};

static const struct settings_words policy_words = {"policy", SETTINGS_POLICY_RULES,
						   SETTINGS_POLICY_YAML};
static const struct settings_words connections_words = {"connections", SETTINGS_CONNECTIONS_FOLDED,
							SETTINGS_CONNECTIONS_UNFOLDED};

/* `type` is a struct settings_words. */
static int settings_decode_word(const struct yaml_decoding *decoding, const struct yaml_node *node,
				const void *type, void *member)
{
	const struct settings_words *words = type;
	int err = settings_decode_text(decoding, node, words->name, member);

	if (!err && strcmp(member, words->first) != 0 && strcmp(member, words->second) != 0)
		return yaml_refuse(decoding->error, node, "%s or %s was expected", words->first,
				   words->second);
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

/* Only checks the mapping. settings_read_filters returns the filters. */
static int settings_check_filters(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, const void *type, void *member)
{
	struct filter_names names;
	int err = settings_filters_decode(decoding->error, node, &names);

	(void)type;
	(void)member;
	filter_names_clear(&names);
	return err;
}

int settings_parse_splits(const char *text, struct layout_shares *out)
{
	int parts[LAYOUT_SHARES] = {0};
	int end = 0;

	*out = (struct layout_shares){0};
	if (*text == '\0')
		return 0;
	if (sscanf(text, "%4d %4d %4d %4d %4d %4d%n", &parts[0], &parts[1], &parts[2], &parts[3],
		   &parts[4], &parts[5], &end) != LAYOUT_SHARES ||
	    text[end] != '\0')
		return -EINVAL;
	for (size_t i = 0; i < LAYOUT_SHARES; i++)
		if (parts[i] < 0 || parts[i] > SHARE_MOST)
			return -EINVAL;
	*out = (struct layout_shares){parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
	return 0;
}

static int settings_decode_splits(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, const void *type, void *member)
{
	int err = settings_decode_text(decoding, node, type, member);
	struct layout_shares shares;

	if (!err && settings_parse_splits(member, &shares))
		return yaml_refuse(
			decoding->error, node,
			"%d numbers from 0 to %d were expected, such as \"280 300 600 667 "
			"600 500\"",
			LAYOUT_SHARES, SHARE_MOST);
	return err;
}

/* A setting is a row here and, except for `filters`, a member of struct settings. */
static const struct yaml_field fields[] = {
	{"theme", settings_decode_text, offsetof(struct settings, theme), "theme"},
	{"policy", settings_decode_word, offsetof(struct settings, policy), &policy_words},
	{"columns", settings_decode_columns, offsetof(struct settings, columns), "columns"},
	{"connections", settings_decode_word, offsetof(struct settings, connections),
	 &connections_words},
	{"splits", settings_decode_splits, offsetof(struct settings, splits), "splits"},
	{"keys", settings_decode_keys, offsetof(struct settings, keys), "keys"},
	{"filters", settings_check_filters, 0, "filters"},
	{0},
};
static const struct yaml_mapping mapping = {"settings", fields, NULL};

const char *settings_name(size_t index)
{
	return index < ARRAY_LENGTH(fields) ? fields[index].name : NULL;
}

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
	/* The named filter to set, if `name` is "filters"; NULL: none. */
	const char *filter;
	unsigned int filter_line;    /* of its name; 0: there is no such filter */
	bool inlined;                /* the mapping begins on the line of its key */
	unsigned int indent;         /* the blanks before the names; 0: there is no filter */
	struct filter_names filters; /* free with filter_names_clear */
};

/* Finds the lines of the setting and of the named filter to change. */
static void settings_find_lines(const struct yaml_node *root, struct settings_file *file)
{
	const struct yaml_node *value = NULL;

	for (size_t i = 0; file->name && root->kind == YAML_MAPPING && i < root->count; i++) {
		if (!yaml_is(root->items[2 * i], file->name))
			continue;
		file->line = root->items[2 * i]->line;
		value = root->items[2 * i + 1];
	}
	if (!value || !file->filter || value->kind != YAML_MAPPING || value->count == 0)
		return;
	/* A mapping in braces has no lines to change. */
	file->inlined = value->items[0]->line == file->line;
	file->indent = value->items[0]->column - 1;
	for (size_t i = 0; i < value->count; i++) {
		if (yaml_is(value->items[2 * i], file->filter))
			file->filter_line = value->items[2 * i]->line;
	}
}

/* Decodes a text into file->settings and file->filters, and finds the lines. */
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
	file->filter_line = 0;
	file->indent = 0;
	file->inlined = false;
	err = yaml_reader_next(reader, &root, error);
	if (!err && root)
		err = settings_check_keys(root, error);
	if (!err && root)
		err = yaml_decode_mapping(&decoding, root, &mapping, &settings);
	if (!err && yaml_get(root, "filters"))
		err = settings_filters_decode(error, yaml_get(root, "filters"), &file->filters);
	if (!err && root)
		settings_find_lines(root, file);
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
	filter_names_clear(&file.filters);
	return err;
}

int settings_read_filters(const char *path, struct filter_names *out, char why[SETTINGS_WHY_SIZE])
{
	CLEANUP_BUFFER struct buffer text = {0};
	struct settings_file file = {.name = NULL};
	int err = settings_load(path, &text, &file, why);

	if (err)
		filter_names_clear(&file.filters);
	*out = file.filters;
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

/* Appends `  NAME: "EXPRESSION"`. */
static void settings_append_filter(struct buffer *text, const struct settings_file *file,
				   const char *value)
{
	for (unsigned int i = 0; i < (file->indent ? file->indent : DEFAULT_INDENT); i++)
		buffer_append_char(text, ' ');
	settings_append(text, file->filter, value);
}

/* Appends the setting, as it is if the file lacks it. */
static void settings_append_setting(struct buffer *text, const struct settings_file *file,
				    const char *value)
{
	if (!file->filter) {
		settings_append(text, file->name, value);
		return;
	}
	buffer_append_text(text, file->name);
	buffer_append_text(text, ":\n");
	settings_append_filter(text, file, value);
}

/* Appends the line of a number (`length` bytes, with its newline), or what replaces it. Returns 0,
 * or -EINVAL if the line does not begin with the key, as in {theme: dark}. */
static int settings_append_line(struct buffer *text, const struct settings_file *file,
				unsigned int number, const char *line, size_t length,
				const char *value)
{
	unsigned int replaced = file->filter && file->indent ? file->filter_line : file->line;
	const char *name = file->filter && file->indent ? file->filter : file->name;

	if (number == replaced) {
		if (strncmp(line + strspn(line, " "), name, strlen(name)) != 0)
			return -EINVAL;
		if (value && name == file->filter)
			settings_append_filter(text, file, value);
		else if (value)
			settings_append_setting(text, file, value);
		return 0;
	}
	buffer_append(text, line, length);
	if (line[length - 1] != '\n')
		buffer_append_char(text, '\n');
	/* A new filter is the first one. */
	if (value && number == file->line && file->indent && file->filter_line == 0)
		settings_append_filter(text, file, value);
	return 0;
}

/* Writes the old text to `text`, with the line of the setting or of the named filter replaced,
 * added or, if `value` is NULL, removed. Returns 0, -ENOMEM or -EINVAL. */
static int settings_replace(const struct buffer *old, const struct settings_file *file,
			    const char *value, struct buffer *text)
{
	const char *end = old->data + old->length;
	const char *start = old->data;

	if (file->inlined)
		return -EINVAL;
	for (unsigned int number = 1; old->length && start < end; number++) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		const char *next = newline ? newline + 1 : end;

		if (settings_append_line(text, file, number, start, (size_t)(next - start), value))
			return -EINVAL;
		start = next;
	}
	if (file->line == 0 && value)
		settings_append_setting(text, file, value);
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

static int settings_write_once(const char *path, const struct buffer *text)
{
	CLEANUP_FREE char *target = realpath(path, NULL);
	int err = target ? 0 : settings_make_folders(path);

	return err ? err
		   : file_write(target ? target : path, text->data, text->length,
				FILE_WRITE_REPLACE);
}

/* The folders may be those of the user of sudo, too. */
static int settings_write(const char *path, const struct buffer *text)
{
	int error = settings_write_once(path, text);

	if (caller_enter(error)) {
		error = settings_write_once(path, text);
		caller_leave();
	}
	return error;
}

/* Returns the value to change; NULL: no such named filter. */
static const char *settings_present(const struct settings_file *file)
{
	return file->filter ? filter_names_find(&file->filters, file->filter, strlen(file->filter))
			    : settings_value(&file->settings, file->name);
}

/* Checks that a text, decoded, has the value: a value may continue on the next line, which is not
 * replaced. Returns 0, or -EINVAL with the reason in `why`. */
static int settings_check_text(const char *path, const struct buffer *text,
			       const struct settings_file *file, const char *value,
			       char why[SETTINGS_WHY_SIZE])
{
	struct settings_file written = {.name = file->name, .filter = file->filter};
	struct yaml_error error = {0};
	int err = settings_decode(text->data, text->length, &written, &error);
	bool has = !err && text_compare(settings_present(&written), value) == 0;

	filter_names_clear(&written.filters);
	if (has)
		return 0;
	snprintf(why, SETTINGS_WHY_SIZE,
		 "%s:%u: a line \"%s: VALUE\" was expected, which polecat can replace", path,
		 file->line ? file->line : 1, file->filter ? file->filter : file->name);
	return -EINVAL;
}

/* Checks that all named filters are valid after a change: they may contain each other. */
static int settings_check_names(const struct settings_file *file, const char *value,
				char why[SETTINGS_WHY_SIZE])
{
	struct filter_error reason = {0};
	struct filter_names names;
	const char *wrong = NULL;
	int err = filter_names_copy(&file->filters, &names);

	if (!err && value)
		err = filter_names_set(&names, file->filter, value);
	else if (!err && !filter_names_remove(&names, file->filter))
		err = -ENOENT;
	if (!err)
		err = settings_filters_check(&names, &wrong, &reason);
	if (err == -EINVAL)
		snprintf(why, SETTINGS_WHY_SIZE, "@%s, column %zu: %s", wrong, reason.column,
			 reason.message);
	else if (err == -ENOENT)
		snprintf(why, SETTINGS_WHY_SIZE, "there is no filter @%s", file->filter);
	else if (err == -ENOSPC)
		snprintf(why, SETTINGS_WHY_SIZE, "there are %d filters already", FILTER_NAMES_MAX);
	else if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s", strerror(-err));
	filter_names_clear(&names);
	return err;
}

/* Checks a value of a setting by decoding a text that has only this setting. */
static int settings_check_value(const struct settings_file *file, const char *value,
				char why[SETTINGS_WHY_SIZE])
{
	CLEANUP_BUFFER struct buffer text = {0};
	struct settings_file alone = {.name = file->name};
	struct yaml_error error = {0};
	int err;

	settings_append(&text, file->name, value);
	err = buffer_append(&text, "", 0);
	if (!err)
		err = settings_decode(text.data, text.length, &alone, &error);
	if (err == -EBADMSG)
		snprintf(why, SETTINGS_WHY_SIZE, "%s", error.message);
	else if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s", strerror(-err));
	return err == -EBADMSG ? -EINVAL : err;
}

/* Changes what `file` names. */
static int settings_change(const char *path, struct settings_file *file, const char *value,
			   char why[SETTINGS_WHY_SIZE])
{
	CLEANUP_BUFFER struct buffer old = {0};
	CLEANUP_BUFFER struct buffer text = {0};
	int err = settings_load(path, &old, file, why);

	if (err)
		return err;
	err = file->filter ? settings_check_names(file, value, why)
			   : settings_check_value(file, value, why);
	if (err)
		return err;
	if (text_compare(settings_present(file), value) == 0)
		return 0;
	err = settings_replace(&old, file, value, &text);
	if (!err || err == -EINVAL)
		err = settings_check_text(path, err ? &old : &text, file, value, why);
	if (err == -EINVAL)
		return err;
	if (!err)
		err = settings_write(path, &text);
	if (err)
		snprintf(why, SETTINGS_WHY_SIZE, "%s: %s", path, strerror(-err));
	return err;
}

int settings_set(const char *path, const char *name, const char *value, char why[SETTINGS_WHY_SIZE])
{
	struct settings_file file = {.name = name};
	int err = settings_change(path, &file, value, why);

	filter_names_clear(&file.filters);
	return err;
}

int settings_set_filter(const char *path, const char *name, const char *text,
			char why[SETTINGS_WHY_SIZE])
{
	struct settings_file file = {.name = "filters", .filter = name};
	int err = settings_change(path, &file, text, why);

	filter_names_clear(&file.filters);
	return err;
}
