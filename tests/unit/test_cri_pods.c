/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/source/runtime/cri_pods.h"

/* protobuf-c's strings are not const, but this test does not write to them. */
#define TEXT(text) ((char *)(uintptr_t)(text))

/* A sandbox as containerd describes it. */
struct sample {
	Cri__PodSandbox sandbox;
	Cri__PodSandboxMetadata metadata;
	Cri__PodSandbox__LabelsEntry entries[4];
	Cri__PodSandbox__LabelsEntry *labels[4];
	Cri__PodSandboxStatus status;
	Cri__PodSandboxNetworkStatus network;
	Cri__PodIP more_ips[2];
	Cri__PodIP *more[2];
	Cri__LinuxPodSandboxStatus linux_status;
	Cri__Namespace namespaces;
	Cri__NamespaceOption options;
};

static void add_label(struct sample *sample, const char *key, const char *value)
{
	size_t at = sample->sandbox.n_labels++;

	cri__pod_sandbox__labels_entry__init(&sample->entries[at]);
	sample->entries[at].key = TEXT(key);
	sample->entries[at].value = TEXT(value);
	sample->labels[at] = &sample->entries[at];
}

static void make_sample(struct sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	cri__pod_sandbox__init(&sample->sandbox);
	cri__pod_sandbox_metadata__init(&sample->metadata);
	cri__pod_sandbox_status__init(&sample->status);
	cri__pod_sandbox_network_status__init(&sample->network);
	cri__linux_pod_sandbox_status__init(&sample->linux_status);
	cri__namespace__init(&sample->namespaces);
	cri__namespace_option__init(&sample->options);
	sample->sandbox.id = TEXT("s1");
	sample->sandbox.metadata = &sample->metadata;
	sample->sandbox.labels = sample->labels;
	sample->metadata.name = TEXT("mypod");
	sample->metadata.namespace_ = TEXT("default");
	sample->metadata.uid = TEXT("uid-1");
	add_label(sample, "run", "mypod");
	add_label(sample, "io.kubernetes.pod.name", "mypod");
	sample->status.network = &sample->network;
	sample->network.ip = TEXT("198.51.100.7");
	sample->network.additional_ips = sample->more;
	sample->status.linux_status = &sample->linux_status;
	sample->linux_status.namespaces = &sample->namespaces;
	sample->namespaces.options = &sample->options;
}

static void test_pod(void **state)
{
	struct sample sample;
	struct pod_record *pod = NULL;

	(void)state;
	make_sample(&sample);
	cri__pod_ip__init(&sample.more_ips[0]);
	sample.more_ips[0].ip = TEXT("2001:db8::7");
	sample.more[0] = &sample.more_ips[0];
	sample.network.n_additional_ips = 1;
	assert_int_equal(cri_pod_record(&sample.sandbox, &sample.status, "node-1", &pod), 0);
	assert_string_equal(pod->namespace_name, "default");
	assert_string_equal(pod->name, "mypod");
	assert_string_equal(pod->uid, "uid-1");
	assert_string_equal(pod->node, "node-1");
	assert_int_equal(pod->ips.count, 2);
	assert_string_equal(pod->ips.items[0], "198.51.100.7");
	assert_string_equal(pod->ips.items[1], "2001:db8::7");
	assert_false(pod->host_network);
	assert_false(pod->deleted);
	/* Labels that the kubelet adds for itself are not labels of the pod. */
	assert_int_equal(pod->labels.count, 1);
	assert_string_equal(labels_get(&pod->labels, "run"), "mypod");
	pod_record_free(pod);
}

/* A sandbox that is not ready has released its addresses. The status may be missing. */
static void test_pod_without_addresses(void **state)
{
	struct sample sample;
	struct pod_record *pod = NULL;

	(void)state;
	make_sample(&sample);
	sample.sandbox.state = CRI__POD_SANDBOX_STATE__SANDBOX_NOTREADY;
	assert_int_equal(cri_pod_record(&sample.sandbox, &sample.status, NULL, &pod), 0);
	assert_int_equal(pod->ips.count, 0);
	assert_null(pod->node);
	pod_record_free(pod);
	make_sample(&sample);
	assert_int_equal(cri_pod_record(&sample.sandbox, NULL, NULL, &pod), 0);
	assert_int_equal(pod->ips.count, 0);
	pod_record_free(pod);
	/* With the host's network containerd reports no address. */
	make_sample(&sample);
	sample.options.network = CRI__NAMESPACE_MODE__NODE;
	sample.network.ip = TEXT("2001:DB8:0::7");
	assert_int_equal(cri_pod_record(&sample.sandbox, &sample.status, "node-a", &pod), 0);
	assert_int_equal(pod->ips.count, 1);
	assert_string_equal(pod->ips.items[0], "2001:db8::7");
	pod_record_free(pod);
	sample.network.ip = TEXT("192.0.2.1/24");
	assert_int_equal(cri_pod_record(&sample.sandbox, &sample.status, "node-a", &pod), 0);
	assert_int_equal(pod->ips.count, 0);
	pod_record_free(pod);
	sample.network.ip = TEXT("");
	assert_int_equal(cri_pod_record(&sample.sandbox, &sample.status, NULL, &pod), 0);
	assert_int_equal(pod->ips.count, 0);
	assert_true(pod->host_network);
	pod_record_free(pod);
}

static void test_no_pod(void **state)
{
	struct sample sample;
	struct pod_record *pod = NULL;

	(void)state;
	make_sample(&sample);
	sample.sandbox.metadata = NULL;
	assert_int_equal(cri_pod_record(&sample.sandbox, NULL, NULL, &pod), -EINVAL);
	make_sample(&sample);
	sample.metadata.name = TEXT("");
	assert_int_equal(cri_pod_record(&sample.sandbox, NULL, NULL, &pod), -EINVAL);
	make_sample(&sample);
	sample.metadata.namespace_ = TEXT("");
	assert_int_equal(cri_pod_record(&sample.sandbox, NULL, NULL, &pod), -EINVAL);
	assert_null(pod);
}

static void test_container(void **state)
{
	struct container_record *record = NULL;
	Cri__Container container = CRI__CONTAINER__INIT;
	Cri__ContainerMetadata metadata = CRI__CONTAINER_METADATA__INIT;
	Cri__Container__LabelsEntry entries[3];
	Cri__Container__LabelsEntry *labels[3];
	static const char *const pairs[][2] = {{"io.kubernetes.pod.name", "of-label"},
					       {"io.kubernetes.pod.namespace", "ns"},
					       {"io.kubernetes.pod.uid", "uid-2"}};
	struct pod_record pod = {
		.namespace_name = TEXT("default"), .name = TEXT("mypod"), .uid = TEXT("uid-1")};
	const struct cri_known sandbox = {.pod = &pod};

	(void)state;
	assert_int_equal(cri_container_record(&container, &sandbox, "containerd", &record),
			 -EINVAL);
	assert_null(record);
	container.id = TEXT("c1");
	container.metadata = &metadata;
	metadata.name = TEXT("main");
	assert_int_equal(cri_container_record(&container, &sandbox, "containerd", &record), 0);
	assert_string_equal(record->id, "c1");
	assert_string_equal(record->name, "main");
	assert_string_equal(record->runtime, "containerd");
	assert_string_equal(record->namespace_name, "default");
	assert_string_equal(record->pod, "mypod");
	assert_string_equal(record->pod_uid, "uid-1");
	container_record_free(record);
	/* The sandbox was removed and the container has no labels: keep the container's name. */
	assert_int_equal(cri_container_record(&container, NULL, NULL, &record), 0);
	assert_string_equal(record->name, "main");
	assert_null(record->pod);
	assert_null(record->runtime);
	container_record_free(record);
	/* The kubelet's labels name the pod. */
	for (size_t i = 0; i < 3; i++) {
		cri__container__labels_entry__init(&entries[i]);
		entries[i].key = TEXT(pairs[i][0]);
		entries[i].value = TEXT(pairs[i][1]);
		labels[i] = &entries[i];
	}
	container.labels = labels;
	container.n_labels = 3;
	assert_int_equal(cri_container_record(&container, NULL, NULL, &record), 0);
	assert_string_equal(record->namespace_name, "ns");
	assert_string_equal(record->pod, "of-label");
	assert_string_equal(record->pod_uid, "uid-2");
	container_record_free(record);
	assert_int_equal(cri_container_record(&container, &sandbox, NULL, &record), 0);
	assert_string_equal(record->pod, "mypod");
	container_record_free(record);
}

/* The fingerprint depends on state and labels, not on the order of labels. */
static void test_fingerprint(void **state)
{
	struct sample sample;
	struct sample other;

	(void)state;
	make_sample(&sample);
	make_sample(&other);
	assert_true(cri_sandbox_fingerprint(&sample.sandbox) ==
		    cri_sandbox_fingerprint(&other.sandbox));
	other.labels[0] = &other.entries[1];
	other.labels[1] = &other.entries[0];
	assert_true(cri_sandbox_fingerprint(&sample.sandbox) ==
		    cri_sandbox_fingerprint(&other.sandbox));
	other.entries[0].value = TEXT("another");
	assert_true(cri_sandbox_fingerprint(&sample.sandbox) !=
		    cri_sandbox_fingerprint(&other.sandbox));
	make_sample(&other);
	add_label(&other, "more", "");
	assert_true(cri_sandbox_fingerprint(&sample.sandbox) !=
		    cri_sandbox_fingerprint(&other.sandbox));
	make_sample(&other);
	other.sandbox.state = CRI__POD_SANDBOX_STATE__SANDBOX_NOTREADY;
	assert_true(cri_sandbox_fingerprint(&sample.sandbox) !=
		    cri_sandbox_fingerprint(&other.sandbox));
}

/* Ids may arrive in any order. An addition must not move the items before it: their number would
 * make reading a list quadratic. */
static void test_descending_ids(void **state)
{
	enum { IDS = 200000 };
	struct cri_known_list list = {0};
	char id[32];

	(void)state;
	for (unsigned int i = 0; i < IDS; i++) {
		snprintf(id, sizeof(id), "%06u", IDS - i);
		const struct cri_known *known = cri_known_add(&list, id);
		assert_non_null(known);
		assert_ptr_equal(known, &list.items[i]);
	}
	assert_string_equal(list.items[0].id, "200000");
	assert_string_equal(list.items[IDS - 1].id, "000001");
	cri_known_remove(&list, 0);
	assert_string_equal(list.items[0].id, "000001");
	assert_string_equal(list.items[1].id, "199999");
	assert_ptr_equal(cri_known_find(&list, "000001"), &list.items[0]);
	cri_known_clear(&list);
}

/* Adds many ids in random order, finds and removes them. */
static void test_known(void **state)
{
	struct cri_known_list list = {0};
	char id[32];

	(void)state;
	assert_null(cri_known_find(&list, "x"));
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "id-%u", i * 7919 % 1000);
		struct cri_known *known = cri_known_add(&list, id);
		assert_non_null(known);
		assert_string_equal(known->id, id);
		known->fingerprint = i * 7919 % 1000;
	}
	assert_int_equal(list.count, 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "id-%u", i);
		struct cri_known *known = cri_known_find(&list, id);
		assert_non_null(known);
		assert_int_equal(known->fingerprint, i);
		if (i % 2)
			cri_known_remove(&list, (size_t)(known - list.items));
	}
	assert_int_equal(list.count, 500);
	assert_null(cri_known_find(&list, "id-7"));
	assert_non_null(cri_known_find(&list, "id-8"));
	cri_known_clear(&list);
	assert_int_equal(list.count, 0);
	assert_null(cri_known_find(&list, "id-8"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pod),         cmocka_unit_test(test_pod_without_addresses),
		cmocka_unit_test(test_no_pod),      cmocka_unit_test(test_container),
		cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_descending_ids),
		cmocka_unit_test(test_known),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
