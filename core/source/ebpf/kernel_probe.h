/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds out what the running kernel lets BPF programs do, by loading programs of a few
 * instructions. Nothing is concluded from the kernel's version. One thread at a time may call these
 * functions.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_KERNEL_PROBE_H
#define POLECAT_CORE_SOURCE_EBPF_KERNEL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* If the kernel allows everything, `error` is 0 and the other members are true. */
struct kernel_abilities {
	int error; /* -errno if the simplest program does not load; all others are then false */
	/* Helpers may read the kernel's memory: not under lockdown=confidentiality. */
	bool reads_kernel;
	/* Programs on tracepoints may use the storage of sockets and bpf_get_current_task_btf:
	 * since Linux 5.11. */
	bool has_socket_storage;
	/* Programs on tracepoints may read the registers of a system call: since Linux 5.15. */
	bool has_task_registers;
	/* Programs on cgroups may use bpf_get_current_task_btf. */
	bool sees_task_in_cgroups;
};

void kernel_probe(struct kernel_abilities *out);

/* The kernel's BTF as it is in its file. Parsing it takes much longer. */
struct kernel_btf {
	char *bytes;
	size_t size;
};

/* Reads the BTF. Returns 0, or -errno (-EINVAL: not BTF). Call kernel_btf_free in either case. */
int kernel_btf_read(struct kernel_btf *out);
void kernel_btf_free(struct kernel_btf *btf);

/* Returns whether a type, or another thing with BTF, has this name. */
bool kernel_btf_has(const struct kernel_btf *btf, const char *name);

/* Returns the mode of kernel lockdown, "integrity" or "confidentiality", in static storage; NULL:
 * none, or unknown. */
const char *kernel_lockdown(void);

#endif
