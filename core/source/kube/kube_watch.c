/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/identity_source.h"
#include "core/source/kube/kube_list.h"
#include "core/source/kube/kube_reader.h"

/* The longest time for a page of a list, and for a pause in which no byte of the page arrives. */
#define LIST_TIMEOUT_MS 60000u
#define LIST_IDLE_MS    30000u
/* A watch ends after 5 to 10 minutes, at random as in k8s.io/client-go, so that not all end at
 * once. */
#define WATCH_SECONDS_MIN 300u
#define WATCH_SECONDS_MAX 600u
#define WATCH_GRACE_MS    30000u
/* A watch that ends within this time, without an event, counts as cut. The next one may be cut as
 * well, so it is delayed. */
#define SHORT_WATCH_MS 1000u
/* The first and the longest interval for asking again after a refusal. Permissions are often
 * granted a few seconds after the start, when polecat is installed together with them, and may be
 * granted at any time. */
#define DENIED_FIRST_MS 4000u
#define DENIED_LAST_MS  60000u
/* The longest delay accepted from the server's Retry-After. */
#define RETRY_AFTER_MAX_S 120u
/* The number of refused watches after which the objects are listed again. */
#define WATCH_ATTEMPTS 3u

/* A fault in the body of an answer. VERDICT_EXPIRED also stands for HTTP status 410. */
enum kube_verdict {
	VERDICT_NONE = 0,
	VERDICT_EXPIRED,    /* an event with status 410 */
	VERDICT_REFUSED,    /* an event with another error status */
	VERDICT_UNREADABLE, /* not the expected JSON */
};

struct kube_watch {
	enum kube_kind kind;
	const struct kube_resource *resource;
	struct kube_store *store;
	char *selector; /* the fieldSelector of a node's pods, escaped; NULL: all objects */
	enum kube_watch_state state;
	uint64_t due_ms;

	bool watching; /* the request is a watch; false: a page of a list */
	struct kube_reader *reader;
	uint64_t began_ms;
	size_t events;
	enum kube_verdict verdict;

	struct kube_list list;
	char *version;         /* the version to watch from; NULL: list first */
	unsigned int failures; /* failures in a row */
	unsigned int refused;  /* refusals of the credentials in a row */
	unsigned int backoff_ms;
	unsigned int denied_ms; /* the last interval after a refusal; 0: there was none */
	char message[512];
};

int kube_watch_new(enum kube_kind kind, const char *node, struct kube_store *store,
		   struct kube_watch **out)
{
	struct kube_watch *watch = memory_checked(calloc(1, sizeof(*watch)));

	if (!watch)
		return -ENOMEM;
	watch->kind = kind;
	watch->resource = &kube_resources[kind];
	watch->store = store;
	if (node && kind == KUBE_PODS) {
		struct buffer selector = {0};
		buffer_append_text(&selector, "fieldSelector=spec.nodeName%3D");
		kube_list_escape(&selector, node);
		if (buffer_steal(&selector, &watch->selector, NULL)) {
			kube_watch_free(watch);
			return -ENOMEM;
		}
	}
	watch->list =
		(struct kube_list){.path = watch->resource->path, .selector = watch->selector};
	*out = watch;
	return 0;
}

void kube_watch_free(struct kube_watch *watch)
{
	if (!watch)
		return;
	kube_reader_free(watch->reader);
	free(watch->selector);
	free(watch->version);
	kube_list_restart(&watch->list);
	free(watch);
}

enum kube_watch_state kube_watch_state(const struct kube_watch *watch)
{
	return watch->state;
}

const char *kube_watch_message(const struct kube_watch *watch)
{
	return watch->message;
}

uint64_t kube_watch_due_ms(const struct kube_watch *watch)
{
	return watch->due_ms;
}

/* --- requests --- */

static char *kube_watch_path(const struct kube_watch *watch, unsigned int seconds)
{
	struct buffer path = {0};
	char *out = NULL;

	buffer_printf(&path, "%s?watch=1&allowWatchBookmarks=true&resourceVersion=",
		      watch->resource->path);
	kube_list_escape(&path, watch->version);
	buffer_printf(&path, "&timeoutSeconds=%u%s%s", seconds, watch->selector ? "&" : "",
		      watch->selector ? watch->selector : "");
	return buffer_steal(&path, &out, NULL) ? NULL : out;
}

static const char *kube_watch_accept_header(const struct kube_watch *watch)
{
	if (!watch->resource->metadata_only)
		return "Accept: application/json";
	/* API servers before 1.15 do not know this form and send whole objects. */
	return watch->watching ? "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;"
				 "v=v1,application/json"
			       : "Accept: application/json;as=PartialObjectMetadataList;"
				 "g=meta.k8s.io;v=v1,application/json";
}

static int kube_watch_apply_item(void *data, const char *text, size_t length);
static int kube_watch_apply_event(void *data, const char *text, size_t length);

int kube_watch_begin(struct kube_watch *watch, uint64_t now_ms, struct kube_watch_request *out)
{
	const unsigned int range = WATCH_SECONDS_MAX - WATCH_SECONDS_MIN;
	const unsigned int seconds =
		WATCH_SECONDS_MIN + (unsigned int)(hash_u64(now_ms + watch->kind) % range);
	bool watching = watch->version != NULL;

	kube_reader_free(watch->reader);
	watch->reader = NULL;
	watch->watching = watching;
	char *path = watching ? kube_watch_path(watch, seconds) : kube_list_path(&watch->list);
	int error =
		path ? kube_reader_new(watching ? KUBE_READER_WATCH : KUBE_READER_LIST,
				       watching ? kube_watch_apply_event : kube_watch_apply_item,
				       watch, &watch->reader)
		     : -ENOMEM;
	if (error) {
		free(path);
		watch->due_ms = now_ms + identity_backoff_next(&watch->backoff_ms);
		return error;
	}
	if (!watching && !watch->list.next_page)
		kube_store_list_begin(watch->store, watch->kind);
	watch->began_ms = now_ms;
	watch->events = 0;
	watch->verdict = VERDICT_NONE;
	*out = (struct kube_watch_request){
		.path = path,
		.accept = kube_watch_accept_header(watch),
		.timeout_ms = watching ? seconds * 1000 + WATCH_GRACE_MS : LIST_TIMEOUT_MS,
		.idle_ms = watching ? 0 : LIST_IDLE_MS,
	};
	return 0;
}

/* --- answers --- */

/* Sets the message: "cannot list pods: …". */
__attribute__((format(printf, 2, 3))) static void kube_watch_set_message(struct kube_watch *watch,
									 const char *format, ...)
{
	int length = snprintf(watch->message, sizeof(watch->message),
			      "cannot %s %s: ", watch->watching ? "watch" : "list",
			      watch->resource->name);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(watch->message + length, sizeof(watch->message) - (size_t)length, format,
		  arguments);
	va_end(arguments);
}

/* Sets the verdict and the message. */
static int kube_watch_refuse(struct kube_watch *watch, enum kube_verdict verdict,
			     const char *reason)
{
	watch->verdict = verdict;
	kube_watch_set_message(watch, "%s", reason);
	return -EBADMSG;
}

/* Applies one item of a list. Skips an item that is not an object of the kind. */
static int kube_watch_apply_item(void *data, const char *text, size_t length)
{
	struct kube_watch *watch = data;
	json_t *object;
	int error = json_document_parse(text, length, JSON_ALLOW_NUL, &object, NULL);

	if (!error)
		error = kube_store_apply(watch->store, watch->kind, object, false);

	json_decref(object);
	return error == -EBADMSG ? 0 : error;
}

static int kube_watch_handle_error(struct kube_watch *watch, const json_t *status)
{
	const char *message = json_string_value(json_object_get(status, "message"));
	json_int_t code = json_integer_value(json_object_get(status, "code"));

	return kube_watch_refuse(watch, code == 410 ? VERDICT_EXPIRED : VERDICT_REFUSED,
				 message ? message : "the server reports an error");
}

static int kube_watch_apply_change(struct kube_watch *watch, const char *type, const json_t *object)
{
	const char *version = json_string_value(
		json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
	int error = 0;

	if (strcmp(type, "ERROR") == 0)
		return kube_watch_handle_error(watch, object);
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0 ||
	    strcmp(type, "DELETED") == 0)
		error = kube_store_apply(watch->store, watch->kind, object, type[0] == 'D');
	if (error && error != -EBADMSG)
		return error;
	watch->events++;
	return text_copy(version, &watch->version);
}

/* Applies one line of a watch. */
static int kube_watch_apply_event(void *data, const char *text, size_t length)
{
	struct kube_watch *watch = data;
	json_t *event;
	int error = json_document_parse(text, length, JSON_ALLOW_NUL, &event, NULL);

	if (error == -ENOMEM)
		return error;
	const char *type = json_string_value(json_object_get(event, "type"));
	const json_t *object = json_object_get(event, "object");
	error = type && json_is_object(object) ? kube_watch_apply_change(watch, type, object)
					       : kube_watch_refuse(watch, VERDICT_UNREADABLE,
								   "a line that is not an event");

	json_decref(event);
	return error;
}

void kube_watch_began(struct kube_watch *watch)
{
	if (!watch->watching)
		return;
	/* The number of failures is reset only when the watch has lasted for a while. */
	watch->state = KUBE_WATCH_CURRENT;
	watch->message[0] = '\0';
}

int kube_watch_data(struct kube_watch *watch, const char *bytes, size_t length)
{
	int error = kube_reader_feed(watch->reader, bytes, length);

	if (error == -E2BIG)
		return kube_watch_refuse(watch, VERDICT_UNREADABLE, "an object of more than 4 MiB");
	if (error == -EBADMSG && watch->verdict == VERDICT_NONE)
		return kube_watch_refuse(watch, VERDICT_UNREADABLE, "the answer is not a list");
	return error;
}

/* --- the end of a request --- */

static void kube_watch_wait_longer(struct kube_watch *watch, uint64_t now_ms)
{
	watch->failures++;
	watch->due_ms = now_ms + identity_backoff_next(&watch->backoff_ms);
}

static void kube_watch_fail(struct kube_watch *watch, uint64_t now_ms)
{
	watch->state = KUBE_WATCH_FAILING;
	kube_watch_wait_longer(watch, now_ms);
}

static void kube_watch_clear_failures(struct kube_watch *watch)
{
	watch->failures = 0;
	watch->refused = 0;
	watch->backoff_ms = 0;
	watch->denied_ms = 0;
	watch->message[0] = '\0';
}

/* Makes the next request the first page of a new list. */
static void kube_watch_relist(struct kube_watch *watch)
{
	free(watch->version);
	watch->version = NULL;
	kube_list_restart(&watch->list);
}

static int kube_watch_end_page(struct kube_watch *watch)
{
	int result = kube_list_end_page(&watch->list, watch->reader, &watch->version);

	if (result)
		return result < 0 ? result : 0;
	int error = kube_store_list_end(watch->store, watch->kind);
	if (error)
		return error;
	watch->state = KUBE_WATCH_CURRENT;
	kube_store_set_available(watch->store, watch->kind, true);
	return 0;
}

/* Handles the end of a 2xx answer that was not cut. */
static void kube_watch_end_well(struct kube_watch *watch, uint64_t now_ms)
{
	int error = watch->watching ? 0 : kube_watch_end_page(watch);

	if (error) {
		kube_watch_refuse(watch, VERDICT_UNREADABLE,
				  error == -ENOMEM ? strerror(ENOMEM) : "the answer is not a list");
		kube_watch_relist(watch);
		kube_watch_fail(watch, now_ms);
		return;
	}
	if (watch->watching && watch->events == 0 && now_ms - watch->began_ms < SHORT_WATCH_MS) {
		kube_watch_wait_longer(watch, now_ms);
		return;
	}
	kube_watch_clear_failures(watch);
	watch->state = watch->version ? KUBE_WATCH_CURRENT : watch->state;
	watch->due_ms = now_ms;
}

/* Handles a connection that was cut during a watch. The next watch continues from the last version.
 * If the watch had no event within SHORT_WATCH_MS, the next one is delayed. The second such cut in
 * a row is a failure. */
static void kube_watch_end_cut(struct kube_watch *watch, uint64_t now_ms, const char *reason)
{
	if (watch->events > 0 || now_ms - watch->began_ms >= SHORT_WATCH_MS) {
		kube_watch_clear_failures(watch);
		watch->due_ms = now_ms;
		return;
	}
	kube_watch_set_message(watch, "%s", reason);
	kube_watch_wait_longer(watch, now_ms);
	if (watch->failures > 1)
		watch->state = KUBE_WATCH_FAILING;
}

/* Handles any verdict except VERDICT_NONE. */
static void kube_watch_end_verdict(struct kube_watch *watch, uint64_t now_ms)
{
	bool first_expiry = watch->verdict == VERDICT_EXPIRED && watch->failures == 0;

	kube_watch_relist(watch);
	if (!first_expiry) {
		kube_watch_fail(watch, now_ms);
		return;
	}
	/* A version usually expires after a long pause. List at once, but not twice in a row. */
	watch->failures++;
	watch->message[0] = '\0';
	watch->due_ms = now_ms;
}

static void kube_watch_end_denied(struct kube_watch *watch, uint64_t now_ms, long status)
{
	const char *verb = watch->watching ? "watch" : "list";

	if (status == 403)
		snprintf(watch->message, sizeof(watch->message),
			 "may not %s %s at cluster scope: %s", verb, watch->resource->name,
			 watch->resource->without);
	else
		snprintf(watch->message, sizeof(watch->message), "the server has no %s to %s: %s",
			 watch->resource->name, verb, watch->resource->without);
	if (status != 403 && watch->resource->is_recent)
		watch->message[0] = '\0';
	kube_watch_relist(watch);
	watch->state = KUBE_WATCH_DENIED;
	watch->denied_ms = watch->denied_ms ? watch->denied_ms * 2 : DENIED_FIRST_MS;
	if (watch->denied_ms > DENIED_LAST_MS)
		watch->denied_ms = DENIED_LAST_MS;
	watch->due_ms = now_ms + watch->denied_ms;
	kube_store_set_available(watch->store, watch->kind, false);
}

static void kube_watch_end_refused(struct kube_watch *watch, uint64_t now_ms,
				   const struct http_response *response)
{
	/* The body is a Status object (meta/v1). */
	json_t *status;
	(void)json_document_parse(response->message, strlen(response->message), 0, &status, NULL);
	const char *message = json_string_value(json_object_get(status, "message"));

	if (message && message[0])
		kube_watch_set_message(watch, "HTTP status %ld: %s", response->status, message);
	else
		kube_watch_set_message(watch, "HTTP status %ld", response->status);
	json_decref(status);
	kube_watch_fail(watch, now_ms);
	if ((response->status == 429 || response->status == 503) && response->retry_after_s > 0) {
		uint64_t seconds = response->retry_after_s;
		watch->due_ms =
			now_ms + (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
	} else if (watch->watching && watch->failures >= WATCH_ATTEMPTS) {
		kube_watch_relist(watch);
	}
}

bool kube_watch_end(struct kube_watch *watch, uint64_t now_ms, int error,
		    const struct http_response *response)
{
	bool is_success = response->status >= 200 && response->status < 300;

	if (watch->verdict != VERDICT_NONE) {
		kube_watch_end_verdict(watch, now_ms);
	} else if (error && is_success && watch->watching) {
		kube_watch_end_cut(watch, now_ms, response->message);
	} else if (error) {
		kube_watch_set_message(watch, "%s",
				       response->message[0] ? response->message : strerror(-error));
		kube_watch_fail(watch, now_ms);
	} else if (is_success) {
		kube_watch_end_well(watch, now_ms);
	} else if (response->status == 401) {
		kube_watch_set_message(watch,
				       "the server refuses the credentials (HTTP status 401)");
		if (++watch->refused > 1)
			kube_watch_fail(watch, now_ms);
		else
			watch->due_ms = now_ms;
		return true;
	} else if (response->status == 403 || response->status == 404 || response->status == 405) {
		kube_watch_end_denied(watch, now_ms, response->status);
	} else if (response->status == 410) {
		/* The token of the page, or the version of the watch, is too old. */
		kube_list_expire(&watch->list);
		kube_watch_refuse(watch, VERDICT_EXPIRED, "the server has forgotten that version");
		kube_watch_end_verdict(watch, now_ms);
	} else {
		kube_watch_end_refused(watch, now_ms, response);
	}
	return false;
}
