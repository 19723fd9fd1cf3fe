/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows and the edge records that the aggregator makes of them give the same state: the same
 * counters of all subjects and edges, and the same drafts and verdicts. The flows are those of
 * random clusters, of all recordings of the tests, and random lives of connections: with events
 * that come twice, late or not at all, with names and processes that become known later, and with
 * several nodes, of which some may send flows.
 *
 * POLECAT_SEED and POLECAT_ROUNDS override the first seed and the number of rounds.
 */
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <zlib.h>

#include "core/aggregate/aggregate.h"
#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "core/policy/evaluate/evaluate.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "tests/support/observed_world.h"
#include "tests/support/random_record.h"
#include "tests/support/records.h"
#include "tests/support/scenario.h"

#define SECOND 1000000000ull

static uint64_t from_environment(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : usual;
}

/* A state, and the aggregator that feeds it; NULL: the flows feed it. */
struct world {
	struct state *state;
	struct aggregate *aggregate;
	uint64_t edges; /* records */
	bool twice;     /* each edge comes twice */
	bool mixed;     /* the node n2 sends flows */
};

/* Folds a record after it was written and read. */
static void fold_line(void *data, const struct record *record)
{
	struct world *world = data;
	CLEANUP_BUFFER struct buffer line = {0};
	struct record_json_error error = {0};
	struct record read;

	assert_int_equal(record_json_write(&line, record, NULL), 0);
	for (int i = 0; i < (record->kind == RECORD_EDGE && world->twice ? 2 : 1); i++) {
		if (record_json_read(line.data, line.length - 1, &read, &error))
			fail_msg("%s: %s", error.message, line.data);
		state_apply(world->state, &read);
		record_free(&read);
	}
	world->edges += record->kind == RECORD_EDGE;
}

static void open_world(struct world *world, uint64_t interval_ns, size_t max_edges)
{
	const struct aggregate_options options = {
		.interval_ns = interval_ns,
		.max_edges = max_edges,
		.emit = fold_line,
		.data = world,
	};

	*world = (struct world){.state = scenario_new()};
	if (interval_ns)
		assert_int_equal(aggregate_new(&options, &world->aggregate), 0);
}

static void close_world(struct world *world)
{
	aggregate_free(world->aggregate);
	state_free(world->state);
}

static bool is_of_n2(const struct record *record)
{
	return record->kind == RECORD_FLOW && record->flow.names && record->flow.names->node &&
	       strcmp(record->flow.names->node, "n2") == 0;
}

static void add_record(struct world *world, const struct record *record)
{
	if (world->aggregate && !(world->mixed && is_of_n2(record)))
		aggregate_add(world->aggregate, record);
	else
		fold_line(world, record);
}

static uint64_t end_of(const struct world *world)
{
	return state_counters(world->state)->last_ns;
}

/* --- the text of a state --- */

struct texts {
	char **items;
	size_t count;
	size_t capacity;
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

__attribute__((format(printf, 2, 3))) static void add_line(struct texts *lines, const char *format,
							   ...)
{
	static char line[1 << 22];
	va_list arguments;
	char **added = ARRAY_ADD(lines->items, lines->count, lines->capacity);

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (!added || !(*added = strdup(line)))
		abort();
}

static bool has_same_key(const struct edge *a, const struct edge *b)
{
	return a->direction == b->direction && a->family == b->family && a->port == b->port &&
	       a->protocol == b->protocol && address_equal(&a->peer, &b->peer) &&
	       text_compare(a->protocol_name, b->protocol_name) == 0;
}

/* Adds the counters of an edge to a sum, which has those of other edges with the same key. */
static void add_edge(struct edge *sum, const struct edge *edge)
{
	sum->ok_count += edge->ok_count;
	sum->conn_count += edge->conn_count;
	sum->failed_count += edge->failed_count;
	sum->open_count += edge->open_count;
	sum->hanging_count += edge->hanging_count;
	sum->tx_bytes += edge->tx_bytes;
	sum->rx_bytes += edge->rx_bytes;
	sum->latency_sum_us += edge->latency_sum_us;
	sum->latency_count += edge->latency_count;
	sum->flow_count += edge->flow_count;
	sum->origin_known |= edge->origin_known;
	sum->origin_unknown |= edge->origin_unknown;
	sum->is_foreign |= edge->is_foreign;
	sum->is_redirected |= edge->is_redirected;
}

/* Describes the edges with the key of one of them: its place in the list of its subject is `at`. A
 * flow that names no peer joins the edge of the key that was used last, which depends on the order
 * of the records. So the sum of all peers that had the address is compared. */
static void describe_edge(struct texts *lines, const struct subject *subject, size_t at)
{
	char peer[ADDRESS_TEXT_SIZE];
	struct edge sum = *subject->edges[at];
	bool alone = true;

	for (size_t i = 0; i < subject->edge_count; i++) {
		if (i == at || !has_same_key(subject->edges[i], subject->edges[at]))
			continue;
		if (i < at)
			return;
		add_edge(&sum, subject->edges[i]);
		alone = false;
	}
	/* An edge whose connections have all moved stays without any. */
	if (sum.conn_count == 0 && sum.flow_count == 0)
		return;
	address_format(sum.family, &sum.peer, peer);
	add_line(lines,
		 "edge %s dir %u %s:%u proto %u %s ok %" PRIu64 " of %" PRIu64 " failed %" PRIu64
		 " open %" PRIu64 " hanging %" PRIu64 " tx %" PRIu64 " rx %" PRIu64
		 " latency %" PRIu64 "/%" PRIu64 " flows %" PRIu64
		 " origin %d%d foreign %d redirected %d",
		 subject->display, sum.direction, peer, sum.port, sum.protocol,
		 sum.protocol_name ? sum.protocol_name : "-", sum.ok_count, sum.conn_count,
		 sum.failed_count, sum.open_count, sum.hanging_count, sum.tx_bytes, sum.rx_bytes,
		 sum.latency_sum_us, sum.latency_count, sum.flow_count, sum.origin_known,
		 sum.origin_unknown, sum.is_foreign, sum.is_redirected);
	if (alone)
		add_line(lines, "texts %s dir %u %s:%u peer %s/%s error %d dns %s comm %.16s",
			 subject->display, sum.direction, peer, sum.port,
			 sum.peer_namespace ? sum.peer_namespace : "-",
			 sum.peer_name ? sum.peer_name : "-",
			 sum.failed_count > 0 ? sum.last_error : 0, sum.dns ? sum.dns : "-",
			 sum.comm);
}

static void describe_subject(struct texts *lines, const struct subject *subject)
{
	if (subject->conn_count > 0)
		add_line(lines,
			 "subject %s: %" PRIu64 " failed %" PRIu64 " open %" PRIu64
			 " hanging %" PRIu64 " tx %" PRIu64 " rx %" PRIu64 " edges %zu",
			 subject->display, subject->conn_count, subject->failed_count,
			 subject->open_count, subject->hanging_count, subject->tx_bytes,
			 subject->rx_bytes, subject->used_edge_count);
	for (size_t i = 0; i < subject->edge_count; i++)
		describe_edge(lines, subject, i);
}

/* Returns whether the verdicts depend on the order of the records: several pods had an address that
 * an edge has, or flows of one pod name different nodes. */
static bool is_ambiguous(const struct state *state)
{
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		for (size_t j = 0; j < i; j++)
			if (strcmp(subject->display, state_subject(state, j)->display) == 0)
				return true;
		for (size_t j = 0; j < subject->edge_count; j++)
			for (size_t k = 0; k < j; k++)
				if (has_same_key(subject->edges[j], subject->edges[k]))
					return true;
	}
	return false;
}

/* Judges by policies that allow nothing, so that each flow of a pod has a finding. */
static void describe_verdicts(struct texts *lines, const struct state *state)
{
	static const char *const namespaces[] = {"shop", "data", "kube-system", "default"};
	struct netpol_set set = {0};
	struct yaml_error error;
	struct evaluator *evaluator = NULL;
	struct check check = {0};
	const struct check_options options = {.failed = false};
	char policy[256];

	for (size_t i = 0; i < ARRAY_LENGTH(namespaces); i++) {
		int length = snprintf(policy, sizeof(policy),
				      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
				      "metadata: {name: deny, namespace: %s}\n"
				      "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n",
				      namespaces[i]);
		assert_int_equal(
			netpol_read(&set, "deny", policy, (size_t)length, "default", &error), 0);
	}
	assert_int_equal(evaluator_new(&set, state_resolver(state), &evaluator), 0);
	assert_int_equal(check_run(&check, state, evaluator, &options), 0);
	add_line(lines, "check %zu denied %zu depends %zu unknown %zu outside %zu", check.checked,
		 check.denied, check.depends, check.unknown, check.outside);
	for (size_t i = 0; i < check.finding_count; i++)
		add_line(lines, "finding %s port %u verdict %d connections %" PRIu64,
			 check.findings[i].edge->subject->display, check.findings[i].flow.port,
			 check.findings[i].result.verdict, check.findings[i].connections);
	check_clear(&check);
	evaluator_free(evaluator);
	netpol_set_clear(&set);
}

static void describe_drafts(struct texts *lines, const struct state *state)
{
	struct draft_set *set = NULL;
	size_t length;
	char *text = NULL;

	assert_int_equal(drafter_draft(state, NULL, &set), 0);
	assert_int_equal(draft_print(set, DRAFT_ALL, &text, &length), 0);
	add_line(lines, "drafts:\n%s", text);
	free(text);
	draft_set_free(set);
}

static char *describe(struct world *world, uint64_t now_ns, bool judge)
{
	const struct state_counters *counters = state_counters(world->state);
	CLEANUP_BUFFER struct buffer text = {0};
	struct texts lines = {0};

	state_set_lead(world->state, state_latest_lead(world->state));
	state_advance(world->state, now_ns);
	add_line(&lines,
		 "total %" PRIu64 " flows %" PRIu64 " attempts %" PRIu64 " established %" PRIu64
		 " failed %" PRIu64 " closed %" PRIu64 " open %" PRIu64 " hanging %" PRIu64
		 " lost %" PRIu64 " from %" PRIu64 " to %" PRIu64,
		 counters->connections, counters->flows, counters->attempts, counters->established,
		 counters->failed, counters->closed, counters->open_now, counters->hanging_now,
		 counters->lost[LOST_MEMORY], counters->first_ns / 1000, counters->last_ns / 1000);
	for (size_t i = 0; i < state_subject_count(world->state); i++)
		describe_subject(&lines, state_subject(world->state, i));
	describe_drafts(&lines, world->state);
	if (judge)
		describe_verdicts(&lines, world->state);
	qsort(lines.items, lines.count, sizeof(*lines.items), compare_texts);
	for (size_t i = 0; i < lines.count; i++) {
		assert_int_equal(buffer_printf(&text, "%s\n", lines.items[i]), 0);
		free(lines.items[i]);
	}
	free(lines.items);
	return strdup(text.data);
}

/* Prints the lines that only one of two texts has. */
static void print_difference(const char *name, const char *text, const char *other)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strstr(other, line))
			print_message("# %s: %s\n", name, line);
	}
}

/* --- records --- */

struct records {
	struct record *items;
	size_t count;
	size_t capacity;
};

static void add_owned(struct records *records, struct record record)
{
	struct record *added = ARRAY_ADD(records->items, records->count, records->capacity);

	if (!added)
		abort();
	*added = record;
}

static void free_records(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		record_free(&records->items[i]);
	free(records->items);
}

/* Fails if the edge records of the flows give another state than the flows. */
static void compare_states(const struct records *records, uint64_t interval_ns, size_t max_edges,
			   const char *name)
{
	struct world plain;
	struct world edges;

	open_world(&plain, 0, 0);
	open_world(&edges, interval_ns, max_edges);
	edges.twice = records->count % 2;
	edges.mixed = records->count % 3 == 0;
	for (size_t i = 0; i < records->count; i++) {
		add_record(&plain, &records->items[i]);
		add_record(&edges, &records->items[i]);
	}
	/* Let attempts hang in both. */
	uint64_t now_ns = end_of(&plain) + 3600 * SECOND;
	aggregate_advance(edges.aggregate, now_ns);
	aggregate_finish(edges.aggregate);
	bool judge = !is_ambiguous(plain.state);
	CLEANUP_FREE char *wanted = describe(&plain, now_ns, judge);
	CLEANUP_FREE char *found = describe(&edges, now_ns, judge);
	if (strcmp(wanted, found) != 0) {
		print_difference("flows", wanted, found);
		print_difference("edges", found, wanted);
		fail_msg("%s, interval %" PRIu64 " ns: the states differ", name, interval_ns);
	}
	close_world(&plain);
	close_world(&edges);
}

static const uint64_t intervals[] = {SECOND, 10 * SECOND, 3600 * SECOND};

/* --- random clusters and recordings --- */

static bool read_record(const char *line, struct record *record)
{
	struct record_json_error error;

	return record_json_read(line, strcspn(line, "\n"), record, &error) == 0;
}

static void check_cluster(uint64_t seed)
{
	struct observed_world *world = observed_world_new(seed, 10 + seed % 90);
	struct records records = {0};
	char name[32];

	for (size_t i = 0; i < world->count; i++) {
		struct record record;
		assert_true(read_record(world->lines[i], &record));
		add_owned(&records, record);
	}
	snprintf(name, sizeof(name), "seed %" PRIu64, seed);
	for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++)
		compare_states(&records, intervals[i], seed % 4 ? 0 : 64, name);
	free_records(&records);
	observed_world_free(world);
}

static void test_clusters(void **state)
{
	/* In these clusters, several pods had the address of a DNS server one after the other, or a
	 * pod was replaced by one of the same name. */
	static const uint64_t seeds[] = {5, 17, 1035, 1057};
	uint64_t seed = from_environment("POLECAT_SEED", 1);
	uint64_t rounds = from_environment("POLECAT_ROUNDS", 100);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(seeds); i++)
		check_cluster(seeds[i]);
	for (uint64_t round = 0; round < rounds; round++)
		check_cluster(seed + round);
}

static size_t recordings_checked;

static int check_recording(const char *path, const struct stat *status, int type,
			   struct FTW *position)
{
	struct records records = {0};
	struct record record;
	static char line[1 << 20];

	(void)status;
	(void)position;
	if (type != FTW_F || !strstr(path, ".jsonl"))
		return 0;
	gzFile file = gzopen(path, "rb");
	assert_non_null(file);
	while (gzgets(file, line, sizeof(line))) {
		if (read_record(line, &record))
			add_owned(&records, record);
	}
	gzclose(file);
	for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++)
		compare_states(&records, intervals[i], 0, path);
	free_records(&records);
	recordings_checked++;
	return 0;
}

static void test_recordings(void **state)
{
	(void)state;
	assert_int_equal(nftw("tests", check_recording, 16, FTW_PHYS), 0);
	assert_true(recordings_checked >= 30);
}

/* --- random lives of connections --- */

/* A record and the time at which it arrives. */
struct arrival {
	uint64_t ms;
	struct record record;
};

struct lives {
	struct random random;
	struct arrival *items;
	size_t count;
	size_t capacity;
};

/* One connection: the flow that its events have in common. */
struct life {
	struct flow flow;
	struct flow_names names;
	uint64_t ms;
	uint64_t tx_bytes;
	uint64_t rx_bytes;
};

static uint64_t below(struct lives *lives, uint64_t limit)
{
	return random_below(&lives->random, limit);
}

static void arrive(struct lives *lives, uint64_t ms, struct record record)
{
	struct arrival *added = ARRAY_ADD(lives->items, lives->count, lives->capacity);

	if (!added)
		abort();
	*added = (struct arrival){ms, record};
}

/* Adds an event. It may be lost, come twice or late. */
static void happen(struct lives *lives, const struct life *life, enum flow_event_type event,
		   const struct flow *fields)
{
	for (uint64_t copies = below(lives, 12) == 0 ? below(lives, 3) : 1; copies > 0; copies--) {
		struct record record = {.kind = RECORD_FLOW, .flow = life->flow};
		uint64_t late_ms = below(lives, 8) == 0 ? below(lives, 3000) : 0;
		record.flow.ts_ns = TEST_EPOCH_NS + life->ms * 1000000 + below(lives, 1000000);
		record.flow.event = (uint8_t)event;
		record.flow.has |= fields->has;
		record.flow.state = fields->state;
		record.flow.error = fields->error;
		record.flow.end = fields->end;
		record.flow.latency_us = fields->latency_us;
		record.flow.retrans = fields->retrans;
		record.flow.tx_bytes = life->tx_bytes;
		record.flow.rx_bytes = life->rx_bytes;
		if (fields->has & FLOW_HAS_COUNT)
			record.flow.count = fields->count;
		/* The names of a new container become known later. */
		struct flow_names names = life->names;
		if (!names.dns && below(lives, 4) == 0)
			names = (struct flow_names){.node = names.node};
		assert_int_equal(flow_names_copy(&names, &record.flow.names), 0);
		arrive(lives, life->ms + late_ms, record);
	}
}

static void wait(struct lives *lives, struct life *life, uint64_t most_ms)
{
	life->ms += below(lives, most_ms);
}

static void transfer(struct lives *lives, struct life *life)
{
	life->tx_bytes += below(lives, 1000);
	life->rx_bytes += below(lives, 1000);
}

/* TCP: an attempt that succeeds, fails or hangs, samples, and an end. */
static void live_tcp(struct lives *lives, struct life *life)
{
	static const int16_t errors[] = {111, 110, 113, 0};
	const struct flow bytes = {.has = FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_RETRANS,
				   .retrans = (uint32_t)below(lives, 3)};
	struct flow fields = {.state = FLOW_STATE_SYN_SENT};
	bool egress = life->flow.direction == FLOW_EGRESS;

	if (egress)
		happen(lives, life, FLOW_ATTEMPT, &fields);
	wait(lives, life, 3000);
	if (egress && below(lives, 4) == 0) {
		fields.error = errors[below(lives, 4)];
		if (below(lives, 3) > 0)
			happen(lives, life, FLOW_FAILED, &fields);
		return;
	}
	fields = (struct flow){.has = FLOW_HAS_LATENCY, .latency_us = 1 + below(lives, 100000)};
	life->flow.owner = egress ? FLOW_OWNER_SELF : (uint8_t)below(lives, 2);
	happen(lives, life, egress ? FLOW_ESTABLISHED : FLOW_ACCEPTED, &fields);
	if (life->flow.owner == FLOW_OWNER_LISTENER) {
		/* A worker accepts the connection. It may be in another container. */
		life->flow.owner = FLOW_OWNER_SELF;
		life->flow.pid += 1000;
		/* Outside of pods, it is another subject. */
		bool alone = !life->names.container_id && !(life->flow.has & FLOW_HAS_CGROUP);
		if (alone && below(lives, 2))
			memcpy(life->flow.comm, "worker", 7);
		if (below(lives, 3) == 0)
			life->flow.cgroup_id++;
		wait(lives, life, 2000);
		happen(lives, life, FLOW_OPEN, &bytes);
	}
	for (uint64_t samples = below(lives, 6); samples > 0; samples--) {
		wait(lives, life, 8000);
		transfer(lives, life);
		happen(lives, life, FLOW_OPEN, &bytes);
	}
	wait(lives, life, 5000);
	if (below(lives, 4) == 0)
		return;
	transfer(lives, life);
	fields = bytes;
	fields.end = (uint8_t)(1 + below(lives, FLOW_END_UNSEEN));
	happen(lives, life, FLOW_CLOSED, &fields);
}

/* Datagrams: counts since the last record; some are DNS queries without an answer. */
static void live_udp(struct lives *lives, struct life *life)
{
	struct flow fields = {.has = FLOW_HAS_COUNT | FLOW_HAS_TX | FLOW_HAS_RX};

	life->flow.protocol = FLOW_UDP;
	for (uint64_t records = 1 + below(lives, 4); records > 0; records--) {
		fields.count = 1 + below(lives, 10);
		life->tx_bytes = below(lives, 500);
		life->rx_bytes = below(lives, 3) ? below(lives, 500) : 0;
		happen(lives, life, FLOW_DATAGRAM, &fields);
		wait(lives, life, 12000);
	}
	life->tx_bytes = 0;
	life->rx_bytes = 0;
	if (below(lives, 4) == 0)
		happen(lives, life, FLOW_UNANSWERED, &(struct flow){.has = 0});
}

static void live(struct lives *lives, uint64_t number)
{
	static const char *const nodes[] = {"n1", "n2", NULL};
	static const char *const pods[] = {"web", "db", "cache", NULL};
	static const char *const dns[] = {NULL, NULL, "a.example", "a.example, b.example"};
	static const char *const ids[] = {"c1", "c2", "c3", NULL};
	struct record base = test_flow(FLOW_ATTEMPT, number, 0);
	struct life life = {.flow = base.flow, .ms = below(lives, 60000)};
	uint64_t pod = below(lives, 4);
	char peer[32];
	char own[32];

	life.flow.has &= ~(uint32_t)(below(lives, 10) == 0 ? FLOW_HAS_ID : 0);
	life.flow.has |= FLOW_HAS_SPORT | FLOW_HAS_PID;
	life.flow.sport = (uint16_t)(40000 + number % 20000);
	life.flow.pid = (uint32_t)(1 + below(lives, 3));
	life.flow.direction = (uint8_t)(1 + below(lives, 2));
	life.flow.dport = (uint16_t)(80 + below(lives, 3));
	snprintf(peer, sizeof(peer), "198.51.100.%u", 1 + (unsigned int)below(lives, 5));
	snprintf(own, sizeof(own), "192.0.2.%u", 1 + (unsigned int)pod);
	base.flow = life.flow;
	bool egress = life.flow.direction == FLOW_EGRESS;
	test_flow_src(&base, egress ? own : peer);
	test_flow_dst(&base, egress ? peer : own);
	life.flow = base.flow;
	life.names.node = nodes[below(lives, 3)];
	if (below(lives, 2)) {
		life.names.namespace_name = pods[pod] ? "shop" : NULL;
		life.names.pod = pods[pod];
		life.names.container_id = ids[pod];
		/* An edge keeps the DNS names of connections that have moved away. */
		life.names.dns = egress && pods[pod] ? dns[below(lives, 4)] : NULL;
	}
	if (below(lives, 2)) {
		life.flow.cgroup_id = 100 + 10 * pod;
		life.flow.has |= FLOW_HAS_CGROUP;
	}
	if (below(lives, 4) == 0)
		live_udp(lives, &life);
	else
		live_tcp(lives, &life);
}

static int compare_arrivals(const void *a, const void *b)
{
	const struct arrival *x = a;
	const struct arrival *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

static void check_lives(uint64_t seed)
{
	struct lives lives = {.random = {seed}};
	struct records records = {0};
	char name[48];

	for (uint64_t number = 1 + below(&lives, 60); number > 0; number--)
		live(&lives, number);
	/* The containers and pods become known in the middle. */
	struct record container = test_container("c1", 100, "main");
	container.container->namespace_name = test_copy("shop");
	container.container->pod = test_copy("web");
	arrive(&lives, 30000, container);
	arrive(&lives, 30000, test_container("c2", 110, "main"));
	arrive(&lives, 20000, test_pod("shop", "web", NULL, "192.0.2.1"));
	arrive(&lives, 40000, test_pod("shop", "db", NULL, "192.0.2.2"));
	/* The library's sort is stable for the few records of a test if they have different times,
	 * and the order of others does not matter. */
	qsort(lives.items, lives.count, sizeof(*lives.items), compare_arrivals);
	for (size_t i = 0; i < lives.count; i++)
		add_owned(&records, lives.items[i].record);
	free(lives.items);
	snprintf(name, sizeof(name), "lives of seed %" PRIu64, seed);
	for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++)
		compare_states(&records, intervals[i], 0, name);
	free_records(&records);
}

static void test_lives(void **state)
{
	uint64_t seed = from_environment("POLECAT_SEED", 1);
	uint64_t rounds = from_environment("POLECAT_ROUNDS", 100);

	(void)state;
	for (uint64_t round = 0; round < rounds; round++)
		check_lives(seed + round);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
