/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/btf.h>

#include "core/source/ebpf/btf_reduce.h"

/* BTF as a compiler would write it. */
struct sample {
	struct buffer types;
	struct buffer strings;
	struct buffer bytes;
};

static uint32_t sample_name(struct sample *sample, const char *text)
{
	uint32_t offset = (uint32_t)sample->strings.length;

	buffer_append(&sample->strings, text, strlen(text) + 1);
	return *text ? offset : 0;
}

static void sample_word(struct sample *sample, uint32_t word)
{
	buffer_append(&sample->types, &word, sizeof(word));
}

/* Adds a type without its parts. `value`: the size or the type. */
static void sample_type(struct sample *sample, const char *name, uint32_t kind, uint32_t parts,
			uint32_t value)
{
	sample_word(sample, sample_name(sample, name));
	sample_word(sample, kind << 24 | parts);
	sample_word(sample, value);
}

static void sample_member(struct sample *sample, const char *name, uint32_t type, uint32_t bits)
{
	sample_word(sample, sample_name(sample, name));
	sample_word(sample, type);
	sample_word(sample, bits);
}

static void sample_finish(struct sample *sample)
{
	const struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = (uint32_t)sample->types.length,
		.str_off = (uint32_t)sample->types.length,
		.str_len = (uint32_t)sample->strings.length,
	};

	buffer_clear(&sample->bytes);
	buffer_append(&sample->bytes, &header, sizeof(header));
	buffer_append(&sample->bytes, sample->types.data, sample->types.length);
	buffer_append(&sample->bytes, sample->strings.data, sample->strings.length);
}

static void sample_free(struct sample *sample)
{
	buffer_free(&sample->types);
	buffer_free(&sample->strings);
	buffer_free(&sample->bytes);
}

/*
 * 1 int, 2 struct unused, 3 pointer to 2, 4 struct inner {int at;}, 5 struct sock {struct inner
 * inner; struct unused *far; state; many;}, 6 enum state, 7 function sock, 8 struct sock___old,
 * 9 array of inner, 10 typedef hook to 3, 11 variable sock
 */
static void sample_build(struct sample *sample)
{
	*sample = (struct sample){.strings = {0}};
	buffer_append(&sample->strings, "", 1);
	sample_type(sample, "int", BTF_KIND_INT, 0, 4);
	sample_word(sample, BTF_INT_SIGNED << 24 | 32);
	sample_type(sample, "unused", BTF_KIND_STRUCT, 1, 4);
	sample_member(sample, "value", 1, 0);
	sample_type(sample, "", BTF_KIND_PTR, 0, 2);
	sample_type(sample, "inner", BTF_KIND_STRUCT, 1, 4);
	sample_member(sample, "at", 1, 0);
	sample_type(sample, "sock", BTF_KIND_STRUCT, 4, 40);
	sample_member(sample, "inner", 4, 0);
	sample_member(sample, "far", 3, 64);
	sample_member(sample, "state", 6, 128);
	sample_member(sample, "many", 9, 192);
	sample_type(sample, "state", BTF_KIND_ENUM, 1, 4);
	sample_word(sample, sample_name(sample, "OPEN"));
	sample_word(sample, 7);
	sample_type(sample, "sock", BTF_KIND_FUNC, 0, 0);
	sample_type(sample, "sock___old", BTF_KIND_STRUCT, 0, 0);
	sample_type(sample, "", BTF_KIND_ARRAY, 0, 0);
	sample_word(sample, 4);
	sample_word(sample, 1);
	sample_word(sample, 3);
	sample_type(sample, "hook", BTF_KIND_TYPEDEF, 0, 3);
	sample_type(sample, "sock", BTF_KIND_VAR, 0, 5);
	sample_word(sample, BTF_VAR_STATIC);
	sample_finish(sample);
}

static const char *reduced_name(const struct buffer *reduced, uint32_t offset)
{
	const struct btf_header *header = (const void *)reduced->data;

	assert_true(offset < header->str_len);
	return reduced->data + header->hdr_len + header->str_off + offset;
}

static void test_keeps_wanted_types(void **state)
{
	struct sample sample;
	struct btf_names names = {0};
	struct buffer reduced = {0};

	(void)state;
	sample_build(&sample);
	assert_int_equal(btf_names_want(&names, "sock___before_5_15"), 0);
	assert_int_equal(btf_names_want(&names, "sock"), 0);
	assert_int_equal(btf_names_want(&names, "hook"), 0);
	assert_int_equal(btf_names_want(&names, "absent"), 0);
	assert_int_equal(names.count, 3);
	assert_int_equal(btf_reduce(sample.bytes.data, sample.bytes.length, &names, &reduced), 0);

	assert_int_equal(btf_names_find(&names, "sock")->type, 5);
	assert_int_equal(btf_names_find(&names, "sock")->function, 7);
	assert_int_equal(btf_names_find(&names, "sock")->variable, 11);
	assert_int_equal(btf_names_find(&names, "hook")->type, 10);
	assert_int_equal(btf_names_find(&names, "hook")->variable, 0);
	assert_int_equal(btf_names_find(&names, "absent")->type, 0);
	assert_null(btf_names_find(&names, "unused"));

	/* The first type is sock, and then come sock___old, hook, and the types they contain. */
	const struct btf_header *header = (const void *)reduced.data;
	const struct btf_type *sock = (const void *)(reduced.data + header->hdr_len);
	const struct btf_member *members = (const void *)(sock + 1);
	assert_string_equal(reduced_name(&reduced, sock->name_off), "sock");
	assert_int_equal(BTF_INFO_VLEN(sock->info), 4);
	assert_int_equal(sock->size, 40);
	assert_string_equal(reduced_name(&reduced, members[1].name_off), "far");
	assert_int_equal(members[1].offset, 64);
	assert_int_equal(members[0].type, 4);
	const struct btf_type *old = (const void *)(members + 4);
	assert_string_equal(reduced_name(&reduced, old->name_off), "sock___old");
	/* sock, sock___old, hook, inner, pointer, state, array, int; but not unused */
	size_t size = 4 * 12 + 12 + 12 + 12 + 24 + 12 + 20 + 24 + 16;
	assert_int_equal(header->type_len, size);
	assert_int_equal(reduced.length, header->hdr_len + header->type_len + header->str_len);
	for (uint32_t i = 0; i + 6 < header->str_len; i++)
		assert_string_not_equal(reduced_name(&reduced, i), "unused");
	buffer_free(&reduced);
	btf_names_clear(&names);
	sample_free(&sample);
}

/* Cut or changed BTF is refused, and nothing is read outside of it. */
static void test_malformed(void **state)
{
	struct sample sample;

	(void)state;
	sample_build(&sample);
	for (size_t at = 0; at < sample.bytes.length; at++) {
		struct btf_names names = {0};
		struct buffer reduced = {0};
		char *copy = malloc(sample.bytes.length);
		assert_non_null(copy);
		memcpy(copy, sample.bytes.data, sample.bytes.length);
		assert_int_equal(btf_names_want(&names, "sock"), 0);
		assert_int_equal(btf_reduce(copy, at, &names, &reduced), -EINVAL);
		for (unsigned int bit = 0; bit < 8; bit++) {
			copy[at] ^= (char)(1u << bit);
			buffer_clear(&reduced);
			(void)btf_reduce(copy, sample.bytes.length, &names, &reduced);
			copy[at] ^= (char)(1u << bit);
		}
		buffer_free(&reduced);
		btf_names_clear(&names);
		free(copy);
	}
	sample_free(&sample);
}

static void test_unknown_kind(void **state)
{
	struct sample sample;
	struct btf_names names = {0};
	struct buffer reduced = {0};

	(void)state;
	sample_build(&sample);
	sample_type(&sample, "new", 31, 0, 0);
	sample_finish(&sample);
	assert_int_equal(btf_reduce(sample.bytes.data, sample.bytes.length, &names, &reduced),
			 -EOPNOTSUPP);
	buffer_free(&reduced);
	sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_wanted_types),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_unknown_kind),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("smaller BTF", tests, NULL, NULL);
}
