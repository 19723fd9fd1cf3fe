/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the socket behind a file descriptor, for the programs at the end of a system call. */
#ifndef POLECAT_BPF_DESCRIPTOR_H
#define POLECAT_BPF_DESCRIPTOR_H

#include "bpf/kernel_types.h"

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Returns the socket of a file descriptor of the task, or NULL. The verifier does not know the type
 * of a pointer from the task's array of files, so callers read the socket with CO-RE macros. */
static __always_inline struct sock *descriptor_get_socket(struct task_struct *task, unsigned int fd)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = NULL;
	struct socket *socket;

	if (fd >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)(table->fd + fd));
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

#endif
