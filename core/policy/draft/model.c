/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* NULL sorts before all text. */
static int compare_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	return strcmp(a, b);
}

int policy_selector_compare(const struct policy_selector *a, const struct policy_selector *b)
{
	if (a == b)
		return 0;
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = strcmp(a->items[i].key, b->items[i].key);
		if (order == 0)
			order = strcmp(a->items[i].value, b->items[i].value);
		if (order != 0)
			return order;
	}
	return compare_size(a->count, b->count);
}

int policy_peer_compare(const struct policy_peer *a, const struct policy_peer *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == POLICY_PEER_PODS) {
		int order = compare_text(a->namespace_name, b->namespace_name);
		return order != 0 ? order : policy_selector_compare(a->selector, b->selector);
	}
	if (a->kind != POLICY_PEER_BLOCK)
		return strcmp(a->name, b->name);
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	int order = memcmp(&a->address, &b->address, sizeof(a->address));
	return order != 0 ? order : (int)a->prefix - (int)b->prefix;
}

int policy_port_compare(const struct policy_port *a, const struct policy_port *b)
{
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	int order = compare_text(a->name, b->name);
	return order != 0 ? order : (int)a->dns - (int)b->dns;
}

bool policy_port_is_all(const struct policy_port *port)
{
	return port->first == 1 && port->last == POLICY_PORT_MAX;
}

const char *policy_protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case FLOW_UDP:
		return "UDP";
	case FLOW_SCTP:
		return "SCTP";
	default:
		return "TCP";
	}
}

void policy_block_format(const struct policy_peer *peer, char cidr[POLICY_CIDR_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	address_format(peer->family, &peer->address, address);
	snprintf(cidr, POLICY_CIDR_SIZE, "%s/%u", address, peer->prefix);
}

int policy_ports_compare(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < a->port_count && i < b->port_count; i++) {
		int order = policy_port_compare(&a->ports[i], &b->ports[i]);
		if (order != 0)
			return order;
	}
	return compare_size(a->port_count, b->port_count);
}

int policy_rule_compare(const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < a->peer_count && i < b->peer_count; i++) {
		int order = policy_peer_compare(&a->peers[i], &b->peers[i]);
		if (order != 0)
			return order;
	}
	int order = compare_size(a->peer_count, b->peer_count);
	return order != 0 ? order : policy_ports_compare(a, b);
}

int policy_compare(const struct policy *a, const struct policy *b)
{
	int order = strcmp(a->namespace_name, b->namespace_name);

	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = policy_selector_compare(a->selector, b->selector);
	for (int d = 0; order == 0 && d < POLICY_DIRECTIONS; d++) {
		const struct policy_rules *x = &a->rules[d];
		const struct policy_rules *y = &b->rules[d];
		for (size_t i = 0; order == 0 && i < x->count && i < y->count; i++)
			order = policy_rule_compare(&x->items[i], &y->items[i]);
		if (order == 0)
			order = compare_size(x->count, y->count);
	}
	return order;
}

bool policy_selector_matches(const struct policy_selector *selector, const struct labels *labels)
{
	for (size_t i = 0; i < selector->count; i++) {
		const char *value = labels_get(labels, selector->items[i].key);
		if (!value || strcmp(value, selector->items[i].value) != 0)
			return false;
	}
	return true;
}

void policy_set_free(struct policy_set *set)
{
	if (!set)
		return;
	/* The set itself is on the heap, not in its own arena. */
	arena_free(&set->arena);
	free(set);
}

size_t policy_set_count(const struct policy_set *set)
{
	return set->count;
}

const char *policy_set_name(const struct policy_set *set, size_t index)
{
	return set->policies[index].name;
}

const char *policy_set_namespace(const struct policy_set *set, size_t index)
{
	return set->policies[index].namespace_name;
}

const char *policy_set_workload(const struct policy_set *set, size_t index)
{
	return set->policies[index].workload;
}

void policy_set_coverage(const struct policy_set *set, size_t index, struct policy_coverage *out)
{
	*out = set->policies[index].coverage;
}

size_t policy_set_warning_count(const struct policy_set *set)
{
	return set->warning_count;
}

const char *policy_set_warning(const struct policy_set *set, size_t index)
{
	return set->warnings[index];
}
