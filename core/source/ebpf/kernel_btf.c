/* SPDX-License-Identifier: Apache-2.0 */
/* The format is described in Documentation/bpf/btf.rst of the kernel's source. */
#define _GNU_SOURCE /* memfd_create */

#include "core/source/ebpf/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/source/ebpf/btf_reduce.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
/* The BTF of distributions has 4 to 12 MB. */
#define BTF_SIZE_MAX ((size_t)64 << 20)

struct kernel_btf {
	struct btf_names names;
	int fd; /* the file in memory */
	char path[32];
};

/* The hooks that need BTF: the section's name is the prefix and the name of the hook. */
struct hook_kind {
	const char *section;
	const char *prefix; /* of the function or the type in the kernel's BTF */
	bool is_function;
};

static const struct hook_kind hook_kinds[] = {
	{.section = "tp_btf/", .prefix = "btf_trace_"},
	{.section = "iter/", .prefix = "bpf_iter_", .is_function = true},
	{.section = "fexit/", .prefix = "", .is_function = true},
};

/* Writes the name in the kernel's BTF for the hook of a program. NULL: the program needs none. */
static const struct hook_kind *kernel_btf_hook(const struct bpf_program *program, char name[128])
{
	const char *section = bpf_program__section_name(program);

	for (size_t i = 0; i < ARRAY_LENGTH(hook_kinds); i++) {
		const struct hook_kind *kind = &hook_kinds[i];
		if (strncmp(section, kind->section, strlen(kind->section)) != 0)
			continue;
		snprintf(name, 128, "%s%s", kind->prefix, section + strlen(kind->section));
		return kind;
	}
	return NULL;
}

/*
 * kernel_btf_set_hooks gives libbpf the id of the hook in the kernel's BTF. libbpf treats this id
 * as the descriptor of a program to attach to, and stores it in attach_prog_fd.
 */
static int kernel_btf_prepare(struct bpf_program *program, struct bpf_prog_load_opts *options,
			      long cookie)
{
	(void)program;
	(void)cookie;
	if (options->attach_prog_fd == 0)
		return -ESRCH;
	options->attach_btf_id = (uint32_t)options->attach_prog_fd;
	options->attach_prog_fd = 0;
	return 0;
}

static int kernel_btf_attach_trace(const struct bpf_program *program, long cookie,
				   struct bpf_link **out)
{
	(void)cookie;
	*out = bpf_program__attach_trace(program);
	return *out ? 0 : -errno;
}

static int kernel_btf_attach_iterator(const struct bpf_program *program, long cookie,
				      struct bpf_link **out)
{
	(void)cookie;
	*out = bpf_program__attach_iter(program, NULL);
	return *out ? 0 : -errno;
}

/* Replaces libbpf's own functions for these sections, which search all types for the hook. */
static void kernel_btf_register(void)
{
	DECLARE_LIBBPF_OPTS(libbpf_prog_handler_opts, trace,
			    .prog_prepare_load_fn = kernel_btf_prepare,
			    .prog_attach_fn = kernel_btf_attach_trace);
	DECLARE_LIBBPF_OPTS(libbpf_prog_handler_opts, iterator,
			    .prog_prepare_load_fn = kernel_btf_prepare,
			    .prog_attach_fn = kernel_btf_attach_iterator);

	(void)libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
					   &trace);
	(void)libbpf_register_prog_handler("iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER,
					   &iterator);
	(void)libbpf_register_prog_handler("fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
					   &trace);
}

int kernel_btf_new(struct kernel_btf **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct kernel_btf *types = memory_checked(calloc(1, sizeof(*types)));

	if (!types)
		return -ENOMEM;
	pthread_once(&once, kernel_btf_register);
	types->fd = memfd_create("kernel-btf", MFD_CLOEXEC);
	if (types->fd < 0) {
		int error = -errno;
		free(types);
		return error;
	}
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
	*out = types;
	return 0;
}

void kernel_btf_free(struct kernel_btf *types)
{
	if (!types)
		return;
	close(types->fd);
	btf_names_clear(&types->names);
	free(types);
}

const char *kernel_btf_path(const struct kernel_btf *types)
{
	return types->path;
}

static bool kernel_btf_is_root(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type);
}

int kernel_btf_want_object(struct kernel_btf *types, const struct bpf_object *object)
{
	const struct btf *local = bpf_object__btf(object);
	struct bpf_program *program;
	char name[128];
	int error = 0;

	for (uint32_t id = 1; local && id < btf__type_cnt(local) && !error; id++) {
		const struct btf_type *type = btf__type_by_id(local, id);
		if (type->name_off && kernel_btf_is_root(type))
			error = btf_names_want(&types->names,
					       btf__name_by_offset(local, type->name_off));
	}
	bpf_object__for_each_program(program, object)
	{
		if (!error && kernel_btf_hook(program, name))
			error = btf_names_want(&types->names, name);
	}
	return error;
}

int kernel_btf_want(struct kernel_btf *types, const char *name)
{
	return btf_names_want(&types->names, name);
}

int kernel_btf_read(struct kernel_btf *types)
{
	struct stat status;
	char *copy = NULL;
	CLEANUP_CLOSE int fd = open(BTF_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	/* Linux 6.16 and later can map the file. Reading costs a system call for each page. */
	size_t size = (size_t)status.st_size;
	void *mapped = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	int error = mapped == MAP_FAILED ? file_read_all(fd, BTF_SIZE_MAX, &copy, &size) : 0;
	CLEANUP_BUFFER struct buffer reduced = {0};
	if (!error)
		error = btf_reduce(copy ? copy : mapped, size, &types->names, &reduced);
	if (!error)
		error = file_write_all(types->fd, reduced.data, reduced.length);
	if (mapped != MAP_FAILED)
		munmap(mapped, (size_t)status.st_size);
	free(copy);
	return error;
}

uint32_t kernel_btf_find_function(const struct kernel_btf *types, const char *name)
{
	const struct btf_name *found = types ? btf_names_find(&types->names, name) : NULL;

	return found ? found->function : 0;
}

uint32_t kernel_btf_find_type(const struct kernel_btf *types, const char *name)
{
	const struct btf_name *found = types ? btf_names_find(&types->names, name) : NULL;

	return found ? found->type : 0;
}

uint32_t kernel_btf_find_variable(const struct kernel_btf *types, const char *name)
{
	const struct btf_name *found = types ? btf_names_find(&types->names, name) : NULL;

	return found ? found->variable : 0;
}

int kernel_btf_set_hooks(const struct kernel_btf *types, struct bpf_object *object)
{
	struct bpf_program *program;
	char name[128];
	int error = 0;

	bpf_object__for_each_program(program, object)
	{
		const struct hook_kind *kind = kernel_btf_hook(program, name);
		if (!kind || !bpf_program__autoload(program))
			continue;
		uint32_t id = kind->is_function ? kernel_btf_find_function(types, name)
						: kernel_btf_find_type(types, name);
		/* With a hook that the kernel lacks, the load fails in kernel_btf_prepare. */
		if (id > 0)
			error = bpf_program__set_attach_target(program, (int)id, NULL);
		if (error)
			break;
	}
	return error;
}

int kernel_btf_parse(struct btf **out)
{
	CLEANUP_FREE char *bytes = NULL;
	size_t size;
	int error = file_read(BTF_FILE, BTF_SIZE_MAX, &bytes, &size);

	*out = NULL;
	if (error)
		return error;
	*out = btf__new(bytes, (uint32_t)size);
	return *out ? 0 : -errno;
}
