/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library for LD_PRELOAD that lets memory allocations of a program fail. Settings, in the
 * environment:
 *
 *   POLECAT_FAIL_FROM    number of the first allocation that fails; the first one has number 1.
 *                        0, or not set: none fails
 *   POLECAT_FAIL_COUNT   how many allocations fail from there on; 0: all. Default: 1
 *   POLECAT_FAIL_TOTAL   a file to which the number of allocations is written at the end
 *   POLECAT_FAIL_TRACE   a file to which the call stack of the first allocation that fails is
 *                        written
 *
 * Fails malloc, calloc, realloc, reallocarray and the aligned allocations of all libraries, but not
 * those of regcomp(3) in glibc 2.36 and of libseccomp 2.5: they free memory twice, or follow NULL,
 * when one of them fails. Needs glibc, whose own allocator stays in use below these names.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_DEPTH 48

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong allocations;
static atomic_bool traced;
static unsigned long first;
static unsigned long failures = 1;
static int trace = -1;
static int total = -1;
static bool armed;
static _Thread_local bool in_regcomp;
/* The addresses of libseccomp. */
static uintptr_t spared_start;
static uintptr_t spared_end;

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : otherwise;
}

/* Creates the file that a setting names. Returns its descriptor, or -1. */
static int create_file(const char *name)
{
	const char *path = getenv(name);

	return path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
}

static int find_spared(struct dl_phdr_info *library, size_t size, void *data)
{
	(void)size;
	(void)data;
	if (!strstr(library->dlpi_name, "libseccomp"))
		return 0;
	spared_start = library->dlpi_addr;
	for (int i = 0; i < library->dlpi_phnum; i++) {
		uintptr_t end = spared_start + library->dlpi_phdr[i].p_vaddr +
				library->dlpi_phdr[i].p_memsz;
		if (library->dlpi_phdr[i].p_type == PT_LOAD && end > spared_end)
			spared_end = end;
	}
	return 1;
}

__attribute__((constructor)) static void read_settings(void)
{
	void *stack[1];

	first = setting("POLECAT_FAIL_FROM", 0);
	failures = setting("POLECAT_FAIL_COUNT", 1);
	dl_iterate_phdr(find_spared, NULL);
	/* polecat's sandbox forbids to open files later. */
	trace = create_file("POLECAT_FAIL_TRACE");
	total = create_file("POLECAT_FAIL_TOTAL");
	/* The first call loads a library, which allocates. */
	if (trace >= 0)
		backtrace(stack, 1);
	armed = true;
}

__attribute__((destructor)) static void write_total(void)
{
	armed = false;
	if (total < 0)
		return;
	dprintf(total, "%lu\n", atomic_load(&allocations));
	close(total);
}

/* caller: the address to which the allocating function returns. */
static bool fails(const void *caller)
{
	void *stack[STACK_DEPTH];

	if (!armed || in_regcomp ||
	    ((uintptr_t)caller >= spared_start && (uintptr_t)caller < spared_end))
		return false;
	unsigned long number = atomic_fetch_add(&allocations, 1) + 1;
	if (first == 0 || number < first || (failures > 0 && number - first >= failures))
		return false;
	if (trace >= 0 && !atomic_exchange(&traced, true))
		backtrace_symbols_fd(stack, backtrace(stack, STACK_DEPTH), trace);
	errno = ENOMEM;
	return true;
}

/* The headers of glibc name parameters with leading underscores.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	void *allocated = aligned_alloc(alignment, size);

	if (!allocated)
		return ENOMEM;
	*memory = allocated;
	return 0;
}

int regcomp(regex_t *compiled, const char *pattern, int flags)
{
	int (*original)(regex_t *, const char *, int);

	in_regcomp = true;
	*(void **)&original = dlsym(RTLD_NEXT, "regcomp");
	int code = original(compiled, pattern, flags);
	in_regcomp = false;
	return code;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
