/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comment at a peer that is no pods: what the address is, the DNS names that led there and the
 * programs that went there; the addresses themselves, where the peer is wider than they are. All of
 * it is text that others control: escaped to printable ASCII and bounded.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_COMMENT_H
#define POLECAT_CORE_POLICY_DRAFT_COMMENT_H

#include "core/policy/draft/peer_item.h"

/* *out is NULL where nothing is known. The same for the items in any order. 0 or -ENOMEM. */
int comment_of_peer(struct arena *arena, const struct peer_item *items, size_t count,
		    const char **out);

#endif
