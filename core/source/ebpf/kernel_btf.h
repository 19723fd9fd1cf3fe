/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of the running kernel (BTF), as far as the kernel programs need them.
 *
 * The BTF of a kernel has more than 100,000 types. For each object with programs, libbpf reads and
 * parses all of them, and searches them once for each type and each hook of the object. struct
 * kernel_btf reads them once and searches them once, for all objects:
 *
 * 1. kernel_btf_new.
 * 2. Open each object with `btf_custom_path` = kernel_btf_path, and call kernel_btf_want_object.
 * 3. kernel_btf_read. Then the file at that path has the types that the objects name, and
 *    kernel_btf_find knows the hooks.
 * 4. Before the load of each object, call kernel_btf_set_hooks.
 *
 * After step 3, several threads may use the same struct kernel_btf.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_KERNEL_BTF_H
#define POLECAT_CORE_SOURCE_EBPF_KERNEL_BTF_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_object;
struct btf;
struct kernel_btf;

/* Returns 0 or -errno. */
int kernel_btf_new(struct kernel_btf **out);

/* Call it after the load of the objects. NULL is fine. */
void kernel_btf_free(struct kernel_btf *types);

/* Returns the path of a file in memory. The path is valid in this process until kernel_btf_free. */
const char *kernel_btf_path(const struct kernel_btf *types);

/* Notes the types and the hooks of an object, or one name. Return 0 or -ENOMEM. */
int kernel_btf_want_object(struct kernel_btf *types, const struct bpf_object *object);
int kernel_btf_want(struct kernel_btf *types, const char *name);

/* Reads the kernel's BTF. Returns 0 or -errno. */
int kernel_btf_read(struct kernel_btf *types);

/* Return the id of a function, a type or a variable whose name was noted. 0: the kernel has
 * none, or the BTF was not read. The kernel's BTF contains only variables that exist once for
 * each CPU. */
uint32_t kernel_btf_find_function(const struct kernel_btf *types, const char *name);
uint32_t kernel_btf_find_type(const struct kernel_btf *types, const char *name);
uint32_t kernel_btf_find_variable(const struct kernel_btf *types, const char *name);

/* Sets the hooks on tp_btf, iter and fexit for those programs of the object that will be loaded.
 * Returns 0 or -errno. */
int kernel_btf_set_hooks(const struct kernel_btf *types, struct bpf_object *object);

/* Parses all types with libbpf, which is slow. Returns 0 or -errno. The caller frees them with
 * btf__free. */
int kernel_btf_parse(struct btf **out);

#endif
