/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_check.h"

#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/source/kube/kube_resource.h"

/* Enough for an answer to /version. Longer answers are cut, since only their status counts. */
#define BODY_MAX 4096

static int kube_check_collect(void *data, const char *bytes, size_t length)
{
	struct buffer *body = data;
	size_t room = BODY_MAX - body->length;

	return buffer_append(body, bytes, length < room ? length : room);
}

/* Performs one request. 0 with the status and the body; -errno with check->message. */
static int kube_check_get(struct kube_client *client, const char *path, struct buffer *body,
			  long *status, struct identity_check *check)
{
	const struct kube_get get = {
		.path = path,
		.on_data = kube_check_collect,
		.data = body,
		.message = check->message,
		.size = sizeof(check->message),
	};

	buffer_clear(body);
	return kube_client_get(client, &get, status);
}

static void kube_check_read_version(const struct buffer *body, struct identity_check *check)
{
	json_t *document = json_loadb(body->data ? body->data : "", body->length, 0, NULL);
	const char *version = json_string_value(json_object_get(document, "gitVersion"));

	snprintf(check->message, sizeof(check->message), "%.64s", version ? version : "answers");
	json_decref(document);
}

/* Asks for one object of a resource. A denied one becomes a limit. 0 or -errno with a message. */
static int kube_check_resource(struct kube_client *client, const struct kube_resource *resource,
			       struct buffer *body, struct identity_check *check)
{
	char text[256];
	long status = 0;

	snprintf(text, sizeof(text), "%s?limit=1", resource->path);
	int error = kube_check_get(client, text, body, &status, check);
	if (error || status == 200)
		return error;
	if (status == 401) {
		snprintf(check->message, sizeof(check->message),
			 "the server refuses the credentials (HTTP status 401)");
		return -EACCES;
	}
	if (status != 403 && status != 404) {
		snprintf(check->message, sizeof(check->message), "cannot list %s: HTTP status %ld",
			 resource->name, status);
		return -EIO;
	}
	snprintf(text, sizeof(text), "may not list %s at cluster scope: %s", resource->name,
		 resource->without);
	return string_list_add(&check->limits, text);
}

int kube_check_client(struct kube_client *client, struct identity_check *check)
{
	CLEANUP_BUFFER struct buffer body = {0};
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
	long status = 0;
	int error = kube_client_open(client, message);

	snprintf(check->message, sizeof(check->message), "%s", message);
	if (!error)
		error = kube_check_get(client, "/version", &body, &status, check);
	if (error)
		return error;
	if (status != 200)
		buffer_clear(&body);
	kube_check_read_version(&body, check);
	for (size_t kind = 0; !error && kind < KUBE_KINDS; kind++)
		error = kube_check_resource(client, kube_resource((enum kube_kind)kind), &body,
					    check);
	if (!error && client->config->insecure)
		error = string_list_add(&check->limits, "its certificate is not verified "
							"(insecure-skip-tls-verify)");
	return error;
}
