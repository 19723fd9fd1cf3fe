/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of the Kubernetes API, read in pages (kubernetes.io, "API concepts", "Retrieving large
 * results sets in chunks"). This module knows the next request and the meaning of its end; the
 * caller performs the requests.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_LIST_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_LIST_H

#include "core/base/buffer.h"
#include "core/source/kube/kube_reader.h"

/* Set path, kind and selector, and zero-initialise the rest. Free with kube_list_restart. */
struct kube_list {
	const char *path;     /* "/api/v1/pods" */
	const char *kind;     /* of the answer: "NetworkPolicyList"; NULL: any list */
	const char *selector; /* "fieldSelector=…", escaped; NULL: all objects */
	char *next_page;      /* the server's token for the next page; NULL: the first page */
	unsigned int expired; /* lists in a row whose token expired before the next request */
};

/* Returns the path and query of the next page, to be freed; NULL without memory. After two expired
 * lists it asks for everything in one page. */
char *kube_list_path(const struct kube_list *list);

/*
 * Ends a page that `reader` has read. 1: more pages follow; 0: the list is complete, and *version,
 * which is replaced, is the version to watch from (NULL: not wanted). -EPROTO: not JSON; -EBADMSG:
 * no such list; -ENOMEM.
 */
int kube_list_end_page(struct kube_list *list, struct kube_reader *reader, char **version);

/* The server has forgotten the list (HTTP status 410): the next page is the first again. */
void kube_list_expire(struct kube_list *list);

/* Makes the next page the first one. Frees the token. */
void kube_list_restart(struct kube_list *list);

/* Appends a text, escaped for the value of a query. */
void kube_list_escape(struct buffer *out, const char *text);

#endif
