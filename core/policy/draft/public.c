/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/public.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/record/record_names.h"

#define FAMILIES 2

/* The blocks of the IANA special-purpose registries in which no host of the Internet has an address
 * (RFC 6890, RFC 5771 and RFC 4291). */
static const char *const special_blocks[] = {
	"0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
	"240.0.0.0/4",   "::1/128",      "fc00::/7",       "fe80::/10",     "ff00::/8",
};

/* --- the blocks that are not public --- */

static int public_compare_blocks(const void *a, const void *b)
{
	return netpol_block_compare(a, b);
}

/* Sorts the blocks and splits them by family. Drops each block inside another one. */
static int public_split(struct public_ranges *ranges, struct arena *arena,
			struct netpol_block *blocks, size_t count)
{
	for (size_t family = 0; family < FAMILIES; family++) {
		ranges->excepts[family] = arena_array(arena, count, sizeof(*blocks));
		if (!ranges->excepts[family])
			return -ENOMEM;
	}
	/* In this order, a block precedes the blocks inside it. */
	qsort(blocks, count, sizeof(*blocks), public_compare_blocks);
	for (size_t i = 0; i < count; i++) {
		size_t family = blocks[i].family == 6;
		struct netpol_block *kept = ranges->excepts[family];
		size_t *kept_count = &ranges->counts[family];
		if (*kept_count == 0 || !netpol_block_covers(&kept[*kept_count - 1], &blocks[i]))
			kept[(*kept_count)++] = blocks[i];
	}
	ranges->ready = true;
	return 0;
}

/* Collects the special blocks and, if items are to be joined, those of the cluster. Returns 0 or
 * -ENOMEM. */
static int public_learn(struct public_ranges *ranges, struct widen *widen,
			const struct workloads *workloads, const struct draft_options *options,
			struct arena *arena)
{
	struct widen_blocks blocks = {.items = NULL};
	int error = 0;

	if (ranges->ready)
		return 0;
	if (options->group_public)
		error = widen_cluster_blocks(widen, workloads, &blocks);
	for (size_t i = 0; error == 0 && i < ARRAY_LENGTH(special_blocks); i++)
		error = widen_add_block(&blocks, special_blocks[i]);
	if (error == 0)
		error = public_split(ranges, arena, blocks.items, blocks.count);
	free(blocks.items);
	return error;
}

static bool public_is_excepted(const struct public_ranges *ranges, const struct netpol_block *block)
{
	size_t family = block->family == 6;

	for (size_t i = 0; i < ranges->counts[family]; i++) {
		if (netpol_block_covers(&ranges->excepts[family][i], block))
			return true;
	}
	return false;
}

/* --- items --- */

/* Returns whether an item is one address outside of the cluster. Items for addresses of the cluster
 * have an origin. */
static bool public_may_be(const struct peer_item *item)
{
	return item->peer.kind == NETPOL_PEER_BLOCK && !item->origin && !item->port_name &&
	       netpol_block_is_one_address(&item->peer.block);
}

static int public_compare_ports(const struct peer_item *a, const struct peer_item *b)
{
	int order = a->direction - b->direction;

	if (order == 0)
		order = a->protocol - b->protocol;
	if (order == 0)
		order = a->port - b->port;
	return order != 0 ? order : a->dns - b->dns;
}

static int public_compare(const void *a, const void *b)
{
	const struct peer_item *x = *(const struct peer_item *const *)a;
	const struct peer_item *y = *(const struct peer_item *const *)b;
	int order = public_compare_ports(x, y);

	return order != 0 ? order : netpol_block_compare(&x->peer.block, &y->peer.block);
}

/* Makes an item allow all public addresses of its family. */
static void public_join(const struct public_ranges *ranges, struct peer_item *item,
			const char *comment)
{
	size_t family = item->peer.block.family == 6;

	item->peer.block = (struct netpol_block){.family = item->peer.block.family};
	item->peer.excepts = ranges->excepts[family];
	item->peer.except_count = (uint32_t)ranges->counts[family];
	item->origin = comment;
	item->is_public = true;
}

/* Items with the same direction, protocol and port, sorted by address. public_may_be returns true
 * for each. */
struct public_run {
	struct peer_item **items;
	size_t count;
	size_t addresses; /* number of different addresses */
};

/* Moves the public items of a run to its front and counts their addresses. Treats all items as
 * public if ranges is NULL. Returns the number of public items. */
static size_t public_keep(const struct public_ranges *ranges, struct public_run *run)
{
	size_t kept = 0;

	run->addresses = 0;
	for (size_t i = 0; i < run->count; i++) {
		struct peer_item *item = run->items[i];
		if (ranges && public_is_excepted(ranges, &item->peer.block))
			continue;
		run->addresses +=
			kept == 0 || netpol_block_compare(&run->items[kept - 1]->peer.block,
							  &item->peer.block) != 0;
		run->items[kept++] = item;
	}
	return kept;
}

/* Makes each item of a run (struct public_run) allow all public addresses of its family. Also adds
 * one such item for IPv4 and one for IPv6, because the run may have items of only one family. The
 * caller has reserved the memory. */
static void public_join_run(const struct public_ranges *ranges, struct peer_items *items,
			    const struct public_run *run, const char *comment)
{
	struct peer_item joined = *run->items[0];

	joined.edge = NULL;
	joined.seen = (struct peer_address){.family = 0};
	for (size_t i = 0; i < run->count; i++)
		public_join(ranges, run->items[i], comment);
	for (uint8_t family = 4; family <= 6; family += 2) {
		joined.peer.block.family = family;
		public_join(ranges, &joined, comment);
		items->items[items->count++] = joined;
	}
}

static void public_report(const struct public_run *run, bool joined, struct lines *lines)
{
	const struct peer_item *item = run->items[0];
	const char *word = item->direction == NETPOL_EGRESS ? "egress" : "ingress";
	const char *protocol = flow_protocol_name((enum flow_protocol)item->protocol);

	if (joined)
		lines_printf(lines,
			     "widened by choice: %s %s %u: %zu public addresses seen, all allowed",
			     word, protocol, item->port, run->addresses);
	else
		lines_printf(
			lines,
			"suggested: --public: %s %s %u has %zu public addresses; one rule would "
			"allow all public addresses",
			word, protocol, item->port, run->addresses);
}

/* Returns the number of items at the beginning of the list that have the first item's port. */
static size_t public_count_run(struct peer_item *const *sorted, size_t count)
{
	size_t run = 1;

	while (run < count && public_compare_ports(sorted[0], sorted[run]) == 0)
		run++;
	return run;
}

/* The arguments of public_judge_run that are the same for all runs. */
struct public_call {
	struct public_ranges *ranges;
	struct widen *widen;
	const struct workloads *workloads;
	const struct draft_options *options;
	struct peer_items *items;
	struct lines *lines;
};

static int public_judge_run(const struct public_call *call, struct public_run run)
{
	const struct draft_options *options = call->options;
	struct arena *arena = call->lines->arena;

	run.count = public_keep(NULL, &run);
	if (run.addresses < options->max_peers)
		return 0;
	if (public_learn(call->ranges, call->widen, call->workloads, options, arena) != 0)
		return -ENOMEM;
	run.count = public_keep(call->ranges, &run);
	if (run.addresses < options->max_peers)
		return 0;
	public_report(&run, options->group_public, call->lines);
	if (!options->group_public)
		return 0;
	const char *comment = arena_printf(arena, "public: %zu address%s seen", run.addresses,
					   run.addresses == 1 ? "" : "es");
	if (!comment)
		return -ENOMEM;
	public_join_run(call->ranges, call->items, &run, comment);
	return 0;
}

/* Joins only peers that are blocks. Drafts for Cilium also have peers that are DNS names. */
int public_items(struct public_ranges *ranges, struct widen *widen,
		 const struct workloads *workloads, const struct draft_options *options,
		 struct peer_items *items, struct lines *lines)
{
	struct lines found = {.arena = lines->arena};
	const struct public_call call = {ranges, widen, workloads, options, items, &found};
	size_t count = 0;
	int error = 0;

	if (options->max_peers == 0 || items->count < options->max_peers)
		return 0;
	/* Each run of addresses adds at most two items. Reserve their memory now, so that the
	 * pointers in `sorted` stay valid. */
	if (ARRAY_RESERVE(items->items, items->capacity, 3 * items->count) != 0)
		return -ENOMEM;
	CLEANUP_FREE struct peer_item **sorted = reallocarray(NULL, items->count, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < items->count; i++) {
		if (public_may_be(&items->items[i]))
			sorted[count++] = &items->items[i];
	}
	if (count < options->max_peers)
		return 0;
	qsort(sorted, count, sizeof(*sorted), public_compare);
	for (size_t i = 0; i < count && error == 0;) {
		struct public_run run = {.items = &sorted[i],
					 .count = public_count_run(&sorted[i], count - i)};
		i += run.count;
		error = public_judge_run(&call, run);
	}
	lines_settle(&found, LINES_OF_KIND);
	lines_append(lines, &found);
	return error != 0 ? error : lines->error;
}
