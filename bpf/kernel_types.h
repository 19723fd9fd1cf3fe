/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernel structs and constants that the programs use. The structs have only the fields in use. At
 * load time, libbpf relocates each access with the BTF of the running kernel (CO-RE). So the build
 * needs no kernel's BTF, and the offsets in these structs have no meaning.
 *
 * Names and nesting follow include/net/sock.h, include/linux/tcp.h, include/net/inet_sock.h,
 * include/linux/cgroup-defs.h and include/linux/bpf.h.
 */
#ifndef POLECAT_BPF_KERNEL_TYPES_H
#define POLECAT_BPF_KERNEL_TYPES_H

#include <linux/in6.h>
#include <linux/types.h>

#define AF_INET        2
#define AF_INET6       10
#define IPPROTO_TCP    6
#define IPPROTO_UDP    17
#define IPPROTO_SCTP   132
#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_SEQPACKET 5
#define IPPROTO_MPTCP  262

/* The id of the root of cgroup v2: the root of a kernfs has the inode number 1. */
#define CGROUP_ROOT_ID 1

#define S_IFMT   0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
};

/* include/net/dropreason-core.h. The value is that of the running kernel (CO-RE). */
enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	unsigned long skc_flags;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct sock_cgroup_data___before_5_15 {
	__u64 val;
};

struct net_device {
	int ifindex;
	char name[16];
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	unsigned long _skb_refdst;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
};

struct sk_buff_head {
	struct sk_buff *prev;
};

typedef struct {
	int owned;
} socket_lock_t;

struct socket;

/* include/linux/errqueue.h. Each sk_buff in sk_error_queue has a struct sock_exterr_skb in cb. */
struct sock_extended_err {
	__u32 ee_errno;
	__u8 ee_origin;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	struct sk_buff_head sk_error_queue;
	struct socket *sk_socket;
	__u16 sk_type;
	__u16 sk_protocol;
	int sk_err;
	int sk_err_soft;
	__u8 sk_shutdown;
	__u32 sk_max_ack_backlog;
	struct sock_cgroup_data sk_cgrp_data;
};

struct sock___before_5_15 {
	struct sock_cgroup_data___before_5_15 sk_cgrp_data;
};

enum sock_flags {
	SOCK_DONE = 1,
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	void *icsk_ulp_data;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u64 bytes_received;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u32 srtt_us;
	__u32 total_retrans;
	__u32 segs_out;
	_Bool is_mptcp;
};

/* net/mptcp/protocol.h */
struct mptcp_sock {
	struct sock *first;
};

struct mptcp_subflow_context {
	struct sock *conn;
};

struct socket {
	struct sock *sk;
};

/* include/linux/fs.h and fdtable.h */
struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	unsigned int flags;
	int tgid;
	struct task_struct *group_leader;
	const struct cred *cred;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	char comm[16];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#pragma clang attribute pop

#endif
