/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A call of the kernel function bpf_rdonly_cast, for kernel programs and user space.
 *
 * The function returns its argument with another type. Through a socket's pointer of that type,
 * programs can read members that the verifier otherwise hides. Linux 6.2 and later have it. The
 * verifier replaces the call with a copy of a register, so it costs less than a helper call.
 *
 * Linux 5.15 refuses an unresolved call of a kernel function even if no path reaches the call. So
 * the programs call SOCKET_CAST_PLACEHOLDER instead, a number that no helper has. User space puts
 * the kernel function in its place before the load. If the kernel lacks the function, the verifier
 * finds that no path reaches the call, and removes it.
 */
#ifndef POLECAT_BPF_SOCKET_CAST_H
#define POLECAT_BPF_SOCKET_CAST_H

#define SOCKET_CAST_PLACEHOLDER 0x5ca57000

#endif
