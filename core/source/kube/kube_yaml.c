/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf, strchrnul */
#include "core/source/kube/kube_yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/source/kube/kube_config.h"

/* kubeconfig files of big companies have hundreds of clusters with certificates. */
#define FILE_MAX (16u << 20)

static int parse(struct kube_yaml *yaml, FILE *file)
{
	yaml_parser_t parser;
	int error = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &yaml->document)) {
		error = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
		snprintf(yaml->message, KUBE_CONFIG_MESSAGE_SIZE, "%s:%zu: %s", yaml->path,
			 parser.problem_mark.line + 1,
			 parser.problem ? parser.problem : "YAML was expected");
	}
	yaml_parser_delete(&parser);
	return error;
}

static int check_root(struct kube_yaml *yaml)
{
	const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);

	if (root && root->type != YAML_MAPPING_NODE && !kube_yaml_is_empty(root))
		return kube_yaml_refuse(yaml, root, "a kubeconfig was expected");
	return 0;
}

int kube_yaml_load(struct kube_yaml_files *files, const char *path, bool may_be_missing)
{
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");
	struct stat status = {0};

	if (!file && may_be_missing && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	int error = !file || fstat(fileno(file), &status) != 0 ? -errno : 0;
	if (!error && S_ISDIR(status.st_mode))
		error = -EISDIR;
	if (error) {
		snprintf(files->message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s", path,
			 strerror(-error));
		return error;
	}
	if (S_ISREG(status.st_mode) && status.st_size > FILE_MAX) {
		snprintf(files->message, KUBE_CONFIG_MESSAGE_SIZE,
			 "%s: a kubeconfig of at most %u MiB was expected", path, FILE_MAX >> 20);
		return -EINVAL;
	}
	struct kube_yaml *grown =
		reallocarray(files->items, files->count + 1, sizeof(*files->items));
	if (!grown)
		return -ENOMEM;
	files->items = grown;
	struct kube_yaml *yaml = &files->items[files->count];
	*yaml = (struct kube_yaml){.path = strdup(path), .message = files->message};
	if (!yaml->path)
		return -ENOMEM;
	error = parse(yaml, file);
	if (error) {
		free(yaml->path);
		return error;
	}
	files->count++;
	return check_root(yaml);
}

int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths, bool is_list)
{
	if (!is_list)
		return kube_yaml_load(files, paths, false);
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
		yaml_document_delete(&files->items[i].document);
		free(files->items[i].path);
	}
	free(files->items);
	files->items = NULL;
	files->count = 0;
}

const yaml_node_t *kube_yaml_root(struct kube_yaml *yaml)
{
	const yaml_node_t *root = yaml_document_get_root_node(&yaml->document);

	return root && root->type == YAML_MAPPING_NODE ? root : NULL;
}

static bool is_key(const yaml_node_t *node, const char *key)
{
	return node && node->type == YAML_SCALAR_NODE &&
	       strcmp((const char *)node->data.scalar.value, key) == 0;
}

const yaml_node_t *kube_yaml_get(struct kube_yaml *yaml, const yaml_node_t *mapping,
				 const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		if (is_key(yaml_document_get_node(&yaml->document, pair->key), key))
			return yaml_document_get_node(&yaml->document, pair->value);
	}
	return NULL;
}

bool kube_yaml_is_empty(const yaml_node_t *node)
{
	const char *text;

	switch (node->type) {
	case YAML_SCALAR_NODE:
		text = (const char *)node->data.scalar.value;
		return text[0] == '\0' || (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
					   (strcmp(text, "null") == 0 || strcmp(text, "~") == 0));
	case YAML_SEQUENCE_NODE:
		return node->data.sequence.items.start == node->data.sequence.items.top;
	case YAML_MAPPING_NODE:
		return node->data.mapping.pairs.start == node->data.mapping.pairs.top;
	case YAML_NO_NODE:
		break;
	}
	return true;
}

int kube_yaml_refuse(struct kube_yaml *yaml, const yaml_node_t *at, const char *format, ...)
{
	char reason[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(yaml->message, KUBE_CONFIG_MESSAGE_SIZE, "%s:%zu: %s", yaml->path,
		 at ? at->start_mark.line + 1 : 1, reason);
	return -EINVAL;
}

int kube_yaml_text(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key, char **out)
{
	const yaml_node_t *node = kube_yaml_get(yaml, mapping, key);

	if (!node || kube_yaml_is_empty(node))
		return 0;
	if (node->type != YAML_SCALAR_NODE ||
	    strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return kube_yaml_refuse(yaml, node, "%s: a text was expected", key);
	char *copy = strdup((const char *)node->data.scalar.value);
	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

int kube_yaml_flag(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key, bool *out)
{
	const yaml_node_t *node = kube_yaml_get(yaml, mapping, key);

	if (!node || kube_yaml_is_empty(node))
		return 0;
	if (is_key(node, "true"))
		*out = true;
	else if (is_key(node, "false"))
		*out = false;
	else
		return kube_yaml_refuse(yaml, node, "%s: true or false was expected", key);
	return 0;
}

int kube_yaml_each(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key,
		   int (*take)(struct kube_yaml *yaml, const yaml_node_t *item, void *data),
		   void *data)
{
	const yaml_node_t *list = kube_yaml_get(yaml, mapping, key);

	if (!list || kube_yaml_is_empty(list))
		return 0;
	if (list->type != YAML_SEQUENCE_NODE)
		return kube_yaml_refuse(yaml, list, "%s: a list was expected", key);
	for (const yaml_node_item_t *item = list->data.sequence.items.start;
	     item < list->data.sequence.items.top; item++) {
		const yaml_node_t *node = yaml_document_get_node(&yaml->document, *item);
		int error = node ? take(yaml, node, data) : 0;
		if (error)
			return error;
	}
	return 0;
}

struct search {
	const char *name;
	const char *body;
	const yaml_node_t *found;
};

static int match_item(struct kube_yaml *yaml, const yaml_node_t *item, void *data)
{
	struct search *search = data;
	const yaml_node_t *name = kube_yaml_get(yaml, item, "name");

	if (!is_key(name, search->name))
		return 0;
	search->found = kube_yaml_get(yaml, item, search->body);
	if (!search->found || search->found->type != YAML_MAPPING_NODE)
		return kube_yaml_refuse(yaml, item, "%s: a mapping was expected", search->body);
	/* The first of a name is the one. */
	return 1;
}

int kube_yaml_find(struct kube_yaml *yaml, const char *list, const char *body, const char *name,
		   const yaml_node_t **out)
{
	struct search search = {.name = name, .body = body};
	int result = kube_yaml_each(yaml, kube_yaml_root(yaml), list, match_item, &search);

	if (result == 1)
		*out = search.found;
	return result;
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
