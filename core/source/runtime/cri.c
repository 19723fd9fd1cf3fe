/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/runtime/cri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/source/identity_source.h"
#include "core/source/runtime/cri_pods.h"
#include "core/source/runtime/grpc.h"

/* Labels change and pods go without a cgroup being made: looked for this often. */
#define LOOK_EVERY_MS 5000u
/*
 * After a look, so long until the next one: many new containers at once are one look. Not longer: a
 * container may be made, run, end and be removed again within some hundredths of a second.
 */
#define LOOK_AGAIN_MS 5u

struct cri {
	char *endpoint; /* as it was named; NULL: look for it */
	char *host_root;
	char *node;
	struct source *source;
	struct http *http;
	char *socket;
	char *runtime; /* "containerd", "cri-o" */
	char version[64];
	time_t listed_s; /* CLOCK_MONOTONIC: when sandboxes were listed last; 0: never */
	struct cri_known_list sandboxes;
	struct cri_known_list containers;
	char message[HTTP_MESSAGE_SIZE]; /* what went wrong last, in the runtime's words */
};

/* Where runtimes put their sockets, in the order in which crictl looks; then k3s, microk8s and k0s.
 */
static const char *const usual_sockets[] = {
	"/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/run/cri-dockerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
	"/run/k0s/containerd.sock",
	NULL,
};

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void free_reply(ProtobufCMessage *reply)
{
	if (reply)
		protobuf_c_message_free_unpacked(reply, NULL);
}

static int call(struct cri *cri, const char *method, const ProtobufCMessage *request,
		const ProtobufCMessageDescriptor *type, ProtobufCMessage **reply)
{
	struct http_response response;
	int error = grpc_call(cri->http, cri->source, method, request, type, reply, &response);

	if (error)
		snprintf(cri->message, sizeof(cri->message), "%s", response.message);
	return error;
}

static void disconnect(struct cri *cri)
{
	http_free(cri->http);
	cri->http = NULL;
	free(cri->socket);
	cri->socket = NULL;
	free(cri->runtime);
	cri->runtime = NULL;
	cri->listed_s = 0;
}

/* Takes over the socket's path, and asks who is there. 0, or what the call says. */
static int connect_socket(struct cri *cri, char *path)
{
	Cri__VersionRequest request = CRI__VERSION_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;

	cri->socket = path;
	const struct http_options options = {
		.base_url = "http://localhost",
		.unix_socket = cri->socket,
		.http2 = true,
	};
	int error = http_new(&options, &cri->http);
	if (!error)
		error = call(cri, "/runtime.v1.RuntimeService/Version", &request.base,
			     &cri__version_response__descriptor, &reply);
	if (error)
		return error;
	const Cri__VersionResponse *version = (const Cri__VersionResponse *)reply;
	cri->runtime = strdup(version->runtime_name);
	snprintf(cri->version, sizeof(cri->version), "%s", version->runtime_version);
	free_reply(reply);
	return cri->runtime ? 0 : -ENOMEM;
}

/* Connects to one of the usual places. 0; -ENOENT where there is no socket; what the first call
 * says. */
static int connect_usual(struct cri *cri, size_t at)
{
	const char *const candidate[] = {usual_sockets[at], NULL};
	char *path = names_find_socket(candidate, cri->host_root);

	disconnect(cri);
	return path ? connect_socket(cri, path) : -ENOENT;
}

/*
 * Connects to the runtime that was named, or else to the first in the usual places that answers:
 * beside a cri-dockerd or a CRI-O there may be a containerd that does no CRI, or the socket of one
 * that is gone. 0; -ENOENT where there is no socket; what the first one's call says.
 */
static int connect_runtime(struct cri *cri)
{
	const size_t none = sizeof(usual_sockets) / sizeof(usual_sockets[0]);
	size_t first = none;
	size_t last = none;

	if (cri->endpoint) {
		char *path = names_socket_path(cri->endpoint, cri->host_root);
		return path ? connect_socket(cri, path) : -ENOMEM;
	}
	int error = -ENOENT;
	for (size_t i = 0; usual_sockets[i]; i++) {
		int failure = connect_usual(cri, i);
		if (failure == 0 || failure == -ECANCELED)
			return failure;
		if (failure == -ENOENT)
			continue;
		error = failure;
		last = i;
		if (first == none)
			first = i;
	}
	if (first == none)
		snprintf(cri->message, sizeof(cri->message), "no socket in the usual places");
	/* What is told is of the first. */
	return first == last ? error : connect_usual(cri, first);
}

static void emit_pod(struct cri *cri, struct pod_record *pod)
{
	struct record record = {.kind = RECORD_POD, .pod = pod};

	source_emit_wait(cri->source, &record);
}

/* Remembers whose sandbox it is, for the day when it is gone. */
static int remember_pod(struct cri_known *known, const Cri__PodSandboxMetadata *metadata)
{
	if (known->name || !metadata)
		return 0;
	known->namespace_name = strdup(metadata->namespace_);
	known->name = strdup(metadata->name);
	known->uid = strdup(metadata->uid);
	return known->namespace_name && known->name && known->uid ? 0 : -ENOMEM;
}

/* Tells of a sandbox that is new or has changed. A sandbox that goes between the two calls is told
 * without addresses. */
static int tell_sandbox(struct cri *cri, const Cri__PodSandbox *sandbox)
{
	Cri__PodSandboxStatusRequest request = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;
	struct pod_record *pod = NULL;

	request.pod_sandbox_id = sandbox->id;
	int error = call(cri, "/runtime.v1.RuntimeService/PodSandboxStatus", &request.base,
			 &cri__pod_sandbox_status_response__descriptor, &reply);
	if (error && error != -EREMOTEIO)
		return error;
	error = cri_pod_record(
		sandbox, reply ? ((const Cri__PodSandboxStatusResponse *)reply)->status : NULL,
		cri->node, &pod);
	free_reply(reply);
	if (error) {
		pod_record_free(pod);
		/* A sandbox without a name is none that Kubernetes made. */
		return error == -EINVAL ? 0 : error;
	}
	emit_pod(cri, pod);
	return 0;
}

static bool is_alive(const struct cri_known_list *sandboxes, const char *uid)
{
	for (size_t i = 0; i < sandboxes->count; i++) {
		const struct cri_known *known = &sandboxes->items[i];
		if (known->present && known->uid && strcmp(known->uid, uid) == 0)
			return true;
	}
	return false;
}

/* A pod may have had several sandboxes, one after the other: it is gone with the last one. */
static void tell_gone(struct cri *cri, const struct cri_known *known)
{
	if (!known->name || is_alive(&cri->sandboxes, known->uid))
		return;
	struct pod_record *pod = calloc(1, sizeof(*pod));
	if (!pod)
		return;
	pod->namespace_name = strdup(known->namespace_name);
	pod->name = strdup(known->name);
	pod->uid = strdup(known->uid);
	pod->deleted = true;
	if (pod->namespace_name && pod->name && pod->uid)
		emit_pod(cri, pod);
	else
		pod_record_free(pod);
}

static void forget_absent(struct cri *cri)
{
	for (size_t i = cri->sandboxes.count; i-- > 0;) {
		if (cri->sandboxes.items[i].present)
			continue;
		tell_gone(cri, &cri->sandboxes.items[i]);
		cri_known_remove(&cri->sandboxes, i);
	}
	for (size_t i = cri->containers.count; i-- > 0;) {
		if (!cri->containers.items[i].present)
			cri_known_remove(&cri->containers, i);
	}
}

/*
 * True for a sandbox that has ended while the pod, or the next one of its name, has another: what
 * is told of it would take that one's address away.
 */
static bool is_superseded(const Cri__ListPodSandboxResponse *answer, const Cri__PodSandbox *sandbox)
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

static int tell_sandboxes(struct cri *cri, const Cri__ListPodSandboxResponse *answer)
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
		int error = remember_pod(known, sandbox->metadata);
		if (!error && !is_superseded(answer, sandbox))
			error = tell_sandbox(cri, sandbox);
		if (error)
			return error;
		known->fingerprint = fingerprint;
	}
	return 0;
}

static int tell_containers(struct cri *cri, const Cri__ListContainersResponse *answer)
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
		source_emit_wait(cri->source, &record);
	}
	return 0;
}

static bool has_new_sandbox(const struct cri *cri, const Cri__ListContainersResponse *answer)
{
	for (size_t i = 0; i < answer->n_containers; i++) {
		if (!cri_known_find(&cri->sandboxes, answer->containers[i]->pod_sandbox_id))
			return true;
	}
	return false;
}

/*
 * One look: containers are listed before sandboxes, so that the sandbox of each one listed is in
 * the answer too; pods are told before their containers. Sandboxes are listed every few seconds,
 * and whenever a container is in a new one: a container must be listed before it is removed again.
 */
static int look(struct cri *cri)
{
	Cri__ListContainersRequest list_containers = CRI__LIST_CONTAINERS_REQUEST__INIT;
	Cri__ListPodSandboxRequest list_sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	ProtobufCMessage *containers = NULL;
	ProtobufCMessage *sandboxes = NULL;
	time_t now = seconds();

	int error = call(cri, "/runtime.v1.RuntimeService/ListContainers", &list_containers.base,
			 &cri__list_containers_response__descriptor, &containers);
	bool all =
		!error && (now - cri->listed_s >= LOOK_EVERY_MS / 1000 ||
			   has_new_sandbox(cri, (const Cri__ListContainersResponse *)containers));
	if (all)
		error = call(cri, "/runtime.v1.RuntimeService/ListPodSandbox", &list_sandboxes.base,
			     &cri__list_pod_sandbox_response__descriptor, &sandboxes);
	if (!error && all)
		error = tell_sandboxes(cri, (const Cri__ListPodSandboxResponse *)sandboxes);
	if (!error)
		error = tell_containers(cri, (const Cri__ListContainersResponse *)containers);
	if (!error && all) {
		forget_absent(cri);
		cri->listed_s = now;
	}
	free_reply(containers);
	free_reply(sandboxes);
	return error;
}

/* A runtime that nobody named, and that is not there or does no CRI, is no fault. */
static void tell_failure(struct cri *cri, int error)
{
	if (error == -ENOSYS)
		snprintf(cri->message, sizeof(cri->message), "does not speak CRI");
	if ((error == -ENOENT || error == -ENOSYS) && !cri->endpoint)
		source_set_health(cri->source, SOURCE_ABSENT, 0, "%s", cri->message);
	else
		source_set_health(cri->source, SOURCE_BROKEN, error, "%s: %s",
				  cri->socket ? cri->socket : "container runtime",
				  cri->message[0] ? cri->message : strerror(-error));
}

static void run_cri(struct source *source, void *data)
{
	struct cri *cri = data;
	struct names_backoff backoff = {0};

	cri->source = source;
	while (!source_stopping(source)) {
		cri->message[0] = '\0';
		int error = cri->http ? 0 : connect_runtime(cri);
		if (!error)
			error = look(cri);
		if (error == -ECANCELED)
			break;
		if (error) {
			tell_failure(cri, error);
			disconnect(cri);
			if (!names_wait_after_failure(source, &backoff))
				break;
			continue;
		}
		names_backoff_reset(&backoff);
		source_set_health(source, SOURCE_READY, 0, "%s", "");
		if (!names_wait(source, LOOK_AGAIN_MS, false) ||
		    !names_wait(source, LOOK_EVERY_MS, true))
			break;
	}
	disconnect(cri);
}

static void free_cri(void *data)
{
	struct cri *cri = data;

	disconnect(cri);
	cri_known_clear(&cri->sandboxes);
	cri_known_clear(&cri->containers);
	free(cri->endpoint);
	free(cri->host_root);
	free(cri->node);
	free(cri);
}

static int new_cri(const struct cri_options *options, struct cri **out)
{
	struct cri *cri = calloc(1, sizeof(*cri));

	if (!cri)
		return -ENOMEM;
	int error = names_copy_endpoint(options->endpoint, &cri->endpoint);
	if (!error)
		error = names_copy_text(options->host_root, &cri->host_root);
	if (!error)
		error = names_copy_text(options->node, &cri->node);
	if (error) {
		free_cri(cri);
		return error;
	}
	*out = cri;
	return 0;
}

int cri_source_start(const struct cri_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "cri",
		.run = run_cri,
		.free_data = free_cri,
	};
	struct cri *cri = NULL;
	int error = new_cri(options, &cri);

	return error ? error : names_start(&operations, cri, out);
}

int cri_check(const struct cri_options *options, struct names_check *out)
{
	struct cri *cri = NULL;
	int error = new_cri(options, &cri);

	*out = (struct names_check){0};
	if (error)
		return error;
	error = connect_runtime(cri);
	snprintf(out->socket, sizeof(out->socket), "%s", cri->socket ? cri->socket : "");
	snprintf(out->runtime, sizeof(out->runtime), "%s", cri->runtime ? cri->runtime : "");
	snprintf(out->version, sizeof(out->version), "%s", cri->version);
	if (error)
		snprintf(out->message, sizeof(out->message), "%.255s",
			 cri->message[0] ? cri->message : strerror(-error));
	free_cri(cri);
	return error;
}
