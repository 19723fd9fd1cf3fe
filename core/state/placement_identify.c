/* SPDX-License-Identifier: Apache-2.0 */
/* Applies identities, and moves the connections whose subject they change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/state/placement.h"
#include "core/state/placement_internal.h"

/* Renews the bindings of a container's id or, if that is NULL, of a cgroup. */
static void placement_renew_bindings(struct placement *placement, const char *container_id,
				     uint64_t cgroup_id)
{
	struct hash_cursor cursor;

	for (struct binding *binding =
		     binding_table_first(&placement->bindings, container_id, cgroup_id, &cursor);
	     binding; binding = binding_table_next(&placement->bindings, binding, &cursor))
		placement_renew_binding(placement, binding, NULL);
}

/* After a record of a container was applied, renews the bindings of its id and of its cgroups. A
 * record that names neither the container nor its pod only adds a cgroup. cgroup_id is then that
 * cgroup, and the bindings of other cgroups stay as they are. Otherwise, cgroup_id is 0. */
static void placement_apply_container(struct placement *placement,
				      const struct container_record *container, uint64_t cgroup_id)
{
	struct workloads_cgroup_cursor cursor = {0};

	placement_renew_bindings(placement, container->id, 0);
	if (cgroup_id) {
		placement_renew_bindings(placement, NULL, cgroup_id);
		return;
	}
	while ((cgroup_id = workloads_next_cgroup(placement->workloads, container, &cursor)))
		placement_renew_bindings(placement, NULL, cgroup_id);
}

/* Sets `pod_record` of all subjects of a pod to `record`, which may be NULL. */
static void placement_set_pod_record(struct placement *placement, const struct pod_record *pod,
				     const struct pod_record *record)
{
	struct hash_cursor cursor;

	for (struct subject *subject = subject_table_first_pod(
		     &placement->subjects, pod->namespace_name, pod->name, &cursor);
	     subject; subject = subject_table_next_pod(&placement->subjects, subject, &cursor)) {
		subject->pod_record = record;
		if (record)
			subject->pod_deleted = record->deleted;
		subject->revision++;
	}
}

static void placement_apply_pod(struct placement *placement, const struct pod_record *pod)
{
	struct binding *next = NULL;

	placement_set_pod_record(placement, pod, pod);
	if (!pod->uid)
		return;
	for (struct binding *binding = placement->bindings.waiting; binding; binding = next) {
		const struct container_record *container =
			placement_container_of(placement, binding);
		next = binding->waiting_next;
		if (container && container->pod_uid && strcmp(container->pod_uid, pod->uid) == 0)
			placement_renew_binding(placement, binding, NULL);
	}
}

/* Returns whether a record gives the pod an additional address. */
static bool placement_gains_address(const struct placement *placement,
				    const struct pod_record *fresh)
{
	const struct pod_record *pod =
		workloads_pod(placement->workloads, fresh->namespace_name, fresh->name);

	for (size_t i = 0; i < fresh->ips.count && !fresh->host_network; i++) {
		if (!pod || !string_list_has(&pod->ips, fresh->ips.items[i]))
			return true;
	}
	return false;
}

/* Looks again at all connections that a pod's new address may concern. These are the pod's own
 * connections, which show its network namespace, and the connections of other pods' processes in
 * that namespace. */
static void placement_apply_addresses(struct placement *placement, const struct pod_record *pod)
{
	struct hash_cursor cursor;

	for (const struct subject *subject = subject_table_first_pod(
		     &placement->subjects, pod->namespace_name, pod->name, &cursor);
	     subject; subject = subject_table_next_pod(&placement->subjects, subject, &cursor)) {
		for (size_t i = 0; i < placement->bindings.count; i++) {
			struct binding *binding = placement->bindings.items[i];
			if (binding && binding->subject == subject)
				(void)placement_move_bound(placement, binding, NULL);
		}
	}
	for (uint32_t node = 0; node < placement->nodes.count; node++) {
		const char *name = node_names_text(&placement->nodes, node);
		if (!pod->node || !name || strcmp(name, pod->node) == 0)
			placement_renew_strangers(placement, node);
	}
}

/* Before a pod loses an address, stores the pod's name in the edges with this peer address that
 * do not name a pod yet. While the pod has the address, views find the pod's name by the
 * address. */
static void placement_name_peers(struct placement *placement, const struct pod_record *fresh)
{
	const struct pod_record *pod =
		workloads_pod(placement->workloads, fresh->namespace_name, fresh->name);

	if (!pod || pod->host_network || !workloads_holds_addresses(pod))
		return;
	const struct edge_peer peer = {FLOW_PEER_POD, pod->namespace_name, pod->name};
	for (size_t i = 0; i < pod->ips.count; i++) {
		struct flow_address address;
		uint8_t family;
		bool stays = workloads_holds_addresses(fresh) &&
			     string_list_has(&fresh->ips, pod->ips.items[i]);
		if (!stays && address_parse(pod->ips.items[i], &family, &address) == 0)
			edge_table_name_peers(&placement->edges, family, &address, pod->started_ns,
					      &peer);
	}
}

/* Returns the memory address at which workloads_apply will store the pod's record. This is the
 * place of the dead pod's record that will be overwritten, else of the pod's present record, else
 * of `fresh`. If a dead pod's record will be overwritten, sets `pod_record` of that pod's subjects
 * to NULL. */
static const struct pod_record *placement_find_body(struct placement *placement,
						    const struct pod_record *fresh)
{
	const struct pod_record *pod =
		workloads_pod(placement->workloads, fresh->namespace_name, fresh->name);
	const struct pod_record *dead =
		workloads_pod_to_leave(placement->workloads, fresh->namespace_name, fresh->name);

	if (!dead)
		return pod ? pod : fresh;
	placement_set_pod_record(placement, dead, NULL);
	return dead;
}

static void placement_renew_container(struct placement *placement, const char *id,
				      uint64_t cgroup_id)
{
	const struct container_record *container =
		id ? workloads_container(placement->workloads, id) : NULL;

	if (container)
		placement_apply_container(placement, container, cgroup_id);
}

/* If a known container lacks its name or its pod, takes both from the pod record that lists its id.
 * Without a runtime's socket, only the API names containers. Returns false if nothing changed. */
static bool placement_name_container(struct placement *placement, const char *id)
{
	const struct container_record *known = workloads_container(placement->workloads, id);
	const char *name;
	struct record record;

	if (!known || (known->name && known->pod))
		return false;
	const struct pod_record *pod = workloads_pod_by_container(placement->workloads, id, &name);
	if (!pod || record_new_body(RECORD_CONTAINER, &record))
		return false;
	int error = text_copy(id, &record.container->id);
	if (!error)
		error = text_copy(known->name ? known->name : name, &record.container->name);
	if (!error)
		error = text_copy(pod->namespace_name, &record.container->namespace_name);
	if (!error)
		error = text_copy(pod->name, &record.container->pod);
	if (!error)
		error = text_copy(pod->uid, &record.container->pod_uid);
	if (!error)
		error = workloads_apply(placement->workloads, &record);
	record_free(&record);
	return !error;
}

static int placement_identify_container(struct placement *placement, struct record *record)
{
	const struct container_record *fresh = record->container;
	const struct container_record *known = workloads_container(placement->workloads, fresh->id);
	uint64_t cgroup_id = fresh->name || fresh->pod ? 0 : fresh->cgroup_id;
	CLEANUP_FREE char *id = memory_checked(strdup(fresh->id));
	CLEANUP_FREE char *outer = NULL;

	/* workloads_apply will assign the known cgroups of this container to its outer container
	 * (workloads_unmask). So the bindings of the outer container must be renewed, too. */
	if (id && known && known->outer_id && fresh->cgroup_id && !fresh->outer_id)
		outer = memory_checked(strdup(known->outer_id));
	int error = id ? workloads_apply(placement->workloads, record) : -ENOMEM;
	if (error)
		return error;
	if (placement_name_container(placement, id))
		cgroup_id = 0;
	placement_renew_container(placement, outer, 0);
	placement_renew_container(placement, id, cgroup_id);
	return 0;
}

int placement_identify(struct placement *placement, struct record *record)
{
	const struct pod_record *pod = NULL;
	bool gains = false;

	if (record->kind == RECORD_DNS)
		return dns_names_apply(&placement->dns_names, record->dns,
				       node_names_text(&placement->nodes, 0));
	if (record->kind == RECORD_CONTAINER)
		return placement_identify_container(placement, record);
	/* workloads_apply will store the pod's record at the memory address `pod`. */
	if (record->kind == RECORD_POD) {
		placement_name_peers(placement, record->pod);
		gains = placement_gains_address(placement, record->pod);
		pod = placement_find_body(placement, record->pod);
	}
	int error = workloads_apply(placement->workloads, record);
	if (error)
		return error;
	if (!pod)
		return 0;
	placement_apply_pod(placement, pod);
	if (gains)
		placement_apply_addresses(placement, pod);
	for (size_t i = 0; i < pod->container_count; i++) {
		const char *id = pod->containers[i].id;
		if (id && placement_name_container(placement, id))
			placement_renew_container(placement, id, 0);
	}
	return 0;
}

void placement_lose(struct placement *placement, const struct lost_record *lost)
{
	uint32_t node = node_names_get(&placement->nodes, lost->node);
	bool is_new;
	struct binding *binding =
		binding_table_get(&placement->bindings, node, NULL, lost->cgroup_id, &is_new);

	if (!binding)
		return;
	if (!binding_losses_admit(&placement->losses, binding)) {
		binding_release_unused(&placement->bindings, binding);
		return;
	}
	binding_losses_add(&placement->losses, binding, lost->count);
	if (is_new || binding->unresolved != lost->unresolved) {
		binding->unresolved = lost->unresolved;
		placement_renew_binding(placement, binding, NULL);
	}
	binding_losses_settle(&placement->losses, &placement->quotas, binding);
}
