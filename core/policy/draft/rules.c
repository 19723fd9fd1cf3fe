/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/rules.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/text.h"
#include "core/policy/draft/comment.h"
#include "core/record/address.h"
#include "core/record/record_names.h"

#define PORT_MAX 65535

/* A rule for one peer while it is built, and the items that it allows. */
struct rules_item {
	struct netpol_rule rule; /* its peer is in the items, its ports are in rules.ports */
	struct peer_item *items;
	size_t count;
	struct rules_item *next; /* the next rule with the same direction and ports, or NULL */
	struct rules_item *last; /* the last such rule, if this is the first one; else NULL */
	size_t same;             /* the number of such rules, if this is the first one */
};

/* An item and a number that orders it (rules_key). */
struct rules_order {
	uint64_t key;
	const struct peer_item *item;
};

/* A range of ports that replaces `count` observed ports of an item's peer. */
struct rules_range {
	const struct peer_item *item;
	struct netpol_port range;
	size_t count;
};

/* The state of one call of rules_build. */
struct rules_builder {
	const struct draft_options *options;
	struct rules *rules;
	struct arena *arena;
	struct lines *lines;
	struct lines blocks;        /* lines about blocks, printed after those about ports */
	struct rules_range *ranges; /* ranges with more ports than were observed */
	size_t range_count;
	size_t range_capacity;
	int error;
};

void rules_free(struct rules *rules)
{
	free(rules->order);
	free(rules->sorted);
	free(rules->items);
	free(rules->ports);
	hash_index_clear(&rules->by_ports);
	buffer_free(&rules->comment);
	*rules = (struct rules){.items = NULL};
}

/* --- order --- */

static int rules_compare_peers(const struct peer_item *a, const struct peer_item *b)
{
	int order = a->direction - b->direction;

	return order != 0 ? order : netpol_peer_compare(&a->peer, &b->peer);
}

/* Orders items by direction and peer, and the items of one peer by their ports. */
static int rules_compare(const void *a, const void *b)
{
	const struct peer_item *x = ((const struct rules_order *)a)->item;
	const struct peer_item *y = ((const struct rules_order *)b)->item;
	int order = rules_compare_peers(x, y);

	if (order == 0)
		order = x->protocol - y->protocol;
	if (order == 0)
		order = x->port - y->port;
	if (order == 0)
		order = text_compare(x->port_name, y->port_name);
	return order != 0 ? order : x->dns - y->dns;
}

/* Returns a number that orders texts like text_compare, except that texts with equal numbers may
 * differ. It is below 1 << 56. */
static uint64_t rules_text_key(const char *text)
{
	uint64_t key = 0;

	for (size_t i = 0; i < 7; i++) {
		key = key << 8 | (text ? (unsigned char)*text : 0);
		text += text && *text != '\0';
	}
	return key;
}

/* Returns a number that orders items like rules_compare_peers, except that items with equal numbers
 * may have different peers. Sorting by it first saves most comparisons of peers. */
static uint64_t rules_key(const struct peer_item *item)
{
	const struct netpol_peer *peer = &item->peer;
	uint64_t key = (uint64_t)item->direction << 63 | (uint64_t)peer->kind << 60;
	uint64_t address;

	switch ((enum netpol_peer_kind)peer->kind) {
	case NETPOL_PEER_PODS:
		return key | rules_text_key(peer->namespace_name);
	case NETPOL_PEER_BLOCK:
		memcpy(&address, peer->block.address.bytes, sizeof(address));
		return key | (uint64_t)peer->block.family << 57 | be64toh(address) >> 7;
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	return key | rules_text_key(peer->name);
}

/* Sorts the items. Returns 0 or -ENOMEM. */
static int rules_sort(struct rules *rules, struct peer_items *items)
{
	struct peer_item *sorted;
	size_t capacity;

	if (ARRAY_RESERVE(rules->order, rules->order_capacity, items->count) != 0 ||
	    ARRAY_RESERVE(rules->sorted, rules->sorted_capacity, items->count) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < items->count; i++)
		rules->order[i] = (struct rules_order){.key = rules_key(&items->items[i]),
						       .item = &items->items[i]};
	if (array_sort_by_number(rules->order, items->count, sizeof(*rules->order),
				 offsetof(struct rules_order, key), rules_compare) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < items->count; i++)
		rules->sorted[i] = *rules->order[i].item;
	sorted = rules->sorted;
	capacity = rules->sorted_capacity;
	rules->sorted = items->items;
	rules->sorted_capacity = items->capacity;
	items->items = sorted;
	items->capacity = capacity;
	return 0;
}

static int rules_compare_ranges(const void *a, const void *b)
{
	const struct rules_range *x = a;
	const struct rules_range *y = b;
	int order = rules_compare_peers(x->item, y->item);

	return order != 0 ? order : netpol_port_compare(&x->range, &y->range);
}

/* --- lines about rules that are wider than the evidence --- */

static const char *rules_phrase(uint8_t direction, const char *egress, const char *ingress)
{
	return direction == NETPOL_EGRESS ? egress : ingress;
}

#define DESCRIBED_SIZE 512

static void rules_describe_peer(const struct netpol_peer *peer, char text[DESCRIBED_SIZE])
{
	char cidr[NETPOL_CIDR_SIZE];

	switch ((enum netpol_peer_kind)peer->kind) {
	case NETPOL_PEER_PODS:
		if (!peer->namespace_name) {
			snprintf(text, DESCRIBED_SIZE, "pods of all namespaces");
			return;
		}
		snprintf(text, DESCRIBED_SIZE, "pods %s=%s of %s", peer->pods->labels.items[0].key,
			 peer->pods->labels.items[0].value, peer->namespace_name);
		return;
	case NETPOL_PEER_BLOCK:
		netpol_block_format(&peer->block, cidr);
		snprintf(text, DESCRIBED_SIZE, "%s", cidr);
		return;
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	snprintf(text, DESCRIBED_SIZE, "%s", peer->name);
}

static unsigned int rules_range_width(const struct netpol_port *range)
{
	return netpol_port_is_all(range) ? PORT_MAX : range->last - range->first + 1u;
}

/* Notes that `range` replaces `count` observed ports. Does nothing if the range has no other
 * ports. */
static void rules_note_range(struct rules_builder *builder, const struct peer_item *item,
			     size_t count, const struct netpol_port *range)
{
	if (rules_range_width(range) == count)
		return;
	struct rules_range *added =
		ARRAY_ADD(builder->ranges, builder->range_count, builder->range_capacity);
	if (added)
		*added = (struct rules_range){.item = item, .range = *range, .count = count};
	else
		builder->error = -ENOMEM;
}

static void rules_report_range(struct rules_builder *builder, const struct rules_range *at)
{
	const struct netpol_port *range = &at->range;
	char peer[DESCRIBED_SIZE];
	char allowed[48] = "all 65535";

	if (!netpol_port_is_all(range))
		snprintf(allowed, sizeof(allowed), "the %u of %u-%u", rules_range_width(range),
			 range->first, range->last);
	rules_describe_peer(&at->item->peer, peer);
	lines_printf(builder->lines, "widened by choice: %s %s %s %s: %zu ports seen, %s allowed",
		     rules_phrase(at->item->direction, "egress", "ingress"),
		     flow_protocol_name((enum flow_protocol)range->protocol),
		     rules_phrase(at->item->direction, "to", "from"), peer, at->count, allowed);
}

/* Adds lines about at most LINES_OF_KIND ranges, in the order of their peers. */
static void rules_report_ranges(struct rules_builder *builder)
{
	size_t count = builder->range_count;

	if (count > 1)
		qsort(builder->ranges, count, sizeof(*builder->ranges), rules_compare_ranges);
	for (size_t i = 0; i < count && i < LINES_OF_KIND; i++)
		rules_report_range(builder, &builder->ranges[i]);
}

/* Reports that `block` replaces `seen` observed addresses. */
static void rules_report_block(struct rules_builder *builder, uint8_t direction,
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
	lines_printf(&builder->blocks,
		     "widened by choice: %s %s: %zu address%s seen, the %s of the block allowed",
		     rules_phrase(direction, "egress to", "ingress from"), cidr, seen,
		     seen == 1 ? "" : "es", size);
}

/* --- ports --- */

/* Returns how many ports at the start of the array form a run: ports of one protocol that have
 * numbers instead of names. With `adjacent`, the numbers must also be consecutive. Returns at least
 * 1. */
static size_t rules_count_run(const struct netpol_port *ports, size_t count, bool adjacent)
{
	size_t run = 1;

	while (run < count && !ports[0].name && !ports[run].name &&
	       ports[run].protocol == ports[0].protocol && ports[run].dns == ports[0].dns &&
	       (!adjacent || ports[run].first == ports[0].first + run))
		run++;
	return run;
}

/* Replaces ports with ranges, in place. RULES_RANGE_MIN or more consecutive ports become one range.
 * If a protocol has more than options->max_ports ports, all of them become one range from the
 * lowest to the highest, or all ports if this range has half of them or more. Keeps ports that have
 * names. Returns the new count. */
static size_t rules_make_ranges(struct rules_builder *builder, const struct peer_item *item,
				struct netpol_port *ports, size_t count)
{
	uint32_t most = builder->options->max_ports;
	size_t kept = 0;

	if (count == 1)
		return 1;
	for (size_t i = 0; i < count;) {
		size_t run = most != 0 ? rules_count_run(&ports[i], count - i, false) : 0;
		bool limited = run > most;
		if (!limited)
			run = rules_count_run(&ports[i], count - i, true);
		if (!limited && run < RULES_RANGE_MIN) {
			memmove(&ports[kept], &ports[i], run * sizeof(*ports));
			kept += run;
			i += run;
			continue;
		}
		struct netpol_port range = ports[i];
		range.last = ports[i + run - 1].last;
		/* A range of half of all ports or more restricts little, and some plugins do not
		 * support ranges. So allow all ports instead. */
		if (limited && range.last - range.first >= PORT_MAX / 2)
			range.first = range.last = 0;
		if (limited)
			rules_note_range(builder, item, run, &range);
		ports[kept++] = range;
		i += run;
	}
	return kept;
}

/* --- one peer --- */

static int rules_compare_seen(const void *a, const void *b)
{
	const struct peer_address *x = a;
	const struct peer_address *y = b;

	return memcmp(&x->address, &y->address, sizeof(x->address));
}

/* If the common peer of the items is a block of more than one address, counts the addresses in the
 * block that were observed, and reports the number. Returns 0 or -ENOMEM. */
static int rules_check_block(struct rules_builder *builder, const struct peer_item *items,
			     size_t count)
{
	const struct netpol_peer *peer = &items[0].peer;
	size_t seen = 1;

	if (peer->kind != NETPOL_PEER_BLOCK || items[0].is_public || items[0].seen.family == 0 ||
	    netpol_block_is_one_address(&peer->block))
		return 0;
	CLEANUP_FREE struct peer_address *addresses = reallocarray(NULL, count, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		addresses[i] = items[i].seen;
	qsort(addresses, count, sizeof(*addresses), rules_compare_seen);
	for (size_t i = 1; i < count; i++)
		seen += rules_compare_seen(&addresses[i - 1], &addresses[i]) != 0;
	rules_report_block(builder, items[0].direction, &peer->block, seen);
	return 0;
}

/* Fills in a rule from its items. `ports` has room for one port for each item. Returns 0 or
 * -ENOMEM. */
static int rules_make(struct rules_builder *builder, struct rules_item *made,
		      struct netpol_port *ports)
{
	struct peer_item *items = made->items;
	struct netpol_peer *peer = &items[0].peer;
	size_t count = 0;

	for (size_t i = 0; i < made->count; i++) {
		ports[count] = (struct netpol_port){
			.name = items[i].port_name,
			.first = items[i].port,
			.last = items[i].port,
			.protocol = items[i].protocol,
			.dns = items[i].dns,
		};
		count += count == 0 || netpol_port_compare(&ports[count - 1], &ports[count]) != 0;
	}
	made->rule = (struct netpol_rule){.peers = peer, .peer_count = 1, .ports = ports};
	made->rule.port_count = rules_make_ranges(builder, &items[0], ports, count);
	if (peer->kind != NETPOL_PEER_PODS &&
	    comment_of_peer(builder->arena, &builder->rules->comment, items, made->count,
			    &peer->comment) != 0)
		return -ENOMEM;
	return rules_check_block(builder, items, made->count);
}

/* Makes a rule for each peer of the sorted items. Returns 0 or -ENOMEM. */
static int rules_make_all(struct rules_builder *builder, const struct peer_items *items)
{
	struct rules *rules = builder->rules;
	int error = 0;

	rules->count = 0;
	if (ARRAY_RESERVE(rules->items, rules->capacity, items->count) != 0 ||
	    ARRAY_RESERVE(rules->ports, rules->port_capacity, items->count) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < items->count && error == 0;) {
		struct rules_item *made = &rules->items[rules->count++];
		*made = (struct rules_item){.items = &items->items[i], .count = 1};
		while (i + made->count < items->count &&
		       rules->order[i].key == rules->order[i + made->count].key &&
		       rules_compare_peers(made->items, made->items + made->count) == 0)
			made->count++;
		error = rules_make(builder, made, &rules->ports[i]);
		i += made->count;
	}
	return error != 0 ? error : builder->error;
}

/* --- all rules --- */

static int rules_compare_edges(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const struct edge *const *)a;
	uintptr_t y = (uintptr_t) * (const struct edge *const *)b;

	return (x > y) - (x < y);
}

/* Collects the edges behind rules with the same ports, each edge once. Returns 0 or -ENOMEM. */
static int rules_collect_edges(struct arena *arena, const struct rules_item *first,
			       struct draft_edges *out)
{
	size_t total = 0;

	for (const struct rules_item *rule = first; rule; rule = rule->next)
		total += rule->count;
	out->items = arena_array(arena, total, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	total = 0;
	for (const struct rules_item *rule = first; rule; rule = rule->next) {
		for (size_t k = 0; k < rule->count; k++) {
			const struct peer_item *item = &rule->items[k];
			if (item->edge && !item->guessed)
				out->items[total++] = item->edge;
		}
	}
	if (total > 1)
		qsort(out->items, total, sizeof(*out->items), rules_compare_edges);
	for (size_t i = 0; i < total; i++) {
		if (i == 0 || out->items[i] != out->items[out->count - 1])
			out->items[out->count++] = out->items[i];
	}
	return 0;
}

static uint8_t rules_direction(const struct rules_item *rule)
{
	return rule->items[0].direction;
}

static uint64_t rules_hash_ports(const struct rules_item *item)
{
	uint64_t hash = rules_direction(item);

	for (size_t i = 0; i < item->rule.port_count; i++) {
		const struct netpol_port *port = &item->rule.ports[i];
		hash = hash_add(hash, (uint64_t)port->first << 32 | (uint64_t)port->last << 16 |
					      (uint64_t)port->protocol << 8 | port->dns);
		if (port->name)
			hash = hash_string(hash, port->name);
	}
	return hash;
}

/* Returns the first rule with the same direction and ports, which is `rule` itself if there is no
 * earlier one. Returns NULL if out of memory. */
static struct rules_item *rules_find_same(struct rules *rules, struct rules_item *rule)
{
	uint64_t hash = rules_hash_ports(rule);
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&rules->by_ports, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&rules->by_ports, &cursor)) {
		struct rules_item *first = &rules->items[at];
		if (rules_direction(first) == rules_direction(rule) &&
		    netpol_ports_compare(&first->rule, &rule->rule) == 0)
			return first;
	}
	uint32_t added = (uint32_t)(rule - rules->items);
	return hash_index_insert(&rules->by_ports, hash, added) == 0 ? rule : NULL;
}

/* Links the rules with the same direction and ports, in their order. Counts the groups of each
 * direction. Returns 0 or -ENOMEM. */
static int rules_link(struct rules *rules, size_t groups[NETPOL_DIRECTIONS])
{
	if (hash_index_restart(&rules->by_ports, rules->count) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count; i++) {
		struct rules_item *rule = &rules->items[i];
		struct rules_item *first = rules_find_same(rules, rule);
		if (!first)
			return -ENOMEM;
		if (first == rule)
			groups[rules_direction(rule)]++;
		else
			first->last->next = rule;
		first->last = rule;
		first->same++;
	}
	return 0;
}

/* Makes one rule from linked rules. Their peers are in order, so the new rule's are, too. Returns 0
 * or -ENOMEM. */
static int rules_join(struct rules_builder *builder, const struct rules_item *first,
		      struct netpol_rule *out)
{
	size_t ports_size = first->rule.port_count * sizeof(*out->ports);

	out->peers = arena_get(builder->arena, first->same * sizeof(*out->peers));
	out->ports = arena_get(builder->arena, ports_size);
	if (!out->peers || !out->ports)
		return -ENOMEM;
	for (const struct rules_item *rule = first; rule; rule = rule->next)
		out->peers[out->peer_count++] = rule->rule.peers[0];
	memcpy(out->ports, first->rule.ports, ports_size);
	out->port_count = first->rule.port_count;
	return 0;
}

/* Makes the draft's rules of one direction, which are `count` groups of linked rules. The first
 * rules of the groups are in order, so the joined rules are, too. Returns 0 or -ENOMEM. */
static int rules_join_all(struct rules_builder *builder, struct draft *draft, int direction,
			  size_t count)
{
	const struct rules *rules = builder->rules;
	struct netpol_rules *out = &draft->policy->rules[direction];
	struct draft_edges *edges = NULL;
	int error = 0;

	*out = (struct netpol_rules){.isolates = count > 0};
	if (count == 0)
		return 0;
	out->items = arena_array(builder->arena, count, sizeof(*out->items));
	if (builder->options->keep_edges)
		edges = arena_array(builder->arena, count, sizeof(*edges));
	if (!out->items || (builder->options->keep_edges && !edges))
		return -ENOMEM;
	for (size_t i = 0; i < rules->count && error == 0; i++) {
		const struct rules_item *first = &rules->items[i];
		if (!first->last || rules_direction(first) != direction)
			continue;
		error = rules_join(builder, first, &out->items[out->count]);
		if (error == 0 && edges)
			error = rules_collect_edges(builder->arena, first, &edges[out->count]);
		out->count++;
	}
	draft->edges[direction] = edges;
	return error;
}

/* Makes the rules of all items. Returns 0 or -ENOMEM. */
static int rules_run(struct rules_builder *builder, struct peer_items *items, struct draft *draft)
{
	size_t groups[NETPOL_DIRECTIONS] = {0};
	int error = rules_sort(builder->rules, items);

	if (error == 0)
		error = rules_make_all(builder, items);
	if (error == 0)
		error = rules_link(builder->rules, groups);
	for (int direction = 0; direction < NETPOL_DIRECTIONS && error == 0; direction++)
		error = rules_join_all(builder, draft, direction, groups[direction]);
	return error;
}

int rules_build(struct rules *rules, struct peer_items *items, const struct draft_options *options,
		struct draft *draft)
{
	struct lines *lines = &draft->lines[DRAFT_GUESSED];
	struct rules_builder builder = {
		.options = options,
		.rules = rules,
		.arena = lines->arena,
		.lines = lines,
		.blocks.arena = lines->arena,
	};
	int error = rules_run(&builder, items, draft);

	if (error == 0) {
		rules_report_ranges(&builder);
		if (builder.range_count > LINES_OF_KIND)
			lines_add_rest(lines, builder.range_count - LINES_OF_KIND);
		lines_settle(&builder.blocks, LINES_OF_KIND);
		lines_append(lines, &builder.blocks);
		error = lines->error;
	}
	free(builder.ranges);
	return error;
}
