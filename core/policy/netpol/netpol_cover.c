/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_cover.h"

#include <string.h>

/* --- selectors --- */

static size_t netpol_cover_count_requirements(const struct netpol_selector *selector)
{
	return selector->labels.count + selector->requirement_count;
}

/* Returns a requirement of a selector. Treats a label as the requirement In with one value. */
static struct netpol_requirement
netpol_cover_get_requirement(const struct netpol_selector *selector, size_t index)
{
	if (index >= selector->labels.count)
		return selector->requirements[index - selector->labels.count];
	struct label *label = &selector->labels.items[index];
	return (struct netpol_requirement){label->key, {&label->value, 1}, NETPOL_IN};
}

/* Returns the number of values in a that are also in b. */
static size_t netpol_cover_count_shared_values(const struct netpol_requirement *a,
					       const struct netpol_requirement *b)
{
	size_t shared = 0;

	for (size_t i = 0; i < a->values.count; i++)
		shared += string_list_has(&b->values, a->values.items[i]);
	return shared;
}

/* Returns true if everything that meets `given` also meets `wanted`. Both have the same key. */
static bool netpol_cover_implies(const struct netpol_requirement *given,
				 const struct netpol_requirement *wanted)
{
	switch ((enum netpol_operator)wanted->operator_kind) {
	case NETPOL_IN:
		return given->operator_kind == NETPOL_IN &&
		       netpol_cover_count_shared_values(given, wanted) == given->values.count;
	case NETPOL_NOT_IN:
		if (given->operator_kind == NETPOL_NOT_IN)
			return netpol_cover_count_shared_values(wanted, given) ==
			       wanted->values.count;
		if (given->operator_kind == NETPOL_IN)
			return netpol_cover_count_shared_values(given, wanted) == 0;
		return given->operator_kind == NETPOL_DOES_NOT_EXIST;
	case NETPOL_EXISTS:
		return given->operator_kind == NETPOL_EXISTS || given->operator_kind == NETPOL_IN;
	case NETPOL_DOES_NOT_EXIST:
		return given->operator_kind == NETPOL_DOES_NOT_EXIST;
	}
	return false;
}

static bool netpol_cover_selector_implies(const struct netpol_selector *inner,
					  const struct netpol_requirement *wanted)
{
	for (size_t i = 0; i < netpol_cover_count_requirements(inner); i++) {
		const struct netpol_requirement given = netpol_cover_get_requirement(inner, i);
		if (strcmp(given.key, wanted->key) == 0 && netpol_cover_implies(&given, wanted))
			return true;
	}
	return false;
}

bool netpol_selector_covers(const struct netpol_selector *outer,
			    const struct netpol_selector *inner)
{
	for (size_t i = 0; i < netpol_cover_count_requirements(outer); i++) {
		const struct netpol_requirement wanted = netpol_cover_get_requirement(outer, i);
		if (!netpol_cover_selector_implies(inner, &wanted))
			return false;
	}
	return true;
}

/* --- peers --- */

/* Returns true if a namespace with this name meets the requirement, whatever its other labels
 * are. */
static bool netpol_cover_name_meets(const struct netpol_requirement *wanted, const char *name)
{
	bool listed = string_list_has(&wanted->values, name);

	return strcmp(wanted->key, NETPOL_NAMESPACE_LABEL) == 0 &&
	       (wanted->operator_kind == NETPOL_EXISTS ||
		(wanted->operator_kind == NETPOL_IN && listed) ||
		(wanted->operator_kind == NETPOL_NOT_IN && !listed));
}

/* Returns true if the selector can select only the namespace with this name. */
static bool netpol_cover_selects_only(const struct netpol_selector *selector, const char *name)
{
	for (size_t i = 0; i < netpol_cover_count_requirements(selector); i++) {
		const struct netpol_requirement given = netpol_cover_get_requirement(selector, i);
		if (strcmp(given.key, NETPOL_NAMESPACE_LABEL) == 0 &&
		    given.operator_kind == NETPOL_IN && given.values.count == 1 &&
		    strcmp(given.values.items[0], name) == 0)
			return true;
	}
	return false;
}

static bool netpol_cover_namespaces_cover(const struct netpol_peer *outer,
					  const struct netpol_peer *inner)
{
	if (outer->namespace_name)
		return inner->namespace_name
			       ? strcmp(outer->namespace_name, inner->namespace_name) == 0
			       : netpol_cover_selects_only(inner->namespaces,
							   outer->namespace_name);
	if (!inner->namespace_name)
		return netpol_selector_covers(outer->namespaces, inner->namespaces);
	for (size_t i = 0; i < netpol_cover_count_requirements(outer->namespaces); i++) {
		const struct netpol_requirement wanted =
			netpol_cover_get_requirement(outer->namespaces, i);
		if (!netpol_cover_name_meets(&wanted, inner->namespace_name))
			return false;
	}
	return true;
}

/* Returns true if the inner peer surely contains no address of `except`, which is an exception of
 * the outer peer. */
static bool netpol_cover_except_is_outside(const struct netpol_block *except,
					   const struct netpol_peer *inner)
{
	if (!netpol_block_covers(except, &inner->block) &&
	    !netpol_block_covers(&inner->block, except))
		return true;
	for (size_t i = 0; i < inner->except_count; i++) {
		if (netpol_block_covers(&inner->excepts[i], except))
			return true;
	}
	return false;
}

static bool netpol_cover_block_peer_covers(const struct netpol_peer *outer,
					   const struct netpol_peer *inner)
{
	if (!netpol_block_covers(&outer->block, &inner->block))
		return false;
	for (size_t i = 0; i < outer->except_count; i++) {
		if (!netpol_cover_except_is_outside(&outer->excepts[i], inner))
			return false;
	}
	return true;
}

bool netpol_peer_covers(const struct netpol_peer *outer, const struct netpol_peer *inner)
{
	if (!outer || !inner)
		return !outer;
	if (outer->kind != inner->kind)
		return false;
	switch ((enum netpol_peer_kind)outer->kind) {
	case NETPOL_PEER_PODS:
		return netpol_cover_namespaces_cover(outer, inner) &&
		       netpol_selector_covers(outer->pods, inner->pods);
	case NETPOL_PEER_BLOCK:
		return netpol_cover_block_peer_covers(outer, inner);
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	return strcmp(outer->name, inner->name) == 0;
}

/* --- ports --- */

bool netpol_port_covers(const struct netpol_port *outer, const struct netpol_port *inner)
{
	if (!outer || !inner)
		return !outer;
	if (outer->protocol != inner->protocol)
		return false;
	if (outer->name || inner->name)
		return outer->name ? inner->name && strcmp(outer->name, inner->name) == 0
				   : outer->first == 0;
	if (outer->first == 0 || inner->first == 0)
		return outer->first == 0;
	return outer->first <= inner->first && outer->last >= inner->last;
}
