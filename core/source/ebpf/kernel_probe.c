/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/kernel_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/source/ebpf/kernel_btf.h"

#define CALL(function)                                        \
	{                                                     \
		.code = BPF_JMP | BPF_CALL, .imm = (function) \
	}
#define SET(register, v)                                                               \
	{                                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (v) \
	}
#define COPY(to, from)                                                                  \
	{                                                                               \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) \
	}
#define ADD(register, v)                                                               \
	{                                                                              \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (register), .imm = (v) \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}

/* Loads and unloads the program. `options` may be NULL. Returns 0 or -errno. */
static int kernel_probe_load(enum bpf_prog_type type, const struct bpf_prog_load_opts *options,
			     const struct bpf_insn *code, size_t count)
{
	int fd = bpf_prog_load(type, NULL, "GPL", code, count, options);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Returns whether the kernel loads the program. Sets out->error if the limit of open files leaves
 * that unknown. */
static bool kernel_probe_allows(struct kernel_abilities *out, enum bpf_prog_type type,
				const struct bpf_prog_load_opts *options,
				const struct bpf_insn *code, size_t count)
{
	int error = kernel_probe_load(type, options, code, count);

	if (error == -EMFILE || error == -ENFILE)
		out->error = error;
	return !error;
}

void kernel_probe(const struct kernel_btf *types, struct kernel_abilities *out)
{
	const struct bpf_insn read_kernel[] = {
		COPY(BPF_REG_1, BPF_REG_10),
		ADD(BPF_REG_1, -8),
		SET(BPF_REG_2, 8),
		SET(BPF_REG_3, 0),
		CALL(BPF_FUNC_probe_read_kernel),
		SET(BPF_REG_0, 0),
		EXIT,
	};
	const struct bpf_insn get_task[] = {
		CALL(BPF_FUNC_get_current_task_btf),
		SET(BPF_REG_0, 0),
		EXIT,
	};
	const struct bpf_insn get_registers[] = {
		CALL(BPF_FUNC_get_current_task_btf),
		COPY(BPF_REG_1, BPF_REG_0),
		CALL(BPF_FUNC_task_pt_regs),
		SET(BPF_REG_0, 0),
		EXIT,
	};

	const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), EXIT};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, egress,
			    .expected_attach_type = BPF_CGROUP_INET_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, iterator, .expected_attach_type = BPF_TRACE_ITER);
	const enum bpf_prog_type tracepoint = BPF_PROG_TYPE_TRACEPOINT;

	*out = (struct kernel_abilities){0};
	iterator.attach_btf_id = kernel_btf_find_function(types, "bpf_iter_bpf_sk_storage_map");
	out->error = kernel_probe_load(tracepoint, NULL, nothing, ARRAY_LENGTH(nothing));
	if (out->error)
		return;
	out->reads_kernel =
		kernel_probe_allows(out, tracepoint, NULL, read_kernel, ARRAY_LENGTH(read_kernel));
	out->has_socket_storage =
		kernel_probe_allows(out, tracepoint, NULL, get_task, ARRAY_LENGTH(get_task));
	out->has_task_registers = kernel_probe_allows(out, tracepoint, NULL, get_registers,
						      ARRAY_LENGTH(get_registers));
	out->sees_task_in_cgroups = kernel_probe_allows(out, BPF_PROG_TYPE_CGROUP_SKB, &egress,
							get_task, ARRAY_LENGTH(get_task));
	if (iterator.attach_btf_id > 0)
		out->iterates_sockets = kernel_probe_allows(out, BPF_PROG_TYPE_TRACING, &iterator,
							    nothing, ARRAY_LENGTH(nothing));
}

const char *kernel_lockdown(void)
{
	static const char *const modes[] = {"integrity", "confidentiality"};
	char text[64] = "";
	CLEANUP_CLOSE int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		const char *at = strstr(text, modes[i]);
		if (at && at > text && at[-1] == '[')
			return modes[i];
	}
	return NULL;
}
