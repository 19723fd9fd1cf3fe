/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random recordings of small clusters. Each connection is made up as the network would carry it
 * (Service rewriting, masquerading, REDIRECT in the pod). It is then recorded at one end, both ends
 * or neither. Its flow records may have an origin, a backend, the port on the wire, and a name of
 * the peer, which may be wrong. Some pods and Services have no record. Pods end and start between
 * the connections.
 */
#ifndef POLECAT_TESTS_SUPPORT_OBSERVED_WORLD_H
#define POLECAT_TESTS_SUPPORT_OBSERVED_WORLD_H

#include <stddef.h>
#include <stdint.h>

struct observed_world {
	char **lines; /* one JSON record in each line */
	size_t count;
	size_t capacity;
	size_t observations; /* lines that are flows */
	uint64_t random;
};

/* Makes a world with at least `observations` flow records. Free it with observed_world_free. */
struct observed_world *observed_world_new(uint64_t seed, size_t observations);
void observed_world_free(struct observed_world *world);

#endif
