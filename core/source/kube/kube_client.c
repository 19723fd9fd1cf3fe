/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/caller.h"
#include "core/base/clock.h"
#include "core/base/text.h"

/* The time limit for one request in the caller's thread. */
#define REQUEST_TIMEOUT_MS 10000u
/*
 * The age at which a token file is read again. The kubelet replaces a token long before it expires.
 */
#define TOKEN_FILE_MS 60000u
/* Credentials from a program are replaced this long before they expire. */
#define EXPIRY_MARGIN_NS (10 * NS_PER_SECOND)

int kube_client_load(struct kube_client *client, const struct kube_config_options *options)
{
	return kube_config_load(options, &client->config, client->message);
}

static int kube_client_refresh_file(struct kube_client *client, uint64_t now_ms)
{
	const char *path = client->config->token_file;
	char *token = NULL;

	if (client->have && !client->refused && now_ms - client->file_read_ms < TOKEN_FILE_MS)
		return 0;
	int error = kube_token_read(path, &token);
	if (error) {
		snprintf(client->message, sizeof(client->message), "%s: %s", path,
			 error == -EINVAL ? "a token was expected" : strerror(-error));
		return error;
	}
	kube_secret_free(client->file_token);
	client->file_token = token;
	client->file_read_ms = now_ms;
	client->have = true;
	return 0;
}

/* Returns 1 if the client certificate is new, 0 if not, or -errno with a message. */
static int kube_client_refresh_exec(struct kube_client *client, struct source *source)
{
	struct kube_exec_credential *old = &client->exec;
	struct kube_exec_credential fresh = {0};
	bool is_expired =
		old->expires_ns > 0 && clock_real_ns() + EXPIRY_MARGIN_NS >= old->expires_ns;

	if (client->have && !client->refused && !is_expired)
		return 0;
	int error = kube_exec_run(client->config, source, &fresh, client->message);
	if (error)
		return error;
	bool changed = text_compare(fresh.certificate, old->certificate) != 0 ||
		       text_compare(fresh.key, old->key) != 0;
	kube_exec_credential_clear(old);
	*old = fresh;
	client->have = true;
	return changed ? 1 : 0;
}

/* Replaces the HTTP client with one that has the current credentials. */
static int kube_client_connect(struct kube_client *client)
{
	const struct kube_config *config = client->config;
	const struct kube_exec_credential *exec = &client->exec;
	const struct http_options options = {
		.base_url = config->server,
		/* libcurl 7.88 mishandles several HTTP/2 streams of one connection. */
		.http1 = true,
		.ca_file = config->ca_data ? NULL : config->ca_file,
		.ca_data = config->ca_data,
		.certificate_file = exec->certificate || config->certificate_data
					    ? NULL
					    : config->certificate_file,
		.certificate_data =
			exec->certificate ? exec->certificate : config->certificate_data,
		.key_file = exec->key || config->key_data ? NULL : config->key_file,
		.key_data = exec->key ? exec->key : config->key_data,
		.tls_server_name = config->tls_server_name,
		.proxy = config->proxy,
		.insecure = config->insecure,
		.user = config->user,
		.password = config->password,
	};

	/* libcurl opens these files itself, for each connection, so the thread keeps the rights to
	 * read them. */
	if (options.key_file)
		(void)caller_enter_for(options.key_file);
	http_free(client->http);
	client->http = NULL;
	int error = http_new(&options, &client->http);
	if (error)
		snprintf(client->message, sizeof(client->message), "%s", strerror(-error));
	return error ? error : 1;
}

/* Returns whether the server has refused a connection with a client certificate. A connection keeps
 * its certificate, which may have expired, and whose file may have been replaced since. */
static bool kube_client_is_stale(const struct kube_client *client)
{
	const struct kube_config *config = client->config;

	return client->refused &&
	       (client->exec.certificate || config->certificate_data || config->certificate_file);
}

int kube_client_refresh(struct kube_client *client, struct source *source, uint64_t now_ms)
{
	int result = 0;

	client->message[0] = '\0';
	if (client->config->token_file)
		result = kube_client_refresh_file(client, now_ms);
	if (!result && client->config->exec.command)
		result = kube_client_refresh_exec(client, source);
	if (result == 1 || (!result && (!client->http || kube_client_is_stale(client))))
		result = kube_client_connect(client);
	if (result < 0)
		return result;
	client->renewals += client->refused ? 1 : 0;
	client->refused = false;
	return result;
}

const char *kube_client_token(const struct kube_client *client)
{
	if (client->exec.token)
		return client->exec.token;
	return client->file_token ? client->file_token : client->config->token;
}

int kube_client_get(struct kube_client *client, const char *path,
		    int (*on_data)(void *data, const char *bytes, size_t length), void *data)
{
	const struct http_request request = {
		.path = path,
		.bearer = kube_client_token(client),
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.on_data = on_data,
		.data = data,
	};
	struct http_response response;
	int error = http_perform(client->http, NULL, &request, &response);

	if (error)
		snprintf(client->message, sizeof(client->message), "%.390s",
			 response.status ? strerror(-error) : response.message);
	return error ? error : (int)response.status;
}

void kube_client_close(struct kube_client *client)
{
	http_free(client->http);
	kube_secret_free(client->file_token);
	kube_exec_credential_clear(&client->exec);
	kube_config_free(client->config);
	*client = (struct kube_client){0};
}
