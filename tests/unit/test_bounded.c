/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a short protobuf message cannot take much memory, and that ordinary lists can be
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/source/bounded.h"
#include "cri.pb-c.h"

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

/* A list with one container that has as many labels as fit into an object, as short as they can be.
 * It must not hide the other containers. */
static void test_many_short_labels(void **state)
{
	enum { CONTAINERS = 11, LABELS = 40000 };
	static char keys[LABELS][4];
	static Cri__Container__LabelsEntry labels[LABELS];
	static Cri__Container__LabelsEntry *label_list[LABELS];
	Cri__ListContainersResponse list = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__Container hostile = CRI__CONTAINER__INIT;
	Cri__Container usual = CRI__CONTAINER__INIT;
	Cri__Container *containers[CONTAINERS];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < LABELS; i++) {
		cri__container__labels_entry__init(&labels[i]);
		keys[i][0] = (char)('a' + i % 26);
		keys[i][1] = (char)('0' + i / 26 % 10);
		keys[i][2] = (char)('A' + i / 260 % 26);
		labels[i].key = keys[i];
		label_list[i] = &labels[i];
	}
	hostile.labels = label_list;
	hostile.n_labels = LABELS;
	usual.id = (char[]){"0123"};
	for (size_t i = 0; i < CONTAINERS; i++)
		containers[i] = i ? &usual : &hostile;
	list.containers = containers;
	list.n_containers = CONTAINERS;
	size_t length = protobuf_c_message_get_packed_size(&list.base);
	uint8_t *bytes = malloc(length);
	assert_non_null(bytes);
	protobuf_c_message_pack(&list.base, bytes);
	ProtobufCMessage *message = unpack(bytes, length, &used);
	print_message("# %zu bytes become %zu\n", length, used);
	assert_non_null(message);
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
		cmocka_unit_test(test_many_short_labels),
		cmocka_unit_test(test_hostile_protobuf),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
