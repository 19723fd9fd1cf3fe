/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/draft/comment.h"
#include "core/record/record_names.h"

#define PORT_MAX 65535

/* A rule while it is built. */
struct rules_item {
	struct netpol_rule rule;
	struct draft_edges edges;
};

struct rules_list {
	struct rules_item *items;
	size_t count;
};

/* One call of rules_build. */
struct rules_builder {
	const struct draft_options *options;
	struct arena *arena;
	struct lines *lines;
	struct lines blocks; /* about blocks: they come after the lines about ports */
	size_t ranges;       /* lines about ports, and those that were too many */
};

/* --- order --- */

static int rules_compare_peers(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;

	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	return netpol_peer_compare(&x->peer, &y->peer);
}

static int rules_compare_items(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;
	int order = rules_compare_peers(a, b);

	if (order != 0)
		return order;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->port_name && y->port_name)
		order = strcmp(x->port_name, y->port_name);
	else
		order = (x->port_name != NULL) - (y->port_name != NULL);
	return order != 0 ? order : (int)x->dns - (int)y->dns;
}

static int rules_compare_by_ports(const void *a, const void *b)
{
	const struct rules_item *x = a;
	const struct rules_item *y = b;
	int order = netpol_ports_compare(&x->rule, &y->rule);

	return order != 0 ? order : netpol_peer_compare(&x->rule.peers[0], &y->rule.peers[0]);
}

static int rules_compare(const void *a, const void *b)
{
	return netpol_rule_compare(a, b);
}

/* --- lines about rules that are wider than the evidence --- */

static const char *rules_phrase(uint8_t direction, const char *egress, const char *ingress)
{
	return direction == NETPOL_EGRESS ? egress : ingress;
}

/* Names a peer for people; NULL: no memory. */
static const char *rules_describe_peer(struct arena *arena, const struct netpol_peer *peer)
{
	char cidr[NETPOL_CIDR_SIZE];

	switch ((enum netpol_peer_kind)peer->kind) {
	case NETPOL_PEER_PODS:
		return arena_printf(arena, "pods %s=%s of %s", peer->pods->labels.items[0].key,
				    peer->pods->labels.items[0].value, peer->namespace_name);
	case NETPOL_PEER_BLOCK:
		netpol_block_format(&peer->block, cidr);
		return arena_string(arena, cidr);
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	return peer->name;
}

/* `range` takes the place of `count` observed ports. */
static int rules_report_range(struct rules_builder *builder, const struct peer_item *item,
			      size_t count, const struct netpol_port *range)
{
	struct arena *arena = builder->arena;
	bool all = netpol_port_is_all(range);
	unsigned int width = all ? PORT_MAX : (unsigned int)(range->last - range->first + 1);

	if (width == count || builder->ranges++ >= LINES_OF_KIND)
		return 0;
	const char *peer = rules_describe_peer(arena, &item->peer);
	const char *allowed =
		all ? "all 65535"
		    : arena_printf(arena, "the %u of %u-%u", width, range->first, range->last);
	if (!peer || !allowed)
		return -ENOMEM;
	return lines_add(
		builder->lines,
		arena_printf(arena, "widened by choice: %s %s %s %s: %zu ports seen, %s allowed",
			     rules_phrase(item->direction, "egress", "ingress"),
			     flow_protocol_name((enum flow_protocol)range->protocol),
			     rules_phrase(item->direction, "to", "from"), peer, count, allowed));
}

/* `block` takes the place of `seen` observed addresses. */
static int rules_report_block(struct rules_builder *builder, uint8_t direction,
			      const struct netpol_block *block, size_t seen)
{
	unsigned int bits = (block->family == 4 ? 32u : 128u) - block->prefix;
	char cidr[NETPOL_CIDR_SIZE];
	char size[32];

	netpol_block_format(block, cidr);
	if (bits < 64)
		snprintf(size, sizeof(size), "%" PRIu64, UINT64_C(1) << bits);
	else
		snprintf(size, sizeof(size), "2^%u", bits);
	return lines_add(&builder->blocks,
			 arena_printf(builder->arena,
				      "widened by choice: %s %s: %zu address%s seen, the %s of the "
				      "block allowed",
				      rules_phrase(direction, "egress to", "ingress from"), cidr,
				      seen, seen == 1 ? "" : "es", size));
}

/* --- ports --- */

/* Replaces long runs of neighbouring single ports by ranges, in place. Returns the new count. */
static size_t rules_make_ranges(struct netpol_port *ports, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count;) {
		size_t run = 1;
		while (!ports[i].name && i + run < count && !ports[i + run].name &&
		       ports[i + run].protocol == ports[i].protocol &&
		       ports[i + run].first == ports[i].first + run)
			run++;
		if (run >= RULES_RANGE_MIN) {
			struct netpol_port range = ports[i];
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

/* Returns the range that takes the place of `count` ports, all numbers of one protocol. */
static struct netpol_port rules_cover_ports(const struct netpol_port *ports, size_t count)
{
	struct netpol_port range = ports[0];

	range.last = ports[count - 1].last;
	/* A range this wide restricts little, and plugins that do not know ranges break it. */
	if (range.last - range.first >= PORT_MAX / 2) {
		range.first = 0;
		range.last = 0;
	}
	return range;
}

/* Replaces more ports of a protocol than the user wants by one range, in place. Ports by name stay.
 * Updates *count. Returns 0 or -ENOMEM. */
static int rules_limit_ports(struct rules_builder *builder, const struct peer_item *item,
			     struct netpol_port *ports, size_t *count)
{
	uint32_t most = builder->options->max_ports;
	size_t kept = 0;

	for (size_t i = 0; most != 0 && i < *count;) {
		size_t run = 1;
		while (i + run < *count && !ports[i].name && !ports[i + run].name &&
		       ports[i + run].protocol == ports[i].protocol &&
		       ports[i + run].dns == ports[i].dns)
			run++;
		if (run <= most) {
			memmove(&ports[kept], &ports[i], run * sizeof(*ports));
			kept += run;
		} else {
			ports[kept] = rules_cover_ports(&ports[i], run);
			if (rules_report_range(builder, item, run, &ports[kept++]) != 0)
				return -ENOMEM;
		}
		i += run;
	}
	if (most != 0)
		*count = kept;
	return 0;
}

/* --- one peer --- */

static int rules_compare_seen(const void *a, const void *b)
{
	const struct peer_address *x = a;
	const struct peer_address *y = b;

	return memcmp(&x->address, &y->address, sizeof(x->address));
}

/* Counts the observed addresses in the block of a run of items, and reports them if the block is
 * wider than one address. Returns 0 or -ENOMEM. */
static int rules_check_block(struct rules_builder *builder, const struct peer_item *items,
			     size_t count)
{
	const struct netpol_peer *peer = &items[0].peer;
	size_t seen = 1;

	if (peer->kind != NETPOL_PEER_BLOCK || netpol_block_is_one_address(&peer->block))
		return 0;
	struct peer_address *addresses = reallocarray(NULL, count, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		addresses[i] = items[i].seen;
	qsort(addresses, count, sizeof(*addresses), rules_compare_seen);
	for (size_t i = 1; i < count; i++)
		seen += rules_compare_seen(&addresses[i - 1], &addresses[i]) != 0;
	free(addresses);
	return rules_report_block(builder, items[0].direction, &peer->block, seen);
}

static int rules_keep_edges(struct rules_builder *builder, const struct peer_item *items,
			    size_t count, struct draft_edges *edges)
{
	if (!builder->options->keep_edges)
		return 0;
	edges->items = arena_array(builder->arena, count, sizeof(*edges->items));
	if (!edges->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (items[i].edge && !items[i].guessed)
			edges->items[edges->count++] = items[i].edge;
	}
	return 0;
}

/* Makes one rule with one peer from a run of items of that peer. Returns 0 or -ENOMEM. */
static int rules_make(struct rules_builder *builder, const struct peer_item *items, size_t count,
		      struct rules_item *made)
{
	struct netpol_port *ports = arena_array(builder->arena, count, sizeof(*ports));
	struct netpol_peer *peer = arena_alloc(builder->arena, sizeof(*peer));
	size_t port_count = 0;

	if (!ports || !peer)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct netpol_port port = {
			.name = items[i].port_name,
			.first = items[i].port,
			.last = items[i].port,
			.protocol = items[i].protocol,
			.dns = items[i].dns,
		};
		if (port_count == 0 || netpol_port_compare(&port, &ports[port_count - 1]) != 0)
			ports[port_count++] = port;
	}
	*peer = items[0].peer;
	if ((peer->kind != NETPOL_PEER_PODS &&
	     comment_of_peer(builder->arena, items, count, &peer->comment) != 0) ||
	    rules_check_block(builder, items, count) != 0 ||
	    rules_limit_ports(builder, &items[0], ports, &port_count) != 0 ||
	    rules_keep_edges(builder, items, count, &made->edges) != 0)
		return -ENOMEM;
	made->rule = (struct netpol_rule){
		.peers = peer,
		.peer_count = 1,
		.ports = ports,
		.port_count = rules_make_ranges(ports, port_count),
	};
	return 0;
}

/* --- all rules --- */

static int rules_compare_edges(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const struct edge *const *)a;
	uintptr_t y = (uintptr_t) * (const struct edge *const *)b;

	return (x > y) - (x < y);
}

/* Joins the edges of a run of rules, each edge once. Returns 0 or -ENOMEM. */
static int rules_join_edges(struct arena *arena, const struct rules_item *run, size_t count,
			    struct draft_edges *out)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += run[i].edges.count;
	out->items = arena_array(arena, total, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	total = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < run[i].edges.count; k++)
			out->items[total++] = run[i].edges.items[k];
	}
	if (total > 1)
		qsort(out->items, total, sizeof(*out->items), rules_compare_edges);
	for (size_t i = 0; i < total; i++) {
		if (i == 0 || out->items[i] != out->items[out->count - 1])
			out->items[out->count++] = out->items[i];
	}
	return 0;
}

/* Joins rules with equal ports, which are neighbours, in place. Returns 0 or -ENOMEM. */
static int rules_merge(struct rules_builder *builder, struct rules_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count;) {
		const struct rules_item *first = &list->items[i];
		size_t run = 1;
		while (i + run < list->count &&
		       netpol_ports_compare(&first->rule, &first[run].rule) == 0)
			run++;
		struct rules_item merged = {.rule = first->rule};
		merged.rule.peers = arena_array(builder->arena, run, sizeof(*merged.rule.peers));
		merged.rule.peer_count = run;
		if (!merged.rule.peers)
			return -ENOMEM;
		for (size_t k = 0; k < run; k++)
			merged.rule.peers[k] = first[k].rule.peers[0];
		if (builder->options->keep_edges &&
		    rules_join_edges(builder->arena, first, run, &merged.edges) != 0)
			return -ENOMEM;
		list->items[kept++] = merged;
		i += run;
	}
	list->count = kept;
	return 0;
}

/* Sorts, merges and copies the rules of one direction into the draft. Returns 0 or -ENOMEM. */
static int rules_finish(struct rules_builder *builder, struct rules_list *list, struct draft *draft,
			int direction)
{
	struct netpol_rules *rules = &draft->policy->rules[direction];

	*rules = (struct netpol_rules){0};
	if (list->count == 0)
		return 0;
	qsort(list->items, list->count, sizeof(*list->items), rules_compare_by_ports);
	if (rules_merge(builder, list) != 0)
		return -ENOMEM;
	qsort(list->items, list->count, sizeof(*list->items), rules_compare);
	rules->items = arena_array(builder->arena, list->count, sizeof(*rules->items));
	struct draft_edges *edges =
		builder->options->keep_edges
			? arena_array(builder->arena, list->count, sizeof(*edges))
			: NULL;
	if (!rules->items || (builder->options->keep_edges && !edges))
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		rules->items[i] = list->items[i].rule;
		if (edges)
			edges[i] = list->items[i].edges;
	}
	rules->count = list->count;
	rules->isolates = true;
	draft->edges[direction] = edges;
	return 0;
}

/* Makes one rule of each peer: those of egress come first in `lists`, as in the items. */
static int rules_make_all(struct rules_builder *builder, const struct peer_items *items,
			  struct rules_list lists[NETPOL_DIRECTIONS])
{
	for (size_t i = 0; i < items->count;) {
		const struct peer_item *first = &items->items[i];
		struct rules_list *list = &lists[first->direction];
		size_t run = 1;
		while (i + run < items->count && rules_compare_peers(first, &first[run]) == 0)
			run++;
		if (!list->items)
			list->items = lists[NETPOL_EGRESS].items + lists[NETPOL_EGRESS].count;
		if (rules_make(builder, first, run, &list->items[list->count++]) != 0)
			return -ENOMEM;
		i += run;
	}
	return 0;
}

int rules_build(struct peer_items *items, const struct draft_options *options, struct draft *draft,
		struct lines *lines)
{
	struct rules_builder builder = {
		.options = options,
		.arena = lines->arena,
		.lines = lines,
		.blocks.arena = lines->arena,
	};
	struct rules_list lists[NETPOL_DIRECTIONS] = {0};
	size_t peers = 0;

	if (items->count > 0)
		qsort(items->items, items->count, sizeof(*items->items), rules_compare_items);
	for (size_t i = 0; i < items->count; i++)
		peers += i == 0 || rules_compare_peers(&items->items[i - 1], &items->items[i]) != 0;
	struct rules_item *scratch = calloc(peers + 1, sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	lists[NETPOL_EGRESS].items = scratch;
	int error = rules_make_all(&builder, items, lists);
	for (int d = 0; error == 0 && d < NETPOL_DIRECTIONS; d++)
		error = rules_finish(&builder, &lists[d], draft, d);
	free(scratch);
	if (error == 0 && builder.ranges > LINES_OF_KIND)
		error = lines_add_rest(lines, builder.ranges - LINES_OF_KIND);
	if (error == 0)
		error = lines_settle(&builder.blocks, LINES_OF_KIND);
	return error != 0 ? error : lines_append(lines, &builder.blocks);
}
