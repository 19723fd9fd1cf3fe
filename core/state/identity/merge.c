/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/merge.h"

#include <string.h>

static void merge_text(char **fresh, char **old)
{
	if (*fresh)
		return;
	*fresh = *old;
	*old = NULL;
}

static void merge_swap_texts(char **a, char **b)
{
	char *text = *a;

	*a = *b;
	*b = text;
}

static void merge_labels(struct labels *fresh, struct labels *old)
{
	if (fresh->count > 0)
		return;
	struct labels nothing = *fresh;
	*fresh = *old;
	*old = nothing;
}

static void merge_ips(struct string_list *fresh, struct string_list *old)
{
	if (fresh->count > 0)
		return;
	struct string_list nothing = *fresh;
	*fresh = *old;
	*old = nothing;
}

static bool merge_is_same_life(const struct pod_record *a, const struct pod_record *b)
{
	return !a->uid || !b->uid || strcmp(a->uid, b->uid) == 0;
}

static void merge_ports(struct pod_record *fresh, struct pod_record *old)
{
	if (fresh->port_count > 0)
		return;
	struct pod_port *ports = fresh->ports;
	fresh->ports = old->ports;
	fresh->port_count = old->port_count;
	old->ports = ports;
	old->port_count = 0;
}

static void merge_owner(struct pod_record *fresh, struct pod_record *old)
{
	if (fresh->owner_kind || fresh->owner_name)
		return;
	merge_text(&fresh->owner_kind, &old->owner_kind);
	merge_text(&fresh->owner_name, &old->owner_name);
}

void merge_pod(struct pod_record *fresh, struct pod_record *old)
{
	if (!merge_is_same_life(fresh, old))
		return;
	bool from_runtime = !fresh->phase && old->phase && !fresh->deleted;

	merge_text(&fresh->uid, &old->uid);
	merge_text(&fresh->node, &old->node);
	merge_owner(fresh, old);
	merge_ports(fresh, old);
	if (fresh->started_ns == 0)
		fresh->started_ns = old->started_ns;
	if (fresh->deleted) {
		/* Watchers often send the name alone, but flows of the dead pod need its labels. */
		merge_labels(&fresh->labels, &old->labels);
		merge_ips(&fresh->ips, &old->ips);
		fresh->host_network |= old->host_network;
	}
	if (from_runtime) {
		struct labels labels = fresh->labels;
		fresh->labels = old->labels;
		old->labels = labels;
		merge_swap_texts(&fresh->phase, &old->phase);
		fresh->host_network = old->host_network;
		if (old->ips.count > 0) {
			struct string_list ips = fresh->ips;
			fresh->ips = old->ips;
			old->ips = ips;
		}
	}
}

/* More than polecat reports for its own node (HOST_ADDRESSES_MAX). */
#define NODE_ADDRESSES_MAX 512

static void merge_lists(struct string_list *list, const struct string_list *more)
{
	for (size_t i = 0; i < more->count && list->count < NODE_ADDRESSES_MAX; i++) {
		/* Without memory an address is missed, and no harm is done. */
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

void merge_container(struct container_record *fresh, struct container_record *old)
{
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
}
