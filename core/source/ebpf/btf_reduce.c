/* SPDX-License-Identifier: Apache-2.0 */
/* The format is described in Documentation/bpf/btf.rst of the kernel's source. */
#include "core/source/ebpf/btf_reduce.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/btf.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

/* More types than any kernel has. */
#define BTF_TYPES_MAX (1u << 24)

struct btf_reduction {
	/* The whole BTF. */
	const char *types;
	size_t types_size;
	const char *strings;
	size_t strings_size;
	uint32_t *offsets; /* offset of each type in `types`, by id */
	size_t count;      /* the ids are 1 to count - 1 */
	size_t capacity;
	/* The smaller BTF. */
	uint32_t *new_ids; /* ids in the smaller BTF, by id in the whole BTF; 0: none */
	uint32_t *ids;     /* ids in the whole BTF, by id in the smaller BTF; 0 is unused */
	size_t new_count;
	size_t new_capacity;
	struct buffer new_types;
	struct buffer new_strings;
	int error;
};

/* --- names --- */

/* Returns the length of the name up to "___", or of all of it. Sets *hash to the hash of that
 * part. CO-RE ignores the characters from "___" on (libbpf: bpf_core_essential_name_len). */
static size_t btf_name_length(const char *text, uint64_t *hash)
{
	const char *end = *text ? strstr(text + 1, "___") : NULL;
	size_t length = end ? (size_t)(end - text) : strlen(text);

	*hash = hash_bytes(0, text, length);
	return length;
}

static struct btf_name *btf_names_get(const struct btf_names *names, const char *text,
				      size_t length, uint64_t hash)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&names->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&names->index, &cursor)) {
		struct btf_name *name = &names->names[at];
		if (name->length == length && memcmp(name->text, text, length) == 0)
			return name;
	}
	return NULL;
}

int btf_names_want(struct btf_names *names, const char *text)
{
	uint64_t hash;
	size_t length = btf_name_length(text, &hash);

	if (btf_names_get(names, text, length, hash))
		return 0;
	struct btf_name name = {.text = memory_checked(strndup(text, length)), .length = length};
	if (!name.text || ARRAY_RESERVE(names->names, names->capacity, names->count + 1) ||
	    hash_index_insert(&names->index, hash, (uint32_t)names->count)) {
		free(name.text);
		return -ENOMEM;
	}
	names->names[names->count++] = name;
	return 0;
}

const struct btf_name *btf_names_find(const struct btf_names *names, const char *text)
{
	uint64_t hash;
	size_t length = btf_name_length(text, &hash);

	return btf_names_get(names, text, length, hash);
}

void btf_names_clear(struct btf_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i].text);
	free(names->names);
	hash_index_clear(&names->index);
	*names = (struct btf_names){0};
}

/* --- the whole BTF --- */

/* Returns the size of a type with all its parts. 0: not known. */
static size_t btf_reduce_size(const struct btf_type *type)
{
	size_t parts = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return sizeof(*type);
	case BTF_KIND_INT:
		return sizeof(*type) + sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(*type) + sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return sizeof(*type) + parts * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return sizeof(*type) + parts * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return sizeof(*type) + parts * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return sizeof(*type) + parts * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(*type) + sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return sizeof(*type) + parts * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(*type) + sizeof(struct btf_decl_tag);
	}
	return 0;
}

static const struct btf_type *btf_reduce_type(const struct btf_reduction *reduction, uint32_t id)
{
	return (const void *)(reduction->types + reduction->offsets[id]);
}

static int btf_reduce_open(struct btf_reduction *reduction, const char *bytes, size_t size)
{
	const struct btf_header *header = (const void *)bytes;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->hdr_len < sizeof(*header) || header->hdr_len > size)
		return -EINVAL;
	size_t room = size - header->hdr_len;
	if (header->type_off % 4 || header->type_off > room ||
	    header->type_len > room - header->type_off || header->str_off > room ||
	    header->str_len == 0 || header->str_len > room - header->str_off)
		return -EINVAL;
	reduction->types = bytes + header->hdr_len + header->type_off;
	reduction->types_size = header->type_len;
	reduction->strings = bytes + header->hdr_len + header->str_off;
	reduction->strings_size = header->str_len;
	return reduction->strings[header->str_len - 1] ? -EINVAL : 0;
}

/* Returns the entry of `names` for the type's name. Returns NULL if the name is not wanted, or
 * if a type of this kind is not searched by name. */
static struct btf_name *btf_reduce_wanted(const struct btf_reduction *reduction,
					  const struct btf_names *names,
					  const struct btf_type *type)
{
	const char *text = reduction->strings + type->name_off;
	uint64_t hash;

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR: {
		size_t length = btf_name_length(text, &hash);
		return length > 0 ? btf_names_get(names, text, length, hash) : NULL;
	}
	}
	return NULL;
}

/* Returns a pointer to the member of `name` that stores the id of a type of this kind (a function,
 * a variable or another type). */
static uint32_t *btf_reduce_found(struct btf_name *name, const struct btf_type *type)
{
	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_FUNC:
		return &name->function;
	case BTF_KIND_VAR:
		return &name->variable;
	}
	return &name->type;
}

/* Returns the id that a type of the whole BTF has in the smaller BTF. Adds the type to the
 * smaller BTF if it is not there yet. `id` is the type's id in the whole BTF. */
static uint32_t btf_reduce_keep(struct btf_reduction *reduction, uint32_t id)
{
	if (id == 0 || id >= reduction->count) {
		reduction->error = id == 0 ? reduction->error : -EINVAL;
		return 0;
	}
	if (reduction->new_ids[id] == 0) {
		if (ARRAY_RESERVE(reduction->ids, reduction->new_capacity,
				  reduction->new_count + 1)) {
			reduction->error = -ENOMEM;
			return 0;
		}
		reduction->ids[reduction->new_count] = id;
		reduction->new_ids[id] = (uint32_t)reduction->new_count++;
	}
	return reduction->new_ids[id];
}

/* Finds the offsets of all types. */
static int btf_reduce_scan(struct btf_reduction *reduction)
{
	size_t offset = 0;

	reduction->count = 1;
	while (offset < reduction->types_size) {
		const struct btf_type *type = (const void *)(reduction->types + offset);
		size_t room = reduction->types_size - offset;
		if (room < sizeof(*type) || type->name_off >= reduction->strings_size)
			return -EINVAL;
		size_t size = btf_reduce_size(type);
		if (size == 0)
			return -EOPNOTSUPP;
		if (size > room || reduction->count >= BTF_TYPES_MAX)
			return -EINVAL;
		if (ARRAY_RESERVE(reduction->offsets, reduction->capacity, reduction->count + 1))
			return -ENOMEM;
		reduction->offsets[reduction->count++] = (uint32_t)offset;
		offset += size;
	}
	return 0;
}

/* Finds the types with wanted names, and keeps them. */
static int btf_reduce_find(struct btf_reduction *reduction, struct btf_names *names)
{
	for (uint32_t id = 1; id < reduction->count && !reduction->error; id++) {
		const struct btf_type *type = btf_reduce_type(reduction, id);
		if (type->name_off == 0)
			continue;
		struct btf_name *name = btf_reduce_wanted(reduction, names, type);
		if (!name)
			continue;
		uint32_t *found = btf_reduce_found(name, type);
		/* Only relocations use a type with "___" in its name, so do not report its id. */
		if (*found == 0 && !reduction->strings[type->name_off + name->length])
			*found = id;
		if (found == &name->type)
			btf_reduce_keep(reduction, id);
	}
	return reduction->error;
}

/* --- the smaller BTF --- */

static uint32_t btf_reduce_name(struct btf_reduction *reduction, uint32_t name_off)
{
	uint32_t offset = (uint32_t)reduction->new_strings.length;

	if (name_off == 0 || name_off >= reduction->strings_size)
		return 0;
	const char *text = reduction->strings + name_off;
	if (buffer_append(&reduction->new_strings, text, strlen(text) + 1))
		reduction->error = -ENOMEM;
	return offset;
}

static void btf_reduce_append(struct btf_reduction *reduction, const void *bytes, size_t size)
{
	if (buffer_append(&reduction->new_types, bytes, size))
		reduction->error = -ENOMEM;
}

/* Copies the members of a struct or a union. */
static void btf_reduce_members(struct btf_reduction *reduction, const struct btf_type *type)
{
	const struct btf_member *members = (const void *)(type + 1);

	for (size_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		struct btf_member member = members[i];
		member.name_off = btf_reduce_name(reduction, member.name_off);
		member.type = btf_reduce_keep(reduction, member.type);
		btf_reduce_append(reduction, &member, sizeof(member));
	}
}

/* Copies the enumerators of an enum, which have `size` bytes each and begin with the name. */
static void btf_reduce_enumerators(struct btf_reduction *reduction, const struct btf_type *type,
				   size_t size)
{
	const char *parts = (const char *)(type + 1);

	for (size_t i = 0; i < BTF_INFO_VLEN(type->info); i++) {
		uint32_t name_off;
		memcpy(&name_off, parts + i * size, sizeof(name_off));
		name_off = btf_reduce_name(reduction, name_off);
		btf_reduce_append(reduction, &name_off, sizeof(name_off));
		btf_reduce_append(reduction, parts + i * size + sizeof(name_off),
				  size - sizeof(name_off));
	}
}

static void btf_reduce_array(struct btf_reduction *reduction, const struct btf_type *type)
{
	struct btf_array array = *(const struct btf_array *)(const void *)(type + 1);

	array.type = btf_reduce_keep(reduction, array.type);
	array.index_type = btf_reduce_keep(reduction, array.index_type);
	btf_reduce_append(reduction, &array, sizeof(array));
}

/* Adds a type of the whole BTF to the smaller one. The types of its members are kept, too. */
static void btf_reduce_copy(struct btf_reduction *reduction, const struct btf_type *type)
{
	struct btf_type copy = *type;
	unsigned int kind = BTF_INFO_KIND(type->info);

	copy.name_off = btf_reduce_name(reduction, type->name_off);
	switch (kind) {
	case BTF_KIND_PTR:
		copy.type = 0;
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		copy.type = btf_reduce_keep(reduction, type->type);
		break;
	case BTF_KIND_FUNC_PROTO:
		/* No relocation reads the result and the parameters of a function, so the copy
		 * has neither of them. */
		copy.info = BTF_KIND_FUNC_PROTO << 24;
		copy.type = 0;
		break;
	}
	btf_reduce_append(reduction, &copy, sizeof(copy));
	switch (kind) {
	case BTF_KIND_INT:
		btf_reduce_append(reduction, type + 1, sizeof(uint32_t));
		break;
	case BTF_KIND_ARRAY:
		btf_reduce_array(reduction, type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		btf_reduce_members(reduction, type);
		break;
	case BTF_KIND_ENUM:
		btf_reduce_enumerators(reduction, type, sizeof(struct btf_enum));
		break;
	case BTF_KIND_ENUM64:
		btf_reduce_enumerators(reduction, type, sizeof(struct btf_enum64));
		break;
	}
}

static int btf_reduce_write(struct btf_reduction *reduction, struct buffer *out)
{
	/* The string at offset 0 is the empty name. */
	if (buffer_append(&reduction->new_strings, "", 1))
		return -ENOMEM;
	/* Copying a type may keep more types. */
	for (size_t i = 1; i < reduction->new_count && !reduction->error; i++)
		btf_reduce_copy(reduction, btf_reduce_type(reduction, reduction->ids[i]));
	const struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = (uint32_t)reduction->new_types.length,
		.str_off = (uint32_t)reduction->new_types.length,
		.str_len = (uint32_t)reduction->new_strings.length,
	};
	if (!reduction->error)
		reduction->error = buffer_append(out, &header, sizeof(header));
	if (!reduction->error)
		reduction->error =
			buffer_append(out, reduction->new_types.data, reduction->new_types.length);
	if (!reduction->error)
		reduction->error = buffer_append(out, reduction->new_strings.data,
						 reduction->new_strings.length);
	return reduction->error;
}

int btf_reduce(const void *bytes, size_t size, struct btf_names *names, struct buffer *out)
{
	struct btf_reduction reduction = {.new_count = 1};
	int error = btf_reduce_open(&reduction, bytes, size);

	if (!error)
		error = btf_reduce_scan(&reduction);
	if (!error) {
		reduction.new_ids =
			memory_checked(calloc(reduction.count, sizeof(*reduction.new_ids)));
		error = reduction.new_ids ? btf_reduce_find(&reduction, names) : -ENOMEM;
	}
	if (!error)
		error = btf_reduce_write(&reduction, out);
	free(reduction.offsets);
	free(reduction.new_ids);
	free(reduction.ids);
	buffer_free(&reduction.new_types);
	buffer_free(&reduction.new_strings);
	return error;
}
