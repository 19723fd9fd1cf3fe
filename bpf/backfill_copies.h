/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The iterators of backfill.h for kernels without has_socket_storage (Linux 5.10). There, a program
 * cannot get a typed pointer to the socket behind a file, so these programs copy the socket and
 * read the copy.
 */
#ifndef POLECAT_BPF_BACKFILL_COPIES_H
#define POLECAT_BPF_BACKFILL_COPIES_H

#include "bpf/backfill.h"

/* More than the size of struct tcp_sock on any kernel. */
#define SOCKET_COPY_SIZE 4096

struct socket_copy {
	__u64 words[SOCKET_COPY_SIZE / sizeof(__u64)];
};

/* One copy for each CPU. An iterator does not change its CPU, and only one of polecat's iterators
 * runs at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct socket_copy);
} socket_copies SEC(".maps");

struct copied_socket {
	struct sock *original; /* the programs cannot read through it */
	struct tcp_sock *tcp;  /* the copy */
	struct sock *sk;       /* the same copy */
};

/* Copies the TCP or Multipath TCP socket behind a task's file. Returns false for other files. */
static __always_inline bool backfill_copy_socket(struct bpf_iter__task_file *context,
						 struct copied_socket *to)
{
	__u32 size = bpf_core_type_size(struct tcp_sock);
	struct file *file = context->file;
	struct socket_copy *copy;
	struct socket *socket;
	__u32 zero = 0;

	if (!file || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return false;
	socket = file->private_data;
	to->original = BPF_CORE_READ(socket, sk);
	copy = bpf_map_lookup_elem(&socket_copies, &zero);
	if (!to->original || !copy || size > sizeof(*copy) ||
	    bpf_probe_read_kernel(copy, size, to->original))
		return false;
	to->sk = (struct sock *)copy;
	to->tcp = (struct tcp_sock *)copy;
	return backfill_is_tcp(to->sk);
}

SEC("?iter/task_file")
int backfill_copied_listeners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct copied_socket socket;
	struct socket_owner owner;

	if (!task || !backfill_copy_socket(context, &socket) ||
	    socket.sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	socket_owner_set(&owner, task);
	backfill_add_listener(socket.sk, &owner);
	return 0;
}

SEC("?iter/task_file")
int backfill_copied_connections(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct copied_socket socket;
	struct socket_info *info;

	if (!task || !backfill_copy_socket(context, &socket) ||
	    socket.sk->sk_protocol != IPPROTO_TCP ||
	    !backfill_is_open(socket.sk->__sk_common.skc_state))
		return 0;
	info = socket_info_get(socket.original, true);
	if (info)
		backfill_report(context->meta->seq, task, socket.sk, socket.tcp, info,
				counters_next_id(bpf_ktime_get_boot_ns()));
	return 0;
}

SEC("?iter/task_file")
int sample_copies(struct bpf_iter__task_file *context)
{
	struct copied_socket socket;
	struct socket_info *info;

	if (!backfill_copy_socket(context, &socket) || socket.sk->sk_protocol != IPPROTO_TCP)
		return 0;
	info = socket_info_get(socket.original, false);
	if (info)
		backfill_sample(context->meta->seq, socket.sk, socket.tcp, info);
	return 0;
}

#endif
