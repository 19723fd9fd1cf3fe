/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the cost of aggregating flows (core/aggregate) beside that of printing them as JSON
 * lines.
 *
 * The flows are those of a busy node: 40 pods with 8 peers each open 2,000 connections a second for
 * a minute, and each has the events attempt, established and closed. As on a node, the names are
 * not in the flows but in the state, whose look-ups are not measured. Prints for both: nanoseconds
 * for each event, the number of records, and bytes for each second of flows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aggregate/aggregate.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/record/json/record_json.h"
#include "tests/support/records.h"

#define SECONDS     60
#define CONNECTIONS 2000 /* a second */
#define PODS        40
#define PEERS       8
#define INTERVAL_NS (10 * NS_PER_SECOND)

struct output {
	struct buffer lines;
	uint64_t bytes;
	uint64_t records;
};

/* The names of each pod, and of its peers. */
static struct flow_names pod_names[PODS];
static struct flow known[PODS];
static char texts[PODS][2][80];

static const struct flow *find_known(void *data, const struct flow *flow)
{
	(void)data;
	return &known[flow->cgroup_id % PODS];
}

static void put(void *data, const struct record *record)
{
	struct output *output = data;
	const struct flow *names =
		record->kind == RECORD_FLOW ? find_known(NULL, &record->flow) : NULL;

	if (record_json_write(&output->lines, record, names))
		abort();
	output->records++;
	output->bytes += output->lines.length;
	output->lines.length = 0;
}

static void make_names(void)
{
	for (unsigned int i = 0; i < PODS; i++) {
		snprintf(texts[i][0], sizeof(texts[i][0]), "checkout-7f9c8d6b5-%05u", i);
		snprintf(texts[i][1], sizeof(texts[i][1]), "%064u", i);
		pod_names[i] = (struct flow_names){
			.node = "node-1",
			.namespace_name = "shop",
			.pod = texts[i][0],
			.container = "main",
			.container_id = texts[i][1],
			.peer_namespace = "shop",
			.peer_name = "cart",
		};
		known[i] = (struct flow){.names = &pod_names[i], .peer_kind = FLOW_PEER_SERVICE};
	}
}

/* Makes an event of a connection. The connection's number decides its pod and its peer. */
static void make_event(struct flow *flow, uint64_t number, unsigned int step)
{
	uint64_t random = hash_u64(number);
	unsigned int pod = (unsigned int)(random % PODS);

	flow->id = number;
	flow->ts_ns = TEST_EPOCH_NS + number * (NS_PER_SECOND / CONNECTIONS) + step * 1000000;
	flow->cgroup_id = 1000 * PODS + pod;
	flow->src.bytes[3] = (uint8_t)pod;
	flow->dst.bytes[3] = (uint8_t)(random >> 32 & (PEERS - 1));
	flow->sport = (uint16_t)(32768 + number % 28000);
	flow->event = step == 0 ? FLOW_ATTEMPT : step == 1 ? FLOW_ESTABLISHED : FLOW_CLOSED;
	flow->latency_us = 200 + random % 1000;
	flow->tx_bytes = 500;
	flow->rx_bytes = 4000;
	flow->has &= ~(uint32_t)(FLOW_HAS_LATENCY | FLOW_HAS_TX | FLOW_HAS_RX);
	flow->has |= step == 1 ? FLOW_HAS_LATENCY : step == 2 ? FLOW_HAS_TX | FLOW_HAS_RX : 0;
}

/* Gives each event to a function. Returns the nanoseconds. Three connections are open at a time. */
static uint64_t feed(void (*give)(void *data, const struct record *record), void *data)
{
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	uint64_t start_ns = clock_monotonic_ns();

	record.flow.has |= FLOW_HAS_SPORT | FLOW_HAS_PID | FLOW_HAS_CGROUP | FLOW_HAS_NETNS;
	record.flow.pid = 4242;
	record.flow.netns = 4026531840u;
	for (uint64_t number = 3; number < (uint64_t)SECONDS * CONNECTIONS; number++) {
		for (unsigned int step = 0; step < 3; step++) {
			make_event(&record.flow, number - step, step);
			give(data, &record);
		}
	}
	return clock_monotonic_ns() - start_ns;
}

static void add(void *data, const struct record *record)
{
	aggregate_add(data, record);
}

static void report(const char *name, uint64_t ns, const struct output *output)
{
	const uint64_t events = 3ull * ((uint64_t)SECONDS * CONNECTIONS - 3);

	printf("%s %" PRIu64 " ns/event %" PRIu64 " records %" PRIu64 " bytes/s\n", name,
	       ns / events, output->records, output->bytes / SECONDS);
}

int main(void)
{
	struct output printed = {.bytes = 0};
	struct output aggregated = {.bytes = 0};
	struct aggregate *aggregate = NULL;
	const struct aggregate_options options = {
		.interval_ns = INTERVAL_NS, .emit = put, .known = find_known, .data = &aggregated};

	make_names();
	if (aggregate_new(&options, &aggregate))
		return 1;
	report("printed", feed(put, &printed), &printed);
	uint64_t ns = feed(add, aggregate);
	aggregate_finish(aggregate);
	report("aggregated", ns, &aggregated);
	aggregate_free(aggregate);
	free(printed.lines.data);
	free(aggregated.lines.data);
	return 0;
}
