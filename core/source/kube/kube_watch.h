/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List and watch of one resource of the Kubernetes API: what to ask next, what an answer means, and
 * when to ask again. It does no I/O and looks at no clock: whoever has a connection and the time
 * drives it.
 *
 * All is listed once, in pages; then changes are watched from the list's version on. A watch that
 * ends is taken up where it ended. Where the server no longer has the changes since then (410), or
 * says what cannot be read, everything is listed anew, and what vanished meanwhile is told as gone.
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
	KUBE_WATCH_CURRENT,      /* listed, and watched or about to be */
	KUBE_WATCH_DENIED,       /* not permitted, or not served: goes on asking, seldom */
	KUBE_WATCH_FAILING,      /* what was told stays valid */
};

/* node: only pods of that node; NULL: all. Objects go into the store. 0 or -ENOMEM. */
int kube_watch_new(enum kube_kind kind, const char *node, struct kube_store *store,
		   struct kube_watch **out);
void kube_watch_free(struct kube_watch *watch);

enum kube_watch_state kube_watch_state(const struct kube_watch *watch);

/* "pods" and "/api/v1/pods", as the API calls them, and what is missing without them, for a person.
 * Static storage. */
const char *kube_resource_name(enum kube_kind kind);
const char *kube_resource_path(enum kube_kind kind);
const char *kube_resource_without(enum kube_kind kind);

/* What is wrong, for a person: "may not list …: …" or "cannot list …: …"; "" where nothing is.
 * Control bytes may be in it. */
const char *kube_watch_message(const struct kube_watch *watch);

/* When the next request is due, in milliseconds of the caller's clock; not while one is under way.
 */
uint64_t kube_watch_due_ms(const struct kube_watch *watch);

/* One request, for http_request. */
struct kube_watch_request {
	char *path;         /* to free */
	const char *accept; /* a header */
	unsigned int timeout_ms;
	unsigned int idle_ms;
};

/* Begins the next request. 0 or -ENOMEM: nothing is under way then, and it is due later. */
int kube_watch_begin(struct kube_watch *watch, uint64_t now_ms, struct kube_watch_request *out);

/* A 2xx answer has begun: for a watch, that is how it becomes current again after a failure. */
void kube_watch_began(struct kube_watch *watch);

/* Takes in a part of a 2xx answer's body. 0; an error ends the request, and kube_watch_end is to
 * be told. */
int kube_watch_data(struct kube_watch *watch, const char *bytes, size_t length);

/*
 * The request is over: as http_perform says. True: the server wants other credentials (401); the
 * next request is due at once where that is the first time, and later where it goes on.
 */
bool kube_watch_end(struct kube_watch *watch, uint64_t now_ms, int error,
		    const struct http_response *response);

/* A text as the value of a query; the caller frees it. NULL: no memory. */
char *kube_escape_query(const char *text);

#endif
