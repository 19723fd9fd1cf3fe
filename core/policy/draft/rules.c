/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/draft/comment.h"
#include "core/record/record_names.h"

#define PORT_MAX 65535

/* A rule while it is built, and the items that it allows. Until rules_merge copies them, the rule's
 * peers point into the items, and its ports into scratch memory. */
struct rules_item {
	struct netpol_rule rule;
	struct draft_edges edges;
	struct peer_item *items;
	size_t count;
	uint8_t direction;
};

/* The state of one call of rules_build. */
struct rules_builder {
	const struct draft_options *options;
	struct arena *arena;
	struct lines *lines;
	struct lines blocks; /* lines about blocks, printed after those about ports */
	size_t ranges;       /* number of ranges wider than observed; not all have a line */
};

/* --- order --- */

static int rules_compare_peers(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;
	int order = x->direction - y->direction;

	return order != 0 ? order : netpol_peer_compare(&x->peer, &y->peer);
}

static int rules_compare_items(const void *a, const void *b)
{
	const struct peer_item *x = a;
	const struct peer_item *y = b;
	int order = rules_compare_peers(a, b);

	if (order == 0)
		order = x->protocol - y->protocol;
	if (order == 0)
		order = x->port - y->port;
	if (order == 0)
		order = text_compare(x->port_name, y->port_name);
	return order != 0 ? order : x->dns - y->dns;
}

static int rules_compare_ports(const struct rules_item *a, const struct rules_item *b)
{
	int order = a->direction - b->direction;

	return order != 0 ? order : netpol_ports_compare(&a->rule, &b->rule);
}

/* Orders rules by their peers. Items are sorted by peer, so the order of the rules' first items is
 * the order of their peers. */
static int rules_compare(const void *a, const void *b)
{
	const struct rules_item *x = a;
	const struct rules_item *y = b;

	return (x->items > y->items) - (x->items < y->items);
}

static int rules_compare_by_ports(const void *a, const void *b)
{
	int order = rules_compare_ports(a, b);

	return order != 0 ? order : rules_compare(a, b);
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

/* Reports that `range` replaces `count` observed ports. */
static void rules_report_range(struct rules_builder *builder, const struct peer_item *item,
			       size_t count, const struct netpol_port *range)
{
	char peer[DESCRIBED_SIZE];
	char allowed[48] = "all 65535";
	unsigned int width = PORT_MAX;

	if (!netpol_port_is_all(range)) {
		width = (unsigned int)(range->last - range->first + 1);
		snprintf(allowed, sizeof(allowed), "the %u of %u-%u", width, range->first,
			 range->last);
	}
	if (width == count || builder->ranges++ >= LINES_OF_KIND)
		return;
	rules_describe_peer(&item->peer, peer);
	lines_printf(builder->lines, "widened by choice: %s %s %s %s: %zu ports seen, %s allowed",
		     rules_phrase(item->direction, "egress", "ingress"),
		     flow_protocol_name((enum flow_protocol)range->protocol),
		     rules_phrase(item->direction, "to", "from"), peer, count, allowed);
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

/* Replaces ports by ranges, in place: RULES_RANGE_MIN or more consecutive ports, and all ports of
 * one protocol if there are more than options->max_ports of them. Keeps ports that have names.
 * Returns the new count. */
static size_t rules_make_ranges(struct rules_builder *builder, const struct peer_item *item,
				struct netpol_port *ports, size_t count)
{
	uint32_t most = builder->options->max_ports;
	size_t kept = 0;

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
			rules_report_range(builder, item, run, &range);
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

/* If the items of a run, which have the same peer, are a block of more than one address: counts the
 * addresses in the block that were observed, and reports the number. Returns 0 or -ENOMEM. */
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

/* Makes one rule with one peer from a run of items with that peer. `ports` has room for one port
 * for each item. Returns 0 or -ENOMEM. */
static int rules_make(struct rules_builder *builder, struct peer_item *items, size_t count,
		      struct netpol_port *ports, struct rules_item *made)
{
	struct netpol_peer *peer = &items[0].peer;
	size_t port_count = 0;

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
	*made = (struct rules_item){
		.rule = {.peers = peer, .peer_count = 1, .ports = ports},
		.items = items,
		.count = count,
		.direction = items[0].direction,
	};
	made->rule.port_count = rules_make_ranges(builder, &items[0], ports, port_count);
	if (peer->kind != NETPOL_PEER_PODS &&
	    comment_of_peer(builder->arena, items, count, &peer->comment) != 0)
		return -ENOMEM;
	return rules_check_block(builder, items, count);
}

/* --- all rules --- */

static int rules_compare_edges(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (const struct edge *const *)a;
	uintptr_t y = (uintptr_t) * (const struct edge *const *)b;

	return (x > y) - (x < y);
}

/* Collects the edges behind a run of rules, each edge once. Returns 0 or -ENOMEM. */
static int rules_collect_edges(struct arena *arena, const struct rules_item *run, size_t count,
			       struct draft_edges *out)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += run[i].count;
	out->items = arena_array(arena, total, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	total = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < run[i].count; k++) {
			const struct peer_item *item = &run[i].items[k];
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

/* Joins rules with equal ports to the first of them. Copies peers and ports into the arena. Returns
 * 0 or -ENOMEM. */
static int rules_join(struct rules_builder *builder, const struct rules_item *run, size_t count,
		      struct rules_item *joined)
{
	const struct netpol_rule *first = &run[0].rule;
	struct netpol_peer *peers = arena_array(builder->arena, count, sizeof(*peers));
	struct netpol_port *ports = arena_array(builder->arena, first->port_count, sizeof(*ports));
	struct rules_item made = run[0];

	if (!peers || !ports)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		peers[i] = run[i].rule.peers[0];
	memcpy(ports, first->ports, first->port_count * sizeof(*ports));
	made.rule.peers = peers;
	made.rule.peer_count = count;
	made.rule.ports = ports;
	if (builder->options->keep_edges &&
	    rules_collect_edges(builder->arena, run, count, &made.edges) != 0)
		return -ENOMEM;
	*joined = made;
	return 0;
}

/*
 * Joins neighbouring rules with equal ports, in place. Updates *rule_count. Returns 0 or -ENOMEM.
 */
static int rules_merge(struct rules_builder *builder, struct rules_item *rules, size_t *rule_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *rule_count;) {
		size_t run = 1;
		while (i + run < *rule_count &&
		       rules_compare_ports(&rules[i], &rules[i + run]) == 0)
			run++;
		if (rules_join(builder, &rules[i], run, &rules[kept++]) != 0)
			return -ENOMEM;
		i += run;
	}
	*rule_count = kept;
	return 0;
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

int rules_build(struct peer_items *items, const struct draft_options *options, struct draft *draft)
{
	struct lines *lines = &draft->lines[DRAFT_GUESSED];
	struct rules_builder builder = {
		.options = options,
		.arena = lines->arena,
		.lines = lines,
		.blocks.arena = lines->arena,
	};
	CLEANUP_FREE struct rules_item *rules =
		reallocarray(NULL, items->count + 1, sizeof(*rules));
	CLEANUP_FREE struct netpol_port *ports =
		reallocarray(NULL, items->count + 1, sizeof(*ports));
	size_t count = 0;

	if (!rules || !ports)
		return -ENOMEM;
	if (items->count > 0)
		qsort(items->items, items->count, sizeof(*items->items), rules_compare_items);
	for (size_t i = 0; i < items->count;) {
		struct peer_item *first = &items->items[i];
		size_t run = 1;
		while (i + run < items->count && rules_compare_peers(first, &first[run]) == 0)
			run++;
		if (rules_make(&builder, first, run, &ports[i], &rules[count++]) != 0)
			return -ENOMEM;
		i += run;
	}
	qsort(rules, count, sizeof(*rules), rules_compare_by_ports);
	if (rules_merge(&builder, rules, &count) != 0)
		return -ENOMEM;
	qsort(rules, count, sizeof(*rules), rules_compare);
	size_t egress = 0;
	while (egress < count && rules[egress].direction == NETPOL_EGRESS)
		egress++;
	if (rules_copy(&builder, rules, egress, draft, NETPOL_EGRESS) != 0 ||
	    rules_copy(&builder, rules + egress, count - egress, draft, NETPOL_INGRESS) != 0)
		return -ENOMEM;
	if (builder.ranges > LINES_OF_KIND)
		lines_add_rest(lines, builder.ranges - LINES_OF_KIND);
	lines_settle(&builder.blocks, LINES_OF_KIND);
	lines_append(lines, &builder.blocks);
	return lines->error;
}
