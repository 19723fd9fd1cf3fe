/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/cri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/source/runtime/cri_pods.h"
#include "core/source/runtime/grpc.h"

/* Labels change, and pods end, without a new cgroup: look this often. */
#define LOOK_EVERY_MS 5000u
/*
 * The delay between two looks: many new containers at the same time share one look. It is short
 * because a container may be created, run, end and be removed within some hundredths of a second.
 */
#define LOOK_AGAIN_MS 5u

struct cri {
	struct identity_client client;
	char *endpoint; /* as the user named it; NULL: search */
	char *host_root;
	char *node;
	struct http *http;
	char *runtime;      /* "containerd", "cri-o" */
	uint64_t listed_ms; /* CLOCK_MONOTONIC of the last list of sandboxes; 0: never */
	struct cri_known_list sandboxes;
	struct cri_known_list containers;
};

/* The usual sockets in the order of crictl's search; then those of k3s, microk8s and k0s. */
static const char *const cri_sockets[] = {
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/cri-dockerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
	"/run/k0s/containerd.sock",
};

#define SERVICE "/runtime.v1.RuntimeService/"
static const struct grpc_method cri_version = {SERVICE "Version",
					       &cri__version_response__descriptor};
static const struct grpc_method cri_sandbox_status = {
	SERVICE "PodSandboxStatus", &cri__pod_sandbox_status_response__descriptor};
static const struct grpc_method cri_list_containers = {SERVICE "ListContainers",
						       &cri__list_containers_response__descriptor};
static const struct grpc_method cri_list_sandboxes = {SERVICE "ListPodSandbox",
						      &cri__list_pod_sandbox_response__descriptor};

static int cri_call(struct cri *cri, const struct grpc_method *method,
		    const ProtobufCMessage *request, ProtobufCMessage **reply)
{
	struct http_response response;
	int error = grpc_call(cri->http, cri->client.source, method, request, reply, &response);

	if (error)
		snprintf(cri->client.message, sizeof(cri->client.message), "%s", response.message);
	return error;
}

static void cri_disconnect(struct identity_client *client)
{
	struct cri *cri = (struct cri *)client;

	http_free(cri->http);
	cri->http = NULL;
	free(cri->runtime);
	cri->runtime = NULL;
	cri->listed_ms = 0;
}

/* Connects to the socket at `path`, which is freed, and asks for the runtime's version. */
static int cri_connect_socket(struct cri *cri, char *path)
{
	Cri__VersionRequest request = CRI__VERSION_REQUEST__INIT;
	struct identity_client *client = &cri->client;
	ProtobufCMessage *reply = NULL;
	const struct http_options options = {
		.base_url = "http://localhost",
		.unix_socket = path,
		.http2 = true,
	};

	snprintf(client->place, sizeof(client->place), "%s", path);
	int error = http_new(&options, &cri->http);
	free(path);
	if (!error)
		error = cri_call(cri, &cri_version, &request.base, &reply);
	if (error == -ENOSYS)
		snprintf(client->message, sizeof(client->message), "does not speak CRI");
	if (error)
		return error;
	const Cri__VersionResponse *version = (const Cri__VersionResponse *)reply;
	cri->runtime = strdup(version->runtime_name);
	snprintf(client->product, sizeof(client->product), "%.100s %.100s", version->runtime_name,
		 version->runtime_version);
	grpc_free_reply(reply);
	return cri->runtime ? 0 : -ENOMEM;
}

/* Connects to one of the usual sockets. 0; -ENOENT: no such socket; the error of the first call. */
static int cri_connect_usual(struct cri *cri, size_t index)
{
	const char *const candidate[] = {cri_sockets[index], NULL};
	char *path = identity_find_socket(candidate, cri->host_root);

	cri_disconnect(&cri->client);
	return path ? cri_connect_socket(cri, path) : -ENOENT;
}

/*
 * Connects to the runtime that the user named, or to the first of the usual ones that answers:
 * beside cri-dockerd or CRI-O there may be a containerd without CRI, or the socket of a runtime that
 * has gone. If none answers, the error is that of the first socket that exists.
 */
static int cri_connect(struct identity_client *client)
{
	struct cri *cri = (struct cri *)client;
	const size_t count = sizeof(cri_sockets) / sizeof(cri_sockets[0]);
	size_t first = count;
	size_t last = count;
	int error = 0;

	if (cri->endpoint) {
		char *path = identity_socket_path(cri->endpoint, cri->host_root);
		return path ? cri_connect_socket(cri, path) : -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		int failure = cri_connect_usual(cri, i);
		if (failure == 0 || failure == -ECANCELED)
			return failure;
		if (failure == -ENOENT)
			continue;
		error = failure;
		last = i;
		if (first == count)
			first = i;
	}
	if (first < count)
		return first == last ? error : cri_connect_usual(cri, first);
	snprintf(client->message, sizeof(client->message), "no socket in the usual places");
	return -ENOENT;
}

static void cri_emit_pod(struct cri *cri, struct pod_record *pod)
{
	struct record record = {.kind = RECORD_POD, .pod = pod};

	source_emit_wait(cri->client.source, &record);
}

/* Keeps the pod's names for the record that deletes it. */
static int cri_remember_pod(struct cri_known *known, const Cri__PodSandboxMetadata *metadata)
{
	if (known->name || !metadata)
		return 0;
	known->namespace_name = strdup(metadata->namespace_);
	known->name = strdup(metadata->name);
	known->uid = strdup(metadata->uid);
	return known->namespace_name && known->name && known->uid ? 0 : -ENOMEM;
}

/* Emits the pod of a sandbox that is new or has changed; without addresses if the sandbox has gone
 * since it was listed. */
static int cri_emit_sandbox(struct cri *cri, const Cri__PodSandbox *sandbox)
{
	Cri__PodSandboxStatusRequest request = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	struct pod_record *pod = NULL;

	request.pod_sandbox_id = sandbox->id;
	int error = cri_call(cri, &cri_sandbox_status, &request.base, &reply);
	if (error && error != -EREMOTEIO)
		return error;
	error = cri_pod_record(
		sandbox, reply ? ((const Cri__PodSandboxStatusResponse *)reply)->status : NULL,
		cri->node, &pod);
	grpc_free_reply(reply);
	if (!error)
		cri_emit_pod(cri, pod);
	/* Kubernetes did not make a sandbox without a name. */
	return error == -EINVAL ? 0 : error;
}

static bool cri_is_alive(const struct cri_known_list *sandboxes, const char *uid)
{
	for (size_t i = 0; i < sandboxes->count; i++) {
		const struct cri_known *known = &sandboxes->items[i];
		if (known->present && known->uid && strcmp(known->uid, uid) == 0)
			return true;
	}
	return false;
}

/* Emits the end of the pod, unless it has another sandbox. */
static void cri_emit_gone(struct cri *cri, const struct cri_known *known)
{
	if (!known->name || cri_is_alive(&cri->sandboxes, known->uid))
		return;
	struct pod_record *pod = calloc(1, sizeof(*pod));
	if (!pod)
		return;
	pod->namespace_name = strdup(known->namespace_name);
	pod->name = strdup(known->name);
	pod->uid = strdup(known->uid);
	pod->deleted = true;
	if (pod->namespace_name && pod->name && pod->uid)
		cri_emit_pod(cri, pod);
	else
		pod_record_free(pod);
}

static void cri_forget_absent(struct cri *cri)
{
	for (size_t i = cri->sandboxes.count; i-- > 0;) {
		if (cri->sandboxes.items[i].present)
			continue;
		cri_emit_gone(cri, &cri->sandboxes.items[i]);
		cri_known_remove(&cri->sandboxes, i);
	}
	for (size_t i = cri->containers.count; i-- > 0;) {
		if (!cri->containers.items[i].present)
			cri_known_remove(&cri->containers, i);
	}
}

/*
 * True for a sandbox that has ended while the pod, or the next pod of its name, has another one: a
 * record of the ended sandbox would remove the addresses of the other.
 */
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
	for (size_t i = 0; i < cri->sandboxes.count; i++)
		cri->sandboxes.items[i].present = false;
	for (size_t i = 0; i < answer->n_items; i++) {
		const Cri__PodSandbox *sandbox = answer->items[i];
		uint64_t fingerprint = cri_sandbox_fingerprint(sandbox);
		struct cri_known *known = cri_known_find(&cri->sandboxes, sandbox->id);
		if (known && known->fingerprint == fingerprint) {
			known->present = true;
			continue;
		}
		if (!known)
			known = cri_known_add(&cri->sandboxes, sandbox->id);
		if (!known)
			return -ENOMEM;
		known->present = true;
		int error = cri_remember_pod(known, sandbox->metadata);
		if (!error && !cri_is_superseded(answer, sandbox))
			error = cri_emit_sandbox(cri, sandbox);
		if (error)
			return error;
		known->fingerprint = fingerprint;
	}
	return 0;
}

static int cri_emit_containers(struct cri *cri, const Cri__ListContainersResponse *answer)
{
	for (size_t i = 0; i < cri->containers.count; i++)
		cri->containers.items[i].present = false;
	for (size_t i = 0; i < answer->n_containers; i++) {
		const Cri__Container *container = answer->containers[i];
		struct cri_known *known = cri_known_find(&cri->containers, container->id);
		if (known) {
			known->present = true;
			continue;
		}
		struct record record = {.kind = RECORD_CONTAINER};
		int error = cri_container_record(
			container, cri_known_find(&cri->sandboxes, container->pod_sandbox_id),
			cri->runtime, &record.container);
		if (error == -EINVAL)
			continue;
		known = error ? NULL : cri_known_add(&cri->containers, container->id);
		if (!known) {
			if (!error)
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
		if (!cri_known_find(&cri->sandboxes, answer->containers[i]->pod_sandbox_id))
			return true;
	}
	return false;
}

/*
 * Lists containers before sandboxes, so that the sandbox of each listed container is in the answer,
 * and emits pods before their containers. Sandboxes are listed every few seconds and whenever a
 * container is in a new sandbox: listing them at each look would take too long for a container that
 * is soon removed.
 */
static int cri_look(struct identity_client *client)
{
	struct cri *cri = (struct cri *)client;
	Cri__ListContainersRequest list_containers = CRI__LIST_CONTAINERS_REQUEST__INIT;
	Cri__ListPodSandboxRequest list_sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	ProtobufCMessage *sandboxes = NULL;
	uint64_t now_ms = clock_monotonic_ms();

	int error = cri_call(cri, &cri_list_containers, &list_containers.base, &reply);
	const Cri__ListContainersResponse *containers = (const Cri__ListContainersResponse *)reply;
	bool all = !error && (cri->listed_ms == 0 || now_ms - cri->listed_ms >= LOOK_EVERY_MS ||
			      cri_has_new_sandbox(cri, containers));
	if (all)
		error = cri_call(cri, &cri_list_sandboxes, &list_sandboxes.base, &sandboxes);
	if (!error && all)
		error = cri_emit_sandboxes(cri, (const Cri__ListPodSandboxResponse *)sandboxes);
	if (!error)
		error = cri_emit_containers(cri, containers);
	if (!error && all) {
		cri_forget_absent(cri);
		cri->listed_ms = now_ms;
	}
	grpc_free_reply(reply);
	grpc_free_reply(sandboxes);
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
	struct cri *cri = (struct cri *)client;

	cri_disconnect(client);
	cri_known_clear(&cri->sandboxes);
	cri_known_clear(&cri->containers);
	free(cri->endpoint);
	free(cri->host_root);
	free(cri->node);
	free(cri);
}

static int cri_make(const struct identity_config *config, struct identity_client **out)
{
	struct cri *cri = calloc(1, sizeof(*cri));

	if (!cri)
		return -ENOMEM;
	int error = identity_copy_endpoint(config->places[IDENTITY_CRI], &cri->endpoint);
	if (!error)
		error = text_copy(config->host_root, &cri->host_root);
	if (!error)
		error = text_copy(config->node, &cri->node);
	if (error) {
		cri_free(&cri->client);
		return error;
	}
	cri->client.is_named = cri->endpoint;
	*out = &cri->client;
	return 0;
}

const struct identity_source cri_identity_source = {
	.label = "cri",
	.title = "CRI",
	.gives = "pods, their labels and containers",
	.option = "cri",
	.opt_out = "no-cri",
	.environment = "CONTAINER_RUNTIME_ENDPOINT",
	.make = cri_make,
	.connect = cri_connect,
	.look = cri_look,
	.follow = cri_follow,
	.disconnect = cri_disconnect,
	.free = cri_free,
};
