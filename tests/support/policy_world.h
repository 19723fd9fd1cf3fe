/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small random clusters with traffic, from a seed: two nodes, pods with and without labels or
 * owners, some in the node's network, Services with and without selectors and with named ports, and
 * flows to all of them and to the outside.
 */
#ifndef POLECAT_TESTS_SUPPORT_POLICY_WORLD_H
#define POLECAT_TESTS_SUPPORT_POLICY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_LINES_MAX 1024
#define WORLD_FLOWS_MAX 192

/* A flow of the world. The tests derive the expected result from it. */
struct world_flow {
	char pod[32]; /* the pod's name */
	char namespace_name[16];
	char peer[48];
	uint16_t port;
	uint8_t protocol; /* enum flow_protocol */
	bool ingress;
	bool ok;
	bool external;     /* the peer's address is outside the cluster */
	size_t first_line; /* index in policy_world.lines of the flow's first record */
	size_t line_count; /* the number of the flow's records */
};

struct policy_world {
	char *lines[WORLD_LINES_MAX]; /* the records of identities, then of flows */
	size_t line_count;
	size_t identity_count; /* the number of lines with identities */
	struct world_flow flows[WORLD_FLOWS_MAX];
	size_t flow_count;
	uint64_t random;
};

/* Makes a world. The same seed gives the same world. Free it with world_free. */
struct policy_world *world_new(uint64_t seed);
void world_free(struct policy_world *world);

/* Returns the next number of the world's generator, below `limit`. */
uint32_t world_random(struct policy_world *world, uint32_t limit);

#endif
