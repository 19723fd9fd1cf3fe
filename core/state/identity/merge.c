/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/merge.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

#define MERGE_SWAP(a, b)                         \
	do {                                     \
		__typeof__(a) merge_value = (a); \
		(a) = (b);                       \
		(b) = merge_value;               \
	} while (0)

static void merge_text(char **fresh, char **old)
{
	if (!*fresh)
		MERGE_SWAP(*fresh, *old);
}

static void merge_labels(struct labels *fresh, struct labels *old)
{
	if (fresh->count == 0)
		MERGE_SWAP(*fresh, *old);
}

void merge_pod(struct pod_record *fresh, struct pod_record *old)
{
	bool from_runtime = !fresh->phase && old->phase && !fresh->deleted;

	if (fresh->uid && old->uid && strcmp(fresh->uid, old->uid) != 0)
		return;
	merge_text(&fresh->uid, &old->uid);
	merge_text(&fresh->node, &old->node);
	if (!fresh->owner_kind && !fresh->owner_name) {
		MERGE_SWAP(fresh->owner_kind, old->owner_kind);
		MERGE_SWAP(fresh->owner_name, old->owner_name);
	}
	if (fresh->port_count == 0) {
		MERGE_SWAP(fresh->ports, old->ports);
		MERGE_SWAP(fresh->port_count, old->port_count);
	}
	if (fresh->container_count == 0) {
		MERGE_SWAP(fresh->containers, old->containers);
		MERGE_SWAP(fresh->container_count, old->container_count);
	}
	if (fresh->started_ns == 0)
		fresh->started_ns = old->started_ns;
	if (fresh->deleted) {
		/* A deletion often has only the pod's name, but flows of the dead pod need its
		 * labels. */
		merge_labels(&fresh->labels, &old->labels);
		fresh->host_network |= old->host_network;
	}
	if (from_runtime) {
		MERGE_SWAP(fresh->labels, old->labels);
		MERGE_SWAP(fresh->phase, old->phase);
		fresh->host_network = old->host_network;
	}
	if ((fresh->deleted && fresh->ips.count == 0) || (from_runtime && old->ips.count > 0))
		MERGE_SWAP(fresh->ips, old->ips);
}

/* The maximum number of addresses, and of blocks, of a node. polecat reports fewer for its own node
 * (NODE_ADDRESSES_MAX in ebpf.c). */
#define NODE_ADDRESSES_MAX 512

static void merge_lists(struct string_list *list, const struct string_list *more)
{
	for (size_t i = 0; i < more->count && list->count < NODE_ADDRESSES_MAX; i++) {
		/* If out of memory, addresses are missing, but the record is valid. */
		if (!string_list_has(list, more->items[i]) && string_list_add(list, more->items[i]))
			return;
	}
}

void merge_node(struct node_record *fresh, const struct node_record *old)
{
	if (fresh->deleted || old->deleted)
		return;
	merge_lists(&fresh->ips, &old->ips);
	merge_lists(&fresh->pod_cidrs, &old->pod_cidrs);
}

static void merge_copy_label(const struct labels *labels, const char *key, char **to)
{
	const char *value = labels_get(labels, key);
	/* If out of memory, the record only lacks a name. */
	char *copy = value ? memory_checked(strdup(value)) : NULL;

	if (!copy)
		return;
	free(*to);
	*to = copy;
}

/*
 * Sets the pod from the labels that a kubelet gives to a container of Docker (k8s.io/kubernetes
 * pkg/kubelet/types/labels.go). Any image may have such labels, but only a kubelet makes the cgroup
 * of a pod. So the labels count only if they name the same pod as the cgroup's path.
 */
static void merge_kubelet_labels(struct container_record *container)
{
	const struct labels *labels = &container->labels;
	const char *uid = labels_get(labels, "io.kubernetes.pod.uid");

	if (container->pod || !container->pod_uid || !uid || strcmp(uid, container->pod_uid) != 0)
		return;
	merge_copy_label(labels, "io.kubernetes.container.name", &container->name);
	merge_copy_label(labels, "io.kubernetes.pod.namespace", &container->namespace_name);
	merge_copy_label(labels, "io.kubernetes.pod.name", &container->pod);
}

void merge_container(struct container_record *fresh, struct container_record *old)
{
	bool from_path = fresh->cgroup_id != 0 && !fresh->pod;

	/* A runtime knows the pod of its container. A record from a cgroup's path has only the pod
	 * that the path claims. */
	if (from_path && old->pod) {
		MERGE_SWAP(fresh->pod_uid, old->pod_uid);
		MERGE_SWAP(fresh->runtime, old->runtime);
	}
	if (fresh->cgroup_id == 0)
		merge_text(&fresh->outer_id, &old->outer_id);
	merge_text(&fresh->node, &old->node);
	merge_text(&fresh->name, &old->name);
	merge_text(&fresh->runtime, &old->runtime);
	merge_text(&fresh->namespace_name, &old->namespace_name);
	merge_text(&fresh->pod, &old->pod);
	merge_text(&fresh->pod_uid, &old->pod_uid);
	merge_labels(&fresh->labels, &old->labels);
	if (fresh->cgroup_id == 0)
		fresh->cgroup_id = old->cgroup_id;
	if (fresh->netns == 0)
		fresh->netns = old->netns;
	if (fresh->pid == 0)
		fresh->pid = old->pid;
	merge_kubelet_labels(fresh);
}
