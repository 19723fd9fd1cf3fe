/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of every draft, over random clusters. The order of records does not matter. The YAML
 * reads back as the model. Each successful connection that a rule can allow passes. Addresses
 * outside the cluster get no access beyond the observed flows. One more flow removes no access. The
 * draft of one workload equals its part of the whole draft.
 *
 * Drafter and evaluator agree: `check` of a draft on its own recording denies no flow that the
 * draft allows, for random observations (tests/support/observed_world.h) and for each recording of
 * the tests.
 *
 * POLECAT_SEED and POLECAT_WORLDS override the seed and the number of clusters.
 * POLECAT_OBSERVATIONS overrides the number of random observations.
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

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/draft/group_selector.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "tests/support/draft_agreement.h"
#include "tests/support/observed_world.h"
#include "tests/support/policy_judge.h"
#include "tests/support/policy_world.h"
#include "tests/support/policy_yaml.h"
#include "tests/support/scenario.h"

static uint64_t from_environment(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : usual;
}

static struct draft_set *draft(const struct state *state)
{
	struct draft_set *set = NULL;

	assert_int_equal(drafter_draft(state, NULL, &set), 0);
	return set;
}

static char *print(const struct draft_set *set, size_t index, size_t *length)
{
	char *text = NULL;

	assert_int_equal(draft_print(set, index, &text, length), 0);
	return text;
}

/* Returns the state after the first `flows` flows. */
static struct state *state_after(const struct policy_world *world, size_t flows)
{
	struct state *state = scenario_new();
	size_t end =
		flows == world->flow_count ? world->line_count : world->flows[flows].first_line;

	for (size_t i = 0; i < end; i++)
		scenario_add_line(state, world->lines[i]);
	return state;
}

static void check_order(struct policy_world *world)
{
	struct state *state = state_after(world, world->flow_count);
	struct draft_set *set = draft(state);
	size_t length;
	CLEANUP_FREE char *wanted = print(set, DRAFT_ALL, &length);

	draft_set_free(set);
	state_free(state);
	for (int round = 0; round < 3; round++) {
		const char *lines[WORLD_LINES_MAX];
		memcpy(lines, world->lines, world->line_count * sizeof(*lines));
		for (size_t i = world->line_count; i > 1; i--) {
			size_t k = world_random(world, (uint32_t)i);
			const char *line = lines[i - 1];
			lines[i - 1] = lines[k];
			lines[k] = line;
		}
		state = scenario_new();
		for (size_t i = 0; i < world->line_count; i++)
			scenario_add_line(state, lines[i]);
		set = draft(state);
		CLEANUP_FREE char *text = print(set, DRAFT_ALL, &length);
		assert_string_equal(text, wanted);
		draft_set_free(set);
		state_free(state);
	}
}

static void check_reads_back(const struct draft_set *set)
{
	size_t length;
	CLEANUP_FREE char *text = print(set, DRAFT_ALL, &length);
	struct netpol_set *again = policy_yaml_read(text, length);

	assert_int_equal(again->count, set->policies.count);
	for (size_t i = 0; i < set->policies.count; i++) {
		assert_int_equal(netpol_compare(&set->policies.items[i], &again->items[i]), 0);
		if (i > 0)
			assert_true(strcmp(set->policies.items[i - 1].namespace_name,
					   set->policies.items[i].namespace_name) != 0 ||
				    strcmp(set->policies.items[i - 1].name,
					   set->policies.items[i].name) != 0);
	}
	policy_yaml_free(again);

	/* netpol_read, polecat's own reader, reads the same policies. */
	struct netpol_set read = {0};
	struct yaml_error error;
	assert_int_equal(netpol_read(&read, "draft", text, length, "default", &error), 0);
	assert_int_equal(read.count, set->policies.count);
	for (size_t i = 0; i < read.count; i++)
		assert_int_equal(netpol_compare(&set->policies.items[i], &read.items[i]), 0);
	netpol_set_clear(&read);
}

/* Returns whether a rule can allow the peer. A rule cannot allow a multicast or broadcast
 * address. It can allow a pod if labels identify the pod or the pod is in the host network. */
static bool can_be_written(const struct workloads *workloads, const char *peer)
{
	struct flow_address address;
	uint8_t family;

	assert_int_equal(address_parse(peer, &family, &address), 0);
	if (address_is_multicast_or_broadcast(family, &address))
		return false;
	struct address_cursor cursor;
	const struct pod_record *pod =
		workloads_first_at(workloads, RECORD_POD, family, &address, &cursor);
	return !pod || pod->host_network || group_pod_labels(NULL, pod) == GROUP_OK;
}

static void judge_passes(const struct draft_set *set, const struct workloads *workloads,
			 struct judge_tuple tuple, const struct world_flow *flow)
{
	if (!policy_judge(&set->policies, workloads, &tuple, true))
		fail_msg("%s/%s %s to %s:%u was seen and would not pass", flow->namespace_name,
			 flow->pod, flow->ingress ? "ingress" : "egress", tuple.peer, tuple.port);
}

/* Judges all pods behind a Service's address, each on the port on which it listens. */
static void judge_service(const struct draft_set *set, const struct workloads *workloads,
			  const struct service_record *service, struct judge_tuple tuple,
			  const struct world_flow *flow)
{
	const struct service_port *port = &service->ports[0];
	bool named = port->target_port && strcmp(port->target_port, "http") == 0;

	if (flow->port != port->port || flow->protocol != FLOW_TCP)
		return;
	for (size_t i = 0; i < service->endpoint_count; i++) {
		tuple.peer = service->endpoints[i].ip;
		tuple.port = service->endpoints[i].port;
		if (can_be_written(workloads, tuple.peer))
			judge_passes(set, workloads, tuple, flow);
	}
	for (size_t i = 0;
	     service->selector.count > 0 && i < workloads_count(workloads, RECORD_POD); i++) {
		const struct pod_record *pod = workloads_pod_at(workloads, i);
		const char *app = labels_get(&pod->labels, "app");
		if (pod->host_network || !app ||
		    strcmp(app, service->selector.items[0].value) != 0 ||
		    strcmp(pod->namespace_name, service->namespace_name) != 0)
			continue;
		tuple.peer = pod->ips.items[0];
		tuple.port = named ? pod->ports[0].port : port->target_port ? 8000 : port->port;
		judge_passes(set, workloads, tuple, flow);
	}
}

static void check_what_succeeded_passes(const struct policy_world *world, const struct state *state,
					const struct draft_set *set)
{
	const struct workloads *workloads = state_workloads(state);

	for (size_t i = 0; i < world->flow_count; i++) {
		const struct world_flow *flow = &world->flows[i];
		struct judge_tuple tuple = {
			.pod = workloads_pod(workloads, flow->namespace_name, flow->pod),
			.peer = flow->peer,
			.port = flow->port,
			.protocol = flow->protocol,
			.direction = flow->ingress ? NETPOL_INGRESS : NETPOL_EGRESS,
		};
		struct flow_address address;
		struct address_cursor cursor;
		uint8_t family;
		/* Skip pods without identifying labels. They have no draft, but the policy of
		 * another workload may select them. */
		if (!flow->ok || group_pod_labels(NULL, tuple.pod) != GROUP_OK)
			continue;
		address_parse(flow->peer, &family, &address);
		const struct service_record *service =
			workloads_first_at(workloads, RECORD_SERVICE, family, &address, &cursor);
		if (service)
			judge_service(set, workloads, service, tuple, flow);
		else if (can_be_written(workloads, flow->peer))
			judge_passes(set, workloads, tuple, flow);
	}
}

/* Returns whether a flow with the tuple succeeded for a pod that shares a policy with the tuple's
 * pod. */
static bool was_seen(const struct policy_world *world, const struct workloads *workloads,
		     const struct draft_set *set, const struct judge_tuple *tuple)
{
	for (size_t i = 0; i < world->flow_count; i++) {
		const struct world_flow *flow = &world->flows[i];
		if (!flow->ok || flow->port != tuple->port || flow->protocol != tuple->protocol ||
		    flow->ingress != (tuple->direction == NETPOL_INGRESS) ||
		    strcmp(flow->peer, tuple->peer) != 0)
			continue;
		const struct pod_record *pod =
			workloads_pod(workloads, flow->namespace_name, flow->pod);
		for (size_t k = 0; k < set->policies.count; k++) {
			const struct netpol *policy = &set->policies.items[k];
			if (strcmp(policy->namespace_name, pod->namespace_name) == 0 &&
			    strcmp(policy->namespace_name, tuple->pod->namespace_name) == 0 &&
			    netpol_selector_matches(policy->pods, &pod->labels) &&
			    netpol_selector_matches(policy->pods, &tuple->pod->labels))
				return true;
		}
	}
	return false;
}

/* Checks that a restricted pod reaches only the observed addresses and ports outside the
 * cluster. */
static void check_no_more_than_seen(struct policy_world *world, const struct state *state,
				    const struct draft_set *set)
{
	static const uint8_t protocols[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP};
	const struct workloads *workloads = state_workloads(state);

	for (int i = 0; i < 300; i++) {
		char peer[48];
		snprintf(peer, sizeof(peer),
			 world_random(world, 4) == 0 ? "2001:db8::%u" : "198.51.100.%u",
			 1 + world_random(world, 6));
		const struct judge_tuple tuple = {
			.pod = workloads_pod_at(
				workloads, world_random(world, (uint32_t)workloads_count(
								       workloads, RECORD_POD))),
			.peer = peer,
			.port = (uint16_t)(8000 + world_random(world, 6)),
			.protocol = protocols[world_random(world, 3)],
			.direction = (uint8_t)world_random(world, NETPOL_DIRECTIONS),
		};
		if (tuple.pod->host_network ||
		    !policy_judge_isolated(&set->policies, tuple.pod, tuple.direction))
			continue;
		if (policy_judge(&set->policies, workloads, &tuple, false) &&
		    !was_seen(world, workloads, set, &tuple))
			fail_msg("%s/%s may reach %s:%u, which nobody was seen to",
				 tuple.pod->namespace_name, tuple.pod->name, peer, tuple.port);
	}
}

static bool ports_have(const struct netpol_rule *rule, const struct netpol_port *port)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		const struct netpol_port *other = &rule->ports[i];
		if (other->protocol != port->protocol || !other->name != !port->name)
			continue;
		if (port->name ? strcmp(other->name, port->name) == 0
			       : other->first <= port->first && port->last <= other->last)
			return true;
	}
	return false;
}

static bool set_has(const struct draft_set *set, const struct netpol *policy, int direction,
		    const struct netpol_peer *peer, const struct netpol_port *port)
{
	for (size_t i = 0; i < set->policies.count; i++) {
		const struct netpol *other = &set->policies.items[i];
		if (strcmp(other->namespace_name, policy->namespace_name) != 0 ||
		    netpol_selector_compare(other->pods, policy->pods) != 0)
			continue;
		const struct netpol_rules *rules = &other->rules[direction];
		for (size_t k = 0; k < rules->count; k++) {
			for (size_t p = 0; p < rules->items[k].peer_count; p++) {
				if (netpol_peer_compare(&rules->items[k].peers[p], peer) == 0 &&
				    ports_have(&rules->items[k], port))
					return true;
			}
		}
	}
	return false;
}

static void check_contains(const struct draft_set *more, const struct draft_set *less)
{
	for (size_t i = 0; i < less->policies.count; i++) {
		const struct netpol *policy = &less->policies.items[i];
		for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
			for (size_t r = 0; r < policy->rules[d].count; r++) {
				const struct netpol_rule *rule = &policy->rules[d].items[r];
				for (size_t p = 0; p < rule->peer_count * rule->port_count; p++)
					assert_true(set_has(more, policy, d,
							    &rule->peers[p / rule->port_count],
							    &rule->ports[p % rule->port_count]));
			}
		}
	}
}

/* Checks that further flows do not remove access from a draft. Only one kind of flow may remove
 * access: a flow that shows that earlier datagrams were answers, because answers need no rule.
 * These worlds have no such flows. */
static void check_more_takes_nothing_away(const struct policy_world *world)
{
	struct draft_set *less = NULL;

	for (size_t flows = 0; flows <= world->flow_count; flows += 4) {
		struct state *state = state_after(world, flows);
		struct draft_set *more = draft(state);
		if (less)
			check_contains(more, less);
		draft_set_free(less);
		less = more;
		state_free(state);
	}
	draft_set_free(less);
}

static void check_each_alone(const struct state *state, const struct draft_set *set)
{
	size_t found = 0;

	for (size_t i = 0; i < state_subject_count(state); i++) {
		struct draft_set *one = NULL;
		size_t length;
		assert_int_equal(drafter_draft_subject(state, state_subject(state, i), NULL, &one),
				 0);
		assert_true(one->policies.count <= 1);
		for (size_t k = 0; one->policies.count == 1 && k < set->policies.count; k++) {
			if (strcmp(set->policies.items[k].name, one->policies.items[0].name) != 0 ||
			    strcmp(set->policies.items[k].namespace_name,
				   one->policies.items[0].namespace_name) != 0)
				continue;
			CLEANUP_FREE char *alone = print(one, 0, &length);
			CLEANUP_FREE char *whole = print(set, k, &length);
			assert_string_equal(alone, whole);
			found++;
		}
		draft_set_free(one);
	}
	assert_true(found >= set->policies.count);
}

static void test_worlds(void **context)
{
	uint64_t seed = from_environment("POLECAT_SEED", 1);
	uint64_t worlds = from_environment("POLECAT_WORLDS", 40);

	(void)context;
	for (uint64_t i = 0; i < worlds; i++) {
		struct policy_world *world = world_new(seed + i);
		struct state *state = state_after(world, world->flow_count);
		struct draft_set *set = draft(state);

		print_message("# seed %" PRIu64 ": %zu policies\n", seed + i, set->policies.count);
		check_reads_back(set);
		check_what_succeeded_passes(world, state, set);
		check_no_more_than_seen(world, state, set);
		check_each_alone(state, set);
		check_order(world);
		check_more_takes_nothing_away(world);
		draft_set_free(set);
		state_free(state);
		world_free(world);
	}
}

/* --- drafter and evaluator agree --- */

/* Leaves out about every fourth destination, as the dashboard's `x` does. */
static bool is_excluded(const struct edge *edge, void *data)
{
	return (hash_bytes(*(uint64_t *)data, &edge->peer, sizeof(edge->peer)) & 3) == 0;
}

/* Chooses random options from the seed. A seed that is a multiple of 4 gives the default
 * options. */
static struct draft_options pick_options(uint64_t *seed)
{
	uint64_t random = hash_u64(*seed ^ 0x6f7074);
	struct draft_options options = {.dns = DRAFT_DNS_AUTO};

	if (*seed % 4 == 0)
		return options;
	options.dns = (enum draft_dns)(random % 3);
	options.min_connections = random >> 2 & 1 ? 2 : 0;
	options.include_failed = random >> 3 & 1;
	options.max_ports = random >> 4 & 1 ? 2 : 0;
	options.widen_ipv4 = random >> 5 & 1 ? 24 : 0;
	options.widen_ipv6 = random >> 6 & 1 ? 64 : 0;
	options.max_peers = random >> 10 & 1 ? 2 : 0;
	options.group_public = random >> 11 & 1;
	options.ignored_labels = random >> 7 & 1 ? "tier" : NULL;
	options.exclude = (random >> 8 & 3) == 0 ? is_excluded : NULL;
	options.exclude_data = seed;
	return options;
}

static void report_violation(char **lines, size_t count, const struct draft_options *options)
{
	count = draft_agreement_reduce(lines, count, options);
	char *violation = draft_agreement_violation_of(lines, count, options, NULL);

	print_message("# %s\n", violation);
	free(violation);
	for (size_t i = 0; i < count; i++)
		print_message("# %s\n", lines[i]);
}

static void test_observations(void **context)
{
	uint64_t seed = from_environment("POLECAT_SEED", 1);
	uint64_t wanted = from_environment("POLECAT_OBSERVATIONS", 100000);
	uint64_t observations = 0;
	uint64_t checked = 0;

	(void)context;
	for (; observations < wanted; seed++) {
		struct observed_world *world =
			observed_world_new(seed, 10 + seed % 19 * seed % 113);
		struct draft_options options = pick_options(&seed);
		size_t flows;
		char *violation =
			draft_agreement_violation_of(world->lines, world->count, &options, &flows);
		if (violation) {
			print_message("# seed %" PRIu64 ", a minimal recording:\n", seed);
			report_violation(world->lines, world->count, &options);
			fail_msg("seed %" PRIu64 ": %s", seed, violation);
		}
		observations += world->observations;
		checked += flows;
		observed_world_free(world);
	}
	print_message("# %" PRIu64 " observations, %" PRIu64 " flows judged, up to seed %" PRIu64
		      "\n",
		      observations, checked, seed - 1);
}

/* The lines of one test file that are records. */
struct recording {
	char **lines;
	size_t count;
	size_t capacity;
};

static void read_recording(const char *path, struct recording *recording)
{
	gzFile file = gzopen(path, "rb");
	static char line[1 << 20];

	assert_non_null(file);
	while (gzgets(file, line, sizeof(line))) {
		struct record record = {.kind = RECORD_NONE};
		struct record_json_error error;
		if (record_json_read(line, strlen(line), &record, &error) != 0)
			continue;
		record_free(&record);
		char **added = ARRAY_ADD(recording->lines, recording->count, recording->capacity);
		if (!added)
			fail_msg("no memory");
		else
			*added = strdup(line);
	}
	gzclose(file);
}

static size_t recordings_checked;

static int check_recording(const char *path, const struct stat *status, int type,
			   struct FTW *position)
{
	struct recording recording = {.lines = NULL};
	const struct draft_options options = {.dns = DRAFT_DNS_AUTO};
	size_t flows;

	(void)status;
	(void)position;
	if (type != FTW_F || !strstr(path, ".jsonl"))
		return 0;
	read_recording(path, &recording);
	char *violation =
		draft_agreement_violation_of(recording.lines, recording.count, &options, &flows);
	if (violation) {
		print_message("# %s, a minimal recording:\n", path);
		report_violation(recording.lines, recording.count, &options);
		fail_msg("%s: %s", path, violation);
	}
	recordings_checked++;
	for (size_t i = 0; i < recording.count; i++)
		free(recording.lines[i]);
	free(recording.lines);
	return 0;
}

static void test_recordings(void **context)
{
	(void)context;
	assert_int_equal(nftw("tests", check_recording, 16, FTW_PHYS), 0);
	assert_true(recordings_checked >= 30);
	print_message("# %zu recordings\n", recordings_checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_observations),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_properties", tests, NULL, NULL);
}
