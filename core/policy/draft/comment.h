/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comment after a peer that is not pods: the DNS names that resolved to the address, a
 * description of it, and the programs that connected. If the peer is a block of several addresses,
 * also the addresses that were seen. Workloads and remote servers control these texts, so they are
 * escaped to printable ASCII and bounded.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_COMMENT_H
#define POLECAT_CORE_POLICY_DRAFT_COMMENT_H

#include "core/base/arena.h"
#include "core/base/buffer.h"
#include "core/policy/draft/peer_item.h"

/* Makes the comment of a peer from its items, in any order. *out is NULL if nothing is known.
 * Formats the text in `scratch`, whose contents it replaces, and copies it into the arena. Returns
 * 0 or -ENOMEM. */
int comment_of_peer(struct arena *arena, struct buffer *scratch, const struct peer_item *items,
		    size_t count, const char **out);

#endif
