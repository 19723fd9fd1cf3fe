/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that polecat makes after its start, in groups, and the filter that refuses all
 * others. */
#ifndef POLECAT_CORE_SANDBOX_SYSCALLS_H
#define POLECAT_CORE_SANDBOX_SYSCALLS_H

#include <stddef.h>

/* Names of system calls, NULL-terminated. A name that an architecture lacks is fine. */
extern const char *const syscalls_common[];  /* files, memory, threads, signals, time */
extern const char *const syscalls_network[]; /* sockets: unix, IPv4, IPv6, netlink */
extern const char *const syscalls_bpf[];     /* maps, iterators and links */
extern const char *const syscalls_helper[];  /* all that helper.h needs */

/*
 * Loads a filter that allows only these groups, in all threads of the process. Other system calls
 * return -EPERM, and clone3 returns -ENOSYS, as in older kernels, because a filter cannot read its
 * flags. Allows some calls only with some arguments (syscalls.c). Needs no_new_privs. Returns 0 or
 * -errno.
 */
int syscalls_allow(const char *const *const *groups, size_t count);

#endif
