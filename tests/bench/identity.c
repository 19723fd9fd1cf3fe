/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the cost of the identities of a large cluster: 10,000 pods with labels, owners and
 * ports, 2,000 Services with endpoints, 1,000 namespaces, 10,000 containers. Prints the seconds of
 * processor time to fold all of them, the resident memory that they need in MiB, and the
 * nanoseconds of a look-up by address and by cgroup in random order.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/record/address.h"
#include "core/record/json/record_json.h"
#include "core/state/identity/holder.h"
#include "core/state/state.h"

#define PODS       10000u
#define SERVICES   2000u
#define NAMESPACES 1000u
#define LOOKUPS    2000000u

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double resident_mib(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!statm || fscanf(statm, "%*u %lu", &pages) != 1)
		exit(1);
	fclose(statm);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

static void apply(struct state *state, const char *line)
{
	struct record record = {0};
	struct record_json_error error;

	if (record_json_read(line, strlen(line), &record, &error)) {
		fprintf(stderr, "identity: %s\n", error.message);
		exit(1);
	}
	state_apply(state, &record);
	record_free(&record);
}

static void fill(struct state *state)
{
	char line[2048];

	for (uint32_t i = 0; i < NAMESPACES; i++) {
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"namespace\",\"name\":\"ns%" PRIu32
			 "\",\"labels\":{\"team\":\"t%" PRIu32 "\"}}",
			 i, i % 50);
		apply(state, line);
	}
	for (uint32_t i = 0; i < PODS; i++) {
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"pod\",\"namespace\":\"ns%" PRIu32
			 "\",\"name\":\"app%" PRIu32 "-7d4b9c6f5-x%05" PRIu32
			 "\",\"uid\":\"0000-%" PRIu32 "\","
			 "\"node\":\"node%" PRIu32 "\",\"ips\":[\"198.18.%" PRIu32 ".%" PRIu32
			 "\"],\"labels\":{\"app\":\"app%" PRIu32
			 "\",\"pod-template-hash\":\"7d4b9c6f5\",\"tier\":\"web\","
			 "\"version\":\"v1\"},\"ports\":[{\"name\":\"http\",\"port\":8080,"
			 "\"protocol\":\"TCP\"}],\"owner\":{\"kind\":\"Deployment\",\"name\":"
			 "\"app%" PRIu32 "\"},"
			 "\"phase\":\"Running\"}",
			 i % NAMESPACES, i / 2, i, i, i % 200, i / 250, i % 250, i / 2, i / 2);
		apply(state, line);
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"container\",\"id\":\"%064" PRIx32
			 "\",\"runtime\":\"containerd\",\"cgroup_id\":%" PRIu32
			 ",\"pod_uid\":\"0000-%" PRIu32 "\"}",
			 i, 5000 + i * 3, i);
		apply(state, line);
	}
	for (uint32_t i = 0; i < SERVICES; i++) {
		snprintf(line, sizeof(line),
			 "{\"v\":1,\"kind\":\"service\",\"namespace\":\"ns%" PRIu32
			 "\",\"name\":\"app%" PRIu32
			 "\",\"type\":\"ClusterIP\",\"cluster_ips\":[\"198.19.%" PRIu32 ".%" PRIu32
			 "\"],"
			 "\"selector\":{\"app\":\"app%" PRIu32
			 "\"},\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":80,"
			 "\"target_port\":8080}],"
			 "\"endpoints\":[{\"ip\":\"198.18.0.1\",\"port\":8080,\"name\":\"http\"},{"
			 "\"ip\":\"198.18.0.2\",\"port\":8080,\"name\":\"http\"}]}",
			 i % NAMESPACES, i, i / 250, i % 250, i);
		apply(state, line);
	}
}

static double by_address_ns(const struct workloads *workloads)
{
	struct flow_address address = {{198, 18}};
	size_t found = 0;
	double start = seconds_now();

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		uint64_t pod = hash_u64(i) % PODS;
		address.bytes[2] = (uint8_t)(pod / 250);
		address.bytes[3] = (uint8_t)(pod % 250);
		found += holder_pod_at_time(workloads, 4, &address, 1) != NULL;
	}
	double taken = seconds_now() - start;
	if (found != LOOKUPS)
		exit(1);
	return taken / LOOKUPS * 1e9;
}

static double by_cgroup_ns(const struct workloads *workloads)
{
	size_t found = 0;
	double start = seconds_now();

	for (uint32_t i = 0; i < LOOKUPS; i++)
		found += workloads_container_by_cgroup(workloads, NULL,
						       5000 + hash_u64(i) % PODS * 3) != NULL;
	double taken = seconds_now() - start;
	if (found != LOOKUPS)
		exit(1);
	return taken / LOOKUPS * 1e9;
}

int main(void)
{
	struct state *state = NULL;

	if (state_new(NULL, &state))
		return 1;
	double before = resident_mib();
	double start = seconds_now();
	fill(state);
	double taken = seconds_now() - start;
	const struct workloads *workloads = state_workloads(state);
	printf("%.2f %.0f %.0f %.0f\n", taken, resident_mib() - before, by_address_ns(workloads),
	       by_cgroup_ns(workloads));
	state_free(state);
	return 0;
}
