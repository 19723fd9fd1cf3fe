/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the abilities of BPF programs on the running kernel, by loading programs of a few
 * instructions. Nothing is concluded from the kernel's version. One thread at a time may call these
 * functions.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_KERNEL_PROBE_H
#define POLECAT_CORE_SOURCE_EBPF_KERNEL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_btf;

/* If the kernel allows everything, `error` is 0, and all other members except preempts_programs
 * are true. preempts_programs is not a permission. */
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
	/* The kernel loads iterators over the sockets of a storage map. Hardened kernels refuse
	 * them. */
	bool iterates_sockets;
	/* Programs on the ends of the kernel's functions load (fexit). Attaching them may still
	 * fail. */
	bool loads_exits;
	/* A process may be preempted while a program on a tracepoint runs: since Linux 7. */
	bool preempts_programs;
};

/* Notes the names that kernel_probe looks up. Returns 0 or -ENOMEM. */
int kernel_probe_want_types(struct kernel_btf *types);

/* `types` was read (kernel_btf_read) and has the names of polecat's objects. Otherwise, or if it is
 * NULL, iterates_sockets, loads_exits and preempts_programs are false. */
void kernel_probe(const struct kernel_btf *types, struct kernel_abilities *out);

/* Returns clock_boot_ns minus the kernel's own time since the boot (bpf_ktime_get_boot_ns), in
 * nanoseconds: the offset of this process's time namespace, which is 0 outside time namespaces. The
 * error is at most the time that the load of a small program takes. Needs CAP_BPF. */
int64_t kernel_clock_offset(void);

/* Returns the mode of kernel lockdown, "integrity" or "confidentiality", in static storage; NULL:
 * none, or unknown. */
const char *kernel_lockdown(void);

#endif
