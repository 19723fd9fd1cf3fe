/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_health.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Do not hide shorter secrets: they would match parts of ordinary words. */
#define SECRET_MIN 4

static void kube_health_append(struct source_health *health, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void kube_health_append(struct source_health *health, const char *format, ...)
{
	size_t length = strlen(health->message);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(health->message + length, sizeof(health->message) - length, format, arguments);
	va_end(arguments);
}

/* Replaces a secret in the message: a server or proxy may repeat its request in the answer. */
static void kube_health_hide(struct source_health *health, const char *secret)
{
	size_t length = secret ? strlen(secret) : 0;
	char *at;

	if (length < SECRET_MIN)
		return;
	while ((at = strstr(health->message, secret)) != NULL) {
		memcpy(at, "***", 3);
		memmove(at + 3, at + length, strlen(at + length) + 1);
	}
	/* Also hide the beginning of a secret that the end of the message cut. */
	size_t total = strlen(health->message);
	for (size_t tail = total < length ? total : length - 1; tail >= SECRET_MIN; tail--) {
		if (memcmp(health->message + total - tail, secret, tail) == 0) {
			memcpy(health->message + total - tail, "***", 4);
			return;
		}
	}
}

static const struct kube_watch *kube_health_find_state(const struct kube_health_facts *facts,
						       enum kube_watch_state state)
{
	for (size_t i = 0; i < facts->watch_count; i++) {
		if (kube_watch_state(facts->watches[i]) == state)
			return facts->watches[i];
	}
	return NULL;
}

static void kube_health_describe(const struct kube_health_facts *facts,
				 struct source_health *health)
{
	const struct kube_watch *failing = kube_health_find_state(facts, KUBE_WATCH_FAILING);
	const struct kube_watch *starting = kube_health_find_state(facts, KUBE_WATCH_STARTING);

	if (facts->credentials_message[0]) {
		health->state = SOURCE_BROKEN;
		health->error = -EACCES;
		kube_health_append(health, ": no credentials: %s", facts->credentials_message);
	} else if (failing) {
		health->state = SOURCE_BROKEN;
		health->error = -EIO;
		kube_health_append(health, ": %s", kube_watch_message(failing));
	} else if (starting) {
		health->state = SOURCE_STARTING;
		kube_health_append(health, ": %s",
				   kube_watch_message(starting)[0] ? kube_watch_message(starting)
								   : "listing");
	} else if (!kube_health_find_state(facts, KUBE_WATCH_CURRENT)) {
		health->state = SOURCE_BROKEN;
		health->error = -EACCES;
		kube_health_append(health, ": may not list anything at cluster scope");
	} else {
		health->state = SOURCE_READY;
		for (size_t i = 0; i < facts->watch_count; i++) {
			if (kube_watch_state(facts->watches[i]) == KUBE_WATCH_DENIED)
				kube_health_append(health, "; %s",
						   kube_watch_message(facts->watches[i]));
		}
	}
}

void kube_health(const struct kube_health_facts *facts, struct source_health *out)
{
	const struct kube_config *config = facts->config;
	struct source_health health = {.state = SOURCE_STARTING};

	snprintf(health.message, sizeof(health.message), "%s", config->host);
	/* The warnings come first, since the end of the message may be cut. */
	if (strncmp(config->server, "http://", 7) == 0)
		kube_health_append(&health, " (warning: nothing is encrypted)");
	else if (config->insecure)
		kube_health_append(&health, " (warning: the server is not verified, "
					    "insecure-skip-tls-verify)");
	size_t untroubled = strlen(config->host);
	kube_health_describe(facts, &health);
	/* Without failures and warnings there is no message. */
	if (health.state == SOURCE_READY && strlen(health.message) == untroubled)
		health.message[0] = '\0';
	kube_health_hide(&health, facts->token);
	kube_health_hide(&health, facts->key);
	kube_health_hide(&health, config->token);
	kube_health_hide(&health, config->password);
	kube_health_hide(&health, config->proxy);
	*out = health;
}
