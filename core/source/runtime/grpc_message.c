/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/grpc_message.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/bounded.h"

/* The compression flag and the length. */
#define PREFIX_SIZE 5

uint8_t *grpc_message_pack(const ProtobufCMessage *message, size_t *length)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *body = size <= UINT32_MAX ? memory_checked(malloc(PREFIX_SIZE + size)) : NULL;

	if (!body)
		return NULL;
	uint32_t prefix = htobe32((uint32_t)size);
	body[0] = 0;
	memcpy(body + 1, &prefix, sizeof(prefix));
	protobuf_c_message_pack(message, body + PREFIX_SIZE);
	*length = PREFIX_SIZE + size;
	return body;
}

/* Returns whether all strings are UTF-8. protobuf-c does not check this. The depth of the recursion
 * is that of the message's type. */
static bool grpc_message_is_valid(const ProtobufCMessage *message)
{
	for (unsigned int i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *base = (const char *)message;
		bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
		const void *member = base + field->offset;
		const void *items = repeated ? *(const void *const *)member : member;
		size_t count = 1;

		if (repeated)
			memcpy(&count, base + field->quantifier_offset, sizeof(count));
		for (size_t j = 0; j < count; j++) {
			const char *text = field->type == PROTOBUF_C_TYPE_STRING
						   ? ((const char *const *)items)[j]
						   : NULL;
			if (text && !text_is_utf8(text))
				return false;
			if (field->type != PROTOBUF_C_TYPE_MESSAGE)
				continue;
			const ProtobufCMessage *child = ((const ProtobufCMessage *const *)items)[j];
			if (child && !grpc_message_is_valid(child))
				return false;
		}
	}
	return true;
}

int grpc_message_unpack(const void *bytes, size_t length, const ProtobufCMessageDescriptor *type,
			ProtobufCMessage **out)
{
	const uint8_t *body = bytes;
	uint32_t prefix;

	if (length < PREFIX_SIZE || body[0] != 0)
		return -EPROTO;
	memcpy(&prefix, body + 1, sizeof(prefix));
	if (be32toh(prefix) != length - PREFIX_SIZE)
		return -EPROTO;
	struct bounded_memory memory = bounded_start(length - PREFIX_SIZE);
	ProtobufCAllocator allocator = {bounded_allocate, bounded_release, &memory};
	ProtobufCMessage *message = protobuf_c_message_unpack(
		type, &allocator, length - PREFIX_SIZE, body + PREFIX_SIZE);

	if (!message)
		return memory.exceeded ? -ENOBUFS : -EPROTO;
	if (!grpc_message_is_valid(message)) {
		protobuf_c_message_free_unpacked(message, &allocator);
		return -EPROTO;
	}
	*out = message;
	return 0;
}
