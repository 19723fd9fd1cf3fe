/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unary gRPC calls over http.h: one length-prefixed protobuf message in each direction, and the
 * status in the trailers (github.com/grpc/grpc doc/PROTOCOL-HTTP2.md). A client belongs to one
 * thread.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_GRPC_H
#define POLECAT_CORE_SOURCE_RUNTIME_GRPC_H

#include <protobuf-c/protobuf-c.h>

#include "core/source/identity_source.h"

/* The largest reply in bytes. */
#define GRPC_REPLY_MAX (64u << 20)

struct grpc_method {
	const char *path; /* "/runtime.v1.RuntimeService/Version" */
	const ProtobufCMessageDescriptor *reply;
};

/*
 * Calls the method over client->http and unpacks its reply. 0: the caller frees *reply with
 * grpc_free_reply. -EPROTO: the answer is not gRPC or cannot be unpacked; -EMSGSIZE: it is longer
 * than GRPC_REPLY_MAX; -ENOSYS: the server does not have the service; -EREMOTEIO: the server answered
 * with an error; -ENOMEM; errors of http_perform. If it fails, *reply is NULL and
 * client->message describes the failure.
 */
int grpc_call(struct identity_client *client, const struct grpc_method *method,
	      const ProtobufCMessage *request, ProtobufCMessage **reply);

/* NULL is fine. */
void grpc_free_reply(ProtobufCMessage *reply);

#endif
