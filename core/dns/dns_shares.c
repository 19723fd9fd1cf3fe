/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns/dns_shares.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"

void dns_shares_clear(struct dns_shares *shares)
{
	free(shares->items);
	hash_index_clear(&shares->index);
	*shares = (struct dns_shares){0};
}

/* Returns the position of a cgroup, or HASH_INDEX_NONE. */
static uint32_t dns_shares_find(const struct dns_shares *shares, uint64_t cgroup_id)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&shares->index, hash_u64(cgroup_id), &cursor);

	while (at != HASH_INDEX_NONE && shares->items[at].cgroup_id != cgroup_id)
		at = hash_index_next(&shares->index, &cursor);
	return at;
}

/* Returns the share of a cgroup, which is new if there was none. NULL: out of memory. */
static struct dns_share *dns_shares_get(struct dns_shares *shares, uint64_t cgroup_id)
{
	uint32_t at = dns_shares_find(shares, cgroup_id);

	if (at != HASH_INDEX_NONE)
		return &shares->items[at];
	if (ARRAY_RESERVE(shares->items, shares->capacity, shares->count + 1) ||
	    hash_index_insert(&shares->index, hash_u64(cgroup_id), (uint32_t)shares->count))
		return NULL;
	struct dns_share *share = &shares->items[shares->count++];
	*share = (struct dns_share){.cgroup_id = cgroup_id};
	return share;
}

/* Removes a share without numbers. The last share takes its place. */
static void dns_shares_release(struct dns_shares *shares, uint32_t at)
{
	const struct dns_share *share = &shares->items[at];
	uint32_t end = (uint32_t)shares->count - 1;

	if (share->waiting > 0 || share->refused > 0)
		return;
	hash_index_remove(&shares->index, hash_u64(share->cgroup_id), at);
	if (at != end) {
		hash_index_move(&shares->index, hash_u64(shares->items[end].cgroup_id), end, at);
		shares->items[at] = shares->items[end];
	}
	shares->count--;
}

bool dns_shares_admit(struct dns_shares *shares, uint64_t cgroup_id, size_t max)
{
	size_t room = max > shares->waiting ? max - shares->waiting : 0;

	if (shares->waiting < max / 2)
		return true;
	struct dns_share *share = dns_shares_get(shares, cgroup_id);
	if (!share)
		return room > 0;
	if (share->waiting < room)
		return true;
	share->refused++;
	return false;
}

void dns_shares_add(struct dns_shares *shares, uint64_t cgroup_id)
{
	struct dns_share *share = dns_shares_get(shares, cgroup_id);

	shares->waiting++;
	if (share)
		share->waiting++;
}

void dns_shares_remove(struct dns_shares *shares, uint64_t cgroup_id)
{
	uint32_t at = dns_shares_find(shares, cgroup_id);

	shares->waiting--;
	/* Without memory, dns_shares_add counted no query of the cgroup. */
	if (at == HASH_INDEX_NONE)
		return;
	if (shares->items[at].waiting > 0)
		shares->items[at].waiting--;
	dns_shares_release(shares, at);
}

uint64_t dns_shares_report(struct dns_shares *shares, dns_refused_callback *callback, void *data)
{
	uint64_t sum = 0;

	for (size_t i = shares->count; i-- > 0;) {
		struct dns_share *share = &shares->items[i];
		uint64_t refused = share->refused;

		share->refused = 0;
		if (refused > 0)
			callback(data, share->cgroup_id, refused);
		sum += refused;
		dns_shares_release(shares, (uint32_t)i);
	}
	return sum;
}
