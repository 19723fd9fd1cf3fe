/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: forbids a thread to change files outside of some folders (Linux 5.13 and later). */
#ifndef POLECAT_CORE_SANDBOX_LANDLOCK_H
#define POLECAT_CORE_SANDBOX_LANDLOCK_H

#include <stddef.h>

/* Returns the version of the kernel's Landlock; 0: it has none, or it is switched off. */
int landlock_version(void);

/*
 * Makes a set of rules: below `folders` (each an existing folder or file), files may be created,
 * written, renamed and removed; elsewhere nothing may be written. Reading is not restricted. Opened
 * descriptors stay as they are. Returns a descriptor or -errno; -EOPNOTSUPP: no Landlock.
 */
int landlock_make(const char *const *folders, size_t count);

/* Applies the rules to the calling thread, and to those that it starts. Needs no_new_privs. Such a
 * thread also cannot look into other processes (ptrace(2), /proc/PID/exe). Returns 0 or -errno. */
int landlock_apply(int fd);

#endif
