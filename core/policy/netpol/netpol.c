/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/record/address.h"

struct netpol *netpol_set_add(struct netpol_set *set)
{
	struct netpol *added = ARRAY_ADD(set->items, set->count, set->capacity);

	if (added)
		*added = (struct netpol){0};
	return added;
}

int netpol_set_add_unjudged(struct netpol_set *set, const struct netpol_unjudged *policy)
{
	struct netpol_unjudged copy = {
		.kind = arena_string(&set->arena, policy->kind),
		.version = arena_string(&set->arena, policy->version),
		.namespace_name = arena_string(&set->arena, policy->namespace_name),
		.name = arena_string(&set->arena, policy->name),
		.file = arena_string(&set->arena, policy->file),
		.line = policy->line,
	};

	if (!copy.kind || !copy.version || !copy.namespace_name || !copy.name || !copy.file)
		return -ENOMEM;
	struct netpol_unjudged *added =
		ARRAY_ADD(set->unjudged, set->unjudged_count, set->unjudged_capacity);
	if (!added)
		return -ENOMEM;
	*added = copy;
	return 0;
}

int netpol_set_add_unlisted(struct netpol_set *set, const struct netpol_unlisted *kind)
{
	struct netpol_unlisted copy = {
		.kind = arena_string(&set->arena, kind->kind),
		.group = arena_string(&set->arena, kind->group),
		.reason = arena_string(&set->arena, kind->reason),
	};

	if (!copy.kind || !copy.group || !copy.reason)
		return -ENOMEM;
	struct netpol_unlisted *added =
		ARRAY_ADD(set->unlisted, set->unlisted_count, set->unlisted_capacity);
	if (!added)
		return -ENOMEM;
	*added = copy;
	return 0;
}

void netpol_set_clear(struct netpol_set *set)
{
	arena_free(&set->arena);
	free(set->items);
	free(set->unjudged);
	free(set->unlisted);
	*set = (struct netpol_set){0};
}

/* Copies the wanted labels, sorted by key. Does not copy their texts. */
static void netpol_sort_labels(struct labels *sorted, const struct labels *labels,
			       bool (*wanted)(const char *key))
{
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->items[i];
		size_t at = sorted->count;
		if (wanted && !wanted(label->key))
			continue;
		/* Usually, the labels are sorted already. */
		for (; at > 0 && strcmp(sorted->items[at - 1].key, label->key) > 0; at--)
			sorted->items[at] = sorted->items[at - 1];
		sorted->items[at] = *label;
		sorted->count++;
	}
}

/* Copies a text with its NUL, and points *text to the copy. Returns the end of the copy. */
static char *netpol_move_text(char **text, char *to)
{
	size_t size = strlen(*text) + 1;

	memcpy(to, *text, size);
	*text = to;
	return to + size;
}

const struct netpol_selector *netpol_selector_copy(struct arena *arena, const struct labels *labels,
						   bool (*wanted)(const char *key))
{
	struct netpol_selector *copy = arena_alloc(arena, sizeof(*copy));
	size_t size = 0;

	if (!copy)
		return NULL;
	copy->labels.items = arena_array(arena, labels->count, sizeof(*labels->items));
	if (!copy->labels.items)
		return NULL;
	netpol_sort_labels(&copy->labels, labels, wanted);
	for (size_t i = 0; i < copy->labels.count; i++)
		size += strlen(copy->labels.items[i].key) + 1 +
			strlen(copy->labels.items[i].value) + 1;
	char *text = arena_alloc(arena, size);
	if (!text)
		return NULL;
	copy->text = text;
	copy->text_size = size;
	for (size_t i = 0; i < copy->labels.count; i++) {
		text = netpol_move_text(&copy->labels.items[i].key, text);
		text = netpol_move_text(&copy->labels.items[i].value, text);
	}
	copy->hash = hash_bytes(hash_seed(), copy->text, size);
	return copy;
}

/* --- matching --- */

static bool netpol_requirement_matches(const struct netpol_requirement *requirement,
				       const struct labels *labels)
{
	const char *value = labels_get(labels, requirement->key);
	bool listed = value && string_list_has(&requirement->values, value);

	switch ((enum netpol_operator)requirement->operator_kind) {
	case NETPOL_IN:
		return listed;
	case NETPOL_NOT_IN: /* also matches if the key is absent */
		return !listed;
	case NETPOL_EXISTS:
		return value != NULL;
	case NETPOL_DOES_NOT_EXIST:
		return value == NULL;
	}
	return false;
}

bool netpol_selector_matches(const struct netpol_selector *selector, const struct labels *labels)
{
	if (!labels_have(labels, &selector->labels))
		return false;
	for (size_t i = 0; i < selector->requirement_count; i++) {
		if (!netpol_requirement_matches(&selector->requirements[i], labels))
			return false;
	}
	return true;
}

bool netpol_block_contains(const struct netpol_block *block, uint8_t family,
			   const struct flow_address *address)
{
	if (family != block->family)
		return false;
	size_t whole = block->prefix / 8u;
	unsigned int rest = block->prefix % 8u;

	if (memcmp(block->address.bytes, address->bytes, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	uint8_t mask = (uint8_t)(0xffu << (8 - rest));
	return (block->address.bytes[whole] & mask) == (address->bytes[whole] & mask);
}

bool netpol_block_covers(const struct netpol_block *outer, const struct netpol_block *inner)
{
	return outer->prefix <= inner->prefix &&
	       netpol_block_contains(outer, inner->family, &inner->address);
}

void netpol_block_format(const struct netpol_block *block, char cidr[NETPOL_CIDR_SIZE])
{
	address_format_block(block->family, &block->address, block->prefix, cidr);
}

/* --- comparison --- */

static int netpol_compare_number(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int netpol_compare_requirements(const struct netpol_requirement *a,
				       const struct netpol_requirement *b)
{
	int order = strcmp(a->key, b->key);

	if (order == 0)
		order = a->operator_kind - b->operator_kind;
	for (size_t i = 0; order == 0 && i < a->values.count && i < b->values.count; i++)
		order = strcmp(a->values.items[i], b->values.items[i]);
	return order != 0 ? order : netpol_compare_number(a->values.count, b->values.count);
}

int netpol_selector_compare(const struct netpol_selector *a, const struct netpol_selector *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	if (a->text && b->text && a->requirement_count + b->requirement_count == 0) {
		int order = memcmp(a->text, b->text,
				   a->text_size < b->text_size ? a->text_size : b->text_size);
		return order != 0 ? order : netpol_compare_number(a->text_size, b->text_size);
	}
	for (size_t i = 0; i < a->labels.count && i < b->labels.count; i++) {
		int order = strcmp(a->labels.items[i].key, b->labels.items[i].key);
		if (order == 0)
			order = strcmp(a->labels.items[i].value, b->labels.items[i].value);
		if (order != 0)
			return order;
	}
	int order = netpol_compare_number(a->labels.count, b->labels.count);
	for (size_t i = 0; order == 0 && i < a->requirement_count && i < b->requirement_count; i++)
		order = netpol_compare_requirements(&a->requirements[i], &b->requirements[i]);
	return order != 0 ? order
			  : netpol_compare_number(a->requirement_count, b->requirement_count);
}

int netpol_block_compare(const struct netpol_block *a, const struct netpol_block *b)
{
	int order = a->family - b->family;

	if (order == 0)
		order = address_compare(&a->address, &b->address);
	return order != 0 ? order : a->prefix - b->prefix;
}

int netpol_peer_compare(const struct netpol_peer *a, const struct netpol_peer *b)
{
	int order = a->kind - b->kind;

	if (order != 0)
		return order;
	switch ((enum netpol_peer_kind)a->kind) {
	case NETPOL_PEER_PODS:
		if (a->namespace_name != b->namespace_name)
			order = text_compare(a->namespace_name, b->namespace_name);
		if (order == 0 && a->namespaces != b->namespaces)
			order = netpol_selector_compare(a->namespaces, b->namespaces);
		return order != 0 ? order : netpol_selector_compare(a->pods, b->pods);
	case NETPOL_PEER_BLOCK:
		order = netpol_block_compare(&a->block, &b->block);
		for (size_t i = 0; order == 0 && i < a->except_count && i < b->except_count; i++)
			order = netpol_block_compare(&a->excepts[i], &b->excepts[i]);
		return order != 0 ? order : netpol_compare_number(a->except_count, b->except_count);
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	return strcmp(a->name, b->name);
}

int netpol_port_compare(const struct netpol_port *a, const struct netpol_port *b)
{
	int order = a->protocol - b->protocol;

	if (order == 0)
		order = a->first - b->first;
	if (order == 0)
		order = a->last - b->last;
	if (order == 0)
		order = text_compare(a->name, b->name);
	return order != 0 ? order : a->dns - b->dns;
}

int netpol_ports_compare(const struct netpol_rule *a, const struct netpol_rule *b)
{
	for (size_t i = 0; i < a->port_count && i < b->port_count; i++) {
		int order = netpol_port_compare(&a->ports[i], &b->ports[i]);
		if (order != 0)
			return order;
	}
	return netpol_compare_number(a->port_count, b->port_count);
}

int netpol_rule_compare(const struct netpol_rule *a, const struct netpol_rule *b)
{
	for (size_t i = 0; i < a->peer_count && i < b->peer_count; i++) {
		int order = netpol_peer_compare(&a->peers[i], &b->peers[i]);
		if (order != 0)
			return order;
	}
	int order = netpol_compare_number(a->peer_count, b->peer_count);
	return order != 0 ? order : netpol_ports_compare(a, b);
}

int netpol_compare(const struct netpol *a, const struct netpol *b)
{
	int order = strcmp(a->namespace_name, b->namespace_name);

	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = netpol_selector_compare(a->pods, b->pods);
	for (int d = 0; order == 0 && d < NETPOL_DIRECTIONS; d++) {
		const struct netpol_rules *x = &a->rules[d];
		const struct netpol_rules *y = &b->rules[d];
		for (size_t i = 0; order == 0 && i < x->count && i < y->count; i++)
			order = netpol_rule_compare(&x->items[i], &y->items[i]);
		if (order == 0)
			order = netpol_compare_number(x->count, y->count);
		if (order == 0)
			order = x->isolates - y->isolates;
	}
	return order;
}
