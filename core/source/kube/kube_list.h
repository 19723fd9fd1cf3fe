/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of the Kubernetes API, read in pages (kubernetes.io, "API concepts", "Retrieving large
 * results sets in chunks"). This module makes the path of the next request and evaluates its
 * answer. The caller sends the requests.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_LIST_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_LIST_H

#include "core/base/buffer.h"
#include "core/source/kube/kube_reader.h"

/* Set path, kind and selector, and zero-initialise the rest. Free with kube_list_restart. */
struct kube_list {
	const char *path;     /* "/api/v1/pods" */
	const char *kind;     /* kind of the answer: "NetworkPolicyList"; NULL: any list */
	const char *selector; /* "fieldSelector=…", escaped; NULL: all objects */
	char *next_page;      /* the server's token for the next page; NULL: the first page */
	unsigned int expired; /* number of successive lists whose token expired before the next
	                       * request */
};

/* Returns the path and query of the next page, to be freed, or NULL if out of memory. After two
 * expired lists, the query asks for everything in one page. */
char *kube_list_path(const struct kube_list *list);

/*
 * Ends a page that `reader` has read. Returns 1 if more pages follow. Returns 0 if the list is
 * complete, and replaces *version (NULL: not wanted) by the version to watch from. Other results:
 * -EPROTO: not JSON; -EBADMSG: not a list of this kind; -ENOMEM.
 */
int kube_list_end_page(struct kube_list *list, struct kube_reader *reader, char **version);

/* Call this when the server has forgotten the list (HTTP status 410). The next page is the first
 * one again. */
void kube_list_expire(struct kube_list *list);

/* Makes the next page the first one. Frees the token. */
void kube_list_restart(struct kube_list *list);

/* Appends a text, escaped for the value of a query. */
void kube_list_escape(struct buffer *out, const char *text);

#endif
