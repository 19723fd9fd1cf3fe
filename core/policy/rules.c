/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/comment.h"

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
	return compare_names(x->port_name, y->port_name);
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

/* One rule of one peer from a run of items that have it. */
static int make_rule(struct arena *arena, const struct peer_item *items, size_t count,
		     struct policy_rule *rule)
{
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
		};
		if (port_count == 0 || policy_port_compare(&port, &ports[port_count - 1]) != 0)
			ports[port_count++] = port;
	}
	*peer = items[0].peer;
	if (peer->kind == POLICY_PEER_BLOCK) {
		int error = comment_of_block(arena, items, count, &peer->comment);
		if (error != 0)
			return error;
	}
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

int rules_build(struct arena *arena, struct peer_item *items, size_t count,
		struct policy_rules rules[POLICY_DIRECTIONS])
{
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
		int error = make_rule(arena, &items[i], run, &list->items[list->count++]);
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
	return 0;
}
