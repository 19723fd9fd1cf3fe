/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeconfig files: fields by key, with messages that name the file, the line and the expected
 * value. Messages never contain values, which may be credentials.
 */
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

/* Files in the order of their precedence. Zero-initialise but for message and its size. */
struct kube_yaml_files {
	struct kube_yaml *items;
	size_t count;
	char *message;
	size_t message_size;
};

/* Reads one more file; a missing one may be skipped. 0, -errno with a message, or -ENOMEM. */
int kube_yaml_load(struct kube_yaml_files *files, const char *path, bool may_be_missing);
/* Reads the files of a list of paths, separated by colons, that may be missing. */
int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths);
void kube_yaml_clear(struct kube_yaml_files *files);

/* Sets the message "FILE:LINE: …", printf-like, and returns -EINVAL. `at` NULL: line 1. */
int kube_yaml_refuse(const struct kube_yaml *yaml, const struct yaml_node *at, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

/* Copies a text, to be freed; *out stays as it is if the key is missing or empty. 0, -EINVAL,
 * -ENOMEM. */
int kube_yaml_text(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   char **out);

/* Reads true or false; *out stays as it is if the key is missing or empty. 0 or -EINVAL. */
int kube_yaml_flag(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   bool *out);

/* Finds the list of a key. *out NULL: it is missing or empty. 0 or -EINVAL. */
int kube_yaml_list(const struct kube_yaml *yaml, const struct yaml_node *mapping, const char *key,
		   const struct yaml_node **out);

/* Finds the mapping `body` of the item called `name` in the outermost list `list` of the first file
 * that has it. 1: found in *yaml; 0: not found; -EINVAL. */
int kube_yaml_find(const struct kube_yaml_files *files, const char *list, const char *body,
		   const char *name, const struct kube_yaml **yaml, const struct yaml_node **out);

/* Makes a relative path relative to the folder of the file. NULL stays. 0 or -ENOMEM. */
int kube_yaml_resolve_path(const struct kube_yaml *yaml, char **path);

#endif
