/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol.h"

#include <stdlib.h>
#include <string.h>

static void selector_clear(struct netpol_selector *selector)
{
	labels_clear(&selector->match_labels);
	for (size_t i = 0; i < selector->expression_count; i++) {
		free(selector->expressions[i].key);
		string_list_clear(&selector->expressions[i].values);
	}
	free(selector->expressions);
	*selector = (struct netpol_selector){0};
}

static void rules_clear(struct netpol_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct netpol_rule *rule = &rules->items[i];
		for (size_t j = 0; j < rule->peer_count; j++) {
			selector_clear(&rule->peers[j].pods);
			selector_clear(&rule->peers[j].namespaces);
			free(rule->peers[j].excepts);
		}
		free(rule->peers);
		for (size_t j = 0; j < rule->port_count; j++)
			free(rule->ports[j].name);
		free(rule->ports);
	}
	free(rules->items);
	*rules = (struct netpol_rules){0};
}

void netpol_clear(struct netpol *policy)
{
	free(policy->namespace_name);
	free(policy->name);
	free(policy->file);
	selector_clear(&policy->pods);
	rules_clear(&policy->ingress);
	rules_clear(&policy->egress);
	*policy = (struct netpol){0};
}

void netpol_set_clear(struct netpol_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		netpol_clear(&set->items[i]);
	free(set->items);
	*set = (struct netpol_set){0};
}

static bool requirement_matches(const struct netpol_requirement *requirement,
				const struct labels *labels)
{
	const char *value = labels_get(labels, requirement->key);
	bool listed = false;

	for (size_t i = 0; value && i < requirement->values.count && !listed; i++)
		listed = strcmp(requirement->values.items[i], value) == 0;
	switch ((enum netpol_operator)requirement->operator_kind) {
	case NETPOL_IN:
		return listed;
	case NETPOL_NOT_IN: /* a pod without the key is not in */
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
	if (!selector->present)
		return false;
	for (size_t i = 0; i < selector->match_labels.count; i++) {
		const struct label *wanted = &selector->match_labels.items[i];
		const char *value = labels_get(labels, wanted->key);
		if (!value || strcmp(value, wanted->value) != 0)
			return false;
	}
	for (size_t i = 0; i < selector->expression_count; i++) {
		if (!requirement_matches(&selector->expressions[i], labels))
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
