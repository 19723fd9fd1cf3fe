/* SPDX-License-Identifier: Apache-2.0 */
/* Widens single addresses outside the cluster to blocks, if the user asks for it. Does not change
 * the cluster's own addresses, and makes no block that contains one of them. */
#ifndef POLECAT_CORE_POLICY_DRAFT_WIDEN_H
#define POLECAT_CORE_POLICY_DRAFT_WIDEN_H

#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/lines.h"
#include "core/policy/draft/peer_item.h"
#include "core/state/identity/workloads.h"

struct address_range;

/* A growing list of blocks. Zero-initialise. Free `items`. */
struct widen_blocks {
	struct netpol_block *items;
	size_t count;
	size_t capacity;
};

/*
 * The addresses of the cluster's pods, Services and nodes. Zero-initialise. Free with widen_free.
 */
struct widen {
	struct address_range *ranges; /* sorted, without overlaps */
	size_t count;
	bool ready;
};

void widen_free(struct widen *widen);

/* Adds an address, or a block in CIDR notation. Ignores other text. Returns 0 or -ENOMEM. */
int widen_add_block(struct widen_blocks *blocks, const char *text);

/* Adds the cluster's addresses as blocks. Returns 0 or -ENOMEM. */
int widen_cluster_blocks(struct widen *widen, const struct workloads *workloads,
			 struct widen_blocks *blocks);

/*
 * Widens items in place. Adds a line for each item that could not be widened. Returns 0 or -ENOMEM.
 */
int widen_items(struct widen *widen, const struct workloads *workloads,
		const struct draft_options *options, struct peer_items *items, struct lines *lines);

#endif
