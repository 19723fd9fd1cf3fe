/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: the list of containers and the events of Docker's API. Each record that they make can
 * be written and read back, and has the id of a container. The text is also read as the file name
 * of a log link of the kubelet, whose parts give the same file name again.
 */
#include <errno.h>
#include <stdio.h>

#include "core/base/json_document.h"
#include "core/source/runtime/docker.h"
#include "core/source/runtime/log_links.h"
#include "tests/fuzz/fuzz.h"

static void check_record(struct container_record *container, int error)
{
	struct record record = {.kind = RECORD_CONTAINER, .container = container};

	must(error == 0 || error == -EINVAL || error == -ENOENT);
	must(!error == (container != NULL));
	if (error)
		return;
	must(strlen(container->id) == 64 && strcmp(container->runtime, "docker") == 0);
	for (size_t i = 1; i < container->labels.count; i++)
		must(strcmp(container->labels.items[i - 1].key, container->labels.items[i].key) <
		     0);
	fuzz_record_round_trip(&record);
	record_free(&record);
}

static void check_json(const char *text, size_t length)
{
	json_error_t why = {0};
	json_t *value = NULL;
	int error = json_document_parse(text, length, 0, &value, &why);

	must(error == 0 || (error == -EBADMSG && !value && why.text[0] != '\0'));
	if (error)
		return;
	for (size_t i = 0; i < json_array_size(value); i++) {
		struct container_record *container = NULL;
		error = docker_listed_container(json_array_get(value, i), "docker", &container);
		check_record(container, error);
	}
	struct container_record *container = NULL;
	error = docker_event_container(value, "docker", &container);
	check_record(container, error);
	json_decref(value);
}

static void check_log_link(const char *name)
{
	struct container_record *container = NULL;
	struct record record = {.kind = RECORD_CONTAINER};
	char again[512];
	int error = log_links_parse(name, &container);

	must(error == 0 || (error == -EINVAL && !container));
	if (error)
		return;
	snprintf(again, sizeof(again), "%s_%s_%s-%s.log", container->pod, container->namespace_name,
		 container->name, container->id);
	must(strcmp(again, name) == 0);
	record.container = container;
	fuzz_record_round_trip(&record);
	record_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_json(text, size);
	check_log_link(text);
	free(text);
	return 0;
}
