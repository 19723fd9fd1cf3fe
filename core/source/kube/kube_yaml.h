/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the fields of kubeconfig files by key. Messages name the file, the line and the expected
 * value. They never contain values, which may be credentials. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_YAML_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/yaml.h"

struct kube_yaml_files;

/* One file. */
struct kube_yaml {
	const struct kube_yaml_files *files;
	char *path;
	char *text;
	struct yaml_reader *reader;
	const struct yaml_node *root; /* the outermost mapping; NULL: the file is empty */
};

/* Files in the order of their precedence. Set message and message_size, and zero-initialise the
 * other members. */
struct kube_yaml_files {
	struct kube_yaml *items;
	size_t count;
	char *message;
	size_t message_size;
};

/* Reads one more file, which may be missing if may_be_missing is true. Returns 0, -errno with a
 * message, or -ENOMEM. */
int kube_yaml_load(struct kube_yaml_files *files, const char *path, bool may_be_missing);
/* Reads the files in a list of paths, separated by colons. Missing files are skipped. */
int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths);
void kube_yaml_clear(struct kube_yaml_files *files);

/* A node and its file. */
struct kube_node {
	const struct kube_yaml *file;
	const struct yaml_node *at; /* NULL: missing or empty */
};

/* Returns the value of a key in a mapping. */
struct kube_node kube_yaml_get(struct kube_node mapping, const char *key);

/* Sets the message "FILE:LINE: …", printf-like, and returns -EINVAL. A missing node counts
 * as line 1. */
int kube_yaml_refuse(struct kube_node node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Copies the text of a key, to be freed. If the key is missing, *out is unchanged. Returns 0,
 * -EINVAL or -ENOMEM. */
int kube_yaml_text(struct kube_node mapping, const char *key, char **out);

/* Reads true or false. If the key is missing, *out is unchanged. Returns 0 or -EINVAL. */
int kube_yaml_flag(struct kube_node mapping, const char *key, bool *out);

/* Gets the items of the list under a key, and their number. If the key is missing, *count is 0.
 * Returns 0 or -EINVAL. */
int kube_yaml_list(struct kube_node mapping, const char *key, const struct yaml_node *const **items,
		   size_t *count);

/* Searches the outermost list `list` of each file for an item with the name `name`. Gets the
 * mapping `body` of the first such item. Returns 0 or -EINVAL. If no item has the name, returns 0,
 * and out->at is NULL. */
int kube_yaml_find(const struct kube_yaml_files *files, const char *list, const char *body,
		   const char *name, struct kube_node *out);

/*
 * Puts the folder of the kubeconfig file before a relative path. Leaves an absolute path and NULL
 * unchanged. Returns 0 or -ENOMEM.
 */
int kube_yaml_resolve_path(const struct kube_yaml *file, char **path);

#endif
