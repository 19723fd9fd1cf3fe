/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_policy_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"

/* Limits for a server that never ends its list. No cluster has as many policies. */
#define POLICIES_BYTES_MAX ((size_t)256 << 20)
#define REQUESTS_MAX       1000

static void kube_policy_list_forget(struct kube_policy_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].namespace_name);
		free(list->items[i].name);
		free(list->items[i].text);
	}
	list->count = 0;
	list->bytes = 0;
}

void kube_policy_list_clear(struct kube_policy_list *list)
{
	kube_policy_list_forget(list);
	kube_list_restart(&list->pages);
	free(list->items);
	list->items = NULL;
	list->capacity = 0;
}

static char *kube_policy_list_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return memory_checked(strdup(text ? text : ""));
}

/* Returns the object as text. Adds kind and apiVersion, which the items of a list lack, and removes
 * long members that are not part of a policy. */
static char *kube_policy_list_dump(const struct kube_policy_list *list, json_t *object,
				   json_t *metadata)
{
	if (!json_object_get(object, "kind") && !json_object_get(object, "apiVersion")) {
		json_object_set_new(object, "kind", json_string(list->text_kind));
		json_object_set_new(object, "apiVersion", json_string(list->text_version));
	}
	json_object_del(metadata, "managedFields");
	json_object_del(metadata, "annotations");
	return json_dumps(object, JSON_COMPACT);
}

static int kube_policy_list_keep(struct kube_policy_list *list, json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");
	struct kube_policy *policy = ARRAY_ADD(list->items, list->count, list->capacity);

	if (!policy)
		return -ENOMEM;
	*policy = (struct kube_policy){
		.namespace_name = kube_policy_list_text(metadata, "namespace"),
		.name = kube_policy_list_text(metadata, "name"),
		.text = list->text_kind ? kube_policy_list_dump(list, object, metadata) : NULL,
	};
	if (!policy->namespace_name || !policy->name || (list->text_kind && !policy->text))
		return -ENOMEM;
	list->bytes += policy->text ? strlen(policy->text) : sizeof(*policy) + strlen(policy->name);
	return list->bytes > POLICIES_BYTES_MAX ? -EFBIG : 0;
}

static int kube_policy_list_on_item(void *data, const char *text, size_t length)
{
	json_t *object;
	int error = json_document_parse(text, length, 0, &object, NULL);

	if (!error)
		error = json_is_object(object) ? kube_policy_list_keep(data, object) : -EBADMSG;

	json_decref(object);
	return error;
}

static int kube_policy_list_on_data(void *data, const char *bytes, size_t length)
{
	struct kube_policy_list *list = data;

	return kube_reader_feed(list->reader, bytes, length);
}

/* Sets the message for an error while reading a page. Returns the error. */
static int kube_policy_list_explain(struct kube_policy_list *list, int error)
{
	char *message = list->client->message;
	char reason[KUBE_CONFIG_MESSAGE_SIZE];

	switch (error) {
	case -EBADMSG:
	case -E2BIG:
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "its answer is no list of %s",
			 list->resource);
		return -EBADMSG;
	case -EFBIG:
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "its list of %s has no end",
			 list->resource);
		return error;
	case -ENOMEM:
		message[0] = '\0';
		return error;
	default:
		snprintf(reason, sizeof(reason), "%s", message);
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "cannot list %.100s: %.260s",
			 list->resource, reason);
		return error;
	}
}

/* The message contains no text from the server, which might repeat the credentials. */
int kube_policy_list_refuse(struct kube_client *client, int status, const char *action)
{
	char *message = client->message;

	if (status == 401)
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE,
			 "the server refuses the credentials (HTTP status 401)");
	else if (status == 403)
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE,
			 "may not %.200s at cluster scope (HTTP status 403)", action);
	else
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "cannot %.200s: HTTP status %d", action,
			 status);
	if (status == 404)
		return -ENOENT;
	return status == 401 || status == 403 ? -EACCES : -EIO;
}

/* Requests and reads one page. Returns 1 if more pages follow, 0 if the list is complete, or
 * -errno. */
static int kube_policy_list_read_page(struct kube_policy_list *list)
{
	CLEANUP_FREE char *path = kube_list_path(&list->pages);
	char action[128];

	if (!path)
		return -ENOMEM;
	int status = kube_client_get(list->client, path, kube_policy_list_on_data, list);
	if (status < 0)
		return kube_policy_list_explain(list, status);
	if (status == 410 && list->pages.next_page) {
		kube_list_expire(&list->pages);
		kube_policy_list_forget(list);
		return 1;
	}
	if (status != 200) {
		snprintf(action, sizeof(action), "list %s", list->resource);
		return kube_policy_list_refuse(list->client, status, action);
	}
	int result = kube_list_end_page(&list->pages, list->reader, NULL);
	if (result == -EPROTO) {
		snprintf(list->client->message, KUBE_CONFIG_MESSAGE_SIZE, "its answer is not JSON");
		return -EBADMSG;
	}
	return result < 0 ? kube_policy_list_explain(list, result) : result;
}

int kube_policy_list_read(struct kube_policy_list *list, const char *path, const char *kind)
{
	int result = 1;

	kube_policy_list_forget(list);
	list->pages = (struct kube_list){.path = path, .kind = kind};
	for (int count = 0; result == 1; count++) {
		if (count == REQUESTS_MAX)
			return kube_policy_list_explain(list, -EFBIG);
		result = kube_reader_new(KUBE_READER_LIST, kube_policy_list_on_item, list,
					 &list->reader);
		if (!result)
			result = kube_policy_list_read_page(list);
		kube_reader_free(list->reader);
		list->reader = NULL;
	}
	return result;
}
