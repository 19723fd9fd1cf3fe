/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/cri_pods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"

static uint64_t cri_known_hash(const char *id)
{
	return hash_string(hash_seed(), id);
}

struct cri_known *cri_known_find(const struct cri_known_list *list, const char *id)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&list->index, cri_known_hash(id), &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&list->index, &cursor)) {
		if (strcmp(list->items[at].id, id) == 0)
			return &list->items[at];
	}
	return NULL;
}

struct cri_known *cri_known_add(struct cri_known_list *list, const char *id)
{
	char *copy = memory_checked(strdup(id));

	if (!copy || ARRAY_RESERVE(list->items, list->capacity, list->count + 1) ||
	    hash_index_insert(&list->index, cri_known_hash(id), (uint32_t)list->count)) {
		free(copy);
		return NULL;
	}
	struct cri_known *known = &list->items[list->count++];
	*known = (struct cri_known){.id = copy};
	return known;
}

static void cri_known_free(struct cri_known *known)
{
	free(known->id);
	pod_record_free(known->pod);
}

void cri_known_remove(struct cri_known_list *list, size_t index)
{
	size_t last = list->count - 1;

	hash_index_remove(&list->index, cri_known_hash(list->items[index].id), (uint32_t)index);
	cri_known_free(&list->items[index]);
	list->count--;
	if (index == last)
		return;
	hash_index_move(&list->index, cri_known_hash(list->items[last].id), (uint32_t)last,
			(uint32_t)index);
	list->items[index] = list->items[last];
}

void cri_known_clear(struct cri_known_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		cri_known_free(&list->items[i]);
	free(list->items);
	hash_index_clear(&list->index);
	*list = (struct cri_known_list){0};
}

uint64_t cri_sandbox_fingerprint(const Cri__PodSandbox *sandbox)
{
	uint64_t hash = hash_add(1, (uint64_t)sandbox->state);

	for (size_t i = 0; i < sandbox->n_labels; i++) {
		/* The runtime stores labels in a map, which has no order. So add the hashes of the
		 * labels: a sum does not depend on their order. */
		uint64_t pair = hash_string(2, sandbox->labels[i]->key);
		hash += hash_string(pair, sandbox->labels[i]->value);
	}
	return hash;
}

/* The kubelet adds labels for its own use. They are not labels of the pod. */
static bool cri_is_kubelet_label(const char *key)
{
	static const char prefix[] = "io.kubernetes.";

	return strncmp(key, prefix, sizeof(prefix) - 1) == 0;
}

static int cri_add_addresses(const Cri__PodSandboxNetworkStatus *network, struct pod_record *pod)
{
	if (!network)
		return 0;
	int error = address_list_add(&pod->ips, network->ip);
	for (size_t i = 0; !error && i < network->n_additional_ips; i++)
		error = address_list_add(&pod->ips, network->additional_ips[i]->ip);
	return error;
}

static bool cri_is_host_network(const Cri__PodSandboxStatus *status)
{
	return status->linux_status && status->linux_status->namespaces &&
	       status->linux_status->namespaces->options &&
	       status->linux_status->namespaces->options->network == CRI__NAMESPACE_MODE__NODE;
}

int cri_pod_new(const Cri__PodSandbox *sandbox, struct pod_record **out)
{
	const Cri__PodSandboxMetadata *metadata = sandbox->metadata;

	if (!metadata || metadata->name[0] == '\0' || metadata->namespace_[0] == '\0')
		return -EINVAL;
	struct pod_record *pod = memory_checked(calloc(1, sizeof(*pod)));
	if (!pod || text_copy(metadata->namespace_, &pod->namespace_name) ||
	    text_copy(metadata->name, &pod->name) || text_copy(metadata->uid, &pod->uid)) {
		pod_record_free(pod);
		return -ENOMEM;
	}
	*out = pod;
	return 0;
}

int cri_pod_record(const Cri__PodSandbox *sandbox, const Cri__PodSandboxStatus *status,
		   const char *node, struct pod_record **out)
{
	struct pod_record *pod = NULL;
	size_t capacity = 0;
	int error = cri_pod_new(sandbox, &pod);

	if (!error)
		error = text_copy(node, &pod->node);
	for (size_t i = 0; !error && i < sandbox->n_labels; i++) {
		const Cri__PodSandbox__LabelsEntry *label = sandbox->labels[i];
		if (!cri_is_kubelet_label(label->key))
			error = labels_add(&pod->labels, &capacity, label->key, label->value);
	}
	if (pod)
		labels_sort(&pod->labels);
	if (!error && status) {
		pod->host_network = cri_is_host_network(status);
		/* A sandbox that is not ready has released its addresses. */
		if (sandbox->state == CRI__POD_SANDBOX_STATE__SANDBOX_READY)
			error = cri_add_addresses(status->network, pod);
	}
	if (error) {
		pod_record_free(pod);
		return error;
	}
	*out = pod;
	return 0;
}

static const char *cri_label_of(const Cri__Container *container, const char *key)
{
	for (size_t i = 0; i < container->n_labels; i++) {
		if (strcmp(container->labels[i]->key, key) == 0)
			return container->labels[i]->value;
	}
	return NULL;
}

int cri_container_record(const Cri__Container *container, const struct cri_known *sandbox,
			 const char *runtime, struct container_record **out)
{
	const struct pod_record *pod = sandbox ? sandbox->pod : NULL;

	if (container->id[0] == '\0')
		return -EINVAL;
	struct container_record *record = memory_checked(calloc(1, sizeof(*record)));
	if (!record)
		return -ENOMEM;
	/* The sandbox names the pod. Without a sandbox, the kubelet's labels do (k8s.io/kubernetes
	 * pkg/kubelet/types/labels.go). */
	if (text_copy(container->id, &record->id) || text_copy(runtime, &record->runtime) ||
	    text_copy(container->metadata ? container->metadata->name : NULL, &record->name) ||
	    text_copy(pod ? pod->namespace_name
			  : cri_label_of(container, "io.kubernetes.pod.namespace"),
		      &record->namespace_name) ||
	    text_copy(pod ? pod->name : cri_label_of(container, "io.kubernetes.pod.name"),
		      &record->pod) ||
	    text_copy(pod ? pod->uid : cri_label_of(container, "io.kubernetes.pod.uid"),
		      &record->pod_uid)) {
		container_record_free(record);
		return -ENOMEM;
	}
	*out = record;
	return 0;
}
