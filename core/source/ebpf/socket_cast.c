/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/socket_cast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "bpf/socket_cast.h"
#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/source/ebpf/kernel_btf.h"

/* Names in the kernel's BTF. */
#define CAST_FUNCTION "bpf_rdonly_cast"
#define CAST_TYPE     "sock_common"

int socket_cast_want(struct kernel_btf *types)
{
	int error = kernel_btf_want(types, CAST_FUNCTION);

	return error ? error : kernel_btf_want(types, CAST_TYPE);
}

uint32_t socket_cast_find(const struct kernel_btf *types)
{
	return kernel_btf_find_function(types, CAST_FUNCTION)
		       ? kernel_btf_find_type(types, CAST_TYPE)
		       : 0;
}

int socket_cast_set(const struct kernel_btf *types, struct bpf_program *program)
{
	size_t count = bpf_program__insn_cnt(program);
	CLEANUP_FREE struct bpf_insn *copy = memory_checked(calloc(count, sizeof(*copy)));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bpf_program__insns(program), count * sizeof(*copy));
	for (size_t i = 0; i < count; i++) {
		if (copy[i].code != (BPF_JMP | BPF_CALL) || copy[i].src_reg != 0 ||
		    copy[i].imm != SOCKET_CAST_PLACEHOLDER)
			continue;
		copy[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		copy[i].imm = (int32_t)kernel_btf_find_function(types, CAST_FUNCTION);
	}
	/* libbpf finds the instructions to relocate by index. None has moved. */
	return bpf_program__set_insns(program, copy, count);
}
