/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the body of a unary gRPC call: a compression flag, the length of the message in
 * four bytes (big endian), and the protobuf message (github.com/grpc/grpc
 * doc/PROTOCOL-HTTP2.md). Pure except for memory; any thread. */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_GRPC_MESSAGE_H
#define POLECAT_CORE_SOURCE_RUNTIME_GRPC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/* Returns the body with an uncompressed message, which the caller frees. NULL: out of memory, or
 * the message is longer than four bytes can count. */
uint8_t *grpc_message_pack(const ProtobufCMessage *message, size_t *length);

/*
 * Reads a body that consists of one uncompressed message. Returns 0 with *out, which the caller
 * frees with protobuf_c_message_free_unpacked; -EPROTO if the body is not one message of this type,
 * or a string in it is not UTF-8 (protobuf.dev, "Language Guide (proto 3)"); -ENOBUFS if the
 * message needs more memory than any such message of its length does (bounded.h). *out is untouched
 * after an error.
 */
int grpc_message_unpack(const void *bytes, size_t length, const ProtobufCMessageDescriptor *type,
			ProtobufCMessage **out);

#endif
