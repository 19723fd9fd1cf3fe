/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds types by name in BTF, and makes smaller BTF that has only these types, in one pass. Pure.
 *
 * The smaller BTF is for CO-RE relocations: the offsets of members, the values of enumerators, and
 * whether a type or a member exists. It has each type with a wanted name, and the types that these
 * contain. Pointers in it point to void. A type may have different ids in the smaller BTF and in
 * the whole BTF.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_BTF_REDUCE_H
#define POLECAT_CORE_SOURCE_EBPF_BTF_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/hash_index.h"

/* A wanted name, and the first type, function and variable with this name. */
struct btf_name {
	char *text;
	size_t length;
	uint32_t type;     /* id in the whole BTF; 0: none */
	uint32_t function; /* id of a function, like `type` */
	uint32_t variable; /* id of a variable, like `type` */
};

/* Zero-initialise; free with btf_names_clear. */
struct btf_names {
	struct btf_name *names;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of `names`, by text */
};

/* Adds a name. libbpf ignores "___" and the rest of the name, and so does this. Returns 0 or
 * -ENOMEM. */
int btf_names_want(struct btf_names *names, const char *text);

/* Returns a wanted name, or NULL. */
const struct btf_name *btf_names_find(const struct btf_names *names, const char *text);

void btf_names_clear(struct btf_names *names);

/* Reads BTF in this machine's byte order. Sets the ids of the names, and appends the smaller BTF to
 * `out`. Returns 0, -EINVAL (malformed), -EOPNOTSUPP (a kind of type that is not
 * known) or -ENOMEM. */
int btf_reduce(const void *bytes, size_t size, struct btf_names *names, struct buffer *out);

#endif
