/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/source/kube/kube_watch.h"

/* A person waits. */
#define REQUEST_TIMEOUT_MS 5000u
#define VERSION_MAX        4096

int kube_connect(const struct kube_config *config, const struct kube_credentials *credentials,
		 struct http **out)
{
	const char *certificate = kube_credentials_certificate(credentials);
	const char *key = kube_credentials_key(credentials);
	const struct http_options options = {
		.base_url = config->server,
		/* One stream a connection: libcurl 7.88 is not to be trusted with several. */
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

	return http_new(&options, out);
}

struct body {
	char text[VERSION_MAX];
	size_t length;
};

/* Keeps the beginning of a body: the rest does not matter. */
static int keep_body(void *data, const char *bytes, size_t length)
{
	struct body *body = data;
	size_t room = sizeof(body->text) - body->length;
	size_t kept = length < room ? length : room;

	memcpy(body->text + body->length, bytes, kept);
	body->length += kept;
	return 0;
}

static void read_version(const struct body *body, char version[64])
{
	json_t *document = json_loadb(body->text, body->length, 0, NULL);
	const char *text = json_string_value(json_object_get(document, "gitVersion"));

	snprintf(version, 64, "%s", text ? text : "");
	json_decref(document);
}

/* One request. 0 with the status filled in, or -errno with the message. */
static int ask(struct http *http, const struct kube_credentials *credentials, const char *path,
	       struct body *body, long *status, char message[512])
{
	const struct http_request request = {
		.path = path,
		.bearer = kube_credentials_token(credentials),
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.on_data = keep_body,
		.data = body,
	};
	struct http_response response;

	body->length = 0;
	int error = http_perform(http, NULL, &request, &response);
	*status = response.status;
	/* curl's words only: a server's may repeat what it was sent. */
	if (error)
		snprintf(message, 512, "%.400s",
			 response.status ? strerror(-error) : response.message);
	return error;
}

static int ask_all(struct http *http, const struct kube_credentials *credentials,
		   struct kube_check *check)
{
	struct body body;
	long status = 0;
	int error = ask(http, credentials, "/version", &body, &status, check->message);

	if (!error && status == 200)
		read_version(&body, check->version);
	for (size_t kind = 0; !error && kind < KUBE_KINDS; kind++) {
		char path[128];
		snprintf(path, sizeof(path), "%s?limit=1",
			 kube_resource_path((enum kube_kind)kind));
		error = ask(http, credentials, path, &body, &status, check->message);
		if (!error && status == 401) {
			snprintf(check->message, sizeof(check->message),
				 "the server refuses the credentials (HTTP status 401)");
			return -EACCES;
		}
		if (!error && status != 200 && status != 403 && status != 404) {
			snprintf(check->message, sizeof(check->message),
				 "cannot list %s: HTTP status %ld",
				 kube_resource_name((enum kube_kind)kind), status);
			return -EIO;
		}
		check->denied[kind] = status != 200;
	}
	return error;
}

int kube_check(const struct kube_config_options *options, struct kube_check *out)
{
	struct kube_check check = {0};
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
	struct kube_config *config = NULL;
	struct kube_credentials *credentials = NULL;
	struct http *http = NULL;
	bool changed = false;
	int error = kube_config_load(options, &config, message);

	if (!error) {
		snprintf(check.where, sizeof(check.where), "%s: %s%s%s", config->source,
			 config->host, config->context ? ", context " : "",
			 config->context ? config->context : "");
		check.insecure = config->insecure;
		error = kube_credentials_new(config, &credentials);
	}
	if (!error)
		error = kube_credentials_refresh(credentials, NULL, 0, &changed, message);
	if (!error)
		error = kube_connect(config, credentials, &http);
	if (error)
		snprintf(check.message, sizeof(check.message), "%s", message);
	else
		error = ask_all(http, credentials, &check);
	http_free(http);
	kube_credentials_free(credentials);
	kube_config_free(config);
	*out = check;
	return error;
}
