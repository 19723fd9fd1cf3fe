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
#include "core/base/memory.h"
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
		return kube_yaml_refuse((struct kube_node){yaml, yaml->root},
					"a kubeconfig was expected");
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
	*yaml = (struct kube_yaml){
		.files = files, .path = memory_checked(strdup(path)), .text = text};
	return yaml->path ? kube_yaml_parse(yaml, length) : -ENOMEM;
}

int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths)
{
	while (*paths) {
		const char *end = strchrnul(paths, ':');
		CLEANUP_FREE char *path = memory_checked(strndup(paths, (size_t)(end - paths)));
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
		struct kube_yaml *yaml = &files->items[i];
		/* A kubeconfig has tokens and keys. */
		if (yaml->reader)
			yaml_reader_wipe(yaml->reader);
		yaml_reader_free(yaml->reader);
		explicit_bzero(yaml->text, strlen(yaml->text));
		free(yaml->text);
		free(files->items[i].path);
	}
	free(files->items);
	files->items = NULL;
	files->count = 0;
}

int kube_yaml_refuse(struct kube_node node, const char *format, ...)
{
	const struct kube_yaml_files *files = node.file->files;
	char reason[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(files->message, files->message_size, "%s:%u: %s", node.file->path,
		 node.at ? node.at->line : 1, reason);
	return -EINVAL;
}

struct kube_node kube_yaml_get(struct kube_node mapping, const char *key)
{
	const struct yaml_node *at = yaml_get(mapping.at, key);

	return (struct kube_node){mapping.file, at && !yaml_is_empty(at) ? at : NULL};
}

int kube_yaml_text(struct kube_node mapping, const char *key, char **out)
{
	struct kube_node node = kube_yaml_get(mapping, key);

	if (!node.at)
		return 0;
	if (node.at->kind != YAML_SCALAR || strlen(node.at->text) != node.at->count)
		return kube_yaml_refuse(node, "%s: a text was expected", key);
	return text_copy(node.at->text, out);
}

int kube_yaml_flag(struct kube_node mapping, const char *key, bool *out)
{
	struct kube_node node = kube_yaml_get(mapping, key);

	if (!node.at)
		return 0;
	if (!yaml_is(node.at, "true") && !yaml_is(node.at, "false"))
		return kube_yaml_refuse(node, "%s: true or false was expected", key);
	*out = yaml_is(node.at, "true");
	return 0;
}

int kube_yaml_list(struct kube_node mapping, const char *key, const struct yaml_node *const **items,
		   size_t *count)
{
	struct kube_node node = kube_yaml_get(mapping, key);

	*count = 0;
	if (!node.at)
		return 0;
	if (node.at->kind != YAML_LIST)
		return kube_yaml_refuse(node, "%s: a list was expected", key);
	*items = node.at->items;
	*count = node.at->count;
	return 0;
}

int kube_yaml_find(const struct kube_yaml_files *files, const char *list, const char *body,
		   const char *name, struct kube_node *out)
{
	*out = (struct kube_node){0};
	for (size_t i = 0; i < files->count; i++) {
		const struct kube_yaml *file = &files->items[i];
		const struct yaml_node *const *items = NULL;
		size_t count = 0;
		int error =
			kube_yaml_list((struct kube_node){file, file->root}, list, &items, &count);
		if (error)
			return error;
		/* The first item with that name counts. */
		for (size_t j = 0; j < count; j++) {
			if (!yaml_is(yaml_get(items[j], "name"), name))
				continue;
			*out = (struct kube_node){file, yaml_get(items[j], body)};
			if (out->at && out->at->kind == YAML_MAPPING)
				return 0;
			return kube_yaml_refuse((struct kube_node){file, items[j]},
						"%s: a mapping was expected", body);
		}
	}
	return 0;
}

int kube_yaml_resolve_path(const struct kube_yaml *file, char **path)
{
	const char *slash = strrchr(file->path, '/');
	char *resolved = NULL;

	if (!*path || (*path)[0] == '/' || !slash)
		return 0;
	if (asprintf(&resolved, "%.*s/%s", (int)(slash - file->path), file->path, *path) < 0)
		return -ENOMEM;
	free(*path);
	*path = resolved;
	return 0;
}
