/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/source/identity_source.h"
#include "core/source/kube/kube_objects.h"
#include "core/source/kube/kube_reader.h"

#define PAGE_SIZE 500
/* A page may take so long, and be silent for so long. */
#define LIST_TIMEOUT_MS 60000u
#define LIST_IDLE_MS    30000u
/* A watch ends by itself after 5 to 10 minutes, not all of them at once: client-go's custom. */
#define WATCH_SECONDS_MIN 300u
#define WATCH_SECONDS_MAX 600u
#define WATCH_GRACE_MS    30000u
/* A watch that ended sooner, and said nothing, was cut by something that may do so again. */
#define SHORT_WATCH_MS 1000u
/* Permissions may be granted at any time. */
#define DENIED_RETRY_MS 60000u
/* Retry-After may say anything. */
#define RETRY_AFTER_MAX_S 120u
/* After so many watches that the server refused, its changes are not worth waiting for. */
#define WATCH_ATTEMPTS 3u
/* Pages that expired before they could be asked for: then all at once. */
#define EXPIRED_PAGES_MAX 2u

struct resource {
	const char *name;
	const char *path;
	bool metadata_only;
	const char *without; /* what is missing without it */
};

static const struct resource resources[KUBE_KINDS] = {
	[KUBE_NAMESPACES] = {"namespaces", "/api/v1/namespaces", true, "namespaces have no labels"},
	[KUBE_NODES] = {"nodes", "/api/v1/nodes", false, "nodes have no addresses"},
	[KUBE_REPLICASETS] = {"replicasets", "/apis/apps/v1/replicasets", true,
			      "owners of Deployments are guessed from names"},
	[KUBE_JOBS] = {"jobs", "/apis/batch/v1/jobs", true,
		       "owners of CronJobs are guessed from names"},
	[KUBE_PODS] = {"pods", "/api/v1/pods", false, "pods have no names from the cluster"},
	[KUBE_SLICES] = {"endpointslices", "/apis/discovery.k8s.io/v1/endpointslices", false,
			 "endpoints of services are taken from their selectors"},
	[KUBE_SERVICES] = {"services", "/api/v1/services", false, "services have no names"},
};

/* What the body of an answer made of the request, beyond its status. */
enum verdict {
	VERDICT_NONE = 0,
	VERDICT_EXPIRED, /* 410 as an event */
	VERDICT_REFUSED, /* another error as an event */
	VERDICT_GARBAGE,
};

struct kube_watch {
	enum kube_kind kind;
	const struct resource *resource;
	struct kube_store *store;
	char *node; /* escaped for a query */
	enum kube_watch_state state;
	uint64_t due_ms;

	bool watching; /* the request is a watch, else a page of a list */
	struct kube_reader *reader;
	uint64_t began_ms;
	size_t events;
	enum verdict verdict;

	char *version;   /* to watch from */
	char *next_page; /* of the list; NULL: the first */
	unsigned int expired_pages;
	unsigned int failures; /* in a row */
	unsigned int refused;  /* requests in a row for other credentials */
	struct names_backoff backoff;
	char message[512];
};

/* Escapes what a query's value must not hold. */
char *kube_escape_query(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *escaped = malloc(3 * strlen(text) + 1);
	char *at = escaped;

	if (!escaped)
		return NULL;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr("-._~", c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	*at = '\0';
	return escaped;
}

int kube_watch_new(enum kube_kind kind, const char *node, struct kube_store *store,
		   struct kube_watch **out)
{
	struct kube_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->kind = kind;
	watch->resource = &resources[kind];
	watch->store = store;
	if (node && kind == KUBE_PODS) {
		watch->node = kube_escape_query(node);
		if (!watch->node) {
			kube_watch_free(watch);
			return -ENOMEM;
		}
	}
	*out = watch;
	return 0;
}

void kube_watch_free(struct kube_watch *watch)
{
	if (!watch)
		return;
	kube_reader_free(watch->reader);
	free(watch->node);
	free(watch->version);
	free(watch->next_page);
	free(watch);
}

enum kube_watch_state kube_watch_state(const struct kube_watch *watch)
{
	return watch->state;
}

const char *kube_resource_name(enum kube_kind kind)
{
	return resources[kind].name;
}

const char *kube_resource_path(enum kube_kind kind)
{
	return resources[kind].path;
}

const char *kube_resource_without(enum kube_kind kind)
{
	return resources[kind].without;
}

const char *kube_watch_message(const struct kube_watch *watch)
{
	return watch->message;
}

uint64_t kube_watch_due_ms(const struct kube_watch *watch)
{
	return watch->due_ms;
}

/* --- what to ask --- */

/* Replaces a text by a copy. 0 or -ENOMEM, unchanged then. */
static int replace_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static char *list_path(const struct kube_watch *watch)
{
	CLEANUP_FREE char *page = watch->next_page ? kube_escape_query(watch->next_page) : NULL;
	char limit[24] = "";
	char *path = NULL;

	if (watch->next_page && !page)
		return NULL;
	if (watch->expired_pages < EXPIRED_PAGES_MAX)
		snprintf(limit, sizeof(limit), "limit=%d&", PAGE_SIZE);
	int length = asprintf(
		&path, "%s?%s%s%s%s%s", watch->resource->path, limit,
		watch->node ? "fieldSelector=spec.nodeName%3D" : "", watch->node ? watch->node : "",
		page ? (watch->node ? "&continue=" : "continue=") : "", page ? page : "");
	if (length < 0)
		return NULL;
	/* Without a last argument, without its separator. */
	if (path[length - 1] == '&' || path[length - 1] == '?')
		path[length - 1] = '\0';
	return path;
}

static char *watch_path(const struct kube_watch *watch, unsigned int seconds)
{
	CLEANUP_FREE char *version = kube_escape_query(watch->version);
	char *path = NULL;

	if (!version ||
	    asprintf(&path,
		     "%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%u%s%s",
		     watch->resource->path, version, seconds,
		     watch->node ? "&fieldSelector=spec.nodeName%3D" : "",
		     watch->node ? watch->node : "") < 0)
		return NULL;
	return path;
}

static const char *accept_header(const struct kube_watch *watch)
{
	if (!watch->resource->metadata_only)
		return "Accept: application/json";
	/* Servers that do not know the form (before 1.15) send the whole. */
	return watch->watching ? "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;"
				 "v=v1,application/json"
			       : "Accept: application/json;as=PartialObjectMetadataList;"
				 "g=meta.k8s.io;v=v1,application/json";
}

static int take_item(void *data, const char *text, size_t length);
static int take_event(void *data, const char *text, size_t length);

int kube_watch_begin(struct kube_watch *watch, uint64_t now_ms, struct kube_watch_request *out)
{
	unsigned int seconds =
		WATCH_SECONDS_MIN + (unsigned int)(hash_u64(now_ms + (uint64_t)watch->kind) %
						   (WATCH_SECONDS_MAX - WATCH_SECONDS_MIN));

	watch->watching = watch->version != NULL;
	char *path = watch->watching ? watch_path(watch, seconds) : list_path(watch);
	int error = path ? 0 : -ENOMEM;
	kube_reader_free(watch->reader);
	watch->reader = NULL;
	if (!error)
		error = watch->watching ? kube_reader_new_watch(take_event, watch, &watch->reader)
					: kube_reader_new_list(take_item, watch, &watch->reader);
	if (error) {
		free(path);
		watch->due_ms = now_ms + names_backoff_next(&watch->backoff);
		return error;
	}
	if (!watch->watching && !watch->next_page)
		kube_store_list_begin(watch->store, watch->kind);
	watch->began_ms = now_ms;
	watch->events = 0;
	watch->verdict = VERDICT_NONE;
	*out = (struct kube_watch_request){
		.path = path,
		.accept = accept_header(watch),
		.timeout_ms = watch->watching ? seconds * 1000 + WATCH_GRACE_MS : LIST_TIMEOUT_MS,
		.idle_ms = watch->watching ? 0 : LIST_IDLE_MS,
	};
	return 0;
}

/* --- what comes --- */

/* Says what is wrong: "cannot list pods: …", "may not watch services: …". */
static void complain(struct kube_watch *watch, const char *verb, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct kube_watch *watch, const char *verb, const char *format, ...)
{
	char reason[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(watch->message, sizeof(watch->message), "%s %s %s: %s", verb,
		 watch->watching ? "watch" : "list", watch->resource->name, reason);
}

/* One item of a list. What is no object of this kind is left out, and the rest stays. */
static int take_item(void *data, const char *text, size_t length)
{
	struct kube_watch *watch = data;
	json_t *object = json_loadb(text, length, JSON_ALLOW_NUL, NULL);
	int error = object ? kube_store_apply(watch->store, watch->kind, object, false) : 0;

	json_decref(object);
	return error == -EBADMSG ? 0 : error;
}

static int take_error(struct kube_watch *watch, const json_t *status)
{
	const char *message = json_string_value(json_object_get(status, "message"));
	json_int_t code = json_integer_value(json_object_get(status, "code"));

	watch->verdict = code == 410 ? VERDICT_EXPIRED : VERDICT_REFUSED;
	complain(watch, "cannot", "%s", message ? message : "the server reports an error");
	return -EBADMSG;
}

static int garbage(struct kube_watch *watch, const char *what)
{
	watch->verdict = VERDICT_GARBAGE;
	complain(watch, "cannot", "%s", what);
	return -EBADMSG;
}

static int take_change(struct kube_watch *watch, const char *type, const json_t *object)
{
	const char *version = json_string_value(
		json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
	int error = 0;

	if (strcmp(type, "ERROR") == 0)
		return take_error(watch, object);
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		error = kube_store_apply(watch->store, watch->kind, object, false);
	else if (strcmp(type, "DELETED") == 0)
		error = kube_store_apply(watch->store, watch->kind, object, true);
	if (error && error != -EBADMSG)
		return error;
	watch->events++;
	return version && version[0] ? replace_text(&watch->version, version) : 0;
}

/* One line of a watch. */
static int take_event(void *data, const char *text, size_t length)
{
	struct kube_watch *watch = data;
	json_t *event = json_loadb(text, length, JSON_ALLOW_NUL, NULL);
	const char *type = json_string_value(json_object_get(event, "type"));
	const json_t *object = json_object_get(event, "object");
	int error = type && json_is_object(object) ? take_change(watch, type, object)
						   : garbage(watch, "a line that is no event");

	json_decref(event);
	return error;
}

void kube_watch_began(struct kube_watch *watch)
{
	if (!watch->watching)
		return;
	/* That it failed before is forgotten when it has lasted for a while. */
	watch->state = KUBE_WATCH_CURRENT;
	watch->message[0] = '\0';
}

int kube_watch_data(struct kube_watch *watch, const char *bytes, size_t length)
{
	int error = kube_reader_feed(watch->reader, bytes, length);

	if (error == -E2BIG)
		return garbage(watch, "an object of more than 4 MiB");
	if (error == -EBADMSG && watch->verdict == VERDICT_NONE)
		return garbage(watch, "what came is no list");
	return error;
}

/* --- what it means --- */

static void wait_longer(struct kube_watch *watch, uint64_t now_ms)
{
	watch->failures++;
	watch->due_ms = now_ms + names_backoff_next(&watch->backoff);
}

static void fail(struct kube_watch *watch, uint64_t now_ms)
{
	watch->state = KUBE_WATCH_FAILING;
	wait_longer(watch, now_ms);
}

static void be_well(struct kube_watch *watch)
{
	watch->failures = 0;
	watch->refused = 0;
	names_backoff_reset(&watch->backoff);
	watch->message[0] = '\0';
}

/* Everything is to be listed anew. */
static void relist(struct kube_watch *watch)
{
	free(watch->version);
	free(watch->next_page);
	watch->version = NULL;
	watch->next_page = NULL;
}

/* The list is complete: from now on it is watched. 0, -EBADMSG, -ENOMEM. */
static int end_list(struct kube_watch *watch, const char *version)
{
	if (!version || version[0] == '\0')
		return -EBADMSG;
	int error = replace_text(&watch->version, version);
	if (!error)
		error = kube_store_list_end(watch->store, watch->kind);
	if (error)
		return error;
	free(watch->next_page);
	watch->next_page = NULL;
	watch->expired_pages = 0;
	watch->state = KUBE_WATCH_CURRENT;
	kube_store_set_available(watch->store, watch->kind, true);
	return 0;
}

static int end_page(struct kube_watch *watch)
{
	json_t *envelope = NULL;
	int error = kube_reader_end_list(watch->reader, &envelope);

	if (error)
		return error;
	const json_t *metadata = json_object_get(envelope, "metadata");
	const char *page = json_string_value(json_object_get(metadata, "continue"));
	error = page && page[0]
			? replace_text(&watch->next_page, page)
			: end_list(watch,
				   json_string_value(json_object_get(metadata, "resourceVersion")));
	json_decref(envelope);
	return error;
}

/* A 2xx answer came to its end. */
static void end_well(struct kube_watch *watch, uint64_t now_ms)
{
	int error = watch->watching ? 0 : end_page(watch);

	if (error) {
		garbage(watch, error == -ENOMEM ? strerror(ENOMEM) : "what came is no list");
		relist(watch);
		fail(watch, now_ms);
		return;
	}
	if (watch->watching && watch->events == 0 && now_ms - watch->began_ms < SHORT_WATCH_MS) {
		wait_longer(watch, now_ms);
		return;
	}
	be_well(watch);
	watch->state = watch->version ? KUBE_WATCH_CURRENT : watch->state;
	watch->due_ms = now_ms;
}

/* The connection was cut in the middle of a watch: that is taken up again, and is no failure yet.
 */
static void end_cut(struct kube_watch *watch, uint64_t now_ms, const char *reason)
{
	if (watch->events > 0 || now_ms - watch->began_ms >= SHORT_WATCH_MS) {
		be_well(watch);
		watch->due_ms = now_ms;
		return;
	}
	complain(watch, "cannot", "%s", reason);
	wait_longer(watch, now_ms);
	if (watch->failures > 1)
		watch->state = KUBE_WATCH_FAILING;
}

/* What the body said beyond its status. */
static void end_verdict(struct kube_watch *watch, uint64_t now_ms)
{
	bool first_expiry = watch->verdict == VERDICT_EXPIRED && watch->failures == 0;

	relist(watch);
	if (first_expiry) {
		/* Every long pause ends so; at once, but not twice in a row. */
		watch->failures++;
		watch->message[0] = '\0';
		watch->due_ms = now_ms;
		return;
	}
	fail(watch, now_ms);
}

/* The words of a Status object (meta/v1), or NULL. */
static char *status_message(const struct http_response *response)
{
	json_t *status = json_loads(response->message, 0, NULL);
	const char *message = json_string_value(json_object_get(status, "message"));
	char *copy = message && message[0] ? strdup(message) : NULL;

	json_decref(status);
	return copy;
}

/* 410: the page's list, or the watch's version, is too old. */
static void end_expired(struct kube_watch *watch, uint64_t now_ms)
{
	if (watch->next_page)
		watch->expired_pages++;
	watch->verdict = VERDICT_EXPIRED;
	complain(watch, "cannot", "the server has forgotten that version");
	end_verdict(watch, now_ms);
}

static void end_denied(struct kube_watch *watch, uint64_t now_ms, long status)
{
	const char *verb = watch->watching ? "watch" : "list";

	if (status == 403)
		snprintf(watch->message, sizeof(watch->message),
			 "may not %s %s at cluster scope: %s", verb, watch->resource->name,
			 watch->resource->without);
	else
		snprintf(watch->message, sizeof(watch->message), "the server has no %s to %s: %s",
			 watch->resource->name, verb, watch->resource->without);
	relist(watch);
	watch->state = KUBE_WATCH_DENIED;
	watch->due_ms = now_ms + DENIED_RETRY_MS;
	kube_store_set_available(watch->store, watch->kind, false);
}

static void end_refused(struct kube_watch *watch, uint64_t now_ms,
			const struct http_response *response)
{
	CLEANUP_FREE char *message = status_message(response);

	complain(watch, "cannot", "HTTP status %ld%s%s", response->status, message ? ": " : "",
		 message ? message : "");
	fail(watch, now_ms);
	if ((response->status == 429 || response->status == 503) && response->retry_after_s > 0) {
		unsigned int seconds = response->retry_after_s < RETRY_AFTER_MAX_S
					       ? response->retry_after_s
					       : RETRY_AFTER_MAX_S;
		watch->due_ms = now_ms + (uint64_t)seconds * 1000;
	} else if (watch->watching && watch->failures >= WATCH_ATTEMPTS) {
		relist(watch);
	}
}

static bool end_unauthorized(struct kube_watch *watch, uint64_t now_ms)
{
	watch->refused++;
	complain(watch, "cannot", "the server refuses the credentials (HTTP status 401)");
	if (watch->refused == 1)
		watch->due_ms = now_ms;
	else
		fail(watch, now_ms);
	return true;
}

bool kube_watch_end(struct kube_watch *watch, uint64_t now_ms, int error,
		    const struct http_response *response)
{
	bool is_success = response->status >= 200 && response->status < 300;

	if (watch->verdict != VERDICT_NONE) {
		end_verdict(watch, now_ms);
	} else if (error && is_success && watch->watching) {
		end_cut(watch, now_ms, response->message);
	} else if (error) {
		complain(watch, "cannot", "%s",
			 response->message[0] ? response->message : strerror(-error));
		fail(watch, now_ms);
	} else if (is_success) {
		end_well(watch, now_ms);
	} else if (response->status == 401) {
		return end_unauthorized(watch, now_ms);
	} else if (response->status == 403 || response->status == 404 || response->status == 405) {
		end_denied(watch, now_ms, response->status);
	} else if (response->status == 410) {
		end_expired(watch, now_ms);
	} else {
		end_refused(watch, now_ms, response);
	}
	return false;
}
