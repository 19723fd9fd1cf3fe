/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/cri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/http.h"
#include "core/source/runtime/cri_pods.h"
#include "core/source/runtime/grpc_message.h"

/* The longest interval between two calls of cri_look. source_kick announces new containers sooner,
 * but not changed labels or ended pods. */
#define LOOK_EVERY_MS 5000u
/*
 * The shortest delay between two calls of cri_look, so that many new containers at the same time
 * need only one call. The delay is short because a container may be created, run, end and be
 * removed within hundredths of a second.
 */
#define LOOK_AGAIN_MS 5u

/* github.com/grpc/grpc doc/statuscodes.md */
#define STATUS_UNIMPLEMENTED 12

/* A runtime that needs longer to answer counts as gone. */
#define CALL_TIMEOUT_MS 10000

/* The largest reply in bytes. */
#define REPLY_MAX (16u << 20) /* as much as kubelet reads */

struct cri {
	struct identity_client client;
	char *runtime;      /* "containerd", "cri-o" */
	uint64_t listed_ms; /* CLOCK_MONOTONIC of the last list of sandboxes; 0: never */
	struct cri_known_list known;
};

/* The usual sockets in the order of crictl's search; then those of k3s, microk8s and k0s. */
static const char *const cri_sockets[] = {
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/cri-dockerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
	"/run/k0s/containerd.sock",
	NULL,
};

/* A unary gRPC method: one length-prefixed protobuf message in each direction, and the status in
 * the trailers (github.com/grpc/grpc doc/PROTOCOL-HTTP2.md). */
struct cri_method {
	const char *path;
	const ProtobufCMessageDescriptor *reply;
};

#define SERVICE "/runtime.v1.RuntimeService/"
static const struct cri_method cri_version = {SERVICE "Version",
					      &cri__version_response__descriptor};
static const struct cri_method cri_sandbox_status = {SERVICE "PodSandboxStatus",
						     &cri__pod_sandbox_status_response__descriptor};
static const struct cri_method cri_list_containers = {SERVICE "ListContainers",
						      &cri__list_containers_response__descriptor};
static const struct cri_method cri_list_sandboxes = {SERVICE "ListPodSandbox",
						     &cri__list_pod_sandbox_response__descriptor};

/* --- calls --- */

static int cri_collect(void *data, const char *bytes, size_t length)
{
	return buffer_append(data, bytes, length);
}

/*
 * Calls the method and unpacks its reply. Returns 0 with *reply, which the caller frees. After an
 * error *reply is NULL, and client->message describes the failure. -EPROTO: the answer is not gRPC
 * or cannot be unpacked; -EMSGSIZE: the answer is longer than REPLY_MAX; -ENOSYS: the server does
 * not have the service; -EREMOTEIO: the server answered with an error; -ENOMEM; or an error of
 * http_perform.
 */
static int cri_call(struct identity_client *client, const struct cri_method *method,
		    const ProtobufCMessage *request, ProtobufCMessage **reply)
{
	static const char *const headers[] = {"Content-Type: application/grpc", "TE: trailers",
					      NULL};
	size_t length = 0;
	CLEANUP_FREE uint8_t *body = grpc_message_pack(request, &length);
	CLEANUP_BUFFER struct buffer answer = {.limit = REPLY_MAX};
	struct http_response response;

	*reply = NULL;
	if (!body)
		return -ENOMEM;

	const struct http_request call = {
		.method = "POST",
		.path = method->path,
		.headers = headers,
		.body = body,
		.body_length = length,
		.timeout_ms = CALL_TIMEOUT_MS,
		.on_data = cri_collect,
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
		int unpacked =
			grpc_message_unpack(answer.data, answer.length, method->reply, reply);
		error = unpacked ? -EPROTO : 0;
		snprintf(response.message, sizeof(response.message), "the answer %s %s",
			 unpacked == -ENOBUFS ? "takes too much memory for a" : "is not a",
			 method->reply->name);
	}
	if (error)
		snprintf(client->message, sizeof(client->message), "%s", response.message);
	return error;
}

/* --- connection --- */

static void cri_disconnect(struct identity_client *client)
{
	struct cri *cri = (struct cri *)client;

	free(cri->runtime);
	cri->runtime = NULL;
	cri->listed_ms = 0;
}

static int cri_get_version(struct identity_client *client)
{
	Cri__VersionRequest request = CRI__VERSION_REQUEST__INIT;
	struct cri *cri = (struct cri *)client;
	ProtobufCMessage *reply = NULL;
	int error = cri_call(client, &cri_version, &request.base, &reply);

	if (error == -ENOSYS)
		snprintf(client->message, sizeof(client->message), "does not speak CRI");
	if (error)
		return error;
	const Cri__VersionResponse *version = (const Cri__VersionResponse *)reply;
	cri->runtime = memory_checked(strdup(version->runtime_name));
	snprintf(client->product, sizeof(client->product), "%.100s %.100s", version->runtime_name,
		 version->runtime_version);
	protobuf_c_message_free_unpacked(reply, NULL);
	return cri->runtime ? 0 : -ENOMEM;
}

static void cri_emit_pod(struct cri *cri, struct pod_record *pod)
{
	struct record record = {.kind = RECORD_POD, .pod = pod};

	source_emit_wait(cri->client.source, &record);
}

/* Emits the pod of a sandbox that is new or has changed. If the sandbox was removed after the list,
 * the pod has no addresses. */
static int cri_emit_sandbox(struct cri *cri, const Cri__PodSandbox *sandbox)
{
	Cri__PodSandboxStatusRequest request = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	struct pod_record *pod = NULL;

	request.pod_sandbox_id = sandbox->id;
	int error = cri_call(&cri->client, &cri_sandbox_status, &request.base, &reply);
	if (error && error != -EREMOTEIO)
		return error;
	error = cri_pod_record(
		sandbox, reply ? ((const Cri__PodSandboxStatusResponse *)reply)->status : NULL,
		cri->client.node, &pod);
	protobuf_c_message_free_unpacked(reply, NULL);
	if (!error)
		cri_emit_pod(cri, pod);
	/* Kubernetes names every sandbox. Skip one without a name, which another client made. */
	return error == -EINVAL ? 0 : error;
}

static bool cri_is_alive(const struct cri_known_list *list, const char *uid)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct cri_known *known = &list->items[i];
		if (known->present && known->pod && text_compare(known->pod->uid, uid) == 0)
			return true;
	}
	return false;
}

/* Forgets sandboxes and containers that do not exist any more. Emits the deletion of each pod that
 * has no other sandbox. */
static void cri_forget_absent(struct cri *cri)
{
	for (size_t i = cri->known.count; i-- > 0;) {
		struct cri_known *known = &cri->known.items[i];
		if (known->present)
			continue;
		if (known->pod && !cri_is_alive(&cri->known, known->pod->uid)) {
			known->pod->deleted = true;
			cri_emit_pod(cri, STEAL(known->pod));
		}
		cri_known_remove(&cri->known, i);
	}
}

/* Returns true for a sandbox that has ended while its pod, or a later pod of the same name, has
 * another sandbox. A record of the ended sandbox would remove the addresses of the other
 * sandbox. */
static bool cri_is_superseded(const Cri__ListPodSandboxResponse *answer,
			      const Cri__PodSandbox *sandbox)
{
	if (sandbox->state == CRI__POD_SANDBOX_STATE__SANDBOX_READY || !sandbox->metadata)
		return false;
	for (size_t i = 0; i < answer->n_items; i++) {
		const Cri__PodSandbox *other = answer->items[i];
		if (other == sandbox || !other->metadata ||
		    strcmp(other->metadata->name, sandbox->metadata->name) != 0 ||
		    strcmp(other->metadata->namespace_, sandbox->metadata->namespace_) != 0)
			continue;
		if (other->state == CRI__POD_SANDBOX_STATE__SANDBOX_READY ||
		    other->created_at > sandbox->created_at)
			return true;
	}
	return false;
}

static int cri_emit_sandboxes(struct cri *cri, const Cri__ListPodSandboxResponse *answer)
{
	for (size_t i = 0; i < cri->known.count; i++)
		cri->known.items[i].present = false;
	for (size_t i = 0; i < answer->n_items; i++) {
		const Cri__PodSandbox *sandbox = answer->items[i];
		uint64_t fingerprint = cri_sandbox_fingerprint(sandbox);
		struct cri_known *known = cri_known_find(&cri->known, sandbox->id);
		if (!known)
			known = cri_known_add(&cri->known, sandbox->id);
		if (!known)
			return -ENOMEM;
		known->present = true;
		if (known->fingerprint == fingerprint)
			continue;
		int error = known->pod ? 0 : cri_pod_new(sandbox, &known->pod);
		/* Kubernetes names every sandbox. Skip one without a name (-EINVAL), which another
		 * client made. */
		if (error == -ENOMEM)
			return error;
		if (!error && !cri_is_superseded(answer, sandbox))
			error = cri_emit_sandbox(cri, sandbox);
		if (error && error != -EINVAL)
			return error;
		known->fingerprint = fingerprint;
	}
	return 0;
}

static int cri_emit_containers(struct cri *cri, const Cri__ListContainersResponse *answer)
{
	for (size_t i = 0; i < answer->n_containers; i++) {
		const Cri__Container *container = answer->containers[i];
		struct record record = {.kind = RECORD_CONTAINER};
		struct cri_known *known = cri_known_find(&cri->known, container->id);
		if (known) {
			known->present = true;
			continue;
		}
		int error = cri_container_record(
			container, cri_known_find(&cri->known, container->pod_sandbox_id),
			cri->runtime, &record.container);
		if (error == -EINVAL)
			continue;
		known = error ? NULL : cri_known_add(&cri->known, container->id);
		if (!known) {
			record_free(&record);
			return -ENOMEM;
		}
		known->present = true;
		source_emit_wait(cri->client.source, &record);
	}
	return 0;
}

static bool cri_has_new_sandbox(const struct cri *cri, const Cri__ListContainersResponse *answer)
{
	for (size_t i = 0; i < answer->n_containers; i++) {
		if (!cri_known_find(&cri->known, answer->containers[i]->pod_sandbox_id))
			return true;
	}
	return false;
}

/*
 * Lists containers before sandboxes, so that the sandbox of each listed container is in the second
 * answer. Emits pods before their containers. Lists sandboxes only every few seconds and whenever a
 * container is in a new sandbox. Listing them in each call would delay the next call, which might
 * then miss containers that are soon removed.
 */
static int cri_look(struct identity_client *client)
{
	struct cri *cri = (struct cri *)client;
	Cri__ListContainersRequest list_containers = CRI__LIST_CONTAINERS_REQUEST__INIT;
	Cri__ListPodSandboxRequest list_sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	ProtobufCMessage *sandboxes = NULL;
	uint64_t now_ms = clock_monotonic_ms();

	int error = cri_call(client, &cri_list_containers, &list_containers.base, &reply);
	const Cri__ListContainersResponse *containers = (const Cri__ListContainersResponse *)reply;
	bool all = !error && (cri->listed_ms == 0 || now_ms - cri->listed_ms >= LOOK_EVERY_MS ||
			      cri_has_new_sandbox(cri, containers));
	if (all)
		error = cri_call(client, &cri_list_sandboxes, &list_sandboxes.base, &sandboxes);
	if (!error && all)
		error = cri_emit_sandboxes(cri, (const Cri__ListPodSandboxResponse *)sandboxes);
	if (!error)
		error = cri_emit_containers(cri, containers);
	if (!error && all) {
		cri_forget_absent(cri);
		cri->listed_ms = now_ms;
	}
	protobuf_c_message_free_unpacked(reply, NULL);
	protobuf_c_message_free_unpacked(sandboxes, NULL);
	return error;
}

static int cri_follow(struct identity_client *client)
{
	bool go_on = identity_wait(client->source, LOOK_AGAIN_MS, IDENTITY_WAIT_FIXED) &&
		     identity_wait(client->source, LOOK_EVERY_MS, IDENTITY_WAIT_OR_KICKED);

	return go_on ? 0 : -ECANCELED;
}

static void cri_free(struct identity_client *client)
{
	cri_known_clear(&((struct cri *)client)->known);
}

const struct identity_source cri_identity_source = {
	.label = "cri",
	.title = "CRI",
	.gives = "pods, their labels and containers",
	.option = "cri",
	.opt_out = "no-cri",
	.environment = "CONTAINER_RUNTIME_ENDPOINT",
	.id = IDENTITY_CRI,
	.size = sizeof(struct cri),
	.sockets = cri_sockets,
	.http2 = true,
	.connect = cri_get_version,
	.look = cri_look,
	.follow = cri_follow,
	.disconnect = cri_disconnect,
	.free = cri_free,
};
