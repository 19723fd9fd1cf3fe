/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf, strchrnul */
#include "core/source/kube/kube_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"

/* kubeconfig files of large companies have hundreds of clusters with certificates. */
#define FILE_MAX (16u << 20)

static int kube_yaml_parse(struct kube_yaml *yaml, size_t length)
{
	const struct kube_yaml_files *files = yaml->files;
	struct yaml_error why = {0};
	int error = yaml_reader_new(yaml->text, length, &yaml->reader);

	if (!error)
		error = yaml_reader_next(yaml->reader, &yaml->root, &why);
	if (error == -EBADMSG) {
		snprintf(files->message, files->message_size, "%s:%u: %s", yaml->path, why.line,
			 why.message);
		return -EINVAL;
	}
	if (error || !yaml->root)
		return error;
	if (yaml_is_empty(yaml->root))
		yaml->root = NULL;
	else if (yaml->root->kind != YAML_MAPPING)
		return kube_yaml_refuse(yaml, yaml->root, "a kubeconfig was expected");
	return 0;
}

int kube_yaml_load(struct kube_yaml_files *files, const char *path, bool may_be_missing)
{
	char *text = NULL;
	size_t length = 0;
	int error = file_read(path, FILE_MAX, &text, &length);

	if ((error == -ENOENT || error == -ENOTDIR) && may_be_missing)
		return 0;
	if (error == -EFBIG) {
		snprintf(files->message, files->message_size,
			 "%s: a kubeconfig of at most %u MiB was expected", path, FILE_MAX >> 20);
		return -EINVAL;
	}
	if (error) {
		snprintf(files->message, files->message_size, "%s: %s", path, strerror(-error));
		return error;
	}
	struct kube_yaml *yaml = ARRAY_EXTEND(files->items, files->count);
	if (!yaml) {
		free(text);
		return -ENOMEM;
	}
	*yaml = (struct kube_yaml){.files = files, .path = strdup(path), .text = text};
	return yaml->path ? kube_yaml_parse(yaml, length) : -ENOMEM;
}

int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths)
{
	while (*paths) {
		const char *end = strchrnul(paths, ':');
		CLEANUP_FREE char *path = strndup(paths, (size_t)(end - paths));
		if (!path)
			return -ENOMEM;
		int error = path[0] ? kube_yaml_load(files, path, true) : 0;
		if (error)
			return error;
		paths = *end ? end + 1 : end;
	}
	return 0;
}

void kube_yaml_clear(struct kube_yaml_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		yaml_reader_free(files->items[i].reader);
		free(files->items[i].text);
		free(files->items[i].path);
	}
	free(files->items);
	files->items = NULL;
	files->count = 0;
}

int kube_yaml_refuse(const struct kube_yaml *yaml, const struct yaml_node *at, const char *format,
		     ...)
{
	char reason[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(yaml->files->message, yaml->files->message_size, "%s:%u: %s", yaml->path,
		 at ? at->line : 1, reason);
	return -EINVAL;
}

int kube_yaml_text(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   char **out)
{
	const struct yaml_node *node = yaml_get(mapping, key);

	if (!node || yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_SCALAR || strlen(node->text) != node->count)
		return kube_yaml_refuse(yaml, node, "%s: a text was expected", key);
	return text_copy(node->text, out);
}

int kube_yaml_flag(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   bool *out)
{
	const struct yaml_node *node = yaml_get(mapping, key);

	if (!node || yaml_is_empty(node))
		return 0;
	if (!yaml_is(node, "true") && !yaml_is(node, "false"))
		return kube_yaml_refuse(yaml, node, "%s: true or false was expected", key);
	*out = yaml_is(node, "true");
	return 0;
}

int kube_yaml_list(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   const struct yaml_node **out)
{
	const struct yaml_node *list = yaml_get(mapping, key);

	*out = list && !yaml_is_empty(list) ? list : NULL;
	if (*out && list->kind != YAML_LIST)
		return kube_yaml_refuse(yaml, list, "%s: a list was expected", key);
	return 0;
}

static int kube_yaml_find_in_file(const struct kube_yaml *yaml, const char *list, const char *body,
				  const char *name, const struct yaml_node **out)
{
	const struct yaml_node *items = NULL;
	int error = kube_yaml_list(yaml, yaml->root, list, &items);

	if (error)
		return error;
	/* The first item of that name counts. */
	for (size_t i = 0; items && i < items->count; i++) {
		const struct yaml_node *item = items->items[i];
		if (!yaml_is(yaml_get(item, "name"), name))
			continue;
		*out = yaml_get(item, body);
		if (*out && (*out)->kind == YAML_MAPPING)
			return 1;
		return kube_yaml_refuse(yaml, item, "%s: a mapping was expected", body);
	}
	return 0;
}

int kube_yaml_find(const struct kube_yaml_files *files, const char *list, const char *body,
		   const char *name, const struct kube_yaml **yaml, const struct yaml_node **out)
{
	int found = 0;

	for (size_t i = 0; found == 0 && i < files->count; i++) {
		*yaml = &files->items[i];
		found = kube_yaml_find_in_file(*yaml, list, body, name, out);
	}
	return found;
}

int kube_yaml_resolve_path(const struct kube_yaml *yaml, char **path)
{
	const char *slash = strrchr(yaml->path, '/');
	char *resolved = NULL;

	if (!*path || (*path)[0] == '/' || !slash)
		return 0;
	if (asprintf(&resolved, "%.*s/%s", (int)(slash - yaml->path), yaml->path, *path) < 0)
		return -ENOMEM;
	free(*path);
	*path = resolved;
	return 0;
}
