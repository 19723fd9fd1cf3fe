/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List and watch of one resource of the Kubernetes API: the next request, the meaning of its
 * answer, and the time of the request after it. This module does no I/O and reads no clock. The
 * caller has the connection and the clock.
 *
 * The module first lists all objects in pages. Then it watches the changes from the list's version
 * on. A watch that ends continues from its last version. If the server has forgotten that version
 * (410), or sends something unreadable, the module lists all objects again, and emits a deletion
 * for each object that has vanished.
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
	KUBE_WATCH_CURRENT,      /* listed; a watch runs or is due */
	KUBE_WATCH_DENIED,       /* not permitted or not served; asked again at long intervals */
	KUBE_WATCH_FAILING,      /* requests fail; the objects read so far stay valid */
};

/* Makes a watch that puts objects into the store. If `node` is not NULL, reads only the pods of
 * that node. Returns 0 or -ENOMEM. */
int kube_watch_new(enum kube_kind kind, const char *node, struct kube_store *store,
		   struct kube_watch **out);
void kube_watch_free(struct kube_watch *watch);

enum kube_watch_state kube_watch_state(const struct kube_watch *watch);

/* Returns the failure as text for the user, "may not list …: …" or "cannot list …: …", or "". May
 * contain control bytes. */
const char *kube_watch_message(const struct kube_watch *watch);

/* Returns the time of the next request in milliseconds of the caller's clock. The time has no
 * meaning while a request is in flight. */
uint64_t kube_watch_due_ms(const struct kube_watch *watch);

/* One request, for http_request. */
struct kube_watch_request {
	char *path;         /* to be freed by the caller */
	const char *accept; /* a header */
	unsigned int timeout_ms;
	unsigned int idle_ms;
};

/* Begins the next request. Returns 0 or -ENOMEM. After -ENOMEM no request has begun, and
 * the next one is due after a delay. */
int kube_watch_begin(struct kube_watch *watch, uint64_t now_ms, struct kube_watch_request *out);

/* Call this when the headers of a 2xx answer have arrived. If the request is a watch, the state
 * becomes KUBE_WATCH_CURRENT. */
void kube_watch_began(struct kube_watch *watch);

/*
 * Reads a part of a 2xx answer's body. After an error, cancel the request and call kube_watch_end.
 */
int kube_watch_data(struct kube_watch *watch, const char *bytes, size_t length);

/*
 * Ends the request. error and response are those of http_perform. Returns true if the server
 * refused the credentials (401). After one such refusal, the next request is due at once. After
 * several in a row, it is delayed.
 */
bool kube_watch_end(struct kube_watch *watch, uint64_t now_ms, int error,
		    const struct http_response *response);

#endif
