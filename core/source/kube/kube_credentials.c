/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_credentials.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/source/kube/kube_exec.h"

/* Read the token file again after this time: the kubelet replaces a token long before it expires. */
#define TOKEN_FILE_MS 60000u
/* Replace the credentials of a program this long before they expire. */
#define EXPIRY_MARGIN_NS (10 * NS_PER_SECOND)

struct kube_credentials {
	const struct kube_config *config;
	char *file_token;
	uint64_t file_read_ms;
	struct kube_exec_credential exec;
	bool have; /* file_token or exec is valid */
	bool refused;
};

int kube_credentials_new(const struct kube_config *config, struct kube_credentials **out)
{
	struct kube_credentials *credentials = calloc(1, sizeof(*credentials));

	if (!credentials)
		return -ENOMEM;
	credentials->config = config;
	*out = credentials;
	return 0;
}

void kube_credentials_free(struct kube_credentials *credentials)
{
	if (!credentials)
		return;
	kube_secret_free(credentials->file_token);
	kube_exec_credential_clear(&credentials->exec);
	free(credentials);
}

void kube_credentials_refused(struct kube_credentials *credentials)
{
	credentials->refused = true;
}

static int kube_credentials_refresh_file(struct kube_credentials *credentials, uint64_t now_ms,
					 char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	char *token = NULL;

	if (credentials->have && !credentials->refused &&
	    now_ms - credentials->file_read_ms < TOKEN_FILE_MS)
		return 0;
	int error = kube_token_read(credentials->config->token_file, &token);
	if (error) {
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s",
			 credentials->config->token_file,
			 error == -EINVAL ? "a token was expected" : strerror(-error));
		return error;
	}
	kube_secret_free(credentials->file_token);
	credentials->file_token = token;
	credentials->file_read_ms = now_ms;
	credentials->have = true;
	return 0;
}

static bool kube_credentials_is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool kube_credentials_is_expired(const struct kube_exec_credential *credential)
{
	return credential->expires_ns > 0 &&
	       clock_real_ns() + EXPIRY_MARGIN_NS >= credential->expires_ns;
}

static int kube_credentials_refresh_exec(struct kube_credentials *credentials,
					 struct source *source, bool *certificate_changed,
					 char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	struct kube_exec_credential fresh = {0};

	if (credentials->have && !credentials->refused &&
	    !kube_credentials_is_expired(&credentials->exec))
		return 0;
	int error = kube_exec_run(credentials->config, source, &fresh, message);
	if (error)
		return error;
	*certificate_changed =
		!kube_credentials_is_same(fresh.certificate, credentials->exec.certificate) ||
		!kube_credentials_is_same(fresh.key, credentials->exec.key);
	kube_exec_credential_clear(&credentials->exec);
	credentials->exec = fresh;
	credentials->have = true;
	return 0;
}

int kube_credentials_refresh(struct kube_credentials *credentials, struct source *source,
			     uint64_t now_ms, bool *certificate_changed,
			     char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	int error = 0;

	*certificate_changed = false;
	if (credentials->config->token_file)
		error = kube_credentials_refresh_file(credentials, now_ms, message);
	if (!error && credentials->config->exec.command)
		error = kube_credentials_refresh_exec(credentials, source, certificate_changed,
						      message);
	if (!error)
		credentials->refused = false;
	return error;
}

const char *kube_credentials_token(const struct kube_credentials *credentials)
{
	if (credentials->exec.token)
		return credentials->exec.token;
	return credentials->file_token ? credentials->file_token : credentials->config->token;
}

const char *kube_credentials_certificate(const struct kube_credentials *credentials)
{
	return credentials->exec.certificate;
}

const char *kube_credentials_key(const struct kube_credentials *credentials)
{
	return credentials->exec.key;
}
