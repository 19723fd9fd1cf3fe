/* SPDX-License-Identifier: Apache-2.0 */
/* Lets kernel programs read members of sockets without a helper call (bpf/socket_cast.h). */
#ifndef POLECAT_CORE_SOURCE_EBPF_SOCKET_CAST_H
#define POLECAT_CORE_SOURCE_EBPF_SOCKET_CAST_H

#include <stdint.h>

struct bpf_program;
struct kernel_btf;

/* Notes the names that socket_cast_find looks up. Call it before kernel_btf_read. Returns 0 or
 * -ENOMEM. */
int socket_cast_want(struct kernel_btf *types);

/* Returns the id of struct sock_common in the kernel's BTF; 0: the kernel lacks the cast. */
uint32_t socket_cast_find(const struct kernel_btf *types);

/* Puts the kernel's function in the place of SOCKET_CAST_PLACEHOLDER. Call it between open and
 * load, if socket_cast_find does not return 0. Returns 0 or -errno. */
int socket_cast_set(const struct kernel_btf *types, struct bpf_program *program);

#endif
