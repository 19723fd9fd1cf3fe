/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a short answer cannot take much memory, and that ordinary lists can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/buffer.h"
#include "core/source/bounded.h"
#include "cri.pb-c.h"

static void test_json(void **state)
{
	struct buffer text = {0};
	json_error_t error;

	(void)state;
	json_t *value = bounded_json("[{\"a\":\"],[\\\"\"}]", 15, &error);
	assert_non_null(value);
	json_decref(value);
	assert_null(bounded_json("[", 1, &error));

	/* Each value costs three bytes of text. Those inside a text cost nothing else. */
	assert_int_equal(buffer_append_text(&text, "[\""), 0);
	for (size_t i = 0; i < 2 * BOUNDED_JSON_VALUES; i++)
		assert_int_equal(buffer_append_text(&text, "[],"), 0);
	assert_int_equal(buffer_append_text(&text, "\"]"), 0);
	value = bounded_json(text.data, text.length, &error);
	assert_non_null(value);
	json_decref(value);
	text.data[1] = ' ';
	memcpy(text.data + text.length - 3, "  ]", 3);
	assert_null(bounded_json(text.data, text.length, &error));
	assert_non_null(strstr(error.text, "values"));
	buffer_free(&text);
}

static ProtobufCMessage *unpack(const uint8_t *bytes, size_t length, size_t *used)
{
	struct bounded_memory memory = bounded_start(length);
	size_t before = memory.left;
	ProtobufCAllocator allocator = {bounded_allocate, bounded_release, &memory};
	ProtobufCMessage *message = protobuf_c_message_unpack(
		&cri__list_containers_response__descriptor, &allocator, length, bytes);

	*used = before - memory.left;
	return message;
}

/* A list as a node has it: names, ids and ten labels of each container. */
static void test_ordinary_protobuf(void **state)
{
	enum { CONTAINERS = 200, LABELS = 10 };
	Cri__ListContainersResponse list = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__Container__LabelsEntry labels[LABELS];
	Cri__Container__LabelsEntry *label_list[LABELS];
	Cri__ContainerMetadata metadata = CRI__CONTAINER_METADATA__INIT;
	Cri__Container container = CRI__CONTAINER__INIT;
	Cri__Container *containers[CONTAINERS];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < LABELS; i++) {
		cri__container__labels_entry__init(&labels[i]);
		labels[i].key = (char[]){"app"};
		labels[i].value = (char[]){"x"};
		label_list[i] = &labels[i];
	}
	metadata.name = (char[]){"a"};
	container.id = (char[]){"0123"};
	container.metadata = &metadata;
	container.labels = label_list;
	container.n_labels = LABELS;
	for (size_t i = 0; i < CONTAINERS; i++)
		containers[i] = &container;
	list.containers = containers;
	list.n_containers = CONTAINERS;
	size_t length = protobuf_c_message_get_packed_size(&list.base);
	uint8_t *bytes = malloc(length);
	assert_non_null(bytes);
	protobuf_c_message_pack(&list.base, bytes);
	ProtobufCMessage *message = unpack(bytes, length, &used);
	assert_non_null(message);
	print_message("# %zu bytes become %zu\n", length, used);
	protobuf_c_message_free_unpacked(message, NULL);
	free(bytes);
}

/* Two bytes describe an empty container. */
static void test_hostile_protobuf(void **state)
{
	enum { LENGTH = 1u << 20 };
	uint8_t *bytes = malloc(LENGTH);
	size_t used = 0;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < LENGTH; i += 2) {
		bytes[i] = 0x0a;
		bytes[i + 1] = 0;
	}
	assert_null(unpack(bytes, LENGTH, &used));
	assert_true(used <= BOUNDED_LEAST + BOUNDED_FACTOR * LENGTH);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_ordinary_protobuf),
		cmocka_unit_test(test_hostile_protobuf),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
