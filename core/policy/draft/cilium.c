/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/cilium.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/draft/cluster_dns.h"
#include "core/record/address.h"

#define ENTITY_CLUSTER    "cluster" /* the pods of all namespaces, and the nodes */
#define ENTITY_HOST       "host"
#define ENTITY_NODES      "remote-node"
#define ENTITY_API_SERVER "kube-apiserver"

/* RFC 1035, 2.3.4; without the dot of the root. */
#define DNS_NAME_MAX  253
#define DNS_LABEL_MAX 63

/* The state of one translation. */
struct translation {
	struct evidence *evidence;
	struct lines *lines;
	bool names_allowed; /* the policy allows DNS queries, from which toFQDNs learns addresses */
	/* The draft's header needs a line about nodes, names or link-local addresses. */
	bool nodes;
	bool names;
	bool link_local;
};

/* --- labels --- */

/* Cilium does not identify pods by labels whose keys begin with these prefixes (the default list in
 * cilium pkg/labelsfilter). A selector with such a label selects nothing. */
bool cilium_knows_label(const char *key)
{
	static const char *const unknown[] = {
		"io.kubernetes",
		"kubernetes.io",
		"k8s.io",
		"statefulset.kubernetes.io/pod-name",
		"apps.kubernetes.io/pod-index",
		"batch.kubernetes.io/job-completion-index",
		"pod-template-generation",
		"pod-template-hash",
		"controller-revision-hash",
		"annotation",
		"etcd_node",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++) {
		if (strncmp(key, unknown[i], strlen(unknown[i])) == 0)
			return false;
	}
	return strstr(key, "beta.kubernetes.io") == NULL;
}

int cilium_selector(struct arena *arena, const struct netpol_selector *selector,
		    const struct netpol_selector **out)
{
	const struct netpol_selector *known =
		netpol_selector_copy(arena, &selector->labels, cilium_knows_label);

	*out = NULL;
	if (!known)
		return -ENOMEM;
	if (known->labels.count == selector->labels.count)
		*out = selector;
	else if (known->labels.count > 0)
		*out = known;
	return 0;
}

/* --- names --- */

bool cilium_dns_name(const char *text, char name[CILIUM_NAME_SIZE])
{
	size_t length = text ? strlen(text) : 0;
	size_t label = 0;
	bool letter = false; /* the last label has a letter; without one, the text is an address */

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		name[i] = c;
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			letter = false;
			continue;
		}
		bool is_letter = c >= 'a' && c <= 'z';
		if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
		letter |= is_letter;
		if (++label > DNS_LABEL_MAX)
			return false;
	}
	name[length] = '\0';
	return label > 0 && letter;
}

/* --- addresses --- */

/* Returns whether an address is that of an API server. In egress, the item must also have the port
 * of the server. */
static bool cilium_is_api_server(const struct translation *translation,
				 const struct peer_item *item)
{
	return api_servers_have(&translation->evidence->peers.api_servers, item->seen.family,
				&item->seen.address,
				item->direction == NETPOL_EGRESS ? item->port : 0);
}

/* Returns true if the address is that of a node or of a host-network pod. */
static bool cilium_is_node(const struct translation *translation, const struct peer_item *item)
{
	const struct holder_query query = {
		.address = item->seen.address, .family = item->seen.family, .time_ns = UINT64_MAX};
	struct holder holder;

	holder_find(translation->evidence->peers.workloads, &query, &holder);
	return holder.kind == HOLDER_NODE;
}

static void cilium_set_entity(struct peer_item *item, const char *entity)
{
	item->peer = (struct netpol_peer){.kind = NETPOL_PEER_ENTITY, .name = entity};
}

/*
 * Appends a copy of an item for another entity. The items may move in memory. Returns 0 or -ENOMEM.
 */
static int cilium_add_entity(struct translation *translation, size_t index, const char *entity)
{
	struct peer_item *copy = peer_items_copy(&translation->evidence->items, index);

	if (!copy)
		return -ENOMEM;
	cilium_set_entity(copy, entity);
	return 0;
}

/* Replaces a node's address with the entity "remote-node": all nodes except the one a pod runs on.
 * For egress, also allows the entity "host", the pod's own node, because a pod may later run on the
 * node whose address was seen. Ingress from a pod's own node needs no rule: Cilium always allows
 * it. */
static int cilium_translate_node(struct translation *translation, size_t index)
{
	struct peer_item *item = &translation->evidence->items.items[index];

	translation->nodes = true;
	cilium_set_entity(item, ENTITY_NODES);
	return item->direction == NETPOL_EGRESS ? cilium_add_entity(translation, index, ENTITY_HOST)
						: 0;
}

static bool cilium_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Returns true for names of Services. Their addresses are in the cluster, and toFQDNs allows only
 * addresses outside of it. */
static bool cilium_is_cluster_name(const char *name)
{
	return cilium_ends_with(name, ".cluster.local") || cilium_ends_with(name, ".svc");
}

/* Converts the first name of a list to the form of toFQDNs. The list joins its names by ", ".
 * Returns the end of the name in the list, or NULL if toFQDNs cannot allow the name. */
static const char *cilium_read_name(const char *list, char name[CILIUM_NAME_SIZE])
{
	const char *end = strstr(list, ", ");
	size_t length = end ? (size_t)(end - list) : strlen(list);
	char text[CILIUM_NAME_SIZE + 1];

	if (length >= sizeof(text))
		return NULL;
	memcpy(text, list, length);
	text[length] = '\0';
	return cilium_dns_name(text, name) && !cilium_is_cluster_name(name) ? list + length : NULL;
}

/* Replaces the address of an item with the names of a list. The item gets the first name, and a
 * copy of the item is added for each other name. Keeps the address if toFQDNs cannot allow one of
 * the names. */
static int cilium_set_names(struct translation *translation, size_t index, const char *list)
{
	struct peer_items *items = &translation->evidence->items;
	char name[CILIUM_NAME_SIZE];
	const char *end = list;

	while ((end = cilium_read_name(end, name)) && *end)
		end += strlen(", ");
	if (!end)
		return 0;
	for (const char *at = list; *at; at = *end ? end + strlen(", ") : end) {
		end = cilium_read_name(at, name);
		struct peer_item *item =
			at == list ? &items->items[index] : peer_items_copy(items, index);
		const char *copy = arena_string(translation->evidence->peers.arena, name);
		if (!end || !item || !copy)
			return -ENOMEM;
		item->peer = (struct netpol_peer){.kind = NETPOL_PEER_NAME, .name = copy};
	}
	translation->names = true;
	return 0;
}

/* Replaces an egress address with the DNS names that resolved to it. Keeps the addresses of
 * endpoints behind a Service. Keeps the addresses of resolvers, because name look-ups need them. */
static int cilium_translate_external(struct translation *translation, size_t index)
{
	const struct peer_item *item = &translation->evidence->items.items[index];
	const struct edge *edge = item->edge;

	if (item->direction == NETPOL_EGRESS &&
	    address_is_link_local_v4(item->seen.family, &item->seen.address)) {
		translation->link_local = true;
		return cilium_add_entity(translation, index, ENTITY_HOST);
	}
	if (item->direction != NETPOL_EGRESS || item->guessed || item->origin || !edge ||
	    !edge->dns || !translation->names_allowed || cluster_dns_is_query(item))
		return 0;
	return cilium_set_names(translation, index, edge->dns);
}

/* --- pods --- */

/* The peer kind of items that will be removed, because Cilium knows no label of their pods. */
#define PEER_DROPPED 0

/* Returns true if the edge of an item has another item that is not PEER_DROPPED. */
static bool cilium_has_another(const struct peer_items *items, size_t index)
{
	for (size_t i = 0; i < items->count; i++) {
		if (i != index && items->items[i].edge == items->items[index].edge &&
		    items->items[i].peer.kind != PEER_DROPPED)
			return true;
	}
	return false;
}

/* Marks an item as PEER_DROPPED and adds a line about it. */
static void cilium_drop_pods(struct translation *translation, size_t index)
{
	struct evidence *evidence = translation->evidence;
	struct peer_items *items = &evidence->items;
	struct peer_item *item = &items->items[index];
	const struct label *label = &item->peer.pods->labels.items[0];

	if (item->edge && !item->guessed && !cilium_has_another(items, index)) {
		evidence->counts.covered -= item->edge->ok_count;
		evidence->counts.refused[item->direction] += item->edge->ok_count;
	}
	lines_printf(translation->lines,
		     "not allowed although seen: pods %s=%s of %s: Cilium knows none of their "
		     "labels: label them",
		     label->key, label->value, item->peer.namespace_name);
	item->peer.kind = PEER_DROPPED;
}

/* --- items --- */

static int cilium_translate_item(struct translation *translation, size_t index)
{
	struct peer_item *item = &translation->evidence->items.items[index];
	const struct netpol_selector *selector;
	struct peer_pods pods;

	if (item->peer.kind == NETPOL_PEER_PODS && item->peer.namespaces) {
		cilium_set_entity(item, ENTITY_CLUSTER);
		return 0;
	}
	if (item->peer.kind == NETPOL_PEER_PODS) {
		if (cilium_selector(translation->lines->arena, item->peer.pods, &selector) != 0)
			return -ENOMEM;
		pods = peer_pods_make(item->peer.namespace_name, selector);
		if (selector)
			peer_item_set_pods(item, &pods);
		else
			cilium_drop_pods(translation, index);
	}
	if (item->peer.kind != NETPOL_PEER_BLOCK)
		return 0;
	if (cilium_is_api_server(translation, item)) {
		cilium_set_entity(item, ENTITY_API_SERVER);
		return 0;
	}
	return cilium_is_node(translation, item) ? cilium_translate_node(translation, index)
						 : cilium_translate_external(translation, index);
}

/* Translates the items from index `first` on. Returns 0 or -ENOMEM. */
static int cilium_translate_from(struct translation *translation, size_t first)
{
	struct peer_items *items = &translation->evidence->items;
	/* The translation appends items, which need no translation themselves. */
	size_t count = items->count;
	size_t kept = first;
	int error = 0;

	for (size_t i = first; error == 0 && i < count; i++)
		error = cilium_translate_item(translation, i);
	for (size_t i = first; i < items->count; i++) {
		if (items->items[i].peer.kind != PEER_DROPPED)
			items->items[kept++] = items->items[i];
	}
	items->count = kept;
	return error;
}

/* --- DNS --- */

static bool cilium_has_query(const struct peer_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (cluster_dns_is_query(&items->items[i]))
			return true;
	}
	return false;
}

/* Returns true for items with the same peer and port, which become one port of one rule. */
static bool cilium_is_same_port(const struct peer_item *a, const struct peer_item *b)
{
	return a->direction == b->direction && a->protocol == b->protocol && a->port == b->port &&
	       !a->port_name && !b->port_name && netpol_peer_compare(&a->peer, &b->peer) == 0;
}

/* Cilium learns the addresses of names from the answers that pass its DNS proxy, so queries must
 * pass the proxy. If no query was seen, allows queries to the cluster's DNS. */
static int cilium_pass_dns(struct translation *translation)
{
	struct evidence *evidence = translation->evidence;
	struct peer_items *items = &evidence->items;
	size_t before = items->count;
	bool seen = cilium_has_query(items);
	struct cluster_dns_answer answer = {.guessed = false};
	int error = seen ? 0 : cluster_dns_add(evidence, &answer);

	if (error == 0)
		error = cilium_translate_from(translation, before);
	if (error != 0)
		return error;
	if (!seen)
		lines_add(translation->lines,
			  answer.guessed
				  ? "guessed: no DNS Service is known: DNS is allowed at its "
				    "usual places: toFQDNs needs its answers"
				  : "added: the cluster's DNS, which was not seen to be asked: "
				    "toFQDNs needs its answers");
	for (size_t i = 0; i < items->count; i++)
		items->items[i].dns = i >= before || cluster_dns_is_query(&items->items[i]);
	for (size_t i = 0; i < items->count; i++) {
		const struct peer_item *query = &items->items[i];
		bool first = query->dns;
		for (size_t k = 0; first && k < i; k++)
			first = !items->items[k].dns ||
				!cilium_is_same_port(&items->items[k], query);
		for (size_t k = 0; first && k < items->count; k++)
			items->items[k].dns |= cilium_is_same_port(&items->items[k], query);
	}
	return 0;
}

/* --- the whole translation --- */

static void cilium_report(const struct translation *translation)
{
	if (translation->nodes)
		lines_add(translation->lines,
			  "wider than seen: Cilium knows nodes as entities: host and remote-node "
			  "allow all nodes, not only the node that was seen");
	if (translation->names)
		lines_add(translation->lines,
			  "by name: toFQDNs allows what these names stand for when they are looked "
			  "up, through Cilium's DNS proxy");
	if (translation->link_local)
		lines_add(translation->lines,
			  "guessed: a link-local address is allowed as a block and as host: which "
			  "host has it depends on the node");
}

int cilium_translate(struct evidence *evidence, struct lines *lines)
{
	struct translation translation = {.evidence = evidence, .lines = lines};

	translation.names_allowed =
		evidence->options->dns != DRAFT_DNS_NEVER || cilium_has_query(&evidence->items);
	int error = cilium_translate_from(&translation, 0);
	if (error == 0 && translation.names)
		error = cilium_pass_dns(&translation);
	if (error != 0)
		return error;
	cilium_report(&translation);
	return lines->error;
}
