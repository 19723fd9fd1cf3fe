/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/random_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"

#define MOST_ITEMS 4
#define TEXT_SIZE  96

uint64_t random_next(struct random *random)
{
	random->state += 0x9e3779b97f4a7c15u;
	return hash_u64(random->state);
}

uint64_t random_below(struct random *random, uint64_t below)
{
	return random_next(random) % below;
}

static bool coin(struct random *random)
{
	return random_next(random) & 1;
}

static void *checked(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Numbers of every magnitude, up to what JSON carries. */
static uint64_t random_number(struct random *random, uint64_t max)
{
	uint64_t number = random_next(random) >> random_below(random, 64);

	return number <= max ? number : max;
}

/* At least one character; pieces that a writer gets wrong when it gets anything wrong. */
static void random_text(struct random *random, char text[TEXT_SIZE])
{
	static const char *const pieces[] = {
		"a",
		"kube-system",
		"x.example",
		"\"",
		"\\",
		"/",
		"\n",
		"\t",
		"\x01",
		"\x1b[31m",
		"\x7f",
		"\xc2\x9b",
		"é",
		"日",
		"😀",
		"\xe2\x80\xa8",
		" ",
		"{",
		"}",
		":",
		"\xef\xbf\xbd",
		"0",
		",",
		"'",
	};
	size_t count = 1 + random_below(random, 8);

	text[0] = '\0';
	while (count-- > 0)
		strcat(text, pieces[random_below(random, sizeof(pieces) / sizeof(pieces[0]))]);
}

static char *random_string(struct random *random)
{
	char text[TEXT_SIZE];

	random_text(random, text);
	return checked(strdup(text));
}

static char *maybe_string(struct random *random)
{
	return coin(random) ? random_string(random) : NULL;
}

static void random_address(struct random *random, uint8_t family, struct flow_address *address)
{
	uint8_t unmapped = family;

	memset(address, 0, sizeof(*address));
	for (size_t i = 0; i < (family == 4 ? 4u : 16u); i++)
		address->bytes[i] = coin(random) ? (uint8_t)random_next(random) : 0;
	address_unmap(&unmapped, address);
	if (unmapped != family)
		address->bytes[0] = 0x20;
}

static char *random_address_text(struct random *random)
{
	uint8_t family = coin(random) ? 4 : 6;
	struct flow_address address;
	char text[ADDRESS_TEXT_SIZE];

	random_address(random, family, &address);
	address_format(family, &address, text);
	return checked(strdup(text));
}

static void random_strings(struct random *random, struct string_list *list, bool addresses)
{
	size_t count = random_below(random, MOST_ITEMS);

	while (count-- > 0) {
		char *text = addresses ? random_address_text(random) : random_string(random);
		if (string_list_add(list, text))
			abort();
		free(text);
	}
}

static void random_labels(struct random *random, struct labels *labels)
{
	size_t count = random_below(random, MOST_ITEMS);

	while (count-- > 0) {
		char key[TEXT_SIZE];
		char value[TEXT_SIZE];
		random_text(random, key);
		random_text(random, value);
		if (labels_set(labels, key, coin(random) ? value : ""))
			abort();
	}
}

static void random_flow_names(struct random *random, struct flow *flow)
{
	static const size_t texts = sizeof(struct flow_names) / sizeof(char *);
	struct flow_names *names = checked(calloc(1, sizeof(*names) + texts * TEXT_SIZE));
	char *room = (char *)(names + 1);
	const char **fields[] = {
		&names->node,
		&names->namespace_name,
		&names->pod,
		&names->container,
		&names->container_id,
		&names->dns,
		&names->peer_namespace,
		&names->peer_name,
		&names->protocol,
		&names->id,
		&names->error,
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++, room += TEXT_SIZE) {
		if (fields[i] == &names->protocol && flow->protocol != FLOW_PROTOCOL_OTHER)
			continue;
		if (fields[i] == &names->id && !(flow->has & FLOW_HAS_ID))
			continue;
		if (fields[i] == &names->error && flow->error != 0)
			continue;
		if (coin(random))
			continue;
		random_text(random, room);
		/* A lone digit is an errno without a name, and is read as such. */
		if (fields[i] == &names->error)
			memcpy(room, "E_", 2), room[2] = '\0';
		*fields[i] = room;
		any = true;
	}
	if (names->id)
		flow->id = hash_string(0, names->id);
	if (!any) {
		free(names);
		names = NULL;
	}
	flow->names = names;
}

static uint64_t known(struct random *random, const struct flow *flow, uint32_t has, uint64_t max)
{
	return flow->has & has ? random_number(random, max) : 0;
}

static void random_flow(struct random *random, struct flow *flow)
{
	static const uint8_t protocols[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP, FLOW_PROTOCOL_OTHER};
	static const int16_t errors[] = {0, 0, 1, 111, 110, 113, 999, 41, INT16_MAX};

	flow->has = (uint32_t)random_next(random) & 0xffff;
	flow->event = (uint8_t)(FLOW_ATTEMPT + random_below(random, FLOW_DATAGRAM));
	flow->direction = coin(random) ? FLOW_EGRESS : FLOW_INGRESS;
	flow->protocol = protocols[random_below(random, 4)];
	flow->family = coin(random) ? 4 : 6;
	flow->state = (uint8_t)random_below(random, FLOW_STATE_COUNT);
	flow->error = errors[random_below(random, sizeof(errors) / sizeof(errors[0]))];
	flow->peer_kind = (uint8_t)random_below(random, FLOW_PEER_EXTERNAL + 1);
	flow->ts_ns = random_next(random);
	flow->id = flow->has & FLOW_HAS_ID ? random_next(random) : 0;
	if (flow->has & FLOW_HAS_SRC)
		random_address(random, flow->family, &flow->src);
	if (flow->has & FLOW_HAS_DST)
		random_address(random, flow->family, &flow->dst);
	flow->sport = (uint16_t)known(random, flow, FLOW_HAS_SPORT, UINT16_MAX);
	flow->dport = (uint16_t)known(random, flow, FLOW_HAS_DPORT, UINT16_MAX);
	flow->latency_us = known(random, flow, FLOW_HAS_LATENCY, INT64_MAX);
	flow->tx_bytes = known(random, flow, FLOW_HAS_TX, INT64_MAX);
	flow->rx_bytes = known(random, flow, FLOW_HAS_RX, INT64_MAX);
	flow->duration_ms = known(random, flow, FLOW_HAS_DURATION, INT64_MAX);
	flow->rtt_us = (uint32_t)known(random, flow, FLOW_HAS_RTT, UINT32_MAX);
	flow->retrans = (uint32_t)known(random, flow, FLOW_HAS_RETRANS, UINT32_MAX);
	flow->count = known(random, flow, FLOW_HAS_COUNT, INT64_MAX);
	flow->pid = (uint32_t)known(random, flow, FLOW_HAS_PID, UINT32_MAX);
	flow->uid = (uint32_t)known(random, flow, FLOW_HAS_UID, UINT32_MAX);
	flow->cgroup_id = known(random, flow, FLOW_HAS_CGROUP, INT64_MAX);
	flow->netns = (uint32_t)known(random, flow, FLOW_HAS_NETNS, UINT32_MAX);
	if (coin(random))
		snprintf(flow->comm, sizeof(flow->comm), "é\"\\\n%u",
			 (unsigned int)random_below(random, 100000));
	random_flow_names(random, flow);
}

static void random_pod(struct random *random, struct pod_record *pod)
{
	pod->namespace_name = random_string(random);
	pod->name = random_string(random);
	pod->uid = maybe_string(random);
	pod->node = maybe_string(random);
	random_strings(random, &pod->ips, true);
	random_labels(random, &pod->labels);
	pod->port_count = random_below(random, MOST_ITEMS);
	if (pod->port_count > 0)
		pod->ports = checked(calloc(pod->port_count, sizeof(*pod->ports)));
	for (size_t i = 0; i < pod->port_count; i++)
		pod->ports[i] = (struct pod_port){
			.name = maybe_string(random),
			.protocol = maybe_string(random),
			.port = (uint16_t)random_next(random),
		};
	pod->owner_kind = maybe_string(random);
	pod->owner_name = maybe_string(random);
	pod->phase = maybe_string(random);
	pod->started_ns = coin(random) ? random_below(random, 4102444800u) * 1000000007u : 0;
	pod->host_network = coin(random);
	pod->deleted = coin(random);
}

static void random_service(struct random *random, struct service_record *service)
{
	static const char *const targets[] = {"80", "65535", "65536", "0", "http", "080", "-1"};

	service->namespace_name = random_string(random);
	service->name = random_string(random);
	service->type = maybe_string(random);
	random_strings(random, &service->cluster_ips, true);
	random_strings(random, &service->lb_ips, true);
	random_labels(random, &service->selector);
	random_labels(random, &service->labels);
	service->port_count = random_below(random, MOST_ITEMS);
	if (service->port_count > 0)
		service->ports = checked(calloc(service->port_count, sizeof(*service->ports)));
	for (size_t i = 0; i < service->port_count; i++) {
		const char *target = targets[random_below(random, 7)];
		service->ports[i] = (struct service_port){
			.name = maybe_string(random),
			.protocol = maybe_string(random),
			.target_port = coin(random) ? checked(strdup(target)) : NULL,
			.port = (uint16_t)random_next(random),
			.node_port = (uint16_t)random_next(random),
		};
	}
	service->endpoint_count = random_below(random, MOST_ITEMS);
	if (service->endpoint_count > 0)
		service->endpoints =
			checked(calloc(service->endpoint_count, sizeof(*service->endpoints)));
	for (size_t i = 0; i < service->endpoint_count; i++)
		service->endpoints[i] = (struct service_endpoint){
			.ip = random_address_text(random),
			.protocol = maybe_string(random),
			.name = maybe_string(random),
			.port = (uint16_t)random_next(random),
		};
	service->deleted = coin(random);
}

static void random_container(struct random *random, struct container_record *container)
{
	container->id = random_string(random);
	container->name = maybe_string(random);
	container->runtime = maybe_string(random);
	container->namespace_name = maybe_string(random);
	container->pod = maybe_string(random);
	container->pod_uid = maybe_string(random);
	container->cgroup_id = random_number(random, INT64_MAX);
	container->netns = (uint32_t)random_number(random, UINT32_MAX);
	container->pid = (uint32_t)random_number(random, UINT32_MAX);
	random_labels(random, &container->labels);
}

static void random_dns(struct random *random, struct dns_record *dns)
{
	dns->node = maybe_string(random);
	dns->namespace_name = maybe_string(random);
	dns->pod = maybe_string(random);
	dns->container_id = maybe_string(random);
	dns->name = random_string(random);
	dns->rcode = maybe_string(random);
	random_strings(random, &dns->addresses, true);
	dns->netns = (uint32_t)random_number(random, UINT32_MAX);
	dns->ttl_s = (uint32_t)random_number(random, UINT32_MAX);
}

void random_record(struct random *random, enum record_kind kind, struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->kind = (uint8_t)kind;
	switch (kind) {
	case RECORD_NONE:
		break;
	case RECORD_FLOW:
		random_flow(random, &record->flow);
		break;
	case RECORD_HELLO:
		record->hello = checked(calloc(1, sizeof(*record->hello)));
		record->hello->node = maybe_string(random);
		record->hello->kernel = maybe_string(random);
		record->hello->polecat = maybe_string(random);
		record->hello->started_ns = random_next(random);
		random_strings(random, &record->hello->hooks, false);
		break;
	case RECORD_CONTAINER:
		record->container = checked(calloc(1, sizeof(*record->container)));
		random_container(random, record->container);
		break;
	case RECORD_POD:
		record->pod = checked(calloc(1, sizeof(*record->pod)));
		random_pod(random, record->pod);
		break;
	case RECORD_SERVICE:
		record->service = checked(calloc(1, sizeof(*record->service)));
		random_service(random, record->service);
		break;
	case RECORD_NAMESPACE:
		record->namespace_record = checked(calloc(1, sizeof(*record->namespace_record)));
		record->namespace_record->name = random_string(random);
		random_labels(random, &record->namespace_record->labels);
		record->namespace_record->deleted = coin(random);
		break;
	case RECORD_NODE:
		record->node = checked(calloc(1, sizeof(*record->node)));
		record->node->name = random_string(random);
		random_strings(random, &record->node->ips, true);
		random_strings(random, &record->node->pod_cidrs, false);
		record->node->deleted = coin(random);
		break;
	case RECORD_DNS:
		record->dns = checked(calloc(1, sizeof(*record->dns)));
		random_dns(random, record->dns);
		break;
	case RECORD_LOST:
		record->lost.where = (uint8_t)(LOST_KERNEL + random_below(random, LOST_STREAM));
		record->lost.count = random_number(random, INT64_MAX);
		break;
	}
}
