/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sample.h"

#define CART_ADDRESS  "198.51.100.13"
#define DB_ADDRESS    "198.51.100.21"
#define FRONT_ADDRESS "198.51.100.11"
#define CACHE_ADDRESS "198.51.100.22"

/* Writes 2026-03-01 12:00:00 UTC plus `ms` milliseconds, which are less than an hour. */
static void write_time(FILE *out, unsigned int ms)
{
	fprintf(out, "\"2026-03-01T12:%02u:%02u.%03u000000Z\"", ms / 60000, ms / 1000 % 60,
		ms % 1000);
}

static void write_text(FILE *out, const char *name, const char *text)
{
	if (text)
		fprintf(out, ",\"%s\":\"%s\"", name, text);
}

static void write_number(FILE *out, const char *name, unsigned int number)
{
	if (number)
		fprintf(out, ",\"%s\":%u", name, number);
}

void sample_write_flow(FILE *out, const struct sample_flow *flow)
{
	fprintf(out, "{\"v\":1,\"kind\":\"flow\",\"event\":\"%s\",\"ts\":", flow->event);
	write_time(out, flow->ms);
	fprintf(out,
		",\"id\":\"%016x\",\"node\":\"" SAMPLE_NODE "\",\"protocol\":\"TCP\",\"family\":4",
		flow->id);
	write_text(out, "direction", flow->direction ? flow->direction : "egress");
	write_text(out, "src", flow->src ? flow->src : CART_ADDRESS);
	write_number(out, "sport", flow->sport ? flow->sport : 40000 + flow->id % 20000);
	write_text(out, "dst", flow->dst ? flow->dst : DB_ADDRESS);
	write_number(out, "dport", flow->dport);
	write_text(out, "state", flow->state);
	write_text(out, "error", flow->error);
	write_number(out, "latency_us", flow->latency_us);
	write_number(out, "tx_bytes", flow->tx_bytes);
	write_number(out, "rx_bytes", flow->rx_bytes);
	write_number(out, "duration_ms", flow->duration_ms);
	write_number(out, "pid", flow->pid ? flow->pid : 4242);
	write_text(out, "comm", flow->comm ? flow->comm : "cart");
	write_number(out, "cgroup_id",
		     flow->cgroup_id ? (unsigned int)flow->cgroup_id : SAMPLE_CART_CGROUP);
	fprintf(out, "}\n");
}

static void write_pod(FILE *out, const char *name, const char *app, const char *address,
		      unsigned int cgroup_id)
{
	fprintf(out,
		"{\"v\":1,\"kind\":\"pod\",\"namespace\":\"shop\",\"name\":\"%s\",\"uid\":"
		"\"00000000-0000-4000-8000-%012u\",\"node\":\"" SAMPLE_NODE "\",\"ips\":[\"%s\"],"
		"\"labels\":{\"app\":\"%s\"},\"owner\":{\"kind\":\"StatefulSet\",\"name\":\"%s\"},"
		"\"phase\":\"Running\"}\n",
		name, cgroup_id, address, app, app);
	if (cgroup_id == 0)
		return;
	fprintf(out,
		"{\"v\":1,\"kind\":\"container\",\"id\":\"%064x\",\"name\":\"%s\",\"runtime\":"
		"\"containerd\",\"cgroup_id\":%u,\"namespace\":\"shop\",\"pod\":\"%s\",\"pod_uid\":"
		"\"00000000-0000-4000-8000-%012u\"}\n",
		cgroup_id, app, cgroup_id, name, cgroup_id);
}

void sample_write_identities(FILE *out)
{
	fprintf(out,
		"{\"v\":1,\"kind\":\"hello\",\"node\":\"" SAMPLE_NODE "\",\"kernel\":\"6.1.0\","
		"\"polecat\":\"0.1.0\",\"started\":\"2026-03-01T12:00:00Z\"}\n");
	write_pod(out, SAMPLE_POD, "cart", CART_ADDRESS, SAMPLE_CART_CGROUP);
	write_pod(out, "db-0", "db", DB_ADDRESS, SAMPLE_DB_CGROUP);
	write_pod(out, "front-5f7c9d8b6-x2lqv", "front", FRONT_ADDRESS, SAMPLE_FRONT_CGROUP);
	write_pod(out, "cache-0", "cache", CACHE_ADDRESS, 0);
}

void sample_write_stories(FILE *out)
{
	static const struct sample_flow flows[] = {
		{.event = "attempt", .id = 1, .ms = 1800000, .dport = 5432, .state = "SYN_SENT"},
		{.event = "established",
		 .id = 1,
		 .ms = 1800001,
		 .dport = 5432,
		 .state = "ESTABLISHED",
		 .latency_us = 400},
		{.event = "accepted",
		 .direction = "ingress",
		 .id = 2,
		 .ms = 1800100,
		 .src = FRONT_ADDRESS,
		 .dst = CART_ADDRESS,
		 .dport = 8080,
		 .state = "ESTABLISHED",
		 .latency_us = 100},
		{.event = "closed",
		 .direction = "ingress",
		 .id = 2,
		 .ms = 1800200,
		 .src = FRONT_ADDRESS,
		 .dst = CART_ADDRESS,
		 .dport = 8080,
		 .state = "CLOSE",
		 .tx_bytes = 9000,
		 .rx_bytes = 120,
		 .duration_ms = 100},
		{.event = "attempt",
		 .id = 3,
		 .ms = 1800300,
		 .dst = SAMPLE_REFUSED,
		 .dport = 80,
		 .state = "SYN_SENT",
		 .comm = "curl",
		 .pid = 777},
		{.event = "failed",
		 .id = 3,
		 .ms = 1800301,
		 .dst = SAMPLE_REFUSED,
		 .dport = 80,
		 .state = "CLOSE",
		 .error = "ECONNREFUSED",
		 .latency_us = 200,
		 .comm = "curl",
		 .pid = 777},
		{.event = "attempt",
		 .id = 4,
		 .ms = 1800400,
		 .dst = SAMPLE_UNANSWERED,
		 .dport = 443,
		 .state = "SYN_SENT"},
		/* The last record sets the time of the replay to 2.1 s after the attempt above. */
		{.event = "open",
		 .id = 1,
		 .ms = 1802500,
		 .dport = 5432,
		 .state = "ESTABLISHED",
		 .tx_bytes = 1200,
		 .rx_bytes = 34000,
		 .duration_ms = 2499},
	};

	for (size_t i = 0; i < sizeof(flows) / sizeof(*flows); i++)
		sample_write_flow(out, &flows[i]);
}

void sample_write_numbered(FILE *out, unsigned int number)
{
	struct sample_flow flow = {
		.event = "attempt",
		.id = 100 + number,
		.ms = 60000 + number * 100,
		.dst = CACHE_ADDRESS,
		.dport = SAMPLE_FIRST_PORT + number,
		.state = "SYN_SENT",
	};

	sample_write_flow(out, &flow);
	flow.event = "established";
	flow.ms += 1;
	flow.state = "ESTABLISHED";
	flow.latency_us = 1000 + number;
	sample_write_flow(out, &flow);
}

void sample_write(FILE *out, unsigned int count)
{
	sample_write_identities(out);
	for (unsigned int number = 0; number < count; number++)
		sample_write_numbered(out, number);
	sample_write_stories(out);
}
