/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/widen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"

struct address_range {
	uint8_t first[16];
	uint8_t last[16];
	uint8_t family;
};

static size_t widen_address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* Returns the block of `prefix` bits around an address. */
static struct address_range widen_block_range(uint8_t family, const struct flow_address *address,
					      unsigned int prefix)
{
	struct address_range range = {.family = family};

	for (size_t i = 0; i < widen_address_size(family); i++) {
		unsigned int bits = prefix >= 8 * (i + 1) ? 8
				    : prefix > 8 * i      ? prefix - 8 * (unsigned int)i
							  : 0;
		uint8_t mask = (uint8_t)(0xff00u >> bits);
		range.first[i] = address->bytes[i] & mask;
		range.last[i] = address->bytes[i] | (uint8_t)~mask;
	}
	return range;
}

static int widen_compare_ranges(const void *a, const void *b)
{
	const struct address_range *x = a;
	const struct address_range *y = b;

	return x->family != y->family ? x->family - y->family
				      : memcmp(x->first, y->first, sizeof(x->first));
}

/* --- the cluster's addresses --- */

struct range_list {
	struct address_range *items;
	size_t count;
	size_t capacity;
};

/* Reads an address, or a block in CIDR notation. Returns false for other text. */
static bool widen_read_block(const char *text, struct netpol_block *block)
{
	unsigned int prefix;

	if (address_parse(text, &block->family, &block->address) == 0)
		prefix = address_bits(block->family);
	else if (address_parse_block(text, &block->family, &block->address, &prefix) != 0)
		return false;
	block->prefix = (uint8_t)prefix;
	return true;
}

/* Adds an address or a block. Ignores other text. Returns 0 or -ENOMEM. */
static int widen_add_text(struct range_list *list, const char *text)
{
	struct netpol_block block;

	if (!widen_read_block(text, &block))
		return 0;
	struct address_range *added = ARRAY_ADD(list->items, list->count, list->capacity);
	if (!added)
		return -ENOMEM;
	*added = widen_block_range(block.family, &block.address, block.prefix);
	return 0;
}

static int widen_add_texts(struct range_list *list, const struct string_list *texts)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < texts->count; i++)
		error = widen_add_text(list, texts->items[i]);
	return error;
}

static int widen_add_cluster(struct range_list *list, const struct workloads *workloads)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < workloads_count(workloads, RECORD_POD); i++)
		error = widen_add_texts(list, &workloads_pod_at(workloads, i)->ips);
	for (size_t i = 0; error == 0 && i < workloads_count(workloads, RECORD_SERVICE); i++) {
		const struct service_record *service = workloads_service_at(workloads, i);
		error = widen_add_texts(list, &service->cluster_ips);
		if (error == 0)
			error = widen_add_texts(list, &service->lb_ips);
	}
	for (size_t i = 0; error == 0 && i < workloads_count(workloads, RECORD_NODE); i++) {
		const struct node_record *node = workloads_node_at(workloads, i);
		error = widen_add_texts(list, &node->ips);
		if (error == 0)
			error = widen_add_texts(list, &node->pod_cidrs);
	}
	return error;
}

/* Joins overlapping ranges, so that a search checks only one. Returns the new count. */
static size_t widen_merge_ranges(struct address_range *ranges, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct address_range *last = kept > 0 ? &ranges[kept - 1] : NULL;
		if (!last || last->family != ranges[i].family ||
		    memcmp(ranges[i].first, last->last, sizeof(last->last)) > 0)
			ranges[kept++] = ranges[i];
		else if (memcmp(ranges[i].last, last->last, sizeof(last->last)) > 0)
			memcpy(last->last, ranges[i].last, sizeof(last->last));
	}
	return kept;
}

static int widen_learn_cluster(struct widen *widen, const struct workloads *workloads)
{
	struct range_list list = {.items = NULL};

	if (widen->ready)
		return 0;
	if (widen_add_cluster(&list, workloads) != 0) {
		free(list.items);
		return -ENOMEM;
	}
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), widen_compare_ranges);
	widen->ranges = list.items;
	widen->count = widen_merge_ranges(list.items, list.count);
	widen->ready = true;
	return 0;
}

/* --- ranges as blocks --- */

int widen_add_block(struct widen_blocks *blocks, const char *text)
{
	struct netpol_block block;

	if (!widen_read_block(text, &block))
		return 0;
	struct netpol_block *added = ARRAY_ADD(blocks->items, blocks->count, blocks->capacity);
	if (!added)
		return -ENOMEM;
	*added = block;
	return 0;
}

/* Returns the prefix length of the largest block that begins at the range's first address and is
 * inside the range. */
static unsigned int widen_fit(const struct address_range *range)
{
	struct flow_address first;
	unsigned int prefix = address_bits(range->family);

	memcpy(first.bytes, range->first, sizeof(range->first));
	while (prefix > 0) {
		struct address_range wider = widen_block_range(range->family, &first, prefix - 1);
		if (memcmp(wider.first, range->first, sizeof(wider.first)) != 0 ||
		    memcmp(wider.last, range->last, sizeof(wider.last)) > 0)
			break;
		prefix--;
	}
	return prefix;
}

/* Removes a block from the beginning of the range. Returns false if nothing is left. */
static bool widen_cut(struct address_range *range, const struct address_range *block)
{
	size_t size = widen_address_size(range->family);

	if (memcmp(block->last, range->last, sizeof(block->last)) == 0)
		return false;
	memcpy(range->first, block->last, sizeof(block->last));
	for (size_t i = size; i > 0; i--) {
		if (++range->first[i - 1] != 0)
			break;
	}
	return true;
}

static int widen_add_range(struct widen_blocks *blocks, struct address_range range)
{
	bool more = true;

	while (more) {
		struct netpol_block *added =
			ARRAY_ADD(blocks->items, blocks->count, blocks->capacity);
		if (!added)
			return -ENOMEM;
		*added = (struct netpol_block){.family = range.family,
					       .prefix = (uint8_t)widen_fit(&range)};
		memcpy(added->address.bytes, range.first, sizeof(range.first));
		struct address_range block =
			widen_block_range(added->family, &added->address, added->prefix);
		more = widen_cut(&range, &block);
	}
	return 0;
}

int widen_cluster_blocks(struct widen *widen, const struct workloads *workloads,
			 struct widen_blocks *blocks)
{
	int error = widen_learn_cluster(widen, workloads);

	for (size_t i = 0; i < widen->count && error == 0; i++)
		error = widen_add_range(blocks, widen->ranges[i]);
	return error;
}

void widen_free(struct widen *widen)
{
	free(widen->ranges);
	*widen = (struct widen){.ranges = NULL};
}

/* Returns a positive number if the range ends before the block begins. */
static int widen_compare_end(const void *block, const void *range)
{
	const struct address_range *x = block;
	const struct address_range *y = range;

	return x->family != y->family ? x->family - y->family
				      : memcmp(x->first, y->last, sizeof(x->first));
}

static bool widen_has_cluster_address(const struct widen *widen, const struct address_range *block)
{
	size_t at =
		array_search(block, widen->ranges, widen->count, sizeof(*block), widen_compare_end);

	return at < widen->count && widen->ranges[at].family == block->family &&
	       memcmp(widen->ranges[at].first, block->last, sizeof(block->last)) <= 0;
}

/* --- items --- */

/* Returns true for a block outside the cluster. Blocks for nodes, host-network pods and endpoints
 * of Services are inside, and have an `origin`. A link-local IPv4 address is not outside either,
 * because it belongs to the pod's own node. */
static bool widen_is_outside(const struct peer_item *item)
{
	return item->peer.kind == NETPOL_PEER_BLOCK && !item->origin &&
	       !address_is_link_local_v4(item->peer.block.family, &item->peer.block.address);
}

int widen_items(struct widen *widen, const struct workloads *workloads,
		const struct draft_options *options, struct peer_items *items, struct lines *lines)
{
	struct lines kept = {.arena = lines->arena};

	if (options->widen_ipv4 == 0 && options->widen_ipv6 == 0)
		return 0;
	if (widen_learn_cluster(widen, workloads) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < items->count; i++) {
		struct netpol_block *block = &items->items[i].peer.block;
		uint8_t prefix = block->family == 4 ? options->widen_ipv4 : options->widen_ipv6;
		char address[ADDRESS_TEXT_SIZE];
		if (!widen_is_outside(&items->items[i]) || prefix == 0 || prefix >= block->prefix)
			continue;
		struct address_range range =
			widen_block_range(block->family, &block->address, prefix);
		if (!widen_has_cluster_address(widen, &range)) {
			memcpy(&block->address, range.first, sizeof(block->address));
			block->prefix = prefix;
			continue;
		}
		address_format(block->family, &block->address, address);
		lines_printf(&kept, "not widened: %s: its /%u has addresses of this cluster in it",
			     address, prefix);
	}
	lines_settle(&kept, LINES_OF_KIND);
	lines_append(lines, &kept);
	return lines->error;
}
