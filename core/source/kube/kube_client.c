/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_client.h"

#include <stdio.h>
#include <string.h>

int kube_client_load(struct kube_client *client, const struct kube_config_options *options,
		     char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	int error = kube_config_load(options, &client->config, message);

	return error ? error : kube_credentials_new(client->config, &client->credentials);
}

int kube_client_connect(struct kube_client *client)
{
	const struct kube_config *config = client->config;
	const char *certificate = kube_credentials_certificate(client->credentials);
	const char *key = kube_credentials_key(client->credentials);
	const struct http_options options = {
		.base_url = config->server,
		/* One stream for each connection: libcurl 7.88 mishandles several. */
		.http1 = true,
		.ca_file = config->ca_data ? NULL : config->ca_file,
		.ca_data = config->ca_data,
		.certificate_file =
			certificate || config->certificate_data ? NULL : config->certificate_file,
		.certificate_data = certificate ? certificate : config->certificate_data,
		.key_file = key || config->key_data ? NULL : config->key_file,
		.key_data = key ? key : config->key_data,
		.tls_server_name = config->tls_server_name,
		.proxy = config->proxy,
		.insecure = config->insecure,
		.user = config->user,
		.password = config->password,
	};

	http_free(client->http);
	client->http = NULL;
	return http_new(&options, &client->http);
}

int kube_client_open(struct kube_client *client, char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	bool certificate_changed = false;
	int error = kube_credentials_refresh(client->credentials, NULL, 0, &certificate_changed,
					     message);

	return error ? error : kube_client_connect(client);
}

void kube_client_close(struct kube_client *client)
{
	http_free(client->http);
	kube_credentials_free(client->credentials);
	kube_config_free(client->config);
	*client = (struct kube_client){0};
}

int kube_client_get(struct kube_client *client, const struct kube_get *get, long *status)
{
	const struct http_request request = {
		.path = get->path,
		.bearer = kube_credentials_token(client->credentials),
		.timeout_ms = KUBE_CLIENT_TIMEOUT_MS,
		.on_data = get->on_data,
		.data = get->data,
	};
	struct http_response response;
	int error = http_perform(client->http, NULL, &request, &response);

	*status = response.status;
	if (error)
		snprintf(get->message, get->size, "%.400s",
			 response.status ? strerror(-error) : response.message);
	return error;
}
