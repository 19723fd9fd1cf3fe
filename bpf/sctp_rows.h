/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of SCTP associations, and the functions that insert associations. */
#ifndef POLECAT_BPF_SCTP_ROWS_H
#define POLECAT_BPF_SCTP_ROWS_H

#include "bpf/counters.h"
#include "bpf/sctp_packet.h"
#include "bpf/udp_socket.h"

/* Programs insert associations, and mark those that have ended. User space deletes the ended
 * associations at a later reading, so that late packets do not begin new associations. The key is
 * sctp_row.id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct sctp_row);
} sctp_rows SEC(".maps");

/* The number of rows that the cgroups with the same CGROUP_PLACE have. Programs add, and user
 * space subtracts with each row that it deletes. */
__u32 sctp_used[CGROUP_PLACES];

/* The maximum number of rows of the cgroups with the same CGROUP_PLACE. User space sets it
 * before it loads the programs. */
const volatile __u32 sctp_cgroup_rows_max;

/* The ids of the associations by tag, at most two for each association. Programs insert entries,
 * and delete the entry of a tag that another tag replaces. User space deletes the entries of an
 * association with the association. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sctp_tag);
	__type(value, __u64);
} sctp_tags SEC(".maps");

/* Identifies a COOKIE ECHO, and the COOKIE ACK that answers it. */
struct sctp_echo_key {
	__u64 socket; /* cookie */
	__u64 peer[2];
	__u16 local_port;
	__u16 peer_port;
	__u32 padding;
};

struct sctp_echo {
	__u64 time_ns;
	__u64 bytes;
	__u32 count;
	__u32 tag; /* of this end */
};

/*
 * The COOKIE ECHOs that the kernel has not answered yet. Programs insert an entry at the COOKIE
 * ECHO, before the kernel checks its cookie, and delete it at the COOKIE ACK. The kernel answers at
 * once, so an entry is needed only for a moment. A flood of forged COOKIE ECHOs replaces the oldest
 * entries.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct sctp_echo_key);
	__type(value, struct sctp_echo);
} sctp_echoes SEC(".maps");

/* Tags of associations that are counted as lost because there was no row for them. Further packets
 * of these associations do not count again. Programs insert entries. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct sctp_tag);
	__type(value, __u8);
} sctp_unkept SEC(".maps");

/* The times at which sockets with attempts were closed, by the socket's cookie. Programs insert
 * entries, and user space deletes them at each reading. User space sets the size to that of
 * sctp_rows before it loads the programs: each of these sockets has a row. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u64);
} sctp_closed SEC(".maps");

static __always_inline struct sctp_row *sctp_find(const struct sctp_tag *key)
{
	const __u64 *id = bpf_map_lookup_elem(&sctp_tags, key);
	__u64 copy;

	if (!id)
		return NULL;
	copy = *id;
	return bpf_map_lookup_elem(&sctp_rows, &copy);
}

/* Assigns the packets with a tag of one end to the association, and removes the end's former tag.
 * Returns false if the map has no room. */
static __always_inline bool sctp_add_tag(struct sctp_row *row, __u32 tag, __u32 is_sent)
{
	__u32 *place = is_sent ? &row->peer_tag : &row->own_tag;
	struct sctp_tag key = {*place, row->local_port, row->peer_port, is_sent};
	__u64 id = row->id;
	const __u64 *known;

	if (key.tag && key.tag != tag) {
		known = bpf_map_lookup_elem(&sctp_tags, &key);
		/* By now, another association may have the tag. */
		if (known && *known == id)
			bpf_map_delete_elem(&sctp_tags, &key);
	}
	*place = tag;
	key.tag = tag;
	return !bpf_map_update_elem(&sctp_tags, &key, &id, BPF_ANY);
}

/* Inserts an association. Returns NULL if the map is full, or if the cgroup has used up its
 * share. */
static __always_inline struct sctp_row *sctp_insert(const struct sctp_row *new)
{
	__u32 *used = &sctp_used[CGROUP_PLACE(new->cgroup_id)];

	if (*(volatile __u32 *)used >= sctp_cgroup_rows_max)
		return NULL;
	if (!bpf_map_update_elem(&sctp_rows, &new->id, new, BPF_NOEXIST))
		__sync_fetch_and_add(used, 1);
	return bpf_map_lookup_elem(&sctp_rows, &new->id);
}

/* Deletes an association that no packet can find, because there was no room for its tag. */
static __always_inline void sctp_remove(const struct sctp_row *row)
{
	__u32 *used = &sctp_used[CGROUP_PLACE(row->cgroup_id)];
	__u64 id = row->id;

	if (!bpf_map_delete_elem(&sctp_rows, &id))
		__sync_fetch_and_add(used, (__u32)-1);
}

/* Counts an association without a row as lost, but only once. `key` is the key of its packets. */
static __always_inline void sctp_count_unkept(const struct sctp_tag *key)
{
	const __u8 one = 1;

	if (!bpf_map_update_elem(&sctp_unkept, key, &one, BPF_NOEXIST))
		counters_add_lost();
}

/* Fills in the ends and the owner of an association, and inserts it. The other members of `new` are
 * set. */
static __always_inline struct sctp_row *sctp_add(struct __sk_buff *skb,
						 const struct sctp_packet *packet,
						 struct bpf_sock *sk, struct sctp_row *new)
{
	struct udp_socket *socket = bpf_sk_storage_get(&udp_sockets, sk, 0, 0);
	bool attempt = new->state == SCTP_ATTEMPT;
	struct sctp_row *row;

	new->socket = bpf_get_socket_cookie(skb);
	new->cgroup_id = bpf_sk_cgroup_id(sk);
	new->peer[0] = packet->peer[0];
	new->peer[1] = packet->peer[1];
	new->local[0] = packet->local[0];
	new->local[1] = packet->local[1];
	new->local_port = packet->key.local_port;
	new->peer_port = packet->key.peer_port;
	new->family = packet->family;
	if (socket) {
		/* connect() and sendmsg() send the INIT in the context of their process. */
		if (udp_sees_task && attempt && socket->has_owner)
			socket_owner_set(&socket->owner, bpf_get_current_task_btf());
		new->netns = socket->netns;
		new->pid = socket->owner.pid;
		new->uid = socket->owner.uid;
		__builtin_memcpy(new->comm, socket->owner.comm, sizeof(new->comm));
	}
	row = sctp_insert(new);
	if (socket)
		socket->is_unkept = !row;
	if (row && socket && attempt) {
		socket->association = new->id;
		socket->rows++;
	}
	return row;
}

#endif
