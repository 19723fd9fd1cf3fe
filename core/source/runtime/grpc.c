/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/grpc.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/source/http.h"

/* One byte for the compression flag, and the length of the message in four bytes, big endian. */
#define PREFIX_SIZE 5

/* grpc doc/statuscodes.md */
#define STATUS_UNIMPLEMENTED 12

/* A runtime that needs longer to answer counts as gone. */
#define CALL_TIMEOUT_MS 10000

static int grpc_collect(void *data, const char *bytes, size_t length)
{
	return buffer_append(data, bytes, length);
}

/* Returns the unpacked message, or NULL if the answer is not one of this type. */
static ProtobufCMessage *grpc_unpack(const struct buffer *answer,
				     const ProtobufCMessageDescriptor *type)
{
	const uint8_t *bytes = (const uint8_t *)answer->data;

	if (answer->length < PREFIX_SIZE || bytes[0] != 0)
		return NULL;
	size_t length = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 |
			(size_t)bytes[4];
	if (length != answer->length - PREFIX_SIZE)
		return NULL;
	return protobuf_c_message_unpack(type, NULL, length, bytes + PREFIX_SIZE);
}

int grpc_call(struct identity_client *client, const struct grpc_method *method,
	      const ProtobufCMessage *request, ProtobufCMessage **reply)
{
	static const char *const headers[] = {"Content-Type: application/grpc", "TE: trailers",
					      NULL};
	size_t length = protobuf_c_message_get_packed_size(request);
	CLEANUP_FREE uint8_t *body = malloc(PREFIX_SIZE + length);
	CLEANUP_BUFFER struct buffer answer = {.limit = GRPC_REPLY_MAX};
	struct http_response response;

	*reply = NULL;
	if (!body)
		return -ENOMEM;
	body[0] = 0;
	for (size_t i = 0; i < 4; i++)
		body[1 + i] = (uint8_t)(length >> (24 - 8 * i));
	protobuf_c_message_pack(request, body + PREFIX_SIZE);

	const struct http_request call = {
		.method = "POST",
		.path = method->path,
		.headers = headers,
		.body = body,
		.body_length = PREFIX_SIZE + length,
		.timeout_ms = CALL_TIMEOUT_MS,
		.on_data = grpc_collect,
		.data = &answer,
	};
	int error = http_perform(client->http, client->source, &call, &response);
	if (!error && (response.status != 200 || response.grpc_status > 0)) {
		error = response.grpc_status == STATUS_UNIMPLEMENTED ? -ENOSYS : -EREMOTEIO;
		if (response.message[0] == '\0')
			snprintf(response.message, sizeof(response.message),
				 "%s: HTTP %ld, gRPC status %d", method->path, response.status,
				 response.grpc_status);
	} else if (!error) {
		*reply = grpc_unpack(&answer, method->reply);
		error = *reply ? 0 : -EPROTO;
		snprintf(response.message, sizeof(response.message), "the answer is not a %s",
			 method->reply->name);
	}
	if (error)
		snprintf(client->message, sizeof(client->message), "%s", response.message);
	return error;
}

void grpc_free_reply(ProtobufCMessage *reply)
{
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
}
