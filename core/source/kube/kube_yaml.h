/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeconfig files as YAML trees: fields by key, with messages that name file, line and what was
 * expected. Values never appear in messages: they may be credentials.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_YAML_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

/* One file. */
struct kube_yaml {
	char *path;
	yaml_document_t document;
	char *message; /* KUBE_CONFIG_MESSAGE_SIZE bytes, the caller's */
};

/* Files in the order of their precedence. Zero-initialise but for message. */
struct kube_yaml_files {
	struct kube_yaml *items;
	size_t count;
	char *message;
};

/* Reads one more file; what is missing may be skipped. 0, -errno with the message filled in, or
 * -ENOMEM. */
int kube_yaml_load(struct kube_yaml_files *files, const char *path, bool may_be_missing);
/* Paths separated by colons, if it is a list; else one path. */
int kube_yaml_load_list(struct kube_yaml_files *files, const char *paths, bool is_list);
void kube_yaml_clear(struct kube_yaml_files *files);

/* The outermost mapping; NULL: the file is empty. */
const yaml_node_t *kube_yaml_root(struct kube_yaml *yaml);

/* The value of a key in a mapping, or NULL. */
const yaml_node_t *kube_yaml_get(struct kube_yaml *yaml, const yaml_node_t *mapping,
				 const char *key);

/* null, ~, an empty text, an empty list or mapping. */
bool kube_yaml_is_empty(const yaml_node_t *node);

/* Fills in the message, "FILE:LINE: …", printf-like, and returns -EINVAL. */
int kube_yaml_refuse(struct kube_yaml *yaml, const yaml_node_t *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A copy of a text, to free; *out stays as it is where there is none. 0, -EINVAL, -ENOMEM. */
int kube_yaml_text(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key, char **out);

/* true or false; *out stays as it is where there is none. */
int kube_yaml_flag(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key, bool *out);

/* Calls `take` for each item of a list; none is fine. */
int kube_yaml_each(struct kube_yaml *yaml, const yaml_node_t *mapping, const char *key,
		   int (*take)(struct kube_yaml *yaml, const yaml_node_t *item, void *data),
		   void *data);

/* The mapping `body` of the item called `name` in the outermost list `list`. 1: found; 0: not;
 * -EINVAL. */
int kube_yaml_find(struct kube_yaml *yaml, const char *list, const char *body, const char *name,
		   const yaml_node_t **out);

/* A relative path becomes one below the folder of the file. NULL stays. 0 or -ENOMEM. */
int kube_yaml_resolve_path(const struct kube_yaml *yaml, char **path);

#endif
