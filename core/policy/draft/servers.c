/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/servers.h"

#include <errno.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/policy/draft/far_end.h"
#include "core/record/address.h"
#include "core/state/identity/holder.h"

struct servers {
	struct evidence *evidence;
	struct hash_index allowed; /* items that allow pods; the key is a label and a port */
	bool indexed;
};

/* --- the pods that are already allowed --- */

static uint64_t servers_hash(uint64_t label, uint8_t protocol, uint16_t port)
{
	return hash_add(label, (uint64_t)port << 8 | protocol);
}

static int servers_index(struct servers *servers)
{
	const struct peer_items *items = &servers->evidence->items;

	servers->indexed = true;
	if (hash_index_reserve(&servers->allowed, items->count) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < items->count; i++) {
		const struct peer_item *item = &items->items[i];
		if (item->direction != NETPOL_EGRESS || item->peer.kind != NETPOL_PEER_PODS ||
		    item->port_name)
			continue;
		uint64_t hash = servers_hash(item->pods_hash, item->protocol, item->port);
		if (hash_index_insert(&servers->allowed, hash, (uint32_t)i))
			return -ENOMEM;
	}
	return 0;
}

static bool servers_item_allows(const struct peer_item *item, const struct pod_record *pod,
				const struct edge *edge)
{
	return item->port == edge->port && item->protocol == edge->protocol &&
	       strcmp(item->peer.namespace_name, pod->namespace_name) == 0 &&
	       netpol_selector_matches(item->peer.pods, &pod->labels);
}

/* Returns whether an item allows the pod and the port of its edge. If out of memory, returns false
 * and sets *error. */
static bool servers_are_allowed(const struct servers *servers, const struct pod_record *pod,
				const struct edge *edge, int *error)
{
	const struct peer_items *items = &servers->evidence->items;
	const uint64_t *labels = peer_label_hashes(&servers->evidence->peers, pod);
	struct hash_cursor cursor;

	if (!labels) {
		*error = -ENOMEM;
		return false;
	}
	for (size_t i = 0; i < pod->labels.count; i++) {
		uint64_t hash = servers_hash(labels[i], edge->protocol, edge->port);
		for (uint32_t at = hash_index_first(&servers->allowed, hash, &cursor);
		     at != HASH_INDEX_NONE; at = hash_index_next(&servers->allowed, &cursor)) {
			if (servers_item_allows(&items->items[at], pod, edge))
				return true;
		}
	}
	return false;
}

/* --- the edges from the workload --- */

/* Returns whether `pod` was the client: it had the edge's peer address at the time of the flow. */
static bool servers_is_client(const struct evidence *evidence, const struct edge *edge,
			      const struct pod_record *pod)
{
	struct holder_query query = {
		.address = edge->peer, .family = edge->family, .time_ns = edge->last_ns};
	struct holder holder;

	if (edge->peer_kind == FLOW_PEER_POD) {
		query.pod_namespace = edge->peer_namespace;
		query.pod_name = edge->peer_name;
	}
	holder_find_pod(evidence->peers.workloads, &query, &holder);
	return holder.pod == pod && holder.kind != HOLDER_LATER;
}

static int servers_add_edge(struct servers *servers, const struct edge *edge,
			    const struct peer_subject *client)
{
	struct evidence *evidence = servers->evidence;
	const struct pod_record *pod = edge->subject->pod_record;
	struct far_end end = {
		.edge = edge,
		.subject = evidence->edges[0].edge->subject,
		.port = edge->port,
	};
	int error = 0;

	/* A pod needs no rule to connect to itself. */
	if (edge->ok_count == 0 || edge->port == 0 || !pod || pod == client->pod ||
	    flow_is_redirect_port(edge->port) ||
	    (edge->protocol != FLOW_TCP && edge->protocol != FLOW_UDP &&
	     edge->protocol != FLOW_SCTP) ||
	    !address_find(&pod->ips, edge->family, &end.peer))
		return 0;
	if ((pod->host_network && far_end_count_seen(evidence, &end, pod) > 0) ||
	    !servers_is_client(evidence, edge, client->pod))
		return 0;
	if (!servers->indexed)
		error = servers_index(servers);
	if (error != 0 || servers_are_allowed(servers, pod, edge, &error) || error != 0 ||
	    !far_end_counts(evidence, &end, &error))
		return error;
	return far_end_allow(evidence, &end, pod->host_network ? NULL : pod, edge->ok_count);
}

int servers_add(struct evidence *evidence)
{
	struct servers servers = {.evidence = evidence};
	int error = 0;

	if (!far_end_is_wanted(evidence, NETPOL_EGRESS))
		return 0;
	for (size_t i = 0; i < evidence->subject_count; i++) {
		const struct peer_subject *client = &evidence->subjects[i];
		for (size_t k = 0; client->pod && k < client->own_count; k++) {
			const struct edge_list list =
				state_edges_with(evidence->state, FLOW_INGRESS,
						 client->own[k].family, &client->own[k].address);
			for (size_t n = 0; n < list.count && error == 0; n++)
				error = servers_add_edge(&servers, edge_list_get(&list, n), client);
		}
	}
	hash_index_clear(&servers.allowed);
	return error;
}
