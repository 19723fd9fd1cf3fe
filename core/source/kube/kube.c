/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/source/http.h"
#include "core/source/identity_source.h"
#include "core/source/kube/kube_check.h"
#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_credentials.h"
#include "core/source/kube/kube_health.h"
#include "core/source/kube/kube_store.h"
#include "core/source/kube/kube_watch.h"

/* Nothing is due for longer than this: watches end by themselves before. */
#define LONGEST_WAIT_MS 60000u

struct kube;

/* One resource, and the request for it that is under way. */
struct slot {
	struct kube *kube;
	struct kube_watch *watch;
	struct http_call *call;
	unsigned int credentials; /* number of those that the request was made with */
};

struct kube {
	char *kubeconfig;
	char *context;
	char *service_account;
	char *node; /* NULL: pods of all nodes */
	struct source *source;
	struct kube_config *config;
	struct kube_credentials *credentials;
	struct http *http;
	struct kube_store *store;
	struct slot slots[KUBE_KINDS];

	unsigned int credentials_number; /* grows when they are got anew */
	bool credentials_refused;
	uint64_t credentials_due_ms; /* not got before */
	struct names_backoff credentials_backoff;
	char message[KUBE_CONFIG_MESSAGE_SIZE]; /* why there are none; "": there are */
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void emit(void *data, struct record *record)
{
	struct kube *kube = data;

	source_emit_wait(kube->source, record);
}

/* --- health --- */

static void report(struct kube *kube)
{
	const struct kube_watch *watches[KUBE_KINDS];

	for (size_t i = 0; i < KUBE_KINDS; i++)
		watches[i] = kube->slots[i].watch;
	const struct kube_health_facts facts = {
		.config = kube->config,
		.token = kube_credentials_token(kube->credentials),
		.key = kube_credentials_key(kube->credentials),
		.credentials_message = kube->message,
		.watches = watches,
		.watch_count = KUBE_KINDS,
	};
	struct source_health health;

	kube_health(&facts, &health);
	source_set_health(kube->source, health.state, health.error, "%s", health.message);
}

/* --- connections --- */

static void drop_calls(struct kube *kube)
{
	/* As if the server had cut them. */
	const struct http_response cut = {.status = 200, .message = "connected anew"};

	for (size_t i = 0; i < KUBE_KINDS; i++) {
		struct slot *slot = &kube->slots[i];
		if (!slot->call)
			continue;
		http_cancel(slot->call);
		slot->call = NULL;
		kube_watch_end(slot->watch, now_ms(), -ECONNRESET, &cut);
	}
}

static int connect_anew(struct kube *kube)
{
	drop_calls(kube);
	http_free(kube->http);
	kube->http = NULL;
	return kube_connect(kube->config, kube->credentials, &kube->http);
}

/* Good credentials and a client that has them. False: not now. */
static bool refresh_credentials(struct kube *kube)
{
	bool certificate_changed = false;
	uint64_t now = now_ms();

	if (now < kube->credentials_due_ms)
		return false;
	if (kube->credentials_refused)
		kube_credentials_refused(kube->credentials);
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
	int error = kube_credentials_refresh(kube->credentials, kube->source, now,
					     &certificate_changed, message);
	if (!error && (certificate_changed || !kube->http)) {
		error = connect_anew(kube);
		if (error)
			snprintf(message, sizeof(message), "%s", strerror(-error));
	}
	snprintf(kube->message, sizeof(kube->message), "%s", message);
	if (error) {
		kube->credentials_due_ms =
			now_ms() + names_backoff_next(&kube->credentials_backoff);
		return false;
	}
	if (kube->credentials_refused)
		kube->credentials_number++;
	kube->credentials_refused = false;
	names_backoff_reset(&kube->credentials_backoff);
	return true;
}

/* --- requests --- */

static int take_data(void *data, const char *bytes, size_t length)
{
	struct slot *slot = data;
	int error = kube_watch_data(slot->watch, bytes, length);

	if (!error)
		error = kube_store_flush(slot->kube->store);
	source_flush(slot->kube->source);
	return error;
}

static void take_begin(void *data)
{
	struct slot *slot = data;

	kube_watch_began(slot->watch);
}

static void take_end(void *data, int error, const struct http_response *response)
{
	struct slot *slot = data;
	struct kube *kube = slot->kube;

	slot->call = NULL;
	bool refused = kube_watch_end(slot->watch, now_ms(), error, response);
	/* Requests that were under way when they were renewed say nothing about the new ones. */
	if (refused && slot->credentials == kube->credentials_number)
		kube->credentials_refused = true;
	/* What waited for the end of a list. */
	(void)kube_store_flush(kube->store);
	source_flush(kube->source);
}

static void begin(struct slot *slot)
{
	struct kube *kube = slot->kube;
	struct kube_watch_request asked;

	if (kube_watch_begin(slot->watch, now_ms(), &asked))
		return;
	const char *const headers[] = {asked.accept, NULL};
	const struct http_request request = {
		.path = asked.path,
		.headers = headers,
		.bearer = kube_credentials_token(kube->credentials),
		.timeout_ms = asked.timeout_ms,
		.idle_ms = asked.idle_ms,
		.on_data = take_data,
		.on_begin = take_begin,
		.data = slot,
	};
	slot->credentials = kube->credentials_number;
	if (http_start(kube->http, &request, take_end, slot, &slot->call)) {
		const struct http_response none = {.message = "out of memory"};
		slot->call = NULL;
		kube_watch_end(slot->watch, now_ms(), -ENOMEM, &none);
	}
	free(asked.path);
}

/* Resources are listed one after the other, each for the first time when those before it are known
 * or have failed. */
static bool may_begin(const struct kube *kube, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (kube_watch_state(kube->slots[i].watch) == KUBE_WATCH_STARTING)
			return false;
	}
	return true;
}

/* Begins what is due. How long nothing else will be. */
static unsigned int begin_due(struct kube *kube)
{
	uint64_t now = now_ms();
	uint64_t next = now + LONGEST_WAIT_MS;

	for (size_t i = 0; i < KUBE_KINDS && may_begin(kube, i); i++) {
		struct slot *slot = &kube->slots[i];
		uint64_t due = kube_watch_due_ms(slot->watch);
		if (slot->call)
			continue;
		if (due < kube->credentials_due_ms)
			due = kube->credentials_due_ms;
		if (due <= now && refresh_credentials(kube))
			begin(slot);
		else if (due <= now)
			due = kube->credentials_due_ms;
		if (!slot->call && due < next)
			next = due;
	}
	now = now_ms();
	return next > now ? (unsigned int)(next - now) : 0;
}

/* --- life --- */

static void disconnect(struct kube *kube)
{
	http_free(kube->http);
	kube->http = NULL;
	kube_credentials_free(kube->credentials);
	kube->credentials = NULL;
	kube_config_free(kube->config);
	kube->config = NULL;
	for (size_t i = 0; i < KUBE_KINDS; i++) {
		kube_watch_free(kube->slots[i].watch);
		kube->slots[i] = (struct slot){0};
	}
}

static int prepare(struct kube *kube)
{
	int error = kube_credentials_new(kube->config, &kube->credentials);

	for (size_t i = 0; !error && i < KUBE_KINDS; i++) {
		kube->slots[i].kube = kube;
		error = kube_watch_new((enum kube_kind)i, kube->node, kube->store,
				       &kube->slots[i].watch);
	}
	return error;
}

/* Reads the configuration, again and again while it is wrong. False: none, or stopping. */
static bool configure(struct kube *kube)
{
	const struct kube_config_options options = {
		.kubeconfig = kube->kubeconfig,
		.context = kube->context,
		.service_account = kube->service_account,
	};
	struct names_backoff backoff = {0};

	do {
		char message[KUBE_CONFIG_MESSAGE_SIZE];
		int error = kube_config_load(&options, &kube->config, message);
		if (!error)
			return true;
		if (error == -ENOENT && message[0] == '\0') {
			source_set_health(kube->source, SOURCE_ABSENT, 0,
					  "no kubeconfig and no service account");
			return false;
		}
		source_set_health(kube->source, SOURCE_BROKEN, error, "%s",
				  message[0] ? message : strerror(-error));
	} while (names_wait(kube->source, names_backoff_next(&backoff), false));
	return false;
}

static void run_kube(struct source *source, void *data)
{
	struct kube *kube = data;
	int error = 0;

	kube->source = source;
	if (!configure(kube))
		return;
	error = prepare(kube);
	while (!error && !source_stopping(source)) {
		unsigned int wait_ms = begin_due(kube);
		report(kube);
		/* Without credentials there is no client yet. */
		if (kube->http)
			error = http_run(kube->http, source, wait_ms);
		else
			names_wait(source, wait_ms, false);
	}
	if (error && error != -ECANCELED)
		source_set_health(source, SOURCE_BROKEN, error, "%s", strerror(-error));
	disconnect(kube);
}

static void free_kube(void *data)
{
	struct kube *kube = data;

	disconnect(kube);
	kube_store_free(kube->store);
	free(kube->kubeconfig);
	free(kube->context);
	free(kube->service_account);
	free(kube->node);
	free(kube);
}

int kube_source_start(const struct kube_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "k8s",
		.run = run_kube,
		.free_data = free_kube,
	};
	struct kube *kube = calloc(1, sizeof(*kube));

	if (!kube)
		return -ENOMEM;
	if (names_copy_text(options->kubeconfig, &kube->kubeconfig) ||
	    names_copy_text(options->context, &kube->context) ||
	    names_copy_text(options->service_account, &kube->service_account) ||
	    names_copy_text(options->node_only ? options->node : NULL, &kube->node) ||
	    kube_store_new(emit, kube, &kube->store)) {
		free_kube(kube);
		return -ENOMEM;
	}
	return names_start(&operations, kube, out);
}
