/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unary gRPC calls over http.h: one length-prefixed protobuf message each way, the verdict in the
 * trailers (gRPC over HTTP/2, github.com/grpc/grpc doc/PROTOCOL-HTTP2.md). A client belongs to one
 * thread.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_GRPC_H
#define POLECAT_CORE_SOURCE_RUNTIME_GRPC_H

#include <protobuf-c/protobuf-c.h>

#include "core/source/http.h"

/*
 * Calls `method` ("/runtime.v1.RuntimeService/Version") with the request and unpacks the reply as
 * `type`. 0: *reply is to be freed with protobuf_c_message_free_unpacked(*reply, NULL). -EPROTO:
 * the answer is no gRPC or cannot be unpacked; -ENOSYS: the server has no such service; -EREMOTEIO:
 * the server answered with an error (response->grpc_status); what http_perform says; -ENOMEM.
 * *reply is untouched on failure; response->message has words for it. A reply may have up to
 * GRPC_REPLY_MAX bytes.
 */
#define GRPC_REPLY_MAX (64u << 20)
int grpc_call(struct http *http, struct source *source, const char *method,
	      const ProtobufCMessage *request, const ProtobufCMessageDescriptor *type,
	      ProtobufCMessage **reply, struct http_response *response);

#endif
