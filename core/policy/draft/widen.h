/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single addresses outside the cluster become blocks, where a person wants that. What belongs to
 * the cluster stays as it is, and no block is made that has an address of the cluster in it.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_WIDEN_H
#define POLECAT_CORE_POLICY_DRAFT_WIDEN_H

#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/policy/draft/lines.h"
#include "core/policy/draft/peer_item.h"
#include "core/state/identity/workloads.h"

struct address_range;

/* The addresses of the cluster's pods, Services and nodes. Zero-initialise; widen_free in the end.
 */
struct widen {
	struct address_range *ranges; /* sorted, apart */
	size_t count;
	bool ready;
};

void widen_free(struct widen *widen);

/* Widens items in place; says in a line what could not be. 0 or -ENOMEM. */
int widen_items(struct widen *widen, const struct workloads *workloads,
		const struct draft_options *options, struct peer_items *items, struct lines *lines);

#endif
