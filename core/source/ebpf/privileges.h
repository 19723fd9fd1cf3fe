/* SPDX-License-Identifier: Apache-2.0 */
/* The privileges of this process, from /proc/self/status. Reading four bits does not justify
 * libcap. */
#ifndef POLECAT_CORE_SOURCE_EBPF_PRIVILEGES_H
#define POLECAT_CORE_SOURCE_EBPF_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers from include/uapi/linux/capability.h. */
enum privilege {
	PRIVILEGE_NET_ADMIN = 12,
	PRIVILEGE_SYS_ADMIN = 21,
	PRIVILEGE_PERFMON = 38,
	PRIVILEGE_BPF = 39,
};

/* The remedy for missing capabilities. */
#define PRIVILEGES_SETCAP "sudo setcap cap_bpf,cap_perfmon,cap_net_admin=ep $(command -v polecat)"

/* Returns true if the capability is in this process's effective set. */
bool privileges_have(enum privilege privilege);

/* Writes the capabilities that kernel programs need and this process lacks: "CAP_BPF and
 * CAP_PERFMON". Returns false with an empty text if none is missing. CAP_SYS_ADMIN implies both. */
bool privileges_missing_for_bpf(char *text, size_t size);

/* Returns true in a user namespace other than the initial one (a rootless container), where
 * capabilities do not permit kernel programs. Returns false if /proc cannot be read. */
bool privileges_in_user_namespace(void);

#endif
