/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capabilities of the calling thread, as sets of bits. The kernel keeps capabilities for each
 * thread, so each thread limits its own (capabilities(7)). Any thread. The three system calls that
 * this needs do not justify libcap.
 */
#ifndef POLECAT_CORE_SANDBOX_CAPABILITIES_H
#define POLECAT_CORE_SANDBOX_CAPABILITIES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/capability.h>

#define CAPABILITY_BIT(capability) (UINT64_C(1) << (capability))

/* "CAP_BPF, CAP_NET_ADMIN": room for all capabilities. */
#define CAPABILITIES_TEXT_SIZE 1024

/* Returns the effective set; 0 if it cannot be read. */
uint64_t capabilities_effective(void);

/* Returns the permitted set: the capabilities that the thread can make effective. */
uint64_t capabilities_permitted(void);

/* Removes all capabilities that are not in `kept` from the effective, permitted, inheritable and
 * ambient sets, and makes the remaining ones effective. This cannot be undone. Returns 0 or
 * -errno. */
int capabilities_limit(uint64_t kept);

/* Makes the permitted capabilities that are in `wanted` effective, and no others. Returns 0 or
 * -errno. */
int capabilities_use(uint64_t wanted);

/* Writes the names of a set, or "none". Writes a capability that has no name here as its number. */
void capabilities_format(uint64_t set, char text[CAPABILITIES_TEXT_SIZE]);

#endif
