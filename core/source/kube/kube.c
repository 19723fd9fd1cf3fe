/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/source/kube/kube_check.h"
#include "core/source/kube/kube_client.h"
#include "core/source/kube/kube_health.h"
#include "core/source/kube/kube_store.h"
#include "core/source/kube/kube_watch.h"

/* Longer than any time to the next request: watches end by themselves before. */
#define LONGEST_WAIT_MS 60000u

struct kube;

/* One resource, and its request in flight. */
struct kube_slot {
	struct kube *kube;
	struct kube_watch *watch;
	struct http_call *call;
	unsigned int credentials; /* the kube->credentials_number of the request */
};

struct kube {
	struct identity_client client;
	char *kubeconfig;
	char *context;
	char *service_account;
	char *node; /* NULL: pods of all nodes */
	struct kube_client server;
	struct kube_store *store;
	struct kube_slot slots[KUBE_KINDS];

	unsigned int credentials_number; /* increases with each new set of credentials */
	bool credentials_refused;
	uint64_t credentials_due_ms; /* the earliest time to get new ones */
	struct identity_backoff credentials_backoff;
	char message[KUBE_CONFIG_MESSAGE_SIZE]; /* why there are no credentials; "": there are */
};

static void kube_emit(void *data, struct record *record)
{
	struct kube *kube = data;

	source_emit_wait(kube->client.source, record);
}

/* --- health --- */

static void kube_report(struct kube *kube)
{
	const struct kube_watch *watches[KUBE_KINDS];

	for (size_t i = 0; i < KUBE_KINDS; i++)
		watches[i] = kube->slots[i].watch;
	const struct kube_health_facts facts = {
		.config = kube->server.config,
		.token = kube_credentials_token(kube->server.credentials),
		.key = kube_credentials_key(kube->server.credentials),
		.credentials_message = kube->message,
		.watches = watches,
		.watch_count = KUBE_KINDS,
	};
	struct source_health health;

	kube_health(&facts, &health);
	source_set_health(kube->client.source, health.state, health.error, "%s", health.message);
}

/* --- connections --- */

static void kube_drop_calls(struct kube *kube)
{
	/* To the watch this is a connection that the server cut. */
	const struct http_response cut = {.status = 200, .message = "connected again"};

	for (size_t i = 0; i < KUBE_KINDS; i++) {
		struct kube_slot *slot = &kube->slots[i];
		if (!slot->call)
			continue;
		http_cancel(slot->call);
		slot->call = NULL;
		kube_watch_end(slot->watch, clock_monotonic_ms(), -ECONNRESET, &cut);
	}
}

/* Gets valid credentials, and connects again if the client certificate changed. False: not now. */
static bool kube_refresh_credentials(struct kube *kube)
{
	bool certificate_changed = false;
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
	uint64_t now_ms = clock_monotonic_ms();

	if (now_ms < kube->credentials_due_ms)
		return false;
	if (kube->credentials_refused)
		kube_credentials_refused(kube->server.credentials);
	int error = kube_credentials_refresh(kube->server.credentials, kube->client.source, now_ms,
					     &certificate_changed, message);
	if (!error && (certificate_changed || !kube->server.http)) {
		kube_drop_calls(kube);
		error = kube_client_connect(&kube->server);
		if (error)
			snprintf(message, sizeof(message), "%s", strerror(-error));
	}
	snprintf(kube->message, sizeof(kube->message), "%s", message);
	if (error) {
		kube->credentials_due_ms =
			clock_monotonic_ms() + identity_backoff_next(&kube->credentials_backoff);
		return false;
	}
	if (kube->credentials_refused)
		kube->credentials_number++;
	kube->credentials_refused = false;
	identity_backoff_reset(&kube->credentials_backoff);
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
	/* A request that began before the renewal says nothing about the new credentials. */
	if (refused && slot->credentials == kube->credentials_number)
		kube->credentials_refused = true;
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
		.bearer = kube_credentials_token(kube->server.credentials),
		.timeout_ms = asked.timeout_ms,
		.idle_ms = asked.idle_ms,
		.on_data = kube_on_data,
		.on_begin = kube_on_begin,
		.data = slot,
	};
	slot->credentials = kube->credentials_number;
	if (http_start(kube->server.http, &request, kube_on_end, slot, &slot->call)) {
		const struct http_response none = {.message = "out of memory"};
		slot->call = NULL;
		kube_watch_end(slot->watch, clock_monotonic_ms(), -ENOMEM, &none);
	}
	free(asked.path);
}

/* A resource is first listed when the resources before it have been listed or have failed. */
static bool kube_may_begin(const struct kube *kube, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (kube_watch_state(kube->slots[i].watch) == KUBE_WATCH_STARTING)
			return false;
	}
	return true;
}

/* Begins the requests that are due. Returns the time until the next one, in milliseconds. */
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

/* Reads the configuration; requests come later. */
static int kube_load(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;
	const struct kube_config_options options = {
		.kubeconfig = kube->kubeconfig,
		.context = kube->context,
		.service_account = kube->service_account,
	};
	char message[KUBE_CONFIG_MESSAGE_SIZE];
	int error = kube_client_load(&kube->server, &options, message);

	/* A message names a file that the user named. */
	client->is_named = message[0] != '\0';
	snprintf(client->message, sizeof(client->message), "%s", message);
	if (error == -ENOENT && !client->is_named)
		snprintf(client->message, sizeof(client->message),
			 "no kubeconfig and no service account: services, owners and other nodes' "
			 "pods have no names");
	if (error)
		return error;
	const struct kube_config *config = kube->server.config;
	snprintf(client->place, sizeof(client->place), "%s: %s%s%s", config->source, config->host,
		 config->context ? ", context " : "", config->context ? config->context : "");
	return 0;
}

/* Lists and watches until the source is stopped. */
static int kube_run(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;
	int error = 0;

	for (size_t i = 0; !error && i < KUBE_KINDS; i++) {
		kube->slots[i].kube = kube;
		error = kube_watch_new((enum kube_kind)i, kube->node, kube->store,
				       &kube->slots[i].watch);
	}
	while (!error) {
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

static void kube_free_client(struct identity_client *client)
{
	struct kube *kube = (struct kube *)client;

	kube_disconnect(client);
	kube_store_free(kube->store);
	free(kube->kubeconfig);
	free(kube->context);
	free(kube->service_account);
	free(kube->node);
	free(kube);
}

static int kube_make(const struct identity_config *config, struct identity_client **out)
{
	struct kube *kube = calloc(1, sizeof(*kube));

	if (!kube)
		return -ENOMEM;
	if (text_copy(config->places[IDENTITY_KUBE], &kube->kubeconfig) ||
	    text_copy(config->context, &kube->context) ||
	    text_copy(config->service_account, &kube->service_account) ||
	    text_copy(config->node_only ? config->node : NULL, &kube->node) ||
	    kube_store_new(kube_emit, kube, &kube->store)) {
		kube_free_client(&kube->client);
		return -ENOMEM;
	}
	*out = &kube->client;
	return 0;
}

static int kube_check(struct identity_client *client, struct identity_check *out)
{
	return kube_check_client(&((struct kube *)client)->server, out);
}

const struct identity_source kube_identity_source = {
	.label = "k8s",
	.title = "Kubernetes API",
	.option = "kubeconfig",
	.opt_out = "no-kube",
	.make = kube_make,
	.connect = kube_load,
	.look = kube_run,
	.disconnect = kube_disconnect,
	.free = kube_free_client,
	.check = kube_check,
};
