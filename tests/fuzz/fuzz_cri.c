/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the answers of a container runtime (gRPC, protobuf) are read in bounded memory, or
 * refused. Each record that they make can be written and read back.
 *
 * The first byte of the input selects the type of the message. Bit 2 means that the rest is a whole
 * body. Otherwise it is a message, and the fuzzer adds the prefix.
 */
#include <errno.h>

#include "core/source/runtime/cri_pods.h"
#include "core/source/runtime/grpc_message.h"
#include "tests/fuzz/fuzz.h"

#define PREFIX_SIZE 5

static const ProtobufCMessageDescriptor *const types[] = {
	&cri__list_pod_sandbox_response__descriptor,
	&cri__list_containers_response__descriptor,
	&cri__pod_sandbox_status_response__descriptor,
	&cri__version_response__descriptor,
};

static void check_record(struct record *record, int error)
{
	must(error == 0 || error == -EINVAL);
	if (error)
		return;
	fuzz_record_round_trip(record);
	record_free(record);
}

/* Checks that the fingerprint does not depend on the order of the labels. */
static void check_fingerprint(Cri__PodSandbox *sandbox)
{
	uint64_t before = cri_sandbox_fingerprint(sandbox);

	if (sandbox->n_labels < 2)
		return;
	Cri__PodSandbox__LabelsEntry *first = sandbox->labels[0];
	sandbox->labels[0] = sandbox->labels[sandbox->n_labels - 1];
	sandbox->labels[sandbox->n_labels - 1] = first;
	must(cri_sandbox_fingerprint(sandbox) == before);
}

static void check_sandboxes(const Cri__ListPodSandboxResponse *list)
{
	struct cri_known_list known = {0};

	for (size_t i = 0; i < list->n_items; i++) {
		Cri__PodSandbox *sandbox = list->items[i];
		struct record record = {.kind = RECORD_POD};
		check_fingerprint(sandbox);
		check_record(&record, cri_pod_record(sandbox, NULL, "n1", &record.pod));
		if (!cri_known_find(&known, sandbox->id))
			must(cri_known_add(&known, sandbox->id) != NULL);
		must(cri_known_find(&known, sandbox->id) != NULL);
	}
	if (known.count > 0) {
		char *removed = strdup(known.items[known.count / 2].id);
		must(removed != NULL);
		cri_known_remove(&known, known.count / 2);
		must(!cri_known_find(&known, removed));
		free(removed);
	}
	for (size_t i = 0; i < known.count; i++)
		must(cri_known_find(&known, known.items[i].id) == &known.items[i]);
	cri_known_clear(&known);
}

static void check_containers(const Cri__ListContainersResponse *list)
{
	for (size_t i = 0; i < list->n_containers; i++) {
		struct record record = {.kind = RECORD_CONTAINER};
		check_record(&record, cri_container_record(list->containers[i], NULL, "containerd",
							   &record.container));
	}
}

static void check_status(const Cri__PodSandboxStatusResponse *answer)
{
	Cri__PodSandboxMetadata metadata = CRI__POD_SANDBOX_METADATA__INIT;
	Cri__PodSandbox sandbox = CRI__POD_SANDBOX__INIT;
	struct record record = {.kind = RECORD_POD};
	char name[] = "web-1";

	metadata.name = name;
	metadata.namespace_ = name;
	sandbox.metadata = &metadata;
	check_record(&record, cri_pod_record(&sandbox, answer->status, "n1", &record.pod));
}

static void check_message(ProtobufCMessage *message)
{
	if (message->descriptor == &cri__list_pod_sandbox_response__descriptor)
		check_sandboxes((const Cri__ListPodSandboxResponse *)message);
	else if (message->descriptor == &cri__list_containers_response__descriptor)
		check_containers((const Cri__ListContainersResponse *)message);
	else if (message->descriptor == &cri__pod_sandbox_status_response__descriptor)
		check_status((const Cri__PodSandboxStatusResponse *)message);
	protobuf_c_message_free_unpacked(message, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ProtobufCMessage *message = NULL;

	if (size == 0)
		return 0;
	const ProtobufCMessageDescriptor *type = types[data[0] % 4];
	bool whole = data[0] & 4;
	size_t length = size - 1 + (whole ? 0 : PREFIX_SIZE);
	uint8_t *body = length > 0 ? malloc(length) : NULL;
	if (length > 0 && !body)
		return 0;
	for (size_t i = 0; !whole && i < PREFIX_SIZE; i++)
		body[i] = i == 0 ? 0 : (uint8_t)((size - 1) >> (32 - 8 * i));
	if (size > 1)
		memcpy(body + length - (size - 1), data + 1, size - 1);
	int error = grpc_message_unpack(body, length, type, &message);
	must(error == 0 || error == -EPROTO || error == -ENOBUFS);
	must(!error == (message != NULL));
	if (message)
		check_message(message);
	free(body);
	return 0;
}
