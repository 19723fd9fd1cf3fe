/* SPDX-License-Identifier: Apache-2.0 */
/* Lists all objects of one kind of policy, in the caller's thread. Only kube_policies.c uses it. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_POLICY_LIST_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_POLICY_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/kube/kube_client.h"
#include "core/source/kube/kube_list.h"

struct kube_policy {
	char *namespace_name;
	char *name;
	char *text; /* JSON; NULL if the list's text_kind is NULL */
};

/* Set client, resource, text_version and text_kind, and zero-initialise the rest. Free with
 * kube_policy_list_clear. */
struct kube_policy_list {
	struct kube_client *client; /* its message describes the failure */
	const char *resource;       /* for messages: "networkpolicies" */
	/* apiVersion and kind to write into the texts of the objects. NULL: read only the names. */
	const char *text_version;
	const char *text_kind;
	struct kube_policy *items; /* in the server's order */
	size_t count;
	size_t capacity;
	size_t bytes;
	struct kube_list pages;
	struct kube_reader *reader; /* reads the page in flight */
};

/*
 * Reads all pages of a path. The answers must be of `kind` (NULL: any list). Returns 0, or -errno
 * with a message: -ENOENT: no such resource (HTTP status 404); -EACCES: refused; -EBADMSG: not a
 * list; -EFBIG: the list does not end; or an error of http_perform.
 */
int kube_policy_list_read(struct kube_policy_list *list, const char *path, const char *kind);

/* Sets the message for an HTTP status other than 200. action is like "list networkpolicies at
 * cluster scope". Returns -ENOENT, -EACCES or -EIO. */
int kube_policy_list_refuse(struct kube_client *client, int status, const char *action);

void kube_policy_list_clear(struct kube_policy_list *list);

#endif
