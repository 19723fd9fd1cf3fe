/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_policies.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/source/http.h"
#include "core/source/kube/kube_check.h"
#include "core/source/kube/kube_credentials.h"
#include "core/source/kube/kube_watch.h"

#define POLICIES_PATH "/apis/networking.k8s.io/v1/networkpolicies"
#define POLICIES_API  "networking.k8s.io/v1"
/* kubectl's page. */
#define PAGE_SIZE 500
/* A person waits, for each page. */
#define REQUEST_TIMEOUT_MS 10000u
/* Far above what a cluster could hold; a server that goes on for ever is not listened to. */
#define PAGE_BYTES_MAX ((size_t)256 << 20)
#define PAGES_MAX      1000

struct page {
	char *text;
	size_t length;
	size_t capacity;
};

struct reading {
	const struct kube_config *config;
	const struct kube_credentials *credentials;
	struct http *http;
	kube_policies_take *take;
	void *data;
	char *message; /* KUBE_POLICIES_MESSAGE_SIZE bytes */
	char *next;    /* what the server calls the next page, escaped; NULL: the first */
};

static int complain(const struct reading *reading, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says which server it is about; returns the error. */
static int complain(const struct reading *reading, int error, const char *format, ...)
{
	char what[KUBE_POLICIES_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(reading->message, KUBE_POLICIES_MESSAGE_SIZE, "%.200s: %.400s",
		 reading->config->host, what);
	return error;
}

static int keep_bytes(void *data, const char *bytes, size_t length)
{
	struct page *page = data;

	if (length > PAGE_BYTES_MAX - page->length)
		return -EFBIG;
	if (page->length + length > page->capacity) {
		size_t capacity = 2 * (page->length + length);
		char *grown = realloc(page->text, capacity);
		if (!grown)
			return -ENOMEM;
		page->text = grown;
		page->capacity = capacity;
	}
	memcpy(page->text + page->length, bytes, length);
	page->length += length;
	return 0;
}

/* A status that is no answer. The server's words stay out: they may repeat what it was sent. */
static int refuse_status(const struct reading *reading, long status)
{
	switch (status) {
	case 401:
		return complain(reading, -EACCES,
				"the server refuses the credentials (HTTP status 401)");
	case 403:
		return complain(reading, -EACCES,
				"may not list networkpolicies at cluster scope (HTTP status 403)");
	default:
		return complain(reading, -EIO, "cannot list networkpolicies: HTTP status %ld",
				status);
	}
}

static int fetch_page(const struct reading *reading, struct page *page)
{
	const char *next = reading->next ? reading->next : "";
	size_t size = sizeof(POLICIES_PATH) + strlen(next) + 40;
	CLEANUP_FREE char *path = malloc(size);
	struct http_response response;

	page->length = 0;
	if (!path)
		return -ENOMEM;
	snprintf(path, size, POLICIES_PATH "?limit=%d%s%s", PAGE_SIZE, next[0] ? "&continue=" : "",
		 next);
	const struct http_request request = {
		.path = path,
		.bearer = kube_credentials_token(reading->credentials),
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.on_data = keep_bytes,
		.data = page,
	};
	int error = http_perform(reading->http, NULL, &request, &response);
	if (error == -ENOMEM)
		return error;
	if (error)
		return complain(reading, error, "cannot list networkpolicies: %s",
				response.status ? strerror(-error) : response.message);
	return response.status == 200 ? 0 : refuse_status(reading, response.status);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Items of a list say nothing of what they are; bookkeeping is long, and no part of a policy. */
static int take_policy(const struct reading *reading, json_t *policy)
{
	json_t *metadata = json_object_get(policy, "metadata");

	if (!json_is_object(policy))
		return complain(reading, -EBADMSG, "an item of the list is no object");
	if (!json_object_get(policy, "kind") && !json_object_get(policy, "apiVersion")) {
		json_object_set_new(policy, "kind", json_string("NetworkPolicy"));
		json_object_set_new(policy, "apiVersion", json_string(POLICIES_API));
	}
	json_object_del(metadata, "managedFields");
	json_object_del(metadata, "annotations");
	CLEANUP_FREE char *text = json_dumps(policy, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	return reading->take(reading->data, text_of(metadata, "namespace"),
			     text_of(metadata, "name"), text, strlen(text));
}

static int take_document(struct reading *reading, json_t *document)
{
	json_t *items = json_object_get(document, "items");
	const char *next = text_of(json_object_get(document, "metadata"), "continue");
	json_t *policy;
	size_t index;

	if (strcmp(text_of(document, "kind"), "NetworkPolicyList") != 0 ||
	    (items && !json_is_array(items) && !json_is_null(items)))
		return complain(reading, -EBADMSG, "its answer is no list of networkpolicies");
	json_array_foreach(items, index, policy)
	{
		int error = take_policy(reading, policy);
		if (error)
			return error;
	}
	free(reading->next);
	reading->next = next[0] ? kube_escape_query(next) : NULL;
	return next[0] && !reading->next ? -ENOMEM : 0;
}

static int read_pages(struct reading *reading)
{
	struct page page = {0};
	int error = 0;

	for (int count = 0; !error; count++) {
		if (count == PAGES_MAX) {
			error = complain(reading, -EFBIG, "its list of networkpolicies has no end");
			break;
		}
		error = fetch_page(reading, &page);
		if (error)
			break;
		json_t *document = json_loadb(page.text ? page.text : "", page.length, 0, NULL);
		error = document ? take_document(reading, document)
				 : complain(reading, -EBADMSG, "its answer is not JSON");
		json_decref(document);
		if (!reading->next)
			break;
	}
	free(page.text);
	return error;
}

int kube_policies(const struct kube_config_options *options, kube_policies_take *take, void *data,
		  char message[KUBE_POLICIES_MESSAGE_SIZE])
{
	char reason[KUBE_CONFIG_MESSAGE_SIZE] = "";
	struct kube_config *config = NULL;
	struct kube_credentials *credentials = NULL;
	struct http *http = NULL;
	bool changed = false;

	message[0] = '\0';
	int error = kube_config_load(options, &config, reason);
	if (error == -ENOENT && !reason[0])
		snprintf(
			reason, sizeof(reason),
			"no cluster is configured: no kubeconfig, and no service account of a pod");
	if (!error)
		error = kube_credentials_new(config, &credentials);
	if (!error)
		error = kube_credentials_refresh(credentials, NULL, 0, &changed, reason);
	if (!error)
		error = kube_connect(config, credentials, &http);
	if (error) {
		snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%s",
			 reason[0] ? reason : strerror(-error));
	} else {
		struct reading reading = {
			.config = config,
			.credentials = credentials,
			.http = http,
			.take = take,
			.data = data,
			.message = message,
		};
		error = read_pages(&reading);
		free(reading.next);
	}
	http_free(http);
	kube_credentials_free(credentials);
	kube_config_free(config);
	return error;
}
