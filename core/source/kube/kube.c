/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/clock.h"
#include "core/base/json_document.h"
#include "core/base/text.h"
#include "core/source/kube/kube_client.h"
#include "core/source/kube/kube_store.h"
#include "core/source/kube/kube_watch.h"

/* The longest wait, even if no request is due earlier. */
#define LONGEST_WAIT_MS 60000u

/* The shortest time between two readings of the configuration while requests fail. */
#define CONFIG_CHECK_MS 1000u

/* Do not hide shorter secrets, which would match parts of ordinary words. */
#define SECRET_MIN 4

/* Enough for an answer to /version. A longer answer is cut, and the version is then unknown. */
#define BODY_MAX 4096

struct kube;

/* One resource, and its request in flight. */
struct kube_slot {
	struct kube *kube;
	struct kube_watch *watch;
	struct http_call *call;
	unsigned int renewals; /* the value of server.renewals when the request began */
};

struct kube {
	struct identity_client client;
	char *context;
	char *service_account;
	bool node_only; /* read only the pods of client.node */
	struct kube_client server;
	struct kube_store *store;
	struct kube_slot slots[KUBE_KINDS];
	uint64_t credentials_due_ms; /* do not renew credentials before this time */
	unsigned int credentials_backoff_ms;
	uint64_t config_due_ms; /* do not read the configuration before this time */
};

static void kube_emit(void *data, struct record *record)
{
	struct kube *kube = data;

	source_emit_wait(kube->client.source, record);
}

/* --- health --- */

/*
 * Replaces a secret in the message, since the answer of a server or proxy may repeat polecat's
 * request.
 */
static void kube_hide(char *message, const char *secret)
{
	size_t length = secret ? strlen(secret) : 0;
	char *at;

	if (length < SECRET_MIN)
		return;
	while ((at = strstr(message, secret)) != NULL) {
		memcpy(at, "***", 3);
		memmove(at + 3, at + length, strlen(at + length) + 1);
	}
	/* Also hide the beginning of a secret, if the message was cut inside the secret. */
	size_t total = strlen(message);
	for (size_t tail = total < length ? total : length - 1; tail >= SECRET_MIN; tail--) {
		if (memcmp(message + total - tail, secret, tail) == 0) {
			memcpy(message + total - tail, "***", 4);
			return;
		}
	}
}

static const struct kube_watch *kube_find_state(const struct kube *kube,
						enum kube_watch_state state)
{
	for (size_t i = 0; i < KUBE_KINDS; i++) {
		if (kube_watch_state(kube->slots[i].watch) == state)
			return kube->slots[i].watch;
	}
	return NULL;
}

/* Appends the state of the resources. Returns the state of the source, and sets its error. */
static enum source_health_state kube_describe(const struct kube *kube, struct buffer *text,
					      int *error)
{
	const struct kube_watch *failing = kube_find_state(kube, KUBE_WATCH_FAILING);
	const struct kube_watch *starting = kube_find_state(kube, KUBE_WATCH_STARTING);

	*error = -EACCES;
	if (kube->server.message[0]) {
		buffer_printf(text, ": no credentials: %s", kube->server.message);
		return SOURCE_BROKEN;
	}
	if (failing) {
		buffer_printf(text, ": %s", kube_watch_message(failing));
		*error = -EIO;
		return SOURCE_BROKEN;
	}
	if (!starting && !kube_find_state(kube, KUBE_WATCH_CURRENT)) {
		buffer_append_text(text, ": may not list anything at cluster scope");
		return SOURCE_BROKEN;
	}
	*error = 0;
	if (starting) {
		const char *message = kube_watch_message(starting);
		buffer_printf(text, ": %s", message[0] ? message : "listing");
		return SOURCE_STARTING;
	}
	for (size_t i = 0; i < KUBE_KINDS; i++) {
		const struct kube_watch *watch = kube->slots[i].watch;
		if (kube_watch_state(watch) != KUBE_WATCH_DENIED)
			continue;
		if (kube_watch_message(watch)[0])
			buffer_printf(text, "; %s", kube_watch_message(watch));
		if (!kube_resources[i].is_optional)
			*error = -ENODATA;
	}
	return SOURCE_READY;
}

/*
 * Reports SOURCE_BROKEN while a resource fails. Reports SOURCE_STARTING until each resource was
 * listed or refused. Then reports SOURCE_READY. The message names the server and the resources that
 * may not be listed, and warns if the connection is not encrypted or the server is not verified. It
 * is "" if everything works. The error is -ENODATA if the server refused to list a resource that is
 * not optional (kube_resource.is_optional).
 */
static void kube_report(struct kube *kube)
{
	const struct kube_config *config = kube->server.config;
	const char *const secrets[] = {kube_client_token(&kube->server), kube->server.exec.key,
				       config->token, config->password, config->proxy};
	CLEANUP_BUFFER struct buffer text = {0};
	int error = 0;

	buffer_append_text(&text, config->host);
	/* The warnings come first, because the end of the message may be cut. */
	if (strncmp(config->server, "http://", 7) == 0)
		buffer_append_text(&text, " (warning: nothing is encrypted)");
	else if (config->insecure)
		buffer_append_text(&text, " (warning: the server is not verified, "
					  "insecure-skip-tls-verify)");
	enum source_health_state state = kube_describe(kube, &text, &error);
	bool is_untroubled = state == SOURCE_READY && text.length == strlen(config->host);
	for (size_t i = 0; text.data && i < ARRAY_LENGTH(secrets); i++)
		kube_hide(text.data, secrets[i]);
	source_set_health(kube->client.source, state, error, "%s",
			  is_untroubled || !text.data ? "" : text.data);
}

/* --- connections --- */

/* Ends the requests that a new connection has cancelled. */
static void kube_end_calls(struct kube *kube)
{
	/* The watch handles this like a connection that the server cut. */
	const struct http_response cut = {.status = 200, .message = "connected again"};

	for (size_t i = 0; i < KUBE_KINDS; i++) {
		struct kube_slot *slot = &kube->slots[i];
		if (!slot->call)
			continue;
		slot->call = NULL;
		kube_watch_end(slot->watch, clock_monotonic_ms(), -ECONNRESET, &cut);
	}
}

/*
 * Gets valid credentials, and connects if necessary. Returns false if there is no connection now.
 */
static bool kube_refresh_credentials(struct kube *kube)
{
	uint64_t now_ms = clock_monotonic_ms();

	if (now_ms < kube->credentials_due_ms)
		return false;
	int result = kube_client_refresh(&kube->server, kube->client.source, now_ms);
	if (result == 1 || !kube->server.http)
		kube_end_calls(kube);
	if (result < 0) {
		kube->credentials_due_ms =
			clock_monotonic_ms() + identity_backoff_next(&kube->credentials_backoff_ms);
		return false;
	}
	kube->credentials_backoff_ms = 0;
	return true;
}

/* --- requests --- */

static int kube_on_data(void *data, const char *bytes, size_t length)
{
	struct kube_slot *slot = data;
	int error = kube_watch_data(slot->watch, bytes, length);

	if (!error)
		error = kube_store_flush(slot->kube->store);
	source_flush(slot->kube->client.source);
	return error;
}

static void kube_on_begin(void *data)
{
	struct kube_slot *slot = data;

	kube_watch_began(slot->watch);
}

static void kube_on_end(void *data, int error, const struct http_response *response)
{
	struct kube_slot *slot = data;
	struct kube *kube = slot->kube;

	slot->call = NULL;
	bool refused = kube_watch_end(slot->watch, clock_monotonic_ms(), error, response);
	/* A request that began before the renewal did not use the new credentials: ignore its
	 * refusal. */
	if (refused && slot->renewals == kube->server.renewals)
		kube->server.refused = true;
	/* Emit the services that waited for the end of a list. */
	(void)kube_store_flush(kube->store);
	source_flush(kube->client.source);
}

static void kube_begin(struct kube_slot *slot)
{
	struct kube *kube = slot->kube;
	struct kube_watch_request asked;

	if (kube_watch_begin(slot->watch, clock_monotonic_ms(), &asked))
		return;
	const char *const headers[] = {asked.accept, NULL};
	const struct http_request request = {
		.path = asked.path,
		.headers = headers,
		.bearer = kube_client_token(&kube->server),
		.timeout_ms = asked.timeout_ms,
		.idle_ms = asked.idle_ms,
		.on_data = kube_on_data,
		.on_begin = kube_on_begin,
		.data = slot,
	};
	slot->renewals = kube->server.renewals;
	if (http_start(kube->server.http, &request, kube_on_end, slot, &slot->call)) {
		const struct http_response none = {.message = "out of memory"};
		slot->call = NULL;
		kube_watch_end(slot->watch, clock_monotonic_ms(), -ENOMEM, &none);
	}
	free(asked.path);
}

/* Returns true if each resource before this one was listed or denied, or has failed. The first list
 * of a resource must not begin earlier. */
static bool kube_may_begin(const struct kube *kube, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (kube_watch_state(kube->slots[i].watch) == KUBE_WATCH_STARTING)
			return false;
	}
	return true;
}

/* Begins the requests that are due. Returns the time until the next one is due, in milliseconds. */
static unsigned int kube_begin_due(struct kube *kube)
{
	uint64_t now = clock_monotonic_ms();
	uint64_t next = now + LONGEST_WAIT_MS;

	for (size_t i = 0; i < KUBE_KINDS && kube_may_begin(kube, i); i++) {
		struct kube_slot *slot = &kube->slots[i];
		uint64_t due = kube_watch_due_ms(slot->watch);
		if (slot->call)
			continue;
		if (due < kube->credentials_due_ms)
			due = kube->credentials_due_ms;
		if (due <= now && kube_refresh_credentials(kube))
			kube_begin(slot);
		else if (due <= now)
			due = kube->credentials_due_ms;
		if (!slot->call && due < next)
			next = due;
	}
	now = clock_monotonic_ms();
	return next > now ? (unsigned int)(next - now) : 0;
}

/* --- the source --- */

static void kube_disconnect(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;

	kube_client_close(&kube->server);
	for (size_t i = 0; i < KUBE_KINDS; i++) {
		kube_watch_free(kube->slots[i].watch);
		kube->slots[i] = (struct kube_slot){0};
	}
}

static struct kube_config_options kube_options(const struct kube *kube)
{
	return (struct kube_config_options){
		.kubeconfig = kube->client.named_place,
		.context = kube->context,
		.service_account = kube->service_account,
	};
}

/* Reads the configuration. Makes no request. */
static int kube_load(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;
	const struct kube_config_options options = kube_options(kube);
	int error = kube_client_load(&kube->server, &options);
	const char *message = kube->server.message;

	/* A message means that the user named a kubeconfig, or that one exists and is wrong. Then
	 * the error is a failure, and not the absence of a cluster. */
	client->is_named = message[0] != '\0';
	if (error == -ENOENT && !client->is_named)
		message = "no kubeconfig and no service account: services, owners and other nodes' "
			  "pods have no names";
	snprintf(client->message, sizeof(client->message), "%s", message);
	if (error)
		return error;
	const struct kube_config *config = kube->server.config;
	snprintf(client->place, sizeof(client->place), "%s: %s%s%s", config->source, config->host,
		 config->context ? ", context " : "", config->context ? config->context : "");
	return 0;
}

static int kube_make_watches(struct kube *kube)
{
	int error = 0;

	for (size_t i = 0; !error && i < KUBE_KINDS; i++) {
		kube->slots[i].kube = kube;
		error = kube_watch_new((enum kube_kind)i,
				       kube->node_only ? kube->client.node : NULL, kube->store,
				       &kube->slots[i].watch);
	}
	return error;
}

/* Returns whether a request has failed, or was refused, for a reason that another configuration may
 * remove. */
static bool kube_is_failing(const struct kube *kube)
{
	return kube->server.message[0] || kube->server.refused ||
	       kube_find_state(kube, KUBE_WATCH_FAILING);
}

/* Returns whether the files have another configuration than the one in use. One that cannot be read
 * may be half written: the present one stays in use. */
static bool kube_is_outdated(struct kube *kube)
{
	const struct kube_config_options options = kube_options(kube);
	char message[KUBE_CONFIG_MESSAGE_SIZE];
	struct kube_config *fresh = NULL;
	uint64_t now_ms = clock_monotonic_ms();

	if (now_ms < kube->config_due_ms || !kube_is_failing(kube))
		return false;
	kube->config_due_ms = now_ms + CONFIG_CHECK_MS;
	if (kube_config_load(&options, &fresh, message))
		return false;
	bool differs = !kube_config_equal(fresh, kube->server.config);
	kube_config_free(fresh);
	return differs;
}

/* Begins again with the configuration in the files: the server, its authority or the credentials
 * have changed. The store keeps the objects until the new lists end. */
static int kube_restart(struct kube *kube)
{
	kube_disconnect(&kube->client);
	kube->credentials_due_ms = 0;
	kube->credentials_backoff_ms = 0;
	int error = kube_load(&kube->client);
	return error ? error : kube_make_watches(kube);
}

/* Lists and watches until the source is stopped. */
static int kube_run(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;
	int error = kube_make_watches(kube);

	while (!error) {
		if (kube_is_outdated(kube)) {
			error = kube_restart(kube);
			continue;
		}
		unsigned int wait_ms = kube_begin_due(kube);
		kube_report(kube);
		/* Without credentials there is no HTTP client yet. */
		if (kube->server.http)
			error = http_run(kube->server.http, client->source, wait_ms);
		else if (!identity_wait(client->source, wait_ms, IDENTITY_WAIT_FIXED))
			error = -ECANCELED;
	}
	return error;
}

static void kube_free(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;

	kube_store_free(kube->store);
	free(kube->context);
	free(kube->service_account);
}

static int kube_make(struct identity_client *client, const struct identity_config *config)
{
	struct kube *kube = (struct kube *)client;

	kube->node_only = config->node_only;
	if (text_copy(config->context, &kube->context) ||
	    text_copy(config->service_account, &kube->service_account))
		return -ENOMEM;
	return kube_store_new(kube_emit, kube, &kube->store);
}

/* --- doctor --- */

static int kube_collect(void *data, const char *bytes, size_t length)
{
	struct buffer *body = data;
	size_t room = BODY_MAX - body->length;

	return buffer_append(body, bytes, length < room ? length : room);
}

/* Asks for the server's version. Stores the version, or "answers" if it is unknown, in
 * check->message. Returns 0, or -errno with server->message. */
static int kube_check_version(struct kube_client *server, struct identity_check *check)
{
	CLEANUP_BUFFER struct buffer body = {0};
	int status = kube_client_get(server, "/version", kube_collect, &body);

	if (status < 0)
		return status;
	json_t *document = NULL;
	if (status == 200)
		(void)json_document_parse(body.data, body.length, 0, &document, NULL);
	const char *version = json_string_value(json_object_get(document, "gitVersion"));
	snprintf(check->message, sizeof(check->message), "%.64s", version ? version : "answers");
	json_decref(document);
	return 0;
}

/* Asks for one object of a resource. If that is not permitted, or if the server lacks the resource,
 * adds a sentence to check->warnings. Returns 0, or -errno with server->message. */
static int kube_check_resource(struct kube_client *server, const struct kube_resource *resource,
			       struct identity_check *check)
{
	char text[256];

	snprintf(text, sizeof(text), "%s?limit=1", resource->path);
	int status = kube_client_get(server, text, NULL, NULL);
	if (status < 0 || status == 200 || (status == 404 && resource->is_recent))
		return status < 0 ? status : 0;
	if (status == 401) {
		snprintf(server->message, sizeof(server->message),
			 "the server refuses the credentials (HTTP status 401)");
		return -EACCES;
	}
	if (status != 403 && status != 404) {
		snprintf(server->message, sizeof(server->message), "cannot list %s: HTTP status %d",
			 resource->name, status);
		return -EIO;
	}
	snprintf(text, sizeof(text), "may not list %s at cluster scope: %s", resource->name,
		 resource->without);
	return string_list_add(&check->warnings, text);
}

/* Fills in the version, and a sentence in check->warnings for each resource that may not be
 * listed. */
static int kube_check(struct identity_client *client, struct identity_check *check)
{
	struct kube_client *server = &((struct kube *)client)->server;
	int error = kube_client_refresh(server, NULL, 0);

	if (error >= 0)
		error = kube_check_version(server, check);
	for (size_t kind = 0; !error && kind < KUBE_KINDS; kind++)
		error = kube_check_resource(server, &kube_resources[kind], check);
	if (!error && server->config->insecure)
		error = string_list_add(&check->warnings, "its certificate is not verified "
							  "(insecure-skip-tls-verify)");
	if (error)
		snprintf(check->message, sizeof(check->message), "%s", server->message);
	return error;
}

const struct identity_source kube_identity_source = {
	.label = "k8s",
	.title = "Kubernetes API",
	.option = "kubeconfig",
	.opt_out = "no-kube",
	.id = IDENTITY_KUBE,
	.size = sizeof(struct kube),
	.is_late = true, /* the kubelet reports containers once a second */
	.make = kube_make,
	.connect = kube_load,
	.look = kube_run,
	.disconnect = kube_disconnect,
	.free = kube_free,
	.check = kube_check,
};
