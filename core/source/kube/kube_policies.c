/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_policies.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/source/kube/kube_client.h"
#include "core/source/kube/kube_list.h"

#define POLICIES_API  "networking.k8s.io/v1"
#define POLICIES_PATH "/apis/" POLICIES_API "/networkpolicies"
/* Bounds for a server that never ends its list: far above the policies of any cluster. */
#define POLICIES_BYTES_MAX ((size_t)256 << 20)
#define REQUESTS_MAX       1000

/* One policy that was read. */
struct kube_policy {
	char *namespace_name;
	char *name;
	char *text;
};

struct kube_policy_reading {
	struct kube_client client;
	struct kube_list list;
	struct kube_reader *reader; /* of the page in flight */
	char *message;              /* KUBE_POLICIES_MESSAGE_SIZE bytes */
	struct kube_policy *policies;
	size_t count;
	size_t capacity;
	size_t bytes;
};

static int kube_policies_fail(const struct kube_policy_reading *reading, int error,
			      const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Sets the message, which begins with the server's name. Returns the error. */
static int kube_policies_fail(const struct kube_policy_reading *reading, int error,
			      const char *format, ...)
{
	char reason[KUBE_POLICIES_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	snprintf(reading->message, KUBE_POLICIES_MESSAGE_SIZE, "%.200s: %.400s",
		 reading->client.config->host, reason);
	return error;
}

static void kube_policies_clear(struct kube_policy_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		free(reading->policies[i].namespace_name);
		free(reading->policies[i].name);
		free(reading->policies[i].text);
	}
	reading->count = 0;
	reading->bytes = 0;
}

static char *kube_policies_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return strdup(text ? text : "");
}

/* Adds kind and apiVersion, which the items of a list lack, and removes what is long and not part
 * of a policy. */
static int kube_policies_keep(struct kube_policy_reading *reading, json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");
	struct kube_policy *policy =
		ARRAY_ADD(reading->policies, reading->count, reading->capacity);

	if (!policy)
		return -ENOMEM;
	if (!json_object_get(object, "kind") && !json_object_get(object, "apiVersion")) {
		json_object_set_new(object, "kind", json_string("NetworkPolicy"));
		json_object_set_new(object, "apiVersion", json_string(POLICIES_API));
	}
	json_object_del(metadata, "managedFields");
	json_object_del(metadata, "annotations");
	*policy = (struct kube_policy){
		.namespace_name = kube_policies_text(metadata, "namespace"),
		.name = kube_policies_text(metadata, "name"),
		.text = json_dumps(object, JSON_COMPACT),
	};
	if (!policy->namespace_name || !policy->name || !policy->text)
		return -ENOMEM;
	reading->bytes += strlen(policy->text);
	return reading->bytes > POLICIES_BYTES_MAX ? -EFBIG : 0;
}

static int kube_policies_on_item(void *data, const char *text, size_t length)
{
	json_t *object = json_loadb(text, length, 0, NULL);
	int error = json_is_object(object) ? kube_policies_keep(data, object) : -EBADMSG;

	json_decref(object);
	return error;
}

static int kube_policies_on_data(void *data, const char *bytes, size_t length)
{
	struct kube_policy_reading *reading = data;

	return kube_reader_feed(reading->reader, bytes, length);
}

/* Handles a status other than 200. The server's words may repeat the credentials: do not show
 * them. */
static int kube_policies_refuse(const struct kube_policy_reading *reading, long status)
{
	switch (status) {
	case 401:
		return kube_policies_fail(reading, -EACCES,
					  "the server refuses the credentials (HTTP status 401)");
	case 403:
		return kube_policies_fail(
			reading, -EACCES,
			"may not list networkpolicies at cluster scope (HTTP status 403)");
	default:
		return kube_policies_fail(reading, -EIO,
					  "cannot list networkpolicies: HTTP status %ld", status);
	}
}

/* Sets the message for an error of a page; reason is that of http_perform. Returns the error. */
static int kube_policies_explain(const struct kube_policy_reading *reading, int error,
				 const char *reason)
{
	switch (error) {
	case -EBADMSG:
	case -E2BIG:
		return kube_policies_fail(reading, -EBADMSG,
					  "its answer is no list of networkpolicies");
	case -EFBIG:
		return kube_policies_fail(reading, error, "its list of networkpolicies has no end");
	case -ENOMEM:
		return error;
	default:
		return kube_policies_fail(reading, error, "cannot list networkpolicies: %s",
					  reason);
	}
}

/* Requests and reads one page. 1: more pages follow; 0: the list is complete; -errno. */
static int kube_policies_read_page(struct kube_policy_reading *reading)
{
	CLEANUP_FREE char *path = kube_list_path(&reading->list);
	char reason[512] = "";
	const struct kube_get get = {
		.path = path,
		.on_data = kube_policies_on_data,
		.data = reading,
		.message = reason,
		.size = sizeof(reason),
	};
	long status = 0;

	if (!path)
		return -ENOMEM;
	int error = kube_client_get(&reading->client, &get, &status);
	if (error)
		return kube_policies_explain(reading, error, reason);
	if (status == 410 && reading->list.next_page) {
		kube_list_expire(&reading->list);
		kube_policies_clear(reading);
		return 1;
	}
	if (status != 200)
		return kube_policies_refuse(reading, status);
	int result = kube_list_end_page(&reading->list, reading->reader, NULL);
	if (result == -EPROTO)
		return kube_policies_fail(reading, -EBADMSG, "its answer is not JSON");
	return result < 0 ? kube_policies_explain(reading, result, "") : result;
}

static int kube_policies_read(struct kube_policy_reading *reading)
{
	int result = 1;

	for (int count = 0; result == 1; count++) {
		if (count == REQUESTS_MAX)
			return kube_policies_explain(reading, -EFBIG, "");
		result = kube_reader_new(KUBE_READER_LIST, kube_policies_on_item, reading,
					 &reading->reader);
		if (!result)
			result = kube_policies_read_page(reading);
		kube_reader_free(reading->reader);
		reading->reader = NULL;
	}
	return result;
}

int kube_policies(const struct kube_config_options *options, kube_policies_add *add, void *data,
		  char message[KUBE_POLICIES_MESSAGE_SIZE])
{
	char reason[KUBE_CONFIG_MESSAGE_SIZE] = "";
	struct kube_policy_reading reading = {
		.list = {.path = POLICIES_PATH, .kind = "NetworkPolicyList"},
		.message = message,
	};

	message[0] = '\0';
	int error = kube_client_load(&reading.client, options, reason);
	if (error == -ENOENT && !reason[0])
		snprintf(
			reason, sizeof(reason),
			"no cluster is configured: no kubeconfig, and no service account of a pod");
	if (!error)
		error = kube_client_open(&reading.client, reason);
	if (error)
		snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%s",
			 reason[0] ? reason : strerror(-error));
	else
		error = kube_policies_read(&reading);
	for (size_t i = 0; !error && i < reading.count; i++) {
		const struct kube_policy *policy = &reading.policies[i];
		error = add(data, policy->namespace_name, policy->name, policy->text,
			    strlen(policy->text));
	}
	kube_list_restart(&reading.list);
	kube_policies_clear(&reading);
	free(reading.policies);
	kube_client_close(&reading.client);
	return error;
}
