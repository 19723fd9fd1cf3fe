/* SPDX-License-Identifier: Apache-2.0 */
/* Handles ports that have very many public addresses as peers. With draft_options.group_public,
 * replaces these with all public addresses. Without it, adds a line that suggests the option.
 * Private addresses, special addresses and addresses of the cluster do not change. */
#ifndef POLECAT_CORE_POLICY_DRAFT_PUBLIC_H
#define POLECAT_CORE_POLICY_DRAFT_PUBLIC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/lines.h"
#include "core/policy/draft/peer_item.h"
#include "core/policy/draft/widen.h"

/* The blocks that are not public, by family: 0 is IPv4, 1 is IPv6. Start with all zero. The arena
 * owns all memory. */
struct public_ranges {
	struct netpol_block *excepts[2]; /* sorted, without overlaps */
	size_t counts[2];
	bool ready;
};

/* With group_public, joins the public items of each port in place. Without it, adds a line that
 * suggests the option. Ignores ports with fewer public addresses than options->max_peers. Returns 0
 * or -ENOMEM. */
int public_items(struct public_ranges *ranges, struct widen *widen,
		 const struct workloads *workloads, const struct draft_options *options,
		 struct peer_items *items, struct lines *lines);

#endif
