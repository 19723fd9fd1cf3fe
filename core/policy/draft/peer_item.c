/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/peer_item.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/policy/draft/group_selector.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"

/* The size of a name in a description of a peer. Names in Kubernetes can have 253 characters, but
 * the beginning of a name suffices to identify the object. */
#define DESCRIBED_SIZE 96

bool peer_reason_is_refusal(enum peer_reason reason)
{
	return reason >= PEER_NOT_UNICAST;
}

bool peer_reason_is_implicit(enum peer_reason reason)
{
	return reason == PEER_LOOPBACK || reason == PEER_SELF || reason == PEER_OWN_NODE;
}

void peer_answer_add(struct peer_answer *answer, enum peer_reason reason, const char *detail)
{
	if (reason <= answer->reason)
		return;
	answer->reason = reason;
	answer->detail = detail;
}

const char *peer_describe(struct arena *arena, const char *word, const char *namespace_name,
			  const char *name)
{
	size_t word_length = strlen(word);
	char names[2 * DESCRIBED_SIZE];
	size_t length = 0;

	if (namespace_name) {
		length = text_escape_ascii(namespace_name, names, DESCRIBED_SIZE);
		names[length++] = '/';
	}
	length += text_escape_ascii(name, names + length, DESCRIBED_SIZE);
	char *text = arena_get(arena, word_length + 1 + length + 1);
	if (!text)
		return NULL;
	memcpy(text, word, word_length);
	text[word_length] = ' ';
	memcpy(text + word_length + 1, names, length + 1);
	return text;
}

/* --- the subject --- */

void peer_subject_init(const struct subject *subject, const char *node, struct peer_subject *out)
{
	peer_subject_init_pod(subject->pod_record, out);
	if (!out->node)
		out->node = node;
}

void peer_subject_init_pod(const struct pod_record *pod, struct peer_subject *out)
{
	out->pod = pod;
	out->node = pod ? pod->node : NULL;
	out->own_count = 0;
	for (size_t i = 0; pod && i < pod->ips.count && out->own_count < PEER_OWN_MAX; i++) {
		struct peer_address *own = &out->own[out->own_count];
		out->own_count +=
			address_parse(pod->ips.items[i], &own->family, &own->address) == 0;
	}
}

bool peer_is_own(const struct peer_subject *subject, uint8_t family,
		 const struct flow_address *address)
{
	for (size_t i = 0; subject && i < subject->own_count; i++) {
		if (subject->own[i].family == family &&
		    address_equal(&subject->own[i].address, address))
			return true;
	}
	return false;
}

/* --- pods by their labels --- */

struct peer_pods peer_pods_make(const char *namespace_name, const struct netpol_selector *selector)
{
	struct peer_pods pods = {.namespace_name = namespace_name, .selector = selector};

	if (selector && selector->labels.count > 0)
		pods.hash = label_hash(label_hash_namespace(namespace_name),
				       &selector->labels.items[0]);
	return pods;
}

void peer_item_set_pods(struct peer_item *item, const struct peer_pods *pods)
{
	item->peer = (struct netpol_peer){
		.kind = NETPOL_PEER_PODS,
		.namespace_name = pods->namespace_name,
		.pods = pods->selector,
	};
	item->pods_hash = pods->hash;
	/* rules_build reads the selector's hash for each item. */
	__builtin_prefetch(&pods->selector->hash);
}

void peer_context_free(struct peer_context *context)
{
	hash_cache_clear(&context->slots);
	hash_cache_clear(&context->namespaces);
	group_rules_clear(&context->labels);
}

/* The name of a namespace, in the arena of the context. */
struct peer_namespace {
	const char *name;
};

const char *peer_namespace_name(struct peer_context *context, const char *name)
{
	uint64_t hash = hash_string(hash_seed(), name);
	struct hash_cursor cursor;
	struct peer_namespace *known = hash_cache_first(&context->namespaces, hash, &cursor);

	while (known && strcmp(known->name, name) != 0)
		known = hash_cache_next(&context->namespaces, &cursor);
	if (known)
		return known->name;
	const char *copy = arena_string(context->arena, name);
	known = copy ? hash_cache_add(&context->namespaces, hash, sizeof(*known)) : NULL;
	if (!known)
		return NULL;
	known->name = copy;
	return copy;
}

struct peer_slot *peer_slot_get(struct peer_context *context, const void *record)
{
	uint64_t hash = hash_pointer(record);
	struct hash_cursor cursor;
	struct peer_slot *slot = hash_cache_first(&context->slots, hash, &cursor);

	while (slot && slot->record != record)
		slot = hash_cache_next(&context->slots, &cursor);
	if (slot)
		return slot;
	slot = hash_cache_add(&context->slots, hash, sizeof(*slot));
	if (slot)
		slot->record = record;
	return slot;
}

const uint64_t *peer_label_hashes(struct peer_context *context, const struct pod_record *pod)
{
	struct peer_slot *slot = peer_slot_get(context, pod);

	if (!slot || slot->label_hashes)
		return slot ? slot->label_hashes : NULL;
	uint64_t *hashes = arena_array(&context->slots.arena, pod->labels.count, sizeof(*hashes));
	uint64_t of_namespace = label_hash_namespace(pod->namespace_name);
	for (size_t i = 0; hashes && i < pod->labels.count; i++)
		hashes[i] = label_hash(of_namespace, &pod->labels.items[i]);
	slot->label_hashes = hashes;
	return hashes;
}

/* Returns the pod's slot, filled in, or NULL if out of memory. The slot's selector is NULL if no
 * selector can select the pod. */
static const struct peer_slot *peer_pod_slot(struct peer_context *context,
					     const struct pod_record *pod)
{
	struct peer_slot *slot = peer_slot_get(context, pod);
	const struct netpol_selector *selector = NULL;

	if (!slot || slot->pods.namespace_name)
		return slot;
	if (group_pod_labels(context->labels.workloads, pod) == GROUP_OK &&
	    syntax_is_dns_label(pod->namespace_name)) {
		selector = group_selector(context->arena, &context->labels, pod);
		if (!selector)
			return NULL;
		if (selector->labels.count == 0)
			selector = NULL;
	}
	slot->pods = peer_pods_make(peer_namespace_name(context, pod->namespace_name), selector);
	return slot->pods.namespace_name ? slot : NULL;
}

const struct netpol_selector *peer_selector(struct peer_context *context,
					    const struct pod_record *pod)
{
	const struct peer_slot *slot = peer_pod_slot(context, pod);

	if (slot && slot->pods.selector)
		return slot->pods.selector;
	return group_selector(context->arena, &context->labels, pod);
}

/* --- items --- */

struct peer_item *peer_items_copy(struct peer_items *items, size_t index)
{
	struct peer_item *copy = ARRAY_ADD(items->items, items->count, items->capacity);

	if (copy)
		*copy = items->items[index];
	return copy;
}

/* Adds an item without a peer. Returns NULL if out of memory. */
static struct peer_item *peer_add(const struct peer_request *request)
{
	struct peer_items *items = request->items;
	struct peer_item *item = ARRAY_ADD(items->items, items->count, items->capacity);

	if (!item)
		return NULL;
	*item = (struct peer_item){
		.edge = request->edge,
		.port_name = request->port_name,
		.port = request->port_name ? 0 : request->port,
		.protocol = request->protocol,
		.direction = request->direction,
		.guessed = request->guessed,
	};
	return item;
}

int peer_add_block(const struct peer_request *request, uint8_t family,
		   const struct flow_address *address, const char *origin)
{
	struct peer_item *item = peer_add(request);

	if (!item)
		return -ENOMEM;
	item->peer.kind = NETPOL_PEER_BLOCK;
	item->peer.block = (struct netpol_block){
		.address = *address, .family = family, .prefix = family == 4 ? 32 : 128};
	item->origin = origin;
	item->seen = (struct peer_address){.address = *address, .family = family};
	return 0;
}

int peer_add_pods(const struct peer_request *request, const struct peer_pods *pods)
{
	struct peer_item *item = peer_add(request);

	if (!item)
		return -ENOMEM;
	peer_item_set_pods(item, pods);
	return 0;
}

int peer_note(const struct peer_request *request, enum peer_reason reason, const char *word,
	      const char *namespace_name, const char *name)
{
	const char *detail = peer_describe(request->context->arena, word, namespace_name, name);

	peer_answer_add(request->answer, reason, detail);
	return detail ? 0 : -ENOMEM;
}

/* Adds a pod that has its own network. */
static int peer_add_pod(const struct peer_request *request, const struct pod_record *pod)
{
	const struct peer_slot *slot = peer_pod_slot(request->context, pod);

	if (!slot)
		return -ENOMEM;
	if (slot->pods.selector)
		return peer_add_pods(request, &slot->pods);
	return peer_note(request, PEER_UNLABELLED, "pod", pod->namespace_name, pod->name);
}

/* Adds all API servers instead of the observed one, because the next flow may be from or to any of
 * them. */
static int peer_add_api_servers(const struct peer_request *request,
				const struct holder_query *query)
{
	const struct api_servers *servers = &request->context->api_servers;
	int error = 0;

	peer_answer_add(request->answer, PEER_API_SERVER, NULL);
	for (size_t i = 0; i < servers->count && error == 0; i++) {
		const struct api_server *server = &servers->items[i];
		struct peer_request at = *request;
		at.guessed |= server->family != query->family ||
			      !address_equal(&server->address, &query->address);
		error = peer_add_block(&at, server->family, &server->address, "kube-apiserver");
	}
	return error;
}

/* Adds the address of a node, of a host-network pod, or of a host outside the cluster. */
static int peer_add_plain(const struct peer_request *request, const struct holder_query *query,
			  const struct holder *holder, const char *origin)
{
	struct peer_context *context = request->context;
	const char *node = NULL;

	if (holder->node_name)
		node = peer_describe(context->arena, "node", NULL, holder->node_name);
	else if (holder->pod)
		node = peer_describe(context->arena, "host-network pod",
				     holder->pod->namespace_name, holder->pod->name);
	if ((holder->node_name || holder->pod) && !node)
		return -ENOMEM;
	if (request->direction == NETPOL_INGRESS &&
	    api_servers_have(&context->api_servers, query->family, &query->address, 0))
		return peer_add_api_servers(request, query);
	if (node && request->direction == NETPOL_INGRESS)
		peer_answer_add(request->answer, PEER_OTHER_NODE, node);
	else if (holder->pod)
		peer_answer_add(request->answer, PEER_HOST_NETWORK, node);
	if (holder->own_node && request->direction == NETPOL_EGRESS)
		peer_answer_add(request->answer, PEER_OWN_NODE_AGENT, node);
	if (!node && request->direction == NETPOL_EGRESS &&
	    address_is_private(query->family, &query->address) &&
	    workloads_count(context->workloads, RECORD_SERVICE) == 0)
		context->private_block = true;
	return peer_add_block(request, query->family, &query->address, origin ? origin : node);
}

int peer_add_holder(const struct peer_request *request, const struct holder_query *query,
		    const struct holder *holder, const char *origin)
{
	const struct pod_record *pod = holder->pod;
	int error = 0;

	if (peer_is_own(request->subject, query->family, &query->address)) {
		peer_answer_add(request->answer, PEER_SELF, NULL);
		return 0;
	}
	if (!pod || pod->host_network)
		return peer_add_plain(request, query, holder, origin);
	if (holder->kind == HOLDER_LATER)
		return peer_note(request, PEER_LATER_POD, "pod", pod->namespace_name, pod->name);
	if (holder->kind == HOLDER_SHARED)
		error = peer_note(request, PEER_SHARED_ADDRESS, "pod", pod->namespace_name,
				  pod->name);
	return error ? error : peer_add_pod(request, pod);
}

int peer_add_address(const struct peer_request *request, uint8_t family,
		     const struct flow_address *address, const char *origin)
{
	const struct holder_query query = {
		.address = *address, .family = family, .time_ns = UINT64_MAX};
	struct holder holder;

	holder_find(request->context->workloads, &query, &holder);
	return peer_add_holder(request, &query, &holder, origin);
}
