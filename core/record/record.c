/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void string_list_clear(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}

int string_list_add(struct string_list *list, const char *text)
{
	char *copy = strdup(text);
	char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (items)
		list->items = items;
	if (!copy || !items) {
		free(copy);
		return -ENOMEM;
	}
	list->items[list->count++] = copy;
	return 0;
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

void labels_clear(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->items[i].key);
		free(labels->items[i].value);
	}
	free(labels->items);
	*labels = (struct labels){0};
}

/* The index of the key, or of where it belongs. */
static size_t labels_lower_bound(const struct labels *labels, const char *key)
{
	size_t low = 0;
	size_t high = labels->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(labels->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	if (!labels)
		return NULL;
	size_t at = labels_lower_bound(labels, key);
	if (at == labels->count || strcmp(labels->items[at].key, key) != 0)
		return NULL;
	return labels->items[at].value;
}

int labels_set(struct labels *labels, const char *key, const char *value)
{
	size_t at = labels_lower_bound(labels, key);
	char *value_copy = strdup(value);

	if (!value_copy)
		return -ENOMEM;
	if (at < labels->count && strcmp(labels->items[at].key, key) == 0) {
		free(labels->items[at].value);
		labels->items[at].value = value_copy;
		return 0;
	}

	char *key_copy = strdup(key);
	struct label *items = reallocarray(labels->items, labels->count + 1, sizeof(*items));
	if (items)
		labels->items = items;
	if (!key_copy || !items) {
		free(key_copy);
		free(value_copy);
		return -ENOMEM;
	}
	memmove(&items[at + 1], &items[at], (labels->count - at) * sizeof(*items));
	items[at] = (struct label){.key = key_copy, .value = value_copy};
	labels->count++;
	return 0;
}

void hello_record_free(struct hello_record *hello)
{
	if (!hello)
		return;
	free(hello->node);
	free(hello->kernel);
	free(hello->polecat);
	string_list_clear(&hello->hooks);
	free(hello);
}

void container_record_free(struct container_record *container)
{
	if (!container)
		return;
	free(container->id);
	free(container->name);
	free(container->runtime);
	free(container->namespace_name);
	free(container->pod);
	free(container->pod_uid);
	labels_clear(&container->labels);
	free(container);
}

void pod_record_free(struct pod_record *pod)
{
	if (!pod)
		return;
	free(pod->namespace_name);
	free(pod->name);
	free(pod->uid);
	free(pod->node);
	string_list_clear(&pod->ips);
	labels_clear(&pod->labels);
	for (size_t i = 0; i < pod->port_count; i++) {
		free(pod->ports[i].name);
		free(pod->ports[i].protocol);
	}
	free(pod->ports);
	free(pod->owner_kind);
	free(pod->owner_name);
	free(pod->phase);
	free(pod);
}

void service_record_free(struct service_record *service)
{
	if (!service)
		return;
	free(service->namespace_name);
	free(service->name);
	free(service->type);
	string_list_clear(&service->cluster_ips);
	string_list_clear(&service->lb_ips);
	labels_clear(&service->selector);
	labels_clear(&service->labels);
	for (size_t i = 0; i < service->port_count; i++) {
		free(service->ports[i].name);
		free(service->ports[i].protocol);
		free(service->ports[i].target_port);
	}
	free(service->ports);
	for (size_t i = 0; i < service->endpoint_count; i++) {
		free(service->endpoints[i].ip);
		free(service->endpoints[i].protocol);
		free(service->endpoints[i].name);
	}
	free(service->endpoints);
	free(service);
}

void namespace_record_free(struct namespace_record *namespace_record)
{
	if (!namespace_record)
		return;
	free(namespace_record->name);
	labels_clear(&namespace_record->labels);
	free(namespace_record);
}

void node_record_free(struct node_record *node)
{
	if (!node)
		return;
	free(node->name);
	string_list_clear(&node->ips);
	string_list_clear(&node->pod_cidrs);
	free(node);
}

void dns_record_free(struct dns_record *dns)
{
	if (!dns)
		return;
	free(dns->node);
	free(dns->namespace_name);
	free(dns->pod);
	free(dns->container_id);
	free(dns->name);
	free(dns->rcode);
	string_list_clear(&dns->addresses);
	free(dns);
}

void record_free(struct record *record)
{
	if (!record)
		return;
	switch ((enum record_kind)record->kind) {
	case RECORD_NONE:
	case RECORD_LOST:
		break;
	case RECORD_HELLO:
		hello_record_free(record->hello);
		break;
	case RECORD_FLOW:
		free(record->flow.names);
		break;
	case RECORD_CONTAINER:
		container_record_free(record->container);
		break;
	case RECORD_POD:
		pod_record_free(record->pod);
		break;
	case RECORD_SERVICE:
		service_record_free(record->service);
		break;
	case RECORD_NAMESPACE:
		namespace_record_free(record->namespace_record);
		break;
	case RECORD_NODE:
		node_record_free(record->node);
		break;
	case RECORD_DNS:
		dns_record_free(record->dns);
		break;
	}
	record->kind = RECORD_NONE;
}
