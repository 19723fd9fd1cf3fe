/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_policies.h"

#include <errno.h>
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
	struct kube_client client; /* its message says why the reading failed */
	struct kube_list list;
	struct kube_reader *reader; /* of the page in flight */
	struct kube_policy *policies;
	size_t count;
	size_t capacity;
	size_t bytes;
};

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

/* Adds kind and apiVersion, which the items of a list lack, and removes long members that are not
 * part of a policy. */
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

/* Sets the message for an error of a page. Returns the error. */
static int kube_policies_explain(struct kube_policy_reading *reading, int error)
{
	char *message = reading->client.message;
	char reason[KUBE_CONFIG_MESSAGE_SIZE];

	switch (error) {
	case -EBADMSG:
	case -E2BIG:
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE,
			 "its answer is no list of networkpolicies");
		return -EBADMSG;
	case -EFBIG:
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE,
			 "its list of networkpolicies has no end");
		return error;
	case -ENOMEM:
		message[0] = '\0';
		return error;
	default:
		snprintf(reason, sizeof(reason), "%s", message);
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "cannot list networkpolicies: %.360s",
			 reason);
		return error;
	}
}

/* Handles a status other than 200. The server's words may repeat the credentials: do not show
 * them. */
static int kube_policies_refuse(struct kube_policy_reading *reading, int status)
{
	snprintf(reading->client.message, KUBE_CONFIG_MESSAGE_SIZE, "%s%d%s",
		 status == 401   ? "the server refuses the credentials (HTTP status "
		 : status == 403 ? "may not list networkpolicies at cluster scope (HTTP status "
				 : "cannot list networkpolicies: HTTP status ",
		 status, status == 401 || status == 403 ? ")" : "");
	return status == 401 || status == 403 ? -EACCES : -EIO;
}

/* Requests and reads one page. 1: more pages follow; 0: the list is complete; -errno. */
static int kube_policies_read_page(struct kube_policy_reading *reading)
{
	CLEANUP_FREE char *path = kube_list_path(&reading->list);

	if (!path)
		return -ENOMEM;
	int status = kube_client_get(&reading->client, path, kube_policies_on_data, reading);
	if (status < 0)
		return kube_policies_explain(reading, status);
	if (status == 410 && reading->list.next_page) {
		kube_list_expire(&reading->list);
		kube_policies_clear(reading);
		return 1;
	}
	if (status != 200)
		return kube_policies_refuse(reading, status);
	int result = kube_list_end_page(&reading->list, reading->reader, NULL);
	if (result == -EPROTO) {
		snprintf(reading->client.message, KUBE_CONFIG_MESSAGE_SIZE,
			 "its answer is not JSON");
		return -EBADMSG;
	}
	return result < 0 ? kube_policies_explain(reading, result) : result;
}

static int kube_policies_read(struct kube_policy_reading *reading)
{
	int result = 1;

	for (int count = 0; result == 1; count++) {
		if (count == REQUESTS_MAX)
			return kube_policies_explain(reading, -EFBIG);
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
	struct kube_policy_reading reading = {
		.list = {.path = POLICIES_PATH, .kind = "NetworkPolicyList"},
	};
	const char *reason = reading.client.message;
	bool is_open = false;

	message[0] = '\0';
	int error = kube_client_load(&reading.client, options);
	if (error == -ENOENT && !reason[0])
		reason = "no cluster is configured: no kubeconfig, and no service account of a pod";
	if (!error)
		error = kube_client_refresh(&reading.client, NULL, 0);
	if (error >= 0) {
		is_open = true;
		error = kube_policies_read(&reading);
	}
	if (error && is_open && reason[0])
		snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%.200s: %s",
			 reading.client.config->host, reason);
	else if (error && !is_open)
		snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%s",
			 reason[0] ? reason : strerror(-error));
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
