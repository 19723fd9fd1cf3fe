/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a gRPC call: the prefix, and messages that take too much memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/source/bounded.h"
#include "core/source/runtime/grpc_message.h"
#include "cri.pb-c.h"

#define TEXT(text) ((char *)(uintptr_t)(text))

static void a_message_is_packed_and_unpacked(void **state)
{
	static const uint8_t expected[] = {0, 0, 0, 0, 4, 0x12, 2, 'a', 'b'};
	Cri__VersionResponse version = CRI__VERSION_RESPONSE__INIT;
	ProtobufCMessage *message = NULL;
	size_t length = 0;

	(void)state;
	version.runtime_name = TEXT("ab");
	uint8_t *body = grpc_message_pack(&version.base, &length);
	assert_non_null(body);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(body, expected, length);
	assert_int_equal(
		grpc_message_unpack(body, length, &cri__version_response__descriptor, &message), 0);
	assert_string_equal(((Cri__VersionResponse *)message)->runtime_name, "ab");
	protobuf_c_message_free_unpacked(message, NULL);
	free(body);
}

static void other_bodies_are_refused(void **state)
{
	static const struct {
		const char *name;
		size_t length;
		uint8_t body[12];
	} cases[] = {
		{"empty", 0, {0}},
		{"a part of the prefix", 4, {0, 0, 0, 0}},
		{"compressed", 9, {1, 0, 0, 0, 4, 0x12, 2, 'a', 'b'}},
		{"cut", 8, {0, 0, 0, 0, 4, 0x12, 2, 'a'}},
		{"more than one message", 10, {0, 0, 0, 0, 4, 0x12, 2, 'a', 'b', 0}},
		{"a length beyond the address space", 5, {0, 0xff, 0xff, 0xff, 0xff}},
		{"a string that is not UTF-8", 9, {0, 0, 0, 0, 4, 0x12, 2, 0xc3, 'b'}},
		{"not protobuf", 9, {0, 0, 0, 0, 4, 0x12, 9, 'a', 'b'}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ProtobufCMessage *message = NULL;
		int error = grpc_message_unpack(cases[i].body, cases[i].length,
						&cri__version_response__descriptor, &message);

		if (error != -EPROTO || message)
			fail_msg("%s: %d", cases[i].name, error);
	}
}

/* Two bytes describe an empty sandbox, which takes more than BOUNDED_FACTOR times as much memory.
 */
static void memory_is_bounded(void **state)
{
	const size_t count = BOUNDED_LEAST / 4;
	uint8_t *body = calloc(1, 5 + 2 * count);
	ProtobufCMessage *message = NULL;

	(void)state;
	assert_non_null(body);
	body[3] = (uint8_t)(2 * count >> 8);
	body[4] = (uint8_t)(2 * count);
	for (size_t i = 0; i < count; i++)
		body[5 + 2 * i] = 0x0a;
	assert_int_equal(grpc_message_unpack(body, 5 + 2 * count,
					     &cri__list_pod_sandbox_response__descriptor, &message),
			 -ENOBUFS);
	assert_null(message);
	free(body);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_packed_and_unpacked),
		cmocka_unit_test(other_bodies_are_refused),
		cmocka_unit_test(memory_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
