/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_health.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Shorter secrets are none, and would be found in every second word. */
#define SECRET_MIN 4

static void append(struct source_health *health, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct source_health *health, const char *format, ...)
{
	size_t length = strlen(health->message);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(health->message + length, sizeof(health->message) - length, format, arguments);
	va_end(arguments);
}

/* A server, or what stands before it, may answer with what it was sent. */
static void hide(struct source_health *health, const char *secret)
{
	size_t length = secret ? strlen(secret) : 0;
	char *at;

	if (length < SECRET_MIN)
		return;
	while ((at = strstr(health->message, secret)) != NULL) {
		memcpy(at, "***", 3);
		memmove(at + 3, at + length, strlen(at + length) + 1);
	}
	/* One that was cut at the message's end: its beginning must not stay. */
	size_t total = strlen(health->message);
	for (size_t tail = total < length ? total : length - 1; tail >= SECRET_MIN; tail--) {
		if (memcmp(health->message + total - tail, secret, tail) == 0) {
			memcpy(health->message + total - tail, "***", 4);
			return;
		}
	}
}

static const struct kube_watch *find_state(const struct kube_health_facts *facts,
					   enum kube_watch_state state)
{
	for (size_t i = 0; i < facts->watch_count; i++) {
		if (kube_watch_state(facts->watches[i]) == state)
			return facts->watches[i];
	}
	return NULL;
}

static void describe(const struct kube_health_facts *facts, struct source_health *health)
{
	const struct kube_watch *failing = find_state(facts, KUBE_WATCH_FAILING);
	const struct kube_watch *starting = find_state(facts, KUBE_WATCH_STARTING);

	if (facts->credentials_message[0]) {
		health->state = SOURCE_BROKEN;
		health->error = -EACCES;
		append(health, ": no credentials: %s", facts->credentials_message);
	} else if (failing) {
		health->state = SOURCE_BROKEN;
		health->error = -EIO;
		append(health, ": %s", kube_watch_message(failing));
	} else if (starting) {
		health->state = SOURCE_STARTING;
		append(health, ": %s",
		       kube_watch_message(starting)[0] ? kube_watch_message(starting) : "listing");
	} else if (!find_state(facts, KUBE_WATCH_CURRENT)) {
		health->state = SOURCE_BROKEN;
		health->error = -EACCES;
		append(health, ": may not list anything at cluster scope");
	} else {
		health->state = SOURCE_READY;
		for (size_t i = 0; i < facts->watch_count; i++) {
			if (kube_watch_state(facts->watches[i]) == KUBE_WATCH_DENIED)
				append(health, "; %s", kube_watch_message(facts->watches[i]));
		}
	}
}

void kube_health(const struct kube_health_facts *facts, struct source_health *out)
{
	const struct kube_config *config = facts->config;
	struct source_health health = {.state = SOURCE_STARTING};

	snprintf(health.message, sizeof(health.message), "%s", config->host);
	/* What is not safe comes first: the rest may be cut. */
	if (strncmp(config->server, "http://", 7) == 0)
		append(&health, " (warning: nothing is encrypted)");
	else if (config->insecure)
		append(&health, " (warning: the server is not verified, "
				"insecure-skip-tls-verify)");
	size_t untroubled = strlen(config->host);
	describe(facts, &health);
	/* All is well: nothing to say. */
	if (health.state == SOURCE_READY && strlen(health.message) == untroubled)
		health.message[0] = '\0';
	hide(&health, facts->token);
	hide(&health, facts->key);
	hide(&health, config->token);
	hide(&health, config->password);
	hide(&health, config->proxy);
	*out = health;
}
