/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_policies.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/record.h"
#include "core/source/kube/kube_client.h"
#include "core/source/kube/kube_policy_list.h"

#define POLICIES_API  "networking.k8s.io/v1"
#define POLICIES_PATH "/apis/" POLICIES_API "/networkpolicies"
/* The limit for the server's description of an API group, which has several hundred bytes. */
#define GROUP_BYTES_MAX ((size_t)1 << 20)

/* The result for one of the query's kinds. */
struct kube_policies_kind {
	bool listed;
	char *reason; /* why it could not be listed; NULL: it was listed, or does not exist */
};

struct kube_policies_reading {
	struct kube_client client; /* its message describes the failure */
	const struct kube_policies_query *query;
	struct kube_policies_kind *kinds;
	/* The versions of the current API group, or the reason why they are unknown. */
	struct string_list versions;
	char *group_reason;
	bool is_gone; /* the server does not answer any more */
};

/* --- NetworkPolicies --- */

static int kube_policies_add_all(const struct kube_policies_query *query,
				 const struct kube_policy_list *list)
{
	int error = 0;

	for (size_t i = 0; !error && i < list->count; i++) {
		const struct kube_policy *policy = &list->items[i];
		error = query->add(query->data, policy->namespace_name, policy->name, policy->text,
				   strlen(policy->text));
	}
	return error;
}

static int kube_policies_read_own(struct kube_policies_reading *reading)
{
	struct kube_policy_list list = {
		.client = &reading->client,
		.resource = "networkpolicies",
		.text_version = POLICIES_API,
		.text_kind = "NetworkPolicy",
	};

	int error = kube_policy_list_read(&list, POLICIES_PATH, "NetworkPolicyList");
	if (!error) {
		reading->client.message[0] = '\0';
		error = kube_policies_add_all(reading->query, &list);
	}
	kube_policy_list_clear(&list);
	return error;
}

/* --- groups --- */

static int kube_policies_on_group(void *data, const char *bytes, size_t length)
{
	struct buffer *body = data;

	return body->length + length > GROUP_BYTES_MAX ? -EFBIG
						       : buffer_append(body, bytes, length);
}

/* A version becomes part of a path, so it must have only letters and digits. */
static bool kube_policies_is_version(const char *version)
{
	size_t length = 0;

	while (isalnum((unsigned char)version[length]))
		length++;
	return length > 0 && !version[length];
}

/* Reads the versions of an APIGroup (k8s.io/apimachinery meta/v1), in the server's order. */
static int kube_policies_read_versions(struct kube_policies_reading *reading,
				       const struct buffer *body)
{
	json_t *group;
	int error =
		json_document_parse(body->data ? body->data : "", body->length, 0, &group, NULL);
	const json_t *versions = json_object_get(group, "versions");
	if (!error && !json_is_array(versions))
		error = -EBADMSG;

	for (size_t i = 0; !error && i < json_array_size(versions); i++) {
		const char *version =
			json_string_value(json_object_get(json_array_get(versions, i), "version"));
		if (version && kube_policies_is_version(version))
			error = string_list_add(&reading->versions, version);
	}
	json_decref(group);
	return error;
}

/* Asks for the versions of a group. They are empty if the server does not have the group. Returns
 * 0, or -errno with a message. */
static int kube_policies_ask_group(struct kube_policies_reading *reading, const char *group)
{
	CLEANUP_BUFFER struct buffer body = {0};
	char path[256];
	char action[256];

	string_list_clear(&reading->versions);
	snprintf(path, sizeof(path), "/apis/%s", group);
	snprintf(action, sizeof(action), "ask for the API group %.200s", group);
	int status = kube_client_get(&reading->client, path, kube_policies_on_group, &body);
	if (status < 0) {
		reading->is_gone = body.length == 0;
		return status;
	}
	if (status == 404)
		return 0;
	if (status != 200)
		return kube_policy_list_refuse(&reading->client, status, action);
	int error = kube_policies_read_versions(reading, &body);
	if (error == -EBADMSG)
		snprintf(reading->client.message, sizeof(reading->client.message),
			 "its answer does not describe the API group %.200s", group);
	return error;
}

/* --- other kinds --- */

/* Stores the reason for a failure. Returns 0 or -ENOMEM. */
static int kube_policies_keep_reason(const struct kube_policies_reading *reading, int error,
				     char **reason)
{
	const char *message = reading->client.message;

	if (error == -ENOMEM)
		return error;
	return text_copy(message[0] ? message : strerror(-error), reason);
}

static int kube_policies_name_all(const struct kube_policies_query *query, size_t at,
				  const char *version, const struct kube_policy_list *list)
{
	char full[256];
	int error = 0;

	snprintf(full, sizeof(full), "%.180s/%.63s", query->kinds[at].group, version);
	for (size_t i = 0; !error && i < list->count; i++)
		error = query->found(query->data, at, full, list->items[i].namespace_name,
				     list->items[i].name);
	return error;
}

/* Lists a kind in one version. *found is true if the server has the kind in this version. */
static int kube_policies_list(struct kube_policies_reading *reading, size_t at, const char *version,
			      bool *found)
{
	const struct kube_policy_kind *kind = &reading->query->kinds[at];
	struct kube_policies_kind *state = &reading->kinds[at];
	char resource[256];
	char path[512];
	struct kube_policy_list list = {.client = &reading->client, .resource = resource};

	snprintf(resource, sizeof(resource), "%.80s.%.100s", kind->plural, kind->group);
	snprintf(path, sizeof(path), "/apis/%s/%.63s/%s", kind->group, version, kind->plural);
	int error = kube_policy_list_read(&list, path, NULL);
	*found = error != -ENOENT;
	if (!error) {
		state->listed = true;
		error = kube_policies_name_all(reading->query, at, version, &list);
	} else if (*found) {
		error = kube_policies_keep_reason(reading, error, &state->reason);
	} else {
		error = 0;
	}
	kube_policy_list_clear(&list);
	return error;
}

/* If another kind has the same objects as kind `at` (view_of), returns the index of that other
 * kind. Otherwise returns `at`. */
static size_t kube_policies_original(const struct kube_policies_reading *reading, size_t at)
{
	const struct kube_policy_kind *kinds = reading->query->kinds;

	for (size_t i = 0; kinds[at].view_of && i < at; i++) {
		if (strcmp(kinds[i].group, kinds[at].view_of) == 0 &&
		    strcmp(kinds[i].plural, kinds[at].plural) == 0)
			return i;
	}
	return at;
}

/* Finds the policies of one kind. A group may have the kind in some of its versions only. */
static int kube_policies_read_kind(struct kube_policies_reading *reading, size_t at)
{
	size_t original = kube_policies_original(reading, at);
	struct kube_policies_kind *state = &reading->kinds[at];
	bool found = false;
	int error = 0;

	if (original != at && reading->kinds[original].listed)
		return 0;
	if (reading->group_reason)
		return text_copy(reading->group_reason, &state->reason);
	for (size_t i = 0; !error && !found && i < reading->versions.count; i++)
		error = kube_policies_list(reading, at, reading->versions.items[i], &found);
	if (original != at && state->listed) {
		free(reading->kinds[original].reason);
		reading->kinds[original].reason = NULL;
	}
	return error;
}

static int kube_policies_enter_group(struct kube_policies_reading *reading, const char *group)
{
	int error = 0;

	if (reading->is_gone)
		return 0;
	free(reading->group_reason);
	reading->group_reason = NULL;
	error = kube_policies_ask_group(reading, group);
	return error ? kube_policies_keep_reason(reading, error, &reading->group_reason) : 0;
}

static int kube_policies_read_others(struct kube_policies_reading *reading)
{
	const struct kube_policies_query *query = reading->query;
	const char *group = NULL;
	int error = 0;

	for (size_t i = 0; !error && i < query->kind_count; i++) {
		if (!group || strcmp(group, query->kinds[i].group) != 0)
			error = kube_policies_enter_group(reading, query->kinds[i].group);
		group = query->kinds[i].group;
		if (!error)
			error = kube_policies_read_kind(reading, i);
	}
	for (size_t i = 0; !error && i < query->kind_count; i++) {
		if (reading->kinds[i].reason)
			error = query->unlisted(query->data, i, reading->kinds[i].reason);
	}
	reading->client.message[0] = '\0';
	return error;
}

/* --- the whole reading --- */

static int kube_policies_open(struct kube_policies_reading *reading,
			      const struct kube_config_options *options)
{
	struct kube_client *client = &reading->client;
	int error = kube_client_load(client, options);

	if (error == -ENOENT && !client->message[0])
		snprintf(
			client->message, sizeof(client->message),
			"no cluster is configured: no kubeconfig, and no service account of a pod");
	if (!error)
		error = kube_client_refresh(client, NULL, 0);
	return error < 0 ? error : 0;
}

static void kube_policies_close(struct kube_policies_reading *reading)
{
	for (size_t i = 0; i < reading->query->kind_count; i++)
		free(reading->kinds[i].reason);
	free(reading->kinds);
	free(reading->group_reason);
	string_list_clear(&reading->versions);
	kube_client_close(&reading->client);
}

int kube_policies(const struct kube_config_options *options,
		  const struct kube_policies_query *query, char message[KUBE_POLICIES_MESSAGE_SIZE])
{
	struct kube_policies_reading reading = {.query = query};
	const char *reason = reading.client.message;

	message[0] = '\0';
	reading.kinds = memory_checked(calloc(query->kind_count + 1, sizeof(*reading.kinds)));
	if (!reading.kinds)
		return -ENOMEM;
	int error = kube_policies_open(&reading, options);
	if (error) {
		snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%s",
			 reason[0] ? reason : strerror(-error));
	} else {
		error = kube_policies_read_own(&reading);
		if (!error)
			error = kube_policies_read_others(&reading);
		if (error && reason[0])
			snprintf(message, KUBE_POLICIES_MESSAGE_SIZE, "%.200s: %s",
				 reading.client.config->host, reason);
	}
	kube_policies_close(&reading);
	return error;
}
