/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows that count the datagrams of each socket and peer.
 *
 * Most rows are in the table udp_rows, at one of two indices that the hash of the key gives. A
 * look-up in the table needs no helper call, so it costs less than one in a map. If both indices
 * are taken, the row is in the map udp_more. Every second, user space reads all rows of both.
 *
 * Neither is for one cgroup alone. A cgroup may add a row to one of them only if it has fewer rows
 * there than are free, as in the ring of events (bpf/ring.h). So one cgroup gets at most half of
 * each, and others still find room.
 */
#ifndef POLECAT_BPF_UDP_ROWS_H
#define POLECAT_BPF_UDP_ROWS_H

#include "bpf/udp_packet.h"
#include "bpf/udp_socket.h"

/* If a socket has this many rows, a new row of an ingress flow stands for all ports of its peer's
 * address, because a server may see a new client port for each request. */
#define UDP_PORT_ROWS_MAX 256
/* The maximum number of rows of one socket. One more row counts all other peers. */
#define UDP_SOCKET_ROWS_MAX 4096

/* Programs claim free rows. User space frees the rows of closed sockets, and idle ones. */
struct udp_row udp_rows[UDP_ROWS];

/* For each row, the number of programs that tried to claim it since it became free. */
__u32 udp_claims[UDP_ROWS];

/* The rows of the cgroups with the same CGROUP_PLACE, and those of all cgroups. Programs add, and
 * user space subtracts with each row that it frees. */
struct udp_used udp_cgroups_used[CGROUP_PLACES];
struct udp_used udp_all_used;

/* The size of udp_more. User space sets it before it loads the programs. */
const volatile __s32 udp_more_max;

/* Programs insert rows. User space deletes the rows of closed sockets, and idle rows of cgroups
 * that are short of rows. Datagrams whose row fits neither into udp_rows nor into this map are
 * counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct udp_key);
	__type(value, struct udp_row);
} udp_more SEC(".maps");

/* For each cgroup, the datagrams for which there was no row, because the cgroup had used up its
 * share of the table and of the map. Programs insert and update entries, and user space reads them.
 * Entries are never deleted. If this map is full, too, the datagrams are only in the total of lost
 * events (bpf/counters.h). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* id of the cgroup */
	__type(value, struct udp_total);
} udp_unaccounted SEC(".maps");

static __always_inline void udp_rows_add_unaccounted(__u64 cgroup_id, bool egress, __u64 sum)
{
	static const struct udp_total empty;
	struct udp_total *total = bpf_map_lookup_elem(&udp_unaccounted, &cgroup_id);

	if (!total) {
		bpf_map_update_elem(&udp_unaccounted, &cgroup_id, &empty, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&udp_unaccounted, &cgroup_id);
	}
	if (total)
		__sync_fetch_and_add(egress ? &total->sent : &total->received, sum);
}

static __always_inline __u32 udp_rows_place(const struct udp_key *key)
{
	/* Bit n of the product depends on bits 0 to n of the sum below. So bits 40 to 49 mix more
	 * of the key than the lowest bits would. */
	__u64 hash = (key->socket * 31 + key->peer[0] + key->peer[1] * 17 + key->end) *
		     0x9e3779b97f4a7c15ull;

	return (__u32)(hash >> 40) & (UDP_ROWS - 1);
}

static __always_inline bool udp_rows_match(const struct udp_row *row, const struct udp_key *key)
{
	return row->socket == key->socket && row->peer[0] == key->peer[0] &&
	       row->peer[1] == key->peer[1] && row->end == key->end;
}

/* Returns the row with the key if it is in the table, else NULL. */
static __always_inline struct udp_row *udp_rows_find_in_table(const struct udp_key *key)
{
	struct udp_row *row = &udp_rows[udp_rows_place(key)];

	if (udp_rows_match(row, key))
		return row;
	row = &udp_rows[udp_rows_place(key) ^ 1];
	return udp_rows_match(row, key) ? row : NULL;
}

/* Returns the row with the key, or NULL. */
static __always_inline struct udp_row *udp_rows_find(const struct udp_key *key)
{
	struct udp_row *row = udp_rows_find_in_table(key);

	return row ? row : bpf_map_lookup_elem(&udp_more, key);
}

/*
 * Copies a new row to the index `place` of udp_rows. Returns NULL if the index is taken.
 *
 * A program claims the index if it reads 1 after it has incremented the index's counter in
 * udp_claims. Of programs that increment the counter at the same time, at most one reads 1. If none
 * reads 1, user space resets the counter. This needs no atomic operation that returns a value,
 * which Linux 5.10 lacks.
 */
static __always_inline struct udp_row *udp_rows_claim(__u32 place, const struct udp_row *from)
{
	volatile __u32 *claims = &udp_claims[place & (UDP_ROWS - 1)];
	struct udp_row *row = &udp_rows[place & (UDP_ROWS - 1)];
	__u64 *to = (__u64 *)row;

	if (*claims)
		return NULL;
	__sync_fetch_and_add(claims, 1);
	if (*claims != 1)
		return NULL;
	for (unsigned int i = 1; i < sizeof(*row) / sizeof(*to); i++)
		to[i] = ((const __u64 *)from)[i];
	barrier();
	*(volatile __u64 *)&row->socket = from->socket;
	return row;
}

/* Returns whether a cgroup with `own` rows may add a row where all cgroups have `all` rows, of at
 * most `max`. */
static __always_inline bool udp_rows_admit(const __s32 *own, const __s32 *all, __s32 max)
{
	__s32 used = *(const volatile __s32 *)all;

	return *(const volatile __s32 *)own < max - used;
}

/* Returns the new row in the table, or NULL. */
static __always_inline struct udp_row *udp_rows_insert_in_table(const struct udp_key *key,
								const struct udp_row *from)
{
	struct udp_used *own = &udp_cgroups_used[CGROUP_PLACE(from->cgroup_id)];
	__u32 place = udp_rows_place(key);
	struct udp_row *row;

	if (!udp_rows_admit(&own->in_table, &udp_all_used.in_table, UDP_ROWS))
		return NULL;
	row = udp_rows_claim(place, from);
	if (!row)
		row = udp_rows_claim(place ^ 1, from);
	if (row) {
		__sync_fetch_and_add(&own->in_table, 1);
		__sync_fetch_and_add(&udp_all_used.in_table, 1);
	}
	return row;
}

/* Returns the new row, or the row with this key that another CPU has added, or NULL if neither the
 * table nor the map has room for it. */
static __always_inline struct udp_row *udp_rows_insert(const struct udp_key *key,
						       const struct udp_row *from)
{
	struct udp_used *own = &udp_cgroups_used[CGROUP_PLACE(from->cgroup_id)];
	struct udp_row *row = udp_rows_insert_in_table(key, from);

	if (row)
		return row;
	if (udp_rows_admit(&own->in_map, &udp_all_used.in_map, udp_more_max) &&
	    !bpf_map_update_elem(&udp_more, key, from, BPF_NOEXIST)) {
		__sync_fetch_and_add(&own->in_map, 1);
		__sync_fetch_and_add(&udp_all_used.in_map, 1);
	}
	return bpf_map_lookup_elem(&udp_more, key);
}

#endif
