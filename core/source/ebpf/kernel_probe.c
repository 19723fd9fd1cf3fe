/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/kernel_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/syscall_function.h"
#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/source/ebpf/kernel_btf.h"

/* The number of programs that kernel_clock_offset loads. The one that loads fastest gives the
 * smallest error. */
#define OFFSET_READINGS 4

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

/*
 * Since Linux 7, tracepoints do not disable preemption. They mark their readers in this variable
 * instead. Linux 6.12 and earlier have the variable, too, for a few tracepoints that run while RCU
 * is not watching. They lack the type PROBE_LINUX_6_15_TYPE, which Linux 6.15 added. So a kernel
 * with both the variable and the type is Linux 7 or later.
 */
#define PROBE_TRACEPOINT_READERS "tracepoint_srcu_srcu_data"
#define PROBE_LINUX_6_15_TYPE    "bpf_res_spin_lock"

int kernel_probe_want_types(struct kernel_btf *types)
{
	int error = kernel_btf_want(types, PROBE_TRACEPOINT_READERS);

	return error ? error : kernel_btf_want(types, PROBE_LINUX_6_15_TYPE);
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
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, fexit, .expected_attach_type = BPF_TRACE_FEXIT);
	const enum bpf_prog_type tracepoint = BPF_PROG_TYPE_TRACEPOINT;

	*out = (struct kernel_abilities){0};
	iterator.attach_btf_id = kernel_btf_find_function(types, "bpf_iter_bpf_sk_storage_map");
#ifdef SYSCALL_FUNCTION
	fexit.attach_btf_id = kernel_btf_find_function(types, SYSCALL_FUNCTION(connect));
#endif
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
	out->preempts_programs = kernel_btf_find_variable(types, PROBE_TRACEPOINT_READERS) &&
				 kernel_btf_find_type(types, PROBE_LINUX_6_15_TYPE);
	if (fexit.attach_btf_id > 0)
		out->loads_exits = kernel_probe_allows(out, BPF_PROG_TYPE_TRACING, &fexit, nothing,
						       ARRAY_LENGTH(nothing));
	if (iterator.attach_btf_id > 0)
		out->iterates_sockets = kernel_probe_allows(out, BPF_PROG_TYPE_TRACING, &iterator,
							    nothing, ARRAY_LENGTH(nothing));
}

/* Loads a program, whose load time the kernel reports by its own clock. Returns the load time; 0:
 * unknown. */
static uint64_t kernel_probe_load_time(void)
{
	const struct bpf_insn nothing[] = {SET(BPF_REG_0, 0), EXIT};
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	CLEANUP_CLOSE int fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, NULL, "GPL", nothing,
					     ARRAY_LENGTH(nothing), NULL);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) ? info.load_time : 0;
}

/* Returns the offset in /proc/self/timens_offsets if it is at most error_ns from the estimate, else
 * the estimate. The offset in the file is exact, but it belongs to the time namespace of this
 * process's children, which may be another one. */
static int64_t kernel_probe_exact_offset(int64_t estimate_ns, int64_t error_ns)
{
	CLEANUP_FCLOSE FILE *file = fopen("/proc/self/timens_offsets", "re");
	long long seconds = 0;
	long long nanoseconds = 0;
	char name[32];

	while (file && fscanf(file, "%31s %lld %lld", name, &seconds, &nanoseconds) == 3) {
		int64_t offset_ns = seconds * (int64_t)NS_PER_SECOND + nanoseconds;
		if (strcmp(name, "boottime") == 0 && offset_ns >= estimate_ns - error_ns &&
		    offset_ns <= estimate_ns + error_ns)
			return offset_ns;
	}
	return estimate_ns;
}

int64_t kernel_clock_offset(void)
{
	int64_t best_ns = INT64_MAX;
	int64_t estimate_ns = 0;

	for (int i = 0; i < OFFSET_READINGS; i++) {
		uint64_t before_ns = clock_boot_ns();
		uint64_t load_ns = kernel_probe_load_time();
		int64_t passed_ns = (int64_t)(clock_boot_ns() - before_ns);
		if (load_ns == 0 ||
		    (load_ns >= before_ns && load_ns - before_ns <= (uint64_t)passed_ns))
			return 0;
		if (passed_ns < best_ns) {
			best_ns = passed_ns;
			estimate_ns = (int64_t)(before_ns - load_ns) + passed_ns / 2;
		}
	}
	return kernel_probe_exact_offset(estimate_ns, best_ns / 2 + 1);
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
