/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/grpc.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"

/* One byte that says whether the message is compressed, and four with its length, big endian. */
#define PREFIX_SIZE 5

/* grpc doc/statuscodes.md */
#define STATUS_UNIMPLEMENTED 12

/* A runtime that does not answer in this time is as good as gone. */
#define CALL_TIMEOUT_MS 10000

struct bytes {
	uint8_t *data;
	size_t length;
	size_t capacity;
};

static int collect(void *data, const char *bytes, size_t length)
{
	struct bytes *reply = data;

	if (length > GRPC_REPLY_MAX - reply->length)
		return -EMSGSIZE;
	if (reply->length + length > reply->capacity) {
		size_t capacity = (reply->length + length) * 2;
		uint8_t *grown = realloc(reply->data, capacity);
		if (!grown)
			return -ENOMEM;
		reply->data = grown;
		reply->capacity = capacity;
	}
	memcpy(reply->data + reply->length, bytes, length);
	reply->length += length;
	return 0;
}

static int unpack(const struct bytes *reply, const ProtobufCMessageDescriptor *type,
		  ProtobufCMessage **out, struct http_response *response)
{
	if (reply->length < PREFIX_SIZE || reply->data[0] != 0)
		goto alien;
	size_t length = (size_t)reply->data[1] << 24 | (size_t)reply->data[2] << 16 |
			(size_t)reply->data[3] << 8 | (size_t)reply->data[4];
	if (length != reply->length - PREFIX_SIZE)
		goto alien;
	ProtobufCMessage *message =
		protobuf_c_message_unpack(type, NULL, length, reply->data + PREFIX_SIZE);
	if (!message)
		goto alien;
	*out = message;
	return 0;
alien:
	snprintf(response->message, sizeof(response->message), "the answer is not a %s",
		 type->name);
	return -EPROTO;
}

int grpc_call(struct http *http, struct source *source, const char *method,
	      const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type,
	      ProtobufCMessage **reply, struct http_response *response)
{
	static const char *const headers[] = {"Content-Type: application/grpc", "TE: trailers",
					      NULL};
	size_t length = protobuf_c_message_get_packed_size(request);
	CLEANUP_FREE uint8_t *body = malloc(PREFIX_SIZE + length);
	struct bytes answer = {0};

	if (!body)
		return -ENOMEM;
	body[0] = 0;
	for (size_t i = 0; i < 4; i++)
		body[1 + i] = (uint8_t)(length >> (24 - 8 * i));
	protobuf_c_message_pack(request, body + PREFIX_SIZE);

	const struct http_request call = {
		.method = "POST",
		.path = method,
		.headers = headers,
		.body = body,
		.body_length = PREFIX_SIZE + length,
		.timeout_ms = CALL_TIMEOUT_MS,
		.on_data = collect,
		.data = &answer,
	};
	int error = http_perform(http, source, &call, response);
	if (!error && (response->status != 200 || response->grpc_status > 0)) {
		if (response->message[0] == '\0')
			snprintf(response->message, sizeof(response->message),
				 "%s: HTTP %ld, gRPC status %d", method, response->status,
				 response->grpc_status);
		error = response->grpc_status == STATUS_UNIMPLEMENTED ? -ENOSYS : -EREMOTEIO;
	}
	if (!error)
		error = unpack(&answer, type, reply, response);
	free(answer.data);
	return error;
}
