/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/grpc_message.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
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
	*out = message;
	return 0;
}
