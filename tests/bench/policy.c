/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures drafting and checking at the size of a large cluster: 1,000,000 connections of 5,000
 * workloads. The 1,000 policies drafted for the first 1,000 workloads judge each connection. The
 * first round has 20 destinations per workload, as is usual. In the second round every connection
 * has its own destination.
 *
 * Prints a line for each round: the number of destinations, the seconds for the whole draft and for
 * its text, the milliseconds (median) to add a flow and to draft and print its workload, the
 * seconds for the check and for reading the policies, the numbers of flows checked and denied, and
 * the numbers of peers in all rules of the draft and of the policies that were read. If two
 * versions of polecat draft different numbers of peers from the same flows, compare their times for
 * each peer.
 *
 * The first use of memory can cost more than all else in a virtual machine: the kernel returns free
 * huge pages to the host (free page reporting), and writing to such a page again can take 4 ms. So
 * the draft, its text and the check are repeated, and the median time counts.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/check.h"
#include "core/policy/netpol/netpol.h"
#include "core/record/json/record_json.h"
#include "core/state/state.h"
#include "tests/support/records.h"

#define WORKLOADS    5000u
#define FLOWS_EACH   200u
#define SERVICES     500u
#define POLICIES     1000u
#define MORE_FLOWS   101u
#define REPEATS      5u
#define NAMES_LENGTH 64

/* Returns the process's CPU time in seconds. Unlike elapsed time, it does not grow while other
 * processes use the CPU. */
static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int error)
{
	if (error) {
		fprintf(stderr, "policy: %s\n", strerror(-error));
		exit(1);
	}
}

static void apply_line(struct state *state, const char *line)
{
	struct record record = {0};
	struct record_json_error error;

	must(record_json_read(line, strlen(line), &record, &error));
	state_apply(state, &record);
	record_free(&record);
}

static void pod_address(uint32_t pod, char text[NAMES_LENGTH])
{
	snprintf(text, NAMES_LENGTH, "10.%u.%u.%u", pod >> 14 & 63, pod >> 7 & 127,
		 (pod & 127) + 2);
}

static void pod_names(uint32_t pod, char namespace_name[NAMES_LENGTH], char name[NAMES_LENGTH])
{
	snprintf(namespace_name, NAMES_LENGTH, "team-%u", pod / 100);
	snprintf(name, NAMES_LENGTH, "app-%u-0", pod);
}

static void add_identities(struct state *state)
{
	char line[1024];
	char namespace_name[NAMES_LENGTH];
	char name[NAMES_LENGTH];
	char address[NAMES_LENGTH];

	for (uint32_t pod = 0; pod < WORKLOADS; pod++) {
		pod_names(pod, namespace_name, name);
		pod_address(pod, address);
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"%s\",\"name\":\"%s\","
			 "\"node\":\"n%u\",\"ips\":[\"%s\"],\"labels\":{\"app\":\"app-%u\","
			 "\"tier\":\"t%u\"},\"owner\":{\"kind\":\"StatefulSet\",\"name\":\"app-%u"
			 "\"},\"ports\":[{\"name\":\"http\",\"port\":8080}]}",
			 namespace_name, name, pod % 50, address, pod, pod % 7, pod);
		apply_line(state, line);
	}
	for (uint32_t service = 0; service < SERVICES; service++) {
		uint32_t pod = service * (WORKLOADS / SERVICES);
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"service\",\"namespace\":\"team-%u\",\"name\":\"s%u\","
			 "\"cluster_ips\":[\"10.96.%u.%u\"],\"selector\":{\"app\":\"app-%u\"},"
			 "\"ports\":[{\"port\":80,\"target_port\":\"http\"}]}",
			 pod / 100, service, service / 250, service % 250 + 1, pod);
		apply_line(state, line);
	}
}

/* Adds connection `number` of a workload that has `destinations` peers: pods, Services and external
 * addresses. Every fourth peer is a pod that opens the connection itself. */
static void add_flow(struct state *state, uint32_t pod, uint32_t number, uint32_t destinations,
		     uint64_t id)
{
	struct record record = test_flow(FLOW_CLOSED, id, id / 1000);
	uint32_t destination = number % destinations;
	uint32_t other = (pod * 7 + destination * 13 + 1) % WORKLOADS;
	char own[NAMES_LENGTH];
	char peer[NAMES_LENGTH];
	char namespace_name[NAMES_LENGTH];
	char name[NAMES_LENGTH];

	pod_address(pod, own);
	pod_names(pod, namespace_name, name);
	pod_address(other, peer);
	record.flow.dport = (uint16_t)(5000 + destination % 20);
	if (destination % 4 == 1) {
		snprintf(peer, sizeof(peer), "10.96.%u.%u", other % SERVICES / 250,
			 other % SERVICES % 250 + 1);
		record.flow.dport = 80;
	} else if (destination % 4 == 2) {
		snprintf(peer, sizeof(peer), "198.51.100.%u", (pod + destination) % 254 + 1);
		record.flow.dport = (uint16_t)(destination < 20 ? 443 : 1000 + destination);
	}
	if (destination % 4 == 3) {
		record.flow.direction = FLOW_INGRESS;
		test_flow_src(&record, peer);
		test_flow_dst(&record, own);
	} else {
		test_flow_src(&record, own);
		test_flow_dst(&record, peer);
	}
	test_flow_names(&record, NULL, namespace_name, name, NULL);
	state_apply(state, &record);
	record_free(&record);
}

static struct state *make_state(uint32_t destinations)
{
	const struct state_options options = {.max_edges = 2000000};
	struct state *state = NULL;
	uint64_t id = 1;

	must(state_new(&options, &state));
	add_identities(state);
	for (uint32_t number = 0; number < FLOWS_EACH; number++)
		for (uint32_t pod = 0; pod < WORKLOADS; pod++)
			add_flow(state, pod, number, destinations, id++);
	return state;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
	qsort(times, count, sizeof(times[0]), compare);
	return times[count / 2];
}

/* Repeatedly adds a flow, and drafts and prints the policy of its workload. Returns the median time
 * in milliseconds. */
static double measure_redraw(struct state *state, uint32_t destinations)
{
	const struct draft_options options = {0};
	double times[MORE_FLOWS];

	for (uint32_t i = 0; i < MORE_FLOWS; i++) {
		struct draft_set *set = NULL;
		char *text = NULL;
		size_t length = 0;
		uint32_t pod = i * 37 % WORKLOADS;
		double start = seconds_now();
		/* The flow has a new destination. */
		add_flow(state, pod, destinations, destinations + 1, 1u << 30 | i);
		must(drafter_draft_subject(state, state_subject(state, pod), &options, &set));
		must(draft_print(set, DRAFT_ALL, &text, &length));
		times[i] = (seconds_now() - start) * 1e3;
		free(text);
		draft_set_free(set);
	}
	return median(times, MORE_FLOWS);
}

/* Drafts all workloads repeatedly. Returns the median time in seconds, and the last draft. */
static double measure_draft(const struct state *state, struct draft_set **drafted)
{
	const struct draft_options options = {0};
	double times[REPEATS];

	for (size_t i = 0; i < REPEATS; i++) {
		draft_set_free(*drafted);
		double start = seconds_now();
		must(drafter_draft(state, &options, drafted));
		times[i] = seconds_now() - start;
	}
	return median(times, REPEATS);
}

/* Prints all drafts repeatedly. Returns the median time in seconds. */
static double measure_print(const struct draft_set *drafted)
{
	double times[REPEATS];

	for (size_t i = 0; i < REPEATS; i++) {
		char *text = NULL;
		size_t length = 0;
		double start = seconds_now();
		must(draft_print(drafted, DRAFT_ALL, &text, &length));
		times[i] = seconds_now() - start;
		free(text);
	}
	return median(times, REPEATS);
}

/* Checks all flows repeatedly. Returns the median time in seconds, and the last result. */
static double measure_check(struct state *state, const struct netpol_set *policies,
			    struct check *check)
{
	const struct check_options options = {0};
	double times[REPEATS];

	for (size_t i = 0; i < REPEATS; i++) {
		struct evaluator *evaluator = NULL;
		check_clear(check);
		double start = seconds_now();
		must(evaluator_new(policies, state_resolver(state), &evaluator));
		must(check_run(check, state, evaluator, &options));
		times[i] = seconds_now() - start;
		evaluator_free(evaluator);
	}
	return median(times, REPEATS);
}

/* Counts the peers in all rules of the first `count` policies. */
static size_t count_peers(const struct netpol_set *policies, size_t count)
{
	size_t peers = 0;

	for (size_t i = 0; i < count; i++) {
		for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
			const struct netpol_rules *rules = &policies->items[i].rules[d];
			for (size_t k = 0; k < rules->count; k++)
				peers += rules->items[k].peer_count;
		}
	}
	return peers;
}

static void read_policies(const struct draft_set *drafted, struct netpol_set *policies)
{
	struct yaml_error error;

	for (size_t i = 0; i < POLICIES; i++) {
		char *text = NULL;
		size_t length = 0;
		must(draft_print(drafted, i, &text, &length));
		must(netpol_read(policies, "bench", text, length, "default", &error));
		free(text);
	}
}

static void measure(uint32_t destinations)
{
	struct state *state = make_state(destinations);
	struct draft_set *drafted = NULL;
	struct netpol_set policies = {0};
	struct check check = {0};

	double draft = measure_draft(state, &drafted);
	double print = measure_print(drafted);
	double redraw = measure_redraw(state, destinations);

	double start = seconds_now();
	read_policies(drafted, &policies);
	double read = seconds_now() - start;
	double checked = measure_check(state, &policies, &check);
	printf("%u %.2f %.2f %.2f %.2f %.2f %zu %zu %zu %zu\n", destinations, draft, print, redraw,
	       checked, read, check.checked, check.denied,
	       count_peers(&drafted->policies, drafted->policies.count),
	       count_peers(&policies, policies.count));
	check_clear(&check);
	netpol_set_clear(&policies);
	draft_set_free(drafted);
	state_free(state);
}

int main(void)
{
	measure(20);
	measure(FLOWS_EACH);
	return 0;
}
