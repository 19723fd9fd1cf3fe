/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins the public addresses of a port with very many peers to all public addresses, if the user
 * wants that, and suggests it otherwise. Private and special addresses, and those of the cluster, stay
 * as they are.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PUBLIC_H
#define POLECAT_CORE_POLICY_DRAFT_PUBLIC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/lines.h"
#include "core/policy/draft/peer_item.h"
#include "core/policy/draft/widen.h"

/* The blocks that are not public, by family: 0 is IPv4, 1 is IPv6. Zero-initialise; all memory is the
 * arena's. */
struct public_ranges {
	struct netpol_block *excepts[2]; /* sorted, apart */
	size_t counts[2];
	bool ready;
};

/* Joins items in place, or adds a line that suggests it. Ports with fewer than options->max_peers
 * public addresses stay as they are. Returns 0 or -ENOMEM. */
int public_items(struct public_ranges *ranges, struct widen *widen,
		 const struct workloads *workloads, const struct draft_options *options,
		 struct peer_items *items, struct lines *lines);

#endif
