/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of the kernel's functions for system calls (arch/.../include/asm/syscall_wrapper.h).
 * They have one argument, a pointer to the registers. The kernel programs and user space include
 * this file. On architectures without SYSCALL_FUNCTION, polecat uses tracepoints.
 */
#ifndef POLECAT_BPF_SYSCALL_FUNCTION_H
#define POLECAT_BPF_SYSCALL_FUNCTION_H

#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
#define SYSCALL_FUNCTION(name) "__x64_sys_" #name
#elif defined(__TARGET_ARCH_arm64) || defined(__aarch64__)
#define SYSCALL_FUNCTION(name) "__arm64_sys_" #name
#endif

#endif
