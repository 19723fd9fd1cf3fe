/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/rules.h"

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

/* A rule while it is built, and the items that it allows. At first, the rule has one peer, which
 * points into the items, and its ports are in scratch memory. rules_join copies the peers and ports
 * into the arena. */
struct rules_item {
	struct netpol_rule rule;
	struct draft_edges edges;
	struct peer_item *items;
	size_t count;
	struct rules_item *next; /* another rule with the same direction and ports, or NULL */
	size_t same;             /* the number of such rules, if this is the first one; else 0 */
	uint8_t direction;
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
	struct arena *arena;
	struct lines *lines;
	struct lines blocks;        /* lines about blocks, printed after those about ports */
	struct rules_range *ranges; /* ranges with more ports than were observed */
	size_t range_count;
	size_t range_capacity;
	/* In the order in which their peers first occur in the items, until rules_merge sorts
	 * them. */
	struct rules_item *rules;
	size_t rule_count;
	const struct rules_item **linked; /* has room for all rules */
	struct hash_index index; /* of rules: in rules_divide by peer, in rules_link by ports */
	struct buffer comment;   /* memory for the text of a comment */
	int error;
};

/* --- order --- */

static int rules_compare_peers(const struct peer_item *a, const struct peer_item *b)
{
	int order = a->direction - b->direction;

	return order != 0 ? order : netpol_peer_compare(&a->peer, &b->peer);
}

/* Orders the items of one peer. */
static int rules_compare_items(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;
	int order = x->protocol - y->protocol;

	if (order == 0)
		order = x->port - y->port;
	if (order == 0)
		order = text_compare(x->port_name, y->port_name);
	return order != 0 ? order : x->dns - y->dns;
}

/* Orders rules with one peer each by their peers. */
static int rules_compare_single(const void *a, const void *b)
{
	const struct rules_item *x = *(const struct rules_item *const *)a;
	const struct rules_item *y = *(const struct rules_item *const *)b;

	return netpol_peer_compare(x->rule.peers, y->rule.peers);
}

/* Orders joined rules by their first peers. */
static int rules_compare(const void *a, const void *b)
{
	const struct rules_item *x = a;
	const struct rules_item *y = b;
	int order = x->direction - y->direction;

	return order != 0 ? order : netpol_peer_compare(&x->rule.peers[0], &y->rule.peers[0]);
}

static int rules_compare_ranges(const void *a, const void *b)
{
	const struct rules_range *x = a;
	const struct rules_range *y = b;
	int order = rules_compare_peers(x->item, y->item);

	return order != 0 ? order : netpol_port_compare(&x->range, &y->range);
}

/* --- hashes --- */

/* Equal peers have equal hashes. Selectors with labels come from netpol_selector_copy, so their
 * `hash` is set. */
static uint64_t rules_hash_peer(const struct peer_item *item)
{
	const struct netpol_peer *peer = &item->peer;
	uint64_t hash = hash_seed() ^ ((uint64_t)item->direction << 8 | peer->kind);

	switch ((enum netpol_peer_kind)peer->kind) {
	case NETPOL_PEER_PODS:
		return hash_add(hash ^ item->pods_hash, peer->pods->hash);
	case NETPOL_PEER_BLOCK:
		return address_hash(hash ^ (uint64_t)peer->block.prefix << 16,
				    &peer->block.address);
	case NETPOL_PEER_ENTITY:
	case NETPOL_PEER_NAME:
		break;
	}
	return hash_string(hash, peer->name);
}

static uint64_t rules_hash_ports(const struct rules_item *item)
{
	uint64_t hash = item->direction;

	for (size_t i = 0; i < item->rule.port_count; i++) {
		const struct netpol_port *port = &item->rule.ports[i];
		hash = hash_add(hash, (uint64_t)port->first << 32 | (uint64_t)port->last << 16 |
					      (uint64_t)port->protocol << 8 | port->dns);
		if (port->name)
			hash = hash_string(hash, port->name);
	}
	return hash;
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

/* Replaces ports by ranges, in place: RULES_RANGE_MIN or more consecutive ports by one range, and,
 * if a protocol has more than options->max_ports ports, all of them by a range from the lowest to
 * the highest, or by all ports if the range has half of them or more. Keeps ports that have names.
 * Returns the new count. */
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

/* Fills in a rule with one peer from its items. `ports` has room for one port for each item.
 * Returns 0 or -ENOMEM. */
static int rules_make(struct rules_builder *builder, struct rules_item *made,
		      struct netpol_port *ports)
{
	struct peer_item *items = made->items;
	size_t count = made->count;
	struct netpol_peer *peer = &items[0].peer;
	size_t port_count = 0;

	if (count > 1)
		qsort(items, count, sizeof(*items), rules_compare_items);
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
	made->direction = items[0].direction;
	made->rule = (struct netpol_rule){.peers = peer, .peer_count = 1, .ports = ports};
	made->rule.port_count = rules_make_ranges(builder, &items[0], ports, port_count);
	if (peer->kind != NETPOL_PEER_PODS &&
	    comment_of_peer(builder->arena, &builder->comment, items, count, &peer->comment) != 0)
		return -ENOMEM;
	return rules_check_block(builder, items, count);
}

/* Returns the index of the rule for an item's peer. Adds a rule if no earlier item has the peer. */
static size_t rules_find(struct rules_builder *builder, struct peer_item *item)
{
	uint64_t hash = rules_hash_peer(item);
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&builder->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&builder->index, &cursor)) {
		if (rules_compare_peers(builder->rules[at].items, item) == 0)
			return at;
	}
	if (hash_index_insert(&builder->index, hash, (uint32_t)builder->rule_count) != 0)
		builder->error = -ENOMEM;
	builder->rules[builder->rule_count] = (struct rules_item){.items = item};
	return builder->rule_count++;
}

/*
 * Makes a rule for each peer, and moves the items of each rule together without changing their
 * order. Finds equal peers by hash, because sorting would need many slow comparisons. Returns 0 or
 * -ENOMEM.
 */
static int rules_divide(struct rules_builder *builder, struct peer_items *items)
{
	CLEANUP_FREE size_t *rules = reallocarray(NULL, items->count + 1, sizeof(*rules));
	struct peer_item *sorted = reallocarray(NULL, items->count + 1, sizeof(*sorted));
	struct peer_item *next = sorted;

	if (!rules || !sorted || hash_index_reserve(&builder->index, items->count) != 0) {
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < items->count; i++) {
		rules[i] = rules_find(builder, &items->items[i]);
		builder->rules[rules[i]].count++;
	}
	for (size_t i = 0; i < builder->rule_count; i++) {
		struct rules_item *rule = &builder->rules[i];
		rule->items = next;
		next += rule->count;
		rule->count = 0;
	}
	for (size_t i = 0; i < items->count; i++) {
		struct rules_item *rule = &builder->rules[rules[i]];
		rule->items[rule->count++] = items->items[i];
	}
	free(items->items);
	items->items = sorted;
	items->capacity = items->count + 1;
	return builder->error;
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

/* Links the rules with the same direction and ports. Returns 0 or -ENOMEM. */
static int rules_link(struct rules_builder *builder)
{
	hash_index_clear(&builder->index);
	for (size_t i = 0; i < builder->rule_count; i++) {
		struct rules_item *rule = &builder->rules[i];
		uint64_t hash = rules_hash_ports(rule);
		struct hash_cursor cursor;
		uint32_t at = hash_index_first(&builder->index, hash, &cursor);
		while (at != HASH_INDEX_NONE &&
		       (builder->rules[at].direction != rule->direction ||
			netpol_ports_compare(&builder->rules[at].rule, &rule->rule) != 0))
			at = hash_index_next(&builder->index, &cursor);
		struct rules_item *first = at == HASH_INDEX_NONE ? rule : &builder->rules[at];
		if (first == rule && hash_index_insert(&builder->index, hash, (uint32_t)i) != 0)
			return -ENOMEM;
		if (first != rule) {
			rule->next = first->next;
			first->next = rule;
		}
		first->same++;
	}
	return 0;
}

/* Makes one rule from the linked rules with the same ports. Copies peers and ports into the arena.
 * Returns 0 or -ENOMEM. */
static int rules_join(struct rules_builder *builder, const struct rules_item *first,
		      struct rules_item *joined)
{
	struct netpol_peer *peers = arena_array(builder->arena, first->same, sizeof(*peers));
	size_t port_count = first->rule.port_count;
	struct netpol_port *ports = arena_array(builder->arena, port_count, sizeof(*ports));
	struct rules_item made = *first;
	size_t count = 0;

	if (!peers || !ports)
		return -ENOMEM;
	for (const struct rules_item *rule = first; rule; rule = rule->next)
		builder->linked[count++] = rule;
	/* Peers are large, so sort pointers to them. */
	if (count > 1)
		qsort(builder->linked, count, sizeof(*builder->linked), rules_compare_single);
	for (size_t i = 0; i < count; i++)
		peers[i] = builder->linked[i]->rule.peers[0];
	memcpy(ports, first->rule.ports, port_count * sizeof(*ports));
	made.rule.peers = peers;
	made.rule.peer_count = count;
	made.rule.ports = ports;
	if (builder->options->keep_edges &&
	    rules_collect_edges(builder->arena, first, &made.edges) != 0)
		return -ENOMEM;
	*joined = made;
	return 0;
}

/* Joins the rules with the same ports, and sorts the result. Returns 0 or -ENOMEM. */
static int rules_merge(struct rules_builder *builder)
{
	size_t kept = 0;
	int error = rules_link(builder);

	/* kept <= i, so a joined rule overwrites only a rule that it contains, or a rule that was
	 * joined in an earlier step. */
	for (size_t i = 0; i < builder->rule_count && error == 0; i++) {
		if (builder->rules[i].same > 0)
			error = rules_join(builder, &builder->rules[i], &builder->rules[kept++]);
	}
	builder->rule_count = kept;
	if (kept > 1)
		qsort(builder->rules, kept, sizeof(*builder->rules), rules_compare);
	return error;
}

/* Copies the first `count` rules, which have the given direction, into the draft. Returns 0 or
 * -ENOMEM. */
static int rules_copy(struct rules_builder *builder, const struct rules_item *rules, size_t count,
		      struct draft *draft, int direction)
{
	struct netpol_rules *out = &draft->policy->rules[direction];
	struct draft_edges *edges = NULL;

	*out = (struct netpol_rules){.count = count, .isolates = count > 0};
	if (count == 0)
		return 0;
	out->items = arena_array(builder->arena, count, sizeof(*out->items));
	if (builder->options->keep_edges)
		edges = arena_array(builder->arena, count, sizeof(*edges));
	if (!out->items || (builder->options->keep_edges && !edges))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		out->items[i] = rules[i].rule;
		if (edges)
			edges[i] = rules[i].edges;
	}
	draft->edges[direction] = edges;
	return 0;
}

/* Makes the rules of all items, and copies them into the draft. `ports` has room for one port for
 * each item. Returns 0 or -ENOMEM. */
static int rules_make_all(struct rules_builder *builder, struct peer_items *items,
			  struct netpol_port *ports, struct draft *draft)
{
	size_t egress = 0;
	int error = rules_divide(builder, items);

	for (size_t i = 0; i < builder->rule_count && error == 0; i++) {
		error = rules_make(builder, &builder->rules[i], ports);
		ports += builder->rules[i].count;
	}
	if (error == 0)
		error = builder->error;
	if (error == 0)
		error = rules_merge(builder);
	if (error != 0)
		return error;
	while (egress < builder->rule_count && builder->rules[egress].direction == NETPOL_EGRESS)
		egress++;
	error = rules_copy(builder, builder->rules, egress, draft, NETPOL_EGRESS);
	return error != 0 ? error
			  : rules_copy(builder, builder->rules + egress,
				       builder->rule_count - egress, draft, NETPOL_INGRESS);
}

int rules_build(struct peer_items *items, const struct draft_options *options, struct draft *draft)
{
	struct lines *lines = &draft->lines[DRAFT_GUESSED];
	CLEANUP_FREE struct rules_item *rules =
		reallocarray(NULL, items->count + 1, sizeof(*rules));
	CLEANUP_FREE struct netpol_port *ports =
		reallocarray(NULL, items->count + 1, sizeof(*ports));
	CLEANUP_FREE const struct rules_item **linked =
		reallocarray(NULL, items->count + 1, sizeof(*linked));
	struct rules_builder builder = {
		.options = options,
		.arena = lines->arena,
		.lines = lines,
		.blocks.arena = lines->arena,
		.rules = rules,
		.linked = linked,
	};
	int error =
		rules && ports && linked ? rules_make_all(&builder, items, ports, draft) : -ENOMEM;

	if (error == 0) {
		rules_report_ranges(&builder);
		if (builder.range_count > LINES_OF_KIND)
			lines_add_rest(lines, builder.range_count - LINES_OF_KIND);
		lines_settle(&builder.blocks, LINES_OF_KIND);
		lines_append(lines, &builder.blocks);
		error = lines->error;
	}
	hash_index_clear(&builder.index);
	buffer_free(&builder.comment);
	free(builder.ranges);
	return error;
}
