/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/draft/comment.h"
#include "core/record/address.h"

static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_peers(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;

	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	return policy_peer_compare(&x->peer, &y->peer);
}

static int compare_items(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;
	int order = compare_peers(a, b);

	if (order != 0)
		return order;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	order = compare_names(x->port_name, y->port_name);
	return order != 0 ? order : (int)x->dns - (int)y->dns;
}

static int compare_by_ports(const void *a, const void *b)
{
	const struct policy_rule *x = a;
	const struct policy_rule *y = b;
	int order = policy_ports_compare(x, y);

	return order != 0 ? order : policy_peer_compare(&x->peers[0], &y->peers[0]);
}

static int compare_rules(const void *a, const void *b)
{
	return policy_rule_compare(a, b);
}

/* The one call of rules_build that is under way. */
struct rules_making {
	struct lines *lines;
	uint32_t max_ports;
	size_t told; /* lines, and those that were too many */
};

/* Long runs of neighbouring single ports become ranges, in place. Returns the new count. */
static size_t make_ranges(struct policy_port *ports, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count;) {
		size_t run = 1;
		while (!ports[i].name && i + run < count && !ports[i + run].name &&
		       ports[i + run].protocol == ports[i].protocol &&
		       ports[i + run].first == ports[i].first + run)
			run++;
		if (run >= RULES_RANGE_MIN) {
			struct policy_port range = ports[i];
			range.last = ports[i + run - 1].last;
			ports[kept++] = range;
		} else {
			for (size_t k = 0; k < run; k++)
				ports[kept++] = ports[i + k];
		}
		i += run;
	}
	return kept;
}

/* What a person calls the peer. NULL when memory is refused. */
static const char *describe_peer(struct arena *arena, const struct policy_peer *peer)
{
	char cidr[POLICY_CIDR_SIZE];

	switch (peer->kind) {
	case POLICY_PEER_PODS:
		return arena_printf(arena, "pods %s=%s of %s", peer->selector->items[0].key,
				    peer->selector->items[0].value, peer->namespace_name);
	case POLICY_PEER_BLOCK:
		policy_block_format(peer, cidr);
		return arena_string(arena, cidr);
	default:
		return peer->name;
	}
}

/* What takes the place of `count` ports, all numbers of one protocol. */
static struct policy_port cover_ports(const struct policy_port *ports, size_t count)
{
	struct policy_port range = ports[0];

	range.last = ports[count - 1].last;
	/* Such a range says nothing any more, and plugins that do not know ranges break it. */
	if (range.last - range.first >= POLICY_PORT_MAX / 2) {
		range.first = 1;
		range.last = POLICY_PORT_MAX;
	}
	return range;
}

static int tell_ports(struct rules_making *making, const struct peer_item *item, size_t count,
		      const struct policy_port *range)
{
	struct arena *arena = making->lines->arena;
	const char *preposition = item->direction == POLICY_INGRESS ? "from" : "to";
	const char *direction = item->direction == POLICY_INGRESS ? "ingress" : "egress";
	const char *protocol = policy_protocol_name(range->protocol);

	/* A range of ports that are all there opens nothing. */
	if ((size_t)(range->last - range->first) + 1 == count || making->told++ >= LINES_OF_KIND)
		return 0;
	const char *peer = describe_peer(arena, &item->peer);
	if (!peer)
		return -ENOMEM;
	if (policy_port_is_all(range))
		return lines_add(making->lines,
				 arena_printf(arena,
					      "widened by choice: %s %s %s %s: %zu ports seen, all "
					      "65535 allowed",
					      direction, protocol, preposition, peer, count));
	return lines_add(making->lines,
			 arena_printf(arena,
				      "widened by choice: %s %s %s %s: %zu ports seen, the %u of "
				      "%u-%u allowed",
				      direction, protocol, preposition, peer, count,
				      (unsigned int)(range->last - range->first + 1), range->first,
				      range->last));
}

/* More ports of a protocol than a person wants become one range, in place; ports by name stay.
 * Updates *count. */
static int limit_ports(struct rules_making *making, const struct peer_item *item,
		       struct policy_port *ports, size_t *count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count;) {
		size_t run = 1;
		while (i + run < *count && !ports[i].name && !ports[i + run].name &&
		       ports[i + run].protocol == ports[i].protocol &&
		       ports[i + run].dns == ports[i].dns)
			run++;
		if (making->max_ports == 0 || run <= making->max_ports) {
			memmove(&ports[kept], &ports[i], run * sizeof(*ports));
			kept += run;
		} else {
			ports[kept] = cover_ports(&ports[i], run);
			if (tell_ports(making, item, run, &ports[kept++]) != 0)
				return -ENOMEM;
		}
		i += run;
	}
	*count = kept;
	return 0;
}

static int compare_seen(const void *a, const void *b)
{
	const struct peer_address *x = a;
	const struct peer_address *y = b;

	return memcmp(&x->address, &y->address, sizeof(x->address));
}

/* How many addresses are behind a run of items of one block. 0 or -ENOMEM. */
static int count_seen(const struct peer_item *items, size_t count, uint32_t *seen)
{
	struct peer_address *addresses;

	*seen = 1;
	if (items[0].peer.prefix == (items[0].peer.family == 4 ? 32 : 128))
		return 0;
	addresses = reallocarray(NULL, count, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		addresses[i] = items[i].seen;
	qsort(addresses, count, sizeof(*addresses), compare_seen);
	for (size_t i = 1; i < count; i++)
		*seen += compare_seen(&addresses[i - 1], &addresses[i]) != 0;
	free(addresses);
	return 0;
}

/* One rule of one peer from a run of items that have it. */
static int make_rule(struct rules_making *making, const struct peer_item *items, size_t count,
		     struct policy_rule *rule)
{
	struct arena *arena = making->lines->arena;
	struct policy_port *ports = arena_array(arena, count, sizeof(*ports));
	struct policy_peer *peer = arena_alloc(arena, sizeof(*peer));
	size_t port_count = 0;

	if (!ports || !peer)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct policy_port port = {
			.name = items[i].port_name,
			.first = items[i].port,
			.last = items[i].port,
			.protocol = items[i].protocol,
			.dns = items[i].dns,
		};
		if (port_count == 0 || policy_port_compare(&port, &ports[port_count - 1]) != 0)
			ports[port_count++] = port;
	}
	*peer = items[0].peer;
	if (peer->kind != POLICY_PEER_PODS &&
	    comment_of_peer(arena, items, count, &peer->comment) != 0)
		return -ENOMEM;
	if (peer->kind == POLICY_PEER_BLOCK && count_seen(items, count, &peer->seen) != 0)
		return -ENOMEM;
	if (limit_ports(making, &items[0], ports, &port_count) != 0)
		return -ENOMEM;
	*rule = (struct policy_rule){
		.peers = peer,
		.peer_count = 1,
		.ports = ports,
		.port_count = make_ranges(ports, port_count),
	};
	return 0;
}

/* Rules with equal ports become one. Returns how many are left; 0 only for none or when memory is
 * refused. */
static size_t merge_rules(struct arena *arena, struct policy_rule *rules, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count;) {
		size_t run = 1;
		while (i + run < count && policy_ports_compare(&rules[i], &rules[i + run]) == 0)
			run++;
		struct policy_peer *peers = arena_array(arena, run, sizeof(*peers));
		if (!peers)
			return 0;
		for (size_t k = 0; k < run; k++)
			peers[k] = rules[i + k].peers[0];
		struct policy_rule merged = rules[i];
		merged.peers = peers;
		merged.peer_count = run;
		rules[kept++] = merged;
		i += run;
	}
	return kept;
}

int rules_build(struct lines *lines, struct peer_item *items, size_t count, uint32_t max_ports,
		struct policy_rules rules[POLICY_DIRECTIONS])
{
	struct rules_making making = {.lines = lines, .max_ports = max_ports};
	struct arena *arena = lines->arena;
	size_t rule_count[POLICY_DIRECTIONS] = {0};

	for (int d = 0; d < POLICY_DIRECTIONS; d++)
		rules[d] = (struct policy_rules){.items = NULL};
	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare_items);
	for (size_t i = 0; i < count; i++)
		rule_count[items[i].direction] +=
			i == 0 || compare_peers(&items[i - 1], &items[i]) != 0;
	for (int d = 0; d < POLICY_DIRECTIONS; d++) {
		rules[d].items = arena_array(arena, rule_count[d], sizeof(*rules[d].items));
		if (!rules[d].items)
			return -ENOMEM;
	}
	for (size_t i = 0; i < count;) {
		size_t run = 1;
		while (i + run < count && compare_peers(&items[i], &items[i + run]) == 0)
			run++;
		struct policy_rules *list = &rules[items[i].direction];
		int error = make_rule(&making, &items[i], run, &list->items[list->count++]);
		if (error != 0)
			return error;
		i += run;
	}
	for (int d = 0; d < POLICY_DIRECTIONS; d++) {
		struct policy_rules *list = &rules[d];
		if (list->count == 0)
			continue;
		qsort(list->items, list->count, sizeof(*list->items), compare_by_ports);
		list->count = merge_rules(arena, list->items, list->count);
		if (list->count == 0)
			return -ENOMEM;
		qsort(list->items, list->count, sizeof(*list->items), compare_rules);
	}
	return lines_add_rest(lines, making.told);
}
