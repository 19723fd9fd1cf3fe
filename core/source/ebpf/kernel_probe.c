/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem */
#include "core/source/ebpf/kernel_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/btf.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"

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

/* Loads and unloads the program. Returns 0 or -errno. */
static int kernel_probe_load(enum bpf_prog_type type, enum bpf_attach_type attach_type,
			     const struct bpf_insn *code, size_t count)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
	int fd = bpf_prog_load(type, NULL, "GPL", code, count, &options);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Returns whether the kernel loads the program. Sets out->error if the limit of open files leaves
 * that unknown. */
static bool kernel_probe_allows(struct kernel_abilities *out, enum bpf_prog_type type,
				const struct bpf_insn *code, size_t count)
{
	enum bpf_attach_type attach_type =
		type == BPF_PROG_TYPE_CGROUP_SKB ? BPF_CGROUP_INET_EGRESS : 0;
	int error = kernel_probe_load(type, attach_type, code, count);

	if (error == -EMFILE || error == -ENFILE)
		out->error = error;
	return !error;
}

void kernel_probe(struct kernel_abilities *out)
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
	const enum bpf_prog_type tracepoint = BPF_PROG_TYPE_TRACEPOINT;

	*out = (struct kernel_abilities){0};
	out->error = kernel_probe_load(tracepoint, 0, nothing, ARRAY_LENGTH(nothing));
	if (out->error)
		return;
	out->reads_kernel =
		kernel_probe_allows(out, tracepoint, read_kernel, ARRAY_LENGTH(read_kernel));
	out->has_socket_storage =
		kernel_probe_allows(out, tracepoint, get_task, ARRAY_LENGTH(get_task));
	out->has_task_registers =
		kernel_probe_allows(out, tracepoint, get_registers, ARRAY_LENGTH(get_registers));
	out->sees_task_in_cgroups = kernel_probe_allows(out, BPF_PROG_TYPE_CGROUP_SKB, get_task,
							ARRAY_LENGTH(get_task));
}

int kernel_btf_read(struct kernel_btf *out)
{
	struct stat status;
	CLEANUP_CLOSE int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);

	*out = (struct kernel_btf){0};
	if (fd < 0 || fstat(fd, &status))
		return -errno;
	out->bytes = calloc(1, (size_t)status.st_size);
	if (!out->bytes)
		return -ENOMEM;
	while (out->size < (size_t)status.st_size) {
		ssize_t got = read(fd, out->bytes + out->size, (size_t)status.st_size - out->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		out->size += (size_t)got;
	}
	const struct btf_header *header = (const void *)out->bytes;
	bool valid = out->size >= sizeof(*header) && header->magic == BTF_MAGIC;
	return valid ? 0 : -EINVAL;
}

void kernel_btf_free(struct kernel_btf *btf)
{
	free(btf->bytes);
	*btf = (struct kernel_btf){0};
}

bool kernel_btf_has(const struct kernel_btf *btf, const char *name)
{
	const struct btf_header *header = (const void *)btf->bytes;
	char text[96] = "";
	int length = snprintf(text + 1, sizeof(text) - 1, "%s", name);

	if (btf->size < sizeof(*header) || length < 0 || (size_t)length >= sizeof(text) - 1)
		return false;
	size_t start = (size_t)header->hdr_len + header->str_off;
	if (start >= btf->size)
		return false;
	/* Each name of the section stands between two NULs, and occurs only once. */
	return memmem(btf->bytes + start, btf->size - start, text, (size_t)length + 2) != NULL;
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
