/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/records.h"

#include <stdlib.h>
#include <string.h>

#include "core/record/address.h"

#define NS_PER_MS 1000000ull

static void *must(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

char *test_copy(const char *text)
{
	return text ? must(strdup(text)) : NULL;
}

void test_flow_src(struct record *record, const char *address)
{
	if (address_parse(address, &record->flow.family, &record->flow.src))
		abort();
	record->flow.has |= FLOW_HAS_SRC;
}

void test_flow_dst(struct record *record, const char *address)
{
	if (address_parse(address, &record->flow.family, &record->flow.dst))
		abort();
	record->flow.has |= FLOW_HAS_DST;
}

struct record test_flow(enum flow_event_type event, uint64_t id, uint64_t ms)
{
	struct record record = {
		.kind = RECORD_FLOW,
		.flow =
			{
				.ts_ns = TEST_EPOCH_NS + ms * NS_PER_MS,
				.id = id,
				.has = FLOW_HAS_ID | FLOW_HAS_DPORT,
				.dport = 443,
				.event = (uint8_t)event,
				.direction = FLOW_EGRESS,
				.protocol = FLOW_TCP,
				.comm = "curl",
			},
	};

	test_flow_src(&record, "192.0.2.1");
	test_flow_dst(&record, "198.51.100.1");
	return record;
}

void test_flow_names(struct record *record, const char *node, const char *namespace_name,
		     const char *pod, const char *container_id)
{
	const char *texts[] = {node, namespace_name, pod, container_id};
	const char *kept[] = {NULL, NULL, NULL, NULL};
	size_t size = sizeof(struct flow_names);

	for (size_t i = 0; i < 4; i++)
		size += texts[i] ? strlen(texts[i]) + 1 : 0;
	struct flow_names *names = must(calloc(1, size));
	char *at = (char *)(names + 1);
	for (size_t i = 0; i < 4; i++) {
		if (!texts[i])
			continue;
		kept[i] = strcpy(at, texts[i]);
		at += strlen(texts[i]) + 1;
	}
	names->node = kept[0];
	names->namespace_name = kept[1];
	names->pod = kept[2];
	names->container_id = kept[3];
	free(record->flow.names);
	record->flow.names = names;
}

static void add_words(struct string_list *list, const char *words)
{
	char *copy = test_copy(words ? words : "");
	char *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (string_list_add(list, word))
			abort();
	}
	free(copy);
}

struct record test_container(const char *id, uint64_t cgroup_id, const char *name)
{
	struct container_record *container = must(calloc(1, sizeof(*container)));

	container->id = test_copy(id);
	container->cgroup_id = cgroup_id;
	container->name = test_copy(name);
	return (struct record){.kind = RECORD_CONTAINER, .container = container};
}

struct record test_pod(const char *namespace_name, const char *name, const char *uid,
		       const char *ips)
{
	struct pod_record *pod = must(calloc(1, sizeof(*pod)));

	pod->namespace_name = test_copy(namespace_name);
	pod->name = test_copy(name);
	pod->uid = test_copy(uid);
	add_words(&pod->ips, ips);
	return (struct record){.kind = RECORD_POD, .pod = pod};
}

struct record test_service(const char *namespace_name, const char *name, const char *cluster_ips)
{
	struct service_record *service = must(calloc(1, sizeof(*service)));

	service->namespace_name = test_copy(namespace_name);
	service->name = test_copy(name);
	add_words(&service->cluster_ips, cluster_ips);
	return (struct record){.kind = RECORD_SERVICE, .service = service};
}

struct record test_dns(const char *name, const char *addresses)
{
	struct dns_record *dns = must(calloc(1, sizeof(*dns)));

	dns->name = test_copy(name);
	add_words(&dns->addresses, addresses);
	return (struct record){.kind = RECORD_DNS, .dns = dns};
}
