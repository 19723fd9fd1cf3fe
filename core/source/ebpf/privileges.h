/* SPDX-License-Identifier: Apache-2.0 */
/* What this process may do, read from /proc/self/status. No libcap: four bits are all that is asked
 * for. */
#ifndef POLECAT_CORE_SOURCE_EBPF_PRIVILEGES_H
#define POLECAT_CORE_SOURCE_EBPF_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/* Numbers of include/uapi/linux/capability.h. */
enum privilege {
	PRIVILEGE_NET_ADMIN = 12,
	PRIVILEGE_SYS_PTRACE = 19,
	PRIVILEGE_SYS_ADMIN = 21,
	PRIVILEGE_PERFMON = 38,
	PRIVILEGE_BPF = 39,
};

/* True when the capability is in this process's effective set. */
bool privileges_have(enum privilege privilege);

/*
 * Which of the capabilities that loading the kernel programs needs are missing: "CAP_BPF and
 * CAP_PERFMON" in text. False, and an empty text, when none is (CAP_SYS_ADMIN stands for both).
 */
bool privileges_missing_for_bpf(char *text, size_t size);

/*
 * True inside a user namespace that is not the machine's own (a rootless container): capabilities
 * held there do not reach the kernel programs. False where /proc does not tell.
 */
bool privileges_in_user_namespace(void);

#endif
