/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List and watch of one resource of the Kubernetes API: the next request, the meaning of its
 * answer, and the time of the one after it. This module does no I/O and reads no clock; the caller
 * has the connection and the time.
 *
 * First it lists all objects in pages, then it watches the changes from the list's version on. A
 * watch that ends continues from its last version. If the server no longer has the changes since
 * then (410), or sends something unreadable, all objects are listed again, and those that have
 * vanished are reported as deleted.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_WATCH_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/http.h"
#include "core/source/kube/kube_store.h"

struct kube_watch;

enum kube_watch_state {
	KUBE_WATCH_STARTING = 0, /* not listed yet */
	KUBE_WATCH_CURRENT,      /* listed; watches, or is about to */
	KUBE_WATCH_DENIED,       /* not permitted or not served; asks again, seldom */
	KUBE_WATCH_FAILING,      /* the objects that were read stay valid */
};

/* node: only the pods of that node; NULL: all. Objects go into the store. 0 or -ENOMEM. */
int kube_watch_new(enum kube_kind kind, const char *node, struct kube_store *store,
		   struct kube_watch **out);
void kube_watch_free(struct kube_watch *watch);

enum kube_watch_state kube_watch_state(const struct kube_watch *watch);

/* Returns the failure, for a person: "may not list …: …" or "cannot list …: …"; "" without one. May
 * contain control bytes. */
const char *kube_watch_message(const struct kube_watch *watch);

/* Returns the time of the next request in milliseconds of the caller's clock. Not meaningful while
 * a request is in flight. */
uint64_t kube_watch_due_ms(const struct kube_watch *watch);

/* One request, for http_request. */
struct kube_watch_request {
	char *path;         /* to be freed by the caller */
	const char *accept; /* a header */
	unsigned int timeout_ms;
	unsigned int idle_ms;
};

/* Begins the next request. 0; -ENOMEM: there is no request, and the next one is due later. */
int kube_watch_begin(struct kube_watch *watch, uint64_t now_ms, struct kube_watch_request *out);

/* Call when the headers of a 2xx answer have arrived: a watch that failed is current again. */
void kube_watch_began(struct kube_watch *watch);

/* Reads a part of a 2xx answer's body. An error ends the request: cancel it and call
 * kube_watch_end. */
int kube_watch_data(struct kube_watch *watch, const char *bytes, size_t length);

/*
 * Ends the request; error and response are those of http_perform. True: the server refused the
 * credentials (401). The first time in a row the next request is due at once.
 */
bool kube_watch_end(struct kube_watch *watch, uint64_t now_ms, int error,
		    const struct http_response *response);

#endif
