/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/translate.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"

/* Names in comments: a Kubernetes name has up to 253 characters, of which a person needs the first.
 */
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
	char escaped_namespace[DESCRIBED_SIZE];
	char escaped_name[DESCRIBED_SIZE];

	text_escape_ascii(name, escaped_name, sizeof(escaped_name));
	if (!namespace_name)
		return arena_printf(arena, "%s %s", word, escaped_name);
	text_escape_ascii(namespace_name, escaped_namespace, sizeof(escaped_namespace));
	return arena_printf(arena, "%s %s/%s", word, escaped_namespace, escaped_name);
}

/* --- the subject's own addresses --- */

static void own_add(struct peer_address *list, size_t *count, uint8_t family,
		    const struct flow_address *address)
{
	if (*count < PEER_OWN_MAX)
		list[(*count)++] = (struct peer_address){.address = *address, .family = family};
}

static void own_add_texts(struct peer_address *list, size_t *count, const struct string_list *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		struct flow_address address;
		uint8_t family;
		if (address_parse(texts->items[i], &family, &address) == 0)
			own_add(list, count, family, &address);
	}
}

/*
 * The node's bridge has the first address of its pods' block, a tunnel device the block's own:
 * traffic from there is the node's. Only blocks that end at a byte's edge inside the last two
 * bytes' reach are understood; others are left alone.
 */
static void own_add_gateways(struct peer_address *list, size_t *count,
			     const struct string_list *pod_cidrs)
{
	for (size_t i = 0; i < pod_cidrs->count; i++) {
		char text[ADDRESS_TEXT_SIZE];
		struct flow_address address;
		uint8_t family;
		const char *slash = strchr(pod_cidrs->items[i], '/');
		size_t length = slash ? (size_t)(slash - pod_cidrs->items[i]) : sizeof(text);
		if (length >= sizeof(text))
			continue;
		memcpy(text, pod_cidrs->items[i], length);
		text[length] = '\0';
		if (address_parse(text, &family, &address) != 0)
			continue;
		size_t last = family == 4 ? 3 : 15;
		if (address.bytes[last] != 0)
			continue;
		own_add(list, count, family, &address);
		address.bytes[last] = 1;
		own_add(list, count, family, &address);
	}
}

void peer_subject_init(const struct peer_context *context, const struct subject *subject,
		       const char *node, struct peer_subject *out)
{
	const struct pod_record *pod = subject->pod_record;
	const struct node_record *record;

	out->node = pod && pod->node ? pod->node : node;
	out->own_count = 0;
	out->own_node_count = 0;
	if (pod)
		own_add_texts(out->own, &out->own_count, &pod->ips);
	record = out->node ? workloads_node(context->workloads, out->node) : NULL;
	if (!record)
		return;
	own_add_texts(out->own_node, &out->own_node_count, &record->ips);
	own_add_gateways(out->own_node, &out->own_node_count, &record->pod_cidrs);
}

static bool own_has(const struct peer_address *list, size_t count, uint8_t family,
		    const struct flow_address *address)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].family == family && address_equal(&list[i].address, address))
			return true;
	}
	return false;
}

/* --- pods by their labels --- */

void peer_context_free(struct peer_context *context)
{
	free(context->slots);
	context->slots = NULL;
	context->slot_count = 0;
	context->slot_used = 0;
}

static struct peer_slot *slot_find(struct peer_slot *slots, size_t count, const void *record)
{
	size_t at = hash_u64((uint64_t)(uintptr_t)record) & (count - 1);

	while (slots[at].record && slots[at].record != record)
		at = (at + 1) & (count - 1);
	return &slots[at];
}

static int slots_grow(struct peer_context *context)
{
	size_t count = context->slot_count > 0 ? context->slot_count * 2 : 64;
	struct peer_slot *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < context->slot_count; i++) {
		if (context->slots[i].record)
			*slot_find(slots, count, context->slots[i].record) = context->slots[i];
	}
	free(context->slots);
	context->slots = slots;
	context->slot_count = count;
	return 0;
}

struct peer_slot *peer_slot_get(struct peer_context *context, const void *record)
{
	if (context->slot_used * 2 >= context->slot_count && slots_grow(context) != 0)
		return NULL;
	struct peer_slot *slot = slot_find(context->slots, context->slot_count, record);
	if (!slot->record) {
		slot->record = record;
		context->slot_used++;
	}
	return slot;
}

/*
 * The pod's slot, filled in; its selector is NULL for a pod that cannot be selected. NULL when
 * memory is refused.
 */
static const struct peer_slot *pod_slot(struct peer_context *context, const struct pod_record *pod)
{
	struct peer_slot *slot = peer_slot_get(context, pod);

	if (!slot || slot->namespace_name)
		return slot;
	if (group_pod_labels(pod) == GROUP_OK && syntax_is_dns_label(pod->namespace_name) &&
	    group_selector(context->arena, pod, &slot->selector) != 0)
		return NULL;
	slot->namespace_name = arena_string(context->arena, pod->namespace_name);
	return slot->namespace_name ? slot : NULL;
}

/* --- items --- */

/* Room for one more at the end; NULL when memory is refused. */
static struct peer_item *item_append(struct peer_items *items)
{
	if (items->count == items->capacity) {
		size_t capacity = items->capacity > 0 ? items->capacity * 2 : 64;
		struct peer_item *grown = reallocarray(items->items, capacity, sizeof(*grown));
		if (!grown)
			return NULL;
		items->items = grown;
		items->capacity = capacity;
	}
	return &items->items[items->count++];
}

struct peer_item *peer_items_copy(struct peer_items *items, size_t index)
{
	struct peer_item *copy = item_append(items);

	if (copy)
		*copy = items->items[index];
	return copy;
}

static struct peer_item *item_new(struct peer_items *items, const struct peer_question *question)
{
	struct peer_item *item = item_append(items);

	if (!item)
		return NULL;
	*item = (struct peer_item){
		.edge = question->edge,
		.port_name = question->port_name,
		.port = question->port_name ? 0 : question->port,
		.protocol = question->protocol,
		.direction = question->direction,
		.guessed = question->guessed,
	};
	return item;
}

int peer_add_block(const struct peer_question *question, uint8_t family,
		   const struct flow_address *address, const char *origin, struct peer_items *items)
{
	struct peer_item *item = item_new(items, question);

	if (!item)
		return -ENOMEM;
	item->origin = origin;
	item->seen = (struct peer_address){.address = *address, .family = family};
	item->peer = (struct policy_peer){
		.kind = POLICY_PEER_BLOCK,
		.family = family,
		.prefix = family == 4 ? 32 : 128,
		.address = *address,
	};
	return 0;
}

int peer_add_pods(const struct peer_question *question, const char *namespace_name,
		  const struct policy_selector *selector, struct peer_items *items)
{
	struct peer_item *item = item_new(items, question);

	if (!item)
		return -ENOMEM;
	item->peer = (struct policy_peer){
		.kind = POLICY_PEER_PODS,
		.namespace_name = namespace_name,
		.selector = selector,
	};
	return 0;
}

static int refuse_pod(struct peer_context *context, enum peer_reason reason,
		      const struct pod_record *pod, struct peer_answer *answer)
{
	const char *detail = peer_describe(context->arena, "pod", pod->namespace_name, pod->name);

	peer_answer_add(answer, reason, detail);
	return detail ? 0 : -ENOMEM;
}

/* A pod in a network of its own, whose address was seen. */
static int add_pod(struct peer_context *context, const struct peer_question *question,
		   const struct pod_record *pod, struct peer_items *items,
		   struct peer_answer *answer)
{
	const struct peer_slot *slot = pod_slot(context, pod);

	if (!slot)
		return -ENOMEM;
	if (slot->selector)
		return peer_add_pods(question, slot->namespace_name, slot->selector, items);
	return refuse_pod(context, PEER_UNLABELLED, pod, answer);
}

/* 10/8, 172.16/12, 192.168/16 (RFC 1918), 100.64/10 (RFC 6598), fc00::/7 (RFC 4193). */
static bool is_private(uint8_t family, const struct flow_address *address)
{
	const uint8_t *bytes = address->bytes;

	if (family == 6)
		return (bytes[0] & 0xfe) == 0xfc;
	return bytes[0] == 10 || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16) ||
	       (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 100 && (bytes[1] & 0xc0) == 64);
}

/* An address that is no pod's own: a node's, or anything outside the cluster. */
static int add_plain_address(struct peer_context *context, const struct peer_question *question,
			     uint8_t family, const struct flow_address *address,
			     const struct pod_record *host_pod, const char *origin,
			     struct peer_items *items, struct peer_answer *answer)
{
	const struct node_record *node =
		workloads_node_by_address(context->workloads, family, address);
	const char *node_name = node ? node->name : host_pod ? host_pod->node : NULL;
	const char *what = NULL;

	if (node_name)
		what = peer_describe(context->arena, "node", NULL, node_name);
	else if (host_pod)
		what = peer_describe(context->arena, "host-network pod", host_pod->namespace_name,
				     host_pod->name);
	if ((node_name || host_pod) && !what)
		return -ENOMEM;
	if (what && question->direction == POLICY_INGRESS)
		peer_answer_add(answer, PEER_OTHER_NODE, what);
	else if (host_pod)
		peer_answer_add(answer, PEER_HOST_NETWORK, what);
	if (!what && question->direction == POLICY_EGRESS && is_private(family, address) &&
	    workloads_service_count(context->workloads) == 0)
		context->private_block = true;
	return peer_add_block(question, family, address, origin ? origin : what, items);
}

/* holder: the pod that has the address; NULL: none. */
static int add_address(struct peer_context *context, const struct peer_question *question,
		       uint8_t family, const struct flow_address *address,
		       const struct pod_record *holder, const char *origin,
		       struct peer_items *items, struct peer_answer *answer)
{
	const struct peer_subject *subject = question->subject;

	if (subject && own_has(subject->own, subject->own_count, family, address)) {
		peer_answer_add(answer, PEER_SELF, NULL);
		return 0;
	}
	if (!holder || holder->host_network)
		return add_plain_address(context, question, family, address, holder, origin, items,
					 answer);
	if (workloads_pods_at_address(context->workloads, family, address) > 1) {
		const char *detail =
			peer_describe(context->arena, "pod", holder->namespace_name, holder->name);
		if (!detail)
			return -ENOMEM;
		peer_answer_add(answer, PEER_SHARED_ADDRESS, detail);
	}
	return add_pod(context, question, holder, items, answer);
}

int peer_add_address(struct peer_context *context, const struct peer_question *question,
		     uint8_t family, const struct flow_address *address, const char *origin,
		     struct peer_items *items, struct peer_answer *answer)
{
	return add_address(context, question, family, address,
			   workloads_pod_by_address(context->workloads, family, address), origin,
			   items, answer);
}

/* --- edges --- */

/* Whether the address, which this pod has (NULL: none), is one of the node that the subject runs
 * on. */
static bool is_own_node(const struct peer_subject *subject, uint8_t family,
			const struct flow_address *address, const struct pod_record *pod)
{
	/* A gateway's address that a pod was seen to hold is the pod's. */
	if (pod && !pod->host_network)
		return false;
	if (own_has(subject->own_node, subject->own_node_count, family, address))
		return true;
	return pod && pod->node && subject->node && strcmp(pod->node, subject->node) == 0;
}

/* The pod that the record of the flow itself named, where that is in a network of its own; NULL: it
 * named none. */
static const struct pod_record *named_pod(const struct peer_context *context,
					  const struct edge *edge)
{
	if (edge->peer_kind != FLOW_PEER_POD || !edge->peer_namespace || !edge->peer_name)
		return NULL;
	const struct pod_record *pod =
		workloads_pod(context->workloads, edge->peer_namespace, edge->peer_name);
	return pod && !pod->host_network ? pod : NULL;
}

/*
 * Whether the pod that has the address of a nameless edge now, alone, started after the edge was
 * last used: somebody else had the address then.
 */
static bool is_later(const struct peer_context *context, const struct edge *edge, uint8_t family,
		     const struct flow_address *address, const struct pod_record *holder)
{
	return holder && !holder->host_network && holder->started_ns > edge->last_ns &&
	       workloads_pods_at_address(context->workloads, family, address) == 1 &&
	       !workloads_pod_at_time(context->workloads, family, address, edge->last_ns);
}

static enum peer_reason check_edge(const struct edge *edge, uint8_t family,
				   const struct flow_address *address, uint8_t protocol,
				   uint16_t port)
{
	if (address_is_loopback(family, address))
		return PEER_LOOPBACK;
	if (address_is_unspecified(family, address) ||
	    address_is_multicast_or_broadcast(family, address) ||
	    address_is_link_local_v6(family, address))
		return PEER_NOT_UNICAST;
	if (edge->protocol != FLOW_TCP && edge->protocol != FLOW_UDP && edge->protocol != FLOW_SCTP)
		return PEER_BAD_PROTOCOL;
	return port == 0 || protocol == FLOW_PROTOCOL_OTHER ? PEER_BAD_PORT : PEER_PLAIN;
}

/* *done says that the address was a Service's and is dealt with. */
static int resolve_service(struct peer_context *context, const struct peer_question *question,
			   uint8_t family, const struct flow_address *address, bool *done,
			   struct peer_items *items, struct peer_answer *answer)
{
	const struct service_record *service =
		workloads_service_by_address(context->workloads, family, address);
	char text[ADDRESS_TEXT_SIZE];

	*done = false;
	if (!service)
		return 0;
	const struct service_port *port =
		translate_find_port(service, question->protocol, question->port);
	if (port) {
		*done = true;
		return translate_service(context, question, service, port, items, answer);
	}
	/* A load balancer's address may be a node's or a router's, which has other ports of its
	 * own. */
	address_format(family, address, text);
	for (size_t i = 0; i < service->cluster_ips.count && !*done; i++)
		*done = strcmp(service->cluster_ips.items[i], text) == 0;
	if (!*done)
		return 0;
	const char *detail =
		peer_describe(context->arena, "service", service->namespace_name, service->name);
	peer_answer_add(answer, PEER_SERVICE_PORT, detail);
	return detail ? 0 : -ENOMEM;
}

/*
 * kube-proxy rewrites what goes to a node port of the node that it runs on, before policies see it.
 * The node's address is allowed beside the pods: where nothing rewrites it, that is what policies
 * see.
 */
static int resolve_node_port(struct peer_context *context, const struct peer_question *question,
			     struct peer_items *items, struct peer_answer *answer)
{
	for (size_t i = 0; i < workloads_service_count(context->workloads); i++) {
		const struct service_record *service = workloads_service_at(context->workloads, i);
		const struct service_port *port =
			service->deleted ? NULL
					 : translate_find_node_port(service, question->protocol,
								    question->port);
		if (!port)
			continue;
		const char *detail = peer_describe(context->arena, "service",
						   service->namespace_name, service->name);
		if (!detail)
			return -ENOMEM;
		peer_answer_add(answer, PEER_NODE_PORT, detail);
		return translate_service(context, question, service, port, items, answer);
	}
	return 0;
}

int peer_resolve(struct peer_context *context, const struct peer_subject *subject,
		 const struct edge *edge, uint8_t protocol, uint16_t port, bool guessed,
		 struct peer_items *items, struct peer_answer *answer)
{
	struct peer_question question = {
		.subject = subject,
		.edge = edge,
		.port = port,
		.protocol = protocol,
		.direction = edge->direction == FLOW_INGRESS ? POLICY_INGRESS : POLICY_EGRESS,
		.guessed = guessed,
	};
	struct flow_address address = edge->peer;
	uint8_t family = edge->family;
	bool done = false;

	*answer = (struct peer_answer){.reason = PEER_PLAIN};
	address_unmap(&family, &address);
	enum peer_reason reason = check_edge(edge, family, &address, protocol, port);
	if (reason != PEER_PLAIN) {
		peer_answer_add(answer, reason, NULL);
		return 0;
	}
	const struct pod_record *holder =
		workloads_pod_by_address(context->workloads, family, &address);
	bool own_node = is_own_node(subject, family, &address, holder);
	if (question.direction == POLICY_INGRESS && own_node) {
		peer_answer_add(answer, PEER_OWN_NODE, NULL);
		return 0;
	}
	/* Nothing comes from a Service's address: only what goes there is translated. */
	if (question.direction == POLICY_EGRESS) {
		int error =
			resolve_service(context, &question, family, &address, &done, items, answer);
		if (error == 0 && !done && own_node)
			error = resolve_node_port(context, &question, items, answer);
		if (error != 0 || done)
			return error;
	}
	if (!own_has(subject->own, subject->own_count, family, &address)) {
		const struct pod_record *pod = named_pod(context, edge);
		if (pod)
			return add_pod(context, &question, pod, items, answer);
		if (is_later(context, edge, family, &address, holder))
			return refuse_pod(context, PEER_LATER_POD, holder, answer);
	}
	return add_address(context, &question, family, &address, holder, NULL, items, answer);
}
